"""An image as a whole, made of its layers' facts: what is there, and what was and is not.

A fact ends where a later layer removes or replaces its file. Where the file that replaces it
says the same again (a package database is written anew by each layer that installs something, a
file is copied up when its mode changes), the fact goes on, and belongs to the layer that said it
first: so each package is told of the instruction that brought this version of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, TypeVar

from msgspec.structs import replace

from seawall.surfaces.image.base_layers import base_steps
from seawall.surfaces.image.blob import LayerFacts, Pulled
from seawall.surfaces.image.config import ImageConfig, read_config
from seawall.surfaces.image.facts import (
    Account,
    Distribution,
    Ecosystem,
    Fact,
    FoundSecret,
    License,
    NotableFile,
    Ownership,
    Package,
    Trouble,
)
from seawall.surfaces.image.fates import Fates
from seawall.surfaces.image.history import instruction, write_history
from seawall.surfaces.image.model import Held, Image, Layer

OF_DISTRIBUTIONS = frozenset({Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM})
"""What a distribution's package manager installs, and so may own files."""

MERGED = {
    **{name: f"usr/{name}" for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32")},
    "usr/sbin": "usr/bin",
    "usr/lib64": "usr/lib",
}
"""Directories that are links on systems with a merged `/usr`, and where they lead."""

_RELEASES = ("etc/os-release", "usr/lib/os-release")

F = TypeVar("F", bound=Fact)
_Kept = dict[type, list[Held[Any]]]


def merge(pulled: Pulled, name: str, kind: str) -> Image:
    """Make an image of what was pulled; `name` and `kind` are its source's.

    Raises:
        InputError: its configuration can't be understood.
    """
    config = read_config(pulled.config, name)
    layers, problems = _layers(config, pulled.layers)
    loose = [(layer.index, f"LAYER {_id(layer)}") for layer in layers if layer.step < 0]
    history = write_history(name, config, loose)
    held, owned = _merged(pulled.layers)
    packages = _licensed(held[Package], pulled.layers)
    own, distributed = _apart(packages, owned)
    return Image(
        name,
        kind,
        config,
        layers,
        history.source,
        history.places,
        distribution=_distribution(held[Distribution]),
        packages=tuple(own),
        secrets=tuple(held[FoundSecret]),
        files=tuple(held[NotableFile]),
        accounts=tuple(held[Account]),
        troubles=tuple(held[Trouble]),
        owned=owned,
        digest=pulled.digest,
        platform=pulled.platform or config.platform,
        tags=pulled.tags,
        distributed=tuple(distributed),
        problems=(*pulled.problems, *problems, *_lost(packages)),
        index_digest=pulled.index_digest,
        config_digest=_digest(pulled.config),
        annotations=pulled.annotations,
    )


def _digest(config: bytes) -> str:
    return f"sha256:{sha256(config).hexdigest()}" if config else ""


def _id(layer: Layer) -> str:
    return layer.diff_id or layer.digest or str(layer.index + 1)


def _layers(
    config: ImageConfig, layers: Sequence[LayerFacts]
) -> tuple[tuple[Layer, ...], tuple[str, ...]]:
    """The layers with the steps that made them, and what is wrong with the history."""
    making = [number for number, step in enumerate(config.history) if step.makes_layer]
    fits = len(making) == len(layers)
    base = base_steps(config.history) if fits else 0
    found = []
    for index, layer in enumerate(layers):
        step = making[index] if index < len(making) else -1
        diff_id = config.diff_ids[index] if index < len(config.diff_ids) else ""
        found.append(
            Layer(
                index,
                layer.diff_id or diff_id,
                layer.digest,
                layer.size,
                layer.entries,
                instruction=instruction(config.history[step]) if step >= 0 else "",
                step=step,
                is_base=0 <= step < base,
            )
        )
    if fits or not config.history:
        return tuple(found), ()
    reason = (
        f"the history tells of {len(making)} layers and there are {len(layers)}: "
        "which instruction brought what is uncertain"
    )
    return tuple(found), (reason,)


def _merged(layers: Sequence[LayerFacts]) -> tuple[_Kept, dict[str, str]]:
    """Every fact with its fate, and who owns which path."""
    by_path = _by_path(layers)
    fates = Fates(layers, by_path, MERGED)
    links = {f"\n{link}/": f"\n{end}/" for link, end in MERGED.items() if fates.is_link(link)}
    held: _Kept = {kind: [] for kind in _KEYS}
    owned: dict[str, str] = {}
    for path, told in by_path.items():
        for one in _held(path, told, fates) if len(told) > 1 else _once(path, told, fates):
            kind = type(one.fact)
            if kind is Ownership:
                if one.gone is None:
                    paths = _resolved(one.fact.paths, links)
                    owned.update(dict.fromkeys(paths, one.fact.package))
            elif kind in held:
                held[kind].append(one)
    owned.pop("", None)
    return held, owned


def _by_path(layers: Sequence[LayerFacts]) -> dict[str, dict[int, list[Fact]]]:
    found: dict[str, dict[int, list[Fact]]] = {}
    for index, layer in enumerate(layers):
        for fact in layer.facts:
            told = found.get(fact.path)
            if told is None:
                found[fact.path] = {index: [fact]}
            elif index in told:
                told[index].append(fact)
            else:
                told[index] = [fact]
    return found


def _once(path: str, told: Mapping[int, Sequence[Fact]], fates: Fates) -> Iterator[Held[Any]]:
    """The facts of a path that one layer alone tells of, as nearly all are."""
    for index, facts in told.items():
        end = fates.end(path, index)
        for fact in facts:
            yield Held(fact, index, end)


def _held(path: str, told: Mapping[int, Sequence[Fact]], fates: Fates) -> Iterator[Held[Any]]:
    """The facts of one path, from the lowest layer that told of it up."""
    open_facts: dict[Hashable, Held[Any]] = {}
    end: int | None = -1
    for index, facts in told.items():
        goes_on = end == index and fates.has_file(path, index)
        now: dict[Hashable, Held[Any]] = {}
        for key, fact in _keyed(facts):
            before = open_facts.pop(key, None) if goes_on else None
            now[key] = Held(fact, before.layer if before else index)
        yield from _ended(open_facts.values(), end)
        open_facts, end = now, fates.end(path, index)
    yield from _ended(open_facts.values(), end)


def _ended(facts: Iterable[Held[Any]], end: int | None) -> Iterator[Held[Any]]:
    if end is None:
        yield from facts
        return
    for held in facts:
        yield Held(held.fact, held.layer, end)


def _keyed(facts: Sequence[Fact]) -> Iterator[tuple[Hashable, Fact]]:
    """Facts by what makes them the same in another version of their file."""
    seen: dict[Hashable, int] = {}
    for fact in facts:
        key = (type(fact), *_KEYS[type(fact)](fact))
        count = seen[key] = seen.get(key, 0) + 1
        yield (key, count), fact


def _of_package(fact: Package) -> tuple[Hashable, ...]:
    return (
        fact.ecosystem,
        fact.namespace,
        fact.name,
        fact.version,
        fact.architecture,
        fact.inside,
        fact.is_declared,
    )


def _of_file(fact: NotableFile) -> tuple[Hashable, ...]:
    return fact.mode, fact.uid, fact.gid, fact.kind, fact.note, fact.capabilities, fact.target


def _of_account(fact: Account) -> tuple[Hashable, ...]:
    return fact.name, fact.uid, fact.gid, fact.home, fact.shell, fact.password, fact.members


_KEYS: Mapping[type, Callable[[Any], tuple[Hashable, ...]]] = {
    Package: _of_package,
    Ownership: lambda fact: (fact.package,),
    License: lambda fact: (fact.package,),
    Distribution: lambda fact: (fact.id, fact.version_id),
    FoundSecret: lambda fact: (fact.kind, fact.value_id, fact.name),
    NotableFile: _of_file,
    Account: _of_account,
    Trouble: lambda fact: (fact.reason,),
}


def _resolved(paths: str, links: Mapping[str, str]) -> list[str]:
    """Paths by where they are: packages list `bin/x` also where it is `usr/bin/x`."""
    text = f"\n{paths}"
    for link, target in links.items():
        if link in text:
            text = text.replace(link, target)
    return text[1:].split("\n")


def _licensed(
    packages: Iterable[Held[Package]], layers: Sequence[LayerFacts]
) -> list[Held[Package]]:
    """Packages with the licences that files of their own tell, where they tell none."""
    told = {
        (fact.ecosystem, fact.package): fact.licenses
        for layer in layers
        for fact in layer.facts
        if type(fact) is License
    }
    if not told:
        return list(packages)
    found = []
    for held in packages:
        package = held.fact
        licenses = () if package.licenses else told.get((package.ecosystem, package.name), ())
        found.append(
            Held(replace(package, licenses=licenses), held.layer, held.gone) if licenses else held
        )
    return found


def _apart(
    packages: Sequence[Held[Package]], owned: Mapping[str, str]
) -> tuple[list[Held[Package]], list[Held[Package]]]:
    """Packages, and apart from them those that are part of a distribution's package.

    A file that a later layer wrote over is no longer the distribution's, and one whose package
    is gone has nobody else to answer for it.
    """
    brought = {
        held.fact.name: held.layer
        for held in packages
        if held.gone is None and held.fact.ecosystem in OF_DISTRIBUTIONS
    }
    own: list[Held[Package]] = []
    distributed: list[Held[Package]] = []
    for held in packages:
        owner = owned.get(held.fact.path)
        is_part = (
            owner is not None
            and held.fact.ecosystem not in OF_DISTRIBUTIONS
            and held.layer <= brought.get(owner.partition(":")[0], -1)
        )
        (distributed if is_part else own).append(held)
    return own, distributed


def _lost(packages: Sequence[Held[Package]]) -> tuple[str, ...]:
    """What to say where a layer took the package database away, and not what it listed."""
    installed = [held for held in packages if held.fact.ecosystem in OF_DISTRIBUTIONS]
    if not installed or any(held.is_live for held in installed):
        return ()
    last = max(installed, key=lambda held: held.gone or 0)
    return (
        f"layer {(last.gone or 0) + 1} removes the package database {last.fact.path}: "
        "what it listed may still be there, and is not judged as installed",
    )


def _distribution(told: Sequence[Held[Distribution]]) -> Distribution | None:
    """The one that is told in the image as it runs; else the one that was told last."""

    def rank(held: Held[Distribution]) -> tuple[bool, int, int]:
        path = held.fact.path
        order = _RELEASES.index(path) if path in _RELEASES else len(_RELEASES)
        return not held.is_live, order if held.is_live else 0, -held.layer

    return min(told, key=rank).fact if told else None
