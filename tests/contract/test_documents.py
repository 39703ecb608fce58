"""What the documents say is so: links, options, names, policies and printed output."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from types import ModuleType

import click
import pytest

from seawall.cli.group import seawall as commands
from seawall.cli.main import main
from seawall.core.policy import load_policy
from seawall.core.rule import Rule, Settings
from seawall.core.source import Source
from seawall.jobs.check import CheckOptions
from seawall.jobs.governance import catalog
from seawall.jobs.judge import Crash, judge
from seawall.rules.network import exposure
from seawall.surfaces.dockerfile import Dockerfile, read

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 11, 24)
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
)
GENERATED = {ROOT / "docs" / "rules", ROOT / "docs" / "fixes"}
WRITTEN = [path for path in DOCUMENTS if path.parent not in GENERATED]
PLACEHOLDERS = {"rule-id", "…"}
MISSPELT = {"root-usr"}

_BLOCK = re.compile(r"^```(\w*)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_COMMAND = re.compile(
    r"\bseawall (checklist|check|fix|pin|init|explain|baseline|config show|completion|version|scan"
    r"|sbom|db update|db status|db export|db import)\b(.*)"
)
_OPTION = re.compile(r"(?<!\S)(--[a-z-]+|-[a-zA-Z])\b")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_IGNORE = re.compile(r"ignore(?:-file|-stage)?\[([^\]]*)\]")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


documents = pytest.mark.parametrize("path", DOCUMENTS, ids=named)
written = pytest.mark.parametrize("path", WRITTEN, ids=named)


def blocks(path: Path) -> Iterator[tuple[str, str, str]]:
    """The fenced blocks of a document: language, the file's name after it, text."""
    for match in _BLOCK.finditer(path.read_text(encoding="utf-8")):
        yield match[1], match[2] or "", match[3]


def anchors(path: Path) -> set[str]:
    """What `#…` can point to in a document: its headings as GitHub spells them."""
    prose = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(prose)
    }


@documents
def test_a_link_leads_somewhere(path: Path) -> None:
    prose = _CODE.sub("", path.read_text(encoding="utf-8"))
    for link in _LINK.findall(prose):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(target), link


def options_of(name: str) -> set[str]:
    """The options that a command has, by its help."""
    command: click.Command = commands
    for word in name.split():
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None, name
        command = found
    return {"-h", "--help", *(option for each in command.params for option in each.opts)}


@written
def test_an_option_is_one_that_its_command_has(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for name, rest in _COMMAND.findall(text):
        own = _QUOTED.sub("", re.split(r"[`|;&]", rest)[0])
        for option in _OPTION.findall(own):
            assert option in options_of(name), f"seawall {name} {option}"


@documents
def test_an_ignore_names_rules_that_there_are(path: Path) -> None:
    for names in _IGNORE.findall(path.read_text(encoding="utf-8")):
        for name in names.split(","):
            known = catalog().named(name.strip()) or name in PLACEHOLDERS | MISSPELT
            assert known, name


@written
def test_a_policy_can_be_used_as_it_stands(path: Path, tmp_path: Path) -> None:
    for language, name, text in blocks(path):
        if language == "toml" and name in {"seawall.toml", "pyproject.toml"}:
            file = tmp_path / name
            file.write_text(text, encoding="utf-8")
            load_policy(file).check_names(catalog())


def test_the_reference_of_the_policy_shows_every_key(tmp_path: Path) -> None:
    text = next(t for _, n, t in blocks(ROOT / "docs/guides/policy.md") if n == "seawall.toml")
    (tmp_path / "seawall.toml").write_text(text, encoding="utf-8")
    policy = load_policy(tmp_path / "seawall.toml")
    unset = [entry.key for entry in policy.entries() if entry.origin == "default"]
    assert unset == []


@written
def test_a_transcript_is_what_the_program_prints(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("seawall.cli.arguments.CheckOptions", partial(CheckOptions, today=TODAY))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for language, name, text in blocks(path):
        if name and language != "python":
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif language == "console":
            replay(text, capfd)


def replay(transcript: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Run the commands of a transcript that are ours, and hold their output to it."""
    code = 0
    for part in re.split(r"^\$ ", transcript, flags=re.MULTILINE)[1:]:
        line, _, expected = part.partition("\n")
        words = shlex.split(line)
        if words == ["echo", "$?"]:
            assert expected == f"{code}\n", line
        elif words[0] == "seawall":
            capfd.readouterr()
            code = main(words[1:])
            assert_shown(expected, "".join(capfd.readouterr()), line)


def assert_shown(expected: str, printed: str, line: str) -> None:
    """Hold printed text to an excerpt, in which a line `…` stands for any lines."""
    shown = "\n".join(each.rstrip() for each in printed.splitlines()) + "\n"
    pieces = re.split(r"^…\n", expected, flags=re.MULTILINE)
    assert shown.startswith(pieces[0]), f"{line}\n{shown}"
    assert shown.endswith(pieces[-1]), f"{line}\n{shown}"
    position = 0
    for piece in pieces:
        found = shown.find(piece, position)
        assert found >= 0, f"{line}\n{piece}\nnot in\n{shown}"
        position = found + len(piece)


def test_the_worked_example_of_a_rule_passes_its_own_examples() -> None:
    contributing = ROOT / "CONTRIBUTING.md"
    code = next(t for language, _, t in blocks(contributing) if language == "python")
    scope = dict(vars(exposure))
    exec(compile(code, named(contributing), "exec"), scope)  # noqa: S102 -- our own text
    rule: Rule = scope["WIDE_PORT_RANGE"]
    assert all(map(partial(is_found, rule), rule.bad))
    assert not any(map(partial(is_found, rule), rule.good))


def is_found(rule: Rule, text: str) -> bool:
    facts = read(Source("Dockerfile", text))
    assert not facts.errors
    outcomes = list(judge(facts, [(rule, rule.on[Dockerfile])], Settings(TODAY)))
    assert not any(isinstance(outcome, Crash) for outcome in outcomes)
    return bool(outcomes)


def rule_pages() -> ModuleType:
    """The tool that writes the pages of rules."""
    spec = importlib.util.spec_from_file_location("rule_pages", ROOT / "tools/rule_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_of_rules_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert rule_pages().main(["--check"]) == 0, capsys.readouterr().out
