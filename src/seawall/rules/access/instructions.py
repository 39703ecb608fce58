"""What instructions do to modes, accounts and system paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Hit, Profile, Region
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist
from seawall.rules.deferred import again, deferred
from seawall.rules.practices import (
    FILE_PERMISSIONS,
    ISOLATED_FROM_HOST,
    LEAST_PRIVILEGE_FILES,
    NO_SETUID_BINARIES,
    NON_ROOT_USER,
)
from seawall.rules.stages import place_of, weight_in_image
from seawall.rules.text import matches_in
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.image.model import Image
from seawall.surfaces.shell import Command, ShellWord

_OCTAL = Expression(r"[0-7]{3,5}\Z")
_SYMBOLIC = Expression(r"([ugoa]*)([+=-])([rwxXst]*)")


def is_world_writable(mode: str) -> bool:
    """Whether a chmod mode lets everyone write and no sticky bit guards (1777 is /tmp's)."""
    if _OCTAL.match(mode):
        bits = int(mode, 8)
        return bool(bits & 0o002) and not bits & 0o1000
    if any("t" in rights for _, op, rights in _SYMBOLIC.findall(mode) if op != "-"):
        return False
    return any(
        op != "-" and "w" in rights and bool({"o", "a"} & set(who))
        for who, op, rights in _SYMBOLIC.findall(mode)
    )


def sets_id(mode: str) -> bool:
    """Whether a chmod mode sets the setuid bit, or setgid on what is no directory."""
    if _OCTAL.match(mode):
        return bool(int(mode, 8) & 0o4000)
    return any(
        op != "-" and "s" in rights and (not who or bool({"u", "a"} & set(who)))
        for who, op, rights in _SYMBOLIC.findall(mode)
    )


def _modes(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, Command, ShellWord, str]]:
    """Each mode given to chmod, `install -m` and `mkdir -m`, with instruction and command."""
    for instruction, command in dockerfile.commands("chmod"):
        mode = next(command.operands(), None)
        if mode is not None and mode.literal is not None:
            yield instruction, command, mode, mode.literal
    for instruction, command in dockerfile.commands("install", "mkdir"):
        for mode in command.option_values("-m", "--mode"):
            if mode.literal is not None:
                yield instruction, command, mode, mode.literal


def _copied_modes(dockerfile: Dockerfile) -> Iterator[Hit]:
    for instruction in dockerfile.of("COPY", "ADD"):
        flag = instruction.flag("chmod")
        if flag and flag.value and is_world_writable(flag.value):
            yield Hit(
                flag,
                f"{instruction.keyword} makes the files writable by every user",
                place_of(dockerfile, instruction, f"{instruction.keyword} --chmod"),
                label="writable by everyone",
                weaker=weight_in_image(dockerfile, instruction),
            )


def _world_writable(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, command, mode, text in _modes(dockerfile):
        if is_world_writable(text) and not _is_removed(dockerfile, instruction, command):
            yield Hit(
                mode,
                f"mode {text} lets every user of the container write",
                place_of(dockerfile, instruction, f"chmod {text}"),
                label="writable by everyone",
                weaker=weight_in_image(dockerfile, instruction),
            )
    yield from _copied_modes(dockerfile)


def _is_removed(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> bool:
    """Whether the same step later deletes all that a command names: then no layer holds it."""
    targets = [word.text for word in command.operands()][1:]
    removed = {
        word.text
        for step, removal in dockerfile.commands("rm", "rmdir")
        if step is instruction and removal.start > command.start
        for word in removal.operands()
    }
    return bool(targets) and removed.issuperset(targets)


def _setuid(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    for instruction, _, mode, text in _modes(dockerfile):
        if sets_id(text):
            yield Hit(
                mode,
                f"mode {text} sets the setuid bit: the program runs as its owner, whoever calls it",
                place_of(dockerfile, instruction, f"chmod {text}"),
                label="setuid",
                weaker=weight_in_image(dockerfile, instruction),
            )


def _setuid_kept(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    if stage is None or stage.root_base.known == "scratch" or _strips_setuid(dockerfile):
        return
    yield Hit(
        stage.source,
        "the base image's setuid programs (su, mount, passwd, …) are kept",
        f"stage {stage.label}/setuid",
        label="brings setuid programs",
    )


def _strips_setuid(dockerfile: Dockerfile) -> bool:
    return any(
        _is_setuid_search(command.literals) and "chmod" in command.literals
        for _, command in dockerfile.commands("find")
    )


def _is_setuid_search(arguments: tuple[str, ...]) -> bool:
    return "-perm" in arguments and any(
        re.fullmatch(r"[-/+](6000|4000|u=?s.*|\+?u\+s.*|[ug]=s,?.*)", word) for word in arguments
    )


def _sudo(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    if "sudo" not in dockerfile.source.text and "doas" not in dockerfile.source.text:
        return
    for instruction, command in dockerfile.commands("sudo", "doas"):
        yield Hit(
            command.words[0],
            f"{command.name} in a build step: RUN already has the privilege of its USER",
            place_of(dockerfile, instruction, command.name),
            label="needless",
            weaker=weight_in_image(dockerfile, instruction),
        )
    for instruction in dockerfile.of("ENTRYPOINT", "CMD"):
        script = dockerfile.script_of(instruction)
        for command in script.commands if script else ():
            if command.name in {"sudo", "doas"}:
                yield Hit(
                    command.words[0],
                    f"the container starts its process through {command.name}",
                    place_of(dockerfile, instruction, command.name),
                    label="becomes root at start",
                )


_CALLED = (
    r"(?:^(?:run|cmd|entrypoint)\b(?: --\S+)*|[;&|({\[`]|\b(?:then|do|else|env|exec))"
    r"[\s\"\[]*(?:\w+=\S*\s+)*(?:sudo|doas)\b"
)
"""An instruction that calls one of them, and does not merely install it."""

_WITHOUT_PASSWORD = Expression(
    r"NOPASSWD\b(?P<what>\s*:\s*(?:(?:NO)?[A-Z]+:\s*)*(?P<named>/[^\s\"',]+))?"
)


def _passwordless_sudo(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, match in matches_in(dockerfile, _WITHOUT_PASSWORD, ("nopasswd",)):
        named = match["named"]
        yield Hit(
            Region(match.start(), match.start() + len("NOPASSWD")),
            f"a user may run {named} as root with sudo and no password"
            if named
            else "a user may become root with sudo and no password: USER protects nothing",
            place_of(dockerfile, instruction, "NOPASSWD"),
            label="root for the asking",
            weaker=weight_in_image(dockerfile, instruction)
            or ("only programs that are named may be run" if named else ""),
        )


SYSTEM_PATH = Expression(r"/(proc|sys|dev|boot|etc|usr|bin|sbin|lib(64)?|root|var/run|run)/?\Z")
"""Paths over which a host's own directory changes the system."""


def _system_volume(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    for setting in stage.volumes if stage else ():
        path = setting.value.known or ""
        if stage and (path.endswith("docker.sock") or SYSTEM_PATH.match(path)):
            yield Hit(
                setting,
                f"VOLUME {path} invites a mount of the host's own over a system path",
                f"stage {stage.label}/VOLUME {path}",
                label="a system path",
            )


KERNEL_PATH = re.compile(r"/(proc|sys|dev)(/|\Z)")
"""Paths of the kernel's own file systems."""


def _system_workdir(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction in dockerfile.of("WORKDIR"):
        path = instruction.text.strip().strip("\"'")
        if KERNEL_PATH.match(path):
            yield Hit(
                instruction,
                f"WORKDIR {path} is the kernel's, not the image's: what is written there is lost "
                "or changes the host",
                place_of(dockerfile, instruction, f"WORKDIR {path}"),
                label="a kernel path",
            )


def _whole_filesystem(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction in dockerfile.of("COPY"):
        origin = instruction.flag("from")
        words = [word.text for word in instruction.arguments]
        stage = dockerfile.stage_of(instruction)
        parent = stage.parent or stage.root_base.known if stage else None
        if origin and words == ["/", "/"] and parent != "scratch":
            yield Hit(
                instruction,
                f"copies the whole filesystem of {origin.value} over this stage's",
                place_of(dockerfile, instruction, f"COPY --from={origin.value} /"),
                label="every file, also setuid programs and package databases",
                weaker=weight_in_image(dockerfile, instruction),
            )


def _run_user_owns(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    stage = dockerfile.target
    user = (stage.user.value.known or "").partition(":")[0] if stage and stage.user else ""
    if stage is None or user in {"", "0", "root"}:
        return
    in_image = {member.index for member in stage.lineage}
    for instruction in dockerfile.of("COPY", "ADD"):
        owner, mode = instruction.flag("chown"), instruction.flag("chmod")
        is_user = owner is not None and (owner.value or "").partition(":")[0] == user
        if owner and is_user and mode is None and instruction.stage in in_image:
            yield Hit(
                owner,
                f"the files belong to {user}, the user that the container runs as: "
                "whoever takes the process over can rewrite its program",
                place_of(dockerfile, instruction, f"{instruction.keyword} --chown"),
                label="writable by the running process",
            )


_TAKEN = Risk(Needs.FOOTHOLD, Gains.PRIVILEGE)

RULES = (
    Rule(
        id="world-writable",
        title="Files that every user may write",
        practice=FILE_PERMISSIONS,
        risk=_TAKEN,
        told_by=("chmod", "install", "mkdir"),
        on={Dockerfile: _world_writable, Image: deferred("access.modes_in_image:world_writable")},
        bad=(
            "FROM debian:12.5\nRUN chmod -R 777 /app\n",
            "FROM debian:12.5\nRUN chmod a+rwx /data && true\n",
            "FROM debian:12.5\nCOPY --chmod=0777 run.sh /run.sh\n",
            "FROM debian:12.5\nRUN install -d -m 0777 /data\n",
            "FROM debian:12.5\nRUN rm -rf /data && mkdir /data && chmod 777 /data\n",
            "=== image\nFROM debian:12\nRUN mkdir -m 777 /srv/shared\n"
            "  drwxrwxrwx 0:0 srv/shared open-directory\n",
        ),
        good=(
            "FROM debian:12.5\nRUN chmod 1777 /tmp && chmod 755 /app\n",
            "FROM debian:12.5\nRUN chmod o-w /app && chmod g+w /data && chmod +w x\n",
            "FROM debian:12.5\nCOPY --chmod=755 run.sh /run.sh\n",
            "FROM debian:12.5\nRUN echo chmod 777 /app\n",
            'FROM debian:12.5\nRUN d="$(mktemp -d)" && chmod 777 "$d" && make && rm -rf "$d"\n',
            "=== image\nFROM debian:12\n  -rw-rw-rw- 0:0 tmp/x world-writable\n",
        ),
        remedy="Directories and programs 755, files 644; give what must be written to one user.",
        citations=(*FILE_PERMISSIONS.citations, cwe(732)),
    ),
    Rule(
        id="setuid-bit",
        title="A setuid bit is set",
        practice=NO_SETUID_BINARIES,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        told_by=("chmod", "install", "mkdir"),
        on={Dockerfile: _setuid, Image: deferred("access.programs_in_image:lending_programs")},
        aliases=("dockle:CIS-DI-0008",),
        bad=(
            "FROM debian:12.5\nRUN chmod u+s /usr/bin/tool\n",
            "FROM debian:12.5\nRUN install -m 4755 tool /usr/bin/tool\n",
            "=== image\nFROM debian:12\nRUN cp /bin/bash /usr/local/bin/rootbash\n"
            "  -rwsr-xr-x 0:0 usr/local/bin/rootbash setuid\n",
            "=== image\nFROM debian:12\n  owns vim usr/bin/vim\n"
            "  -rwsr-xr-x 0:0 usr/bin/vim setuid\n",
            "=== image\nFROM debian:12\nRUN setcap cap_setuid=ep /usr/bin/tool\n"
            "  -rwxr-xr-x 0:0 usr/bin/tool capabilities cap_setuid=ep\n",
        ),
        good=(
            "FROM debian:12.5\nRUN chmod u-s /bin/su && chmod a-s /bin/mount\n",
            "FROM debian:12.5\nRUN chmod 2775 /srv/shared && chmod g+s /srv/shared\n",
            "FROM debian:12.5\nRUN chmod 0755 /usr/bin/tool\n",
            "=== image\nFROM debian:12\n  -rwsr-xr-x 0:0 usr/bin/passwd setuid\n",
            "=== image\nFROM caddy:2\n"
            "  -rwxr-xr-x 0:0 usr/bin/caddy capabilities cap_net_bind_service=ep\n",
        ),
        remedy="Leave the bit off; give the one capability that the program needs instead "
        "(`--cap-add` at run time).",
    ),
    Rule(
        id="setuid-kept",
        title="The base image's setuid programs are kept",
        practice=NO_SETUID_BINARIES,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        profile=Profile.STRICT,
        on={Dockerfile: _setuid_kept, Image: deferred("access.programs_in_image:usual_programs")},
        aliases=("dockle:CIS-DI-0008",),
        bad=(
            "FROM debian:12.5\nRUN true\n",
            "=== image\nFROM debian:12\n  -rwsr-xr-x 0:0 usr/bin/passwd setuid\n",
        ),
        good=(
            "FROM debian:12.5\n"
            "RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} \\; || true\n",
            "FROM debian:12.5\nRUN find / -perm +6000 -type f -exec chmod a-s {} +\n",
            "FROM scratch\nCOPY app /app\n",
            "=== image\nFROM debian:12\n  -rwxr-xr-x 0:0 usr/bin/passwd other\n",
        ),
        remedy="`RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +`, or run with "
        "no-new-privileges, which makes the bits powerless.",
    ),
    Rule(
        id="sudo",
        title="sudo in the image's build or start",
        practice=NON_ROOT_USER,
        risk=_TAKEN,
        told_by=("sudo", "doas"),
        on={Dockerfile: _sudo, Image: again(_sudo, _CALLED)},
        bad=(
            "FROM debian:12.5\nRUN sudo apt-get update\n",
            "FROM debian:12.5\nRUN set -e; cd /x && sudo -E make install\n",
            'FROM debian:12.5\nENTRYPOINT ["sudo", "/start.sh"]\n',
            "=== image\nFROM debian:12\nRUN sudo apt-get update\n",
        ),
        good=(
            "FROM debian:12.5\nRUN echo sudo apt-get\n",
            "FROM debian:12.5\nRUN true\n",
            "FROM debian:12.5\nRUN sed -i s/sudo// /x && cat /etc/sudo.conf\n",
            "=== image\nFROM debian:12\nRUN apt-get install -y sudo\n",
        ),
        aliases=(
            "hadolint:DL3004",
            "trivy:DS-0010",
            "checkov:CKV2_DOCKER_1",
            "kics:Run Using Sudo",
            "dockle:DKL-DI-0001",
        ),
        why="sudo only works if the user may become root: then USER protects nothing, and sudo's "
        "own faults are in the image.",
        remedy="Do what needs root before the USER line, or between `USER root` and the next USER.",
        citations=(cis("4.1"), nist("4.1.2"), cwe(250)),
    ),
    Rule(
        id="passwordless-sudo",
        title="sudo without a password",
        practice=NON_ROOT_USER,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        told_by=("nopasswd",),
        on={Dockerfile: _passwordless_sudo, Image: again(_passwordless_sudo, "nopasswd")},
        bad=(
            'FROM debian:12.5\nRUN echo "app ALL=(ALL) NOPASSWD:ALL" >> /etc/sudoers\n',
            "FROM debian:12.5\nCOPY <<EOF /etc/sudoers.d/app\napp ALL=(ALL) NOPASSWD: ALL\nEOF\n",
            '=== image\nFROM debian:12\nRUN echo "app ALL=(ALL) NOPASSWD:ALL" >> /etc/sudoers\n',
        ),
        good=(
            "FROM debian:12.5\nRUN useradd app\nUSER app\n",
            "=== image\nFROM debian:12\nRUN useradd app\n",
        ),
        remedy="Remove the entry and sudo with it; do what needs root at build time.",
        citations=(cis("4.1"), nist("4.1.2"), cwe(250)),
    ),
    Rule(
        id="system-volume",
        title="A volume over a system path",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FAULT, Gains.CONTROL),
        told_by=("volume",),
        on={Dockerfile: _system_volume, Image: deferred("access.modes_in_image:system_volumes")},
        bad=(
            "FROM debian:12.5\nVOLUME /var/run/docker.sock\n",
            'FROM debian:12.5\nVOLUME ["/data", "/proc"]\n',
            "=== image\nVOLUME /var/run/docker.sock\nFROM debian:12\n",
        ),
        good=(
            "FROM debian:12.5\nVOLUME /data /var/lib/app\n",
            "FROM debian:12.5\nVOLUME /etc/x\n",
            "=== image\nVOLUME /data\nFROM debian:12\n",
        ),
        aliases=("dockle:DKL-DI-0002",),
    ),
    Rule(
        id="system-workdir",
        title="A working directory that is the kernel's",
        practice=ISOLATED_FROM_HOST,
        risk=Risk(Needs.FAULT, Gains.LESS),
        told_by=("/proc", "/sys", "/dev"),
        on={Dockerfile: _system_workdir, Image: deferred("access.modes_in_image:system_workdir")},
        bad=(
            "FROM debian:12.5\nWORKDIR /proc/self\n",
            "=== image\nWORKDIR /proc/self\nFROM debian:12\n",
        ),
        good=(
            "FROM debian:12.5\nWORKDIR /process\n",
            "FROM debian:12.5\nWORKDIR /app\n",
            "=== image\nWORKDIR /app\nFROM debian:12\n",
        ),
        aliases=("trivy:DS-0030",),
        remedy="Choose a directory of the image's own, such as /app.",
    ),
    Rule(
        id="whole-filesystem-copied",
        title="A whole filesystem is copied from another stage",
        practice=LEAST_PRIVILEGE_FILES,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        told_by=("--from",),
        on={Dockerfile: _whole_filesystem},
        bad=("FROM debian:12.5 AS b\nFROM debian:12.5\nCOPY --from=b / /\n",),
        good=(
            "FROM debian:12.5 AS b\nFROM scratch\nCOPY --from=b / /\n",
            "FROM debian:12.5 AS b\nFROM debian:12.5\nCOPY --from=b /out/ /\n",
        ),
        confidence=Confidence.MEDIUM,
        aliases=("hadolint:DL3067",),
        remedy="Copy the paths that the image needs.",
    ),
    Rule(
        id="run-user-owns-program",
        title="The running user owns what it runs",
        practice=LEAST_PRIVILEGE_FILES,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        profile=Profile.STRICT,
        told_by=("--chown",),
        on={Dockerfile: _run_user_owns},
        bad=("FROM debian:12.5\nCOPY --chown=app:app . /app\nUSER app\n",),
        good=(
            "FROM debian:12.5\nCOPY . /app\nUSER app\n",
            "FROM debian:12.5\nCOPY --chown=app --chmod=550 run.sh /app/\nUSER app\n",
            "FROM debian:12.5\nCOPY --chown=build . /app\nUSER app\n",
        ),
        confidence=Confidence.MEDIUM,
        aliases=("kics:Chown Flag Exists",),
        remedy="Leave --chown away, so that the files are root's and read-only for the process; "
        "give it only the directories that it writes.",
    ),
)
