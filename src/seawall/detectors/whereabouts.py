"""What a path in an image says of a file: whose it is; code, prose or settings."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from msgspec import Struct

from seawall.core.expression import Expression
from seawall.core.vocabulary import words


class Genre(Enum):
    """What a text file is, by its name."""

    SETTINGS = "settings, data and scripts: a bare word is a value"
    CODE = "source code: a bare word is a variable"
    PROSE = "documents: values are illustrations"


class Whereabouts(Struct, frozen=True):
    """`is_foreign` where a package manager installs, `is_sample` among tests and examples."""

    genre: Genre
    is_foreign: bool
    is_sample: bool


_CODE = words(
    "py pyi pyx js mjs cjs jsx ts tsx mts cts map rb go java kt kts scala groovy clj php phtml pl"
    " pm pod t c h cc cpp cxx hpp hh hxx m mm rs cs vb fs swift dart lua tcl r jl ex exs erl hrl hs"
    " ml mli el lisp vim css scss sass less vue svelte svg d asm s f f90 ipynb coffee ps1 psm1 awk"
    " m4 proto thrift graphql wasm sol"
)
_PROSE = words(
    "md markdown rst html htm xhtml adoc texi tex man po pot mo 1 2 3 4 5 6 7 8 3pm 1ssl 3ssl 5ssl"
    " 7ssl log csv tsv ics changes news gloss idx dic aff xsd xsl rng dtd"
)
_PROSE_NAMES = words(
    "metadata pkg-info readme changelog changes news history authors copying license licence"
    " copyright notice todo hacking install faq readme.txt changelog.txt license.txt news.txt"
)

_FOREIGN = Expression(
    r"""(?:^|/)(?:site-packages|dist-packages|node_modules|bower_components|gems/[\w.-]+-\d|go/pkg/mod
    |\.cargo/registry|\.rustup|\.m2/repository|pkgs/[\w.-]+-\d|Cellar|lib/python\d(?:\.\d+)?
    |python\d\.\d+/lib|lib/ruby|lib/perl5?|lib/jvm|lib/go(?:-\d[\d.]*)?|usr/local/go
    |\.pyenv/versions|\.nvm/versions)/
    |^(?:\./)?(?:usr/(?:share|lib\w*|include|bin|sbin|libexec|src)|lib\w*|bin|sbin|var/lib/dpkg
    |var/lib/apt|opt/(?:conda|java|venv/lib)|etc/(?:ssl/certs|ca-certificates|alternatives))/""",
    re.VERBOSE,
)
_SAMPLE = Expression(
    r"""(?:^|/)(?:(?:[\w.-]*[._-])?tests?|testing|test[-_]?(?:data|utils?|suite|support|files|cases)|[\w-]*fixtures?
    |examples?|samples?|docs?|documentation|spec|specs|mocks?|__mocks__|__tests__|demos?|dummy\w*|dummy\w*|selftest
    |benchmarks?|tutorials?|snippets|cookbook|stubs?)/
    |(?:^|/)(?:test_[^/]*|[^/]*[._-](?:tests?|spec|example|sample|template|tmpl|tpl|dist|mock)(?:\.[^/]*)?)\Z""",
    re.VERBOSE | re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def whereabouts(path: str) -> Whereabouts:
    """What the path says."""
    directory = path[: path.rfind("/") + 1]
    return Whereabouts(_genre(path), _is_foreign(directory), bool(_SAMPLE.search(path)))


def is_shipped(path: str) -> bool:
    """Whether it is what someone else wrote, or prose: there a name alone gives nothing away."""
    return _is_foreign(path[: path.rfind("/") + 1]) or _genre(path) is Genre.PROSE


@lru_cache(maxsize=1024)
def _is_foreign(directory: str) -> bool:
    return _FOREIGN.search(directory) is not None


def _genre(path: str) -> Genre:
    name = path.rpartition("/")[2].lower()
    stem, dot, suffix = name.rpartition(".")
    if name in _PROSE_NAMES or (dot and suffix in _PROSE) or "/share/doc/" in path:
        return Genre.PROSE
    return Genre.CODE if dot and stem and suffix in _CODE else Genre.SETTINGS
