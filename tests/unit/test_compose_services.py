"""A service as a workload: the spellings that other tools read wrongly, one by one."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from seawall.surfaces.cell import Cell, State
from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.reader import read_texts
from seawall.surfaces.workload import Mount, Workload


def _project(text: str, **environment: str) -> Project:
    return read_texts({"compose.yaml": textwrap.dedent(text)}, environment=environment)


def _web(fields: str, top: str = "", **environment: str) -> Workload:
    """The service `web` of fields in flow style."""
    project = _project(f"services: {{web: {{image: a, {fields}}}}}\n{top}", **environment)
    service = project.service("web")
    assert service is not None
    return service


def _value(cell: Cell[Any] | None) -> Any:
    return None if cell is None else cell.value


def _written(place: Any) -> str:
    inner = getattr(place, "place", None) or place.value.place
    return str(inner.source.text[place.start : place.end])


@pytest.mark.parametrize(
    "fields",
    ['privileged: "true"', "privileged: yes", "privileged: '${P:-true}'", "privileged: on"],
)
def test_privileged_is_true_in_every_spelling(fields: str) -> None:
    assert _value(_web(fields).privileged) is True


@pytest.mark.parametrize("fields", ["privileged: false", 'privileged: "no"', "user: x"])
def test_privileged_is_not_true(fields: str) -> None:
    assert _value(_web(fields).privileged) in {False, None}


def test_a_boolean_that_a_variable_decides_is_unknown() -> None:
    cell = _web("privileged: '${P}'").privileged
    assert cell is not None
    assert (cell.value, cell.state, cell.written) == (None, State.UNSET, "${P}")
    assert not cell.is_known


def test_a_boolean_that_is_none_is_unknown() -> None:
    cell = _web("privileged: maybe").privileged
    assert cell is not None
    assert cell.state is State.UNKNOWN


@pytest.mark.parametrize(
    ("user", "value"), [('"0"', "0"), ("root", "root"), ('"00"', "00"), ("'${UID:-0}'", "0")]
)
def test_a_user_is_known(user: str, value: str) -> None:
    assert _value(_web(f"user: {user}").user) == value


def test_an_interpolated_value_stands_where_the_scalar_is_written() -> None:
    user = _web("user: '${UID:-0}'").user
    assert user is not None
    assert (_written(user), user.written, user.state) == ("'${UID:-0}'", "${UID:-0}", State.DEFAULT)


def test_a_variable_of_the_environment_is_known() -> None:
    user = _web("user: '$UID'", UID="7").user
    assert user is not None
    assert (user.value, user.state) == ("7", State.ENVIRONMENT)


def test_capabilities_are_upper_case_without_prefix() -> None:
    service = _web("cap_add: [cap_sys_admin, NET_RAW, net_raw], cap_drop: [all]")
    assert [_value(cell) for cell in service.capabilities_added] == [
        "SYS_ADMIN",
        "NET_RAW",
        "NET_RAW",
    ]
    assert [_value(cell) for cell in service.capabilities_dropped] == ["ALL"]


def test_security_options_have_an_equals_sign() -> None:
    options = '["no-new-privileges:true", "seccomp=a:b", "label:type:spc_t", no-new-privileges]'
    values = [_value(cell) for cell in _web(f"security_opt: {options}").security_options]
    assert values == [
        "no-new-privileges=true",
        "seccomp=a:b",
        "label=type:spc_t",
        "no-new-privileges",
    ]


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ('"80"', ("", None, 80, "tcp")),
        ('"8080:80"', ("", 8080, 80, "tcp")),
        ('"0.0.0.0:80:80"', ("0.0.0.0", 80, 80, "tcp")),  # noqa: S104 -- no bind
        ('"[::]:80:80"', ("::", 80, 80, "tcp")),
        ('"[::1]:80:80"', ("::1", 80, 80, "tcp")),
        ('"127.0.0.1::80"', ("127.0.0.1", None, 80, "tcp")),
        ('"${BIND:-127.0.0.1}:80:80"', ("127.0.0.1", 80, 80, "tcp")),
        ("22:22", ("", 22, 22, "tcp")),
        ('"53:53/udp"', ("", 53, 53, "udp")),
        ('{target: 80, published: "81", host_ip: 127.0.0.1}', ("127.0.0.1", 81, 80, "tcp")),
        ('"3000-3005:4000-4005"', ("", 3000, 4000, "tcp")),
        ('"${PORT}:80"', ("", None, 80, "tcp")),
    ],
)
def test_a_port_is_read(port: str, expected: tuple[object, ...]) -> None:
    (found,) = _web(f"ports: [{port}]").ports
    assert (found.host_ip, found.host_first, found.container_first, found.protocol) == expected
    assert found.is_host_ip_known


def test_a_range_of_ports_is_one_port() -> None:
    (port,) = _web('ports: ["3000-3005:4000-4005"]').ports
    assert (port.host_last, port.container_last) == (3005, 4005)


def test_an_address_that_a_variable_decides_is_not_known() -> None:
    (port,) = _web('ports: ["${BIND}:80:80"]').ports
    assert (port.host_ip, port.is_host_ip_known) == ("", False)


def test_a_container_port_that_a_variable_decides_is_zero() -> None:
    (port,) = _web('ports: ["${PORT}:${PORT}"]').ports
    assert (port.container_first, port.host_first) == (0, None)


def test_a_port_in_host_mode_says_so() -> None:
    assert _web("ports: [{target: 80, mode: host}]").ports[0].mode == "host"


@pytest.mark.parametrize("ports", ["[x]", "[99999]", "[[80]]", "80", '["5-3"]', "[{target: a}]"])
def test_what_is_no_port_is_refused(ports: str) -> None:
    project = _project(f"services: {{web: {{image: a, ports: {ports}}}}}")
    assert [fault.line for fault in project.faults] == [1]


def _mount(volume: str, top: str = "", **environment: str) -> Mount:
    (mount,) = _web(f"volumes: [{volume}]", top, **environment).mounts
    return mount


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ('"/var/run/docker.sock:/s:ro"', ("bind", "/var/run/docker.sock", "/s", True)),
        ('"//var/run/../run/docker.sock:/s"', ("bind", "/var/run/docker.sock", "/s", False)),
        ('"./a:/b/"', ("bind", "/project/a", "/b", False)),
        ('"../a:/b"', ("bind", "/a", "/b", False)),
        ('".:/b"', ("bind", "/project", "/b", False)),
        ('"~/.ssh:/b"', ("bind", "~/.ssh", "/b", False)),
        ('"${DATA:-/data}:/b"', ("bind", "/data", "/b", False)),
        ("/anonymous", ("volume", "", "/anonymous", False)),
        (r"'C:\data:/b'", ("bind", r"C:\data", "/b", False)),
        (
            r"'\\.\pipe\docker_engine:\\.\pipe\docker_engine'",
            ("npipe", r"\\.\pipe\docker_engine", r"\\.\pipe\docker_engine", False),
        ),
        ("{type: bind, source: /run, target: /r, read_only: true}", ("bind", "/run", "/r", True)),
        ("{type: tmpfs, target: /t, tmpfs: {size: 1k}}", ("tmpfs", "", "/t", False)),
        ("{type: bind, source: ~/x, target: /t}", ("bind", "~/x", "/t", False)),
    ],
)
def test_a_volume_is_read(volume: str, expected: tuple[object, ...]) -> None:
    mount = _mount(volume)
    assert (mount.type, mount.source, mount.target, mount.read_only) == expected


def test_a_home_is_known_where_it_is_given() -> None:
    assert _mount('"~/.ssh:/b"', HOME="/home/me").source == "/home/me/.ssh"


def test_propagation_and_options_are_read() -> None:
    short = _mount('"/a:/b:ro,Z,rshared"')
    assert (short.propagation, short.options) == ("rshared", ("z", "rshared"))
    longer = _mount("{type: bind, source: /a, target: /b, bind: {propagation: slave, selinux: z}}")
    assert (longer.propagation, longer.options) == ("slave", ("slave", "z"))


@pytest.mark.parametrize(
    ("volume", "kind", "source"),
    [
        ('"${DATA}/x:/b"', "bind", "${DATA}/x"),
        ('"./${DATA}:/b"', "bind", "/project/${DATA}"),
        ('"${DATA}:/b"', "volume", "${DATA}"),
    ],
)
def test_a_source_that_a_variable_decides_is_not_known(volume: str, kind: str, source: str) -> None:
    mount = _mount(volume)
    assert (mount.type, mount.source) == (kind, source)
    assert mount.state is not None
    assert not mount.state.is_known


def test_a_known_source_beside_an_unknown_target_is_known() -> None:
    mount = _mount('"/var/run/docker.sock:${S}"')
    assert mount.state is not None
    assert mount.state.value == "/var/run/docker.sock"
    assert mount.target == "${S}"


def test_a_named_volume_may_be_a_bind() -> None:
    top = "volumes: {data: {driver_opts: {type: none, o: bind, device: /var/run}}}"
    mount = _mount('"data:/b"', top)
    assert (mount.type, mount.source, mount.via) == ("bind", "/var/run", "driver_opts")


@pytest.mark.parametrize(
    "top",
    ["volumes: {data: {driver_opts: {type: nfs, device: ':/x', o: addr=h}}}", "volumes: {data: }"],
)
def test_a_named_volume_is_a_volume(top: str) -> None:
    mount = _mount('"data:/b"', top)
    assert (mount.type, mount.source, mount.via) == ("volume", "data", "direct")


def test_a_volume_with_a_name_of_one_letter_is_a_drive_for_compose() -> None:
    mount = _mount('"v:/b"', "volumes: {v: }")
    assert (mount.source, mount.target) == ("", "v:/b")


@pytest.mark.parametrize("volume", ['":/b"', '"a::/b"', '"a:"', "[x]", "{source: x}"])
def test_what_is_no_volume_is_refused(volume: str) -> None:
    project = _project(f"services: {{web: {{image: a, volumes: [{volume}]}}}}")
    assert project.faults


def test_a_tmpfs_has_options_and_size() -> None:
    one, two = _web('tmpfs: ["/run:size=64m,noexec", /tmp]').mounts
    assert (one.type, one.target, one.options, one.size) == (
        "tmpfs",
        "/run",
        ("size=64m", "noexec"),
        64 * 1024 * 1024,
    )
    assert (two.target, two.options, two.size) == ("/tmp", (), None)


def test_the_api_socket_is_a_mount() -> None:
    service = _web("use_api_socket: true")
    assert [(mount.via, mount.source) for mount in service.mounts] == [
        ("api_socket", "/var/run/docker.sock")
    ]
    assert _web("use_api_socket: false").mounts == ()


@pytest.mark.parametrize("kind", ["secrets", "configs"])
def test_a_file_given_as_a_secret_is_a_mount(kind: str) -> None:
    service = _web(f"{kind}: [s]", f"{kind}: {{s: {{file: /var/run/docker.sock}}}}")
    (mount,) = service.mounts
    assert (mount.type, mount.source, mount.via) == ("bind", "/var/run/docker.sock", "secret")


def test_a_secret_is_joined_with_its_definition() -> None:
    top = "secrets: {e: {environment: TOKEN}, x: {external: true}, f: {file: ./f}}"
    environment, external, file = _web("secrets: [e, {source: x, mode: 0400}, f]", top).secrets
    assert (environment.environment, environment.target) == ("TOKEN", "/run/secrets/e")
    assert (external.is_external, external.mode) == (True, "256")
    assert _value(file.file) == "/project/f"


def test_an_inline_config_has_its_content() -> None:
    (use,) = _web("configs: [c]", "configs: {c: {content: 'x $$y'}}").secrets
    assert (use.kind, _value(use.content), use.target) == ("config", "x $y", "/c")


def test_volumes_of_others_are_taken_over() -> None:
    project = _project(
        """
        services:
          a: {image: x, volumes: ["/var/run/docker.sock:/s"]}
          b: {image: x, volumes_from: ["a:ro"], volumes: ["/own:/o"]}
          c: {image: x, volumes_from: [b, c, container:z]}
        """
    )
    service = project.service("c")
    assert service is not None
    assert {(m.source, m.via, m.read_only) for m in service.mounts} == {
        ("/var/run/docker.sock", "volumes_from", True),
        ("/own", "volumes_from", False),
    }
    assert _written(service.mounts[0]) == "b"


def test_a_circle_of_volumes_from_ends() -> None:
    project = _project(
        """
        services:
          a: {image: x, volumes_from: [b], volumes: ["/a:/a"]}
          b: {image: x, volumes_from: [a], volumes: ["/b:/b"]}
        """
    )
    found = [{mount.source for mount in service.mounts} for service in project.services]
    assert found == [{"/a", "/b"}, {"/a", "/b"}]


@pytest.mark.parametrize(
    ("health", "is_disabled", "test"),
    [
        ("test: NONE", True, ["NONE"]),
        ("test: [NONE]", True, ["NONE"]),
        ("disable: true", True, []),
        ("test: curl -f x", False, ["CMD-SHELL", "curl -f x"]),
        ("test: [CMD, curl]", False, ["CMD", "curl"]),
        ("interval: 5s", False, []),
    ],
)
def test_a_health_check_is_read(health: str, is_disabled: bool, test: list[str]) -> None:
    found = _web(f"healthcheck: {{{health}}}").health
    assert found is not None
    assert (found.is_disabled, [_value(cell) for cell in found.test]) == (is_disabled, test)


@pytest.mark.parametrize(
    ("fields", "memory", "cpus", "pids"),
    [
        ("mem_limit: 512m, cpus: 0.5, pids_limit: 9", 512 << 20, 0.5, 9),
        ("mem_limit: 1.5gb", 3 << 29, None, None),
        ("mem_limit: 0, pids_limit: -1", 0, None, -1),
        (
            "deploy: {resources: {limits: {memory: 1G, cpus: '2', pids: 5}}}, mem_limit: 1k",
            1 << 30,
            2.0,
            5,
        ),
        ("deploy: {resources: {reservations: {memory: 1G}}}", None, None, None),
        ("cpu_shares: 5, cpu_quota: 50000", None, 0.5, None),
        ("cpu_quota: -1", None, None, None),
        ("cpu_quota: 5000, cpu_period: 10000", None, 0.5, None),
        ("mem_limit: lots", None, None, None),
        ("cpus: .inf", None, None, None),
    ],
)
def test_limits_are_read(
    fields: str, memory: int | None, cpus: float | None, pids: int | None
) -> None:
    limits = _web(fields).limits
    assert (_value(limits.memory), _value(limits.cpus), _value(limits.pids)) == (memory, cpus, pids)


def test_ulimits_have_both_forms() -> None:
    limits = _web("ulimits: {nofile: {soft: 1, hard: -1}, nproc: 5, core: x}").limits.ulimits
    assert [(limit.name, limit.soft, limit.hard) for limit in limits] == [
        ("nofile", 1, -1),
        ("nproc", 5, 5),
    ]


def test_namespaces_are_lower_case() -> None:
    spaces = _web("pid: HOST, network_mode: 'service:web', uts: '${U}'").namespaces
    assert (_value(spaces.pid), _value(spaces.network), _value(spaces.uts)) == (
        "host",
        "service:web",
        None,
    )


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("user: a", ["default"]),
        ("networks: [n]", ["n"]),
        ("networks: {n: {aliases: [q]}}", ["n"]),
        ("network_mode: host", []),
    ],
)
def test_networks_are_read(fields: str, names: list[str]) -> None:
    networks = _web(fields, "networks: {n: {}}").networks
    assert [network.name for network in networks] == names


def test_an_alias_of_a_network_is_kept() -> None:
    assert _web("networks: {n: {aliases: [q]}}", "networks: {n: }").networks[0].aliases == ("q",)


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("/dev/a", ("/dev/a", "/dev/a", "rwm")),
        ('"/dev/a:/dev/b:r"', ("/dev/a", "/dev/b", "r")),
        ("{source: /dev/a, target: /dev/b, permissions: rw}", ("/dev/a", "/dev/b", "rw")),
    ],
)
def test_a_device_is_read(device: str, expected: tuple[str, ...]) -> None:
    (found,) = _web(f"devices: [{device}], gpus: all").devices
    assert (found.host, found.container, found.permissions) == expected


def test_hooks_are_read() -> None:
    hook, other = _web(
        "pre_stop: [{command: x}], post_start: [{command: x, user: root, privileged: true}]"
    ).hooks
    assert (hook.when, _value(hook.user), _value(hook.privileged)) == ("post_start", "root", True)
    assert other.when == "pre_stop"


def test_a_build_is_read() -> None:
    build = _web(
        "build: {context: ./b, dockerfile: D, target: t, args: {A: 1, B: }, network: host,"
        " privileged: true, entitlements: [security.insecure]}",
        B="passed",
    ).build
    assert build is not None
    assert (_value(build.context), build.context and build.context.written) == (
        "/project/b",
        "./b",
    )
    assert [(one.name, _value(one.value)) for one in build.arguments] == [
        ("A", "1"),
        ("B", "passed"),
    ]
    assert _value(build.privileged) is True
    assert [_value(cell) for cell in build.entitlements] == ["security.insecure"]


def test_a_dockerfile_inside_of_the_file_is_kept() -> None:
    build = _web('build: {dockerfile_inline: "FROM a\\nUSER $$X"}').build
    assert build is not None
    assert _value(build.inline) == "FROM a\nUSER $X"


@pytest.mark.parametrize(
    ("build", "context"),
    [
        (".", "/project"),
        ("{dockerfile: D}", "/project"),
        ("https://example.com/x.git", "https://example.com/x.git"),
        ("'git@example.com:x'", "git@example.com:x"),
        ("'${X}'", None),
        ("[]", "/project"),
    ],
)
def test_a_build_context_is_absolute(build: str, context: str | None) -> None:
    found = _web(f"build: {build}").build
    assert found is not None
    assert _value(found.context) == context


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ("{A: 1, B: }", [("A", "1"), ("B", None)]),
        ('["A=b=c", "D=", E]', [("A", "b=c"), ("D", ""), ("E", None)]),
        ('["A=1", "A=2"]', [("A", "2")]),
        ("{A: '${NOPE}'}", [("A", None)]),
        ("{A: [x]}", [("A", None)]),
        ("[[x]]", []),
    ],
)
def test_an_environment_is_read(environment: str, expected: list[tuple[str, str | None]]) -> None:
    variables = _web(f"environment: {environment}").environment
    assert [(one.name, _value(one.value)) for one in variables] == expected


def test_the_value_of_a_listed_variable_stands_after_its_sign() -> None:
    one, two = _web("environment: ['A=secret', \"B=${X:-other}\"]").environment
    assert (_written(one), _written(two)) == ("secret", "${X:-other}")
    assert one.key.source.text[one.key.start : one.key.end] == "A"


def test_a_folded_variable_has_the_place_of_its_scalar() -> None:
    project = _project(
        """
        services:
          web:
            image: a
            environment:
              - >-
                A=one
                two
        """
    )
    (variable,) = project.services[0].environment
    assert variable.value.value == "one two"
    assert _written(variable).startswith(">-")


def test_labels_without_value_are_empty() -> None:
    labels = _web("labels: {a: , b: 1}").labels
    assert [(one.name, _value(one.value)) for one in labels] == [("a", ""), ("b", "1")]


@pytest.mark.parametrize(
    ("fields", "restart"),
    [
        ("restart: always", "always"),
        ("restart: 'no', deploy: {restart_policy: {condition: any}}", "no"),
        ("deploy: {restart_policy: {condition: any}}", "always"),
        ("deploy: {restart_policy: {condition: on-failure, max_attempts: 3}}", "on-failure:3"),
        ("deploy: {restart_policy: {condition: none}}", "no"),
        ("deploy: {restart_policy: {}}", None),
    ],
)
def test_a_restart_policy_is_read(fields: str, restart: str | None) -> None:
    assert _value(_web(fields).restart) == restart


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ('["a:host-gateway", "b=1.1.1.1", "c:[::1]"]', ["a:host-gateway", "b:1.1.1.1", "c:::1"]),
        ("{a: 1.1.1.1, b: [2.2.2.2, 3.3.3.3]}", ["a:1.1.1.1", "b:2.2.2.2", "b:3.3.3.3"]),
        ("['${H}']", [None]),
    ],
)
def test_extra_hosts_have_a_colon(hosts: str, expected: list[str | None]) -> None:
    assert [_value(cell) for cell in _web(f"extra_hosts: {hosts}").extra_hosts] == expected


def test_what_is_named_is_read() -> None:
    service = _web(
        "depends_on: {web: {condition: x}}, links: ['web:y'], profiles: [p], expose: [80],"
        " group_add: [docker], sysctls: ['a=1'], device_cgroup_rules: ['a *:* rwm'],"
        " init: true, command: [a, '${B}'], entrypoint: null, volumes_from: [], oom_score_adj: -5,"
        " logging: {driver: none, options: {Max-Size: 1m}}"
    )
    assert (service.depends_on, service.links, service.profiles) == (("web",), ("web",), ("p",))
    assert [_value(cell) for cell in service.command or ()] == ["a", None]
    assert service.entrypoint is None
    assert service.logging is not None
    assert list(service.logging.options) == ["max-size"]


def test_a_command_is_split_into_cells_of_one_place() -> None:
    command = _web("command: \"sh -c 'x ${Y}'\"").command
    assert command is not None
    assert [(cell.value, cell.written) for cell in command] == [
        ("sh", "sh"),
        ("-c", "-c"),
        (None, "x ${Y}"),
    ]


def test_a_command_with_an_open_quote_is_one_word() -> None:
    assert [_value(cell) for cell in _web('command: "it\'s"').command or ()] == ["it's"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("privilegd: true", "service 'web': Compose knows no 'privilegd'"),
        ("user: 0", "user of service 'web' must be a string"),
        ("depends_on: [nope]", "service 'web' needs 'nope', which is not there"),
        ("network_mode: 'service:nope'", "service 'web' needs 'nope', which is not there"),
        ("volumes_from: [nope]", "service 'web' needs 'nope', which is not there"),
        ("networks: [nope]", "network 'nope' is not defined"),
        ("volumes: ['nope:/x']", "volume 'nope' is not defined"),
        ("secrets: [nope]", "secret 'nope' is not defined"),
        ("volumes: 5", "volumes of service 'web' must be a list"),
        ("command: null, ports: null", "ports of service 'web' must be a list"),
        (
            "pids_limit: 5, deploy: {resources: {limits: {memory: 2m}}}",
            "service 'web' sets pids_limit and deploy's limit of pids differently",
        ),
        ("tmpfs: [/x, /x:size=5]", "service 'web' mounts /x twice"),
        (
            "mem_limit: 1m, deploy: {resources: {limits: {memory: 2m}}}",
            "service 'web' sets mem_limit and deploy's limit of memory differently",
        ),
        ("env_file: [{}]", "an env_file names no path"),
    ],
)
def test_what_compose_refuses_is_a_fault(fields: str, message: str) -> None:
    project = _project(f"services: {{web: {{image: a, {fields}}}}}")
    assert [fault.message for fault in project.faults] == [message]


@pytest.mark.parametrize(
    "fields",
    [
        "depends_on: {nope: {required: false}}",
        "x-note: 1",
        "mem_limit: 1g, deploy: {resources: {limits: {memory: 1024m}}}",
        "mem_limit: '${M}', deploy: {resources: {limits: {memory: 1024m}}}",
        "mem_limit: 1g, deploy: {resources: {reservations: {memory: 1m}}}",
        "volumes: ['${V}:/x']",
        "volumes_from: ['container:nope']",
        "networks: [default]",
    ],
)
def test_what_compose_takes_is_no_fault(fields: str) -> None:
    assert _project(f"services: {{web: {{image: a, {fields}}}}}").faults == ()


def test_two_containers_may_not_have_one_name() -> None:
    project = _project(
        """
        services:
          a: {image: x, container_name: n}
          b: {image: x, container_name: n}
          c: {image: x, container_name: "${N}"}
        """
    )
    assert [(fault.message, fault.line) for fault in project.faults] == [
        ("services 'a' and 'b' have the same container_name", 4)
    ]
