"""The shell commands in the code blocks of a Markdown file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.source import Source
from seawall.surfaces.run_line.argument import HOLE
from seawall.surfaces.run_line.stretch import Stretch

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([\w+.-]*)[^`\n]*")
_PROMPT = re.compile(r"[ \t]*(?:[\w.@~:/-]*[$#%]|PS>|>)[ \t]+")
_DOLLAR = re.compile(r"[ \t]*\$[ \t]+")
_SESSIONS = frozenset({"console", "shell-session", "shellsession", "sh-session", "terminal"})
_SHELLS = frozenset({"", "sh", "bash", "shell", "zsh", "ash", "dash", "ksh", "docker"})
_PLACEHOLDER = re.compile(r"(?<!<)<[A-Za-z][^<>\n|&;]{0,60}>")


def code_blocks(source: Source) -> Iterator[Stretch]:
    """Each fenced block that holds shell text or a terminal session, or says not what it holds."""
    language, fence, start = "", "", 0
    for line, position in _lines(source.text):
        found = _FENCE.fullmatch(line.rstrip("\r\n"))
        if not fence and found is not None:
            fence, language, start = found[1], found[2].lower(), position + len(line)
        elif fence and found is not None and not found[2] and found[1].startswith(fence):
            yield from _block(source.text[start:position], start, language)
            fence = ""


def _lines(text: str) -> Iterator[tuple[str, int]]:
    position = 0
    for line in text.splitlines(keepends=True) if "\n" in text else [text]:
        yield line, position
        position += len(line)


def _block(text: str, start: int, language: str) -> Iterator[Stretch]:
    if language not in _SESSIONS and language not in _SHELLS:
        return
    lines = text.splitlines(keepends=True)
    if language in _SESSIONS or any(map(_DOLLAR.match, lines)):
        lines = list(_typed(lines))
    masked = _PLACEHOLDER.sub(_filled_in, "".join(lines))
    yield Stretch(start, start + len(text), masked)


def _typed(lines: list[str]) -> Iterator[str]:
    """What a person typed in a session: lines behind a prompt, and those that continue them."""
    is_continued = False
    for line in lines:
        prompt = None if is_continued else _PROMPT.match(line)
        if prompt is not None:
            line = " " * prompt.end() + line[prompt.end() :]  # noqa: PLW2901 -- in place
        elif is_continued:
            pass
        else:
            line = " " * (len(line) - line.endswith("\n")) + "\n" * line.endswith("\n")  # noqa: PLW2901 -- in place
        is_continued = line.rstrip("\r\n").endswith("\\")
        yield line


def _filled_in(placeholder: re.Match[str]) -> str:
    """`<your-name>`: a person fills it in."""
    return HOLE * len(placeholder.group())
