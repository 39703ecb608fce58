"""What SARIF says of the rules: everything that a viewer shows beside a result."""

from __future__ import annotations

from seawall.core.model import Confidence, Finding, Flaw, Severity
from seawall.core.rule import Rule
from seawall.reports.markdown_text import plain

LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}

# GitHub calls over 9.0 critical, from 7.0 high, from 4.0 medium, and the rest low.
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
_PRECISIONS = {
    Confidence.HIGH: "very-high",
    Confidence.MEDIUM: "medium",
    Confidence.LOW: "low",
}

_HIGHEST = 10.0
_LONGEST = 1000
"""Characters of a short description: GitHub takes 1,024."""

Json = dict[str, object]


def rule_id(finding: Finding) -> str:
    """The rule of a result. Every flaw is one of its own, below ours (SARIF 2.1.0, 3.5.4): viewers
    rate an alert by its rule."""
    return f"{finding.rule}/{finding.flaw.id}" if finding.flaw else finding.rule


class Descriptors:
    """The rules that a run's results name, each once, in the order of their first result."""

    def __init__(self) -> None:
        self.rows: list[Json] = []
        self._indices: dict[str, int] = {}

    def index(self, finding: Finding) -> int:
        """The place of the finding's rule in `rows`."""
        name = rule_id(finding)
        index = self._indices.get(name)
        if index is None:
            index = self._indices[name] = len(self.rows)
            row = _descriptor(finding)
            self.rows.append(row | _of_flaw(finding, finding.flaw) if finding.flaw else row)
        return index


def _descriptor(finding: Finding) -> Json:
    from seawall.rules import by_id  # noqa: PLC0415 -- the other formats need no rule

    rule = by_id().get(finding.rule)
    severity = rule.severity if rule else finding.severity
    confidence = rule.confidence if rule else finding.confidence
    why, remedy = (rule.rationale, rule.advice) if rule else (finding.why, finding.remedy)
    return {
        "id": finding.rule,
        "name": "".join(word.capitalize() for word in finding.rule.split("-")),
        "shortDescription": {"text": rule.title if rule else finding.title},
        "fullDescription": {"text": why or finding.title},
        "help": {"text": _help(why, remedy), "markdown": _help_in_markdown(finding, rule)},
        "defaultConfiguration": {"level": LEVELS[severity]},
        "properties": {
            "tags": _tags(finding, rule),
            "precision": _PRECISIONS[confidence],
            "security-severity": _SCORES[severity],
            "problem.severity": "error" if severity.at_least(Severity.HIGH) else "warning",
        },
    }


def _of_flaw(finding: Finding, flaw: Flaw) -> Json:
    """What is said of a flaw in the place of its rule."""
    title = f"{flaw.id}: {flaw.title or finding.title}"
    known = (
        f"CVSS: {flaw.cvss}" if flaw.cvss else "",
        f"Attackers use it: CISA lists it since {flaw.exploited}." if flaw.exploited else "",
        f"Also known as {', '.join(flaw.aliases)}." if flaw.aliases else "",
    )
    parts = [part for part in (title, *known, finding.why) if part]
    links = "\n".join(f"- <{link}>" for link in flaw.links if _is_link(link))
    in_markdown = [*(plain(part, _LONGEST) for part in parts), *([links] if links else [])]
    score = flaw.score if 0 < flaw.score <= _HIGHEST else float(_SCORES[finding.severity])
    score = max(score, float(_SCORES[finding.severity])) if flaw.exploited else score
    return {
        "id": rule_id(finding),
        "shortDescription": {"text": title[:_LONGEST]},
        "help": {"text": "\n\n".join(parts), "markdown": "\n\n".join(in_markdown)},
        "defaultConfiguration": {"level": LEVELS[finding.severity]},
        "properties": {
            "tags": ["security", "container", "vulnerability", finding.practice],
            "precision": _PRECISIONS[finding.confidence],
            "security-severity": f"{score:.1f}",
            "problem.severity": (
                "error" if finding.severity.at_least(Severity.HIGH) else "warning"
            ),
        },
    }


def _is_link(text: str) -> bool:
    return text.startswith(("https://", "http://")) and not set(text) & set("<> ")


def _help(why: str, remedy: str) -> str:
    return "\n\n".join(filter(None, (why, f"Fix: {remedy}" if remedy else ""))) or "See the result."


def _help_in_markdown(finding: Finding, rule: Rule | None) -> str:
    if rule is None:
        return _help(finding.why, finding.remedy)
    sources = [f"- [{c.text}: {c.title}]({c.url})" for c in rule.standards]
    parts = (
        rule.rationale,
        f"**Fix:** {rule.advice}" if rule.advice else "",
        f"Wrong:\n\n{_fenced(rule.bad[0])}" if rule.bad else "",
        f"Right:\n\n{_fenced(rule.good[0])}" if rule.good else "",
        "\n".join(sources),
        f"`seawall explain {rule.id}` says more.",
    )
    return "\n\n".join(filter(None, parts))


def _fenced(text: str) -> str:
    return f"```dockerfile\n{text.rstrip()}\n```"


def _tags(finding: Finding, rule: Rule | None) -> list[str]:
    tags = ["security", "container", finding.practice]
    if rule is not None:
        tags.append(rule.practice.chapter.value.lower())
        tags += rule.aliases
        tags += (f"external/cwe/cwe-{c.section}" for c in rule.standards if c.standard == "CWE")
    return list(dict.fromkeys(filter(None, tags)))[:20]
