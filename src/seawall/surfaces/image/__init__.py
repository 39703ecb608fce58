"""Images: what a reference names, and later what an image holds."""

from __future__ import annotations

from seawall.surfaces.image.reference import Reference, parse_reference

__all__ = ["Reference", "parse_reference"]
