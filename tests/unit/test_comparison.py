"""Two images side by side: packages and flaws that one has and the other has not."""

from __future__ import annotations

from imaged import image, layer, package
from msgspec import structs
from pictured import as_root, flawed, suppressed

from seawall.core.inventory import PackageChange
from seawall.core.model import Finding, Severity
from seawall.jobs.comparison import compare
from seawall.surfaces.image.model import Held

OLD, NEW = image(name="acme/app:1"), image(name="acme/app:2")


def test_packages_are_added_removed_or_changed() -> None:
    before = image([package("npm", "a", "1"), package("npm", "b", "1"), package("deb", "c", "1")])
    after = image([package("npm", "b", "2"), package("pypi", "a", "1"), package("deb", "c", "1")])
    found = compare(before, after, (), ())
    assert found.added == (PackageChange("pypi", "a", "", "1"),)
    assert found.removed == (PackageChange("npm", "a", "1", ""),)
    assert found.changed == (PackageChange("npm", "b", "1", "2"),)


def test_a_package_in_several_versions_is_one_with_all_of_them() -> None:
    before = image([package("npm", "a", "2", path="x"), package("npm", "a", "1", path="y")])
    after = image([package("npm", "a", "1", path="z")])
    assert compare(before, after, (), ()).changed == (PackageChange("npm", "a", "1, 2", "1"),)


def test_names_with_and_without_a_namespace_are_apart() -> None:
    before = image([package("npm", "core", namespace="@babel")])
    after = image([package("npm", "core")])
    found = compare(before, after, (), ())
    assert [each.name for each in (*found.added, *found.removed)] == ["core", "@babel/core"]


def test_what_is_gone_or_only_asked_for_is_no_package() -> None:
    gone = Held(package("npm", "gone"), 0, gone=1)
    declared = package("npm", "declared", is_declared=True)
    found = compare(OLD, image([gone, declared], (layer(0), layer(1))), (), ())
    assert not found.added


def test_sizes_are_those_of_all_layers() -> None:
    found = compare(image(), image((), (layer(0), layer(1, size=500))), (), ())
    assert (found.size_before, found.size_after) == (1000, 1500)


def ids(findings: object) -> list[str]:
    return [each.id for each in findings]  # type: ignore[attr-defined]


def test_flaws_are_new_gone_or_the_same_whatever_the_version() -> None:
    both = flawed(1)
    assert both.flaw is not None
    later = structs.replace(both, flaw=structs.replace(both.flaw, installed="3.0.12-1"))
    found = compare(OLD, NEW, [both, flawed(2)], [later, flawed(3)])
    assert (ids(found.gone), ids(found.new), found.same) == (
        ["CVE-2026-0002"],
        ["CVE-2026-0003"],
        1,
    )


def test_one_flaw_in_two_packages_is_two() -> None:
    found = compare(OLD, NEW, [flawed(1)], [flawed(1), flawed(1, package="libssl3")])
    assert [(each.id, each.package) for each in found.new] == [("CVE-2026-0001", "libssl3")]
    assert found.same == 1


def test_the_exploited_and_the_worst_come_first() -> None:
    findings: list[Finding] = [
        flawed(1, severity=Severity.LOW),
        flawed(2, severity=Severity.HIGH),
        flawed(3, severity=Severity.LOW, exploited="2026-01-01"),
        flawed(4, severity=Severity.CRITICAL, fixed=()),
    ]
    found = compare(OLD, NEW, (), findings)
    assert [name[-1] for name in ids(found.new)] == ["3", "4", "2", "1"]
    assert [each.fixed for each in found.new][1:3] == ["", "3.0.15-1"]


def test_what_is_suppressed_or_no_flaw_does_not_count() -> None:
    found = compare(OLD, NEW, [suppressed(), as_root()], [])
    assert not found.gone
    assert found.same == 0
