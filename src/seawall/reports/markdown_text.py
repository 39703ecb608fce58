"""Text made safe for Markdown: nothing in it is markup, a mention, a link or an image."""

from __future__ import annotations

import re

_LONGEST = 300
"""Characters of a message, a name or a reason that are shown."""
_BACKTICKS = re.compile("`+")
_CODE = re.compile(r"`([^`]+)`")
_SPECIAL = re.compile(
    r"[\\`*_\[\]!|~$<>&@#]"
    r"|:(?=//|\w+:)"  # links, and emoji by name
    r"|www(?=\.)"
    r"|^[-+]|^\d+(?=[.)])"  # lists
)
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "$": "&#36;"}
_BREAK = "&#8203;"
"""An empty character: after it nothing is a mention, a reference or a link any more."""


def code(text: str) -> str:
    """A code span, also inside a table, where a pipe would end the cell."""
    text = shortened(text).replace("\n", " ").replace("|", "\\|")
    fence = "`" * (_longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def shortened(text: str, most: int = _LONGEST) -> str:
    """At most so many characters."""
    return text if len(text) <= most else text[:most] + "…"


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)


def plain(text: str, most: int = _LONGEST) -> str:
    """Text that Markdown shows as it is, but for `code`: no HTML, mention, link or image."""
    pieces = _CODE.split(" ".join(shortened(text, most).split()))
    return "".join(
        code(piece) if index % 2 else _SPECIAL.sub(_escape, piece)
        for index, piece in enumerate(pieces)
    )


def _escape(match: re.Match[str]) -> str:
    text = match[0]
    if text in _ENTITIES:
        return _ENTITIES[text]
    if text in "@#:" or text == "www" or text.isdigit():
        return text + _BREAK
    return f"\\{text}"


def html(text: str) -> str:
    """Text inside HTML that stands in Markdown."""
    text = shortened(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("@", f"@{_BREAK}").replace("#", f"#{_BREAK}").replace("\n", " ")


def fenced(text: str, language: str) -> str:
    """Lines as they are, to be copied."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"
