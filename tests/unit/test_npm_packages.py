"""npm packages are found where they are installed; fixtures inside them are not."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import programs
import pytest

from seawall.packages import npm
from seawall.surfaces.image.facts import Ecosystem, Fact, Package, Trouble

MANIFEST = {"name": "@acme/tool", "version": "1.2.3", "license": "MIT", "dependencies": {"b": "1"}}


def facts(path: str, manifest: Any = MANIFEST) -> list[Fact]:
    raw = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    return list(npm.ANALYSER.analyse(programs.layer_file(path, raw)))


def test_a_manifest_tells_scope_name_version_needs_and_licence() -> None:
    path = "app/node_modules/@acme/tool/package.json"
    assert facts(path) == [
        Package(
            *(Ecosystem.NPM, "tool", "1.2.3", path),
            namespace="@acme",
            licenses=("MIT",),
            requires=("b",),
            cataloguer="package-json",
        )
    ]


@pytest.mark.parametrize(
    "path",
    [
        "package.json",
        "app/package.json",
        "usr/share/nodejs/a/package.json",
        "node_modules/a/package.json",
        "app/node_modules/a/node_modules/@b/c/package.json",
        "app/node_modules/.pnpm/a@1.0.0/node_modules/a/package.json",
        "srv/tests/node_modules/a/package.json",
        "app/node_modules/test/package.json",
        "app/node_modules/examples/node_modules/a/package.json",
        "app/node_modules/next/dist/compiled/a/package.json",
        "srv/my_node_modules/a/package.json",
    ],
)
def test_packages_are_found_in_all_places(path: str) -> None:
    assert len(facts(path)) == 1


@pytest.mark.parametrize(
    "path",
    [
        "app/node_modules/resolve/test/resolver/multirepo/package.json",
        "app/node_modules/resolve/test/x/node_modules/a/package.json",
        "app/node_modules/@acme/tool/examples/package.json",
        "node_modules/fast-uri/benchmark/package.json",
    ],
)
def test_fixtures_in_packages_are_nobodys_code(path: str) -> None:
    assert facts(path) == []
    assert facts(path, b"{{no json") == []


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        {"name": "a"},
        {"version": "1.0.0"},
        {"name": 1, "version": "1.0.0"},
        {"name": "a", "version": ["1"]},
        {"name": "a", "version": ""},
        {"name": "@acme/", "version": "1.0.0"},
        {"name": "a\x1b[1m", "version": "1.0.0"},
        {"name": "a" * 300, "version": "1.0.0"},
    ],
)
def test_a_manifest_without_a_name_or_version_says_nothing(manifest: dict[str, Any]) -> None:
    assert facts("node_modules/a/package.json", manifest) == []


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"license": "(MIT OR GPL-2.0)"}, ("(MIT OR GPL-2.0)",)),
        ({"license": {"type": "MIT", "url": "x"}}, ("MIT",)),
        ({"licenses": [{"type": "MIT"}, "BSD", {"url": "x"}, 3]}, ("MIT", "BSD")),
        ({"license": 3}, ()),
        ({}, ()),
    ],
)
def test_old_forms_of_the_licence_are_understood(
    keys: dict[str, Any], expected: tuple[str, ...]
) -> None:
    (package,) = facts("node_modules/a/package.json", {"name": "a", "version": "1.0.0", **keys})
    assert isinstance(package, Package)
    assert package.licenses == expected


def test_the_author_may_be_an_object_and_needs_no_object() -> None:
    keys = {"author": {"name": "Ann"}, "dependencies": ["x"]}
    (package,) = facts("package.json", {"name": "a", "version": "1.0.0", **keys})
    assert isinstance(package, Package)
    assert (package.supplier, package.requires) == ("Ann", ())


def test_a_byte_order_mark_is_passed_over() -> None:
    assert len(facts("package.json", b"\xef\xbb\xbf" + json.dumps(MANIFEST).encode())) == 1


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[]", b"[" * 100_000, b'{"a":' * 100_000, b"{{ name }}"]
)
def test_a_broken_manifest_is_said_of_a_package_and_passed_over_elsewhere(content: bytes) -> None:
    assert [type(one) for one in facts("node_modules/a/package.json", content)] == [Trouble]
    assert facts("app/templates/package.json", content) == []


def test_an_absurdly_large_manifest_is_said() -> None:
    content = b" " * (npm.MAX_MANIFEST + 1)
    assert [type(one) for one in facts("package.json", content)] == [Trouble]


def cache(entries: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as writer:
        for name, content in entries.items():
            writer.writestr(name, content)
    return target.getvalue()


def test_yarns_cache_holds_what_plug_n_play_runs() -> None:
    inner = "node_modules/@acme/tool/package.json"
    data = cache(
        {inner: json.dumps(MANIFEST).encode(), "node_modules/@acme/tool/a/package.json": b""}
    )
    path = "app/.yarn/cache/@acme-tool-npm-1.2.3-abc-def.zip"
    (package,) = facts(path, data)
    assert isinstance(package, Package)
    assert (package.namespace, package.name, package.inside) == ("@acme", "tool", inner)
    assert facts("app/other-npm-1.zip", data) == []
    assert [type(one) for one in facts(path, data[:-10])] == [Trouble]
