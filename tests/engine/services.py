"""Real services of Debian's packages, in images that behave like the official ones of that name.

Each image adds to its packages an entrypoint, a configuration, and the account that the official
image has, by its number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from os import chown
from pathlib import Path

from debian_root import Debs, import_root
from msgspec import Struct

from engine import Engine

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Image(Struct, frozen=True):
    """An image: its packages, its account, files and directories (with their mode) that are put
    into it, and its configuration. The directories belong to the account."""

    packages: tuple[str, ...]
    changes: tuple[str, ...]
    account: tuple[str, int] = ("root", 0)
    files: Mapping[str, str] = {}
    directories: Mapping[str, int] = {}
    path: str = PATH


_AS = 'exec setpriv --reuid="$who" --regid="$who" --init-groups -- "$@"'

_NGINX = """\
user nginx;
worker_processes 2;
pid /run/nginx.pid;
error_log /dev/stderr notice;
events {}
http {
  access_log off;
  client_body_temp_path /var/cache/nginx/client_temp;
  proxy_temp_path /var/cache/nginx/proxy_temp;
  fastcgi_temp_path /var/cache/nginx/fastcgi_temp;
  uwsgi_temp_path /var/cache/nginx/uwsgi_temp;
  scgi_temp_path /var/cache/nginx/scgi_temp;
  server { listen 80; location / { return 200 "it works\\n"; } }
}
"""

_REDIS = f"""\
#!/bin/sh
set -e
who=redis
if [ "$(id -u)" = 0 ]; then
  find . ! -user redis -exec chown redis {{}} +
  {_AS}
fi
exec "$@"
"""

_POSTGRES = f"""\
#!/bin/sh
set -e
who=postgres
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chmod 700 "$PGDATA"
  chmod 775 /run/postgresql
  find "$PGDATA" /run/postgresql ! -user postgres -exec chown postgres {{}} +
  set -- "$0" "$@"
  {_AS}
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo "$POSTGRES_PASSWORD" | initdb --username=postgres --pwfile=/dev/stdin --auth=scram-sha-256
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
fi
exec "$@"
"""

_HAPROXY = """\
global
  log stdout format raw local0 warning
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend http
  bind :8080
  http-request return status 200 content-type text/plain string "it works"
"""

_APACHE = """\
ServerRoot /usr/local/apache2
ServerName localhost
Listen 80
User www-data
Group www-data
PidFile logs/httpd.pid
ErrorLog /proc/self/fd/2
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
DocumentRoot /usr/local/apache2/htdocs
"""

_APACHE_START = """\
#!/bin/sh
rm -f /usr/local/apache2/logs/httpd.pid
exec apache2 -DFOREGROUND -f /usr/local/apache2/conf/httpd.conf
"""

_DATA = "/var/lib/postgresql/data"

IMAGES = {
    "nginx:1.28": Image(
        ("nginx-light",),
        ("EXPOSE 80", 'CMD ["nginx", "-g", "daemon off;"]'),
        account=("nginx", 101),
        files={"etc/nginx/nginx.conf": _NGINX},
        directories={"var/cache/nginx": 0o755},
    ),
    "redis:7": Image(
        ("redis-server", "util-linux"),
        (
            "VOLUME /data",
            "WORKDIR /data",
            "EXPOSE 6379",
            'ENTRYPOINT ["docker-entrypoint.sh"]',
            'CMD ["redis-server", "--protected-mode", "no"]',
        ),
        account=("redis", 999),
        files={"usr/local/bin/docker-entrypoint.sh": _REDIS},
        directories={"data": 0o755},
    ),
    "postgres:15": Image(
        ("postgresql-15", "util-linux"),
        (
            f"ENV PGDATA={_DATA} LANG=C.UTF-8",
            f"VOLUME {_DATA}",
            "EXPOSE 5432",
            'ENTRYPOINT ["docker-entrypoint.sh"]',
            'CMD ["postgres", "-c", "listen_addresses=*"]',
        ),
        account=("postgres", 999),
        files={"usr/local/bin/docker-entrypoint.sh": _POSTGRES},
        directories={_DATA[1:]: 0o1777, "run/postgresql": 0o3775},
        path=f"/usr/lib/postgresql/15/bin:{PATH}",
    ),
    "memcached:1.6": Image(
        ("memcached",),
        ("USER memcache", "EXPOSE 11211", 'CMD ["memcached"]'),
        account=("memcache", 11211),
    ),
    "haproxy:2.6": Image(
        ("haproxy",),
        (
            "USER haproxy",
            "EXPOSE 8080",
            'CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]',
        ),
        account=("haproxy", 99),
        files={"usr/local/etc/haproxy/haproxy.cfg": _HAPROXY},
    ),
    "httpd:2.4": Image(
        ("apache2",),
        ("EXPOSE 80", 'CMD ["httpd-foreground"]'),
        account=("www-data", 33),
        files={
            "usr/local/apache2/conf/httpd.conf": _APACHE,
            "usr/local/apache2/htdocs/index.html": "it works\n",
            "usr/local/bin/httpd-foreground": _APACHE_START,
        },
        directories={"usr/local/apache2/logs": 0o755},
    ),
    "python:3.11": Image(("python3",), ('CMD ["python3"]',)),
    "node:18": Image(("nodejs",), ('CMD ["node"]',)),
}
"""By the name of the official image that each stands for."""


def make_images(engine: Engine, directory: Path, names: Collection[str]) -> None:
    """Make images by name, from packages that are fetched."""
    debs = Debs(directory / "apt")
    debs.fetch(sorted({each for name in names for each in IMAGES[name].packages}))

    def make(name: str) -> None:
        root = debs.unpack(directory / name.partition(":")[0], IMAGES[name].packages)
        image = IMAGES[name]
        _furnish(root, image)
        import_root(engine, root, name, (f"ENV PATH={image.path}", *image.changes))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(make, names))


def _furnish(root: Path, image: Image) -> None:
    for name, text in image.files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
        (root / name).chmod(0o755)
    account, number = image.account
    if number:
        with (root / "etc/passwd").open("a") as passwd, (root / "etc/group").open("a") as group:
            passwd.write(f"{account}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n")
            group.write(f"{account}:x:{number}:\n")
    for name, mode in image.directories.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        chown(root / name, number, number)
        (root / name).chmod(mode)
