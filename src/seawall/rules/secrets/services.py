"""Every literal secret of a container's spec: variables, arguments, labels, commands, configs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from msgspec import Struct, structs

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Evidence, Hit
from seawall.core.rule import Settings
from seawall.detectors.names import KEYWORDS, Sort, sort_of
from seawall.detectors.secrets import (
    Secret,
    find_formats,
    find_in_assignment,
    find_named,
    judge,
)
from seawall.facts.secret_files import file_variable
from seawall.rules.naming import symbol, the, write
from seawall.rules.secrets import commands
from seawall.rules.stakes import data_store, reach
from seawall.surfaces.cell import Cell, Place, State
from seawall.surfaces.compose.model import Project
from seawall.surfaces.image import parse_reference
from seawall.surfaces.shell.reader import read_script
from seawall.surfaces.workload import Variable, Workload


class ServiceSecret(Struct, frozen=True):
    """A literal secret of a spec.

    `part` names where it stands, for the symbol (`environment DB_PASSWORD`); `by` is the
    variable or option that gave it away; `where` completes "… stands in …".
    """

    secret: Secret
    at: Place
    part: str
    by: str
    where: str
    cell: Cell[str]


_ENVIRONMENT = "the container's environment, which `docker inspect` shows"
_ARGUMENT = "a build argument, which `docker history` shows"
_LABEL = "a label, which `docker inspect` shows"
_COMMAND = "the container's command line, which `docker inspect` and `ps` show"
_HEALTH = "the health check, which `docker inspect` shows"
_CONFIG = "a config, which is no secret"


def service_secrets(workload: Workload) -> tuple[ServiceSecret, ...]:
    """Every one, each place once.

    What a `.env` or the environment gives is not written here and so is none; what stands as a
    default (`${X:-changeme}`) is.
    """
    known: tuple[ServiceSecret, ...] | None = workload.derived.get("secrets")
    if known is None:
        known = workload.derived["secrets"] = tuple(_each_once(workload))
    return known


def _each_once(workload: Workload) -> Iterator[ServiceSecret]:
    seen: set[tuple[str, int, int]] = set()
    for found in _all(workload):
        place = (found.at.source.path, found.at.start, found.at.end)
        if place not in seen:
            seen.add(place)
            yield _with_echo(workload, found)


_NAMES = Expression(r"(?:USER|USERNAME|DB|DATABASE|DBNAME|DB_NAME|LOGIN)\Z", re.IGNORECASE)
_WORD = Expression(r"[^a-z0-9]+")


def _with_echo(workload: Workload, found: ServiceSecret) -> ServiceSecret:
    """A password that only says again the user, the database or the program is a first guess."""
    secret = found.secret
    if secret.is_default or secret.kind not in _PASSWORDS:
        return found
    value = (found.cell.value or "")[secret.start : secret.end].lower()
    user = (found.cell.value or "")[: secret.start].rstrip(":").rpartition("/")[2].lower()
    if value not in _names_of(workload) and value != user:
        return found
    return structs.replace(found, secret=structs.replace(secret, is_default=True))


def _names_of(workload: Workload) -> set[str]:
    """What the service, its program, users and databases are called."""
    image = (workload.image and workload.image.value) or ""
    names = {*_WORD.split(workload.name.lower()), *_WORD.split(image.partition(":")[0].lower())}
    names.add(workload.name.lower())
    for variable in workload.environment:
        if _NAMES.search(variable.name) and variable.value.value:
            names.add(variable.value.value.strip("'\"").lower())
    return names


def _all(workload: Workload) -> Iterator[ServiceSecret]:
    for variable in workload.environment:
        if not _is_kept_apart(variable):
            yield from _of_variable(variable, "environment", _ENVIRONMENT)
    for variable in workload.build.arguments if workload.build else ():
        yield from _of_variable(variable, "build.args", _ARGUMENT)
    for variable in workload.labels:
        yield from _of_label(variable)
    health = workload.health.test if workload.health else ()
    yield from _of_words(workload.entrypoint or (), "entrypoint", _COMMAND)
    yield from _of_words(workload.command or (), "command", _COMMAND)
    yield from _of_words(health, "healthcheck", _HEALTH)
    for use in workload.secrets:
        if use.kind == "config" and use.content is not None:
            yield from _of_text(use.content, f"configs {use.name}", _CONFIG)


def _is_kept_apart(variable: Variable) -> bool:
    """Whether it stands in a `.env`, which is where it should: keeping that private is another
    rule's matter."""
    name = variable.value.place.source.path.rpartition("/")[2]
    return variable.origin == "env_file" and name.startswith(".env")


def literal_of(cell: Cell[str]) -> str | None:
    """The text that stands in the file itself; None where something else decides."""
    if cell.value is not None and cell.state in {State.WRITTEN, State.DEFAULT}:
        return cell.value
    return None


def _is_written(cell: Cell[str], text: str) -> bool:
    """Whether a part of a value stands in the file, where the environment gave some of it."""
    place = cell.place
    is_given = cell.state is State.ENVIRONMENT
    return not is_given or text in place.source.text[place.start : place.end]


def _of_variable(variable: Variable, kind: str, where: str) -> Iterator[ServiceSecret]:
    text = literal_of(variable.value)
    if not text:
        return
    bare = _unquoted(text)
    secret = find_in_assignment(variable.name, bare)
    if secret is not None:
        secret = secret.moved((len(text) - len(bare)) // 2)
        part = f"{kind} {variable.name}"
        yield _sighting(secret, variable.value, part, variable.name, where)
    elif "=" in text and _tells(text):
        yield from _of_text(variable.value, f"{kind} {variable.name}", where)


def _unquoted(text: str) -> str:
    """In a list (`- KEY="value"`) quotes are part of the value, though nobody means them."""
    is_quoted = len(text) > 2 and text[0] in "'\"" and text[0] == text[-1]
    return text[1:-1] if is_quoted else text


_HASH = Expression(r"[\w.@-]{1,60}:(\$(?:apr1|2[abxy]|5|6)\$[^\s,\"'`]{20,200})")


def _of_label(label: Variable) -> Iterator[ServiceSecret]:
    """A label's own secret, or the password hash of a proxy's basic authentication."""
    text, part = literal_of(label.value), f"labels {label.name}"
    if not text:
        return
    for found in _HASH.finditer(text):
        title = "the hash of a password, which can be guessed against"
        shown = f"{len(found[1])} characters"
        start, end = found.span(1)
        secret = Secret("password-hash", title, start, end, Confidence.MEDIUM, shown)
        yield _sighting(secret, label.value, part, label.name, _LABEL)
    named = None if "$" in text else find_in_assignment(label.name, text)
    if named is not None:
        yield _sighting(named, label.value, part, label.name, _LABEL)


def _of_text(cell: Cell[str], part: str, where: str) -> Iterator[ServiceSecret]:
    text = literal_of(cell) or ""
    for secret in (*find_formats(text), *find_named(text)):
        if secret.kind == "url-credential" and _PORTS.match(text, secret.start):
            continue
        yield _sighting(secret, cell, f"{part}/{secret.kind}", secret.name or secret.kind, where)


_PORTS = Expression(r"\d+@\d+(?![.\w])")
"""`https://example.org:443@8443`, as proxies have it: two ports, no password."""

_SHORT_OPTIONS = Expression(r"(?:^|\s|[\"'])-[apuPwU]")
_SHELLS = frozenset({"sh", "bash", "ash", "/bin/sh", "/bin/bash", "/bin/ash"})
_SERVER_OPTIONS = frozenset({"--requirepass", "--masterauth"})
"""Options of Redis that take a password and whose name says something else of it."""


def _of_words(words: tuple[Cell[str], ...], part: str, where: str) -> Iterator[ServiceSecret]:
    """A command's words: those after an option that says so, and all that a shell would read."""
    texts = [cell.written if cell.value is None else cell.value for cell in words]
    whole = " ".join(texts)
    if not (_tells(whole) or _SHORT_OPTIONS.search(whole)):
        return
    for cell, text in zip(words, texts, strict=True):
        if cell.value is None or not _is_written(cell, text):
            continue
        option, sign, value = text.partition("=")
        if sign and text.startswith("-") and not any(c.isspace() for c in option):
            secret = find_in_assignment(option.lstrip("-"), value)
            if secret is not None:
                moved = secret.moved(len(option) + 1)
                yield _sighting(moved, cell, f"{part} {option}", option, where)
                continue
        yield from _of_text(cell, part, where)
    yield from _of_options(words, texts, part, where)
    if texts[0] == "CMD-SHELL" or (texts[0] in _SHELLS and len(texts) > 2):
        yield from _of_programs(words[-1], texts[-1], part, where)
    else:
        line = shlex.join(texts[1:] if texts[0] == "CMD" else texts)
        yield from _of_programs(words[0], line, part, where, words)


def _of_options(
    words: tuple[Cell[str], ...], texts: list[str], part: str, where: str
) -> Iterator[ServiceSecret]:
    for option, cell, text in zip(texts, words[1:], texts[1:], strict=False):
        if option in _SERVER_OPTIONS and cell.value is not None and _is_written(cell, text):
            secret = judge(Sort.PASSWORD, text)
            if secret is not None:
                yield _sighting(secret, cell, f"{part} {option}", option, where)


def _of_programs(
    cell: Cell[str],
    line: str,
    part: str,
    where: str,
    words: tuple[Cell[str], ...] = (),
) -> Iterator[ServiceSecret]:
    """What well-known programs are given as a secret: `mysqladmin ping -psecret`."""
    for command in read_script(line, 0, "sh").commands:
        for given in commands.given_to(command):
            text = given.literal.text
            secret = judge(given.sort, text)
            if secret is None:
                continue
            holder = next((word for word in words if text in (word.value or "")), cell)
            if not _is_written(holder, text):
                continue
            start = max(0, (holder.value or "").find(text))
            by = f"{command.name} {given.by}"
            yield _sighting(secret.moved(start), holder, f"{part} {by}", by, where)


def _tells(text: str) -> bool:
    lower = text.lower()
    return "://" in text or any(word in lower for word in KEYWORDS)


def _sighting(secret: Secret, cell: Cell[str], part: str, by: str, where: str) -> ServiceSecret:
    return ServiceSecret(
        secret, place_within(cell, secret.start, secret.end), part, by, where, cell
    )


def place_within(cell: Cell[str], start: int, end: int) -> Place:
    """The place of a part of a value; the whole value's where that can't be told."""
    place, value = cell.place, cell.value or ""
    text = place.source.text[place.start : place.end]
    for offset in (0, 1):
        if text[offset : offset + len(value)] == value:
            first = place.start + offset
            return Place(place.source, first + start, first + end)
    found = text.find(value[start:end])
    if found < 0 or text.count(value[start:end]) > 1:
        return place
    first = place.start + found
    return Place(place.source, first, first + end - start)


def hardcoded(workload: Workload, settings: Settings) -> Iterator[Hit]:
    """The secrets that are secret to those who have not read the file."""
    return (_hit(workload, found) for found in _of_kind(workload, is_default=False))


def well_known(workload: Workload, settings: Settings) -> Iterator[Hit]:
    """The passwords that everyone tries first."""
    return (_hit(workload, found) for found in _of_kind(workload, is_default=True))


def hardcoded_in(project: Project, settings: Settings) -> Iterator[Hit]:
    """As `hardcoded`: what an anchor or `extends` gives to several services is one fault."""
    return _merged(project, is_default=False)


def well_known_in(project: Project, settings: Settings) -> Iterator[Hit]:
    """As `well_known`, likewise."""
    return _merged(project, is_default=True)


def _of_kind(workload: Workload, is_default: bool) -> Iterator[ServiceSecret]:
    return (each for each in service_secrets(workload) if each.secret.is_default is is_default)


def _merged(project: Project, is_default: bool) -> Iterator[Hit]:
    places: dict[tuple[str, int], list[tuple[str, Hit]]] = {}
    for workload in project.services:
        for found in _of_kind(workload, is_default):
            place = (found.at.source.path, found.at.start)
            places.setdefault(place, []).append((workload.name, _hit(workload, found)))
    for seen in places.values():
        # It weighs as much as where it weighs most.
        worst = next((hit for _, hit in seen if not hit.weaker), seen[0][1])
        others = ", ".join(f"`{name}`" for name, _ in seen[1:])
        also = (Evidence(f"given to {others} as well"),) if others else ()
        yield structs.replace(worst, symbol=seen[0][1].symbol, evidence=(*worst.evidence, *also))


def _hit(workload: Workload, found: ServiceSecret) -> Hit:
    secret = found.secret
    is_password = secret.kind in _PASSWORDS
    is_client = is_password and _opens_another(workload, found)
    reached = reach(workload) if is_password and not is_client else ()
    return Hit(
        at=found.at,
        message=f"{_what(found)} {found.where} ({secret.redacted})",
        symbol=symbol(workload, found.part),
        label=_LABELS[secret.is_default],
        remedy=_remedy(workload, found),
        confidence=secret.confidence,
        weaker=_ELSEWHERE if is_client else _LOCAL if is_password and not reached else "",
        evidence=(*_default_evidence(found), *reached),
        secrets=(found.at,),
    )


_LABELS = {
    False: "a secret for everyone who has the file",
    True: "a default that everyone knows",
}
_PASSWORDS = frozenset({"password", "url-credential", "password-hash"})
_LOCAL = "no other machine reaches the container, so only its neighbours can try the password"

_ELSEWHERE = "it opens another service, whose own exposure counts"
_CLIENT = Expression(
    r"(?:^|_)(?:DB|DATABASE|MYSQL|MARIADB|POSTGRES(?:QL)?|PG|MONGO(?:DB)?|REDIS|RABBITMQ|AMQP|S3)(?:_|\Z)"
)


def _opens_another(workload: Workload, found: ServiceSecret) -> bool:
    """Whether a password is that of a database or the like, in a container that is none."""
    if data_store(workload):
        return False
    return found.secret.kind == "url-credential" or _CLIENT.search(found.by.upper()) is not None


def _what(found: ServiceSecret) -> str:
    title = found.secret.title
    if found.secret.is_default:
        return f"`{found.by}` is a value that everyone tries first, in"
    if found.by == found.secret.kind:
        return f"{title[:1].upper()}{title[1:]} stands in"
    return f"`{found.by}` holds {title} in"


def _default_evidence(found: ServiceSecret) -> tuple[Evidence, ...]:
    if found.cell.state is not State.DEFAULT:
        return ()
    return (Evidence("it is the default that holds where nothing sets the variable"),)


def _remedy(workload: Workload, found: ServiceSecret) -> str:
    revoke = "" if found.secret.is_default else " Revoke the old value: it must count as known."
    kind, _, name = found.part.partition(" ")
    if kind == "environment":
        return _to_secret(workload, name.partition("/")[0]) + revoke
    if kind == "build.args":
        secret = name.partition("/")[0].lower()
        return (
            f"Give it to the build as a secret: `build: {{secrets: [{secret}]}}`, and read it in "
            f"the Dockerfile with `RUN --mount=type=secret,id={secret}`.{revoke}"
        )
    if kind == "labels":
        return "Keep it in a file that the proxy reads, `basicauth.usersfile` say." + revoke
    if kind == "configs":
        return "Make it a secret instead of a config, from a file outside the repository." + revoke
    return (
        "Let the program read it from a file or a variable: in a shell `$$(cat /run/secrets/…)`, "
        f"so that the value stands in no command line.{revoke}"
    )


def file_name_of(workload: Workload, variable: str) -> str:
    """The variable that takes a file in its stead, where the image's documents have one."""
    text = workload.image.value if workload.image is not None else None
    reference = parse_reference(text or "")
    return file_variable(reference.name, variable) if reference is not None else ""


def _to_secret(workload: Workload, variable: str) -> str:
    return to_secret(workload, variable, file_name_of(workload, variable))


def to_secret(workload: Workload, variable: str, file_variable_name: str) -> str:
    """The exact lines by which a variable becomes a file, or the next best where it can't."""
    identifier = re.sub(r"\W+", "_", variable).strip("_").lower()
    if not file_variable_name:
        return write(
            workload,
            f"Take the value out: `{variable}: ${{{variable}:?}}`, with the value in a `.env` that "
            "is not in the repository; better, a secret file, where the program can read one.",
            f"Pass the name only, `-e {variable}`, or `--env-file` with a private file.",
        )
    path = f"/run/secrets/{identifier}"
    return write(
        workload,
        f"{the(workload)} can read it from a file; replace `{variable}` by:\n"
        f"    environment: {{{file_variable_name}: {path}}}\n"
        f"    secrets: [{identifier}]\n"
        f"  and at the top level:\n"
        f"    secrets: {{{identifier}: {{file: ./secrets/{identifier}}}}}\n"
        "  Outside a swarm the file keeps its owner and mode: its uid must be the one that reads "
        "it, with mode 0400.",
        f"Mount it: `-v ./secrets/{identifier}:{path}:ro -e {file_variable_name}={path}`.",
    )


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name holds a secret, whatever its value."""
    return sort_of(name) is not None
