"""Finds the secrets in the files of an image's layers: all files, wherever they lie."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from zlib import crc32

from msgspec import Struct, structs

from seawall.core.expression import BytesExpression
from seawall.detectors.assigned import Named, Shape, assigned_in
from seawall.detectors.database import Content, Database, Hits, database, expressions, meaning
from seawall.detectors.entropy import MINIMUM_LENGTH
from seawall.detectors.names import Sort, is_signing_key, sort_of
from seawall.detectors.pattern import Pattern
from seawall.detectors.placeholders import fallback
from seawall.detectors.secrets import Secret, judge, of_format
from seawall.detectors.value_ids import value_id
from seawall.detectors.weighing import Seen, weighed
from seawall.detectors.whereabouts import Genre, is_shipped, whereabouts
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Fact, FoundSecret, Kind, Trouble

_REVISION = 3
"""To be raised when the judgement changes; new formats and expressions count by themselves."""

_HEAD = 8192
_BEFORE = 400
_FAR_BEFORE = 2000
_AFTER = 400
_MOST = 500
_LONGEST = 300
_WITH_DIGIT = BytesExpression(rb"""[^"'\\\n 0-9]*[0-9]""")
_OF_ONE_LINE = frozenset({Shape.QUOTED, Shape.BARE})
_MAX_UTF16 = 16 * 1024 * 1024
"""Bytes up to which UTF-16 is turned into UTF-8, since that takes memory; more is no text."""

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def analyser(value_key: bytes, cache: str | None = None) -> Analyser:
    """An analyser of every regular file.

    `value_key` is the installation's: with it a value's `value_id` is made. `cache` is the
    directory where compiled expressions are kept, by default the user's; empty keeps none.
    """

    text, shipped, binary = (_scanner(kind, cache) for kind in Content)

    def analyse(file: LayerFile) -> Iterable[Fact]:
        """Most files hold nothing, and must cost next to nothing."""
        content: memoryview | bytes = file.content
        if len(content) < _SHORTEST or file.kind is not Kind.FILE:
            return ()
        head = bytes(content[:_HEAD])
        if b"\0" not in head:
            kind, scan = (_SHIPPED, shipped) if is_shipped(file.path) else (_TEXT, text)
        elif head[:2] in _UTF16 and len(content) <= _MAX_UTF16:
            kind, scan, content = _TEXT, text, _utf8(content)
        else:
            kind, scan = _BINARY, binary
        hits = scan(content)
        if not hits.found:
            return ()
        return tuple(_facts(file, _Text(content), kind, hits, value_key))

    return Analyser("secrets", _version(), Wants(everything=True), analyse)


_TEXT, _SHIPPED, _BINARY = Content


def _scanner(kind: Content, cache: str | None) -> Callable[[memoryview | bytes], Hits]:
    """What looks for all that there is in such files: it is made ready when it is first needed."""
    ready: list[Database] = []

    def scan(content: memoryview | bytes) -> Hits:
        if not ready:
            ready.append(database(kind, cache))
        return ready[0].scan(content)

    return scan


_SHORTEST = 8


def _version() -> int:
    sources = [source for content in Content for _, source, _ in expressions(content)]
    return crc32(b"\n".join(sources), _REVISION)


def _utf8(content: memoryview | bytes) -> bytes:
    return bytes(content).decode("utf-16", "replace").encode("utf-8", "surrogatepass")


class _Text:
    """A file's content, of which pieces are read as text, in ascending order for line numbers."""

    def __init__(self, content: memoryview | bytes) -> None:
        self._content = content
        self._counted = 0
        self._lines = 1

    def piece(self, start: int, stop: int) -> str:
        """The text of some bytes; bytes that are no UTF-8 are surrogate escapes."""
        return bytes(self._content[max(0, start) : stop]).decode("utf-8", "surrogateescape")

    def around(self, end: int, *, within_line: bool) -> tuple[int, str, str]:
        """Where the piece around an offset begins, and its text before and behind the offset."""
        start = max(0, end - (_BEFORE if within_line else _FAR_BEFORE))
        raw, cut = bytes(self._content[start : end + _AFTER]), end - start
        first, last = 0, len(raw)
        if within_line:
            first = raw.rfind(b"\n", 0, cut) + 1
            last = raw.find(b"\n", cut) if b"\n" in raw[cut:] else last
        before, after = raw[first:cut], raw[cut:last]
        return (
            start + first,
            before.decode("utf-8", "surrogateescape"),
            after.decode("utf-8", "surrogateescape"),
        )

    def has_digit(self, end: int) -> bool:
        """Whether the value has one of whose first characters the last is at `end`.

        Without one no program made it (`weighing`), and most of what code assigns has none.
        """
        start = end - MINIMUM_LENGTH
        return _WITH_DIGIT.match(self._content[start : start + _LONGEST]) is not None

    def line(self, offset: int) -> int:
        """The line of an offset, which is not before the one that was asked last."""
        if offset > self._counted:
            self._lines += bytes(self._content[self._counted : offset]).count(b"\n")
            self._counted = offset
        return self._lines


class _Found(Struct, frozen=True):
    """A secret at `start` to `end` of the file, in bytes, and what else there is to judge it by."""

    secret: Secret
    value: str
    start: int
    end: int
    seen: Seen


def _facts(
    file: LayerFile, text: _Text, kind: Content, hits: Hits, value_key: bytes
) -> Iterator[Fact]:
    told = 0
    for one in _apart(_found(file.path, text, kind, hits)):
        secret = weighed(one.secret, one.seen, one.value)
        if secret is None:
            continue
        told += 1
        if told > _MOST:
            break
        yield FoundSecret(
            path=file.path,
            kind=secret.kind,
            title=secret.title,
            line=text.line(one.start) if kind is not Content.BINARY else 0,
            confidence=secret.confidence,
            redacted=secret.redacted,
            value_id=value_id(value_key, secret.kind, one.value),
            is_default=secret.is_default,
            name=secret.name,
        )
    if told > _MOST or not hits.is_whole:
        yield Trouble(file.path, "it has more texts like secrets than are told")


def _apart(found: Iterable[_Found]) -> list[_Found]:
    """Those that do not overlap, in the order of the file; of two the earlier told one stays."""
    kept: list[_Found] = []
    for one in sorted(found, key=_by_place):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif _rank(one) < _rank(kept[-1]):
            kept[-1] = one
    return kept


def _by_place(found: _Found) -> tuple[int, int]:
    return found.start, _rank(found)


def _rank(found: _Found) -> int:
    """Formats before names, in the order in which they stand."""
    return found.seen.rank


def _found(path: str, text: _Text, kind: Content, hits: Hits) -> Iterator[_Found]:
    genre = whereabouts(path).genre if kind is not Content.BINARY else Genre.CODE
    for number, end in hits.found:
        sought = meaning(number)
        if isinstance(sought, Pattern):
            yield from _formats(path, text, sought, (number, end), kind is Content.BINARY)
        elif (genre is Genre.SETTINGS or sought is not Shape.BARE) and (
            kind is not Content.SHIPPED or sought not in _OF_ONE_LINE or text.has_digit(end)
        ):
            yield from _assignments(path, text, sought, number, end)


def _formats(
    path: str, text: _Text, pattern: Pattern, hit: tuple[int, int], is_binary: bool
) -> Iterator[_Found]:
    rank, end = hit
    start = max(0, end - pattern.reach - 1)
    before, after = text.piece(start, end), text.piece(end, end + pattern.reach)
    cut = len(before)
    for match in pattern.regex.finditer(before + after):
        whole = match.start() > 0 or start == 0
        if not whole or not match.start() < cut <= match.end() + 1:
            continue
        secret = of_format(pattern, match)
        if secret is not None:
            seen = Seen(path, rank, pattern, is_binary, None, "")
            yield _at(secret, before + after, start, seen)


def _at(secret: Secret, piece: str, start: int, seen: Seen) -> _Found:
    offset = start + len(piece[: secret.start].encode("utf-8", "surrogateescape"))
    value = piece[secret.start : secret.end]
    return _Found(
        secret, value, offset, offset + len(value.encode("utf-8", "surrogateescape")), seen
    )


def _assignments(path: str, text: _Text, shape: Shape, rank: int, end: int) -> Iterator[_Found]:
    start, before, after = text.around(end, within_line=shape in _OF_ONE_LINE)
    piece, cut = before + after, len(before)
    for named in assigned_in(piece, shape):
        if named.start < cut <= named.end + 2:
            secret = _judged(named, shape)
            if secret is not None:
                yield _at(secret, piece, start, Seen(path, rank, None, False, named, piece))


_SORTS: dict[Shape, Sort] = {
    Shape.PHRASE: Sort.PASSWORD,
    Shape.LOGIN: Sort.PASSWORD,
    Shape.HEADER: Sort.CREDENTIAL,
}


def _judged(named: Named, shape: Shape) -> Secret | None:
    sort = _SORTS.get(shape) or sort_of(named.name)
    if sort is None:
        return None
    literal = fallback(named.value)
    start = named.start + named.value.find(literal)
    secret = judge(sort, literal, start, is_signing_key(named.name))
    return secret and structs.replace(secret, name=named.name)
