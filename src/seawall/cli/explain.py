"""`seawall explain`: what a rule finds, why it matters, and how to mend it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from seawall.cli import options
from seawall.core.errors import UsageError

if TYPE_CHECKING:
    from seawall.jobs.explain import Explanation

_FORMATS = ("text", "json")
_INDENT = "    "


@click.command()
@click.argument("rule", required=False)
@click.option("--all", "wants_all", is_flag=True, help="List every rule.")
@click.option("-o", "--output", "form", default="text", metavar="FORMAT", help="text or json.")
@options.color
def explain(rule: str | None, wants_all: bool, form: str, color: str) -> None:
    """Explain a RULE, by its id or another tool's; without one, list them all.

    \b
    seawall explain root-user
    seawall explain DL3002            the same, by hadolint's id
    seawall explain CKV_DOCKER_3      the same, by Checkov's
    """
    from seawall.jobs.explain import explain as explanation_of  # noqa: PLC0415
    from seawall.jobs.explain import explain_all, find_rules  # noqa: PLC0415

    if form not in _FORMATS:
        raise UsageError(f"there is no format '{form}'", f"Formats: {', '.join(_FORMATS)}.")
    if rule and wants_all:
        raise UsageError("one rule or all of them?", "Leave out RULE, or --all.")
    found = tuple(map(explanation_of, find_rules(rule))) if rule else explain_all()
    if form == "json":
        sys.stdout.write(_json(found if not rule or len(found) > 1 else found[0]))
    else:
        _write_text(found, not rule, color)


def _json(value: object) -> str:
    import msgspec  # noqa: PLC0415

    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _write_text(found: tuple[Explanation, ...], is_list: bool, color: str) -> None:
    from seawall.cli.terminal import use_color, width  # noqa: PLC0415

    columns = width(sys.stdout)
    pages = [_table(found)] if is_list else [_page(each, columns) for each in found]
    text = "\n\n".join("\n".join(page) for page in pages) + "\n"
    sys.stdout.write(text if use_color(color, sys.stdout) else click.unstyle(text))


def _table(found: tuple[Explanation, ...]) -> Iterator[str]:
    widest = max(len(each.id) for each in found)
    chapter = ""
    for each in found:
        if each.chapter != chapter:
            yield ("\n" if chapter else "") + click.style(each.chapter, bold=True)
            chapter = each.chapter
        yield f"  {each.id:<{widest}}  {each.severity:<8}  {each.profile:<7}  {each.title}"


def _page(rule: Explanation, columns: int) -> Iterator[str]:
    yield f"{click.style(rule.id, bold=True)}: {rule.title}"
    yield f"{rule.severity}, confidence {rule.confidence}, profile {rule.profile}"
    yield ""
    yield from _paragraph("Practice", f"{rule.statement} ({rule.chapter})", columns)
    yield from _paragraph("Why", rule.why, columns)
    yield from _paragraph("Fix", rule.remedy, columns)
    yield from _paragraph(
        "Severity", f"An attacker needs {rule.needs}. He gains {rule.gains}.", columns
    )
    yield from _example("Bad", rule.bad)
    yield from _example("Good", rule.good)
    yield click.style("By what authority", bold=True)
    yield from (f"  {each.standard} {each.section}: {each.title}" for each in rule.standards)
    yield ""
    yield from _paragraph("Also known as", ", ".join(rule.aliases) or "-", columns)
    yield f"To accept it: # seawall: ignore[{rule.id}] until=YYYY-MM-DD -- reason"


def _paragraph(heading: str, text: str, columns: int) -> Iterator[str]:
    yield click.style(heading, bold=True)
    yield textwrap.fill(text, columns, initial_indent="  ", subsequent_indent="  ")
    yield ""


def _example(heading: str, examples: tuple[str, ...]) -> Iterator[str]:
    yield click.style(heading, bold=True)
    yield from (_INDENT + line for line in examples[0].rstrip("\n").splitlines())
    yield ""
