#!/usr/bin/env python3
"""Brings the dated facts of the package up to date from their public sources.

    python tools/refresh_facts.py             # official images and ends of life
    python tools/refresh_facts.py --check     # only say how old the facts are

What a person put into the files stays: labels, other names of cycles, and why and since when an
official image is retired. What base images hold and who publishes what is kept by hand.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tarfile
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent / "src/seawall/facts/data"
OFFICIAL_IMAGES = (
    "https://codeload.github.com/docker-library/official-images/tar.gz/refs/heads/master"
)
END_OF_LIFE = "https://endoflife.date/api/v1"

# Debian LTS is free and in the same repositories; the extended support of others is sold.
FREE_EXTENDED_SUPPORT = frozenset(("debian",))
MAXIMUM_BYTES = 64 * 1024 * 1024
TIMEOUT_SECONDS = 30


def main(arguments: list[str] | None = None) -> int:
    """Run as the command line says; 1 where facts are too old or a source does not answer."""
    options = _parser().parse_args(arguments)
    today = options.today or datetime.now(UTC).date()
    if options.check:
        return check(options.data, today, options.max_age)
    try:
        refresh_official_images(options.data, options.official_images, today)
        refresh_end_of_life(options.data, options.end_of_life, today)
    except (OSError, ValueError, KeyError, tarfile.TarError) as error:
        print(f"refresh_facts: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="print the age of the facts")
    parser.add_argument("--max-age", type=int, default=120, help="days that --check accepts")
    parser.add_argument("--data", type=Path, default=DATA, help="directory of the data files")
    parser.add_argument("--official-images", default=OFFICIAL_IMAGES, metavar="URL")
    parser.add_argument("--end-of-life", default=END_OF_LIFE, metavar="URL")
    parser.add_argument("--today", type=date.fromisoformat, help=argparse.SUPPRESS)
    return parser


def check(data: Path, today: date, max_age: int) -> int:
    """Print the age of each data file in days; 1 where one is older than `max_age`."""
    stale = 0
    for path in sorted(data.glob("*.json")):
        as_of = date.fromisoformat(json.loads(path.read_text("utf-8"))["as_of"])
        age = (today - as_of).days
        stale += age > max_age
        print(
            f"{path.name}: as of {as_of}, {age} days old" + (" (too old)" if age > max_age else "")
        )
    return 1 if stale else 0


def refresh_official_images(data: Path, url: str, today: date) -> None:
    """Take the names of the official images with supported tags; those that lost them retire."""
    path = data / "official-images.json"
    facts = json.loads(path.read_text("utf-8"))
    tags = dict(supported_tags(fetch(url)))
    if not tags:
        raise ValueError(f"{url}: no images found")
    supported = sorted(name for name, count in tags.items() if count)
    retired = facts["retired"]
    lost = (set(facts["supported"]) | tags.keys()) - set(supported) - retired.keys()
    for name in lost:
        source = f"https://github.com/docker-library/official-images (no supported tags on {today})"
        retired[name] = {"source": source}
    for name in supported:
        if name in retired and "except_tags" not in retired[name]:
            del retired[name]
    facts.update(as_of=today.isoformat(), supported=supported, retired=retired)
    path.write_text(official_images_text(facts), "utf-8")
    print(f"{path.name}: {len(supported)} supported, {len(retired)} retired")


def supported_tags(archive: bytes) -> Iterator[tuple[str, int]]:
    """Names and numbers of tags of the files under `library/` in the repository's archive."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            parts = member.name.split("/")
            if not member.isfile() or len(parts) != 3 or parts[1] != "library":
                continue
            file = tar.extractfile(member)
            text = file.read().decode("utf-8", "replace") if file else ""
            lines = [line for line in text.splitlines() if line.startswith("Tags:")]
            yield parts[2], sum(line.count(",") + 1 for line in lines)


def refresh_end_of_life(data: Path, url: str, today: date) -> None:
    """Take the release cycles of every product in the file."""
    path = data / "end-of-life.json"
    facts = json.loads(path.read_text("utf-8"))
    for key, product in facts["products"].items():
        answer = json.loads(fetch(f"{url.rstrip('/')}/products/{product['product']}/"))
        product["cycles"] = [
            cycle for release in answer["result"]["releases"] if (cycle := _cycle(key, release))
        ]
        product.pop("as_of", None)
    facts["as_of"] = today.isoformat()
    path.write_text(end_of_life_text(facts), "utf-8")
    print(f"{path.name}: {len(facts['products'])} products")


def _cycle(key: str, release: dict[str, Any]) -> dict[str, str] | None:
    """One release of the service as a cycle of the file; None where its end has no date."""
    ends = release.get("eolFrom")
    if release.get("isEol") and not ends:
        return None
    latest = (release.get("latest") or {}).get("name")
    codename = (release.get("codename") or "").split(" ")[0].lower()
    extended = release.get("eoesFrom") if key in FREE_EXTENDED_SUPPORT else None
    fields = {
        "cycle": release["name"],
        "released": release.get("releaseDate"),
        "eol": ends,
        "extended": extended,
        "latest": latest,
        "codename": codename,
    }
    return {name: value for name, value in fields.items() if value}


def fetch(url: str) -> bytes:
    """The bytes at a URL.

    Raises:
        OSError: no answer, or an error.
        ValueError: the answer is larger than anything expected.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "seawall-refresh-facts"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
        data = answer.read(MAXIMUM_BYTES + 1)
    if len(data) > MAXIMUM_BYTES:
        raise ValueError(f"{url}: more than {MAXIMUM_BYTES} bytes")
    return bytes(data)


def official_images_text(facts: dict[str, Any]) -> str:
    """The file's text: one image a line, so that a change reads well."""
    supported = ",\n".join(f"    {json.dumps(name)}" for name in facts["supported"])
    retired = ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(entry)}"
        for name, entry in sorted(facts["retired"].items())
    )
    return (
        f'{{\n  "as_of": {json.dumps(facts["as_of"])},\n'
        f'  "sources": {json.dumps(facts["sources"])},\n'
        f'  "supported": [\n{supported}\n  ],\n  "retired": {{\n{retired}\n  }}\n}}\n'
    )


def end_of_life_text(facts: dict[str, Any]) -> str:
    """The file's text: one cycle a line, so that a change reads well."""
    products = ",\n".join(
        _product_text(key, product) for key, product in sorted(facts["products"].items())
    )
    return (
        f'{{\n  "as_of": {json.dumps(facts["as_of"])},\n'
        f'  "sources": {json.dumps(facts["sources"])},\n'
        f'  "products": {{\n{products}\n  }}\n}}\n'
    )


def _product_text(key: str, product: dict[str, Any]) -> str:
    fields = "".join(
        f"{json.dumps(name)}: {json.dumps(product[name])}, "
        for name in ("product", "label", "as_of", "names")
        if name in product
    )
    cycles = ",\n".join(f"      {json.dumps(cycle)}" for cycle in product["cycles"])
    return f'    {json.dumps(key)}: {{{fields}"cycles": [\n{cycles}\n    ]}}'


if __name__ == "__main__":
    sys.exit(main())
