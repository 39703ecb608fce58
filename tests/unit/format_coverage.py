"""Which credentials the known rule sets look for, and how each is found here.

The first word is the name by which rule sets know it. Behind it stands the kind of format that
finds it; or `by NAME shape`, where nothing but a name tells what a value is, so that names are
what finds it, whatever the vendor; or `not`, and why it is no secret or can't be told.
"""

from __future__ import annotations

KNOWN = """
1password-secret-key 1password-key
1password-service-account-token 1password-token
adafruit-api-key by ADAFRUIT_IO_API_KEY [a-z0-9_-]{32}
adobe-client-id not an id that is sent in the open
adobe-client-secret adobe-secret
age-secret-key age-key
airtable-api-key by AIRTABLE_API_KEY key[A-Za-z0-9]{14}
airtable-personnal-access-token airtable-token
algolia-api-key by ALGOLIA_API_KEY [a-z0-9]{32}
alibaba-access-key-id alibaba-access-key
alibaba-secret-key by ALIBABA_SECRET_KEY [a-z0-9]{30}
anthropic-admin-api-key anthropic-key
anthropic-api-key anthropic-key
artifactory-api-key artifactory-key
artifactory-reference-token artifactory-token
asana-client-id not an id that is sent in the open
asana-client-secret by ASANA_CLIENT_SECRET [a-z0-9]{32}
atlassian-api-token atlassian-token
authress-service-client-access-key authress-key
aws-access-key-id aws-access-key
aws-access-token aws-access-key
aws-secret-access-key by AWS_SECRET_ACCESS_KEY [A-Za-z0-9/+]{40}
aws-unique-id not an id of a user, group or role (AIDA, AROA, …), which opens nothing
aws-amazon-bedrock-api-key-long-lived aws-bedrock-key
aws-amazon-bedrock-api-key-short-lived aws-bedrock-key
azure-ad-client-secret azure-client-secret
beamer-api-token by BEAMER_API_TOKEN b_[a-z0-9=_-]{44}
bitbucket-client-id not an id that is sent in the open
bitbucket-client-secret by BITBUCKET_CLIENT_SECRET [a-z0-9=_-]{64}
bittrex-access-key by BITTREX_ACCESS_KEY [a-z0-9]{32}
bittrex-secret-key by BITTREX_SECRET_KEY [a-z0-9]{32}
cisco-meraki-api-key by MERAKI_API_KEY [0-9a-f]{40}
clickhouse-cloud-api-secret-key clickhouse-key
clojars-api-token clojars-token
cloudflare-api-key by CLOUDFLARE_API_KEY [a-z0-9_-]{40}
cloudflare-global-api-key by CLOUDFLARE_API_KEY [a-f0-9]{37}
cloudflare-origin-ca-key cloudflare-origin-key
codecov-access-token by CODECOV_TOKEN [a-z0-9]{32}
cohere-api-token by CO_API_KEY [a-zA-Z0-9]{40}
coinbase-access-token by COINBASE_ACCESS_TOKEN [a-z0-9_-]{64}
confluent-access-token by CONFLUENT_ACCESS_TOKEN [a-z0-9]{16}
confluent-secret-key by CONFLUENT_SECRET_KEY [a-z0-9]{64}
contentful-delivery-api-token by CONTENTFUL_DELIVERY_TOKEN [a-z0-9=_-]{43}
curl-auth-header by AUTHORIZATION_TOKEN [A-Za-z0-9]{32}
curl-auth-user by CURL_PASSWORD [A-Za-z0-9]{16}
databricks-api-token databricks-token
datadog-access-token by DD_API_KEY [a-z0-9]{40}
defined-networking-api-token defined-networking-token
digitalocean-access-token digitalocean-token
digitalocean-pat digitalocean-token
digitalocean-refresh-token digitalocean-token
discord-api-token by DISCORD_TOKEN [a-f0-9]{64}
discord-client-id not an id that is sent in the open
discord-client-secret by DISCORD_CLIENT_SECRET [a-z0-9=_-]{32}
dockerconfig-secret registry-auth
doppler-api-token doppler-token
droneci-access-token by DRONE_TOKEN [a-z0-9]{32}
dropbox-api-token by DROPBOX_APP_SECRET [a-z0-9]{15}
dropbox-long-lived-api-token by DROPBOX_TOKEN [a-z0-9]{11}AAAAAAAAAA[a-z0-9_=-]{43}
dropbox-short-lived-api-token dropbox-token
duffel-api-token duffel-token
dynatrace-api-token dynatrace-token
easypost-api-token easypost-key
easypost-test-api-token easypost-key
etsy-access-token by ETSY_ACCESS_TOKEN [a-z0-9]{24}
facebook-access-token by FACEBOOK_ACCESS_TOKEN [0-9]{15}[|][0-9a-zA-Z_-]{27}
facebook-page-access-token facebook-token
facebook-secret by FACEBOOK_APP_SECRET [a-f0-9]{32}
fastly-api-token by FASTLY_API_TOKEN [a-zA-Z0-9_-]{32}
finicity-api-token by FINICITY_API_TOKEN [a-f0-9]{32}
finicity-client-secret by FINICITY_CLIENT_SECRET [a-z0-9]{20}
finnhub-access-token by FINNHUB_TOKEN [a-z0-9]{20}
flickr-access-token by FLICKR_ACCESS_TOKEN [a-z0-9]{32}
flutterwave-encryption-key flutterwave-key
flutterwave-public-key not a key that is put into pages
flutterwave-secret-key flutterwave-key
flyio-access-token flyio-token
frameio-api-token frameio-token
freemius-secret-key by FREEMIUS_SECRET_KEY sk_[A-Za-z0-9]{29}
freshbooks-access-token by FRESHBOOKS_ACCESS_TOKEN [a-z0-9]{64}
gcp-api-key google-api-key
gcp-service-account private-key
generic-api-key by SOME_API_KEY [a-z0-9]{32}
github-app-token github-token
github-fine-grained-pat github-token
github-oauth github-token
github-pat github-token
github-refresh-token github-token
gitlab-cicd-job-token gitlab-token
gitlab-deploy-token gitlab-token
gitlab-feature-flag-client-token gitlab-token
gitlab-feed-token gitlab-token
gitlab-incoming-mail-token gitlab-token
gitlab-kubernetes-agent-token gitlab-token
gitlab-oauth-app-secret gitlab-token
gitlab-pat gitlab-token
gitlab-pat-routable gitlab-token
gitlab-ptt gitlab-trigger-token
gitlab-rrt gitlab-runner-token
gitlab-runner-authentication-token gitlab-token
gitlab-runner-authentication-token-routable gitlab-token
gitlab-scim-token gitlab-token
gitlab-session-cookie gitlab-session
gitter-access-token by GITTER_TOKEN [a-z0-9_-]{40}
gocardless-api-token gocardless-token
grafana-api-key grafana-key
grafana-cloud-api-token grafana-token
grafana-service-account-token grafana-token
harness-api-key harness-key
hashicorp-tf-api-token terraform-token
hashicorp-tf-password by administrator_login_password [a-z0-9=_-]{20}
heroku-api-key by HEROKU_API_KEY [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
heroku-api-key-v2 heroku-key
hubspot-api-key by HUBSPOT_API_KEY [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
huggingface-access-token huggingface-token
huggingface-organization-api-token huggingface-token
infracost-api-token infracost-token
intercom-api-key by INTERCOM_API_KEY [a-z0-9=_-]{60}
intercom-client-secret by INTERCOM_CLIENT_SECRET [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
intra42-client-secret intra42-secret
ionic-api-token ionic-token
jfrog-api-key by JFROG_API_KEY [a-z0-9]{73}
jfrog-identity-token by JFROG_ACCESS_TOKEN [a-z0-9]{64}
jwt jwt
jwt-base64 not a token encoded twice, which nobody uses as it is
kraken-access-token by KRAKEN_TOKEN [a-z0-9/=_+-]{80}
kubernetes-secret-yaml by password [A-Za-z0-9]{22}==
kucoin-access-token by KUCOIN_ACCESS_TOKEN [a-f0-9]{24}
kucoin-secret-key by KUCOIN_SECRET_KEY [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
launchdarkly-access-token launchdarkly-key
linear-api-key linear-key
linear-client-secret by LINEAR_CLIENT_SECRET [a-f0-9]{32}
linkedin-client-id not an id that is sent in the open
linkedin-client-secret by LINKEDIN_CLIENT_SECRET [a-z0-9]{16}
lob-api-key lob-key
lob-pub-api-key not a key that is put into pages
looker-client-id not an id that is sent in the open
looker-client-secret by LOOKER_CLIENT_SECRET [a-z0-9]{24}
mailchimp-api-key mailchimp-key
mailgun-private-api-token mailgun-key
mailgun-pub-key not a key that is put into pages
mailgun-signing-key by MAILGUN_SIGNING_KEY [a-h0-9]{32}-[a-h0-9]{8}-[a-h0-9]{8}
mapbox-api-token mapbox-token
mattermost-access-token by MATTERMOST_TOKEN [a-z0-9]{26}
maxmind-license-key maxmind-key
messagebird-api-token by MESSAGEBIRD_API_TOKEN [a-z0-9]{25}
messagebird-client-id not an id that is sent in the open
microsoft-teams-webhook teams-webhook
netlify-access-token netlify-token
new-relic-browser-api-token newrelic-key
new-relic-insert-key newrelic-key
new-relic-user-api-id not an id that opens nothing
new-relic-user-api-key newrelic-key
notion-api-token notion-token
npm-access-token npm-token
nuget-config-password nuget-password
nytimes-access-token by NYTIMES_ACCESS_TOKEN [a-z0-9=_-]{32}
octopus-deploy-api-key octopus-key
okta-access-token by OKTA_API_TOKEN 00[A-Za-z0-9=-]{40}
openai-api-key openai-key
openshift-user-token openshift-token
perplexity-api-key perplexity-key
pkcs12-file not a container whose content can't be seen: files are noted by their names
plaid-api-token plaid-token
plaid-client-id not an id that is sent in the open
plaid-secret-key by PLAID_SECRET_KEY [a-z0-9]{30}
planetscale-api-token planetscale-token
planetscale-oauth-token planetscale-token
planetscale-password planetscale-token
postman-api-token postman-key
prefect-api-token prefect-token
private-key private-key
private-packagist-token packagist-token
privateai-api-token by PRIVATE_AI_API_KEY [a-z0-9]{32}
pulumi-api-token pulumi-token
pypi-upload-token pypi-token
rapidapi-access-token by RAPIDAPI_KEY_TOKEN [a-z0-9_-]{50}
readme-api-token readme-key
rubygems-api-token rubygems-token
scalingo-api-token scalingo-token
sendbird-access-id not an id that is sent in the open
sendbird-access-token by SENDBIRD_ACCESS_TOKEN [a-f0-9]{40}
sendgrid-api-token sendgrid-key
sendinblue-api-token brevo-key
sentry-access-token by SENTRY_AUTH_TOKEN [a-f0-9]{64}
sentry-org-token sentry-token
sentry-user-token sentry-token
settlemint-application-access-token settlemint-token
settlemint-personal-access-token settlemint-token
settlemint-service-access-token settlemint-token
shippo-api-token shippo-token
shopify-access-token shopify-token
shopify-custom-access-token shopify-token
shopify-private-app-access-token shopify-token
shopify-shared-secret shopify-token
sidekiq-secret sidekiq-login
sidekiq-sensitive-url url-credential
slack-app-token slack-token
slack-bot-token slack-token
slack-config-access-token slack-token
slack-config-refresh-token slack-token
slack-legacy-bot-token slack-token
slack-legacy-token slack-token
slack-legacy-workspace-token slack-token
slack-user-token slack-token
slack-webhook-url slack-webhook
snyk-api-token by SNYK_TOKEN [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
sonar-api-token sonar-token
sourcegraph-access-token sourcegraph-token
square-access-token square-token
squarespace-access-token by SQUARESPACE_TOKEN [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}
stripe-access-token stripe-key
stripe-publishable-token not a key that is put into pages
sumologic-access-id not an id that opens nothing without its key
sumologic-access-token by SUMO_ACCESS_TOKEN [a-z0-9]{64}
telegram-bot-api-token telegram-token
travisci-access-token by TRAVIS_TOKEN [A-Za-z0-9]{22}
twilio-api-key twilio-key
twitch-api-token by TWITCH_CLIENT_SECRET [a-z0-9]{30}
twitter-access-secret by TWITTER_ACCESS_SECRET [a-z0-9]{45}
twitter-access-token by TWITTER_ACCESS_TOKEN [0-9]{18}-[a-zA-Z0-9]{30}
twitter-api-key by TWITTER_API_KEY [a-z0-9]{25}
twitter-api-secret by TWITTER_API_SECRET [a-z0-9]{50}
twitter-bearer-token twitter-token
typeform-api-token typeform-token
vault-batch-token vault-token
vault-service-token vault-token
yandex-access-token yandex-token
yandex-api-key yandex-key
yandex-aws-access-token by YANDEX_SECRET_KEY YC[a-zA-Z0-9_-]{38}
zendesk-secret-key by ZENDESK_SECRET_KEY [a-z0-9]{40}
"""
