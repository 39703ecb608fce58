"""A USER by its number instead of its name."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile import user_texts as texts
from seawall.fixes.dockerfile.accounts import Account, accounts_of, numbering
from seawall.fixes.dockerfile.ground import Ground, ground_of
from seawall.fixes.dockerfile.runner import number_of
from seawall.fixes.model import Context, Fixer
from seawall.surfaces.dockerfile import Dockerfile, Setting

_SETTLED = frozenset({"node", "www-data", "nobody", "nonroot"})
"""Accounts that have had the same number for as long as there have been such images."""


def _named_user(dockerfile: Dockerfile, hit: Hit, context: Context) -> Fix | None:
    ground = ground_of(dockerfile)
    user = ground.target.user if ground is not None else None
    if ground is None or user is None:
        return None
    name = dockerfile.source.text[user.start : user.end].partition(":")[0]
    if not name or not name.replace("-", "_").isidentifier():
        return None
    for fix in (*_of_account(ground, user, name), *_of_base(ground, user, name)):
        return fix
    return None


def _of_account(ground: Ground, user: Setting, name: str) -> Iterator[Fix]:
    account = accounts_of(ground).named(name)
    if account is None or account.instruction.start > user.start:
        return
    if account.uid > 0:
        safety = Safety.SAFE if _is_certain(account) else Safety.UNSAFE
        yield _numbered(user, name, str(account.uid), safety)
    elif (made := numbering(ground, account)) is not None:
        yield _numbered(user, name, made[0], Safety.UNSAFE, made[1])


def _is_certain(account: Account) -> bool:
    """Whether its number is what stands there, in every build, and nobody else's."""
    command = account.command
    if command is None or command.condition not in {"", "&&"} or command.substituted_into:
        return False
    if command.has_option("-o", "--non-unique"):
        return False
    word = next(command.option_values("-u", "--uid"), None)
    return word is not None and word.literal == str(account.uid)


def _of_base(ground: Ground, user: Setting, name: str) -> Iterator[Fix]:
    """An account that the base image brings, where its number is known."""
    facts = ground.base.known
    is_made = any(account.name == name for account in accounts_of(ground).users)
    is_common = name in {"nobody", "www-data"} and ground.family == "debian"
    if facts is None or is_made or not (is_common or name in {facts.user, facts.offers}):
        return
    number = number_of(name, ground)
    if number.isdecimal():
        safety = Safety.SAFE if name in _SETTLED and ground.family else Safety.UNSAFE
        yield _numbered(user, name, number, safety)


def _numbered(user: Setting, name: str, number: str, safety: Safety, *more: Edit) -> Fix:
    edit = Edit(user.start, user.start + len(name), number)
    return Fix(safety, f"Write `{number}`, the number of `{name}`", (*more, edit))


FIXERS = (
    Fixer(
        id="user-number",
        title="The number of an account instead of its name",
        rules=("named-user",),
        safety=Safety.SAFE,
        writes=texts.NAMED_WRITES,
        breaks=texts.NAMED_BREAKS,
        on={Dockerfile: _named_user},
        examples=texts.NAMED_EXAMPLES,
        keeps=texts.NAMED_KEEPS,
    ),
)
