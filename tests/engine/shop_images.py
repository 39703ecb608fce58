"""Images that stand in for those that the hardened webshop is built on, under their real names.

Each is a root filesystem of Debian packages with what the official image promises: its account, its
entrypoint, its tools. They carry what a build would fetch, for no network is there.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from debian_root import Debs, import_root
from msgspec import Struct

from engine import Engine

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"


class StandIn(Struct, frozen=True):
    """An image: its packages, what is put into its files, and its configuration."""

    packages: tuple[str, ...]
    files: Mapping[str, str] = {}
    links: Mapping[str, str] = {}
    accounts: Mapping[str, int] = {}
    changes: tuple[str, ...] = ()
    path: str = _PATH


_ADDGROUP = """\
#!/bin/sh
# BusyBox's `addgroup -S -g GID NAME`
[ "$1 $2" = "-S -g" ] || exit 64
echo "$4:x:$3:" >> /etc/group
"""

_ADDUSER = """\
#!/bin/sh
# BusyBox's `adduser -S -D -H -u UID -G GROUP -s SHELL NAME`
[ "$1 $2 $3 $4 $6 $8" = "-S -D -H -u -G -s" ] || exit 64
gid=$(sed -n "s/^$7:x:\\([0-9]*\\):.*/\\1/p" /etc/group)
line="x:$5:$gid"
shift 8
echo "$2:$line::/home/$2:$1" >> /etc/passwd
"""

_POSTGRES = """\
#!/bin/sh
# What the official entrypoint does with these variables: the secret is read before root is left.
set -e
if [ "$POSTGRES_PASSWORD_FILE" ]; then
  POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
  export POSTGRES_PASSWORD
  unset POSTGRES_PASSWORD_FILE
fi
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" && chmod 700 "$PGDATA"
  find "$PGDATA" ! -user postgres -exec chown postgres {} +
  find /run/postgresql ! -user postgres -exec chown postgres {} +
  exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo "$POSTGRES_PASSWORD" |
    initdb --no-sync --username="$POSTGRES_USER" --pwfile=/dev/stdin --auth-host=scram-sha-256
  echo "CREATE DATABASE $POSTGRES_DB" | postgres --single -F postgres
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
fi
unset POSTGRES_PASSWORD
exec "$@"
"""

_PG_DATA = "/var/lib/postgresql/data"

STAND_INS = {
    "alpine": StandIn(
        ("netcat-openbsd",),
        files={"usr/local/bin/addgroup": _ADDGROUP, "usr/local/bin/adduser": _ADDUSER},
        links={"usr/local/bin/nc": "/usr/bin/nc.openbsd"},
        changes=('CMD ["/bin/sh"]',),
    ),
    "golang": StandIn(
        ("golang-go",),
        changes=("WORKDIR /go",),
    ),
    "node": StandIn(("nodejs",), accounts={"node": 1000}, changes=('CMD ["node"]',)),
    "postgres": StandIn(
        ("postgresql-15", "util-linux"),
        files={"usr/local/bin/docker-entrypoint.sh": _POSTGRES},
        accounts={"postgres": 999},
        changes=(
            f"ENV PGDATA={_PG_DATA} LANG=C.UTF-8",
            f"VOLUME {_PG_DATA}",
            "EXPOSE 5432",
            'ENTRYPOINT ["docker-entrypoint.sh"]',
            'CMD ["postgres", "-c", "listen_addresses=*"]',
        ),
        path=f"/usr/lib/postgresql/15/bin:{_PATH}",
    ),
    "python": StandIn(
        ("python3-venv", "passwd", "login"),
        files={"etc/pip.conf": "[global]\nno-index = true\nfind-links = /wheels\n"},
        links={"usr/local/bin/python": "/usr/bin/python3"},
        changes=('CMD ["python3"]',),
    ),
}
"""By the repository of the official image."""


def make_stand_ins(engine: Engine, directory: Path, names: list[str], requirements: Path) -> None:
    """Make the images that `names` refer to; `requirements` is what a build will install."""
    debs = Debs(directory / "apt")
    wanted = {name: STAND_INS[name.partition(":")[0]] for name in names}
    debs.fetch(sorted({each for image in wanted.values() for each in image.packages}))

    def make(name: str) -> None:
        repository = name.partition(":")[0]
        root = debs.unpack(directory / repository, wanted[name].packages)
        _furnish(root, wanted[name])
        if repository == "python":
            _wheels(root, requirements)
        image = wanted[name]
        import_root(engine, root, name, (f"ENV PATH={image.path}", *image.changes))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(make, names))


def _furnish(root: Path, image: StandIn) -> None:
    for name, text in image.files.items():
        (root / name).write_text(text)
        (root / name).chmod(0o755)
    for name, target in image.links.items():
        (root / name).symlink_to(target)
    for name, number in image.accounts.items():
        with (root / "etc/passwd").open("a") as passwd, (root / "etc/group").open("a") as group:
            passwd.write(f"{name}:x:{number}:{number}::/home/{name}:/bin/sh\n")
            group.write(f"{name}:x:{number}:\n")
    if "postgres" in image.accounts:
        for place in (f".{_PG_DATA}", "run/postgresql"):
            (root / place).mkdir(parents=True)
            os.chown(root / place, 999, 999)


def _wheels(root: Path, requirements: Path) -> None:
    """What pip will ask for, for the Python of the packages."""
    version = next(path.name for path in (root / "usr/lib").glob("python3.*")).removeprefix(
        "python"
    )
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(root / "wheels")]
    subprocess.run(
        [*command, "--only-binary=:all:", f"--python-version={version}", "-r", str(requirements)],
        check=True,
        capture_output=True,
    )


def image_names(*dockerfiles: Path, compose: str) -> list[str]:
    """The images of registries that these name; `compose` is Compose's resolved project."""
    found = {
        service["image"]
        for service in json.loads(compose)["services"].values()
        if "build" not in service
    }
    for file in dockerfiles:
        found |= _bases(file.read_text().splitlines())
    return sorted(found)


def _bases(lines: list[str]) -> set[str]:
    values = re.findall(r"^ARG (\w+)=(\S+)", "\n".join(lines), re.MULTILINE)
    names = {line.split()[1] for line in lines if line.startswith("FROM ")}
    for name, value in values:
        names = {each.replace(f"${{{name}}}", value) for each in names}
    return names
