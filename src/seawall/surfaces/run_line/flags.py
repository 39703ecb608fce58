"""The flags of `docker run` and `docker create` (CLI 28), and what `podman run` has besides."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct


class Kind(Enum):
    """What a flag takes and what a repetition does."""

    BOOL = "bool"  # takes a value only after `=`; the last one holds
    STRING = "string"  # the last one holds
    LIST = "list"  # each one adds


class Flag(Struct, frozen=True):
    """One flag: `name` without dashes, `short` its letter or empty, `means` in few words."""

    name: str
    kind: Kind
    short: str
    means: str


# name, short letter, kind, meaning; from `docker run --help` of Docker CLI 28.2
_DOCKER = """
add-host|list||host names with their addresses for /etc/hosts
annotation|list||annotations for the OCI runtime
attach|list|a|streams to attach to
blkio-weight|string||relative weight of block I/O
blkio-weight-device|list||relative weight of block I/O on a device
cap-add|list||capabilities to add
cap-drop|list||capabilities to drop
cgroup-parent|string||parent control group
cgroupns|string||control group namespace
cidfile|string||file that the container's id is written to
cpu-count|string||CPUs on Windows
cpu-percent|string||CPU share on Windows
cpu-period|string||length of a CFS period in microseconds
cpu-quota|string||CPU time within a CFS period in microseconds
cpu-rt-period|string||length of a real-time period in microseconds
cpu-rt-runtime|string||real-time run time in microseconds
cpu-shares|string|c|relative CPU weight
cpus|string||number of CPUs
cpuset-cpus|string||CPUs to run on
cpuset-mems|string||memory nodes to use
detach|bool|d|run in the background
detach-keys|string||keys that detach
device|list||host devices to give
device-cgroup-rule|list||rules for devices in the control group
device-read-bps|list||bound on bytes read per second
device-read-iops|list||bound on reads per second
device-write-bps|list||bound on bytes written per second
device-write-iops|list||bound on writes per second
disable-content-trust|bool||skip image verification
dns|list||DNS servers
dns-option|list||options of the resolver
dns-search|list||domains to search
domainname|string||NIS domain name
entrypoint|string||program instead of the image's entrypoint
env|list|e|environment variables
env-file|list||files of environment variables
expose|list||ports to expose
gpus|list||GPUs to give
group-add|list||further groups of the user
health-cmd|string||command that checks health
health-interval|string||time between health checks
health-retries|string||failures until unhealthy
health-start-interval|string||time between health checks at start
health-start-period|string||time to start before failures count
health-timeout|string||longest time of a health check
help|bool||print usage
hostname|string|h|host name
init|bool||run an init as process 1
interactive|bool|i|keep standard input open
io-maxbandwidth|string||bound on system drive bandwidth on Windows
io-maxiops|string||bound on system drive operations on Windows
ip|string||IPv4 address
ip6|string||IPv6 address
ipc|string||IPC namespace
isolation|string||isolation technology on Windows
kernel-memory|string||bound on kernel memory
label|list|l|labels
label-file|list||files of labels
link|list||links to other containers
link-local-ip|list||link-local addresses
log-driver|string||logging driver
log-opt|list||options of the logging driver
mac-address|string||MAC address
memory|string|m|bound on memory
memory-reservation|string||soft bound on memory
memory-swap|string||bound on memory and swap together
memory-swappiness|string||tendency to swap
mount|list||mounts in long form
name|string||name of the container
network|list||networks to join
network-alias|list||names in the network
no-healthcheck|bool||disable the image's health check
oom-kill-disable|bool||spare it from the OOM killer
oom-score-adj|string||preference of the OOM killer
pid|string||PID namespace
pids-limit|string||bound on processes
platform|string||platform of the image
privileged|bool||all privileges
publish|list|p|ports to publish
publish-all|bool|P|publish every exposed port
pull|string||when to pull the image
quiet|bool|q|no progress of the pull
read-only|bool||read-only root file system
restart|string||restart policy
rm|bool||remove the container when it exits
runtime|string||OCI runtime
security-opt|list||security options
shm-size|string||size of /dev/shm
sig-proxy|bool||pass signals on
stop-signal|string||signal that stops it
stop-timeout|string||seconds to stop
storage-opt|list||options of the storage driver
sysctl|list||kernel parameters
tmpfs|list||tmpfs mounts
tty|bool|t|allocate a terminal
ulimit|list||resource limits
use-api-socket|bool||give it the engine's socket and registry credentials
user|string|u|user and group
userns|string||user namespace
uts|string||UTS namespace
volume|list|v|bind mounts and volumes
volume-driver|string||driver of volumes
volumes-from|list||containers to take mounts from
workdir|string|w|working directory
"""

# What podman-run(1) of Podman 5 has and Docker has not.
_PODMAN = """
arch|string||architecture of the image
authfile|string||file of registry credentials
cert-dir|string||directory of registry certificates
cgroup-conf|list||control group settings
cgroups|string||control groups to make
chrootdirs|list||directories to treat as roots
conmon-pidfile|string||file for the monitor's process id
creds|string||registry credentials
decryption-key|list||keys to decrypt images
env-host|bool||pass the host's environment
env-merge|list||variables made of the image's
gidmap|list||map of group ids
group-entry|string||line for /etc/group
health-log-destination|string||where health checks are logged
health-max-log-count|string||health checks kept in the log
health-max-log-size|string||length of a health check's log
health-on-failure|string||what an unhealthy container causes
health-startup-cmd|string||command that checks the start
health-startup-interval|string||time between checks of the start
health-startup-retries|string||failures until the start failed
health-startup-success|string||successes until started
health-startup-timeout|string||longest time of a check of the start
hostuser|list||host users to add
hosts-file|string||base of /etc/hosts
http-proxy|bool||pass proxy settings
image-volume|string||what to do with the image's volumes
init-ctr|string||kind of init container in a pod
init-path|string||program of the init
no-hostname|bool||leave /etc/hostname alone
no-hosts|bool||leave /etc/hosts alone
os|string||operating system of the image
passwd|bool||add entries to /etc/passwd
passwd-entry|string||line for /etc/passwd
personality|string||execution domain
pidfile|string||file for the process id
pod|string||pod to run in
pod-id-file|string||file with the pod's id
preserve-fd|list||file descriptors to pass
preserve-fds|string||count of file descriptors to pass
rdt-class|string||class of cache and memory bandwidth
read-only-tmpfs|bool||tmpfs on usual paths of a read-only root
replace|bool||remove a container of the same name first
requires|list||containers to start first
retry|string||attempts to pull
retry-delay|string||time between attempts
rmi|bool||remove the image afterwards
rootfs|bool||the argument is a root file system, no image
sdnotify|string||how systemd is told
seccomp-policy|string||where the seccomp profile comes from
secret|list||secrets to give
subgidname|string||name in /etc/subgid
subuidname|string||name in /etc/subuid
systemd|string||systemd mode
timeout|string||seconds until it is killed
tls-verify|bool||check registry certificates
tz|string||time zone
uidmap|list||map of user ids
umask|string||umask
unsetenv|list||image variables to leave out
unsetenv-all|bool||leave out all image variables
variant|string||variant of the architecture
"""

# Old names that still work and no help shows.
_HIDDEN = {
    "net": "network",
    "net-alias": "network-alias",
    "dns-opt": "dns-option",
}

# Before the verb: `docker --host tcp://x run …`.
_DOCKER_GLOBAL = """
config|string||directory of the client's settings
context|string|c|context to use
debug|bool|D|debug mode
host|list|H|daemon to talk to
log-level|string|l|level of the client's log
tls|bool||use TLS
tlscacert|string||authority to trust
tlscert|string||client certificate
tlskey|string||client key
tlsverify|bool||use TLS and verify the daemon
version|bool|v|print the version
help|bool||print usage
"""

_PODMAN_GLOBAL = """
cdi-spec-dir|list||directories of device specs
cgroup-manager|string||manager of control groups
conmon|string||monitor program
connection|string|c|remote connection
events-backend|string||where events go
help|bool||print usage
hooks-dir|list||directories of OCI hooks
identity|string||key of the remote connection
imagestore|string||directory of images
log-level|string||level of the log
module|list||further settings
network-cmd-path|string||helper of rootless networks
network-config-dir|string||directory of networks
out|string||file for the output
remote|bool|r|use a remote service
root|string||directory of data
runroot|string||directory of state
runtime|string||OCI runtime
runtime-flag|list||flags of the runtime
ssh|string||ssh client
storage-driver|string||storage driver
storage-opt|list||options of the storage driver
syslog|bool||log to syslog
tmpdir|string||directory of temporary files
transient-store|bool||keep no state over a boot
url|string||address of the remote service
version|bool|v|print the version
volumepath|string||directory of volumes
"""


class Table(Struct, frozen=True):
    """The flags that one command knows, by name and by letter."""

    by_name: dict[str, Flag]
    by_letter: dict[str, Flag]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, old ones included."""
        return tuple(self.by_name)


def _flags(text: str) -> list[Flag]:
    rows = (line.split("|", 3) for line in text.split("\n") if line)
    return [Flag(name, Kind(kind), short, means) for name, kind, short, means in rows]


def _table(*texts: str, hidden: dict[str, str] | None = None) -> Table:
    flags = [flag for text in texts for flag in _flags(text)]
    by_name = {flag.name: flag for flag in flags}
    for old, new in (hidden or {}).items():
        by_name[old] = by_name[new]
    return Table(by_name, {flag.short: flag for flag in flags if flag.short})


RUN = {
    "docker": _table(_DOCKER, hidden=_HIDDEN),
    "podman": _table(_DOCKER, _PODMAN, hidden=_HIDDEN),
}
"""The flags after `run`, by program."""

ONLY_RUN = frozenset({"detach", "detach-keys", "sig-proxy"})
"""Those that `docker create` has not."""


def _without(table: Table, names: frozenset[str]) -> Table:
    return Table(
        {name: flag for name, flag in table.by_name.items() if name not in names},
        {short: flag for short, flag in table.by_letter.items() if flag.name not in names},
    )


CREATE = {"docker": _without(RUN["docker"], ONLY_RUN), "podman": RUN["podman"]}
"""The flags after `create`."""

GLOBAL = {"docker": _table(_DOCKER_GLOBAL), "podman": _table(_PODMAN_GLOBAL)}
"""The flags before the verb, by program."""
