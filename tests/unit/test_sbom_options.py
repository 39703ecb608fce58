"""What `seawall sbom` is told by its options."""

from __future__ import annotations

import pytest

from seawall.cli.scanning import read_arguments


@pytest.mark.parametrize("no_verify", [True, False])
def test_what_is_not_verified_is_not_kept(no_verify: bool) -> None:
    asked = read_arguments({"no_verify": no_verify}).inspection()
    assert (asked.verifies, asked.uses_cache) == (not no_verify, not no_verify)
