"""Projects of several files: what is merged, what may be read, and what is refused."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.reader import read_project, read_texts
from seawall.surfaces.workload import Workload


def _texts(*files: str, is_stack: bool | None = None) -> Project:
    """A project of files that each begin with a line `# name`; those called `f…` are merged."""
    texts = {text.split()[1]: textwrap.dedent(text) for text in files}
    merged = tuple(name for name in texts if name.startswith("f"))
    return read_texts(texts, merged, is_stack=is_stack)


def _web(project: Project) -> Workload:
    service = project.service("web")
    assert service is not None
    return service


def _write(directory: Path, **files: str) -> Path:
    for name, text in files.items():
        path = directory / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return directory / "compose.yaml"


def test_an_override_wins_and_its_place_is_its_own_file() -> None:
    project = _texts(
        "# f1\nservices: {web: {image: a, privileged: true, user: x}}",
        "# f2\nservices: {web: {privileged: false}}",
    )
    service = _web(project)
    assert service.privileged is not None
    assert service.user is not None
    assert (service.privileged.value, service.privileged.place.source.path) == (False, "f2")
    assert service.user.place.source.path == "f1"
    assert [source.path for source in project.sources] == ["f1", "f2"]


def test_a_merged_variable_keeps_its_line() -> None:
    project = _texts(
        "# f1\nservices:\n  web:\n    image: a\n    environment:\n      A: 1\n      B: 2\n",
        "# f2\nservices:\n  web:\n    environment:\n      - B=3\n",
    )
    lines = [
        (one.name, one.value.place.source.path, one.value.place.line)
        for one in _web(project).environment
    ]
    assert lines == [("A", "f1", 6), ("B", "f2", 5)]


def test_what_is_extended_from_another_file_has_its_place_there(tmp_path: Path) -> None:
    file = _write(
        tmp_path,
        compose_yaml="services: {web: {extends: {file: sub/base.yml, service: base}}}",
        sub__base_yml="services:\n  base:\n    image: a\n    volumes: ['./d:/d']\n",
    )
    service = _web(read_project([file]))
    assert service.image is not None
    assert service.image.place.source.path == (tmp_path / "sub/base.yml").as_posix()
    assert service.image.place.line == 3
    assert service.mounts[0].source == (tmp_path / "sub/d").as_posix()


def test_a_file_is_named_as_the_user_named_its_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(
        tmp_path / "app",
        compose_yaml="include: [../db/compose.yaml]\nservices: {web: {image: a}}",
    )
    _write(tmp_path / "db", compose_yaml="services: {db: {image: b}}")
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    project = read_project([Path("app/compose.yaml")])
    assert [source.path for source in project.sources] == ["app/compose.yaml", "db/compose.yaml"]
    assert project.gaps == ()


@pytest.mark.parametrize(
    "reference",
    [
        "include: [../out.yaml]",
        "include: [/etc/passwd]",
        "services: {web: {extends: {file: ../out.yaml, service: out}}}",
        "services: {web: {image: a, env_file: ../out.env}}",
        "services: {web: {image: a, env_file: [/etc/passwd]}}",
        "include: [{path: in.yaml, env_file: ../out.env}]",
    ],
)
def test_nothing_outside_of_the_project_is_read(reference: str, tmp_path: Path) -> None:
    (tmp_path / "out.yaml").write_text("services: {out: {image: secret}}")
    (tmp_path / "out.env").write_text("SECRET=1")
    file = _write(tmp_path / "project", compose_yaml=reference, in_yaml="services: {}")
    project = read_project([file])
    assert len(project.gaps) == 1
    assert "lies outside" in project.gaps[0].message
    assert not any("out" in source.path.rpartition("/")[2] for source in project.sources)


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out.env").write_text("SECRET=1")
    file = _write(tmp_path / "project", compose_yaml="services: {web: {image: a, env_file: x.env}}")
    (file.parent / "x.env").symlink_to(tmp_path / "out.env")
    (file.parent / ".env").symlink_to(tmp_path / "out.env")
    project = read_project([file])
    assert _web(project).environment == ()
    assert len(project.gaps) == 1
    assert [source.path for source in project.sources] == [file.as_posix()]


def test_a_file_of_the_repository_may_be_read_from_a_directory_below(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "common.env").write_text("A=1")
    file = _write(
        tmp_path / "app", compose_yaml="services: {web: {image: a, env_file: ../common.env}}"
    )
    project = read_project([file])
    assert [variable.name for variable in _web(project).environment] == ["A"]
    assert (project.faults, project.gaps) == ((), ())


@pytest.mark.parametrize(
    "path", ["oci://example.com/x", "https://example.com/x.git", "git@example.com:x.git"]
)
def test_what_is_remote_is_a_gap(path: str) -> None:
    project = _texts(f"# f1\ninclude: ['{path}']\nservices: {{web: {{image: a}}}}")
    assert [gap.message for gap in project.gaps] == [f"{path}: is remote, not read"]


def test_an_extended_service_that_can_not_be_read_is_a_gap_of_the_service() -> None:
    project = _texts("# f1\nservices: {web: {extends: {file: nope.yml, service: x}, image: a}}")
    assert _web(project).gaps == ("extends: nope.yml: no such file",)
    assert project.faults
    assert project.gaps


def test_a_path_that_a_variable_decides_is_a_gap() -> None:
    project = _texts('# f1\nservices: {web: {image: a, env_file: "${DIR}/x.env"}}')
    message = "${DIR}/x.env: depends on a variable that is not set"
    assert _web(project).gaps == (message,)


@pytest.mark.parametrize(
    "text",
    [
        "services: {a: {extends: b, image: x}, b: {extends: a}}",
        "services: {a: {extends: a, image: x}}",
        "services: {a: {extends: {file: f1, service: a}, image: x}}",
    ],
)
def test_a_circle_of_extends_is_refused_once_and_the_rest_is_read(text: str) -> None:
    project = _texts(f"# f1\n{text}")
    assert any("in a circle" in fault.message for fault in project.faults)
    service = project.service("a")
    assert service is not None
    assert service.image is not None


def test_a_long_chain_of_extends_ends() -> None:
    services = "".join(f"  s{n}: {{extends: s{n + 1}}}\n" for n in range(3_000))
    project = _texts(f"# f1\nservices:\n{services}  s3000: {{image: x}}\n")
    assert len(project.services) == 3_001
    assert project.faults


def test_a_circle_of_includes_is_refused() -> None:
    project = _texts(
        "# f1\ninclude: [b]\nservices: {web: {image: a}}",
        "# b\ninclude: [f1]\nservices: {b: {image: b}}",
    )
    assert [fault.message for fault in project.faults] == ["the file includes itself in a circle"]
    assert [service.name for service in project.services] == ["b", "web"]


def test_includes_that_multiply_end() -> None:
    files = [f"# n{n}\ninclude: [n{n + 1}, n{n + 1}]\nservices: {{}}" for n in range(18)]
    project = _texts("# f1\ninclude: [n0, n0]\nservices: {}", *files, "# n18\nservices: {}")
    assert any("inclusions" in gap.message for gap in project.gaps)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("include: x", "include must be a list"),
        ("include: [{}]", "an include names no path"),
        ("services: [a]", "services must be a mapping"),
        ("services: {a: 5}", "service 'a' must be a mapping"),
        ("services: {a: }", "service 'a' has neither image nor build"),
        ("volumes: 5", "volumes must be a mapping"),
        ("thing: 5\nservices: {}", "Compose knows no 'thing' at the top level"),
        ("[]", "the top level must be a mapping"),
        ("services: {a: {image: x, extends: {}}}", "extends of 'a' names no service"),
        ("services: {a: {image: x, extends: [b]}}", "extends of 'a' names no service"),
    ],
)
def test_what_compose_refuses_is_a_fault(text: str, message: str) -> None:
    project = _texts(f"# f1\n{text}\n")
    assert [(fault.message, fault.path, fault.line) for fault in project.faults] == [
        (message, "f1", 2)
    ]


def test_a_file_that_is_no_yaml_is_a_fault_with_its_line_and_a_gap() -> None:
    project = _texts("# f1\nservices:\n\tweb: {}\n")
    assert [(fault.line, fault.path) for fault in project.faults] == [(3, "f1")]
    assert project.gaps
    assert project.services == ()


def test_a_file_that_is_missing_is_a_gap(tmp_path: Path) -> None:
    project = read_project([tmp_path / "compose.yaml"])
    assert (project.services, project.sources) == ((), ())
    assert "no such file" in project.gaps[0].message


def test_a_huge_file_is_a_gap(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("a: b\n" * 1_000_000)
    project = read_project([file])
    assert "larger than" in project.gaps[0].message


def test_a_file_of_the_first_version_is_judged() -> None:
    project = _texts("# f1\nweb: {image: a, privileged: true}\nversion_x: 1\n")
    assert [service.name for service in project.services] == ["web"]
    assert [fault.message for fault in project.faults] == ["no 'services': a file of Compose v1"]


def test_the_environment_wins_over_env_files(tmp_path: Path) -> None:
    text = "services: {web: {image: 'a:${A}-${B}-${C}'}}"
    file = _write(tmp_path, compose_yaml=text, _env="A=1\nB=1\nC=1\n")
    (tmp_path / "my.env").write_text("A=2\nB=2\n")
    default = _web(read_project([file], environment={"A": "0"})).image
    given = _web(read_project([file], env_files=[tmp_path / "my.env"])).image
    assert default is not None
    assert default.value == "a:0-1-1"
    assert given is not None
    assert given.value is None


def test_an_env_file_that_is_missing_is_a_gap(tmp_path: Path) -> None:
    file = _write(tmp_path, compose_yaml="services: {web: {image: a}}")
    assert read_project([file], env_files=[tmp_path / "nope"]).gaps


def test_a_wrong_line_of_an_env_file_is_a_fault() -> None:
    project = _texts(
        "# f1\nservices: {web: {image: a, env_file: x.env}}", "# x.env\nA=1\ntwo words=2\n"
    )
    assert [(fault.path, fault.line) for fault in project.faults] == [("x.env", 3)]


def test_variables_of_an_env_file_stand_in_it() -> None:
    project = _texts(
        "# f1\nservices: {web: {image: a, env_file: [x.env], environment: {B: 2}}}",
        "# x.env\nA=1\nB=1\n",
    )
    one, two = _web(project).environment
    assert (one.name, one.origin, one.value.place.source.path) == ("A", "env_file", "x.env")
    assert (two.value.value, two.origin) == ("2", "environment")


def test_an_optional_env_file_may_be_missing() -> None:
    project = _texts("# f1\nservices: {web: {image: a, env_file: [{path: n, required: false}]}}")
    assert (project.faults, project.gaps) == ((), ())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("services: {}", "project"),
        ("name: Mine\nservices: {}", "mine"),
        ("name: 'a-${X:-b}'\nservices: {}", "a-b"),
    ],
)
def test_a_project_has_a_name(text: str, name: str) -> None:
    assert _texts(f"# f1\n{text}\n").name == name


def test_the_name_of_the_project_is_a_variable() -> None:
    project = _texts("# f1\nname: mine\nservices: {web: {image: '${COMPOSE_PROJECT_NAME}'}}")
    image = _web(project).image
    assert image is not None
    assert image.value == "mine"


@pytest.mark.parametrize("profiles", [("debug",), ("*",)])
def test_profiles_keep_what_they_activate(profiles: tuple[str, ...], tmp_path: Path) -> None:
    file = _write(
        tmp_path,
        compose_yaml="services: {a: {image: x}, b: {image: x, profiles: [debug]}}",
    )
    names = [service.name for service in read_project([file], profiles=profiles).services]
    assert names == ["a", "b"]
    assert [service.name for service in read_project([file], profiles=["x"]).services] == ["a"]


@pytest.mark.parametrize(
    ("text", "is_stack"),
    [
        ("services: {a: {image: x, deploy: {placement: {}}}}", True),
        ("services: {a: {image: x, deploy: {mode: global}}}", True),
        ("services: {a: {image: x, deploy: {replicas: 2}}}", False),
        ("services: {a: {build: ., deploy: {mode: global}}}", False),
    ],
)
def test_a_stack_is_known_where_it_is_evident(text: str, is_stack: bool) -> None:
    project = _texts(f"# f1\n{text}")
    assert (project.is_stack, project.services[0].is_swarm) == (is_stack, is_stack)
    assert _texts(f"# f1\n{text}", is_stack=True).is_stack


def test_a_stack_is_known_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "docker-stack.yml"
    file.write_text("services: {a: {image: x, secrets: [s]}}\nsecrets: {s: {file: ./s}}\n")
    project = read_project([file])
    assert project.is_stack
    assert project.services[0].mounts == ()


def test_resources_are_read() -> None:
    project = _texts(
        """# f1
        services: {web: {image: a}}
        networks:
          default: {driver_opts: {com.docker.network.bridge.host_binding_ipv4: 127.0.0.1}}
          back: {internal: true, driver: overlay}
          host: {external: true, name: host}
          old: {external: {name: real}}
        volumes:
          data:
          bound: {driver_opts: {type: none, o: "bind,ro", device: ./srv}, labels: {backup: daily}}
        secrets: {s: {file: ./s}, e: {environment: E}}
        configs: {c: {content: text}}
        """
    )
    networks = project.networks
    assert networks["back"].is_internal
    assert networks["host"].is_external
    assert networks["old"].name is not None
    assert networks["old"].name.value == "real"
    assert list(networks["default"].options) == ["com.docker.network.bridge.host_binding_ipv4"]
    assert project.volumes["bound"].options["device"].value == "/project/srv"
    assert project.volumes["bound"].labels == {"backup": "daily"}
    assert project.secrets["s"].file is not None
    assert project.secrets["s"].file.value == "/project/s"
    assert project.configs["c"].content is not None
    assert project.configs["c"].place.line == 12
    assert project.service("nope") is None


def test_tags_that_reset_leave_nothing_behind() -> None:
    project = _texts(
        "# f1\nservices: {web: {image: a, ports: ['80:80'], cap_add: [ALL], user: x}}",
        "# f2\nservices:\n  web:\n    ports: !reset []\n    cap_add: !override [CHOWN]\n"
        "    user: !reset null\n    environment: [A=1, !reset B=2]\n",
    )
    service = _web(project)
    assert (service.ports, service.user) == ((), None)
    assert [cell.value for cell in service.capabilities_added] == ["CHOWN"]
    assert project.faults == ()
