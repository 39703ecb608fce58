"""Which images read a secret from a file instead of a variable, and how the variable is called."""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from msgspec import Struct

from seawall.facts.official import official_name
from seawall.facts.store import load


class SecretFileSupport(Struct, frozen=True):
    """Images (glob patterns of familiar names) and the variables of theirs that take a file.

    `form` makes the name of the one that takes a file: `{}_FILE`, or `FILE__{}`. `read_as_root`
    are the images whose entrypoint reads the file while it is still root, whatever its mode.
    """

    images: tuple[str, ...]
    variables: tuple[str, ...]
    source: str
    form: str = "{}_FILE"
    read_as_root: tuple[str, ...] = ()


class SecretFiles(Struct, frozen=True):
    """The data file; names of official images stand there as `library/postgres`."""

    as_of: date
    entries: tuple[SecretFileSupport, ...]


@cache
def secret_files() -> SecretFiles:
    """The data file, read once."""
    return load("secret-files.json", SecretFiles)


@lru_cache(maxsize=4096)
def reads_as_root(image: str) -> bool:
    """Whether an image of this familiar name is known to read such files as root."""
    official = official_name(image)
    name = f"library/{official}" if official else image
    return any(
        fnmatchcase(name, pattern)
        for entry in secret_files().entries
        for pattern in entry.read_as_root
    )


@lru_cache(maxsize=4096)
def file_variable(image: str, variable: str) -> str:
    """What an image of this familiar name calls the variable that takes a file in place of this
    one: `POSTGRES_PASSWORD_FILE`; empty where its documents name none."""
    official = official_name(image)
    name = f"library/{official}" if official else image
    for entry in secret_files().entries:
        if any(fnmatchcase(name, pattern) for pattern in entry.images) and any(
            fnmatchcase(variable, pattern) for pattern in entry.variables
        ):
            return entry.form.format(variable)
    return ""
