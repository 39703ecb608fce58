"""From a command line taken apart to the workload that it starts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from seawall.core.errors import InputError
from seawall.surfaces.cell import Cell, Place, State
from seawall.surfaces.image.reference import parse_reference
from seawall.surfaces.run_line import settings
from seawall.surfaces.run_line.argument import Argument, RefusedError
from seawall.surfaces.run_line.command_line import CommandLine, Remark
from seawall.surfaces.run_line.gathered import Gathered
from seawall.surfaces.run_line.mounts import long_mount, tmpfs, volume
from seawall.surfaces.run_line.networks import Networks, lowered
from seawall.surfaces.run_line.ports import exposed, published
from seawall.surfaces.run_line.sizes import cpus, size, size_or_unlimited, whole
from seawall.surfaces.run_line.variable_files import file_variables
from seawall.surfaces.workload import (
    Health,
    Limits,
    Logging,
    Mount,
    Namespaces,
    Origin,
    SecretUse,
    Variable,
    Workload,
)

_HEALTH_FLAGS = (
    "health-cmd",
    "health-interval",
    "health-timeout",
    "health-retries",
    "health-start-period",
    "health-start-interval",
)
API_SOCKET = "/var/run/docker.sock"
"""Where `--use-api-socket` mounts the engine's socket."""
_DEFAULT_NAME = "container"
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")


class Built(Struct, frozen=True):
    """A workload with what Docker would refuse of its line, and what can't be told."""

    workload: Workload
    faults: tuple[Remark, ...]
    gaps: tuple[Remark, ...]


def build(line: CommandLine, directory: str = "") -> Built:
    """The workload of a line.

    `directory` is where it is run: relative paths are taken from there and files that it names
    are read; empty where that is not known.
    """
    return _Builder(line, directory).build()


class _Builder:
    """Builds one workload, group by group."""

    def __init__(self, line: CommandLine, directory: str) -> None:
        self.line = line
        self.directory = directory
        self.given = Gathered(line)

    def build(self) -> Built:
        """The workload; each group of fields is read by a method of its own."""
        line, given = self.line, self.given
        networks = self._networks()
        open_words = () if line.arguments is None else line.arguments
        command = tuple(argument.cell() for argument in open_words) or None
        workload = Workload(
            self._name(),
            Origin.RUN,
            Place(line.words[0].source, line.start, line.end),
            image=self._image(),
            user=given.text("user"),
            groups=given.cells("group-add"),
            privileged=given.truth("privileged"),
            capabilities_added=given.made("cap-add", settings.capability),
            capabilities_dropped=given.made("cap-drop", settings.capability),
            security_options=given.made("security-opt", settings.security_option),
            read_only=given.truth("read-only"),
            mounts=self._mounts(),
            devices=given.made("device", settings.device),
            device_cgroup_rules=given.made("device-cgroup-rule", settings.device_rule),
            namespaces=self._namespaces(networks),
            networks=tuple(networks.uses),
            ports=given.made("publish", published),
            exposed=self._exposed(),
            environment=self._variables("env", "env-file", settings.assigned),
            secrets=tuple(self._secrets()),
            labels=self._variables("label", "label-file", settings.label),
            entrypoint=self._entrypoint(),
            command=command,
            limits=self._limits(),
            logging=self._logging(),
            health=self._health(),
            restart=self._restart(),
            init=given.truth("init"),
            sysctls=_unique(given.made("sysctl", settings.setting)),
            extra_hosts=given.made("add-host", settings.extra_host),
            api_socket=given.truth("use-api-socket"),
            volumes_from=given.cells("volumes-from"),
            links=tuple(link.text for link in given.each("link") if link.is_known),
            publish_all=given.truth("publish-all"),
            runtime=given.text("runtime"),
            gpus=given.cells("gpus"),
            auto_remove=given.truth("rm"),
        )
        return self._built(workload)

    def _built(self, workload: Workload) -> Built:
        gaps = (*self.line.gaps, *self.given.gaps)
        if gaps:
            workload = replace(workload, gaps=tuple(gap.message for gap in gaps))
        return Built(workload, (*self.line.faults, *self.given.faults), gaps)

    def _name(self) -> str:
        """The name given, else the image's last part: what a person would call it."""
        name = self.given.last("name")
        if name is not None and name.text and name.is_known:
            return name.text
        image = self.line.image
        if image is None or not image.is_known or self._is_image_open:
            return _DEFAULT_NAME
        return image.text.rpartition("/")[2].partition("@")[0].partition(":")[0] or _DEFAULT_NAME

    @property
    def _is_image_open(self) -> bool:
        return self.line.arguments is None

    def _image(self) -> Cell[str] | None:
        image = self.line.image
        if image is None:
            return None
        if self._is_image_open:
            return Cell(None, image.place, image.written, State.UNKNOWN)
        if not self.given.is_podman and image.is_known and not _is_image(image.text):
            self.given.refuse(f"invalid reference format: {image.text}", image)
        return image.cell()

    def _resolve(self, path: str) -> str:
        """A host path made absolute where the directory is known; `~` is left to the reader."""
        if path.startswith(".") and self.directory:
            return os.path.normpath(Path(self.directory).absolute() / path)
        return path

    def _mounts(self) -> tuple[Mount, ...]:
        given, is_podman = self.given, self.given.is_podman
        return (
            *given.made("volume", lambda value: volume(value, self._resolve, is_podman)),
            *given.made("mount", lambda value: long_mount(value, self._resolve, is_podman)),
            *given.made("tmpfs", tmpfs),
            *self._socket(),
        )

    def _socket(self) -> Iterator[Mount]:
        socket = self.given.truth("use-api-socket")
        if socket is not None and socket.value:
            yield Mount("bind", API_SOCKET, API_SOCKET, socket.place, via="api_socket")

    def _networks(self) -> Networks:
        arguments, aliases = self.given.each("network"), self.given.each("network-alias")
        networks = Networks()
        try:
            networks.read(arguments, aliases)
        except RefusedError as refusal:
            self.given.refuse(refusal.message, refusal.at)
        return networks

    def _namespaces(self, networks: Networks) -> Namespaces:
        return Namespaces(
            self._namespace("pid"),
            self._namespace("ipc"),
            self._namespace("uts"),
            self._namespace("userns"),
            self._namespace("cgroupns"),
            networks.mode,
        )

    def _namespace(self, name: str) -> Cell[str] | None:
        cell = self.given.text(name)
        return None if cell is None else Cell(lowered(cell), cell.place, cell.written, cell.state)

    def _exposed(self) -> tuple[Cell[str], ...]:
        def checked(argument: Argument) -> Cell[str]:
            exposed(argument)
            return argument.cell()

        return self.given.made("expose", checked)

    def _variables(
        self, name: str, files: str, make: Callable[[Argument], Variable]
    ) -> tuple[Variable, ...]:
        """Those of files first, as Docker has it: what the line says wins."""
        found: list[Variable] = []
        for argument in self.given.each(files):
            try:
                found += file_variables(argument, self.directory, _ORIGINS[files])
            except RefusedError as refusal:
                self.given.refuse(refusal.message, argument)
            except InputError as error:
                self.given.gaps.append(Remark(error.message, argument))
        return _unique((*found, *self.given.made(name, make)))

    def _secrets(self) -> list[SecretUse]:
        """Podman's `--secret NAME[,type=…,target=…]`; those of type env are no files."""
        uses = []
        for argument in self.given.each("secret"):
            name, *fields = argument.split(",")
            options = dict(field.text.partition("=")[::2] for field in fields)
            if options.get("type", "mount") == "mount" and name.is_known:
                target = options.get("target", f"/run/secrets/{name.text}")
                uses.append(
                    SecretUse(
                        "secret",
                        name.text,
                        target,
                        argument.place,
                        is_external=True,
                        mode=options.get("mode", ""),
                    )
                )
        return uses

    def _entrypoint(self) -> tuple[Cell[str], ...] | None:
        """Empty where `--entrypoint ""` takes the image's away."""
        value = self.given.last("entrypoint")
        if value is None:
            return None
        return (value.cell(),) if value.text else ()

    def _limits(self) -> Limits:
        given = self.given
        return Limits(
            memory=given.number("memory", size),
            memory_swap=given.number("memory-swap", size_or_unlimited),
            cpus=self._cpus(),
            cpu_shares=given.number("cpu-shares", whole),
            pids=given.number("pids-limit", whole),
            ulimits=given.made("ulimit", settings.ulimit),
            oom_kill_disable=given.truth("oom-kill-disable"),
            oom_score_adj=given.number("oom-score-adj", whole),
            shm_size=given.number("shm-size", size),
        )

    def _cpus(self) -> Cell[float] | None:
        """`--cpus`, else what `--cpu-quota` within `--cpu-period` comes to."""
        given = self.given
        amount = given.number("cpus", cpus)
        quota = given.number("cpu-quota", whole)
        period = given.number("cpu-period", whole)
        if amount is not None or quota is None:
            return amount
        if quota.value is None or (period is not None and period.value is None):
            return Cell(None, quota.place, quota.written, quota.state)
        length = period.value if period is not None and period.value else _CFS_PERIOD
        return Cell(quota.value / length, quota.place, quota.written)

    def _logging(self) -> Logging | None:
        driver, given = self.given.text("log-driver"), self.given.each("log-opt")
        if driver is None and not given:
            return None
        options: dict[str, Cell[str]] = {}
        for argument in given:
            key, value = argument.halves("=")
            options[key.text.lower()] = (value or argument.part(len(argument.text))).cell()
        if driver is not None and driver.value == "none" and given:
            self.given.refuse("invalid logging opts for driver none", given[0])
        place = driver.place if driver is not None else given[0].place
        return Logging(driver, options, place)

    def _health(self) -> Health | None:
        given = self.given
        disabled = given.truth("no-healthcheck")
        present = [value for name in _HEALTH_FLAGS if (value := given.last(name)) is not None]
        if disabled is not None and disabled.value:
            if present:
                message = "--no-healthcheck conflicts with --health-* options"
                given.refuse(message, present[0])
            return Health(disabled.place, is_disabled=True)
        if not present:
            return None
        command = given.last("health-cmd")
        return Health(
            present[0].place,
            test=() if command is None or not command.text else _shell_test(command),
            interval=given.number("health-interval", settings.duration),
            timeout=given.number("health-timeout", settings.duration),
            retries=given.number("health-retries", whole),
            start_period=given.number("health-start-period", settings.duration),
        )

    def _restart(self) -> Cell[str] | None:
        given = self.given
        policy = given.number("restart", settings.policy)
        remove, argument = given.truth("rm"), given.last("restart")
        if policy is None or argument is None or not argument.text:
            return None
        if remove is not None and remove.value and policy.value not in {None, "no"}:
            given.refuse("conflicting options: cannot specify both --restart and --rm", argument)
        return policy


def _is_image(text: str) -> bool:
    return _IDENTIFIER.fullmatch(text) is not None or parse_reference(text) is not None


def _shell_test(command: Argument) -> tuple[Cell[str], ...]:
    """As the engine has it: the shell runs it."""
    return (Cell("CMD-SHELL", command.place, command.written), command.cell())


_CFS_PERIOD = 100_000
_ORIGINS = {"env-file": "env_file", "label-file": "label_file"}


def _unique(variables: tuple[Variable, ...]) -> tuple[Variable, ...]:
    """Of variables with one name the last."""
    named = {variable.name: variable for variable in variables if variable.name}
    return (*named.values(), *(variable for variable in variables if not variable.name))
