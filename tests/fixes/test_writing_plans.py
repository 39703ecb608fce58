"""Plans on the disk: byte for byte, whole or not at all, and never over what is not ours."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from planned import mending, planned, replace

from seawall.core.model import FileChange, Fix, Hit, Safety
from seawall.jobs.fixing import Plan, write

RULE = "add-for-copy"
copies = replace("ADD", "COPY")


def plan_of(path: Path) -> Plan:
    with mending(add_for_copy=copies):
        return planned(path, RULE)


@pytest.mark.parametrize(
    "before",
    [
        b"FROM debian:12.11\r\nADD a /a\r\nUSER 1000\r\n",
        b"\xef\xbb\xbfFROM debian:12.11\nADD a /a\nUSER 1000",
        b'FROM debian:12.11\nLABEL a="\xff\xfe"\n  ADD a /a\nUSER 1000\n',
        b"# escape=`\nFROM debian:12.11\nADD a `\n  b /a/\n",
        b"FROM debian:12.11\n\tRUN <<E\nb\nE\nADD a /a # \xc3\xa9\n",
    ],
)
def test_only_the_bytes_of_the_edit_change(tmp_path: Path, before: bytes) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(before)
    made = plan_of(path)
    written = write(made)
    assert not written.problems
    assert written.names == (str(path),)
    head, _, tail = before.rpartition(b"ADD a")
    assert path.read_bytes() == head + b"COPY a" + tail


def test_mode_and_links_stay(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    (tmp_path / "real").write_text("FROM debian:12.11\nADD a /a\n")
    (tmp_path / "real").chmod(0o754)
    path.symlink_to("real")
    assert not write(plan_of(path)).problems
    assert path.is_symlink()
    assert "COPY" in (tmp_path / "real").read_text()
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o754


def test_a_link_that_leads_out_of_the_repository_is_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    (inside / ".git").mkdir(parents=True)
    (outside / "Dockerfile").write_text("FROM debian:12.11\nADD a /a\n")
    (inside / "Dockerfile").symlink_to(outside / "Dockerfile")
    (problem,) = write(plan_of(inside / "Dockerfile")).problems
    assert "leads to" in problem.reason
    assert "ADD" in (outside / "Dockerfile").read_text()


def test_a_file_that_changed_meanwhile_is_not_written_and_the_others_are(tmp_path: Path) -> None:
    for name in ("a.Dockerfile", "b.Dockerfile"):
        (tmp_path / name).write_text("FROM debian:12.11\nADD a /a\n")
    made = plan_of(tmp_path)
    (tmp_path / "a.Dockerfile").write_text("FROM debian:12.11\nADD a /a\n#\n")
    written = write(made)
    assert [p.reason for p in written.problems] == ["has changed since it was read, not written"]
    assert written.names == (str(tmp_path / "b.Dockerfile"),)
    assert (tmp_path / "a.Dockerfile").read_text().endswith("ADD a /a\n#\n")


def test_a_file_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12.11\nADD a /a\n")
    made = plan_of(path)
    path.unlink()
    (problem,) = write(made).problems
    assert "no such file" in problem.reason


def test_a_pipe_that_stands_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12.11\nADD a /a\n")
    made = plan_of(path)
    path.unlink()
    os.mkfifo(path)
    (problem,) = write(made).problems
    assert "no regular file" in problem.reason


def test_a_read_only_file_is_a_problem_even_for_root(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12.11\nADD a /a\n")
    path.chmod(0o444)
    (problem,) = write(plan_of(path)).problems
    assert "read-only" in problem.reason
    assert problem.hint
    assert "ADD" in path.read_text()


def with_files(path: Path, *files: FileChange) -> Plan:
    def make(text: str, hit: Hit) -> Fix | None:
        fix = copies(text, hit)
        return Fix(Safety.SAFE, "all", fix.edits, files) if fix else None

    path.write_text("FROM debian:12.11\nADD a /a\n")
    with mending(add_for_copy=make):
        return planned(path, RULE)


def test_a_secret_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    made = with_files(
        path,
        FileChange("create", "secrets/token", "v\n", 0o600),
        FileChange("append", ".gitignore", "secrets/\n"),
        FileChange("chmod", "key", mode=0o600),
    )
    assert made.is_empty, "a file that is not there gets no mode"
    (tmp_path / "key").write_text("k")
    made = with_files(
        path,
        FileChange("create", "secrets/token", "v\n", 0o600),
        FileChange("append", ".gitignore", "secrets/\n"),
        FileChange("chmod", "key", mode=0o600),
    )
    assert not write(made).problems
    assert (tmp_path / "secrets/token").read_text() == "v\n"
    modes = {p: stat.S_IMODE((tmp_path / p).stat().st_mode) for p in ("secrets", "secrets/token")}
    assert modes == {"secrets": 0o700, "secrets/token": 0o600}
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert (tmp_path / ".gitignore").read_text() == "secrets/\n"


def test_what_is_there_by_now_is_not_written_over(tmp_path: Path) -> None:
    made = with_files(tmp_path / "Dockerfile", FileChange("create", "new", "v\n"))
    (tmp_path / "new").symlink_to("/etc/passwd")
    (problem,) = write(made).problems
    assert "exists" in problem.reason
    assert "COPY" in (tmp_path / "Dockerfile").read_text()


def test_a_mode_is_not_given_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k")
    made = with_files(tmp_path / "Dockerfile", FileChange("chmod", "key", mode=0o600))
    (tmp_path / "key").unlink()
    (tmp_path / "other").write_text("")
    (tmp_path / "other").chmod(0o644)
    (tmp_path / "key").symlink_to("other")
    assert write(made).problems
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o644


def test_lines_are_added_with_the_line_ends_of_the_file(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_bytes(b"a\r\nb")
    made = with_files(tmp_path / "Dockerfile", FileChange("append", ".gitignore", "b\nc\n"))
    assert not write(made).problems
    assert (tmp_path / ".gitignore").read_bytes() == b"a\r\nb\r\nc\r\n"


def test_what_is_written_needs_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12.11\nADD a /a\n")
    assert not write(plan_of(path)).problems
    assert plan_of(path).is_empty
