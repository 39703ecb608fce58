"""The fixers: what Seawall writes instead of what its rules find.

`MODULES` lists the modules, each with its fixers in `FIXERS`; a fixer of an earlier module is
asked first. They are loaded by who mends or marks what can be mended, never by a plain check.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib import import_module

from msgspec import structs

from seawall.core.model import Fix, Hit, Safety
from seawall.fixes.index import MODULES_OF
from seawall.fixes.model import Context, Fixer

MODULES: tuple[str, ...] = (
    "pins",
    "repository",
    "dockerfile.apt",
    "dockerfile.answers",
    "dockerfile.apk",
    "dockerfile.rpm",
    "dockerfile.languages",
    "dockerfile.updates",
    "dockerfile.trust",
    "dockerfile.tools",
    "dockerfile.steps",
    "workload.hardening",
    "workload.confinement",
    "workload.isolation",
    "workload.scratch",
    "workload.mounts",
    "workload.user",
    "workload.socket",
    "workload.first_process",
    "dockerfile.form",
    "dockerfile.stage_names",
    "dockerfile.process",
    "dockerfile.health",
    "dockerfile.pipes",
    "dockerfile.exposure",
    "dockerfile.downloads",
    "dockerfile.secrets",
    "dockerfile.secret_files",
    "dockerfile.user",
    "dockerfile.named",
    "dockerfile.rights",
    "dockerfile.places",
    "dockerfile.stages",
    "compose.exposure",
    "compose.networks",
    "compose.health",
    "compose.secrets",
    "compose.operations",
)
"""Below `seawall.fixes`, in the order in which they are asked."""


@cache
def all_fixers() -> tuple[Fixer, ...]:
    """Every fixer, in the order of the modules."""
    return tuple(fixer for name in MODULES for fixer in _fixers_in(name))


@cache
def fixers_of(rule: str, subject: type) -> tuple[Fixer, ...]:
    """The fixers that can mend a rule's findings on a kind of subject, in order.

    Only the modules that have any of that rule are loaded, as `index` has them.
    """
    names = MODULES_OF.get(subject.__name__, {}).get(rule, ())
    found = (fixer for name in names for fixer in _fixers_in(name))
    return tuple(f for f in found if rule in f.rules and subject in f.on)


def index() -> dict[str, dict[str, tuple[str, ...]]]:
    """The modules with fixers of each rule, by kind of subject: what `index` is to hold."""
    kinds: dict[str, dict[str, dict[str, None]]] = {}
    for name in MODULES:
        for fixer in _fixers_in(name):
            for kind in fixer.on:
                rules = kinds.setdefault(kind.__name__, {})
                for rule in fixer.rules:
                    rules.setdefault(rule, {})[name] = None
    return {
        kind: {rule: tuple(names) for rule, names in sorted(rules.items())}
        for kind, rules in sorted(kinds.items())
    }


@cache
def _fixers_in(name: str) -> tuple[Fixer, ...]:
    fixers: tuple[Fixer, ...] = import_module(f"seawall.fixes.{name}").FIXERS
    return fixers


def fix_of(
    rule: str, subject: object, hit: Hit, context: Context, allowed: Collection[Safety]
) -> Fix | None:
    """The first fix of a safety that is allowed; the guided one of the hit itself comes last."""
    kind: type = type(subject)
    for fixer in fixers_of(rule, kind):
        if fixer.safety is Safety.SAFE and Safety.SAFE not in allowed:
            continue
        fix = fixer.on[kind](subject, hit, context)
        if fix is not None and fix.safety in allowed:
            title = fix.title[:1].upper() + fix.title[1:]
            return structs.replace(fix, title=title, brings=fixer.brings)
    return hit.fix if hit.fix is not None and hit.fix.safety in allowed else None
