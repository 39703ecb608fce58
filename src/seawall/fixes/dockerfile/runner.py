"""Who the program of an image can run as: an account that is there, or one to be made."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from seawall.core.model import Edit
from seawall.fixes.dockerfile.accounts import Account, Accounts, accounts_of, creation, numbering
from seawall.fixes.dockerfile.ground import ALPINE, DEBIAN, Ground, users_before
from seawall.fixes.dockerfile.needs import needs_home, started
from seawall.fixes.dockerfile.servers import RUNS_AS, Server, program_of, server_of
from seawall.rules.runtime.user import is_root_name
from seawall.surfaces.dockerfile import Instruction

NUMBERS = {
    "node": "1000", "gradle": "1000", "ubuntu": "1000", "vscode": "1000", "jenkins": "1000",
    "nonroot": "65532", "nobody": "65534", "couchdb": "5984", "neo4j": "7474",
    "clickhouse": "101", "elasticsearch": "1000", "mongodb": "999", "redis": "999",
    "kibana": "1000", "nexus": "200", "flink": "9999", "cloudsdk": "1000",
}  # fmt: skip
"""The numbers that well-known images give to the accounts that they offer."""

_ALONE = frozenset(
    {
        "node", "gradle", "ubuntu", "vscode", "jenkins", "nonroot", "www-data", "postgres",
        "mongodb", "65532", "$APP_UID",
    }
)  # fmt: skip
"""Those of them whose group has the same number."""

_BY_FAMILY = {
    ("www-data", DEBIAN): "33",
    ("www-data", ALPINE): "82",
    ("postgres", DEBIAN): "999",
    ("postgres", ALPINE): "70",
    ("nobody", ALPINE): "65534",
}


class Runner(Struct, frozen=True):
    """Who is to run: `user` is what USER says, `owner` and `group` what chown and chgrp are told.

    `group` is empty where its number is not known. `make` is the command that makes the account,
    `joins` the commands by which it becomes a member of groups that earlier steps make. `names`
    are all its names and numbers, `env` is the HOME that it needs to be told, and `edits` are
    what else of the file must change for it.
    """

    user: str
    owner: str
    group: str = ""
    make: str = ""
    names: frozenset[str] = frozenset()
    title: str = ""
    env: str = ""
    joins: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()


def number_of(name: str, ground: Ground) -> str:
    """The number of an account that the base image offers; its name where that is not known."""
    if ground.base.known is not None and name.startswith("$"):
        return name
    family = ground.family or (ALPINE if "alpine" in ground.base.name else DEBIAN)
    return _BY_FAMILY.get((name, family)) or NUMBERS.get(name, name)


def runner_of(ground: Ground, seen: str, may_make: bool, groups: tuple[str, ...]) -> Runner:
    """The best account there is; `seen` is `uid:gid` of what was seen to run, if it was.

    `may_make` says whether a RUN at the end of the stage is root and has a shell. `groups` are
    those that an account of ours must be in.
    """
    for runner in _ready(ground, seen):
        return runner
    if may_make and ground.family:
        return _made(ground, groups)
    return _numbered(ground)


def _ready(ground: Ground, seen: str) -> Iterator[Runner]:
    if seen and not is_root_name(seen):
        yield _of_number(seen, f"Run as {seen}, as its processes were seen to")
    for user in reversed(users_before(ground, len(ground.dockerfile.source.text))):
        name = user.arguments[0].text
        if not is_root_name(name) and _is_settled(ground, user):
            yield _again(ground, name)
    facts = ground.base.known
    if facts is not None and facts.user is not None and not facts.is_root:
        yield _offered(ground, facts.user, "End with the base image's own user")
    account = _only(accounts_of(ground))
    if account is not None:
        yield _of_account(ground, account)
    server = server_of(ground)
    if server is not None and server.user:
        yield _of_server(ground, server)
    number = RUNS_AS.get((program_of(started(ground)), ground.family)) if server is None else None
    if number is not None:
        yield _of_number(number, f"Run as {number}, whom the server changes to by itself")
    if facts is not None and facts.offers:
        yield _offered(ground, facts.offers, "Run as the user that the base image offers")
    if facts is not None and facts.drops_to:
        yield _offered(ground, facts.drops_to, "Run as whom the base image's entrypoint changes to")


def _is_settled(ground: Ground, user: Instruction) -> bool:
    """Whether an earlier USER says the same at the end: its text has no variable of the file."""
    text = user.arguments[0].text
    known = ground.base.known.env if ground.base.known else {}
    return "$" not in text or text.strip("${}") in known


def _again(ground: Ground, written: str) -> Runner:
    """The user that the file has already gone on as, before it became root again."""
    name, _, group = written.partition(":")
    account = accounts_of(ground).named(name)
    title = f"End with `USER {written}` again"
    if account is not None:
        return Runner(written, written, group, names=frozenset({name, account.number}), title=title)
    facts = ground.base.known
    is_known = facts is not None and name in {facts.user, facts.offers}
    number = number_of(name, ground) if is_known else name
    user = written if number == name else number + (":" + group if group else "")
    return Runner(user, user, group, names=frozenset({name, number}), title=title)


def _only(accounts: Accounts) -> Account | None:
    """The one account that the file makes, if it is one."""
    users = [user for user in accounts.users if user.uid != 0]
    if len(users) != 1 or users[0].name in accounts.changed:
        return None
    return users[0]


def _of_account(ground: Ground, account: Account) -> Runner:
    group = account.group
    number, *edits = numbering(ground, account) or (account.number,)
    names = frozenset({account.name, number})
    title = f"Switch to `{account.name}`, the account that the file makes"
    owner = f"{number}:{group}" if group else number
    return Runner(number, owner, group, names=names, title=title, edits=tuple(edits))


def _of_server(ground: Ground, server: Server) -> Runner:
    is_alpine = ground.family == ALPINE or "alpine" in ground.base.name
    number = server.user_alpine if is_alpine else server.user
    title = f"Run as uid {number}, the image's own account for the server"
    names = frozenset({number, "www-data" if number in {"33", "82"} else "nginx"})
    return Runner(number, f"{number}:{number}", number, names=names, title=title)


def _offered(ground: Ground, name: str, title: str) -> Runner:
    number = number_of(name.partition(":")[0], ground)
    user = name if ":" in name and name[0].isdecimal() else number
    group = number if name in _ALONE else ""
    owner = f"{number}:{group}" if group else user
    shown = name if name == user else f"{name}` = `{user}"
    return Runner(user, owner, group, names=frozenset({name, user}), title=f"{title}, `{shown}`")


def _of_number(text: str, title: str) -> Runner:
    uid, _, gid = text.partition(":")
    group = gid or uid
    return Runner(text, f"{uid}:{group}", group, names=frozenset({uid}), title=title)


def _made(ground: Ground, groups: tuple[str, ...]) -> Runner:
    accounts = accounts_of(ground)
    name, uid = accounts.free_name(), accounts.free_uid()
    home = f"/home/{name}" if needs_home(ground) else ""
    make = creation(ground.family, name, uid, home)
    is_alpine = ground.family == ALPINE
    joins = tuple(
        f"addgroup {name} {group}" if is_alpine else f"usermod -a -G {group} {name}"
        for group in groups
    )
    user = str(uid) if groups else f"{uid}:{uid}"
    title = f"Make an account for the program and end with `USER {user}`"
    names = frozenset({name, str(uid)})
    return Runner(user, f"{uid}:{uid}", str(uid), make, names, title, joins=joins)


def _numbered(ground: Ground) -> Runner:
    uid = 65532 if ground.is_bare else accounts_of(ground).free_uid()
    env = "/tmp" if needs_home(ground) and "HOME" not in ground.target.env else ""  # noqa: S108 -- a container's own
    title = f"End with `USER {uid}:{uid}`: a number needs no account"
    owner, names = f"{uid}:{uid}", frozenset({str(uid)})
    return Runner(owner, owner, str(uid), names=names, title=title, env=env)
