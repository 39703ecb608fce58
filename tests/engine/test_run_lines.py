"""Run lines as we read them against what the real client asks for and the real engine makes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from recorder import Recorder
from run_line_cases import FLAGS, NEWER, REFUSED, WITH_COMMANDS
from translation import Translation, differences, read, words

from engine import IMAGE, Engine, reason_to_skip
from seawall.surfaces.run_line.flags import RUN, Kind

LINES = [f"{flags} IMAGE" for flags in FLAGS] + WITH_COMMANDS
_ROW = re.compile(r"^  (?:-(\w), |    )--([\w-]+)(?: (\w[\w-]*))?  +\S", re.MULTILINE)
_LISTS = {"list", "map", "mount", "network", "ulimit", "gpu-request"}
_VERSION = 28
"""Of the client that the flag table is taken from."""
_NO_LINE = {
    "help", "detach", "detach-keys", "sig-proxy",  # not of `docker create`
    "cpu-count", "cpu-percent", "io-maxbandwidth", "io-maxiops",  # refused but on Windows
}  # fmt: skip
_ONLY_ENGINE = {"ContainerIDFile", "ConsoleSize", "KernelMemory"}
_DISCARDED = {"BlkioWeight", "BlkioWeightDevice", "OomKillDisable", "MemorySwappiness"}
_DEFAULT_SHARED_MEMORY = 64 * 1024 * 1024


@pytest.fixture(scope="session")
def recorder() -> Iterator[Recorder]:
    if reason := reason_to_skip():
        pytest.skip(reason)
    with Recorder() as running:
        yield running


@cache
def client_flags() -> dict[str, tuple[str, str]]:
    done = subprocess.run(["docker", "run", "--help"], check=True, capture_output=True, text=True)
    return {name: (short, kind) for short, name, kind in _ROW.findall(done.stdout)}


@cache
def client_version() -> int:
    done = subprocess.run(["docker", "--version"], check=True, capture_output=True, text=True)
    return int(re.findall(r"version (\d+)", done.stdout)[0])


def skip_unless_known(arguments: str) -> None:
    """An older client lacks some flags."""
    line, _built = read(arguments, "")
    hidden = {"network", "network-alias", "dns-option"}
    missing = {o.flag.name for o in line.options} - client_flags().keys() - hidden
    if missing:
        pytest.skip(f"this docker client has no {', '.join(missing)}")
    if arguments.removesuffix(" IMAGE") in NEWER and client_version() < _VERSION:
        pytest.skip("docker clients before version 28 do not take this")


def test_the_flag_table_is_that_of_the_client(recorder: Recorder) -> None:
    table = RUN["docker"].by_name
    for name, (short, kind) in client_flags().items():
        flag = table[name]
        assert flag.short == short, name
        expected = Kind.BOOL if not kind else Kind.LIST if kind in _LISTS else Kind.STRING
        assert flag.kind is expected, name


def test_every_flag_has_a_line() -> None:
    given = {option.flag.name for line in LINES for option in read(line, "")[0].options}
    names = {flag.name for flag in RUN["docker"].by_name.values()}
    assert names - given == _NO_LINE


def split(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    config = {key: value for key, value in body.items() if key not in _PARTS}
    return config, body["HostConfig"]


_PARTS = {"HostConfig", "NetworkingConfig", "Image"}


@pytest.mark.parametrize("arguments", LINES)
def test_a_line_asks_the_engine_for_what_we_read(recorder: Recorder, arguments: str) -> None:
    skip_unless_known(arguments)
    base, said = recorder.create([IMAGE])
    assert base is not None, said
    (recorder.directory / "cid").unlink(missing_ok=True)
    body, said = recorder.create(words(arguments.replace("IMAGE", IMAGE)))
    assert body is not None, said
    line, built = read(arguments.replace("IMAGE", IMAGE), str(recorder.directory))
    assert [fault.message for fault in built.faults] == []
    assert built.workload.image is not None
    assert built.workload.image.value == body["Image"]
    ours = Translation(*split(base), line, built.workload, f"{recorder.directory}/s")
    config, host = split(body)
    found = differences(ours.config, config, "Config") + differences(ours.host, host, "HostConfig")
    assert found == []
    assert_networks(built.workload, body)


def assert_networks(workload: Any, body: dict[str, Any]) -> None:
    """Networks by name with their aliases; a mode has an endpoint of the same name."""
    mode = workload.namespaces.network
    ours = {use.name: list(use.aliases) for use in workload.networks}
    theirs = {
        name: endpoint["Aliases"] or []
        for name, endpoint in body["NetworkingConfig"]["EndpointsConfig"].items()
    }
    if not ours or mode is not None:
        ours.setdefault("default" if mode is None else mode.value, [])
    assert ours == theirs or not theirs


@pytest.mark.parametrize("arguments", REFUSED)
def test_a_line_that_the_client_refuses_is_a_fault(recorder: Recorder, arguments: str) -> None:
    skip_unless_known(arguments)
    body, said = recorder.create(words(arguments.replace("IMAGE", IMAGE)))
    if body is not None:
        pytest.skip(f"this docker client takes it: {said}")
    _line, built = read(arguments.replace("IMAGE", IMAGE), str(recorder.directory))
    assert built.faults or built.gaps


class Workshop:
    """Creates a container for a line and says what it is; what lines name is there."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self.engine, self.directory = engine, directory
        self.socket = engine.address.removeprefix("unix://")
        (directory / "variables").write_text("# a comment\nA=1\nC\nD=x=y\n\n")
        (directory / "labels").write_text("one=1\ntwo\n")
        for name, subnet in (("custom", "fd00:c::/64"), ("second", "fd00:d::/64")):
            engine.docker("network", "create", "--ipv6", f"--subnet={subnet}", name)
        for name in ("other", "third"):
            engine.docker("create", "--name", name, IMAGE)
        self.base = self.create("IMAGE")

    def create(self, line: str) -> dict[str, Any]:
        """What the engine makes of a line; skips the test where it refuses it."""
        (self.directory / "cid").unlink(missing_ok=True)
        command = words(line.replace("IMAGE", IMAGE))
        done = self.engine.docker("create", *command, check=False, cwd=self.directory)
        if done.returncode:
            pytest.skip(f"this engine refuses it: {done.stderr}")
        (body,) = self.engine.inspect(done.stdout.split()[-1])
        return body


@pytest.fixture(scope="module")
def workshop(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(engine, tmp_path_factory.mktemp("lines"))


@pytest.mark.parametrize("arguments", LINES)
def test_a_line_makes_the_container_that_we_read(workshop: Workshop, arguments: str) -> None:
    skip_unless_known(arguments)
    base, body = workshop.base, workshop.create(arguments)
    directory = str(workshop.directory)
    line, built = read(arguments.replace("IMAGE", IMAGE), directory)
    assert [fault.message for fault in built.faults] == []
    ours = Translation(base["Config"], base["HostConfig"], line, built.workload, workshop.socket)
    _as_the_engine_completes(ours, body)
    found = differences(ours.config, body["Config"], "Config")
    assert found + differences(ours.host, body["HostConfig"], "HostConfig") == []


def _as_the_engine_completes(ours: Translation, body: dict[str, Any]) -> None:
    """What the engine adds to what it is asked for, or leaves out."""
    host, theirs = ours.host, body["HostConfig"]
    for key in _ONLY_ENGINE:
        host[key] = theirs.get(key)
    for key in _DISCARDED:
        host[key] = host.get(key) if theirs.get(key) else None
    if "hostname" not in ours.given:
        ours.config["Hostname"] = body["Config"]["Hostname"]
    ours.config["MacAddress"] = body["Config"].get("MacAddress")
    if ours.config["Entrypoint"] == [""]:
        ours.config["Entrypoint"] = None
    for key in ("PidMode", "IpcMode", "NetworkMode"):
        if host[key].startswith("container:"):
            theirs[key] = host[key]
    # The engine keeps links without their order, and answers in any.
    theirs["Links"] = sorted(_link(link) for link in theirs["Links"] or ())
    host["Links"] = sorted(host.get("Links") or ())
    _complete_limits(host)
    _complete_security(host)


def _complete_limits(host: dict[str, Any]) -> None:
    if host["Memory"] and not host["MemorySwap"]:
        host["MemorySwap"] = 2 * host["Memory"]
    if host["PidsLimit"] == -1:
        host["PidsLimit"] = None
    host["ShmSize"] = host["ShmSize"] or _DEFAULT_SHARED_MEMORY


def _complete_security(host: dict[str, Any]) -> None:
    if host["Privileged"]:
        host["MaskedPaths"] = host["ReadonlyPaths"] = None
    if host["Privileged"] or "host" in {host["PidMode"], host["IpcMode"]}:
        host["SecurityOpt"] = ["label=disable", *host["SecurityOpt"]]


def _link(text: str) -> str:
    """`/other:/container/alias` as it was asked for."""
    name, _colon, alias = text.partition(":")
    name, alias = name.strip("/"), alias.rpartition("/")[2]
    return name if name == alias else f"{name}:{alias}"
