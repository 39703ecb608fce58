"""Files that stand out by what the header of a layer's entry says."""

from __future__ import annotations

import struct
import time

import pytest

from seawall.facts.capabilities import CAPABILITIES
from seawall.surfaces.image import file_capabilities
from seawall.surfaces.image.analyser import LayerFile
from seawall.surfaces.image.facts import Kind, NotableFile
from seawall.surfaces.image.file_capabilities import capabilities
from seawall.surfaces.image.notable import ANALYSER, Note

NET_RAW, BIND = 1 << 13, 1 << 10


def entry(
    path: str,
    mode: int = 0o644,
    kind: Kind = Kind.FILE,
    owner: tuple[int, int] = (0, 0),
    size: int = 10_000,
    xattrs: dict[str, bytes] | None = None,
) -> LayerFile:
    return LayerFile(path, kind, mode, *owner, size, memoryview(b""), "", xattrs or {})


def notes(file: LayerFile) -> list[str]:
    facts = list(ANALYSER.analyse(file))
    assert all(isinstance(fact, NotableFile) and fact.path == file.path for fact in facts)
    return [fact.note for fact in facts if isinstance(fact, NotableFile)]


@pytest.mark.parametrize(
    ("path", "mode", "expected"),
    [
        ("opt/rootbash", 0o4755, ["setuid"]),
        ("opt/sgfind", 0o2755, ["setgid"]),
        ("usr/bin/passwd", 0o4755, ["setuid"]),
        ("opt/both", 0o6755, ["setuid", "setgid"]),
        ("opt/not-a-program", 0o4644, []),
        ("opt/mandatory-lock", 0o2644, []),
        ("opt/open", 0o666, ["world-writable"]),
        ("opt/group", 0o664, []),
        ("etc/shadow", 0o644, ["readable-shadow"]),
        ("etc/shadow", 0o640, []),
        ("etc/passwd", 0o644, []),
        ("etc/passwd", 0o666, ["world-writable", "writable-accounts"]),
        ("etc/sudoers", 0o440, []),
        ("etc/cron.d/job", 0o666, ["world-writable", "writable-schedule"]),
        ("etc/cron.daily/x", 0o755, []),
        ("etc/sudoers.d/x", 0o442, ["world-writable", "writable-schedule"]),
        ("root/.ssh/id_rsa", 0o600, ["secret-name"]),
        ("root/.ssh/id_rsa", 0o644, ["secret-name", "readable-key"]),
        ("root/.ssh/id_rsa.pub", 0o644, []),
        ("etc/ssl/private/server.key", 0o640, ["secret-name", "readable-key"]),
        ("etc/ssl/certs/x.pem", 0o644, []),
        ("usr/share/x/server.key", 0o644, []),
        ("app/.env", 0o644, ["secret-name"]),
        ("root/.docker/config.json", 0o600, ["secret-name"]),
        ("app/service-account.json", 0o600, ["secret-name"]),
        ("app/secrets.yaml", 0o600, ["secret-name"]),
        ("usr/bin/curl", 0o755, ["network-tool"]),
        ("usr/bin/gcc-12", 0o755, ["build-tool"]),
        ("usr/bin/x86_64-linux-gnu-gcc-12", 0o755, ["build-tool"]),
        ("usr/bin/python3.11", 0o755, []),
        ("bin/bash", 0o755, ["shell"]),
        ("usr/local/bin/pip3.11", 0o755, ["package-manager"]),
        ("usr/bin/sudo", 0o4755, ["setuid", "privilege-tool"]),
        ("usr/bin/gdb", 0o755, ["debugger"]),
        ("usr/bin/gcc", 0o644, []),
        ("usr/share/bash", 0o755, []),
        ("usr/bin/bash-completion", 0o755, []),
        ("app/Dockerfile", 0o644, ["left-over"]),
        ("app/node_modules/x/Dockerfile", 0o644, []),
        ("root/.bash_history", 0o600, ["left-over"]),
        ("root/core", 0o600, ["left-over"]),
        ("usr/lib/x/core", 0o600, []),
        ("app/.git/HEAD", 0o644, ["git-directory"]),
        ("var/lib/apt/lists/x_Packages", 0o644, ["package-cache"]),
        ("var/cache/apt/archives/x.deb", 0o644, ["package-cache"]),
        ("root/.cache/pip/http-v2/a/b", 0o644, ["package-cache"]),
        ("home/me/.npm/_cacache/content-v2/sha512/ab/c", 0o644, ["package-cache"]),
        ("app/__pycache__/x.pyc", 0o644, []),
        ("usr/lib/python3/x.py", 0o644, []),
    ],
)
def test_a_file_is_noted_by_mode_place_and_name(path: str, mode: int, expected: list[str]) -> None:
    assert notes(entry(path, mode)) == expected


@pytest.mark.parametrize(
    ("path", "mode", "expected"),
    [
        ("tmp", 0o1777, []),
        ("opt/share", 0o777, ["open-directory"]),
        ("var/mail", 0o2775, []),
        ("app/.git", 0o755, ["git-directory"]),
        ("app/.github", 0o755, []),
    ],
)
def test_a_directory_is_noted_where_everybody_may_remove_files(
    path: str, mode: int, expected: list[str]
) -> None:
    assert notes(entry(path, mode, Kind.DIRECTORY)) == expected


def test_a_link_is_noted_as_a_tool_only() -> None:
    assert notes(entry("bin/sh", 0o777, Kind.SYMLINK)) == ["shell"]
    assert notes(entry("opt/x", 0o777, Kind.SYMLINK)) == []
    assert notes(entry("root/.ssh/id_rsa", 0o777, Kind.SYMLINK)) == []


def test_devices_and_fifos_are_not_noted() -> None:
    assert notes(entry("dev/null", 0o666, Kind.DEVICE)) == []
    assert notes(entry("run/x", 0o666, Kind.FIFO)) == []


def test_what_belongs_to_another_user_is_writable_for_him() -> None:
    assert notes(entry("etc/cron.d/job", 0o644, owner=(1000, 0))) == ["writable-schedule"]
    assert notes(entry("etc/cron.d/job", 0o664, owner=(0, 0))) == []
    assert notes(entry("etc/cron.d/job", 0o664, owner=(0, 50))) == ["writable-schedule"]
    assert notes(entry("etc/passwd", 0o664, owner=(0, 50))) == ["writable-accounts"]


def test_empty_and_small_files_say_nothing() -> None:
    assert notes(entry("root/.ssh/id_rsa", 0o644, size=0)) == []
    assert notes(entry("root/.bash_history", size=0)) == []
    assert notes(entry("var/lib/apt/lists/lock", size=0)) == []


def value(version: int, *pairs: tuple[int, int], effective: bool = True, owner: int = -1) -> bytes:
    data = struct.pack("<I", version << 24 | effective)
    for permitted, inheritable in pairs:
        data += struct.pack("<II", permitted, inheritable)
    return data + (struct.pack("<I", owner) if owner >= 0 else b"")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (value(2, (NET_RAW, 0), (0, 0)), "cap_net_raw=ep"),
        (value(1, (NET_RAW, 0)), "cap_net_raw=ep"),
        (value(3, (NET_RAW, 0), (0, 0), owner=1000), "cap_net_raw=ep [rootid=1000]"),
        (value(3, (NET_RAW, 0), (0, 0), owner=0), "cap_net_raw=ep"),
        (value(2, (NET_RAW | BIND, 0), (0, 0)), "cap_net_bind_service,cap_net_raw=ep"),
        (
            value(2, (NET_RAW, BIND), (0, 0), effective=False),
            "cap_net_bind_service=i cap_net_raw=p",
        ),
        (value(2, (NET_RAW, NET_RAW), (0, 0)), "cap_net_raw=eip"),
        (value(2, (0, 0), (1 << 7, 0)), "cap_bpf=ep"),
        (value(2, (0, 0), (1 << 31, 0)), "cap_63=ep"),
        (value(2, (0, 0), (0, 0)), ""),
        (value(2, (NET_RAW, 0)), ""),
        (value(9, (NET_RAW, 0), (0, 0)), ""),
        (value(3, (NET_RAW, 0), (0, 0)), ""),
        (b"", ""),
        (b"\1\0", ""),
    ],
)
def test_file_capabilities_are_put_into_words(data: bytes, expected: str) -> None:
    assert capabilities(data) == expected


def test_a_program_with_capabilities_is_noted_with_them() -> None:
    data = value(2, (NET_RAW, 0), (0, 0))
    [fact] = ANALYSER.analyse(entry("usr/local/x", 0o755, xattrs={"security.capability": data}))
    assert isinstance(fact, NotableFile)
    assert (fact.note, fact.capabilities) == ("capabilities", "cap_net_raw=ep")
    assert notes(entry("usr/local/x", 0o755, xattrs={"user.comment": b"x"})) == []


def test_capabilities_are_called_as_in_the_facts() -> None:
    assert {name.upper() for name in file_capabilities._NAMES} == set(CAPABILITIES) - {"ALL"}


def test_each_note_can_be_given() -> None:
    assert len({note.value for note in Note}) == len(Note)


def test_an_ordinary_file_costs_next_to_nothing() -> None:
    files = [
        entry(f"usr/lib/python3/dist-packages/pkg{number}/module_{number}.py")
        for number in range(20_000)
    ]
    best = 1.0
    for _ in range(3):
        before = time.process_time()
        for file in files:
            ANALYSER.analyse(file)
        best = min(best, (time.process_time() - before) / len(files))
    assert best < 5e-6
