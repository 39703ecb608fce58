"""Citations name sections that exist, and say what they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seawall.core.standards import (
    CIS_SECTIONS,
    CWE_TITLES,
    NIST_SECTIONS,
    OWASP_SECTIONS,
    Citation,
    cis,
    cis_number,
    cwe,
    nist,
    owasp,
)


def test_a_citation_reads_as_standard_and_section() -> None:
    assert str(cis("4.1")) == "CIS Docker 1.8 4.1"
    assert owasp("D01").text == "OWASP Docker Top 10 D01"
    assert nist("4.1.2").text == "NIST SP 800-190 4.1.2"
    assert cwe(250).text == "CWE 250"


def test_a_citation_carries_its_title_and_address() -> None:
    assert cis("4.1").title == "Ensure that a user for the container has been created"
    assert cwe(250).url == "https://cwe.mitre.org/data/definitions/250.html"


@pytest.mark.parametrize(
    ("constructor", "section"),
    [(cis, "4.13"), (cis, "8.1"), (cis, "4"), (owasp, "D11"), (owasp, "d01"), (nist, "4.7")],
)
def test_a_section_that_does_not_exist_is_refused(
    constructor: Callable[[str], Citation], section: str
) -> None:
    with pytest.raises(ValueError, match="has no section"):
        constructor(section)


def test_a_weakness_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="CWE has no section 1"):
        cwe(1)


def test_the_tables_are_complete() -> None:
    assert len(CIS_SECTIONS) == 118
    assert list(OWASP_SECTIONS) == [f"D{number:02}" for number in range(1, 11)]
    assert len([section for section in NIST_SECTIONS if section.count(".") == 2]) == 23
    assert all(title.strip() for title in (*CIS_SECTIONS.values(), *CWE_TITLES.values()))


def test_controls_after_the_one_that_1_8_put_in_have_their_old_number() -> None:
    assert cis_number("2.8", "1.6") == "2.7"
    assert cis_number("2.19", "1.7") == "2.18"
    assert cis_number("2.7", "1.7") is None
    assert cis_number("2.6", "1.6") == "2.6"
    assert cis_number("4.1", "1.6") == "4.1"
    assert cis_number("1.1.8", "1.6") == "1.1.8"
    assert cis_number("2.8", "1.8") == "2.8"


def test_the_number_in_a_benchmark_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="no numbering"):
        cis_number("4.1", "1.2")
