"""The proof of fixes on a real engine: services of a static busybox, plans that are given."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plans import Planner, Replacement

from engine import IMAGE, Engine
from seawall.core.errors import InputError
from seawall.fixes.model import Observed
from seawall.jobs.proving import ProofOptions, Proven, Subjects, prove
from seawall.jobs.proving.model import Outcome, SubjectProof
from seawall.surfaces.engine.laboratory import LABEL

pytest.importorskip(
    "docker", reason="the SDK for the Docker Engine is not installed (PyPI: docker)"
)

APPLETS = "seawall-proof-test:1"
PASSWD = "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
SERVE = 'trap "exit 0" TERM; httpd -p 8080 -h /www; sleep 1000 & wait'


def service(name: str, script: str, *more: str) -> str:
    """A service; what a fix finds of it is its `environment`, which means nothing to it."""
    lines = [
        f"  {name}:",
        f"    image: {APPLETS}",
        "    expose: [8080]",
        f"    command: {json.dumps([script.replace('$', '$$')])}",
        *(f"    {line}" for line in more),
        f"    environment: {{A: {name}}}",
    ]
    return "\n".join(lines) + "\n"


WORKERS = """\
trap "exit 0" TERM
httpd -p 8080
if su nobody -c true 2>/dev/null; then su nobody -c "sleep 1000" & else sleep 1000 & fi
wait
"""
"""Like Apache: where it can't leave root behind, its worker goes on as root and says nothing."""

COMPOSE = (
    "services:\n"
    + service("holds", SERVE)
    + service("silent", f"touch /etc/state 2>/dev/null || exit 1; {SERVE}")
    + service("writes", f"mkdir -p /var/lib/app/x && {SERVE}")
    + service("worker", WORKERS)
    + service("grumbles", f"touch /etc/state; {SERVE}")
    + service(
        "forgets",
        f'test "$A" = fixed && test -e /data/once && exit 1; touch /data/once; {SERVE}',
        'volumes: ["data:/data"]',
    )
    + service(
        "heir", f"touch /heritage/log 2>/dev/null || exit 1; {SERVE}", 'volumes: ["old:/heritage"]'
    )
    + service("guest", f"wget -q -O- http://holds:8080/ && {SERVE}", "depends_on: [holds]")
    + service("host", SERVE, 'volumes: ["/var/run/docker.sock:/var/run/docker.sock"]')
    + service("sick", "exit 3")
    + "volumes:\n  data:\n  old:\n"
)


@pytest.fixture(scope="module")
def engine(quick_engine: Engine) -> Engine:
    return quick_engine


@pytest.fixture(scope="module", autouse=True)
def applets(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with a shell."""
    directory = tmp_path_factory.mktemp("applets")
    dockerfile = f"""\
FROM {IMAGE}
COPY passwd /etc/passwd
COPY index.html /www/index.html
RUN ["/bin/busybox", "chmod", "755", "/bin"]
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN ["/bin/mkdir", "-m", "777", "/heritage"]
ENTRYPOINT ["/bin/sh", "-c"]
"""
    files = {"Dockerfile": dockerfile, "passwd": PASSWD, "index.html": "it works\n"}
    archive = directory / "context.tar"
    with tarfile.open(archive, "w") as context:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            context.addfile(member, io.BytesIO(text.encode()))
    with archive.open("rb") as stream:
        engine.docker("build", "--network=none", "--tag", APPLETS, "-", stdin=stream)
    return APPLETS


def labelled(engine: Engine) -> list[str]:
    """Everything on the engine that a proof has made."""
    mine = ("--filter", f"label={LABEL}", "--quiet")
    said = [
        engine.docker("ps", "--all", *mine).stdout,
        engine.docker("network", "ls", *mine).stdout,
        engine.docker("volume", "ls", *mine).stdout,
        engine.docker("images", *mine).stdout,
    ]
    return " ".join(said).split()


def options(engine: Engine, **given: Any) -> ProofOptions:
    return ProofOptions(host=engine.address, **{"patience": 6.0, "still": 1.0, **given})


def proven(engine: Engine, planner: Planner, *projects: Path, **given: Any) -> Proven:
    files = tuple((str(project),) for project in projects)
    return prove(planner, Subjects(projects=files), options(engine, **given))


def of(done: Proven, name: str) -> SubjectProof:
    return next(each for each in done.report.subjects if each.name == name)


def after(done: Proven) -> str:
    return "\n".join(each.after for each in done.plan.changed)


def read_only(known: Observed) -> str:
    """What a fixer writes that heeds observations."""
    places = [*known.scratch, *known.kept]
    text = (
        "{A: fixed}\n    read_only: true" if "read-only-rootfs" not in known.without else "{A: x}"
    )
    return f"{text}\n    tmpfs: {json.dumps(places)}" if places else text


def no_capabilities(known: Observed) -> str:
    added = f"\n    cap_add: {json.dumps(list(known.capabilities))}" if known.capabilities else ""
    return f"{{A: fixed}}\n    cap_drop: [ALL]{added}"


@pytest.fixture(scope="module")
def done(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Proven:
    """One proof of all the services."""
    path = tmp_path_factory.mktemp("project") / "compose.yaml"
    path.write_text(COMPOSE)

    def fix(name: str, new: Any, part: str = "a") -> Replacement:
        return Replacement(str(path), name, part, f"{{A: {name}}}", new)

    mild = "{A: fixed, B: x}\n    security_opt: ['no-new-privileges:true']"
    bold = "{A: fixed, B: y}\n    read_only: true"
    planner = Planner(
        fix("holds", no_capabilities),
        fix("silent", mild, "mild"),
        Replacement(str(path), "silent", "bold", "{A: fixed, B: x}", bold),
        fix("writes", read_only),
        fix("worker", no_capabilities),
        fix("grumbles", read_only),
        fix("forgets", "{A: fixed}"),
        fix("heir", "{A: fixed}\n    user: '65534'"),
        fix("guest", no_capabilities),
        fix("host", no_capabilities),
        fix("sick", no_capabilities),
    )
    return proven(engine, planner, path)


def test_what_holds_is_proven_by_four_answers(done: Proven) -> None:
    found = of(done, "holds")
    assert found.outcome is Outcome.PROVEN
    assert [(a.question, a.passed) for a in found.answers] == [
        ("health", True),
        ("posture", True),
        ("log", True),
        ("life", True),
    ]
    assert found.before is not None
    assert "CHOWN" in found.before.capabilities
    assert found.after is not None
    assert found.after.is_seen
    assert found.after.capabilities == frozenset()
    assert found.after.bounding == frozenset()


def test_of_two_fixes_only_that_is_taken_back_which_breaks(done: Proven) -> None:
    found = of(done, "silent")
    assert found.outcome is Outcome.TAKEN_BACK
    assert [each.title for each in found.taken_back] == ["bold"]
    assert "it ended with 1" in found.taken_back[0].why
    text = after(done)
    assert "{A: fixed, B: x}\n    security_opt:" in text
    assert "B: y" not in text


def test_a_directory_that_it_writes_to_is_added(done: Proven) -> None:
    found = of(done, "writes")
    assert found.outcome is Outcome.REPAIRED
    assert found.repairs == ("a volume for /var/lib/app",)
    assert found.after is not None
    assert found.after.is_read_only
    assert 'read_only: true\n    tmpfs: ["/var/lib/app"]' in after(done)


def test_workers_that_stay_root_are_no_success_although_all_is_healthy(done: Proven) -> None:
    found = of(done, "worker")
    assert found.outcome is Outcome.REPAIRED
    assert found.before is not None
    assert found.after is not None
    assert found.after.users == found.before.users == {0, 65534}
    assert found.after.bounding == {"SETGID", "SETUID"}
    assert found.repairs == ("the capability SETGID", "the capability SETUID")


def test_a_service_that_complains_anew_is_not_as_good(done: Proven) -> None:
    found = of(done, "grumbles")
    assert found.outcome is Outcome.TAKEN_BACK
    taken = found.taken_back[0]
    assert taken.why.startswith("log:")
    assert taken.lines == ("touch: /etc/state: Read-only file system",)


def test_a_second_start_on_the_same_volume_is_part_of_it(done: Proven) -> None:
    found = of(done, "forgets")
    assert found.outcome is Outcome.TAKEN_BACK
    assert "life: it does not come back after a restart" in found.taken_back[0].why


def test_volumes_that_root_has_written_are_part_of_it_too(done: Proven) -> None:
    found = of(done, "heir")
    assert found.outcome is Outcome.TAKEN_BACK
    expected = "life: it does not come up on volumes that were written before the fixes"
    assert found.taken_back[0].why == expected


def test_services_find_those_that_they_depend_on_by_name(done: Proven) -> None:
    assert of(done, "guest").outcome is Outcome.PROVEN


def test_what_could_reach_the_host_is_not_started(done: Proven) -> None:
    found = of(done, "host")
    assert found.outcome is Outcome.NOT_PROVABLE
    assert found.why == "it is given the engine's socket: /var/run/docker.sock"


def test_of_what_is_not_healthy_before_nothing_is_claimed(done: Proven) -> None:
    found = of(done, "sick")
    assert found.outcome is Outcome.NOT_PROVABLE
    assert "without any fix it does not become healthy: it ended with 3" in found.why
    assert found.answers == ()


def test_nothing_is_left_on_the_engine(done: Proven, engine: Engine) -> None:
    assert done.report.left == ()
    assert labelled(engine) == []
    assert engine.docker("ps", "--all", "--quiet").stdout == ""
    networks = engine.docker("network", "ls", "--format", "{{.Name}}").stdout.split()
    assert sorted(networks) == ["bridge", "host", "none"]
    assert engine.docker("volume", "ls", "--quiet").stdout == ""


# Dockerfiles

APP = f"""\
FROM {APPLETS}
WORKDIR /app
EXPOSE 8080
CMD ["mkdir -p /app/state/x && {SERVE.replace('"', "'")}"]
"""


def test_a_user_that_may_not_write_is_given_that_directory(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(APP)

    def user(known: Observed) -> str:
        owned = f'RUN ["mkdir -p {" ".join(known.owned)} && chown 65534 {" ".join(known.owned)}"]\n'
        return f"{owned if known.owned else ''}USER 65534\nCMD"

    def shell(known: Observed) -> str:
        return user(known).replace("RUN [", 'RUN ["/bin/sh", "-c", ')

    planner = Planner(Replacement(str(path), str(path), "stage 0/user", "CMD", shell))
    done = prove(planner, Subjects(dockerfiles=(str(path),)), options(engine))
    (found,) = done.report.subjects
    assert found.outcome is Outcome.REPAIRED
    assert found.repairs == ("ownership of /app",)
    assert found.after is not None
    assert found.after.users == {65534}
    assert "chown 65534 /app" in after(done)
    assert labelled(engine) == []


def test_the_text_of_the_plan_is_built_but_for_what_does_not_build(
    engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(APP)
    (tmp_path / ".dockerignore").write_text("secret\n")
    (tmp_path / "secret").write_text("x")
    good = 'COPY . /copied\nRUN ["/bin/sh", "-c", "test ! -e /copied/secret"]\nWORKDIR /app'
    broken = 'RUN ["/bin/sh", "-c", "echo no such thing >&2; exit 7"]\nEXPOSE 8080'
    planner = Planner(
        Replacement(str(path), str(path), "stage 0/good", "WORKDIR /app", good),
        Replacement(str(path), str(path), "stage 0/broken", "EXPOSE 8080", broken),
    )
    done = prove(planner, Subjects(dockerfiles=(str(path),)), options(engine))
    (found,) = done.report.subjects
    assert found.outcome is Outcome.TAKEN_BACK
    assert [each.title for each in found.taken_back] == ["stage 0/broken"]
    assert "it does not build" in found.taken_back[0].why
    assert any("no such thing" in line for line in found.taken_back[0].lines)
    assert "COPY . /copied" in after(done)
    assert "exit 7" not in after(done)
    assert path.read_text() == APP


# Engines, interrupts

RUNNER = """\
import sys
from pathlib import Path
from plans import Planner, Replacement
from seawall.jobs.proving import ProofOptions, Subjects, prove

path, host = sys.argv[1:]
fix = Replacement(path, "web", "a", "A: web", "A: fixed")
options = ProofOptions(host=host, patience=60.0, still=60.0)
try:
    subjects = Subjects(projects=((path,),))
    prove(Planner(fix), subjects, options, lambda text: print(text, flush=True))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
ENDLESS = f"""\
services:
  web:
    image: {APPLETS}
    command: ["sleep 1000"]
    volumes: ["data:/data"]
    environment: {{A: web}}
volumes:
  data:
"""


@pytest.fixture
def runner(engine: Engine, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A proof in a process of its own, which has started a container."""
    path = tmp_path / "compose.yaml"
    path.write_text(ENDLESS)
    here = Path(__file__).parent
    source = here.parents[1] / "src"
    paths = os.pathsep.join([str(here), str(source), *filter(None, sys.path)])
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(path), engine.address],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    ) as process:
        until = time.monotonic() + 30
        while not engine.docker("ps", "--quiet", "--filter", f"label={LABEL}").stdout:
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.05)
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing(
    engine: Engine, runner: subprocess.Popen[str], number: signal.Signals
) -> None:
    assert len(labelled(engine)) == 3  # a container, a network, a volume
    runner.send_signal(number)
    said, _ = runner.communicate(timeout=30)
    assert said.splitlines()[-2:] == ["taking everything away", "interrupted"]
    assert runner.returncode == 0
    assert labelled(engine) == []


def test_what_a_killed_proof_left_is_taken_away_by_the_next(
    engine: Engine, runner: subprocess.Popen[str], tmp_path: Path
) -> None:
    runner.kill()
    runner.wait()
    assert len(labelled(engine)) == 3
    done = proven(engine, Planner(), tmp_path / "compose.yaml")
    assert done.report.subjects == ()
    assert labelled(engine) == []


def test_what_runs_of_another_proof_is_left_alone(
    engine: Engine, runner: subprocess.Popen[str], tmp_path: Path
) -> None:
    proven(engine, Planner(), tmp_path / "compose.yaml")
    assert len(labelled(engine)) == 3


def test_containers_publish_nothing_and_have_bounds_and_no_way_out(
    engine: Engine, runner: subprocess.Popen[str]
) -> None:
    (name,) = engine.docker("ps", "--quiet", "--filter", f"label={LABEL}").stdout.split()
    (seen,) = engine.inspect(name)
    host = seen["HostConfig"]
    assert not host["PortBindings"]
    assert host["Memory"] == ProofOptions().memory
    assert host["PidsLimit"] == ProofOptions().pids
    (network,) = seen["NetworkSettings"]["Networks"].values()
    said = engine.docker("network", "inspect", network["NetworkID"]).stdout
    assert json.loads(said)[0]["Internal"] is True


def test_an_engine_that_does_not_answer_is_said_in_one_line(tmp_path: Path) -> None:
    nowhere = f"unix://{tmp_path}/none.sock"
    with pytest.raises(InputError, match=r"no engine answers at unix:"):
        prove(Planner(), Subjects(), ProofOptions(host=nowhere))
