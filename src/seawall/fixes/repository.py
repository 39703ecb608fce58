"""The files around a build: what git and builds must not see, and who may read a key."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.core.model import FileChange, Fix, Hit, Safety
from seawall.fixes.ignorefile import write_ignore_file
from seawall.fixes.model import Context as Known
from seawall.fixes.model import Fixer
from seawall.rules.build.context import patterns_for
from seawall.rules.secrets.held import held
from seawall.surfaces.cell import Place
from seawall.surfaces.repository import Context, Copy, Repository
from seawall.surfaces.repository.tree import joined

_HISTORY = (".git", ".hg", ".svn")


def _ignored_by_git(repository: Repository, hit: Hit, known: Known) -> Fix | None:
    path = _path_of(repository, hit)
    if repository.git is None or not path:
        return None
    pattern = _pattern(path)
    change = FileChange("append", joined(repository.root, ".gitignore"), pattern)
    return Fix(Safety.SAFE, f"list {path} in .gitignore", files=(change,), fixer="ignore-secret")


def _pattern(path: str) -> str:
    """A line for this very file; for environment files all of them, but for samples."""
    if path.rpartition("/")[2].startswith(".env"):
        return ".env*\n!.env.example\n"
    special = path.replace("\\", "\\\\")
    for sign in "*?[":
        special = special.replace(sign, "\\" + sign)
    return f"/{special}\n"


def _path_of(repository: Repository, hit: Hit) -> str:
    """The path of the file that a hit is about, relative to the repository."""
    place = hit.at
    if not isinstance(place, Place) or not place.source.path.startswith(repository.prefix):
        return ""
    path = place.source.path[len(repository.prefix) :]
    return path if path.isprintable() else ""


IGNORE_SECRET = Fixer(
    id="ignore-secret",
    title="List a secret file in .gitignore",
    rules=("secret-file-unignored",),
    safety=Safety.SAFE,
    writes=(
        "A line at the end of the repository's `.gitignore` (made where there is none) for the "
        "file, and `.env*` without `.env.example` for environment files."
    ),
    breaks=(
        "Nothing that is built or run. A file that is tracked already stays tracked: "
        "`git rm --cached` and revoking what it held are a person's decision."
    ),
    on={Repository: _ignored_by_git},
    examples=(),
)


def _own_mode(repository: Repository, hit: Hit, known: Known) -> Fix | None:
    path = _path_of(repository, hit)
    if not path:
        return None
    change = FileChange("chmod", joined(repository.root, path), mode=0o600)
    return Fix(
        Safety.UNSAFE, f"let nobody but its owner read {path}", files=(change,), fixer="key-mode"
    )


KEY_MODE = Fixer(
    id="key-mode",
    title="Take a private key's reading rights from others",
    rules=("key-file-readable",),
    safety=Safety.UNSAFE,
    writes="Mode 0600 for the file; its owner stays who it is.",
    breaks=(
        "A container that mounts the key and whose process has another uid than the file's owner "
        "can no longer read it: give it the key as a secret with a uid, or change the owner."
    ),
    on={Repository: _own_mode},
    examples=(),
)


def _bounded(repository: Repository, hit: Hit, known: Known) -> Fix | None:
    """A .dockerignore for the context, or the lines that the one in force lacks."""
    copy = hit.at
    context = _context_of(repository, copy) if isinstance(copy, Copy) else None
    if context is None or not isinstance(copy, Copy):
        return None
    if context.ignore is None:
        return _new(repository, context)
    lines = patterns_for(_brought(context, copy))
    wanted = [line for line in lines if line.isprintable()]
    if not wanted or context.ignore.faults:
        return None
    change = FileChange("append", context.ignore.path, "\n".join(wanted) + "\n")
    title = f"keep {wanted[0]} out of the build's context"
    return Fix(Safety.UNSAFE, title, files=(change,), fixer="bound-context")


def _new(repository: Repository, context: Context) -> Fix:
    same = [c for c in repository.contexts if c.directory == context.directory]
    text = write_ignore_file(same, repository)
    change = FileChange("create", joined(context.directory, ".dockerignore"), text)
    title = "write a .dockerignore for the context, with nothing in it that a COPY names"
    return Fix(Safety.UNSAFE, title, files=(change,), fixer="bound-context")


def _context_of(repository: Repository, copy: Copy) -> Context | None:
    return next((c for c in repository.contexts if copy in c.copies), None)


def _brought(context: Context, copy: Copy) -> list[str]:
    """The secret files and folders of history that a source brings along."""
    paths: list[str] = []
    for file in context.sent(copy):
        folders = file.path.split("/")[:-1]
        history = next((name for name in folders if name in _HISTORY), "")
        if history:
            paths.append("/".join(folders[: folders.index(history) + 1]))
        elif held(file.path, context.start_of) is not None:
            paths.append(file.path)
    return list(dict.fromkeys(paths))


BOUND_CONTEXT = Fixer(
    id="bound-context",
    title="Keep secrets, history and bulk out of a build's context",
    rules=("secret-in-context", "history-in-context", "no-dockerignore"),
    safety=Safety.UNSAFE,
    writes=(
        "A `.dockerignore` beside the context where there is none: version control, what looks "
        "like a secret, what tools leave behind, never what a COPY or ADD names. Where there is "
        "one, the lines for the secret files and the history that a COPY brings along, at its end."
    ),
    breaks=(
        "A build or a program that did use one of these files from a COPY of its directory (an "
        "`.env` read at start, a version asked of git) no longer finds it."
    ),
    on={Repository: _bounded},
    examples=(),
)

FIXERS: Sequence[Fixer] = (IGNORE_SECRET, KEY_MODE, BOUND_CONTEXT)
