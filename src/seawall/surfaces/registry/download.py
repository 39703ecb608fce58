"""Reads a blob from a registry as one stream, although connections break."""

from __future__ import annotations

import contextlib
import io
import re
import time
from collections.abc import Callable

from urllib3.exceptions import HTTPError

from seawall.core.errors import InputError
from seawall.surfaces.registry.connections import Response, halt
from seawall.surfaces.registry.errors import RegistryError, UnreachableError

Open = Callable[[int], Response]
"""Asks for the bytes of a blob from a position on: 206 with the rest, or 200 with all."""

LEAST_RATE = 4096
"""Bytes a second: who sends less over so long a time as silence is borne, holds us up."""

_STUCK = 5
_BREAKS = 10
_BYTES_FOR_A_BREAK = 16 * 1024 * 1024
_CHUNK = 1024 * 1024
_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(?:(\d{1,19})|\*)", re.ASCII)
_BROKEN = (HTTPError, OSError)


class StoppedError(InputError):
    """Somebody else's failure made the rest of this download useless."""


class BlobStream(io.RawIOBase):
    """The `size` bytes of a blob, fetched as they are read.

    Where the connection breaks, it is asked for the rest; a server that sends all from the
    beginning is listened to until the place is reached. It gives up after some breaks without a
    byte between them, or more in all than a large blob may have.
    """

    def __init__(
        self,
        fetch: Open,
        size: int,
        subject: str,
        patience: float,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        super().__init__()
        self._fetch = fetch
        self._size = size
        self._subject = subject
        self._patience = patience
        self._is_stopped = False
        self._sleep = sleep
        self._response: Response | None = None
        self._position = 0
        self._to_skip = 0
        self._breaks = self._stuck = self._broken_at = 0
        self._waited = 0.0
        self._came = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed: Buffer
        """Fill a part of the buffer; 0 at the end of the blob.

        Raises:
            InputError: the blob can't be had, or is not as long as it should be.
        """
        if self._position == self._size:
            self._finish()
            return 0
        chunk = self._next(min(len(buffer), self._size - self._position))
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)

    def close(self) -> None:
        """End the connection; what was not read stays unread."""
        self._drop()
        super().close()

    def stop(self) -> None:
        """Let reading fail, at once, in whatever thread it is."""
        self._is_stopped = True
        if self._response is not None:
            halt(self._response)

    def _next(self, count: int) -> bytes:
        while True:
            if self._is_stopped:
                raise StoppedError(f"{self._subject}: the download was stopped")
            try:
                response = self._response or self._begin()
                while self._to_skip:
                    self._to_skip -= len(self._take(response, min(self._to_skip, _CHUNK)))
                return self._take(response, count)
            except _BROKEN as error:
                self._broke(error)

    def _take(self, response: Response, count: int) -> bytes:
        begun = time.monotonic()
        chunk = response.read1(count, decode_content=False)
        self._waited += time.monotonic() - begun
        self._came += len(chunk)
        if not chunk:
            raise ConnectionError("the answer ended early")
        if self._waited > self._patience:
            if self._came < LEAST_RATE * self._patience:
                raise ConnectionError("the registry sends too slowly")
            self._waited, self._came = 0.0, 0
        return chunk

    def _begin(self) -> Response:
        self._waited, self._came = 0.0, 0
        response = self._fetch(self._position)
        try:
            self._to_skip = self._skipped(response)
        except RegistryError:
            response.close()
            raise
        self._response = response
        return response

    def _skipped(self, response: Response) -> int:
        """How many bytes of an answer lie before our position."""
        headers = response.headers
        if headers.get("Content-Encoding", "identity").lower() != "identity" and (
            headers.get("Content-Length") != str(self._size - self._position)
        ):
            raise self._lies("is compressed anew by the registry, although it was not asked to")
        if response.status == 206:
            self._check_range(headers.get("Content-Range", ""))
            return 0
        length = headers.get("Content-Length", "")
        if length and length != str(self._size):
            raise self._lies(f"has {length[:20]} bytes where the manifest says {self._size}")
        return self._position

    def _check_range(self, text: str) -> None:
        match = _CONTENT_RANGE.fullmatch(text.strip())
        if match is None or int(match[1]) != self._position:
            raise self._lies("is answered with another part than the one asked for")
        if match[3] and int(match[3]) != self._size:
            raise self._lies(f"has {match[3]} bytes where the manifest says {self._size}")

    def _broke(self, error: Exception) -> None:
        self._drop()
        self._breaks += 1
        self._stuck = self._stuck + 1 if self._position == self._broken_at else 1
        self._broken_at = self._position
        if self._stuck >= _STUCK or self._breaks >= _BREAKS + self._size // _BYTES_FOR_A_BREAK:
            reason = f": {error}" if isinstance(error, ConnectionError) else ""
            raise UnreachableError(
                f"{self._subject}: broke off {self._breaks} times, at last at byte"
                f" {self._position} of {self._size}{reason}"
            ) from error
        self._sleep(0.25 * 2.0 ** (self._stuck - 1))

    def _finish(self) -> None:
        """A body without a length must end where the blob does."""
        response, self._response = self._response, None
        if response is None:
            return
        extra = b""
        if "Content-Length" not in response.headers:
            with contextlib.suppress(*_BROKEN):
                extra = response.read1(1, decode_content=False)
        response.close()
        if extra:
            raise self._lies(f"has more bytes than the {self._size} of the manifest")

    def _drop(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None

    def _lies(self, what: str) -> RegistryError:
        return RegistryError(f"{self._subject}: {what}", "Push the image again.")
