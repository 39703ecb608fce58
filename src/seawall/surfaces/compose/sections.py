"""The nested parts of a service: health check, logging, limits, build, hooks, devices, secrets."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping as Variables

from msgspec import structs

from seawall.surfaces.cell import Cell, State
from seawall.surfaces.compose.cells import (
    boolean_cell,
    bytes_cell,
    integer_cell,
    number_cell,
    pairs,
    text_cell,
    text_cells,
)
from seawall.surfaces.compose.interpolation import MARK, with_names
from seawall.surfaces.compose.journal import Journal
from seawall.surfaces.compose.model import Secret
from seawall.surfaces.compose.resolver import text_of
from seawall.surfaces.compose.yaml_tree import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    is_null,
    place_of,
)
from seawall.surfaces.workload import (
    Build,
    Device,
    Health,
    Hook,
    Limits,
    Logging,
    Namespaces,
    NetworkUse,
    SecretUse,
    Ulimit,
    Variable,
)

_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://|git@|github\.com/|(?:docker-image|target|service):")
_DEFAULT_PERIOD = 100_000


def within(node: Node | None, *path: str) -> Node | None:
    """The node at a path of keys below another."""
    for key in path:
        node = node.get(key) if type(node) is Mapping else None
    return node


def items_of(node: Node | None) -> list[Node]:
    """The items of a list; nothing for anything else."""
    return node.items if type(node) is Sequence else []


def text_at(node: Node | None, key: str) -> str:
    """The text under a key; empty where there is none."""
    value = within(node, key)
    return text_of(value) if type(value) is Scalar else ""


def read_health(node: Node | None) -> Health | None:
    """`healthcheck`, the test as Compose spells it out."""
    if type(node) is not Mapping:
        return None
    test = _test(node.get("test"))
    disabled = boolean_cell(node.get("disable"))
    is_none = bool(test) and test[0].value == "NONE"
    return Health(
        place_of(node),
        test,
        is_none or (disabled is not None and disabled.value is True),
        text_cell(node.get("interval")),
        text_cell(node.get("timeout")),
        integer_cell(node.get("retries")),
        text_cell(node.get("start_period")),
    )


def _test(node: Node | None) -> tuple[Cell[str], ...]:
    cells = text_cells(node)
    if type(node) is Sequence or not cells or cells[0].value == "NONE":
        return cells
    return Cell("CMD-SHELL", cells[0].place, ""), cells[0]


def read_logging(node: Node | None) -> Logging | None:
    """`logging`."""
    if type(node) is not Mapping:
        return None
    cells = ((key, text_cell(value)) for key, (_, value) in pairs(node.get("options")).items())
    options = {key.lower(): cell for key, cell in cells if cell is not None}
    return Logging(text_cell(node.get("driver")), options, place_of(node))


def read_limits(service: Mapping) -> Limits:
    """The bounds on memory, CPU, processes and files, `deploy` before the older fields."""
    get = service.get
    limits = within(service.get("deploy"), "resources", "limits")
    return Limits(
        bytes_cell(within(limits, "memory")) or bytes_cell(get("mem_limit")),
        bytes_cell(get("memswap_limit")),
        number_cell(within(limits, "cpus")) or number_cell(get("cpus")) or _quota(service),
        integer_cell(get("cpu_shares")),
        integer_cell(within(limits, "pids")) or integer_cell(get("pids_limit")),
        _ulimits(get("ulimits")),
        boolean_cell(get("oom_kill_disable")),
        integer_cell(get("oom_score_adj")),
    )


def _quota(service: Mapping) -> Cell[float] | None:
    quota, period = number_cell(service.get("cpu_quota")), number_cell(service.get("cpu_period"))
    if quota is None or quota.value is None or quota.value <= 0:
        return None
    length = period.value if period is not None and period.value else _DEFAULT_PERIOD
    return structs.replace(quota, value=quota.value / length)


def _ulimits(node: Node | None) -> tuple[Ulimit, ...]:
    entries = node.entries if type(node) is Mapping else {}
    limits = (_ulimit(name, value) for name, (_, value) in entries.items())
    return tuple(limit for limit in limits if limit is not None)


def _ulimit(name: str, node: Node) -> Ulimit | None:
    single = integer_cell(node)
    soft = single or integer_cell(within(node, "soft"))
    hard = single or integer_cell(within(node, "hard"))
    if soft is None or hard is None or soft.value is None or hard.value is None:
        return None
    return Ulimit(name, soft.value, hard.value, place_of(node))


def read_namespaces(service: Mapping) -> Namespaces:
    """Whose namespaces the container shares."""
    get = service.get
    return Namespaces(
        _lower(get("pid")),
        _lower(get("ipc")),
        _lower(get("uts")),
        _lower(get("userns_mode")),
        _lower(get("cgroup")),
        _lower(get("network_mode")),
    )


def _lower(node: Node | None) -> Cell[str] | None:
    cell = text_cell(node)
    if cell is None or cell.value is None or cell.value.islower():
        return cell
    return structs.replace(cell, value=cell.value.lower())


def read_variables(node: Node | None, variables: Variables[str, str]) -> tuple[Variable, ...]:
    """`KEY: value` or `KEY=value`; a name alone takes its value from the environment."""
    return tuple(
        Variable(name, value_cell(key, value, variables), place_of(key))
        for name, (key, value) in pairs(node).items()
    )


def read_labels(node: Node | None) -> tuple[Variable, ...]:
    """Labels or kernel parameters: a name alone has an empty value."""
    return tuple(
        Variable(name, text_cell(value) or Cell("", place_of(key), ""), place_of(key))
        for name, (key, value) in pairs(node).items()
    )


def value_cell(key: Scalar, value: Node, variables: Variables[str, str]) -> Cell[str]:
    """The value of a variable."""
    if type(value) is Scalar and not is_null(value):
        text = text_of(value)
        state = value.state
        return Cell(None if MARK in text else text, place_of(value), value.written, state)
    passed = variables.get(key.text)
    state = State.UNKNOWN if passed is None else State.ENVIRONMENT
    return Cell(passed, place_of(key), "", state)


def read_build(node: Node | None, variables: Variables[str, str]) -> Build | None:
    """`build`; the context's value is absolute, or a URL."""
    if node is None:
        return None
    if type(node) is Scalar:
        return Build(place_of(node), _context(node))
    get = node.get if type(node) is Mapping else lambda _: None
    context = _context(get("context"))
    if context is None:  # Compose takes the project's directory
        context = Cell(node.document.directory, place_of(node), "")
    return Build(
        place_of(node),
        context,
        text_cell(get("dockerfile")),
        text_cell(get("target")),
        read_variables(get("args"), variables),
        text_cell(get("network")),
        boolean_cell(get("privileged")),
        text_cells(get("entitlements")),
        inline=text_cell(get("dockerfile_inline")),
    )


def _context(node: Node | None) -> Cell[str] | None:
    cell = text_cell(node)
    if cell is None or cell.value is None or node is None or _REMOTE.match(cell.value):
        return cell
    path = posixpath.normpath(posixpath.join(node.document.directory, cell.value))
    return structs.replace(cell, value=path)


def read_hooks(service: Mapping) -> tuple[Hook, ...]:
    """`post_start` and `pre_stop`."""
    return tuple(
        Hook(
            when, place_of(item), text_cell(item.get("user")), boolean_cell(item.get("privileged"))
        )
        for when in ("post_start", "pre_stop")
        for item in items_of(service.get(when))
        if type(item) is Mapping
    )


def read_devices(node: Node | None) -> tuple[Device, ...]:
    """`devices` in short and long syntax."""
    devices = (_device(item) for item in items_of(node))
    return tuple(device for device in devices if device is not None)


def _device(item: Node) -> Device | None:
    if type(item) is Scalar:
        host, _, rest = with_names(text_of(item)).partition(":")
        inner, _, permissions = rest.partition(":")
        return Device(host, inner or host, permissions or "rwm", place_of(item))
    host = with_names(text_at(item, "source"))
    inner, permissions = with_names(text_at(item, "target")), text_at(item, "permissions")
    return Device(host, inner or host, permissions or "rwm", place_of(item)) if host else None


def read_networks(service: Mapping, key: Scalar) -> tuple[NetworkUse, ...]:
    """The networks that it joins: the project's default one where it names none and no mode."""
    node = service.get("networks")
    if service.get("network_mode") is not None or service.get("provider") is not None:
        return ()
    if type(node) is Mapping and node.entries:
        return tuple(
            NetworkUse(name, place_of(name_key), _aliases(value))
            for name, (name_key, value) in node.entries.items()
        )
    names = [item for item in items_of(node) if type(item) is Scalar]
    if names:
        return tuple(NetworkUse(name.text, place_of(name)) for name in names)
    return (NetworkUse("default", place_of(key)),)


def _aliases(node: Node) -> tuple[str, ...]:
    return tuple(cell.value for cell in text_cells(within(node, "aliases")) if cell.value)


def read_secrets(
    node: Node | None, kind: str, definitions: dict[str, Secret], journal: Journal
) -> tuple[SecretUse, ...]:
    """`secrets` or `configs` of a service, with what the top level says of each."""
    uses = (_use(item, kind, definitions, journal) for item in items_of(node))
    return tuple(use for use in uses if use is not None)


def _use(
    item: Node, kind: str, definitions: dict[str, Secret], journal: Journal
) -> SecretUse | None:
    name = text_of(item) if type(item) is Scalar else text_at(item, "source")
    if not name:
        return None
    known = definitions.get(name)
    if known is None:
        journal.refuse(f"{kind} '{name}' is not defined", item)
    directory = "/run/secrets/" if kind == "secret" else "/"
    target = text_at(item, "target") or name
    return SecretUse(
        kind,
        name,
        target if target.startswith("/") else directory + target,
        place_of(item),
        None if known is None else known.file,
        _environment_name(known),
        None if known is None else known.content,
        known is not None and known.is_external,
        text_at(item, "mode"),
    )


def _environment_name(known: Secret | None) -> str:
    return (known.environment.value or "") if known is not None and known.environment else ""
