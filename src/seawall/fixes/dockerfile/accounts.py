"""The accounts that a Dockerfile makes, and the commands that make one more."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.model import Edit
from seawall.fixes.dockerfile.ground import ALPINE, DEBIAN, RHEL, Ground
from seawall.surfaces.dockerfile import Instruction
from seawall.surfaces.shell import Command, ShellWord

_ADDS_USER = frozenset(
    [
        "-b",
        "-c",
        "-d",
        "-e",
        "-f",
        "-g",
        "-G",
        "-k",
        "-K",
        "-p",
        "-s",
        "-u",
        "-Z",
        "-R",
        "-P",
        "-h",
        "--base-dir",
        "--comment",
        "--home-dir",
        "--home",
        "--expiredate",
        "--inactive",
        "--gid",
        "--groups",
        "--skel",
        "--key",
        "--password",
        "--shell",
        "--uid",
        "--selinux-user",
        "--root",
        "--prefix",
        "--ingroup",
        "--gecos",
        "--conf",
        "--firstuid",
        "--lastuid",
        "--firstgid",
        "--lastgid",
        "--add_extra_groups",
    ]
)
_ADDS_GROUP = frozenset(
    ["-g", "-K", "-p", "-R", "-P", "--gid", "--key", "--password", "--root", "--prefix"]
)
_ENTRY = Expression(r"\b([a-z_][\w-]*):x?:(\d+):(\d+):[^:\n]*:")
_CHANGES = ("usermod", "groupmod", "userdel", "deluser", "groupdel", "delgroup")
_SYSTEM = ("-r", "-S", "--system")

UID = 10001
"""The number of an account that we make: no distribution hands it out by itself."""


class Account(Struct, frozen=True):
    """An account that a step of the image makes; its `uid` is -1 where that isn't told.

    `group` is the name or number of its group, empty where that isn't sure. `command` is the one
    that makes it, None where it is written into /etc/passwd.
    """

    name: str
    uid: int
    group: str
    instruction: Instruction
    command: Command | None
    is_system: bool = False

    @property
    def number(self) -> str:
        """What USER says for it: the uid alone, so that its groups hold as with the name."""
        return str(self.uid) if self.uid >= 0 else self.name


class Accounts(Struct, frozen=True):
    """The accounts and groups of a file; `changed` are the names that a later step alters."""

    users: tuple[Account, ...]
    groups: dict[str, int]
    changed: frozenset[str]

    def named(self, name: str) -> Account | None:
        """The only account of a name or number; None where there is none or several."""
        found = [a for a in self.users if name in {a.name, str(a.uid)}]
        return found[0] if len(found) == 1 and found[0].name not in self.changed else None

    def free_name(self) -> str:
        """A name for an account of ours that nothing in the file has."""
        taken = {account.name for account in self.users} | set(self.groups)
        return next(name for name in ("app", "runner", *_numbered()) if name not in taken)

    def free_uid(self) -> int:
        """A number for an account of ours that nothing in the file has."""
        taken = {a.uid for a in self.users} | set(self.groups.values())
        taken |= {int(a.group) for a in self.users if a.group.isdecimal()}
        return next(uid for uid in range(UID, UID + len(taken) + 1) if uid not in taken)


def _numbered() -> Iterator[str]:
    return (f"app{number}" for number in range(2, 1000))


def accounts_of(ground: Ground) -> Accounts:
    """Every account and group that the image's own steps make."""
    known: Accounts | None = ground.dockerfile.derived.get("accounts of fixes")
    if known is None:
        known = ground.dockerfile.derived["accounts of fixes"] = _accounts(ground)
    return known


def _accounts(ground: Ground) -> Accounts:
    groups: dict[str, int] = {}
    for _, command in ground.commands("groupadd", "addgroup"):
        words = list(command.operands(_ADDS_GROUP))
        if len(words) == 1 and words[0].literal:
            groups[words[0].literal] = _number(ground, command, "-g", "--gid")
    users = tuple(_made(ground))
    changed = {
        word.loose
        for _, command in ground.commands(*_CHANGES)
        for word in command.operands(_ADDS_USER | {"-l", "-n"})
    }
    return Accounts((*users, *_written(ground)), groups, frozenset(changed))


def _made(ground: Ground) -> Iterator[Account]:
    for instruction, command in ground.commands("useradd", "adduser"):
        words = list(command.operands(_ADDS_USER))
        # `adduser user group` only puts one into the other.
        if len(words) != 1 or not words[0].literal:
            continue
        name = words[0].literal
        uid = _number(ground, command, "-u", "--uid")
        group, is_system = _group(ground, command, name), command.has_option(*_SYSTEM)
        yield Account(name, uid, group, instruction, command, is_system)


def _group(ground: Ground, command: Command, name: str) -> str:
    """Its group: the one that is named, else one of its own name where the command makes that."""
    is_adduser = command.name == "adduser" and ground.family != RHEL
    is_busybox = is_adduser and ground.family == ALPINE
    options = ("-G", "--ingroup") if is_busybox else ("-g", "--gid", "--ingroup")
    word = next(command.option_values(*options), None)
    if word is not None:
        return word.literal or ""
    makes = not command.has_option("-N", "--no-user-group")
    if is_adduser and command.has_option(*_SYSTEM):
        makes = command.has_option("--group")
    return name if makes and ground.family else ""


def _written(ground: Ground) -> Iterator[Account]:
    if "/etc/passwd" not in ground.dockerfile.source.text:
        return
    for instruction in ground.instructions("RUN"):
        if "/etc/passwd" in instruction.text:
            for name, uid, gid in _ENTRY.findall(instruction.text):
                yield Account(name, int(uid), gid, instruction, None)


_VARIABLE = Expression(r"\$\{?(\w+)\}?\Z")


def _number(ground: Ground, command: Command, *options: str) -> int:
    """The number that an option gives, by ENV or ARG too; -1 where none is given or none known."""
    word: ShellWord | None = next(command.option_values(*options), None)
    text = word.loose if word is not None else ""
    variable = _VARIABLE.match(text)
    if variable is not None:
        name, target = variable[1], ground.target
        setting = target.env.get(name) or target.args.get(name)
        text = (setting.value.known or "") if setting is not None else ""
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def numbering(ground: Ground, account: Account) -> tuple[str, Edit] | None:
    """A number for an account that its command lets the system choose, and the edit that says it.

    Where it is the first that is no system account, it is the 1000 that the system would choose.
    """
    command = account.command
    if command is None or account.uid >= 0 or not ground.family or not command.words:
        return None
    if command.has_option("-u", "--uid"):
        return None
    accounts = accounts_of(ground)
    is_first = not account.is_system and [a.name for a in accounts.users] == [account.name]
    offers = ground.base.known.offers if ground.base.known else "unknown"
    is_free = 1000 not in accounts.groups.values() and not offers
    uid = 1000 if is_first and is_free else accounts.free_uid()
    option = "--uid" if command.name == "adduser" and ground.family == DEBIAN else "-u"
    end = command.words[0].end
    return str(uid), Edit(end, end, f" {option} {uid}")


def creation(family: str, name: str, uid: int, home: str = "") -> str:
    """The command that makes an account with a group of its own; nobody can log in as it.

    Without a `home` it has none. Empty for a family whose commands are not known.
    """
    if not family:
        return ""
    if family == ALPINE:
        where = f"-h {home}" if home else "-H"
        return (
            f"addgroup -S -g {uid} {name} && "
            f"adduser -S -D {where} -u {uid} -G {name} -s /sbin/nologin {name}"
        )
    where = f"-m -d {home}" if home else "-d /nonexistent"
    shell = "/usr/sbin/nologin" if family == DEBIAN else "/sbin/nologin"
    return f"groupadd -r -g {uid} {name} && useradd -r -u {uid} -g {name} {where} -s {shell} {name}"
