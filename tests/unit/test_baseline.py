"""A baseline accepts what was there, says what has gone, and is written whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from samples import finding

from seawall.core.baseline import SCHEMA, Baseline, read_baseline, write_baseline
from seawall.core.errors import ConfigError, InputError
from seawall.core.identity import identify
from seawall.core.model import Finding, Suppression
from seawall.core.writing import atomic_write


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def identified(home: Path, *findings: Finding) -> tuple[Finding, ...]:
    return identify(findings, str(home))


def taken(home: Path, *findings: Finding) -> Baseline:
    write_baseline(Path("base.json"), findings, str(home))
    return read_baseline(Path("base.json"))


def test_what_was_there_is_marked_and_what_is_new_is_not(home: Path) -> None:
    old, new = identified(home, finding(line=2), finding("latest-tag"))
    marked = taken(home, old).mark([new, old])
    assert [each.suppressed for each in marked] == [None, Suppression("baseline")]


def test_a_finding_that_moved_is_still_the_old_one(home: Path) -> None:
    baseline = taken(home, *identified(home, finding(line=2)))
    assert baseline.mark(identified(home, finding(line=70, message="x")))[0].suppressed


def test_a_second_finding_of_the_same_kind_is_new(home: Path) -> None:
    baseline = taken(home, *identified(home, finding(line=2)))
    marked = baseline.mark(identified(home, finding(line=2), finding(line=3)))
    assert [bool(each.suppressed) for each in marked] == [True, False]


def test_a_finding_that_is_waived_keeps_its_waiver(home: Path) -> None:
    waived = identified(home, finding(suppressed=Suppression("policy", "x")))
    assert taken(home, *identified(home, finding())).mark(waived) == waived


def test_a_waived_finding_is_not_written_but_a_baselined_one_is(home: Path) -> None:
    found = identified(
        home,
        finding(suppressed=Suppression("inline")),
        finding("latest-tag", suppressed=Suppression("baseline")),
    )
    assert [entry.rule for entry in taken(home, *found).entries] == ["latest-tag"]


def test_the_file_is_the_same_whatever_the_order(home: Path) -> None:
    found = identified(home, finding(line=2), finding("latest-tag"), finding(path="b/Dockerfile"))
    assert write_baseline(Path("a.json"), found, str(home)) == 3
    write_baseline(Path("b.json"), reversed(found), str(home))
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()
    assert json.loads(Path("a.json").read_text())["schema"] == SCHEMA


def test_the_file_shows_no_message_and_no_line(home: Path) -> None:
    taken(home, *identified(home, finding(message="password is hunter2")))
    assert set(json.loads(Path("base.json").read_text())["findings"][0]) == {
        "path",
        "rule",
        "symbol",
        "fingerprint",
    }


def test_a_name_that_is_no_text_can_be_written(home: Path) -> None:
    found = identified(home, finding(path="web\udcff/Dockerfile"))
    assert taken(home, *found).mark(found)[0].suppressed


def test_entries_that_are_no_longer_found_are_said(home: Path) -> None:
    found = identified(home, finding(line=2), finding("latest-tag"))
    baseline = taken(home, *found)
    assert baseline.stale(found, ["Dockerfile"], str(home)) == ()
    (one,) = baseline.stale(found[:1], ["./Dockerfile"], str(home))
    assert one.target == "base.json"
    assert one.message.startswith("1 entry is no longer found (the first: latest-tag in Docker")
    (two,) = baseline.stale([], ["Dockerfile"], str(home))
    assert two.message.startswith("2 entries are no longer found")


def test_entries_of_files_that_were_not_examined_are_not_called_stale(home: Path) -> None:
    baseline = taken(home, *identified(home, finding()))
    assert baseline.stale([], ["other/Dockerfile"], str(home)) == ()


def test_an_empty_baseline_touches_nothing() -> None:
    findings = (finding(),)
    assert Baseline().mark(findings) == findings
    assert Baseline().stale(findings, ["Dockerfile"], "/") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a baseline"),
        ("[]", "not a baseline"),
        ("{}", "not a baseline"),
        ('{"schema": 1}', "not a baseline"),
        ('{"schema": "seawall.baseline/2"}', "has the schema `seawall.baseline/2`"),
        ('{"schema": "seawall.baseline/1"}', "damaged"),
        ('{"schema": "seawall.baseline/1", "findings": [{}]}', "damaged"),
        ('{"schema": "seawall.baseline/1", "findings": [', "not a baseline"),
        ('{"schema": "seawall.baseline/1", "x": ' + "[" * 100_000, "not a baseline"),
        ('{"schema": "\udcff"}', "not a baseline"),
    ],
)
def test_a_damaged_or_foreign_file_is_refused(text: str, message: str) -> None:
    Path("base.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as caught:
        read_baseline(Path("base.json"))
    assert message in caught.value.message
    assert "seawall baseline" in caught.value.hint


def test_a_file_that_is_missing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"base\.json: no such file"):
        read_baseline(Path("base.json"))
    with pytest.raises(ConfigError, match="not a regular file"):
        read_baseline(Path("/dev/zero"))


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.core.baseline.MAX_BYTES", 10)
    Path("base.json").write_text(" " * 11)
    with pytest.raises(ConfigError, match="larger than"):
        read_baseline(Path("base.json"))


# Writing


def test_the_mode_of_a_file_is_kept_and_a_new_one_follows_the_umask() -> None:
    script = Path("run.sh")
    script.write_text("old")
    script.chmod(0o750)
    atomic_write(script, "new")
    assert script.read_text() == "new"
    assert stat.S_IMODE(script.stat().st_mode) == 0o750
    old = os.umask(0o027)
    try:
        atomic_write(Path("fresh"), "x")
    finally:
        os.umask(old)
    assert stat.S_IMODE(Path("fresh").stat().st_mode) == 0o640


def test_bytes_and_line_ends_come_back_as_they_were() -> None:
    atomic_write(Path("x"), "a\r\n\udcffb\n")
    assert Path("x").read_bytes() == b"a\r\n\xffb\n"


def test_a_link_stays_a_link() -> None:
    Path("real").write_text("old")
    Path("link").symlink_to("real")
    atomic_write(Path("link"), "new")
    assert Path("link").is_symlink()
    assert Path("real").read_text() == "new"


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    (tmp_path / "profile").write_text("mine")
    link = tmp_path / "repository/base.json"
    link.symlink_to("../profile")
    with pytest.raises(InputError, match="symbolic link"):
        atomic_write(link, "theirs")
    assert (tmp_path / "profile").read_text() == "mine"
    atomic_write(link, "wanted", within=tmp_path)
    assert (tmp_path / "profile").read_text() == "wanted"


@pytest.mark.parametrize("path", [Path(), Path("/dev/null"), Path("missing/file"), Path("loop")])
def test_a_place_that_cannot_be_written_is_an_error_with_a_reason(path: Path) -> None:
    Path("loop").symlink_to("loop")
    with pytest.raises(InputError) as caught:
        atomic_write(path, "x")
    assert caught.value.hint


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("x").write_text("old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="no space left"):
        atomic_write(Path("x"), "new")
    assert Path("x").read_text() == "old"
    assert [each.name for each in home.iterdir()] == ["x"]


def test_text_that_has_no_bytes_is_refused() -> None:
    with pytest.raises(InputError, match="can't be encoded"):
        atomic_write(Path("x"), "\ud800")
    assert not Path("x").exists()
