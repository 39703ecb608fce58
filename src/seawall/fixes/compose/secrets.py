"""Secrets of services: out of the Compose file, into files that only the service gets."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct, structs

from seawall.core.model import Edit, FileChange, Fix, Hit, Safety
from seawall.facts.secret_files import reads_as_root
from seawall.fixes.compose.block import Block, Spot, joined, project_block, service_block, spot_at
from seawall.fixes.compose.secret_examples import (
    IN_ENVIRONMENT,
    KEPT,
    KEPT_AS_VARIABLES,
    TO_FILES,
    TO_VARIABLES,
)
from seawall.fixes.compose.subject import in_file, is_certain, source_of, workload_of
from seawall.fixes.model import Context, Fixer, Service
from seawall.rules.secrets.services import file_name_of
from seawall.surfaces.cell import State
from seawall.surfaces.compose.model import Project
from seawall.surfaces.image import parse_reference
from seawall.surfaces.workload import Variable, Workload

_PART = re.compile(r"service [^/]+/(?P<kind>\S+) (?P<name>[^/ ]+)(?P<rest>[/ ].*)?\Z", re.DOTALL)
_REFERENCE = re.compile(r"\$(?:\{(?P<name>\w+)(?P<how>:?[-?][^{}]*)?\}|(?P<bare>\w+))\Z")
_WORD = re.compile(r"\W+")
_TOGETHER = re.compile(r"(?:\A|/)minio/minio(?:[:@]|\Z)")
"""Images that heed their files only where user and password both come as one."""


class _Found(Struct, frozen=True):
    """A secret in a variable of a service, with the blocks that its removal needs."""

    project: Project
    hit: Hit
    workload: Workload
    variable: Variable
    block: Block
    takes_file: str

    @property
    def reference(self) -> re.Match[str] | None:
        """The variable of Compose that it is made of, where it is nothing else."""
        return _REFERENCE.match(self.variable.value.written)

    @property
    def secret(self) -> str:
        """The id of the secret: the variable's name, with the service's where others have it."""
        own = _WORD.sub("_", self.variable.name).strip("_").lower()
        users = [s for s in self.project.services if _has(s, self.variable.name)]
        whole = _WORD.sub("_", f"{self.workload.name}_{own}").lower()
        return own if len(users) == 1 and own not in self.project.secrets else whole


def _has(workload: Workload, variable: str) -> bool:
    return any(each.name == variable for each in workload.environment)


def _found(subject: Service, hit: Hit) -> _Found | None:
    """The variable that a finding is about, where it is the service's own and all of it."""
    workload, match = workload_of(subject, hit), _PART.match(hit.symbol)
    block = service_block(workload) if workload is not None else None
    if workload is None or match is None or block is None or match["kind"] != "environment":
        return None
    variables = (v for v in workload.environment if v.name == match["name"])
    variable = next(variables, None)
    if match["rest"] or variable is None or variable.origin != "environment":
        return None
    if variable.value.place.source.path != block.source.path:
        return None
    takes_file = file_name_of(workload, variable.name)
    return _Found(subject.project, hit, workload, variable, block, takes_file)


def _to_file(subject: Service, hit: Hit, _: Context) -> Fix | None:
    """A literal in a file of its own, for an image that reads one in its stead."""
    found = _found(subject, hit)
    if found is None or not found.takes_file or not is_certain(hit):
        return None
    if found.reference is not None or not _is_literal(found.variable):
        return _to_secret_variable(found)
    if not _may_move(found) or "\n" in (found.variable.value.value or ""):
        return None
    name = found.secret
    path = f"secrets/{name}.txt"
    edits = _secret_edits(found, name, {"file": f"./{path}"})
    if not edits:
        return None
    return Fix(
        Safety.UNSAFE if _reads_any_file(found.workload) else Safety.GUIDED,
        f"Give {found.workload.name} {found.variable.name} as the file {path}",
        edits,
        tuple(_files(found, path)),
        proposal=hit.remedy,
        fixer="secrets-to-files",
    )


def _is_literal(variable: Variable) -> bool:
    return variable.value.state is State.WRITTEN and bool(variable.value.value)


def _files(found: _Found, path: str) -> Iterator[FileChange]:
    """The secret's file, and what keeps it out of git and of what is sent to builds."""
    value = found.variable.value.value or ""
    yield FileChange("create", path, value, 0o600, is_secret=True)
    yield FileChange("append", ".gitignore", f"/{path}\n")
    contexts = (s.build.context for s in found.project.services if s.build is not None)
    if any(c is not None and c.value == found.project.directory for c in contexts):
        yield FileChange("append", ".dockerignore", f"{path}\n")


def _may_move(found: _Found) -> bool:
    """Whether nothing else needs the variable, and the file lies where Compose looks for it."""
    name, project = found.variable.name, found.project
    if _has(found.workload, found.takes_file) or found.secret in project.secrets:
        return False
    first = project.sources[0].path
    if posixpath.dirname(found.block.source.path) != posixpath.dirname(first):
        return False
    own = found.block.source.text[found.block.node.start : found.block.node.end]
    if _TOGETHER.search((found.workload.image.value if found.workload.image else None) or ""):
        return False
    if re.search(rf"\$\$\{{?{re.escape(name)}\b", own):
        return False  # its health check or command reads it from the environment
    given = re.compile(rf"^\s*(?:export\s+)?{re.escape(name)}\s*=", re.MULTILINE)
    return not any(given.search(source.text) for source in project.sources)


def _reads_any_file(workload: Workload) -> bool:
    """Whether what reads the file is known to be root, whom the file's mode does not keep out."""
    dropped = {cell.value for cell in workload.capabilities_dropped}
    added = {cell.value for cell in workload.capabilities_added}
    if "ALL" in dropped and not {"DAC_OVERRIDE", "ALL"} & added:
        return False
    if workload.user is not None or workload.entrypoint is not None:
        return False
    reference = parse_reference((workload.image.value if workload.image else None) or "")
    return reference is not None and reads_as_root(reference.name)


def _to_secret_variable(found: _Found) -> Fix | None:
    """For what a variable of Compose decides: a secret that Compose makes of that variable."""
    match = found.reference
    name = (match["name"] or match["bare"]) if match is not None else ""
    default = (match["how"] or "") if match is not None else ""
    if not name or not _may_move(found):
        return None
    title = f"Give {found.workload.name} {found.variable.name} as a file made of ${name}"
    is_read_only = found.workload.read_only is not None and found.workload.read_only.value
    edits = () if is_read_only else _secret_edits(found, found.secret, {"environment": name})
    if not edits:
        return Fix(Safety.GUIDED, title, proposal=found.hit.remedy, fixer="secrets-from-variables")
    files = tuple(_dotenv(name, default[2:])) if default.startswith(":-") else ()
    if default.startswith(("-", ":-")) and not files:
        return None
    return Fix(
        Safety.GUIDED,
        title,
        edits,
        files,
        proposal=found.hit.remedy,
        fixer="secrets-from-variables",
    )


def _dotenv(name: str, value: str) -> Iterator[FileChange]:
    """A line of `.env` with a value that Compose reads as it is, and a word to git."""
    if value and not re.search(r"['\n\r\\]", value):
        yield FileChange("append", ".env", f"{name}='{value}'\n", 0o600, is_secret=True)
        yield FileChange("append", ".gitignore", "/.env\n")


def _secret_edits(found: _Found, name: str, definition: dict[str, str]) -> tuple[Edit, ...]:
    """The variable's new name and value, the service's secret, and its definition."""
    block, source = found.block, found.block.source
    renamed = _renamed(block, found.variable.name, found.takes_file, f"/run/secrets/{name}")
    used = block.add_item("secrets", name)
    top = project_block(source)
    defined = top.put({"secrets": {name: definition}}) if top is not None else ()
    if not (renamed and used and defined):
        return ()
    return in_file(found.hit, found.project, source, joined(renamed + used + defined))


def _renamed(block: Block, name: str, new: str, value: str) -> tuple[Edit, ...]:
    """The variable under another name with another value, in either form of `environment`."""
    spot = block.at("environment")
    if spot is None:
        return ()
    inner = spot.block()
    if inner is not None:
        renamed, changed = inner.rename(name, new), inner.set(name, value)
        return renamed + changed if renamed and changed else ()
    items = [each for each in spot.items if _name_in(each) == name]
    return items[0].set(f"{new}={value}") if len(items) == 1 else ()


def _name_in(item: Spot) -> str:
    return (item.text or "").partition("=")[0]


def _to_variable(subject: Service, hit: Hit, context: Context) -> Fix | None:
    """Elsewhere: `${NAME:?}` in its place, and the value in a `.env` that git does not know."""
    workload, match = workload_of(subject, hit), _PART.match(hit.symbol)
    spot = spot_at(source_of(hit, subject.project.sources[0]), hit.at)
    if workload is None or match is None or spot is None or spot.is_shared:
        return None
    found = _found(subject, hit)
    if not is_certain(hit) or (found is not None and found.takes_file):
        return None
    name = _variable_name(subject.project, workload, match, hit)
    made = _replaced(spot, hit, name)
    if made is None:
        return None
    edit, name, value = made
    files = tuple(_dotenv(name, value))
    if not files or _is_used(subject.project, name, spot, edit):
        return None
    title = f"Take the value out of the file: ${{{name}:?}}, from a .env that git does not know"
    edits = in_file(hit, subject.project, spot.source, (edit,))
    proposal = f"${{{name}:?}}"
    return Fix(Safety.GUIDED, title, edits, files, proposal=proposal, fixer="secrets-to-variables")


def _variable_name(project: Project, workload: Workload, match: re.Match[str], hit: Hit) -> str:
    """A name for a value: the variable's own where that is the whole and nobody else's."""
    own = _WORD.sub("_", match["name"]).strip("_").upper()
    users = [service for service in project.services if _has(service, match["name"])]
    if match["kind"] == "environment" and len(users) == 1:
        values = (v.value for v in workload.environment if v.name == match["name"])
        value = next(values, None)
        length = len(value.value or "") if value is not None else 0
        return own if hit.at.end - hit.at.start >= length else f"{own}_PASSWORD"
    return _WORD.sub("_", f"{workload.name}_{own}").upper()


def _replaced(spot: Spot, hit: Hit, name: str) -> tuple[Edit, str, str] | None:
    """The edit that puts a variable in the place of a secret, the variable, and the secret."""
    text, start, end = spot.source.text, hit.at.start, hit.at.end
    value = text[start:end]
    quote = len(spot.node.style)
    first, last = spot.start + quote, spot.end - quote
    is_within = first <= start and end <= last
    is_own = spot.path[-2:-1] in {("environment",), ("args",), ("labels",)}
    if (start, end) == (first, last) and not is_own:
        return None  # the secret is somewhere in a command
    if not is_within or not value.strip() or re.search(r"[\"'\\\n$]", value):
        return None
    opened = text.rfind("${", spot.start, start)
    default = re.match(r"\$\{(\w+):?-", text[opened:start]) if opened >= 0 else None
    if default is not None and text[end : end + 1] == "}" and opened + default.end() == start:
        return Edit(opened, end + 1, f"${{{default[1]}:?}}"), default[1], value
    if "${" in text[spot.start : start].rpartition("}")[2]:
        return None
    if not quote and spot.node.is_in_flow:
        return None
    return Edit(start, end, f"${{{name}:?}}"), name, value


def _is_used(project: Project, name: str, spot: Spot, edit: Edit) -> bool:
    """Whether the project gives a variable of that name another meaning already."""
    used = re.compile(rf"\$\{{?{re.escape(name)}\b|^\s*{re.escape(name)}\s*=", re.MULTILINE)
    for source in project.sources:
        text = source.text
        if source.path == spot.source.path:
            text = text[: edit.start] + text[edit.end :]
        if used.search(text):
            return True
    return False


def _in_environment(subject: Service, hit: Hit, _: Context) -> Fix | None:
    found = _found(subject, hit)
    return _to_secret_variable(found) if found is not None and found.takes_file else None


def _as_proposal(fix: Fix | None) -> Fix | None:
    return structs.replace(fix, safety=Safety.GUIDED) if fix is not None else None


_RULES = ("hardcoded-secret", "default-credential")

SECRETS_TO_FILES = Fixer(
    id="secrets-to-files",
    title="A password becomes a file that only its service gets",
    rules=_RULES,
    brings=("secret-file-in-project",),
    safety=Safety.UNSAFE,
    writes="""\
For an image whose documents name a variable that takes a file: `POSTGRES_PASSWORD_FILE:
/run/secrets/postgres_password` in place of `POSTGRES_PASSWORD`, a secret of the service and of the
project, and the file `secrets/postgres_password.txt` with the value, mode 0600, listed in
`.gitignore` (and in `.dockerignore` where the project's directory is sent to builds). The value
stays the same, so that data which was made with it still opens; other services that have it in a
variable or a URL keep theirs, and their findings.

Where Compose takes the value from a variable with a default (`${DB_PASSWORD:-x}`), the secret is
made of that variable, and the default moves to `.env`. It is only proposed where the program that
reads the file may not be root, and nothing is written where a command or a health check reads the
variable, or where a file of variables sets it too.
""",
    breaks="""\
The variable is no longer in the container: scripts that run `docker compose exec` with it must read
the file. Outside a swarm the file keeps the owner and the mode that it has on the host: a program
that is not root, or root without `DAC_OVERRIDE`, must own it. The value was readable by everyone
who has the file's history: change it.
""",
    on={Service: _to_file},
    examples=TO_FILES,
    keeps=KEPT,
)

SECRETS_TO_VARIABLES = Fixer(
    id="secrets-to-variables",
    title="A secret's value comes from a file that git does not know",
    rules=_RULES,
    safety=Safety.GUIDED,
    writes="""\
`${NAME:?}` in place of the value, in a variable, a URL, a command, a label or a build argument, and
a line with the value in `.env`, which `.gitignore` lists. Nothing is written where the project has
a variable of that name already, or where the place can't hold one as it is quoted.
""",
    breaks="""\
Compose refuses to start without the `.env`: everyone who runs the project needs it. The value is
still in the container's environment or command line. Change it: the file's history has it.
""",
    on={Service: _to_variable},
    examples=TO_VARIABLES,
    keeps=KEPT_AS_VARIABLES,
)

SECRETS_FROM_VARIABLES = Fixer(
    id="secrets-from-variables",
    title="A secret in the environment becomes a file",
    rules=("environment-secret",),
    safety=Safety.GUIDED,
    writes="""\
The variable that takes a file, and a secret that Compose makes of its own variable
(`secrets: {db_password: {environment: DB_PASSWORD}}`): the value stays where it is. It is only
proposed for a service whose root filesystem is read-only, into which Compose can't write it.
""",
    breaks="""\
Compose before 2.6 knows no secrets from variables, and a service that is made read-only later fails
to start with one: give it a file then. The variable is no longer in the container.
""",
    on={Service: _in_environment},
    examples=IN_ENVIRONMENT,
)

FIXERS = (SECRETS_TO_FILES, SECRETS_TO_VARIABLES, SECRETS_FROM_VARIABLES)
