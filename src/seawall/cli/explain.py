"""`seawall explain`: what a rule or practice is about, why it matters, and how to mend it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from seawall.cli import options
from seawall.core.errors import UsageError

if TYPE_CHECKING:
    from seawall.jobs.explain import Answer, Explanation, PracticeExplanation, Standard

_FORMATS = ("text", "json")
_INDENT = "    "


@click.command()
@click.argument("name", required=False)
@click.option("--all", "wants_all", is_flag=True, help="List every rule.")
@click.option("--practices", "wants_practices", is_flag=True, help="List every practice.")
@click.option("-o", "--output", "form", default="text", metavar="FORMAT", help="text or json.")
@options.color
def explain(
    name: str | None, wants_all: bool, wants_practices: bool, form: str, color: str
) -> None:
    """Explain a rule or a practice; without a NAME, list the rules.

    NAME is an id of ours, or another tool's.

    \b
    seawall explain root-user
    seawall explain DL3002            the same, by hadolint's id
    seawall explain CKV_DOCKER_3      the same, by Checkov's
    seawall explain non-root-user     the practice, and the rules that see it
    """
    from seawall.jobs.explain import explain_all, explain_practices, look_up

    if form not in _FORMATS:
        raise UsageError(f"there is no format '{form}'", f"Formats: {', '.join(_FORMATS)}.")
    if (name is not None) + wants_all + wants_practices > 1:
        raise UsageError("one of them, or a list?", "Leave out NAME, --all or --practices.")
    if name is not None:
        answer = look_up(name)
        text = _json(_single(answer)) if form == "json" else _lines(_answer(answer))
    elif wants_practices:
        practices = explain_practices()
        text = _json(practices) if form == "json" else _lines(_practice_table(practices))
    else:
        rules = explain_all()
        text = _json(rules) if form == "json" else _lines(_table(rules))
    _write(text, color)


def _single(answer: Answer) -> object:
    """One rule by itself, not as a list of one."""
    return answer[0] if isinstance(answer, tuple) and len(answer) == 1 else answer


def _json(value: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _lines(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def _write(text: str, color: str) -> None:
    from seawall.cli.terminal import use_color

    sys.stdout.write(text if use_color(color, sys.stdout) else click.unstyle(text))


def _answer(answer: Answer) -> Iterator[str]:
    from seawall.cli.terminal import width
    from seawall.jobs.explain import Absence, PracticeExplanation

    columns = width(sys.stdout)
    if isinstance(answer, Absence):
        text = f"{answer.check}: left out on purpose: {answer.left_out}"
        yield _filled(text, columns)
    elif isinstance(answer, PracticeExplanation):
        yield from _practice_page(answer, columns)
    else:
        for number, rule in enumerate(answer):
            yield from (["", ""] if number else [])
            yield from _page(rule, columns)


def _practice_table(practices: tuple[PracticeExplanation, ...]) -> Iterator[str]:
    widest = max(len(each.practice) for each in practices)
    chapter = ""
    for each in practices:
        if each.chapter != chapter:
            yield ("\n" if chapter else "") + click.style(each.chapter, bold=True)
            chapter = each.chapter
        yield f"  {each.practice:<{widest}}  {_count(len(each.rules))}"


def _count(rules: int) -> str:
    if not rules:
        return "no rule: people attest it"
    return "1 rule" if rules == 1 else f"{rules} rules"


def _practice_page(practice: PracticeExplanation, columns: int) -> Iterator[str]:
    head = f"{click.style(practice.practice, bold=True)}: a practice of {practice.chapter}"
    yield from (head, "")
    yield from _paragraph("Statement", practice.statement, columns)
    yield from _paragraph("Why", practice.why, columns)
    yield from _paragraph("Fix", practice.remedy, columns)
    yield from _authority(practice.standards)
    yield ""
    yield click.style("Rules", bold=True)
    if not practice.rules:
        yield "  none: no file shows it; attest it in the policy with [[attestations]]"
        return
    yield from map(_row(practice.rules), practice.rules)
    yield ""
    yield f"One of them whole: seawall explain {practice.rules[0].id}"


def _table(found: tuple[Explanation, ...]) -> Iterator[str]:
    row = _row(found)
    chapters = list(dict.fromkeys(each.chapter for each in found))
    chapter = ""
    for each in sorted(found, key=lambda rule: chapters.index(rule.chapter)):
        if each.chapter != chapter:
            yield ("\n" if chapter else "") + click.style(each.chapter, bold=True)
            chapter = each.chapter
        yield row(each)


def _row(rules: tuple[Explanation, ...]) -> Callable[[Explanation], str]:
    """Makes the line of each of these rules, in columns."""
    widest = max(len(each.id) for each in rules)
    return lambda rule: (
        f"  {rule.id:<{widest}}  {rule.severity:<8}  {rule.profile:<7}  {rule.title}"
    )


def _page(rule: Explanation, columns: int) -> Iterator[str]:
    yield f"{click.style(rule.id, bold=True)}: {rule.title}"
    yield f"{rule.severity}, confidence {rule.confidence}, profile {rule.profile}"
    yield ""
    yield from _paragraph("Practice", f"{rule.statement} ({rule.chapter})", columns)
    yield from _paragraph("Why", rule.why, columns)
    yield from _paragraph("Fix", rule.remedy, columns)
    if rule.fixes:
        notes = (f"{each.title} ({each.safety}, {each.id})." for each in rule.fixes)
        text = f"{' '.join(notes)} See it: seawall fix --select {rule.id}"
        yield from _paragraph("What `seawall fix` writes", text, columns)
    yield from _paragraph(
        "Severity", f"An attacker needs {rule.needs}. He gains {rule.gains}.", columns
    )
    yield from _example("Bad", rule.bad)
    yield from _example("Good", rule.good)
    yield from _authority(rule.standards)
    yield ""
    yield from _paragraph("Also known as", ", ".join(rule.aliases) or "-", columns)
    yield f"To accept it: # seawall: ignore[{rule.id}] until=YYYY-MM-DD -- reason"


def _paragraph(heading: str, text: str, columns: int) -> Iterator[str]:
    yield click.style(heading, bold=True)
    yield _filled(text, columns, "  ")
    yield ""


def _authority(standards: tuple[Standard, ...]) -> Iterator[str]:
    yield click.style("By what authority", bold=True)
    yield from (f"  {each.standard} {each.section}: {each.title}" for each in standards)


def _filled(text: str, columns: int, indent: str = "") -> str:
    # Options such as `--no-install-recommends` are to be copied: no break within a word.
    return textwrap.fill(
        text, columns, initial_indent=indent, subsequent_indent="  ", break_on_hyphens=False
    )


def _example(heading: str, examples: tuple[str, ...]) -> Iterator[str]:
    yield click.style(heading, bold=True)
    yield from (_INDENT + line for line in examples[0].rstrip("\n").splitlines())
    yield ""
