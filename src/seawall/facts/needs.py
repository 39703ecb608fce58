"""What well-known images need when they run: user, capabilities, and where they write.

Each entry says how it was established; a fact that nobody established is None, never a guess.
Which of their variables take a file is in `facts.secret_files`.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from fnmatch import fnmatchcase
from functools import cache, lru_cache

import msgspec
from msgspec import Struct

from seawall.facts.bases import is_meant
from seawall.facts.official import official_name
from seawall.facts.store import load


class Established(Enum):
    """How an entry was established."""

    RAN = "ran"  # the program was run with the maker's entrypoint, and what it used was measured
    ENTRYPOINT = "entrypoint"  # read in the maker's entrypoint and Dockerfile
    DOCUMENTED = "documented"  # the maker's documents say so


class Directory(Struct, frozen=True):
    """A directory that is empty in the image and is written to.

    `writer` is who writes there: `start`, whoever the container is started as, or `user`, the
    user that its entrypoint changes to. `mode` is given where the image's own will not do.
    """

    path: str
    size: str = "64m"
    writer: str = "start"
    mode: str = ""


class Needs(Struct, frozen=True):
    """What is known of an image; None means unknown.

    `user` is `uid:gid` of the processes that serve. `drops` says that the image starts as root and
    changes to that user by itself, which holds for the `commands` (first words) that are named.
    `capabilities` are those of its default start over its life, restarts included;
    `capabilities_with_data` come to them where a directory of data is mounted, and
    `capabilities_as_user` are those that are left when it is started as its user. `scratch` is
    every directory where a tmpfs will do, `kept` are directories whose content must stay (they hold
    files in the image, or data) and `volumes` those that the image declares. `writes` says why a
    read-only root fails; `writes_when` are directories written to only where something is mounted
    there (a path) or a variable is set (a name). `is_platform` where the program that runs is its
    user's own, `privileged` why it is of no use without the host's rights. `memory` is what it
    takes at least, in MiB. `health` is the shell text of a check that the image itself can run.
    """

    user: str | None = None
    drops: bool | None = None
    commands: tuple[str, ...] = ()
    capabilities: tuple[str, ...] | None = None
    capabilities_with_data: tuple[str, ...] = ()
    capabilities_as_user: tuple[str, ...] | None = None
    scratch: tuple[Directory, ...] | None = None
    kept: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    writes: str = ""
    writes_when: dict[str, tuple[str, ...]] = {}
    is_platform: bool | None = None
    privileged: str = ""
    memory: int | None = None
    health: str = ""
    ports: tuple[int, ...] = ()
    established: Established = Established.DOCUMENTED
    source: str = ""


class Entry(Needs, frozen=True, kw_only=True):
    """One entry of the data file: facts, and the images they hold for.

    `images` and `tags` are glob patterns, `since` and `before` versions of the tag, as in
    `facts.bases`. A later entry says more than an earlier one.
    """

    images: tuple[str, ...]
    tags: tuple[str, ...] = ()
    since: str = ""
    before: str = ""

    def holds_for(self, name: str, tag: str) -> bool:
        """Whether the facts hold for this image with this tag."""
        is_named = any(fnmatchcase(name, pattern) for pattern in self.images)
        return is_named and is_meant(tag, self.tags, self.since, self.before)


class ImageNeeds(Struct, frozen=True):
    """The data file; names of official images stand there as `library/nginx`."""

    as_of: date
    entries: tuple[Entry, ...]


_FACTS = tuple(Needs.__struct_fields__)
_UNSTATED: tuple[object, ...] = (None, "", (), {})


@cache
def image_needs() -> ImageNeeds:
    """The data file, read once."""
    return load("image-needs.json", ImageNeeds)


@lru_cache(maxsize=4096)
def needs_of(name: str, tag: str = "") -> Needs | None:
    """What is known of the needs of the image with this familiar name and tag; None if nothing is.

    `arm64v8/nginx` and mirrors of the official images count as the official image.
    """
    official = official_name(name)
    key = f"library/{official}" if official else name
    known = Needs()
    for entry in image_needs().entries:
        if entry.holds_for(key, tag or "latest"):
            known = _laid_over(known, entry)
    return known if known.source else None


def _laid_over(known: Needs, entry: Entry) -> Needs:
    """The facts with those that an entry states put over them; none needed is a statement."""
    stated = {fact: getattr(entry, fact) for fact in _FACTS}
    told = {
        fact: value
        for fact, value in stated.items()
        if value not in _UNSTATED or (value == () and getattr(Needs(), fact) is None)
    }
    return msgspec.structs.replace(known, **told)
