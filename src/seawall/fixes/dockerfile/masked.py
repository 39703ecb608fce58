"""Text of the file as a proposal may show it: secrets in it are not."""

from __future__ import annotations

from seawall.core.expression import Expression
from seawall.rules.secrets.sightings import sightings
from seawall.surfaces.dockerfile import Dockerfile

HIDDEN = "…"
_SHORTEST = 4
_LOGIN = Expression(r"(://)[^/\s@\"'$]+@")
_CONTINUED = Expression(r"[ \t]*[\\`][ \t]*\r?\n(?:[ \t]*#[^\n]*\n)*\s*")


def masked(dockerfile: Dockerfile, start: int, end: int) -> str:
    """What stands between two places, on one line, each secret in it hidden."""
    text, last, pieces = dockerfile.source.text, start, []
    for sighting in sightings(dockerfile):
        first, after = max(sighting.at.start, last), min(sighting.at.end, end)
        if first < after:
            pieces += [text[last:first], HIDDEN]
            last = after
    pieces.append(text[last:end])
    shown = "".join(pieces)
    # A secret that is seen at one place may stand at others, where nothing gives it away.
    for sighting in sightings(dockerfile):
        value = text[sighting.at.start : sighting.at.end]
        if not sighting.secret.is_default and len(value) >= _SHORTEST:
            shown = shown.replace(value, HIDDEN)
    return _CONTINUED.sub(" ", _LOGIN.sub(rf"\1{HIDDEN}@", shown))
