"""The user that an image's configuration names, looked up in the image's own accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seawall.core.model import Evidence, Hit, Region, Verdict
from seawall.core.rule import Settings
from seawall.core.vocabulary import words
from seawall.facts.bases import BaseImage, base_image
from seawall.rules.image.layers import is_runnable, noted, own_names
from seawall.surfaces.image.facts import Account
from seawall.surfaces.image.model import Image
from seawall.surfaces.image.notable import Note
from seawall.surfaces.image.reference import parse_reference

_SYMBOL = "USER"
_PASSWD = "etc/passwd"
_SHELLS = words("sh bash dash ash zsh ksh busybox")
_SWITCHES = words("gosu su-exec")
_SCRIPTS = (".sh", "entrypoint", "entrypoint.py", "/init")


def root_user(image: Image, _: Settings) -> Iterator[Hit]:
    """Whom the process runs as: root, another, or nobody that the image knows."""
    if not is_runnable(image):
        return
    user = image.config.user.strip()
    if image.config.os == "windows":
        yield _on_windows(image, user)
    elif not user:
        yield _root(image, "nothing sets USER, so containers of the image run as root")
    else:
        named = _by_name(image, user)
        if named is not None:
            yield named


def _by_name(image: Image, user: str) -> Hit | None:
    name = user.partition(":")[0]
    accounts = passwd(image)
    found = _account(name, accounts)
    if found is not None and found.uid == 0:
        alias = "" if name in {"root", "0"} else f", who is `{found.name}` with uid 0"
        return _root(image, f"the image runs as root: its USER is `{user}`{alias}")
    if found is not None:
        number = "" if name == str(found.uid) else f" (uid {found.uid})"
        return _other(image, f"runs as `{name}`{number}")
    if name.isdecimal() and int(name) != 0:
        return _other(image, f"runs as uid {name}")
    if name == "root" or name.isdecimal():
        return _root(image, f"the image runs as root: its USER is `{user}`")
    if not accounts:
        return None
    return Hit(
        _place(image),
        f"nobody is called `{name}` in the image's /etc/passwd, so no container of it starts",
        _SYMBOL,
        label="no such account",
        remedy="Create the user in the image, or name a uid: `USER 10001`.",
        verdict=Verdict.UNKNOWN,
        weaker="what does not start is of no use to an attacker",
    )


def is_untold(image: Image) -> bool:
    """Whether a user is named, and nothing was read that says who that is."""
    name = image.config.user.strip().partition(":")[0]
    is_number = not name or name.isdecimal() or name == "root"
    return not is_number and image.config.os != "windows" and not passwd(image)


def passwd(image: Image) -> list[Account]:
    """The accounts of the image as it runs, in the order of the file."""
    facts = [h.fact for h in image.accounts if h.fact.path == _PASSWD and h.gone is None]
    return sorted(facts, key=lambda account: account.line)


def _account(name: str, accounts: Sequence[Account]) -> Account | None:
    """The first line whose name or uid is meant: so container runtimes look a user up."""
    uid = int(name) if name.isdecimal() else None
    return next((a for a in accounts if a.name == name or a.uid == uid), None)


def _other(image: Image, said: str) -> Hit:
    return Hit(_place(image), said, _SYMBOL, verdict=Verdict.PASS)


def _root(image: Image, message: str) -> Hit:
    known = _known(image)
    return Hit(
        _place(image),
        message,
        _SYMBOL,
        label="root",
        remedy=_remedy(image, known),
        weaker=_why_less(image, known),
        evidence=(Evidence(known.source),) if known and known.source else (),
    )


def _place(image: Image) -> Region:
    """The USER, or where there is none what it would be for."""
    for name in ("user", "entrypoint", "cmd"):
        if name in image.places:
            return image.places[name]
    return image.place("user")


def _why_less(image: Image, known: BaseImage | None) -> str:
    config = image.config
    start = (*config.entrypoint, *config.cmd)
    if not start:
        return "without CMD and ENTRYPOINT the image only carries files"
    if not config.entrypoint and config.cmd[0].rpartition("/")[2] in _SHELLS:
        return "it starts a shell, as base images do: what is built on it decides"
    if known is not None and known.drops_to:
        return f"its entry point changes to `{known.drops_to}` to run the server"
    switch = _switch(image)
    if switch and config.entrypoint and config.entrypoint[0].endswith(_SCRIPTS):
        return f"it has {switch}, with which entry points change to another user"
    return ""


def _switch(image: Image) -> str:
    names = (h.fact.path.rpartition("/")[2] for h in noted(image, Note.PRIVILEGE_TOOL.value))
    return next((name for name in names if name in _SWITCHES), "")


def _known(image: Image) -> BaseImage | None:
    """What is known of the image by its own name, where it has one."""
    names = own_names(image)
    for name in names:
        reference = parse_reference(name)
        known = base_image(reference.name, reference.tag) if reference else None
        if known is not None:
            return known
    return None


def _remedy(image: Image, known: BaseImage | None) -> str:
    if known is not None and known.unprivileged:
        return f"Use `{known.unprivileged}`, which is the same program without root."
    for account in passwd(image):
        if account.name in {"nonroot", "app", "node", "ubuntu"} and account.uid > 0:
            return f"The image has a user for this: end with `USER {account.uid}`."
    adds = "useradd --uid 10001"
    if image.distribution is not None and image.distribution.id in {"alpine", "wolfi"}:
        adds = "adduser -S -D -H -u 10001"
    return f"Add a user with `RUN {adds} app`, and end the Dockerfile with `USER 10001`."


def _on_windows(image: Image, user: str) -> Hit:
    """Without USER the administrator; nanoserver's own configuration names ContainerUser."""
    name = user.rpartition("\\")[2] or "ContainerAdministrator"
    if name.lower() in {"containeradministrator", "administrator"}:
        return Hit(
            _place(image),
            f"containers of the image run as {name}, who may do everything in them",
            _SYMBOL,
            label="administrator",
            remedy="End with `USER ContainerUser`.",
        )
    return _other(image, f"runs as `{name}`")


def named_user(image: Image, _: Settings) -> Iterator[Hit]:
    """A user by name, whose uid only the image knows."""
    name = image.config.user.strip().partition(":")[0]
    if image.config.os == "windows" or not name or name.isdecimal() or name == "root":
        return
    found = _account(name, passwd(image))
    if found is not None and found.uid != 0:
        yield Hit(
            _place(image),
            f"`{name}` is a name, and only the image knows that its uid is {found.uid}",
            _SYMBOL,
            label="not a number",
            remedy=f"Write the uid: `USER {found.uid}`.",
        )
