"""A root file system on disk is looked at like a layer, and nothing outside of it is read."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tarballs import analyser, files, note, troubles

from seawall.core.errors import InputError
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.blob import Blob, ImageSource, LayerFacts
from seawall.surfaces.image.facts import Fact, Kind
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.limits import Limits
from seawall.surfaces.image.rootfs import DirectoryBlob, RootfsSource, kernel_devices

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount and to own")
is_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


def _look(root: Path, *analysers: Analyser, **limits: Any) -> LayerFacts:
    def analyse(blob: Blob) -> LayerFacts:
        return analyse_layer(blob, analysers or [analyser()], Limits(**limits))

    source: ImageSource = RootfsSource(str(root))
    pulled = source.pull(analyse)
    assert (source.kind, source.name, pulled.config) == ("rootfs", str(root), b"")
    (facts,) = pulled.layers
    return facts


def test_entries_are_those_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir(mode=0o750)
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "etc/passwd").chmod(0o4711)
    (tmp_path / "bin").symlink_to("usr/bin")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / ".wh.file").write_text("no whiteout on disk")
    (tmp_path / "etc/hard").hardlink_to(tmp_path / "etc/passwd")
    os.mknod(tmp_path / "socket", 0o140644) if os.geteuid() == 0 else None
    facts = _look(tmp_path)
    found = files(facts)
    assert list(found) == [".wh.file", "bin", "etc", "etc/hard", "etc/passwd", "pipe"]
    passwd = found["etc/passwd"]
    assert (passwd.mode, passwd.uid, passwd.size) == (0o4711, os.getuid(), 26)
    assert passwd.note == found["etc/hard"].note == note(b"root:x:0:0::/root:/bin/sh\n")
    assert (found["bin"].kind, found["bin"].target) == (Kind.SYMLINK, "usr/bin")
    assert (found["etc"].kind, found["etc"].mode, found["pipe"].kind) == (
        Kind.DIRECTORY,
        0o750,
        Kind.FIFO,
    )
    assert facts.directories == b"etc"
    assert facts.files == b".wh.file\0bin\0etc/hard\0etc/passwd\0pipe"
    assert (facts.entries, facts.digest, facts.diff_id, facts.whiteouts) == (6, "", "", ())


def test_only_what_is_wanted_is_opened(tmp_path: Path) -> None:
    for name in ("a.jar", "status", "elf", "short", "other"):
        (tmp_path / name).write_bytes(b"\x7fELF" if name == "elf" else b"x")
    wants = analyser(
        suffixes=frozenset({".jar"}), names=frozenset({"status"}), magics=frozenset({b"\x7fELF"})
    )
    assert list(files(_look(tmp_path, wants))) == ["a.jar", "elf", "status"]
    (tmp_path / "other").chmod(0)
    assert list(files(_look(tmp_path, analyser(names=frozenset({"status"}))))) == ["status"]


def test_symbolic_links_lead_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    (root / "up").symlink_to("..")
    (root / "self").symlink_to("self")
    found = files(_look(root))
    assert list(found) == ["file", "out", "self", "up"]
    assert all(fact.kind is Kind.SYMLINK for fact in found.values())
    assert not troubles(_look(root, analyser(names=frozenset({"file", "self"}))))


def test_a_directory_that_becomes_a_link_meanwhile_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "f").write_text("harmless")

    def swap(file: LayerFile) -> Iterable[Fact]:
        if file.path == "d":
            (root / "d").rmdir()
            (root / "d").symlink_to(outside)
            (root / "f").unlink()
            (root / "f").symlink_to(outside / "secret")
        return ()

    facts = _look(root, Analyser("swap", 1, Wants(everything=True), swap), analyser())
    assert "secret" not in "".join(files(facts))
    assert {trouble.path for trouble in troubles(facts)} == {"d"}
    assert files(facts)["f"].kind is Kind.SYMLINK


def test_a_file_that_vanishes_meanwhile_is_said(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text("x")

    def remove(file: LayerFile) -> Iterable[Fact]:
        (tmp_path / "b").unlink(missing_ok=True)
        return ()

    facts = _look(tmp_path, Analyser("remove", 1, Wants(everything=True), remove), analyser())
    assert list(files(facts)) == ["a", "c"]
    assert [trouble.path for trouble in troubles(facts)] == ["b"]


@is_user
def test_what_may_not_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "file").chmod(0)
    (tmp_path / "d").mkdir(mode=0)
    found = troubles(_look(tmp_path))
    assert [trouble.path for trouble in found] == ["d", "file"]
    assert "Permission denied" in found[0].reason


@is_root
def test_what_another_user_may_not_read_is_said(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "file").write_text("x")
    (root / "file").chmod(0)
    (root / "d").mkdir(mode=0)
    for directory in (tmp_path, *tmp_path.parents[:3]):  # up to that of the whole run
        directory.chmod(0o755)
    os.seteuid(65534)
    try:
        found = troubles(_look(root))
    finally:
        os.seteuid(0)
    assert [trouble.path for trouble in found] == ["d", "file"]


def test_names_that_are_no_utf8_are_kept(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(b"x")
    facts = _look(tmp_path)
    assert facts.files == b"caf\xe9"
    assert "caf\udce9" in files(facts)


def test_a_large_file_is_cut_and_said(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 3000)
    facts = _look(tmp_path, content=2000)
    assert (files(facts)["a"].size, files(facts)["a"].note) == (3000, note(b"x" * 2000))
    assert "2000 of its 3000" in troubles(facts)[0].reason


def test_limits_are_kept(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"f{number}").touch()
    assert troubles(_look(tmp_path, entries=10))[-1].is_fatal
    (tmp_path / "d/e/f/g").mkdir(parents=True)
    (trouble,) = troubles(_look(tmp_path, depth=3))
    assert trouble.path == "d/e/f/g"


def test_a_path_longer_than_allowed_is_said_and_not_entered(tmp_path: Path) -> None:
    (tmp_path / "abcdef/ghi").mkdir(parents=True)
    facts = _look(tmp_path, path=8)
    assert facts.directories == b"abcdef"
    assert len(troubles(facts)) == 1


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_directory_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="can't be read as a root file system"):
        _look(tmp_path / name)


def test_a_directory_has_no_bytes() -> None:
    blob = DirectoryBlob("/nowhere")
    assert (blob.mapped(), blob.size, blob.digest) == (None, -1, "")
    with pytest.raises(InputError):
        blob.open()


def test_the_root_may_be_named_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/a").touch()
    (tmp_path / "link").symlink_to("root")
    assert list(files(_look(tmp_path / "link"))) == ["a"]


def test_file_systems_of_the_kernel_are_told_by_their_device(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 28 0:21 / /sys rw,nosuid - sysfs sysfs rw\n"
        "23 28 0:5 / /a\\040b rw shared:1 - proc proc rw\n"
        "28 1 254:0 / / rw - ext4 /dev/vda rw\n"
    )
    assert kernel_devices(str(mounts)) == {os.makedev(0, 21), os.makedev(0, 5)}
    assert kernel_devices(str(tmp_path / "missing")) == frozenset()


@is_root
@pytest.mark.parametrize(
    ("kind", "where", "is_entered"),
    [
        ("proc", "proc", False),
        ("proc", "deep/inside", False),
        ("sysfs", "sys", False),
        ("tmpfs", "dev", False),
        ("tmpfs", "data", True),
    ],
)
def test_what_the_kernel_shows_is_left_out(
    tmp_path: Path, kind: str, where: str, is_entered: bool
) -> None:
    mount = tmp_path / where
    mount.mkdir(parents=True)
    command = ["mount", "-t", kind, kind, str(mount)]
    if shutil.which("mount") is None or subprocess.run(command, check=False).returncode:
        pytest.skip("may not mount here")
    try:
        if kind == "tmpfs":
            (mount / "file").write_text("x")
        facts = _look(tmp_path)
        below = [path for path in files(facts) if path.startswith(where + "/")]
        assert below == ([f"{where}/file"] if is_entered else [])
        assert where in files(facts)
        assert not troubles(facts)
    finally:
        subprocess.run(["umount", str(mount)], check=True)


@is_root
def test_file_capabilities_are_read(tmp_path: Path) -> None:
    tool = tmp_path / "ping"
    tool.write_text("x")
    tool.chmod(0o755)
    value = bytes.fromhex("0100000200200000000000000000000000000000")
    try:
        os.setxattr(tool, "security.capability", value)
    except OSError:
        pytest.skip("the file system has no such attributes")
    found = files(_look(tmp_path))["ping"]
    assert found.capabilities == repr([("security.capability", value)])
