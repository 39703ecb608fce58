"""The text report: its frame, its width, and what it says of the whole run."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import ORDERS, find, finding, report_on, small

from seawall.core.model import (
    Confidence,
    Evidence,
    Finding,
    Notice,
    Problem,
    Severity,
    Suppression,
    Target,
    Verdict,
)
from seawall.core.report import Excerpt, Report
from seawall.core.source import Source
from seawall.reports import RenderOptions, render
from seawall.reports.cells import width, wrap

PLAIN = RenderOptions(version="0.1.0")

GOLDEN = """\
critical[secret-in-env]: A secret is stored in the image
 --> orders/Dockerfile:3:17
3 | ENV DB_PASSWORD=********
  |                 ^^^^^^^^ DB_PASSWORD holds a password
  = why: Whoever can pull the image can read it.
  = fix: Pass it when the container runs: --env-file, or a secret mount.
  = see: CIS Docker 1.8 4.1; seawall explain secret-in-env

high[root-user]: The container runs as root
 --> orders/Dockerfile:2:1
2 | FROM python:${PYTHON}
  | ^^^^^^^^^^^^^^^^^^^^^ its user is root
  = what: nothing sets another user
  = from: python:3.9 runs as root (line 2)
  = why: A process that breaks out of a root container is root on the host.
  = fix: Create a user and switch to it: USER 10001
  = see: CIS Docker 1.8 4.1; seawall explain root-user

unknown[curl-pipe-shell]: A download is piped into a shell
 --> orders/Dockerfile:7:5
7 | RUN curl -fsSL https://get.example.com/install.sh | sh
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |     runs whatever the server returns
  = what: the shell may check a signature
  = note: undecided; it would be high
  = why: Whoever controls the server chooses what your image runs.
  = settle: Pass --build-arg VERIFY=…
  = see: CIS Docker 1.8 4.1; seawall explain curl-pipe-shell

medium[floating-tag]: The base image's tag moves
 --> orders/Dockerfile:2:6
2 | FROM python:${PYTHON}
  |      ^^^^^^^^^^^^^^^^ `python:3.9` is another image tomorrow
  = from: ARG PYTHON=3.9 (line 1)
  = why: Its owner decides what your next build contains.
  = fix: Pin the version and the digest.
  = auto: `seawall fix --unsafe` mends it; it may change what is built or run
  = see: CIS Docker 1.8 4.1; seawall explain floating-tag

low[build-tools]: A compiler stays in the image
 --> orders/Dockerfile:4:1
4 | / RUN apt-get update && \\
5 | |     apt-get install -y gcc && \\
6 | |     rm -rf /var/lib/apt/lists/*
  | |_______________________________^ gcc is not removed
  = note: medium confidence
  = why: An intruder can compile his exploit on the spot.
  = fix: Create a user and switch to it: USER 10001
  = see: CIS Docker 1.8 4.1; seawall explain build-tools

could not be examined: broken/Dockerfile:3
  unknown instruction: FORM
  = try: Did you mean FROM?

note: orders/Dockerfile:4: ignore of `latest-tag` is unused

5 findings in 1 of 2 Dockerfiles: 1 critical, 1 high, 1 medium, 1 low, 1
unknown.
1 suppressed, 4 hidden (3 by profile, 1 by confidence).
1 could not be decided: see what would settle it above.
1 could not be examined, so this run is not a pass.
1 of these can be fixed: seawall fix --unsafe
"""


def text(report: Report, **options: object) -> str:
    return render("text", report, RenderOptions(**options))  # type: ignore[arg-type]


def lines_of(source: Source, *findings: Finding, **options: object) -> list[str]:
    return text(report_on(source, findings=findings), **options).splitlines()


def framed(source: Source, found: Finding, **options: object) -> list[str]:
    """The lines of the frame: the source and what stands under it."""
    lines = lines_of(source, found, **options)
    return [line for line in lines if re.match(r" *\d* \|.", line)]


def test_a_small_report_reads_as_it_should() -> None:
    assert render("text", small(), PLAIN) == GOLDEN


def test_colour_only_repeats_what_the_words_say() -> None:
    colored = text(small(), color=True)
    assert "\x1b[1;31mhigh[root-user]\x1b[0m" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == GOLDEN


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    long_words = "sha256:" + "0123456789abcdef" * 8
    source = Source(
        "a/very/long/path/" * 6 + "Dockerfile",
        f"FROM scratch\nRUN {'echo hello && ' * 40}true\nRUN a \\\n  {long_words} \\\n b\n",
    )
    found = finding(
        source,
        "RUN a \\\n  " + long_words,
        message=f"the digest {long_words} is long " * 4,
        why="words " * 60,
        remedy=f"Write:\nFROM x@{long_words}\n\n    USER app",
        evidence=(Evidence(long_words * 3, 2),),
        standards=tuple(f"CIS Docker 1.8 4.{n}" for n in range(12)),
        title="A title " * 20,
    )
    report = report_on(
        source,
        findings=(found, finding(source, "hello", nth=20, label="a label " * 20)),
        problems=(Problem("x" * 120, "reason " * 30, "hint " * 30, 3),),
        notices=(Notice("y" * 120, "message " * 30),),
    )
    written = text(report, width=columns, verbose=1).splitlines()
    assert [line for line in written if width(line) > columns] == []


@given(st.text(alphabet="ab \t日本e\u0301🐳é\x1b", max_size=200), st.data())
def test_carets_stand_under_the_marked_cells(line: str, data: st.DataObject) -> None:
    source = Source("Dockerfile", f"{line}MARK{data.draw(st.text('xy日 ', max_size=150))}")
    shown, carets = framed(source, finding(source, "MARK"))[:2]
    column = width(shown[: shown.index("MARK")])
    assert carets.startswith("  |" + " " * (column - 3) + "^^^^")


def test_a_tab_a_wide_and_a_combining_character_take_their_cells() -> None:
    source = Source("Dockerfile", "RUN\techo 日本 🐳 e\u0301 MARK")
    assert framed(source, finding(source, "MARK", label="here")) == [
        "1 | RUN echo 日本 🐳 e\u0301 MARK",
        "  |                    ^^^^ here",
    ]


def test_wide_characters_are_underlined_whole() -> None:
    source = Source("Dockerfile", "ENV A=日本")
    assert framed(source, finding(source, "日本", label="here"))[1] == "  |       ^^^^ here"


def test_a_byte_order_mark_takes_no_cell() -> None:
    source = Source("Dockerfile", "\ufeffFROM x\r\nUSER root\r\n")
    assert framed(source, finding(source, "x", label="here")) == ["1 | FROM x", "  |      ^ here"]


def test_a_long_line_is_shown_around_the_mark() -> None:
    source = Source("Dockerfile", "RUN " + "a " * 5000 + "MARK" + " b" * 5000)
    shown, carets = framed(source, finding(source, "MARK", label="here"))
    assert shown.startswith("1 | …")
    assert shown.endswith("…")
    assert shown[carets.index("^") : carets.rindex("^") + 1] == "MARK"
    assert width(shown) <= 80


def test_a_mark_longer_than_the_window_is_shown_from_its_start() -> None:
    source = Source("Dockerfile", "RUN x" + "y" * 500)
    shown, carets, *_ = framed(source, finding(source, "x" + "y" * 500, label="l"))
    assert shown.startswith("1 | RUN xyyy")
    assert carets.startswith("  |     ^^^^")
    assert width(carets) <= 80


def test_what_stands_before_a_long_mark_is_shown_for_a_dozen_cells() -> None:
    source = Source("Dockerfile", f"RUN {'-' * 30} x" + "y" * 500)
    shown, carets, *_ = framed(source, finding(source, "x" + "y" * 500, label="l"))
    assert shown.startswith("1 | …----------- xyy")
    assert carets.startswith("  | " + " " * 13 + "^^^")


def test_a_label_that_does_not_fit_behind_the_carets_ends_at_the_edge() -> None:
    source = Source("Dockerfile", "RUN " + "a " * 30 + "MARK")
    assert framed(source, finding(source, "MARK", label="a label of some size"))[1:] == [
        "  | " + " " * 64 + "^^^^",
        "  |" + " " * 57 + "a label of some size",
    ]


def test_one_fault_twice_on_a_line_is_marked_twice_in_one_frame() -> None:
    source = Source("Dockerfile", "FROM x\nRUN apk add git curl vim\n")
    found = [finding(source, name, label="not needed") for name in ("git", "curl", "vim")]
    assert lines_of(source, *found)[1:4] == [
        " --> Dockerfile:2:13, 17, 22",
        "2 | RUN apk add git curl vim",
        "  |             ^^^ ^^^^ ^^^ not needed",
    ]


def test_places_that_are_far_apart_or_overlap_have_their_own_frames() -> None:
    source = Source("Dockerfile", f"RUN git {'a' * 70} vim\n")
    far = [finding(source, name, label="not needed") for name in ("git", "vim")]
    over = [finding(source, name, label="not needed") for name in ("RUN git", "git")]
    for found in (far, over):
        assert "\n".join(lines_of(source, *found)).count(" --> ") == 2


def test_a_standard_is_named_once_for_all_its_sections() -> None:
    standards = ("CIS Docker 1.8 4.9", "CIS Docker 1.8 4.11", "CWE 494", "Plain")
    source = Source("Dockerfile", "FROM x\n")
    written = lines_of(source, finding(source, "x", standards=standards))
    assert "  = see: CIS Docker 1.8 4.9, 4.11, CWE 494, Plain; seawall explain root-user" in written


def test_a_mark_over_many_lines_leaves_out_the_middle() -> None:
    body = " \\\n".join(f"  step{n}" for n in range(2, 20))
    source = Source("Dockerfile", f"FROM x\nRUN step1 \\\n{body}\n")
    found = finding(source, f"step1 \\\n{body}", label="too much")
    assert lines_of(source, found)[1:8] == [
        "  --> Dockerfile:2:5",
        " 2 |   RUN step1 \\",
        "   |  _____^",
        " 3 | |   step2 \\",
        "...  |",
        "20 | |   step19",
        "   | |________^ too much",
    ]


def test_an_empty_place_has_one_caret() -> None:
    source = Source("Dockerfile", "FROM x\n")
    assert framed(source, finding(source, "", label="here")) == ["1 | FROM x", "  | ^ here"]


def test_a_place_outside_its_source_is_named_without_an_excerpt() -> None:
    source = Source("Dockerfile", "FROM x\n\n\n\n\nUSER root\n")
    found = finding(source, "USER root", label="the label")
    report = Report(
        targets=(Target("Dockerfile", "dockerfile"),),
        findings=(found,),
        excerpts={"Dockerfile": Excerpt(Source("Dockerfile", "FROM x\n"))},
    )
    written = text(report)
    assert " --> Dockerfile:6:1\n  | the label\n  = what: nothing sets" in written


def test_one_fault_at_many_places_is_explained_once() -> None:
    source = Source("Dockerfile", "".join(f"RUN chmod 777 /{n}\n" for n in range(7)))
    places = [finding(source, "chmod 777", nth=n, message="open") for n in range(7)]
    written = "\n".join(lines_of(source, *places))
    assert written.count("high[root-user]") == 1
    assert written.count("= why:") == written.count("= fix:") == 1
    assert written.count("-->") == 4
    assert "= also: 3 more, lines 5, 6, 7" in written
    assert "\n".join(lines_of(source, *places, verbose=1)).count("-->") == 7


def test_one_fault_in_two_files_has_its_reason_once_and_its_remedy_twice() -> None:
    sources = [Source(name, ORDERS) for name in ("a/Dockerfile", "b/Dockerfile")]
    report = report_on(*sources, findings=tuple(finding(s, "CMD python") for s in sources))
    written = text(report)
    assert written.count("= why:") == 1
    assert written.count("= fix:") == 2
    assert "  = see: seawall explain root-user\n" in written
    assert "== a/Dockerfile: 1 high\n" in written


def test_different_remedies_for_one_fault_are_all_shown() -> None:
    source = Source("Dockerfile", ORDERS)
    places = [
        finding(source, "RUN", nth=0, remedy="Do A."),
        finding(source, "RUN", nth=1, remedy="Do B."),
    ]
    written = "\n".join(lines_of(source, *places))
    assert "= fix: Do A.\n" in written
    assert "= fix: Do B.\n" in written


def test_the_worst_comes_first_in_its_file() -> None:
    source = Source("Dockerfile", ORDERS)
    found = (
        finding(source, "ARG", "low-rule", severity=Severity.LOW),
        finding(source, "FROM", "high-rule"),
        finding(source, "ENV", "critical-rule", severity=Severity.CRITICAL),
        finding(source, "RUN", "unsure-rule", verdict=Verdict.UNKNOWN),
    )
    heads = re.findall(r"^\w+\[([\w-]+)\]", "\n".join(lines_of(source, *found)), re.MULTILINE)
    assert heads == ["critical-rule", "high-rule", "unsure-rule", "low-rule"]


def test_a_suppressed_finding_is_counted_and_named_only_when_asked() -> None:
    assert "shell-form" not in text(small())
    written = text(small(), verbose=1, width=200)
    assert "suppressed (inline until 2027-01-31: needs expansion): orders/Dockerfile:8:1" in written


def test_terse_text_has_one_line_for_each_finding() -> None:
    written = text(small(), verbose=-1)
    assert "orders/Dockerfile:2:1 high root-user nothing sets another user\n" in written
    assert "-->" not in written
    assert "could not be examined: broken/Dockerfile:3" in written


def test_a_low_confidence_is_said() -> None:
    source = Source("Dockerfile", ORDERS)
    unsure = finding(source, "FROM", confidence=Confidence.LOW)
    assert "  = note: low confidence" in lines_of(source, unsure)


def test_a_clean_run_says_what_was_examined() -> None:
    sources = [Source(f"{name}/Dockerfile", "FROM scratch\n") for name in "abc"]
    assert text(report_on(*sources)) == "3 Dockerfiles examined, nothing at or over high.\n"
    one = report_on(sources[0])
    assert text(one, fail_on=Severity.LOW) == "1 Dockerfile examined, nothing at or over low.\n"


def test_what_was_hidden_is_counted_with_its_reasons() -> None:
    source = Source("Dockerfile", "FROM scratch\n")
    one = report_on(source, hidden={"profile": 3, "confidence": 0})
    assert text(one).endswith("high.\n3 hidden by profile.\n")
    two = report_on(source, hidden={"profile": 3, "confidence": 2})
    assert text(two).endswith("high.\n5 hidden (3 by profile, 2 by confidence).\n")
    assert text(report_on(source, hidden={"profile": 0})).endswith("nothing at or over high.\n")


def test_several_kinds_of_targets_are_counted_apart() -> None:
    targets = (Target("a", "dockerfile"), Target("b", "compose"), Target("c", "image"))
    written = text(Report(targets=targets))
    assert written.startswith("1 Dockerfile, 1 Compose file and 1 image examined, nothing")


def test_a_run_with_only_lesser_findings_says_that_nothing_reaches_the_threshold() -> None:
    source = Source("Dockerfile", ORDERS)
    found = finding(source, "FROM", severity=Severity.MEDIUM)
    written = text(report_on(source, findings=(found,)))
    assert written.endswith("1 finding in 1 of 1 Dockerfile: 1 medium; nothing at or over high.\n")


def test_a_run_with_a_problem_never_says_that_nothing_reaches_the_threshold() -> None:
    source = Source("Dockerfile", ORDERS)
    found = finding(source, "FROM", severity=Severity.LOW)
    problems = (Problem("gone/Dockerfile", "no such file or directory"),)
    for findings in ((), (found,)):
        written = text(report_on(source, findings=findings, problems=problems))
        assert "nothing at or over" not in written
        assert "1 could not be examined, so this run is not a pass." in written
        assert "could not be examined: gone/Dockerfile\n  no such file or directory" in written


def test_an_unknown_at_the_threshold_is_not_nothing() -> None:
    source = Source("Dockerfile", ORDERS)
    found = finding(source, "FROM", verdict=Verdict.UNKNOWN)
    written = text(report_on(source, findings=(found,)))
    assert "nothing at or over" not in written
    assert "1 finding in 1 of 1 Dockerfile: 1 unknown.\n1 could not be decided" in written


def test_a_run_that_examined_nothing_says_so() -> None:
    assert text(Report()) == "Nothing was examined.\n"
    failed = Report((Target("a", "dockerfile"),), problems=(Problem("a", "is a directory"),))
    assert "Nothing was examined." in text(failed)


def test_a_file_that_was_read_in_part_is_not_said_to_be_unread() -> None:
    source = Source("Dockerfile", ORDERS)
    refused = Problem("Dockerfile", 'target stage "x" could not be found', line=1)
    written = text(report_on(source, problems=(refused,), hidden={"profile": 1}))
    assert "could not be examined whole: Dockerfile:1\n" in written
    assert "\n1 Dockerfile examined in part, nothing to report in what was read.\n" in written
    assert written.endswith("\n1 could not be examined whole, so this run is not a pass.\n")
    fine = Source("a/Dockerfile", ORDERS)
    written = text(report_on(fine, source, problems=(refused,)))
    assert "1 Dockerfile examined and 1 Dockerfile examined in part, nothing to" in written


def test_a_run_whose_findings_are_all_suppressed_says_so_where_it_says_nothing() -> None:
    source = Source("Dockerfile", ORDERS)
    accepted = finding(source, "FROM", suppressed=Suppression("inline"))
    written = text(report_on(source, findings=(accepted,), hidden={"profile": 2}))
    first = "1 Dockerfile examined, nothing at or over high; 1 suppressed."
    assert written == f"{first}\n2 hidden by profile.\n"


def test_what_would_be_copied_stays_on_one_line_where_it_fits() -> None:
    words = "Add a user with `RUN adduser -S -D -H -u 10001 app`, and end with `USER 10001`."
    assert wrap(words, 44) == [
        "Add a user with",
        "`RUN adduser -S -D -H -u 10001 app`, and end",
        "with `USER 10001`.",
    ]
    assert wrap("run `a command that is wider`", 16) == ["run `a command", "that is wider`"]


def test_the_command_that_tells_more_stays_on_one_line() -> None:
    source = Source("Dockerfile", ORDERS)
    found = finding(source, "FROM", label="x", standards=("OWASP Docker Top 10 D07",))
    assert lines_of(source, found, width=48)[-4:-2] == [
        "  = see: OWASP Docker Top 10 D07;",
        "         seawall explain root-user",
    ]


def test_several_links_and_what_is_wrapped_of_them_can_be_told_apart() -> None:
    source = Source("Dockerfile", ORDERS)
    links = (Evidence("the first link is " + "rather " * 8 + "long"), Evidence("second", 2))
    found = finding(source, "FROM", label="x", evidence=links)
    lines = lines_of(source, found, width=60)
    at = lines.index("  = from: the first link is rather rather rather rather")
    assert lines[at + 1 : at + 3] == [
        "            rather rather rather rather long",
        "          second (line 2)",
    ]


def test_a_pass_is_no_finding() -> None:
    source = Source("Dockerfile", ORDERS)
    passed = finding(source, "FROM", verdict=Verdict.PASS)
    written = text(report_on(source, findings=(passed,)))
    assert written == "1 Dockerfile examined, nothing at or over high.\n"


def test_a_suppression_without_reason_or_end_is_shown_plainly() -> None:
    source = Source("Dockerfile", ORDERS)
    found = finding(source, "FROM", suppressed=Suppression("baseline"))
    assert lines_of(source, found, verbose=1)[0].startswith("suppressed (baseline): Dockerfile:2")


def test_secrets_stay_hidden_wherever_the_excerpt_is_cut() -> None:
    secret = "Zq9!" * 30
    source = Source("Dockerfile", f"ENV A={secret} B={secret} C=1\n")
    found = (finding(source, "C=1"), finding(source, secret, "other"), finding(source, "B="))
    excerpt = Excerpt(source, (find(source, secret),))
    for columns in (40, 80, 120):
        report = Report(findings=found, excerpts={"Dockerfile": excerpt})
        assert "Zq9" not in text(report, width=columns)
