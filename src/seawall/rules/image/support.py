"""Whether what the image is built on is still kept up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from msgspec import Struct

from seawall.core.model import Evidence, Hit
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.facts.official import Retired, official_name, retired
from seawall.facts.releases import Release, end_of_life, newest_of, releases_of
from seawall.rules.deferred import deferred
from seawall.rules.image.named import Named, named_images, service_images
from seawall.rules.practices import SUPPORTED_BASE_IMAGE
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.image.model import Image
from seawall.surfaces.workload import Workload

_RECENT = timedelta(days=365)


class Ending(Struct, frozen=True):
    """What one release comes to: `text` continues its label; `weaker` as in `Hit`."""

    text: str
    weaker: str = ""


def _ended(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    return _ended_of(named_images(dockerfile), settings)


def _ended_in_service(workload: Workload, settings: Settings) -> Iterator[Hit]:
    return _ended_of(service_images(workload), settings)


def _ended_of(images: Iterable[Named], settings: Settings) -> Iterator[Hit]:
    for named in images:
        yield from _retired(named)
        yield from _out_of_support(named, settings)


def _retired(named: Named) -> Iterator[Hit]:
    """An official image that its makers have given up; its releases say the rest, if it has any."""
    reference = named.reference
    entry = retired(reference.name, reference.tag)
    if entry is None or releases_of(reference.name, reference.tag):
        return
    since = f" since {entry.since:%B %Y}" if entry.since else ""
    yield Hit(
        named.at,
        f"the official image `{official_name(reference.name)}` is deprecated and has had no "
        f"updates{since}",
        named.symbol,
        label="no longer built",
        remedy=_instead(entry),
        confidence=named.confidence,
        weaker=named.content_weaker,
        evidence=(*named.evidence, Evidence(entry.source)),
    )


def _out_of_support(named: Named, settings: Settings) -> Iterator[Hit]:
    reference = named.reference
    found: list[tuple[Release, Ending]] = []
    for release in releases_of(reference.name, reference.tag):
        ending = ending_of(release, settings)
        if ending is not None:
            found.append((release, ending))
    if not found:
        return
    # The place weighs as much as the worst that is in it.
    weaker = "" if any(not e.weaker for _, e in found) else found[0][1].weaker
    facts = end_of_life()
    yield Hit(
        named.at,
        f"`{reference.familiar}`: " + "; ".join(f"{r.label} {e.text}" for r, e in found),
        named.symbol,
        label=found[0][1].text,
        remedy=_move_on(named, (release for release, _ in found), settings),
        confidence=named.confidence,
        weaker=named.content_weaker or weaker,
        evidence=(
            *named.evidence,
            Evidence(f"endoflife.date as of {facts.as_of:%Y-%m-%d}"),
        ),
    )


def ending_of(release: Release, settings: Settings) -> Ending | None:
    """What to say of a release today; None where it is well supported or its end is unknown."""
    today, eol = settings.today, release.eol
    if eol is None or eol - today > timedelta(days=settings.eol_warning_days):
        return None
    if eol > today:
        return Ending(f"reaches its end of life on {eol}", "it is still supported")
    if release.extended is not None and release.extended > today:
        text = f"left regular support on {eol} and gets long-term support until {release.extended}"
        return Ending(text, "long-term support still fixes most packages")
    text = f"reached its end of life on {eol}"
    if release.extended is not None:
        text += f", and its long-term support ended on {release.extended}"
    return Ending(text, _superseded(release, eol, today))


def _superseded(release: Release, eol: date, today: date) -> str:
    if release.superseded and today - eol < _RECENT:
        return "a newer release took its place less than a year ago"
    return ""


def _move_on(named: Named, releases: Iterable[Release], settings: Settings) -> str:
    """What to move to, for each product that is past its end."""
    newest = (newest_of(release.key, settings.today) for release in releases)
    known = " and ".join(label for label in newest if label)
    if known:
        return f"Move to a supported release; the newest: {known}."
    return _instead(retired(named.reference.name, named.reference.tag))


def _instead(entry: Retired | None) -> str:
    names = " or ".join(f"`{name}`" for name in entry.instead[:3]) if entry else ""
    return f"Use {names} instead." if names else "Use an image that is kept up."


END_OF_LIFE_BASE = Rule(
    id="end-of-life-base",
    title="Base image past its end of life",
    practice=SUPPORTED_BASE_IMAGE,
    risk=Risk(Needs.NOTHING, Gains.LESS),
    on={Dockerfile: _ended, Workload: _ended_in_service, Image: deferred("image.described:ended")},
    bad=(
        "FROM python:3.9-alpine3.18\n",
        "FROM debian:buster-slim\n",
        "FROM centos:7\n",
        "FROM openjdk:8-jdk-alpine\n",
        "ARG NODE=16\nFROM node:${NODE}-bullseye\n",
        "FROM gcr.io/distroless/static-debian10\n",
        "services:\n  db:\n    image: postgres:${PG:-12}\n",
        "=== image\nFROM debian:10\n  distribution debian 10\n",
        "=== image\nFROM debian:13\n  distribution debian 13\nRUN make\n"
        "  generic python 3.8.20 usr/local/bin/python3.8\n",
    ),
    good=(
        "FROM python:3.14-alpine3.24\n",
        "FROM debian:trixie-slim\n",
        "FROM ubuntu:24.04\n",
        "FROM openjdk:26-ea-jdk\n",
        "FROM node\n",
        "FROM ghcr.io/acme/app:3.9\n",
        "services:\n  db:\n    image: postgres:17.5\n",
        "services:\n  app:\n    image: node:16\n    build: .\n",
        "=== image\nFROM debian:13\n  distribution debian 13\n",
    ),
    aliases=("doctor:DD077",),
)

RULES: tuple[Rule, ...] = (END_OF_LIFE_BASE,)
