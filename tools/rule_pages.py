"""Writes docs/rules and docs/fixes from the rules and fixers; `--check` fails for a stale page."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff
from pathlib import Path

from seawall.core.model import Safety, Severity
from seawall.core.rule import Gains, Needs, Risk, Rule, example_language
from seawall.fixes import all_fixers
from seawall.fixes.model import Example, Fixer
from seawall.rules import all_rules
from seawall.rules.peers import LEFT_OUT

DOCS = Path(__file__).parent.parent / "docs"
_FOLDERS = ("rules", "fixes")
_SAFETIES = {
    Safety.SAFE: "Safe: what is built or run stays the same but for the fault",
    Safety.UNSAFE: "Unsafe at its boldest: it may change what is built or run, and is made only "
    "with `--unsafe`",
    Safety.GUIDED: "Guided: it needs a person's choice, and is made only with `--take`, if at all",
}


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` say which would change; the exit code."""
    pages = dict(_pages())
    if arguments == ["--check"]:
        return _check(pages)
    for folder in _FOLDERS:
        (DOCS / folder).mkdir(parents=True, exist_ok=True)
    for path in _strangers(pages):
        path.unlink()
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    print(f"{len(pages)} pages written")
    return 0


def _check(pages: Mapping[Path, str]) -> int:
    stale = [path for path, text in pages.items() if _text(path) != text]
    stale += _strangers(pages)
    for path in stale:
        print(f"{path}: stale; run `python tools/rule_pages.py`")
    return 1 if stale else 0


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _strangers(pages: Mapping[Path, str]) -> list[Path]:
    written = (path for folder in _FOLDERS for path in sorted((DOCS / folder).glob("*.md")))
    return [path for path in written if path not in pages]


def _pages() -> Iterable[tuple[Path, str]]:
    rules = all_rules()
    yield DOCS / "rules" / "README.md", _index(rules)
    yield DOCS / "severity.md", _severity_page(rules)
    yield DOCS / "peers.md", _peers_page(rules)
    for rule in rules:
        yield DOCS / "rules" / f"{rule.id}.md", _page(rule)
    yield DOCS / "fixes" / "README.md", _index_of_fixes(all_fixers())
    for fixer in all_fixers():
        yield DOCS / "fixes" / f"{fixer.id}.md", _page_of_fix(fixer)


def _index(rules: tuple[Rule, ...]) -> str:
    lines = [
        "# The rules",
        "",
        f"{len(rules)} rules, by chapter. Written by `tools/rule_pages.py`.",
    ]
    chapter = None
    for rule in sorted(rules, key=_chapter_rank):
        if rule.practice.chapter is not chapter:
            chapter = rule.practice.chapter
            lines += ["", f"## {chapter.value}", "", "| rule | finds | severity | profile |"]
            lines.append("|---|---|---|---|")
        cells = (f"[`{rule.id}`]({rule.id}.md)", rule.title, rule.severity.value)
        lines.append(f"| {' | '.join(cells)} | {rule.profile.value} |")
    return "\n".join(lines) + "\n"


def _chapter_rank(rule: Rule) -> int:
    return list(type(rule.practice.chapter)).index(rule.practice.chapter)


def _page(rule: Rule) -> str:
    parts = [
        f"# {rule.id}",
        f"**{rule.title}.** {_facts(rule)}",
        f"Practice `{rule.practice.id}`: {rule.practice.statement}",
        f"## Why\n\n{rule.rationale}",
        f"## What to do\n\n{rule.advice}",
        *_fixes(rule),
        _examples("Found", rule.bad),
        _examples("Not found", rule.good),
        "## By what authority\n\n" + "\n".join(f"- {c.text}: {c.title}" for c in rule.standards),
    ]
    if rule.aliases:
        names = ", ".join(f"`{alias}`" for alias in rule.aliases)
        parts.append(f"## Also known as\n\n{names}")
    ignore = f"# seawall: ignore[{rule.id}] -- why it is right here"
    parts.append(f"## To accept it once\n\n```dockerfile\n{ignore}\n```")
    return "\n\n".join(parts) + "\n"


def _facts(rule: Rule) -> str:
    return (
        f"Severity {rule.severity.value} ([why](../severity.md)), "
        f"confidence {rule.confidence.value}, profile {rule.profile.value}."
    )


def _examples(title: str, texts: tuple[str, ...]) -> str:
    blocks = (f"```{example_language(text)}\n{text.rstrip()}\n```" for text in texts)
    return f"## {title}\n\n" + "\n\n".join(blocks)


def _fixes(rule: Rule) -> Iterator[str]:
    """What `seawall fix` does about a rule's findings."""
    fixers = [fixer for fixer in all_fixers() if rule.id in fixer.rules]
    if not fixers:
        return
    yield f"## Fix\n\n`seawall fix --select {rule.id}` writes it where it can be sure."
    for fixer in fixers:
        yield f"**[{fixer.title}](../fixes/{fixer.id}.md).** {_SAFETIES[fixer.safety]}."
        yield fixer.writes
        yield f"What it can break later: {_begun(fixer.breaks)}"
        yield from map(_diff, fixer.examples[:1])


def _begun(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _index_of_fixes(fixers: Iterable[Fixer]) -> str:
    lines = [
        "# The fixes",
        "",
        "What `seawall fix` writes, and what it proposes; [how it does that](../guides/fix.md). "
        "Written by `tools/rule_pages.py`.",
    ]
    for safety in Safety:
        own = sorted((f for f in fixers if f.safety is safety), key=lambda each: each.id)
        if own:
            lines += ["", f"## {_SAFETIES[safety].partition(':')[0]}", ""]
            lines += ["| fix | | mends |", "|---|---|---|"]
            lines += [f"| [`{f.id}`]({f.id}.md) | {f.title} | {_rules_of(f)} |" for f in own]
    return "\n".join(lines) + "\n"


def _rules_of(fixer: Fixer) -> str:
    return ", ".join(f"[`{rule}`](../rules/{rule}.md)" for rule in fixer.rules)


def _page_of_fix(fixer: Fixer) -> str:
    parts = [
        f"# {fixer.id}",
        f"**{fixer.title}.** {_SAFETIES[fixer.safety]}.",
        f"Mends {_rules_of(fixer)}.",
        f"## What is written\n\n{fixer.writes}",
        f"## What it can break later\n\n{fixer.breaks}",
    ]
    if fixer.examples:
        parts.append("## Examples\n\n" + "\n\n".join(map(_diff, fixer.examples)))
    if fixer.keeps:
        parts.append(_examples("Left alone", fixer.keeps))
    return "\n\n".join(parts) + "\n"


def _diff(example: Example) -> str:
    before, after = (text.splitlines() for text in (example.before, example.after))
    lines = [*unified_diff(before, after, lineterm="", n=1000)][3:]
    return "```diff\n" + "\n".join(line.rstrip() for line in lines) + "\n```"


def _severity_page(rules: tuple[Rule, ...]) -> str:
    lines = [
        "# Severity",
        "",
        "A rule's severity is not chosen: it follows from what an attacker must have before the "
        "fault is of use to him, and what it then gives him. A finding in a stage that does not "
        "reach the final image weighs one step less and says so.",
        "",
        "A flaw of a package is the exception: it weighs what its advisories rate it (the "
        "distributor's word first, then the CVSS score), medium where nobody has rated it, and "
        "critical where attackers are known to use it.",
        "",
        "| he gains ↓ / he needs → | " + " | ".join(need.name.lower() for need in Needs) + " |",
        "|---|" + "---|" * len(Needs),
    ]
    for gain in Gains:
        cells = (Risk(need, gain).severity.value for need in Needs)
        lines.append(f"| {gain.name.lower()} | " + " | ".join(cells) + " |")
    lines += ["", "He needs:", ""]
    lines += [f"- **{need.name.lower()}**: {_meaning(need.value)}" for need in Needs]
    lines += ["", "He gains:", ""]
    lines += [f"- **{gain.name.lower()}**: {_meaning(gain.value)}" for gain in Gains]
    for severity in Severity:
        names = sorted(rule.id for rule in rules if rule.severity is severity)
        lines += ["", f"## {severity.value.capitalize()}", ""]
        lines.append(", ".join(f"[`{name}`](rules/{name}.md)" for name in names) or "None.")
    return "\n".join(lines) + "\n"


def _peers_page(rules: tuple[Rule, ...]) -> str:
    lines = [
        "# The checks of other tools",
        "",
        "Each check of hadolint, Trivy, Checkov, dockle and BuildKit that Seawall covers, with "
        "the rule that does; `seawall explain` and ignore comments understand either name.",
        "",
        "| their check | our rule |",
        "|---|---|",
    ]
    covered: dict[str, list[str]] = {}
    for rule in rules:
        for alias in rule.aliases:
            covered.setdefault(alias, []).append(f"[`{rule.id}`](rules/{rule.id}.md)")
    lines += [f"| `{alias}` | {', '.join(covered[alias])} |" for alias in sorted(covered)]
    lines += ["", "## Left out on purpose", "", "| their check | why |", "|---|---|"]
    lines += [f"| `{alias}` | {reason} |" for alias, reason in sorted(LEFT_OUT.items())]
    lines += ["", "ShellCheck's SC checks are about shell scripts, not about containers."]
    return "\n".join(lines) + "\n"


def _meaning(value: str) -> str:
    return value.partition(": ")[2] or value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
