"""The main job: policies, ignores, waivers, baselines, builds and processes in one report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from seawall.core.baseline import write_baseline
from seawall.core.errors import ConfigError, UsageError
from seawall.core.model import Profile, Severity, Verdict
from seawall.core.report import Report
from seawall.jobs import check as job
from seawall.jobs.check import CheckOptions, check, identity_root
from seawall.jobs.discover import discover
from seawall.jobs.examine import Build
from seawall.jobs.governance import Governance, Terms, catalog
from seawall.jobs.units import make_units

TODAY = date(2026, 11, 24)
PIPED = "FROM debian:13.1-slim\nRUN curl http://example.com/x | sh\nUSER 10001\n"

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


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.active}


def test_a_finding_carries_everything_that_a_report_needs(project: Project) -> None:
    project({"svc/Dockerfile": PIPED})
    (finding,) = (f for f in run().findings if f.rule == "curl-pipe-shell")
    assert finding.location.path == finding.target == "svc/Dockerfile"
    assert finding.location.span.line == 2
    assert finding.why
    assert finding.remedy
    assert finding.standards
    assert len(finding.standards) == len(set(finding.standards))
    assert len(finding.fingerprint) == 32


def test_findings_come_by_file_and_place_however_they_are_found(project: Project) -> None:
    project({f"{name}/Dockerfile": "\n" + PIPED * 3 for name in "cab"})
    report = run()
    places = [(f.target, f.location.span.line, f.location.span.column) for f in report.findings]
    assert places == sorted(places)
    names = [target.name for target in report.targets if target.kind != "repository"]
    assert names == sorted(names)


def test_processes_change_nothing_in_the_report(project: Project) -> None:
    project({f"{n}/Dockerfile": PIPED + f"ENV A{n}=1\n" for n in range(70)} | {"x/Dockerfile": "X"})
    assert run(jobs=2) == run(jobs=1)


def test_a_process_that_dies_is_a_problem_of_the_input_that_killed_it(project: Project) -> None:
    project({"a/Dockerfile": PIPED})
    unit = make_units(discover(["."]).inputs, Governance(Terms(), TODAY), "")[0][0]
    (outcome,) = job._died(unit)
    assert outcome.problems[0].target == "a/Dockerfile"
    assert "died" in outcome.problems[0].reason


def test_the_policy_closest_to_a_file_governs_it(project: Project) -> None:
    project(
        {
            "a/Dockerfile": PIPED,
            "b/Dockerfile": PIPED,
            "b/seawall.toml": 'ignore = ["curl-pipe-shell"]\n',
        }
    )
    found = {f.target for f in run().findings if f.rule == "curl-pipe-shell"}
    assert found == {"a/Dockerfile"}


def test_a_policy_that_can_not_be_understood_costs_only_its_own_files(project: Project) -> None:
    project(
        {
            "a/Dockerfile": PIPED,
            "b/Dockerfile": PIPED,
            "b/c/Dockerfile": PIPED,
            "b/seawall.toml": "bogus = 1\n",
        }
    )
    report = run()
    assert [target.name for target in report.targets if target.kind != "repository"] == [
        "a/Dockerfile"
    ]
    (problem,) = report.problems
    assert problem.target == "b/Dockerfile"
    assert "b/seawall.toml:1" in problem.reason
    assert report.exit_code(Severity.HIGH) == 2


def test_the_policy_of_the_first_path_must_be_understood(project: Project) -> None:
    project({"Dockerfile": PIPED, "seawall.toml": "bogus = 1\n"})
    with pytest.raises(ConfigError):
        run()
    assert run(terms=Terms(isolated=True)).findings


def test_the_command_line_outweighs_the_policy(project: Project) -> None:
    project({"Dockerfile": PIPED, "seawall.toml": 'profile = "strict"\nfail-on = "low"\n'})
    governance = Governance(Terms(fail_on=Severity.CRITICAL, profile=Profile.DEFAULT), TODAY)
    policy = governance.leading(["."])
    assert policy.fail_on is Severity.CRITICAL
    assert policy.profile is Profile.DEFAULT
    assert Governance(Terms(), TODAY).leading(["Dockerfile"]).fail_on is Severity.LOW


def test_a_policy_that_is_named_holds_everywhere(project: Project) -> None:
    project(
        {
            "Dockerfile": PIPED,
            "seawall.toml": "bogus = 1\n",
            "mine.toml": 'select = ["curl-pipe-shell"]\n',
        }
    )
    assert rules(run(terms=Terms(config_file="mine.toml"))) == {"curl-pipe-shell"}


def test_exclude_keeps_directories_out_of_the_search(project: Project) -> None:
    project(
        {
            "a/Dockerfile": PIPED,
            "vendor/Dockerfile": PIPED,
            "seawall.toml": 'exclude = ["vendor/"]\n',
        }
    )
    assert [target.name for target in run().targets if target.kind != "repository"] == [
        "a/Dockerfile"
    ]
    assert [
        target.name for target in run("vendor/Dockerfile").targets if target.kind != "repository"
    ] == ["vendor/Dockerfile"]


def test_a_severity_of_the_policy_is_the_findings_severity(project: Project) -> None:
    project({"Dockerfile": PIPED, "seawall.toml": '[severity]\ncurl-pipe-shell = "low"\n'})
    (finding,) = (f for f in run().findings if f.rule == "curl-pipe-shell")
    assert finding.severity is Severity.LOW


def test_what_weighs_less_is_one_step_lower_and_says_why(project: Project) -> None:
    setuid = "FROM debian:13.1-slim{}\nRUN chmod 4755 /bin/x\nUSER 10001\n"
    project({"Dockerfile": setuid.format("")})
    (full,) = (f for f in run().findings if f.rule == "setuid-bit")
    later = "FROM scratch\nCOPY --from=builder /x /x\nUSER 1\n"
    project({"Dockerfile": setuid.format(" AS builder") + later})
    (weak,) = (f for f in run().findings if f.rule == "setuid-bit")
    assert weak.severity is full.severity.lowered()
    assert any("weighs one step less" in link.what for link in weak.evidence)


def test_what_the_profile_hides_is_counted(project: Project) -> None:
    project({"Dockerfile": PIPED})
    plain = run()
    strict = run(terms=Terms(profile=Profile.STRICT))
    assert plain.hidden["profile"] > 0
    assert len(strict.findings) > len(plain.findings)


def test_selecting_by_another_tools_id_reports_only_that(project: Project) -> None:
    project({"Dockerfile": "FROM debian\nRUN curl http://example.com/x | sh\n"})
    report = run(terms=Terms(select=("DL3007",)))
    assert rules(report) <= {"latest-tag"}
    with pytest.raises(UsageError):
        run(terms=Terms(select=("no-such-rule",)))
    with pytest.raises(UsageError):
        run(terms=Terms(ignore=("no-such-rule",)))


def test_a_comment_silences_its_instruction_and_the_finding_stays_in_the_report(
    project: Project,
) -> None:
    comment = "# seawall: ignore[curl-pipe-shell] until=2027-01-31 -- vendor has no package\n"
    project({"Dockerfile": PIPED.replace("RUN", comment + "RUN")})
    report = run()
    (finding,) = (f for f in report.findings if f.rule == "curl-pipe-shell")
    assert finding.suppressed is not None
    assert finding.suppressed.kind == "inline"
    assert "curl-pipe-shell" not in rules(report)


def test_an_ignore_that_is_no_use_is_said(project: Project) -> None:
    project({"Dockerfile": "# seawall: ignore[curl-pipe-shell] -- x\nFROM scratch\nUSER 1\n"})
    assert any("matches no finding" in notice.message for notice in run().notices)


def test_buildkits_own_skip_directive_is_obeyed(project: Project) -> None:
    project({"Dockerfile": "# check=skip=JSONArgsRecommended\nFROM scratch\nUSER 1\nCMD a b\n"})
    with_directive = {f.rule for f in run().findings if f.suppressed is not None}
    assert "shell-form-entrypoint" in with_directive


WAIVER = """\
[[waivers]]
rule = "curl-pipe-shell"
reason = "vendor"
until = {until}
"""


def test_a_waiver_suppresses_and_an_unused_or_expired_one_is_said(project: Project) -> None:
    project({"Dockerfile": PIPED, "seawall.toml": WAIVER.format(until="2027-01-31")})
    report = run()
    assert "curl-pipe-shell" not in rules(report)
    assert report.notices == ()
    project({"seawall.toml": WAIVER.format(until="2025-01-31")})
    report = run()
    assert "curl-pipe-shell" in rules(report)
    assert any("expired" in notice.message for notice in report.notices)
    project(
        {"Dockerfile": "FROM scratch\nUSER 1\n", "seawall.toml": WAIVER.format(until="2027-01-31")}
    )
    assert any("matches no finding" in notice.message for notice in run().notices)


def test_a_waiver_that_the_run_need_not_have_met_is_not_called_unused(project: Project) -> None:
    project(
        {
            "a/Dockerfile": PIPED,
            "b/Dockerfile": "FROM scratch\nUSER 1\n",
            "seawall.toml": WAIVER.format(until="2027-01-31"),
        }
    )
    assert run("b").notices == ()


ATTESTATION = """\
[[attestations]]
practice = "{practice}"
who = "platform team"
reason = "cosign in the release pipeline"
until = {until}
"""


UNSEEN = next(name for name in catalog().practices if not catalog().named(name))
"""A practice that only people can attest."""


def test_an_attestation_may_name_a_practice_that_no_rule_sees(project: Project) -> None:
    text = ATTESTATION.format(practice=UNSEEN, until="2026-11-24")
    project({"Dockerfile": PIPED, "seawall.toml": text})
    assert run().notices == ()


def test_an_attestation_that_is_over_is_said_with_its_line(project: Project) -> None:
    text = "# ours\n" + ATTESTATION.format(practice="signed-images", until="2026-11-23")
    project({"Dockerfile": PIPED, "seawall.toml": text})
    (notice,) = run().notices
    assert (notice.target, notice.line) == ("seawall.toml", 2)
    assert "`signed-images` by platform team expired on 2026-11-23" in notice.message


def test_a_misspelt_practice_of_an_attestation_is_answered_with_practices(
    project: Project,
) -> None:
    text = ATTESTATION.format(practice="signed-image", until="2027-01-31")
    project({"Dockerfile": PIPED, "seawall.toml": text})
    with pytest.raises(ConfigError) as refused:
        run()
    assert "`signed-images`" in refused.value.hint
    project({"seawall.toml": ATTESTATION.format(practice="zzzz", until="2027-01-31")})
    with pytest.raises(ConfigError) as refused:
        run()
    assert "seawall explain --practices" in refused.value.hint


def test_a_practice_that_no_rule_sees_selects_nothing_and_the_answer_says_why(
    project: Project,
) -> None:
    project({"Dockerfile": PIPED})
    with pytest.raises(UsageError) as refused:
        run(terms=Terms(select=(UNSEEN,)))
    assert "attested" in refused.value.hint


def test_a_baseline_survives_blank_lines_and_says_what_is_gone(project: Project) -> None:
    root = project({"a/Dockerfile": PIPED})
    write_baseline(root / "base.json", run().findings, identity_root(["."]))
    project({"a/Dockerfile": "\n\n# a comment\n" + PIPED})
    report = run(baseline="base.json")
    assert report.active == ()
    assert {f.suppressed.kind for f in report.findings if f.suppressed} == {"baseline"}
    project({"a/Dockerfile": "FROM scratch\nUSER 1\nHEALTHCHECK NONE\n"})
    assert any("no longer found" in notice.message for notice in run(baseline="base.json").notices)


def test_where_a_run_starts_changes_no_identity(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project({"a/Dockerfile": PIPED})
    prints = [finding.fingerprint for finding in run().findings]
    monkeypatch.chdir(root / "a")
    assert [finding.fingerprint for finding in run().findings] == prints
    assert [finding.fingerprint for finding in run("Dockerfile").findings] == prints
    monkeypatch.chdir("/")
    assert [finding.fingerprint for finding in run(str(root)).findings] == prints


def test_build_arguments_and_target_are_the_builds(project: Project) -> None:
    text = "ARG V=latest\nFROM debian:$V AS a\nUSER 1\nFROM a AS b\nUSER root\n"
    project({"Dockerfile": text})
    assert "latest-tag" in rules(run())
    assert "latest-tag" not in rules(run(build=Build({"V": "13.1-slim"})))
    assert "root-user" in rules(run())
    assert "root-user" not in rules(run(build=Build({}, "a")))


def test_what_buildkit_refuses_is_a_problem_and_the_rest_is_judged(project: Project) -> None:
    project({"Dockerfile": PIPED + "FRUM x\n"})
    report = run()
    assert [(p.target, p.line) for p in report.problems] == [("Dockerfile", 4)]
    assert "Dockerfile" in report.excerpts
    assert "curl-pipe-shell" in rules(report)


def test_a_target_that_is_not_there_is_answered_with_the_stages_that_are(
    project: Project,
) -> None:
    project({"Dockerfile": "FROM scratch AS build\nFROM scratch\n"})
    (problem,) = run(build=Build({}, "nosuch")).problems
    assert problem.hint == "Name one of its stages: build, 1."


def test_an_empty_file_is_not_said_to_be_read_in_part(project: Project) -> None:
    project({"Dockerfile": "# nothing\n"})
    report = run()
    assert report.problems[0].hint == "A Dockerfile begins with FROM."
    assert report.excerpts == {}


def test_nothing_to_examine_is_a_problem(project: Project) -> None:
    project({"README": ""})
    (problem,) = run().problems
    assert problem.reason == "no Dockerfile and no Compose file was found"


def test_templates_are_said_only_to_who_asks(project: Project) -> None:
    project({"Dockerfile": PIPED, "Dockerfile.j2": "FROM {{ base }}"})
    assert run().notices == ()
    assert "Dockerfile.j2" in [notice.target for notice in run(verbose=True).notices]


def test_hidden_findings_are_named_to_who_asks_with_what_would_show_them(
    project: Project,
) -> None:
    project({"Dockerfile": PIPED})
    report = run(terms=Terms(ignore=("curl-pipe-shell",)), verbose=True)
    said = [notice.message for notice in report.notices]
    assert "hidden by ignore list, shown if taken off `ignore`: curl-pipe-shell" in said
    assert any("hidden by profile, shown by `--profile strict`: " in message for message in said)
    shown = run(terms=Terms(profile=Profile.AUDIT), verbose=True)
    assert shown.notices == ()


def test_ignore_comments_can_be_left_unheeded(project: Project) -> None:
    comment = "# seawall: ignore[curl-pipe-shell] until=2020-01-31 -- long over\n"
    hadolint = "# hadolint global ignore=DL4006\n# seawall: ignore-file[curl-pipe-shell]\n"
    project({"Dockerfile": hadolint + PIPED.replace("RUN", comment + "RUN")})
    assert "curl-pipe-shell" not in rules(run())
    report = run(terms=Terms(no_ignores=True))
    assert "curl-pipe-shell" in rules(report)
    assert report.notices == ()


def test_an_ignore_by_a_broad_alias_silences_every_rule_that_has_it(project: Project) -> None:
    text = "FROM debian:13.1-slim\nENV DB_PASSWORD=hunter2-Zq81kXw MYSQL_ROOT_PASSWORD=root\n"
    strict = Terms(profile=Profile.AUDIT, select=("DL3064",))
    project({"Dockerfile": text})
    found = rules(run(terms=strict))
    assert len(found) > 1
    for comment in ("# seawall: ignore[DL3064]", "# hadolint ignore=DL3064"):
        project({"Dockerfile": text.replace("ENV", f"{comment}\nENV")})
        report = run(terms=strict)
        assert rules(report) == set()
        assert {finding.rule for finding in report.findings} == found


def test_standard_input_is_called_by_its_name_and_has_its_policy(project: Project) -> None:
    project({"b/seawall.toml": 'ignore = ["curl-pipe-shell"]\n'})
    report = run("-", standard_input=PIPED.encode(), stdin_filename="b/Dockerfile")
    assert [target.name for target in report.targets if target.kind != "repository"] == [
        "b/Dockerfile"
    ]
    assert "curl-pipe-shell" not in rules(report)
    assert "curl-pipe-shell" in rules(run("-", standard_input=PIPED.encode()))
    (problem,) = run("-", standard_input=b"\0").problems
    assert (problem.target, problem.reason[:5]) == ("<stdin>", "holds")


def test_a_secret_that_only_a_hidden_rule_saw_is_still_masked(project: Project) -> None:
    project({"Dockerfile": PIPED + "ENV DB_PASSWORD=hunter2-Zq81kXw\n"})
    report = run(terms=Terms(select=("curl-pipe-shell",)))
    excerpt = report.excerpts["Dockerfile"]
    shown = {excerpt.source.text[place.start : place.end] for place in excerpt.secrets}
    assert "hunter2-Zq81kXw" in shown


def test_no_passed_verdict_is_a_finding(project: Project) -> None:
    project({"Dockerfile": PIPED})
    report = run(terms=Terms(profile=Profile.AUDIT))
    assert Verdict.PASS not in {finding.verdict for finding in report.findings}


def test_the_root_of_identities_is_the_repository_or_here(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project({"a/Dockerfile": PIPED})
    assert identity_root(["a/Dockerfile"]) == identity_root(["a"]) == identity_root(["-"])
    assert identity_root(["a"]) == str(root)
    (root / ".git").rmdir()
    monkeypatch.chdir(root / "a")
    assert identity_root(["../a"]) == str(root / "a")
