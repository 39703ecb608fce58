"""One `docker run` line as what can be edited: flags are added, replaced and taken out.

Nothing but the flags' own characters changes. Where a word does not stand in the file as it is
read (an expansion made it, or quotes within quotes), there are no edits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from seawall.core.model import Edit, Located
from seawall.fixes.model import RunLine
from seawall.surfaces.run_line.argument import Argument
from seawall.surfaces.run_line.command_line import CommandLine, Option

_CONTINUED = re.compile(r"[ \t]*\\(\r?\n)([ \t]*)(?=\S)")
_GAP = re.compile(r"(?:[ \t]|\\\r?\n)+\Z")
_PLAIN = re.compile(r"[\w./:=,@%+-]+\Z")


class Command(Struct, frozen=True):
    """A line, with the text that it stands in."""

    line: CommandLine

    @property
    def text(self) -> str:
        """The file."""
        return self.line.words[0].source.text

    def options(self, *names: str) -> tuple[Option, ...]:
        """The flags of these names, in order."""
        return tuple(option for option in self.line.options if option.flag.name in names)

    def option_at(self, place: Located) -> Option | None:
        """The flag whose name or value holds a place."""
        for option in self.line.options:
            for part in (option.value, option.name):
                if part is not None and part.start <= place.start and place.end <= part.end:
                    return option
        return None

    def inserted(self, flags: Iterable[str]) -> tuple[Edit, ...]:
        """New flags after `run`; on lines of their own where the line is written so."""
        words = list(flags)
        verb = self._verb()
        if verb is None or not words or not all(map(_PLAIN.match, words)):
            return ()
        for end in (verb.end, *self._ends()):
            found = _CONTINUED.match(self.text, end)
            if found is not None:
                lead = f" \\{found[1]}{found[2]}"
                return (Edit(end, end, "".join(lead + word for word in words)),)
        return (Edit(verb.end, verb.end, "".join(f" {word}" for word in words)),)

    def without(self, option: Option) -> tuple[Edit, ...]:
        """Take a flag out, with its value and the blanks before it."""
        first = self._word_of(option.name)
        last = first if option.value is None else self._word_of(option.value)
        if first is None or last is None or not self._is_whole(first, option):
            return ()
        gap = _GAP.search(self.text, self.line.start, first.start)
        return (Edit(first.start if gap is None else gap.start(), last.end, ""),)

    def replaced(self, option: Option, value: str) -> tuple[Edit, ...]:
        """Another value for a flag that has one."""
        old = option.value
        if old is None or not _PLAIN.match(value) or not self._stands_plainly(old):
            return ()
        return (Edit(old.start, old.end, value),)

    def _verb(self) -> Argument | None:
        """The word `run`, where it stands in the file as it is read."""
        words = self.line.words
        firsts = [option.name.start for option in self.line.options]
        image = self.line.image
        firsts += [] if image is None else [image.start]
        if not firsts:
            return None
        before = [word for word in words if word.end <= min(firsts)]
        verbs = [word for word in before if word.text == self.line.verb]
        found = verbs[-1] if verbs else None
        return found if found is not None and self._stands_plainly(found) else None

    def _ends(self) -> tuple[int, ...]:
        """Where flags end that stand in the file as they are read."""
        words = (self._word_of(option.value or option.name) for option in self.line.options)
        return tuple(word.end for word in words if word is not None)

    def _word_of(self, part: Argument) -> Argument | None:
        """The word that a flag or value is (a part of)."""
        for word in self.line.words:
            if word.start <= part.start and part.end <= word.end and word.starts != ():
                return word
        return None

    def _is_whole(self, word: Argument, option: Option) -> bool:
        """Whether nothing but this flag is in its word: `-itP` holds three."""
        flags = [each for each in self.line.options if self._word_of(each.name) == word]
        return flags == [option]

    def _stands_plainly(self, word: Argument) -> bool:
        return self.text[word.start : word.end] == word.text


def command_of(subject: RunLine) -> Command | None:
    """The line that a finding is about."""
    for workload, line in zip(subject.lines.workloads, subject.lines.lines, strict=False):
        if workload is subject.workload:
            return Command(line)
    return None
