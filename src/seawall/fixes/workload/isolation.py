"""What a container shares with its host, taken out: namespaces, groups, devices, settings."""

from __future__ import annotations

from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.model import Context, Example, Fixer, RunLine, Service
from seawall.fixes.run_line.command import command_of
from seawall.fixes.workload.confinement import both, taking_out
from seawall.fixes.workload.knowledge import known_of
from seawall.fixes.workload.writers import combined, put, source_of, taken_out, workload_of

Subject = Service | RunLine


def _service(*lines: str) -> str:
    return "services:\n  web:\n    image: nginx:1.28.0\n" + "".join(
        f"    {line}\n" for line in lines
    )


def _host_network(subject: Subject, hit: Hit, context: Context) -> Fix | None:
    """Out, with the ports that the image is known to serve published in its place."""
    workload = workload_of(subject, hit)
    out = taken_out(subject, hit)
    if workload is None or not out or not hit.symbol.endswith("network_mode"):
        return None
    known = known_of(workload, context)
    numbers = [] if workload.ports else [f"{port}:{port}" for port in known.needs.ports]
    lines = numbers or ["8080:8080"]
    proposal = "ports:\n" + "".join(f'  - "{each}"  # each port that it serves\n' for each in lines)
    new: tuple[Edit, ...] = ()
    if numbers and isinstance(subject, RunLine):
        command = command_of(subject)
        new = command.inserted(f"--publish={each}" for each in numbers) if command else ()
    elif numbers and not isinstance(subject, RunLine):
        new = put(subject, hit, workload, {"ports": list(numbers)})
    edits = combined(source_of(hit, workload).text, out, new)
    if not edits:
        return None
    return Fix(Safety.GUIDED, "Leave the host's network", edits, proposal=proposal)


FIXERS = (
    Fixer(
        id="own-namespace",
        title="A namespace of the container's own",
        rules=("host-ipc", "host-namespace"),
        safety=Safety.UNSAFE,
        writes="Nothing: the line that shares the host's is taken out, and Docker's default is a "
        "namespace of the container's own.",
        breaks="Programs that talk to the host's by shared memory, or read its control groups. "
        "Shared memory is 64 MB then: set `shm_size` where a browser or database needs more.",
        on=taking_out("Take out the host's namespace"),
        examples=(
            Example(_service("ipc: host", "restart: always"), _service("restart: always")),
            Example(
                "docker run --uts=host --name web nginx:1.28.0",
                "docker run --name web nginx:1.28.0",
            ),
        ),
    ),
    Fixer(
        id="own-processes",
        title="Processes of the container's own",
        rules=("host-pid",),
        safety=Safety.GUIDED,
        writes="Nothing: `pid: host` is taken out where a person asks for it, since what shares "
        "the host's processes mostly does so to watch them.",
        breaks="Monitors and debuggers see only their own container.",
        on=taking_out("Take out the host's processes", Safety.GUIDED),
        examples=(Example(_service("pid: host"), _service()),),
    ),
    Fixer(
        id="own-network",
        title="A network of the container's own",
        rules=("host-network",),
        safety=Safety.GUIDED,
        writes="`network_mode: host` is taken out, and the ports that the image is known to serve "
        "are published in its place. Which others there are only a person knows.",
        breaks="Ports that are not published are no longer reached; discovery by broadcast and "
        "multicast ends at the container's network; it sees no addresses of clients behind the "
        "engine's proxy.",
        on=both(_host_network),
        examples=(
            Example(_service("network_mode: host"), _service("ports:", '  - "80:80"')),
            Example(
                "docker run --net=host acme/app:1.2.3",
                "docker run acme/app:1.2.3",
            ),
        ),
    ),
    Fixer(
        id="drop-host-group",
        title="No powerful group of the host",
        rules=("host-group",),
        safety=Safety.UNSAFE,
        writes="Nothing: the group is taken out of `group_add`.",
        breaks="Files of the host that only this group may open are closed to it.",
        on=taking_out("Take out the group"),
        examples=(
            Example(
                _service("group_add:", "  - root", "  - video"), _service("group_add:", "  - video")
            ),
            Example(
                "docker run --group-add docker acme/app:1.2.3",
                "docker run acme/app:1.2.3",
            ),
        ),
    ),
    Fixer(
        id="drop-sysctl",
        title="No kernel setting that opens the network or the host",
        rules=("unsafe-sysctl",),
        safety=Safety.UNSAFE,
        writes="Nothing: the setting is taken out, and the kernel's default holds.",
        breaks="What relied on it: traffic to 127.0.0.1 from outside, routes by the sender.",
        on=taking_out("Take out the kernel setting"),
        examples=(
            Example(
                _service(
                    "sysctls:", "  net.ipv4.conf.all.route_localnet: 1", "  kernel.shmmax: 1024"
                ),
                _service("sysctls:", "  kernel.shmmax: 1024"),
            ),
            Example(
                "docker run --sysctl net.ipv4.conf.all.accept_source_route=1 nginx:1.28.0",
                "docker run nginx:1.28.0",
            ),
        ),
    ),
    Fixer(
        id="drop-device",
        title="No disk, memory or device class of the host",
        rules=("host-device", "device-cgroup-wildcard"),
        safety=Safety.GUIDED,
        writes="The device, or the rule for all devices, is taken out where a person asks for it; "
        "the one device that the program needs is to be named by its own path.",
        breaks="The program no longer opens the device: `No such file or directory`.",
        on=taking_out("Take out the device", Safety.GUIDED),
        examples=(
            Example(_service("device_cgroup_rules: ['a *:* rwm']"), _service()),
            Example("docker run --device /dev/nvme0n1 acme/app:1.2.3", "docker run acme/app:1.2.3"),
        ),
    ),
    Fixer(
        id="drop-hook-rights",
        title="No lifecycle hook with more rights than its container",
        rules=("privileged-hook",),
        safety=Safety.UNSAFE,
        writes="Nothing: `privileged` or `user` is taken out of the hook.",
        breaks="A hook that needs root fails: do its work in the image's build.",
        on=taking_out("Run the hook with the container's own rights"),
        examples=(
            Example(
                _service("post_start:", "  - command: ./prepare.sh", "    privileged: true"),
                _service("post_start:", "  - command: ./prepare.sh"),
            ),
        ),
    ),
)
