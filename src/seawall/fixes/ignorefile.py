"""A .dockerignore for one build context: what it must not see, and nothing that it copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from seawall.core.source import Source
from seawall.core.vocabulary import words
from seawall.rules.build.context import BULK, DEPENDENCIES, patterns_for
from seawall.rules.secrets.held import held
from seawall.surfaces.repository import Context, Repository
from seawall.surfaces.repository.dockerignore import Dockerignore, read_dockerignore
from seawall.surfaces.repository.tree import Disk, joined

_DEPTH = 6
_HISTORY = (".git", ".hg", ".svn")
_OWN = (BULK - words("dist build target out bin vendor")) | DEPENDENCIES
"""Folders that are always a tool's; the others only where git ignores them."""
_USUAL = ("**/.env*", "**/*.pem", "**/*.key")
_MAX_SECRETS = 50


def write_ignore_file(contexts: Sequence[Context], repository: Repository) -> str:
    """The text for the contexts of one directory: one for each build that is given it.

    A line that would keep out what a COPY or ADD names is left out.
    """
    first = contexts[0]
    named = [copy.path for context in contexts for copy in context.copies if copy.path]
    files = _files(first)
    sections = (
        ("Version control.", (f"**/{name}" for name in _history(first))),
        ("Secrets: give them to the build with `RUN --mount=type=secret`.", _secrets(first, files)),
        ("What tools and builds leave behind.", _bulk(first, repository)),
        ("How the image is made is no part of it.", _recipes(files)),
    )
    lines = ["# What builds of this context must not see. `seawall check` says what a COPY takes."]
    for title, patterns in sections:
        wanted = dict.fromkeys(patterns)
        kept = [line for line in wanted if not _keeps_out(line, named)]
        if wanted:
            lines += ["", f"# {title}", *kept, *_exceptions(kept, files)]
            lines += (
                f"# Not {each}: a build copies it by name." for each in wanted if each not in kept
            )
    return "\n".join(lines) + "\n"


def _history(context: Context) -> Iterator[str]:
    """Git always, for a context may become a repository's root; the others where they are."""
    folders = context.disk.listing(context.directory).folders
    return (name for name in _HISTORY if name == ".git" or name in folders)


def _files(context: Context) -> list[str]:
    """The paths of the context's files, without what lies in folders of tools."""
    return [
        prefix + file.path
        for prefix in _folders(context.disk, context.directory)
        for file in context.disk.listing(joined(context.directory, prefix.rstrip("/"))).files
    ]


def _folders(disk: Disk, directory: str) -> Iterator[str]:
    """The folders of a context, each with a `/` at its end, the first one empty."""
    stack = [""]
    while stack:
        prefix = stack.pop()
        yield prefix
        if prefix.count("/") < _DEPTH:
            listing = disk.listing(joined(directory, prefix.rstrip("/")))
            names = (n for n in listing.folders[::-1] if n not in _HISTORY and n not in _OWN)
            stack += (f"{prefix}{name}/" for name in names)


def _secrets(context: Context, files: Sequence[str]) -> Iterator[str]:
    """The usual patterns, if all that they match is secret, and what else holds one."""
    secret = [path for path in files if held(path, context.start_of) is not None]
    usual = [line for line in _USUAL if _is_safe(line, files, secret)]
    yield from usual
    matched = read_dockerignore(Source("", "\n".join(usual)), "")
    rest = [path for path in secret if not matched.ignores(path)]
    yield from (line for line in patterns_for(rest[:_MAX_SECRETS]) if line.isprintable())


def _is_safe(pattern: str, files: Iterable[str], secret: Sequence[str]) -> bool:
    """Whether a pattern keeps out secrets only; samples of environment files are let in again."""
    if pattern == _USUAL[0]:
        return True
    reader = read_dockerignore(Source("", pattern), "")
    return all(path in secret for path in files if reader.ignores(path))


def _exceptions(kept: Sequence[str], files: Iterable[str]) -> Iterator[str]:
    """What `.env*` takes along that is no secret: the sample that people start from."""
    if _USUAL[0] in kept:
        names = {path.rpartition("/")[2] for path in files}
        samples = ("example", "sample", "template", "dist")
        yield from (f"!**/.env.{word}" for word in samples if f".env.{word}" in names)


def _bulk(context: Context, repository: Repository) -> Iterator[str]:
    """The folders of tools that are there, and those of build output that git ignores."""
    for prefix in _folders(context.disk, context.directory):
        listing = context.disk.listing(joined(context.directory, prefix.rstrip("/")))
        for name in listing.folders:
            if name in _OWN:
                yield f"**/{name}"
            elif name in BULK and _is_ignored(repository, context, f"{prefix}{name}/x"):
                yield from (line for line in patterns_for([prefix + name]) if line.isprintable())


def _is_ignored(repository: Repository, context: Context, path: str) -> bool:
    full = joined(context.directory, path)
    below = repository.root.rstrip("/") + "/"
    return full.startswith(below) and repository.is_ignored(full[len(below) :])


def _recipes(files: Sequence[str]) -> Iterator[str]:
    names = {path for path in files if "/" not in path}
    yield ".dockerignore"
    if any(name.startswith("Dockerfile") for name in names):
        yield "Dockerfile*"
    for stem in ("compose", "docker-compose"):
        if any(name.startswith(stem) and name.endswith((".yml", ".yaml")) for name in names):
            yield f"{stem}*.y*ml"


def _keeps_out(line: str, named: Iterable[str]) -> bool:
    """Whether a line keeps out what a build names, a folder around it or all that is in it."""
    reader = read_dockerignore(Source("", line), "")
    return bool(reader.faults) or any(_touches(reader, path) for path in named)


def _touches(reader: Dockerignore, path: str) -> bool:
    if any(sign in path for sign in "*?["):
        # What it matches is the build's business: only a line that is apart from it is safe.
        text = reader.patterns[0].text.removeprefix("**/") if reader.patterns else ""
        return path.rpartition("/")[2] == text or path.rpartition(".")[2] == text.rpartition(".")[2]
    return reader.ignores(path)
