"""Builds reports for tests: findings are placed by the text they mark."""

from __future__ import annotations

from seawall.core.model import (
    Confidence,
    Edit,
    Evidence,
    Finding,
    Fix,
    Location,
    Notice,
    Problem,
    Region,
    Safety,
    Severity,
    Suppression,
    Target,
    Verdict,
)
from seawall.core.report import Excerpt, Report
from seawall.core.source import Source

ORDERS = """\
ARG PYTHON=3.9
FROM python:${PYTHON}
ENV DB_PASSWORD=Tr0ub4dor&3
RUN apt-get update && \\
    apt-get install -y gcc && \\
    rm -rf /var/lib/apt/lists/*
RUN curl -fsSL https://get.example.com/install.sh | sh
CMD python app.py
"""


def find(source: Source, text: str, nth: int = 0) -> Region:
    """The place of the nth occurrence of a text."""
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)
    return Region(start, start + len(text))


def finding(
    source: Source,
    marked: str,
    rule: str = "root-user",
    *,
    nth: int = 0,
    title: str = "The container runs as root",
    severity: Severity = Severity.HIGH,
    confidence: Confidence = Confidence.HIGH,
    verdict: Verdict = Verdict.FAIL,
    message: str = "nothing sets another user",
    label: str = "",
    why: str = "A process that breaks out of a root container is root on the host.",
    remedy: str = "Create a user and switch to it: USER 10001",
    evidence: tuple[Evidence, ...] = (),
    fix: Fix | None = None,
    standards: tuple[str, ...] = ("CIS Docker 1.8 4.1",),
    suppressed: Suppression | None = None,
    symbol: str = "stage 0",
) -> Finding:
    """A finding whose place is where `marked` stands in the source."""
    place = find(source, marked, nth)
    return Finding(
        rule=rule,
        practice="non-root-user",
        title=title,
        severity=severity,
        confidence=confidence,
        verdict=verdict,
        target=source.path,
        location=Location(source.path, source.span(place), symbol),
        message=message,
        label=label,
        why=why,
        remedy=remedy,
        evidence=evidence,
        fix=fix,
        standards=standards,
        fingerprint=f"{rule}:{source.path}:{place.start}",
        suppressed=suppressed,
    )


def report_on(*sources: Source, findings: tuple[Finding, ...] = (), **rest: object) -> Report:
    """A report on Dockerfiles."""
    return Report(
        targets=tuple(Target(source.path, "dockerfile") for source in sources),
        findings=findings,
        excerpts={source.path: Excerpt(source) for source in sources},
        **rest,  # type: ignore[arg-type]
    )


def small() -> Report:
    """One file with one of everything: severities, an unknown, a secret, a fix, a suppression."""
    source = Source("orders/Dockerfile", ORDERS)
    password = find(source, "Tr0ub4dor&3")
    pinned = find(source, "python:${PYTHON}")
    findings = (
        finding(
            source,
            "FROM python:${PYTHON}",
            evidence=(Evidence("python:3.9 runs as root", 2),),
            label="its user is root",
        ),
        finding(
            source,
            "python:${PYTHON}",
            "floating-tag",
            why="Its owner decides what your next build contains.",
            title="The base image's tag moves",
            severity=Severity.MEDIUM,
            message="`python:3.9` is another image tomorrow",
            remedy="Pin the version and the digest.",
            evidence=(Evidence("ARG PYTHON=3.9", 1),),
            fix=Fix(
                Safety.UNSAFE,
                "Pin the digest",
                (Edit(pinned.start, pinned.end, "python:3.9.21"),),
            ),
        ),
        finding(
            source,
            "Tr0ub4dor&3",
            "secret-in-env",
            why="Whoever can pull the image can read it.",
            title="A secret is stored in the image",
            severity=Severity.CRITICAL,
            message="DB_PASSWORD holds a password",
            remedy="Pass it when the container runs: --env-file, or a secret mount.",
        ),
        finding(
            source,
            "RUN apt-get update && \\\n    apt-get install -y gcc && \\\n"
            "    rm -rf /var/lib/apt/lists/*",
            "build-tools",
            why="An intruder can compile his exploit on the spot.",
            title="A compiler stays in the image",
            severity=Severity.LOW,
            confidence=Confidence.MEDIUM,
            message="gcc is not removed",
        ),
        finding(
            source,
            "curl -fsSL https://get.example.com/install.sh | sh",
            "curl-pipe-shell",
            why="Whoever controls the server chooses what your image runs.",
            title="A download is piped into a shell",
            label="runs whatever the server returns",
            verdict=Verdict.UNKNOWN,
            message="the shell may check a signature",
            remedy="Pass --build-arg VERIFY=…",
        ),
        finding(
            source,
            "CMD python app.py",
            "shell-form",
            why="A process that never sees SIGTERM is killed.",
            title="The command runs under a shell",
            suppressed=Suppression("inline", "needs expansion", "2027-01-31", 7),
        ),
    )
    return Report(
        targets=(Target(source.path, "dockerfile"), Target("broken/Dockerfile", "dockerfile")),
        findings=findings,
        problems=(
            Problem("broken/Dockerfile", "unknown instruction: FORM", "Did you mean FROM?", 3),
        ),
        notices=(Notice(source.path, "ignore of `latest-tag` is unused", 4),),
        hidden={"profile": 3, "confidence": 1},
        excerpts={source.path: Excerpt(source, (password,))},
    )
