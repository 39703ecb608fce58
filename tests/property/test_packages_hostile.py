"""Whatever a file holds, a cataloguer of a language says facts or troubles, and soon."""

from __future__ import annotations

import io
import json
import zipfile

import msgspec
import programs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.packages import go, java, lockfiles, npm, python, rust
from seawall.surfaces.image.analyser import Analyser
from seawall.surfaces.image.facts import Package, Trouble

GO = "path\ta.io/b\nmod\ta.io/b\t(devel)\t\ndep\tc.io/d\tv1.0.0\n=>\te.io/f\tv2.0.0\n"
METADATA = "Name: a\nVersion: 1\nLicense: MIT\nRequires-Dist: b; extra == 'x'\n\nbody"
CRATES = b'{"packages":[{"name":"a","version":"1.0.0","dependencies":[0]}]}'
PROPERTIES = "groupId=org.acme\nartifactId=tool\nversion=1.0\n"


def archive(entries: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as writer:
        for name, content in entries.items():
            writer.writestr(name, content)
    return target.getvalue()


POM = "META-INF/maven/org.acme/tool/pom.properties"
JAR = archive({POM: PROPERTIES, "META-INF/MANIFEST.MF": "Bundle-Version: 1\n"})
SAMPLES: list[tuple[Analyser, str, bytes]] = [
    (go.ANALYSER, "app", programs.elf({".go.buildinfo": programs.go_inline("go1.22", GO)})),
    (
        go.ANALYSER,
        "app",
        programs.elf({".go.buildinfo": programs.go_pointed("go1.17", GO, 0x400000)}),
    ),
    (go.ANALYSER, "app", programs.pe({".data": programs.go_pointed("go1.17", GO, 0x401000)})),
    (go.ANALYSER, "app", programs.mach_o("__go_buildinfo", programs.go_inline("go1.22", GO))),
    (rust.ANALYSER, "app", programs.elf({".dep-v0": programs.audit_section(CRATES)}, bits=32)),
    (rust.ANALYSER, "app", programs.pe({".dep-v0": programs.audit_section(CRATES)})),
    (python.ANALYSER, "a.dist-info/METADATA", METADATA.encode()),
    (python.ANALYSER, "a.pyz", archive({"a.dist-info/METADATA": METADATA})),
    (npm.ANALYSER, "node_modules/a/package.json", b'{"name":"a","version":"1.0.0","license":[1]}'),
    (npm.ANALYSER, ".yarn/cache/a-npm-1.zip", archive({"node_modules/a/package.json": "{}"})),
    (java.ANALYSER, "tool-1.0.jar", JAR),
    (java.ANALYSER, "app.war", archive({"WEB-INF/lib/tool.jar": JAR}, zipfile.ZIP_STORED)),
]
LOCKS = {
    "package-lock.json": '{"packages":{"node_modules/a":{"version":"1.0.0"}}}',
    "npm-shrinkwrap.json": '{"dependencies":{"a":{"version":"1.0.0","dependencies":{}}}}',
    "yarn.lock": '"a@^1", b@^2:\n  version "1.0.0"\n  dependencies:\n    "c" "^1"\n\n',
    "pnpm-lock.yaml": "packages:\n  /a/1.0.0:\n    dev: false\nsnapshots:\n  a@1.0.0: {}\n",
    "bun.lock": '{"packages":{"a":["a@1.0.0","",{"dependencies":{"b":"1"},},],},}',
    "poetry.lock": '[[package]]\nname = "a"\nversion = "1"\n[package.dependencies]\nb = {x = 1}\n',
    "uv.lock": '[[package]]\nname = "a"\nversion = "1"\ndependencies = [{name = "b"}]\n',
    "Pipfile.lock": '{"default":{"a":{"version":"==1.0"}}}',
    "requirements.txt": "a[b] == 1.0 ; x\nc==2 --hash=x\n",
    "go.mod": "module x\nrequire (\n\ta.io/b v1.0.0\n)\nreplace a.io/b => ../b\n",
    "go.sum": "a.io/b v1.0.0 h1:x=\n",
    "Cargo.lock": '[[package]]\nname = "a"\nversion = "1"\nsource = "x"\ndependencies = ["b"]\n',
    "Gemfile.lock": "GEM\n  specs:\n    a (1.0)\n      b (~> 1)\n",
    "composer.lock": '{"packages":[{"name":"a/b","version":"1","require":{"c/d":"*"}}]}',
    "packages.lock.json": '{"dependencies":{"net6.0":{"A":{"resolved":"1.0.0"}}}}',
    "gradle.lockfile": "a:b:1.0=compileClasspath\n",
}
SAMPLES += [(lockfiles.ANALYSER, name, text.encode()) for name, text in LOCKS.items()]

mutations = st.lists(
    st.tuples(
        st.sampled_from(["set", "cut", "drop", "repeat", "insert"]),
        st.integers(0, 2**16),
        st.binary(min_size=1, max_size=9),
    ),
    max_size=6,
)
large = st.sampled_from([b"\xff" * 8, b"\xff\xff\xff\x7f", bytes(8), b"\x80" * 10])


def mutated(content: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for kind, place, raw in changes:
        at = place % (len(content) + 1)
        if kind == "set":
            content = content[:at] + raw + content[at + len(raw) :]
        elif kind == "cut":
            content = content[:at]
        elif kind == "drop":
            content = content[:at] + content[at + len(raw) :]
        elif kind == "repeat":
            content = content[:at] + content[at : at + 200] * len(raw) + content[at + 200 :]
        else:
            content = content[:at] + raw + content[at:]
    return content


def look(analyser: Analyser, path: str, content: bytes) -> None:
    for fact in analyser.analyse(programs.layer_file(path, content)):
        assert isinstance(fact, Package | Trouble)
        assert fact.path == path
        msgspec.msgpack.encode(fact)  # the cache must be able to keep it


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample[0].name}-{sample[1]}")
@given(changes=mutations, number=large, at=st.integers(0, 2**16))
@settings(max_examples=25, deadline=1000)
def test_mutations_raise_nothing(
    sample: tuple[Analyser, str, bytes],
    changes: list[tuple[str, int, bytes]],
    number: bytes,
    at: int,
) -> None:
    analyser, path, content = sample
    look(analyser, path, mutated(content, changes))
    look(analyser, path, mutated(content, [("set", at, number)]))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)
keys = st.sampled_from(
    [
        *("packages", "dependencies", "default", "version", "name", "resolved", "license"),
        *("require", "node_modules/a", "net6.0", "dev", "author", "licenses", "requires"),
    ]
)
objects = st.dictionaries(
    keys, json_values | st.dictionaries(keys, json_values | st.dictionaries(keys, json_values))
)


@pytest.mark.parametrize(
    ("analyser", "path"),
    [
        (npm.ANALYSER, "node_modules/a/package.json"),
        *((lockfiles.ANALYSER, name) for name, text in LOCKS.items() if text.startswith("{")),
        (lockfiles.ANALYSER, "pnpm-lock.yaml"),
    ],
)
@given(document=objects)
@settings(max_examples=30, deadline=1000)
def test_json_of_any_shape_raises_nothing(
    analyser: Analyser, path: str, document: dict[str, object]
) -> None:
    look(analyser, path, json.dumps(document).encode())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample[0].name}-{sample[1]}")
@given(content=st.binary(max_size=300))
@settings(max_examples=30, deadline=1000)
def test_any_bytes_raise_nothing(sample: tuple[Analyser, str, bytes], content: bytes) -> None:
    analyser, path, whole = sample
    look(analyser, path, content)
    look(analyser, path, whole[:4] + content)
