"""How much a secret in an image's file weighs: where it lies, how it is written, who knows it.

Nothing is passed over for its place: what lies among a package's tests weighs less, that is all.
"""

from __future__ import annotations

import re

from msgspec import Struct, structs

from seawall.core.expression import Expression
from seawall.core.model import Confidence
from seawall.detectors.assigned import Named
from seawall.detectors.entropy import is_random
from seawall.detectors.pattern import Pattern
from seawall.detectors.published import is_published
from seawall.detectors.secrets import Secret
from seawall.detectors.validation import is_whole_key
from seawall.detectors.whereabouts import Genre, Whereabouts, whereabouts


class Seen(Struct, frozen=True):
    """How a secret came to be seen: by a format, or behind a name in a line.

    `rank` says which of two at one place counts: the lower one. `piece` is the text around it.
    """

    path: str
    rank: int
    pattern: Pattern | None
    is_binary: bool
    named: Named | None
    piece: str


_LOW, _MEDIUM, _HIGH = Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH
_STRONG_NAME = re.compile("[0-9a-f]{16}")
_ONE_LINE = 600
_UUID = Expression(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_COMMENT = re.compile(r"\s*(?:#|;|//|\*|--|<!--|%|rem\b|dnl\b)", re.IGNORECASE)

# They are written into documents and tests as examples more often than they are real.
_SHIPPED = frozenset({"google-api-key"})
"""What programs carry for all their users."""
_ILLUSTRATED = frozenset({"url-credential", "jwt", "registry-auth"})


def weighed(secret: Secret, seen: Seen, value: str) -> Secret | None:
    """The secret with the confidence that its place leaves it; None where nothing is left."""
    if is_published(value):
        return None
    where = whereabouts(seen.path)
    if seen.pattern is None:
        confidence = _of_name(secret, seen, where)
    elif secret.kind == "private-key" and not _is_encoded(value) and not is_whole_key(value):
        confidence = None if seen.is_binary else _LOW
    else:
        confidence = _of_format(secret, seen.pattern, where, is_binary=seen.is_binary)
    return None if confidence is None else structs.replace(secret, confidence=confidence)


def _is_encoded(value: str) -> bool:
    return not value.startswith("-")


def _of_format(
    secret: Secret, pattern: Pattern, where: Whereabouts, *, is_binary: bool
) -> Confidence | None:
    confidence = secret.confidence
    if pattern.is_sure is not None and confidence is _HIGH:
        return confidence
    is_illustrated = secret.kind in _ILLUSTRATED and (
        where.is_foreign or where.genre is Genre.PROSE
    )
    is_shipped = where.is_foreign and (
        where.is_sample or is_binary or where.genre is Genre.PROSE or secret.kind in _SHIPPED
    )
    if is_illustrated or is_shipped:
        return None if secret.is_default else _LOW
    if where.is_foreign or where.is_sample:
        return _least(confidence, _MEDIUM)
    return confidence


def _of_name(secret: Secret, seen: Seen, where: Whereabouts) -> Confidence | None:
    named = seen.named
    if named is None or _is_public(named, seen.piece):
        return None
    is_strong = is_random(named.value)
    if where.is_foreign or where.genre is Genre.PROSE:
        is_told = is_strong and not secret.is_default and _is_generated(named, seen.piece)
        return _LOW if is_told else None
    if where.is_sample or _is_in_comment(named, seen.piece):
        return _LOW
    if where.genre is Genre.CODE and _is_bundled(seen):
        return _LOW
    if where.genre is Genre.CODE and not is_strong:
        return _MEDIUM if not secret.is_default and _is_mixed(named.value) else _LOW
    return secret.confidence


_BUNDLE = Expression(r"\.(?:[0-9a-f]{8,64}|min|bundle|chunk|prod)\.[cm]?js\Z")


def _is_bundled(seen: Seen) -> bool:
    """Whether it is code that a tool has put on one line: its names are those of a parser's
    tokens and of form fields more often than of anything secret."""
    return _BUNDLE.search(seen.path) is not None or (
        len(seen.piece) >= _ONE_LINE and "\n" not in seen.piece
    )


def _is_in_comment(named: Named, piece: str) -> bool:
    before = piece[: named.start]
    line = before[before.rfind("\n") + 1 :]
    return _COMMENT.match(line) is not None or before.rfind("<!--") > before.rfind("-->")


def _is_public(named: Named, piece: str) -> bool:
    """The short digest of a key by which .NET names an assembly: a `Token` of eight bytes."""
    after = piece[named.end : named.end + 20].lower()
    return _STRONG_NAME.fullmatch(named.value) is not None and "publickey" in after


def _is_generated(named: Named, piece: str) -> bool:
    """Whether a program made the value, and not for everyone: letters and digits, no UUID, no
    name of a type in front (`"AWS::IAM::AccessKey": "…"`) and no part left out (`AgoG...`)."""
    value = named.value
    if "licen" in named.name.lower():
        return False  # catalogues of licences have their keys
    name_at = piece.rfind(named.name, 0, named.start)
    return (
        any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and ".." not in value
        and _UUID.fullmatch(value) is None
        and piece[name_at - 1 : name_at] != ":"
    )


def _is_mixed(value: str) -> bool:
    """Whether a value is like a password that somebody chose with care."""
    classes = sum(bool(re.search(c, value)) for c in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    return len(value) >= 8 and " " not in value and classes >= 3


def _least(one: Confidence, other: Confidence) -> Confidence:
    order = (_LOW, _MEDIUM, _HIGH)
    return min(one, other, key=order.index)
