"""The checklist: what makes an item pass, fail or unknown, and what its evidence says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from seawall.core.baseline import write_baseline
from seawall.core.model import ChecklistRow, Problem
from seawall.core.report import Report
from seawall.core.standards import CIS_SECTIONS, NIST_SECTIONS, OWASP_SECTIONS
from seawall.jobs.check import CheckOptions, check, identity_root
from seawall.jobs.governance import Terms
from seawall.reports import RenderOptions, render
from seawall.reports.cells import width
from seawall.rules.practices.checklist import CHECKLIST

TODAY = date(2026, 11, 24)
DIGEST = "sha256:" + "0123456789abcdef" * 4
GOOD = f"""\
FROM python:3.14.8-slim-trixie@{DIGEST}
COPY app.py /app/
USER 10001:10001
HEALTHCHECK --interval=1m --timeout=5s --retries=3 CMD ["python", "/app/app.py"]
ENTRYPOINT ["python", "/app/app.py"]
"""
CONTROLS = """\
    read_only: true
    tmpfs: ["/tmp:rw,noexec,nosuid,size=64m"]
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true]
    mem_limit: 256m
    memswap_limit: 256m
    cpus: 1
    pids_limit: 100
    ulimits: {nofile: 1024}
    logging: {driver: local}
"""
HARDENED = "services:\n  api:\n    build: api\n" + CONTROLS
BARE = "services:\n  web:\n    image: nginx:1.28.0\n    ports: ['127.0.0.1:80:80']\n"
STORED = """\
services:
  a:
    image: acme/a:1.2.3
    volumes: ['data:/data']
volumes: {data: {}}
"""
ATTESTED = """\
[[attestations]]
practice = "{}"
who = "ops"
where = "https://wiki.example/x"
reason = "rehearsed in spring"
until = {}
"""
SEEN = "Capabilities dropped"
PLAN = "Incident response plan"

Project = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Write files by their paths and go where they are."""

    def write(files: dict[str, str]) -> Path:
        (tmp_path / ".git").mkdir(exist_ok=True)
        for name, text in files.items():
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return write


def run(*paths: str, terms: Terms | None = None, **options: object) -> Report:
    asked = CheckOptions(terms=terms or Terms(), today=TODAY, **options)  # type: ignore[arg-type]
    return check(paths or (".",), asked)


def item(report: Report, name: str) -> ChecklistRow:
    (row,) = (
        row for row in report.checklist if row.item == name or row.item.startswith(f"{name} ")
    )
    return row


def verdicts(report: Report) -> dict[str, str]:
    return {row.item: row.verdict for row in report.checklist}


def test_the_22_items_come_in_the_order_of_the_source_document(project: Project) -> None:
    project({"Dockerfile": GOOD})
    rows = run().checklist
    assert [(row.level, row.item) for row in rows] == [
        (each.level, each.text) for each in CHECKLIST
    ]
    assert all(row.evidence and row.practices for row in rows)


def test_a_hardened_project_passes_what_files_can_show(project: Project) -> None:
    project(
        {
            "compose.yaml": HARDENED,
            "api/Dockerfile": GOOD,
            "api/app.py": "print(1)\n",
            "api/.dockerignore": ".git\n",
        }
    )
    report = run()
    unknown = {name for name, verdict in verdicts(report).items() if verdict == "unknown"}
    assert unknown == {
        "Vulnerability scan passed",
        "Monitoring enabled",
        "Regular updates",
        "Backup strategy",
        PLAN,
    }
    assert "fail" not in verdicts(report).values()
    assert "runs as `10001:10001` (api/Dockerfile:3)" in item(report, "Non-root user").evidence
    read_only = item(report, "Read-only filesystem").evidence
    assert "service `api`: the root filesystem is read-only (compose.yaml:4)" in read_only
    pinned = item(report, "Specific version tags").evidence
    assert pinned == (
        "1 Dockerfile and 1 service examined by latest-tag, floating-tag and unpinned-frontend: "
        "nothing found"
    )


def test_a_dockerfile_alone_shows_nothing_of_how_it_is_run(project: Project) -> None:
    project({"Dockerfile": GOOD})
    report = run("Dockerfile")
    for name in ("Read-only filesystem", SEEN, "Resource limits set", "Network isolated"):
        row = item(report, name)
        assert row.verdict == "unknown"
        assert "no service was examined: check one, or attest" in row.evidence
    assert item(report, ".dockerignore configured").verdict == "unknown"


def test_images_that_are_not_built_here_show_nothing_of_their_layers(project: Project) -> None:
    project({"compose.yaml": BARE})
    row = item(run(), "No secrets in layers")
    assert row.verdict == "unknown"
    assert row.evidence.startswith("no Dockerfile was examined")


def test_the_worst_two_of_what_fails_are_named_and_the_others_counted(project: Project) -> None:
    project(
        {
            "a/Dockerfile": "FROM node:16\n",
            "b/Dockerfile": "FROM debian:latest\n",
            "c/Dockerfile": "FROM alpine:latest\n",
        }
    )
    row = item(run(), "Specific version tags")
    assert row.verdict == "fail"
    assert row.evidence == "latest-tag (b/Dockerfile:1); latest-tag (c/Dockerfile:1); 1 more"


def test_one_grouped_finding_fails_only_the_items_whose_controls_lack(project: Project) -> None:
    lacking = CONTROLS.replace("    read_only: true\n", "")
    project(
        {"compose.yaml": "services:\n  api:\n    build: api\n" + lacking, "api/Dockerfile": GOOD}
    )
    report = run()
    assert {f.rule for f in report.active} >= {"unhardened-service"}
    row = item(report, "Read-only filesystem")
    assert row.verdict == "fail"
    assert row.evidence == "service `api`: the root filesystem is writable (compose.yaml:2)"
    assert item(report, SEEN).verdict == "pass"


def test_a_waived_lack_passes_with_that_said(project: Project) -> None:
    waiver = (
        '[[waivers]]\nrule = "unhardened-service"\nreason = "legacy, ends in spring"\n'
        "until = 2027-03-31\n"
    )
    lacking = CONTROLS.replace("    read_only: true\n", "")
    compose = "services:\n  api:\n    build: api\n" + lacking
    project({"compose.yaml": compose, "api/Dockerfile": GOOD, "seawall.toml": waiver})
    row = item(run(), "Read-only filesystem")
    assert row.verdict == "pass"
    assert row.evidence.endswith(
        "unhardened-service (compose.yaml:2) accepted until 2027-03-31 because legacy, ends in "
        "spring"
    )
    assert "nothing else found" in row.evidence


def test_what_the_baseline_holds_passes_with_that_said(project: Project) -> None:
    root = project({"Dockerfile": GOOD.replace("USER 10001:10001\n", "")})
    write_baseline(root / "base.json", run().findings, identity_root(["."]))
    row = item(run(baseline="base.json"), "Non-root user")
    assert row.verdict == "pass"
    assert "root-user (Dockerfile:1) accepted by baseline" in row.evidence


def test_a_root_image_that_no_service_runs_as_root_is_answered(project: Project) -> None:
    root = GOOD.replace("USER 10001:10001\n", "")
    compose = HARDENED + "    user: '10001'\n"
    project({"compose.yaml": compose, "api/Dockerfile": root})
    row = item(run(), "Non-root user")
    assert row.verdict == "pass"
    assert "root-user (api/Dockerfile:1) is answered: service api sets" in row.evidence


def test_a_user_that_nobody_knows_is_no_pass(project: Project) -> None:
    project({"compose.yaml": "services:\n  a:\n    image: acme/web:1.2.3\n"})
    row = item(run(), "Non-root user")
    assert row.verdict == "unknown"
    assert row.evidence == "nothing tells which user service `a` runs as (compose.yaml:2)"


def test_a_build_whose_dockerfile_is_missing_is_no_pass(project: Project) -> None:
    project({"compose.yaml": HARDENED})
    row = item(run(), "Non-root user")
    assert row.verdict == "unknown"
    assert "whose Dockerfile is not read" in row.evidence


@pytest.mark.parametrize(
    ("image", "check", "verdict"),
    [
        ("nginx:1.28.0", "", "fail"),
        ("acme/web:1.2.3", "", "unknown"),
        ("nginx:1.28.0", "    healthcheck: {test: [CMD, x], interval: 1s, timeout: 1s}\n", "pass"),
    ],
)
def test_a_service_that_serves_needs_a_health_check(
    project: Project, image: str, check: str, verdict: str
) -> None:
    project({"compose.yaml": BARE.replace("nginx:1.28.0", image) + check})
    assert item(run(), "Health checks enabled").verdict == verdict


def test_an_undecided_finding_leaves_its_item_unknown(project: Project) -> None:
    project({"Dockerfile": "ARG BASE\nFROM ${BASE}\nUSER $WHO\n"})
    row = item(run(), "Non-root user")
    assert row.verdict == "unknown"
    assert row.evidence == "root-user (Dockerfile:3)"


def test_a_file_that_could_not_be_read_spoils_what_others_pass(project: Project) -> None:
    project({"a/Dockerfile": GOOD, "b/Dockerfile": ""})
    report = run()
    row = item(report, "Specific version tags")
    assert row.verdict == "unknown"
    assert row.evidence == "b/Dockerfile could not be examined whole"


def test_files_that_no_policy_governs_spoil_everything_that_files_show(project: Project) -> None:
    project(
        {
            "compose.yaml": HARDENED,
            "api/Dockerfile": GOOD,
            "b/Dockerfile": GOOD,
            "b/seawall.toml": "profil = 1\n",
        }
    )
    report = run()
    assert report.problems
    assert "pass" not in verdicts(report).values()


def test_a_broken_compose_file_leaves_dockerfiles_their_verdicts(project: Project) -> None:
    project({"compose.yaml": "services: [\n", "api/Dockerfile": GOOD})
    report = run()
    assert item(report, "Multi-stage build used").verdict == "pass"
    assert item(report, "Non-root user").verdict == "unknown"


@pytest.mark.parametrize("item_name", ["Minimal base (alpine/distroless)", "Backup strategy"])
def test_what_only_a_stricter_profile_reports_still_fails_its_item(
    project: Project, item_name: str
) -> None:
    project(
        {
            "Dockerfile": "FROM debian:13.1\nUSER 10001\n",
            "compose.yaml": STORED,
        }
    )
    row = item(run(), item_name)
    assert row.verdict == "fail"
    assert row.evidence.endswith("shown by `--profile strict`")


def test_strict_advice_beside_default_rules_fails_nothing(project: Project) -> None:
    project({"Dockerfile": GOOD.replace(f"@{DIGEST}", "")})
    assert run().hidden["profile"]
    assert item(run(), "Specific version tags").verdict == "pass"


def test_without_a_dockerignore_nothing_shows_that_there_is_one(project: Project) -> None:
    project({"Dockerfile": GOOD, "app.py": "print(1)\n"})
    row = item(run(), ".dockerignore configured")
    assert row.verdict == "unknown"
    assert "write one" in row.evidence


def test_one_build_without_a_dockerignore_leaves_the_item_open(project: Project) -> None:
    project(
        {
            "a/Dockerfile": GOOD,
            "a/app.py": "1\n",
            "a/.dockerignore": ".git\n",
            "b/Dockerfile": GOOD,
            "b/app.py": "1\n",
        }
    )
    assert item(run(), ".dockerignore configured").verdict == "unknown"


def test_a_copied_context_without_an_ignore_file_is_not_configured(project: Project) -> None:
    project({"Dockerfile": GOOD.replace("COPY app.py /app/", "COPY . /app/"), "app.py": "1\n"})
    row = item(run(), ".dockerignore configured")
    assert row.verdict == "fail"
    assert "no-dockerignore" in row.evidence


def test_the_ignore_list_passes_with_that_said(project: Project) -> None:
    project(
        {
            "Dockerfile": "FROM debian:latest\nUSER 10001\n",
            "seawall.toml": 'ignore = ["latest-tag"]',
        }
    )
    row = item(run(), "Specific version tags")
    assert row.verdict == "pass"
    assert row.evidence.endswith("1 of latest-tag left out by the ignore list")


def test_ignoring_the_grouped_finding_accepts_what_it_tells(project: Project) -> None:
    project({"compose.yaml": BARE, "seawall.toml": 'ignore = ["unhardened-service"]'})
    row = item(run(), "Read-only filesystem")
    assert row.verdict == "pass"
    assert "unhardened-service left out by the ignore list" in row.evidence


def test_a_selection_by_the_policy_leaves_the_others_unknown(project: Project) -> None:
    project({"Dockerfile": "FROM debian:latest\nUSER 10001\n", "seawall.toml": 'select = ["sudo"]'})
    row = item(run(), "Specific version tags")
    assert row.verdict == "unknown"
    assert row.evidence.startswith("findings of latest-tag are not selected")


def test_a_selection_on_the_command_line_asks_for_no_checklist(project: Project) -> None:
    project({"Dockerfile": GOOD})
    assert run(terms=Terms(select=("root-user",))).checklist == ()


def test_an_attestation_is_its_items_evidence(project: Project) -> None:
    project({"Dockerfile": GOOD, "seawall.toml": ATTESTED.format("response-plan", "2027-01-01")})
    row = item(run(), PLAN)
    assert row.verdict == "pass"
    assert row.evidence == (
        "ops attests response-plan until 2027-01-01: rehearsed in spring (https://wiki.example/x)"
    )


def test_the_last_day_of_an_attestation_counts_and_the_next_one_fails(project: Project) -> None:
    text = ATTESTED.format("response-plan", "2026-11-24")
    project({"Dockerfile": GOOD, "seawall.toml": text})
    assert item(run(), PLAN).verdict == "pass"
    project({"seawall.toml": text.replace("11-24", "11-23")})
    row = item(run(), PLAN)
    assert row.verdict == "fail"
    assert row.evidence == "the attestation of response-plan by ops expired on 2026-11-23"


def test_an_expired_attestation_beside_a_valid_one_is_no_matter(project: Project) -> None:
    old = ATTESTED.format("response-plan", "2026-01-01")
    new = ATTESTED.format("response-plan", "2027-01-01")
    project({"Dockerfile": GOOD, "seawall.toml": old + new})
    assert item(run(), PLAN).verdict == "pass"


def test_an_expired_attestation_of_another_practice_spoils_its_item(project: Project) -> None:
    project({"Dockerfile": GOOD, "seawall.toml": ATTESTED.format("signed-images", "2026-01-01")})
    assert item(run(), "Official or verified base image").verdict == "fail"


def test_an_attestation_does_not_outweigh_what_was_found(project: Project) -> None:
    text = ATTESTED.format("pinned-base-image", "2027-01-01")
    project({"Dockerfile": "FROM debian:latest\nUSER 10001\n", "seawall.toml": text})
    assert item(run(), "Specific version tags").verdict == "fail"


def test_an_attestation_of_operations_goes_before_what_files_show(project: Project) -> None:
    text = 'profile = "strict"\n' + ATTESTED.format("backed-up", "2027-01-01")
    project({"compose.yaml": STORED, "seawall.toml": text})
    report = run()
    assert "volume-without-backup" in {f.rule for f in report.active}
    assert item(report, "Backup strategy").verdict == "pass"


def test_every_policy_of_a_run_must_attest(project: Project) -> None:
    text = ATTESTED.format("response-plan", "2027-01-01")
    project({"a/Dockerfile": GOOD, "a/seawall.toml": text, "b/Dockerfile": GOOD})
    assert item(run("a"), PLAN).verdict == "pass"
    assert item(run("a", "b"), PLAN).verdict == "unknown"


def test_run_lines_are_services_too(project: Project) -> None:
    project({})
    report = run(run="docker run --read-only --cap-drop=ALL nginx:1.28.0")
    assert item(report, "Read-only filesystem").verdict == "pass"
    assert item(report, "Resource limits set").verdict == "fail"


@pytest.mark.parametrize(
    ("standard", "number"),
    [
        ("cis", len(CIS_SECTIONS)),
        ("owasp", len(OWASP_SECTIONS)),
        ("nist", len(NIST_SECTIONS) - 5),
    ],
)
def test_a_standard_has_a_line_for_each_section(
    project: Project, standard: str, number: int
) -> None:
    project({"compose.yaml": HARDENED, "api/Dockerfile": GOOD})
    rows = run(standard=standard).checklist
    assert len(rows) == number
    assert {row.verdict for row in rows} <= {"pass", "fail", "unknown"}
    assert all(row.evidence for row in rows)


def test_a_section_has_the_verdict_of_the_rules_that_cite_it(project: Project) -> None:
    socket = "    volumes: ['/var/run/docker.sock:/var/run/docker.sock']\n"
    project({"compose.yaml": HARDENED + socket, "api/Dockerfile": GOOD})
    report = run(standard="cis")
    assert item(report, "5.32").verdict == "fail"
    assert "runtime-socket (compose.yaml:" in item(report, "5.32").evidence
    assert item(report, "5.16").verdict == "pass"
    assert item(report, "5.13").evidence.startswith(
        "service `api`: the root filesystem is read-only"
    )


def test_files_can_only_spoil_what_the_engine_must_show(project: Project) -> None:
    project({"compose.yaml": HARDENED, "api/Dockerfile": GOOD})
    report = run(standard="cis")
    for section in ("2.14", "2.8", "3.1", "1.1.1"):
        row = item(report, section)
        assert row.verdict == "unknown"
        assert "look at the host" in row.evidence


def test_a_section_that_only_advice_tells_of_is_judged_by_that(project: Project) -> None:
    project({"compose.yaml": HARDENED + "    ports: ['127.0.0.1:80:80']\n", "api/Dockerfile": GOOD})
    row = item(run(standard="cis"), "5.8")
    assert row.verdict == "fail"
    assert row.evidence == "low-host-port, shown by `--profile audit`"


def test_a_section_passes_only_if_each_of_its_practices_is_shown(project: Project) -> None:
    project({"compose.yaml": HARDENED, "api/Dockerfile": GOOD})
    row = item(run(standard="owasp"), "D02")
    assert row.verdict == "unknown"
    assert "no-known-vulnerabilities" in row.evidence


def test_processes_change_nothing_in_the_checklist(project: Project) -> None:
    project({f"{n}/Dockerfile": GOOD + "RUN sudo x\n" for n in range(70)})
    assert run(jobs=2).checklist == run(jobs=1).checklist


def row(verdict: str) -> ChecklistRow:
    return ChecklistRow("Item " + verdict, "Level", verdict, "because " * 30, ("practice",))


@pytest.mark.parametrize(
    ("words", "code"),
    [("pass", 0), ("pass fail", 1), ("pass unknown", 2), ("fail unknown", 2), ("", 0)],
)
def test_an_unknown_item_goes_before_a_failing_one(words: str, code: int) -> None:
    report = Report(checklist=tuple(map(row, words.split())))
    assert report.checklist_code() == code
    problem = Problem("x", "gone")
    assert Report(checklist=report.checklist, problems=(problem,)).checklist_code() == 2


def test_the_table_fits_its_columns_and_says_each_verdict_in_words() -> None:
    report = Report(checklist=(row("pass"), row("fail"), row("unknown")))
    text = render("text", report, RenderOptions(width=80, is_checklist=True))
    assert max(map(width, text.splitlines())) <= 80
    for word in ("pass", "fail", "unknown"):
        assert f"  {word:<7}  Item {word}\n" in text
    assert "3 items: 1 pass, 1 fail, 1 unknown." in text
    assert "not a pass" in text


def test_colour_only_repeats_the_words() -> None:
    report = Report(checklist=(row("pass"), row("fail")))
    painted = render("text", report, RenderOptions(color=True, is_checklist=True))
    assert "\x1b[1;32mpass   \x1b[0m" in painted
    assert "\x1b[1;31mfail   \x1b[0m" in painted


def test_a_check_ends_with_a_line_for_each_level_or_with_the_whole_table(project: Project) -> None:
    project({"Dockerfile": "FROM debian:latest\nUSER 10001\n"})
    report = run()
    text = render("text", report, RenderOptions(width=80))
    assert "\nchecklist: " in text
    assert "  Image: " in text
    assert "; fails: " in text
    assert "Specific version tags" in text
    assert "latest-tag (Dockerfile:1)" not in text
    whole = render("text", report, RenderOptions(width=80, verbose=1))
    assert "latest-tag (Dockerfile:1)" in whole
    assert "checklist" not in render("text", report, RenderOptions(verbose=-1))


def test_a_check_of_nothing_has_no_checklist_at_its_foot(project: Project) -> None:
    project({})
    assert "checklist" not in render("text", run(), RenderOptions())


def test_every_format_for_people_gives_the_checklist_when_it_is_asked_for(project: Project) -> None:
    project({"Dockerfile": "FROM debian:latest\nUSER 10001\n"})
    report = run()
    options = RenderOptions(is_checklist=True)
    brief = render("text", report, RenderOptions(is_checklist=True, verbose=-1))
    assert brief.startswith("checklist: ")
    assert "fail Image: Specific version tags: latest-tag (Dockerfile:1)" in render(
        "concise", report, options
    )
    markdown = render("markdown", report, options)
    assert "| Specific version tags | **fail** | latest-tag (Dockerfile:1)" in markdown
    assert "<details>" not in markdown
    assert "Checklist: " in render("markdown", report, RenderOptions())
    assert '"exit_code":2' in render("json", report, options)


def test_evidence_quotes_no_secret(project: Project) -> None:
    secret = "hunter2-Zq81kXw"
    environment = f"    user: {secret}\n    environment: {{DB_PASSWORD: {secret}}}\n"
    project({"compose.yaml": BARE + environment})
    report = run()
    assert secret in item(report, "Non-root user").evidence
    assert secret not in render("json", report, RenderOptions(is_checklist=True))


def test_no_dockerfile_and_no_volume_show_neither_item(project: Project) -> None:
    project({"compose.yaml": BARE})
    report = run()
    assert item(report, ".dockerignore configured").verdict == "unknown"
    assert item(report, "Backup strategy").verdict == "unknown"


def test_what_a_pipeline_does_fails_no_item_on_the_image(project: Project) -> None:
    pushes = (
        "on: push\njobs:\n  image:\n    steps:\n      - uses: acme/setup@main\n"
        "      - run: docker push acme/app\n"
    )
    project({"Dockerfile": GOOD, "app.py": "print(1)\n", ".github/workflows/ci.yml": pushes})
    report = run()
    assert "push-without-signature" not in item(report, "Official or verified base image").evidence
    assert "unpinned-action" not in item(report, "Minimal dependencies").evidence
