"""Layers make an image: what is live, what is gone, who brought it, and whose it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from seawall.core.model import Confidence
from seawall.surfaces.image.blob import LayerFacts, Pulled
from seawall.surfaces.image.facts import (
    Account,
    Distribution,
    Ecosystem,
    Fact,
    FoundSecret,
    Kind,
    License,
    NotableFile,
    Ownership,
    Package,
    Trouble,
)
from seawall.surfaces.image.merge import merge
from seawall.surfaces.image.model import Held, Image

STATUS = "var/lib/dpkg/status"


def layer(
    *facts: Fact,
    files: str = "",
    directories: str = "",
    removes: str = "",
    hides: Sequence[str] = (),
) -> LayerFacts:
    """A layer; words are paths. Files of facts are in it, but for the layer's own troubles."""
    there = dict.fromkeys(fact.path for fact in facts if fact.path)
    folders = [
        fact.path for fact in facts if isinstance(fact, NotableFile) and fact.kind is Kind.DIRECTORY
    ]
    for path in folders:
        del there[path]
    return LayerFacts(
        digest="",
        diff_id="",
        size=1,
        entries=1,
        facts=facts,
        files="\0".join([*there, *files.split()]).encode("utf-8", "surrogateescape"),
        directories="\0".join([*folders, *directories.split()]).encode(),
        whiteouts=tuple(removes.split()),
        opaques=tuple(hides),
    )


def image(*layers: LayerFacts, **config: Any) -> Image:
    return merge(Pulled(json.dumps(config).encode() if config else b"", layers), "app", "archive")


def secret(path: str, value: str = "v", line: int = 1) -> FoundSecret:
    return FoundSecret(path, "token", "A token", line, Confidence.HIGH, "x…", value)


def deb(name: str, version: str = "1", **more: Any) -> Package:
    return Package(Ecosystem.DEB, name, version, STATUS, **more)


def pypi(name: str, path: str) -> Package:
    return Package(Ecosystem.PYPI, name, "1", path)


def mode(path: str, bits: int, kind: Kind = Kind.FILE) -> NotableFile:
    return NotableFile(path, bits, 0, 0, kind=kind)


def fates(held: Sequence[Held[Any]]) -> list[tuple[str, int, int | None]]:
    return [(getattr(h.fact, "name", "") or h.fact.path, h.layer, h.gone) for h in held]


class TestFiles:
    def test_a_deleted_file_is_gone_since_that_layer(self) -> None:
        merged = image(layer(secret("a/.env")), layer(), layer(removes="a/.env"))
        assert fates(merged.secrets) == [("a/.env", 0, 2)]

    def test_a_deleted_directory_takes_all_below_it(self) -> None:
        lower = layer(secret("a/b/c"), secret("a/bc"), secret("ab"))
        merged = image(lower, layer(removes="a/b"))
        assert fates(merged.secrets) == [("a/b/c", 0, 1), ("a/bc", 0, None), ("ab", 0, None)]

    def test_an_opaque_directory_hides_what_was_in_it_and_not_what_comes_with_it(self) -> None:
        merged = image(
            layer(secret("a/old"), secret("b/old")),
            layer(secret("a/new"), directories="a", hides=["a"]),
        )
        assert fates(merged.secrets) == [("a/old", 0, 1), ("b/old", 0, None), ("a/new", 1, None)]

    def test_an_opaque_root_hides_everything(self) -> None:
        assert fates(image(layer(secret("a/b")), layer(hides=[""])).secrets) == [("a/b", 0, 1)]

    def test_an_opaque_directory_stays_itself(self) -> None:
        shared = mode("tmp", 0o777, Kind.DIRECTORY)
        assert fates(image(layer(shared), layer(hides=["tmp"])).files) == [("tmp", 0, None)]

    def test_a_replaced_file_is_gone(self) -> None:
        assert fates(image(layer(secret("a")), layer(files="a")).secrets) == [("a", 0, 1)]

    def test_a_directory_replaced_by_a_file_takes_all_below_it(self) -> None:
        assert fates(image(layer(secret("a/b/c")), layer(files="a")).secrets) == [("a/b/c", 0, 1)]

    def test_a_directory_that_comes_again_keeps_what_is_in_it(self) -> None:
        merged = image(layer(secret("a/b")), layer(directories="a"))
        assert fates(merged.secrets) == [("a/b", 0, None)]

    def test_a_file_replaced_by_a_directory_is_gone(self) -> None:
        assert fates(image(layer(secret("a")), layer(directories="a")).secrets) == [("a", 0, 1)]

    def test_the_mode_of_a_directory_is_that_of_its_last_entry(self) -> None:
        wide = mode("srv", 0o777, Kind.DIRECTORY)
        merged = image(layer(wide), layer(directories="srv"))
        assert fates(merged.files) == [("srv", 0, 1)]

    def test_a_file_removed_and_made_again_is_a_new_one(self) -> None:
        merged = image(layer(secret("a")), layer(removes="a"), layer(secret("a")))
        assert fates(merged.secrets) == [("a", 0, 1), ("a", 2, None)]

    def test_a_file_copied_up_as_it_was_belongs_to_the_layer_that_brought_it(self) -> None:
        merged = image(layer(secret("a", line=1)), layer(secret("a", line=5)), layer(secret("a")))
        assert fates(merged.secrets) == [("a", 0, None)]

    def test_of_two_equal_secrets_in_a_file_the_one_that_went_is_gone(self) -> None:
        merged = image(
            layer(secret("a", line=1), secret("a", line=2), secret("a", "w")),
            layer(secret("a", line=1)),
            layer(removes="a"),
        )
        assert fates(merged.secrets) == [("a", 0, 1), ("a", 0, 1), ("a", 0, 2)]
        assert {held.fact.value_id for held in merged.secrets if held.gone == 2} == {"v"}

    def test_a_file_whose_mode_was_mended_is_gone_as_it_was(self) -> None:
        merged = image(layer(mode("bin/su", 0o4755)), layer(files="bin/su"))
        assert fates(merged.files) == [("bin/su", 0, 1)]

    def test_names_that_are_no_text_are_names_all_the_same(self) -> None:
        odd = b"a\xff".decode("utf-8", "surrogateescape")
        assert fates(image(layer(secret(odd)), layer(files=odd)).secrets) == [(odd, 0, 1)]

    def test_what_a_layer_could_not_tell_of_is_never_gone(self) -> None:
        merged = image(layer(Trouble("", "cut short", True)), layer(directories="", hides=[""]))
        assert [(h.fact.reason, h.gone) for h in merged.troubles] == [("cut short", None)]


class TestPackages:
    def test_each_version_belongs_to_the_layer_that_brought_it(self) -> None:
        merged = image(
            layer(deb("libc", "1"), deb("zlib", "1")),
            layer(deb("libc", "1"), deb("zlib", "2"), deb("curl")),
            layer(deb("libc", "1"), deb("zlib", "2"), deb("curl")),
            layer(),
        )
        assert {
            (*fate, h.fact.version)
            for h, fate in zip(merged.packages, fates(merged.packages), strict=True)
        } == {
            ("libc", 0, None, "1"),
            ("zlib", 0, 1, "1"),
            ("zlib", 1, None, "2"),
            ("curl", 1, None, "1"),
        }

    def test_a_package_removed_and_installed_again_is_of_the_later_layer(self) -> None:
        merged = image(layer(deb("a"), deb("b")), layer(deb("b")), layer(deb("a"), deb("b")))
        assert set(fates(merged.packages)) == {("a", 0, 1), ("a", 2, None), ("b", 0, None)}

    def test_two_architectures_of_a_package_are_two(self) -> None:
        both = (deb("a", architecture="amd64"), deb("a", architecture="i386"))
        assert len(image(layer(*both)).packages) == 2

    def test_a_database_taken_away_is_said(self) -> None:
        merged = image(layer(deb("a")), layer(removes="var/lib/dpkg"))
        assert fates(merged.packages) == [("a", 0, 1)]
        assert f"layer 2 removes the package database {STATUS}" in merged.problems[0]

    def test_licences_are_taken_from_files_of_their_own(self) -> None:
        path = "usr/share/doc/a/copyright"
        merged = image(
            layer(
                deb("a"),
                deb("b", licenses=("MIT",)),
                License(Ecosystem.DEB, "a", path, ("GPL-2.0",)),
                License(Ecosystem.DEB, "b", path, ("GPL-2.0",)),
            )
        )
        assert [held.fact.licenses for held in merged.packages] == [("GPL-2.0",), ("MIT",)]


INFO = "usr/lib/python3/dist-packages/six.egg-info"


class TestOwnership:
    def test_a_language_package_of_a_distribution_stands_apart(self) -> None:
        merged = image(
            layer(
                deb("python3-six"),
                Ownership(Ecosystem.DEB, "python3-six", "var/six.list", f"usr\n{INFO}"),
                pypi("six", INFO),
                pypi("flask", "usr/local/lib/flask/METADATA"),
            )
        )
        assert [held.fact.name for held in merged.packages] == ["python3-six", "flask"]
        assert [held.fact.name for held in merged.distributed] == ["six"]
        assert merged.owned[INFO] == "python3-six"

    def test_one_that_was_written_over_later_is_no_longer_the_distributions(self) -> None:
        owner = Ownership(Ecosystem.DEB, "python3-six:amd64", "var/six.list", INFO)
        newer = Package(Ecosystem.PYPI, "six", "2", INFO)
        merged = image(layer(deb("python3-six"), owner, pypi("six", INFO)), layer(newer))
        live = [held.fact.version for held in merged.packages if held.is_live]
        assert live == ["1", "2"]
        assert fates(merged.distributed) == [("six", 0, 1)]

    def test_one_whose_owner_is_gone_answers_for_itself(self) -> None:
        owner = Ownership(Ecosystem.DEB, "python3-six", "var/six.list", INFO)
        merged = image(layer(deb("python3-six"), owner, pypi("six", INFO)), layer(files=STATUS))
        assert "six" in [held.fact.name for held in merged.packages if held.is_live]

    def test_what_a_removed_list_owned_is_nobodys(self) -> None:
        owner = Ownership(Ecosystem.DEB, "six", "var/six.list", INFO)
        assert image(layer(owner), layer(removes="var/six.list")).owned == {}

    def test_the_last_list_counts(self) -> None:
        first = Ownership(Ecosystem.APK, "six", "lib/apk/db/installed", "a\nb")
        last = Ownership(Ecosystem.APK, "six", "lib/apk/db/installed", "b\nc")
        assert set(image(layer(first), layer(last)).owned) == {"b", "c"}

    def test_paths_through_a_merged_usr_are_named_where_they_are(self) -> None:
        owner = Ownership(Ecosystem.DEB, "coreutils", "var/x.list", "bin/ls\nusr/bin/du\nlib/a")
        merged = image(layer(owner, files="bin", directories="usr/bin lib"))
        assert merged.owned == {
            "usr/bin/ls": "coreutils",
            "usr/bin/du": "coreutils",
            "lib/a": "coreutils",
        }

    def test_a_link_that_became_a_directory_again_leads_nowhere(self) -> None:
        owner = Ownership(Ecosystem.DEB, "a", "var/x.list", "bin/ls")
        merged = image(layer(owner, files="bin"), layer(directories="bin"))
        assert set(merged.owned) == {"bin/ls"}
        merged = image(layer(owner, files="bin"), layer(removes="bin"))
        assert set(merged.owned) == {"bin/ls"}


class TestDistribution:
    def test_the_live_one_counts(self) -> None:
        old = Distribution("usr/lib/os-release", "debian", "11")
        new = Distribution("usr/lib/os-release", "debian", "12")
        other = Distribution("etc/lsb-release", "ubuntu", "1")
        merged = image(layer(other, old), layer(new))
        assert merged.distribution == new

    def test_one_in_etc_goes_before_the_vendors(self) -> None:
        vendor = Distribution("usr/lib/os-release", "a")
        own = Distribution("etc/os-release", "b")
        assert image(layer(vendor, own)).distribution == own

    def test_one_that_was_deleted_still_tells_what_it_was(self) -> None:
        told = Distribution("etc/os-release", "debian", "12")
        assert image(layer(told), layer(removes="etc/os-release")).distribution == told

    def test_without_any_there_is_none(self) -> None:
        assert image(layer()).distribution is None


def test_accounts_are_those_of_the_last_file() -> None:
    root, app = Account("etc/passwd", 1, "root", 0), Account("etc/passwd", 2, "app", 1000)
    merged = image(layer(root), layer(root, app), layer(Account("etc/passwd", 1, "app", 1000)))
    assert fates(merged.accounts) == [("root", 0, 2), ("app", 1, None)]


class TestHistory:
    def test_layers_are_told_of_the_steps_that_made_them(self) -> None:
        history = [
            {"created_by": "/bin/sh -c #(nop) ADD file:1 in / "},
            {"created_by": '/bin/sh -c #(nop)  CMD ["sh"]', "empty_layer": True},
            {"created_by": "RUN /bin/sh -c make # buildkit"},
        ]
        merged = image(layer(), layer(secret("a")), history=history)
        assert [(each.step, each.instruction) for each in merged.layers] == [
            (0, "ADD file:1 in /"),
            (2, "RUN make"),
        ]
        assert [each.is_base for each in merged.layers] == [True, False]
        assert merged.problems == ()
        place = merged.place_of(merged.secrets[0])
        assert merged.history.text[place.start : place.end] == "RUN make"
        assert merged.history.line_of(place.start) == 3

    def test_a_history_of_another_length_is_said(self) -> None:
        history = [{"created_by": "RUN a"}]
        merged = image(layer(), layer(secret("a")), history=history)
        assert "tells of 1 layers and there are 2" in merged.problems[0]
        assert [each.step for each in merged.layers] == [0, -1]
        place = merged.place_of(merged.secrets[0])
        assert merged.history.text[place.start : place.end] == "LAYER 2"
        assert "there are 0" in image(history=history).problems[0]

    def test_an_image_without_a_history_has_a_line_for_each_layer(self) -> None:
        diff_id = "sha256:" + "a" * 64
        merged = image(layer(secret("a")), rootfs={"diff_ids": [diff_id]})
        assert merged.problems == ()
        assert merged.history.text.splitlines()[0] == f"LAYER {diff_id}"
        assert not merged.layers[0].is_base

    def test_a_plain_file_system_has_an_empty_configuration(self) -> None:
        merged = image(layer(secret("a")))
        assert merged.config.env == ()
        assert merged.place_of(merged.secrets[0]).start == 0
