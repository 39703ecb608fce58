"""Credentials of clouds, platforms and infrastructure tools."""

from __future__ import annotations

from seawall.detectors.pattern import phrase, token
from seawall.detectors.validation import has_age_checksum, is_long_random

AMAZON = (
    token(
        "aws-access-key",
        "an AWS access key id",
        "AKIA ASIA ABIA ACCA",
        "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    ),
    token("aws-bedrock-key", "an Amazon Bedrock key", "ABSK", "ABSK[A-Za-z0-9+/]{109,269}={0,2}"),
    token(
        "aws-bedrock-key",
        "a short-lived Amazon Bedrock key",
        "bedrock-api-key-",
        "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/=]{20,4000}",
        reach=4200,
    ),
)

GOOGLE = (
    token("google-api-key", "a Google API key", "AIza", r"AIza[A-Za-z0-9_\-]{35}"),
    token(
        "google-client-secret",
        "a Google OAuth client secret",
        "GOCSPX-",
        r"GOCSPX-[A-Za-z0-9_\-]{28}",
    ),
    token(
        "google-access-token",
        "a Google OAuth access token",
        "ya29.",
        r"ya29\.[A-Za-z0-9_\-]{30,300}",
    ),
)

# The texts in the middle of Azure's newer keys tell the service:
# https://github.com/microsoft/sarif-pattern-matcher, "identifiable secrets".
AZURE = (
    phrase(
        "azure-storage-key",
        "an Azure storage account key",
        ("AccountKey=",),
        "AccountKey=([A-Za-z0-9+/]{86}==)",
        in_word=True,
    ),
    phrase(
        "azure-shared-access-key",
        "an Azure shared access key",
        ("SharedAccessKey=",),
        "SharedAccessKey=([A-Za-z0-9+/]{43}=)",
        in_word=True,
    ),
    token(
        "azure-client-secret",
        "an Azure AD client secret",
        "Q~",
        r"[A-Za-z0-9_~.\-]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}",
        0,
        in_run=False,
        in_word=True,
        leads=False,
    ),
    phrase(
        "azure-key",
        "an Azure service's account key",
        ("+A", "ACDb", "APIM"),
        r"(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{76}(?:APIM|ACDb|\+ABa|\+AMC|\+ASt)[A-Za-z0-9+/]{5}[AQgw]==)",
        in_word=True,
    ),
    phrase(
        "azure-key",
        "an Azure messaging key",
        ("+A", "AIoT"),
        r"(?<![A-Za-z0-9+/])([A-Za-z0-9+/]{33}(?:AIoT|\+ASb|\+AEh|\+ARm)[A-P][A-Za-z0-9+/]{5}=)",
        in_word=True,
    ),
    phrase(
        "azure-key",
        "an Azure platform key",
        ("Az", "+A"),
        r"(?<![A-Za-z0-9+/_\-])([A-Za-z0-9_\-]{44}AzFu[A-Za-z0-9_\-]{5}[AQgw]=="
        r"|[A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5}(?![A-Za-z0-9])"
        r"|[A-Za-z0-9]{33}AzCa[A-P][A-Za-z0-9]{5}="
        r"|[A-Za-z0-9+/]{42}\+ACR[A-D][A-Za-z0-9]{5}(?![A-Za-z0-9]))",
        in_word=True,
    ),
)

HOSTS = (
    token("alibaba-access-key", "an Alibaba Cloud access key id", "LTAI", "LTAI[A-Za-z0-9]{20}"),
    token("tencent-secret-id", "a Tencent Cloud secret id", "AKID", "AKID[A-Za-z0-9]{32}"),
    token(
        "yandex-key",
        "a Yandex Cloud API key",
        "AQVN",
        r"AQVN[A-Za-z0-9_\-]{35,38}",
    ),
    token(
        "yandex-token",
        "a Yandex Cloud token",
        "t1.",
        r"t1\.[A-Za-z0-9_\-]{8,400}={0,2}\.[A-Za-z0-9_\-]{86}={0,2}",
    ),
    token(
        "digitalocean-token",
        "a DigitalOcean token",
        "dop_v1_ doo_v1_ dor_v1_",
        "do[opr]_v1_[0-9a-f]{64}",
    ),
    token("heroku-key", "a Heroku key", "HRKU-", r"HRKU-[A-Za-z0-9_\-]{36,64}"),
    token("netlify-token", "a Netlify token", "nfp_", "nfp_[A-Za-z0-9]{36}"),
    token(
        "flyio-token",
        "a Fly.io token",
        "fo1_ fm1a_ fm1r_ fm2_",
        r"(?:fo1_[A-Za-z0-9_\-]{43}|fm(?:1[ar]|2)_[A-Za-z0-9+/]{100,1000}={0,3})",
        reach=1100,
    ),
    token("scalingo-token", "a Scalingo token", "tk-us-", r"tk-us-[A-Za-z0-9_\-]{48}"),
    token("render-key", "a Render key", "rnd_", "rnd_[A-Za-z0-9]{32}"),
    token("supabase-token", "a Supabase token", "sbp_", "sbp_[0-9a-f]{40}"),
    token("neon-key", "a Neon key", "napi_", "napi_[a-z0-9]{64}"),
    token("aiven-password", "an Aiven service password", "AVNS_", r"AVNS_[A-Za-z0-9_\-]{19}"),
    token(
        "planetscale-token",
        "a PlanetScale credential",
        "pscale_",
        r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=\-]{32,64}",
    ),
    token(
        "clickhouse-key",
        "a ClickHouse Cloud secret key",
        "4b1d",
        "4b1d[A-Za-z0-9]{38}",
        is_true=is_long_random,
    ),
    token(
        "openshift-token",
        "an OpenShift user token",
        "sha256~",
        r"sha256~[A-Za-z0-9_\-]{43}",
    ),
    token(
        "cloudflare-origin-key",
        "a Cloudflare Origin CA key",
        "v1.0-",
        "v1\\.0-[0-9a-f]{24}-[0-9a-f]{146}",
    ),
)

TOOLS = (
    token("databricks-token", "a Databricks token", "dapi", "dapi[0-9a-f]{32}(?:-[0-9])?"),
    token(
        "terraform-token",
        "a Terraform Cloud token",
        ".atlasv1.",
        r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=\-]{60,70}",
        0,
        leads=False,
    ),
    token(
        "vault-token",
        "a HashiCorp Vault token",
        "hvs. hvb. hvr.",
        r"hv[sbr]\.[A-Za-z0-9_\-]{24,300}",
    ),
    token(
        "tailscale-key",
        "a Tailscale key",
        "tskey-",
        r"tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{8,24}-[A-Za-z0-9]{20,40}",
    ),
    token(
        "defined-networking-token",
        "a Defined Networking token",
        "dnkey-",
        r"dnkey-[A-Za-z0-9=_\-]{26}-[A-Za-z0-9=_\-]{52}",
    ),
    token("pulumi-token", "a Pulumi access token", "pul-", "pul-[0-9a-f]{40}"),
    token(
        "doppler-token",
        "a Doppler token",
        "dp.",
        r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.\-]{40,60}",
    ),
    token("prefect-token", "a Prefect token", "pnu_ pnb_", "pn[ub]_[A-Za-z0-9]{36}"),
    token("infracost-token", "an Infracost token", "ico-", "ico-[A-Za-z0-9]{32}"),
    token("octopus-key", "an Octopus Deploy key", "API-", "API-[A-Z0-9]{26}"),
    token(
        "harness-key",
        "a Harness key",
        "pat. sat.",
        r"[ps]at\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}",
    ),
    token(
        "dynatrace-token",
        "a Dynatrace token",
        "dt0c01. dt0s01. dt0s16.",
        r"dt0(?:c01|s01|s16)\.[A-Za-z0-9]{8,24}\.[A-Za-z0-9]{64}",
    ),
    token(
        "age-key",
        "an age key",
        "AGE-SECRET-KEY-1",
        "AGE-SECRET-KEY-1[0-9A-Z]{58}",
        3,
        is_sure=has_age_checksum,
    ),
)

CLOUD = (*AMAZON, *GOOGLE, *AZURE, *HOSTS, *TOOLS)
"""Clouds, hosts and the tools that build on them."""
