"""Small answers of a registry (manifests, lists, tokens, errors), read within bounds."""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Mapping

import msgspec
from msgspec import Struct
from urllib3.exceptions import HTTPError, ReadTimeoutError

from seawall.surfaces.registry.connections import Response
from seawall.surfaces.registry.errors import RegistryError, shown

ANSWER_SECONDS = 120.0
"""The longest that the body of a small answer may take, however steadily it drips."""

_CHUNK = 64 * 1024
_MAX_ERROR = 64 * 1024
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Answer(Struct, frozen=True):
    """An answer as a whole; the names of `headers` are read without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""


def read_body(response: Response, limit: int, what: str) -> bytes:
    """The body of an answer, decompressed where the server compressed it although unasked.

    Raises:
        RegistryError: it has more than `limit` bytes, before or after decompression.
        HTTPError: the connection broke (of urllib3).
    """
    try:
        body = _raw(response, limit, what)
    finally:
        response.close()  # a connection whose answer was read to its end is in the pool already
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    return _decompressed(body, encoding, limit, what) if encoding in _WINDOWS else body


def _raw(response: Response, limit: int, what: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    until = time.monotonic() + ANSWER_SECONDS
    while chunk := response.read1(_CHUNK, decode_content=False):
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            raise RegistryError(f"{what}: the answer has more than {limit} bytes")
        if time.monotonic() > until:
            raise ReadTimeoutError(None, None, "the answer took too long")  # type: ignore[arg-type]
    return b"".join(parts)


def _decompressed(body: bytes, encoding: str, limit: int, what: str) -> bytes:
    inflater = zlib.decompressobj(_WINDOWS[encoding])
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise RegistryError(f"{what}: the answer is not the {encoding} that it claims") from error
    if len(plain) > limit:
        raise RegistryError(f"{what}: the answer has more than {limit} bytes")
    if not inflater.eof:
        raise RegistryError(f"{what}: the answer's {encoding} is cut off")
    return plain


def discard(response: Response) -> None:
    """Read what nobody asks for, so that the connection can be used again."""
    with contextlib.suppress(HTTPError, OSError, RegistryError):
        read_body(response, _MAX_ERROR, "")


class _Error(Struct):
    code: str = ""
    message: str = ""


class _Errors(Struct):
    errors: list[_Error] | None = None
    details: str = ""


def told_by(response: Response) -> str:
    """What a registry says of its refusal, for a message: ` (DENIED: …)`, or nothing."""
    try:
        document = msgspec.json.decode(read_body(response, _MAX_ERROR, ""), type=_Errors)
    except Exception:
        return ""  # whatever is wrong with its words, the status is enough
    first = next(iter(document.errors or ()), _Error("", document.details))
    said = ": ".join(part for part in (first.code, first.message) if part)
    return f" ({shown(said)})" if said else ""
