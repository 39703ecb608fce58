"""How plans are shown: hunks, a patch that git takes, text without secrets, JSON."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from planned import after, mending, planned, proposal, replace

from seawall.core.model import Edit, FileChange, Fix, Hit, Safety
from seawall.jobs.fixing import Plan
from seawall.jobs.proving.model import (
    Answer,
    Outcome,
    Posture,
    Process,
    ProofReport,
    SubjectProof,
    TakenBack,
)
from seawall.reports import RenderOptions
from seawall.reports.fixes import json as as_json
from seawall.reports.fixes import patch, text
from seawall.reports.fixes.hunks import hunks
from seawall.reports.fixes.proof import lines

RULE = "add-for-copy"
copies = replace("ADD", "COPY")
FILLER = "".join(f"RUN echo {number}\n" for number in range(20))


def plan_of(path: Path, content: bytes | str, *rules: str) -> Plan:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with mending(add_for_copy=copies):
        return planned(path, *(rules or (RULE,)))


def test_changes_that_stand_apart_are_hunks_of_their_own(tmp_path: Path) -> None:
    content = f"FROM debian:12.11\nADD a /a\n{FILLER}ADD b /b\nADD c /c\n"
    (file,) = plan_of(tmp_path / "Dockerfile", content).changed
    first, second = hunks(file)
    assert first.head == "@@ -1,5 +1,5 @@"
    assert second.head == "@@ -20,5 +20,5 @@"
    assert first.fixes == (0,)
    assert second.fixes == (1, 2)
    assert [line.sign for line in second.lines] == [" ", " ", " ", "-", "-", "+", "+"]


PATCHED = [
    pytest.param("FROM debian:12.11\nADD a /a\nUSER 1000\n", id="plain"),
    pytest.param("FROM debian:12.11\nADD a /a", id="no-end"),
    pytest.param("FROM debian:12.11\r\nADD a /a\r\nUSER 1000\r\n", id="crlf"),
    pytest.param(b"\xef\xbb\xbfFROM debian:12.11\nLABEL a='\xff'\nADD a /a\n", id="odd-bytes"),
    pytest.param(f"FROM debian:12.11\nADD a /a\n{FILLER}ADD b /b\n{FILLER}ADD c /c", id="far"),
    pytest.param("FROM debian:12.11\n\x0cADD a /a\n\n\nADD b \\\n  /b\n", id="blank"),
]


@pytest.mark.parametrize("name", ["Dockerfile", "a b/Dockerfile", 'q"\\é\t.Dockerfile'])
@pytest.mark.parametrize("content", PATCHED)
def test_git_and_patch_take_the_patch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | str, name: str
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    made = plan_of(Path(name), content)
    given = Path(name).read_bytes()
    data = patch.render(made)
    subprocess.run(["git", "apply", "--check"], input=data, check=True)
    subprocess.run(["git", "apply"], input=data, check=True)
    assert Path(name).read_bytes() == after(made).encode("utf-8", "surrogateescape")
    if "\\" not in name:
        Path(name).write_bytes(given)
        subprocess.run(["patch", "-p1", "-s", "--binary"], input=data, check=True)
        assert Path(name).read_bytes() == after(made).encode("utf-8", "surrogateescape")


def test_git_makes_new_files_and_private_ones_are_left_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = (
        FileChange("create", ".dockerignore", ".git\n*.pem\n"),
        FileChange("create", "token", "s3cr3t-v7Qm2xLp9\n", 0o600),
    )

    def make(text: str, hit: Hit) -> Fix | None:
        fix = copies(text, hit)
        return Fix(Safety.SAFE, "all", fix.edits, files) if fix else None

    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    Path("Dockerfile").write_text("FROM debian:12.11\nADD a /a\n")
    with mending(add_for_copy=make):
        made = planned(Path("Dockerfile"), RULE)
    data = patch.render(made)
    subprocess.run(["git", "apply"], input=data, check=True)
    assert Path(".dockerignore").read_text() == ".git\n*.pem\n"
    assert not Path("token").exists()
    for shown in (
        data.decode(),
        text.render(made, RenderOptions()),
        as_json.render(made, RenderOptions(), 0).decode(),
    ):
        assert "s3cr3t" not in shown
    rows = {
        row["path"]: row for row in json.loads(as_json.render(made, RenderOptions(), 0))["files"]
    }
    assert rows["token"]["mode"] == "0600"
    assert not rows["token"]["is_exact"]
    assert rows[".dockerignore"]["edits"][0]["text"] == ".git\n*.pem\n"


def test_the_text_says_which_rule_each_piece_mends(tmp_path: Path) -> None:
    made = plan_of(tmp_path / "Dockerfile", "FROM debian:12.11\nADD a /a\n")
    path = tmp_path / "Dockerfile"
    assert text.render(made, RenderOptions(width=200)) == (
        f"--- {path}\n+++ {path}\n[add-for-copy] write 'COPY'\n@@ -1,2 +1,2 @@\n"
        " FROM debian:12.11\n-ADD a /a\n+COPY a /a\n\n1 file would change: 1 safe fix\n"
    )
    assert text.render(made, RenderOptions(), [str(path)]).endswith("1 file changed: 1 safe fix\n")
    assert text.render(made, RenderOptions(verbose=-1)) == (
        f"{path}: add-for-copy\n\n1 file would change: 1 safe fix\n"
    )


def test_the_text_marks_what_is_unsafe_left_out_withheld_and_proposed(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian:12.11\nADD a /a\nVOLUME /etc\nRUN curl -k https://a.b\n")
    with mending(
        add_for_copy=replace("ADD", "COPY", Safety.UNSAFE),
        system_volume=replace("VOLUME", "VOLUME /etc "),
        unverified_server=proposal("RUN curl\nhttps://a.b"),
    ):
        rules = (RULE, "system-volume", "unverified-server")
        made = planned(path, *rules)
        bold = planned(path, *rules, unsafe=True)
    said = text.render(made, RenderOptions(width=200, verbose=1))
    assert "With --unsafe:\n" in said
    assert f"{path}:2 [add-for-copy, unsafe] write 'COPY'" in said
    assert "(left out: it would leave the finding as it is)" in said
    assert "Left to you:\n" in said
    assert "    RUN curl\n    https://a.b\n" in said
    assert said.endswith(
        "no files would change: 1 unsafe one left out (--unsafe), 1 dropped, as they do not hold, "
        "1 proposal\n"
    )
    assert "[add-for-copy, unsafe] write 'COPY'\n@@" in text.render(bold, RenderOptions(width=200))


def test_no_secret_and_no_control_character_is_shown(tmp_path: Path) -> None:
    secret = "v7Qm2xLp9Rt4Wz8K"
    content = f"FROM debian:12.11\nENV DB_PASSWORD={secret}\nADD a\x1b[31m /a\nUSER 1000\n"
    path = tmp_path / "Dockerfile"
    path.write_text(content)

    def move(text: str, hit: Hit) -> Fix | None:
        del hit
        at = text.find("ADD")
        edits = (Edit(at, at + 3, f"LABEL p={secret}\nCOPY"),)
        return Fix(Safety.SAFE, f"say {secret}", edits) if at >= 0 else None

    with mending(add_for_copy=move):
        made = planned(path)
    assert secret in after(made)
    said = text.render(made, RenderOptions(color=True))
    told = as_json.render(made, RenderOptions(), 0).decode()
    for shown in (said, told):
        assert secret not in shown
        assert "********" in shown
    assert "\x1b[31m /a" not in said
    assert not json.loads(told)["files"][0]["is_exact"]
    assert secret.encode() in patch.render(made), "a patch is made of the bytes themselves"


def test_edits_are_given_by_offset_and_by_line(tmp_path: Path) -> None:
    made = plan_of(tmp_path / "Dockerfile", "FROM debian:12.11\nADD a /a\nADD b /b\n")
    document = json.loads(as_json.render(made, RenderOptions(version="1"), 0, ("x",)))
    assert document["files"][0]["edits"][1] == {
        "start": 27,
        "end": 30,
        "line": 3,
        "column": 1,
        "end_line": 3,
        "end_column": 4,
        "text": "COPY",
        "fixes": [1],
    }
    assert document["summary"] == {
        "files": 1,
        "safe": 2,
        "unsafe": 0,
        "taken": 0,
        "withheld": 0,
        "proposals": 0,
        "left_out": 0,
        "problems": 0,
        "written": ["x"],
        "exit_code": 0,
    }


def test_bytes_that_are_no_text_make_an_edit_inexact(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"FROM debian:12.11\nADD \xff /a\n")
    with mending(add_for_copy=lambda t, _: Fix(Safety.SAFE, "x", (Edit(18, 23, "COPY " + t[22]),))):
        made = planned(path, RULE)
    (row,) = json.loads(as_json.render(made, RenderOptions(), 0))["files"]
    assert row["edits"][0]["text"] == "COPY \\xff"
    assert not row["is_exact"]


def test_the_text_of_a_proof_says_what_was_repaired_and_taken_back() -> None:
    root = Posture((Process(0, 0, "x", frozenset({"CHOWN"})), Process(0, 0)), is_seen=True)
    plain = Posture((Process(1000, 1000),), is_read_only=True)
    back = TakenBack(("root-user", "Dockerfile", "stage 0"), "a user", "did not start", ("EACCES",))
    subjects = (
        SubjectProof(
            "web",
            "compose.yaml",
            Outcome.REPAIRED,
            repairs=("a tmpfs at /run",),
            taken_back=(back,),
            unproven=(back,),
            answers=(Answer("log", False, "new errors"), Answer("life", True)),
            notes=("a note",),
            before=root,
            after=plain,
        ),
        SubjectProof("db", "compose.yaml", Outcome.NOT_PROVABLE, "it is never healthy"),
    )
    assert [*lines(ProofReport(subjects, 7, 2, 12.4, ("x1",)))] == [
        "web (compose.yaml): repaired, and proven",
        "  2 of 2 processes as root, 1 capability -> 0 of 1 processes as root, 0 capabilities, "
        "read-only",
        "  repaired by a tmpfs at /run",
        "  taken back: [root-user] a user: did not start",
        "    | EACCES",
        "  not tried: [root-user] a user: did not start",
        "    | EACCES",
        "  log: new errors",
        "  a note",
        "db (compose.yaml): not provable: it is never healthy",
        "2 builds, 7 starts, 12 s",
        "could not be removed from the engine: x1",
    ]
