"""Security scanning: what pipelines build, scan, push and sign."""

from __future__ import annotations

from seawall.rules.scanning.pushes import RULES as _PUSHES
from seawall.rules.scanning.scans import RULES as _SCANS

RULES = (*_SCANS, *_PUSHES)
