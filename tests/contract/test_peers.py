"""Every check of hadolint, Trivy, Checkov and dockle has a rule of ours, or a reason for none."""

from __future__ import annotations

import pytest

from seawall.rules import all_rules, by_id
from seawall.rules.peers import LEFT_OUT

HADOLINT = [
    "DL1001",
    *(f"DL{number}" for number in range(3000, 3017) if number != 3005),
    *(f"DL{number}" for number in range(3018, 3030)),
    *("DL3030", "DL3032", "DL3033", "DL3034", "DL3035", "DL3036", "DL3037", "DL3038", "DL3040"),
    *(f"DL{number}" for number in range(3041, 3068)),
    *("DL4000", "DL4001", "DL4003", "DL4004", "DL4005", "DL4006"),
]
TRIVY = [
    f"DS-{number:04}"
    for number in (*range(1, 3), *range(4, 18), *range(19, 28), *range(29, 32))
    if number not in {3, 18, 28}
]
CHECKOV = [
    *(f"CKV_DOCKER_{number}" for number in range(1, 12)),
    *(f"CKV2_DOCKER_{number}" for number in range(1, 18)),
]
DOCKLE = [
    *(f"CIS-DI-{number:04}" for number in range(1, 12)),
    *(f"DKL-DI-{number:04}" for number in range(1, 7)),
    *(f"DKL-LI-{number:04}" for number in range(1, 4)),
]
PEERS = [
    *(f"hadolint:{name}" for name in HADOLINT),
    *(f"trivy:{name}" for name in TRIVY),
    *(f"checkov:{name}" for name in CHECKOV),
    *(f"dockle:{name}" for name in DOCKLE),
]


@pytest.mark.parametrize("alias", PEERS)
def test_a_peers_check_is_covered_or_left_out_for_a_reason(alias: str) -> None:
    is_covered = any(alias in rule.aliases for rule in all_rules())
    assert is_covered != (alias in LEFT_OUT)


def test_a_reason_names_only_rules_that_exist() -> None:
    for reason in LEFT_OUT.values():
        for word in reason.split("`")[1::2]:
            assert " " in word or "-" not in word or word in by_id(), word
