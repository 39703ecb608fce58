"""Writes what fixers decide: into a Compose service, or as flags of a run line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from seawall.core.model import Edit, Hit
from seawall.core.source import Source
from seawall.fixes.compose.block import Block, Spot, Value, edits_for, service_block, spot_at
from seawall.fixes.model import RunLine, Service
from seawall.fixes.run_line.command import Command, command_of
from seawall.fixes.workload.steps import Form, Step, merged
from seawall.surfaces.cell import Place
from seawall.surfaces.compose.cells import bytes_of
from seawall.surfaces.run_line.command_line import Option
from seawall.surfaces.run_line.flags import Kind
from seawall.surfaces.workload import Workload

Edits = tuple[Edit, ...]
_PLAIN_LIMITS = ("mem_limit", "memswap_limit", "mem_reservation", "cpus", "cpu_quota", "pids_limit")


def workload_of(subject: Service | RunLine, hit: Hit) -> Workload | None:
    """The container that a finding is about; one on the project names its service."""
    if isinstance(subject, RunLine) or subject.workload is not None:
        return subject.workload
    kind, _, rest = hit.symbol.partition(" ")
    if kind != "service":
        return None
    services = subject.project.services
    named = (each for each in services if rest.startswith(f"{each.name}/"))
    return next(named, None)


def source_of(hit: Hit, workload: Workload) -> Source:
    """The file that a finding stands in."""
    return hit.at.source if isinstance(hit.at, Place) else workload.place.source


def put(subject: Service, hit: Hit, workload: Workload, values: Mapping[str, Value]) -> Edits:
    """Values written into a service."""
    block = service_block(workload)
    edits = () if block is None else block.put(values)
    return _for_hit(hit, workload, block, edits)


def put_steps(
    hit: Hit, workload: Workload, block: Block, steps: Iterable[Step]
) -> tuple[tuple[Step, ...], Edits]:
    """Those steps that can be written into a service, and their edits, made together."""
    able = tuple(steps)
    edits = block.put(merged(able)) if able else ()
    if able and not edits:  # one of them can't be written: the others can
        able = tuple(step for step in able if block.put(step.keys))
        edits = block.put(merged(able)) if able else ()
    return able, _for_hit(hit, workload, block, edits)


def _for_hit(hit: Hit, workload: Workload, block: Block | None, edits: Edits) -> Edits:
    if block is None:
        return ()
    return edits_for(source_of(hit, workload), block.source, edits)


def flag_steps(command: Command, steps: Iterable[Step]) -> tuple[tuple[Step, ...], Edits]:
    """Those steps that can be written as flags, and their edits."""
    able: list[Step] = []
    new: list[str] = []
    edits: Edits = ()
    for step in steps:
        written = _flags(command, step.flags)
        if written is not None:
            able.append(step)
            new += written[0]
            edits += written[1]
    inserted = command.inserted(new)
    if new and not inserted:
        return (), ()
    return tuple(able), edits + inserted


def _flags(command: Command, flags: Sequence[str]) -> tuple[list[str], Edits] | None:
    """Flags to insert, and edits of those that are there; None where one can't be changed."""
    new: list[str] = []
    edits: Edits = ()
    for flag in flags:
        name, _, value = flag.removeprefix("--").partition("=")
        held = [each for each in command.options(name) if each.flag.kind is not Kind.LIST]
        if not held:
            new.append(flag)
            continue
        made = command.replaced(held[-1], value or "true")
        if not made:
            return None
        edits += made
    return new, edits


def form_of(workload: Workload, block: Block) -> Form:
    """Where a service has its limits, else where the file's others have theirs."""
    reserved = bytes_of(_text(block, "mem_reservation")) or 0
    inner = block.block("deploy", "resources", "reservations")
    if inner is not None:
        reserved = max(reserved, bytes_of(_text(inner, "memory")) or 0)
    return Form(_uses_deploy(workload, block), reserved)


def _uses_deploy(workload: Workload, block: Block) -> bool:
    if workload.is_swarm:
        return True
    if any(block.has(key) for key in _PLAIN_LIMITS):
        return False
    if block.block("deploy", "resources") is not None:
        return True
    text = block.source.text
    return "resources:" in text and not any(f"{key}:" in text for key in _PLAIN_LIMITS)


def _text(block: Block, key: str) -> str:
    spot = block.at(key)
    return (spot.text or "") if spot is not None else ""


def spot_of(hit: Hit, workload: Workload) -> Spot | None:
    """The value in the Compose file that a finding stands at."""
    return spot_at(source_of(hit, workload), hit.at)


def option_of(subject: RunLine, hit: Hit) -> tuple[Command, Option] | None:
    """The flag that a finding on a run line stands at."""
    command = command_of(subject)
    option = None if command is None else command.option_at(hit.at)
    return None if command is None or option is None else (command, option)


def taken_out(subject: Service | RunLine, hit: Hit) -> Edits:
    """Take away the value, the list item or the flag that a finding stands at."""
    if isinstance(subject, RunLine):
        found = option_of(subject, hit)
        return () if found is None else found[0].without(found[1])
    workload = workload_of(subject, hit)
    spot = None if workload is None else spot_of(hit, workload)
    return () if spot is None else spot.remove()


def rewritten(subject: Service | RunLine, hit: Hit, text: str) -> Edits:
    """Another text for the value that a finding stands at."""
    if isinstance(subject, RunLine):
        found = option_of(subject, hit)
        return () if found is None else found[0].replaced(found[1], text)
    workload = workload_of(subject, hit)
    spot = None if workload is None else spot_of(hit, workload)
    return () if spot is None or spot.text is None else spot.set(text)


def combined(text: str, out: Edits, new: Edits) -> Edits:
    """What is taken out and what is put in as edits that do not touch: one where they would."""
    taken = list(out)
    rest: list[Edit] = []
    for edit in new:
        at = next((i for i, gone in enumerate(taken) if _touch(gone, edit)), None)
        if at is None:
            rest.append(edit)
        elif edit.start != edit.end or taken[at].text:
            return ()
        else:
            taken[at] = _in_place_of(text, taken[at], edit)
    return (*taken, *rest)


def _touch(one: Edit, other: Edit) -> bool:
    return one.start <= other.end and other.start <= one.end


def _in_place_of(text: str, gone: Edit, new: Edit) -> Edit:
    """An insertion in the place of what is taken out; a line that goes takes its end with it."""
    deleted = text[gone.start : gone.end]
    written = new.text
    if deleted.endswith("\n") and written[:1] in {"\r", "\n"}:
        end = "\r\n" if deleted.endswith("\r\n") else "\n"
        written = written.lstrip("\r\n") + end
    return Edit(gone.start, gone.end, written, gone.path)
