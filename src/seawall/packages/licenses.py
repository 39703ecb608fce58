"""Names of licences as distributions write them, and what SPDX calls them.

Only what is plainly the same is renamed; an expression keeps its `and`, `or` and `with` (as SPDX
writes them, in capitals) where all of its parts are known, and is kept as written elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

_GNU = re.compile(
    r"(?P<kind>A?GPL|LGPL|GFDL|FDL)[ -]?v?(?P<major>[123])(?:\.(?P<minor>[0-9]))?(?:\.0)*"
    r"(?P<later>\+|-or-later)?(?:-only)?"
)
_LIKE = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "apachev2": "Apache-2.0",
    "asl 2.0": "Apache-2.0",
    "asl 1.1": "Apache-1.1",
    "artistic": "Artistic-1.0-Perl",
    "artistic 2.0": "Artistic-2.0",
    "artistic-1": "Artistic-1.0",
    "artistic-2": "Artistic-2.0",
    "bsd-2": "BSD-2-Clause",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-2clause": "BSD-2-Clause",
    "bsd-3": "BSD-3-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "bsd-3clause": "BSD-3-Clause",
    "bsd-4-clause": "BSD-4-Clause",
    "boost": "BSL-1.0",
    "bsl-1": "BSL-1.0",
    "bzip2": "bzip2-1.0.6",
    "cc0": "CC0-1.0",
    "expat": "MIT",
    "isc": "ISC",
    "mit": "MIT",
    "mit license": "MIT",
    "the mit license": "MIT",
    "mit/x11": "MIT",
    "mpl-1.1": "MPL-1.1",
    "mplv1.1": "MPL-1.1",
    "mpl-2": "MPL-2.0",
    "mplv2.0": "MPL-2.0",
    "openssl": "OpenSSL",
    "psf": "PSF-2.0",
    "psf-2": "PSF-2.0",
    "postgresql": "PostgreSQL",
    "python": "Python-2.0",
    "ruby": "Ruby",
    "sil": "OFL-1.1",
    "ofl": "OFL-1.1",
    "unlicense": "Unlicense",
    "vim": "Vim",
    "wtfpl": "WTFPL",
    "zlib": "Zlib",
    "zlib/libpng": "Zlib",
    "zpl-2.1": "ZPL-2.1",
    "zplv2.1": "ZPL-2.1",
}
_PLAIN = frozenset(_LIKE.values())
_OPERATOR = re.compile(r"(\(|\)|\b(?:and|or|with)\b)", re.IGNORECASE)
_MAX = 300
_MAX_TEXTS = 500


@lru_cache(maxsize=4096)
def normalised(text: str) -> str:
    """The SPDX expression for a licence as written, or the text itself where that is not plain.

    `GPL-2+` is `GPL-2.0-or-later`, `ASL 2.0 and Expat` is `Apache-2.0 AND MIT`, and `BSD` stays
    `BSD`, since nobody knows which. Texts of more than 300 characters are cut.
    """
    text = " ".join(text[: _MAX * 4].split())[:_MAX]
    return _name(text) or _expression(text) or text


def all_normalised(texts: Iterable[str]) -> tuple[str, ...]:
    """Each licence once, normalised, in their order; no more than 500 are looked at."""
    return tuple(dict.fromkeys(filter(None, map(normalised, islice(texts, _MAX_TEXTS)))))


def _name(text: str) -> str:
    like = _LIKE.get(text.lower())
    if like:
        return like
    gnu = _GNU.fullmatch(text)
    return _gnu(gnu) if gnu else ""


def _gnu(match: re.Match[str]) -> str:
    kind = match["kind"].replace("GFDL", "FDL").replace("FDL", "GFDL")
    version = f"{match['major']}.{match['minor'] or '0'}"
    return f"{kind}-{version}-{'or-later' if match['later'] else 'only'}"


def _expression(text: str) -> str:
    """The expression with each name normalised; empty where one is not known."""
    pieces = _OPERATOR.split(text)
    for index, piece in enumerate(pieces):
        bare = piece.strip()
        name = bare.upper() if index % 2 else _name(bare) or (bare if bare in _PLAIN else "")
        if bare and not name:
            return ""
        pieces[index] = name
    return " ".join(filter(None, pieces)).replace("( ", "(").replace(" )", ")")
