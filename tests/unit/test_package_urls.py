"""Package URLs are those that the reference implementation writes."""

from __future__ import annotations

import pytest
from packageurl import PackageURL

from seawall.packages.purl import package_url
from seawall.surfaces.image.facts import Distribution, Ecosystem, Package

DEBIAN = Distribution("etc/os-release", "debian", "12", "bookworm")
SID = Distribution("etc/os-release", "debian", codename="trixie")
ALPINE = Distribution("etc/os-release", "alpine", "3.20.3")
RHEL = Distribution("etc/os-release", "rhel", "9.3")
ARCH = Distribution("etc/os-release", "arch")


def package(ecosystem: Ecosystem, name: str, version: str = "1", **fields: str) -> Package:
    values = {"path": "p"} | fields
    return Package(ecosystem, name, version, **values)  # type: ignore[arg-type]


CASES = [
    (
        package(
            Ecosystem.DEB,
            "libc6",
            "1:2.36-9+deb12u4~x",
            architecture="amd64",
            source="glibc",
            source_version="2.36-9",
        ),
        DEBIAN,
        "pkg:deb/debian/libc6@1:2.36-9%2Bdeb12u4~x?arch=amd64&distro=debian-12"
        "&upstream=glibc%402.36-9",
    ),
    (package(Ecosystem.DEB, "g++", "4"), SID, "pkg:deb/debian/g%2B%2B@4?distro=debian-trixie"),
    (package(Ecosystem.DEB, "a", "1"), ARCH, "pkg:deb/arch/a@1?distro=arch"),
    (package(Ecosystem.DEB, "a", "1"), None, "pkg:deb/a@1"),
    (
        package(Ecosystem.DEB, "a", "1", source_version="2"),
        None,
        "pkg:deb/a@1?upstream=a%402",
    ),
    (
        package(Ecosystem.APK, "libcrypto3", "3.3.2-r0", source="openssl"),
        ALPINE,
        "pkg:apk/alpine/libcrypto3@3.3.2-r0?distro=alpine-3.20.3&upstream=openssl",
    ),
    (
        package(
            Ecosystem.RPM,
            "ImageMagick",
            "1:6.9-2.el9",
            architecture="x86_64",
            modularity="nodejs:18:8 a",
        ),
        RHEL,
        "pkg:rpm/redhat/ImageMagick@6.9-2.el9?arch=x86_64&distro=rhel-9.3&epoch=1"
        "&modularitylabel=nodejs:18:8%20a",
    ),
    (
        package(Ecosystem.NPM, "core", "1.0.0-beta+x", namespace="@babel"),
        DEBIAN,
        "pkg:npm/%40babel/core@1.0.0-beta%2Bx",
    ),
    (package(Ecosystem.PYPI, "Foo_bar.baz", "1!2"), DEBIAN, "pkg:pypi/foo-bar.baz@1%212"),
    (
        package(Ecosystem.GOLANG, "Toml", "v1.2.3+incompatible", namespace="github.com/BurntSushi"),
        DEBIAN,
        "pkg:golang/github.com/burntsushi/toml@v1.2.3%2Bincompatible",
    ),
    (
        package(Ecosystem.MAVEN, "log4j-core", "2.14.1", namespace="org.apache.logging.log4j"),
        None,
        "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
    ),
    (
        package(Ecosystem.GEM, "nokogiri", "1.16", architecture="x86_64-linux"),
        None,
        "pkg:gem/nokogiri@1.16?platform=x86_64-linux",
    ),
    (
        package(Ecosystem.COMPOSER, "Console", "v6", namespace="Symfony"),
        None,
        "pkg:composer/symfony/console@v6",
    ),
    (package(Ecosystem.NUGET, "Newtonsoft.Json", "13"), None, "pkg:nuget/Newtonsoft.Json@13"),
    (package(Ecosystem.CARGO, "serde_json", "1"), None, "pkg:cargo/serde_json@1"),
    (
        package(Ecosystem.CONDA, "numpy", "1", architecture="linux-64", origin="conda-forge"),
        None,
        "pkg:conda/numpy@1?channel=conda-forge&subdir=linux-64",
    ),
    (package(Ecosystem.GENERIC, "node", "20"), DEBIAN, "pkg:generic/node@20"),
    (package(Ecosystem.GENERIC, "a b%/é", ""), None, "pkg:generic/a%20b%25/%C3%A9"),
    (package(Ecosystem.NPM, "a", "1?x#y@z"), None, "pkg:npm/a@1%3Fx%23y%40z"),
]


@pytest.mark.parametrize(("told", "distribution", "url"), CASES)
def test_a_package_url_is_as_the_specification_writes_it(
    told: Package, distribution: Distribution | None, url: str
) -> None:
    assert package_url(told, distribution) == url
    assert PackageURL.from_string(url).to_string() == url


def test_every_ecosystem_has_a_case() -> None:
    assert {told.ecosystem for told, _, _ in CASES} == set(Ecosystem)


def test_a_name_that_is_no_unicode_text_is_written_all_the_same() -> None:
    url = package_url(package(Ecosystem.NPM, "a\udcff"))
    assert url == "pkg:npm/a%3F@1"
