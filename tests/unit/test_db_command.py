"""`seawall db` says what it did, what failed, and what there is."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from advisory_data import affected, record, write_tree

from seawall.cli import progress
from seawall.cli.db import Downloads
from seawall.cli.main import main


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "store.sqlite"
    monkeypatch.setenv("SEAWALL_DB", str(path))
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    osv = {"PyPI": [record("PYSEC-1", affected("PyPI", "thing", "introduced=0"))]}
    return write_tree(tmp_path / "tree", osv, exploited={"CVE-2026-0001": "2026-01-01"})


def test_an_update_says_what_came(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "update", "--source", str(tree)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "Updated osv/PyPI, kev: 2 records."
    assert said.out.splitlines()[1].startswith("Not at this source: osv/AlmaLinux, ")
    assert said.err == ""
    assert main(["db", "update", "--source", str(tree), "--ecosystem", "pypi, PyPI"]) == 0
    assert capsys.readouterr().out == "Unchanged osv/PyPI, kev.\nNot at this source: epss.\n"


def test_a_quiet_update_says_nothing(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "update", "--source", str(tree), "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_source_that_failed_is_said(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "osv/PyPI/all.zip").write_bytes(b"\x1b[31mred")
    assert main(["db", "update", "--source", str(tree), "-q"]) == 2
    assert "seawall: osv/PyPI: damaged archive" in capsys.readouterr().err


@pytest.mark.parametrize("source", [[], ["--source", "https://mirror.example"]])
def test_offline_asks_nobody(source: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "update", "--offline", *source]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "--offline" in said.err
    assert "seawall db import FILE" in said.err


def test_a_folder_will_do_offline(tree: Path) -> None:
    assert main(["db", "update", "--offline", "-q", "--source", str(tree)]) == 0


def test_the_status_is_told_to_people_and_to_programs(
    tree: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["db", "update", "-q", "--source", str(tree)])
    assert main(["db", "status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{store}: 0.")
    assert "      1  PyPI" in lines
    assert main(["db", "status", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "seawall.db/1"
    assert found["ecosystems"] == {"PyPI": 1}
    assert [each["name"] for each in found["sources"]] == ["kev", "osv/PyPI"]


def test_no_store_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "status"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "no advisory data" in said.err
    assert "seawall db update" in said.err


def test_a_store_crosses_an_air_gap(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["db", "update", "-q", "--source", str(tree)])
    export, other = str(tmp_path / "advisories.zst"), str(tmp_path / "other.sqlite")
    assert main(["db", "export", export]) == 0
    assert main(["db", "import", export, "--db", other]) == 0
    assert capsys.readouterr().out.splitlines()[1] == f"1 records taken over from {export}"
    assert main(["db", "status", "--db", other]) == 0
    assert main(["db", "export", "-q", export, "--db", other]) == 0
    assert main(["db", "import", "-q", export]) == 0


def test_a_mistake_is_explained(capsys: pytest.CaptureFixture[str], tree: Path) -> None:
    assert main(["db", "update", "--source", str(tree), "--ecosystem", "debain"]) == 2
    assert "Did you mean `debian`?" in capsys.readouterr().err
    assert main(["db", "status", "-o", "yaml"]) == 2


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_downloads_are_shown_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "SILENCE", 0.0)
    stream = _Terminal()
    shown = Downloads(stream)
    shown.received("https://example.com/PyPI/all.zip\x1b[31m", 1_500_000, 3_000_000)
    shown.received("https://example.com/PyPI/all.zip", 1_600_000, -1)  # too soon after
    shown.close()
    assert stream.getvalue().startswith("\r\x1b[Kseawall: PyPI/all.zip")
    assert "1.5 of 3.0 MB" in stream.getvalue()
    assert "\x1b[31m" not in stream.getvalue()
    assert "1.6" not in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_nothing_is_shown_to_a_pipe() -> None:
    stream = io.StringIO()
    shown = Downloads(stream)
    shown._next = 0
    shown.received("x", 1, 2)
    assert stream.getvalue() == ""
