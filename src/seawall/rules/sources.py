"""Application sources that write secrets to a log."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Evidence, Hit
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.telling import holds_any
from seawall.detectors.names import KEYWORDS, Sort, sort_of
from seawall.rules.practices import NO_SECRETS_IN_LOGS
from seawall.rules.secrets.held import weight_of
from seawall.surfaces.repository.sources import LogCall, Shown, SourceFile

_WRITES = Expression(r"(?:log\w*|console)\.\w+|print|puts|echo\(|\bpp? |std(?:out|err)\.write|warn")
_WORD = Expression(r"\w{4,60}", re.ASCII)
_TELLING = (
    "os.environ", "process.env", "getenv()", "locals()", "globals()", "env.to_h", "env.inspect",
    "getpass",
)  # fmt: skip
_ABOUT_WORDS = Expression(
    r"\b(?:lexer|tokeni[sz]e\w*|parser?|nltk|spacy|vocab\w*|next_token|logits|ast|grammar)\b"
)
"""In a source with these, a token is a word of a language."""
_VAGUE = frozenset({"pass", "auth", "token", "key", "keys"})
_NO_SECRET = Expression(
    r"_?(?:acquire|start|starting|sync|resume|lock|fencing|continue|delta)_?token", re.IGNORECASE
)
"""Tokens that say where a listing or a lock stands."""


def may_log_secrets(text: str) -> bool:
    """The cheap first test of a source's text: whether anything in it could be a hit."""
    lowered = text.lower()
    if _WRITES.search(lowered) is None:
        return False
    if holds_any(lowered, _TELLING):
        return True
    if not holds_any(lowered, KEYWORDS):
        return False
    return any(sort_of(name.lstrip("_")) for name in set(_WORD.findall(text)))


def _logged(file: SourceFile, _: Settings) -> Iterator[Hit]:
    if not may_log_secrets(file.source.text):
        return
    seen: set[int] = set()
    for call in file.calls:
        for value in call.values:
            sort = _sort(value, file)
            if sort and value.start not in seen:
                seen.add(value.start)
                yield _hit(file, call, value, sort)


def _sort(value: Shown, file: SourceFile) -> str:
    """What is logged, in a word; empty for nothing secret."""
    if value.kind == "everything":
        return "everything"
    name = value.name.lstrip("@$_")
    sort = sort_of(name)
    is_vague = name.lower() in _VAGUE
    if sort is None or (is_vague and sort is not Sort.TOKEN) or _NO_SECRET.fullmatch(name):
        return ""
    if is_vague and _ABOUT_WORDS.search(file.source.lowered):
        return ""
    return sort.value


def _hit(file: SourceFile, call: LogCall, value: Shown, sort: str) -> Hit:
    if value.kind == "everything":
        what = f"every variable ({value.name}), secret ones among them,"
    else:
        what = _written(file, value)
    return Hit(
        value,
        f"{what} is written to the log by {call.callee}",
        f"{call.callee} {value.name}",
        label=f"a {sort} for all who read the log" if sort != "everything" else "all of them",
        confidence=_confidence(call, value),
        weaker=weight_of(file.source.path),
        evidence=tuple(Evidence(what, line) for what, line in value.via),
    )


_NAME = Expression(r"[\w.@$]{1,60}")


def _written(file: SourceFile, value: Shown) -> str:
    written = file.source.text[value.start : value.end]
    if not _NAME.fullmatch(written):
        return value.name
    return f"{written}, which holds {value.name}," if value.via else written


def _confidence(call: LogCall, value: Shown) -> Confidence:
    if value.name.lower() in _VAGUE:
        return Confidence.LOW
    is_likely = call.is_print or value.kind in {"everything", "call"}
    return Confidence.MEDIUM if is_likely else Confidence.HIGH


_PYTHON = "=== app.py\nimport logging\nlogger = logging.getLogger(__name__)\n\n"
_LOGIN = _PYTHON + "def login(user, password):\n"

RULES = (
    Rule(
        id="secret-logged",
        title="A source writes a secret to the log",
        practice=NO_SECRETS_IN_LOGS,
        risk=Risk(Needs.FAULT, Gains.CONTROL),
        on={SourceFile: _logged},
        bad=(
            _LOGIN + '    logger.info(f"Using password: {password}")\n',
            _LOGIN + '    logger.debug("login %s %s", user, password)\n',
            _LOGIN + '    message = "with " + password\n    logger.info(message)\n',
            _LOGIN + '    print("key: {}".format(os.environ["STRIPE_API_KEY"]))\n',
            _LOGIN + '    logger.info("login", extra={"password": password})\n',
            _LOGIN + "    logger.debug(os.environ)\n",
            "=== api.js\nfunction login(req) {\n  console.log(`login ${req.body.password}`);\n}\n",
            '=== api.ts\nthis.logger.debug("config", { apiKey, dbPassword: config.pw });\n',
            '=== main.go\nfunc main() {\n\tlog.Printf("token %s", os.Getenv("API_TOKEN"))\n}\n',
            '=== main.go\nfunc f() {\n\tlogger.Info("up", zap.String("p", cfg.Password))\n}\n',
            '=== A.java\nclass A {\n  void f() { log.info("pw {}", user.getPassword()); }\n}\n',
            '=== app.rb\nRails.logger.info "password #{user.password}"\n',
        ),
        good=(
            _LOGIN + '    logger.info("Authentication successful")\n',
            _LOGIN + '    logger.info("password changed for %s", user)\n',
            _LOGIN + "    logger.info(password_reset)\n    logger.info(len(password))\n",
            _LOGIN + '    password = "***"\n    logger.info(f"Using password: {password}")\n',
            _LOGIN + '    logger.info("hash %s", hash_password(password))\n',
            _LOGIN + '    logger.info("given: %s", password is not None)\n',
            _LOGIN + '    print(password, file=handle)\n    logger.info(f"{password[:2]}…")\n',
            "=== api.js\nconsole.log('password reset', user.id, mask(password), !!token);\n",
            "=== api.js\nconsole.log(`has ${password ? 'one' : 'none'}`, password.length);\n",
            '=== api.js\n// console.log(password)\nlogger.info({ password: "***" });\n',
            '=== main.go\nfunc f() {\n\tlog.Printf("password for %s set", user.Name)\n}\n',
            '=== A.java\nclass A {\n  void f() { log.info("password is set: {}", ok); }\n}\n',
            '=== app.rb\nlogger.info "password of #{user.name} is #{password.nil?}"\n',
        ),
    ),
)
