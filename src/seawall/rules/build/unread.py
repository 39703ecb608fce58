"""Says which build steps were not read: what could not be examined is never a pass."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Evidence, Hit, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.rules.practices import TRUSTED_DOWNLOADS
from seawall.rules.stages import place_of, weight_in_build
from seawall.surfaces.dockerfile import Dockerfile, Instruction


def _unread(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    """One hit for each language of a file, at its first step."""
    steps: dict[str, list[Instruction]] = {}
    reasons: dict[str, str] = {}
    for instruction, script in dockerfile.scripts:
        if script.unread:
            steps.setdefault(script.dialect, []).append(instruction)
            reasons.setdefault(script.dialect, script.unread)
    for dialect, own in steps.items():
        what = "this step was" if len(own) == 1 else f"{len(own)} steps were"
        yield Hit(
            own[0],
            f"{what} not examined: {reasons[dialect]}",
            place_of(dockerfile, own[0], f"{own[0].keyword} {dialect}"),
            label="not examined",
            verdict=Verdict.UNKNOWN,
            weaker=weight_in_build(dockerfile, own[0]),
            evidence=tuple(Evidence("not examined either", each.line) for each in own[1:4]),
        )


RULES = (
    Rule(
        id="unread-step",
        title="A build step that Seawall can't read",
        practice=TRUSTED_DOWNLOADS,
        risk=Risk(Needs.UPSTREAM, Gains.CODE),
        on={Dockerfile: _unread},
        bad=(
            "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n"
            'SHELL ["powershell", "-Command"]\nRUN Invoke-WebRequest x -OutFile y\n',
            "FROM python:3.12.2\nRUN <<EOF\n#!/usr/bin/env python3\nprint(1)\nEOF\n",
        ),
        good=(
            "FROM debian:12.5\nRUN true\n",
            'FROM debian:12.5\nSHELL ["/bin/bash", "-c"]\nRUN true\n',
        ),
        why="Seawall reads sh, bash and their kin. What a step in another language downloads, "
        "runs or writes is not known, so it can't be called safe.",
        remedy="Have a person read the step, then accept it with a reason: "
        "`# seawall: ignore[unread-step] -- read by …`.",
    ),
)
