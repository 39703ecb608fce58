"""The rules by every name that people know them by: id, another tool's id, practice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from seawall.core.expression import Expression
from seawall.core.rule import Practice, Rule
from seawall.core.suggestion import did_you_mean

_TRIVY = Expression(r"(?:avd-)?ds-?0*(\d{1,4})", re.IGNORECASE)


class Catalog:
    """An index over rules. Names are taken in any case; `DL3002` is `hadolint:DL3002`.

    `practices` may name more than the rules have: those that only a person can attest.
    """

    def __init__(self, rules: Iterable[Rule], practices: Iterable[Practice] = ()) -> None:
        self.rules: Mapping[str, Rule] = {rule.id: rule for rule in rules}
        seen = {rule.practice.id: rule.practice for rule in self.rules.values()}
        self.practices: Mapping[str, Practice] = {each.id: each for each in practices} | seen
        self._words = (*self.rules, *seen)
        self._by_name: dict[str, tuple[str, ...]] = {}
        self._by_tool: dict[str, set[str]] = {}
        for rule in self.rules.values():
            self._add(rule)

    def _add(self, rule: Rule) -> None:
        names = {rule.id.lower(), rule.practice.id.lower()}
        for alias in rule.aliases:
            tool, _, short = alias.lower().rpartition(":")
            self._by_tool.setdefault(tool, set()).add(rule.id)
            names |= {alias.lower(), short}
        for name in names:
            self._by_name[name] = (*self._by_name.get(name, ()), rule.id)

    def named(self, name: str) -> tuple[str, ...]:
        """The ids of the rules that a name means: several for a practice or a broad alias.

        A rule's own id means that rule alone, also where a practice has the same name.
        """
        if name in self.rules:
            return (name,)
        return self._by_name.get(name.lower(), ())

    def of_tool(self, tool: str, name: str) -> tuple[str, ...]:
        """The ids of the rules that see what another tool's rule sees.

        Trivy's three spellings (DS002, DS-0002, AVD-DS-0002) are one; `*` and `all` are every
        rule that stands for one of the tool's.
        """
        if name in {"*", "all"}:
            return tuple(sorted(self._by_tool.get(tool, ())))
        if tool == "trivy":
            name = trivys_spelling(name)
        return self._by_name.get(f"{tool}:{name.lower()}", ())

    def suggestion(self, name: str) -> str:
        """A sentence with the rules, or practices with rules, that a misspelt name may mean."""
        return did_you_mean(name, self._words)

    def suggested_practice(self, name: str) -> str:
        """A sentence with the practices that a misspelt name may mean, or empty."""
        return did_you_mean(name, self.practices)


def trivys_spelling(name: str) -> str:
    """DS002, DS-0002 and AVD-DS-0002 as the one that aliases have; any other name as it is."""
    match = _TRIVY.fullmatch(name)
    return f"DS-{int(match[1]):04}" if match else name
