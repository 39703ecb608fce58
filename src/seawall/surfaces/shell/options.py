"""The shell options that a script's first commands set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seawall.surfaces.shell.model import Command

_NAMED = {
    "errexit": "-e", "nounset": "-u", "xtrace": "-x", "noglob": "-f", "noexec": "-n",
    "verbose": "-v", "allexport": "-a", "noclobber": "-C", "monitor": "-m",
    "errtrace": "-E", "functrace": "-T", "hashall": "-h",
}  # fmt: skip


def options_of(literals: Sequence[str]) -> tuple[set[str], set[str]]:
    """The options that `-euo pipefail +x` switches on, and those that it switches off.

    Letters are `-e`; names that have a letter are given as that, others as they are (`pipefail`).
    """
    switched: dict[str, set[str]] = {"-": set(), "+": set()}
    index = 0
    while index < len(literals):
        literal = literals[index]
        index += 1
        sign = literal[:1]
        if sign not in switched or literal in {"-", "--", "+"} or literal.startswith("--"):
            break
        switched[sign].update("-" + letter for letter in literal[1:] if letter not in "oOc")
        if "o" in literal[1:] and index < len(literals):
            switched[sign].add(_NAMED.get(literals[index], literals[index]))
            index += 1
    return switched["-"], switched["+"]


def leading_options(commands: Iterable[Command], options: frozenset[str]) -> frozenset[str]:
    """`options` as the script's leading `set` commands change them."""
    for command in commands:
        if command.name != "set" or command.wrappers or command.condition not in {"", "&&"}:
            break
        switched_on, switched_off = options_of(command.literals)
        options = (options | switched_on) - switched_off
    return options
