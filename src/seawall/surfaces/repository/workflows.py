"""The facts of pipelines: jobs and steps of GitHub Actions and GitLab CI, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from typing import Any

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.model import Located
from seawall.core.source import Source
from seawall.surfaces.cell import Cell, Place
from seawall.surfaces.shell.model import Command, Script


class System(Enum):
    """What runs a pipeline."""

    GITHUB = "GitHub Actions"
    GITLAB = "GitLab CI"


_EXPRESSION = Expression(r"\$\{\{[^{}\n]{0,500}\}\}")
_BLOCK = Expression(r"\|[+-]?[ \t]*(?:#[^\n]*)?\r?\n")
_SHELLS = frozenset({"", "bash", "sh"})


class Step(Struct, frozen=True, dict=True):
    """One step: `uses` an action or `run`s a script (of GitLab's lists each line is a step).

    `shell` is as written, empty for the default. `inputs` are `with`, `environment` is the step's
    own. `tolerated` is the cell that says that its failure fails nothing, where one does.
    """

    name: str
    place: Place
    uses: Cell[str] | None = None
    run: Cell[str] | None = None
    shell: str = ""
    inputs: dict[str, Cell[str]] = {}
    environment: dict[str, Cell[str]] = {}
    condition: str = ""
    tolerated: Cell[str] | None = None

    @property
    def action(self) -> str:
        """The action without its ref, in lower case: `docker/build-push-action`; else empty."""
        value = self.uses.value if self.uses else None
        return value.partition("@")[0].lower() if value else ""

    @property
    def ref(self) -> str:
        """What follows the `@` of an action; empty where nothing does."""
        value = self.uses.value if self.uses else None
        return value.partition("@")[2] if value else ""

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every command of its script; none where another language than a shell's is run."""
        return self.script.commands if self.script else ()

    @cached_property
    def script(self) -> Script | None:
        """The tree of its script; `${{ … }}` stands in it as a variable."""
        from seawall.surfaces.shell.reader import read_script  # noqa: PLC0415 -- the grammar

        if self.run is None or not self.run.value or self.shell.split(" ")[0] not in _SHELLS:
            return None
        text, offset, written = self._passage
        return read_script(text, offset, "bash", frozenset(), written)

    @cached_property
    def _passage(self) -> tuple[str, int, str]:
        """The script as a shell sees it, where it starts, and as it is written."""
        assert self.run is not None  # noqa: S101 -- asked by `script` only
        value, place = self.run.value or "", self.run.place
        written = place.source.text[place.start : place.end]
        block = _BLOCK.match(written)
        if block is not None:
            body = written[block.end() :]
            return _masked(_dedented(body)), place.start + block.end(), body
        at = written.find(value)
        return _masked(value), place.start + max(at, 0), value

    @cached_property
    def _is_exact(self) -> bool:
        text, offset, written = self._passage
        source = self.place.source
        return source.text[offset : offset + len(text)] == written

    def written(self, located: Located) -> str:
        """The text of a command or word of its script, with its `${{ … }}`."""
        _, offset, written = self._passage
        return written[located.start - offset : located.end - offset]

    def place_of(self, located: Located) -> Place:
        """The place of a command or word of its script; the whole script's where none is told."""
        assert self.run is not None  # noqa: S101 -- it has commands
        if not self._is_exact:
            return self.run.place
        return Place(self.run.place.source, located.start, located.end)


def _masked(text: str) -> str:
    """An equally long text in which each `${{ … }}` is a variable that a shell can read."""
    return _EXPRESSION.sub(lambda found: "${" + "_" * (len(found[0]) - 3) + "}", text)


def _dedented(body: str) -> str:
    """An equally long text whose indentation is nothing to a shell."""
    from seawall.surfaces.shell.words import JOINT  # noqa: PLC0415 -- the grammar on use

    lines = body.split("\n")
    first = next((line for line in lines if line.strip()), "")
    indent = len(first) - len(first.lstrip(" "))
    blank, joints = " " * indent, JOINT * indent
    return "\n".join(joints + x[indent:] if x.startswith(blank) else x for x in lines)


class Job(Struct, frozen=True):
    """One job; `uses` is the workflow that it calls instead of having steps."""

    name: str
    place: Place
    steps: tuple[Step, ...] = ()
    needs: tuple[str, ...] = ()
    condition: str = ""
    environment: dict[str, Cell[str]] = {}
    tolerated: Cell[str] | None = None
    uses: Cell[str] | None = None


class Workflow(Struct, frozen=True):
    """One file with what it includes.

    `unseen` are workflows and includes that stand elsewhere, so that their jobs are not known.
    `failures` are what is wrong with the file, each with its line.
    """

    source: Source
    system: System
    jobs: tuple[Job, ...] = ()
    triggers: tuple[str, ...] = ()
    environment: dict[str, Cell[str]] = {}
    unseen: tuple[Cell[str], ...] = ()
    failures: tuple[tuple[str, int], ...] = ()

    def variable(self, job: Job, step: Step, name: str) -> Cell[str] | None:
        """An environment variable as a step has it."""
        for level in (step.environment, job.environment, self.environment):
            if name in level:
                return level[name]
        return None


class Pipelines(Struct, frozen=True, dict=True):
    """All pipelines of a repository: a practice may be kept in another file than it is needed."""

    workflows: tuple[Workflow, ...]

    @cached_property
    def derived(self) -> dict[str, Any]:
        """What rules worked out of them, by name: kept here so that the next rule need not."""
        return {}

    def steps(self) -> Iterator[tuple[Workflow, Job, Step]]:
        """Every step, in order."""
        for workflow in self.workflows:
            for job in workflow.jobs:
                for step in job.steps:
                    yield workflow, job, step
