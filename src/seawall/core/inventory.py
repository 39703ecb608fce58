"""What a report says of an image besides its findings: layers, contents, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class LayerSummary(Struct, frozen=True):
    """One layer: `size` in bytes of content, `findings` by severity, of those that it brought."""

    index: int
    instruction: str
    size: int
    entries: int
    is_base: bool
    packages: int
    findings: Mapping[str, int] = {}


class Advice(Struct, frozen=True):
    """One thing to do, with what it would clear.

    `kind` is `base` (take a newer base image), `upgrade`, `remove`, `rotate` (a secret) or `wait`
    (nothing can be done yet). `lines` are to be copied into the Dockerfile or a shell. `clears`
    counts findings by severity; `ids` names the worst of them.
    """

    kind: str
    title: str
    lines: tuple[str, ...] = ()
    clears: Mapping[str, int] = {}
    ids: tuple[str, ...] = ()
    exploited: int = 0


class ImageSummary(Struct, frozen=True):
    """One image: `name` as the user gave it; `packages` counts by ecosystem.

    `support` says how long its distribution is supported; empty where that is not known.
    """

    name: str
    kind: str
    digest: str
    platform: str
    distribution: str
    support: str
    size: int
    layers: tuple[LayerSummary, ...]
    packages: Mapping[str, int]
    advice: tuple[Advice, ...] = ()


class PackageChange(Struct, frozen=True):
    """A package in two images: its versions in each, joined by commas; empty where it is not."""

    ecosystem: str
    name: str
    before: str
    after: str


class FlawChange(Struct, frozen=True):
    """A flaw that one of two images has and the other has not."""

    id: str
    severity: str
    ecosystem: str
    package: str
    installed: str
    fixed: str = ""
    exploited: str = ""


class Comparison(Struct, frozen=True):
    """Two images side by side, by their names: what the second has more and less of.

    `gone` are flaws that only the first has, `new` those that only the second has, the worst
    first; `same` counts those of both. Sizes are in bytes.
    """

    before: str
    after: str
    size_before: int
    size_after: int
    added: tuple[PackageChange, ...] = ()
    removed: tuple[PackageChange, ...] = ()
    changed: tuple[PackageChange, ...] = ()
    gone: tuple[FlawChange, ...] = ()
    new: tuple[FlawChange, ...] = ()
    same: int = 0
