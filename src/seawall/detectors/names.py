"""What a variable's name says: that its value is a secret, or that it is something about one."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from seawall.core.expression import Expression
from seawall.core.vocabulary import words


class Sort(Enum):
    """What kind of secret a name promises, in the words that messages use."""

    PASSWORD = "password"  # noqa: S105 -- a word, not a password
    TOKEN = "token"  # noqa: S105 -- a word
    KEY = "key"
    SECRET = "secret"  # noqa: S105 -- a word
    CREDENTIAL = "credential"


KEYWORDS = ("pass", "pwd", "secret", "token", "key", "cred", "_pat", "auth", "phrase")
"""Every name that `sort_of` accepts holds one of these in lower case: a cheap first test."""

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_NOUNS = {
    "password": Sort.PASSWORD,
    "passwords": Sort.PASSWORD,
    "passwd": Sort.PASSWORD,
    "passphrase": Sort.PASSWORD,
    "pass": Sort.PASSWORD,
    "pwd": Sort.PASSWORD,
    "passcode": Sort.PASSWORD,
    "secret": Sort.SECRET,
    "secrets": Sort.SECRET,
    "token": Sort.TOKEN,
    "pat": Sort.TOKEN,
    "apikey": Sort.KEY,
    "key": Sort.KEY,
    "keys": Sort.KEY,
    "credential": Sort.CREDENTIAL,
    "credentials": Sort.CREDENTIAL,
    "creds": Sort.CREDENTIAL,
    "auth": Sort.CREDENTIAL,
}

# Names run together, as PGPASSWORD, ROOTPASS, ACCESSTOKEN or SECRETKEY.
_GLUED = Expression(
    r"[a-z0-9]*?(?:"
    r"(?P<password>password|passwd|passphrase|(?:db|root|user|ssh|admin|ldap|my|sql|smtp|mail|ftp"
    r"|pg|vnc|key|store|trust|truststore|keystore|proxy|redis|mongo|rcon)pass|(?:db|sql|user|admin"
    r"|root)pwd)"
    r"|(?P<token>token)"
    r"|(?P<secret>secret)"
    r"|(?P<key>(?:api|access|secret|private|encryption|license|licence|auth|account|master)keys?)"
    r"|(?P<credential>credentials?)"
    r")"
)

_KEY_OWNERS = words(
    "api access secret private encryption encrypt crypt crypto cipher aes hmac master signing sign"
    " signature license licence account storage auth authentication authorization app application"
    " session cookie jwt shared deploy service subscription consumer client instrumentation"
    " ingestion product root admin activation vault write read rest webhook unseal fernet hash"
    " security django rails flask laravel openai anthropic stripe mailgun sendgrid twilio datadog"
    " dd newrelic relic google maps aws azure amazon gcp github gitlab pusher algolia segment"
    " rollbar honeybadger bugsnag sentry tsig rndc rpc psk pre"
)
"""What must stand before `key` for it to be a secret one: `GPG_KEY` or `CACHE_KEY` are not."""

_TRAILERS = words(
    "value plain plaintext default prod production dev development staging stage test testing"
    " base raw base64 b64 json string str text old new root admin primary secondary live sandbox"
    " internal external main local"
)
"""Words after the noun that leave it the subject: `SECRET_KEY_BASE`, `DB_PASSWORD_PROD`."""

_LEADERS = words(
    "no not with without use using enable enabled disable disabled allow require required has is"
    " should generate random empty skip show need needs wants want prompt ask save remember verify"
    " check max min num list export import delete reset create change set"
)
"""Words that make the name a question, answered yes or no: `ALLOW_EMPTY_PASSWORD`."""

_SWITCHES = words(
    "allow empty enable enabled disable disabled require without random generate max min"
)
"""Those of them that do so anywhere: `MYSQL_ALLOW_EMPTY_PASSWORD`."""

_PUBLIC = words("public pub publishable pgp gpg keyserver host known authorized")
_SHIPPED = ("vite_", "react_app_", "gatsby_", "vue_app_", "ng_app_", "storybook_")
"""Prefixes of what a bundler puts into the page for every visitor: keys there are no secrets."""

_NO_PASSWORDS = frozenset({"htpasswd", "ocpasswd", "chpasswd", "gpasswd", "nopasswd", "nopassword"})
_NO_SECRETS = {
    "token": words("cancel cancellation csrf page next continuation prompt completion"),
    "secret": words("pull lib"),
    "pwd": words("old cd"),
    "pass": words("by first second multi one two single uwsgi fastcgi scgi grpc memcached"),
    "auth": frozenset(),
}
_AUTH = frozenset({"_auth", "rediscli_auth"})


@lru_cache(maxsize=4096)
def sort_of(name: str) -> Sort | None:
    """What sort of secret a variable, key, option or property of that name holds; None for none.

    The last word decides, as in English: `TOKEN_URL` is a URL, `PASSWORD_FILE` a file and
    `KEY_ID` an id, while `DB_PASSWORD`, `apiKey` and `SECRET_KEY_BASE` are what they say.
    """
    lower = name.lower()
    if len(name) > 100 or not any(keyword in lower for keyword in KEYWORDS):
        return None
    parts = [part.lower() for part in _PART.findall(name)]
    if (parts and parts[0] in _LEADERS) or not _SWITCHES.isdisjoint(parts):
        return None
    while len(parts) > 1 and (parts[-1] in _TRAILERS or parts[-1].isdigit()):
        parts.pop()
    if not parts or parts[-1] in _NO_PASSWORDS or not _PUBLIC.isdisjoint(parts):
        return None
    sort = _by_noun(parts, lower) or _by_ending(parts[-1])
    is_shipped = sort in {Sort.KEY, Sort.TOKEN} and lower.startswith(_SHIPPED)
    return None if is_shipped or "truststore" in lower.replace("_", "") else sort


def _by_noun(parts: list[str], name: str) -> Sort | None:
    noun, before = parts[-1], parts[-2] if len(parts) > 1 else ""
    sort = _NOUNS.get(noun)
    if sort is None or before in _NO_SECRETS.get(noun, ()):
        return None
    if noun in {"key", "keys"}:
        return sort if before in _KEY_OWNERS else None
    if noun in {"pwd", "pat"}:
        return sort if before else None
    if noun == "auth":
        return sort if name in _AUTH else None
    return sort


def _by_ending(word: str) -> Sort | None:
    found = _GLUED.fullmatch(word) if word not in _NOUNS else None
    return Sort[found.lastgroup.upper()] if found and found.lastgroup else None


_SIGNING = re.compile(r"(?:^|_)(?:secret_key(?:_base)?|app_key|signing_key|app_secret)$")


def is_signing_key(name: str) -> bool:
    """Whether it is a framework's key, which programs demand at build though nothing is signed."""
    return _SIGNING.search(name.lower()) is not None
