"""What the detectors call a secret, and what they leave alone.

Tokens are put together at run time, so that no scanner finds one in this file.
"""

from __future__ import annotations

from base64 import b64encode
from binascii import crc32

import pytest

from seawall.core.model import Confidence
from seawall.detectors.embedded import assignments
from seawall.detectors.entropy import entropy, is_random
from seawall.detectors.names import Sort, is_signing_key, sort_of
from seawall.detectors.patterns import ALL, anchored_in
from seawall.detectors.placeholders import Worth, fallback, worth
from seawall.detectors.secrets import (
    find_in_assignment,
    find_in_text,
    may_hold,
    redact,
)
from seawall.detectors.validation import decoded, has_github_checksum

ALPHABET = "q9Zt4rXw7LmB2kVcN8sJd5HfG3yPa6TeUo1iRgQbDvKxCzMn"
LOWER = "q9t4rw7mb2kvcn8sjd5hfg3ypa6teuo1igdxz"
HEX = "3f9a1c7e5b2d8046f1e9c3a7b5d20864e7c19f3ab5d80264c1e7f9a3b5d28046"


def mixed(size: int) -> str:
    return (ALPHABET * (size // len(ALPHABET) + 1))[:size]


def github(prefix: str = "ghp", check: str | None = None) -> str:
    body = mixed(30)
    number, digits = crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[digit] + digits
    return f"{prefix}_{body}{check or digits.rjust(6, '0')}"


def jwt(header: bytes) -> str:
    parts = (header, b'{"sub":"1234","name":"someone"}')
    return ".".join(b64encode(p).decode().rstrip("=") for p in parts) + "." + mixed(43)


def pem(kind: str, body: str) -> str:
    return f"-----{'BEGIN'} {kind}-----\n{body}\n-----{'END'} {kind}-----"


TOKENS = {
    "aws-access-key": "AK" + "IA" + "Q3EGZ7TRWMBX5KLD",
    "github-token": github(),
    "gitlab-token": "gl" + "pat-" + mixed(20),
    "slack-token": "xo" + "xb-240917356812-351790246813-" + mixed(24),
    "slack-webhook": "https://hooks.slack." + "com/services/T0AB12CD/B0EF34GH/" + mixed(24),
    "stripe-key": "sk_" + "live_" + mixed(24),
    "google-api-key": "AI" + "za" + mixed(35),
    "google-client-secret": "GOC" + "SPX-" + mixed(28),
    "azure-storage-key": "Account" + "Key=" + mixed(86) + "==",
    "npm-token": "np" + "m_" + mixed(36),
    "pypi-token": "pypi-" + "AgEIcHlwaS5vcmc" + mixed(80),
    "docker-token": "dckr_" + "pat_" + mixed(27),
    "jwt": jwt(b'{"alg":"HS256","typ":"JWT"}'),
    "private-key": pem("RSA PRIVATE KEY", mixed(64) + "\n" + mixed(64)),
    "registry-auth": '"au' + 'th": "' + b64encode(b"deploy:Kx7vR2mq").decode() + '"',
    "url-credential": "postgres://app:Kx7vR2mq" + "@db.internal/app",
    "sendgrid-key": "S" + "G." + mixed(22) + "." + mixed(43),
    "digitalocean-token": "dop" + "_v1_" + HEX,
    "vault-token": "hv" + "s." + mixed(28),
    "telegram-token": "123456789" + ":AA" + mixed(33),
    "huggingface-token": "h" + "f_" + "qZtrXwLmBkVcNsJdHfGyPaTeUoiRgQbDvK",
    "openai-key": "sk-" + "proj-" + mixed(40) + "T3Blb" + "kFJ" + mixed(40),
    "anthropic-key": "sk-" + "ant-api03-" + mixed(93),
    "stripe-webhook-secret": "wh" + "sec_" + mixed(32),
}


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_is_known_by_its_format_under_any_name(kind: str) -> None:
    secret = find_in_assignment("HARMLESS", TOKENS[kind])
    assert secret is not None
    assert secret.kind == kind
    assert not secret.is_default


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_is_found_in_a_text_at_its_place(kind: str) -> None:
    text = f"some text before\nexport X={TOKENS[kind]}\nand after\n"
    [secret] = [s for s in find_in_text(text) if s.kind == kind]
    assert text[secret.start : secret.end] in TOKENS[kind]
    assert secret.end - secret.start >= 8


@pytest.mark.parametrize("kind", TOKENS)
def test_what_is_shown_of_a_token_is_four_characters_at_most(kind: str) -> None:
    secret = find_in_assignment("X", TOKENS[kind])
    assert secret is not None
    assert "…" not in secret.redacted or len(secret.redacted.partition("…")[0]) <= 4
    assert TOKENS[kind][6:] not in secret.redacted


def test_every_anchor_of_a_format_leads_to_it() -> None:
    for pattern in ALL:
        for anchor in pattern.anchors:
            assert pattern in anchored_in(f"{anchor}{mixed(24)}"), anchor


def test_a_github_token_without_its_checksum_is_less_sure() -> None:
    good, bad = github(), github(check="000000")
    assert has_github_checksum(good)
    found = [find_in_assignment("X", token) for token in (good, bad)]
    assert [s and s.confidence for s in found] == [Confidence.HIGH, Confidence.MEDIUM]


@pytest.mark.parametrize(
    "text",
    [
        "AK" + "IAIOSFODNN7EXAMPLE",
        "gh" + "p_" + "x" * 36,
        "AK" + "IA" + "A" * 16,
        "an" + "AK" + "IA" + "Q3EGZ7TRWMBX5KLDQ3",
        jwt(b'{"no":"algorithm","typ":"x"}'),
        pem("RSA PRIVATE KEY", "..."),
        pem("PUBLIC KEY", mixed(64)),
        '"au' + 'th": "' + b64encode(b"nocolonhere!").decode() + '"',
        '"au' + 'th": "!!!notbase64"',
        "https://user:${TOKEN}@example.org/x",
        "https://$USER:$PASS@example.org/x",
        "https://<user>:<password>@example.org",
        "docker://alpine:3.20@sha256:" + HEX,
        "http://localhost:8080/path@x",
        "git@github.com:org/repo.git",
        "sha256:" + HEX,
        HEX[:40],
    ],
)
def test_what_only_looks_like_a_token_is_left_alone(text: str) -> None:
    assert list(find_in_text(f"x {text} y")) == []


@pytest.mark.parametrize(
    ("name", "sort"),
    [
        ("DB_PASSWORD", Sort.PASSWORD),
        ("dbPassword", Sort.PASSWORD),
        ("PGPASSWORD", Sort.PASSWORD),
        ("MYSQL_PWD", Sort.PASSWORD),
        ("LDAP_ROOTPASS", Sort.PASSWORD),
        ("SSHPASS", Sort.PASSWORD),
        ("spring.datasource.password", Sort.PASSWORD),
        ("PASSWORD1", Sort.PASSWORD),
        ("DB_PASSWORD_PROD", Sort.PASSWORD),
        ("GH_PAT", Sort.TOKEN),
        ("ACCESSTOKEN", Sort.TOKEN),
        ("_authToken", Sort.TOKEN),
        ("apiKey", Sort.KEY),
        ("LICENSE_KEY", Sort.KEY),
        ("AWS_SECRET_ACCESS_KEY", Sort.KEY),
        ("SECRET_KEY_BASE", Sort.KEY),
        ("Jwt__Key", Sort.KEY),
        ("GOOGLE_DEFAULT_CLIENT_SECRET", Sort.SECRET),
        ("APP_CREDENTIALS", Sort.CREDENTIAL),
        ("REDISCLI_AUTH", Sort.CREDENTIAL),
        ("rootpassword", Sort.PASSWORD),
        ("consumersecret", Sort.SECRET),
    ],
)
def test_a_name_that_promises_a_secret(name: str, sort: Sort) -> None:
    assert sort_of(name) is sort


@pytest.mark.parametrize(
    "name",
    [
        "USERNAME",
        "GPG_KEY",
        "PUBLIC_KEY",
        "NEXT_PUBLIC_API_KEY",
        "SSH_KEY",
        "CACHE_KEY",
        "AWS_ACCESS_KEY_ID",
        "KEY_ID",
        "TOKEN_URL",
        "PASSWORD_FILE",
        "SECRET_PATH",
        "SECRET_NAME",
        "PASSWORD_POLICY",
        "PASSWORD_MIN_LENGTH",
        "Filters__0__Key",
        "AUTH_MODE",
        "with_auth",
        "REGISTRY_AUTH",
        "MYSQL_ALLOW_EMPTY_PASSWORD",
        "DISABLED_PASSWORD",
        "MAX_TOKENS",
        "CANCEL_TOKEN",
        "IMAGE_PULL_SECRET",
        "PWD",
        "OLDPWD",
        "PAT",
        "BYPASS",
        "COMPASS",
        "VITE_API_KEY",
        "javax.net.ssl.trustStorePassword",
        "TRUST_STORE_PASSWORD",
        "UWSGI_PASS",
        "htpasswd",
        "KEY",
        "TOKENIZERS_PARALLELISM",
        "X" * 200 + "_PASSWORD",
        "key-",
        "___auth",
        "",
    ],
)
def test_a_name_that_is_about_a_secret_or_about_none(name: str) -> None:
    assert sort_of(name) is None


@pytest.mark.parametrize(
    ("value", "judged"),
    [
        ("", Worth.NOTHING),
        ("true", Worth.NOTHING),
        ("12", Worth.NOTHING),
        ("1.2.3", Worth.NOTHING),
        ("/run/secrets/db", Worth.NOTHING),
        ("~/.ssh/id_rsa", Worth.NOTHING),
        ("config/prod.json", Worth.NOTHING),
        ("id.key", Worth.NOTHING),
        ("https://example.org/x", Worth.NOTHING),
        ("me@example.org", Worth.NOTHING),
        ("$OTHER", Worth.NOTHING),
        ("${OTHER}", Worth.NOTHING),
        ("$(cat x)", Worth.NOTHING),
        ("{{ .Values.token }}", Worth.NOTHING),
        ("ssh-ed25519 AAAAC3Nza me@host", Worth.NOTHING),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:x", Worth.NOTHING),
        ("<password>", Worth.PLACEHOLDER),
        ("your-token-here", Worth.PLACEHOLDER),
        ("example", Worth.PLACEHOLDER),
        ("REPLACE_ME", Worth.PLACEHOLDER),
        ("[token]", Worth.PLACEHOLDER),
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY", Worth.PLACEHOLDER),
        ("precompile_placeholder", Worth.PLACEHOLDER),
        ("xxxxxxxx", Worth.FILLER),
        ("********", Worth.FILLER),
        ("0" * 32, Worth.FILLER),
        ("00000000-0000-0000-0000-000000000000", Worth.FILLER),
        ("password", Worth.WEAK),
        ("P@ssw0rd1!", Worth.WEAK),
        ("admin123", Worth.WEAK),
        ("changeme", Worth.WEAK),
        ("change-this-password", Worth.WEAK),
        ("123456", Worth.WEAK),
        ("yourStrong(!)Password", Worth.WEAK),
        ("mysecret", Worth.REAL),
        ("Kx7vR2mq", Worth.REAL),
        ("correct horse battery", Worth.REAL),
        ("aGVsbG8/d29ybGQ+aGVsbG8=", Worth.REAL),
    ],
)
def test_what_a_value_is_worth(value: str, judged: Worth) -> None:
    assert worth(value) is judged


def test_a_default_behind_a_variable_counts() -> None:
    assert fallback("${DB_PASSWORD:-Kx7vR2mq}") == "Kx7vR2mq"
    assert fallback("${DB_PASSWORD}") == "${DB_PASSWORD}"
    secret = find_in_assignment("DB_PASSWORD", "${DB_PASSWORD:-Kx7vR2mq}")
    assert secret is not None
    assert (secret.start, secret.end) == (15, 23)


@pytest.mark.parametrize(
    ("name", "value", "confidence", "is_default"),
    [
        ("LICENSE_KEY", "lgNvGyhnUKpa5PJi"[::-1], Confidence.HIGH, False),
        ("DB_PASSWORD", "vulhub", Confidence.MEDIUM, False),
        ("DB_PASSWORD", "admin", Confidence.HIGH, True),
        ("MTP_SECRET", "0" * 32, Confidence.LOW, True),
        ("SECRET_KEY", "some-words-and-more2", Confidence.LOW, False),
        ("PASSPHRASE", "correct horse battery", Confidence.LOW, False),
    ],
)
def test_a_named_secret_and_how_sure_it_is(
    name: str, value: str, confidence: Confidence, is_default: bool
) -> None:
    secret = find_in_assignment(name, value)
    assert secret is not None
    assert (secret.confidence, secret.is_default, secret.name) == (confidence, is_default, name)
    assert secret.redacted == f"{len(value)} characters"


@pytest.mark.parametrize(
    ("name", "value"),
    [("TOKEN", "token"), ("API_KEY", "api-key"), ("API_KEY", "test"), ("TOKEN", ""), ("A", "Kx7v")],
)
def test_a_named_value_that_is_none(name: str, value: str) -> None:
    assert find_in_assignment(name, value) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("password=Kx7vR2mq", "Kx7vR2mq"),
        ("datasource.password: Kx7vR2mq", "Kx7vR2mq"),
        ('{"clientSecret": "Kx7vR2mq"}', "Kx7vR2mq"),
        ("'password' => 'Kx7vR2mq',", "Kx7vR2mq"),
        ("SECRET_KEY := Kx7vR2mq", "Kx7vR2mq"),
        ("--password=Kx7vR2mq --x", "Kx7vR2mq"),
        ("CREATE USER a IDENTIFIED BY 'Kx7vR2mq'", "Kx7vR2mq"),
        ("IDENTIFIED WITH mysql_native_password BY 'Kx7vR2mq'", "Kx7vR2mq"),
        ("machine example.org login me password Kx7vR2mq", "Kx7vR2mq"),
        ("password: hunterzz", "hunterzz"),
        ("SET password=PASSWORD('Kx7vR2mq')", "Kx7vR2mq"),
        ("Server=db;User Id=sa;Password=Kx7vR2mq;Encrypt=true", "Kx7vR2mq"),
        ('\\"token\\": \\"Kx7vR2mq\\"', "Kx7vR2mq"),
    ],
)
def test_an_assignment_inside_a_text(text: str, value: str) -> None:
    [secret] = find_in_text(text)
    assert text[secret.start : secret.end] == value


@pytest.mark.parametrize(
    "text",
    [
        "password = get_password()",
        "connect(password=password)",
        "if password == other",
        "token = request.token",
        "token: String",
        "Password: set at first start",
        "machine example.org login me password $TOKEN",
        "password = os.environ['X']",
        "PasswordAuthentication no",
        "passwd_mode=2",
        "--with-password-argon2",
        "password=$PASSWORD",
        "secret_key=$AWS_SECRET_KEY",
        "# the password of the user",
        "password:",
        "token_url=https://example.org",
    ],
)
def test_code_and_prose_about_secrets_are_left_alone(text: str) -> None:
    assert list(find_in_text(text)) == []


def test_secrets_in_a_text_do_not_overlap() -> None:
    text = f"token={TOKENS['github-token']} password=Kx7vR2mq"
    kinds = [secret.kind for secret in find_in_text(text)]
    assert kinds == ["github-token", "password"]


def test_redacting_takes_out_the_value_and_nothing_else() -> None:
    text = f"login --token {TOKENS['github-token']} with password=Kx7vR2mq done"
    assert redact(text) == (
        "login --token [redacted: ghp_…, 40 characters] with password=[redacted: 8 characters] done"
    )
    assert redact("nothing here") == "nothing here"


def test_a_private_key_is_redacted_to_its_end_or_to_the_end_of_the_text() -> None:
    key = TOKENS["private-key"]
    assert redact(f"a\n{key}\nb") == f"a\n[redacted: {len(key)} characters]\nb"
    cut = key.partition("-----" + "END")[0].rstrip()
    assert redact(cut) == f"[redacted: {len(cut)} characters]"


def test_the_first_test_lets_through_what_holds_a_secret() -> None:
    assert may_hold("DB_PASSWORD=x")
    assert may_hold(TOKENS["github-token"])
    assert not may_hold("FROM debian\nRUN make\n")


def test_a_secret_can_be_moved() -> None:
    secret = find_in_assignment("DB_PASSWORD", "Kx7vR2mq")
    assert secret is not None
    assert (secret.moved(10).start, secret.moved(10).end) == (10, 18)


@pytest.mark.parametrize(
    ("url", "confidence"),
    [
        ("amqp://guest:guest" + "@rabbitmq:5672", Confidence.MEDIUM),
        ("postgres://user:password" + "@localhost/db", Confidence.LOW),
        ("postgres://user:Kx7vR2mqW4tZ" + "@localhost/db", Confidence.HIGH),
    ],
)
def test_a_known_password_for_nowhere_is_hardly_one(url: str, confidence: Confidence) -> None:
    [secret] = find_in_text(url)
    assert secret.confidence is confidence


def test_randomness_tells_keys_from_words() -> None:
    assert entropy("") == 0
    assert entropy("aaaa") == 0
    assert is_random(mixed(24))
    assert is_random(HEX)
    assert not is_random("short1A")
    assert not is_random("my-secret-key-for-development1")
    assert not is_random("correct horse battery staple")
    assert not is_random("deadbeefdeadbeef"[:12].replace("d", "a"))


def test_a_framework_key_is_known_by_its_name() -> None:
    assert is_signing_key("SECRET_KEY_BASE")
    assert is_signing_key("DD_SECRET_KEY")
    assert not is_signing_key("AWS_SECRET_ACCESS_KEY")


def test_base64_is_read_with_and_without_padding() -> None:
    assert decoded("YTpi") == b"a:b"
    assert decoded("YTo=") == decoded("YTo") == b"a:"
    assert decoded("a") is None


def test_long_hostile_texts_are_read_in_linear_time() -> None:
    for unit in ("password=", "://a:", "eyJeyJ", "-----BEGIN PRIVATE KEY-----", "a_password", '"'):
        text = unit * (200_000 // len(unit))
        list(find_in_text(text))
        assert len(list(assignments(text[:2000]))) < 2000
