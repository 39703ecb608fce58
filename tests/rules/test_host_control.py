"""What a container is given of its host: privileges, capabilities, mounts, devices, namespaces."""

from __future__ import annotations

import pytest
from workloads import SETTINGS, hits, project, run_lines

from seawall.core.model import Hit, Severity, Verdict
from seawall.core.source import Source
from seawall.facts.capabilities import CAPABILITIES
from seawall.rules import by_id
from seawall.surfaces.cell import Cell, Place
from seawall.surfaces.workload import Device, Mount, Namespaces, Origin, Workload


def service(*lines: str, tail: str = "") -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"services:\n  web:\n    image: nginx:1.27.5\n{body}{tail}"


def volume(text: str) -> str:
    return service("volumes:", f"  - {text}")


def found(rule: str, text: str, *overrides: str, **beside: str) -> list[Hit]:
    return hits(by_id()[rule], text, *overrides, **beside)


def verdicts(rule: str, text: str, *overrides: str, **beside: str) -> list[Verdict]:
    return [hit.verdict for hit in found(rule, text, *overrides, **beside)]


FAIL, UNKNOWN = [Verdict.FAIL], [Verdict.UNKNOWN]


@pytest.mark.parametrize(
    "text",
    [
        service("privileged: true"),
        service('privileged: "true"'),
        service("privileged: yes"),
        service("privileged: ${P:-true}"),
        "x-hard: &hard\n  privileged: true\n" + service("<<: *hard"),
    ],
)
def test_privileged_is_found_in_every_spelling(text: str) -> None:
    assert verdicts("privileged", text) == FAIL


def test_a_variable_of_the_env_file_can_make_a_service_privileged() -> None:
    text = service("privileged: ${P}")
    assert verdicts("privileged", text, env="P=true\n") == FAIL
    assert verdicts("privileged", text, env="P=false\n") == []
    assert verdicts("privileged", text) == UNKNOWN


def test_privileged_comes_through_extends_of_another_file_and_include() -> None:
    base = "services:\n  base:\n    image: a:1.0.0\n    privileged: true\n"
    extends = service("extends: {file: other.yaml, service: base}")
    (hit,) = found("privileged", extends, other=base)
    assert hit.symbol == "service web/privileged"
    assert isinstance(hit.at, Cell)
    assert hit.at.place.source.path.endswith("other.yaml")
    assert verdicts("privileged", "include: [other.yaml]\n" + service(), other=base) == FAIL


def test_an_override_can_add_and_take_back_privileged() -> None:
    on, off = service("privileged: true"), service("privileged: false")
    reset = service("privileged: !reset null")
    assert verdicts("privileged", service(), on) == FAIL
    assert verdicts("privileged", on, off) == []
    assert verdicts("privileged", on, reset) == []


def test_what_stands_only_in_an_unused_extension_is_no_fault() -> None:
    text = (
        "x-old:\n  privileged: true\n  volumes: [/var/run/docker.sock:/var/run/docker.sock]\n"
        + service()
    )
    assert verdicts("privileged", text) == verdicts("runtime-socket", text) == []


def test_a_privileged_service_is_not_accused_of_what_that_implies() -> None:
    text = service(
        "privileged: true",
        "cap_add: [SYS_ADMIN, NET_ADMIN]",
        "devices: [/dev/sda, /dev/kvm]",
        "device_cgroup_rules: ['a *:* rwm']",
        "security_opt: [seccomp:unconfined, label:disable, systempaths=unconfined]",
        "post_start: [{command: a, privileged: true}]",
    )
    implied = (
        "host-capability",
        "strong-capability",
        "host-device",
        "kernel-device",
        "device-cgroup-wildcard",
        "seccomp-off",
        "security-module-off",
        "unmasked-paths",
        "privileged-hook",
    )
    assert verdicts("privileged", text) == FAIL
    assert [rule for rule in implied if verdicts(rule, text)] == []


def test_writable_control_groups_of_a_privileged_service_are_no_second_fault() -> None:
    text = service("privileged: true", "security_opt: [writable-cgroups=true]")
    assert verdicts("writable-cgroups", text) == []


@pytest.mark.parametrize(
    ("rule", "option"),
    [
        ("seccomp-off", "seccomp=unconfined"),
        ("seccomp-off", "seccomp:unconfined"),
        ("security-module-off", "label:type:spc_t"),
        ("security-module-off", "label=disable"),
        ("security-module-off", "apparmor=unconfined"),
        ("unmasked-paths", "systempaths=unconfined"),
        ("writable-cgroups", "writable-cgroups=true"),
        ("no-new-privileges-off", "no-new-privileges:false"),
    ],
)
def test_confinement_that_is_switched_off_is_found(rule: str, option: str) -> None:
    (hit,) = found(rule, service(f'security_opt: ["{option}"]'))
    assert hit.symbol.startswith("service web/security_opt ")
    (hit,) = found(rule, f"docker run --security-opt {option} nginx:1.27.5")
    assert hit.symbol.startswith("container ")


@pytest.mark.parametrize(
    "option", ["no-new-privileges:true", "no-new-privileges=true", "no-new-privileges"]
)
def test_no_new_privileges_is_on_in_every_form(option: str) -> None:
    assert verdicts("no-new-privileges-off", service(f'security_opt: ["{option}"]')) == []


def test_the_last_of_two_opposite_options_counts() -> None:
    on, off = "no-new-privileges:true", "no-new-privileges:false"
    assert verdicts("no-new-privileges-off", service(f'security_opt: ["{off}", "{on}"]')) == []
    assert verdicts("no-new-privileges-off", service(f'security_opt: ["{on}", "{off}"]')) == FAIL


def test_a_profile_of_its_own_is_no_fault() -> None:
    text = service("security_opt: ['no-new-privileges:true', 'seccomp:./profile.json']")
    assert verdicts("seccomp-off", text) == verdicts("no-new-privileges-off", text) == []


def test_the_remedy_for_one_option_keeps_the_others() -> None:
    text = service("security_opt: ['no-new-privileges:true', 'seccomp:unconfined']")
    (hit,) = found("seccomp-off", text)
    assert "`security_opt: [no-new-privileges" in hit.remedy
    (hit,) = found("no-new-privileges-off", service("security_opt: ['no-new-privileges:false']"))
    assert "no-new-privileges:true" in hit.remedy


def test_an_option_that_a_variable_decides_is_passed_over() -> None:
    assert verdicts("seccomp-off", service('security_opt: ["${OPTION}"]')) == []


def test_a_hook_as_root_matters_only_where_the_service_is_not_root() -> None:
    hook = "post_start: [{command: chown app /data, user: root}]"
    (hit,) = found("privileged-hook", service('user: "1000"', hook))
    assert hit.weaker
    assert verdicts("privileged-hook", service('user: "0:0"', hook)) == []
    assert verdicts("privileged-hook", service("post_start: [{command: a, user: app}]")) == []
    (hit,) = found("privileged-hook", service("pre_stop: [{command: a, privileged: true}]"))
    assert not hit.weaker


def test_a_build_can_be_privileged() -> None:
    text = "services:\n  web:\n    build: {context: ., privileged: true, network: host}\n"
    assert verdicts("insecure-build-step", text) == FAIL
    assert verdicts("host-network-build-step", text) == FAIL
    assert verdicts("insecure-build-step", service()) == []
    assert verdicts("host-network-build-step", service()) == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("ALL", "host-capability"),
        ("all", "host-capability"),
        ("CAP_SYS_ADMIN", "host-capability"),
        ("sys_module", "host-capability"),
        ("DAC_READ_SEARCH", "host-capability"),
        ("NET_ADMIN", "strong-capability"),
        ("BPF", "strong-capability"),
        ("SYS_TIME", "strong-capability"),
        ("IPC_LOCK", "lesser-capability"),
    ],
)
def test_a_capability_is_judged_by_how_far_it_reaches(name: str, rule: str) -> None:
    rules = ("host-capability", "strong-capability", "lesser-capability", "kept-capability")
    text = service(f"cap_add: [{name}]")
    assert [each for each in rules if found(each, text)] == [rule]
    (hit,) = found(rule, text)
    assert "with it an intruder can" in hit.message


def test_severity_falls_with_the_reach_of_a_capability() -> None:
    names = ("host-capability", "strong-capability", "lesser-capability")
    found_severities = [by_id()[name].severity for name in names]
    assert found_severities == [Severity.HIGH, Severity.MEDIUM, Severity.LOW]


def test_all_makes_other_capabilities_idle() -> None:
    text = service("cap_add: [NET_ADMIN, ALL]")
    assert verdicts("host-capability", text) == FAIL
    assert verdicts("strong-capability", text) == []


def test_tracing_reaches_the_host_where_its_processes_are_seen() -> None:
    assert verdicts("host-capability", service("cap_add: [SYS_PTRACE]", "pid: host")) == FAIL
    assert verdicts("strong-capability", service("cap_add: [SYS_PTRACE]")) == FAIL


def test_what_docker_gives_anyway_is_no_fault_and_a_misspelt_name_gives_nothing() -> None:
    text = service("cap_add: [CHOWN, NET_BIND_SERVICE, SYS_ADMINISTRATION]")
    for rule in ("host-capability", "strong-capability", "lesser-capability", "kept-capability"):
        assert verdicts(rule, text) == []


def test_binding_low_ports_after_dropping_all_is_as_it_should_be() -> None:
    text = service("cap_drop: [ALL]", "cap_add: [NET_BIND_SERVICE]")
    for rule in ("host-capability", "strong-capability", "lesser-capability", "kept-capability"):
        assert verdicts(rule, text) == []


def test_a_capability_that_a_variable_decides_is_unknown_once() -> None:
    text = service('cap_add: ["${CAPABILITY}"]')
    assert verdicts("host-capability", text) == UNKNOWN
    assert verdicts("strong-capability", text) == []


def test_the_remedy_says_what_is_left_and_what_to_do_instead() -> None:
    (hit,) = found("host-capability", service("cap_add: [SYS_MODULE, CHOWN]"))
    assert "`cap_add: [CHOWN]`" in hit.remedy
    assert "modules-load.d" in hit.remedy
    (hit,) = found("host-capability", "docker run --cap-add SYS_ADMIN nginx:1.27.5")
    assert hit.remedy == "Leave out `--cap-add=SYS_ADMIN`."


def test_every_capability_of_linux_says_what_it_allows() -> None:
    assert len(CAPABILITIES) == 42  # 41 of Linux 5.9 and later, and ALL
    assert all(capability.allows for capability in CAPABILITIES.values())


@pytest.mark.parametrize(
    "text",
    [
        volume("/var/run/docker.sock:/var/run/docker.sock"),
        volume("/var/run/docker.sock:/var/run/docker.sock:ro"),
        volume("/run/docker.sock:/anything"),
        volume("//var//run/docker.sock:/var/run/docker.sock"),
        volume("/var/lib/../run/docker.sock:/var/run/docker.sock"),
        volume("${SOCKET:-/var/run/docker.sock}:/var/run/docker.sock"),
        volume("${ROOT}/var/run/docker.sock:/var/run/docker.sock"),
        volume("/var/run:/var/run"),
        volume("/run/:/host/run:ro"),
        volume("/run/user/1000:/host/run"),
        volume("/run/containerd/containerd.sock:/a"),
        volume("/run/containerd:/a"),
        volume("/var/run/crio/crio.sock:/a"),
        volume("$HOME/.docker/run/docker.sock:/a"),
        volume("/:/rootfs:ro"),
        volume(r"'\\.\pipe\docker_engine:\\.\pipe\docker_engine'"),
        service("volumes:", r"  - {type: npipe, source: '\\.\pipe\docker_engine', target: '\\a'}"),
        service("volumes:", "  - {type: bind, source: /var/run/docker.sock, target: /a}"),
        service("use_api_socket: true"),
        service(
            "volumes: [run:/host]",
            tail="volumes:\n  run:\n    driver_opts: {type: none, o: bind, device: /var/run}\n",
        ),
        service("secrets: [s]", tail="secrets:\n  s:\n    file: /var/run/docker.sock\n"),
        service("configs: [s]", tail="configs:\n  s:\n    file: /var/run/docker.sock\n"),
        "docker run -v/var/run/docker.sock:/var/run/docker.sock nginx:1.27.5",
        "docker run --volume=/run/docker.sock:/d:ro nginx:1.27.5",
        "podman run -v /run/podman/podman.sock:/run/docker.sock nginx:1.27.5",
    ],
)
def test_every_way_to_the_engine_is_found_once(text: str) -> None:
    assert verdicts("runtime-socket", text) == FAIL


@pytest.mark.parametrize(
    "text",
    [
        volume("docker.sock:/var/run/docker.sock.d"),
        volume("/var/run/mysqld:/var/run/mysqld"),
        volume("/srv/run:/run"),
        volume("./docker.socket.md:/a"),
        volume("/etc/localtime:/etc/localtime:ro"),
        service("use_api_socket: false"),
        service("secrets: [s]", tail="secrets:\n  s:\n    file: ./s.txt\n"),
        service("secrets: [s]", tail="secrets:\n  s:\n    environment: S\n"),
        service("tmpfs: [/run]"),
    ],
)
def test_what_only_looks_like_a_socket_is_not_found(text: str) -> None:
    assert verdicts("runtime-socket", text) == []


def test_a_socket_passes_on_by_volumes_from() -> None:
    mount = "    volumes: [/var/run/docker.sock:/var/run/docker.sock]\n"
    text = service("volumes_from: [p]", tail="  p:\n    image: a:1.0.0\n" + mount)
    symbols = {hit.symbol for hit in found("runtime-socket", text)}
    assert symbols == {
        "service web/volumes /var/run/docker.sock",
        "service p/volumes /var/run/docker.sock",
    }


def test_an_override_can_lay_something_else_over_the_socket() -> None:
    base = volume("/var/run/docker.sock:/var/run/docker.sock")
    assert verdicts("runtime-socket", base, volume("./fake.sock:/var/run/docker.sock")) == []


def test_a_source_that_nothing_sets_is_unknown_where_the_target_is_a_socket() -> None:
    assert verdicts("runtime-socket", volume("${SOCKET}:/var/run/docker.sock")) == UNKNOWN
    assert verdicts("runtime-socket", volume("${DATA}:/var/lib/data")) == []
    assert verdicts("runtime-socket", volume("${S:-./a}:/var/run/docker.sock")) == []


def test_a_proxy_for_the_socket_weighs_less() -> None:
    mount = "    volumes: [/var/run/docker.sock:/var/run/docker.sock]\n"
    text = "services:\n  p:\n    image: tecnativa/docker-socket-proxy:0.3.0\n" + mount
    (hit,) = found("runtime-socket", text)
    assert hit.weaker
    assert "POST: 0" in hit.remedy
    (hit,) = found("runtime-socket", "services:\n  p:\n    build: .\n" + mount)
    assert not hit.weaker


def test_the_remedy_is_written_in_the_language_of_the_workload() -> None:
    (hit,) = found("runtime-socket", volume("/run/docker.sock:/d"))
    assert "`DOCKER_HOST: tcp://docker-proxy:2375`" in hit.remedy
    (hit,) = found("runtime-socket", "docker run -v /run/docker.sock:/d nginx:1.27.5")
    assert "`-e DOCKER_HOST=tcp://docker-proxy:2375`" in hit.remedy
    (hit,) = found("runtime-socket", "docker run -v /:/d:ro nginx:1.27.5")
    assert "`-v /srv/data:/data:ro`" in hit.remedy


@pytest.mark.parametrize(
    "source",
    [
        "/", "/etc", "/etc/", "/root", "/boot", "/proc", "/sys", "/usr/bin", "/var/lib/docker",
        "/var/lib/docker/volumes", "/etc/cron.d", "/etc/systemd/system", "/home", "/home/me",
        "/lib/modules", "/etc/passwd", "~", "/srv/../etc",
    ],
)  # fmt: skip
def test_a_writable_system_path_is_found(source: str) -> None:
    text = volume(f"{source}:/mnt")
    assert verdicts("host-path-writable", text) == FAIL
    assert verdicts("host-path-readable", text) == []


@pytest.mark.parametrize(
    "source",
    [
        "/variety", "/srv/app/data", "/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo",
        "/etc/nginx", "/etc/letsencrypt", "/var/lib/postgresql/data", "/rootfs", "/home/me/app",
        "/opt/app", "/var/log/app", "/var/lib/docker/volumes/app/_data", "./etc", "/binaries",
        "/usr/src/app", "/usr/src/app/node_modules", "/etcetera", "/boot-data", "/processed",
    ],
)  # fmt: skip
def test_an_ordinary_path_is_no_system_path(source: str) -> None:
    for rule in ("host-path-writable", "host-path-readable", "host-credentials"):
        assert verdicts(rule, volume(f"{source}:/mnt")) == []
        assert verdicts(rule, volume(f"{source}:/mnt:ro")) == []


def test_a_named_volume_of_that_name_is_no_host_path() -> None:
    assert verdicts("host-path-writable", volume("etc:/etc")) == []


@pytest.mark.parametrize(
    "source", ["/etc", "/root", "/home", "/var/lib/docker", "/var/lib", "/proc"]
)
def test_a_readable_system_path_is_found_and_weighs_less_than_a_writable_one(source: str) -> None:
    text = volume(f"{source}:/mnt:ro")
    assert verdicts("host-path-writable", text) == []
    assert verdicts("host-path-readable", text) == FAIL
    writable, readable = by_id()["host-path-writable"], by_id()["host-path-readable"]
    assert writable.severity.rank < readable.severity.rank


@pytest.mark.parametrize("source", ["/sys", "/lib/modules", "/etc/passwd", "/boot", "/var/log"])
def test_what_readers_learn_nothing_from_is_passed_over(source: str) -> None:
    assert verdicts("host-path-readable", volume(f"{source}:/mnt:ro")) == []


def test_logs_of_containers_and_command_lines_weigh_less() -> None:
    (hit,) = found("host-path-readable", volume("/var/lib/docker/containers:/logs:ro"))
    assert hit.weaker
    (hit,) = found("host-path-readable", volume("/proc:/host/proc:ro"))
    assert hit.weaker
    (hit,) = found("host-path-readable", volume("/etc:/host/etc:ro"))
    assert not hit.weaker


def test_the_whole_root_is_one_fault_whether_writable_or_not() -> None:
    rules = ("runtime-socket", "host-path-writable", "host-path-readable")
    assert [rule for rule in rules if found(rule, volume("/:/mnt:ro"))] == ["runtime-socket"]
    assert [rule for rule in rules if found(rule, volume("/:/mnt"))] == ["host-path-writable"]


def test_device_files_weigh_less_while_the_control_group_keeps_them_closed() -> None:
    (hit,) = found("host-path-writable", volume("/dev:/dev"))
    assert hit.weaker
    (hit,) = found("host-path-writable", volume("/dev:/dev") + "    privileged: true\n")
    assert not hit.weaker


@pytest.mark.parametrize(
    "source",
    [
        "~/.ssh", "~/.ssh/id_rsa", "~/.docker/config.json", "$HOME/.aws/credentials",
        "/root/.kube/config", "/home/me/.gnupg", "/etc/shadow", "/etc/kubernetes/admin.conf",
        "/Users/me/.config/gcloud", "/etc/ssh/ssh_host_ed25519_key",
    ],
)  # fmt: skip
def test_credentials_of_the_host_are_found_read_only_or_not(source: str) -> None:
    assert verdicts("host-credentials", volume(f"{source}:/mnt:ro")) == FAIL
    assert verdicts("host-credentials", volume(f"{source}:/mnt")) == FAIL
    assert verdicts("host-path-writable", volume(f"{source}:/mnt")) == []


@pytest.mark.parametrize(
    "source",
    ["~/.ssh/id_rsa.pub", "~/.ssh/known_hosts", "~/.cache", "/srv/.ssh", "~/.docker/cli-plugins"],
)
def test_public_keys_and_caches_are_no_credentials(source: str) -> None:
    assert verdicts("host-credentials", volume(f"{source}:/mnt:ro")) == []


@pytest.mark.parametrize(
    "device",
    ["/dev/sda", "/dev/sda1", "/dev/nvme0n1p2", "/dev/mem", "/dev/mapper/root", "/dev", "/dev/md0"],
)
def test_disks_and_memory_are_found_as_devices(device: str) -> None:
    assert verdicts("host-device", service(f"devices: ['{device}:{device}']")) == FAIL
    assert verdicts("host-device", f"docker run --device={device} nginx:1.27.5") == FAIL


@pytest.mark.parametrize(
    "device",
    [
        "/dev/dri",
        "/dev/ttyUSB0",
        "/dev/snd",
        "/dev/net/tun",
        "/dev/fuse",
        "/dev/video0",
        "/dev/sg0",
    ],
)
def test_ordinary_devices_are_left_alone(device: str) -> None:
    text = service(f"devices: ['{device}:{device}']")
    assert verdicts("host-device", text) == verdicts("kernel-device", text) == []


def test_a_device_says_what_it_is_good_for() -> None:
    messages = {
        host: found("kernel-device", service(f"devices: [{host}]"))[0].message
        for host in ("/dev/kmsg", "/dev/kvm", "/dev/bus/usb", "/dev/input")
    }
    assert len(set(messages.values())) == 4
    (hit,) = found("host-device", service("devices: [/dev/mem]"))
    assert "memory" in hit.message
    (hit,) = found("host-device", service("devices: [/dev]"))
    assert "every device" in hit.message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a *:* rwm", True), ("c *:* rmw", True), ("b 8:* rwm", True), ("b 259:0 r", True),
        ("c 189:* rwm", False), ("c 13:64 r", False), ("nonsense", False), ("b 7:0 r", False),
    ],
)  # fmt: skip
def test_leave_to_use_any_device_is_told_from_leave_for_one(text: str, expected: bool) -> None:
    found_ = verdicts("device-cgroup-wildcard", service(f"device_cgroup_rules: ['{text}']"))
    assert bool(found_) is expected


@pytest.mark.parametrize(
    ("rule", "line", "flag"),
    [
        ("host-pid", "pid: host", "--pid=host"),
        ("host-ipc", "ipc: host", "--ipc=host"),
        ("host-namespace", "uts: host", "--uts=host"),
        ("host-namespace", "userns_mode: host", "--userns=host"),
        ("host-namespace", "cgroup: host", "--cgroupns=host"),
    ],
)
def test_a_namespace_of_the_host_is_found_in_both_languages(
    rule: str, line: str, flag: str
) -> None:
    (hit,) = found(rule, service(line))
    assert hit.remedy == f"Take out `{line}`."
    (hit,) = found(rule, f"docker run {flag} nginx:1.27.5")
    assert hit.remedy == f"Leave out `{flag}`."


def test_a_namespace_that_a_variable_decides_is_unknown() -> None:
    assert verdicts("host-pid", service("pid: ${PID}")) == UNKNOWN
    assert verdicts("host-pid", service("pid: ${PID:-host}")) == FAIL


@pytest.mark.parametrize("line", ["ipc: shareable", "ipc: private", "cgroup: private"])
def test_a_namespace_of_its_own_is_no_fault(line: str) -> None:
    for rule in ("host-ipc", "host-namespace", "shared-namespace"):
        assert verdicts(rule, service(line)) == []


def test_namespaces_shared_with_another_container_are_told_to_auditors() -> None:
    text = service("pid: container:app", "ipc: 'service:b'", tail="  b:\n    image: a:1.0.0\n")
    symbols = [hit.symbol for hit in found("shared-namespace", text)]
    assert symbols == ["service web/pid", "service web/ipc"]


@pytest.mark.parametrize("text", ["/data:/data:rshared", "/data:/data:ro,shared"])
def test_shared_mounts_are_found_in_short_syntax(text: str) -> None:
    (hit,) = found("shared-propagation", volume(text))
    assert not hit.weaker


def test_mounts_that_only_go_into_the_container_weigh_less() -> None:
    (hit,) = found("shared-propagation", volume("/data:/data:rslave"))
    assert hit.weaker
    assert verdicts("shared-propagation", volume("/data:/data:rprivate,z")) == []
    assert verdicts("shared-propagation", volume("data:/data")) == []


@pytest.mark.parametrize("group", ["root", '"0"', "docker", "disk", '"00"'])
def test_powerful_groups_are_found(group: str) -> None:
    assert verdicts("host-group", service(f"group_add: [{group}, video]")) == FAIL


@pytest.mark.parametrize("group", ["video", '"1000"', "audio", "${GROUP}"])
def test_other_groups_are_left_alone(group: str) -> None:
    assert (
        verdicts(
            "host-group", service(f"group_add: ['{group}']".replace("'\"", '"').replace("\"'", '"'))
        )
        == []
    )


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("net.ipv4.conf.all.route_localnet=1", True),
        ("net.ipv4.conf.eth0.accept_redirects=1", True),
        ("kernel.randomize_va_space=0", True),
        ("net.ipv4.conf.all.route_localnet=0", False),
        ("net.core.somaxconn=1024", False),
        ("net.ipv4.ip_forward=1", False),
        ("kernel.shmmax=1024", False),
        ("net.ipv4.conf.all.src_valid_mark=1", False),
    ],
)
def test_settings_that_open_something_are_told_from_tuning(setting: str, expected: bool) -> None:
    assert bool(found("unsafe-sysctl", service(f"sysctls: [{setting}]"))) is expected
    if not setting.startswith("kernel.r"):  # which Docker's client does not take
        assert bool(found("unsafe-sysctl", f"docker run --sysctl {setting} a:1.0.0")) is expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DOCKER_HOST=tcp://docker:2375"], True),
        (["DOCKER_HOST=tcp://10.0.0.1"], True),
        (["DOCKER_HOST=tcp://docker:2376", "DOCKER_TLS_VERIFY=1"], False),
        (["DOCKER_HOST=tcp://docker:2376", "DOCKER_TLS_VERIFY="], True),
        (["DOCKER_HOST=tcp://docker-socket-proxy:2375"], False),
        (["DOCKER_HOST=tcp://127.0.0.1:2375"], False),
        (["DOCKER_HOST=unix:///var/run/docker.sock"], False),
        (["DOCKER_HOST=${HOST_OF_DOCKER}"], False),
        (["HOST=tcp://docker:2375"], False),
    ],
)
def test_an_engine_on_plain_tcp_is_found(lines: list[str], expected: bool) -> None:
    listed = "[" + ", ".join(f"'{line}'" for line in lines) + "]"
    assert bool(found("plain-docker-host", service(f"environment: {listed}"))) is expected


def workload(origin: Origin) -> Workload:
    """A spec with a fault of each kind, as any reader would make it."""
    place = Place(Source("anything", "x"), 0, 1)

    def cell(text: str) -> Cell[str]:
        return Cell(text, place, text)

    return Workload(
        "db",
        origin,
        place,
        privileged=None,
        capabilities_added=(cell("SYS_ADMIN"),),
        security_options=(cell("seccomp=unconfined"),),
        mounts=(Mount("bind", "/etc", "/etc", place, propagation="shared"),),
        devices=(Device("/dev/sda", "/dev/sda", "rwm", place),),
        namespaces=Namespaces(pid=cell("host"), network=cell("host")),
    )


@pytest.mark.parametrize("origin", Origin)
def test_the_verdict_does_not_depend_on_where_a_spec_was_read(origin: Origin) -> None:
    rules = (
        "host-capability", "seccomp-off", "host-path-writable", "shared-propagation",
        "host-device", "host-pid", "host-network",
    )  # fmt: skip
    for name in rules:
        rule = by_id()[name]
        (hit,) = rule.on[Workload](workload(origin), SETTINGS)
        assert hit.verdict is Verdict.FAIL


def test_a_service_without_settings_has_none_of_the_faults() -> None:
    (empty,) = project(service()).services
    (run,) = run_lines("docker run nginx:1.27.5")
    for rule in by_id().values():
        module = rule.on[Workload].__module__ if Workload in rule.on else ""
        if module.endswith(("capabilities", "privileges", "mounted", "isolation", "devices")):
            assert list(rule.on[Workload](empty, SETTINGS)) == []
            assert list(rule.on[Workload](run, SETTINGS)) == []
