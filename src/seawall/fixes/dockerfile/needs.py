"""What the program of an image is seen to need: root, a home, and directories that it writes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.fixes.dockerfile.ground import Ground
from seawall.fixes.dockerfile.servers import JOINS, PACKAGED, PID_IN_RUN, program_of, server_of
from seawall.surfaces.dockerfile import Instruction

ROOT_PACKAGES = frozenset(
    {
        "openvpn", "strongswan", "xl2tpd", "ppp", "pptpd", "iptables", "wireguard-tools",
        "wireguard", "openssh-server", "supervisor", "cron", "cronie", "dcron", "s6",
        "s6-overlay", "runit", "systemd", "systemd-sysv", "samba", "vsftpd",
        "nfs-kernel-server", "nfs-utils", "dnsmasq", "keepalived", "docker", "docker.io",
        "docker-ce", "qemu-kvm", "libvirt-daemon", "rsyslog", "fuse", "fuse3", "sudo",
    }
)  # fmt: skip
"""Packages of programs that want root or more: an image with one may start it in a script."""

NEEDS_ROOT = frozenset(
    {
        "sshd", "cron", "crond", "anacron", "supervisord", "init", "systemd", "s6-svscan",
        "s6-overlay-suexec", "runsvdir", "runit", "my_init", "dockerd",
        "dockerd-entrypoint.sh", "containerd", "iptables", "openvpn", "wg-quick", "wg",
        "dnsmasq", "keepalived", "service", "rc-service", "openrc", "vsftpd", "proftpd",
        "pure-ftpd", "xinetd", "rsyslogd", "syslog-ng", "smbd", "nmbd", "rpcbind", "nfsd",
        "cupsd", "postfix", "dovecot", "named", "unbound", "ntpd", "chronyd", "radiusd",
        "freeradius", "slapd", "mysqld", "mysqld_safe", "mariadbd", "postgres", "pg_ctl",
        "pg_ctlcluster", "haproxy", "exim", "exim4", "fail2ban", "tcpdump", "strace",
        "squid", "varnishd", "sudo", "doas", "su", "mount", "modprobe", "systemctl",
        "telnetd", "in.telnetd",
    }
)  # fmt: skip
"""Programs that a container starts with and that do not run, or not as before, without root."""

DROPPERS = ("gosu", "su-exec", "setpriv", "setuidgid", "s6-setuidgid", "chpst", "runuser")
"""Programs by which an entrypoint that starts as root goes on as somebody else."""

_NEEDS_HOME = frozenset(
    {
        "npx", "pnpm", "corepack", "yarn", "npm", "bunx", "uv", "uvx", "streamlit",
        "jupyter", "jupyter-notebook", "jupyter-lab", "gradle", "mvn", "sbt", "lein",
        "bundle", "rails", "composer", "dotnet", "hugo", "gatsby", "expo", "ng",
    }
)  # fmt: skip
"""Programs that keep caches or settings under HOME when they run."""

SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "fish"})


def started(ground: Ground) -> tuple[str, ...]:
    """The words that the container starts with, in order; of paths the last part."""
    target = ground.target
    words: list[str] = []
    for instruction in (target.entrypoint, target.command):
        if instruction is None:
            continue
        script = ground.dockerfile.script_of(instruction)
        if instruction.is_json or script is None:
            words += [word.text for word in instruction.arguments]
        for command in script.commands if script is not None else ():
            words += [word.loose for word in command.words]
    return tuple(word.rpartition("/")[2] for word in words if word)


def needs_home(ground: Ground) -> bool:
    """Whether the program keeps something under HOME."""
    return not _NEEDS_HOME.isdisjoint(started(ground))


class Writes(Struct, frozen=True):
    """Where a program writes: directories to own, and those in which it may only add.

    `groups` are those that its account must be in, to read what it is given.
    """

    own: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def writes_of(ground: Ground, account: frozenset[str]) -> Writes:
    """What the file shows of it; `account` are the names and numbers of who will run."""
    program, server = program_of(started(ground)), server_of(ground)
    own = list(_volumes(ground))
    own += PACKAGED.get((program, ground.family), "").split() if server is None else server.own
    own += [*_made(ground), *_opened(ground)]
    add = [*_workdir(ground)]
    if (server is not None and server.needs_run) or (server is None and program in PID_IN_RUN):
        add.append("/run")
    given = _given(ground, account)
    kept = tuple(dict.fromkeys(path for path in own if not _covered(path, given)))
    more = tuple(path for path in add if not _covered(path, given) and path not in kept)
    has_settings = any(word.endswith(".conf") for word in started(ground))
    group = JOINS.get((program, ground.family)) if server is None and has_settings else None
    return Writes(_without_children(kept), more, (group,) if group else ())


_SYSTEM = Expression(
    r"/(?:(?:bin|boot|dev|etc|home|lib(?:32|64)?|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr"
    r"|var)(?:/(?:bin|lib|lib64|local|sbin|share|run|log|tmp|cache|www|src|local/bin|local/lib"
    r"|local/share))?)?/?\Z"
)
"""Directories that are the system's: none of them is given away whole."""
_NOT_DATA = Expression(r"/(?:proc|sys|dev|etc|boot|root)(?:/|\Z)")
_PLAIN = Expression(r"/[\w./@+-]*\Z")


def is_system(path: str) -> bool:
    """Whether a directory is the system's: at most a place in it can be given to a program."""
    return bool(_SYSTEM.match(path))


def is_own_directory(path: str) -> bool:
    """Whether a path is one that a program can be given: absolute, plain, not the system's."""
    is_plain = bool(_PLAIN.match(path)) and ".." not in path.split("/")
    return is_plain and not is_system(path) and not _NOT_DATA.match(path)


def _volumes(ground: Ground) -> Iterator[str]:
    for setting in ground.target.volumes:
        path = posixpath.normpath(setting.value.known or ".")
        is_file = "." in posixpath.basename(path).lstrip(".")
        # Whoever declares one below /etc wants what is there to be kept, so it is written to.
        is_settings = path.startswith("/etc/") and _PLAIN.match(path) is not None
        if (is_own_directory(path) or is_settings) and not is_file:
            yield path


def _workdir(ground: Ground) -> Iterator[str]:
    workdir = ground.target.workdir
    path = workdir.value.known if workdir else None
    if path and is_own_directory(path):
        yield path


_WRITTEN = Expression(
    r"/(?:var/(?:log|lib|cache|run|spool)|run|data)/(?!apt\b|dpkg\b|rpm\b|apk\b|dbus\b|cron\b)[^/]"
    r"|/(?:[\w.]*[-_.])?(?:data|db|database|logs?|cache|tmp|temp|run|uploads?|media|storage|sessions?"
    r"|state|spool|var|work|downloads?|output|backups?|queue)\Z"
)
"""Directories that nobody makes but to write there: by their place or the end of their name."""
_BUILD_TREES = Expression(r"/(?:usr/src|usr/share|usr/lib|etc|tmp|root|build|src)(?:/|\Z)")


def _made(ground: Ground) -> Iterator[str]:
    """Directories that a step makes for what the program is to write."""
    removed = {
        word.loose for _, command in ground.commands("rm", "rmdir") for word in command.operands()
    }
    for instruction, command in ground.commands("mkdir"):
        for word in command.operands(frozenset({"-m", "--mode"})):
            path = _absolute(ground, instruction, word.literal or "")
            is_kept = path and word.loose not in removed and not _BUILD_TREES.match(path)
            if is_kept and is_own_directory(path) and _WRITTEN.search(path):
                yield path


def _absolute(ground: Ground, instruction: Instruction, path: str) -> str:
    """A path in a step; relative ones only where one WORKDIR holds for the whole image."""
    if not path:
        return ""
    if path.startswith("/"):
        return posixpath.normpath(path)
    workdir = ground.target.workdir
    settings = list(ground.instructions("WORKDIR"))
    if workdir is None or workdir.value.known is None or len(settings) != 1:
        return ""
    is_later = settings[0].start < instruction.start
    moves = any(step is instruction for step, _ in ground.commands("cd", "pushd"))
    return posixpath.join(workdir.value.known, path) if is_later and not moves else ""


def _opened(ground: Ground) -> Iterator[str]:
    """Directories that the file lets everyone write: the program is to write there."""
    for instruction, command in ground.commands("chmod"):
        words = [word.literal or "" for word in command.operands()]
        if words[:1] and words[0] in _FOR_ALL:
            for word in words[1:]:
                path = _absolute(ground, instruction, word)
                if path and is_own_directory(path) and not _is_file(ground, path):
                    yield path


_FOR_ALL = frozenset({"777", "0777", "a+rwx", "a+w", "ugo+rwx", "o+w", "a=rwx", "o+rwx", "go+rwx"})


def _is_file(ground: Ground, path: str) -> bool:
    """Whether a path is rather a program or settings than a directory of data."""
    name = posixpath.basename(path)
    return "." in name.lstrip(".") or "*" in name or name in started(ground) or "/bin/" in path


def _given(ground: Ground, account: frozenset[str]) -> frozenset[str]:
    """What the file itself gives to who will run."""
    given: set[str] = set()
    for _, command in ground.commands("chown"):
        words = [word.loose for word in command.operands()]
        if words and words[0].partition(":")[0] in account:
            given.update(posixpath.normpath(word.rstrip("/")) for word in words[1:] if word)
    return frozenset(given)


def _covered(path: str, given: frozenset[str]) -> bool:
    return any(path == each or path.startswith(each.rstrip("/") + "/") for each in given)


def _without_children(paths: tuple[str, ...]) -> tuple[str, ...]:
    """A directory below another that is given with all in it need not be named."""
    return tuple(
        path
        for path in paths
        if not any(path.startswith(other + "/") for other in paths if other != path)
    )


_HOME_OF_ROOT = Expression(r"/root\b|(?<![\w./~])~/|\$\{?HOME\b")
_CLEANS = Expression(r"(?:rm\s+-\w+|--cache(?:=|,)|target=|dst=)[^&;|\n]*")


def root_home(ground: Ground) -> bool:
    """Whether what the image needs may lie in root's home, which nobody else can read."""
    text = ground.dockerfile.source.text
    if not any(word in text for word in ("/root", "HOME", "~/")):
        return False
    keywords = ("RUN", "COPY", "ADD", "ENV", "WORKDIR", "CMD", "ENTRYPOINT", "VOLUME")
    return any(
        _HOME_OF_ROOT.search(_CLEANS.sub("", each.text)) is not None
        for each in ground.instructions(*keywords)
    )
