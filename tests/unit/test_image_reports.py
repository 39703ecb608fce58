"""Reports on images, in every format: what to do first, flaws in tables, the rest in short."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from msgspec import structs
from pictured import (
    LONG,
    NAME,
    as_root,
    beside,
    flawed,
    imaged_report,
    pictured,
    secret,
)

from seawall.core.inventory import Advice, Comparison, ImageSummary, LayerSummary
from seawall.core.model import Finding, Problem, Severity, Verdict
from seawall.core.report import Report
from seawall.reports import FORMATS, RenderOptions, render
from seawall.reports.cells import width
from seawall.reports.columns import columns
from seawall.reports.figures import by_severity, changed, likely, sized
from seawall.reports.html.layers import layers as drawn
from seawall.reports.paint import Paint

MANY = tuple(flawed(number, package=f"library-{number:03}") for number in range(100, 160))


def text(report: Report, verbose: int = 0, columns: int = 80, **options: Any) -> str:
    return render("text", report, RenderOptions(width=columns, verbose=verbose, **options))


def parsed(markup: str) -> ET.Element:
    return ET.fromstring(markup)  # noqa: S314 -- we have written it


def test_an_image_is_introduced_by_its_figures() -> None:
    head = text(imaged_report()).split("\n\n")[0]
    assert head == (
        "== acme/app:1 (sha256:aaaaaaaaaaaa)\n"
        "  linux/amd64, Debian GNU/Linux 12 (bookworm), supported until 2028-06-10\n"
        "  packages 108 (96 deb, 12 pypi)\n"
        "  size 131.0 MB in 3 layers, 1 of them of the base image\n"
        "  6 findings: 3 critical, 1 high, 1 medium, 1 low"
    )


def test_what_to_do_comes_before_what_is_wrong_and_the_summary_last() -> None:
    shown = text(imaged_report())
    places = [
        shown.index(part)
        for part in (
            "What to do",
            "Flaws of packages",
            "critical[hardcoded-secret]",
            "could not be examined",
            "6 findings in 1 of 1 image",
        )
    ]
    assert places == sorted(places)


def test_a_step_says_what_it_clears_and_what_cannot_be_done_has_no_number() -> None:
    shown = text(imaged_report())
    assert (
        "  2. Upgrade 30 packages of the distribution\n"
        "     clears 1 critical, 2 high (1 that attackers use): CVE-2026-0001,\n"
        "     CVE-2026-0002 and 1 more\n"
    ) in shown
    assert (
        "  -  Nothing to be done yet about 1 flaw without a fix\n     1 low: CVE-2026-0009" in shown
    )


def test_a_long_instruction_is_continued_as_a_shell_takes_it() -> None:
    shown = text(imaged_report())
    lines = re.search(r"( +RUN apt-get.*?)(?:\n {2}-|\n\n)", shown, re.DOTALL)
    assert lines is not None
    assert all(line.endswith(" \\") for line in lines[1].split("\n")[:-1])
    joined = re.sub(r" \\\n +", " ", lines[1]).strip()
    assert joined == LONG


def test_a_line_that_is_no_instruction_is_never_broken() -> None:
    line = "set org.example:a-very-long-artifact-name to 1.2.3 in the build file of the project now"
    image = pictured(advice=(Advice("upgrade", "Upgrade it", (line,), {"high": 1}),))
    assert line in text(structs.replace(imaged_report(), images=(image,)))


def test_a_flaw_is_a_row_with_its_severity_in_words() -> None:
    shown = text(imaged_report(), columns=100)
    rows = [
        line.split() for line in shown.split("\n") if "CVE-2026-0" in line and "layer" not in line
    ]
    table = [row for row in rows if row[0] in {"critical", "high", "low"}]
    assert table == [
        ["critical", "CVE-2026-0001", "openssl", "3.0.11-1", "3.0.15-1", "KEV", "base"],
        ["high", "CVE-2026-0002", "openssl", "3.0.11-1", "3.0.15-1", "42%", "base"],
        ["low", "CVE-2026-0009", "zlib", "3.0.11-1", "none", "yet", "2"],
    ]


def test_only_the_most_pressing_are_shown_unless_all_are_asked_for() -> None:
    report = imaged_report(*MANY)
    assert "Flaws of packages: 60; the 20 most pressing, -v shows all" in text(report)
    assert text(report).count("CVE-2026-01") == 20
    assert text(report, verbose=1).count("CVE-2026-01") == 60


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal_but_what_is_to_be_copied(columns: int) -> None:
    shown = text(imaged_report(*MANY, secret(), comparison=beside()), columns=columns)
    # A table that can't be narrower than its columns that stay whole needs 69 cells.
    most = max(columns, 69)
    assert [line for line in shown.split("\n") if width(line) > most] == []


def test_colour_only_repeats_the_words() -> None:
    painted = text(imaged_report(comparison=beside()), color=True)
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == text(imaged_report(comparison=beside()))


def test_places_of_one_fault_stand_together_and_many_are_cut() -> None:
    secrets = [secret(f"app/{number}.env") for number in range(9)]
    shown = text(imaged_report(*secrets))
    assert shown.count("critical[hardcoded-secret]") == 1
    assert "A secret stands in the file (9)" in shown
    assert "  - layer 3: A token stands in app/0.env, line 1\n" in shown
    assert "  - and 4 more; -v shows them" in shown
    assert "app/8.env" in text(imaged_report(*secrets), verbose=1)


def test_why_is_told_once_for_several_images() -> None:
    report = imaged_report(as_root(), as_root("acme/app:2"), images=2)
    told = "A process that breaks out of a root container"
    assert text(report).count(told) == 1
    assert text(report, verbose=1).count(told) == 2


def test_an_undecided_finding_says_what_settles_it() -> None:
    open_ = structs.replace(as_root(), verdict=Verdict.UNKNOWN)
    shown = text(imaged_report(open_))
    assert "unknown[root-user]" in shown
    assert "= settle: " in shown


def test_problems_that_are_alike_are_told_once_with_their_files() -> None:
    alike = tuple(Problem(NAME, f"usr/lib/{n}.jar: is damaged", "Try again") for n in range(7))
    problems = (*alike, Problem(NAME, "the store has no advisories for npm"), alike[0])
    shown = text(imaged_report(problems=problems))
    assert shown.count("could not be examined whole: ") == 1
    assert (
        "  - is damaged (8 times): usr/lib/0.jar, usr/lib/1.jar, usr/lib/2.jar,\n"
        "    usr/lib/3.jar and 4 more\n"
        "    = try: Try again\n"
        "  - the store has no advisories for npm\n"
    ) in shown


def test_two_problems_that_are_alike_are_told_whole() -> None:
    two = tuple(Problem(NAME, f"usr/{n}: is damaged") for n in range(2))
    shown = text(imaged_report(problems=two))
    assert "  - usr/0: is damaged\n  - usr/1: is damaged\n" in shown


def test_two_images_are_compared_below_them() -> None:
    shown = text(imaged_report(comparison=beside(), problems=()))
    assert (
        "== acme/app:1 → acme/app:2\n"
        "  The second has 1 new flaw, and 1 of the first's is gone.\n"
        "  size 131.0 MB → 120.0 MB (-8%)\n"
        "  flaws: 1 new, 1 gone, 12 in both\n"
        "    + low CVE-2026-0007 in flask 3.0, no fix yet; attackers use it\n"
        "    - high CVE-2026-0001 in openssl 3.0.11-1, fixed in 3.0.15-1\n"
        "  packages: 1 added, 1 removed, 1 changed\n"
        "    + pypi flask 3.0\n"
        "    - pypi django 4.2\n"
        "    ~ deb openssl 3.0.11-1 → 3.0.15-1\n"
    ) in shown


def test_images_without_difference_are_said_to_be_alike() -> None:
    same = Comparison("a", "b", 0, 10, same=3)
    shown = text(imaged_report(comparison=same))
    assert "Both have the same flaws (3)." in shown
    assert "size 0 B → 10 B\n" in shown
    unsized = Comparison("a", "b", 0, 0)
    assert "0 B" not in text(imaged_report(comparison=unsized))


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_images_that_were_not_examined_whole_are_not_said_to_be_alike(form: str) -> None:
    same = Comparison(NAME, "acme/app:2", 1, 1, same=3)
    shown = render(form, imaged_report(comparison=same), RenderOptions())
    assert "Both have the same flaws" not in shown
    assert "Not all of both could be examined" in shown


def test_no_findings_is_not_said_of_what_could_not_be_read() -> None:
    report = structs.replace(imaged_report(), findings=())
    assert "  no findings in what could be examined\n" in text(report)


def test_an_image_with_nothing_to_say_of_it_is_still_named() -> None:
    bare = ImageSummary("bare", "sbom", "", "", "", "", 0, (), {}, ())
    report = Report(targets=imaged_report().targets, images=(bare,))
    assert text(report).startswith("== bare\n  packages none\n  no findings\n")


def test_quiet_is_a_line_for_each_finding() -> None:
    shown = text(imaged_report(), verbose=-1)
    assert "acme/app:1: critical hardcoded-secret A token stands in app/.env, line 1\n" in shown
    assert "What to do" not in shown
    assert ":1:1" not in shown
    concise = render("concise", imaged_report(), RenderOptions())
    assert "acme/app:1: critical exploited-vulnerability `openssl`" in concise
    assert "acme/app:1: problem not-examined usr/bin/odd: is damaged" in concise


def test_suppressed_flaws_are_told_where_all_is_asked_for() -> None:
    assert "suppressed (vex: not affected: vulnerable_code_not_present" in text(
        imaged_report(), verbose=1
    )
    assert "1 suppressed" in text(imaged_report())


def test_a_table_keeps_whole_what_must_be_searched_for() -> None:
    lines = [
        *columns(
            ("id", "name"),
            [("CVE-2026-12345678", "a-name/with.parts-that-are-long")],
            30,
            Paint(color=False),
            ["high"],
            whole={0},
        )
    ]
    assert lines[1].startswith("CVE-2026-12345678  a-name/")
    joined = "".join(line[19:] for line in lines[1:])
    assert joined == "a-name/with.parts-that-are-long"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (3_500_000_000, "3.5 GB"),
        (9 * 10**15, "9000.0 TB"),
    ],
)
def test_sizes_have_the_unit_that_fits(number: int, written: str) -> None:
    assert sized(number) == written


def test_figures_say_nothing_that_is_not_known() -> None:
    assert [likely(value) for value in (-1, 0, 0.005, 0.01, 0.5, 2)] == [
        "",
        "<1%",
        "<1%",
        "1%",
        "50%",
        "100%",
    ]
    assert by_severity({"low": 1, "critical": 2, "high": 0}) == "2 critical, 1 low"
    assert changed(100, 150) == "100 B → 150 B (+50%)"


# Markdown


def markdown(report: Report) -> str:
    return render("markdown", report, RenderOptions())


def test_markdown_has_steps_to_copy_and_folds_the_flaws() -> None:
    shown = markdown(imaged_report())
    assert "#### `acme/app:1`" in shown
    assert f"   ```dockerfile\n   {LONG}\n   ```" in shown
    assert "<details><summary>Flaws of packages: 3</summary>" in shown
    assert "| **critical** | `CVE-2026-0001` | `openssl` |" in shown
    assert "| critical | `hardcoded-secret` | `acme/app:1` |" in shown
    assert "vulnerable-package" not in shown
    assert "acme/app:1:" not in shown.replace("acme/app:1`: usr", "")


def test_markdown_stays_short_enough_to_be_posted() -> None:
    many = [flawed(n, name=f"acme/app:{i}") for i in range(2, 40) for n in range(100)]
    report = imaged_report(*many, images=39, comparison=beside())
    assert len(markdown(report)) < 65_000
    assert "more images are in the full report" in markdown(report) or (
        "The rest is in the full report." in markdown(report)
    )


def test_markdown_compares_as_a_difference() -> None:
    shown = markdown(imaged_report(comparison=beside()))
    assert "#### `acme/app:1` → `acme/app:2`" in shown
    assert "```diff\n+ low CVE-2026-0007" in shown
    long = structs.replace(beside(), added=beside().added * 50)
    assert "… and 22 more" in markdown(imaged_report(comparison=long))


def test_markdown_cuts_long_lists_and_says_so() -> None:
    step = Advice("upgrade", "Upgrade it", ("npm install x",), {"low": 1})
    report = imaged_report(*MANY, images=1)
    report = structs.replace(report, images=(pictured(advice=(step,) * 15),))
    shown = markdown(report)
    assert "5 more steps are in the full report." in shown
    assert "Flaws of packages: 60; the 30 most pressing" in shown
    assert "   ```sh\n   npm install x\n" in shown


# SARIF


def sarif(report: Report) -> Any:
    return json.loads(render("sarif", report, RenderOptions()))["runs"][0]


def test_each_flaw_is_a_rule_of_its_own_rated_by_its_score() -> None:
    run = sarif(imaged_report())
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    plain = rules["vulnerable-package/CVE-2026-0002"]
    assert plain["properties"]["security-severity"] == "7.5"
    assert plain["shortDescription"]["text"] == "CVE-2026-0002: a buffer overread"
    used = rules["exploited-vulnerability/CVE-2026-0001"]
    assert used["properties"]["security-severity"] == "9.5"
    assert "CISA lists it since 2026-02-01" in used["help"]["text"]
    assert "hardcoded-secret" in rules


def test_a_flaw_without_score_is_rated_by_its_severity() -> None:
    finding = flawed(3, severity=Severity.MEDIUM)
    assert finding.flaw is not None
    unrated = structs.replace(
        finding,
        flaw=structs.replace(
            finding.flaw,
            score=-1.0,
            cvss="",
            title="",
            aliases=("GHSA-1",),
            links=("https://a.example/1", "javascript:alert(1)", "https://b.example/<x>"),
        ),
    )
    (rule,) = sarif(imaged_report(unrated))["tool"]["driver"]["rules"]
    assert rule["properties"]["security-severity"] == "5.5"
    assert rule["shortDescription"]["text"].endswith("Package with a known flaw and a fix")
    assert "Also known as GHSA-1." in rule["help"]["text"]
    assert "- <https://a.example/1>" in rule["help"]["markdown"]
    assert "javascript" not in rule["help"]["markdown"]
    assert "<x>" not in rule["help"]["markdown"]
    (result,) = sarif(imaged_report(unrated))["results"]
    assert "cvssScore" not in result["properties"]


@pytest.mark.parametrize(
    "name", [NAME, "ghcr.io/acme/app@sha256:" + "a" * 64, "/tmp/a b.tar", "é.tar"]
)
def test_places_in_an_image_are_uris_below_its_name(name: str) -> None:
    finding = secret("root/.ssh/id rsa#1?", name=name)
    report = imaged_report(finding, excerpts={}, images=1)
    (result,) = sarif(report)["results"]
    (location,) = result["locations"]
    uri = location["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[A-Za-z0-9._~/%:-]+", uri)
    assert uri.endswith("/root/.ssh/id%20rsa%231%3F")
    parts = urlsplit(uri)
    assert parts.scheme in {"", "file"}
    assert not parts.query
    assert not parts.fragment
    assert PurePosixPath(parts.path).name == "id%20rsa%231%3F"


def test_a_flaw_names_its_package_and_layer_as_logical_places() -> None:
    (result,) = sarif(imaged_report(flawed(2, epss=0.42)))["results"]
    logical = result["locations"][0]["logicalLocations"]
    assert {"fullyQualifiedName": "deb/openssl CVE-2026-0002"} in logical
    assert {
        "fullyQualifiedName": "pkg:deb/debian/openssl@3.0.11-1?distro=debian-12",
        "kind": "module",
    } in logical
    assert {
        "name": "layer 1: ADD rootfs.tar in /",
        "fullyQualifiedName": f"sha256:{0:064x}",
        "kind": "resource",
    } in logical
    assert result["properties"]["epss"] == 0.42
    assert result["properties"]["fixed"] == ["3.0.15-1"]


def test_of_too_many_results_the_worst_are_kept_and_the_rest_is_said() -> None:
    low = [flawed(number, severity=Severity.LOW) for number in range(5000)]
    high = [flawed(9000 + number, severity=Severity.HIGH) for number in range(10)]
    run = sarif(imaged_report(*low, *high))
    assert len(run["results"]) == 5000
    assert {result["properties"]["severity"] for result in run["results"][:10]} == {"high"}
    told = [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]]
    assert any("10 findings are left out: the 5000 worst are reported." in each for each in told)


# Others


def test_an_annotation_on_an_image_names_it_instead_of_a_file() -> None:
    lines = render("github", imaged_report(), RenderOptions()).split("\n")
    (secret_line, *_) = [line for line in lines if "hardcoded-secret" in line]
    assert "file=" not in secret_line
    assert "::acme/app:1: A token stands in app/.env, line 1" in secret_line
    (problem, *_) = [line for line in lines if "could not be examined::" in line]
    assert "::acme/app:1: usr/bin/odd: is damaged" in problem


def test_junit_tells_findings_of_an_image_apart_by_what_they_are_on() -> None:
    tree = parsed(render("junit", imaged_report(), RenderOptions()))
    cases = tree.findall(".//testcase")
    names = [case.get("name") for case in cases]
    assert "vulnerable-package deb/openssl CVE-2026-0002" in names
    assert len(names) == len(set(names))
    assert all(case.get("line") is None for case in cases)
    clean = imaged_report(problems=(), images=1)
    clean = structs.replace(clean, findings=())
    assert 'name="seawall scan"' in render("junit", clean, RenderOptions())


def test_gitlab_takes_findings_of_an_image() -> None:
    issues = json.loads(render("gitlab", imaged_report(), RenderOptions()))
    assert {issue["location"]["path"] for issue in issues} == {NAME}
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_json_has_the_images_as_they_are() -> None:
    report = imaged_report(comparison=beside())
    whole = json.loads(render("json", report, RenderOptions()))
    assert whole["images"][0]["layers"][0]["findings"] == {"critical": 1, "high": 2}
    assert whole["images"][0]["advice"][1]["lines"] == [LONG]
    assert whole["comparison"]["same"] == 12
    rows = [json.loads(line) for line in render("jsonl", report, RenderOptions()).splitlines()]
    by_type = {row.pop("type"): row for row in rows}
    assert by_type["image"] == whole["images"][0]
    assert by_type["comparison"] == whole["comparison"]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_checklist_is_asked_for_without_images(form: str) -> None:
    options = RenderOptions(is_checklist=True)
    shown = render(form, imaged_report(), options)
    if form in {"text", "markdown"}:
        assert "What to do" not in shown


# HTML


def page(report: Report) -> str:
    return render("html", report, RenderOptions(version="1", date="2026-11-24"))


def test_the_page_draws_each_layer_and_says_the_same_in_a_table() -> None:
    shown = page(imaged_report())
    svg = re.search(r'<figure class="layers">(<svg.*?</svg>)', shown)
    assert svg is not None
    tree = parsed(svg[1])
    bars = [group for group in tree if (group.get("class") or "").startswith("bar")]
    assert [bar.get("class") for bar in bars] == ["bar critical", "bar medium", "bar none"]
    widths = [float(bar.find("rect").get("width", "0")) for bar in bars]  # type: ignore[union-attr]
    assert widths[0] > 10 * widths[1] > widths[2] > 4
    assert "120.0 MB, critical" in svg[1]
    assert "<td>120.0 MB<span" in shown
    assert "RUN pip install flask==2.0" in shown


def test_the_page_brackets_the_base() -> None:
    assert ">base image</text>" in page(imaged_report())
    own = tuple(LayerSummary(n, "RUN x", 100, 1, False, 0) for n in range(2))
    image = pictured(layers=own, size=200)
    assert "no base image is known" in drawn(image, 0)


def test_many_tiny_layers_do_not_leave_the_drawing() -> None:
    many = tuple(LayerSummary(n, "RUN x", n == 5, 1, n < 3, 0) for n in range(127))
    svg = re.search(r"<svg.*?</svg>", drawn(pictured(layers=many, size=1), 0))
    assert svg is not None
    for bar in parsed(svg[0]).iter("rect"):
        assert float(bar.get("x", "0")) + float(bar.get("width", "0")) <= 1000.1


@pytest.mark.parametrize(("layers", "size"), [(0, 0), (2, 0), (200, 5)])
def test_what_cannot_be_drawn_is_only_told(layers: int, size: int) -> None:
    some = tuple(LayerSummary(n, "", size, 1, False, 0) for n in range(layers))
    shown = drawn(pictured(layers=some, size=size * layers), 0)
    assert "<svg" not in shown
    assert ("<table" in shown) == bool(layers)


def test_flaws_stand_in_the_table_and_nowhere_else() -> None:
    shown = page(imaged_report())
    assert shown.count("<code>CVE-2026-0002</code>") == 1
    assert "Findings (3)" in shown
    assert 'id="f-hardcoded-secret-acme-app-1' in shown


def test_a_count_leads_to_findings_that_are_there() -> None:
    only = page(imaged_report(flawed(1), problems=()))
    assert '<a href="#images"><b>1</b> high</a>' in only
    for name in re.findall(r'href="#([^"]+)"', only):
        assert f'id="{name}"' in only, name


def test_ids_are_given_once() -> None:
    twice = (secret(), secret(), flawed(1), flawed(1), flawed(1, layer=1))
    shown = page(imaged_report(*twice, images=2, comparison=beside()))
    ids = re.findall(r' id="([^"]+)"', shown)
    assert len(ids) == len(set(ids))


def test_each_row_knows_its_place_in_every_order() -> None:
    rows = re.findall(r'style="--u:(\d+);--p:(\d+);--f:(\d+);--l:(\d+)"', page(imaged_report()))
    by_order = [[int(row[number]) for row in rows] for number in range(4)]
    assert by_order[0] == [0, 1, 2]
    assert all(sorted(order) == [0, 1, 2] for order in by_order)


def test_steps_and_changes_beyond_the_first_are_folded() -> None:
    step = Advice("upgrade", "Upgrade it", ("npm install x",), {"low": 1})
    report = structs.replace(
        imaged_report(comparison=beside()), images=(pictured(advice=(step,) * 14),)
    )
    shown = page(report)
    assert "<summary>2 more steps</summary>" in shown
    assert 'start="13"' in shown
    assert "<summary>Packages: 1 added, 1 removed, 1 changed</summary>" in shown


def test_a_flaw_that_nobody_has_named_a_package_of_is_still_a_row() -> None:
    finding: Finding = flawed(1)
    assert finding.flaw is not None
    bare = structs.replace(finding, flaw=structs.replace(finding.flaw, names=(), epss=-1.0))
    assert "pkg:deb/debian/openssl@3.0.11-1" in page(imaged_report(bare))
