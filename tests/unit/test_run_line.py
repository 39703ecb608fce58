"""Run lines: words, flags, the workload's fields, and each value's place."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_line_cases import FLAGS, REFUSED

from seawall.core.source import Source
from seawall.surfaces.cell import Cell, State
from seawall.surfaces.run_line.reader import RunLines, read_run_lines
from seawall.surfaces.workload import Mount, Workload


def lines(text: str, directory: str = "") -> RunLines:
    return read_run_lines(Source("run.sh", text), directory)


def one(text: str, directory: str = "") -> Workload:
    found = lines(text, directory)
    assert [fault.message for fault in found.faults] == []
    (workload,) = found.workloads
    return workload


def mount(text: str) -> Mount:
    (found,) = one(f"docker run {text} nginx").mounts
    return found


def fault(text: str) -> str:
    return "; ".join(each.message for each in lines(text).faults)


def shown(cell: Cell[str] | Cell[int] | Cell[bool] | None) -> str:
    """What the cell's place holds."""
    assert cell is not None
    return cell.place.source.text[cell.start : cell.end]


def test_the_first_word_that_is_no_flag_is_the_image() -> None:
    workload = one("docker run --rm -it nginx:1 --privileged -v /:/host")
    assert workload.image is not None
    assert workload.image.value == "nginx:1"
    assert workload.privileged is None
    assert workload.mounts == ()
    assert [cell.value for cell in workload.command or ()] == ["--privileged", "-v", "/:/host"]


def test_two_dashes_end_the_flags() -> None:
    workload = one("docker run --rm -- nginx")
    assert workload.image is not None
    assert workload.image.value == "nginx"


def test_a_cluster_ends_with_the_letter_that_takes_a_value() -> None:
    workload = one("docker run -itdp8080:80 -eA=b -m=64m nginx")
    assert workload.ports[0].host_first == 8080
    assert workload.environment[0].value.value == "b"
    assert workload.limits.memory is not None
    assert workload.limits.memory.value == 64 * 1024 * 1024


@pytest.mark.parametrize(
    ("flags", "value"),
    [
        ("--privileged", True),
        ("--privileged=false", False),
        ("--privileged=1", True),
        ("--privileged --privileged=F", False),
        ("--read-only", None),
    ],
)
def test_a_bool_takes_a_value_only_behind_an_equals_sign(flags: str, value: bool | None) -> None:
    cell = one(f"docker run {flags} nginx").privileged
    assert (None if cell is None else cell.value) is value


def test_a_bool_does_not_take_the_next_word() -> None:
    workload = lines("docker run --privileged false").workloads[0]
    assert workload.image is not None
    assert workload.image.value == "false"


@pytest.mark.parametrize(
    "text",
    [
        "docker ps",
        "docker run --help",
        "docker build -t run .",
        "docker service create nginx",
        "docker compose run web",
        "docker --version run x",
        "docker",
        "echo docker run nginx",
        "# docker run nginx",
        "cat <<END\ndocker run nginx\nEND",
    ],
)
def test_what_starts_no_container_is_no_run_line(text: str) -> None:
    assert lines(text) == RunLines()


@pytest.mark.parametrize(
    "text",
    [
        "sudo docker run nginx",
        "docker container run nginx",
        "docker create nginx",
        "/usr/bin/docker --context far -H tcp://h:1 --debug run nginx",
        "podman run nginx",
        "podman --log-level debug container create nginx",
        "DOCKER_HOST=tcp://h:1 docker run nginx",
        "sh -c 'docker run nginx'",
        'bash -c "docker run \\"nginx\\""',
        "if true; then exec docker run nginx; fi",
        "id=$(docker run -d nginx)",
        "ssh host docker run nginx",
        "docker run \\\n  --rm \\\r\n nginx",
    ],
)
def test_every_way_to_start_a_container_is_seen(text: str) -> None:
    image = one(text).image
    assert image is not None
    assert image.value == "nginx"


def test_each_value_stands_where_it_is_written() -> None:
    text = (
        "docker run --name web \\\n  -u '1000:1000' --memory=64m --privileged \\\n"
        '  -v "/a b":/c:ro -e KEY="v w" --cap-add CAP_net_raw -itP docker.io/nginx:1 sh\n'
    )
    workload = one(text)
    assert shown(workload.user) == "'1000:1000'"
    assert shown(workload.limits.memory) == "64m"
    assert shown(workload.privileged) == "--privileged"
    assert shown(workload.publish_all) == "P"
    assert shown(workload.image) == "docker.io/nginx:1"
    assert shown(workload.capabilities_added[0]) == "CAP_net_raw"
    assert workload.capabilities_added[0].value == "NET_RAW"
    variable = workload.environment[0]
    assert text[variable.key.start : variable.key.end] == "KEY"
    assert shown(variable.value) == "v w"
    found = workload.mounts[0]
    assert (found.source, found.target, found.read_only) == ("/a b", "/c", True)
    assert text[found.start : found.end] == '"/a b":/c:ro'
    assert text[workload.place.start : workload.place.end] == text.rstrip("\n")
    assert workload.name == "web"


def test_a_variable_is_unknown_and_never_guessed() -> None:
    workload = one('X=1; docker run -u "$X" -m ${M:-64m} -e A=$(id) --pid=$P -p $PORT:80 nginx')
    assert workload.user is not None
    assert workload.user.value is None
    assert workload.user.state is State.UNKNOWN
    assert workload.limits.memory is not None
    assert workload.limits.memory.value is None
    assert workload.environment[0].name == "A"
    assert workload.environment[0].value.value is None
    assert workload.namespaces.pid is not None
    assert workload.namespaces.pid.value is None
    assert not workload.ports[0].is_host_ip_known
    assert workload.ports[0].container_first == 80


def test_a_variable_in_single_quotes_is_text() -> None:
    workload = one("docker run -e 'A=$HOME' -e B=\\$X -e \"C=\\$Y\" nginx")
    assert [each.value.value for each in workload.environment] == ["$HOME", "$X", "$Y"]


def test_a_path_with_a_variable_is_a_bind_that_says_so() -> None:
    found = mount('-v "$HOME"/.ssh:/root/.ssh:ro')
    assert (found.type, found.source, found.target) == ("bind", "${HOME}/.ssh", "/root/.ssh")
    assert found.state is not None
    assert not found.state.is_known
    assert mount("-v $(pwd):/x").source == "$(pwd)"
    assert mount("-v `pwd`/a:/x").source == "`pwd`/a"


def test_a_known_source_stays_known_where_a_variable_names_the_target() -> None:
    found = mount("-v /etc:$TARGET")
    assert found.source == "/etc"
    assert found.state is not None
    assert found.state.value == "/etc"


@pytest.mark.parametrize("flag", ["-v $V", "--mount $M", "-p $P", "-p 80$P", "--ulimit $U"])
def test_a_value_that_is_all_variable_is_a_gap(flag: str) -> None:
    found = lines(f"docker run {flag} nginx")
    assert found.faults == ()
    assert found.gaps[0].message.endswith("can't be told")


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("docker run $OPTS -v /:/host nginx", "nginx"),
        ("docker run --rm $IMAGE sh", None),
        ("docker run --rm $REGISTRY/app sh", None),
        ('docker run --rm "$X" sh', None),
        ("docker run --rm $LAST", None),
    ],
)
def test_a_variable_among_the_flags_may_hold_flags(text: str, image: str | None) -> None:
    workload = lines(text).workloads[0]
    assert workload.image is not None
    assert workload.image.value == image


def test_where_a_variable_leaves_open_which_word_is_the_image_nothing_is_claimed() -> None:
    found = lines("docker run $X nginx sh")
    assert found.workloads[0].image is not None
    assert found.workloads[0].image.value is None
    assert found.workloads[0].command is None
    assert [gap.message for gap in found.gaps] == ["$X may hold options"]
    assert found.workloads[0].gaps == ("$X may hold options",)
    assert [gap.message for gap in lines('docker run "$@" nginx').gaps] == ['"$@" may hold options']


def test_an_unknown_flag_is_a_fault_with_the_nearest_one() -> None:
    assert fault("docker run --privilegd nginx") == (
        "unknown flag: --privilegd (did you mean --privileged?)"
    )
    found = lines("docker run\\\n --memry 64m -u 5 nginx")
    assert found.faults[0].line == 2
    assert found.workloads[0].user is not None
    assert found.workloads[0].image is not None
    assert found.workloads[0].image.value == "nginx"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("docker run --nothing-like-it x nginx", "unknown flag: --nothing-like-it"),
        ("docker run -X nginx", "unknown shorthand flag: 'X' in -X"),
        ("docker create -d nginx", "unknown shorthand flag: 'd' in -d"),
        ("docker run --name", "flag needs an argument: --name"),
        ("docker run -tp", "flag needs an argument: 'p' in -tp"),
        ("docker run -it", "requires at least 1 argument"),
        ("docker run --privileged=maybe nginx", 'invalid argument "maybe" for "--privileged"'),
        ("docker run -m lots nginx", "for \"-m, --memory\" flag: invalid size: 'lots'"),
        ("docker run Nginx", "invalid reference format"),
        ("docker run -v a:b:c:d nginx", "invalid volume specification: 'a:b:c:d'"),
        ("docker run -v ab:/x:zz nginx", "invalid mode: zz"),
        ("docker run -v ab:relative nginx", "mount path must be absolute"),
        ("docker run -v x/y:/z nginx", "invalid characters for a local volume name"),
        ("docker run -v /x:/ nginx", "destination can't be '/'"),
        ("docker run --mount type=bind,src=x,dst=/y nginx", "mount path must be absolute"),
        ("docker run --mount type=odd,dst=/y nginx", "mount type unknown: odd"),
        ("docker run --mount type=bind,src=/x,dst=/y,bind-propagation=q nginx", "propagation"),
        ("docker run -p 80:99999 nginx", "invalid containerPort: 99999"),
        ("docker run --ulimit nofile=5:3 nginx", "less than or equal to hard limit"),
        ("docker run --security-opt odd nginx", "Invalid --security-opt: odd"),
        ("docker run --security-opt odd=x nginx", "invalid --security-opt"),
        ("docker run --rm --restart always nginx", "--restart and --rm"),
        ("docker run --no-healthcheck --health-cmd x nginx", "--no-healthcheck conflicts"),
        ("docker run --log-driver none --log-opt a=b nginx", "driver none"),
        ("docker run --network host --network web nginx", "non-user-defined network-modes"),
        ("docker run --net host --network-alias a nginx", "only supported for user-defined"),
        ("docker run --network name=a,alias=b --network-alias c nginx", "per-network alias"),
        ("docker run --network alias=b nginx", "network name/id is not specified"),
        ("docker run --sysctl vm.swappiness=1 nginx", "is not allowed"),
        ("docker run --device : nginx", "bad format for path"),
        ("docker run --add-host a:b nginx", "invalid IP address in add-host"),
    ],
)
def test_what_docker_refuses_is_a_fault(text: str, message: str) -> None:
    assert message in fault(text)


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("-v /a:/b", ("bind", "/a", "/b", False, "", ())),
        ("-v /a:/b:ro,Z,rshared", ("bind", "/a", "/b", True, "rshared", ("Z", "rshared"))),
        ("-v data:/b:nocopy", ("volume", "data", "/b", False, "", ("nocopy",))),
        ("-v /b", ("volume", "", "/b", False, "", ())),
        ("-v ~/x:/b", ("bind", "~/x", "/b", False, "", ())),
        ("-v ./x:/b", ("bind", "./x", "/b", False, "", ())),
        ("-v /run/../run//docker.sock:/s", ("bind", "/run/docker.sock", "/s", False, "", ())),
        ("--mount type=bind,src=/a,dst=/b,ro", ("bind", "/a", "/b", True, "", ())),
        ("--mount type=bind,src=/a,dst=/b,ro=0", ("bind", "/a", "/b", False, "", ())),
        ("--mount src=data,target=/b", ("volume", "data", "/b", False, "", ())),
        (
            "--mount 'type=bind,\"src=/a,b\",dst=/b,bind-propagation=RSLAVE'",
            ("bind", "/a,b", "/b", False, "rslave", ()),
        ),
        (
            "--tmpfs /t:rw,noexec,size=1m",
            ("tmpfs", "", "/t", False, "", ("rw", "noexec", "size=1m")),
        ),
        (
            "--mount type=tmpfs,dst=/t,tmpfs-mode=700",
            ("tmpfs", "", "/t", False, "", ("tmpfs-mode=700",)),
        ),
    ],
)
def test_mounts_are_spelled_out(flag: str, expected: tuple[object, ...]) -> None:
    found = mount(flag)
    parts = (found.type, found.source, found.target, found.read_only, found.propagation)
    assert (*parts, found.options) == expected


def test_a_volume_of_driver_options_is_the_bind_that_it_makes() -> None:
    found = mount(
        "--mount 'type=volume,src=d,dst=/x,volume-opt=type=none,"
        'volume-opt=device=/etc,"volume-opt=o=bind,ro"\''
    )
    assert (found.type, found.source, found.via) == ("bind", "/etc", "driver_opts")


def test_the_engine_socket_is_a_mount() -> None:
    workload = one("docker run --use-api-socket nginx")
    assert workload.api_socket is not None
    assert workload.mounts[0].via == "api_socket"


def test_a_tmpfs_size_in_percent_has_no_bytes() -> None:
    assert mount("--tmpfs /t:size=1g").size == 1024**3
    assert mount("--tmpfs /t:size=50%").size is None


def test_a_relative_path_is_taken_from_the_directory(tmp_path: Path) -> None:
    workload = one("docker run -v ./x/../y:/a -v ..:/b nginx", str(tmp_path))
    assert [each.source for each in workload.mounts] == [
        str(tmp_path / "y"),
        str(tmp_path.parent),
    ]


def test_an_environment_file_is_read_and_the_line_wins(tmp_path: Path) -> None:
    (tmp_path / "vars").write_text("# c\nA=1\n  B=two words \nPASSED\n")
    workload = one("docker run --env-file vars -e A=3 nginx", str(tmp_path))
    found = {each.name: each for each in workload.environment}
    assert found["A"].value.value == "3"
    assert found["B"].value.value == "two words "
    assert found["B"].origin == "env_file"
    assert found["B"].value.place.source.path == "vars"
    assert found["B"].value.place.line == 3
    assert found["PASSED"].value.value is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "no such file"),
        ("$FILE", "a variable decides which file is read"),
        ("'a\nb'", "line end"),
    ],
)
def test_an_environment_file_that_cannot_be_read_is_a_gap(
    tmp_path: Path, name: str, message: str
) -> None:
    found = lines(f"docker run --env-file {name} nginx", str(tmp_path))
    assert found.faults == ()
    assert message in found.gaps[0].message
    assert message in found.workloads[0].gaps[0]


def test_an_environment_file_is_a_gap_where_the_directory_is_unknown() -> None:
    assert "its directory is not known" in lines("docker run --env-file v nginx").gaps[0].message


@pytest.mark.parametrize(("line", "message"), [("A B=1", "whitespaces"), ("=1", "no variable")])
def test_a_bad_environment_file_is_a_fault(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "vars").write_text(line)
    found = lines("docker run --env-file vars nginx", str(tmp_path))
    assert message in found.faults[0].message


def test_a_label_file_has_no_labels_without_value(tmp_path: Path) -> None:
    (tmp_path / "labels").write_text("a=1\nb\n")
    workload = one("docker run --label-file labels -l c nginx", str(tmp_path))
    assert [(each.name, each.value.value) for each in workload.labels] == [("a", "1"), ("c", "")]


def test_a_name_alone_takes_its_value_from_the_environment() -> None:
    variable = one("docker run -e TOKEN nginx").environment[0]
    assert (variable.name, variable.value.value) == ("TOKEN", None)
    assert variable.value.state is State.ENVIRONMENT


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("-p 80", ("", None, None, 80, 80, "tcp")),
        ("-p 8080:80/UDP", ("", 8080, 8080, 80, 80, "udp")),
        ("-p 127.0.0.1::80", ("127.0.0.1", None, None, 80, 80, "tcp")),
        ("-p '[::1]:8080:80'", ("::1", 8080, 8080, 80, 80, "tcp")),
        ("-p 8000-8005:80", ("", 8000, 8005, 80, 80, "tcp")),
        ("-p 8000-8002:9000-9002", ("", 8000, 8002, 9000, 9002, "tcp")),
        ("-p published=1,target=2,protocol=sctp", ("", 1, 1, 2, 2, "sctp")),
    ],
)
def test_ports_are_spelled_out(flag: str, expected: tuple[object, ...]) -> None:
    (port,) = one(f"docker run {flag} nginx").ports
    bounds = (port.host_first, port.host_last, port.container_first, port.container_last)
    assert (port.host_ip, *bounds, port.protocol) == expected


def test_the_network_is_a_mode_or_names_with_aliases() -> None:
    assert one("docker run --net HOST nginx").namespaces.network is not None
    workload = one("docker run --network name=a,alias=x --network b nginx")
    assert [(use.name, use.aliases) for use in workload.networks] == [("a", ("x",)), ("b", ())]
    assert workload.namespaces.network is None
    shared = one("docker run --network container:Db nginx").namespaces.network
    assert shared is not None
    assert shared.value == "container:Db"
    unknown = one("docker run --network $N nginx").namespaces.network
    assert unknown is not None
    assert unknown.value is None


def test_the_cpu_quota_counts_as_cpus() -> None:
    limits = one("docker run --cpu-quota 25000 --cpu-period 50000 nginx").limits
    assert limits.cpus is not None
    assert limits.cpus.value == 0.5
    unknown = one("docker run --cpu-quota $Q nginx").limits.cpus
    assert unknown is not None
    assert unknown.value is None


def test_health_checks_are_read() -> None:
    health = one("docker run --health-cmd 'curl x' --health-retries 3 nginx").health
    assert health is not None
    assert [cell.value for cell in health.test] == ["CMD-SHELL", "curl x"]
    assert health.retries is not None
    assert health.retries.value == 3
    disabled = one("docker run --no-healthcheck nginx").health
    assert disabled is not None
    assert disabled.is_disabled


def test_an_empty_entrypoint_takes_the_images_away() -> None:
    assert one("docker run --entrypoint '' nginx").entrypoint == ()
    assert one("docker run nginx").entrypoint is None


def test_security_options_have_the_equals_sign() -> None:
    options = one("docker run --security-opt seccomp:unconfined --security-opt $S nginx")
    assert [cell.value for cell in options.security_options] == ["seccomp=unconfined", None]


def test_podman_has_flags_of_its_own() -> None:
    workload = one(
        "podman run --userns=keep-id --secret token,type=mount,target=/t,mode=0400"
        " --secret other,type=env -v /a:/b:U,idmap=x --tls-verify=false oci:x"
    )
    assert workload.namespaces.user is not None
    assert workload.namespaces.user.value == "keep-id"
    assert [(use.name, use.target, use.mode) for use in workload.secrets] == [
        ("token", "/t", "0400")
    ]
    assert "unknown flag" in fault("docker run --secret x nginx")


def test_the_name_is_the_images_where_none_is_given() -> None:
    assert one("docker run ghcr.io/a/web:1@sha256:" + "0" * 64).name == "web"
    assert one("docker run --name $N $I").name == "container"
    assert one("docker run " + "a" * 64).name == "a" * 64


def test_several_lines_are_several_workloads_and_a_bad_one_hides_no_other() -> None:
    found = lines("docker run --very-bad=1 a\ndocker run b | docker run -i c && podman run d\n")
    names = [each.name for each in found.workloads]
    assert names == ["a", "b", "c", "d"]
    assert len(found.faults) == 1


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Holds the files that the cases name."""
    path = tmp_path_factory.mktemp("lines")
    (path / "variables").write_text("A=1\n")
    (path / "labels").write_text("one=1\n")
    (path / "spaced").write_text("A =1\n")
    return str(path)


@pytest.mark.parametrize("flags", FLAGS)
def test_what_the_client_takes_is_no_fault(flags: str, directory: str) -> None:
    assert one(f"docker create {flags} nginx", directory).gaps == ()


@pytest.mark.parametrize("arguments", REFUSED)
def test_what_the_client_refuses_is_a_fault_or_a_gap(arguments: str, directory: str) -> None:
    found = lines(f"docker create {arguments.replace('IMAGE', 'nginx')}", directory)
    assert found.faults or found.gaps


def test_the_same_flags_with_variables_for_their_values_are_no_faults(directory: str) -> None:
    names = {
        word.partition("=")[0] for flags in FLAGS for word in flags.split() if word[:2] == "--"
    }
    for name in sorted(names - {"--", "--no-healthcheck", "--network-alias", "--net-alias"}):
        assert lines(f'docker create {name}="$X" nginx', directory).faults == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5g", 1610612736),
        ("1.5GiB", 1610612736),
        ("64 kb", 65536),
        ("0x10", None),
        (".5m", 524288),
        ("5.k", 5120),
        ("1e3", None),
        ("99999999999p", None),
        ("9" * 100, None),
    ],
)
def test_sizes_are_powers_of_1024(text: str, value: int | None) -> None:
    memory = lines(f"docker run -m '{text}' nginx").workloads[0].limits.memory
    assert (None if memory is None else memory.value) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("0x10", 16), ("010", 8), ("0o10", 8), ("0b11", 3), ("1_000", 1000), ("-5", -5), ("+5", 5),
     ("9223372036854775808", None), ("09", None), ("", None)],
)  # fmt: skip
def test_counts_are_read_as_go_reads_them(text: str, value: int | None) -> None:
    pids = lines(f"docker run --pids-limit='{text}' nginx").workloads[0].limits.pids
    assert (None if pids is None else pids.value) == value


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("a\"b c\"'d'\\e", "ab cde"),
        ("$'a\\tb'", "a\tb"),
        ("a\\\nb", "ab"),
        ('"a\\\nb\\c"', "ab\\c"),
        ("a$", "a$"),
        ('"a$(b "c" (d) $(e))f$g"', None),
        ("${a:-{b}}", None),
        ("$(never closed", None),
    ],
)
def test_a_word_is_what_the_shell_makes_of_it(word: str, value: str | None) -> None:
    found = lines(f"docker run -u {word} nginx").workloads
    assert all(each.user is None or each.user.value == value for each in found)


def test_a_decoded_string_has_the_place_of_the_whole() -> None:
    text = 'sh -c "docker run -e \\"A=$X b\\" -v $Y/x:/y nginx"'
    workload = one(text)
    assert workload.environment[0].value.value is None
    assert workload.mounts[0].source == "${…}/x"
    assert text[workload.mounts[0].start :].startswith('"docker')
