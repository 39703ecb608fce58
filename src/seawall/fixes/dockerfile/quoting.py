"""Values of ENV and LABEL, quoted so that BuildKit reads them as it did before."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.surfaces.dockerfile.substitution import expansion
from seawall.surfaces.dockerfile.value import Value

_CLOSE = frozenset("'\"\\`")
_VARIABLE = Expression(r"\$(?:\{[^{}\"'\\`]*\}|\w+|[@*#?!-])")


def quoted(text: str, escape: str) -> str:
    """A text in double quotes that comes to exactly itself."""
    marks = {'"', "$", escape}
    return '"' + "".join(escape + each if each in marks else each for each in text) + '"'


def is_one_word(value: str, escape: str) -> bool:
    """Whether `NAME=value` ends where the value does: blanks are quoted or escaped."""
    mark, at = "", 0
    while at < len(value):
        each = value[at]
        if each == escape and mark != "'":
            at += 1
        elif mark:
            mark = "" if each == mark else mark
        elif each in "\"'":
            mark = each
        elif each.isspace():
            return False
        at += 1
    return not mark


def as_one_word(value: str, escape: str) -> str | None:
    """A value of the old form as the new one needs it; None where that can't be told."""
    if is_one_word(value, escape):
        return value or None
    pieces = list(_pieces(value, escape))
    if None in pieces:
        return None
    word = '"' + "".join(piece or "" for piece in pieces) + '"'
    return word if _same(value, word, escape) else None


def _pieces(value: str, escape: str) -> Iterator[str | None]:
    """What stands in double quotes for each part of a value; None for one that can't."""
    at, mark = 0, ""
    while at < len(value):
        each = value[at]
        if each == '"':
            mark = "" if mark else each
            at += 1
        elif each == "'" and not mark:
            end = value.find("'", at + 1)
            yield quoted(value[at + 1 : end], escape)[1:-1] if end > 0 else None
            at = end + 1 if end > 0 else len(value)
        elif each == escape:
            yield _escaped(value[at : at + 2], mark, escape)
            at += 2
        elif each == "$":
            found = _VARIABLE.match(value, at)
            end = found.end() if found else at + 1
            yield _variable(value[at:end], value[end : end + 1])
            at = end
        else:
            yield each
            at += 1
    if mark:
        yield None


def _escaped(pair: str, mark: str, escape: str) -> str:
    """Between quotes an escape is only one before a quote, `$` or itself."""
    following = pair[1:]
    if following and following in '"$' + escape:
        return pair
    return pair if mark and following else following


def _variable(written: str, following: str) -> str | None:
    """Braces keep a name apart from what comes closer to it; a lone `$` can't be kept so."""
    name = written[1:]
    if following not in _CLOSE or name.startswith("{"):
        return None if written == "$" and following == "{" else written
    return "${" + name + "}" if name.isidentifier() else None


def _same(before: str, after: str, escape: str) -> bool:
    def lookup(name: str) -> Value | None:
        return Value(name, (f"<{name}>",))

    first, second = expansion(before, lookup, escape), expansion(after, lookup, escape)
    is_known = first.value.known is not None and not first.fault
    return is_known and first.value.known == second.value.known
