"""Small pieces of HTML: every text that comes from outside passes `escape` here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from seawall.core.model import Finding, Verdict

_CODE = re.compile(r"`([^`\n]+)`")
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]+")
_SIGNS = {"pass": "✓", "fail": "✗", "unknown": "?"}


def prose(text: str) -> str:
    """A text in which `code` is set as such."""
    pieces = _CODE.split(text)
    return "".join(
        f"<code>{escape(piece)}</code>" if index % 2 else escape(piece)
        for index, piece in enumerate(pieces)
    )


def paragraphs(text: str) -> str:
    """Prose over several lines: the indented ones are lines to write, and keep their form."""
    parts: list[str] = []
    block: list[str] = []
    for line in text.split("\n"):
        if line.startswith("    "):
            block.append(line[4:])
            continue
        parts += _written(block)
        block = []
        if line.strip():
            parts.append(f"<p>{prose(line.strip())}</p>")
    return "".join([*parts, *_written(block)])


def _written(lines: list[str]) -> list[str]:
    if not lines:
        return []
    return [f'<pre class="write" tabindex="0">{escape(chr(10).join(lines))}</pre>']


def section(name: str, title: str, body: str, lead: str = "") -> str:
    """A section of the page with its heading; nothing where it has no body."""
    if not body:
        return ""
    told = f'<p class="lead">{lead}</p>' if lead else ""
    return (
        f'<section id="{name}" aria-labelledby="{name}-heading">'
        f'<h2 id="{name}-heading">{escape(title)}</h2>{told}{body}</section>'
    )


def table(caption: str, heads: Iterable[str], rows: Iterable[str], kind: str = "") -> str:
    """A table whose caption is for screen readers; its rows are made by `row`."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="{kind}"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def row(first: str, *others: str) -> str:
    """A row whose first cell names it; the cells are HTML."""
    cells = "".join(f"<td>{cell}</td>" for cell in others)
    return f'<tr><th scope="row">{first}</th>{cells}</tr>'


def unit(text: str) -> str:
    """A word that is only shown where the heads of a table are not: on narrow screens."""
    return f'<span class="unit">{escape(text)}</span>'


def verdict(word: str) -> str:
    """A verdict with a sign before it, so that colour says nothing alone."""
    sign = _SIGNS.get(word, "–")
    kind = word if word in _SIGNS else "other"
    return (
        f'<span class="verdict {kind}"><span aria-hidden="true">{sign}</span> '
        f"{escape(word.capitalize())}</span>"
    )


def badge(word: str) -> str:
    """A severity as a badge."""
    return f'<span class="badge {escape(word)}">{escape(word.capitalize())}</span>'


def level_of(finding: Finding) -> str:
    """The word that a finding is introduced with: its severity, or unknown."""
    return "unknown" if finding.verdict is Verdict.UNKNOWN else finding.severity.value


def slug(text: str) -> str:
    """A text as a part of an id."""
    return _NOT_IN_IDS.sub("-", text).strip("-") or "x"


def details(pairs: Iterable[tuple[str, str]], kind: str = "") -> str:
    """A description list of the pairs that have a value, which is HTML."""
    items = "".join(f"<div><dt>{escape(k)}</dt><dd>{v}</dd></div>" for k, v in pairs if v)
    return f'<dl class="{kind}">{items}</dl>' if items else ""
