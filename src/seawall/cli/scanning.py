"""What `scan` and `sbom` are told, and how they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import structs

from seawall.cli.judging import Judging, words
from seawall.cli.progress import Progress
from seawall.core.errors import UsageError
from seawall.core.model import Problem
from seawall.core.policy import Policy
from seawall.core.suggestion import did_you_mean
from seawall.jobs.governance import Governance
from seawall.jobs.inspection import PACKAGES, PARTS, Inspection, inspect
from seawall.jobs.scan import Scan, Scanned, ScanOptions, Subject, scan, troubles
from seawall.surfaces.image.locate import SourceOptions
from seawall.surfaces.image.platform import parse_platform


class Arguments(Judging, frozen=True):
    """Everything that the commands on images may be told."""

    only: tuple[str, ...] = ()
    only_fixed: bool = False
    vex: tuple[str, ...] = ()
    running: bool = False
    platform: str = ""
    database: str = ""
    insecure_registries: tuple[str, ...] = ()
    no_cache: bool = False
    no_verify: bool = False
    offline: bool = False

    def options(self) -> ScanOptions:
        """What is asked of a scan.

        Raises:
            UsageError: options contradict each other, or name what there is not.
        """
        return ScanOptions(
            terms=self.terms(),
            inspection=self.inspection(),
            store=self.database,
            vex=self.vex,
            only_fixed=self.only_fixed,
            baseline=self.baseline,
            verbose=self.verbose,
        )

    def inspection(self) -> Inspection:
        """How images are looked at.

        Raises:
            UsageError: there is no such part or platform.
        """
        return Inspection(
            source=SourceOptions(
                platform=parse_platform(self.platform) if self.platform else None,
                offline=self.offline,
                insecure_registries=self.insecure_registries,
            ),
            parts=tuple(map(_part, words(self.only))) or PARTS,
            # What nobody has verified must not be told to who asks for what is.
            uses_cache=not (self.no_cache or self.no_verify),
            verifies=not self.no_verify,
        )


def read_arguments(given: Mapping[str, object]) -> Arguments:
    """Take over what click has parsed; what is left out keeps its default."""
    said = {name: value for name, value in given.items() if value is not None}
    return msgspec.convert(said, Arguments)


def run(arguments: Arguments, images: tuple[str, ...]) -> tuple[Scan, Policy]:
    """Scan, with progress where a person watches.

    Raises:
        UsageError: no image is named.
    """
    asked = arguments.options()
    governance = Governance(asked.terms, asked.today)
    policy = governance.leading(())
    targets = (*images, *(_running() if arguments.running else ()))
    if not targets:
        hint = "Name one (`seawall scan python:3.13`), or --running for those of an engine."
        raise UsageError("no image to scan", hint)
    progress = Progress(what="layers")
    done = 0

    def step(_: str) -> None:
        nonlocal done
        done += 1
        progress(done, 0)

    try:
        return scan(targets, asked, governance, step), policy
    finally:
        progress.close()


def take_inventory(arguments: Arguments, image: str) -> tuple[Scanned, list[Problem]]:
    """What one image holds, without judging it, and what of it could not be read.

    Raises:
        InputError: it can't be had, or is no image.
    """
    found = inspect(image, structs.replace(arguments.inspection(), parts=(PACKAGES,)))
    return Scanned(found), troubles(found)


def _running() -> Iterator[Subject]:
    """The images that run, with what to say of each."""
    from seawall.jobs.running import running_images

    for image in running_images():
        yield Subject(image.target, image.name, image.said)


def _part(word: str) -> str:
    if word not in PARTS:
        hint = did_you_mean(word, PARTS) or f"Parts: {', '.join(PARTS)}."
        raise UsageError(f"--only {word}: there is no such part", hint)
    return word
