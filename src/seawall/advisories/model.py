"""What is known of a flaw, and what it means for a package."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from seawall.core.model import Severity
from seawall.surfaces.image.facts import Package
from seawall.surfaces.image.model import Held, Image


class Status(Enum):
    """What the distributor or the project says it does about a flaw."""

    FIXED = "fixed"
    AFFECTED = "affected"  # no fix yet
    WILL_NOT_FIX = "will-not-fix"
    POSTPONED = "postponed"
    END_OF_LIFE = "end-of-life"


class Vulnerability(Struct, frozen=True):
    """One flaw under its best-known id, whatever records told of it.

    `id` is the CVE where there is one; `aliases` are all other ids, those of the records
    included. `severity` is None where nobody has rated it. `cvss` is the vector, `score` its base
    score, -1 where there is none. `exploited` is the date on which CISA listed it, else empty;
    `epss` the probability (0 to 1) of exploitation in the next 30 days, -1 where not known.
    Dates are ISO 8601. `is_malicious` where the package itself is the attack.
    """

    id: str
    aliases: tuple[str, ...] = ()
    title: str = ""
    severity: Severity | None = None
    cvss: str = ""
    score: float = -1.0
    exploited: str = ""
    epss: float = -1.0
    epss_percentile: float = -1.0
    published: str = ""
    modified: str = ""
    links: tuple[str, ...] = ()
    is_malicious: bool = False


class Match(Struct, frozen=True):
    """A package that has a flaw.

    `fixed` are the versions with the fix, the lowest that is higher than the package's first;
    empty where there is none. `compared` is the version that was compared (a source package's,
    for distributions that mean those) and `why` shows the comparison: `2.36-9+deb12u7 <
    2.36-9+deb12u9 (Debian 12, source glibc)`. `source` is the feed that says so.
    """

    package: Package
    vulnerability: Vulnerability
    status: Status
    fixed: tuple[str, ...] = ()
    compared: str = ""
    why: str = ""
    source: str = ""


class Vulnerabilities(Struct, frozen=True):
    """An image and its vulnerable packages, each with one of its flaws."""

    image: Image
    found: tuple[tuple[Held[Package], Match], ...] = ()
