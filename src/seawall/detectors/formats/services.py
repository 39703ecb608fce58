"""Credentials of services that send, pay, watch and answer."""

from __future__ import annotations

from seawall.core.expression import Expression
from seawall.detectors.pattern import EDGE, STOP, Pattern, phrase, token
from seawall.detectors.validation import is_long_random, is_mixed, is_mixed_behind_filler

# A bot's token begins with its number in base64: two digits make three characters.
_DIGIT = ("MT", "Mj", "Mz", "ND", "NT", "Nj", "Nz", "OD", "OT")

CHAT = (
    token(
        "slack-token",
        "a Slack token",
        "xoxb- xoxp- xoxa- xoxo- xoxs- xoxr- xoxe xapp- xoxc- xoxd-",
        r"(?:xox[abposrc]-(?:[0-9]{1,14}-){1,3}[A-Za-z0-9\-]{10,80}|xox[ar]-[A-Za-z0-9]{20,48}"
        r"|xoxe(?:\.xox[bp])?-[0-9]-[A-Za-z0-9_\-]{50,200}|xoxd-[A-Za-z0-9%/+]{60,300}"
        r"|xapp-[0-9]-[A-Z0-9]{8,12}-[0-9]{10,14}-[a-z0-9]{30,80})",
    ),
    phrase(
        "slack-webhook",
        "a Slack webhook",
        ("hooks.slack.com/",),
        r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{30,80})",
        is_true=is_mixed,
        in_word=True,
    ),
    phrase(
        "discord-webhook",
        "a Discord webhook",
        ("/api/webhooks/",),
        r"discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/([A-Za-z0-9_\-]{60,75})",
        is_true=is_mixed,
        in_word=True,
    ),
    token(
        "discord-token",
        "a Discord bot token",
        " ".join(f"{first}{second}" for first in _DIGIT for second in "AEIMQUYcgk"),
        r"(?:M[Tjz]|N[DTjz]|O[DT])[AEIMQUYcgk][A-Za-z0-9_\-]{20,25}\.[A-Za-z0-9_\-]{6}"
        r"\.[A-Za-z0-9_\-]{27,38}",
        0,
    ),
    phrase(
        "teams-webhook",
        "a Microsoft Teams webhook",
        ("webhook.office.com/",),
        r"webhook\.office\.com/webhookb2/([A-Za-z0-9_@\-]{60,90}/IncomingWebhook/[A-Za-z0-9_/\-]{60,90})",
        in_word=True,
    ),
    token(
        "telegram-token",
        "a Telegram bot token",
        ":AA",
        r"[0-9]{8,10}:AA[A-Za-z0-9_\-]{32,34}",
        0,
        leads=False,
    ),
    token("facebook-token", "a Facebook page token", "EAA", "EAA[A-Z][A-Za-z0-9]{90,400}"),
    token(
        "twitter-token",
        "a Twitter bearer token",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "A{22}[A-Za-z0-9%]{80,100}",
        0,
        is_true=is_mixed_behind_filler,
    ),
)

PAYMENT = (
    token(
        "stripe-key",
        "a Stripe key",
        "sk_live_ rk_live_ sk_test_ rk_test_ sk_prod_ rk_prod_ sk_org_",
        "[rs]k_(?:live|test|prod|org(?:_live|_test)?)_[A-Za-z0-9]{16,110}",
    ),
    Pattern(
        "stripe-webhook-secret",
        "a Stripe webhook secret",
        ("whsec_",),
        Expression(f"{EDGE}(whsec_[A-Za-z0-9+/]{{32,64}}=?){STOP}"),
        4,
        is_mixed,
        in_run=False,
        in_word=True,
    ),
    token(
        "square-token",
        "a Square token",
        "sq0atp- sq0csp- EAAA",
        r"(?:sq0(?:atp-[A-Za-z0-9_\-]{22,60}|csp-[A-Za-z0-9_\-]{43})|EAAA[A-Za-z0-9_\-]{60})",
    ),
    token(
        "shopify-token",
        "a Shopify token",
        "shpat_ shpca_ shppa_ shpss_ shptka_ shpua_",
        "shp(?:at|ca|pa|ss|tka|ua)_[0-9a-fA-F]{32}",
    ),
    token("duffel-token", "a Duffel token", "duffel_", r"duffel_(?:test|live)_[A-Za-z0-9_=\-]{43}"),
    token("easypost-key", "an EasyPost key", "EZAK EZTK", "EZ[AT]K[A-Za-z0-9]{54}"),
    token(
        "flutterwave-key",
        "a Flutterwave key",
        "FLWSECK",
        "FLWSECK(?:_TEST)?-[0-9a-zA-Z]{12,32}(?:-X)?",
    ),
    token("gocardless-token", "a GoCardless token", "live_", r"live_[A-Za-z0-9_=\-]{40}"),
    token("lob-key", "a Lob key", "live_ test_", "(?:live|test)_[0-9a-f]{35}"),
    token(
        "razorpay-key",
        "a Razorpay key id",
        "rzp_live_ rzp_test_",
        "rzp_(?:live|test)_[A-Za-z0-9]{14}",
    ),
    token(
        "paypal-token",
        "a Braintree access token",
        "access_token$",
        r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
    ),
    token(
        "plaid-token",
        "a Plaid access token",
        "access-sandbox- access-development- access-production-",
        "access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    ),
    token("shippo-token", "a Shippo token", "shippo_", "shippo_(?:live|test)_[0-9a-fA-F]{40}"),
)

MAIL = (
    token(
        "sendgrid-key",
        "a SendGrid key",
        "SG.",
        r"SG\.[A-Za-z0-9_\-]{20,24}\.[A-Za-z0-9_\-]{39,50}",
        3,
    ),
    token("mailgun-key", "a Mailgun key", "key-", "key-[0-9a-f]{32}"),
    token("mailchimp-key", "a Mailchimp key", "-us", "[0-9a-f]{32}-us[0-9]{1,2}", 0, leads=False),
    token(
        "brevo-key",
        "a Brevo key",
        "xkeysib- xsmtpsib-",
        "x(?:key|smtp)sib-[0-9a-f]{64}-[A-Za-z0-9]{16}",
    ),
    token("twilio-key", "a Twilio key", "SK", "SK[0-9a-f]{32}", 2, leads=False),
    token("resend-key", "a Resend key", "re_", "re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}", 3),
)

WATCHING = (
    token(
        "newrelic-key",
        "a New Relic key",
        "NRAK- NRII- NRJS-",
        r"(?:NRAK-[A-Z0-9]{27}|NRII-[A-Za-z0-9_\-]{32}|NRJS-[0-9a-f]{19})",
        0,
    ),
    token(
        "newrelic-key",
        "a New Relic licence key",
        "NRAL",
        "[0-9a-f]{36}NRAL",
        0,
        leads=False,
    ),
    token(
        "grafana-token",
        "a Grafana token",
        "glsa_",
        "glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}",
    ),
    token(
        "grafana-token",
        "a Grafana Cloud token",
        "glc_",
        "glc_[A-Za-z0-9+/]{32,400}={0,3}",
        in_run=False,
        in_word=True,
    ),
    token("grafana-key", "a Grafana API key", "eyJrIjoi", "eyJrIjoi[A-Za-z0-9_=\\-]{70,400}"),
    token(
        "sentry-token",
        "a Sentry token",
        "sntrys_ sntryu_ sntrya_",
        r"(?:sntrys_[A-Za-z0-9_+/=\-]{60,500}|sntry[ua]_[0-9a-f]{64})",
    ),
    token("posthog-key", "a PostHog personal key", "phx_", "phx_[A-Za-z0-9]{43,48}"),
    token(
        "maxmind-key",
        "a MaxMind licence key",
        "_mmk",
        "[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk",
        0,
        leads=False,
    ),
)

OFFICE = (
    token(
        "linear-key", "a Linear key", "lin_api_ lin_oauth_", "lin_(?:api|oauth)_[A-Za-z0-9]{40,64}"
    ),
    token("notion-token", "a Notion token", "ntn_", "ntn_[0-9]{11}[A-Za-z0-9]{35}"),
    token("postman-key", "a Postman key", "PMAK-", "PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    token("airtable-token", "an Airtable token", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}", 3),
    token("figma-token", "a Figma token", "figd_", r"figd_[A-Za-z0-9_\-]{38,44}"),
    token("typeform-token", "a Typeform token", "tfp_", r"tfp_[A-Za-z0-9_.=\-]{59}"),
    token("readme-key", "a ReadMe key", "rdme_", "rdme_[a-z0-9]{70}"),
    token("frameio-token", "a Frame.io token", "fio-u-", r"fio-u-[A-Za-z0-9_=\-]{64}"),
    token("ionic-token", "an Ionic token", "ion_", "ion_[A-Za-z0-9]{42}"),
    token(
        "dropbox-token", "a Dropbox token", "sl.", r"sl\.[A-Za-z0-9_=\-]{130,1300}", 3, reach=1400
    ),
    token("adobe-secret", "an Adobe client secret", "p8e-", "p8e-[A-Za-z0-9_\\-]{32}"),
    token(
        "mapbox-token",
        "a secret Mapbox token",
        "sk.eyJ",
        r"sk\.eyJ[A-Za-z0-9_\-]{40,100}\.[A-Za-z0-9_\-]{22}",
    ),
    token(
        "authress-key",
        "an Authress access key",
        ".acc_ .acc-",
        r"(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_\-][a-z0-9\-]{10,32}"
        r"\.[A-Za-z0-9+/_=\-]{30,120}",
        3,
        in_run=False,
        in_word=True,
        leads=False,
    ),
    token(
        "1password-token",
        "a 1Password service account token",
        "ops_eyJ",
        r"ops_eyJ[A-Za-z0-9_+/\-]{80,1000}={0,3}",
        reach=1100,
    ),
    token(
        "1password-key",
        "a 1Password secret key",
        "A3-",
        "A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
        3,
    ),
    token(
        "launchdarkly-key",
        "a LaunchDarkly key",
        "sdk- api-",
        "(?:sdk|api)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    ),
)

MODELS = (
    token(
        "openai-key",
        "an OpenAI key",
        "T3BlbkFJ",
        r"sk-(?:[a-z]{3,10}-)?[A-Za-z0-9_\-]{20,100}T3BlbkFJ[A-Za-z0-9_\-]{20,100}",
        3,
        leads=False,
    ),
    token(
        "anthropic-key",
        "an Anthropic key",
        "sk-ant-",
        r"sk-ant-[a-z]{3,6}[0-9]{2}-[A-Za-z0-9_\-]{80,120}",
        3,
    ),
    token("openrouter-key", "an OpenRouter key", "sk-or-v1-", "sk-or-v1-[0-9a-f]{64}"),
    token(
        "huggingface-token",
        "a Hugging Face token",
        "hf_ api_org_",
        "(?:hf_[A-Za-z0-9]{34,40}|api_org_[A-Za-z0-9]{34})",
        3,
        is_true=is_long_random,
    ),
    token("groq-key", "a Groq key", "gsk_", "gsk_[A-Za-z0-9]{52}"),
    token("perplexity-key", "a Perplexity key", "pplx-", "pplx-[A-Za-z0-9]{48}"),
    token("replicate-token", "a Replicate token", "r8_", "r8_[A-Za-z0-9]{37}", 3),
    token("xai-key", "an xAI key", "xai-", "xai-[A-Za-z0-9]{70,90}"),
    token("langsmith-key", "a LangSmith key", "lsv2_", "lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    token("pinecone-key", "a Pinecone key", "pcsk_", r"pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{40,70}"),
)

SERVICES = (*CHAT, *PAYMENT, *MAIL, *WATCHING, *OFFICE, *MODELS)
"""Services that programs call."""
