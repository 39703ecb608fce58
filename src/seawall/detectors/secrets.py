"""Finds secrets: in an assignment, and in any text; and takes them out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, structs

from seawall.core.expression import Expression
from seawall.core.model import Confidence
from seawall.detectors import embedded, patterns
from seawall.detectors.entropy import is_random
from seawall.detectors.names import Sort, is_signing_key, sort_of
from seawall.detectors.pattern import Pattern
from seawall.detectors.placeholders import Worth, fallback, worth


class Secret(Struct, frozen=True):
    """A secret in a text, at `start` to `end` of it; the value itself is not kept.

    `kind` is the format's or the name's (`github-token`, `password`), `title` the same for
    people (`a GitHub token`). `redacted` is what may be shown in its stead. `is_default` says
    that the value is one that everybody tries first, so it was never secret at all. `name` is
    the name in front of it, where it is one that gave it away.
    """

    kind: str
    title: str
    start: int
    end: int
    confidence: Confidence
    redacted: str
    is_default: bool = False
    name: str = ""

    def moved(self, offset: int) -> Secret:
        """The same secret in a text that has `offset` more characters in front."""
        return structs.replace(self, start=self.start + offset, end=self.end + offset)


_TITLES = {
    Sort.PASSWORD: "a password",
    Sort.TOKEN: "a token",
    Sort.KEY: "a key",
    Sort.SECRET: "a secret",
    Sort.CREDENTIAL: "a credential",
}

_KEYWORDS = tuple(sorted({*embedded.KEYWORDS, "_pat", "creds", "auth", "pass"}))


def may_hold(text: str) -> bool:
    """The cheap first test: False where neither a format's anchor nor a telling word stands."""
    lower = text.lower()
    return any(word in lower for word in _KEYWORDS) or bool(patterns.anchored_in(text))


def find_in_assignment(name: str, value: str) -> Secret | None:
    """The secret that a variable holds; offsets are those in `value`. None for none.

    A known format is a secret under any name. Otherwise the name must say that there is one
    (`names.sort_of`), and the value must not be harmless (`placeholders.worth`).
    """
    for secret in find_formats(value):
        return secret
    return find_by_name(name, value)


def find_by_name(name: str, value: str) -> Secret | None:
    """As `find_in_assignment`, for a value in which known formats were looked for already."""
    sort = sort_of(name)
    if sort is None:
        return None
    literal = fallback(value)
    start = value.find(literal)
    secret = judge(sort, literal, start, is_signing_key(name))
    return secret and structs.replace(secret, name=name)


def judge(sort: Sort, value: str, start: int = 0, is_signing: bool = False) -> Secret | None:
    """The secret that a value is which is known to stand where one of this sort belongs."""
    judged = worth(value)
    if judged in (Worth.NOTHING, Worth.PLACEHOLDER) or (
        sort is not Sort.PASSWORD and _is_word_for_itself(sort, value)
    ):
        return None
    is_default = judged in (Worth.WEAK, Worth.FILLER)
    if is_default and sort in (Sort.TOKEN, Sort.KEY) and len(value) < 6:
        return None
    confidence = _confidence(judged, value, is_signing)
    redacted = f"{len(value)} characters"
    end = start + len(value)
    return Secret(sort.value, _TITLES[sort], start, end, confidence, redacted, is_default)


def _is_word_for_itself(sort: Sort, value: str) -> bool:
    """`TOKEN=token`, `API_KEY=api-key`: the value only says again what belongs there."""
    words = re.split(r"[^a-z]+", value.lower())
    return words[-1] == sort.value and len(words) <= 3


def _confidence(judged: Worth, value: str, is_signing: bool) -> Confidence:
    if judged is Worth.FILLER or (is_signing and not is_random(value)) or " " in value:
        return Confidence.LOW
    if judged is Worth.WEAK or is_random(value):
        return Confidence.HIGH
    return Confidence.MEDIUM


def find_in_text(text: str) -> Iterator[Secret]:
    """Every secret in a text, known formats first; none of them overlap."""
    taken: list[tuple[int, int]] = []
    for secret in find_formats(text):
        taken.append((secret.start, secret.end))
        yield secret
    lower = text.lower()
    if any(word in lower for word in embedded.KEYWORDS):
        for secret in find_named(text):
            if not any(secret.start < end and start < secret.end for start, end in taken):
                yield secret


def find_named(text: str) -> Iterator[Secret]:
    """The secrets in a text that a name in front of them gives away: `password: hunter`."""
    for found in embedded.assignments(text):
        sort = Sort.PASSWORD if found.is_phrase else sort_of(found.name)
        if sort is not None:
            secret = judge(sort, found.value, found.start, is_signing_key(found.name))
            if secret is not None:
                yield structs.replace(secret, name=found.name)


def find_formats(text: str) -> Iterator[Secret]:
    """The secrets in a text that their own format gives away, in the order of the formats."""
    seen: list[tuple[int, int]] = []
    for pattern in patterns.anchored_in(text):
        for found in pattern.regex.finditer(text):
            secret = of_format(pattern, found)
            if secret is not None and not any(
                secret.start < end and start < secret.end for start, end in seen
            ):
                seen.append((secret.start, secret.end))
                yield secret


def of_format(pattern: Pattern, found: re.Match[str]) -> Secret | None:
    """The secret that a match of a format's expression is; None for a look-alike."""
    value = found[1]
    if pattern.is_true is not None and not pattern.is_true(value):
        return None
    start, end = found.span(1)
    if pattern.kind == "url-credential":
        return _of_url(pattern, found, judge(Sort.PASSWORD, value, start))
    if pattern.kind == "private-key":
        end = _key_end(value, start)
    sure = pattern.is_sure is None or pattern.is_sure(value)
    confidence = Confidence.HIGH if sure else Confidence.MEDIUM
    shown = f"{value[: pattern.shown]}…, " if pattern.shown else ""
    redacted = f"{shown}{end - start} characters"
    return Secret(pattern.kind, pattern.title, start, end, confidence, redacted)


_NOWHERE = Expression(r"localhost\b|127\.|\[::1\]|[\w.-]*(?:example|dummy|fake|placeholder)|host\b")


def _of_url(pattern: Pattern, found: re.Match[str], secret: Secret | None) -> Secret | None:
    """A well-known password for a host that is nowhere is there to please a build step."""
    if secret is None:
        return None
    confidence = secret.confidence
    if secret.is_default:
        nowhere = _NOWHERE.match(found.string, found.end())
        confidence = Confidence.LOW if nowhere else Confidence.MEDIUM
    return structs.replace(secret, kind=pattern.kind, title=pattern.title, confidence=confidence)


_KEY_END = Expression(r"-----END [A-Z0-9 ]{1,40}-----")


def _key_end(value: str, start: int) -> int:
    found = _KEY_END.search(value)
    return start + (found.end() if found else len(value))


def redact(text: str) -> str:
    """The text with each secret replaced by `[redacted: …]`; for logs and captured output."""
    pieces, last = [], 0
    for secret in sorted(find_in_text(text), key=lambda secret: secret.start):
        pieces += [text[last : secret.start], f"[redacted: {secret.redacted}]"]
        last = secret.end
    return "".join([*pieces, text[last:]])
