"""The rules, by chapter of the source document, and how to find one by id or alias."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from seawall.core.rule import Check, Rule

CHAPTERS = (
    "image",
    "runtime",
    "network",
    "secrets",
    "build",
    "access",
    "logging",
    "sources",
    "scanning",
    "operations",
    "craft",
)
"""One module (or package) each under `seawall.rules`; each lists its rules in `RULES`."""


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the chapters."""
    modules = (import_module(f"seawall.rules.{chapter}") for chapter in CHAPTERS)
    return tuple(rule for module in modules for rule in module.RULES)


@cache
def by_id() -> dict[str, Rule]:
    """Every rule by its id and by each alias, as written and without its tool's name.

    `hadolint:DL3002` is also found as `DL3002`; keys are lower case.
    """
    index = {rule.id: rule for rule in all_rules()}
    for rule in all_rules():
        for alias in rule.aliases:
            for key in (alias, alias.rpartition(":")[2]):
                index.setdefault(key.lower(), rule)
    return index


@cache
def checks_on(surface: type) -> tuple[tuple[Rule, Check], ...]:
    """The rules that look at a surface type, each with its check for it."""
    return tuple((rule, rule.on[surface]) for rule in all_rules() if surface in rule.on)


@cache
def checks_within(whole: type, part: type) -> tuple[tuple[Rule, Check], ...]:
    """The rules to ask of each part of a whole: those that do not judge the whole itself.

    `checks_within(Project, Workload)` is for the services of a project: a rule with an entry for
    both is asked of the project, which knows networks and neighbours, and of a workload only
    where that stands alone.
    """
    return tuple((rule, check) for rule, check in checks_on(part) if whole not in rule.on)
