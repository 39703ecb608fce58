"""Files of an image that are secret by their name or mode, its accounts' passwords, its `.git`."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Confidence, Evidence, Hit
from seawall.core.rule import Settings
from seawall.facts.secret_names import secret_file
from seawall.rules.image.layers import base_weight, in_layer, noted, noted_ever
from seawall.rules.secrets.values_in_image import values_of
from seawall.surfaces.image.facts import Account, NotableFile
from seawall.surfaces.image.model import Held, Image
from seawall.surfaces.image.notable import Note

_OPAQUE = frozenset({"a key store", "a private key", "an SSH private key"})
"""What content alone may not tell: keys in binary form, stores with a password."""


def secret_files(image: Image, _: Settings) -> Iterator[Hit]:
    """Files that are a secret by their name, where nothing in them has told of one already."""
    for held, what in unread_secrets(image):
        if what in _OPAQUE:
            layer = in_layer(image, held, held.fact.path)
            fate = f", though `{layer.removed_by}` deletes it" if layer.removed_by else ""
            yield Hit(
                image.place_of(held),
                f"{held.fact.path} is {what} by its name, and is part of the image{fate}",
                held.fact.path,
                label="deleted later, but still in its layer" if fate else what,
                remedy="Leave it out of the build (list it in .dockerignore), and mount it when "
                "the container starts.",
                confidence=Confidence.MEDIUM,
                weaker=base_weight(image, held),
                layer=layer,
            )


def unread_secrets(image: Image) -> Iterator[tuple[Held[NotableFile], str]]:
    """Files by whose name they are secret, with what they are: those that no package brought and
    in which no secret was found."""
    told = _told_paths(image)
    for held in noted_ever(image, Note.SECRET_NAME.value):
        path = held.fact.path
        named = None if path in told or path in image.owned else secret_file(path)
        if named is not None:
            yield held, named.what


def _told_paths(image: Image) -> frozenset[str]:
    """The paths of which a secret's finding tells."""
    return frozenset(
        spot.place
        for value in values_of(image)
        for spot in value.spots
        if spot.is_file and spot.confidence is not Confidence.LOW
    )


def readable_keys(image: Image, _: Settings) -> Iterator[Hit]:
    """Private keys that every user of the container may read."""
    told = _told_paths(image)
    for held in noted(image, Note.READABLE_KEY.value):
        file = held.fact
        if file.path in image.owned or file.path in told:
            continue
        yield Hit(
            image.place_of(held),
            f"{file.path}, a private key by its name, has mode {file.mode:04o}: more than its "
            "owner may read it",
            f"{file.path} mode",
            label=f"mode {file.mode:04o}",
            remedy=f"Mount the key instead; where it must be in the image: `RUN chmod 600 "
            f"/{file.path}`.",
            confidence=Confidence.MEDIUM,
            weaker=base_weight(image, held),
            layer=in_layer(image, held, file.path),
        )


def histories(image: Image, _: Settings) -> Iterator[Hit]:
    """The history of a source tree that a COPY brought, also where it is deleted later."""
    for held in _repositories(image):
        layer = in_layer(image, held, held.fact.path)
        if not is_copied(layer.instruction):
            continue
        fate = f"; `{layer.removed_by}` hides it, and no more" if layer.removed_by else ""
        yield Hit(
            image.place_of(held),
            f"{held.fact.path} came into the image with `{layer.instruction}`: all that was ever "
            f"committed{fate}",
            f"{held.fact.path} history",
            label="deleted later, but still in its layer" if fate else "the whole history",
            remedy="Add `**/.git` to .dockerignore, or copy by name what the image needs.",
            weaker=base_weight(image, held),
            layer=layer,
        )


def is_copied(instruction: str) -> bool:
    """Whether an instruction takes files from the build's context."""
    return instruction.split(" ", 1)[0] in {"COPY", "ADD"}


def _repositories(image: Image) -> Iterator[Held[NotableFile]]:
    """Each `.git` once, though its directory and its HEAD may both be told of."""
    seen: set[tuple[str, int]] = set()
    for held in noted_ever(image, Note.GIT_DIRECTORY.value):
        path = held.fact.path.removesuffix("/HEAD")
        if (path, held.layer) not in seen:
            seen.add((path, held.layer))
            yield held


def passwords(image: Image, _: Settings) -> Iterator[Hit]:
    """Accounts that need no password, and those whose password is the same everywhere."""
    for held in image.accounts:
        account = held.fact
        if held.gone is None and account.password in _PASSWORDS and _is_login(account):
            what, label = _PASSWORDS[account.password]
            yield Hit(
                image.place_of(held),
                f"the account `{account.name}` has {what}, in every container of the image",
                f"{account.path} {account.name}",
                label=label,
                remedy=f"Lock it: `RUN passwd -l {account.name}`; processes start as a USER, and "
                "nobody has to log in.",
                weaker=base_weight(image, held) or _why_idle(image, account),
                evidence=(Evidence(f"{account.path}, line {account.line}"),),
                layer=in_layer(image, held, account.path),
            )


_PASSWORDS = {
    "none": ("no password at all", "needs no password"),
    "set": ("a fixed password", "the same for everyone who has the image"),
}


def _is_login(account: Account) -> bool:
    return account.path in {"etc/passwd", "etc/shadow"}


def _why_idle(image: Image, account: Account) -> str:
    """Why a password matters less: no program of such an account lets anyone in."""
    shells = [
        held.fact.shell
        for held in image.accounts
        if held.gone is None and held.fact.path == "etc/passwd" and held.fact.name == account.name
    ]
    is_closed = bool(shells) and all(s.endswith(("nologin", "false")) for s in shells)
    return "its shell lets nobody in" if is_closed else ""
