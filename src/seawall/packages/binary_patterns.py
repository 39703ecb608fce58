"""How programs tell their version in their own bytes.

Each pattern begins with fixed bytes wherever it can, since those are found at gigabytes per
second; repetitions are bounded. What stands here was read from real builds: those of Debian, and
where they differ, those that projects publish themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from msgspec import Struct

_TWO = rb"(\d{1,4}\.\d{1,4})"
_THREE = rb"(\d{1,4}\.\d{1,4}\.\d{1,5})"
_SOME = rb"(\d{1,4}(?:\.\d{1,5}){1,3})"
_SHARED = r"\.so(?:\.\d+)*"
BEFORE = 64
"""How many bytes before a mark may hold the version."""


class Known(Struct, frozen=True):
    """A program: the names of its files, and how its version is found.

    `called` matches the whole base name; a group in it is the version. `told` are tried in their
    order; where `marks` are given, the version stands right before one of them. `bitnami` is the
    name under which Bitnami's advisories know it. All are sources of regular expressions, which
    are compiled when a file asks for them: an image has few of these programs.
    """

    name: str
    called: str
    told: tuple[bytes, ...] = ()
    marks: tuple[bytes, ...] = ()
    bitnami: str = ""

    @property
    def files(self) -> re.Pattern[str]:
        """What the whole base name matches."""
        return _compiled(self.called)

    @property
    def patterns(self) -> tuple[re.Pattern[bytes], ...]:
        """What holds the version."""
        return tuple(map(_compiled_bytes, self.told))

    @property
    def shape(self) -> re.Pattern[bytes]:
        """What a version before a mark looks like."""
        return _compiled_bytes(_SOME + rb"\Z")


_compiled: Callable[[str], re.Pattern[str]] = cache(re.compile)
_compiled_bytes: Callable[[bytes], re.Pattern[bytes]] = cache(re.compile)


def _known(
    name: str, files: str, *patterns: bytes, marks: tuple[bytes, ...] = (), bitnami: str = ""
) -> Known:
    return Known(name, files, patterns, marks, bitnami)


KNOWN = (
    _known(
        "node",
        rf"node|nodejs|libnode{_SHARED}",
        rb"node\.js/v" + _THREE,
        bitnami="node",
    ),
    _known(
        "openresty",
        r"nginx|openresty",
        rb"nginx version: openresty/" + _SOME,
        bitnami="openresty",
    ),
    _known(
        "nginx",
        r"nginx(?:-debug)?",
        rb"nginx version: nginx/" + _THREE,
        bitnami="nginx",
    ),
    _known("busybox", r"busybox(?:[.-]\w+)?", rb"BusyBox v" + _THREE),
    _known("libressl", rf"openssl|libcrypto{_SHARED}", rb"LibreSSL " + _THREE),
    _known(
        "openssl",
        rf"openssl|libcrypto{_SHARED}|libssl{_SHARED}",
        rb"OpenSSL (\d\.\d{1,2}\.\d{1,2}[a-z]{0,2}(?:-(?:alpha|beta|pre|dev)\d{0,2})?) ",
    ),
    _known(
        "httpd",
        r"httpd|apache2",
        rb"Apache/" + _THREE,
        bitnami="apache",
    ),
    _known(
        "php",
        r"php(?:-fpm|-cgi|dbg)?\d{0,2}(?:\.\d)?|libphp\d?(?:\.\d)?\.so",
        rb"X-Powered-By: PHP/(\d{1,2}\.\d{1,3}\.\d{1,4}(?:(?:alpha|beta|RC)\d{1,2})?)",
        bitnami="php",
    ),
    _known(
        "ruby",
        rf"ruby(?:\d\.?\d)?|libruby(?:-\d\.\d)?{_SHARED}",
        rb"ruby " + _THREE + rb"(?:p\d{1,5}|dev|preview\d|rc\d)? \(",
        bitnami="ruby",
    ),
    _known("perl", rf"perl(?:5\.\d+\.\d+)?|libperl{_SHARED}", rb"\x00v(5\.\d{1,2}\.\d{1,2})\x00"),
    _known(
        "postgresql",
        r"postgres",
        rb"postgres \(PostgreSQL\) (\d{1,2}(?:\.\d{1,3}){0,2}(?:(?:beta|rc)\d{1,2})?)",
        bitnami="postgresql",
    ),
    _known(
        "mariadb",
        r"mariadb|mariadbd|mysql|mysqld",
        marks=(b"-MariaDB",),
        bitnami="mariadb",
    ),
    _known("mysql", r"mysql|mysqld", rb"/mysql-" + _THREE, bitnami="mysql"),
    _known(
        "haproxy",
        r"haproxy",
        rb" version (\d{1,2}\.\d{1,2}(?:\.|-dev|-rc)\d{1,3})[^\x00,]{0,60}, released 20",
        rb"HA-Proxy version " + _THREE,
        bitnami="haproxy",
    ),
    _known("memcached", r"memcached", rb"memcached " + _THREE, bitnami="memcached"),
    _known("bash", r"bash", rb"@\(#\)Bash version " + _THREE),
    _known("curl", rf"curl|libcurl(?:-\w+)?{_SHARED}", rb"curl/" + _THREE),
    _known("git", r"git", rb"git/" + _THREE + rb"[^\d]", bitnami="git"),
    _known(
        "rust",
        r"rustc|libstd-[0-9a-f]+\.so|librustc_driver-[0-9a-f]+\.so",
        rb"rustc version (\d\.\d{1,3}\.\d{1,2}(?:-(?:beta|nightly)[.\d]{0,4})?)",
        rb"/rustc-" + _THREE,
    ),
    _known("gcc", r"gcc(?:-\d+)?", rb"GCC: \(GNU\) " + _THREE),
    _known("pypy", rf"pypy[\d.]*|libpypy[\d.]*-c{_SHARED}", rb"\[PyPy " + _THREE),
    _known("ghc", r"ghc-(\d+\.\d+\.\d+)"),
    _known("julia", r"libjulia\.so\.(\d+\.\d+\.\d+)"),
    _known("lua", r"lua(?:\d\.?\d)?", rb"Lua (5\.\d\.\d) "),
    _known("glibc", r"libc\.so\.6|libc-\d\.\d+\.so", rb"stable release version " + _TWO),
    _known("zlib", r"libz\.so\.(\d+\.\d+(?:\.\d+){0,2})"),
    _known("libxml2", r"libxml2\.so\.(\d+\.\d+\.\d+)"),
    _known("sqlite", rf"libsqlite3{_SHARED}", rb"\x00(3\.\d{1,2}\.\d{1,2})\x00"),
    _known("xz", r"liblzma\.so\.(\d+\.\d+\.\d+)"),
    _known("xz", r"xz", rb"xz \(XZ Utils\) " + _THREE),
    _known("gzip", r"gzip", rb"\x00(1\.\d{1,2}(?:\.\d{1,2})?)\x00"),
    _known("zstd", r"zstd", marks=(b"\x00Zstandard CLI",)),
    _known("jq", r"jq", rb"jq-(\d\.\d(?:\.\d)?)\x00", marks=(b"\x00DEBUG:",)),
    _known("util-linux", r"getopt", rb"util-linux " + _SOME),
    _known(
        "ffmpeg",
        rf"ffmpeg|ffprobe|ffplay|libav(?:codec|util|format){_SHARED}",
        rb"%s version n?" + _SOME,
        rb"FFmpeg version n?" + _SOME,
        bitnami="ffmpeg",
    ),
    _known("lighttpd", r"lighttpd", rb"lighttpd/" + _THREE),
    _known("proftpd", r"proftpd", rb"ProFTPD Version (\d\.\d\.\d{1,2}(?:[a-z]|rc\d)?)"),
    _known("vsftpd", r"vsftpd", rb"vsftpd: version " + _THREE),
    _known("varnish", r"varnishd", rb"Varnish " + _THREE),
    _known("squid", r"squid", rb"squid/" + _SOME),
    _known("unbound", r"unbound", rb"unbound " + _THREE),
    _known(
        "bind", rf"named|libisc(?:-[\w.-]+)?{_SHARED}", rb"libisc-" + _THREE, rb"BIND " + _THREE
    ),
    _known("dnsmasq", r"dnsmasq", rb"dnsmasq-" + _TWO),
    _known("openssh", r"ssh|sshd", rb"OpenSSH_(\d{1,2}\.\d{1,2}p\d)"),
    _known("dropbear", r"dropbear(?:multi)?", rb"SSH-2\.0-dropbear_" + _TWO),
    _known("openvpn", r"openvpn", rb"OpenVPN " + _THREE),
    _known("postfix", r"master|postfix", rb"mail_version=" + _SOME),
    _known("exim", r"exim4?", marks=(b"\x00<<eximversion>>",)),
    _known("dovecot", r"dovecot", rb"\x00(2\.\d\.\d{1,2}(?:\.\d{1,2})?) \("),
    _known("mosquitto", r"mosquitto", marks=(b"\x00mosquitto version",)),
)
"""All but Python and Redis, whose versions take a second look. The first that fits counts."""
