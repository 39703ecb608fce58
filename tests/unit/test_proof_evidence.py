"""From logs and changed files to what a service needs."""

from __future__ import annotations

import pytest

from seawall.fixes.model import Observed
from seawall.jobs.proving.image_files import Entry
from seawall.jobs.proving.logs import (
    Denial,
    capabilities_for,
    denials,
    new_denials,
    read_denials,
    tail,
)
from seawall.jobs.proving.model import Posture, Process
from seawall.jobs.proving.needs import (
    controls_of,
    described,
    directory_for,
    given_by,
    learn,
    observed_at_first,
    widened,
)
from seawall.jobs.proving.observing import Observation
from seawall.surfaces.compose.reader import read_texts
from seawall.surfaces.workload import Workload

# What images hold: directories, with those that hold something marked by a file in them.
IMAGE = {
    "/",
    "/app",
    "/app/app.py",
    "/etc",
    "/etc/nginx",
    "/etc/nginx/nginx.conf",
    "/run",
    "/run/lock",
    "/tmp",
    "/usr",
    "/usr/lib",
    "/usr/lib/x.so",
    "/var",
    "/var/cache",
    "/var/cache/nginx",
    "/var/lib",
    "/var/lib/dpkg",
    "/var/lib/dpkg/status",
    "/var/lib/app",
    "/var/log",
    "/var/log/apache2",
    "/var/log/apache2/other.log",
}
FILES = {path for path in IMAGE if "." in path.rpartition("/")[2] or path.endswith("/status")}


def deepest(path: str) -> tuple[Entry, str]:
    steps = [step for step in path.split("/") if step]
    current, count = "/", 0
    for count, step in enumerate(steps):  # noqa: B007 -- how many are left is what is asked
        below = f"{current.rstrip('/')}/{step}"
        if below not in IMAGE:
            break
        current = below
    else:
        count = len(steps)
    inside = (each for each in FILES if each.startswith(f"{current.rstrip('/')}/"))
    is_directory = current not in FILES
    entry = Entry(current, is_directory=is_directory, is_empty=is_directory and not any(inside))
    return entry, "/".join(steps[count:])


def service(text: str) -> Workload:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return read_texts({"compose.yaml": f"services:\n  a:\n    image: x\n{lines}"}).services[0]


# Logs


@pytest.mark.parametrize(
    ("line", "kind", "path"),
    [
        (
            '[emerg] mkdir() "/var/cache/nginx/temp" failed (30: Read-only file system)',
            "read-only",
            "/var/cache/nginx/temp",
        ),
        (
            "PermissionError: [Errno 13] Permission denied: '/app/cache/x'",
            "access",
            "/app/cache/x",
        ),
        ("OSError: [Errno 30] Read-only file system: '/app/x'", "read-only", "/app/x"),
        ("mkdir: can't create directory '/var/': Read-only file system", "read-only", "/var/"),
        (
            "/docker-entrypoint.sh: line 5: /etc/foo: Permission denied",
            "access",
            "/etc/foo",
        ),
        ("Error: EROFS: read-only file system, open '/app/log.txt'", "read-only", "/app/log.txt"),
        ("chown: /data: Operation not permitted", "privilege", "/data"),
        ("setgid(33) failed: Operation not permitted", "privilege", ""),
        ("GET http://example.org/a/b failed: EACCES", "access", ""),
    ],
)
def test_a_denial_names_its_kind_and_its_path(line: str, kind: str, path: str) -> None:
    assert list(read_denials(line)) == [Denial(kind, path, line)]


@pytest.mark.parametrize(
    "line",
    [
        "listening on 0.0.0.0:80",
        "accepting connections, permission granted",
        "loaded module read_only",
        "",
    ],
)
def test_what_denies_nothing_is_no_denial(line: str) -> None:
    assert denials(line) == []


def test_only_denials_of_a_new_kind_are_new() -> None:
    before = "2026-11-25 09:00:01 [7] open /a failed: Permission denied\nfine\n"
    after = (
        "2026-11-26 10:11:12 [99] open /a failed: Permission denied\n"
        "\x1b[31mopen /b failed: Permission denied\x1b[0m\n"
        "open /b failed: Permission denied\n"
    )
    assert new_denials(before, after).lines == ("open /b failed: Permission denied",)


def test_a_loss_that_is_known_to_do_no_harm_is_a_note() -> None:
    line = (
        "10-listen-on-ipv6-by-default.sh: info: can not modify "
        "/etc/nginx/conf.d/default.conf (read-only file system?)"
    )
    found = new_denials("", line)
    assert found.lines == ()
    assert "IPv4 only" in found.notes[0]


def test_a_flood_of_denials_is_cut() -> None:
    after = "\n".join(
        f"{chr(97 + n % 26)}{chr(97 + n // 26)}: Permission denied" for n in range(99)
    )
    assert len(new_denials("", after).lines) == 20


def test_the_end_of_a_log_is_told_without_empty_lines() -> None:
    assert tail("a\n\nb\n \nc\n", 2) == ("b", "c")


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("chown: changing ownership of '/data': Operation not permitted", ("CHOWN",)),
        ("setgid(33) failed: Operation not permitted", ("SETGID", "SETUID")),
        ('error: failed switching to "redis": operation not permitted', ("SETGID", "SETUID")),
        ("su-exec: setgroups: Operation not permitted", ("SETGID", "SETUID")),
        ("bind() to 0.0.0.0:80 failed (13: Permission denied)", ("NET_BIND_SERVICE",)),
        ("chmod: /data: Operation not permitted", ("FOWNER",)),
        ('could not change permissions of directory "/d": Operation not permitted', ("FOWNER",)),
        ("mknod /dev/x: Operation not permitted", ("MKNOD",)),
        ("chroot(/var/empty): Operation not permitted", ("SYS_CHROOT",)),
        ("ping: socket: Operation not permitted", ("NET_RAW",)),
        ("open '/data/x': Permission denied", ("DAC_OVERRIDE",)),
        ("something: Operation not permitted", ()),
        ("chown: '/data': Read-only file system", ()),
    ],
)
def test_an_operation_names_its_capability(line: str, names: tuple[str, ...]) -> None:
    (denial,) = read_denials(line)
    assert capabilities_for(denial, is_root=True) == names


def test_who_is_not_root_is_not_helped_by_ignoring_modes() -> None:
    (denial,) = read_denials("open '/data/x': Permission denied")
    assert capabilities_for(denial, is_root=False) == ()


# Directories


@pytest.mark.parametrize(
    ("path", "directory"),
    [
        ("/var/cache/nginx/client_temp/1", "/var/cache/nginx"),  # empty in the image
        ("/run/nginx.pid", "/run"),  # only directories lie in it
        ("/app/data/cache/x", "/app/data"),  # not all of the program's directory
        ("/var/lib/new/x/y", "/var/lib/new"),  # the first that is no system's
        ("/var/log/apache2/error.log", "/var/log/apache2"),  # state, with content
        ("/var/log/apache2/other.log", "/var/log/apache2"),
        ("/app/app.db", ""),  # a volume would keep an old program
        ("/app/app.py", ""),
        ("/etc/nginx/conf.d/x.conf", ""),  # how it is set up
        ("/usr/lib/x.so", ""),
        ("/file", ""),
        ("/var/file", ""),
        ("/new/x", "/new"),
    ],
)
def test_the_directory_for_a_path_is_no_more_than_needed(path: str, directory: str) -> None:
    assert directory_for(path, deepest) == directory


def test_what_was_written_is_split_by_what_may_be_lost() -> None:
    changes = (
        ("/run", 0),
        ("/run/nginx.pid", 1),
        ("/var", 0),
        ("/var/cache", 0),
        ("/var/cache/nginx", 0),
        ("/var/cache/nginx/a", 1),
        ("/var/lib", 0),
        ("/var/lib/app", 0),
        ("/var/lib/app/db", 1),
        ("/data", 1),
        ("/data/dump", 1),
        ("/tmp", 0),
        ("/tmp/gone", 2),  # a file that came and went shows by its directory
        ("/etc/nginx/nginx.conf", 0),
    )
    seen = Observation(True, changes=changes, posture=Posture((Process(0, 0), Process(101, 101))))
    found = observed_at_first(seen, ["/data"], deepest, ["sh"])
    assert found.scratch == ("/run", "/tmp", "/var/cache/nginx")
    assert found.kept == ("/var/lib/app",)
    assert found.user == "101:101"
    assert found.tools == ("sh",)


def test_a_service_that_is_all_root_shows_no_user() -> None:
    seen = Observation(True, posture=Posture((Process(0, 0), Process(0, 0))))
    assert observed_at_first(seen, [], deepest).user == ""


# Learning


def root(log: str, **given: object) -> Observation:
    posture = Posture((Process(0, 0),))
    return Observation(False, log=log, posture=posture, claims={"non-root": False, **given})


def test_a_read_only_path_becomes_a_directory_unless_something_is_mounted_there() -> None:
    log = "open '/run/a.pid': Read-only file system\nopen '/data/x': Read-only file system\n"
    assert learn(Observation(True), root(log), ["/data"], deepest) == Observed(scratch=("/run",))


def test_what_was_said_before_teaches_nothing() -> None:
    line = "open '/run/a.pid': Read-only file system\n"
    assert learn(Observation(True, log=line), root(line), [], deepest) == Observed()


def test_a_user_that_is_denied_needs_to_own_that_directory_and_no_more() -> None:
    log = "mkdir '/app/data': Permission denied\n/bin/sh: can't create /etc/x: Permission denied\n"
    seen = Observation(False, log=log, claims={"non-root": True})
    assert learn(Observation(True), seen, [], deepest).owned == ("/app/data",)


def test_workers_that_stay_root_without_a_word_need_to_change_their_user() -> None:
    before = Observation(True, posture=Posture((Process(0, 0), Process(33, 33))))
    after = Observation(True, posture=Posture((Process(0, 0), Process(0, 0))), claims={})
    assert learn(before, after, [], deepest).capabilities == ("SETGID", "SETUID")


@pytest.mark.parametrize(
    ("failure", "practice"),
    [
        ("error setting rlimits for ready process: error setting rlimit type 7", "limited-files"),
        ("range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available", "limited-cpu"),
        ("Minimum memory limit allowed is 6MB", "limited-memory"),
        ("unknown log opt 'max-size' for x log driver", ""),
        ("exec format error", ""),
    ],
)
def test_what_the_engine_refuses_is_left_out(failure: str, practice: str) -> None:
    found = learn(Observation(True), Observation(False, failure=failure), [], deepest)
    assert found.without == ((practice,) if practice else ())


def test_a_service_that_takes_more_memory_than_it_may_is_not_bound() -> None:
    reason = "it ended with 137, as it took more memory than it may"
    found = learn(Observation(True), Observation(False, reason=reason), [], deepest)
    assert found.without == ("limited-memory",)


# Together


def test_what_is_kept_is_no_scratch_and_what_lies_below_is_said_once() -> None:
    known = Observed(scratch=("/run", "/var/a"), capabilities=("CHOWN",), user="1:1")
    more = Observed(scratch=("/run/x",), kept=("/var/a", "/var/a/b"), user="2:2", tools=("sh",))
    assert widened(known, more) == Observed(
        scratch=("/run",), kept=("/var/a",), capabilities=("CHOWN",), user="1:1", tools=("sh",)
    )


def test_a_specification_gives_its_tmpfs_its_anonymous_volumes_and_its_capabilities() -> None:
    text = 'tmpfs: ["/run:size=1m"]\nvolumes: [/data, "named:/x"]\ncap_add: [CAP_CHOWN]'
    assert given_by(service(text)) == Observed(("/run",), ("/data",), capabilities=("CHOWN",))
    assert given_by(None) == Observed()


def test_controls_are_those_that_have_come() -> None:
    before = service("mem_limit: 1g")
    after = service("mem_limit: 1g\nread_only: true\ncap_drop: [ALL]\npids_limit: 9")
    assert controls_of(before, after) == (
        "read-only-rootfs",
        "dropped-capabilities",
        "limited-pids",
    )
    assert controls_of(None, after) == ()


def test_repairs_are_told_in_words() -> None:
    known = Observed(("/run",), ("/data",), ("/app",), ("CHOWN", "KILL"), "9:9")
    before = Observed(capabilities=("KILL",))
    assert list(described(known, before)) == [
        "a tmpfs for /run",
        "a volume for /data",
        "ownership of /app",
        "the capability CHOWN",
        "the user 9:9",
    ]
