"""What a service's log says of what it may not do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

_DENIED = re.compile(
    r"read-only file ?system|permission denied|operation not permitted|access is denied"
    r"|permissionerror|\b(?:EROFS|EACCES|EPERM)\b|\[Errno (?:1|13|30)\]|not permitted",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_VARYING = re.compile(r"0x[0-9a-f]+|[0-9a-f]{12,}|\d+", re.IGNORECASE)
_MAX_LINE = 500

_HARMLESS = (
    (
        re.compile(r"10-listen-on-ipv6-by-default\.sh: info: can not modify"),
        "nginx's entrypoint can't add `listen [::]:80` to its configuration: it listens on IPv4 "
        "only, unless the configuration that it is given says so",
    ),
)
"""Lines that tell of something which no service needs, with what it means all the same."""


def lines_of(log: str) -> list[str]:
    """The lines of a log, without colours."""
    return [_COLOUR.sub("", line).rstrip()[:_MAX_LINE] for line in log.splitlines()]


def denials(log: str) -> list[str]:
    """The lines that say that something was not allowed."""
    return [line for line in lines_of(log) if _DENIED.search(line)]


class NewLines(Struct, frozen=True):
    """Denials that a log has and another has not; `notes` are what the harmless ones mean."""

    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def new_denials(before: str, after: str) -> NewLines:
    """The denials of a log that are of no kind that the log before has."""
    known = {_kind(line) for line in denials(before)}
    found: dict[str, str] = {}
    notes: dict[str, None] = {}
    for line in denials(after):
        note = _note(line)
        if note:
            notes[note] = None
        elif _kind(line) not in known:
            found.setdefault(_kind(line), line)
    return NewLines(tuple(found.values())[:20], tuple(notes))


def _note(line: str) -> str:
    return next((note for pattern, note in _HARMLESS if pattern.search(line)), "")


def _kind(line: str) -> str:
    """A line without what differs from one run to the next: times, processes, addresses."""
    return _VARYING.sub("#", line)


def tail(log: str, count: int = 8) -> tuple[str, ...]:
    """The last lines of a log that are not empty."""
    return tuple(line for line in lines_of(log) if line.strip())[-count:]


class Denial(Struct, frozen=True):
    """What a line says: the path that it names, empty for none, and what was tried.

    `kind` is `read-only`, `access` (a mode or an owner) or `privilege` (a capability).
    """

    kind: str
    path: str
    line: str


_PATH = re.compile(r"""(?<![\w.:/@-])/[\w.@%+=,~-]+(?:/[\w.@%+=,~-]*)*""")
_PROGRAM = re.compile(r"^\S*?(/[\w./@+-]+)(?:\[\d+\])?:\s")
_READ_ONLY = re.compile(r"read-only file ?system|\bEROFS\b|\[Errno 30\]", re.IGNORECASE)
_ACCESS = re.compile(r"permission denied|\bEACCES\b|\[Errno 13\]|access is denied", re.IGNORECASE)


def read_denials(log: str) -> Iterable[Denial]:
    """What the denials of a log tell, one for each path that they name."""
    for line in denials(log):
        if _READ_ONLY.search(line):
            kind = "read-only"
        else:
            kind = "access" if _ACCESS.search(line) else "privilege"
        paths = _paths_in(line)
        for path in paths or ("",):
            yield Denial(kind, path, line)


def _paths_in(line: str) -> tuple[str, ...]:
    """The absolute paths in a line, but for that of the program that speaks."""
    program = _PROGRAM.match(line)
    start = program.end(1) if program else 0
    found = (path.rstrip(".,:;)") for path in _PATH.findall(line, start))
    return tuple(dict.fromkeys(path for path in found if len(path) > 1))


_OPERATIONS = (
    (re.compile(r"\b(?:l|f)?chown|changing ownership|ownership of", re.IGNORECASE), ("CHOWN",)),
    (
        re.compile(r"set(?:res|re)?gid|setgroups|initgroups|set group", re.IGNORECASE),
        ("SETGID", "SETUID"),
    ),
    (
        re.compile(
            r"set(?:res|re)?uid|failed switching to|su-exec|gosu|setpriv|set user|change user",
            re.IGNORECASE,
        ),
        ("SETGID", "SETUID"),
    ),
    (
        re.compile(r"\bchmod|changing permissions|change permissions|utime", re.IGNORECASE),
        ("FOWNER",),
    ),
    (re.compile(r"\bbind\b|bind\(\)|listen", re.IGNORECASE), ("NET_BIND_SERVICE",)),
    (re.compile(r"\bchroot", re.IGNORECASE), ("SYS_CHROOT",)),
    (re.compile(r"\bmknod", re.IGNORECASE), ("MKNOD",)),
    (re.compile(r"\bkill\b|kill\(|signal process", re.IGNORECASE), ("KILL",)),
    (re.compile(r"raw socket|\bping\b|SOCK_RAW|icmp", re.IGNORECASE), ("NET_RAW",)),
)


def capabilities_for(denial: Denial, *, is_root: bool) -> tuple[str, ...]:
    """The capabilities without which a line says that something failed, of Docker's own."""
    if denial.kind == "read-only":
        return ()
    for pattern, names in _OPERATIONS:
        if pattern.search(denial.line):
            return names
    # Root that may not open a file has lost the right to ignore its mode.
    return ("DAC_OVERRIDE",) if is_root and denial.kind == "access" and denial.path else ()
