"""What went wrong while a project was read: what Compose refuses, and what could not be read."""

from __future__ import annotations

from seawall.core.source import Source
from seawall.surfaces.compose.model import Fault
from seawall.surfaces.compose.yaml_tree import Node

MAX_ENTRIES = 1_000


class Journal:
    """Collects faults and gaps, each once, with their place."""

    def __init__(self) -> None:
        self.faults: dict[Fault, None] = {}
        self.gaps: dict[Fault, None] = {}

    def refuse(self, message: str, node: Node) -> None:
        """Compose would refuse this node."""
        self.refuse_at(message, node.document.source, node.start)

    def refuse_at(self, message: str, source: Source, at: int) -> None:
        """Compose would refuse what stands at an offset."""
        if len(self.faults) < MAX_ENTRIES:
            self.faults[Fault(message, source.path, source.line_of(at))] = None

    def miss(self, message: str, node: Node) -> None:
        """What this node names could not be read."""
        self.miss_in(message, node.document.source.path, node.document.source.line_of(node.start))

    def miss_in(self, message: str, path: str, line: int = 1) -> None:
        """A file, or something on a line of it, could not be read."""
        if len(self.gaps) < MAX_ENTRIES:
            self.gaps[Fault(message, path, line)] = None
