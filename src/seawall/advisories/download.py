"""Fetches a feed's files: from a server, or from a folder that has the same layout.

A download is conditional (nothing is sent again that has not changed), resumable (what came before
a break is kept beside the store, and only the rest is asked for, provided that the file is still
the same), bounded in size and time, and never goes from https to http.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Protocol
from urllib.parse import quote, urljoin, urlsplit

import msgspec
import urllib3
from msgspec import Struct
from urllib3 import BaseHTTPResponse, PoolManager

from seawall import __version__
from seawall.core.errors import InputError
from seawall.surfaces.registry.proxies import proxy_for

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are there, and all bytes (-1 where nobody says)."""

MAX_BYTES = 4 * 1024**3
"""Of one file; the greatest, Ubuntu's and Red Hat's records, have some hundred megabytes."""

_CHUNK = 256 * 1024
_CONNECT_SECONDS = 15.0
_READ_SECONDS = 60.0
_TOTAL_SECONDS = 3600.0
_ATTEMPTS = 3
_MAX_REDIRECTS = 5
_CONNECTION = re.compile(r"^<?[\w.]+\([^()]*\)(?: at 0x[0-9a-f]+>)?: ")
"""How urllib3 begins what it says of a connection."""

_REDIRECTS = frozenset((301, 302, 303, 307, 308))


class MissingError(InputError):
    """The source has no such file."""


class Validators(Struct, frozen=True):
    """By what a server tells whether a file has changed: ETag and Last-Modified."""

    etag: str = ""
    stamp: str = ""


class Fetched(Struct, frozen=True):
    """A file that has come: where it lies, and what it is known by. `path` is None where it has
    not changed."""

    path: Path | None
    validators: Validators
    digest: str = ""


class Place(Protocol):
    """Where feeds' files are had from."""

    address: str

    @property
    def is_mirror(self) -> bool:
        """Whether it is the user's own copy, which need not have every feed."""

    def fetch(self, name: str, known: Validators, most: int = MAX_BYTES) -> Fetched:
        """The file of that relative name, unless it is the one that is known.

        Raises:
            MissingError: there is none.
            InputError: it can't be had.
        """


class Folder:
    """A folder with the layout of a mirror; its files are read where they lie."""

    is_mirror = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self.address = str(path)

    def fetch(self, name: str, known: Validators, most: int = MAX_BYTES) -> Fetched:
        """The file's own path; it counts as changed when its size or time has."""
        path = self._path / name
        try:
            facts = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            raise MissingError(f"{path}: no such file") from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(f"{path}: can't be read: {reason}") from error
        if not path.is_file():
            raise InputError(f"{path}: not a file")
        if facts.st_size > most:
            raise InputError(f"{path}: {facts.st_size:,} bytes, more than {most:,}")
        validators = Validators(etag=f"{facts.st_size}-{facts.st_mtime_ns}")
        if known.etag == validators.etag:
            return Fetched(None, validators)
        return Fetched(path, validators, _digest(path))


class _Part(Struct, frozen=True):
    """What is known of a download that broke."""

    url: str
    etag: str
    stamp: str


class Server:
    """A server with the layout of a mirror, or a publisher's own."""

    def __init__(self, address: str, cache: Path, progress: Progress, is_mirror: bool) -> None:
        self.address = address.rstrip("/")
        self.is_mirror = is_mirror
        self._cache = cache
        self._progress = progress
        self._silence = ""
        self._pools: dict[str, PoolManager] = {}

    def fetch(self, name: str, known: Validators, most: int = MAX_BYTES) -> Fetched:
        """Download; the file lies in the cache until the next of that name comes."""
        url = f"{self.address}/{quote(name)}" if name else self.address
        target = self._cache / hashlib.sha256(url.encode()).hexdigest()[:32]
        self._cache.mkdir(parents=True, exist_ok=True)
        if self._silence:  # not to wait for it once for each of a hundred files
            raise InputError(f"{self.address}: {self._silence}")
        deadline = monotonic() + _TOTAL_SECONDS
        for attempt in range(_ATTEMPTS):
            try:
                return _Download(self, url, target, most, deadline).run(known)
            except _BrokenError as error:
                if attempt == _ATTEMPTS - 1:
                    self._silence = str(error) if error.is_silence else ""
                    raise InputError(f"{url}: {error}", "Run it again: it goes on.") from error
        raise AssertionError  # the loop returns or raises

    def request(self, url: str, headers: dict[str, str]) -> BaseHTTPResponse:
        """A response whose body is still to come, redirects followed.

        Raises:
            InputError: it would go from https to http, or in circles.
        """
        for _ in range(_MAX_REDIRECTS):
            try:
                response = self._client(url).request(
                    "GET", url, headers=headers, redirect=False, preload_content=False
                )
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise _BrokenError(_reason(error), is_silence=True) from error
            if response.status not in _REDIRECTS:
                return response
            target = urljoin(url, response.headers.get("Location", ""))
            response.close()
            _require_safe(url, target)
            url = target
        raise InputError(f"{url}: too many redirects")

    def say(self, url: str, done: int, total: int) -> None:
        """Tell how far it is."""
        self._progress(url, done, total)

    def _client(self, url: str) -> PoolManager:
        """Connections as the environment wants them: through a proxy or not."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        proxy = proxy_for(parts.scheme, parts.hostname or "", port, os.environ)
        if proxy not in self._pools:
            self._pools[proxy] = _pool(proxy)
        return self._pools[proxy]


def _pool(proxy: str) -> PoolManager:
    headers = {"User-Agent": f"seawall/{__version__}", "Accept-Encoding": "identity"}
    timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
    if proxy:
        return urllib3.ProxyManager(proxy, headers=headers, timeout=timeout, retries=False)
    return PoolManager(headers=headers, timeout=timeout, retries=False)


class _BrokenError(Exception):
    """The connection failed on the way; another attempt may go on from there.

    `is_silence` where nothing was answered at all.
    """

    def __init__(self, message: str, *, is_silence: bool = False) -> None:
        super().__init__(message)
        self.is_silence = is_silence


class _Download:
    """One attempt at one file."""

    def __init__(self, server: Server, url: str, target: Path, most: int, deadline: float) -> None:
        self._server = server
        self._url = url
        self._target = target
        self._part = target.with_suffix(".part")
        self._note = target.with_suffix(".json")
        self._most = most
        self._deadline = deadline

    def run(self, known: Validators) -> Fetched:
        headers, start = self._asking(known)
        response = self._server.request(self._url, headers)
        try:
            return self._take(response, known, start)
        finally:
            response.close()

    def _asking(self, known: Validators) -> tuple[dict[str, str], int]:
        """Ask for the rest of what broke off, else for what is newer than what is known."""
        if part := self._broken():
            start = self._part.stat().st_size
            condition = part.etag or part.stamp
            return {"Range": f"bytes={start}-", "If-Range": condition}, start
        headers: dict[str, str] = {}
        if known.etag:
            headers["If-None-Match"] = known.etag
        if known.stamp:
            headers["If-Modified-Since"] = known.stamp
        return headers, 0

    def _broken(self) -> _Part | None:
        """What was kept of an earlier attempt, if the server can be asked for the rest of it."""
        with suppress(OSError, msgspec.DecodeError):
            part = msgspec.json.decode(self._note.read_bytes(), type=_Part)
            is_strong = bool(part.etag or part.stamp) and not part.etag.startswith("W/")
            if part.url == self._url and is_strong and self._part.stat().st_size:
                return part
        return None

    def _take(self, response: BaseHTTPResponse, known: Validators, start: int) -> Fetched:
        status = response.status
        if status == 304:
            return Fetched(None, known)
        if status == 404:
            raise MissingError(f"{self._url}: not found")
        if status == 416 and start:
            self._forget()
            raise _BrokenError("the server has another file now")
        if status not in (200, 206):
            self._refuse(status)
        if status == 200:
            start = 0
        elif not _is_rest(response, start):
            self._forget()
            raise _BrokenError("the server sent another part than it was asked for")
        validators = Validators(
            response.headers.get("ETag", ""), response.headers.get("Last-Modified", "")
        )
        self._write(response, validators, start)
        self._part.replace(self._target)
        self._note.unlink(missing_ok=True)
        return Fetched(self._target, validators, _digest(self._target))

    def _refuse(self, status: int) -> None:
        if status >= 500 or status == 429:
            raise _BrokenError(f"the server answered {status}")
        raise InputError(f"{self._url}: the server answered {status}")

    def _write(self, response: BaseHTTPResponse, validators: Validators, start: int) -> None:
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else -1
        self._require_size(max(total, start))
        note = _Part(self._url, validators.etag, validators.stamp)
        self._note.write_bytes(msgspec.json.encode(note))
        done = start
        with self._part.open("ab" if start else "wb") as file:
            for chunk in self._chunks(response):
                file.write(chunk)
                done += len(chunk)
                self._require_size(done)
                self._server.say(self._url, done, total)
        if total >= 0 and done != total:
            raise _BrokenError(f"the connection broke after {done:,} of {total:,} bytes")

    def _chunks(self, response: BaseHTTPResponse) -> Iterator[bytes]:
        try:
            for chunk in response.stream(_CHUNK, decode_content=False):
                if monotonic() > self._deadline:
                    raise InputError(f"{self._url}: not done after {_TOTAL_SECONDS:.0f} seconds")
                yield chunk
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _BrokenError(_reason(error)) from error

    def _require_size(self, size: int) -> None:
        if size > self._most:
            self._forget()
            raise InputError(f"{self._url}: more than {self._most:,} bytes")

    def _forget(self) -> None:
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def _is_rest(response: BaseHTTPResponse, start: int) -> bool:
    return response.headers.get("Content-Range", "").startswith(f"bytes {start}-")


def _require_safe(url: str, target: str) -> None:
    """Follow to https; within one server, as it is, to http too."""
    old, new = urlsplit(url), urlsplit(target)
    if new.scheme == "https" or (new.scheme == old.scheme == "http" and new.netloc == old.netloc):
        return
    raise InputError(f"{url}: redirects to {target}", "Only redirects to https are followed.")


def _reason(error: Exception) -> str:
    """The innermost cause, in a line."""
    reason: object = error
    for _ in range(5):
        inner = getattr(reason, "reason", None)
        if not isinstance(inner, Exception):
            break
        reason = inner
    text = _CONNECTION.sub("", str(reason))
    return " ".join(text.split())[:200] or type(reason).__name__


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def place_of(source: str, cache: Path, progress: Progress) -> Place:
    """A mirror as the user names it: the URL of a server, or a folder.

    Raises:
        InputError: neither.
    """
    if source.startswith(("https://", "http://")):
        return Server(source, cache, progress, is_mirror=True)
    if "://" in source:
        raise InputError(f"{source}: not a source of advisories", "Name an https URL or a folder.")
    path = Path(source)
    if not path.is_dir():
        raise InputError(f"{source}: no such folder", "Name an https URL or a folder.")
    return Folder(path)


@contextmanager
def cache_beside(store: Path) -> Iterator[Path]:
    """Where downloads lie until they are in the store; emptied of what is whole at the end."""
    cache = store.with_name(f"{store.name}.downloads")
    try:
        yield cache
    finally:
        for path in cache.glob("*") if cache.is_dir() else ():
            if path.suffix not in (".part", ".json"):
                with suppress(OSError):
                    path.unlink()
        with suppress(OSError):
            os.rmdir(cache)  # noqa: PTH106 -- fails, as is meant, while a broken download waits
