"""What the instructions of a Dockerfile come to: stages with their state, and the images used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from seawall.surfaces.dockerfile.arguments import GlobalArguments
from seawall.surfaces.dockerfile.bases import Bases, stage_name
from seawall.surfaces.dockerfile.images import (
    NO_VARIABLES,
    Source,
    frontend,
    reference_fault,
    sources,
)
from seawall.surfaces.dockerfile.model import (
    Directive,
    ImageUse,
    Instruction,
    Reach,
    Setting,
    Stage,
    Syntax,
    Word,
)
from seawall.surfaces.dockerfile.reach import Dependency, Links, circle, mark, too_early
from seawall.surfaces.dockerfile.state import MAX_INHERITED, StageState
from seawall.surfaces.dockerfile.suggestion import with_suggestion
from seawall.surfaces.dockerfile.value import Value
from seawall.surfaces.dockerfile.words import quote

MAX_TRIGGERED = 10_000
"""Most instructions that ONBUILD adds to the stages of one file."""

MAX_PARENTS = 64
"""Most stages that one FROM can mean for them to be compared."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")


class Evaluated(Struct, frozen=True):
    """The outcome of `evaluate`; `errors` are BuildKit's, in the order in which it looks."""

    stages: tuple[Stage, ...]
    target: Stage | None
    images: tuple[ImageUse, ...]
    errors: tuple[Syntax, ...]


def evaluate(
    instructions: Sequence[Instruction],
    directives: Sequence[Directive],
    build_args: Mapping[str, str],
    target: str,
) -> Evaluated:
    """Evaluate the stages of a file as BuildKit would; raises nothing.

    `build_args` are `--build-arg` values; `target` is a stage's name or number, empty for the
    last stage. Source of the semantics: the Dockerfile reference, and BuildKit's behaviour
    where the reference is silent.
    """
    starts = [at for at, found in enumerate(instructions) if found.keyword == "FROM"]
    if not starts:
        return _without_stages(instructions, directives)
    escape = next((d.value for d in directives if d.name == "escape" and d.value), "\\")
    last_name = stage_name(instructions[starts[-1]]) or "default"
    names = GlobalArguments(build_args, target.lower() or last_name, escape)
    for instruction in instructions[: starts[0]]:
        if instruction.keyword == "ARG":
            names.declare(instruction)
    build = _Build(names)
    for start, end in zip(starts, [*starts[1:], len(instructions)], strict=True):
        build.add(instructions[start], tuple(instructions[start + 1 : end]))
    return build.finish(directives, target)


def _without_stages(
    instructions: Sequence[Instruction], directives: Sequence[Directive]
) -> Evaluated:
    errors = [Syntax("dockerfile contains no stages to build", i.line) for i in instructions[-1:]]
    return Evaluated((), None, frontend(directives), tuple(errors))


class _Build:
    """Takes the stages one after the other, then ties them together."""

    def __init__(self, names: GlobalArguments) -> None:
        self._names = names
        self._bases = Bases(names)
        self._states: list[StageState] = []
        self._parents: list[tuple[int, ...]] = []
        self._triggers: list[tuple[Instruction, ...]] = []
        self._images: list[ImageUse] = []
        self._errors: list[Syntax] = []
        self._triggered = MAX_TRIGGERED
        self._room = MAX_INHERITED

    def add(self, source: Instruction, body: tuple[Instruction, ...]) -> None:
        """Evaluate one stage: its FROM, the triggers that its parent left, its instructions."""
        index = len(self._states)
        written = source.arguments[0] if source.arguments else Word("", source.start, source.end)
        base, parents = self._bases.resolve(written, source.line)
        parent = self._common_parent(parents)
        stage = Stage(
            index=index,
            name=stage_name(source),
            source=source,
            base=base,
            platform=self._bases.platform(source),
            parent=parent.stage if parent else None,
            instructions=body,
        )
        if parent is None and parents:
            stage.user = self._one_of_users(parents)
        state = StageState(stage, self._names, parent, self._room)
        self._room -= min(state.copied, self._room)
        triggers = self._inherited_triggers(parents)
        state.run(triggers)
        state.run(body)
        state.finish()
        self._states.append(state)
        self._parents.append(parents)
        self._triggers.append(triggers)
        self._bases.define(stage.name, index)
        if not parents:
            self._use_base(stage, written)

    def _common_parent(self, parents: tuple[int, ...]) -> StageState | None:
        """The stage to inherit from: of several, the first where they do not differ in essence."""
        if len(parents) == 1:
            return self._states[parents[0]]
        states = [self._states[index] for index in parents[:MAX_PARENTS]]
        essences = {_essence(state.stage) for state in states}
        return states[0] if len(essences) == 1 and len(states) == len(parents) else None

    def _one_of_users(self, parents: tuple[int, ...]) -> Setting | None:
        """The users of parents that differ, as one of several; None where not all set one."""
        users = [user for index in parents if (user := self._states[index].stage.user)]
        if len(users) < len(parents):
            return None
        are_sure = all(user.value.candidates for user in users)
        texts = dict.fromkeys(text for user in users for text in user.value.candidates)
        value = Value(users[0].value.written, tuple(texts) if are_sure else ())
        return Setting(value, users[0].by, users[0].at)

    def _inherited_triggers(self, parents: tuple[int, ...]) -> tuple[Instruction, ...]:
        """The ONBUILD instructions that run first; only those of the direct parent do."""
        if not parents:
            return ()
        triggers = self._states[parents[0]].stage.onbuild[: self._triggered]
        self._triggered -= len(triggers)
        return triggers

    def _use_base(self, stage: Stage, written: Word) -> None:
        if stage.base.known in ("", "scratch"):
            return
        self._images.append(
            ImageUse("FROM", stage.base, written.start, written.end, stage.index, stage.platform)
        )
        self._check(stage.base.known, stage.source.line)

    def _check(self, reference: str | None, line: int) -> None:
        if reference is not None and (fault := reference_fault(reference)):
            message = f"failed to parse stage name {quote(reference)}: {fault}"
            self._errors.append(Syntax(message, line))

    def finish(self, directives: Sequence[Directive], target: str) -> Evaluated:
        """Find the target, tie the stages together, and say which of them are built."""
        stages = tuple(state.stage for state in self._states)
        chosen = self._target(stages, target)
        for stage in stages:
            self._use_images(stage)
        links = Links(self._parents, [self._dependencies(stage) for stage in stages])
        if chosen is not None:
            mark(stages, chosen, links)
        circular = circle(stages, links)
        self._errors += [circular] if circular else too_early(stages, links)
        for state in self._states:
            if state.stage.reach is not Reach.UNUSED:
                self._errors += state.faults
        images = sorted((*frontend(directives), *self._images), key=_start)
        errors = (*self._names.faults, *self._bases.faults, *self._errors)
        return Evaluated(stages, chosen, tuple(images), tuple(dict.fromkeys(errors)))

    def _target(self, stages: tuple[Stage, ...], target: str) -> Stage | None:
        if not target:
            return stages[-1]
        index = self._bases.find(target)
        if index is None and target.isdecimal() and _NUMBER.fullmatch(target):
            index = int(target)
        if index is None or index >= len(stages):
            line = stages[-1].source.line
            message = f"target stage {quote(target)} could not be found"
            names = [stage.name for stage in stages if stage.name]
            self._errors.append(Syntax(with_suggestion(message, target, names), line))
            return None
        return stages[index]

    def _dependencies(self, stage: Stage) -> list[Dependency]:
        """The stages that a stage takes files from."""
        found = []
        for instruction in (*self._triggers[stage.index], *stage.instructions):
            for source in sources(instruction):
                index = self._number(source)
                if index is not None and 0 <= index < len(self._states):
                    found.append(Dependency(index, source))
        return found

    def _number(self, source: Source) -> int | None:
        """The number of the stage that is named, be there one or not; None for an image."""
        if _NUMBER.fullmatch(source.name):
            return int(source.name)
        return self._bases.find(source.name)

    def _use_images(self, stage: Stage) -> None:
        """Note the images that a stage takes files from, and those of the triggers it leaves."""
        for instruction in stage.instructions:
            for source in sources(instruction):
                self._use(source, source.via, stage)
            if instruction.trigger is not None:
                for source in sources(instruction.trigger):
                    self._use(source, "ONBUILD", stage)

    def _use(self, source: Source, via: str, stage: Stage) -> None:
        number = self._number(source)
        if number is not None:
            if source.via == "COPY" and not 0 <= number < len(self._states):
                self._errors.append(Syntax(f"invalid stage index {number}", source.line))
            return
        if source.name == "scratch":
            return
        value = Value(source.name, () if "$" in source.name else (source.name,))
        self._images.append(ImageUse(via, value, source.start, source.end, stage.index))
        if value.known is None:
            self._errors.append(Syntax(NO_VARIABLES[source.via], source.line))
        elif via != "ONBUILD":
            self._check(value.known, source.line)


def _essence(stage: Stage) -> tuple[str | None, str | None, bool]:
    user = stage.user
    return stage.root_base.known, user.value.known if user else None, user is None


def _start(use: ImageUse) -> int:
    return use.start
