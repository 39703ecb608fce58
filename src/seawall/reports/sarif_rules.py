"""What SARIF says of the rules: everything that a viewer shows beside a result."""

from __future__ import annotations

from seawall.core.model import Confidence, Finding, Severity
from seawall.core.rule import Rule

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

Json = dict[str, object]


class Descriptors:
    """The rules that a run's results name, each once, in the order of their first result."""

    def __init__(self) -> None:
        self.rows: list[Json] = []
        self._indices: dict[str, int] = {}

    def index(self, finding: Finding) -> int:
        """The place of the finding's rule in `rows`."""
        index = self._indices.get(finding.rule)
        if index is None:
            index = self._indices[finding.rule] = len(self.rows)
            self.rows.append(_descriptor(finding))
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
