"""How exactly images are named: `latest`, floating tags, digests, and the build's front end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from seawall.core.model import Confidence, Hit, Profile, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.facts.precision import Precision, precision_of
from seawall.facts.releases import newest
from seawall.rules.deferred import deferred
from seawall.rules.image.named import (
    Named,
    named_images,
    service_images,
    stages_named,
    symbol_of,
    unused,
)
from seawall.rules.naming import symbol, write
from seawall.rules.practices import PINNED_BASE_IMAGE
from seawall.surfaces.dockerfile import Dockerfile, ImageUse
from seawall.surfaces.image import Reference, parse_reference
from seawall.surfaces.image.model import Image
from seawall.surfaces.workload import Workload

_MOVES = {
    Precision.MAJOR: "only a major version, so the next minor release comes in unasked",
    Precision.FLOATING: "no version at all, so whatever is released next comes in unasked",
}
_FRONTENDS = frozenset(("docker/dockerfile", "docker/dockerfile-upstream"))
_WITHOUT_VERSIONS = ("gcr.io/distroless/", "cgr.dev/")
"""Publishers whose public images have no tags for single versions: only a digest can pin them."""
_DIGEST_ADVICE = (
    "Add the digest that the tag has today: `{name}@sha256:…` "
    "(`docker buildx imagetools inspect {name}` shows it)."
)


def _latest(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    for use in dockerfile.images:
        if use.via != "SYNTAX" and use.value.is_unknown:
            yield from _undecided(dockerfile, use)
    yield from _latest_of(named_images(dockerfile), settings)


def _latest_in_service(workload: Workload, settings: Settings) -> Iterator[Hit]:
    yield from _undecided_in_service(workload, settings)
    yield from _latest_of(service_images(workload), settings)


def _latest_of(images: Iterable[Named], settings: Settings) -> Iterator[Hit]:
    for named in images:
        reference = named.reference
        if reference.digest or reference.tag not in {"", "latest"}:
            continue
        if named.is_base or not named.may_be_local:
            yield _latest_hit(named, settings)


def _latest_hit(named: Named, settings: Settings) -> Hit:
    name = named.reference.name
    if named.reference.tag:
        message = f"`{name}:latest` is whatever was pushed last, not a version"
    else:
        message = f"`{name}` has no tag, which means `{name}:latest`: whatever was pushed last"
    confidence = Confidence.LOW if named.may_be_local else named.confidence
    return Hit(
        named.at,
        message,
        named.symbol,
        label="no version",
        remedy=_name_a_version(name, settings),
        confidence=confidence,
        weaker=named.weaker,
        evidence=named.evidence,
    )


def _name_a_version(name: str, settings: Settings) -> str:
    version = newest(name, settings.today)
    if version:
        return f"Name the version, such as `{name}:{version}`, at best with its digest."
    if name.startswith(_WITHOUT_VERSIONS):
        return _DIGEST_ADVICE.format(name=f"{name}:latest")
    return f"Name the full version and its digest: `{name}:<version>@sha256:<digest>`."


def _undecided(dockerfile: Dockerfile, use: ImageUse) -> Iterator[Hit]:
    """A reference with variables that nobody sets: what is written may settle it all the same.

    One that BuildKit refuses to expand has none missing, and is reported as the file's error.
    """
    written = use.value.written.strip("\"'")
    last = written.rpartition("/")[2]
    if "@sha256:" in written or not use.value.missing or stages_named(dockerfile, use.value):
        return
    name, colon, tag = last.partition(":")
    is_literal = "$" not in last and "}" not in last
    if colon and not _may_be_latest(tag) and "$" not in name:
        return
    missing = " and ".join(f"`{variable}`" for variable in use.value.missing)
    yield Hit(
        use,
        f"`{written}` has no version" if is_literal else f"the version depends on {missing}",
        symbol_of(dockerfile, use, written),
        label="no version" if is_literal else "nothing in this file sets it",
        remedy=f"Give the ARG of {missing} a default that names a full version, or check with the "
        "`--build-arg` values that you build with.",
        verdict=Verdict.FAIL if is_literal else Verdict.UNKNOWN,
        weaker=unused(dockerfile, use),
        evidence=use.value.evidence,
    )


def _may_be_latest(tag: str) -> bool:
    """Whether a tag as written comes to `latest` for some value of its variables."""
    start, variable, _ = tag.partition("$")
    return "latest".startswith(start) if variable else tag == "latest"


def _undecided_in_service(workload: Workload, settings: Settings) -> Iterator[Hit]:
    """A reference with variables that nothing sets; a version or digest that is written counts."""
    cell = workload.image
    if workload.build is not None or cell is None or cell.is_known or "@sha256:" in cell.written:
        return
    last = cell.written.rpartition("/")[2]
    name, colon, tag = last.partition(":")
    is_open = "$" in last
    if colon and not _may_be_latest(tag) and "$" not in name:
        return
    written = cell.written or "the image"
    yield Hit(
        cell,
        f"the version of `{written}` depends on a variable that nothing sets here"
        if is_open
        else f"`{written}` has no version",
        symbol(workload, f"image {written}"),
        label="nothing in this project sets it" if is_open else "no version",
        remedy=_settle_version(workload, cell.written, settings),
        verdict=Verdict.UNKNOWN if is_open else Verdict.FAIL,
    )


def _settle_version(workload: Workload, written: str, settings: Settings) -> str:
    """What to write instead of a variable, with a version of that very image where one is known."""
    head, slash, last = written.rpartition("/")
    name = head + slash + last.partition(":")[0]
    reference = None if "$" in name else parse_reference(name)
    version = (newest(reference.name, settings.today) if reference else "") or "<version>"
    example = f"`{name}:{version}`" if reference else "`…:<version>`"
    return write(
        workload,
        f"Write the full version, as in {example}, as the variable's default or in the `.env` that "
        "is deployed.",
        f"Write the full version where this is run, as in {example}, at best with its digest.",
    )


def _floating(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    return _floating_of(named_images(dockerfile))


def _floating_in_service(workload: Workload, settings: Settings) -> Iterator[Hit]:
    return _floating_of(service_images(workload))


def _floating_of(images: Iterable[Named]) -> Iterator[Hit]:
    for named in images:
        reference = named.reference
        precision = precision_of(reference.name, reference.tag, reference.digest)
        moves = _MOVES.get(precision)
        if moves is None or reference.tag == "latest":
            continue
        yield Hit(
            named.at,
            f"`{reference.familiar}` names {moves}",
            named.symbol,
            label="moves with each release",
            remedy=_pin(reference),
            confidence=named.confidence,
            weaker=named.weaker,
            evidence=named.evidence,
        )


def _pin(reference: Reference) -> str:
    if reference.name.startswith(_WITHOUT_VERSIONS):
        return _DIGEST_ADVICE.format(name=reference.familiar)
    return (
        "Name the full version that you tested, with the variant of the operating system, as in "
        "`node:22.12.0-alpine3.21`; at best add its digest."
    )


def _no_digest(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    return _no_digest_of(named_images(dockerfile), settings)


def _no_digest_in_service(workload: Workload, settings: Settings) -> Iterator[Hit]:
    return _no_digest_of(service_images(workload), settings)


def _no_digest_of(images: Iterable[Named], settings: Settings) -> Iterator[Hit]:
    for named in images:
        if named.reference.digest or named.may_be_local:
            continue
        name = named.reference.familiar
        weaker = "" if settings.require_digest else "the policy does not ask for digests"
        yield Hit(
            named.at,
            f"`{name}` is named by a tag only, and its owner can move it",
            named.symbol,
            label="no digest",
            remedy=_DIGEST_ADVICE.format(name=name),
            confidence=named.confidence,
            weaker=named.weaker or weaker,
            evidence=named.evidence,
        )


def _frontend(dockerfile: Dockerfile, settings: Settings) -> Iterator[Hit]:
    for use in dockerfile.images:
        reference = parse_reference(use.value.known or "") if use.via == "SYNTAX" else None
        if reference is None or reference.digest:
            continue
        moves = reference.tag in {"", "latest", "master", "experimental", "labs"}
        if reference.name in _FRONTENDS:
            if moves:
                yield _frontend_hit(dockerfile, use, reference, "it is Docker's own front end")
        elif moves or not _is_allowed(reference, settings):
            yield _frontend_hit(dockerfile, use, reference, "")


def _is_allowed(reference: Reference, settings: Settings) -> bool:
    names = (reference.familiar, reference.name, reference.repository)
    return any(fnmatchcase(n, pattern) for n in names for pattern in settings.allowed_images)


def _frontend_hit(dockerfile: Dockerfile, use: ImageUse, reference: Reference, weaker: str) -> Hit:
    name = reference.familiar
    if weaker:
        message = f"the front end `{name}` moves with every release"
    else:
        message = f"`{name}` reads this file and writes the build, and nothing pins what it is"
    return Hit(
        use,
        message,
        symbol_of(dockerfile, use, reference.name),
        label="runs with the whole build context",
        remedy="Use `docker/dockerfile:1`, which only takes compatible releases, or name the "
        f"front end by digest: `# syntax={name}@sha256:…`.",
        weaker=weaker,
    )


LATEST_TAG = Rule(
    id="latest-tag",
    title="Image without a version",
    practice=PINNED_BASE_IMAGE,
    risk=Risk(Needs.UPSTREAM, Gains.LESS),
    on={
        Dockerfile: _latest,
        Workload: _latest_in_service,
        Image: deferred("image.described:latest_name"),
    },
    bad=(
        'FROM python\nCMD ["python3"]\n',
        'FROM node:latest\nCMD ["node"]\n',
        "ARG BASE=nginx\nFROM ${BASE}\nCOPY site /usr/share/nginx/html\n",
        "FROM debian:12.5-slim\nCOPY --from=busybox /bin/busybox /bin/\n",
        "FROM alpine:3.22.1\nRUN --mount=from=ubuntu:latest,target=/mnt cp /mnt/etc/issue /\n",
        "ARG REGISTRY\nFROM ${REGISTRY}/base/python\n",
        "services:\n  web:\n    image: nginx\n",
        "services:\n  web:\n    image: ghcr.io/acme/web:${TAG:-latest}\n",
        "services:\n  web:\n    image: ${REGISTRY}/web\n",
        "docker run --rm acme/web:latest",
        "=== image\nTAG acme/web:latest\nFROM debian:12\n",
    ),
    good=(
        "FROM python:3.13.5-alpine3.22\n",
        "FROM python@sha256:" + "0123456789abcdef" * 4 + "\n",
        "FROM localhost:5000/app:1.4.2\n",
        "FROM scratch\nCOPY app /\n",
        "FROM golang:1.24.4 AS build\nFROM build\nFROM scratch\nCOPY --from=build /app /\n",
        "ARG VERSION=3.13.5\nFROM python:${VERSION}\n",
        "ARG REGISTRY\nFROM ${REGISTRY}/base/python:3.13.5\n",
        "ARG MINOR\nFROM python:3.${MINOR}\n",
        "FROM alpine:3.22.1\nCOPY --from=assets / /srv/\n",
        "services:\n  web:\n    image: acme/web\n    build: .\n",
        "services:\n  web:\n    image: ${REGISTRY}/web:1.4.2\n",
        "services:\n  web:\n    image: nginx:${TAG}@sha256:" + "0123456789abcdef" * 4 + "\n",
        "docker run --rm acme/web:1.4.2",
        "=== image\nTAG acme/web:1.2.3 acme/web:latest\nFROM debian:12\n",
    ),
    aliases=(
        "hadolint:DL3006",
        "hadolint:DL3007",
        "trivy:DS-0001",
        "checkov:CKV_DOCKER_7",
        "dockle:DKL-DI-0006",
        "kics:Image Version Not Explicit",
        "kics:Image Version Using 'latest'",
    ),
)

FLOATING_TAG = Rule(
    id="floating-tag",
    title="Tag that moves with each release",
    practice=PINNED_BASE_IMAGE,
    risk=Risk(Needs.FAULT, Gains.LESS),
    on={Dockerfile: _floating, Workload: _floating_in_service},
    bad=(
        "FROM node:16\n",
        "FROM python:3-slim\n",
        "FROM nginx:alpine\n",
        "FROM gcr.io/distroless/static:nonroot\n",
        "services:\n  web:\n    image: nginx:stable\n",
    ),
    good=(
        "FROM node:16.20.2-alpine3.18\n",
        "FROM python:3.9\n",
        "FROM debian:bookworm-slim\n",
        "FROM ubuntu:24.04\n",
        "FROM postgres:14.5\n",
        "FROM ghcr.io/acme/app:2f5e1a0\n",
        "FROM python:latest\n",
        "services:\n  db:\n    image: postgres:14.5\n",
    ),
)

UNPINNED_DIGEST = Rule(
    id="unpinned-digest",
    title="Image named without a digest",
    practice=PINNED_BASE_IMAGE,
    risk=Risk(Needs.UPSTREAM, Gains.CODE),
    on={Dockerfile: _no_digest, Workload: _no_digest_in_service},
    bad=(
        "FROM python:3.13.5-alpine3.22\n",
        "FROM alpine:3.22.1\nCOPY --from=nginx:1.28.0 / /x/\n",
        "services:\n  db:\n    image: postgres:17.5\n",
    ),
    good=(
        "FROM python:3.13.5@sha256:" + "0123456789abcdef" * 4 + "\n",
        "FROM scratch\n",
        "services:\n  db:\n    image: postgres@sha256:" + "0123456789abcdef" * 4 + "\n",
    ),
    profile=Profile.STRICT,
    demanded_by="images.require-digest",
)

UNPINNED_FRONTEND = Rule(
    id="unpinned-frontend",
    title="Dockerfile front end that is not pinned",
    practice=PINNED_BASE_IMAGE,
    risk=Risk(Needs.UPSTREAM, Gains.CODE),
    on={Dockerfile: _frontend},
    bad=(
        "# syntax=acme/dockerfile:1\nFROM scratch\n",
        "# syntax=docker/dockerfile:experimental\nFROM scratch\n",
    ),
    good=(
        "# syntax=docker/dockerfile:1\nFROM scratch\n",
        "# syntax=docker/dockerfile:1.7-labs\nFROM scratch\n",
        "# syntax=acme/dockerfile@sha256:" + "0123456789abcdef" * 4 + "\nFROM scratch\n",
        "FROM scratch\n",
    ),
    why=(
        "The front end is a program that BuildKit pulls and runs: it sees the build context and "
        "decides what the build does. Whoever moves its tag decides what your image contains."
    ),
)

RULES: tuple[Rule, ...] = (LATEST_TAG, FLOATING_TAG, UNPINNED_DIGEST, UNPINNED_FRONTEND)
