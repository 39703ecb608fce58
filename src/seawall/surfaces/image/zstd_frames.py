"""Where the frames of a zstd stream begin and end (RFC 8878, section 3.1).

The decoder does not tell whether a stream ends in the middle of a frame, and takes a cut layer for
a short one. So its frames are counted beside: a step or two for each 128 KiB.
"""

from __future__ import annotations

_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPED = b"\x2a\x4d\x18"
_START = 4
_BLOCK = 3
_RLE = 1


class Frames:
    """Follows a stream as its pieces come, of whatever length they are."""

    def __init__(self) -> None:
        self.is_foreign = False
        """Whether something else than a frame was met where one should begin."""
        self._head = b""
        self._wanted = _START
        self._skip = 0
        self._trailer = 0

    @property
    def is_whole(self) -> bool:
        """Whether the stream may end here: no frame is open."""
        return not self.is_foreign and not self._head and not self._skip and self._wanted == _START

    def feed(self, data: bytes | memoryview) -> int:
        """Take in more; how many bytes of it belong to frames."""
        position = 0
        while position < len(data):
            if self._skip:
                step = min(self._skip, len(data) - position)
                self._skip -= step
                position += step
                continue
            piece = bytes(data[position : position + self._wanted - len(self._head)])
            if not self._take(piece):
                return position
            position += len(piece)
        return position

    def _take(self, piece: bytes) -> bool:
        """Take in a piece of a header; False where what is no frame begins."""
        self._head += piece
        if self._wanted in (_START, _START + 1) and not self._is_frame(self._head[:_START]):
            self.is_foreign = True
            return False
        if len(self._head) == self._wanted:
            self._parse()
        return True

    def _is_frame(self, start: bytes) -> bool:
        skipped = start[:1] and start[0] >> 4 == 5 and _SKIPPED.startswith(start[1:])
        return _MAGIC.startswith(start) or bool(skipped)

    def _parse(self) -> None:
        head = self._head
        if len(head) == _BLOCK:
            self._block(int.from_bytes(head, "little"))
        elif len(head) == _START:
            self._wanted = _START + 1 if head == _MAGIC else 2 * _START
            return
        elif len(head) == _START + 1:
            self._skip = _rest_of_header(head[-1])
            self._trailer = 4 if head[-1] & 4 else 0
            self._wanted = _BLOCK
        else:
            self._skip = int.from_bytes(head[_START:], "little")
            self._wanted = _START
        self._head = b""

    def _block(self, header: int) -> None:
        self._skip = 1 if header >> 1 & 3 == _RLE else header >> 3
        if header & 1:
            self._skip += self._trailer
            self._wanted = _START


def _rest_of_header(descriptor: int) -> int:
    """How long the frame header is behind its descriptor: window, dictionary, content size."""
    is_single = descriptor >> 5 & 1
    content = (is_single, 2, 4, 8)[descriptor >> 6]
    return (1 - is_single) + (0, 1, 2, 4)[descriptor & 3] + content
