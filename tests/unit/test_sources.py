"""What sources write to their logs: which values, and which only look like it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from layouts import lay_out

from seawall.core.model import Confidence, Hit
from seawall.core.rule import Settings
from seawall.core.source import Source
from seawall.rules.sources import RULES, may_log_secrets
from seawall.surfaces.repository.reader import read_repository
from seawall.surfaces.repository.sources import SourceFile, language_of, read_sources

CHECK = RULES[0].on[SourceFile]


def hits(text: str, language: str = "Python", path: str = "app") -> list[Hit]:
    return list(CHECK(SourceFile(Source(path, text), language), Settings(date(2026, 11, 24))))


def shown(text: str, language: str = "Python") -> list[str]:
    return [text[hit.at.start : hit.at.end] for hit in hits(text, language)]


PYTHON = [
    ('logger.info("%s" % password)', ["password"]),
    ('logger.info("a" + user.password + "b")', ["user.password"]),
    ('log.warning("{}", self.api_key)', ["self.api_key"]),
    ("logger.info(password)", ["password"]),
    ("logging.error(f'{cfg[\"db_password\"]!r}')", ['cfg["db_password"]']),
    ('logger.info(os.getenv("DB_PASSWORD"))', ['os.getenv("DB_PASSWORD")']),
    ('print(json.dumps({"client_secret": value}))', ["value"]),
    ('log.info("x", password=value)', ["value"]),
    ("log.info('x', **{'password': value})", ["value"]),
    ("current_app.logger.debug(password.strip().lower())", ["password"]),
    ("structlog.get_logger().info('x', secret_key=k)", ["k"]),
    ("logger.info(password or default)", ["password"]),
    ("logger.info(ok and password)", ["password"]),
    ("logger.info(password if ok else '')", ["password"]),
    ("logger.info([password, (client_secret,)])", ["password", "client_secret"]),
    ("logger.info(get_password())", ["get_password()"]),
    ("print(getpass.getpass())", ["getpass.getpass()"]),
    (
        "logger.info(settings.SECRET_KEY.get_secret_value())",
        ["settings.SECRET_KEY"],
    ),
    ("logger.info(locals())", ["locals()"]),
    ("print(dict(os.environ))", ["os.environ"]),
    ("logger.info('ä', password)", ["password"]),
    ("logger.info((p := password))", ["password"]),
    ("print(password, file=sys.stderr)", ["password"]),
    ("logger.info('%s', password.value)", ["password"]),
    ("logger.info(str(password))\nlogger.info('{}'.format(password))", ["password", "password"]),
    ("with open(password) as f:\n    logger.info(password)", ["password"]),
    ("if x:\n    pass\nelif y:\n    logger.info(password)", ["password"]),
    ("try:\n    x()\nexcept E:\n    logger.info(password)", ["password"]),
    ("match x:\n    case 1:\n        logger.info(password)", ["password"]),
    ("class A:\n    async def f(self, password):\n        logger.info(password)", ["password"]),
]

SILENT = [
    "logger.info('password')",
    "logger.info('Authentication successful')",
    "logger.info(password_reset, password_hash, token_count, max_tokens, csrf_token)",
    "logger.info(len(password), bool(password), hash(password), mask(password))",
    "logger.info(password[:2] + '***')",
    "logger.info('*' * len(password))",
    "logger.info(password == other, not password, -password)",
    "logger.info('x', password='***', token=None)",
    "logger.info('x', extra={'password': mask(password)})",
    "logger.info({**{}, 'password': 'set'})",
    "password = mask(password)\nlogger.info(password)",
    "password = None\nlogger.info(password)",
    "password = '********'\nlogger.info(password)",
    "password = hashlib.sha256(password).hexdigest()\nlogger.info(password)",
    "print(password, file=handle)",
    "logger.info('login', exc_info=password)",
    "print(tmpl.format(**locals()))",
    "raise ValueError(password)",
    "logger.setLevel(password)",
    "catalog.add(password)",
    "parser = tokenizer\nfor token in tokens:\n    print(token)",
    "print(key, auth, passed)",
    "logger.info([x for x in password])",
    "log.debug('%s', start_token)",
    "logger.info(items[0], config[name])",
]


@pytest.mark.parametrize(("text", "places"), PYTHON)
def test_a_value_that_python_logs_is_found_at_its_place(text: str, places: list[str]) -> None:
    assert shown(text) == places


@pytest.mark.parametrize("text", SILENT)
def test_python_that_logs_no_secret_is_silent(text: str) -> None:
    assert shown(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "def f(user):\n    pw = user.password\n    m = f'x {pw}'\n    logger.info(m)",
        "def f():\n    x = os.environ['API_TOKEN']\n    logger.info('%s', x)",
        "def f():\n    x = ''\n    if y:\n        x = api_key\n    logger.info(x)",
        "def f():\n    x: str = api_key\n    logger.info(x)",
        "def f():\n    x = 'a'\n    x += api_key\n    logger.info(x)",
        "x = api_key\ndef f():\n    logger.info(x)",
    ],
)
def test_a_value_is_followed_through_assignments(text: str) -> None:
    (hit,) = hits(text)
    assert hit.evidence
    assert "which holds" in hit.message


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    x = api_key\n    x = 'a'\n    logger.info(x)",
        "def f():\n    x = api_key\n    x, y = 1, 2\n    logger.info(x)",
        "def f():\n    x = api_key\n    for x in y:\n        logger.info(x)",
        "def f():\n    x = api_key\n    with y as x:\n        logger.info(x)",
        "x = api_key\ndef f(x):\n    logger.info(x)",
        "def f():\n    x = hash(api_key)\n    logger.info(x)",
    ],
)
def test_an_assignment_ends_what_a_name_held(text: str) -> None:
    assert hits(text) == []


OTHERS = [
    ("JavaScript", "console.log(`t ${user.password}`)", ["user.password"]),
    ("JavaScript", "logger.info('x', { password })", ["password"]),
    ("JavaScript", "logger.info({ password: pw, user: name })", ["password"]),
    ("JavaScript", "console.error(JSON.stringify(credentials))", ["credentials"]),
    ("JavaScript", "this.logger.warn(process.env.DB_PASSWORD)", ["process.env.DB_PASSWORD"]),
    ("JavaScript", "console.log(process.env)", ["process.env"]),
    ("JavaScript", "log.info(config['api_key'], config.get('apiKey'))", ["config", "config.get"]),
    ("TypeScript", "console.debug(apiKey ?? 'none', secretKey.toString())",
     ["apiKey", "secretKey.toString"]),
    ("Go", 'log.Printf("%s", password)', ["password"]),
    ("Go", 'fmt.Println(os.Getenv("API_TOKEN"))', ["os.Getenv"]),
    ("Go", 'slog.Info("x", "token", cfg.AccessToken)', ["cfg.AccessToken"]),
    ("Go", 'logrus.WithField("p", dbPassword).Info("x")', ["dbPassword"]),
    ("Go", "log.Println(os.Environ())", ["os.Environ"]),
    ("Java", 'LOG.debug("pw " + password);', ["password"]),
    ("Java", "System.out.println(user.getPassword());", ["user.getPassword"]),
    ("Kotlin", 'logger.info("pw $password ${user.apiKey}")', ["password", "user.apiKey"]),
    ("Ruby", 'puts "pw #{password}"', ["password"]),
    ("Ruby", "logger.info(ENV['API_TOKEN'])", ["ENV"]),
    ("Ruby", "Rails.logger.debug password: params[:password]", ["password"]),
    ("Python", 'print "pw", password', ["password"]),
]  # fmt: skip

OTHERS_SILENT = [
    ("JavaScript", "console.log('password', `password`)"),
    ("JavaScript", "console.log(password ? 1 : 2, !password, typeof password)"),
    ("JavaScript", "console.log(password.length, password === other, other == password)"),
    ("JavaScript", "console.log(mask(password), bcrypt.hash(password), redact({ password }))"),
    ("JavaScript", "// console.log(password)\n * console.log(password)"),
    ("JavaScript", "const password = redact(x);\nconsole.log(password)"),
    ("JavaScript", "console.log({ password: '***', token: null, apiKey: mask(k) })"),
    ("JavaScript", "catalog.push(password); login(password); console.log('a'); f(password)"),
    ("JavaScript", "console.log('unclosed"),
    ("JavaScript", "console.log(items[password], fn(password)"),
    ("Go", 'log.Printf("password for %s", name)'),
    ("Go", 'log.Printf("%d", len(password))'),
    ("Go", 'log.Printf("%d pass", pass)'),
    ("Java", 'log.info("password is set: {}", password != null);'),
    ("Java", 'log.info("p {}", user.getPasswordAge());'),
    ("Kotlin", 'log.info("password for $user")'),
    ("Ruby", "logger.info 'password #{password}'"),
    ("Ruby", 'logger.info "#{password.nil?} #{password.length}"'),
    ("Ruby", "puts = password"),
    ("Cobol", "print(password)"),
]


@pytest.mark.parametrize(("language", "text", "places"), OTHERS)
def test_a_value_that_is_logged_in_another_language_is_found(
    language: str, text: str, places: list[str]
) -> None:
    assert shown(text, language) == places


@pytest.mark.parametrize(("language", "text"), OTHERS_SILENT)
def test_another_language_that_logs_no_secret_is_silent(language: str, text: str) -> None:
    assert shown(text, language) == []


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("logger.info(password)", Confidence.HIGH),
        ("print(password)", Confidence.MEDIUM),
        ("logger.info(get_password())", Confidence.MEDIUM),
        ("logger.info(token)", Confidence.LOW),
    ],
)
def test_how_sure_it_is_depends_on_the_call_and_the_name(text: str, confidence: Confidence) -> None:
    assert [hit.confidence for hit in hits(text)] == [confidence]


def test_what_tests_log_weighs_less() -> None:
    (hit,) = hits("logger.info(password)", path="tests/app.py")
    assert hit.weaker


@pytest.mark.parametrize(
    "text",
    [
        "logger.info(" * 3000,
        "logger.info(" + "(" * 50_000,
        "x = " + " + ".join(["password"] * 5000) + "\nlogger.info(x)",
        "if a:\n  b\n" + "elif a:\n  b\n" * 3000,
        "logger.info(" + "not " * 5000 + "password)",
        "\0logger.info(password)",
        "\ud800 = logger.info(password)",
        "def f(:\n  logger.info(password)",
        "x\n".join(f"{'  ' * n}if a:\n" for n in range(90)),
    ],
)
@pytest.mark.parametrize("language", ["Python", "JavaScript", "Ruby", "Kotlin"])
def test_hostile_sources_end_without_a_traceback(text: str, language: str) -> None:
    SourceFile(Source("x", text), language).calls  # noqa: B018 -- reads it


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a/b.py", "Python"),
        ("x.test.tsx", "TypeScript"),
        ("x.min.js", ""),
        ("x.d.ts", ""),
        (".eslintrc.js", ""),
        ("README.md", ""),
        ("Makefile", ""),
    ],
)
def test_a_language_is_told_by_the_name(path: str, language: str) -> None:
    assert language_of(path) == language


def test_the_sources_of_a_repository_leave_out_what_others_wrote(tmp_path: Path) -> None:
    lay_out(
        "=== src/a.py\nprint(password)\n=== vendor/b.go\n\n=== dist/c.js\n\n=== d.rb\n\0\n"
        "=== node_modules/e.js\n\n=== f.java\nint x;\n=== g.md\n\n",
        tmp_path,
    )
    repository = read_repository(tmp_path)
    names = {source.source.path.rpartition("/")[2] for source in read_sources(repository)}
    assert names == {"a.py", "f.java"}
    kept = {source.language for source in read_sources(repository, may_log_secrets)}
    assert kept == {"Python"}


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("print(password)", True),
        ("print(os.environ)", True),
        ("x = password", False),
        ("print(name)", False),
        ("print(keyboard)", False),
    ],
)
def test_most_sources_need_no_reading(text: str, may: bool) -> None:
    assert may_log_secrets(text) is may
