"""Accounts of an image that are one for the system, though they have two names."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Hit
from seawall.core.rule import Settings
from seawall.rules.image.layers import base_weight, in_layer, listed
from seawall.surfaces.image.facts import Account
from seawall.surfaces.image.model import Held, Image

_USERS, _GROUPS = "etc/passwd", "etc/group"


def second_root(image: Image, _: Settings) -> Iterator[Hit]:
    """Accounts beside root that have its uid."""
    for held in _live(image, _USERS):
        account = held.fact
        if account.uid == 0 and account.name != "root":
            yield Hit(
                image.place_of(held),
                f"the account `{account.name}` has uid 0: it is root by another name",
                f"{account.path} {account.name}",
                label="root by another name",
                remedy=f"Give `{account.name}` a uid of its own, or `RUN userdel -f "
                f"{account.name}`.",
                weaker=base_weight(image, held),
                layer=in_layer(image, held, account.path),
            )


def shared_number(image: Image, _: Settings) -> Iterator[Hit]:
    """Users that share a uid (but root's), and groups that share a gid."""
    for path, word in ((_USERS, "uid"), (_GROUPS, "gid")):
        numbers: dict[int, list[Held[Account]]] = {}
        for held in _live(image, path):
            number = held.fact.uid if path == _USERS else held.fact.gid
            numbers.setdefault(number, []).append(held)
        for number, members in numbers.items():
            if len(members) > 1 and (number or word == "gid"):
                yield _shared(image, f"{word} {number}", members)


def _shared(image: Image, number: str, members: list[Held[Account]]) -> Hit:
    names = [f"`{held.fact.name}`" for held in members]
    last = max(members, key=lambda held: held.layer)
    return Hit(
        image.place_of(last),
        f"{listed(names)} have {number}: for the system they are one",
        f"{last.fact.path} {number}",
        label="one number, several names",
        weaker=base_weight(image, last),
        layer=in_layer(image, last, last.fact.path),
    )


def _live(image: Image, path: str) -> Iterator[Held[Account]]:
    return (held for held in image.accounts if held.fact.path == path and held.gone is None)
