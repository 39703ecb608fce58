"""Where a hit stands among the stages, and how much that weighs."""

from __future__ import annotations

from seawall.surfaces.dockerfile import Dockerfile, Instruction, Reach


def place_of(dockerfile: Dockerfile, instruction: Instruction, subject: str) -> str:
    """The symbol of a hit: its stage and what it is about, without lines or wording."""
    stage = dockerfile.stage_of(instruction)
    return f"stage {stage.label}/{subject}" if stage else f"global/{subject}"


def weight_in_image(dockerfile: Dockerfile, instruction: Instruction) -> str:
    """Why a fault that must be in the image to matter weighs less here; empty if it does not."""
    stage = dockerfile.stage_of(instruction)
    if stage is None or stage.reach is Reach.FINAL:
        return ""
    return f"stage {stage.label} {stage.reach.value}"


def weight_in_build(dockerfile: Dockerfile, instruction: Instruction) -> str:
    """Why a fault of what the build runs weighs less here: only where it is not built at all."""
    stage = dockerfile.stage_of(instruction)
    if stage is None or stage.reach is not Reach.UNUSED:
        return ""
    return f"stage {stage.label} {stage.reach.value}"
