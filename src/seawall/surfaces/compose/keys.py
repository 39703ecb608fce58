"""What makes two items of a list the same when files are merged: the target, the name, the port."""

from __future__ import annotations

from collections.abc import Callable

from seawall.surfaces.compose.resolver import text_of, value_of
from seawall.surfaces.compose.volumes import inner_path, split_volume
from seawall.surfaces.compose.yaml_tree import Mapping, Node, Scalar, Sequence

_ANY_ADDRESS = "0.0.0.0"  # noqa: S104 -- what Compose compares with, not bound
_BY_TEXT = frozenset(
    {
        *("cap_add", "cap_drop", "dns", "dns_opt", "dns_search", "expose", "links", "profiles"),
        *("tmpfs", "label_file"),
    }
)


def entry_key(field: str, item: Node) -> str | None:
    """The identity of an item of a service's list; None where it stays beside every other."""
    if field in _BY_TEXT:
        return text_of(item) if type(item) is Scalar else None
    maker = _MAKERS.get(field)
    return None if maker is None else maker(item)


def _volume(item: Node) -> str | None:
    if type(item) is Scalar:
        return inner_path(split_volume(text_of(item)).target)
    target = _text(item, "target")
    return target if target is None else inner_path(target)


def _device(item: Node) -> str | None:
    if type(item) is Scalar:
        source, _, rest = text_of(item).partition(":")
        return rest.partition(":")[0] or source
    return _text(item, "target")


def _secret(item: Node) -> str | None:
    return _mount(item, "/run/secrets/")


def _config(item: Node) -> str | None:
    return _mount(item, "/")


def _mount(item: Node, directory: str) -> str | None:
    if type(item) is Scalar:
        return directory + item.text
    target = _text(item, "target")
    source = _text(item, "source")
    if target is not None:
        return target
    return None if source is None else directory + source


def _environment_file(item: Node) -> str | None:
    return text_of(item) if type(item) is Scalar else _text(item, "path")


def _port(item: Node) -> str | None:
    if type(item) is Scalar:
        return _short_port(text_of(item))
    target, published = _text(item, "target"), _text(item, "published") or ""
    written = item.get("published") if type(item) is Mapping else None
    if type(written) is Scalar and not isinstance(value_of(written), str):
        published = f"number {published}"  # for Compose, 80 is not "80" here
    host, protocol = _text(item, "host_ip") or _ANY_ADDRESS, _text(item, "protocol") or "tcp"
    return f"{host}:{published}:{target}/{protocol}"


def _short_port(text: str) -> str:
    rest, _, protocol = text.partition("/")
    rest, _, target = rest.rpartition(":")
    host, _, published = rest.rpartition(":")
    return f"{host.strip('[]') or _ANY_ADDRESS}:{published}:{target}/{protocol or 'tcp'}"


def _text(item: Node, key: str) -> str | None:
    value = item.get(key) if type(item) is Mapping else None
    return text_of(value) if type(value) is Scalar else None


_MAKERS: dict[str, Callable[[Node], str | None]] = {
    "volumes": _volume,
    "devices": _device,
    "secrets": _secret,
    "configs": _config,
    "env_file": _environment_file,
    "ports": _port,
}


def shape_of(node: Node) -> object:
    """What a node says, as something that can be compared and kept in a set."""
    if type(node) is Scalar:
        return text_of(node)
    if type(node) is Mapping:
        return frozenset((key, shape_of(value)) for key, (_, value) in node.entries.items())
    return tuple(map(shape_of, node.items)) if type(node) is Sequence else None


def unique_items(field: str, items: list[Node]) -> list[Node]:
    """Of the items that mean the same, the last, at the place of the first."""
    if len(items) < 2:
        return items
    found: dict[object, Node] = {}
    for index, item in enumerate(items):
        identity = entry_key(field, item)
        found[index if identity is None else identity] = item
    return list(found.values())
