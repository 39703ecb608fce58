"""From `examples/webshop` to `examples/webshop-hardened`: what the tool writes, what people decide.

    python tests/engine/webshop.py

writes the hardened example anew. The tests compare it with what the same steps give.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

EXAMPLES = Path(__file__).parents[2] / "examples"
INSECURE = EXAMPLES / "webshop"
HARDENED = EXAMPLES / "webshop-hardened"

TAKEN = (
    *("debug-tools", "hardcoded-secret", "host-network", "passwordless-sudo", "privileged"),
    *("root-user", "ssh-server"),
)
"""The rules whose proposals are taken as they are."""

FIRST = ("--unsafe", "--take", ",".join(TAKEN))
SECOND = ("--unsafe", "--profile", "strict")
"""How the tool is called before a person decides, and after that."""

SECRETS = ("postgres_password", "session_secret")

MAKE_SECRETS = """\
install -d -m 0700 secrets
for name in postgres_password session_secret; do
  head -c 24 /dev/urandom | base64 >secrets/$name.txt && chmod 0444 secrets/$name.txt
done
"""
"""What the README tells to run: random values, in files that no one but the owner can get at.

The files themselves are for all to read, for Compose mounts them as they are, and the orders
service does not run as their owner; the directory keeps others of the host out.
"""


class Decision(NamedTuple):
    """Lines that a person writes instead of others: from the one that begins with `first` to the
    next that begins with `last`; without `first`, at the file's end."""

    why: str
    path: str
    first: str
    last: str
    text: str = ""


DECISIONS = (
    Decision(
        "the newest release that is on record; a digest comes with `seawall pin`",
        "inventory/Dockerfile",
        "FROM golang",
        "FROM golang",
        "FROM golang:1.26.7 AS builder\n",
    ),
    Decision(
        "upx and migrate are used by nothing; a program without libc runs on any base",
        "inventory/Dockerfile",
        "ADD https",
        "    chmod 755",
        "RUN CGO_ENABLED=0 go build -o /out/inventory .\n",
    ),
    Decision(
        "Alpine 3.18 gets no updates",
        "inventory/Dockerfile",
        "FROM alpine",
        "FROM alpine",
        "FROM alpine:3.23.5\n",
    ),
    Decision(
        "compilers and tools serve nobody who runs it; .env holds what the container is told",
        "inventory/Dockerfile",
        "RUN apk update",
        "COPY .env",
        "COPY --from=builder /out/inventory /usr/local/bin/inventory\n",
    ),
    Decision(
        "the step that makes the account makes the directory, too",
        "inventory/Dockerfile",
        "RUN mkdir /data",
        "RUN mkdir /data",
    ),
    Decision(
        "a stage installs, the image holds what it installed; nothing compiles, nobody logs in",
        "orders/Dockerfile",
        "ARG PYTHON",
        "RUN rm /root/.ssh/id_rsa",
        """\
ARG PYTHON=3.13.15-slim
FROM python:${PYTHON} AS build
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt

FROM python:${PYTHON}
ENV PATH=/venv/bin:$PATH
RUN useradd -u 1000 -m orders

WORKDIR /app
COPY --from=build /venv /venv
""",
    ),
    Decision(
        "the database's port is the database's",
        "orders/Dockerfile",
        "EXPOSE",
        "EXPOSE",
        "EXPOSE 5000\n",
    ),
    Decision(
        "the slim image has no curl",
        "orders/Dockerfile",
        "HEALTHCHECK",
        "HEALTHCHECK",
        "HEALTHCHECK CMD "
        '["python", "-c", "from urllib.request import urlopen; urlopen(\'http://127.0.0.1:5000/health\')"]\n',
    ),
    Decision(
        "versions, so that the next build is this build",
        "orders/requirements.txt",
        "Flask",
        "gunicorn",
        "Flask==3.1.3\ngunicorn==23.0.0\n",
    ),
    Decision(
        "the password comes from a file",
        "orders/app.py",
        "import os",
        "import os",
        "import os\nfrom pathlib import Path\n",
    ),
    Decision(
        "the password comes from a file",
        "orders/app.py",
        "password = ",
        "password = ",
        'password = Path(os.environ.get("DB_PASSWORD_FILE", os.devnull)).read_text().strip()\n',
    ),
    Decision("no log holds a password", "orders/app.py", "    logger.info", "    logger.info"),
    Decision(
        "Node.js 16 gets no updates",
        "storefront/Dockerfile",
        "FROM node",
        "# The session secret",
        "FROM node:24.19.0-slim\n\n",
    ),
    Decision(
        "it depends on no package, and nothing of nodesource.com is used",
        "storefront/Dockerfile",
        "RUN npm config",
        "RUN chmod -R",
    ),
    Decision(
        "npm is not needed to start a file",
        "storefront/Dockerfile",
        "CMD",
        "CMD",
        'CMD ["node", "server.js"]\n',
    ),
    Decision(
        "the secret comes from a file",
        "storefront/server.js",
        "const http =",
        "const http =",
        'const fs = require("fs");\nconst http = require("http");\n',
    ),
    Decision(
        "the secret comes from a file",
        "storefront/server.js",
        "const secret =",
        "const secret =",
        """\
const secretFile = process.env.SESSION_SECRET_FILE || "/dev/null";
const secret = fs.readFileSync(secretFile, "utf8").trim();
""",
    ),
    Decision(
        "nobody logs in to the shop; Node.js as the first process hears no signal to stop",
        "compose.yaml",
        '      - "127.0.0.1:2222:22"',
        "      SESSION_SECRET:",
        """\
    init: true
    networks: [default, shop]
    secrets: [session_secret]
    environment:
      SESSION_SECRET_FILE: /run/secrets/session_secret
""",
    ),
    Decision(
        "only the shop asks for orders, and inside; the password is the database's secret",
        "compose.yaml",
        '      - "5000:5000"',
        "      DATABASE_URL:",
        """\
    init: true
    networks: [shop, data]
    secrets: [postgres_password]
    environment:
      DB_PASSWORD_FILE: /run/secrets/postgres_password
      DATABASE_URL: postgresql://orders@database:5432/orders
""",
    ),
    Decision(
        "the stock alone, to read; not the sources",
        "compose.yaml",
        "      - ./inventory:/data",
        "      - ./inventory:/data",
        "      - ./stock:/data:ro\n    networks: [shop]\n",
    ),
    Decision(
        "PostgreSQL 14 gets no updates (dump and restore to change); orders reaches it inside",
        "compose.yaml",
        "    image: postgres",
        '      - "127.0.0.1:5432:5432"',
        """\
    image: postgres:17.11
    networks: [data]
    healthcheck:
      test: ["CMD", "pg_isready", "--host", "127.0.0.1", "--username", "orders"]
      interval: 30s
      timeout: 5s
      retries: 3
      start_period: 30s
""",
    ),
    Decision(
        "whoever may use the dashboard may do all with the host, behind a proxy or not",
        "compose.yaml",
        "  dashboard:",
        "volumes:",
        "volumes:\n",
    ),
    Decision(
        "the way from outside ends at the shop, and the database is with orders alone",
        "compose.yaml",
        "secrets:",
        "secrets:",
        """\
networks:
  shop:
    internal: true
  data:
    internal: true
secrets:
  session_secret:
    file: ./secrets/session_secret.txt
""",
    ),
)

EMPTIED = ("    ports:",)
"""Keys of Compose services that have nothing left under them."""

REMOVED = ("inventory/.env", "orders/deploy_key")
"""`git rm`: what they held is known to whoever has a clone, and is revoked."""

WRITTEN = {
    ".gitignore": "/secrets/\n.env\n*.pem\n*_key\n",
    "stock/stock.json": '{"teapot": 3, "kettle": 1}\n',
}


def copy_insecure(directory: Path) -> Path:
    """A repository of the insecure webshop, its secrets tracked as they are."""
    project = directory / "webshop"
    shutil.copytree(INSECURE, project)
    _git(project, "init", "--quiet")
    _git(project, "add", "--all")
    return project


def fix(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What people run."""
    command = [sys.executable, "-m", "seawall", "fix", "--isolated", *arguments, "."]
    return subprocess.run(command, cwd=project, check=False, capture_output=True, text=True)


def decide(project: Path) -> None:
    """Do what only a person decides."""
    for decision in DECISIONS:
        _write(project / decision.path, decision)
    _drop_emptied(project / "compose.yaml")
    for name in REMOVED:
        _git(project, "rm", "--quiet", "--force", name)
    for name, text in WRITTEN.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    # What the tool carried over from the files was public with them: it is made anew, not kept.
    shutil.rmtree(project / "secrets", ignore_errors=True)
    (project / ".env").unlink(missing_ok=True)
    _git(project, "add", "--all")


def harden(project: Path) -> None:
    """All steps: the tool, the person, the tool on what the person left."""
    _must(fix(project, *FIRST, "--write"))
    decide(project)
    _must(fix(project, *SECOND, "--write"))
    _git(project, "add", "--all")


def files(project: Path) -> dict[str, str]:
    """What git would keep of a project, but for what tells of it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout
    return {
        name: (project / name).read_text() for name in names.splitlines() if name != "README.md"
    }


def _must(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def _write(path: Path, decision: Decision) -> None:
    lines = path.read_text().splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith(decision.first)]
    if not starts:
        raise LookupError(f"{decision.path} has no line that begins with {decision.first!r}")
    start = starts[0]
    ends = [n for n in range(start, len(lines)) if lines[n].startswith(decision.last)]
    if not ends:
        raise LookupError(f"{decision.path} has no line that begins with {decision.last!r}")
    lines[start : ends[0] + 1] = [decision.text]
    path.write_text("".join(lines))


def _drop_emptied(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    following = [*lines[1:], ""]
    kept = [
        line
        for line, after in zip(lines, following, strict=True)
        if line.rstrip() not in EMPTIED or after.startswith("      ")
    ]
    path.write_text("".join(kept))


def _git(project: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(project), *arguments], check=True, capture_output=True)


def main() -> None:
    """Write the hardened example anew; its README stays."""
    with tempfile.TemporaryDirectory() as directory:
        project = copy_insecure(Path(directory))
        harden(project)
        for name, text in files(project).items():
            (HARDENED / name).parent.mkdir(parents=True, exist_ok=True)
            (HARDENED / name).write_text(text)


if __name__ == "__main__":
    main()
