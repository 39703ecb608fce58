"""OSV records, from the public bulk export or a mirror of it.

Format: https://ossf.github.io/osv-schema/. Layout: https://google.github.io/osv.dev/data/:
`<ECOSYSTEM>/all.zip` holds all records of an ecosystem, one JSON file each,
`<ECOSYSTEM>/modified_id.csv` lists `<time>,<id>`, the newest first, `<ECOSYSTEM>/<ID>.json` is one.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from seawall.advisories import schema
from seawall.advisories.cvss import base_score, severity_of
from seawall.advisories.feeds.ranges import Range, intervals
from seawall.advisories.names import base, normalise
from seawall.advisories.record import MAX_LINKS, Affected, Interval, Record, shortened
from seawall.core.errors import InputError

BASE = "https://osv-vulnerabilities.storage.googleapis.com"
"""The public export: https://google.github.io/osv.dev/data/#data-dumps."""

ECOSYSTEMS = (
    "AlmaLinux",
    "Alpine",
    "Azure Linux",
    "Bitnami",
    "Chainguard",
    "Debian",
    "Go",
    "Mageia",
    "Maven",
    "MinimOS",
    "NuGet",
    "Packagist",
    "PyPI",
    "Red Hat",
    "Rocky Linux",
    "RubyGems",
    "SUSE",
    "Ubuntu",
    "Wolfi",
    "crates.io",
    "npm",
    "openEuler",
    "openSUSE",
)
"""Those that cataloguers find packages of."""

MAX_ENTRIES = 2_000_000
MAX_RECORD = 32 * 1024 * 1024
MAX_TOTAL = 24 * 1024**3
MAX_RATIO = 400
"""Bounds of an archive: npm has 220,000 entries, the largest records some megabytes. JSON of
version lists is packed to a fiftieth; a bomb to a thousandth."""

_FREE_TOTAL = 64 * 1024 * 1024
_MAX_BAD = 0.01
_MAX_ID = 128
_MAX_NAME = 512

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]*")
_CVE = re.compile(r"CVE-\d{4}-\d{4,}")
_TITLE_SEVERITY = re.compile(r"(?i)(critical|important|moderate|low)\b")
_WORDS = {
    "critical": "critical",
    "high": "high",
    "important": "high",
    "medium": "medium",
    "moderate": "medium",
    "low": "low",
    "negligible": "low",
    "unimportant": "low",
    "untriaged": "",
    "unknown": "",
    "none": "",
}
"""What publishers call severities: GHSA, Ubuntu, Debian and Red Hat."""

_ORDER = {"CVSS_V4": 0, "CVSS_V3": 1, "CVSS_V2": 2}
_STATUS = {
    "end-of-life": "end-of-life",
    "ignored": "will-not-fix",
    "no-dsa": "postponed",
    "postponed": "postponed",
    "will_not_fix": "will-not-fix",
    "won't fix": "will-not-fix",
}
_BY_RELATED = frozenset(("AlmaLinux", "Rocky Linux", "SUSE", "openSUSE"))
"""Publishers whose bulletins name the CVEs that they fix under `related`, for want of better."""

DISTRIBUTIONS = frozenset(
    (
        "AlmaLinux",
        "Alpine",
        "Azure Linux",
        "Chainguard",
        "Debian",
        "Mageia",
        "MinimOS",
        "Red Hat",
        "Rocky Linux",
        "SUSE",
        "Ubuntu",
        "Wolfi",
        "openEuler",
        "openSUSE",
    )
)


class _Package(Struct, gc=False):
    ecosystem: str
    name: str


class _Severity(Struct, gc=False):
    type: str = ""
    score: str = ""


class _Specific(Struct, gc=False):
    urgency: str = ""
    status: str = ""
    severity: str = ""


class _Affected(Struct, gc=False):
    package: _Package | None = None
    ranges: list[Range] = []
    versions: list[str] = []
    severity: list[_Severity] = []
    ecosystem_specific: Raw = Raw()


class _Reference(Struct, gc=False):
    url: str = ""


class _Record(Struct, gc=False):
    id: str
    affected: list[_Affected] | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    published: str = ""
    modified: str = ""
    withdrawn: str | None = None
    summary: str = ""
    details: str = ""
    severity: list[_Severity] | None = None
    references: list[_Reference] | None = None
    database_specific: Raw = Raw()


_decode = msgspec.json.Decoder(_Record).decode
_specific = msgspec.json.Decoder(_Specific).decode


def is_id(text: str) -> bool:
    """Whether a text can be a record's id, and so part of an address."""
    return len(text) <= _MAX_ID and _ID.fullmatch(text) is not None


def read_archive(path: Path, ecosystem: str, problems: list[str]) -> Iterator[Record]:
    """The live records of `all.zip` that speak of the ecosystem; withdrawn ones are left out.

    A record that can't be understood is named in `problems`.

    Raises:
        InputError: no zip, damaged, a bomb, or more than a hundredth of it can't be understood.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(entries, path.stat().st_size)
            yield from _read_entries(archive, entries, ecosystem, problems)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"damaged archive: {error}") from error


def _check(entries: list[zipfile.ZipInfo], size: int) -> None:
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES:
        raise InputError(f"the archive has {len(entries):,} entries")
    if total > MAX_TOTAL or (total > _FREE_TOTAL and total > size * MAX_RATIO):
        raise InputError(f"the archive of {size:,} bytes would unpack to {total:,} bytes")
    for entry in entries:
        if entry.file_size > MAX_RECORD:
            raise InputError(f"an entry of the archive would unpack to {entry.file_size:,} bytes")


def _read_entries(
    archive: zipfile.ZipFile,
    entries: list[zipfile.ZipInfo],
    ecosystem: str,
    problems: list[str],
) -> Iterator[Record]:
    seen: set[str] = set()
    bad = 0
    for entry in entries:
        if not entry.filename.endswith(".json"):
            continue
        try:
            record = read_record(archive.read(entry), ecosystem)
        except InputError as error:
            bad += 1
            if bad > max(10, len(entries) * _MAX_BAD):
                raise InputError(f"too many records can't be read; the last: {error}") from error
            problems.append(str(error))
            continue
        if record is not None and record.name not in seen:
            seen.add(record.name)
            yield record


def read_record(data: bytes, ecosystem: str) -> Record | None:
    """One record, or None where it is withdrawn or says nothing of the ecosystem.

    Raises:
        InputError: it is not of OSV's shape.
    """
    try:
        raw = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        start = shortened(data[:80].decode("utf-8", "replace"), 60)
        raise InputError(f"no OSV record: {error}: {start}") from error
    if not is_id(raw.id):
        raise InputError(f"no OSV record: an id of {shortened(raw.id, 40)!r}")
    if raw.withdrawn:
        return None
    affected = tuple(_affected(raw, ecosystem))
    return _record(raw, ecosystem, affected) if affected else None


def _record(raw: _Record, ecosystem: str, affected: tuple[Affected, ...]) -> Record:
    vector, score, word = _severity(raw)
    return Record(
        name=raw.id,
        affected=affected,
        aliases=tuple(_aliases(raw, ecosystem)),
        published=_time(raw.published),
        modified=_time(raw.modified),
        severity=word,
        cvss=vector,
        score=score,
        title=shortened(raw.summary or raw.details),
        links=_links(raw),
        is_malicious=raw.id.startswith("MAL-"),
    )


def _affected(raw: _Record, ecosystem: str) -> Iterator[Affected]:
    for part in raw.affected or ():
        package = part.package
        if package is None or base(package.ecosystem) != ecosystem:
            continue
        if not package.name or len(package.name) > _MAX_NAME:
            continue
        found = tuple(intervals(part.ranges, package.ecosystem))
        # Distributions list every version that a range covers, thousands for a kernel.
        covered = bool(found) and ecosystem in DISTRIBUTIONS
        versions = () if covered else tuple(part.versions)
        if found or versions:
            name = normalise(ecosystem, package.name)
            yield _with_status(part, package.ecosystem, name, found, versions)


def _with_status(
    part: _Affected,
    ecosystem: str,
    name: str,
    found: tuple[Interval, ...],
    versions: tuple[str, ...],
) -> Affected:
    specific = _specifics(part.ecosystem_specific)
    urgency = specific.urgency.rstrip("*").lower()
    status = _STATUS.get(specific.status.lower(), "") or _STATUS.get(urgency, "")
    return Affected(ecosystem, name, found, versions, status, urgency)


def _specifics(raw: Raw) -> _Specific:
    """The few words that publishers have agreed on, where they are words."""
    if not bytes(raw):
        return _Specific()
    try:
        return _specific(raw)
    except msgspec.DecodeError:
        return _Specific()


def _aliases(raw: _Record, ecosystem: str) -> Iterator[tuple[str, int]]:
    aliases = [name for name in raw.aliases or () if is_id(name) and name != raw.id]
    upstream = [name for name in raw.upstream or () if is_id(name) and name not in aliases]
    if not aliases and not upstream and ecosystem in _BY_RELATED:
        upstream = [name for name in raw.related or () if _CVE.fullmatch(name)]
    for name in dict.fromkeys(aliases):
        yield name, schema.ALIAS
    for name in dict.fromkeys(upstream):
        yield name, schema.UPSTREAM


def _severity(raw: _Record) -> tuple[str, float, str]:
    """The vector of the newest CVSS, its base score, and the rating."""
    given = list(raw.severity or ())
    for part in raw.affected or ():
        given.extend(part.severity)
    vectors = sorted(
        (each for each in given if each.type in _ORDER), key=lambda each: _ORDER[each.type]
    )
    for each in vectors:
        score = base_score(each.score)
        if score >= 0:
            rating = severity_of(score)
            return each.score, score, _word(raw, given) or (rating.value if rating else "")
    return "", -1.0, _word(raw, given)


def _word(raw: _Record, given: list[_Severity]) -> str:
    """The publisher's own rating: Ubuntu's as a severity, GHSA's and others' in their own part,
    those of Red Hat and its rebuilds at the head of the title."""
    for each in given:
        if each.type not in _ORDER and each.score.lower() in _WORDS:
            return _WORDS[each.score.lower()]
    own = _WORDS.get(_specifics(raw.database_specific).severity.lower(), "")
    if own:
        return own
    urgencies = [_specifics(part.ecosystem_specific) for part in raw.affected or ()]
    for specific in urgencies:
        word = _WORDS.get((specific.severity or specific.urgency).rstrip("*").lower(), "")
        if word:
            return word
    title = _TITLE_SEVERITY.match(raw.summary.removeprefix("Red Hat Security Advisory: "))
    return _WORDS[title[1].lower()] if title and _is_bulletin(raw.id) else ""


def _is_bulletin(name: str) -> bool:
    return name.startswith(("RHSA-", "ALSA-", "RLSA-"))


def _links(raw: _Record) -> tuple[str, ...]:
    urls = (each.url for each in raw.references or ())
    kept = [url for url in dict.fromkeys(urls) if url.startswith("https://") and len(url) < 500]
    return tuple(kept[:MAX_LINKS])


def _time(text: str) -> str:
    """To the second; empty for year 1, which stands for none."""
    if text.startswith("0001-") or not text[:4].isdigit():
        return ""
    return text[:19] + "Z" if len(text) > 19 else text
