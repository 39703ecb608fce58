"""Package lists that are fetched in a layer of their own, and upgrades of everything."""

from __future__ import annotations

from seawall.core.expression import Expression
from seawall.core.model import Edit, Fix, Hit, Safety
from seawall.fixes.dockerfile.apk import index_step
from seawall.fixes.dockerfile.apt import APT, lists_step
from seawall.fixes.dockerfile.later_steps import Judge, Step, is_certain, is_opaque
from seawall.fixes.dockerfile.shell_lists import ShellList, list_of
from seawall.fixes.dockerfile.shell_words import command_at, is_exact, is_trigger, verb_of
from seawall.fixes.model import Context, Example, Fixer
from seawall.surfaces.dockerfile import Dockerfile, Instruction
from seawall.surfaces.shell import Command, Script

_CHANGES_GROUND = frozenset({"USER", "SHELL", "ONBUILD", "ADD"})
_FIXER = "merge-update"


def _merged(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    if found is None:
        return None
    instruction, command = found
    judge = lists_step if command.name in APT else index_step if command.name == "apk" else None
    commands = list_of(dockerfile, instruction)
    if judge is None or commands is None or instruction.stage < 0:
        return None
    index = commands.index_of(command.start)
    update = commands.text(index) if index >= 0 else ""
    if not update or "\n" in update or commands.items[index].kind != "command":
        return None
    if any(
        is_opaque(commands.script, c) for c in commands.script.commands if c.start > command.end
    ):
        return None
    target = _first_user(dockerfile, instruction, judge)
    edits = _moved(dockerfile, commands, index, target, update) if target else None
    if edits is None:
        return _shown(dockerfile, target, update)
    return Fix(Safety.SAFE, "fetch the lists in the step that installs", edits, fixer=_FIXER)


def _first_user(
    dockerfile: Dockerfile, instruction: Instruction, judge: Judge
) -> tuple[Instruction, Command] | None:
    """The first later command of the stage that needs the lists, or makes them anew."""
    for other, script in dockerfile.scripts:
        if other.stage == instruction.stage and other.start > instruction.start:
            for command in script.commands:
                if judge(command) is not Step.NOTHING:
                    return other, command
    return None


def _moved(
    dockerfile: Dockerfile,
    commands: ShellList,
    index: int,
    target: tuple[Instruction, Command],
    update: str,
) -> tuple[Edit, ...] | None:
    """The update taken out where it stands and put before its first use; None if that is unsure."""
    taken = _taken_out(dockerfile, commands, index)
    there = list_of(dockerfile, target[0])
    place = there.index_of(target[1].start) if there else -1
    if taken is None or there is None or place < 0 or not _is_same(dockerfile, commands, there):
        return None
    before = [each for each in there.script.commands if each.end <= target[1].start]
    if any(_acts_on_lists(there.script, each) for each in before):
        return None
    if verb_of(target[1], {"update"}) is not None:
        return (taken,) if is_certain(dockerfile, *target) else None
    if there.is_one_chain:
        return taken, there.before(place, update, "&&")
    if there.stops_on_errors and _starts_statement(there, place):
        return taken, there.before(place, update, ";")
    return None


def _is_same(dockerfile: Dockerfile, first: ShellList, last: ShellList) -> bool:
    """Whether two steps run alike, and the update does the same in the second."""
    steps = (first.instruction, last.instruction)
    is_plain = not any(each.flags or is_trigger(dockerfile, each) for each in steps)
    return is_plain and not _is_between(dockerfile, *steps)


def _starts_statement(there: ShellList, place: int) -> bool:
    return place > 0 and there.items[place - 1].operator == ";"


def _taken_out(dockerfile: Dockerfile, commands: ShellList, index: int) -> Edit | None:
    """The update alone, or its whole RUN where there is nothing else in it."""
    if len(commands.items) > 1:
        return commands.without(index) if commands.is_one_chain else None
    instruction, text = commands.instruction, dockerfile.source.text
    inside = any(instruction.start <= c.start < instruction.end for c in dockerfile.comments)
    if inside:
        return None
    end = text.find("\n", instruction.end) + 1 or len(text)
    start = text.rfind("\n", 0, instruction.start) + 1
    is_apart = text[:start].endswith(("\n\n", "\n\r\n"))
    if is_apart and text.startswith(("\n", "\r\n"), end):
        end = text.find("\n", end) + 1
    return Edit(start, end, "")


def _is_between(dockerfile: Dockerfile, first: Instruction, last: Instruction) -> bool:
    """Whether a step between two of a stage may need the lists, or acts on other ground."""
    for other in dockerfile.instructions:
        if not first.start < other.start < last.start:
            continue
        script = dockerfile.script_of(other) if other.keyword == "RUN" else None
        if other.keyword in _CHANGES_GROUND or (other.keyword == "RUN" and script is None):
            return True
        if other.keyword == "COPY" and _SYSTEM.match(other.arguments[-1].text):
            return True
        if script and (script.unread or any(_acts_on_lists(script, c) for c in script.commands)):
            return True
    return False


_SYSTEM = Expression(r"[\"']?(?:/?\Z|/etc|/usr/share|\$)")
"""Where a copied file may be a repository's list, or its key."""


def _acts_on_lists(script: Script, command: Command) -> bool:
    """Whether a command may change which lists there are to fetch, or installs unseen."""
    told = ("/etc/apt", "/etc/apk", "keyring", "sources.list", "--add-architecture")
    names = ("add-apt-repository", "apt-add-repository", "apt-key")
    words = [word.text for word in command.words]
    words += [each.target.text for each in command.redirects if each.target]
    is_told = any(mark in word for word in words for mark in told)
    return is_told or command.name in names or is_opaque(script, command)


def _shown(
    dockerfile: Dockerfile, target: tuple[Instruction, Command] | None, update: str
) -> Fix | None:
    if target is None:
        title = "delete the update: no later step of this stage installs anything"
        return Fix(Safety.GUIDED, title, fixer=_FIXER)
    command = dockerfile.source.text[target[1].start : target[1].end]
    proposal = f"RUN {update} \\\n    && {command}"
    return Fix(
        Safety.GUIDED, "fetch the lists in the step that installs", proposal=proposal, fixer=_FIXER
    )


MERGE = Fixer(
    id=_FIXER,
    title="Fetch the package lists in the step that installs",
    rules=("update-alone",),
    safety=Safety.SAFE,
    writes=(
        "A lone `apt-get update` or `apk update` goes to the front of the first later command of "
        "its stage that needs the lists, joined to it by `&&` (by `;` under `set -e`); its own RUN "
        "goes where it did nothing else, comments above it stay. Where that command's RUN fetches "
        "lists itself, the lone one is only taken out. This is done where both are plain lists "
        "without flags, every failure still stops the build, and nothing between them changes "
        "USER or SHELL, adds a remote file, or runs what may install packages. Else the RUN to "
        "write is shown."
    ),
    breaks=(
        "Nothing now. From then on the lists are fetched whenever the list of packages changes, "
        "which is the point: versions that the old layer still named are no longer asked for."
    ),
    on={Dockerfile: _merged},
    examples=(
        Example(
            "FROM debian:12.5\n# fresh lists\nRUN apt-get update -qq\nENV A=b\n"
            "RUN apt-get install -y \\\n    nginx\n",
            "FROM debian:12.5\n# fresh lists\nENV A=b\n"
            "RUN apt-get update -qq \\\n    && apt-get install -y \\\n    nginx\n",
        ),
        Example(
            "FROM debian:12.5\nRUN rm -f /x && apt-get update\n"
            "RUN set -ex \\\n && apt-get install -y x \\\n && x -t\n",
            "FROM debian:12.5\nRUN rm -f /x\n"
            "RUN set -ex \\\n && apt-get update \\\n && apt-get install -y x \\\n && x -t\n",
        ),
        Example(
            "FROM debian:12.5\nRUN apt-get update\nRUN apt-get update && apt-get install -y x\n",
            "FROM debian:12.5\nRUN apt-get update && apt-get install -y x\n",
        ),
    ),
    keeps=(
        "FROM debian:12.5\nRUN apt-get update\nRUN ./install.sh\nRUN apt-get install -y nginx\n",
        "FROM debian:12.5\nRUN apt-get update\nCOPY x.list /etc/apt/sources.list.d/\n"
        "RUN apt-get install -y nginx\n",
        "FROM debian:12.5\nRUN apt-get update\nRUN echo deb http://x > /etc/apt/sources.list\n"
        "RUN apt-get install -y nginx\n",
        "FROM debian:12.5\nRUN apt-get update\nUSER app\nRUN apt-get install -y nginx\n",
        "FROM debian:12.5\nRUN apt-get update\nRUN apt-get install -y nginx || true\n",
        "FROM debian:12.5\nRUN apt-get update\nRUN apt-get install -y nginx; echo done\n",
        "FROM debian:12.5 AS a\nRUN apt-get update\nFROM a\nRUN apt-get install -y nginx\n",
    ),
)


def _upgraded(dockerfile: Dockerfile, hit: Hit, _: Context) -> Fix | None:
    found = command_at(dockerfile, hit)
    verb = verb_of(found[1], _AS_UPGRADE) if found else None
    if verb is None or not is_exact(dockerfile, verb):
        return None
    edit = Edit(verb.start, verb.end, _AS_UPGRADE[verb.literal or ""])
    title = f"`{edit.text}` instead of `{verb.literal}`, or a newer base image"
    return Fix(Safety.GUIDED, title, (edit,), fixer="plain-upgrade")


_AS_UPGRADE = {"dist-upgrade": "upgrade", "full-upgrade": "upgrade", "dup": "update"}

UPGRADE = Fixer(
    id="plain-upgrade",
    title="Upgrade packages without removing any",
    rules=("dist-upgrade",),
    safety=Safety.GUIDED,
    writes=(
        "`upgrade` for `dist-upgrade` and `full-upgrade` (zypper: `update` for `dup`). Better "
        "still is a newer tag of the base image, and no upgrade at all: that is yours to choose."
    ),
    breaks=(
        "Packages whose new version needs another package stay as they are; so a fix that needs "
        "one does not come."
    ),
    on={Dockerfile: _upgraded},
    examples=(
        Example(
            "FROM debian:12.5\nRUN apt-get update && apt-get -y dist-upgrade\n",
            "FROM debian:12.5\nRUN apt-get update && apt-get -y upgrade\n",
        ),
    ),
    keeps=('FROM debian:12.5\nRUN ["apt-get", "-y", "dist-upgrade"]\n',),
)

FIXERS = (MERGE, UPGRADE)
