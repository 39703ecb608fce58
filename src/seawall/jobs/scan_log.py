"""When images were last scanned, and with what outcome: kept for `scanned-at-runtime`.

One small JSON file for each digest that an image is known by, the manifest's and that of its
configuration (the identifier in most engines), so that whoever sees a container run can look its
image up. Nothing here can fail a scan: where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
from msgspec import Struct, structs

from seawall.core.model import Finding
from seawall.surfaces.image.entries import is_ours, read_ours, write
from seawall.surfaces.image.model import Image

MAX_RECORDS = 4096
"""Files that are kept; those of the scans longest ago go first."""

_MAX_SIZE = 16 * 1024
_MOST_TAGS = 20
_DIGEST = re.compile(r"sha(?:256|384|512):[0-9a-f]{64,128}")
_SUFFIX = ".json"


class ScanRecord(Struct, frozen=True):
    """A scan that was done: what was scanned, and what it came to.

    `time` is in ISO 8601, UTC. `advisories` is when the advisories were last compared with their
    sources, empty where there were none. `parts` says what was looked for. `findings` counts by
    severity, of those that count; `exit_code` is that of a run on this image alone.
    """

    name: str
    digests: tuple[str, ...]
    tags: tuple[str, ...]
    time: str
    advisories: str = ""
    parts: tuple[str, ...] = ()
    findings: Mapping[str, int] = {}
    exit_code: int = 0
    version: str = ""

    def age(self, now: datetime | None = None) -> float:
        """Days since then; never less than 0, and endless where the time can't be read."""
        try:
            since = (now or datetime.now(UTC)) - datetime.fromisoformat(self.time)
        except (ValueError, TypeError):
            return float("inf")
        return max(0.0, since.total_seconds() / 86_400)


def record(image: Image, findings: Iterable[Finding]) -> ScanRecord:
    """What is to be kept of an image and its findings; the rest is filled in by the scan."""
    counted = [finding for finding in findings if finding.suppressed is None]
    digests = (image.digest, image.index_digest, image.config_digest)
    return ScanRecord(
        name=image.name,
        digests=tuple(dict.fromkeys(filter(_DIGEST.fullmatch, digests))),
        tags=image.tags[:_MOST_TAGS],
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        findings=dict(Counter(finding.severity.value for finding in counted)),
    )


def keep(done: ScanRecord, directory: str | None = None) -> None:
    """Keep a record under each of its digests. An image without any is not kept."""
    place = default_directory() if directory is None else directory
    if not place or not done.digests:
        return
    with suppress(OSError, msgspec.EncodeError, UnicodeEncodeError):
        data = msgspec.json.encode(_plain(done))
        os.makedirs(place, 0o700, exist_ok=True)
        if len(data) > _MAX_SIZE or not is_ours(os.stat(place), 0o022):
            return
        for digest in done.digests:
            write(_path(place, digest), data)
        _prune(place)


def last_scan(digest: str, directory: str | None = None) -> ScanRecord | None:
    """The last scan of an image by any of its digests: `sha256:…` of its manifest, its index or
    its configuration, as an engine's `ImageID` is one. None where there is none on record, or one
    that somebody else could have written."""
    place = default_directory() if directory is None else directory
    if not place or not _DIGEST.fullmatch(digest):
        return None
    try:
        data = read_ours(_path(place, digest), _MAX_SIZE)
        found = msgspec.json.decode(data, type=ScanRecord)
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return found if digest in found.digests else None


def default_directory() -> str:
    """Where records are: beside the cache where `SEAWALL_CACHE_DIR` names its place, else in the
    user's directory of states (XDG_STATE_HOME, ~/.local/state); empty if there is none."""
    chosen = os.environ.get("SEAWALL_CACHE_DIR", "")
    if chosen:
        return os.path.join(os.path.abspath(chosen), "scans")
    base = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(base):  # relative ones are to be ignored, says the specification
        base = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "seawall", "scans") if os.path.isabs(base) else ""


def _path(directory: str, digest: str) -> str:
    return os.path.join(directory, digest.replace(":", "-") + _SUFFIX)


def _plain(done: ScanRecord) -> ScanRecord:
    """Names of files may hold bytes that are no text."""
    name = done.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return structs.replace(done, name=name)


def _prune(directory: str) -> None:
    """Take away the oldest records where there are too many, and drafts that nobody finished."""
    if len(os.listdir(directory)) <= MAX_RECORDS:
        return
    # A tenth of room, so that the next run does not have to do it again.
    kept = sorted(_entries(directory), reverse=True)
    for _, path in kept[MAX_RECORDS * 9 // 10 :]:
        with suppress(OSError):
            os.unlink(path)


def _entries(directory: str) -> Iterator[tuple[float, str]]:
    with os.scandir(directory) as listing:
        for entry in listing:
            with suppress(OSError):
                yield entry.stat(follow_symlinks=False).st_mtime, entry.path
