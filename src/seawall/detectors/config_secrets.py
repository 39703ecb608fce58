"""Finds the secrets in an image's configuration: variables, labels, history and commands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec import Struct, structs

from seawall.core.clean import clean_line
from seawall.core.expression import Expression
from seawall.core.model import Confidence
from seawall.detectors.names import Sort, sort_of
from seawall.detectors.placeholders import fallback
from seawall.detectors.published import is_published
from seawall.detectors.secrets import (
    Secret,
    find_by_name,
    find_formats,
    find_in_assignment,
    find_named,
    judge,
)
from seawall.detectors.value_ids import value_id
from seawall.surfaces.image.config import ImageConfig

MAX_TEXT = 256 * 1024
"""Characters of one part that are looked at: a history's line has some hundreds."""


_MOST_LOOKED_AT = 1000
"""Candidates of one part: more than a part with a hundred build arguments has."""


class ConfigSecret(Struct, frozen=True):
    """A secret at a place of the configuration.

    `place` is the part as the image's history names it (`env NAME`, `step 3`, `label x`,
    `onbuild 0`, `entrypoint`, `cmd`, `healthcheck`), and `text` its whole text: the value of a
    variable or label, the `created_by` of a step, the words of a command joined by spaces. The
    secret's offsets are those in `text`. `value_id` is empty without a key.
    """

    place: str
    text: str
    secret: Secret
    value_id: str = ""

    @property
    def value(self) -> str:
        """The secret itself: for comparing and masking, never for showing."""
        return self.text[self.secret.start : self.secret.end]

    def within(self, line: str) -> tuple[int, int] | None:
        """Where the secret stands in a line that shows its part; None where that is not plain.

        The line may have other words in front, be cleaned, or be a JSON array of the words.
        """
        value = clean_line(self.value)
        for behind in self._ends():
            start = len(line) - len(clean_line(behind))
            if start >= 0 and line[start : start + len(value)] == value:
                return start, start + len(value)
        for text in (value, json.dumps(value, ensure_ascii=False)[1:-1]):
            if text and line.count(text) == 1:
                start = line.find(text)
                return start, start + len(text)
        return None

    def _ends(self) -> Iterator[str]:
        """The part from the secret on, without what builders and cleaning take from its end."""
        text = self.text.rstrip()
        yield self.text[self.secret.start :]
        yield text[self.secret.start :]
        yield text.removesuffix("# buildkit").rstrip()[self.secret.start :]


def config_secrets(config: ImageConfig, value_key: bytes = b"") -> Iterator[ConfigSecret]:
    """Every secret of a configuration; the same value may come from several places."""
    for place, text, found in _places(config):
        kept: list[Secret] = []
        for secret in islice(found, _MOST_LOOKED_AT):
            value = text[secret.start : secret.end]
            if not is_published(value) and not any(_overlaps(secret, other) for other in kept):
                kept.append(secret)
                identity = value_id(value_key, secret.kind, value) if value_key else ""
                yield ConfigSecret(place, text, secret, identity)


def _overlaps(one: Secret, other: Secret) -> bool:
    return one.start < other.end and other.start < one.end


def _places(config: ImageConfig) -> Iterator[tuple[str, str, Iterator[Secret]]]:
    for entry in config.env:
        name, _, value = entry[:MAX_TEXT].partition("=")
        yield f"env {name}", value, _assigned(name, value)
    for name, value in config.labels:
        yield f"label {name}", value[:MAX_TEXT], _assigned(name, value[:MAX_TEXT])
    for number, step in enumerate(config.history):
        text = step.created_by[:MAX_TEXT]
        yield f"step {number}", text, _of_step(text)
    for number, trigger in enumerate(config.on_build):
        yield f"onbuild {number}", trigger[:MAX_TEXT], _in_command(trigger[:MAX_TEXT])
    for place, words in (
        ("entrypoint", config.entrypoint),
        ("cmd", config.cmd),
        ("healthcheck", config.healthcheck.test if config.healthcheck else ()),
    ):
        text = " ".join(words)[:MAX_TEXT]
        yield place, text, _in_command(text)


def _assigned(name: str, value: str) -> Iterator[Secret]:
    secret = find_in_assignment(name, value)
    if secret is not None:
        yield secret
        return
    yield from find_named(value)


_ARGUMENTS = Expression(r"(?:RUN )?\|(\d{1,4}) ")
_COMMAND = Expression(r" (?:/\S{0,60}sh\b|cmd /S|powershell\b|pwsh\b)")
_NAME = Expression(r"(?:(?<=\s)|(?<=\A))([A-Za-z_][A-Za-z0-9_]{0,100})=")
_PAIR = Expression(
    r"""(?<![\w$./-])([A-Za-z_][A-Za-z0-9_]{1,100})=("(?:[^"\\]|\\.){0,2000}"|'[^']{0,2000}'|[^\s"';|&]{1,2000})"""
)
_OPTION = Expression(
    r"""(?<!\S)--?((?:[A-Za-z][\w-]{0,40})?(?:password|passwd|passphrase|pass|token|secret|api-?key))
    (?:=|\s{1,4})("[^"\n]{2,300}"|'[^'\n]{2,300}'|[^\s"'|&;<>-][^\s"'|&;<>]{1,300})""",
    re.VERBOSE | re.IGNORECASE,
)
_LOGIN = Expression(r"(?<!\S)(?:-u|--user)[= ]{1,2}[\"']?[^\s:\"'/]{1,100}:([^\s\"'/@]{3,200})")
_BEARER = Expression(
    r"(?i)authorization:?\s{0,3}(?:bearer|token|basic)\s{1,3}([A-Za-z0-9._~+/=-]{12,2000})"
)


def _of_step(text: str) -> Iterator[Secret]:
    """Build arguments stand before the command: `|2 A=1 TOKEN=x /bin/sh -c make`.

    Their values are not quoted, so each goes up to the next name or the shell.
    """
    head = _ARGUMENTS.match(text)
    if head is None:
        yield from _in_command(text)
        return
    shell = _COMMAND.compiled.search(text, head.end())
    stop = shell.start() if shell else len(text)
    yield from _arguments(text, head.end(), stop)
    for secret in _in_command(text[stop:]):
        yield secret.moved(stop)


def _arguments(text: str, start: int, stop: int) -> Iterator[Secret]:
    names = list(_NAME.compiled.finditer(text, start, stop))
    ends = [found.start() for found in names[1:]] + [stop]
    for found, end in zip(names, ends, strict=False):
        value = text[found.end() : end].rstrip()
        secret = find_in_assignment(found[1], value)
        if secret is not None:
            yield secret.moved(found.end())


def _in_command(text: str) -> Iterator[Secret]:
    """Known formats, what a name gives away, and what options and headers hand over."""
    yield from find_formats(text)
    for found in _PAIR.finditer(text):
        value = found[2].strip("\"'")
        secret = find_by_name(found[1], value)
        if secret is not None:
            yield secret.moved(found.start(2) + found[2].find(value))
    yield from find_named(text)
    yield from _handed_over(text)


def _handed_over(text: str) -> Iterator[Secret]:
    for found in _OPTION.finditer(text):
        sort = sort_of(found[1]) or Sort.PASSWORD
        yield from _judged(sort, found[2].strip("\"'"), found.start(2) + _quote(found[2]), found[1])
    for found in _LOGIN.finditer(text):
        yield from _judged(Sort.PASSWORD, found[1], found.start(1), "user")
    for found in _BEARER.finditer(text):
        yield from _judged(Sort.CREDENTIAL, found[1], found.start(1), "authorization")


def _quote(text: str) -> int:
    return 1 if text[:1] in {'"', "'"} else 0


def _judged(sort: Sort, value: str, start: int, name: str) -> Iterator[Secret]:
    literal = fallback(value)
    secret = judge(sort, literal, start + value.find(literal))
    if secret is not None and not (secret.is_default and secret.confidence is Confidence.LOW):
        yield structs.replace(secret, name=name)


def conceal(instruction: str, secrets: Iterable[ConfigSecret]) -> str:
    """An instruction with stars for the secrets of its step: it goes with many a finding."""
    # From the left: a place is told by what stands behind it.
    for found in sorted(secrets, key=lambda found: found.secret.start):
        place = found.within(instruction)
        if place is not None:
            instruction = f"{instruction[: place[0]]}{_STARS}{instruction[place[1] :]}"
        elif len(found.value) >= _TELLING:
            instruction = instruction.replace(clean_line(found.value), _STARS)
    return instruction


_STARS = "********"
_TELLING = 4
