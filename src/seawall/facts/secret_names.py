"""Which file names say that the file is a secret, and which only look like it."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.model import Confidence
from seawall.core.vocabulary import words

_SURE = Expression(
    r"""(?:^|.*/)(?:
      (?P<ssh>id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|[\w.-]+\.ppk|ssh_host_\w+_key
        |(?:deploy|ssh|git|github|gitlab)[-_]?key)
    | (?P<login>_?\.?netrc|\.pypirc|\.git-credentials|\.dockercfg|\.pgpass|\.vault-token|\.s3cfg
        |\.boto|\.docker/config\.json|\.dockerconfigjson|\.aws/credentials|\.kube/config|kubeconfig
        |[\w.-]+\.kubeconfig|credentials\.json|chap-secrets|pap-secrets|ipsec\.secrets
        |[\w.-]*service[-_]?account[\w.-]*\.json|client_secrets?[\w.-]*\.json|gcp-key\.json
        |application_default_credentials\.json|terraform\.tfstate|settings-security\.xml)
    | (?P<store>[\w.@-]+\.(?:p12|pfx|kdbx?|keytab)|[\w.-]*keystore(?:\.jks)?|[\w.-]+\.jks)
    | (?P<key>(?:[\w.-]*[_.-])?(?:privkey|private[-_]?key|priv|private|server[-_]?key|client[-_]?key
        |tls[-_]?key|ssl[-_]?key|ca[-_]?key|key)(?:[-_.][\w-]+)?\.pem|(?:server|client|tls|ssl|private
        |privkey|ca|root-?ca|master)\.key)
    )/?\Z""",
    re.VERBOSE | re.IGNORECASE,
)

_LIKELY = Expression(
    r"""(?:^|.*/)(?:
      (?P<environment>\.env(?:\.[\w-]+)*|\.envrc)
    | (?P<login>\.npmrc|\.my\.cnf|\.htpasswd|\.aws|\.ssh|\.kube|secrets?\.(?:ya?ml|json|toml|ini|env
        |properties|txt)|credentials|[\w.-]+\.tfvars)
    | (?P<store>[\w.-]+\.ovpn)
    | (?P<key>[\w.-]+\.(?:pem|key))
    )/?\Z""",
    re.VERBOSE | re.IGNORECASE,
)

_PUBLIC = Expression(
    r"""(?:^|[/._-])(?:example|examples|sample|template|tmpl|tpl|dist|defaults?|schema|public|pub|pubkey
      |certs?|certificates?|chain|fullchain|bundle|ca-?certs?|cacerts?|roots?|dhparams?|dh\d*|gpg|pgp|asc
      |keyring|archive|repo|repository|apt|rpm|release|signing|truststore|crt|cer|test|tests|testdata
      |fixtures?|mock|dummy|fake|csr|crl)(?=$|[/._\d-])
      | [\w-]*(?:truststore|cacerts|dhparam|pubkey|trusted)[\w.-]*\Z
      | (?:^|[/._-])ca[\d]?\.pem\Z""",
    re.VERBOSE | re.IGNORECASE,
)

_WHAT = {
    "ssh": "an SSH private key",
    "login": "a file of credentials",
    "store": "a key store",
    "key": "a private key",
    "environment": "an environment file",
}


class SecretFile(Struct, frozen=True):
    """What a file name says: what it is (`an SSH private key`) and how sure that is."""

    what: str
    confidence: Confidence


@lru_cache(maxsize=65_536)
def secret_file(path: str) -> SecretFile | None:
    """What a path says of a secret in the file; None for public, sample and ordinary files."""
    if not _hints(path.lower()):
        return None
    found, confidence = _SURE.match(path), Confidence.HIGH
    if found is None:
        found, confidence = _LIKELY.match(path), Confidence.MEDIUM
    if found is None or found.lastgroup is None or _is_public(path, found.lastgroup):
        return None
    return SecretFile(_WHAT[found.lastgroup], confidence)


_TRUST = Expression(r"trust|cacerts", re.IGNORECASE)

_HINTS = words(
    "key pem id_ env netrc npmrc pypirc secret credential cfg pgpass vault-token boto kube"
    " docker service account tfstate tfvars security p12 pfx kdb ppk jks .cnf htpasswd .aws .ssh"
    " .ovpn"
)


def _hints(path: str) -> bool:
    """The cheap first test: whether any of the telling parts stands in the path."""
    for hint in _HINTS:  # noqa: SIM110 -- twice as fast as any(), and asked of every source
        if hint in path:
            return True
    return False


def is_sample(path: str) -> bool:
    """Whether a name says that the file is a sample, a public half or a test's."""
    return _SAMPLE.search(path.rstrip("/").rpartition("/")[2]) is not None


def _is_public(path: str, kind: str) -> bool:
    """A certificate, a sample or a package repository's key; `ca.key` and `tests/id_rsa` too.

    A directory's name says nothing of a key in it, save that it holds tests or samples.
    """
    name = path.rstrip("/").rpartition("/")[2]
    if kind in {"ssh", "environment", "login"}:
        return is_sample(name)
    if kind == "store":
        return is_sample(name) or _TRUST.search(name) is not None
    return _PUBLIC.search(name) is not None


_SAMPLE = Expression(
    r"(?:^|[._-])(?:example|examples|sample|template|tmpl|tpl|dist|defaults?|schema|pub|test|tests)"
    r"(?:$|[._-])",
    re.IGNORECASE,
)
