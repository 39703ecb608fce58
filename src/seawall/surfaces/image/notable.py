"""Files that stand out by mode, owner, name or attributes: what a header of a layer tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum

from seawall.core.expression import Expression
from seawall.core.model import Confidence
from seawall.core.vocabulary import words
from seawall.facts.secret_names import secret_file
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Fact, Kind, NotableFile
from seawall.surfaces.image.file_capabilities import capabilities


class Note(Enum):
    """Why a file stands out: the words in `NotableFile.note`. A file may have several notes."""

    SETUID = "setuid"
    """A program that runs as its owner."""
    SETGID = "setgid"
    """A program that runs as its group."""
    CAPABILITIES = "capabilities"
    """A program with file capabilities; `capabilities` says which."""
    WORLD_WRITABLE = "world-writable"
    """A file that everybody may write."""
    OPEN_DIRECTORY = "open-directory"
    """A directory in which everybody may remove the files of others: writable, not sticky."""
    READABLE_KEY = "readable-key"
    """A private key, by its name, that more than its owner may read."""
    READABLE_SHADOW = "readable-shadow"
    """`etc/shadow` or `etc/gshadow`, readable for everybody."""
    WRITABLE_ACCOUNTS = "writable-accounts"
    """`etc/passwd`, `shadow`, `group` or `sudoers`, writable for more than root."""
    WRITABLE_SCHEDULE = "writable-schedule"
    """A cron table, script or unit that root runs, and more than root may write."""
    PACKAGE_CACHE = "package-cache"
    """What a package manager downloaded or indexed, and nobody needs any more."""
    GIT_DIRECTORY = "git-directory"
    """The history of a source tree: its `.git`, or the `HEAD` in it."""
    SECRET_NAME = "secret-name"  # noqa: S105 -- a word
    """A file whose name says that it holds a secret, where no package brought it."""
    LEFT_OVER = "left-over"
    """What belongs to building or developing: Dockerfile, editor's and history files."""
    SHELL = "shell"
    """A command interpreter in a directory of programs."""
    BUILD_TOOL = "build-tool"
    """A compiler, linker or build driver there."""
    NETWORK_TOOL = "network-tool"
    """What fetches from or listens on networks: curl, wget, nc, ssh."""
    PRIVILEGE_TOOL = "privilege-tool"
    """What changes the user: sudo, su, doas."""
    PACKAGE_MANAGER = "package-manager"
    """What installs software: apt, apk, dnf, pip, npm."""
    DEBUGGER = "debugger"
    """What looks into other processes: gdb, strace, tcpdump."""


def _named(note: Note, names: str) -> dict[str, Note]:
    return dict.fromkeys(names.split(), note)


_TOOLS = {
    **_named(Note.SHELL, "sh bash dash ash zsh ksh mksh csh tcsh fish busybox toybox pwsh"),
    **_named(
        Note.BUILD_TOOL,
        "gcc g++ cc c++ clang clang++ cpp ld make gmake cmake ninja meson as rustc cargo go javac"
        " mvn gradle git svn hg autoconf automake bazel",
    ),
    **_named(
        Note.NETWORK_TOOL,
        "curl wget nc ncat netcat nmap socat ssh scp sftp rsync telnet ftp tftp dig sshd",
    ),
    **_named(Note.PRIVILEGE_TOOL, "sudo su doas pkexec runuser gosu su-exec"),
    **_named(
        Note.PACKAGE_MANAGER,
        "apt apt-get dpkg apk dnf microdnf yum rpm zypper pacman pip pip3 npm npx yarn pnpm gem"
        " composer conda poetry uv",
    ),
    **_named(Note.DEBUGGER, "gdb strace ltrace tcpdump perf lldb tshark"),
}
_BINARIES = words("bin sbin usr/bin usr/sbin usr/local/bin usr/local/sbin usr/local/go/bin opt/bin")
_LEFT_OVER = words(
    "Dockerfile Containerfile docker-compose.yml docker-compose.yaml compose.yaml compose.yml"
    " .dockerignore .gitlab-ci.yml Jenkinsfile Vagrantfile .DS_Store .bash_history .zsh_history"
    " .ash_history .sh_history .mysql_history .psql_history .python_history .node_repl_history"
    " .rediscli_history .viminfo .lesshst .wget-hsts core"
)
_HISTORIES = Expression(r"history\Z|\A\.(?:viminfo|lesshst)\Z")
_CACHES = (
    "var/cache/apt/",
    "var/lib/apt/lists/",
    "var/cache/apk/",
    "var/cache/dnf/",
    "var/cache/yum/",
    "var/cache/libdnf5/",
    "var/cache/zypp/",
    "var/cache/pacman/pkg/",
    "etc/apk/cache/",
)
_HOME_CACHE = re.compile(
    r"(?:\A|/)(?:\.cache/(?:pip|uv|pypoetry|yarn|go-build|composer)|\.npm/_cacache|\.yarn/cache"
    r"|\.cargo/registry/cache|\.m2/repository|\.gradle/caches|\.gem/cache|go/pkg/mod/cache"
    r"|\.composer/cache|\.nuget/packages|conda/pkgs)/"
)
_FIRST = frozenset({".", "H"})
_SMALL = 4096
"""Bytes up to which a file in a cache is a lock or a mark, and not worth a word."""

_ACCOUNTS = words("etc/passwd etc/shadow etc/group etc/gshadow etc/sudoers etc/passwd- etc/shadow-")
_SHADOWS = words("etc/shadow etc/gshadow etc/shadow- etc/gshadow-")
_SCHEDULES = (
    "etc/cron",
    "var/spool/cron/",
    "etc/anacrontab",
    "etc/sudoers.d/",
    "etc/systemd/system/",
    "usr/lib/systemd/system/",
    "lib/systemd/system/",
    "etc/init.d/",
    "etc/profile",
    "etc/ld.so.preload",
    "etc/pam.d/",
    "root/.ssh/authorized_keys",
)
_KEY = "a private key"
"""Of which not all names are sure: a `.pem` may be a certificate, and its content tells."""

_KEYS = frozenset({"an SSH private key", _KEY, "a key store"})

_HEAD = 8
_HEADS = frozenset(
    prefix[:_HEAD]
    for prefix in (
        *_CACHES,
        *(place for place in _SCHEDULES if "lib/" not in place),
        "usr/bin/",
        "usr/sbin/",
        "usr/local/bin/",
        "go/pkg/mod/cache/",
        "root/go/pkg/mod/cache/",
    )
)
"""How paths begin that may be told for where they are: the first characters, which cost least."""

_PROGRAMS = frozenset({"bin/", "sbin"})
_SUFFIXES = words(
    "pem key p12 pfx jks ppk kdb kdbx keytab ovpn tfstate tfvars kubeconfig env git secrets"
    " dockercfg dockerconfigjson keystore"
)


def _analyse(file: LayerFile) -> Iterable[Fact]:
    """Most entries are nothing special, and must cost next to nothing."""
    mode, path = file.mode, file.path
    name = path[path.rfind("/") + 1 :]
    if (
        (mode & 0o6002 and file.kind is not Kind.SYMLINK)
        or file.xattrs
        or "/." in path
        or "key" in name
        or name[:1] in _FIRST
        or name[:3] == "id_"
        or name[name.rfind(".") + 1 :] in _SUFFIXES
        or path[:_HEAD] in _HEADS
        or path[:4] in _PROGRAMS
        or "/pkgs/" in path
        or name in _LEFT_OVER
        or path in _ACCOUNTS
        or "secret" in name
        or "credential" in name
        or "account" in name
    ):
        return tuple(_facts(file, name))
    return ()


ANALYSER = Analyser("files", 1, Wants(everything=True), _analyse)


def _facts(file: LayerFile, name: str) -> Iterator[Fact]:
    held = capabilities(file.xattrs.get("security.capability", b"")) if file.xattrs else ""
    for note in _notes(file, name, held):
        yield NotableFile(
            path=file.path,
            mode=file.mode,
            uid=file.uid,
            gid=file.gid,
            size=file.size,
            kind=file.kind,
            note=note.value,
            capabilities=held,
            target=file.target,
        )


def _notes(file: LayerFile, name: str, held: str) -> Iterator[Note]:
    if file.kind in {Kind.FILE, Kind.HARDLINK}:
        if held:
            yield Note.CAPABILITIES
        yield from _by_mode(file)
        yield from _by_name(file, name)
    elif file.kind is Kind.DIRECTORY:
        if file.mode & 0o1002 == 0o002:
            yield Note.OPEN_DIRECTORY
        if name == ".git":
            yield Note.GIT_DIRECTORY
    if file.kind in {Kind.FILE, Kind.HARDLINK, Kind.SYMLINK}:
        yield from _tools(file, name)


def _by_mode(file: LayerFile) -> Iterator[Note]:
    mode, path = file.mode, file.path
    if mode & 0o4000 and mode & 0o111:
        yield Note.SETUID
    if mode & 0o2000 and mode & 0o010:
        yield Note.SETGID
    if mode & 0o002:
        yield Note.WORLD_WRITABLE
    is_open = bool(mode & 0o002 or (mode & 0o020 and file.gid != 0) or file.uid != 0)
    if path in _ACCOUNTS and is_open:
        yield Note.WRITABLE_ACCOUNTS
    if path in _SHADOWS and mode & 0o004:
        yield Note.READABLE_SHADOW
    if path.startswith(_SCHEDULES) and is_open:
        yield Note.WRITABLE_SCHEDULE


def _by_name(file: LayerFile, name: str) -> Iterator[Note]:
    path = file.path
    named = secret_file(path) if file.size else None
    is_sure = named is not None and (named.what != _KEY or named.confidence is Confidence.HIGH)
    if named is not None and is_sure and _PACKAGED.search(path) is None:
        yield Note.SECRET_NAME
        if named.what in _KEYS and file.mode & 0o044:
            yield Note.READABLE_KEY
    if name == "HEAD" and path.endswith(".git/HEAD"):
        yield Note.GIT_DIRECTORY
    if name in _LEFT_OVER and (file.size or not _HISTORIES.search(name)) and _is_own(path, name):
        yield Note.LEFT_OVER
    is_cached = path.startswith(_CACHES) or _HOME_CACHE.search(path) is not None
    if is_cached and file.size > _SMALL:
        yield Note.PACKAGE_CACHE


_PACKAGED = Expression(
    r"(?:\A|/)(?:node_modules|site-packages|dist-packages|share|vendor|third_party|gems)/"
)


def _is_own(path: str, name: str) -> bool:
    """Whether it was left here, and is no file that a package brought along."""
    if name == "core":
        return "/" not in path or path.rpartition("/")[0] in {"root", "tmp", "app"}
    return _PACKAGED.search(path) is None


def _tools(file: LayerFile, name: str) -> Iterator[Note]:
    note = _TOOLS.get(_UNVERSIONED.sub("", name))
    if note is None or file.path[: -len(name) - 1] not in _BINARIES:
        return
    if file.kind is Kind.SYMLINK or file.mode & 0o111:
        yield note


_UNVERSIONED = re.compile(r"(?:\A(?:x86_64|aarch64)-linux-(?:gnu|musl)-|(?<=[a-z+])-?\d[\d.]*\Z)")
