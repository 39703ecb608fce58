"""Foreign text in every field of a report, in every format: nothing gets out of its place."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from reports import finding

from seawall.core.model import (
    ChecklistRow,
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
    Span,
    Suppression,
    Target,
    Verdict,
)
from seawall.core.report import Excerpt, Report
from seawall.core.source import Source
from seawall.reports import FORMATS, RenderOptions, render

NASTY = (
    "\x1b[2J\x1b]8;;http://evil\x07 \r::error::x\n::add-mask::y\n  ::stop-commands::z\n"
    "##[error]w ##vso[task.setvariable]v ]]> <script>alert(1)</script> a|b `` ``` c "
    "\u202ereversed\u202c \u200bzero \x9b31m \x7f \udcff \udc80 \x08\x0b\x0c \ufffe\uffff "
    "{0} %0A & \" ' \\ @org/team [x](y) \u2028 \u0085 \U000e0041 " + "long" * 1250
)
RAW = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]"
)


def nasty_report(text: str, verdict: Verdict = Verdict.FAIL) -> Report:
    """A report that says `text` wherever anything foreign can stand."""
    source = Source(text, f"FROM x\n{text}\nUSER root\n")
    end = len(source.text)
    findings = tuple(
        Finding(
            text,
            text,
            text,
            Severity.HIGH,
            Confidence.LOW,
            verdict,
            text,
            Location(text, source.span(place), text),
            text,
            text,
            text,
            text,
            (Evidence(text, 1),),
            Fix(Safety.SAFE, text, (Edit(0, 4, text),)),
            (text,),
            text,
            cause,
        )
        for place in (Region(7, 9), Region(7, end), Region(0, 4))
        for cause in (None, Suppression(text, text, text, 1))
    )
    return Report(
        targets=(Target(text, text),),
        findings=findings,
        problems=(Problem(text, text, text, 2),),
        notices=(Notice(text, text, 1),),
        checklist=(ChecklistRow(text, text, text, text, (text,)),),
        hidden={text: 1},
        excerpts={text: Excerpt(source)},
    )


def all_formats(report: Report, verbose: int = 1) -> dict[str, str]:
    options = RenderOptions(verbose=verbose, version="1")
    return {name: render(name, report, options) for name in FORMATS}


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.UNKNOWN])
def test_no_format_lets_a_control_character_through(verdict: Verdict) -> None:
    for name, written in all_formats(nasty_report(NASTY, verdict)).items():
        assert RAW.search(written) is None, name
        assert written.encode().decode() == written


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_a_format(text: str) -> None:
    written = all_formats(nasty_report(text))
    for name, output in written.items():
        assert RAW.search(output) is None, name
    for name in ("json", "sarif", "gitlab"):
        json.loads(written[name])
    for line in written["jsonl"].split("\n")[:-1]:
        json.loads(line)
    ET.fromstring(written["junit"])  # noqa: S314 -- our own output


@pytest.mark.parametrize("name", ["text", "concise"])
@pytest.mark.parametrize("verbose", [-1, 0, 1])
def test_text_commands_no_ci_system(name: str, verbose: int) -> None:
    written = all_formats(nasty_report(NASTY), verbose)[name]
    assert [line for line in written.split("\n") if line.lstrip().startswith("::")] == []
    assert re.search(r"##\w*\[", written) is None


def test_github_runs_only_the_commands_that_are_meant() -> None:
    for line in all_formats(nasty_report(NASTY))["github"].split("\n")[:-1]:
        command = re.match(r"::(error|warning|notice) [^\n]*?::", line)
        assert command is not None
        assert "::" not in command[0][2:-2]


def test_junit_says_the_text_and_holds_no_more_elements() -> None:
    root = ET.fromstring(all_formats(nasty_report(NASTY))["junit"])  # noqa: S314 -- our own output
    tags = {element.tag for element in root.iter()}
    assert tags == {"testsuites", "testsuite", "testcase", "failure", "error"}
    assert "]]>" in (root.findtext(".//failure") or "")


def test_markdown_holds_no_html_of_strangers_and_its_table_keeps_its_columns() -> None:
    written = all_formats(nasty_report("a|b `c|d <script>x</script> @org/team"))["markdown"]
    outside = re.sub(r"(?ms)^(`{3,}).*?^\1$", "", written)
    outside = re.sub(r"(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)", "", outside)
    assert "<script" not in outside
    assert "@org" not in outside
    rows = [line for line in written.splitlines() if line.startswith("| ")]
    findings, checklist = rows[:-3], rows[-3:]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in findings} == {5}
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in checklist} == {4}


def test_a_fence_in_the_source_does_not_end_the_excerpt() -> None:
    source = Source("Dockerfile", "RUN echo '````' <img src=x>\n")
    report = Report(
        findings=(finding(source, "RUN echo '````' <img src=x>"),),
        excerpts={"Dockerfile": Excerpt(source)},
    )
    assert "`````dockerfile\nRUN echo '````' <img src=x>\n`````" in all_formats(report)["markdown"]


def test_a_secret_is_in_no_format() -> None:
    key = "-----BEGIN KEY-----\nAbCdEf0123456789\n-----END KEY-----"
    text = (
        "FROM x\nENV PASSWORD=hunter2-Secret A=1\n"
        f"RUN login hunter2-Secret\nRUN <<EOF\n{key}\nEOF\n"
    )
    source = Source("Dockerfile", text)
    start = text.index(key)
    secrets = (Region(20, 34), Region(start, start + len(key)))
    assert text[20:34] == "hunter2-Secret"
    findings = tuple(
        finding(
            source,
            marked,
            message="found hunter2-Secret here",
            label="hunter2-Secret",
            remedy="not hunter2-Secret",
            symbol="ENV hunter2-Secret",
            evidence=(Evidence("ENV PASSWORD=hunter2-Secret"),),
        )
        for marked in (text, "A=1", "PASSWORD=hunter2", "Secret", "RUN login", "AbCdEf", "login h")
    )
    report = Report(
        targets=(Target("Dockerfile", "dockerfile"),),
        findings=findings,
        problems=(Problem("Dockerfile", "crash at hunter2-Secret"),),
        notices=(Notice("Dockerfile", "hunter2-Secret"),),
        excerpts={"Dockerfile": Excerpt(source, secrets)},
    )
    for name, written in all_formats(report).items():
        for part in ("hunter2", "Secret", "AbCdEf", "BEGIN"):
            assert part not in written.replace("RUN login Secret", ""), name


def test_a_plain_word_as_a_secret_is_hidden_in_its_place_only() -> None:
    source = Source("Dockerfile", "FROM postgres:16\nENV POSTGRES_PASSWORD=postgres\n")
    end = len(source.text) - 1
    report = Report(
        findings=(finding(source, "postgres:16", message="postgres is the base"),),
        excerpts={"Dockerfile": Excerpt(source, (Region(end - 8, end),))},
    )
    written = all_formats(report)["text"]
    assert "FROM postgres:16" in written
    assert "postgres is the base" in written


def test_overlapping_and_empty_secrets_are_hidden_as_one() -> None:
    source = Source("Dockerfile", "ENV A=0123456789abc B=2\n")
    secrets = (Region(6, 12), Region(8, 19), Region(3, 3))
    report = Report(
        findings=(finding(source, "B=2"),),
        excerpts={"Dockerfile": Excerpt(source, secrets)},
    )
    assert "1 | ENV A=******** B=2\n" in all_formats(report)["text"]


def test_two_names_that_look_alike_show_neither_source() -> None:
    sources = [Source("a\x1b", "ENV A=top-secret-1\n"), Source("a\\x1b", "ENV A=top-secret-1\n")]
    report = Report(
        findings=tuple(finding(source, "ENV") for source in sources),
        excerpts={
            sources[0].path: Excerpt(sources[0], (Region(6, 18),)),
            sources[1].path: Excerpt(sources[1]),
        },
    )
    for written in all_formats(report).values():
        assert "top-secret" not in written


def test_a_span_that_lies_makes_no_report_fail() -> None:
    source = Source("Dockerfile", "FROM x\n")
    honest = finding(source, "FROM")
    spans = [
        Span(9, 9, 9, 9),
        Span(1, 50, 1, 60),
        Span(2, 1, 1, 1),
        Span(1, 3, 99, 1),
        Span(0, 0, 0, 0),
    ]
    for span in spans:
        lying = replace(honest, location=Location("Dockerfile", span, ""))
        all_formats(Report(findings=(lying,), excerpts={"Dockerfile": Excerpt(source)}))
