"""Gives a project the certificates and private keys in its repository that its services get."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterator
from itertools import islice

from msgspec import structs

from seawall.jobs.discover import is_within
from seawall.surfaces.certificates.model import MAX_BYTES, PemFile
from seawall.surfaces.compose.model import Project
from seawall.surfaces.repository.gitignore import repository_root
from seawall.surfaces.workload import Mount, Workload

_FILE = re.compile(r"\.(?:crt|cer|pem|key)\Z", re.IGNORECASE)
_DIRECTORY = re.compile(
    r"(?:^|[/_.-])(?:certs?|certificates?|ssl|tls|pki|keys?|letsencrypt|acme)(?:[/_.-]|\Z)",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"CERT|CRT|TLS|SSL|KEY|PEM", re.IGNORECASE)
_DEEPEST = 3
"""Steps below a directory of certificates: `live/example.org/fullchain.pem`."""
_MOST_ENTRIES = 2000
_MOST_FILES = 256
OUTSIDE = "it leads out of the repository and was not read"
"""The fault of a file in the repository that is a link to one outside."""


def with_certificates(project: Project) -> Project:
    """The project with the certificates and keys of its repository that services mount.

    A file outside of the repository is never opened: a hostile project could name any.
    """
    if not any(service.mounts or service.secrets for service in project.services):
        return project
    boundary = repository_root(project.directory) or project.directory
    found: dict[str, PemFile] = {}
    for path, is_named in _paths(project, boundary):
        if path not in found and is_within(path, boundary) and len(found) < _MOST_FILES:
            file = _read(path, boundary)
            if file is not None and (is_named or file.certificates or file.keys):
                found[path] = file
    return structs.replace(project, certificates=found) if found else project


def _paths(project: Project, boundary: str) -> Iterator[tuple[str, bool]]:
    """Absolute paths that may hold some, and whether a name says that they do."""
    left = _MOST_ENTRIES
    for service in project.services:
        for mount in _binds(service):
            for path in _mounted(mount, boundary, left):
                left -= 1
                if _FILE.search(path):
                    yield path, True
        for path in _from_variables(service):
            yield path, True
        for use in service.secrets:
            if use.file is not None and use.file.value:
                path = posixpath.join(project.directory, use.file.value)
                yield posixpath.normpath(path), _FILE.search(path) is not None


def _binds(service: Workload) -> Iterator[Mount]:
    return (m for m in service.mounts if m.type == "bind" and m.source.startswith("/"))


def _mounted(mount: Mount, boundary: str, most: int) -> Iterator[str]:
    """The files of a mount: itself, or what is right below, or deeper where it is for them."""
    source = posixpath.normpath(mount.source)
    if not is_within(source, boundary):
        return
    if os.path.isdir(source):  # no ValueError on a NUL
        if is_within(os.path.realpath(source), os.path.realpath(boundary)):
            is_for_them = _DIRECTORY.search(source) or _DIRECTORY.search(mount.target)
            yield from _below(source, _DEEPEST if is_for_them else 1, most)
    else:
        yield source


def _below(directory: str, depth: int, most: int) -> Iterator[str]:
    """Files below a directory in order of their names; links to directories are not followed."""
    try:
        with os.scandir(directory) as entries:
            listed = sorted(islice(entries, max(most, 0)), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in listed:
        if not entry.is_dir(follow_symlinks=False):
            yield entry.path
        elif depth > 1:
            yield from _below(entry.path, depth - 1, most)


def _from_variables(service: Workload) -> Iterator[str]:
    """Host paths that variables such as `TLS_CERT=/certs/server` name by their place inside."""
    for variable in service.environment:
        value = variable.value.value or ""
        if value.startswith("/") and _VARIABLE.search(variable.name):
            inside = posixpath.normpath(value)
            for mount in _binds(service):
                target = posixpath.normpath(mount.target)
                if is_within(inside, target):
                    yield posixpath.normpath(mount.source + inside[len(target) :])


def _read(path: str, boundary: str) -> PemFile | None:
    """What a file holds; None where there is no such file, or none that may be opened."""
    try:
        if not is_within(os.path.realpath(path), os.path.realpath(boundary)):
            return PemFile(faults=(OUTSIDE,)) if os.path.lexists(path) else None
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        from seawall.surfaces.certificates.pem import read_pem  # noqa: PLC0415 -- few have any

        return read_pem(file.read(MAX_BYTES + 1), stat.S_IMODE(status.st_mode))
