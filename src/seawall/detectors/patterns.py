"""The formats of credentials that give themselves away, whatever stands around them."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.detectors.validation import (
    has_github_checksum,
    has_key_body,
    is_basic_credential,
    is_jwt,
    is_mixed,
)


class Pattern(Struct, frozen=True):
    """One format.

    `anchors` are texts of which one stands in every match: the cheap first test. `regex` is run
    only where one does; its group 1 is the secret. `is_true` says of a candidate whether it is
    no look-alike. `is_sure` says whether its checksum holds: without one nobody can make it up.
    `shown` is how many first characters a report may show, for they are the format's own.
    `in_run` says that an unbroken run of 20 letters, digits, `_` and `-` stands in every match,
    in the same word as the anchor.
    """

    kind: str
    title: str
    anchors: tuple[str, ...]
    regex: Expression
    shown: int = 0
    is_true: Callable[[str], bool] | None = None
    is_sure: Callable[[str], bool] | None = None
    in_run: bool = True


_EDGE = r"(?<![A-Za-z0-9_\-])"
_STOP = r"(?![A-Za-z0-9_\-])"


def _token(
    kind: str, title: str, anchors: str, shape: str, shown: int = 4, in_run: bool = True
) -> Pattern:
    """A token that stands alone, of a shape that can be nothing else."""
    regex = Expression(f"{_EDGE}({shape}){_STOP}")
    return Pattern(kind, title, tuple(anchors.split()), regex, shown, is_mixed, in_run=in_run)


_GITHUB = Pattern(
    "github-token",
    "a GitHub token",
    ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    Expression(f"{_EDGE}(gh[pousr]_[A-Za-z0-9]{{36}}){_STOP}"),
    4,
    is_mixed,
    has_github_checksum,
)

_PRIVATE_KEY = Pattern(
    "private-key",
    "a private key",
    ("PRIVATE KEY",),
    Expression(
        r"(-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----.{0,8000})", re.DOTALL
    ),
    0,
    has_key_body,
    in_run=False,
)

_URL = Pattern(
    "url-credential",
    "a password in a URL",
    ("://",),
    Expression(
        r"://[^\s/:@\"'`<>()]{0,100}:([^\s/@\"'`<>]{1,200})@(?!sha(?:256|512):)(?=[\w.\[$-])"
    ),
    in_run=False,
)

_BASIC_AUTH = Pattern(
    "registry-auth",
    "a registry login",
    ('"auth"', "_auth"),
    Expression(
        r"""(?:"auth"\s{0,3}:\s{0,3}"|\b_auth\s{0,3}[= ]\s{0,3}["']?)([A-Za-z0-9+/]{8,400}={0,2})"""
    ),
    0,
    is_basic_credential,
    in_run=False,
)

_JWT = Pattern(
    "jwt",
    "a JSON Web Token",
    ("eyJ",),
    Expression(r"(?<![\w.-])(eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{16,1000})(?![\w.-])"),
    3,
    is_jwt,
)

CLOUD = (
    _token(
        "aws-access-key",
        "an AWS access key id",
        "AKIA ASIA ABIA ACCA",
        "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    ),
    _token("google-api-key", "a Google API key", "AIza", r"AIza[\w\-]{35}"),
    _token("google-client-secret", "a Google OAuth client secret", "GOCSPX-", r"GOCSPX-[\w\-]{28}"),
    _token("google-access-token", "a Google OAuth access token", "ya29.", r"ya29\.[\w\-]{30,300}"),
    Pattern(
        "azure-storage-key",
        "an Azure storage account key",
        ("AccountKey=",),
        Expression(r"AccountKey=([A-Za-z0-9+/]{86}==)"),
        in_run=False,
    ),
    Pattern(
        "azure-shared-access-key",
        "an Azure shared access key",
        ("SharedAccessKey=",),
        Expression(r"SharedAccessKey=([A-Za-z0-9+/]{43}=)"),
        in_run=False,
    ),
    _token(
        "azure-client-secret",
        "an Azure AD client secret",
        "Q~",
        r"[A-Za-z0-9_~.\-]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}",
        0,
        in_run=False,
    ),
    _token("alibaba-access-key", "an Alibaba Cloud access key id", "LTAI", "LTAI[A-Za-z0-9]{20}"),
    _token("tencent-secret-id", "a Tencent Cloud secret id", "AKID", "AKID[A-Za-z0-9]{32}"),
    _token(
        "digitalocean-token",
        "a DigitalOcean token",
        "dop_v1_ doo_v1_ dor_v1_",
        "do[opr]_v1_[0-9a-f]{64}",
    ),
    _token("databricks-token", "a Databricks token", "dapi", "dapi[0-9a-f]{32}(?:-[0-9])?"),
    _token(
        "terraform-token",
        "a Terraform Cloud token",
        ".atlasv1.",
        r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-]{60,70}",
        0,
    ),
    _token("vault-token", "a HashiCorp Vault token", "hvs. hvb.", r"hv[sb]\.[\w\-]{24,200}"),
    _token(
        "tailscale-key",
        "a Tailscale key",
        "tskey-",
        r"tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{8,24}-[A-Za-z0-9]{20,40}",
    ),
    _token("pulumi-token", "a Pulumi access token", "pul-", "pul-[0-9a-f]{40}"),
    _token("supabase-token", "a Supabase token", "sbp_", "sbp_[0-9a-f]{40}"),
    _token(
        "planetscale-token",
        "a PlanetScale credential",
        "pscale_",
        r"pscale_(?:tkn|pw|oauth)_[\w.\-]{32,64}",
    ),
    _token("netlify-token", "a Netlify token", "nfp_", "nfp_[A-Za-z0-9]{36}"),
    _token(
        "doppler-token", "a Doppler token", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.\-]{40,60}"
    ),
)

FORGES = (
    _GITHUB,
    _token(
        "github-token",
        "a GitHub fine-grained token",
        "github_pat_",
        "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    ),
    _token(
        "gitlab-token",
        "a GitLab token",
        "glpat- gldt- glrt- glcbt- glsoat- glft- glimt- glagent- gloas-",
        r"gl(?:pat|dt|rt|cbt|soat|ft|imt|agent|oas)-[\w\-]{20,300}(?:\.[0-9a-z]{2}\.?[0-9a-z]{7,9})?",
    ),
    _token(
        "gitlab-trigger-token", "a GitLab pipeline trigger token", "glptt-", "glptt-[0-9a-f]{40}"
    ),
    _token("atlassian-token", "an Atlassian API token", "ATATT3", r"ATATT3[\w\-=]{150,250}"),
    _token("bitbucket-password", "a Bitbucket app password", "ATBB", "ATBB[A-Za-z0-9]{32}"),
    _token(
        "docker-token", "a Docker Hub token", "dckr_pat_ dckr_oat_", r"dckr_[po]at_[\w\-]{27,32}"
    ),
    _token("npm-token", "an npm token", "npm_", "npm_[A-Za-z0-9]{36}"),
    _token("pypi-token", "a PyPI token", "pypi-AgE", r"pypi-AgE[\w\-]{50,300}"),
    _token("rubygems-token", "a RubyGems key", "rubygems_", "rubygems_[0-9a-f]{48}"),
    _token("crates-token", "a crates.io token", "cio", "cio[A-Za-z0-9]{32}"),
    _token("nuget-key", "a NuGet key", "oy2", "oy2[a-z0-9]{43}"),
    _token("artifactory-key", "an Artifactory key", "AKCp", "AKCp[A-Za-z0-9]{69}"),
)

SERVICES = (
    _token(
        "slack-token",
        "a Slack token",
        "xoxb- xoxp- xoxa- xoxo- xoxs- xoxr- xoxe xapp-",
        r"(?:xox[abposr]-(?:[0-9]{1,14}-){1,3}[A-Za-z0-9\-]{10,80}|xoxe(?:\.xox[bp])?-[0-9]-[\w\-]{50,200}"
        r"|xapp-[0-9]-[A-Z0-9]{8,12}-[0-9]{10,14}-[a-z0-9]{30,80})",
    ),
    Pattern(
        "slack-webhook",
        "a Slack webhook",
        ("hooks.slack.com/",),
        Expression(r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{30,80})"),
        in_run=False,
    ),
    Pattern(
        "discord-webhook",
        "a Discord webhook",
        ("/api/webhooks/",),
        Expression(r"discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/([\w\-]{60,75})"),
        in_run=False,
    ),
    Pattern(
        "teams-webhook",
        "a Microsoft Teams webhook",
        ("webhook.office.com/",),
        Expression(
            r"webhook\.office\.com/webhookb2/([\w@\-]{60,90}/IncomingWebhook/[\w/\-]{60,90})"
        ),
        in_run=False,
    ),
    _token(
        "stripe-key",
        "a Stripe key",
        "sk_live_ rk_live_ sk_test_ rk_test_ sk_prod_ rk_prod_",
        "[rs]k_(?:live|test|prod)_[A-Za-z0-9]{16,110}",
    ),
    Pattern(
        "stripe-webhook-secret",
        "a Stripe webhook secret",
        ("whsec_",),
        Expression(f"{_EDGE}(whsec_[A-Za-z0-9+/]{{32,64}}=?){_STOP}"),
        4,
        is_mixed,
        in_run=False,
    ),
    _token("sendgrid-key", "a SendGrid key", "SG.", r"SG\.[\w\-]{20,24}\.[\w\-]{39,50}", 3),
    _token("mailgun-key", "a Mailgun key", "key-", "key-[0-9a-f]{32}"),
    _token("mailchimp-key", "a Mailchimp key", "-us", "[0-9a-f]{32}-us[0-9]{1,2}", 0),
    _token("telegram-token", "a Telegram bot token", ":AA", r"[0-9]{8,10}:AA[\w\-]{32,34}", 0),
    _token(
        "shopify-token",
        "a Shopify token",
        "shpat_ shpca_ shppa_ shpss_",
        "shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    ),
    _token(
        "square-token", "a Square token", "sq0atp- sq0csp-", r"sq0(?:atp-[\w\-]{22}|csp-[\w\-]{43})"
    ),
    _token("heroku-key", "a Heroku key", "HRKU-", r"HRKU-[\w\-]{36,64}"),
    _token("linear-key", "a Linear key", "lin_api_", "lin_api_[A-Za-z0-9]{40}"),
    _token("postman-key", "a Postman key", "PMAK-", "PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    _token(
        "newrelic-key",
        "a New Relic key",
        "NRAK- NRAL NRII- NRJS-",
        r"(?:NRAK-[A-Z0-9]{27}|[0-9a-f]{36}NRAL|NRII-[\w\-]{32}|NRJS-[0-9a-f]{19})",
        0,
    ),
    _token(
        "grafana-token",
        "a Grafana token",
        "glsa_ glc_",
        "(?:glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/]{32,400})",
    ),
    _token(
        "sentry-token",
        "a Sentry token",
        "sntrys_ sntryu_",
        r"(?:sntrys_[\w+/=\-]{60,400}|sntryu_[0-9a-f]{64})",
    ),
    _token(
        "dynatrace-token", "a Dynatrace token", "dt0c01.", r"dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"
    ),
    _token("age-key", "an age key", "AGE-SECRET-KEY-1", "AGE-SECRET-KEY-1[0-9A-Z]{58}", 3),
    _token(
        "1password-token",
        "a 1Password service account token",
        "ops_eyJ",
        r"ops_eyJ[\w\-]{80,1000}=*",
    ),
    _token(
        "openai-key",
        "an OpenAI key",
        "T3BlbkFJ",
        r"sk-(?:[a-z]{3,10}-)?[\w\-]{20,100}T3BlbkFJ[\w\-]{20,100}",
        3,
    ),
    _token(
        "anthropic-key",
        "an Anthropic key",
        "sk-ant-",
        r"sk-ant-[a-z]{3,6}[0-9]{2}-[\w\-]{80,120}",
        3,
    ),
    _token("huggingface-token", "a Hugging Face token", "hf_", "hf_[A-Za-z]{34}", 3),
    _token("groq-key", "a Groq key", "gsk_", "gsk_[A-Za-z0-9]{52}"),
    _token("perplexity-key", "a Perplexity key", "pplx-", "pplx-[A-Za-z0-9]{48}"),
    _token("replicate-token", "a Replicate token", "r8_", "r8_[A-Za-z0-9]{37}", 3),
)

STRUCTURES = (_PRIVATE_KEY, _URL, _BASIC_AUTH, _JWT)

ALL = (*CLOUD, *FORGES, *SERVICES, *STRUCTURES)
"""Every format that is looked for; where two match at one place, the first one counts."""

_RUN_LENGTH = 20
_RUN = re.compile(f"[A-Za-z0-9_-]{{{_RUN_LENGTH},}}")
_BY_ANCHOR = tuple((anchor, pattern) for pattern in ALL for anchor in pattern.anchors)
_IN_RUNS = tuple(pair for pair in _BY_ANCHOR if pair[1].in_run)
_IN_TEXT = tuple(pair for pair in _BY_ANCHOR if not pair[1].in_run)


def anchored_in(text: str) -> list[Pattern]:
    """The formats of which an anchor stands in the text, each once, in the order of `ALL`.

    Most anchors are looked for only near unbroken runs of 20 characters, of which ordinary text
    has few: that is what makes looking for a hundred of them cheap.
    """
    found = {id(p): p for anchor, p in _IN_TEXT if anchor in text}
    long_words = [word for word in text.split() if len(word) >= _RUN_LENGTH]
    runs = " ".join([word for word in long_words if _RUN.search(word)])
    if runs:
        found |= {id(p): p for anchor, p in _IN_RUNS if anchor in runs}
    return [p for p in ALL if id(p) in found] if len(found) > 1 else list(found.values())
