"""The hardening of services and run lines: what is written, and above all what is not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from mends import TODAY, applied, fixes
from planned import after as after_of
from planned import planned

from seawall.core.model import Fix, Safety
from seawall.core.rule import Settings
from seawall.core.source import Source
from seawall.fixes.model import Context, Fixer, Observed, RunLine
from seawall.fixes.workload import (
    confinement,
    hardening,
    isolation,
    mounts,
    scratch,
    socket,
    user,
)
from seawall.rules import by_id
from seawall.surfaces.compose.reader import read_texts
from seawall.surfaces.run_line.finder import find_run_lines
from seawall.surfaces.workload import Workload

_FIXERS = {
    fixer.id: fixer
    for module in (hardening, confinement, isolation, scratch, mounts, user, socket)
    for fixer in module.FIXERS
}


def fixed(fixer: str, text: str, observed: Observed | None = None) -> tuple[str, Fix]:
    """The text with the first fix made, and that fix."""
    known = Context(TODAY, observed={"web": observed} if observed else {})
    fix = next((fix for _, fix in fixes(_FIXERS[fixer], text, known) if fix and fix.edits), None)
    assert fix is not None, "no fix is offered"
    return applied(text, fix.edits), fix


def offered(fixer: str, text: str) -> list[Fix]:
    """Every fix with edits that is offered for a text."""
    return [fix for _, fix in fixes(_FIXERS[fixer], text, Context(TODAY)) if fix and fix.edits]


def service(image: str, *lines: str, tail: str = "") -> str:
    """A project with one service."""
    body = "".join(f"    {line}\n" for line in lines)
    return f"services:\n  web:\n    image: {image}\n{body}{tail}"


def added(before: str, after: str) -> list[str]:
    """The lines that came, without indentation."""
    old = before.splitlines()
    return [line.strip() for line in after.splitlines() if line not in old]


class TestLeastRights:
    def test_an_unknown_image_is_never_safe_and_the_title_names_the_experiment(self) -> None:
        _, fix = fixed("least-rights", service("acme/app:1.2.3"))
        assert fix.safety is Safety.UNSAFE
        assert "seawall fix --prove" in fix.title

    def test_a_known_image_needs_no_experiment(self) -> None:
        _, fix = fixed("least-rights", service("memcached:1.6.39"))
        assert "--prove" not in fix.title

    def test_a_user_that_is_not_root_needs_no_capability(self) -> None:
        after, _ = fixed("least-rights", service("acme/app:1.2.3", 'user: "1000"'))
        assert "cap_add" not in after

    def test_a_variable_as_user_tells_nothing(self) -> None:
        after, _ = fixed("least-rights", service("acme/app:1.2.3", "user: ${UID}"))
        assert "SETUID" in after

    def test_scratch_space_belongs_to_the_user_that_the_service_sets(self) -> None:
        after, _ = fixed("least-rights", service("nginx:1.28.0", 'user: "1000:1000"'))
        assert "/run:rw,noexec,nosuid,size=16m,mode=0755,uid=1000,gid=1000" in after

    def test_a_user_without_number_gets_scratch_space_for_everybody(self) -> None:
        after, _ = fixed("least-rights", service("nginx:1.28.0", "user: nginx"))
        assert "/run:rw,noexec,nosuid,size=16m,mode=1777" in after

    def test_other_programs_of_a_known_image_are_unknown(self) -> None:
        after, fix = fixed("least-rights", service("postgres:17.5", "command: sleep infinity"))
        assert "--prove" in fix.title
        assert "/run/postgresql" not in after

    @pytest.mark.parametrize("command", ["postgres -c fsync=off", "-c fsync=off"])
    def test_options_of_the_server_keep_what_is_known(self, command: str) -> None:
        after, fix = fixed("least-rights", service("postgres:17.5", f"command: {command}"))
        assert "--prove" not in fix.title
        assert "uid=999" in after

    def test_another_entrypoint_makes_the_image_unknown(self) -> None:
        _, fix = fixed("least-rights", service("nginx:1.28.0", "entrypoint: /start.sh"))
        assert "--prove" in fix.title

    def test_templates_need_the_directory_that_they_are_written_to(self) -> None:
        before = service("nginx:1.28.0", "volumes:", "  - ./t:/etc/nginx/templates:ro")
        after, _ = fixed("least-rights", before)
        assert "- /etc/nginx/conf.d" in added(before, after)

    def test_what_is_mounted_writable_gets_no_tmpfs(self) -> None:
        before = service(
            "nginx:1.28.0", "volumes:", "  - cache:/var/cache", tail="volumes:\n  cache:\n"
        )
        after, _ = fixed("least-rights", before)
        assert "/var/cache/nginx:" not in after

    def test_keys_of_the_host_are_read_with_dac_override(self) -> None:
        after, _ = fixed("least-rights", service("nginx:1.28.0", "volumes: ['./tls:/tls:ro']"))
        assert "DAC_OVERRIDE" in after

    def test_data_of_earlier_runs_is_given_to_the_user(self) -> None:
        before = service("redis:8.0", "volumes: ['data:/data']", tail="volumes:\n  data:\n")
        assert {"CHOWN", "DAC_OVERRIDE"} <= set(_capabilities(fixed("least-rights", before)[0]))
        assert _capabilities(fixed("least-rights", service("redis:8.0"))[0]) == ["SETGID", "SETUID"]

    def test_a_low_port_on_the_hosts_network_needs_its_capability(self) -> None:
        after, _ = fixed("least-rights", service("nginx:1.28.0", "network_mode: host"))
        assert "NET_BIND_SERVICE" in after

    def test_an_image_that_writes_its_own_root_keeps_it_writable(self) -> None:
        after, fix = fixed("least-rights", service("nextcloud:31.0"))
        assert "read_only" not in after
        assert fix.is_partial

    def test_a_secret_that_compose_writes_keeps_the_root_writable(self) -> None:
        tail = "secrets:\n  key:\n    environment: KEY\n"
        after, _ = fixed("least-rights", service("memcached:1.6", "secrets: [key]", tail=tail))
        assert "read_only" not in after

    @pytest.mark.parametrize(
        "command",
        [
            "sh -c 'npm install && npm start'",
            "sh -c 'apk add --no-cache git; serve'",
            "sh -c 'envsubst < a > /etc/app.conf; serve'",
            "[sh, -c, pip install -r requirements.txt && serve]",
            "go run main.go",
        ],
    )
    def test_a_command_that_changes_the_container_keeps_its_root_writable(
        self, command: str
    ) -> None:
        text = service("acme/app:1.2.3", f"command: {command}")
        assert "read_only" not in fixed("least-rights", text)[0]

    @pytest.mark.parametrize("command", ["sh -c 'serve --port 80 2>&1'", "npm-server", "serve"])
    def test_one_that_only_serves_does_not(self, command: str) -> None:
        text = service("acme/app:1.2.3", f"command: {command}")
        assert "read_only: true" in fixed("least-rights", text)[0]

    def test_watching_files_keeps_the_root_writable(self) -> None:
        lines = ("develop:", "  watch:", "    - {action: sync, path: ., target: /app}")
        assert "read_only" not in fixed("least-rights", service("acme/app:1.2", *lines))[0]

    def test_what_is_there_stays_and_only_the_rest_is_added(self) -> None:
        before = service(
            "nginx:1.28.0", "cap_add: [CHOWN]", "security_opt:", "  - apparmor:mine  # ours"
        )
        after, _ = fixed("least-rights", before)
        assert "cap_add: [CHOWN, SETGID, SETUID]" in after
        assert "- apparmor:mine  # ours\n      - no-new-privileges:true\n" in after

    def test_what_was_observed_counts_more_than_facts(self) -> None:
        seen = Observed(scratch=("/spool",), kept=("/srv",), capabilities=("SETUID",))
        after, fix = fixed("least-rights", service("nginx:1.28.0"), seen)
        assert "- /spool:rw,noexec,nosuid,size=64m,mode=1777" in after
        assert "- /srv\n" in after
        assert _capabilities(after) == ["SETUID"]
        assert "--prove" not in fix.title

    def test_a_service_that_others_share_is_left_alone(self) -> None:
        text = "services:\n  web: &web\n    image: nginx:1.28.0\n  other: *web\n"
        assert not offered("least-rights", text)

    def test_the_last_control_ends_the_finding(self) -> None:
        rest = (
            "logging: {driver: local}",
            "mem_limit: 1g",
            "memswap_limit: 1g",
            "cpus: 1",
            "pids_limit: 9",
            "ulimits: {nofile: 1024}",
        )
        assert not fixed("least-rights", service("nginx:1.28.0", *rest))[1].is_partial
        assert fixed("least-rights", service("nginx:1.28.0", *rest[1:]))[1].is_partial

    def test_line_ends_and_a_missing_last_one_stay(self) -> None:
        before = service("memcached:1.6.39", "restart: always").replace("\n", "\r\n")[:-2]
        after, _ = fixed("least-rights", before)
        assert after.startswith(before)
        assert "\n" not in after.replace("\r\n", "")

    def test_a_project_of_one_line_gets_keys_in_its_braces(self) -> None:
        after, _ = fixed("least-rights", "services: {web: {image: memcached:1.6.39}}\n")
        assert after.count("\n") == 1
        assert "read_only: true" in after


def _capabilities(text: str) -> list[str]:
    (web,) = read_texts({"compose.yaml": text}).services
    return [cell.value or "" for cell in web.capabilities_added]


class TestBounds:
    @pytest.mark.parametrize(
        ("lines", "limit"),
        [
            (("environment: {ES_JAVA_OPTS: -Xms1g -Xmx4g}",), "8g"),
            (("command: --max-old-space-size=3072",), "6g"),
            (("mem_reservation: 2g",), "4g"),
            (("environment: {PAGE_SIZE: 20 mb}",), "2g"),
        ],
    )
    def test_memory_is_twice_what_the_service_itself_names(
        self, lines: Iterable[str], limit: str
    ) -> None:
        after, _ = fixed("bound-resources", service("acme/app:1.2.3", *lines))
        assert f"mem_limit: {limit}\n" in after
        assert f"memswap_limit: {limit}\n" in after

    def test_databases_get_what_they_take(self) -> None:
        assert "mem_limit: 2g" in fixed("bound-resources", service("mysql:8.4.5"))[0]
        assert "mem_limit: 512m" in fixed("bound-resources", service("nginx:1.28.0"))[0]

    def test_both_forms_are_never_mixed(self) -> None:
        lines = ("deploy:", "  resources:", "    limits:", "      cpus: '2'")
        after, _ = fixed("bound-resources", service("acme/app:1.2.3", *lines))
        assert "mem_limit" not in after
        assert "memory: 2G" in after
        assert "cpus: '2'" in after

    def test_a_limit_of_files_that_somebody_chose_stays(self) -> None:
        before = service("acme/app:1.2.3", "ulimits: {nofile: 1048576}")
        after, fix = fixed("bound-resources", before)
        assert "nofile: 1048576}" in after
        assert fix.is_partial

    def test_only_swap_is_added_to_a_memory_limit(self) -> None:
        before = service("acme/app:1.2.3", "mem_limit: ${MEMORY:-300m}")
        assert "memswap_limit: ${MEMORY:-300m}" in fixed("bound-resources", before)[0]


class TestLogs:
    def test_they_are_safe_to_bound_only_where_the_driver_is_written(self) -> None:
        named = service("acme/app:1.2.3", "logging: {driver: json-file}")
        assert fixed("bound-logs", named)[1].safety is Safety.SAFE
        assert fixed("bound-logs", service("acme/app:1.2.3"))[1].safety is Safety.UNSAFE


class TestSwap:
    def test_without_a_memory_limit_it_goes(self) -> None:
        text = service("acme/app:1.2.3", "memswap_limit: -1", "restart: always")
        assert fixed("bound-swap", text)[0] == service("acme/app:1.2.3", "restart: always")

    def test_a_variable_keeps_its_letters(self) -> None:
        text = service("acme/app:1.2.3", "mem_limit: ${MEM:-1g}", "memswap_limit: -1")
        assert "memswap_limit: ${MEM:-1g}" in fixed("bound-swap", text)[0]


class TestPrivileged:
    def test_the_last_key_of_a_service_makes_room(self) -> None:
        for end in ("\n", ""):
            text = service("acme/app:1.2.3", "user: '7'", "privileged: true").rstrip("\n") + end
            after, _ = fixed("drop-privileged", text)
            wanted = service("acme/app:1.2.3", "user: '7'", "cap_drop:", "  - ALL")
            assert after == wanted.rstrip("\n") + end

    def test_on_a_line_of_its_own(self) -> None:
        text = "docker run \\\n  --privileged \\\n  --cap-drop=ALL \\\n  acme/app:1.2.3\n"
        wanted = "docker run \\\n  --cap-drop=ALL \\\n  acme/app:1.2.3\n"
        assert run_fixed("drop-privileged", text) == wanted

    def test_it_is_a_persons_choice_unless_it_was_observed(self) -> None:
        text = service("acme/app:1.2.3", "privileged: true")
        assert fixed("drop-privileged", text)[1].safety is Safety.GUIDED
        seen = Observed(capabilities=("NET_ADMIN",))
        after, fix = fixed("drop-privileged", text, seen)
        assert fix.safety is Safety.UNSAFE
        assert _capabilities(after) == ["NET_ADMIN"]
        assert "privileged" not in after

    def test_a_variable_is_left_to_who_sets_it(self) -> None:
        assert not offered("drop-privileged", service("acme/app:1.2.3", "privileged: ${P}"))

    def test_a_capability_that_the_image_is_known_to_need_stays(self) -> None:
        text = service("hashicorp/vault:1.19", "cap_add: [IPC_LOCK]")
        assert [fix.safety for fix in offered("drop-capability", text)][:1] == [Safety.UNSAFE]
        text = service("acme/app:1.2.3", "cap_add: [NET_ADMIN]")
        assert offered("drop-capability", text)[0].safety is Safety.GUIDED


class TestSafety:
    def test_only_what_acts_at_the_moment_of_the_fault_is_safe(self) -> None:
        text = service("acme/app:1.2.3", "oom_kill_disable: true")
        assert fixed("share-out-of-memory", text)[1].safety is Safety.SAFE
        text = service("acme/app:1.2.3", "oom_score_adj: -1000")
        assert fixed("share-out-of-memory", text)[1].safety is Safety.UNSAFE

    @pytest.mark.parametrize("fixer", _FIXERS.values(), ids=_FIXERS.keys())
    def test_a_fixer_is_no_bolder_than_it_says(self, fixer: Fixer) -> None:
        rank = [Safety.SAFE, Safety.UNSAFE, Safety.GUIDED].index
        for example in fixer.examples:
            for _, fix in fixes(fixer, example.before, Context(TODAY)):
                assert fix is None or rank(fix.safety) <= rank(fixer.safety)


class TestUser:
    def test_scratch_space_that_is_there_is_given_to_it(self) -> None:
        before = service(
            "nginx:1.28.0", "ports: ['80:80']", "tmpfs:", "  - /run", "  - /var/cache/nginx"
        )
        after, fix = fixed("set-user", before)
        assert fix.safety is Safety.UNSAFE
        assert after.count("uid=101") == 2

    def test_one_that_belongs_to_somebody_is_left_alone(self) -> None:
        before = service(
            "nginx:1.28.0", "ports: ['80:80']", "tmpfs: ['/run:uid=5', /var/cache/nginx]"
        )
        after, _ = fixed("set-user", before)
        assert "/run:uid=5" in after


class TestSocket:
    def test_a_program_that_ignores_the_variable_gets_words_only(self) -> None:
        text = service("traefik:3.3.5", "volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']")
        found = [fix for _, fix in fixes(_FIXERS["proxy-socket"], text, Context(TODAY)) if fix]
        assert found
        assert not found[0].edits
        assert "docker-proxy:" in found[0].proposal

    def test_portainer_is_told_by_its_command(self) -> None:
        text = service(
            "portainer/portainer-ce:2.27.0",
            "volumes:",
            "  - /var/run/docker.sock:/var/run/docker.sock",
        )
        after, fix = fixed("proxy-socket", text)
        assert fix.safety is Safety.GUIDED
        assert "tcp://docker-proxy:2375" in after
        assert "VOLUMES: 1" in after

    def test_the_root_of_the_host_is_taken_out(self) -> None:
        text = service("acme/app:1.2.3", "volumes:", "  - /:/host:ro", "  - ./data:/data")
        after, fix = fixed("proxy-socket", text)
        assert fix.safety is Safety.GUIDED
        assert "/:/host" not in after
        assert "./data:/data" in after

    def test_the_plan_takes_it_with_the_reason_beside_the_proxys_own_mount(
        self, tmp_path: Path
    ) -> None:
        text = service(
            "amir20/dozzle:v8.12.9",
            "volumes:",
            "  - /var/run/docker.sock:/var/run/docker.sock",
        )
        path = tmp_path / "compose.yaml"
        path.write_text(text)
        made = planned(path, "runtime-socket", take=("runtime-socket",))
        assert "DOCKER_HOST: tcp://docker-proxy:2375" in after_of(made)
        assert "# seawall: ignore[runtime-socket] -- " in after_of(made)

    def test_a_proxy_keeps_its_socket(self) -> None:
        text = service(
            "tecnativa/docker-socket-proxy:0.3.0",
            "volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']",
        )
        assert not offered("proxy-socket", text)


class TestNetwork:
    def test_ports_that_the_image_serves_are_published(self) -> None:
        text = "docker run --network host memcached:1.6.39\n"
        assert (
            run_fixed("own-network", text) == "docker run --publish=11211:11211 memcached:1.6.39\n"
        )

    def test_ports_that_are_published_already_do(self) -> None:
        text = service("memcached:1.6.39", "network_mode: host", "ports: ['11212:11211']")
        assert "11211:11211'" not in fixed("own-network", text)[0].replace("11212:11211", "")


class TestMounts:
    def test_a_letter_of_a_drive_is_no_separator(self) -> None:
        assert not offered(
            "close-settings", service("acme/app:1.2.3", "volumes: ['C:\\\\x\\\\a.conf:/a.conf']")
        )

    def test_propagation_in_long_form(self) -> None:
        mount = ("  - type: bind", "    source: /d", "    target: /d", "    bind:")
        lines = ("volumes:", *mount, "      propagation: shared", "      selinux: z")
        after, _ = fixed("part-mounts", service("acme/app:1.2.3", *lines))
        assert after == service("acme/app:1.2.3", "volumes:", *mount, "      selinux: z")

    @pytest.mark.parametrize(
        ("volume", "mended"),
        [
            ("${DIR}/a.conf:/a.conf", "${DIR}/a.conf:/a.conf:ro"),
            ("${DIR:-./x}/a.conf:/a.conf", "${DIR:-./x}/a.conf:/a.conf:ro"),
            ("./a.conf:/a.conf:z", "./a.conf:/a.conf:z,ro"),
        ],
    )
    def test_options_are_told_from_variables(self, volume: str, mended: str) -> None:
        text = service("acme/app:1.2.3", "volumes:", f"  - {volume}")
        assert f"- {mended}\n" in fixed("close-settings", text)[0]


def run_fixed(fixer: str, text: str, path: str = "run.sh") -> str:
    """A file with run lines, with the first fix for each made."""
    rules = [by_id()[rule] for rule in _FIXERS[fixer].rules]
    lines = find_run_lines(Source(path, text))
    edits = []
    for workload in lines.workloads:
        subject = RunLine(lines, workload)
        make = _FIXERS[fixer].on[RunLine]
        checks = [rule.on[Workload] for rule in rules if Workload in rule.on]
        hits = [hit for check in checks for hit in check(workload, Settings(today=TODAY))]
        made = [make(subject, hit, Context(TODAY)) for hit in hits]
        edits += [edit for fix in made if fix for edit in fix.edits]
    return applied(text, edits)


class TestRunLines:
    def test_an_option_in_long_form_is_closed_by_a_word(self) -> None:
        text = "docker run --mount type=bind,src=/a.conf,dst=/a.conf acme/app:1.2.3\n"
        assert ",dst=/a.conf,readonly acme" in run_fixed("close-settings", text)

    def test_a_known_image_without_root(self) -> None:
        after = run_fixed("set-user", "docker run -p 80:80 nginx:1.28.0\n")
        assert after.startswith("docker run --user=101:101 --tmpfs=/run:rw,noexec,nosuid,size=16m,")

    def test_letters_that_share_a_word_stay_together(self) -> None:
        text = "docker run -dP --oom-kill-disable acme/app:1.2.3\n"
        assert run_fixed("share-out-of-memory", text) == "docker run -dP acme/app:1.2.3\n"

    def test_an_expansion_within_a_flag_is_left_alone(self) -> None:
        text = 'docker run -v "$PWD/a.conf:/a.conf" acme/app:1.2.3\n'
        assert run_fixed("close-settings", text) == text

    def test_windows_line_ends(self) -> None:
        text = "docker run \\\r\n  --pid=host \\\r\n  acme/app:1.2.3\r\n"
        assert run_fixed("own-processes", text) == "docker run \\\r\n  acme/app:1.2.3\r\n"

    def test_flags_go_on_lines_of_their_own_where_the_line_is_written_so(self) -> None:
        text = "docker run -d \\\n    --name x \\\n    memcached:1.6.39\n"
        assert run_fixed("least-rights", text) == (
            "docker run -d \\\n    --read-only \\\n    --cap-drop=ALL \\\n"
            "    --security-opt=no-new-privileges \\\n    --name x \\\n    memcached:1.6.39\n"
        )

    def test_a_recipe_of_make_keeps_its_tab(self) -> None:
        text = "up:\n\t@docker run -d \\\n\t\t-p $(PORT):80 \\\n\t\tmemcached:1.6.39\n"
        after = run_fixed("least-rights", text, "Makefile")
        assert "\t@docker run -d \\\n\t\t--read-only \\\n\t\t--cap-drop=ALL" in after

    def test_a_unit_of_systemd(self) -> None:
        text = "[Service]\nExecStart=/usr/bin/docker run --rm --name %n memcached:1.6.39\n"
        after = run_fixed("least-rights", text, "cache.service")
        assert "ExecStart=/usr/bin/docker run --read-only --cap-drop=ALL" in after

    def test_a_block_of_a_document(self) -> None:
        text = "# Run\n\n```console\n$ docker run memcached:1.6.39\nabc\n```\n"
        after = run_fixed("least-rights", text, "README.md")
        assert "$ docker run --read-only" in after

    def test_a_command_given_to_another_shell(self) -> None:
        text = "sh -c 'docker run --privileged --name x acme/app:1.2.3'\n"
        after = run_fixed("drop-privileged", text)
        assert after.endswith("--name x acme/app:1.2.3'\n")
        assert "--privileged" not in after

    def test_one_letter_of_several_is_not_cut_out(self) -> None:
        text = "docker run -itu root acme/app:1.2.3\n"
        assert run_fixed("set-user", text) == "docker run -itu 10001:10001 acme/app:1.2.3\n"

    def test_a_flag_that_is_there_is_changed_and_not_doubled(self) -> None:
        text = "docker run --pids-limit=0 --memory=0 --read-only=false acme/app:1.2.3\n"
        after = run_fixed("bound-resources", text)
        assert after.count("--pids-limit") == 1
        assert "--pids-limit=1024" in after
        assert run_fixed("least-rights", text).count("--read-only=true") == 1

    def test_what_a_variable_holds_is_not_touched(self) -> None:
        text = "docker run $OPTIONS memcached:1.6.39\n"
        after = run_fixed("least-rights", text)
        assert after == text

    def test_a_quoted_flag_goes_with_its_quotes(self) -> None:
        text = 'docker run "--security-opt" "seccomp=unconfined" acme/app:1.2.3\n'
        assert run_fixed("restore-confinement", text) == "docker run acme/app:1.2.3\n"

    def test_podman_logs_in_its_own_way(self) -> None:
        text = "podman run --log-driver none acme/app:1.2.3\n"
        assert run_fixed("keep-logs", text) == text
