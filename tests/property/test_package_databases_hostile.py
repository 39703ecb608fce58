"""No bytes in a package database raise, take long, or leave a text that is no text."""

from __future__ import annotations

import json
from time import process_time

import pytest
import rpm_files as made
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL
from programs import layer_file

from seawall.packages import apk, binaries, composer, conda, distribution, dpkg, gem, nuget, rpm
from seawall.packages.binary_patterns import KNOWN
from seawall.packages.licenses import normalised
from seawall.packages.purl import package_url
from seawall.surfaces.image.analyser import Analyser
from seawall.surfaces.image.facts import Distribution, Ecosystem, Fact, Package

BLOBS = [
    made.package(
        name,
        epoch=1,
        arch="noarch",
        license="MIT",
        vendor="V",
        source_rpm="a-1-2.src.rpm",
        provides=["x", name],
        requires=["x", "/usr/bin/a"],
        directories=["/usr/bin/"],
        bases=["a", "b"],
        indexes=[0, 0],
    )
    for name in ("a", "b")
]
DPKG = (
    b"Package: a\nStatus: install ok installed\nMaintainer: M <m@docker.com>\nSource: b (1)\n"
    b"Version: 1:2\nProvides: c (= 1), d\nPre-Depends: e\nDepends: f | g (>= 1),\n h\n\n"
) * 3
SAMPLES: list[tuple[Analyser, str, bytes]] = [
    (dpkg.ANALYSER, "var/lib/dpkg/status", DPKG),
    (dpkg.ANALYSER, "var/lib/dpkg/info/a.list", b"/.\n/usr\n/usr/bin/a\n"),
    (dpkg.ANALYSER, "var/lib/dpkg/status.d/a.md5sums", b"0" * 32 + b"  usr/a\n"),
    (
        dpkg.ANALYSER,
        "usr/share/doc/a/copyright",
        b"Format: x\nLicense: GPL-2+ or MIT\nLicense:\nsee /usr/share/common-licenses/BSD.\n",
    ),
    (apk.ANALYSER, "lib/apk/db/installed", b"P:a\nV:1\no:b\nD:so:x !y\np:so:x=1\nF:b\nR:c\n\n" * 3),
    (rpm.ANALYSER, "var/lib/rpm/rpmdb.sqlite", made.sqlite_database(BLOBS)),
    (rpm.ANALYSER, "var/lib/rpm/Packages.db", made.ndb_database(BLOBS)),
    (rpm.ANALYSER, "var/lib/rpm/Packages", (made.DATABASES / "little.Packages").read_bytes()),
    (rpm.ANALYSER, "var/lib/rpm/Packages", (made.DATABASES / "big.Packages").read_bytes()),
    (distribution.ANALYSER, "etc/os-release", b"ID=a\nVERSION_ID=\"1\"\nVERSION='1 (x)'\n"),
    (distribution.ANALYSER, "etc/redhat-release", b"CentOS Linux release 7.9 (Core)\n"),
    (
        gem.ANALYSER,
        "x/specifications/a.gemspec",
        b'# stub: a 1 ruby lib\ns.licenses = ["MIT"]\ns.add_dependency(%q<x>.freeze)\n',
    ),
    (
        composer.ANALYSER,
        "vendor/composer/installed.json",
        json.dumps([{"name": "a/b", "version": "1", "license": ["x"], "require": {}}]).encode(),
    ),
    (
        nuget.ANALYSER,
        "a.deps.json",
        json.dumps(
            {"targets": {"n": {"a/1": {"dependencies": {}}}}, "libraries": {"a/1": {"type": "x"}}}
        ).encode(),
    ),
    (
        conda.ANALYSER,
        "conda-meta/a.json",
        json.dumps({"name": "a", "version": "1", "depends": ["b"], "channel": "c"}).encode(),
    ),
    (binaries.ANALYSER, "usr/bin/python3", b"\x7fELF\0/lib/python3.9\x003.9.1\0"),
    (binaries.ANALYSER, "bin/redis-server", b"\x7fELF\x007.2.4\x007.2.4x-1704797400000000000\0"),
    (binaries.ANALYSER, "bin/jq", b"\x7fELF\x001.6\0DEBUG:\0"),
    (binaries.ANALYSER, "opt/java/release", b'JAVA_VERSION="17"\nIMPLEMENTOR="x"\n'),
    (binaries.ANALYSER, "go/VERSION", b"go1.22.1\n"),
]
IDS = [f"{analyser.name}-{path.rpartition('/')[2]}" for analyser, path, _ in SAMPLES]
DISTRIBUTION = Distribution("etc/os-release", "debian", "12")


def look(analyser: Analyser, path: str, content: bytes) -> list[Fact]:
    facts = list(analyser.analyse(layer_file(path, content)))
    for fact in facts:
        if isinstance(fact, Package):
            fact.name.encode()
            if fact.name.strip("/"):
                PackageURL.from_string(package_url(fact, DISTRIBUTION))
    return facts


@pytest.mark.parametrize(("analyser", "path", "content"), SAMPLES, ids=IDS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_changed_bytes_raise_nothing(
    analyser: Analyser, path: str, content: bytes, data: st.DataObject
) -> None:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(changed)))
        length = data.draw(st.sampled_from([0, 1, 4, 16, 200]))
        changed[place : place + length] = data.draw(st.binary(max_size=16))
    look(analyser, path, bytes(changed))


@pytest.mark.parametrize(("analyser", "path", "content"), SAMPLES, ids=IDS)
def test_what_is_cut_raises_nothing(analyser: Analyser, path: str, content: bytes) -> None:
    for length in range(0, len(content), max(1, len(content) // 60)):
        look(analyser, path, content[:length])


@pytest.mark.parametrize(("analyser", "path"), [sample[:2] for sample in SAMPLES], ids=IDS)
@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=600))
def test_noise_raises_nothing(analyser: Analyser, path: str, content: bytes) -> None:
    look(analyser, path, content)
    look(analyser, path, b"\x7fELF" + content)


REPEATED = [
    b"\n",
    b" ",
    b"\0",
    b"a",
    b"1",
    b"\n\n",
    b"Package: a\nVersion: 1\n\n",
    b"Package:\n\n",
    b"\nLicense:a",
    b"Depends: a,",
    b"a|",
    b"P:a\nV:1\n\n",
    b"R:a\n",
    b"[",
    b'{"a":',
    b"s.add_dependency(%q<",
    b's.licenses = ["',
    b"a.name=  ",
    b"ID=a\n",
    b'"',
    b"$wp_version=",
    b" version 1.2.3",
    b"-MariaDB",
    b"1704797400000000000\0",
    b"7.2.41704797400000000000\0",
    b"/lib/python3.9",
    b"\x003.9.",
    b"License: (",
]


@pytest.mark.parametrize("unit", REPEATED)
def test_half_a_megabyte_of_the_same_takes_no_long_time(unit: bytes) -> None:
    for analyser, path, start in SAMPLES:
        began = process_time()
        content = start[:4] + unit * (500_000 // len(unit))
        list(analyser.analyse(layer_file(path, content)))
        assert process_time() - began < 4, path


@pytest.mark.parametrize("unit", REPEATED)
def test_known_programs_of_the_same_bytes_take_no_long_time(unit: bytes) -> None:
    content = b"\x7fELF" + unit * (1_000_000 // len(unit))
    began = process_time()
    for known in KNOWN:
        for pattern in known.patterns:
            pattern.search(content)
    assert process_time() - began < 8


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(max_size=400)
    | st.lists(st.sampled_from(["MIT", "or", "(", ")", "x"])).map(" ".join)
)
def test_any_licence_text_gets_a_name(text: str) -> None:
    found = normalised(text)
    assert len(found) <= 600
    assert normalised(found) == found or len(found) >= 300


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20
).filter(lambda name: name.strip() == name and name not in (".", ".."))


@settings(max_examples=300, deadline=None)
@given(ecosystem=st.sampled_from(list(Ecosystem)), name=NAMES, version=NAMES, namespace=NAMES)
def test_a_package_url_is_read_back_as_the_reference_implementation_writes_it(
    ecosystem: Ecosystem, name: str, version: str, namespace: str
) -> None:
    package = Package(ecosystem, name, version, "p", namespace=namespace)
    url = package_url(package, DISTRIBUTION)
    # It also writes the escapes in lower case where names are: `%c3` for `%C3`.
    assert PackageURL.from_string(url).to_string().lower() == url.lower()
