"""`seawall version`: which Seawall this is; imports nothing, for scripts ask it often."""

from __future__ import annotations

import sys

from seawall import __version__


def show() -> int:
    """Print name and version."""
    sys.stdout.write(f"seawall {__version__}\n")
    return 0
