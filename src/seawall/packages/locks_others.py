"""Lock files of Go, Cargo, Bundler, Composer, NuGet and Gradle."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.packages.locked import declared, json_value, table, tables, toml_value, word
from seawall.packages.naming import by_last_slash
from seawall.surfaces.image.facts import Ecosystem, Package

_GO_SUM = Expression(r"^(\S+) (v[^\s/]+) h1:", re.MULTILINE)
_GEM = Expression(r"^    (\S+) \(([^()\s]+)\)$")
_GEM_NEED = Expression(r"^      (\S+)")
_GRADLE = Expression(r"^([^:#\s=]+):([^:\s=]+):([^:\s=]+)=(.*)$", re.MULTILINE)


def go_mod(text: str, path: str) -> Iterator[Package]:
    """`go.mod`: what is required, with what takes its place; a folder takes no version's place."""
    required: dict[str, str] = {}
    replaced: dict[str, tuple[str, str]] = {}
    for directive, words in _directives(text):
        if directive == "require" and len(words) == 2:
            required[words[0]] = words[1]
        elif directive == "replace" and words[-3:-2] == ["=>"]:
            replaced[words[0]] = (words[-2], words[-1])
    for module, version in required.items():
        name, number = replaced.get(module, (module, version))
        yield from declared(Ecosystem.GOLANG, by_last_slash(name), number, path, "go-mod")


def _directives(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each directive with its words, also those that stand in a block between parentheses."""
    block = ""
    for line in text.split("\n"):
        words = [one.strip('"`') for one in line.partition("//")[0].split()]
        if block and words:
            if words[0] == ")":
                block = ""
            else:
                yield block, words
        elif words and words[-1] == "(":
            block = words[0]
        elif words:
            yield words[0], words[1:]


def go_sum(text: str, path: str) -> Iterator[Package]:
    """`go.sum`: of each module whose code was loaded the last version, which is the highest."""
    for module, version in dict(_GO_SUM.findall(text)).items():
        yield from declared(Ecosystem.GOLANG, by_last_slash(module), version, path, "go-sum")


def cargo_lock(text: str, path: str) -> Iterator[Package]:
    """`Cargo.lock`: the crates that come from elsewhere than the project."""
    for entry in tables(toml_value(text), "package"):
        if not word(entry, "source"):
            continue
        needed = entry.get("dependencies")
        names = [one.partition(" ")[0] for one in needed or () if isinstance(one, str)]
        yield from declared(
            Ecosystem.CARGO,
            ("", word(entry, "name")),
            word(entry, "version"),
            path,
            "cargo-lock",
            requires=names,
        )


def gemfile_lock(text: str, path: str) -> Iterator[Package]:
    """`Gemfile.lock`: the specifications under GEM and GIT; a version has its platform behind."""
    section, gem = "", ("", "")
    needed: list[str] = []
    for line in [*text.replace("\r\n", "\n").split("\n"), "END"]:
        found = _GEM.match(line)
        if found is None and (need := _GEM_NEED.match(line)) is not None:
            needed.append(need[1])
            continue
        if gem[0] and section in {"GEM", "GIT"}:
            name, version = ("", gem[0]), gem[1].partition("-")[0]
            yield from declared(Ecosystem.GEM, name, version, path, "gemfile-lock", requires=needed)
        gem, needed = (found[1], found[2]) if found is not None else ("", ""), []
        if line[:1].isalpha():
            section = line.strip()


def composer_lock(text: str, path: str) -> Iterator[Package]:
    """`composer.lock`: what the program needs, not what only its development does."""
    for entry in tables(json_value(text), "packages"):
        stated = entry.get("license")
        yield from declared(
            Ecosystem.COMPOSER,
            by_last_slash(word(entry, "name")),
            word(entry, "version"),
            path,
            "composer-lock",
            # `php` and `ext-json` are the interpreter and parts of it.
            requires=[one for one in table(entry, "require") if "/" in one],
            licenses=tuple(one for one in stated if isinstance(one, str))
            if isinstance(stated, list)
            else (),
        )


def nuget_lock(text: str, path: str) -> Iterator[Package]:
    """`packages.lock.json`: the packages of all target frameworks, each version once."""
    seen: set[tuple[str, str]] = set()
    for framework in table(json_value(text), "dependencies").values():
        for name in framework if isinstance(framework, dict) else ():
            entry = table(framework, name)
            pair = (name, word(entry, "resolved"))
            if pair in seen or word(entry, "type") == "Project":
                continue
            seen.add(pair)
            yield from declared(
                Ecosystem.NUGET,
                ("", name),
                pair[1],
                path,
                "nuget-lock",
                requires=table(entry, "dependencies"),
            )


def gradle_lock(text: str, path: str) -> Iterator[Package]:
    """`gradle.lockfile`: what any configuration but those of tests holds."""
    for group, artifact, version, configurations in _GRADLE.findall(text):
        if all(one.strip().startswith("test") for one in configurations.split(",")):
            continue
        yield from declared(Ecosystem.MAVEN, (group, artifact), version, path, "gradle-lock")
