"""Servers that are known: what starts them, whom they can run as, and what they write to."""

from __future__ import annotations

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.facts.official import official_name
from seawall.fixes.dockerfile.ground import ALPINE, DEBIAN, RHEL, Ground
from seawall.surfaces.image import parse_reference

_PROGRAMS = {
    "nginx": "nginx", "openresty": "nginx",
    "apache2": "apache", "apachectl": "apache", "apache2ctl": "apache", "httpd": "apache",
    "apache2-foreground": "apache", "httpd-foreground": "apache",
    "redis-server": "redis", "lighttpd": "lighttpd", "caddy": "caddy",
    "catalina.sh": "tomcat", "php-fpm": "php-fpm", "mongod": "mongo", "memcached": "memcached",
}  # fmt: skip

PACKAGED = {
    ("nginx", DEBIAN): "/var/lib/nginx /var/log/nginx",
    ("nginx", ALPINE): "/var/lib/nginx /var/log/nginx /run/nginx",
    ("nginx", RHEL): "/var/lib/nginx /var/log/nginx",
    ("apache", DEBIAN): "/var/run/apache2 /var/lock/apache2 /var/log/apache2",
    ("apache", ALPINE): "/run/apache2 /var/log/apache2",
    ("apache", RHEL): "/run/httpd /var/log/httpd",
    ("redis", DEBIAN): "/var/lib/redis /var/log/redis",
    ("redis", ALPINE): "/var/lib/redis /var/log/redis",
    ("redis", RHEL): "/var/lib/redis /var/log/redis",
    ("lighttpd", DEBIAN): "/var/log/lighttpd /var/cache/lighttpd /run/lighttpd",
    ("lighttpd", ALPINE): "/var/log/lighttpd /var/lib/lighttpd /run/lighttpd",
    ("php-fpm", DEBIAN): "/run/php",
    ("mongo", DEBIAN): "/data/db /var/lib/mongodb /var/log/mongodb",
}
"""What a distribution's package of a server writes to."""

PID_IN_RUN = frozenset({"nginx", "redis"})
"""Servers that write their process id into /run itself."""

JOINS = {("redis", DEBIAN): "redis", ("redis", ALPINE): "redis"}
"""Groups that may read what only the package's own account is to read."""


RUNS_AS = dict.fromkeys(
    ((name, DEBIAN) for name in ("nginx", "apache", "lighttpd", "php-fpm")), "33"
)
"""The account that a package's server changes to when it starts as root: as it, it may start."""


class Server(Struct, frozen=True):
    """An image of a server whose own start is known: its account, and what it writes to.

    `user` is the number of an account that the image has, empty where it has none.
    """

    own: tuple[str, ...] = ()
    user: str = ""
    user_alpine: str = ""
    needs_run: bool = False


_SERVERS = {
    "nginx": Server(
        ("/var/cache/nginx", "/var/log/nginx", "/etc/nginx/conf.d"), "101", "101", needs_run=True
    ),
    "httpd": Server(("/usr/local/apache2/logs",), "33", "82"),
    "tomcat": Server(
        tuple(f"/usr/local/tomcat/{name}" for name in ("logs", "temp", "webapps", "work"))
    ),
    "caddy": Server(("/data/caddy", "/config/caddy")),
    "registry": Server(("/var/lib/registry",)),
    "traefik": Server(),
    "php": Server((), "33", "82"),
    "wordpress": Server((), "33", "82"),
    "drupal": Server((), "33", "82"),
    "joomla": Server((), "33", "82"),
    "nats": Server(),
}
"""Official images whose entrypoint and command, as they are, run without root."""


_MIXED = frozenset({"php"})
_SERVES = Expression(r"apache|fpm")
"""Images of a language of which only some tags start a server."""


def server_of(ground: Ground) -> Server | None:
    """The server that the image's base starts by itself, where that is known."""
    reference = parse_reference(ground.base.name)
    name = official_name(reference.name) if reference else None
    if name in _MIXED and not _SERVES.search(ground.base.name):
        return None
    return _SERVERS.get(name) if name else None


def program_of(words: tuple[str, ...]) -> str:
    """The kind of the first well-known server among the words that a container starts with."""
    for word in words:
        kind = _PROGRAMS.get(word) or ("php-fpm" if word.startswith("php-fpm") else "")
        if kind:
            return kind
    return ""
