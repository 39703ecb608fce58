"""What a value is worth: nothing, a stand-in, a password that everyone knows, or a secret."""

from __future__ import annotations

import re
from enum import Enum

from seawall.core.expression import Expression
from seawall.core.vocabulary import words


class Worth(Enum):
    """What can be said of a value that stands where a secret belongs."""

    NOTHING = "empty, a switch, a path, a reference or something public"
    PLACEHOLDER = "a stand-in that says of itself that it is none"
    FILLER = "one character over and over: no secret, but it works as one"
    WEAK = "a password that everyone knows"
    REAL = "a secret as far as anyone can see"


_NOTHING = words(
    "true false yes no on off none null nil undefined unset empty enabled disabled enable disable"
    " required optional auto automatic random generated n/a na prompt ask stdin env file vault"
    " string str bool int any object text basic bearer hidden masked varchar char ldap"
    " pam oauth oauth2 saml oidc keyring sha256 sha512 md5 bcrypt scram-sha-256 plain"
    " plaintext"
)

_SHAPES_OF_NOTHING = Expression(
    r"""\d{1,3}                                            # a switch or a count
    | v?\d+(?:\.\d+){1,4}                                  # a version
    | (?:~|\.{1,2}|/|[A-Za-z]:\\)?(?:[/\\][\w.@%+-]*)+     # a path from a root
    | (?:[\w.@-]+/)+[\w.-]+\.[a-z]{2,6}                    # a path to a file with an extension
    | [\w.-]+\.(?:pem|key|crt|cer|pub|json|ya?ml|txt|env|ini|conf|cfg|toml|properties|jks|p12
        |pfx|gpg|asc|py|js|sh|lst|pw|secret)               # a file
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+                         # an address
    | [a-z][a-z0-9+.-]*://[^\s@]*                          # a URL without credentials
    | (?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\w+)\s.*       # public keys
    | -----BEGIN\ (?:PUBLIC\ KEY|CERTIFICATE|RSA\ PUBLIC\ KEY|PGP\ PUBLIC).*
    | (?:sha(?:1|256|384|512)|md5)[:-].*                   # a digest that says so
    | arn:aws[\w-]*:.*                                     # names of a secret elsewhere
    | (?:vault|op|secret|secretref|kms|ssm|awssm|gcpsm|akv|sops|enc|env|file):.*
    | (?:projects/[\w-]+/secrets/|ENC\[).*
    """,
    re.VERBOSE | re.DOTALL,
)

_REFERENCE = Expression(
    r"""\$\{?[A-Za-z_0-9] | \$\( | ` | \{\{ | <% | %[A-Za-z_]+% | @[A-Za-z_]+@ | \$\$\{? | \#\{
    | __[A-Z_]+__ """,
    re.VERBOSE,
)

_STAND_IN = Expression(
    r"""<[^<>]*> | \[[^\[\]]*\] | \{[^{}]*\} | \(.*\) | \.{2,} | -+ | \?+ | …
    | (?:the|enter|insert|put|add|set|use|type|paste|fill|provide|specify)[-_. ].*
    | (?:.*[-_. ])?(?:here|goes[-_. ]?here|todo|fixme|tbd|placeholder|redacted|removed|censored
        |dummy|fake|invalid|sample|unused|notused|ignored|nothing|noop|example|examples|mock|stub
        |required|notasecret|not[-_. ]a[-_. ].*|not[-_. ]?(?:real|set|used|needed|important))
        (?:[-_. ].*)?
    | your.+ | (?:dummy|fake|sample|example|placeholder|redacted|replace|mock|stub).*
    | .*(?:placeholder|_example|-example|EXAMPLE|EXAMPLEKEY) | replace[-_. ]?(?:me|this|with).*
    | build(?:[-_. ]?(?:time|only|arg).*)? | precompile.* | assets? | for[-_. ]build.*
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

_FILLER = Expression(r"(.)\1{2,}|[xX*#0.\-]+|0123456789(?:abcdef)?.*|1234567890abcdef.*")

_LEET = str.maketrans("@4830$51!7", "aabeossiit")
_TAIL = Expression(r"[\W_0-9]{1,6}$")

_WEAK = words(
    "password passwd pass pwd passw0rd passwort parola motdepasse contrasena"
    " admin administrator adminadmin adminpass adminpassword superuser superadmin sysadmin"
    " root toor rootroot rootpass rootpassword rootme user username userpass userpassword"
    " secret secrets topsecret supersecret secretkey secretpassword verysecret"
    " changeme changeit changethis changemenow changepassword letmein letmeinnow welcome default"
    " guest test tester testing testpass testpassword testuser demo temp temporary"
    " qwerty qwertyuiop asdf asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx abc abcd abcdef abcdefg"
    " iloveyou monkey dragon master hunter hunter2 football baseball sunshine princess shadow"
    " tomcat manager s3cret postgres postgresql pgsql mysql mariadb mongo mongodb redis oracle"
    " mssql sqlserver sa system tiger scott elastic elasticsearch kibana logstash rabbitmq guest"
    " minio minioadmin minio123 keycloak jenkins sonar sonarqube nexus gitlab gitea grafana"
    " prometheus zabbix nagios cacti splunk airflow superset metabase wordpress wp joomla drupal"
    " magento nextcloud owncloud android vagrant"
    " docker dockerpass ubuntu debian centos pi raspberry alpine"
    " cisco ubnt hadoop hive spark kafka zookeeper weblogic welcome1 glassfish activemq artemis"
    " artifactory harbor portainer openvpn vpn vnc vncpass ftp ftpuser ssh sshpass mypass"
    " mypassword"
    " foo bar baz foobar foobarbaz dev development devpass local localhost app appuser"
    " dbpass dbpassword database db yourstrongpassword strongpassword mysecretpassword"
)

_EVERYONES = Expression(
    r"\d{4,9}|0?1234567890?|(?:123|321|1q2w3e|q1w2e3|zaq1|abc|qwe|asd|zxc|a1b2c3)[\w!@#$]{0,8}"
    r"|change[-_. ]?(?:me|it|this|now|pass|password)?(?:[-_. ].{0,24}|[\d!]{0,4})"
    r"|your_?strong[!()_]{0,3}pass.{0,12}"
    r"|(?:admin|root|test|user|pass|password|guest|demo)[-_.@ ]?\d{1,6}!?",
    re.IGNORECASE,
)

_WITH_DEFAULT = Expression(r"\$\{\w{1,60}:?[-=]([^${}]{0,200})\}")


def fallback(value: str) -> str:
    """The literal that `${NAME:-literal}` falls back to; any other text as it is."""
    found = _WITH_DEFAULT.fullmatch(value)
    return found[1].strip("\"'") if found else value


def worth(value: str) -> Worth:
    """Say what a value is worth that stands where a secret belongs.

    Of a text with variables nothing is known, so it is worth nothing here. Hex and base64 texts
    are worth something: under a secret's name they are no checksums.
    """
    text = value[:512].strip()
    lower = text.lower()
    if len(text) < 2 or lower in _NOTHING or _REFERENCE.search(text):
        return Worth.NOTHING
    if is_weak(text):
        return Worth.WEAK
    if _FILLER.fullmatch(text) or len(set(lower.replace("-", ""))) < 3 <= len(text):
        return Worth.FILLER
    if _STAND_IN.fullmatch(text):
        return Worth.PLACEHOLDER
    return Worth.NOTHING if _SHAPES_OF_NOTHING.fullmatch(text) else Worth.REAL


def is_weak(value: str) -> bool:
    """Whether it is on every list of first guesses, also as `P@ssw0rd1!` or `Admin123`."""
    lower = value.lower()
    if len(lower) > 40:
        return False
    if lower in _WEAK or _EVERYONES.fullmatch(lower):
        return True
    trimmed = _TAIL.sub("", lower)
    return bool(trimmed) and (trimmed in _WEAK or trimmed.translate(_LEET) in _WEAK)
