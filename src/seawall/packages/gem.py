"""Installed Ruby gems: the specifications that RubyGems, Bundler and Debian keep of them.

RubyGems writes a comment for its own fast reading, `# stub: NAME VERSION PLATFORM PATHS`, then
the specification as Ruby code, which is never run here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from seawall.core.expression import Expression
from seawall.packages.licenses import all_normalised
from seawall.packages.reading import bounded, text_of
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

_FOLDER = Expression(r"(?:^|/)specifications/(?:default/)?[^/]+\.gemspec$")
_STUB = Expression(r"^# stub: (\S+) (\S+) (\S+) ", re.MULTILINE)
_TEXT = r"[ \t]{0,9}=[ \t]{0,9}(?:Gem::Version\.new[( ])?(?:%q[<({\[])?[\"']?([^\"'>)}\]\n]{1,200})"
_NAME = Expression(r"\b\w+\.name" + _TEXT)
_VERSION = Expression(r"\b\w+\.version" + _TEXT)
_PLATFORM = Expression(r"\b\w+\.platform" + _TEXT)
_LIST = r"[ \t]{0,9}=[ \t]{0,9}(\[[^\]\n]{0,4000}\]|[^\n]{1,200})"
_LICENSES = Expression(r"\b\w+\.licenses?" + _LIST)
_AUTHORS = Expression(r"\b\w+\.authors?" + _LIST)
_QUOTED = Expression(r"\"([^\"\n]*)\"|'([^'\n]*)'")
_NEEDS = Expression(
    r"\.add_(runtime_|development_)?dependency[ \t(]{1,9}"
    r"(?:%q<([^>\n]{1,200})>|[\"']([^\"'\n]{1,200})[\"'])"
)


@bounded
def analyse(file: LayerFile) -> Iterable[Fact]:
    """The gem that the specification is of."""
    if not _FOLDER.search(file.path):
        return  # a gem's own source has one too, which says nothing of what is installed
    text = text_of(file)
    name, version, platform = _identity(text)
    if not name or not version:
        yield Trouble(file.path, "is no gem specification that can be understood")
        return
    yield Package(
        ecosystem=Ecosystem.GEM,
        name=name,
        version=version,
        path=file.path,
        architecture="" if platform == "ruby" else platform,
        licenses=all_normalised(_quoted(_LICENSES, text)),
        supplier=", ".join(_quoted(_AUTHORS, text)),
        requires=_required(text),
        cataloguer="gemspec",
    )


def _identity(text: str) -> tuple[str, str, str]:
    """Name, version and platform (`ruby` where it runs anywhere)."""
    stub = _STUB.search(text[:4096])
    if stub:
        return stub[1], stub[2], stub[3]
    return _value(_NAME, text), _value(_VERSION, text), _value(_PLATFORM, text) or "ruby"


def _required(text: str) -> tuple[str, ...]:
    """What it needs when it runs.

    For RubyGems before 1.2 a specification says all again without telling the kinds apart.
    """
    needs = [(kind, a or b) for kind, a, b in _NEEDS.compiled.findall(text)]
    development = {name for kind, name in needs if kind == "development_"}
    runtime = {name for kind, name in needs if kind == "runtime_"}
    return tuple(dict.fromkeys(n for _, n in needs if n in runtime or n not in development))


def _value(pattern: Expression, text: str) -> str:
    match = pattern.search(text)
    return match[1].strip().removesuffix(".freeze") if match else ""


def _quoted(pattern: Expression, text: str) -> list[str]:
    match = pattern.search(text)
    return [a or b for a, b in _QUOTED.compiled.findall(match[1])] if match else []


ANALYSER = Analyser("gem", 1, Wants(suffixes=frozenset({".gemspec"})), analyse)
"""Finds installed Ruby gems, the default ones of Ruby itself included."""
