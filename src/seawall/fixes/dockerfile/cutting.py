"""How instructions, words and flags are taken out of a Dockerfile without a trace."""

from __future__ import annotations

from seawall.core.expression import Expression
from seawall.core.model import Edit, Located
from seawall.fixes.dockerfile.placing import below
from seawall.surfaces.dockerfile import Comment, Dockerfile, Flag, Instruction, Word

_BLANK_LINE = Expression(r"[ \t]*\r?\n")


def holding(dockerfile: Dockerfile, place: Located) -> Instruction | None:
    """The instruction of the file that a place lies in."""
    for instruction in dockerfile.instructions:
        if instruction.start <= place.start and place.end <= instruction.end:
            return instruction
    return None


def comments_within(dockerfile: Dockerfile, start: int, end: int) -> list[Comment]:
    """The comment lines between two places."""
    return [comment for comment in dockerfile.comments if start <= comment.start < end]


def without(dockerfile: Dockerfile, instruction: Instruction) -> Edit:
    """A whole instruction taken out with its lines; comments between them stay.

    Of a blank line before it and one after it, one goes too.
    """
    text, source = dockerfile.source.text, dockerfile.source
    start, end = source.line_starts[instruction.line - 1], below(dockerfile, instruction)
    kept = comments_within(dockerfile, start, end)
    if kept:
        lines = (text[_line_start(text, each.start) : _line_end(text, each.end)] for each in kept)
        return Edit(start, end, "".join(lines))
    is_after_blank = start > 1 and text[:start].endswith(("\n\n", "\n\r\n"))
    blank = _BLANK_LINE.match(text, end) if is_after_blank else None
    return Edit(start, blank.end() if blank else end, "")


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _line_end(text: str, offset: int) -> int:
    return text.find("\n", offset) + 1 or len(text)


def without_word(dockerfile: Dockerfile, instruction: Instruction, place: Located) -> Edit | None:
    """One of several words taken out, with the blanks before or after it.

    None where it is the only one, or where a comment stands beside it.
    """
    words = instruction.arguments
    index = next((i for i, word in enumerate(words) if word.start == place.start), -1)
    if index < 0 or len(words) < 2:
        return None
    return _gone(dockerfile, words, index, index)


def without_pair(dockerfile: Dockerfile, instruction: Instruction, key: int) -> Edit | None:
    """The pair of ENV or LABEL whose key is this argument, taken out as a word is."""
    words = instruction.arguments
    return _gone(dockerfile, words, key, key + 1) if len(words) > 2 else None


def _gone(dockerfile: Dockerfile, words: tuple[Word, ...], first: int, last: int) -> Edit | None:
    is_last = last == len(words) - 1
    start = words[first - 1].end if is_last else words[first].start
    end = words[last].end if is_last else words[last + 1].start
    return None if comments_within(dockerfile, start, end) else Edit(start, end, "")


def without_flag(dockerfile: Dockerfile, flag: Flag) -> Edit:
    """A flag taken out with the blanks behind it; the line that it stands on stays its own."""
    text = dockerfile.source.text
    end = flag.end
    while end < len(text) and text[end] in " \t":
        end += 1
    return Edit(flag.start, end, "")


def keyword(dockerfile: Dockerfile, instruction: Instruction, name: str) -> Edit:
    """Another keyword for an instruction, in the letters that the file writes it in."""
    start = instruction.start
    end = start + len(instruction.keyword)
    is_lower = dockerfile.source.text[start:end].islower()
    return Edit(start, end, name.lower() if is_lower else name)
