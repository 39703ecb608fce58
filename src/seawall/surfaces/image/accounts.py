"""The accounts of an image: who there is, and who could log in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Account, Fact, Trouble

MAX_ACCOUNTS = 20_000
"""The most lines of one file that are read as accounts."""

_MAX_FIELD = 300
_MAX_MEMBERS = 1000


def _analyse(file: LayerFile) -> Iterable[Fact]:
    read = _READERS.get(file.path)
    return tuple(_accounts(file, read)) if read is not None else ()


Reader = Callable[[str, int, list[str]], Account | None]


def _accounts(file: LayerFile, read: Reader) -> Iterator[Fact]:
    """An account for each line; comments, NIS marks and lines without a name are none."""
    text = bytes(file.content).decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.split("\n"), 1):
        if number > MAX_ACCOUNTS:
            yield Trouble(file.path, f"it has more than {MAX_ACCOUNTS} lines")
            return
        fields = [field[:_MAX_FIELD] for field in line.rstrip("\r").split(":")]
        name = fields[0]
        if name and len(fields) > 1 and name[0] not in "#+-":
            account = read(file.path, number, fields)
            if account is None:
                yield Trouble(file.path, f"line {number} is no account")
            else:
                yield account


def _user(path: str, line: int, fields: list[str]) -> Account | None:
    """A line of passwd(5): name, password, uid, gid, comment, home, shell."""
    if len(fields) < 7:
        return None
    uid, gid = _number(fields[2]), _number(fields[3])
    if uid is None or gid is None:
        return None
    password = "shadowed" if fields[1] == "x" else _password(fields[1])
    return Account(path, line, fields[0], uid, gid, fields[5], fields[6], password)


def _login(path: str, line: int, fields: list[str]) -> Account | None:
    """A line of shadow(5): name, password, and dates."""
    return Account(path, line, fields[0], password=_password(fields[1]))


def _group(path: str, line: int, fields: list[str]) -> Account | None:
    """A line of group(5): name, password, gid, members."""
    gid = _number(fields[2]) if len(fields) > 2 else None
    if gid is None:
        return None
    members = tuple(filter(None, fields[3].split(",")[:_MAX_MEMBERS])) if len(fields) > 3 else ()
    return Account(
        path, line, fields[0], gid=gid, password=_group_password(fields[1]), members=members
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _password(field: str) -> str:
    """`!` and `*` match no password; neither does a text that no hash could be."""
    if not field:
        return "none"
    return "locked" if field[0] in "!*" else "set"


def _group_password(field: str) -> str:
    """A group without a password has no login of its own: that is as it should be."""
    return "shadowed" if field == "x" else _password(field) if field else "locked"


_READERS: dict[str, Reader] = {
    "etc/passwd": _user,
    "etc/shadow": _login,
    "etc/group": _group,
}

ANALYSER = Analyser("accounts", 1, Wants(paths=frozenset(_READERS)), _analyse)
