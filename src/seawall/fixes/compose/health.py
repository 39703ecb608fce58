"""Health checks of services: those that well-known images can run, their times, their tools."""

from __future__ import annotations

import re
import shlex

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.facts.bases import version_of
from seawall.facts.needs import Needs, needs_of
from seawall.fixes.compose.block import Inline, Spot, Value, service_block
from seawall.fixes.compose.layout import Kind
from seawall.fixes.compose.subject import fix, in_file, spot_of, workload_of
from seawall.fixes.compose.writing import inline
from seawall.fixes.model import Context, Example, Fixer, Service
from seawall.rules.service_health import image_of
from seawall.surfaces.image import parse_reference
from seawall.surfaces.workload import Workload

_MOVED = re.compile(r"PORT|PROTOCOL|TLS|SSL|LISTEN|BIND|SOCKET", re.IGNORECASE)
_MOVED_OPTION = re.compile(r"(?:\A|\s)-p\b|port|tls|ssl|listen|bind|socket", re.IGNORECASE)
_SHELL = re.compile(r"[^\w@%+=:,./\s'-]|'[^']*[(\"]")
_SINCE = {"mongosh": "5", "healthcheck.sh": "10.3", "rabbitmq-diagnostics": "3.8"}
"""Versions of the images that bring these programs first."""
_TIMES: dict[str, Value] = {"interval": "30s", "timeout": "10s", "retries": 3}


def _added(subject: Service, hit: Hit, context: Context) -> Fix | None:
    """The check that a well-known image can run, where it runs as its makers mean it to."""
    workload = workload_of(subject, hit)
    test = _test_for(workload, context) if workload is not None else None
    block = service_block(workload) if workload is not None else None
    if workload is None or test is None or block is None or workload.health is not None:
        return None
    check: dict[str, Value] = {
        "test": Inline(test, is_quoted=True),
        "interval": "10s",
        "timeout": "5s",
        "retries": 5,
        "start_period": "30s",
    }
    edits = in_file(hit, subject.project, block.source, block.add({"healthcheck": check}))
    title = f"Ask {workload.name} whether it is well: {_shown(test)}"
    return fix(Safety.UNSAFE, title, edits, fixer="add-health-checks")


def _shown(test: list[str]) -> str:
    return test[1] if test[0] == "CMD-SHELL" else shlex.join(test[1:])


def _test_for(workload: Workload, context: Context) -> list[str] | None:
    """The test in Compose's form; None where none is known, or the service is not run plainly."""
    needs = _needs(workload)
    if needs is None or not needs.health or not _is_plain(workload, needs):
        return None
    # What the second option asks for needs an account that older volumes lack.
    text = needs.health.replace(" --innodb_initialized", "")
    seen = context.observed.get(workload.name)
    if seen is not None and seen.tools and text.split()[0] not in seen.tools:
        return None
    if text == "pg_isready":
        # By address: while it sets itself up, it answers on its socket only.
        user = "$${POSTGRES_USER:-postgres}"
        return ["CMD-SHELL", f"pg_isready -q -h 127.0.0.1 -U {user}"]
    if _SHELL.search(text):
        return ["CMD-SHELL", text.replace("$", "$$")]
    return ["CMD", *shlex.split(text)]


def _needs(workload: Workload) -> Needs | None:
    text = workload.image.value if workload.image is not None and workload.build is None else None
    reference = parse_reference(text or "")
    if reference is None:
        return None
    needs = needs_of(reference.name, reference.tag)
    since = _SINCE.get(needs.health.partition(" ")[0], "") if needs is not None else ""
    version = version_of(reference.tag)
    return None if since and version and version < version_of(since) else needs


def _is_plain(workload: Workload, needs: Needs) -> bool:
    """Whether it starts what the image is for, where the image's makers put it."""
    words = [cell.value for cell in workload.command or ()]
    if workload.entrypoint is not None or None in words:
        return False
    if words and not str(words[0]).startswith("-") and words[0] not in needs.commands:
        return False
    if any(_MOVED_OPTION.search(word or "") for word in words):
        return False
    return not any(_MOVED.search(variable.name) for variable in workload.environment)


def _timed(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """What is missing of interval, timeout and retries; Docker's own where they change nothing."""
    workload, spot = workload_of(subject, hit), spot_of(hit, subject.project)
    block = spot.block() if spot is not None else None
    if workload is None or workload.health is None or block is None:
        return None
    health = workload.health
    given = {"interval": health.interval, "timeout": health.timeout, "retries": health.retries}
    missing = {name: _TIMES[name] for name, cell in given.items() if cell is None}
    edits = in_file(hit, subject.project, block.source, block.add(missing))
    known = image_of(workload)
    is_same = "timeout" not in missing and known is not None and known.healthcheck is False
    safety = Safety.SAFE if is_same else Safety.UNSAFE
    title = f"Write {', '.join(missing)} of the health check of {workload.name}"
    return fix(safety, title, edits, fixer="time-health-checks")


_CURL = re.compile(
    r"curl(?P<flags>(?:\s+(?:-[fsSLkI]+|--fail|--silent|--show-error|--location|--insecure|--head"
    r"|(?:-o|--output)\s*/dev/null))*)"
    r"\s+(?P<quote>[\"']?)(?P<url>https?://[^\s\"'|&;<>$`\\]+)(?P=quote)"
    r"(?P<rest>\s*\|\|\s*(?:exit\s+1|false))?\s*\Z"
)


def _other_tool(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """Wget instead of curl, where the image has that."""
    workload, spot = workload_of(subject, hit), spot_of(hit, subject.project)
    known = image_of(workload) if workload is not None else None
    test = _test_spot(spot)
    if workload is None or known is None or test is None:
        return None
    words = _by_wget(test) if known.tools.get("wget") else None
    edits = _rewritten(test, words) if words is not None else ()
    edits = in_file(hit, subject.project, test.source, edits)
    title = f"Check {workload.name} with a program that its image has"
    return fix(Safety.UNSAFE, title, edits, fixer="mend-health-checks")


def _test_spot(spot: Spot | None) -> Spot | None:
    """The whole `test` that a place is in."""
    while spot is not None and spot.path[-1:] != ("test",):
        spot = spot.parent if spot.path else None
    return spot


def _by_wget(test: Spot) -> list[str] | None:
    words = [item.text or "" for item in test.items] or ["CMD-SHELL", test.text or ""]
    line = words[1] if words[0] == "CMD-SHELL" and len(words) == 2 else ""
    if words[0] == "CMD":
        line = " ".join(words[1:])
    match = _CURL.match(line.strip())
    if match is None:
        return None
    url = re.sub(r"//localhost(?=[:/]|\Z)", "//127.0.0.1", match["url"])
    insecure = ["--no-check-certificate"] if re.search(r"-\w*k|insecure", match["flags"]) else []
    return ["CMD", "wget", "-q", "--spider", *insecure, url]


def _rewritten(test: Spot, words: list[str]) -> tuple[Edit, ...]:
    """Another test in the place of the one that is written on one line or as a flow list."""
    node = test.node
    if node.kind is Kind.SCALAR:
        text = words[1] if words[0] == "CMD-SHELL" else shlex.join(words[1:])
        return test.set(text)
    if node.kind is not Kind.LIST or not node.is_flow:
        return ()
    text = inline(Inline(words, is_quoted="'" not in _written(test)))
    return (Edit(node.content, node.end, text),)


def _written(spot: Spot) -> str:
    return spot.source.text[spot.start : spot.end]


def _enabled(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """Without what switches the check off: the image's own then counts."""
    spot = spot_of(hit, subject.project)
    block = spot.block() if spot is not None else None
    workload = workload_of(subject, hit)
    if spot is None or block is None or workload is None:
        return None
    is_all = set(block.keys) <= {"disable", "test"}
    edits = spot.remove() if is_all else block.remove("disable")
    if not is_all and block.at("disable") is None:
        edits = ()
    edits = in_file(hit, subject.project, spot.source, edits)
    title = f"Let the health check of {workload.name} run again"
    return fix(Safety.GUIDED, title, edits, proposal=title + ".", fixer="enable-health-checks")


def _db(image: str, more: str = "") -> str:
    return f"services:\n  db:\n    image: {image}\n    expose: ['1']\n{more}"


def _check(test: str) -> str:
    return (
        f"    healthcheck:\n      test: {test}\n      interval: 10s\n      timeout: 5s\n"
        "      retries: 5\n      start_period: 30s\n"
    )


_WEB = "services:\n  web:\n    image: acme/web:1.2.3\n    healthcheck:\n      test: ping\n"

ADD_HEALTH_CHECKS = Fixer(
    id="add-health-checks",
    title="A well-known image is asked whether it is well",
    rules=("service-without-healthcheck", "health-not-told"),
    safety=Safety.UNSAFE,
    writes="""\
A `healthcheck` with the program that the image brings for it (`pg_isready`, `redis-cli ping`,
`mysqladmin ping`, …), every 10 seconds with 30 seconds to start. Nothing is written for an image of
which no such program is known, for one that is built here, and where an entry point, a command or a
variable says that the service runs something else or listens somewhere else.
""",
    breaks="""\
Whoever waits with `condition: service_healthy` now waits for a real answer. A service that takes
longer than 80 seconds to start is called unhealthy, which a swarm takes for a reason to restart it.
""",
    on={Service: _added},
    examples=(
        Example(
            _db("postgres:17.5"),
            _db("postgres:17.5")
            + _check('["CMD-SHELL", "pg_isready -q -h 127.0.0.1 -U $${POSTGRES_USER:-postgres}"]'),
        ),
        Example(_db("redis:8.0"), _db("redis:8.0") + _check('["CMD", "redis-cli", "ping"]')),
        Example(
            "services:\n  web:\n    image: acme/web:1.2.3\n    depends_on:\n"
            "      mq: {condition: service_healthy}\n  mq:\n    image: rabbitmq:4.1\n",
            "services:\n  web:\n    image: acme/web:1.2.3\n    depends_on:\n"
            "      mq: {condition: service_healthy}\n  mq:\n    image: rabbitmq:4.1\n"
            + _check('["CMD", "rabbitmq-diagnostics", "-q", "ping"]'),
        ),
    ),
    keeps=(
        _db("acme/web:1.2.3"),
        _db("redis:8.0", "    command: redis-server --port 6380\n"),
        _db("postgres:17.5", "    environment: {PGPORT: 5433}\n"),
        _db("postgres:17.5", "    entrypoint: /run.sh\n"),
        _db("mongo:4.4"),
    ),
)

TIME_HEALTH_CHECKS = Fixer(
    id="time-health-checks",
    title="A health check says how often, how long and how many times",
    rules=("healthcheck-untimed",),
    safety=Safety.SAFE,
    writes="""\
What is missing of `interval: 30s`, `timeout: 10s` and `retries: 3`. Interval and retries are
Docker's own defaults: where only they are missing and the image has no check of its own, nothing
changes and the fix is safe. The timeout is a third of Docker's: with it, the fix is unsafe.
""",
    breaks="A check that takes longer than ten seconds counts as failed.",
    on={Service: _timed},
    examples=(
        Example(_WEB, _WEB + "      interval: 30s\n      timeout: 10s\n      retries: 3\n"),
        Example(
            "services:\n  db:\n    image: redis:8.0\n    healthcheck: {test: ping, timeout: 3s}\n",
            "services:\n  db:\n    image: redis:8.0\n"
            "    healthcheck: {test: ping, timeout: 3s, interval: 30s, retries: 3}\n",
        ),
    ),
    keeps=(_WEB,),
)

MEND_HEALTH_CHECKS = Fixer(
    id="mend-health-checks",
    title="A health check calls a program that its image has",
    rules=("healthcheck-tool-missing",),
    safety=Safety.UNSAFE,
    writes="""\
`wget -q --spider` with the same address in place of a plain `curl`, where the image has wget.
`localhost` becomes `127.0.0.1`, as busybox tries only the first address of a name.
""",
    breaks="The check failed always; now it can pass, and others that wait for it start.",
    on={Service: _other_tool},
    examples=(
        Example(
            "services:\n  web:\n    image: alpine:3.22.1\n"
            '    healthcheck: {test: ["CMD", "curl", "-f", "http://localhost:80/"]}\n',
            "services:\n  web:\n    image: alpine:3.22.1\n"
            '    healthcheck: {test: ["CMD", "wget", "-q", "--spider", "http://127.0.0.1:80/"]}\n',
        ),
        Example(
            "services:\n  web:\n    image: alpine:3.22.1\n    healthcheck:\n"
            "      test: curl -fsS http://localhost || exit 1\n",
            "services:\n  web:\n    image: alpine:3.22.1\n    healthcheck:\n"
            "      test: wget -q --spider http://127.0.0.1\n",
        ),
    ),
    keeps=("services:\n  web:\n    image: alpine:3.22.1\n    healthcheck: {test: curl -d x l}\n",),
)

ENABLE_HEALTH_CHECKS = Fixer(
    id="enable-health-checks",
    title="A health check that is switched off runs again",
    rules=("healthcheck-disabled",),
    safety=Safety.GUIDED,
    writes="`disable: true` or `test: NONE` is taken out, so that the image's own check counts.",
    breaks="There was a reason to switch it off: a check that fails makes the service unhealthy.",
    on={Service: _enabled},
    examples=(
        Example(
            "services:\n  web:\n    image: acme/web:1.2.3\n    healthcheck: {disable: true}\n",
            "services:\n  web:\n    image: acme/web:1.2.3\n",
        ),
        Example(
            "services:\n  web:\n    image: acme/web:1.2.3\n    healthcheck:\n"
            "      interval: 30s\n      disable: true\n",
            "services:\n  web:\n    image: acme/web:1.2.3\n    healthcheck:\n      interval: 30s\n",
        ),
    ),
)

FIXERS = (ADD_HEALTH_CHECKS, TIME_HEALTH_CHECKS, MEND_HEALTH_CHECKS, ENABLE_HEALTH_CHECKS)
