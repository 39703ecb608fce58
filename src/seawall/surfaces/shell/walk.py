"""Walks a shell's tree and lists every command in it, in order, with how it is reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from seawall.surfaces.shell.commands import Parts
from seawall.surfaces.shell.model import (
    Assignment,
    Command,
    Pipeline,
    Redirect,
    ShellWord,
)
from seawall.surfaces.shell.passage import SUBSTITUTIONS, Passage
from seawall.surfaces.shell.plain import Plain, plain_commands
from seawall.surfaces.shell.syntax import parse
from seawall.surfaces.shell.wrappers import Inner, Text, reads_script, wrapped

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST = 8
"""Wrappers within wrappers that are followed: `sh -c "sh -c '…'"` has two."""


DEEPEST_SUBSTITUTION = 50
"""Substitutions within substitutions that are followed: each level reads its words again."""

MOST_SHARED = 20
"""Redirects of compounds around a command that it is told of."""


class Standing(Struct):
    """Where a node stands. `pipeline` -1: each command starts one; `position` -1: not yet known.

    `shared` are redirects of a compound around it; `tail` are nodes of redirects that belong to
    whatever comes last in it. `depth` counts the substitutions around it.
    """

    pipeline: int = -1
    position: int = 0
    condition: str = ""
    into: Command | None = None
    wrappers: tuple[str, ...] = ()
    shared: tuple[Redirect, ...] = ()
    depth: int = 0
    tail: tuple[Node, ...] = ()

    def reached(self, condition: str) -> Standing:
        """The same place, but reached by this condition, and without the tail."""
        return Standing(
            self.pipeline,
            self.position,
            condition,
            self.into,
            self.wrappers,
            self.shared,
            self.depth,
        )

    def substituted(self, into: Command | None) -> Standing:
        """One substitution deeper: in pipelines of its own."""
        return Standing(-1, 0, self.condition, into, self.wrappers, depth=self.depth + 1)


class Collection:
    """The commands and pipelines of one script as they are found."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.has_errors = False
        self.tops: list[int] = []
        self._members: list[list[Command]] = []

    def new_pipeline(self) -> int:
        """Begin a pipeline: its number."""
        self.tops.append(-1)
        self._members.append([])
        return len(self.tops) - 1

    def add(self, command: Command) -> None:
        """Add a command to the script and its pipeline."""
        number = command.pipeline
        self.commands.append(command)
        self._members[number].append(command)
        self.tops[number] = max(self.tops[number], command.position)

    def pipelines(self) -> tuple[Pipeline, ...]:
        """Each pipeline; the numbers of the commands are its indexes."""
        return tuple(map(_pipeline, self._members))


def _pipeline(members: list[Command]) -> Pipeline:
    if len(members) == 1:
        only = members[0]
        return Pipeline((only,), only.start, only.end)
    if not members:
        return Pipeline((), 0, 0)
    return Pipeline(tuple(members), members[0].start, max(command.end for command in members))


class Walk:
    """One pass over one passage; what is found goes to the collection.

    `is_filled_in` says that the passage is a string in which another shell replaces `$(…)`: those
    are that shell's commands.
    """

    def __init__(
        self, passage: Passage, collection: Collection, is_filled_in: bool = False
    ) -> None:
        self.passage = passage
        self.collection = collection
        self.is_filled_in = is_filled_in
        self.stack: list[tuple[Node, Standing]] = []

    def run(self, standing: Standing) -> None:
        """Walk the passage; `standing` is where it stands itself."""
        plain = plain_commands(self.passage) if standing.pipeline < 0 else None
        if plain is not None:
            self._run_plain(plain, standing)
            return
        root = parse(self.passage.masked)
        if root.has_error:
            self.collection.has_errors = True
        self._drain(root, standing)

    def _run_plain(self, commands: list[Plain], standing: Standing) -> None:
        tops, number, condition, is_piped = self.collection.tops, -1, "", False
        for index, command in enumerate(commands):
            words = command.words
            if command.after != "|":
                number = self.collection.new_pipeline()
                condition = command.after or standing.condition
                is_piped = _is_piped_on(commands, index)
            whole = Command(
                _name(words),
                words,
                (),
                standing.shared,
                words[0].start,
                words[-1].end,
                number,
                tops[number] + 1,
                standing.wrappers,
                standing.into,
                condition,
            )
            _Unwrapping(self, is_piped).add(whole)

    def _drain(self, root: Node, standing: Standing) -> None:
        stack, tops = self.stack, self.collection.tops
        bottom = len(stack)
        stack.append((root, standing))
        while len(stack) > bottom:
            node, standing = stack.pop()
            if standing.position < 0:
                standing.position = tops[standing.pipeline] + 1
            visit = _VISITS.get(node.type)
            if visit is not None:
                visit(self, node, standing)
            elif children := node.named_children:
                inner = self._settled(standing)
                stack.extend((child, inner) for child in reversed(children))

    def push(self, parts: list[tuple[Node, Standing]]) -> None:
        """Visit these next, in this order."""
        self.stack.extend(reversed(parts))

    def _settled(self, standing: Standing) -> Standing:
        """For the inside of a compound: its redirects hold for each command in it."""
        if not standing.tail:
            return standing
        parts = Parts(self.passage)
        for node in standing.tail:
            parts.redirect(node)
        self._push_substitutions(parts, standing.into, standing)
        inner = standing.reached(standing.condition)
        inner.shared = (*parts.redirects, *standing.shared)[:MOST_SHARED]
        return inner

    def chain(self, node: Node, standing: Standing) -> None:
        """`a && b`, `a || b`: the grammar nests them to the left."""
        children = node.children
        parts: list[tuple[Node, Standing]] = []
        for child in children:
            kind = child.type
            if kind in {"&&", "||"}:
                tail = standing.tail
                standing = standing.reached(kind)
                standing.tail = tail
            elif child.is_named:
                parts.append((child, standing))
        if parts and standing.tail:
            self._keep_tail_last(parts)
        self.push(parts)

    def _keep_tail_last(self, parts: list[tuple[Node, Standing]]) -> None:
        for index, (child, standing) in enumerate(parts[:-1]):
            parts[index] = (child, standing.reached(standing.condition))

    def pipeline(self, node: Node, standing: Standing) -> None:
        """`a | b`: within a compound that is piped on itself, one longer pipeline."""
        is_inner = standing.pipeline >= 0
        number = standing.pipeline if is_inner else self.collection.new_pipeline()
        parts: list[tuple[Node, Standing]] = []
        for child in node.named_children:
            inner = standing.reached(standing.condition)
            inner.pipeline = number
            if parts:
                inner.position = -1
            parts.append((child, inner))
        if parts:
            parts[-1][1].tail = standing.tail
        self.push(parts)

    def redirected(self, node: Node, standing: Standing) -> None:
        """Something with redirects: they belong to the last command of a list or pipeline."""
        body, redirects = None, []
        for child in node.named_children:
            if child.type.endswith("_redirect"):
                redirects.append(child)
            elif body is None:
                body = child
        tail = (*redirects, *standing.tail)
        inner = standing.reached(standing.condition)
        inner.tail = tail
        if body is None:
            self.command(node, standing)
        else:
            self.stack.append((body, inner))

    def negated(self, node: Node, standing: Standing) -> None:
        """`! a`."""
        self.push([(child, standing) for child in node.named_children])

    def condition(self, node: Node, standing: Standing) -> None:
        """`if`: what stands behind `then` is reached by it."""
        standing = self._settled(standing)
        parts: list[tuple[Node, Standing]] = []
        for child in node.children:
            if child.is_named:
                parts.append((child, standing))
            elif child.type == "then":
                standing = standing.reached("if")
        self.push(parts)

    def alternative(self, node: Node, standing: Standing) -> None:
        """`elif`, `else` and each branch of `case`."""
        inner = standing.reached("if")
        self.push([(child, inner) for child in node.named_children])

    def loop(self, node: Node, standing: Standing) -> None:
        """`for`, `while`, `until`, `select`: their bodies are reached by the loop."""
        standing = self._settled(standing)
        body = standing.reached("loop")
        self.push(
            [
                (child, body if child.type == "do_group" else standing)
                for child in node.named_children
            ]
        )

    def counting_loop(self, node: Node, standing: Standing) -> None:
        """`for ((…))`: its arithmetic holds no commands but for what it substitutes."""
        standing = self._settled(standing)
        body = standing.reached("loop")
        self.push(
            [
                (child, body if child.type == "do_group" else standing)
                for child in node.named_children
                if child.type != "variable_assignment"
            ]
        )

    def substitution(self, node: Node, standing: Standing) -> None:
        """`$(…)`, `<(…)`: its own pipelines."""
        if self.is_filled_in:
            return
        if standing.depth > DEEPEST_SUBSTITUTION:
            self.collection.has_errors = True
            return
        inner = standing.substituted(standing.into)
        self.push([(child, inner) for child in node.named_children])

    def command(self, node: Node, standing: Standing) -> None:
        """A simple command, also one of only assignments or only redirects."""
        parts = Parts(self.passage)
        parts.read(node)
        self._emit(node, parts, standing)

    def test(self, node: Node, standing: Standing) -> None:
        """`[ … ]` and `[[ … ]]`."""
        parts = Parts(self.passage)
        parts.read_test(node)
        self._emit(node, parts, standing)

    def assignment(self, node: Node, standing: Standing) -> None:
        """`A=b` that stands alone."""
        parts = Parts(self.passage)
        parts.assign(node)
        self._emit(node, parts, standing)

    def skip(self, node: Node, standing: Standing) -> None:
        """What holds no command."""

    def _emit(self, node: Node, parts: Parts, standing: Standing) -> None:
        for redirect in standing.tail:
            parts.redirect(redirect)
        end = node.end_byte
        end = max(end, parts.end)
        if standing.pipeline < 0:
            pipeline, position = self.collection.new_pipeline(), 0
        else:
            pipeline, position = standing.pipeline, standing.position
        command = Command(
            _name(parts.words),
            tuple(parts.words),
            tuple(parts.assignments),
            (*parts.redirects, *standing.shared) if standing.shared else tuple(parts.redirects),
            self.passage.start(node.start_byte),
            self.passage.end(end),
            pipeline,
            position,
            standing.wrappers,
            standing.into,
            standing.condition,
        )
        innermost = _Unwrapping(self, standing.pipeline >= 0).add(command)
        self._push_substitutions(parts, innermost, standing)
        if parts.bodies:
            self._read_bodies(parts, innermost)

    def _push_substitutions(self, parts: Parts, into: Command | None, standing: Standing) -> None:
        if parts.substitutions and not self.is_filled_in:
            inner = standing.substituted(into)
            self.push([(child, inner) for child in parts.substitutions])

    def _read_bodies(self, parts: Parts, command: Command) -> None:
        """Here-documents: a shell reads its own as a script; in others `$(…)` runs."""
        is_script = reads_script(command)
        for _, document in parts.bodies:
            passage = self.passage.document_body(document)
            if is_script:
                wrappers = (*command.wrappers, command.name)
                if len(wrappers) <= DEEPEST:
                    standing = Standing(
                        -1, 0, command.condition, command.substituted_into, wrappers
                    )
                    Walk(passage, self.collection).run(standing)
            elif document.expands and ("$(" in passage.text or "`" in passage.text):
                standing = Standing(-1, 0, command.condition, command, command.wrappers)
                Walk(passage.as_string(), self.collection).run_string(standing)

    def run_words(self, words: tuple[ShellWord, ...]) -> None:
        """Take words as one command."""
        number = self.collection.new_pipeline()
        start, end = words[0].start, words[-1].end
        command = Command(_name(words), words, (), (), start, end, number, 0)
        _Unwrapping(self, False).add(command)

    def run_string(self, standing: Standing) -> None:
        """Walk only the substitutions of a passage that is one double-quoted string."""
        stack = [parse(self.passage.masked)]
        found: list[Node] = []
        while stack:
            node = stack.pop()
            if node.type in SUBSTITUTIONS:
                found.append(node)
            else:
                stack.extend(reversed(node.named_children))
        for node in found:
            self._drain(node, standing)


def _is_piped_on(commands: list[Plain], index: int) -> bool:
    return index + 1 < len(commands) and commands[index + 1].after == "|"


class _Unwrapping:
    """Adds a command and, after it, what it runs; follows wrappers to a bounded depth."""

    def __init__(self, walk: Walk, is_piped: bool) -> None:
        self.walk = walk
        self.is_piped = is_piped

    def add(self, command: Command) -> Command:
        """Add it and all that it runs; the last command that its own words reach."""
        self.walk.collection.add(command)
        innermost = command
        if len(command.wrappers) >= DEEPEST:
            return command
        for inner in wrapped(command.name, command.words, command.redirects):
            if isinstance(inner, Inner):
                innermost = self.add(_within(command, inner))
            else:
                self._read(command, inner)
        return innermost

    def _read(self, command: Command, text: Text) -> None:
        pipeline = command.pipeline if self.is_piped else -1
        wrappers = (*command.wrappers, command.name)
        standing = Standing(
            pipeline, command.position, command.condition, command.substituted_into, wrappers
        )
        passage = self.walk.passage.joined(text.words)
        filled_in = self.walk.is_filled_in or any(word.has_substitution for word in text.words)
        Walk(passage, self.walk.collection, is_filled_in=filled_in).run(standing)


def _within(command: Command, inner: Inner) -> Command:
    """The command that a wrapper runs."""
    return Command(
        _name(inner.words),
        inner.words,
        tuple(_assignment(word) for word in inner.assignments),
        command.redirects,
        inner.words[0].start,
        command.end if inner.words[-1] is command.words[-1] else inner.words[-1].end,
        command.pipeline,
        command.position,
        (*command.wrappers, command.name),
        command.substituted_into,
        command.condition,
    )


def _assignment(word: ShellWord) -> Assignment:
    """`A=b` that a wrapper takes as an argument."""
    name, _, value = word.text.partition("=")
    size = len(name) + 1
    literal = None if word.literal is None else word.literal.partition("=")[2]
    rest = ShellWord(
        value,
        literal,
        min(word.start + size, word.end),
        word.end,
        word.variables,
        word.has_substitution,
    )
    return Assignment(name.strip("\"'"), rest, word.start, word.end)


def _name(words: list[ShellWord] | tuple[ShellWord, ...]) -> str:
    """The program's base name."""
    literal = words[0].literal if words else None
    return literal.rpartition("/")[2] if literal else ""


_VISITS: dict[str, Callable[[Walk, Node, Standing], None]] = {
    "command": Walk.command,
    "declaration_command": Walk.command,
    "unset_command": Walk.command,
    "variable_assignments": Walk.command,
    "variable_assignment": Walk.assignment,
    "test_command": Walk.test,
    "list": Walk.chain,
    "pipeline": Walk.pipeline,
    "redirected_statement": Walk.redirected,
    "negated_command": Walk.negated,
    "if_statement": Walk.condition,
    "elif_clause": Walk.alternative,
    "else_clause": Walk.alternative,
    "case_item": Walk.alternative,
    "for_statement": Walk.loop,
    "c_style_for_statement": Walk.counting_loop,
    "while_statement": Walk.loop,
    "command_substitution": Walk.substitution,
    "process_substitution": Walk.substitution,
    "comment": Walk.skip,
    "word": Walk.skip,
    "variable_name": Walk.skip,
    "raw_string": Walk.skip,
}
