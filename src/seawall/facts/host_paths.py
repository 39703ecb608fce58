"""What paths of the host mean: sockets of engines, system directories, people's credentials."""

from __future__ import annotations

import posixpath
import re

from seawall.core.expression import Expression

_SOCKET = Expression(
    r"(?:docker|containerd|crio|cri-dockerd|podman|dockershim|buildkitd|balena(?:-engine)?)"
    r"\.sock(?:et)?(?:\.raw)?\Z"
)
_SOCKET_DIRECTORY = Expression(
    r"(?:/var)?/run(?:/(?:docker|containerd|crio|podman|k3s(?:/containerd)?|buildkit|balena"
    r"|user(?:/[^/]+(?:/podman|/docker)?)?))?\Z"
)
_PIPE = Expression(
    r"(?:docker_engine|dockerDesktop\w*Engine|containerd-containerd)\Z", re.IGNORECASE
)

_HOME = r"(?:~|\$\{?HOME\}?|/root|/(?:home|Users)/[^/]+)"
_CREDENTIALS = Expression(
    rf"{_HOME}/\.(?:ssh|aws|azure|kube|gnupg|netrc|git-credentials|npmrc|pypirc|pgpass|my\.cnf"
    r"|vault-token|password-store|config/(?:gcloud|gh|rclone))(?:/[^/]+)*\Z"
    rf"|{_HOME}/\.docker(?:/config\.json)?\Z"
    r"|/etc/(?:shadow-?|gshadow-?|ssh(?:/ssh_host_\w+_key)?|kubernetes(?:/.*)?"
    r"|rancher(?:/.*)?|sudoers(?:\.d)?)\Z"
    r"|/var/lib/(?:kubelet|rancher)(?:/.*)?\Z"
)
_NO_CREDENTIAL = Expression(r"(?:\.pub|known_hosts|/\.ssh/config|/\.aws/config)\Z")

_CONTROL = Expression(
    r"/\Z"
    r"|/(?:etc|root|home|boot|proc|sys|dev|usr|bin|sbin|lib|lib64|var|var/lib|Users)\Z"
    rf"|{_HOME}\Z"
    rf"|{_HOME}/\.(?:bashrc|bash_profile|profile|zshrc|config|local)\Z"
    r"|/(?:usr/)?(?:local/)?s?bin(?:/.*)?\Z"
    r"|/(?:usr/)?lib(?:64)?(?:/(?:modules|systemd|firmware|udev)(?:/.*)?)?\Z"
    r"|/boot/.+"
    r"|/proc/(?:1|sys|sysrq-trigger|kcore)(?:/.*)?\Z"
    r"|/sys/(?:kernel|fs/cgroup|module|devices|bus|class|block)(?:/.*)?\Z"
    r"|/etc/(?:passwd|group|shadow|sudoers|cron[^/]*|systemd|init\.d|rc\.local|profile(?:\.d)?"
    r"|bash\.bashrc|ld\.so\.[^/]+|pam\.d|security|docker|containerd|udev|modprobe\.d|modules"
    r"|apt|yum\.repos\.d|fstab|environment)(?:/.*)?\Z"
    r"|/var/spool/cron(?:/.*)?\Z"
    r"|/var/lib/(?:docker|containers)"
    r"(?:/(?:volumes|overlay2|containers|image|plugins|swarm|storage))?\Z"
    r"|/var/lib/(?:containerd|dpkg|rpm|systemd)(?:/.*)?\Z"
    r"|[A-Za-z]:[\\/]?(?:Windows[\\/]?)?\Z"
)
_BENIGN = Expression(
    r"/etc/(?:localtime|timezone|hosts|hostname|machine-id|os-release|resolv\.conf)\Z"
    r"|/usr/share/zoneinfo(?:/.*)?\Z"
)
_READABLE = Expression(
    r"/(?:etc|root|home|var|var/lib|Users)?\Z"
    rf"|{_HOME}\Z"
    r"|/proc(?:/(?:1|kcore|kallsyms)(?:/.*)?)?\Z"
    r"|/var/lib/(?:docker|containerd|containers)(?:/(?:volumes|overlay2|containers|image))?\Z"
    r"|/dev\Z"
)

DISK = Expression(
    r"/dev(?:/(?:mem|kmem|port|root|raw|mapper|disk|block|nvme\d+|sd[a-z]+|hd[a-z]|x?vd[a-z]+"
    r"|nvme\d+n\d+|mmcblk\d+|dm-\d+|md\d+|loop\d+|loop-control|nbd\d+|zd\d+|zfs"
    r"|vg[^/]*)(?:p?\d+)?(?:/.*)?)?\Z"
)
"""Device files of disks and of the machine's memory, without a slash at the end."""


def normal(path: str) -> str:
    """A path of the host without `//`, `/./`, `..` and a slash at its end."""
    if not path.startswith("/"):
        return path.rstrip("/") or path
    return "/" + posixpath.normpath(path).lstrip("/")


def is_engine_socket(path: str) -> bool:
    """Whether it is the socket of a container engine, or a named pipe of Docker for Windows."""
    name = path.rpartition("\\")[2] if "\\" in path else path.rpartition("/")[2]
    if "\\pipe\\" in path or path.startswith("//./pipe/"):
        return _PIPE.match(name) is not None
    return _SOCKET.match(name) is not None


def holds_engine_socket(path: str) -> bool:
    """Whether the socket of an engine lies in that directory, or in one under it."""
    return _SOCKET_DIRECTORY.match(path) is not None


def is_credential(path: str) -> bool:
    """Whether keys, tokens or passwords of the host or its people lie there."""
    return _CREDENTIALS.match(path) is not None and _NO_CREDENTIAL.search(path) is None


def is_control(path: str) -> bool:
    """Whether who writes there decides what the host runs, or reaches what it keeps."""
    return _CONTROL.match(path) is not None and _BENIGN.match(path) is None


def is_telling(path: str) -> bool:
    """Whether who reads there learns what should stay on the host."""
    return _READABLE.match(path) is not None


def is_disk(path: str) -> bool:
    """Whether a device is a disk of the host, or its memory."""
    return DISK.match(path.rstrip("/")) is not None
