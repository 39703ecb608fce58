"""Makes small trees of advisories, and stores of them, for tests."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seawall.advisories.feeds import epss, kev
from seawall.advisories.update import UpdateReport, update

Json = dict[str, Any]

MODIFIED = "2026-01-02T03:04:05Z"


def events(*pairs: str) -> list[dict[str, str]]:
    """`events("introduced=0", "fixed=1.2")`."""
    return [dict([pair.split("=", 1)]) for pair in pairs]


def affected(
    ecosystem: str,
    name: str,
    *pairs: str,
    versions: Sequence[str] = (),
    specific: Json | None = None,
    kind: str = "ECOSYSTEM",
) -> Json:
    """One `affected` part of a record, with one range of these events."""
    part: Json = {"package": {"ecosystem": ecosystem, "name": name}}
    if pairs:
        part["ranges"] = [{"type": kind, "events": events(*pairs)}]
    if versions:
        part["versions"] = list(versions)
    if specific:
        part["ecosystem_specific"] = specific
    return part


def record(name: str, *parts: Json, **others: Any) -> Json:
    """An OSV record."""
    return {"id": name, "modified": MODIFIED, "affected": list(parts), **others}


def write_archive(path: Path, records: Sequence[Json]) -> None:
    """An `all.zip` of records."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in records:
            archive.writestr(f"{each['id']}.json", json.dumps(each))


def write_index(path: Path, lines: Sequence[tuple[str, str]]) -> None:
    """A `modified_id.csv` of times and ids."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{when},{name}\n" for when, name in lines))


def write_tree(
    folder: Path,
    osv: Mapping[str, Sequence[Json]] | None = None,
    secdb: Mapping[str, Mapping[str, Mapping[str, list[str]]]] | None = None,
    exploited: Mapping[str, str] | None = None,
    probable: Mapping[str, tuple[float, float]] | None = None,
) -> Path:
    """A folder with the layout of a mirror; `secdb` has packages by `v3.N/main`."""
    for ecosystem, records in (osv or {}).items():
        write_archive(folder / "osv" / ecosystem / "all.zip", records)
    for place, packages in (secdb or {}).items():
        rolling = place in ("wolfi", "chainguard")
        path = folder / (f"{place}/security.json" if rolling else f"alpine-secdb/{place}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        listed = [{"pkg": {"name": n, "secfixes": fixes}} for n, fixes in packages.items()]
        path.write_text(json.dumps({"packages": listed}))
    if exploited is not None:
        entries = [{"cveID": name, "dateAdded": day} for name, day in exploited.items()]
        (folder / kev.FILE).write_text(json.dumps({"vulnerabilities": entries}))
    if probable is not None:
        lines = ["#model_version:v2026.01.01,score_date:2026-01-02", "cve,epss,percentile"]
        lines += [f"{name},{score},{rank}" for name, (score, rank) in probable.items()]
        (folder / epss.FILE).write_bytes(gzip.compress("\n".join(lines).encode()))
    return folder


def build(folder: Path, store: Path) -> UpdateReport:
    """A store of what is in a folder."""
    return update(store, str(folder))
