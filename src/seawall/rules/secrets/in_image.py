"""Secrets that an image gives away: in files of any layer, in its configuration and history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Evidence, Hit
from seawall.core.rule import Settings
from seawall.rules.image.layers import FROM_BASE
from seawall.rules.secrets.values_in_image import Spot, Value, values_of
from seawall.surfaces.image.model import Image

_MOST_PLACES = 6
_HOST_KEY = Expression(
    r"etc/(?:ssh/ssh_host_\w+_key|ssl/private/ssl-cert-snakeoil\.key|dropbear/\w+)"
)
_REVOKE = "Revoke the value: it must count as known."


def hardcoded(image: Image, _: Settings) -> Iterator[Hit]:
    """Secrets that a container has: in its files, its environment, its commands, its labels."""
    return _hits(image, _is_plain, _message)


def well_known(image: Image, _: Settings) -> Iterator[Hit]:
    """Passwords that everyone tries first."""
    return _hits(image, lambda v: v.worst.is_default, _default_message)


def build_argument(image: Image, _: Settings) -> Iterator[Hit]:
    """Secrets that were build arguments, which the history keeps."""
    return _hits(image, lambda v: not v.worst.is_default and v.worst.is_argument, _message)


def deleted_later(image: Image, _: Settings) -> Iterator[Hit]:
    """Secrets in files that a later layer deletes, and nowhere else."""
    return _hits(image, _is_deleted, _deleted_message)


def generated_key(image: Image, _: Settings) -> Iterator[Hit]:
    """Private keys that the build made for whatever runs later."""
    return _hits(image, _is_host_key, _generated_message)


def possible(image: Image, _: Settings) -> Iterator[Hit]:
    """What may be a secret, or as well an example, a test's key or a word of a program."""
    for value in values_of(image):
        if _is_doubtful(value):
            yield _hit(value, _message(value.worst))


def _is_doubtful(value: Value) -> bool:
    """In files nobody wrote for this image, texts like secrets are mostly none; what stands in the
    configuration somebody wrote there."""
    worst = value.worst
    return worst.confidence is Confidence.LOW and worst.is_file


def _is_plain(value: Value) -> bool:
    is_other = value.worst.is_argument or _is_deleted(value) or _is_host_key(value)
    return not value.worst.is_default and not is_other


def _is_deleted(value: Value) -> bool:
    return not value.worst.is_default and value.worst.is_deleted


def _is_host_key(value: Value) -> bool:
    worst = value.worst
    is_live = worst.kind == "private-key" and not worst.is_deleted
    return is_live and _HOST_KEY.fullmatch(worst.place) is not None


def _hits(
    image: Image, applies: Callable[[Value], bool], message: Callable[[Spot], str]
) -> Iterator[Hit]:
    for value in values_of(image):
        if applies(value) and not _is_doubtful(value):
            yield _hit(value, message(value.worst))


def _hit(value: Value, message: str) -> Hit:
    worst = value.worst
    return Hit(
        worst.at,
        message,
        f"{worst.place} {worst.name or worst.kind}",
        label=_label(worst),
        remedy=_remedy(worst),
        confidence=worst.confidence,
        weaker=FROM_BASE if worst.is_base else "",
        evidence=tuple(_evidence(value.spots)),
        secrets=value.hidden,
        layer=worst.layer,
    )


def _message(spot: Spot) -> str:
    title = f"{spot.title[:1].upper()}{spot.title[1:]}"
    return f"{title} stands {_where(spot)} ({spot.redacted})"


def _default_message(spot: Spot) -> str:
    name = spot.name or spot.place
    return f"{name} is set to a value that everyone tries first, {_where(spot)} ({spot.redacted})"


def _deleted_message(spot: Spot) -> str:
    removed = spot.layer.removed_by if spot.layer else ""
    return (
        f"{spot.title} ({spot.redacted}) stays in the layer that brought {_in_file(spot)}, "
        f"though `{_shortened(removed)}` deletes it"
    )


def _generated_message(spot: Spot) -> str:
    return (
        f"the private key {spot.place} is part of the image: every container of it has the same "
        "one, and so has everyone who can pull it"
    )


def _where(spot: Spot) -> str:
    if spot.is_file:
        return f"in {_in_file(spot)}"
    if spot.is_argument:
        return "in a build argument, which `docker history` shows"
    if spot.rank:
        return f"in {spot.place}, which `docker history` shows"
    if spot.place == "ONBUILD":
        return "in ONBUILD, which runs in every build on top of the image"
    return f"in {spot.place}, which `docker inspect` shows"


def _in_file(spot: Spot) -> str:
    return f"{spot.place}, line {spot.line}" if spot.line else spot.place


def _label(spot: Spot) -> str:
    if not spot.is_file:
        if spot.is_argument:
            return "in the history, as a build argument"
        return "in the history" if spot.rank else f"in {spot.place}"
    if spot.layer is None or not spot.layer.removed_by:
        return "live in the image"
    return f"deleted later, but still in layer {spot.layer.index + 1}"


def _evidence(spots: Iterable[Spot]) -> Iterator[Evidence]:
    """The places of a value, the worst first; each file is named once."""
    told = list(dict.fromkeys(_told(spot) for spot in spots))
    for text in told[:_MOST_PLACES]:
        yield Evidence(text)
    if len(told) > _MOST_PLACES:
        yield Evidence(f"and in {len(told) - _MOST_PLACES} more places")


def _told(spot: Spot) -> str:
    layer = spot.layer
    whose = "the base image's " if layer is not None and layer.is_base else ""
    if not spot.is_file:
        return f"in {spot.place}" if spot.rank == 0 else _of_step(spot)
    if layer is None:
        return f"in {spot.place}"
    brought = f"{spot.place}: brought by {whose}layer {layer.index + 1}"
    if layer.instruction:
        brought += f", `{_shortened(layer.instruction)}`"
    return (
        f"{brought}; deleted by `{_shortened(layer.removed_by)}`" if layer.removed_by else brought
    )


def _of_step(spot: Spot) -> str:
    what = "as a build argument" if spot.is_argument else "as it is written"
    return f"in the history, {what}"


_LONGEST = 100


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _remedy(spot: Spot) -> str:
    """What to do in the Dockerfile that made the image."""
    if spot.is_default:
        return "Set no default: let the program refuse to start until a secret file is given."
    if _HOST_KEY.fullmatch(spot.place):
        return "Delete it in the RUN that made it; make the key when the container first starts."
    name = (spot.name or spot.kind).lower().replace("-", "_")
    if spot.is_deleted:
        return (
            f"Don't copy it: `RUN --mount=type=secret,id={name} …` gives it to one step. Build "
            f"the image anew, delete the old one from the registry. {_REVOKE}"
        )
    if spot.is_file:
        return (
            f"Take it out of the image (and list the file in .dockerignore); mount it when the "
            f"container starts: /run/secrets/{name}. {_REVOKE}"
        )
    if spot.rank or spot.place == "ONBUILD":
        return f"Mount it for its step only: `RUN --mount=type=secret,id={name} …`. {_REVOKE}"
    return f"Take it out and give it at run time as a file: /run/secrets/{name}. {_REVOKE}"
