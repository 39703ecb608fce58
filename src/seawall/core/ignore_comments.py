"""The spellings of ignore comments: ours, hadolint's, Trivy's, Checkov's and BuildKit's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import Enum

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.telling import holds_any


class Scope(Enum):
    """How far an ignore reaches."""

    INSTRUCTION = "instruction"
    STAGE = "stage"
    FILE = "file"


class Written(Struct, frozen=True):
    """An ignore as a comment states it; `problem` says why it can't be understood."""

    tool: str
    line: int
    scope: Scope
    names: tuple[str, ...]
    reason: str = ""
    until: date | None = None
    problem: str = ""


OWN = "seawall"
TELLING = ("ignore", "skip", OWN)
"""Words of which one stands in every ignore comment."""

_MAX_LENGTH = 4096
"""A longer line is nobody's ignore comment."""
_HEAD = Expression(r"#[ \t#]*+(?:(seawall)[ \t]*:|(hadolint)[ \t]|(check)[ \t]*=)")
_INNER = Expression(r"(trivy):ignore:|(checkov|bridgecrew):skip=")
_OWN = Expression(
    r"#[ \t#]*+seawall[ \t]*:[ \t]*ignore(-file|-stage)?[ \t]*\[([^\[\]]*)\](.*)",
)
_UNTIL = Expression(r"[ \t]*until[ \t]*=[ \t]*([^\s]+)")
_REASON = Expression(r"[ \t]*(?:--[ \t]*(.*))?")
_HADOLINT = Expression(
    r"#[ \t#]*+hadolint[ \t]+(global[ \t]+)?ignore[ \t]*=([A-Za-z0-9, \t]*)(?:[^#]*#(.*))?",
)
_TRIVY = Expression(r"trivy:ignore:([^\s:]+)((?::[a-z]+:[^\s:]+)*)")
_EXPIRY = Expression(r":exp:([^\s:]+)")
_CHECKOV = Expression(r"(?:checkov|bridgecrew):skip=([\w, \t]*)(?::(.*))?")
_BUILDKIT = Expression(r"#[ \t]*check[ \t]*=(.*)")
_SKIP = Expression(r"(?:^|;)[ \t]*skip[ \t]*=([^;]*)")
_SYNTAX = "write `# seawall: ignore[rule-id] until=YYYY-MM-DD -- reason`"


def read_comment(text: str, line: int) -> Iterator[Written]:
    """The ignores of a comment, given from its `#` on; mostly none. Reads any text."""
    if len(text) > _MAX_LENGTH or not holds_any(text, TELLING):
        return
    if found := _HEAD.match(text) or _INNER.search(text):
        yield from _READERS[found[found.lastindex or 0]](text.strip(), line)


def _own(text: str, line: int) -> Iterator[Written]:
    match = _OWN.match(text)
    if match is None:
        problem = f"this ignore can't be understood: {_SYNTAX}"
        yield Written(OWN, line, Scope.INSTRUCTION, (), problem=problem)
        return
    scope = _SCOPES[(match[1] or "").lower()]
    names = _names(match[2])
    until, reason, problem = _terms(match[3])
    if not names:
        problem = f"this ignore names no rule: {_SYNTAX}"
    yield Written(OWN, line, scope, names, reason, until, problem)


_SCOPES = {"": Scope.INSTRUCTION, "-stage": Scope.STAGE, "-file": Scope.FILE}


def _terms(rest: str) -> tuple[date | None, str, str]:
    """The end, the reason, and what is wrong with either, of what follows the rules' names."""
    until = None
    if match := _UNTIL.match(rest):
        until = _date(match[1])
        if until is None:
            return None, "", f"`until={match[1]}` is no date: write until=YYYY-MM-DD"
        rest = rest[match.end() :]
    reason = _REASON.fullmatch(rest)
    if reason is None:
        return None, "", f"`{rest.strip()}` in this ignore can't be understood: {_SYNTAX}"
    return until, (reason[1] or "").strip(), ""


def _hadolint(text: str, line: int) -> Iterator[Written]:
    if match := _HADOLINT.match(text):
        scope = Scope.FILE if match[1] else Scope.INSTRUCTION
        yield Written("hadolint", line, scope, _names(match[2]), (match[3] or "").strip())


def _trivy(text: str, line: int) -> Iterator[Written]:
    for name, options in _TRIVY.findall(text):
        until, problem = None, ""
        if expiry := _EXPIRY.search(options):
            until = _date(expiry[1])
            problem = "" if until else f"`exp:{expiry[1]}` is no date: write exp:YYYY-MM-DD"
        yield Written("trivy", line, Scope.INSTRUCTION, (name,), "", until, problem)


def _checkov(text: str, line: int) -> Iterator[Written]:
    if match := _CHECKOV.search(text):
        yield Written("checkov", line, Scope.FILE, _names(match[1]), (match[2] or "").strip())


def _buildkit(text: str, line: int) -> Iterator[Written]:
    directive = _BUILDKIT.match(text)
    if directive and (skip := _SKIP.search(directive[1])):
        yield Written("buildkit", line, Scope.FILE, _names(skip[1]))


def _names(text: str) -> tuple[str, ...]:
    """The first word of each part: what follows it, in other tools' comments, is prose."""
    return tuple(dict.fromkeys(words[0] for each in text.split(",") if (words := each.split())))


def _date(text: str) -> date | None:
    """A date written YYYY-MM-DD."""
    # `fromisoformat` also takes 20270131 and 2027-W04-7.
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


_READERS: Mapping[str, Callable[[str, int], Iterator[Written]]] = {
    "seawall": _own,
    "hadolint": _hadolint,
    "check": _buildkit,
    "trivy": _trivy,
    "checkov": _checkov,
    "bridgecrew": _checkov,
}
