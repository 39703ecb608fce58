"""What a build takes from its context without anyone having asked for it by name."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, structs

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Evidence, Fix, Hit, Profile, Safety
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe
from seawall.core.vocabulary import words
from seawall.rules.deferred import deferred
from seawall.rules.practices import DOCKERIGNORE
from seawall.rules.secrets.held import Held, held
from seawall.rules.stages import place_of, weight_in_image
from seawall.surfaces.cell import Place
from seawall.surfaces.image.model import Image
from seawall.surfaces.repository import Context, Copy, Repository
from seawall.surfaces.repository.tree import File

_HISTORY = frozenset({".git", ".hg", ".svn"})
BULK = words(
    "node_modules bower_components .venv venv vendor site-packages dist build target out bin obj"
    " coverage __pycache__ .pytest_cache .mypy_cache .ruff_cache .tox .nox .gradle .terraform"
    " .next .nuxt .idea .vscode logs tmp"
)
DEPENDENCIES = frozenset({"node_modules", "bower_components", ".venv", "venv", "site-packages"})
_SHOWN = 5


class _Size(Struct, frozen=True):
    """How many files, and how many bytes they have together."""

    files: int = 0
    bytes: int = 0

    def plus(self, file: File) -> _Size:
        return _Size(self.files + 1, self.bytes + file.size)

    def __str__(self) -> str:
        plural = "" if self.files == 1 else "s"
        return f"{self.files:,} file{plural}, {_readable(self.bytes)}"


class _Taken(Struct, frozen=True):
    """What one COPY brings: secret files, version control by its folder, and folders of bulk."""

    context: Context
    copy: Copy
    all: _Size
    secrets: tuple[Held, ...]
    history: dict[str, _Size]
    bulk: dict[str, _Size]

    @property
    def subject(self) -> str:
        """The instruction and its source as written."""
        source = self.context.build.dockerfile.source
        written = source.text[self.copy.start : self.copy.end]
        return f"{self.copy.instruction.keyword} {written}"

    @property
    def symbol(self) -> str:
        """The stage and the instruction."""
        return place_of(self.context.build.dockerfile, self.copy.instruction, self.subject)

    @property
    def weaker(self) -> str:
        """Why what it brings weighs less: it stays out of the final image."""
        return weight_in_image(self.context.build.dockerfile, self.copy.instruction)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Which context was looked at, and by which .dockerignore."""
        ignore = self.context.ignore
        by = f"as {ignore.source.path} lets through" if ignore else "without a .dockerignore"
        return (Evidence(f"{_the(self.context)}, {by}: {self.all}"),)


def _the(context: Context) -> str:
    is_here = context.name in _HERE
    return "the context, the current directory" if is_here else f"the context {context.name}"


def _in(context: Context) -> str:
    return "the current directory" if context.name in _HERE else context.name


_HERE = frozenset({"", ".", "./"})


def _readable(size: int) -> str:
    if size < 1000:
        return f"{size} bytes"
    power = min((len(str(size)) - 1) // 3, 3)
    return f"{size / 1000**power:.1f} {('KB', 'MB', 'GB')[power - 1]}"


def _all_taken(repository: Repository) -> tuple[_Taken, ...]:
    """What every COPY and ADD of every build brings; worked out once for all rules."""
    known: tuple[_Taken, ...] | None = repository.derived.get("taken")
    if known is None:
        known = repository.derived["taken"] = tuple(_takings(repository))
    return known


def _takings(repository: Repository) -> Iterator[_Taken]:
    seen = set()
    known: dict[tuple[str, str, str, tuple[str, ...]], _Taken] = {}
    for context in repository.contexts:
        ignore = context.ignore
        if ignore is not None and ignore.faults:
            continue
        for copy in context.copies:
            key = (context.build.path, context.directory, copy.start)
            if key in seen:
                continue
            seen.add(key)
            # Many a Dockerfile copies all of the same directory: it is looked through once.
            same = (
                context.directory,
                ignore.source.path if ignore else "",
                copy.path,
                copy.excluded,
            )
            if same not in known:
                known[same] = _sort(context, copy, context.sent(copy))
            if known[same].all.files:
                yield structs.replace(known[same], context=context, copy=copy)


def _sort(context: Context, copy: Copy, files: tuple[File, ...]) -> _Taken:
    secrets: list[Held] = []
    history: dict[str, _Size] = {}
    bulk: dict[str, _Size] = {}
    total = _Size(len(files), sum(file.size for file in files))
    for file in files:
        *folders, _ = file.path.split("/")
        if not _HISTORY.isdisjoint(folders):
            _add(history, _down_to(folders, _HISTORY), file)
            continue
        if not BULK.isdisjoint(folders):
            _add(bulk, _down_to(folders, BULK), file)
        if DEPENDENCIES.isdisjoint(folders):
            secret = held(file.path, context.start_of)
            secrets += [secret] if secret else []
    return _Taken(context, copy, total, tuple(secrets), history, bulk)


def _add(sizes: dict[str, _Size], folder: str, file: File) -> None:
    sizes[folder] = sizes.get(folder, _Size()).plus(file)


def _down_to(folders: list[str], names: frozenset[str]) -> str:
    last = next(index for index, name in enumerate(folders) if name in names)
    return "/".join(folders[: last + 1])


def _secrets(repository: Repository, _: Settings) -> Iterator[Hit]:
    for taken in _all_taken(repository):
        if taken.secrets:
            paths = [secret.path for secret in taken.secrets]
            yield Hit(
                taken.copy,
                f"{taken.subject} puts {_listed(paths)} into the image",
                taken.symbol + " secrets",
                label="brings " + _listed([f"{s.what} ({s.path})" for s in taken.secrets[:1]]),
                remedy=_to_ignore(taken.context, paths),
                confidence=_confidence(taken),
                weaker=taken.weaker,
                evidence=(
                    *(Evidence(f"{s.path}: {s.what}") for s in taken.secrets[:_SHOWN]),
                    *taken.evidence,
                ),
                fix=Fix(Safety.GUIDED, _to_ignore(taken.context, paths)),
            )


def _confidence(taken: _Taken) -> Confidence:
    order = tuple(Confidence)
    best = min((secret.confidence for secret in taken.secrets), key=order.index)
    return max(best, _by_context(taken.context), key=order.index)


def _by_context(context: Context) -> Confidence:
    """How sure it is that this directory is the context: what nothing names is a guess."""
    beside = context.build.path.rpartition("/")[0] == context.directory
    return Confidence.HIGH if context.is_stated or beside else Confidence.MEDIUM


def _history(repository: Repository, _: Settings) -> Iterator[Hit]:
    for taken in _all_taken(repository):
        if taken.history:
            folders = [f"{folder} ({size})" for folder, size in taken.history.items()]
            yield Hit(
                taken.copy,
                f"{taken.subject} puts {_listed(folders)} into the image",
                taken.symbol + " history",
                label="brings the whole history",
                remedy=_to_ignore(taken.context, list(taken.history)),
                confidence=_by_context(taken.context),
                weaker=taken.weaker,
                evidence=taken.evidence,
            )


def _no_ignore(repository: Repository, _: Settings) -> Iterator[Hit]:
    for taken in _all_taken(repository):
        is_named = taken.context.ignore is not None or taken.copy.path
        if not (is_named or taken.secrets or taken.history):
            folders = [f"{folder} ({size})" for folder, size in taken.bulk.items()]
            brings = f", {_listed(folders)} among them" if folders else ""
            yield Hit(
                taken.copy,
                f"{taken.subject} takes all that ever lies in the context ({taken.all}){brings}, "
                "and no .dockerignore keeps anything out",
                taken.symbol + " all",
                label="no .dockerignore",
                remedy=_to_ignore(taken.context, [*taken.bulk, ".git", ".env*", "*.pem", "*.key"]),
                confidence=_by_context(taken.context),
                weaker=taken.weaker,
                evidence=taken.evidence,
            )


def _faulty(repository: Repository, _: Settings) -> Iterator[Hit]:
    seen = set()
    for context in repository.contexts:
        ignore = context.ignore
        if ignore is None or ignore.path in seen:
            continue
        seen.add(ignore.path)
        for fault in ignore.faults:
            line = ignore.source.text[fault.start : fault.end]
            yield Hit(
                Place(ignore.source, fault.start, fault.end),
                f"`{line}` is no valid pattern, so BuildKit refuses every build of this context",
                f"pattern {line}",
                label=fault.message,
            )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def _to_ignore(context: Context, paths: list[str]) -> str:
    where = context.ignore.source.path if context.ignore else f"a .dockerignore in {_in(context)}"
    lines = ", ".join(f"`{pattern}`" for pattern in patterns_for(paths)[: 2 * _SHOWN])
    return f"Add to {where}: {lines}; or copy by name what the image needs."


_SIGNS = Expression(r"([\\*?\[])")


def patterns_for(paths: list[str]) -> list[str]:
    """The lines of a .dockerignore that keep out these paths of a context, each one once."""
    lines = ["**/.env*" if _is_environment(path) else _SIGNS.sub(r"\\\1", path) for path in paths]
    written = [path for path in paths if path in {".env*", "*.pem", "*.key"}]
    lines = [line for line in lines if line.replace("\\", "") not in written]
    return list(dict.fromkeys(["**/" + path for path in written] + lines))


def _is_environment(path: str) -> bool:
    return path.rpartition("/")[2].startswith(".env")


_DOCKERFILE = "=== Dockerfile\nFROM debian:12.5\nCOPY . /app\n"
_SECRET = "=== .env\nDB_PASSWORD=v7Qm2xLp9Rt4\n"
_KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----\n"

RULES = (
    Rule(
        id="secret-in-context",
        title="A COPY of a directory brings a secret file along",
        practice=DOCKERIGNORE,
        risk=Risk(Needs.NOTHING, Gains.CONTROL),
        on={Repository: _secrets},
        bad=(
            _DOCKERFILE + _SECRET,
            _DOCKERFILE + _SECRET + "=== .dockerignore\n.env.local\n",
            _DOCKERFILE + "=== certs/server.key\n" + _KEY + "=== .dockerignore\n*.key\n",
            _DOCKERFILE + _SECRET + "=== .dockerignore\n.env\n!.env*\n",
            f"=== Dockerfile\nFROM debian:12.5\nADD app/ /app/\n{_SECRET.replace('.', 'app/.', 1)}",
            _DOCKERFILE + _SECRET + "=== .dockerignore\n.env\n=== Dockerfile.dockerignore\n*.md\n",
        ),
        good=(
            _DOCKERFILE + _SECRET + "=== .dockerignore\n.env\n",
            _DOCKERFILE + _SECRET + "=== .dockerignore\n*\n!src\n=== src/app.py\nprint()\n",
            _DOCKERFILE + "=== certs/server.key\n" + _KEY + "=== .dockerignore\n**/*.key\n",
            _DOCKERFILE + "=== .env.example\nDB_PASSWORD=v7Qm2xLp9Rt4\n",
            _DOCKERFILE + "=== ca.pem\n-----BEGIN CERTIFICATE-----\nMIIB\n",
            "=== Dockerfile\nFROM debian:12.5\nCOPY src /app\n=== src/app.py\nprint()\n" + _SECRET,
            _DOCKERFILE + _SECRET + "=== Dockerfile.dockerignore\n.env\n",
            "=== Dockerfile\nFROM a:1 AS a\nFROM debian:12.5\nCOPY --from=a . /app\n" + _SECRET,
            "=== Dockerfile\nFROM debian:12.5\nCOPY --exclude=.env . /app\n" + _SECRET,
        ),
        aliases=("cis:4.10",),
        citations=(*DOCKERIGNORE.citations, cwe(200)),
    ),
    Rule(
        id="history-in-context",
        title="A COPY of a directory brings the version control's history along",
        practice=DOCKERIGNORE,
        risk=Risk(Needs.NOTHING, Gains.LESS),
        on={Repository: _history, Image: deferred("secrets.files_in_image:histories")},
        aliases=("dockle:DKL-LI-0003",),
        bad=(
            _DOCKERFILE + "=== .git/config\n[core]\n",
            _DOCKERFILE + "=== lib/.hg/store\nx\n=== .dockerignore\n.git\n",
            "=== image\nFROM debian:12\nCOPY . /app\n  drwxr-xr-x 0:0 app/.git git-directory\n",
        ),
        good=(
            _DOCKERFILE + "=== .git/config\n[core]\n=== .dockerignore\n.git\n",
            _DOCKERFILE + "=== .gitattributes\n* text\n",
            "=== image\nFROM debian:12\nRUN git clone https://example.org/x /x\n"
            "  drwxr-xr-x 0:0 x/.git git-directory\n",
        ),
        why="The history holds all that was ever committed, also what was deleted since: "
        "credentials, addresses, names. Whoever pulls the image can check it out.",
    ),
    Rule(
        id="no-dockerignore",
        title="A whole context is copied, and no .dockerignore bounds it",
        practice=DOCKERIGNORE,
        risk=Risk(Needs.FAULT, Gains.LESS),
        profile=Profile.STRICT,
        on={Repository: _no_ignore},
        bad=(
            _DOCKERFILE + "=== app.py\nprint()\n",
            _DOCKERFILE + "=== node_modules/x/index.js\n0\n=== [dist]/x\n0\n",
        ),
        good=(
            _DOCKERFILE + "=== .dockerignore\n.git\n",
            "=== Dockerfile\nFROM debian:12.5\nCOPY app.py /app/\n=== app.py\nprint()\n",
            _DOCKERFILE + _SECRET,
        ),
    ),
    Rule(
        id="dockerignore-invalid",
        title="A .dockerignore that BuildKit refuses",
        practice=DOCKERIGNORE,
        risk=Risk(Needs.FAULT, Gains.LESS),
        on={Repository: _faulty},
        bad=(
            _DOCKERFILE + "=== .dockerignore\n[a-\n",
            _DOCKERFILE + "=== .dockerignore\nlogs\n!\n",
        ),
        good=(_DOCKERFILE + "=== .dockerignore\n[a-z]*.log\n!keep.log\n",),
        why="One bad line fails the build; who then deletes the file to get on ships everything.",
        remedy="Write `\\[` for a bracket that is meant, and a pattern after every `!`.",
    ),
)
