"""What BuildKit says of instructions that parse but cannot be built."""

from __future__ import annotations

from seawall.surfaces.dockerfile.model import Instruction, Syntax


def validate(instructions: tuple[Instruction, ...]) -> tuple[Syntax, ...]:
    """BuildKit's errors."""
    return ()
