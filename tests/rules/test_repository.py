"""Rules on repositories and pipelines: what they say, and cases that only look like a fault."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from layouts import git, lay_out, pipelines_of, repository_of

from seawall.core.model import Confidence, Hit, Verdict
from seawall.core.rule import Settings
from seawall.core.source import Source
from seawall.rules import by_id
from seawall.rules.build.context import patterns_for
from seawall.rules.secrets.held import held
from seawall.surfaces.dockerfile import read
from seawall.surfaces.repository import Build, Repository
from seawall.surfaces.repository.reader import read_repository
from seawall.surfaces.repository.workflows import Pipelines

SETTINGS = Settings(date(2026, 11, 24))
KEY = b"-----BEGIN RSA PRIVATE KEY-----\n"
DOCKERFILE = "=== Dockerfile\nFROM debian:12.5\nCOPY . /app\n"


def in_repository(rule: str, text: str, root: Path) -> list[Hit]:
    return list(by_id()[rule].on[Repository](repository_of(text, root), SETTINGS))


def in_steps(rule: str, steps: str, root: Path, job: str = "") -> list[Hit]:
    head = "=== .github/workflows/ci.yml\non: push\njobs:\n  image:\n"
    text = f"{head}{job}    steps:\n{steps}"
    return list(by_id()[rule].on[Pipelines](pipelines_of(text, root), SETTINGS))


@pytest.mark.parametrize(
    ("path", "content", "confidence"),
    [
        ("server.key", KEY, Confidence.HIGH),
        ("app.pem", KEY, Confidence.HIGH),
        ("app.pem", b"-----BEGIN CERTIFICATE-----\n", None),
        ("app.key", b"\x30\x82\x04\xa4 der", Confidence.MEDIUM),
        ("id_rsa", b"ssh-rsa AAAA", None),
        ("id_rsa", b"", None),
        ("id_rsa", None, Confidence.HIGH),
        ("store.p12", b"\x30\x82", Confidence.HIGH),
        (".env", b"PASSWORD=v7Qm2xLp9Rt4\n", Confidence.HIGH),
        (".env", b"PASSWORD=postgres\n", Confidence.MEDIUM),
        (".env", b"PORT=3000\n", Confidence.LOW),
        (".env", b"#/-- dotenvx --/\nA=encrypted:BDqDBibm4wsYqMpCjTQ6BsDHmMadg9K3dAt+Z9HP\n", None),
        (".npmrc", b"save-exact=true\n", None),
        ("secrets.yml", b"$ANSIBLE_VAULT;1.1;AES256\n", None),
        ("credentials.json", b"{}", Confidence.HIGH),
        ("README.md", KEY, None),
    ],
)
def test_a_secret_file_is_one_by_its_name_and_by_what_it_holds(
    path: str, content: bytes | None, confidence: Confidence | None
) -> None:
    found = held(path, lambda _: content)
    assert (found.confidence if found else None) is confidence


def test_the_content_is_asked_for_only_where_the_name_tells_of_a_secret() -> None:
    def fail(path: str) -> bytes:
        raise AssertionError(path)

    assert held("src/app.py", fail) is None


def test_a_copy_says_what_it_brings_and_how_to_keep_it_out(tmp_path: Path) -> None:
    text = DOCKERFILE + "".join(f"=== k{n}/server.key\n{KEY.decode()}" for n in range(7))
    (hit,) = in_repository("secret-in-context", text, tmp_path)
    assert "and 2 more into the image" in hit.message
    assert "`k0/server.key`" in hit.remedy
    assert hit.confidence is Confidence.HIGH


def test_a_stage_that_only_feeds_the_image_weighs_less(tmp_path: Path) -> None:
    text = (
        "=== Dockerfile\nFROM debian:12.5 AS b\nCOPY . /app\nFROM debian:12.5\n"
        "COPY --from=b /app/x /x\n=== .git/config\nx\n"
    )
    (hit,) = in_repository("history-in-context", text, tmp_path)
    assert hit.weaker


def test_what_is_measured_is_told_in_sizes_for_people(tmp_path: Path) -> None:
    text = f"{DOCKERFILE}=== node_modules/a.js\n{'x' * 1500}\n=== dist/b\n{'y' * 2_100_000}\n"
    (hit,) = in_repository("no-dockerignore", text, tmp_path)
    assert "node_modules (1 file, 1.5 KB)" in hit.message
    assert "dist (1 file, 2.1 MB)" in hit.message


def test_a_file_that_buildkit_refuses_is_one_finding_and_nothing_else(tmp_path: Path) -> None:
    lay_out(DOCKERFILE + "=== .dockerignore\n[\n=== .env\nPASSWORD=v7Qm2xLp9Rt4\n", tmp_path)
    facts = read(Source("Dockerfile", "FROM debian:12.5\nCOPY . /app\n"))
    build = Build(facts, str(tmp_path / "Dockerfile"))
    repository = read_repository(tmp_path, [build, build])
    rules = ("dockerignore-invalid", "secret-in-context", "no-dockerignore", "history-in-context")
    found = [len(list(by_id()[rule].on[Repository](repository, SETTINGS))) for rule in rules]
    assert found == [1, 0, 0, 0]


def test_a_build_that_is_named_twice_is_one_finding(tmp_path: Path) -> None:
    lay_out(DOCKERFILE + "=== .env\nPASSWORD=v7Qm2xLp9Rt4\n", tmp_path)
    facts = read(Source("Dockerfile", "FROM debian:12.5\nCOPY . /app\n"))
    build = Build(facts, str(tmp_path / "Dockerfile"))
    repository = read_repository(tmp_path, [build, build])
    assert len(list(by_id()["secret-in-context"].on[Repository](repository, SETTINGS))) == 1


def test_a_context_that_is_guessed_is_less_sure(tmp_path: Path) -> None:
    text = (
        "=== docker/Dockerfile\nFROM debian:12.5\nCOPY src /a\n=== src/.env\nPASSWORD=v7Qm2xLp9R\n"
    )
    (hit,) = in_repository("secret-in-context", text, tmp_path)
    assert hit.confidence is Confidence.MEDIUM


def test_the_lines_of_a_dockerignore_name_each_thing_once() -> None:
    paths = [".env", "a/.env.local", ".git", "a[1].key", ".env*", "*.pem"]
    assert patterns_for(paths) == ["**/.env*", "**/*.pem", ".git", "a\\[1].key"]


def test_a_tracked_file_that_is_gone_from_the_tree_is_still_in_every_clone(tmp_path: Path) -> None:
    lay_out("=== id_rsa (tracked)\n" + KEY.decode(), tmp_path)
    (tmp_path / "id_rsa").unlink()
    check = by_id()["secret-file-tracked"].on[Repository]
    assert len(list(check(read_repository(tmp_path), SETTINGS))) == 1


def test_secret_files_among_tests_weigh_less(tmp_path: Path) -> None:
    text = "=== tests/fixtures/server.key (tracked)\n" + KEY.decode()
    (hit,) = in_repository("secret-file-tracked", text, tmp_path)
    assert hit.weaker == "it stands below tests/"


def test_an_index_that_was_not_read_accuses_nobody_of_not_ignoring(tmp_path: Path) -> None:
    lay_out("=== .env\nPASSWORD=v7Qm2xLp9Rt4\n=== a (tracked)\n\n", tmp_path)
    check = by_id()["secret-file-unignored"].on[Repository]
    assert len(list(check(read_repository(tmp_path), SETTINGS))) == 1
    git(tmp_path, "update-index", "--split-index")
    assert list(check(read_repository(tmp_path), SETTINGS)) == []


SCANS_THAT_FAIL = [
    "      - run: trivy i --exit-code=1 app\n",
    "      - run: snyk container test app\n",
    "      - run: snyk test --docker app\n",
    "      - run: docker scout cves -e app\n",
    "      - run: grype -f high app\n",
    "      - run: grype app\n        env: {GRYPE_FAIL_ON_SEVERITY: high}\n",
    "      - run: podman run ghcr.io/aquasecurity/trivy:0.60 image --exit-code 1 app\n",
    "      - uses: docker/scout-action@v1\n        with: {exit-code: true}\n",
    "      - uses: snyk/actions/docker@v1\n",
    "      - uses: azure/container-scan@v0\n",
    "      - uses: aquasecurity/trivy-action@v1\n        env: {TRIVY_EXIT_CODE: '1'}\n",
    "      - run: |\n          set -o pipefail\n          trivy image --exit-code 1 app | tee x\n",
    "      - run: clairctl report app\n",
    "      - run: clair-scanner app\n",
]
SCANS_THAT_CANNOT = [
    "      - run: docker scout cves app\n",
    "      - run: grype app\n        env: {GRYPE_FAIL_ON_SEVERITY: ''}\n",
    "      - run: trivy image --exit-code 0 app\n",
    "      - run: trivy image app --exit-code\n        continue-on-error: true\n",
    "      - run: snyk container test app || exit 0\n",
    "      - run: snyk container test app || echo found\n",
    "      - uses: docker/scout-action@v1\n",
    "      - uses: snyk/actions/docker@v1\n        continue-on-error: true\n",
]
NO_SCANS = [
    "      - run: grype db update\n",
    "      - run: snyk monitor\n",
    "      - run: docker scout login\n",
    "      - run: docker run alpine trivial\n",
    "      - run: docker ps\n",
    "      - run: anchorectl version\n",
    "      - uses: aquasecurity/trivy-action@v1\n        with: {scan-type: config}\n",
    "      - uses: ./docker-scan\n",
]
PUSH = "      - run: docker push app\n"


@pytest.mark.parametrize("steps", SCANS_THAT_FAIL)
def test_a_scan_that_fails_the_job_is_right(steps: str, tmp_path: Path) -> None:
    assert in_steps("scan-cannot-fail", steps, tmp_path) == []
    assert in_steps("push-without-scan", steps + PUSH, tmp_path) == []


@pytest.mark.parametrize("steps", SCANS_THAT_CANNOT)
def test_a_scan_that_can_not_fail_the_job_is_found_and_is_a_scan(
    steps: str, tmp_path: Path
) -> None:
    assert len(in_steps("scan-cannot-fail", steps, tmp_path)) == 1
    assert in_steps("push-without-scan", steps + PUSH, tmp_path) == []


@pytest.mark.parametrize("steps", NO_SCANS)
def test_what_only_looks_like_a_scan_is_none(steps: str, tmp_path: Path) -> None:
    assert in_steps("scan-cannot-fail", steps, tmp_path) == []
    assert len(in_steps("push-without-scan", steps + PUSH, tmp_path)) == 1


def test_a_job_that_may_fail_and_one_that_is_started_by_hand_can_not_stop_anything(
    tmp_path: Path,
) -> None:
    scan = "      - run: snyk container test app\n"
    (hit,) = in_steps("scan-cannot-fail", scan, tmp_path, "    continue-on-error: true\n")
    assert "allowed to fail" in hit.message
    text = "=== .gitlab-ci.yml\ns: {when: manual, script: snyk container test app}\n"
    manual = tmp_path / "manual"
    (hit,) = by_id()["scan-cannot-fail"].on[Pipelines](pipelines_of(text, manual), SETTINGS)
    assert "by hand" in hit.message


def test_a_scan_whose_result_is_uploaded_weighs_less(tmp_path: Path) -> None:
    steps = "      - uses: aquasecurity/trivy-action@v1\n        with: {format: sarif}\n"
    (hit,) = in_steps("scan-cannot-fail", steps, tmp_path)
    assert hit.weaker


def test_workflows_that_stand_elsewhere_leave_the_verdict_open(tmp_path: Path) -> None:
    text = (
        "=== .github/workflows/ci.yml\njobs:\n  a:\n    steps:\n"
        + PUSH
        + "  b:\n    uses: acme/flows/.github/workflows/checks.yml@v1\n"
    )
    check = by_id()["push-without-scan"].on[Pipelines]
    (hit,) = check(pipelines_of(text, tmp_path), SETTINGS)
    assert hit.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("steps", "is_push"),
    [
        ("      - run: docker buildx build --push -t a .\n", True),
        ("      - run: docker buildx build -o type=registry .\n", True),
        ("      - run: docker compose -f x.yml push\n", True),
        ("      - run: buildah push a\n", True),
        ("      - run: /kaniko/executor --destination a\n", True),
        ("      - run: /kaniko/executor --no-push --destination a\n", False),
        ("      - run: crane push a.tar b\n", True),
        ("      - run: skopeo copy a b\n", True),
        ("      - run: skopeo inspect a\n", False),
        ("      - run: docker buildx build .\n", False),
        ("      - run: git push\n", False),
        (
            "      - uses: docker/build-push-action@v6\n        with: {outputs: type=registry}\n",
            True,
        ),
        (
            "      - uses: docker/build-push-action@v6\n        with: {outputs: type=docker}\n",
            False,
        ),
        ("      - uses: docker/build-push-action@v6\n        with: {push: '${{ x }}'}\n", True),
    ],
)
def test_a_push_is_known_by_its_command(steps: str, is_push: bool, tmp_path: Path) -> None:
    assert bool(in_steps("push-without-signature", steps, tmp_path)) is is_push


def test_a_secret_in_a_build_argument_has_its_exact_place(tmp_path: Path) -> None:
    steps = (
        "      - uses: docker/build-push-action@v6\n        with:\n          build-args: |\n"
        "            A=1\n            T=${{ secrets.T }}\n"
    )
    (hit,) = in_steps("ci-secret-in-build-arg", steps, tmp_path)
    place = hit.at.place  # type: ignore[attr-defined]
    assert place.source.text[place.start : place.end] == "T=${{ secrets.T }}"


def test_a_version_s_tag_weighs_less_than_a_branch(tmp_path: Path) -> None:
    steps = "      - uses: acme/a@v1\n      - uses: acme/b@main\n      - uses: acme/c\n" + PUSH
    found = in_steps("unpinned-action", steps, tmp_path)
    assert [bool(hit.weaker) for hit in found] == [True, False, False]


def test_rules_on_the_same_facts_agree_whoever_is_asked_first(tmp_path: Path) -> None:
    files = "=== .gitignore (tracked)\n*.log\n=== id_rsa (0644)\n" + KEY.decode()
    repository = repository_of(files, tmp_path)
    rules = ("secret-file-unignored", "key-file-readable")
    assert [len(list(by_id()[r].on[Repository](repository, SETTINGS))) for r in rules] == [1, 1]
    text = "=== .gitlab-ci.yml\na: {script: docker push app}\n"
    pipelines = pipelines_of(text, tmp_path / "ci")
    pushes = ("push-without-scan", "push-without-signature")
    assert [len(list(by_id()[r].on[Pipelines](pipelines, SETTINGS))) for r in pushes] == [1, 1]
