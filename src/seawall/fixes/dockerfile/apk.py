"""apk in a build: its index, and what it installs only for the build."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.later_steps import Need, Step, needed_later
from seawall.fixes.dockerfile.shell_lists import ShellList, list_of
from seawall.fixes.dockerfile.shell_words import behind, command_at, verb_of
from seawall.fixes.model import Context, Example, Fixer
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command

_OLD = Expression(r"(?:^|/)alpine:(?:2\.|3\.[0-2](?!\d))")
"""Releases whose apk has no `--no-cache`."""
_CACHING = ("--cache-dir", "--no-network", "--root", "-p", "--cache-max-age")


def index_step(command: Command) -> Step:
    """What a command does with apk's index."""
    if command.name != "apk" or command.has_option(
        "--no-cache", "-U", "--update-cache", "--update"
    ):
        return Step.NOTHING
    verb = verb_of(command, _INDEXED | {"update"})
    if verb is None:
        return Step.NOTHING
    return Step.RENEWS if verb.literal == "update" else Step.USES


_INDEXED = frozenset(
    {"add", "upgrade", "fetch", "search", "policy", "list", "info", "version", "fix", "dot"}
)


def _no_cache(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    if found is None or found[1].name != "apk" or _is_elsewhere(dockerfile, found[0]):
        return None
    instruction = found[0]
    script = dockerfile.script_of(instruction)
    adds = [c for c in (script.commands if script else ()) if _adds(c)]
    edits = [behind(dockerfile, verb_of(command, {"add"}), "--no-cache") for command in adds]
    if not edits or None in edits or any(command.has_option(*_CACHING) for command in adds):
        return None
    written = [edit for edit in edits if edit is not None]
    written += _without_update(dockerfile, instruction)
    return Fix(
        Safety.SAFE, "install with `apk add --no-cache`", tuple(written), fixer="apk-no-cache"
    )


def _adds(command: Command) -> bool:
    return (
        command.name == "apk"
        and verb_of(command, {"add"}) is not None
        and not command.has_option("--no-cache")
    )


def _is_elsewhere(dockerfile: Dockerfile, instruction: Instruction) -> bool:
    """Whether the index can't be fetched, or this apk does not know the option."""
    network = instruction.flag("network")
    stage = dockerfile.stage_of(instruction)
    names = (stage.root_base.candidates or (stage.root_base.written,)) if stage else ()
    return bool(network and network.value == "none") or any(_OLD.search(name) for name in names)


def _without_update(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Edit]:
    """`apk update &&` taken out, where only the installs that no longer need it come after."""
    commands = list_of(dockerfile, instruction)
    updates = [c for c in (commands.script.commands if commands else ()) if _is_plain_update(c)]
    if commands is None or len(updates) != 1:
        return
    index = commands.index_of(updates[0].start)
    others = [c for c in commands.script.commands if c.name == "apk" and c is not updates[0]]
    if index < 0 or commands.text(index).split()[:2] != ["apk", "update"]:
        return
    if any(index_step(c) is not Step.NOTHING and not _adds(c) for c in others) or not others:
        return
    if _is_needed_no_more(dockerfile, instruction, updates[0].end):
        edit = commands.without(index) if commands.items[index].operator == "&&" else None
        if edit is not None:
            yield edit


def _is_needed_no_more(dockerfile: Dockerfile, instruction: Instruction, offset: int) -> bool:
    """Whether nothing behind a place asks the index, but for this step's own installs."""

    def judge(command: Command) -> Step:
        is_mended = command.start < instruction.end and _adds(command)
        return Step.NOTHING if is_mended else index_step(command)

    return needed_later(dockerfile, instruction, offset, judge) is Need.NONE


def _is_plain_update(command: Command) -> bool:
    rest = [word for word in command.literals if word not in {"-q", "--quiet"}]
    return command.name == "apk" and rest == ["update"] and not command.wrappers


NO_CACHE = Fixer(
    id="apk-no-cache",
    title="Install with apk and keep no index",
    rules=("package-cache",),
    safety=Safety.SAFE,
    writes=(
        "`--no-cache` behind each `apk add` of the RUN. An `apk update &&` in the same list goes "
        "where nothing else needs the index that it fetched: `--no-cache` fetches its own. Nothing "
        "is written for Alpine before 3.3, which does not know the option, with `--cache-dir` or "
        "`--no-network`, and in a step without a network."
    ),
    breaks="Nothing: the same packages come from the same mirror.",
    on={Dockerfile: _no_cache},
    examples=(
        Example(
            "FROM alpine:3.19\nRUN apk update && apk add nginx\n",
            "FROM alpine:3.19\nRUN apk add --no-cache nginx\n",
        ),
        Example(
            "FROM alpine:3.19\nRUN apk -q add \\\n    # the server\n    nginx && apk add curl\n",
            "FROM alpine:3.19\nRUN apk -q add --no-cache \\\n    # the server\n    nginx && "
            "apk add --no-cache curl\n",
        ),
        Example(
            "FROM alpine:3.19\nRUN apk update && apk upgrade && apk add nginx\n",
            "FROM alpine:3.19\nRUN apk update && apk upgrade && apk add --no-cache nginx\n",
        ),
    ),
    keeps=(
        "FROM alpine:3.2\nRUN apk add nginx\n",
        "FROM alpine:3.19\nRUN --network=none apk add /packages/x.apk\n",
        'FROM alpine:3.19\nRUN ["apk", "add", "nginx"]\n',
    ),
)


def _removed(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    if found is None or found[1].name != "apk":
        return None
    instruction, command = found
    name = next(command.option_values("--virtual", "-t"), None)
    commands = list_of(dockerfile, instruction)
    if name is None or name.literal is None or _AT_RUN_TIME.search(name.literal):
        return None
    removal = f"apk del {name.literal}"
    edit = _at_the_end(dockerfile, commands, command, removal)
    proposal = (
        f"RUN {dockerfile.source.text[command.start : command.end]} \\\n"
        "    && … what needs them … \\\n"
        f"    && {removal}"
    )
    title = f"remove {name.literal} in the step that installs it"
    edits = (edit,) if edit else ()
    return Fix(Safety.GUIDED, title, edits, proposal=proposal, fixer="remove-build-dependencies")


_AT_RUN_TIME = Expression(r"run|^[^.]*$")
"""Names of what is kept on purpose: `.run-deps`, and packages that are no group at all."""


def _at_the_end(
    dockerfile: Dockerfile, commands: ShellList | None, command: Command, removal: str
) -> Edit | None:
    """The removal behind the last command, where the step uses the packages and none does later."""
    if commands is None or not commands.is_one_chain:
        return None
    index, last = commands.index_of(command.start), len(commands.items) - 1
    later = [i for i, _ in dockerfile.scripts if i.start > commands.instruction.start]
    is_last = all(other.stage != commands.instruction.stage for other in later)
    return commands.after(last, removal) if 0 <= index < last and is_last else None


VIRTUAL = Fixer(
    id="remove-build-dependencies",
    title="Remove build dependencies in the step that installs them",
    rules=("build-dependencies-kept",),
    safety=Safety.GUIDED,
    writes=(
        "`apk del` of the virtual package at the end of the RUN that adds it. The edit is there "
        "where that RUN uses the packages and no later RUN of the stage does; else the RUN to "
        "write is shown. Groups named for run time (`.app-rundeps`) are left alone."
    ),
    breaks=(
        "What was compiled may need shared libraries that came with the build packages. Name those "
        "without `--virtual` (`scanelf --needed --nobanner` lists them), and start the image."
    ),
    on={Dockerfile: _removed},
    examples=(
        Example(
            "FROM alpine:3.19\nRUN apk add --no-cache --virtual .build gcc \\\n    && make\n",
            "FROM alpine:3.19\nRUN apk add --no-cache --virtual .build gcc \\\n    && make \\\n"
            "    && apk del .build\n",
        ),
    ),
    keeps=(
        "FROM alpine:3.19\nRUN apk add --no-cache --virtual .build gcc\nRUN make\n"
        "RUN apk del .build\n",
    ),
)

FIXERS = (NO_CACHE, VIRTUAL)
