"""The practices are those of the source document, each with a reason, a remedy and an authority."""

from __future__ import annotations

import pytest

from seawall.core.rule import Chapter, Practice
from seawall.rules import practices
from seawall.rules.practices import ALL
from seawall.rules.practices.checklist import CHECKLIST

IDS = """
official-base-image pinned-base-image supported-base-image no-known-vulnerabilities
minimal-base-image non-root-user read-only-rootfs dropped-capabilities no-new-privileges
limited-memory limited-cpu limited-pids limited-files isolated-from-host segmented-networks
minimal-exposure tls-in-transit no-hardcoded-secrets injected-secrets env-files-private
multi-stage-build minimal-packages no-setuid-binaries trusted-downloads dockerignore
patched-packages least-privilege-files file-permissions bounded-logging no-secrets-in-logs
health-check scanned-in-ci scanned-at-runtime signed-images verified-images monitored updated
backed-up response-plan cis-docker owasp-docker-top10 nist-800-190 respond
"""

each_practice = pytest.mark.parametrize("practice", ALL, ids=lambda practice: practice.id)


def test_no_practice_of_the_source_document_is_left_out_and_none_is_made_up() -> None:
    assert [practice.id for practice in ALL] == IDS.split()


@each_practice
def test_a_practice_says_why_and_what_to_do_in_sentences(practice: Practice) -> None:
    for text in (practice.statement, practice.why, practice.remedy):
        assert text[0].isupper() or text[0] in "`."
        assert text.endswith((".", "`."))
    assert len(practice.why) > 80


@each_practice
def test_a_practice_cites_an_authority(practice: Practice) -> None:
    assert practice.citations
    assert len(set(practice.citations)) == len(practice.citations)


@each_practice
def test_a_practice_has_a_constant_that_is_named_after_it(practice: Practice) -> None:
    assert getattr(practices, practice.id.upper().replace("-", "_")) is practice


@each_practice
def test_a_practice_names_a_checklist_item_that_it_settles(practice: Practice) -> None:
    items = [item.text for item in CHECKLIST if practice in item.practices]
    assert practice.checklist in items or (
        practice.chapter is Chapter.COMPLIANCE and not practice.checklist and not items
    )


def test_the_checklist_has_the_22_items_in_four_levels() -> None:
    levels = [item.level for item in CHECKLIST]
    assert len(CHECKLIST) == len({item.text for item in CHECKLIST}) == 22
    assert list(dict.fromkeys(levels)) == ["Image", "Runtime", "Build", "Operations"]
    assert [levels.count(level) for level in dict.fromkeys(levels)] == [6, 6, 5, 5]
    assert all(item.practices for item in CHECKLIST)


def test_what_time_has_overtaken_is_said_where_it_is_explained() -> None:
    by_id = {practice.id: practice for practice in ALL}
    for name in ("no-known-vulnerabilities", "scanned-in-ci"):
        assert "docker scan" in by_id[name].why
    for name in ("signed-images", "verified-images"):
        assert "DOCKER_CONTENT_TRUST" in by_id[name].why
    assert "Alpine 3.18" in by_id["supported-base-image"].why
