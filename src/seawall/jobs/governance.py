"""Which policy governs which input, the command line's say included."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall.core.catalog import Catalog
from seawall.core.errors import ConfigError
from seawall.core.model import Profile, Safety, Severity
from seawall.core.policy import Policies, Policy, default_policy, load_policy, settings
from seawall.core.rule import Settings
from seawall.core.selection import Selection, severities
from seawall.rules import all_rules, practices

if TYPE_CHECKING:
    from seawall.fixes.model import Context


class Terms(Struct, frozen=True):
    """What the command line says of policy; None and empty leave it to the file.

    `config_file` holds for every input; `isolated` means that no file is read at all.
    """

    profile: Profile | None = None
    fail_on: Severity | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    config_file: str = ""
    isolated: bool = False
    no_ignores: bool = False
    """Ignore comments silence nothing, and nothing is said of them."""


class Ruling(Struct, frozen=True):
    """A policy and what follows from it for judging; it travels between processes."""

    policy: Policy
    selection: Selection
    severities: Mapping[str, Severity]
    settings: Settings
    judged: frozenset[str]
    """The ids of the rules whose findings can count."""
    heeds_ignores: bool = True
    mending: Mending | None = None
    """How findings get their fixes; None where nobody asks for any, which costs nothing."""


class Mending(Struct, frozen=True):
    """What fixes may be made of: their safeties, what is known, and rules whose proposals to take.

    `skipped` are fixes that are not to be offered, by rule, path and symbol of their finding.
    `taken` are the rules of which guided fixes are allowed as well. `told` are safeties that are
    only told of: a finding that has no fix which is allowed gets one of those. `rules` are those
    whose findings get fixes at all, None for every rule.
    """

    context: Context
    allowed: frozenset[Safety] = frozenset(Safety)
    skipped: frozenset[tuple[str, str, str]] = frozenset()
    taken: frozenset[str] = frozenset()
    told: frozenset[Safety] = frozenset()
    rules: frozenset[str] | None = None

    def asks_of(self, rule: str) -> bool:
        """Whether a rule's findings are to get fixes."""
        return self.rules is None or rule in self.rules

    def allowed_for(self, rule: str) -> frozenset[Safety]:
        """The safeties that a rule's fix may have."""
        return self.allowed | {Safety.GUIDED} if rule in self.taken else self.allowed


@cache
def catalog() -> Catalog:
    """The rules by all their names, and every practice, those too that no rule can see."""
    return Catalog(all_rules(), practices.ALL)


class Governance:
    """The policies of a run: each is read once, checked for unknown names, and remembered."""

    def __init__(self, terms: Terms, today: date) -> None:
        self._terms = terms
        self._today = today
        self._policies = Policies(_given(terms))
        self._ready: dict[int, Ruling] = {}
        self._refused: dict[str, ConfigError] = {}

    def of(self, path: str) -> Ruling:
        """What governs a file.

        Raises:
            ConfigError: the closest policy file can't be understood or names no such rule.
            UsageError: the command line names a rule that there is not.
        """
        directory = os.path.dirname(path.rstrip("/"))
        if directory in self._refused:
            raise self._refused[directory]
        try:
            policy = self._policies.of(path)
            return self._ready.get(id(policy)) or self._prepared(policy)
        except ConfigError as error:
            self._refused[directory] = error
            raise

    def leading(self, paths: Sequence[str]) -> Policy:
        """The policy of the first path: its threshold is that of the run.

        Raises:
            ConfigError: it can't be understood.
            UsageError: the command line names a rule that there is not.
        """
        first = paths[0] if paths else "."
        place = os.path.join(first, "x") if os.path.isdir(first) else first
        return self.of(place).policy

    def excludes(self, path: str) -> bool:
        """Whether policy leaves out an absolute path, a directory's with a trailing `/`.

        A policy that can't be understood excludes nothing: its inputs are to be complained of.
        """
        try:
            policy = self.of(path).policy
        except ConfigError:
            return False
        return bool(policy.exclude) and policy.is_excluded(path)

    def _prepared(self, policy: Policy) -> Ruling:
        terms = self._terms
        told = policy.with_options(
            profile=terms.profile,
            fail_on=terms.fail_on,
            select=terms.select,
            ignore=terms.ignore,
        )
        told.check_names(catalog())
        selection = Selection(told, catalog())
        ruling = self._ready[id(policy)] = Ruling(
            told,
            selection,
            severities(told, catalog()),
            settings(told, self._today),
            frozenset(filter(selection.judges, catalog().rules)),
            not terms.no_ignores,
        )
        return ruling


def _given(terms: Terms) -> Policy | None:
    if terms.isolated:
        return default_policy()
    return load_policy(Path(terms.config_file)) if terms.config_file else None
