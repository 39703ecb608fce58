"""The formats for machines and services: each one's own rules, and the same findings in all."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from time import process_time
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import ORDERS, finding, report_on, small

from seawall.core.errors import UsageError
from seawall.core.model import (
    Confidence,
    Edit,
    Fix,
    Notice,
    Problem,
    Safety,
    Severity,
    Suppression,
    Target,
    Verdict,
)
from seawall.core.report import Excerpt, Report
from seawall.core.source import Source
from seawall.reports import FORMATS, RenderOptions, render
from seawall.rules import all_rules

OPTIONS = RenderOptions(version="0.1.0")


def show(name: str, report: Report) -> str:
    return render(name, report, OPTIONS)


def load(name: str, report: Report) -> object:
    return json.loads(show(name, report))


def test_an_unknown_format_is_refused_with_a_suggestion() -> None:
    with pytest.raises(UsageError) as caught:
        show("sarf", Report())
    assert "sarif" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        show("qqqq", Report())
    assert "gitlab" in caught.value.hint


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_in_one_line_feed(name: str) -> None:
    for report in (Report(), small()):
        written = show(name, report)
        assert written.endswith("\n")
        assert not written.endswith("\n\n")


Place = tuple[str, str, int]


def _concise(text: str) -> list[Place]:
    rows = re.findall(r"^(.+?):(\d+):\d+ \w+ ([\w-]+)", text, re.MULTILINE)
    return [(rule, path, int(line)) for path, line, rule in rows if rule != "not-examined"]


def _text(text: str) -> list[Place]:
    places, rule = [], ""
    for line in text.splitlines():
        if head := re.match(r"\w+\[([\w-]+)\]: ", line):
            rule = head[1]
        elif place := re.match(r" *--> (.+):(\d+):(\d+(?:, \d+)*)$", line):
            places += [(rule, place[1], int(place[2]))] * len(place[3].split(", "))
        elif also := re.match(r" *= also: \d+ more, lines? (.+)", line):
            places += [(rule, places[-1][1], int(number)) for number in also[1].split(", ")]
    return places


def _json(text: str) -> list[Place]:
    return [_row(row) for row in json.loads(text)["findings"] if not row["suppressed"]]


def _jsonl(text: str) -> list[Place]:
    rows = map(json.loads, text.splitlines())
    return [_row(row) for row in rows if row["type"] == "finding" and not row["suppressed"]]


def _row(row: dict[str, object]) -> Place:
    place = row["location"]
    assert isinstance(place, dict)
    return str(row["rule"]), place["path"], place["line"]


def _sarif(text: str) -> list[Place]:
    places = []
    for result in json.loads(text)["runs"][0]["results"]:
        physical = result["locations"][0]["physicalLocation"]
        if "suppressions" not in result:
            line = physical["region"]["startLine"]
            places.append((result["ruleId"], physical["artifactLocation"]["uri"], line))
    return places


def _github(text: str) -> list[Place]:
    rows = re.findall(r"^::\w+ file=(.+?),line=(\d+),.*?title=\w+\[([\w-]+)\]", text, re.MULTILINE)
    return [(rule, path, int(line)) for path, line, rule in rows]


def _gitlab(text: str) -> list[Place]:
    rows = [row for row in json.loads(text) if row["check_name"] != "not-examined"]
    return [(r["check_name"], r["location"]["path"], r["location"]["lines"]["begin"]) for r in rows]


def _junit(text: str) -> list[Place]:
    places = []
    for case in ET.fromstring(text).iter("testcase"):  # noqa: S314 -- our own output
        if case.find("failure") is not None:
            rule = case.attrib["name"].split(" ")[0]
            places.append((rule, case.attrib["file"], int(case.attrib["line"])))
    return places


def _markdown(text: str) -> list[Place]:
    rows = re.findall(r"^\| \w+ \| `([\w-]+)` \| `(.+?):(\d+)` \|", text, re.MULTILINE)
    return [(rule, path, int(line)) for rule, path, line in rows]


def _html(text: str) -> list[Place]:
    rows = re.findall(
        r'<p class="where"><span><code>(.+?):(\d+):\d+</code></span>'
        r"(?:<span>[^<]*</span>)?<span><code>([\w-]+)</code></span></p>",
        text,
    )
    return [(rule, path, int(line)) for path, line, rule in rows]


READERS: dict[str, Callable[[str], list[Place]]] = {
    "text": _text,
    "concise": _concise,
    "json": _json,
    "jsonl": _jsonl,
    "sarif": _sarif,
    "github": _github,
    "gitlab": _gitlab,
    "junit": _junit,
    "markdown": _markdown,
    "html": _html,
}


def test_every_format_has_a_reader_here() -> None:
    assert READERS.keys() == FORMATS.keys()


@st.composite
def reports(draw: st.DrawFn) -> Report:
    sources = [Source(f"{name}/Dockerfile", ORDERS) for name in "ab"]
    found = st.builds(
        finding,
        st.sampled_from(sources),
        st.sampled_from(["FROM", "ENV", "curl", "CMD python", "RUN apt-get update && \\\n  "]),
        st.sampled_from(["root-user", "latest-tag", "made-up"]),
        severity=st.sampled_from(Severity),
        confidence=st.sampled_from(Confidence),
        verdict=st.sampled_from([Verdict.FAIL, Verdict.UNKNOWN]),
        suppressed=st.sampled_from([None, None, Suppression("inline", "known")]),
    )
    findings = tuple(draw(st.lists(found, max_size=12)))
    problems = (Problem("c/Dockerfile", "empty"),) if draw(st.booleans()) else ()
    return report_on(*sources, findings=findings, problems=problems)


@settings(max_examples=40, deadline=None)
@given(reports())
def test_all_formats_hold_the_same_findings(report: Report) -> None:
    expected = Counter((f.rule, f.target, f.location.span.line) for f in report.active)
    for name, reader in READERS.items():
        assert Counter(reader(show(name, report))) == expected, name


# --- JSON


def test_json_counts_what_it_holds() -> None:
    document = json.loads(show("json", small()))
    assert document["summary"] == {
        "by_severity": {"critical": 1, "high": 1, "medium": 1, "low": 1},
        "unknown": 1,
        "suppressed": 1,
        "hidden": {"profile": 3, "confidence": 1},
        "problems": 1,
        "exit_code": 2,
    }


def test_json_gives_edits_by_line_and_column() -> None:
    row = next(r for r in json.loads(show("json", small()))["findings"] if r["fix"])
    assert row["fix"] == {
        "safety": "unsafe",
        "title": "Pin the digest",
        "edits": [
            {"line": 2, "column": 6, "end_line": 2, "end_column": 22, "text": "python:3.9.21"}
        ],
    }


def test_a_fix_without_its_source_has_no_edits() -> None:
    report = small()
    bare = Report(findings=report.findings)
    row = next(r for r in json.loads(show("json", bare))["findings"] if r["fix"])
    assert row["fix"]["edits"] == []


def test_json_lines_say_what_each_line_is() -> None:
    kinds = [json.loads(line)["type"] for line in show("jsonl", small()).splitlines()]
    expected = ["run", *["target"] * 2, *["finding"] * 6, "problem", "notice", "summary"]
    assert kinds == expected


def _many(count: int) -> Report:
    source = Source("Dockerfile", ORDERS)
    one = finding(source, "FROM", message="m" * 60)
    return report_on(source, findings=(one,) * count)


def test_fifteen_thousand_findings_are_json_in_a_fraction_of_a_second() -> None:
    report = _many(15_000)
    render("json", _many(1), OPTIONS)
    started = process_time()
    render("json", report, OPTIONS)
    assert process_time() - started < 1.0  # about 0.1 s; a slow machine may take a few times that


# --- SARIF


def _run(report: Report) -> dict[str, list[dict[str, object]]]:
    runs = json.loads(show("sarif", report))["runs"]
    assert isinstance(runs[0], dict)
    return runs[0]


def test_sarif_keeps_the_five_thousand_worst_and_says_so() -> None:
    source = Source("Dockerfile", ORDERS)
    low = finding(source, "FROM", "low-rule", severity=Severity.LOW)
    waived = finding(source, "FROM", "waived-rule", suppressed=Suppression("policy"))
    worst = finding(source, "FROM", "worst-rule", severity=Severity.CRITICAL)
    run = _run(report_on(source, findings=(waived, *(low,) * 5000, worst)))
    assert len(run["results"]) == 5000
    assert run["results"][0]["ruleId"] == "worst-rule"
    assert "waived-rule" not in show("sarif", report_on(source, findings=(low,)))
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert "2 findings are left out" in str(notes)


def test_sarif_says_that_a_run_with_problems_was_no_success() -> None:
    invocation = _run(small())["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 2
    assert "unknown instruction: FORM" in str(invocation["toolExecutionNotifications"])
    assert _run(Report())["invocations"][0]["executionSuccessful"] is True


def test_sarif_suppressions_keep_their_reason_and_their_end() -> None:
    result = next(r for r in _run(small())["results"] if "suppressions" in r)
    assert result["suppressions"] == [
        {
            "kind": "inSource",
            "status": "accepted",
            "justification": "needs expansion (until 2027-01-31)",
        }
    ]
    source = Source("Dockerfile", ORDERS)
    found = finding(source, "FROM", suppressed=Suppression("baseline"))
    suppressions = _run(report_on(source, findings=(found,)))["results"][0]["suppressions"]
    assert suppressions == [{"kind": "external", "status": "accepted", "justification": "baseline"}]


def test_sarif_gives_fixes_with_their_regions() -> None:
    result = next(r for r in _run(small())["results"] if "fixes" in r)
    assert result["fixes"] == [
        {
            "description": {"text": "Pin the digest (may change what is built or run)"},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "orders/Dockerfile"},
                    "replacements": [
                        {
                            "deletedRegion": {
                                "startLine": 2,
                                "startColumn": 6,
                                "endLine": 2,
                                "endColumn": 22,
                            },
                            "insertedContent": {"text": "python:3.9.21"},
                        }
                    ],
                }
            ],
        }
    ]


def test_sarif_calls_the_undecided_open_and_says_what_settles_it() -> None:
    result = next(r for r in _run(small())["results"] if r["ruleId"] == "curl-pipe-shell")
    assert (result["kind"], result["level"]) == ("open", "none")
    assert "To settle it: Pass --build-arg VERIFY" in str(result["message"])


def test_sarif_messages_hold_no_links_of_strangers() -> None:
    source = Source("Dockerfile", ORDERS)
    found = finding(source, "FROM", message="see [here](http://evil.example)")
    assert "](" not in str(_run(report_on(source, findings=(found,)))["results"][0]["message"])


def test_sarif_paths_are_uris() -> None:
    names = {"./a b/Dockerfile": "a%20b/Dockerfile", "/srv/Dockerfile": "file:///srv/Dockerfile"}
    for name, uri in {**names, "x?#%:/D": "x%3F%23%25%3A/D"}.items():
        run = _run(report_on(Source(name, ORDERS)))
        assert run["artifacts"] == [{"location": {"uri": uri}}]


def test_sarif_describes_a_rule_with_all_that_is_known_of_it() -> None:
    rule = all_rules()[0]
    source = Source("Dockerfile", ORDERS)
    report = report_on(source, findings=(finding(source, "FROM", rule.id),) * 2)
    rules = json.loads(show("sarif", report))["runs"][0]["tool"]["driver"]["rules"]
    assert len(rules) == 1
    assert rules[0]["shortDescription"]["text"] == rule.title
    assert rules[0]["fullDescription"]["text"] == rule.rationale
    assert rule.bad[0].rstrip() in rules[0]["help"]["markdown"]
    assert set(rules[0]["properties"]["tags"]) >= {"security", *rule.aliases[:3]}
    assert float(rules[0]["properties"]["security-severity"]) > 0


# --- GitHub


def test_github_annotations_escape_what_would_end_them() -> None:
    source = Source("a,b:c%/Dockerfile", ORDERS)
    found = finding(source, "FROM", message="100 %\nof a::b", remedy="")
    first = show("github", report_on(source, findings=(found,))).splitlines()[0]
    assert first == (
        "::error file=a%2Cb%3Ac%25/Dockerfile,line=2,endLine=2,col=1,endColumn=4,"
        "title=high[root-user]%3A The container runs as root::100 %25%0Aof a::b"
    )


def test_github_annotations_of_many_lines_have_no_columns() -> None:
    first = next(line for line in show("github", small()).splitlines() if "build-tools" in line)
    assert "line=4,endLine=6,title" in first


@pytest.mark.parametrize(
    ("severity", "level"),
    [("critical", "error"), ("high", "error"), ("medium", "warning"), ("low", "notice")],
)
def test_github_levels_follow_severity(severity: str, level: str) -> None:
    source = Source("Dockerfile", ORDERS)
    report = report_on(source, findings=(finding(source, "FROM", severity=Severity(severity)),))
    assert show("github", report).startswith(f"::{level} ")


def test_github_ends_with_the_verdict_of_the_run() -> None:
    source = Source("Dockerfile", ORDERS)
    clean = show("github", report_on(source))
    assert clean == "::notice title=seawall::1 Dockerfile examined, nothing at or over high.\n"
    assert show("github", small()).splitlines()[-1].startswith("::error title=seawall::5 findings")


def test_github_places_problems_and_notices() -> None:
    problems = (Problem("a", "gone"), Problem("./b", "bad", "Mend it.", 7))
    notices = (Notice("c", "unused"), Notice("d", "expired", 3))
    written = show("github", Report(problems=problems, notices=notices))
    assert "::error file=a,title=could not be examined::gone\n" in written
    assert "::error file=b,title=could not be examined,line=7::bad%0AMend it.\n" in written
    assert "::notice file=c,title=seawall::unused\n" in written
    assert "::notice file=d,title=seawall,line=3::expired\n" in written


# --- GitLab


def test_gitlab_fingerprints_are_apart_even_where_findings_are_alike() -> None:
    source = Source("./Dockerfile", ORDERS)
    one = finding(source, "FROM")
    issues = json.loads(show("gitlab", report_on(source, findings=(one, one, one))))
    assert len({issue["fingerprint"] for issue in issues}) == 3
    assert {issue["location"]["path"] for issue in issues} == {"Dockerfile"}


def test_gitlab_severities_are_its_own() -> None:
    severities = {i["check_name"]: i["severity"] for i in json.loads(show("gitlab", small()))}
    assert severities == {
        "not-examined": "blocker",
        "secret-in-env": "blocker",
        "root-user": "critical",
        "floating-tag": "major",
        "build-tools": "minor",
        "curl-pipe-shell": "info",
    }


# --- JUnit


def test_junit_counts_are_those_of_its_cases() -> None:
    report = small()
    more = (Target("clean/Dockerfile", "dockerfile"), *report.targets)
    root = ET.fromstring(  # noqa: S314 -- our own output
        show("junit", Report(more, report.findings, report.problems, excerpts=report.excerpts))
    )
    assert root.attrib == {"name": "seawall", "tests": "7", "failures": "5", "errors": "1"}
    suites = {suite.attrib["name"]: suite for suite in root}
    assert [*suites] == ["clean/Dockerfile", "orders/Dockerfile", "broken/Dockerfile"]
    assert len(suites["orders/Dockerfile"]) == 5
    assert suites["broken/Dockerfile"][0].find("error") is not None
    assert len(suites["clean/Dockerfile"][0]) == 0


# --- Markdown


def test_markdown_is_short_enough_to_post_however_much_was_found() -> None:
    source = Source("Dockerfile", ORDERS)
    report = report_on(
        source,
        findings=(finding(source, "FROM", message="m " * 5000, why="w " * 5000),) * 500,
        problems=(Problem("x" * 3000, "r " * 3000),) * 300,
    )
    written = show("markdown", report)
    assert len(written) < 65_536
    assert "450 more are in the full report." in written


def test_markdown_shows_code_as_code_and_nothing_else_as_markup() -> None:
    source = Source("Dockerfile", ORDERS)
    message = "`a|b` is *not* <b>x</b> @org/team #1 ![i](https://e.example) 1. $x$ www.e.example"
    written = show(
        "markdown", report_on(source, findings=(finding(source, "FROM", message=message),))
    )
    row = next(line for line in written.splitlines() if line.startswith("| high"))
    assert row.endswith(
        r"| `a\|b` is \*not\* &lt;b&gt;x&lt;/b&gt; @&#8203;org/team #&#8203;1 "
        r"\!\[i\](https:&#8203;//e.example) 1. &#36;x&#36; www&#8203;.e.example |"
    )


def test_a_fix_that_would_carry_a_secret_has_no_edits() -> None:
    source = Source("Dockerfile", "ENV TOKEN=abcdefgh1234\n")
    place = Edit(0, 3, "ARG TOKEN=abcdefgh1234")
    found = finding(source, "TOKEN", fix=Fix(Safety.UNSAFE, "move abcdefgh1234", (place,)))
    secret = Edit(10, 22, "")
    report = Report(findings=(found,), excerpts={"Dockerfile": Excerpt(source, (secret,))})
    fix = json.loads(show("json", report))["findings"][0]["fix"]
    assert fix == {"safety": "unsafe", "title": "move ********", "edits": []}
    assert "fixes" not in show("sarif", report)


def test_markdown_cites_as_text_does_and_once_for_each_rule() -> None:
    source = Source("Dockerfile", ORDERS)
    standards = ("CIS Docker 1.8 4.2", "CIS Docker 1.8 5.28")
    findings = tuple(finding(source, word, standards=standards) for word in ("FROM", "CMD"))
    written = render("markdown", report_on(source, findings=findings), RenderOptions())
    assert written.count("**See:** CIS Docker 1.8 4.2, 5.28\n") == 1
    assert written.count("<details>") == 2


def test_markdown_ends_with_the_notices() -> None:
    report = Report(notices=(Notice("a|b", "over", 3), Notice("", "hidden")))
    written = render("markdown", report, RenderOptions())
    assert written.endswith("**Note:** `a\\|b:3`: over\n\n**Note:** hidden\n")
