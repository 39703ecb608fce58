"""How the standards that a finding rests on are cited."""

from __future__ import annotations

from collections.abc import Iterable


def cited(standards: Iterable[str]) -> str:
    """Citations with each standard named once: `CIS Docker 1.8 4.9, 4.11`."""
    sections: dict[str, list[str]] = {}
    for citation in standards:
        standard, _, section = citation.rpartition(" ")
        sections.setdefault(standard, []).append(section)
    return ", ".join(f"{name} {', '.join(of)}".strip() for name, of in sections.items())
