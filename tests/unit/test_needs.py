"""What images need: known, unknown, and never guessed."""

from __future__ import annotations

import pytest

from seawall.facts.capabilities import CAPABILITIES
from seawall.facts.needs import Established, image_needs, needs_of


def test_at_least_thirty_images_are_known() -> None:
    names = {name for entry in image_needs().entries for name in entry.images}
    assert len(names) >= 30


@pytest.mark.parametrize("entry", image_needs().entries, ids=lambda each: each.images[0])
def test_an_entry_says_where_it_comes_from_and_names_real_things(entry: object) -> None:
    source, capabilities = getattr(entry, "source"), getattr(entry, "capabilities")  # noqa: B009 -- typed as object for pytest's ids
    assert source.startswith("https://")
    assert set(capabilities or ()) <= CAPABILITIES.keys()
    directories = [each.path for each in getattr(entry, "scratch") or ()]  # noqa: B009 -- as above
    places = (*directories, *getattr(entry, "kept"), *getattr(entry, "volumes"))  # noqa: B009 -- as above
    assert all(place.startswith("/") for place in places)
    assert len(places) == len(set(places)), "a tmpfs would hide what must stay"


def test_what_nobody_established_is_none() -> None:
    python = needs_of("python", "3.13")
    assert python is not None
    assert python.capabilities is None
    assert python.scratch is None
    assert needs_of("acme/app", "1.2.3") is None


def test_none_needed_is_not_unknown() -> None:
    memcached = needs_of("memcached", "1.6.39")
    assert memcached is not None
    assert memcached.capabilities == ()
    assert memcached.scratch == ()


def test_apache_keeps_what_its_workers_change_their_user_by() -> None:
    httpd = needs_of("httpd", "2.4")
    assert httpd is not None
    assert {"SETGID", "SETUID"} <= set(httpd.capabilities or ())


@pytest.mark.parametrize(
    ("name", "tag", "user"),
    [
        ("postgres", "17.5", "999:999"),
        ("postgres", "17.5-alpine", "70:70"),
        ("arm64v8/redis", "8-alpine", "999:1000"),
        ("public.ecr.aws/docker/library/nginx", "", "101:101"),
        ("nginxinc/nginx-unprivileged", "1.28", "101:101"),
    ],
)
def test_layers_by_tag_and_other_names_of_official_images(name: str, tag: str, user: str) -> None:
    needs = needs_of(name, tag)
    assert needs is not None
    assert needs.user == user


def test_versions_part_what_holds() -> None:
    old, new = needs_of("elasticsearch", "7.17.0"), needs_of("elasticsearch", "8.15.0")
    assert old is not None
    assert new is not None
    assert old.capabilities is None
    assert new.capabilities == ()
    former, latest = needs_of("postgres", "17"), needs_of("postgres", "18")
    assert former is not None
    assert latest is not None
    assert former.volumes == ("/var/lib/postgresql/data",)
    assert latest.volumes == ("/var/lib/postgresql",)


def test_how_a_fact_was_established_goes_with_it() -> None:
    nginx, mysql = needs_of("nginx"), needs_of("mysql", "8.4")
    assert nginx is not None
    assert mysql is not None
    assert nginx.established is Established.RAN
    assert mysql.established is Established.ENTRYPOINT
