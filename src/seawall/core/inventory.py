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
