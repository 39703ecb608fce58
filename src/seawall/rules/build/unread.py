"""Says which build steps were not read: what could not be examined is never a pass."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Hit, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.rules.practices import TRUSTED_DOWNLOADS
from seawall.rules.stages import place_of, weight_in_build
from seawall.surfaces.dockerfile import Dockerfile


def _unread(dockerfile: Dockerfile, _: Settings) -> Iterator[Hit]:
    for instruction, script in dockerfile.scripts:
        if script.unread:
            yield Hit(
                instruction,
                f"this step was not examined: {script.unread}",
                place_of(dockerfile, instruction, f"{instruction.keyword} {script.dialect}"),
                label="not examined",
                verdict=Verdict.UNKNOWN,
                weaker=weight_in_build(dockerfile, instruction),
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
