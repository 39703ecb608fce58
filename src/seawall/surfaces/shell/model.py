"""The facts of a shell script: pipelines of commands with words, redirects and their places."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from seawall.core.once import once


class ShellWord(Struct, frozen=True):
    """One word of a command.

    `text` is as written. `literal` is the word after quote removal where it has no expansion,
    else None. `variables` are the names that it expands (`$X`, `${X:-y}`); `has_substitution`
    says that it runs a command (`$(…)`, backquotes, `<(…)`). Places are offsets in the file.
    """

    text: str
    literal: str | None
    start: int
    end: int
    variables: tuple[str, ...] = ()
    has_substitution: bool = False

    @property
    def loose(self) -> str:
        """The literal, or the text with its outer quotes taken off: for matching prefixes."""
        return self.literal if self.literal is not None else self.text.strip("\"'")


class Assignment(Struct, frozen=True):
    """`NAME=value`, before a command or alone, also by `export`, `local`, `readonly`, `declare`."""

    name: str
    value: ShellWord
    start: int
    end: int


class Redirect(Struct, frozen=True):
    """`2>file`, `<<EOF`, `<<<word`: `descriptor` is -1 where none is written.

    For a here-document `operator` is `<<` or `<<-`, `target` its delimiter, `body` its text as
    written and `body_start` the offset where that starts; else body is empty and `body_start` -1.
    """

    operator: str
    descriptor: int
    target: ShellWord | None
    body: str
    start: int
    end: int
    body_start: int = -1


class Command(Struct, frozen=True, dict=True):
    """One simple command, wrappers taken off.

    `name` is the program's base name (`/usr/bin/curl` is `curl`), empty where it is no literal
    or where there are only assignments. `words` are name and arguments, `assignments` those
    before it. `wrappers` are the programs that it was run through, outermost first (sudo, env,
    exec, nice, nohup, time, timeout, xargs, command, gosu, su-exec, `sh -c`, eval, …): a wrapper
    is also a command of its own in `Script.commands`, just before what it runs. `pipeline` and
    `position` say where it stands; `substituted_into` is the command in whose words it runs as
    `$(…)` or `<(…)`, `condition` how it is reached: `""`, `"&&"`, `"||"`, `"if"`, `"loop"`.
    """

    name: str
    words: tuple[ShellWord, ...]
    assignments: tuple[Assignment, ...]
    redirects: tuple[Redirect, ...]
    start: int
    end: int
    pipeline: int
    position: int
    wrappers: tuple[str, ...] = ()
    substituted_into: Command | None = None
    condition: str = ""

    @property
    def arguments(self) -> tuple[ShellWord, ...]:
        """The words after the program's name."""
        return self.words[1:]

    @once
    def literals(self) -> tuple[str, ...]:
        """Each argument's literal; those with expansions as they are written."""
        return tuple(word.text if word.literal is None else word.literal for word in self.arguments)

    def has_option(self, *names: str) -> bool:
        """Whether an option is given: `--long` (also `--long=x`) or `-x` (also within `-abx`)."""
        return self.option(*names) is not None

    def option(self, *names: str) -> ShellWord | None:
        """The word that gives one of these options; after `--` there are no options."""
        for word, literal in self._dashed:
            if literal == "--":
                return None
            for name in names:
                if literal == name or _gives(literal, name):
                    return word
        return None

    @once
    def _dashed(self) -> tuple[tuple[ShellWord, str], ...]:
        """The arguments that start with a dash: all that can be options."""
        pairs = zip(self.arguments, self.literals, strict=True)
        return tuple((word, literal) for word, literal in pairs if literal[:1] == "-")

    def option_values(self, *names: str) -> Iterator[ShellWord]:
        """The words that are the options' values: `--x v`, `--x=v`, `-x v` and `-xv`.

        For `--x=v` and `-xv` the word is the value's part, with its exact place.
        """
        if not self._dashed:
            return
        arguments, literals = self.arguments, self.literals
        for index, (word, literal) in enumerate(zip(arguments, literals, strict=True)):
            if literal[:1] != "-":
                continue
            if literal == "--":
                return
            for name in names:
                if literal == name and index + 1 < len(arguments):
                    yield arguments[index + 1]
                elif (size := _glued(literal, name)) and word.text.startswith(literal[:size]):
                    yield _tail(word, size)

    def operands(self, valued: frozenset[str] = frozenset()) -> Iterator[ShellWord]:
        """Arguments that are no options; `valued` names the options that take the next word."""
        skip, only_operands = False, False
        for word, literal in zip(self.arguments, self.literals, strict=True):
            if skip:
                skip = False
            elif only_operands or not literal.startswith("-") or literal == "-":
                yield word
            elif literal == "--":
                only_operands = True
            else:
                skip = literal in valued


def _gives(literal: str, name: str) -> bool:
    if name.startswith("--"):
        return literal.startswith(name + "=")
    is_cluster = literal.startswith("-") and not literal.startswith("--")
    return is_cluster and len(name) == 2 and name[1] in literal[1:] and literal[1:].isalpha()


def _glued(literal: str, name: str) -> int:
    """Length of the part before the value in `--x=v` or `-xv`; 0 where it is not that option."""
    if name.startswith("--"):
        return len(name) + 1 if literal.startswith(name + "=") else 0
    return len(name) if len(name) == 2 and literal.startswith(name) and len(literal) > 2 else 0


def _tail(word: ShellWord, size: int) -> ShellWord:
    literal = None if word.literal is None else word.literal[size:]
    return ShellWord(
        word.text[size:],
        literal,
        word.start + size,
        word.end,
        word.variables,
        word.has_substitution,
    )


class Pipeline(Struct, frozen=True):
    """Commands joined by `|`, in order; `commands` are those whose `pipeline` is its index.

    A group that is piped on (`(a || b) | c`) is part of it, and so is what a wrapper runs: such
    commands share a `position`, and what they write goes to those of a higher one.
    """

    commands: tuple[Command, ...]
    start: int
    end: int


class Script(Struct, frozen=True, dict=True):
    """A script: every command in it, also within substitutions, `sh -c`, loops and functions.

    `dialect` is sh, bash, ash, …, or `exec` where words are run without a shell (JSON form). For
    powershell, cmd, python3, unknown, … it was not read: `commands` is empty, `unread` says why.
    `has_errors` says that parts could not be understood. `options` are the shell's own, in force
    from the start (`-e`, `pipefail`) by SHELL or `set`.
    """

    dialect: str
    commands: tuple[Command, ...]
    pipelines: tuple[Pipeline, ...]
    start: int
    end: int
    options: frozenset[str] = frozenset()
    unread: str = ""
    has_errors: bool = False
