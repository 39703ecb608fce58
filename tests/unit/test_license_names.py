"""Licences get their SPDX names where these are plain, and keep their own where they are not."""

from __future__ import annotations

import pytest

from seawall.packages.licenses import all_normalised, normalised


@pytest.mark.parametrize(
    ("written", "spdx"),
    [
        ("GPL-2", "GPL-2.0-only"),
        ("GPL-2+", "GPL-2.0-or-later"),
        ("GPLv2+", "GPL-2.0-or-later"),
        ("GPLv3", "GPL-3.0-only"),
        ("GPL-2.0-or-later", "GPL-2.0-or-later"),
        ("GPL-2.0-only", "GPL-2.0-only"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("LGPLv2+", "LGPL-2.0-or-later"),
        ("AGPL-3.0", "AGPL-3.0-only"),
        ("GFDL-1.3", "GFDL-1.3-only"),
        ("Expat", "MIT"),
        ("ASL 2.0", "Apache-2.0"),
        ("BSD-3-clause", "BSD-3-Clause"),
        ("GPLv2+ and MIT", "GPL-2.0-or-later AND MIT"),
        ("GPL-2+ or Artistic", "GPL-2.0-or-later OR Artistic-1.0-Perl"),
        ("(MIT OR Apache-2.0) AND Zlib", "(MIT OR Apache-2.0) AND Zlib"),
        ("( MIT or ISC )", "(MIT OR ISC)"),
        ("  MIT\n ", "MIT"),
        # What is not plain stays as it is.
        ("BSD", "BSD"),
        ("GPL", "GPL"),
        ("GPL2 BSD", "GPL2 BSD"),
        ("GPL-2+ with OpenSSL exception", "GPL-2+ with OpenSSL exception"),
        ("MIT and Unheard-of", "MIT and Unheard-of"),
        ("MIT-or-later", "MIT-or-later"),
        ("public-domain", "public-domain"),
        ("", ""),
    ],
)
def test_a_licence_gets_its_spdx_name(written: str, spdx: str) -> None:
    assert normalised(written) == spdx


def test_a_whole_text_is_cut() -> None:
    assert len(normalised("Permission is hereby granted " * 1000)) == 300


def test_each_licence_is_told_once() -> None:
    assert all_normalised(["MIT", "Expat", "", "GPL-2", "MIT"]) == ("MIT", "GPL-2.0-only")


def test_no_more_licences_are_told_than_anyone_reads() -> None:
    assert len(all_normalised(f"L{number}" for number in range(10_000))) == 500
