"""The wants of many analysers are answered at once."""

from __future__ import annotations

from tarballs import analyser

from seawall.surfaces.image.dispatch import Dispatcher, joined

WANTS = Dispatcher(
    [
        analyser("names", names=frozenset({"status", "caf\udce9"})),
        analyser("all"),
        analyser("suffixes", suffixes=frozenset({".jar", ".gz"})),
        analyser("paths", paths=frozenset({"var/lib/dpkg/status"})),
        analyser("directories", directories=("var/lib/", "var/lib/dpkg/", "opt/")),
        analyser("magics", magics=frozenset({b"PK\3\4"})),
        analyser("both", names=frozenset({"status"}), everything=True),
    ]
)


def test_analysers_of_everything_are_named_once_and_apart() -> None:
    assert WANTS.everything == (1, 6)
    assert WANTS.named(b"status") == (0,)


def test_all_that_fit_are_named_in_order() -> None:
    assert WANTS.named(b"var/lib/dpkg/status") == (0, 3, 4)
    assert WANTS.named(b"opt/a.b.JAR") == (2, 4)
    assert WANTS.named(b"caf\xe9") == (0,)
    assert WANTS.magics[b"PK\3\4"] == (5,)


def test_what_only_looks_alike_does_not_fit() -> None:
    for path in (
        b"statusx",
        b"xstatus",
        b"var/lib",
        b"a.jar/b",
        b"ajar",
        b"xopt/a",
        b"a.jarx",
        b"",
    ):
        assert WANTS.named(path) == ()


def test_a_name_that_is_all_suffix_has_it() -> None:
    assert WANTS.named(b"a/.jar") == (2,)


def test_joining_names_each_once() -> None:
    assert joined((1, 3), (2, 3)) == (1, 2, 3)
    assert joined((), (2,)) == joined((2,), ()) == (2,)
