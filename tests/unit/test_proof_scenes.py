"""What is started for a proof, how, and what is not."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from plans import Planner, Replacement

from seawall.core.errors import InputError
from seawall.core.model import FileChange
from seawall.jobs.proving.building import DOCKERFILE, context_of
from seawall.jobs.proving.model import ProofOptions, Subjects
from seawall.jobs.proving.refusing import refusal
from seawall.jobs.proving.scenes import Pair, Part, Recipe, Scene, pairs_of, signature
from seawall.jobs.proving.staging import Staging
from seawall.jobs.proving.translate import Names, body_of, networks_of, volumes_in
from seawall.surfaces.compose.reader import read_texts
from seawall.surfaces.workload import Workload

NAMES = Names("p", "p-1")
OPTIONS = ProofOptions()


def workload(text: str, more: str = "") -> Workload:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    compose = f"services:\n  a:\n    image: x\n{lines}{more}"
    return read_texts({"compose.yaml": compose}).services[0]


def body(text: str, more: str = "", volumes: tuple[str, ...] = ()) -> dict[str, Any]:
    return body_of(workload(text, more), "image", NAMES, OPTIONS, image_volumes=volumes)


# Scenes


def project(directory: Path, text: str, old: str, new: str, **more: str) -> list[Pair]:
    path = directory / "compose.yaml"
    path.write_text(text)
    for name, content in more.items():
        (directory / name).write_text(content)
    planner = Planner(Replacement(str(path), "a", "x", old, new))
    return pairs_of(planner(frozenset(), {}), Subjects(projects=((str(path),),)), OPTIONS)


THREE = """\
services:
  front: {image: f, depends_on: [middle]}
  middle: {image: m, depends_on: {back: {condition: service_healthy}}}
  back: {image: b}
  other: {image: o}
"""


def test_what_changed_is_started_with_what_it_needs_in_that_order(tmp_path: Path) -> None:
    (pair,) = project(tmp_path, THREE, "{image: m,", "{image: m, read_only: true,")
    assert pair.changed == ("middle",)
    assert [part.name for part in pair.after.parts] == ["back", "middle"]
    assert signature(pair.before) != signature(pair.after)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("image: o", "image: o  # a word on it"),
        ("{image: o}", "{image: o, ports: ['127.0.0.1:80:80']}"),
        ("{image: o}", "{image: o, restart: always}"),
        ("{image: o}", "{image: o, logging: {options: {max-size: 1m}}}"),
    ],
)
def test_what_makes_no_other_container_needs_no_proof(tmp_path: Path, old: str, new: str) -> None:
    assert project(tmp_path, THREE, old, new) == []


def test_services_that_wait_for_each_other_are_started_all_the_same(tmp_path: Path) -> None:
    text = "services:\n  a: {image: a, depends_on: [b]}\n  b: {image: b, depends_on: [a]}\n"
    (pair,) = project(tmp_path, text, "{image: a,", "{image: a, read_only: true,")
    assert {part.name for part in pair.after.parts} == {"a", "b"}


def test_a_network_that_becomes_internal_changes_who_is_in_it(tmp_path: Path) -> None:
    text = "services:\n  a: {image: a, networks: [n]}\n  b: {image: b}\nnetworks:\n  n: {}\n"
    (pair,) = project(tmp_path, text, "n: {}", "n: {internal: true}")
    assert pair.changed == ("a",)
    assert pair.after.internal == {"n"}


def test_a_service_that_is_new_is_changed_and_was_not_there(tmp_path: Path) -> None:
    (pair,) = project(tmp_path, THREE, "  other:", "  proxy: {image: p}\n  other:")
    assert pair.changed == ("proxy",)
    assert pair.before.part("proxy") is None


def test_a_dockerfile_is_proven_by_the_service_that_builds_it(tmp_path: Path) -> None:
    compose = tmp_path / "compose.yaml"
    compose.write_text("services:\n  a: {build: {context: ., args: {V: 1}, target: t}}\n")
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM x AS t\n")
    planner = Planner(Replacement(str(dockerfile), str(dockerfile), "x", "FROM x", "FROM y"))
    subjects = Subjects((str(dockerfile),), ((str(compose),),))
    (pair,) = pairs_of(planner(frozenset(), {}), subjects, OPTIONS)
    recipe = pair.after.parts[0].recipe
    assert pair.after.path == str(compose)
    assert recipe == Recipe(str(tmp_path), str(dockerfile), "FROM y AS t\n", (("V", "1"),), "t")


def test_a_bare_dockerfile_is_a_scene_of_its_own(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM x\n")
    (tmp_path / "Dockerfile.dockerignore").write_text("mine\n")
    (tmp_path / ".dockerignore").write_text("other\n")
    planner = Planner(Replacement(str(dockerfile), str(dockerfile), "x", "FROM x", "FROM y"))
    subjects = Subjects((str(dockerfile),))
    options = ProofOptions(arguments={"A": "1"}, target="t")
    (pair,) = pairs_of(planner(frozenset(), {}), subjects, options)
    recipe = pair.after.parts[0].recipe
    assert recipe is not None
    assert (recipe.arguments, recipe.target, recipe.ignore) == ((("A", "1"),), "t", "mine\n")


def test_a_secret_file_that_a_plan_makes_is_there_after_it(tmp_path: Path) -> None:
    text = "services:\n  a: {image: a}\nsecrets:\n  s: {file: ./s.txt}\n"
    path = tmp_path / "compose.yaml"
    path.write_text(text)
    planner = Planner(Replacement(str(path), "a", "x", "{image: a}", "{image: a, secrets: [s]}"))
    made = FileChange("create", str(tmp_path / "s.txt"), "hush", 0o600)
    plan = structs.replace(planner(frozenset(), {}), files=(made,))
    (pair,) = pairs_of(plan, Subjects(projects=((str(path),),)), OPTIONS)
    part = pair.after.parts[0]
    assert refusal(part, pair.after) == ""
    assert part.workload is not None
    staging = Staging(str(tmp_path / "staged"), pair.after)
    copy = Path(staging.bind(part.workload.mounts[0]))
    assert copy.read_text() == "hush"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "s.txt").exists()


# Bodies


def test_no_port_is_ever_published() -> None:
    found = body('ports: ["80:80", "127.0.0.1:81:81"]\nexpose: [9]')
    assert "PortBindings" not in found["HostConfig"]
    assert "ExposedPorts" not in found
    assert found["HostConfig"]["RestartPolicy"] == {"Name": "no"}


@pytest.mark.parametrize(
    ("text", "memory", "pids"),
    [
        ("", OPTIONS.memory, OPTIONS.pids),
        ("mem_limit: 64m\npids_limit: 9", 64 * 1024**2, 9),
        ("mem_limit: 900g\npids_limit: 999999", OPTIONS.memory, OPTIONS.pids),
        ("pids_limit: -1", OPTIONS.memory, OPTIONS.pids),
    ],
)
def test_memory_and_processes_are_always_bounded(text: str, memory: int, pids: int) -> None:
    host = body(text)["HostConfig"]
    assert (host["Memory"], host["PidsLimit"]) == (memory, pids)


def test_what_is_said_can_be_read_whatever_it_logs_to() -> None:
    host = body("logging: {driver: none}")["HostConfig"]
    assert host["LogConfig"]["Type"] == "json-file"


def test_rights_are_those_of_the_file() -> None:
    found = body(
        "user: '5:6'\ncap_drop: [ALL]\ncap_add: [CHOWN]\nread_only: true\nprivileged: false\n"
        "security_opt: ['no-new-privileges:true']\ngroup_add: [7]\ninit: true\nipc: private\n"
        "sysctls: {net.core.somaxconn: 9}\nextra_hosts: ['h:1.2.3.4']\nulimits: {nofile: 99}\n"
        "cpus: 0.5\nshm_size: 1m"
    )
    host = found["HostConfig"]
    assert found["User"] == "5:6"
    assert (host["CapDrop"], host["CapAdd"]) == (["ALL"], ["CHOWN"])
    assert host["ReadonlyRootfs"] is True
    assert host["SecurityOpt"] == ["no-new-privileges=true"]
    assert host["GroupAdd"] == ["7"]
    assert host["Init"] is True
    assert host["IpcMode"] == "private"
    assert host["Sysctls"] == {"net.core.somaxconn": "9"}
    assert host["ExtraHosts"] == ["h:1.2.3.4"]
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 99, "Hard": 99}]
    assert host["NanoCpus"] == 500_000_000
    assert host["ShmSize"] == 1024**2


def test_the_process_is_that_of_the_file() -> None:
    found = body(
        "command: [a, b]\nentrypoint: /x y\nworking_dir: /w\nhostname: h\ntty: true\n"
        "stdin_open: true\nstop_signal: SIGINT\nenvironment: {A: 1, B: }"
    )
    assert (found["Entrypoint"], found["Cmd"]) == (["/x", "y"], ["a", "b"])
    assert found["Env"] == ["A=1"]
    assert (found["WorkingDir"], found["Hostname"], found["StopSignal"]) == ("/w", "h", "SIGINT")
    assert (found["Tty"], found["OpenStdin"]) == (True, True)


def test_an_entrypoint_that_is_taken_away_is_none() -> None:
    assert body("entrypoint: []")["Entrypoint"] == [""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("healthcheck: {disable: true}", {"Test": ["NONE"]}),
        (
            "healthcheck: {test: [CMD, a], timeout: 3s, start_period: 1m, interval: 1h}",
            {"Test": ["CMD", "a"], "Timeout": 3 * 10**9, "StartPeriod": 60 * 10**9},
        ),
        ("healthcheck: {test: a b, timeout: bad}", {"Test": ["CMD-SHELL", "a b"], "Timeout": 0}),
    ],
)
def test_a_health_check_is_asked_often_and_never_gives_up(
    text: str, expected: dict[str, Any]
) -> None:
    found = body(text)["Healthcheck"]
    if expected.get("Test") != ["NONE"]:
        assert found.pop("Interval") < 10**9
        assert found.pop("Retries") > 1000
    assert found == expected


def test_volumes_are_new_ones_and_all_have_names() -> None:
    text = (
        'volumes: ["data:/data:nocopy", /anonymous, "shared:/s:ro"]\ntmpfs: ["/run:size=1m,uid=5"]'
    )
    found = body(text, "volumes:\n  data:\n  shared:\n", volumes=("/data", "/image", "/run"))
    assert volumes_in(found) == ["p-1-data", "p-1-a_anonymous", "p-1-shared", "p-1-a_image"]
    mounts = {mount["Target"]: mount for mount in found["HostConfig"]["Mounts"]}
    assert mounts["/data"]["VolumeOptions"] == {"NoCopy": True}
    assert mounts["/s"]["ReadOnly"] is True
    assert found["HostConfig"]["Tmpfs"] == {"/run": "size=1m,uid=5"}


def test_a_long_tmpfs_has_its_size() -> None:
    text = "volumes:\n  - {type: tmpfs, target: /t, tmpfs: {size: 1m}}"
    assert body(text)["HostConfig"]["Tmpfs"] == {"/t": "size=1048576"}


def test_networks_are_the_projects_by_its_names() -> None:
    found = body("networks: {n: {aliases: [x]}, m: }\ncontainer_name: c", "networks:\n  n:\n  m:\n")
    assert found["HostConfig"]["NetworkMode"] == "p-n"
    assert found["NetworkingConfig"] == {"EndpointsConfig": {"p-n": {"Aliases": ["a", "c", "x"]}}}
    both = networks_of(workload("networks: [n, m]", "networks:\n  n:\n  m:\n"), NAMES)
    assert both == [("p-n", ("a",)), ("p-m", ("a",))]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("none", "none"), ("service:b", "container:p-1-b"), ("bridge", "p-default")],
)
def test_a_network_mode_stays_within_the_run(mode: str, expected: str) -> None:
    assert body(f"network_mode: '{mode}'")["HostConfig"]["NetworkMode"] == expected


# Refusals


def scene(directory: Path, environment: Mapping[str, str] | None = None) -> Scene:
    return Scene("compose.yaml", str(directory), (), environment=environment or {})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("privileged: true", "it is privileged"),
        ("devices: [/dev/kvm]", "it is given devices of the host"),
        ("runtime: sysbox", "it names a runtime of its own"),
        ("pid: host", "it shares the pid namespace: host"),
        ("ipc: host", "it shares the ipc namespace: host"),
        ("userns_mode: host", "it shares the user namespace: host"),
        ("network_mode: host", "it uses the network of another: host"),
        ("network_mode: container:x", "it uses the network of another: container:x"),
        ("cap_add: [SYS_ADMIN]", "its capability SYS_ADMIN reaches the host"),
        ("cap_add: [ALL]", "its capability ALL reaches the host"),
        ("cap_add: [NO_SUCH]", "its capability NO_SUCH reaches the host"),
        ("security_opt: ['seccomp:./p.json']", "its seccomp profile is a file of the host"),
        ("volumes: ['/etc:/x']", "it is given a path of the host outside of the project: /etc"),
        (
            "volumes: ['/run/docker.sock:/x']",
            "it is given the engine's socket: /run/docker.sock",
        ),
        ("use_api_socket: true", "it is given the engine's socket: /var/run/docker.sock"),
        (
            "volumes: ['/etc/localtime:/etc/localtime']",
            "it is given a path of the host outside of the project: /etc/localtime",
        ),
        ("volumes: [{type: cluster, target: /x, source: y}]", "it mounts a cluster at /x"),
    ],
)
def test_what_could_reach_the_host_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    part = Part("a", "x", workload=workload(text))
    assert refusal(part, scene(tmp_path)) == reason


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("external: true", "the secret s is kept outside of the project"),
        ("environment: TOKEN", "the secret s is in the variable TOKEN, which is not set"),
    ],
)
def test_a_secret_that_is_not_here_is_said(tmp_path: Path, more: str, reason: str) -> None:
    spec = workload("secrets: [s]", f"secrets:\n  s:\n    {more}\n")
    assert refusal(Part("a", "x", workload=spec), scene(tmp_path)) == reason


def test_what_is_harmless_is_not_refused(tmp_path: Path) -> None:
    text = (
        "volumes: ['/etc/localtime:/etc/localtime:ro', 'data:/d']\ncap_add: [CHOWN]\n"
        "security_opt: ['seccomp:unconfined']\nipc: shareable\ntmpfs: /t"
    )
    part = Part("a", "x", workload=workload(text, "volumes:\n  data:\n"))
    assert refusal(part, scene(tmp_path)) == ""
    assert refusal(Part("a", "x"), scene(tmp_path)) == ""


def test_what_can_not_be_told_is_not_started(tmp_path: Path) -> None:
    assert refusal(Part("a", missing="it names no image"), scene(tmp_path)) == "it names no image"


def test_a_secret_that_a_variable_holds_becomes_a_file(tmp_path: Path) -> None:
    spec = workload("secrets: [s]", "secrets:\n  s:\n    environment: TOKEN\n")
    here = scene(tmp_path, {"TOKEN": "hush"})
    assert refusal(Part("a", "x", workload=spec), here) == ""
    ((path, target),) = Staging(str(tmp_path / "staged"), here).secrets(spec)
    assert target == "/run/secrets/s"
    assert Path(path).read_text() == "hush"


# Copies


def bound(directory: Path, source: str, mode: str = "") -> str:
    spec = workload(f"volumes: ['{source}:/x{mode}']")
    return Staging(str(directory / "staged"), scene(directory)).bind(spec.mounts[0])


def test_what_may_be_written_is_a_copy(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "inner").mkdir(parents=True)
    (tree / "inner" / "file").write_text("x")
    (tree / "link").symlink_to("inner/file")
    tree.chmod(0o750)
    os.mkfifo(tree / "pipe")
    copy = Path(bound(tmp_path, str(tree)))
    assert copy != tree
    assert (copy / "inner" / "file").read_text() == "x"
    assert (copy / "link").readlink() == Path("inner/file")
    assert copy.stat().st_mode & 0o777 == 0o750
    assert not (copy / "pipe").exists()


def test_what_is_only_read_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert bound(tmp_path, str(tmp_path / "file"), ":ro") == str(tmp_path / "file")


def test_what_is_not_there_is_an_empty_directory(tmp_path: Path) -> None:
    assert list(Path(bound(tmp_path, str(tmp_path / "missing"))).iterdir()) == []
    assert not (tmp_path / "missing").exists()


def test_too_much_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seawall.jobs.proving.staging.MAX_COPIED", 3)
    (tmp_path / "file").write_text("four")
    with pytest.raises(InputError, match="would have to be copied"):
        bound(tmp_path, str(tmp_path / "file"))


# Contexts


def packed(recipe: Recipe) -> dict[str, tarfile.TarInfo]:
    with context_of(recipe) as file, tarfile.open(fileobj=file) as archive:
        return {member.name: member for member in archive}


def test_a_context_has_the_plans_dockerfile_and_what_is_not_ignored(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM old\n")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("x")
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "a").write_text("x")
    (tmp_path / "left" / "b").write_text("x")
    (tmp_path / "link").symlink_to("kept/file")
    os.mkfifo(tmp_path / "pipe")
    recipe = Recipe(str(tmp_path), "", "FROM new\n", ignore="left\n!left/b\n")
    members = packed(recipe)
    assert sorted(members) == [
        DOCKERFILE, "Dockerfile", "kept", "kept/file", "left/b", "link",
    ]  # fmt: skip
    assert members[DOCKERFILE].size == len("FROM new\n")
    assert members["link"].issym()
    assert {(member.uid, member.uname) for member in members.values()} == {(0, "")}


def test_a_context_that_is_no_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the context can't be read"):
        context_of(Recipe(str(tmp_path / "none"), "", ""))


def test_a_context_that_is_too_large_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seawall.jobs.proving.building.MAX_CONTEXT", 3)
    (tmp_path / "file").write_text("four")
    with pytest.raises(InputError, match="larger than"):
        context_of(Recipe(str(tmp_path), "", ""))


def test_an_ignore_file_that_builders_refuse_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.dockerignore is not valid"):
        context_of(Recipe(str(tmp_path), "", "", ignore="[\n"))
