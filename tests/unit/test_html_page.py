"""The HTML report and the drawings in it: self-contained, well-formed, and safe to open."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from reports import ORDERS, find, finding, report_on, small

from seawall.core.diagram import Box, Diagram, Line, Route, Step
from seawall.core.model import (
    ChecklistRow,
    Evidence,
    Finding,
    Fix,
    Notice,
    Problem,
    Safety,
    Severity,
    Suppression,
    Verdict,
)
from seawall.core.report import Excerpt, Report
from seawall.core.source import Source
from seawall.jobs.charting import diagram_of
from seawall.reports import RenderOptions, render
from seawall.reports.drawing import mermaid, svg
from seawall.reports.layout import BOX_HEIGHT, lay_out
from seawall.surfaces.compose.reader import read_texts

OPTIONS = RenderOptions(version="0.1.0", date="2026-11-25")
VOID = {"meta", "br", "link", "img", "input"}
EVIL = "</title><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>\"'`&"

SHOP = """\
services:
  proxy:
    image: traefik:3.1
    ports: ["80:80"]
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
    networks: [edge]
  web:
    image: acme/web:1
    networks: [edge, back]
  db:
    image: postgres:16
    volumes: [data:/data]
    networks: [back]
  backup:
    image: acme/backup:1
    volumes: [data:/data:ro]
    networks: [back]
  lonely:
    image: acme/lonely:1
    networks: [own]
networks: {edge: {}, back: {internal: true}, own: {}}
volumes: {data: {}}
"""


def shop(text: str = SHOP) -> Diagram:
    drawn = diagram_of(read_texts({"compose.yaml": text}))
    assert drawn is not None
    return drawn


def page(report: Report) -> str:
    return render("html", report, OPTIONS)


class Outline(HTMLParser):
    """Elements, ids and links of a page; fails where an end tag does not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a":
            self.links.append(str(values["href"]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def full() -> Report:
    base = small()
    rows = tuple(
        ChecklistRow(f"Item {word}", level, word, "seen at `compose.yaml:4`", ("non-root-user",))
        for level in ("Image", "Runtime")
        for word in ("pass", "fail", "unknown", "not applicable")
    )
    return Report(
        base.targets,
        base.findings,
        base.problems,
        base.notices,
        rows,
        base.hidden,
        base.excerpts,
        (shop(),),
    )


def test_the_page_is_well_formed_and_every_link_leads_somewhere() -> None:
    outline = Outline(page(full()))
    assert len(outline.ids) == len(set(outline.ids))
    assert {link for link in outline.links if not link.startswith("#")} == set()
    assert {link.removeprefix("#") for link in outline.links} <= set(outline.ids)


def test_the_page_has_landmarks_and_headings_in_order() -> None:
    outline = Outline(page(full()))
    assert {"header", "nav", "main", "footer", "section", "article"} <= set(outline.tags)
    assert outline.tags.count("h1") == 1
    levels = [int(tag[1]) for tag in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_nothing_in_the_page_is_fetched_or_run() -> None:
    text = page(full())
    outline = Outline(text)
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(outline.tags)
    assert not {name for name in outline.attributes if name.startswith("on")}
    assert "default-src 'none'" in text
    assert "url(http" not in text
    assert "@import" not in text


def test_the_parts_that_an_auditor_asks_for_are_there() -> None:
    text = page(full())
    for heading in (
        "Summary",
        "Not examined",
        "Checklist",
        "Attack paths",
        "Findings (5)",
        "Standards",
        "Suppressed",
        "Notices",
        "What was examined",
    ):
        assert f">{heading}</h2>" in text, heading
    assert "2026-11-25" in text
    assert "needs expansion" in text
    assert "2027-01-31" in text
    assert "3 findings hidden by profile" in text
    assert "Ensure that a user for the container has been created" in text
    assert "Undecided" in text


def test_a_report_of_nothing_says_so() -> None:
    text = page(Report())
    assert "Pass" in text
    assert ">Findings</h2>" not in text
    assert "There is nothing to report" in page(report_on(Source("Dockerfile", ORDERS)))


@pytest.mark.parametrize(("severity", "word"), [(Severity.HIGH, "Fail"), (Severity.LOW, "Pass")])
def test_the_result_is_that_of_the_exit_code(severity: Severity, word: str) -> None:
    source = Source("Dockerfile", ORDERS)
    report = report_on(source, findings=(finding(source, "FROM", severity=severity),))
    assert f"<strong>{word}</strong>" in page(report)
    broken = report_on(source, problems=(Problem("x", "broken", "mend it"),))
    assert "<strong>Incomplete</strong>" in page(broken)


def test_hostile_texts_stay_texts() -> None:
    source = Source(EVIL, f"FROM {EVIL}\n")
    one = finding(
        source,
        "FROM",
        EVIL,
        title=EVIL,
        message=EVIL,
        label=EVIL,
        why=EVIL,
        remedy=f"{EVIL}\n    {EVIL}\n    more\n{EVIL}",
        evidence=(Evidence(EVIL, 1), Evidence(EVIL)),
        standards=(EVIL,),
        symbol=EVIL,
        fix=Fix(Safety.GUIDED, EVIL),
    )
    waived = finding(source, "FROM", suppressed=Suppression(EVIL, EVIL, EVIL))
    drawn = Diagram(
        EVIL,
        EVIL,
        (Box("internet", EVIL, "internet"), Box(EVIL, EVIL, EVIL, EVIL, EVIL)),
        (Line("internet", EVIL, EVIL, True),),
        (Route(EVIL, EVIL, Severity.HIGH, (EVIL,), (Step(EVIL, EVIL),), EVIL),),
    )
    report = report_on(
        source,
        findings=(one, waived),
        problems=(Problem(EVIL, EVIL, EVIL, 1),),
        notices=(Notice(EVIL, EVIL, 1), Notice("", EVIL)),
        checklist=(ChecklistRow(EVIL, EVIL, EVIL, EVIL, (EVIL,)),),
        hidden={EVIL: 1, "nothing": 0},
        diagrams=(drawn,),
    )
    outline = Outline(page(report))
    assert not {"script", "img"} & set(outline.tags)
    assert "onerror" not in outline.attributes
    labels = re.findall(r'"(.*)"', mermaid(drawn))
    assert not set("".join(labels).replace("<br/>", "")) & set('"<>&`()=')
    assert render("markdown", report, OPTIONS).count("```mermaid") == 1


def test_a_secret_is_struck_out_and_its_place_marked() -> None:
    text = page(small())
    assert "Tr0ub4dor" not in text
    assert "DB_PASSWORD=<mark>********</mark>" in text


def excerpt_of(source: Source, marked: str, secret: str = "") -> str:
    secrets = (find(source, secret),) if secret else ()
    report = Report(
        findings=(finding(source, marked),), excerpts={source.path: Excerpt(source, secrets)}
    )
    (block,) = re.findall(r'<pre class="source".*?</pre>', page(report), re.DOTALL)
    return re.sub(r"<(?!/?mark).*?>", "", block.replace('</span><span class="row', '\n<span "'))


def test_an_excerpt_shows_a_line_before_and_behind() -> None:
    source = Source("Dockerfile", "ONE\nTWO x\nTHREE\nFOUR\n")
    assert excerpt_of(source, "x") == "1ONE\n2TWO <mark>x</mark>\n3THREE"
    assert excerpt_of(source, "FOUR") == "3THREE\n4<mark>FOUR</mark>"


def test_a_long_place_is_cut_in_its_middle() -> None:
    text = (
        "RUN a && \\\n" + "".join(f"    step {n} && \\\n" for n in range(30)) + "    end\nCMD x\n"
    )
    shown = excerpt_of(Source("Dockerfile", text), text[: text.index("end") + 3])
    assert "\n…\n" in shown
    assert len(shown.splitlines()) < 18
    assert "<mark>step 1 &amp;&amp; \\</mark>" in shown


def test_a_long_line_is_shown_around_its_mark() -> None:
    source = Source("Dockerfile", "ENV " + "a" * 5000 + " MARK " + "b" * 5000 + "\n")
    shown = excerpt_of(source, "MARK")
    assert shown.startswith("1…aaa")
    assert "<mark>MARK</mark>" in shown
    assert shown.endswith("b…")
    assert len(shown) < 300


def test_a_secret_beyond_the_mark_is_hidden_too() -> None:
    source = Source("Dockerfile", "ENV A=1 TOKEN=abcdefgh-1234567 B=2\n")
    shown = excerpt_of(source, "A=1", "abcdefgh-1234567")
    assert shown == "1ENV <mark>A=1</mark> TOKEN=******** B=2"


def test_an_unknown_finding_says_what_would_settle_it() -> None:
    assert "To settle" in page(small())


def test_the_why_of_a_rule_is_told_once() -> None:
    source = Source("Dockerfile", ORDERS)
    twice = tuple(finding(source, word) for word in ("FROM", "CMD"))
    text = page(report_on(source, findings=twice))
    assert text.count("root on the host.") == 1
    assert "as told at the first of these" in text


def undecided(source: Source) -> Finding:
    return finding(source, "CMD", verdict=Verdict.UNKNOWN)


def test_a_section_of_a_standard_names_the_worst_of_its_findings() -> None:
    source = Source("Dockerfile", ORDERS)
    assert 'badge unknown">Unknown</span></td><td><a' in page(
        report_on(source, findings=(undecided(source),))
    )
    both = (undecided(source), finding(source, "FROM", severity=Severity.LOW))
    assert 'badge low">Low</span></td><td><a' in page(report_on(source, findings=both))


# --- drawings


def test_boxes_do_not_overlap_and_lie_within_the_drawing() -> None:
    layout = lay_out(shop())
    boxes = layout.boxes
    for index, one in enumerate(boxes):
        assert 0 <= one.x <= one.x + one.width <= layout.width
        assert 0 <= one.y <= one.y + BOX_HEIGHT <= layout.height
        for other in boxes[index + 1 :]:
            apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
            apart_y = one.y + BOX_HEIGHT <= other.y or other.y + BOX_HEIGHT <= one.y
            assert apart_x or apart_y, (one.box.id, other.box.id)


def test_layers_go_as_an_intruder_goes() -> None:
    left = {placed.box.label: placed.x for placed in lay_out(shop()).boxes}
    order = ["outside", "proxy", "edge", "web", "back", "db", "data"]
    assert [left[name] for name in order] == sorted(left[name] for name in order)
    assert left["host"] > left["db"]


def test_a_line_over_layers_passes_between_boxes() -> None:
    layout = lay_out(shop())
    (line,) = [each for each in layout.lines if each.line.target == "host"]
    for x, y in line.points[1:-1]:
        assert not any(
            box.x < x < box.x + box.width and box.y < y < box.y + BOX_HEIGHT for box in layout.boxes
        )


def test_a_line_ends_at_its_target_also_where_that_stands_left() -> None:
    boxes = (Box("internet", "outside", "internet"), Box("a", "a", "service"))
    drawn = Diagram("p", "t", boxes, (Line("internet", "a", "x"), Line("a", "internet", "back")))
    there, back = lay_out(drawn).lines
    assert there.points == back.points[::-1]


def test_a_crowded_layer_stands_closer() -> None:
    texts = "".join(f"  s{n}:\n    image: acme/app:1\n" for n in range(40))
    layout = lay_out(shop(f"services:\n{texts}"))
    assert layout.height < 40 * (BOX_HEIGHT + 9)


def test_a_drawing_says_in_words_what_it_shows() -> None:
    text = svg(shop(), 3)
    assert 'role="img"' in text
    assert "5 services with the networks that join them" in text
    assert "outside → proxy → root on the host" in text
    assert 'id="graph-3-title"' in text
    quiet = svg(shop("services:\n  web:\n    image: acme/app:1\n"))
    assert "No way leads from outside." in quiet


def test_what_nobody_can_read_is_not_drawn_but_told() -> None:
    texts = "".join(f"  s{n}:\n    image: acme/app:1\n" for n in range(160))
    drawn = shop(f"services:\n{texts}")
    assert svg(drawn) == ""
    assert mermaid(drawn) == ""
    report = Report(diagrams=(drawn,))
    assert "Too large to draw" in page(report)
    assert "No way leads from outside" in render("markdown", report, OPTIONS)
    assert svg(Diagram("", "", (), ())) == ""


def test_mermaid_goes_from_left_to_right_and_marks_the_routes() -> None:
    lines = mermaid(shop()).splitlines()
    assert lines[0] == "flowchart LR"
    names = {re.split(r"[\[({]", line.strip())[0]: line for line in lines if '"' in line}
    by_label = {re.findall(r'"(\w+)', text)[0]: name for name, text in names.items()}
    assert f"  {by_label['outside']} ==> {by_label['proxy']}" in lines
    assert f"  {by_label['edge']} === {by_label['web']}" in lines
    assert f"  {by_label['own']} --- {by_label['lonely']}" in lines or (
        f"  {by_label['lonely']} --- {by_label['own']}" in lines
    )
    assert lines[-1].startswith("  linkStyle 0,")


def test_markdown_folds_the_drawing_and_tells_the_routes() -> None:
    text = render("markdown", Report(diagrams=(shop(),)), OPTIONS)
    assert "```mermaid\nflowchart LR" in text
    assert "- **critical** outside → proxy → root on the host: Take the mount of" in text
