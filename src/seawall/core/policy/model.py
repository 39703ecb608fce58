"""A policy as a run uses it: its values, where each comes from, and the command line's say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, structs, to_builtins

from seawall.core.errors import ConfigError, UsageError
from seawall.core.globs import Globs, why_invalid
from seawall.core.policy.document import Document
from seawall.core.rule import Settings

if TYPE_CHECKING:
    from seawall.core.catalog import Catalog
    from seawall.core.model import Confidence, Profile, Severity

DEFAULT = "default"
COMMAND_LINE = "command line"


class Entry(Struct, frozen=True):
    """One effective value: its key (`images.require-digest`), plain value, and origin."""

    key: str
    value: object
    origin: str


class Policy(Document, frozen=True, dict=True, omit_defaults=False):
    """A policy file's values, or the defaults, or either with the command line's changes.

    `path` names the file as messages do, empty for the defaults. `directory` is the absolute
    path that `exclude` and waivers are relative to. `origins` maps a key (`fail-on`,
    `waivers[0]`) to where its value comes from: `seawall.toml:3`, `command line` or `default`.
    """

    path: str = ""
    directory: str = ""
    origins: Mapping[str, str] = {}

    def origin(self, key: str) -> str:
        """Where a key's value comes from."""
        return self.origins.get(key, DEFAULT)

    def line(self, key: str) -> int | None:
        """The line of the policy file that sets a key; None where the file does not."""
        _, _, line = self.origin(key).partition(", ")[0].rpartition(":")
        return int(line) if line.isdecimal() else None

    def entries(self) -> Iterator[Entry]:
        """Every effective value, in the order of the reference."""
        for name, key in zip(
            Document.__struct_fields__, Document.__struct_encode_fields__, strict=True
        ):
            value = getattr(self, name)
            if isinstance(value, Struct):
                for inner, inner_value in to_builtins(value).items():
                    yield Entry(f"{key}.{inner}", inner_value, self.origin(f"{key}.{inner}"))
            elif value and key in _LISTS_OF_TABLES:
                for number, table in enumerate(value):
                    label = f"{key}[{number}]"
                    yield Entry(label, to_builtins(table), self.origin(label))
            else:
                yield Entry(key, to_builtins(value), self.origin(key))

    @cached_property
    def demands(self) -> frozenset[str]:
        """The keys that are switched on and by which a rule can be asked for in every profile."""
        return frozenset({"images.require-digest"} if self.images.require_digest else ())

    def is_excluded(self, path: str) -> bool:
        """Whether `exclude` matches an absolute path, a directory's with a trailing `/`."""
        return self._excluded.match(path)

    @cached_property
    def _excluded(self) -> Globs:
        return Globs(self.exclude, self.directory)

    def with_options(
        self,
        *,
        profile: Profile | None = None,
        fail_on: Severity | None = None,
        min_confidence: Confidence | None = None,
        select: Collection[str] = (),
        ignore: Collection[str] = (),
        exclude: Collection[str] = (),
    ) -> Policy:
        """The policy with the command line's say: it replaces, but `ignore` and `exclude` add.

        Raises:
            UsageError: a glob of `exclude` is not valid.
        """
        for glob in exclude:
            if problem := why_invalid(glob):
                hint = "Globs are as in .gitignore, relative to the policy: `vendor/`."
                raise UsageError(f"--exclude {glob}: {problem}", hint)
        changes: dict[str, object] = {
            "profile": profile,
            "fail_on": fail_on,
            "min_confidence": min_confidence,
            "select": tuple(select),
            "ignore": (*self.ignore, *ignore) if ignore else None,
            "exclude": (*self.exclude, *exclude) if exclude else None,
        }
        given = {name: value for name, value in changes.items() if value}
        if not given:
            return self
        origins = {**self.origins, **{key: self._given_origin(key) for key in map(_kebab, given)}}
        origins |= {f"ignore.{name}": COMMAND_LINE for name in ignore}
        return structs.replace(self, **given, origins=origins)

    def _given_origin(self, key: str) -> str:
        added = key in {"ignore", "exclude"} and self.origin(key) not in {DEFAULT, COMMAND_LINE}
        return f"{self.origin(key)}, {COMMAND_LINE}" if added else COMMAND_LINE

    def check_names(self, catalog: Catalog) -> None:
        """Make sure that every rule and practice that the policy names exists.

        Raises:
            ConfigError: a name of the policy file is unknown.
            UsageError: a name of the command line is unknown.
        """
        for key, name in self._names():
            if not catalog.named(name):
                raise self._unknown(key, name, catalog)
        for number, attestation in enumerate(self.attestations):
            if attestation.practice not in catalog.practices:
                raise self._unknown(
                    f"attestations[{number}].practice", attestation.practice, catalog
                )

    def _names(self) -> Iterator[tuple[str, str]]:
        yield from (("select", name) for name in self.select)
        yield from (("ignore", name) for name in self.ignore)
        yield from ((f"severity.{name}", name) for name in self.severity)
        yield from ((f"waivers[{n}].rule", waiver.rule) for n, waiver in enumerate(self.waivers))

    def _unknown(self, key: str, name: str, catalog: Catalog) -> ConfigError | UsageError:
        what = "practice" if key.startswith("attestations") else "rule"
        hint = _meant(what, name, catalog)
        origin = self.origins.get(f"{key}.{name}", self.origin(key))
        if origin in {DEFAULT, COMMAND_LINE}:
            return UsageError(f"--{key} {name}: there is no such {what}", hint)
        place = origin.partition(", ")[0]
        return ConfigError(f"{place}: there is no {what} `{name}` (in `{key}`)", hint)


def _meant(what: str, name: str, catalog: Catalog) -> str:
    """What an unknown name may have meant, or where the names are listed."""
    if what == "practice":
        listed = "`seawall explain --practices` lists them."
        return catalog.suggested_practice(name) or listed
    if name in catalog.practices:
        return "It is a practice, but no rule sees it: it can only be attested."
    return catalog.suggestion(name) or "`seawall explain` lists the rules."


_LISTS_OF_TABLES = frozenset({"waivers", "attestations"})


def settings(policy: Policy, today: date) -> Settings:
    """What of the policy the rules may ask."""
    return Settings(
        today=today,
        allowed_images=policy.images.allowed,
        require_digest=policy.images.require_digest,
        eol_warning_days=policy.images.eol_warning_days,
    )


def _kebab(name: str) -> str:
    return name.replace("_", "-")
