"""What a FROM names: an image, an earlier stage, or one of several earlier stages."""

from __future__ import annotations

from seawall.surfaces.dockerfile.arguments import PLATFORM_CHOICES, GlobalArguments
from seawall.surfaces.dockerfile.model import Instruction, Syntax, Word
from seawall.surfaces.dockerfile.substitution import Expansion, expansion
from seawall.surfaces.dockerfile.value import Value

MAX_COMPARISONS = 10_000
"""Most comparisons of a FROM that is not known with the names of stages, in one file."""


def stage_name(source: Instruction) -> str:
    """The name that a FROM gives its stage, in lower case as BuildKit keeps it."""
    words = source.arguments
    return words[2].text.lower() if len(words) == 3 and words[1].text.upper() == "AS" else ""


class Bases:
    """Resolves one FROM after the other; `faults` are BuildKit's errors."""

    def __init__(self, names: GlobalArguments) -> None:
        self.faults: list[Syntax] = []
        self._names = names
        self._by_name: dict[str, int] = {}
        self._comparisons = MAX_COMPARISONS

    def define(self, name: str, index: int) -> None:
        """Remember a stage; a later one of the same name takes its place."""
        if name:
            self._by_name[name] = index

    def find(self, name: str) -> int | None:
        """The last stage defined so far with that name, whatever its case."""
        return self._by_name.get(name.lower())

    def resolve(self, written: Word, line: int) -> tuple[Value, tuple[int, ...]]:
        """The reference of a FROM, and the numbers of the stages that it is or can be."""
        expanded = expansion(written.text, self._names.lookup, self._names.escape)
        value = self._checked(expanded, f"base name ({written.text}) should not be blank", line)
        if value.known is not None:
            # Unlike `--from`, FROM looks a name up as it is written.
            index = self._by_name.get(value.known)
            return value, () if index is None else (index,)
        local = self._matching(expanded)
        if not local:
            return value, ()
        value = Value(value.written, local, value.missing, value.evidence)
        return value, tuple(self._by_name[name] for name in local)

    def platform(self, source: Instruction) -> Value | None:
        """What `--platform` comes to; None where it is not given."""
        flag = source.flag("platform")
        if flag is None or flag.value is None:
            return None
        expanded = expansion(flag.value, self._names.lookup, self._names.escape)
        blank = f"empty platform value from expression {flag.value}"
        return self._checked(expanded, blank, source.line)

    def _checked(self, expanded: Expansion, blank: str, line: int) -> Value:
        value = expanded.value
        if expanded.fault:
            self.faults.append(Syntax(expanded.fault, line))
        elif value.known == "":
            self.faults.append(Syntax(blank, line))
        return value

    def _matching(self, expanded: Expansion) -> tuple[str, ...]:
        """The stages that `FROM base-${TARGETARCH}` can mean."""
        if expanded.fault or len(self._by_name) > self._comparisons:
            return ()
        self._comparisons -= len(self._by_name)
        return tuple(name for name in self._by_name if expanded.could_be(name, PLATFORM_CHOICES))
