"""The command line in one process: terminals, outputs, arguments and how errors are said."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path

import pytest

from seawall.cli.arguments import read_arguments
from seawall.cli.main import main
from seawall.cli.outputs import Output, parse_outputs, write_file
from seawall.cli.terminal import complain, use_color, width
from seawall.core.errors import InputError, UsageError
from seawall.reports import FORMATS

BAD = "FROM debian:13.1-slim\nRUN curl http://example.com/x | sh\nUSER 10001\n"


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment that says nothing of terminals, and an empty directory to work in."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "SEAWALL_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text(BAD)
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "is_terminal", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": ""}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    is_terminal: bool,
    expected: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = Terminal() if is_terminal else io.StringIO()
    assert use_color("auto", stream) is expected
    assert use_color("always", stream) is True
    assert use_color("never", stream) is False


@pytest.mark.parametrize(
    ("columns", "expected"), [("80", 80), ("10", 40), ("900", 120), ("x", 100), ("²", 100)]
)
def test_the_width_is_what_columns_says_within_reason(
    monkeypatch: pytest.MonkeyPatch, columns: str, expected: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert width(io.StringIO()) == expected


def test_complaints_are_cleaned_and_survive_a_closed_stream(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    complain("a\x1b[31mb", "h\x07")
    assert capsys.readouterr().err == "seawall: a\\x1b[31mb\n  h\\x07\n"
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    complain("nobody hears")


def test_outputs_are_a_format_and_a_place() -> None:
    assert parse_outputs([]) == (Output("text"),)
    assert parse_outputs(["text", "json:a:b"]) == (Output("text"), Output("json", "a:b"))


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (["jsn"], "json"),
        (["zzz"], "sarif"),
        (["json:"], "json:FILE"),
        (["json", "text"], "json:FILE"),
        (["json:x", "text:x"], "json:FILE"),
    ],
)
def test_an_output_that_makes_no_sense_is_refused_with_what_does(
    values: list[str], word: str
) -> None:
    with pytest.raises(UsageError) as refused:
        parse_outputs(values)
    assert word in refused.value.hint


def test_a_report_file_is_replaced_whole_and_keeps_its_mode(plain: Path) -> None:
    target = plain / "out"
    target.write_text("old")
    target.chmod(0o640)
    write_file(str(target), "new")
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in plain.iterdir()) == ["Dockerfile", "out"]


def test_a_device_is_written_to_and_a_directory_refused(plain: Path) -> None:
    write_file("/dev/null", "x")
    with pytest.raises(InputError):
        write_file(str(plain), "x")
    with pytest.raises(InputError):
        write_file("/dev/full", "x")


def test_arguments_are_split_at_commas_and_defaults_left_alone() -> None:
    arguments = read_arguments({"select": ("a, b", "c,"), "target": None, "fail_on": "low"})
    assert arguments.terms().select == ("a", "b", "c")
    assert arguments.target == ""


def test_a_build_argument_is_a_name_and_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_CALLER", "mine")
    monkeypatch.setenv("A", "not this one")
    monkeypatch.delenv("UNSET", raising=False)
    given = ("A=b=c", "D=", "FROM_CALLER", "UNSET")
    options = read_arguments({"build_args": given}).options(())
    assert options.build.arguments == {"A": "b=c", "D": "", "FROM_CALLER": "mine"}
    with pytest.raises(UsageError):
        read_arguments({"build_args": ("=x",)}).options(())


def test_a_policy_file_and_none_at_all_contradict_each_other() -> None:
    with pytest.raises(UsageError):
        read_arguments({"isolated": True, "config_file": "x"}).terms()


def test_several_reports_of_one_run_agree(
    plain: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["check", "-o", "concise", "-o", "json:out.json", "-o", "sarif:out.sarif"]) == 1
    shown = capfdbinary.readouterr().out.decode()
    report = json.loads((plain / "out.json").read_text())
    sarif = json.loads((plain / "out.sarif").read_text())
    assert "curl-pipe-shell" in shown
    assert len(sarif["runs"][0]["results"]) == len(report["findings"])


def test_colour_reaches_the_terminal_and_no_file(
    plain: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    main(["check", "--color", "always", "-o", "text", "-o", "concise:out"])
    assert b"\x1b[" in capfdbinary.readouterr().out
    assert "\x1b[" not in (plain / "out").read_text()
    main(["check", "--color", "never"])
    assert b"\x1b[" not in capfdbinary.readouterr().out


def test_explain_shows_a_rule_whole(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "DL3002"]) == 0
    page = capfd.readouterr().out
    for part in ("root-user", "Why", "Fix", "Bad", "Good", "CIS Docker", "hadolint:DL3002"):
        assert part in page
    assert main(["explain", "-o", "json", "AVD-DS-0002"]) == 0
    assert json.loads(capfd.readouterr().out)["id"] == "root-user"


def test_explain_takes_a_practice_for_all_its_rules(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--all", "-o", "json"]) == 0
    rules = json.loads(capfd.readouterr().out)
    practices = [rule["practice"] for rule in rules]
    ids = {rule["id"] for rule in rules}
    several = next(p for p in practices if practices.count(p) > 1 and p not in ids)
    assert main(["explain", "-o", "json", several]) == 0
    assert len(json.loads(capfd.readouterr().out)["rules"]) == practices.count(several)


def test_config_show_names_each_values_origin(
    plain: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (plain / "seawall.toml").write_text('# mine\nprofile = "strict"\n')
    assert main(["config", "show", "--fail-on", "low"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert any("profile" in line and "seawall.toml:2" in line for line in lines)
    assert any("fail-on" in line and "command line" in line for line in lines)
    assert main(["config", "show", "-o", "json", "--isolated"]) == 0
    values = {v["key"]: v for v in json.loads(capfd.readouterr().out)["values"]}
    assert values["profile"] == {"key": "profile", "value": "default", "origin": "default"}


def test_a_baseline_is_written_and_its_gaps_are_said(
    plain: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["baseline"]) == 0
    assert "written to .seawall-baseline.json" in capfd.readouterr().out
    assert main(["check", "--baseline", ".seawall-baseline.json"]) == 0
    (plain / "Dockerfile.x").write_text("FRUM x\n")
    assert main(["baseline"]) == 2
    assert "Dockerfile.x" in capfd.readouterr().err


def test_every_command_has_help_and_at_most_twenty_options(
    capfd: pytest.CaptureFixture[str],
) -> None:
    for command in ("check", "explain", "baseline", "config", "completion", "version"):
        assert main([command, "--help"]) == 0
        text = capfd.readouterr().out
        assert text.startswith(f"Usage: seawall {command}")
        options = [line for line in text.splitlines() if line.strip().startswith("-")]
        assert len([line for line in options if "--help" not in line]) <= 20


@pytest.mark.parametrize("arguments", [["version"], ["--version"], ["-V"], ["--version", "check"]])
def test_the_version_is_one_line(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    name, version = capfd.readouterr().out.split()
    assert name == "seawall"
    assert version[0].isdigit()


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 2, ""),
        (OSError(28, "No space left on device", "x"), 2, "x: no space left on device"),
        (RuntimeError("oh\x1b"), 2, "a bug in Seawall: RuntimeError: oh\\x1b"),
        (UsageError("what", "so"), 2, "what\n  so"),
        (SystemExit(1), 2, ""),
    ],
)
def test_whatever_happens_is_an_exit_code_and_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    raised: BaseException,
    code: int,
    said: str,
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise raised

    monkeypatch.setattr("seawall.cli.group.seawall.main", fail)
    assert main(["check"]) == code
    error = capfd.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert bool(error) is bool(said)


@pytest.mark.parametrize(
    ("arguments", "code", "shown"),
    [
        ([], 0, "Examples:"),
        (["--help"], 0, "completion  Print a shell's completion script."),
        (["config"], 0, "show"),
        (["completion", "bash"], 0, "_SEAWALL_COMPLETE=bash_complete"),
        (["completion", "zsh"], 0, "#compdef seawall"),
        (["completion", "fish"], 0, "_SEAWALL_COMPLETE=fish_complete"),
        (["explain"], 0, "curl-pipe-shell"),
    ],
)
def test_a_command_prints_its_result(
    capfd: pytest.CaptureFixture[str], arguments: list[str], code: int, shown: str
) -> None:
    assert main(arguments) == code
    assert shown in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "Did you mean `check` or `checklist`?"),
        (["zzzzzz"], "See `seawall --help`."),
        (["--bogus"], "See `seawall --help`."),
        (["check", "--fial-on", "low"], "Did you mean '--fail-on'"),
        (
            ["completion", "tcsh"],
            "tcsh: no completion for this shell\n  Take one of bash, zsh, fish",
        ),
        (["completion"], "See `seawall completion --help`."),
        (
            ["check", "--fail-on", "hihg"],
            "--fail-on hihg: no such severity\n  Did you mean `high`?",
        ),
        (["check", "--profile", "x"], "Take one of default, strict, audit."),
        (["check", "--color", "x"], "Take one of auto, always, never."),
        (["check", "--jobs", "-1"], "--jobs -1: not a number of processes\n  Write --jobs 4."),
        (["check", "--jobs", "²"], "not a number of processes"),
        (["config", "show", "nosuch"], "nosuch: no such file or directory"),
        (["check", "--config", "nosuch"], "nosuch: no such file or directory\n"),
        (["explain", "rot-user"], "Did you mean `root-user`"),
        (["explain", "zzzzzzzz"], "lists the rules"),
        (["explain", "-o", "yaml", "root-user"], "Formats: text, json."),
        (["explain", "--all", "root-user"], "Leave out NAME"),
        (["config", "show", "-o", "yaml"], "Formats: text, json."),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(
    capfd: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(arguments) == 2
    shown = capfd.readouterr()
    assert shown.out == ""
    assert said in shown.err


def test_a_shell_completes_commands_options_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_SEAWALL_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_CWORD", "1")
    for typed, offered in [
        ("seawall ch", "plain,check\nplain,checklist"),
        ("seawall con", "plain,config"),
    ]:
        monkeypatch.setenv("COMP_WORDS", typed)
        assert main([]) == 0
        assert capfd.readouterr().out.strip() == offered
    monkeypatch.setenv("COMP_WORDS", "seawall check --fail")
    monkeypatch.setenv("COMP_CWORD", "2")
    main([])
    assert "--fail-on" in capfd.readouterr().out


def test_standard_input_is_read_where_a_path_is_a_dash(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    assert main(["check", "-o", "concise", "-", "--stdin-filename", "svc/Dockerfile"]) == 1
    assert "svc/Dockerfile:2" in capfd.readouterr().out


def test_the_help_names_every_format(capfd: pytest.CaptureFixture[str]) -> None:
    main(["check", "--help"])
    text = " ".join(capfd.readouterr().out.split())
    assert ", ".join(FORMATS) in text
    assert "[x>=0]" not in text


def test_options_count_for_lower_and_upper_case(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--fail-on", "CRITICAL", "--jobs", "1", "-q", "--select", "sudo"]) == 0


def test_what_comments_silence_is_shown_to_who_asks(
    plain: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (plain / "Dockerfile").write_text("# seawall: ignore-file[curl-pipe-shell] -- x\n" + BAD)
    assert main(["check", "--select", "curl-pipe-shell"]) == 0
    assert main(["check", "--select", "curl-pipe-shell", "--no-ignores"]) == 1


EXPIRED = BAD.replace("RUN", "# seawall: ignore[curl-pipe-shell] until=2020-01-31 -- x\nRUN")


@pytest.mark.parametrize(
    ("outputs", "is_said"),
    [
        (["concise"], True),
        (["junit"], True),
        (["gitlab"], True),
        (["sarif:out"], True),
        (["text"], False),
        (["json"], False),
        (["markdown"], False),
        (["github"], False),
        (["sarif"], False),
        (["concise", "text:out"], True),
    ],
)
def test_an_expired_ignore_is_said_beside_a_report_that_has_no_place_for_it(
    plain: Path, capfdbinary: pytest.CaptureFixture[bytes], outputs: list[str], is_said: bool
) -> None:
    (plain / "Dockerfile").write_text(EXPIRED)
    main(["check", *(word for output in outputs for word in ("-o", output))])
    shown = capfdbinary.readouterr()
    note = b"seawall: note: Dockerfile:2: this ignore expired on 2020-01-31"
    assert shown.err.startswith(note) is is_said
    assert (b"expired on 2020" in shown.out) is not is_said


def test_a_note_on_the_whole_run_has_no_place(
    plain: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    main(["check", "-v", "-o", "concise", "-o", "sarif:out", "-o", "github:annotations"])
    assert b"seawall: note: hidden by profile, shown by" in capfdbinary.readouterr().err
    run = json.loads((plain / "out").read_text())["runs"][0]
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "locations" not in note
    assert "::notice title=seawall::hidden by profile" in (plain / "annotations").read_text()


def test_a_bug_shows_where_it_happened_to_who_asks(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("oh")

    monkeypatch.setenv("SEAWALL_DEBUG", "1")
    monkeypatch.setattr("seawall.cli.group.seawall.main", fail)
    assert main(["check"]) == 2
    assert "Traceback" in capfd.readouterr().err
