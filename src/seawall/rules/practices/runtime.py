"""Practices of the chapter on run time: what the container may do to its host and neighbours."""

from __future__ import annotations

from seawall.core.rule import Chapter, Practice
from seawall.core.standards import cis, cwe, nist, owasp

NON_ROOT_USER = Practice(
    id="non-root-user",
    chapter=Chapter.RUNTIME,
    statement="The process does not run as uid 0.",
    why=(
        "Root in a container is root to the kernel. An attacker who takes over the application "
        "can then install tools, change the program and its files, and needs only one kernel "
        "fault or one careless mount to be root on the host."
    ),
    remedy=(
        "Create a user in the image and switch to it last: "
        "`RUN addgroup -S app && adduser -S app -G app` and `USER app`; a numeric uid such as "
        "`USER 10001` can also be checked by the orchestrator."
    ),
    citations=(cis("4.1"), owasp("D01"), nist("4.4.3"), cwe(250)),
    checklist="Non-root user",
)

READ_ONLY_ROOTFS = Practice(
    id="read-only-rootfs",
    chapter=Chapter.RUNTIME,
    statement="The root filesystem is read-only; what must be written goes to tmpfs or a volume.",
    why=(
        "With a writable root filesystem an intruder drops tools next to the program, replaces its "
        "code and stays until the container is removed. Read-only, most ready-made attacks fail at "
        "their first download."
    ),
    remedy=(
        "Run with `--read-only` and give each path that must be written a tmpfs with a size, "
        "`--tmpfs /tmp:rw,noexec,nosuid,size=64m`, or a volume."
    ),
    citations=(cis("5.13"), owasp("D09"), nist("4.4.3"), cwe(732)),
    checklist="Read-only filesystem",
)

DROPPED_CAPABILITIES = Practice(
    id="dropped-capabilities",
    chapter=Chapter.RUNTIME,
    statement="All capabilities are dropped, and only those that are needed are added.",
    why=(
        "Docker leaves a container fourteen capabilities of root, among them making raw packets "
        "and changing any file's owner. An attacker in the container has every one that the "
        "application never needed."
    ),
    remedy=(
        "Run with `--cap-drop=ALL` and add back by name what fails without it, for a port under "
        "1024 `--cap-add=NET_BIND_SERVICE`."
    ),
    citations=(cis("5.4"), owasp("D04"), nist("4.4.3"), cwe(250)),
    checklist="Capabilities dropped",
)

NO_NEW_PRIVILEGES = Practice(
    id="no-new-privileges",
    chapter=Chapter.RUNTIME,
    statement=(
        "The container cannot gain privileges: `no-new-privileges` is set, it is not privileged, "
        "and seccomp and the security module stay on."
    ),
    why=(
        "One setuid program is enough to turn a foothold as an ordinary user into root in the "
        "container; a privileged container, or one without seccomp, gives that root the host's "
        "devices and system calls to go on with."
    ),
    remedy=(
        "Run with `--security-opt no-new-privileges:true`, without `--privileged`, and without "
        "`seccomp=unconfined`, `apparmor=unconfined` or `label=disable`."
    ),
    citations=(cis("5.5"), cis("5.22"), cis("5.26"), owasp("D04"), nist("4.4.3"), cwe(250)),
    checklist="Capabilities dropped",
)

LIMITED_MEMORY = Practice(
    id="limited-memory",
    chapter=Chapter.RUNTIME,
    statement="Memory is bounded, and swap with it.",
    why=(
        "One leak, or one request made to cost memory, takes all that the host has; the kernel "
        "then kills processes of its own choice, in other containers too."
    ),
    remedy="Set both to what the service needs: `--memory=512m --memory-swap=512m`.",
    citations=(cis("5.11"), owasp("D07"), nist("4.4.3"), cwe(770)),
    checklist="Resource limits set",
)

LIMITED_CPU = Practice(
    id="limited-cpu",
    chapter=Chapter.RUNTIME,
    statement="CPU time is bounded.",
    why=(
        "An expensive request, an endless loop or a coin miner in one container starves every "
        "other one on the host."
    ),
    remedy="Give the service its share: `--cpus=1.0`.",
    citations=(cis("5.12"), owasp("D07"), nist("4.4.3"), cwe(770)),
    checklist="Resource limits set",
)

LIMITED_PIDS = Practice(
    id="limited-pids",
    chapter=Chapter.RUNTIME,
    statement="The number of processes is bounded.",
    why=(
        "A fork bomb is one line of shell. Without a limit it fills the host's process table, and "
        "nobody can start so much as a shell to stop it."
    ),
    remedy="Set a limit well over the normal number: `--pids-limit=100`.",
    citations=(cis("5.29"), owasp("D07"), nist("4.4.3"), cwe(770)),
    checklist="Resource limits set",
)

LIMITED_FILES = Practice(
    id="limited-files",
    chapter=Chapter.RUNTIME,
    statement="The number of open files is bounded by a ulimit.",
    why=(
        "Engines often allow a container a million open files or more. Whoever opens connections "
        "without end then exhausts the kernel's memory for all containers, not only for his own."
    ),
    remedy="Set a limit that the service can live with: `--ulimit nofile=1024:1024`.",
    citations=(cis("5.19"), owasp("D07"), nist("4.4.3"), cwe(770)),
    checklist="Resource limits set",
)

ISOLATED_FROM_HOST = Practice(
    id="isolated-from-host",
    chapter=Chapter.RUNTIME,
    statement=(
        "No namespace, socket, sensitive path or device of the host is shared with the container."
    ),
    why=(
        "The Docker socket, the host's process namespace or a mount of `/` each turn code in the "
        "container into root on the host in one command, without any exploit."
    ),
    remedy=(
        "Take out `--pid=host`, `--ipc=host`, `--uts=host`, `--network=host`, `--userns=host`, raw "
        "devices, shared mount propagation and binds of host paths; reach the engine, where a "
        "service must, through a proxy that allows only the calls it needs."
    ),
    citations=(
        cis("5.6"),
        cis("5.10"),
        cis("5.16"),
        cis("5.17"),
        cis("5.18"),
        cis("5.20"),
        cis("5.21"),
        cis("5.31"),
        cis("5.32"),
        owasp("D04"),
        nist("4.4.3"),
        cwe(653),
    ),
    checklist="Network isolated",
)

PRACTICES = (
    NON_ROOT_USER,
    READ_ONLY_ROOTFS,
    DROPPED_CAPABILITIES,
    NO_NEW_PRIVILEGES,
    LIMITED_MEMORY,
    LIMITED_CPU,
    LIMITED_PIDS,
    LIMITED_FILES,
    ISOLATED_FROM_HOST,
)
"""The chapter, in the order of the source document."""
