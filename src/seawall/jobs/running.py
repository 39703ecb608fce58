"""The images that an engine's containers run."""

from __future__ import annotations

from seawall.core.errors import InputError
from seawall.surfaces.engine.connection import Engine


def running_images() -> tuple[str, ...]:
    """The image of every running container, once: by its name, else by its identifier.

    Raises:
        InputError: no engine can be reached, or it runs nothing.
    """
    containers = Engine().containers()
    names = sorted({str(each.get("Image") or each.get("ImageID")) for each in containers})
    if not names:
        raise InputError("the engine runs no container", "Name the images to scan.")
    return tuple(names)
