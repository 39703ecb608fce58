"""What the walk of a layer has found so far, whatever it walks: facts, paths, troubles, limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import NoReturn

from msgspec import structs

from seawall.surfaces.image.analyser import Analyser, LayerFile
from seawall.surfaces.image.blob import LayerFacts
from seawall.surfaces.image.dispatch import Dispatcher, Numbers
from seawall.surfaces.image.facts import Fact, FoundSecret, Kind, Trouble
from seawall.surfaces.image.limits import DamagedError, Limits

_KEPT_EACH = 200
"""Bytes that an item of a table takes beside its names."""

Found = tuple[int, Fact]
"""A fact, with the number of the analyser that found it."""


class Collector:
    """Runs analysers on the entries of one layer and keeps what they say, within the limits.

    Paths are bytes, cleaned. Its methods raise `DamagedError` where a limit ends the walk.
    """

    def __init__(self, analysers: Sequence[Analyser], limits: Limits) -> None:
        self.wants = Dispatcher(analysers)
        self.limits = limits
        self.entries = 0
        self.size = 0
        self.whiteouts: list[str] = []
        self.opaques: list[str] = []
        self._analysers = analysers
        self._analyses = tuple(analyser.analyse for analyser in analysers)
        self._max_entries = limits.entries
        self._max_kept = limits.kept
        self._files = BytesIO()
        self._directories = BytesIO()
        self._found: dict[bytes, tuple[int, list[Found]]] = {}
        self._count = 0
        self._extra = 0
        self._kept = 0
        self._troubles: list[Trouble] = []
        self._untold = 0

    def add(self, path: bytes, kind: Kind, size: int) -> None:
        """Take note of an entry; a later one of the same path takes its place."""
        self.entries += 1
        self.size += size
        self._kept += len(path) + 1
        if self.entries > self._max_entries or self._kept > self._max_kept:
            self._exceed()
        (self._directories if kind is Kind.DIRECTORY else self._files).write(path + b"\0")
        if path in self._found:
            self._replace(path)

    def count(self) -> None:
        """Count an entry."""
        self.entries += 1
        if self.entries > self._max_entries:
            self._exceed()

    def affords(self, count: int) -> bool:
        """Whether so many bytes may be looked at that are not stored for themselves."""
        self._extra += count
        return self._extra <= self.limits.extra

    def keep(self, count: int, each: int = _KEPT_EACH) -> None:
        """Take note of memory that is needed until the layer's end."""
        self._kept += count + each
        if self._kept > self._max_kept:
            self._exceed()

    def _exceed(self) -> NoReturn:
        if self.entries > self._max_entries:
            raise DamagedError(f"it has more than {self._max_entries} entries")
        raise DamagedError(f"its names take more than {self._max_kept} bytes")

    def remove(self, path: bytes) -> None:
        """Take note of a whiteout."""
        self.keep(len(path))
        self.whiteouts.append(text(path))

    def hide(self, path: bytes) -> None:
        """Take note of an opaque directory."""
        self.keep(len(path))
        self.opaques.append(text(path))

    def _replace(self, path: bytes) -> None:
        """Forget what a replaced file held, but for secrets: the layer still gives them away."""
        place, found = self._found[path]
        self._found[path] = place, [item for item in found if isinstance(item[1], FoundSecret)]

    def examine(self, path: bytes, file: LayerFile, numbers: Numbers, place: int = 0) -> None:
        """Let analysers look at an entry; `place` is its own where it is looked at later."""
        for number in numbers:
            try:
                facts: Iterable[Fact] = self._analyses[number](file)
                if not facts:
                    continue  # which most say of most entries
                facts = list(facts)
            except Exception as error:  # an analyser's own fault must not cost the others their say
                facts = [self._failed(number, file.path, error)]
            if facts:
                self._store(path, place or self.entries, [(number, fact) for fact in facts])

    def _failed(self, number: int, path: str, error: Exception) -> Trouble:
        name = self._analysers[number].name
        return Trouble(path, f"{name} failed on it: {type(error).__name__}: {error}")

    def _store(self, path: bytes, place: int, found: Iterable[Found]) -> None:
        items = self._found.setdefault(path, (place, []))[1]
        for item in found:
            items.append(item)
            self._count += 1
            if self._count > self.limits.facts:
                raise DamagedError(f"there are more than {self.limits.facts} facts to tell of it")

    def copy(self, target: bytes, link: bytes, without: Numbers) -> None:
        """Say of a hard link what was said of its target because of its content.

        That are the facts of analysers that look at everything or at magics; not of those that
        look at the link itself, nor of kinds that it has already.
        """
        own = {type(fact) for _, fact in self._found.get(link, (0, []))[1]}
        found = [
            (number, _moved(fact, text(target), text(link)))
            for number, fact in self._found.get(target, (0, []))[1]
            if number not in without and type(fact) not in own and self._is_of_content(number)
        ]
        if found:
            self._store(link, self.entries, found)

    def _is_of_content(self, number: int) -> bool:
        wants = self._analysers[number].wants
        return wants.everything or bool(wants.magics)

    def trouble(self, path: bytes, reason: str, is_fatal: bool = False) -> None:
        """Say what could not be read; after many, only that there are more."""
        if len(self._troubles) < self.limits.troubles or is_fatal:
            self._troubles.append(Trouble(text(path[: self.limits.path]), reason, is_fatal))
        else:
            self._untold += 1

    def result(self, digest: str = "", diff_id: str = "") -> LayerFacts:
        """Everything that was found, facts in the order of the entries."""
        places = sorted(self._found.values(), key=lambda item: item[0])
        facts = [fact for _, found in places for _, fact in found]
        if self._untold:
            self._troubles.append(Trouble("", f"{self._untold} more entries have troubles"))
        return LayerFacts(
            digest=digest,
            diff_id=diff_id,
            size=self.size,
            entries=self.entries,
            facts=(*facts, *self._troubles),
            files=_joined(self._files),
            directories=_joined(self._directories),
            whiteouts=tuple(self.whiteouts),
            opaques=tuple(self.opaques),
        )


def _joined(paths: BytesIO) -> bytes:
    """The paths without the last NUL, and without a copy: there may be many."""
    paths.truncate(max(0, paths.tell() - 1))
    return paths.getvalue()


def text(path: bytes) -> str:
    """A path as facts have it."""
    return path.decode("utf-8", "surrogateescape")


def _moved(fact: Fact, target: str, link: str) -> Fact:
    """The same fact of another path; parts inside the file keep the rest of theirs."""
    path = fact.path
    if path.startswith(target):
        return structs.replace(fact, path=link + path[len(target) :])
    return fact
