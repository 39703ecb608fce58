"""The client of registries: manifests, blobs, tags and referrers, each verified and bounded.

What it reads of a repository it asks the registry's endpoints for, the first that has it. Writing
is not offered; a `Request` has a method and a `Scope` its actions, which is all it would take.
"""

from __future__ import annotations

import hashlib
import io
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import BinaryIO, Self, TypeVar, cast
from urllib.parse import quote

import msgspec
from msgspec import Struct

from seawall.core.errors import InputError
from seawall.surfaces.image.manifest import (
    ACCEPTED,
    DIGEST,
    INDEX_TYPES,
    MAX_MANIFEST,
    Descriptor,
    Index,
    read_manifest,
)
from seawall.surfaces.image.reference import Reference
from seawall.surfaces.registry.answers import Answer
from seawall.surfaces.registry.authentication import Scope
from seawall.surfaces.registry.connections import Response
from seawall.surfaces.registry.credentials import Credentials
from seawall.surfaces.registry.download import BlobStream
from seawall.surfaces.registry.endpoints import endpoints_of
from seawall.surfaces.registry.errors import (
    NotThereError,
    RegistryError,
    UnreachableError,
    shown,
)
from seawall.surfaces.registry.options import RegistryOptions
from seawall.surfaces.registry.session import Request, Session, Sleep
from seawall.surfaces.registry.tls import Contexts

T = TypeVar("T")

MAX_PAGES = 1000
MAX_TAGS = 1_000_000

_MAX_LIST = 8 * 1024 * 1024
_BUFFER = 1024 * 1024
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_NEXT = re.compile(r'<([^<>]{1,8192})>\s*;[^,<>]{0,200}?\brel="?next\b')


class Fetched(Struct, frozen=True):
    """A manifest as a registry sent it; `digest` is what its bytes have, of sha256 unless asked by
    another. `problems` are what does not fit together, though it can be used."""

    data: bytes
    media_type: str
    digest: str
    problems: tuple[str, ...] = ()


class _Tags(Struct):
    tags: list[str] | None = None


class RegistryClient:
    """Talks to registries; connections, logins and what was found of credentials are kept.

    It may be used by several threads. All of its methods raise `NotThereError` where the registry
    has no such thing, `UnreachableError` where there is no connection, `RegistryError` where it
    refuses or says what can't be so: all of them `InputError`. Use it in a `with`.
    """

    def __init__(self, options: RegistryOptions, *, sleep: Sleep | None = None) -> None:
        self._options = options
        self._closing = threading.Event()
        self._sleep: Sleep = self._closing.wait if sleep is None else sleep
        self._streams: set[BlobStream] = set()
        self._contexts = Contexts(options)
        self._credentials = Credentials(options)
        self._sessions: dict[str, list[Session]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all connections, also those that other threads read from: their reading fails."""
        self._closing.set()
        for stream in tuple(self._streams):
            stream.stop()
        for sessions in self._sessions.values():
            for session in sessions:
                session.close()

    def manifest(self, reference: Reference) -> Fetched:
        """The manifest or index of a reference: by its digest where it has one, else by its tag.

        Its bytes have the digest that was asked for; by tag, what the registry says of the digest
        is compared with what they have, and a difference is a problem.
        """
        answer = self._fetch(reference, "GET", _manifest_path(reference), MAX_MANIFEST)
        said = answer.headers.get("Docker-Content-Digest", "")
        if reference.digest:
            verify(answer.body, reference.digest, reference.familiar)
            digest = reference.digest
            problems: tuple[str, ...] = ()
        else:
            digest = digest_of(answer.body, said if DIGEST.fullmatch(said) else "sha256:")
            problems = _differing(said, digest)
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
        return Fetched(answer.body, media_type, digest, problems)

    def resolve(self, reference: Reference) -> str:
        """The digest that a reference leads to, as the registry has it now.

        It is what the registry says (HEAD); where it says nothing, that of the manifest.
        """
        try:
            answer = self._fetch(reference, "HEAD", _manifest_path(reference), MAX_MANIFEST)
        except RegistryError as error:
            if error.status not in (400, 405, 501):
                raise
        else:
            digest = reference.digest or answer.headers.get("Docker-Content-Digest", "")
            if DIGEST.fullmatch(digest):
                return digest
        return self.manifest(reference).digest

    def exists(self, reference: Reference) -> bool:
        """Whether the registry has it and lets us know."""
        try:
            self.resolve(reference)
        except NotThereError:
            return False
        return True

    def tags(self, repository: Reference) -> tuple[str, ...]:
        """All tags of a repository, in the registry's order; what is no tag is left out."""
        found: dict[str, None] = {}
        path = f"/v2/{_path(repository)}/tags/list?n=1000"
        for answer in self._pages(repository, path):
            page = _decoded(answer.body, _Tags, repository.name).tags or []
            found.update(dict.fromkeys(filter(_TAG.fullmatch, page)))
            if len(found) > MAX_TAGS:
                raise RegistryError(f"{repository.name}: has more than {MAX_TAGS} tags")
        return tuple(found)

    def referrers(
        self, repository: Reference, digest: str, artifact_type: str = ""
    ) -> tuple[Descriptor, ...]:
        """What refers to a manifest: signatures, attestations, SBOMs; of one type where given.

        Registries that don't know of referrers keep them under the tag `sha256-…` (OCI
        distribution specification, “Referrers Tag Schema”).
        """
        if not DIGEST.fullmatch(digest):
            raise InputError(f"“{shown(digest)}” is no digest")
        try:
            path = f"/v2/{_path(repository)}/referrers/{digest}"
            pages = [answer.body for answer in self._pages(repository, path, INDEX_TYPES)]
        except NotThereError:
            pages = self._by_tag(repository, digest)
        found = (entry for page in pages for entry in _entries(page, repository.name))
        return tuple(e for e in found if not artifact_type or e.artifact_type == artifact_type)

    def read_blob(self, repository: Reference, descriptor: Descriptor, limit: int) -> bytes:
        """A small blob as a whole, such as an image's configuration, its digest verified."""
        subject = f"{repository.name}@{descriptor.digest}"
        if descriptor.size > limit:
            raise RegistryError(f"{subject}: is to have {descriptor.size} bytes, more than {limit}")
        path = _blob_path(repository, descriptor.digest)
        body = self._fetch(repository, "GET", path, limit).body
        if len(body) != descriptor.size:
            raise RegistryError(
                f"{subject}: has {len(body)} bytes where the manifest says {descriptor.size}"
            )
        verify(body, descriptor.digest, repository.name)
        return body

    @contextmanager
    def blob(self, repository: Reference, descriptor: Descriptor) -> Iterator[BinaryIO]:
        """The bytes of a blob as a stream, resumed where the connection breaks.

        It ends after exactly the descriptor's size. The reader verifies the digest.
        """
        subject = f"{repository.name}@{descriptor.digest}"
        path = _blob_path(repository, descriptor.digest)

        def fetch(position: int) -> Response:
            headers = {"Range": f"bytes={position}-"} if position else {}
            return self._ask(
                repository, lambda s: s.stream(_request(repository, path, "GET", headers))
            )

        patience = self._options.patience
        stream = BlobStream(fetch, descriptor.size, subject, patience, self._sleep)
        self._streams.add(stream)
        if self._closing.is_set():
            stream.stop()
        try:
            with stream:
                yield cast(BinaryIO, io.BufferedReader(stream, _BUFFER))
        finally:
            self._streams.discard(stream)

    def has_blob(self, repository: Reference, digest: str) -> bool:
        """Whether the registry itself holds a blob."""
        try:
            self._fetch(repository, "HEAD", _blob_path(repository, digest), 0)
        except NotThereError:
            return False
        return True

    def _by_tag(self, repository: Reference, digest: str) -> list[bytes]:
        tag = digest.replace(":", "-")
        named = msgspec.structs.replace(repository, tag=tag, digest="")
        try:
            return [self.manifest(named).data]
        except NotThereError:
            return []

    def _pages(
        self, repository: Reference, path: str, accept: frozenset[str] = frozenset()
    ) -> Iterator[Answer]:
        """A list's pages, as `Link` headers (RFC 8288) lead from one to the next."""
        seen: set[str] = set()
        headers = {"Accept": ", ".join(sorted(accept))} if accept else {}
        while path:
            if path in seen or len(seen) >= MAX_PAGES:
                raise RegistryError(f"{repository.name}: the registry's list does not end")
            seen.add(path)
            request = _request(repository, path, "GET", headers)
            answer, session = self._ask(
                repository,
                lambda s, r=request: (s.fetch(r, _MAX_LIST), s),  # type: ignore[misc]
            )
            yield answer
            following = _NEXT.search(answer.headers.get("Link", "")[:16384])
            path = session.next_page(path, following[1]) if following else ""

    def _fetch(self, repository: Reference, method: str, path: str, limit: int) -> Answer:
        headers = {"Accept": ", ".join(ACCEPTED)} if "/manifests/" in path else {}
        request = _request(repository, path, method, headers)
        return self._ask(repository, lambda session: session.fetch(request, limit))

    def _ask(self, repository: Reference, action: Callable[[Session], T]) -> T:
        """Ask the first endpoint that has it; what mirrors say against it does not count."""
        sessions = self._of(repository.registry)
        for session, following in zip(sessions, [*sessions[1:], None], strict=True):
            try:
                found = action(session)
            except RegistryError as error:
                if following is None or not _may_go_on(session, error):
                    raise
            else:
                self._keep(repository.registry, session)
                return found
        raise AssertionError("every registry has an endpoint")

    def _of(self, registry: str) -> list[Session]:
        with self._lock:
            if registry not in self._sessions:
                endpoints = endpoints_of(registry, self._options)
                self._sessions[registry] = [
                    Session(
                        endpoint,
                        self._options,
                        self._contexts,
                        self._credentials,
                        self._sleep,
                        has_alternative=endpoint is not endpoints[-1],
                    )
                    for endpoint in endpoints
                ]
            return list(self._sessions[registry])

    def _keep(self, registry: str, proven: Session) -> None:
        """Of the ways to the registry itself only the one that works: no way back to http."""
        if proven.endpoint.is_mirror:
            return
        with self._lock:
            self._sessions[registry] = [
                session
                for session in self._sessions[registry]
                if session is proven or session.endpoint.is_mirror
            ]


def digest_of(data: bytes, like: str = "sha256:") -> str:
    """The digest of bytes, by the algorithm of another digest."""
    algorithm = like.partition(":")[0]
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def verify(data: bytes, digest: str, subject: str) -> None:
    """Hold bytes against the digest that they must have.

    Raises:
        RegistryError: they have another, or it is of no kind that is known.
    """
    if not DIGEST.fullmatch(digest):
        raise RegistryError(f"{subject}: “{shown(digest)}” is no digest of a known kind")
    found = digest_of(data, digest)
    if found != digest:
        raise RegistryError(
            f"{subject}: the registry sends other bytes than {digest}: they have {found}",
            "The registry, a mirror or a proxy alters what it serves. Do not use this image.",
        )


def _may_go_on(session: Session, error: RegistryError) -> bool:
    if session.endpoint.is_mirror:
        return True
    is_open = isinstance(error, UnreachableError) and not error.is_refused
    return is_open and not session.is_proven


def _request(repository: Reference, path: str, method: str, headers: Mapping[str, str]) -> Request:
    return Request(path, Scope(repository.path), repository.familiar, method, headers)


def _path(repository: Reference) -> str:
    return quote(repository.path, safe="/")


def _manifest_path(reference: Reference) -> str:
    named = reference.digest or reference.tag or "latest"
    return f"/v2/{_path(reference)}/manifests/{quote(named, safe=':')}"


def _blob_path(repository: Reference, digest: str) -> str:
    return f"/v2/{_path(repository)}/blobs/{quote(digest, safe=':')}"


def _differing(said: str, digest: str) -> tuple[str, ...]:
    if not said or said == digest:
        return ()
    return (f"the registry says that the manifest is {shown(said)}, but it is {digest}",)


def _decoded(data: bytes, kind: type[T], subject: str) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RegistryError(f"{subject}: the registry's list can't be understood") from error


def _entries(data: bytes, subject: str) -> tuple[Descriptor, ...]:
    index = read_manifest(data, subject)
    return index.manifests if isinstance(index, Index) else ()
