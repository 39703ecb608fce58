"""Scans in pipelines: that there is one, that it can fail the job, that it scans at all."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Confidence, Evidence, Hit, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.rules.practices import SCANNED_IN_CI
from seawall.rules.scanning.deeds import Deed, pushes, subcommand
from seawall.rules.scanning.scanners import scans
from seawall.surfaces.repository.workflows import Pipelines


def _unscanned(pipelines: Pipelines, _: Settings) -> Iterator[Hit]:
    pushed = pushes(pipelines)
    if not pushed or scans(pipelines) or _includes_scan(pipelines):
        return
    first = pushed[0]
    unseen = [cell.value or "" for workflow in pipelines.workflows for cell in workflow.unseen]
    yield Hit(
        first,
        f"the job {first.job.name} pushes an image ({first.what}), and no pipeline of this "
        "repository scans one" + (" as far as it can be seen" if unseen else ""),
        "pipelines/no scan",
        label="pushed without a scan",
        verdict=Verdict.UNKNOWN if unseen else Verdict.FAIL,
        evidence=(
            *(Evidence(f"pushes: {deed.what}", deed.place.line) for deed in pushed[1:3]),
            *(Evidence(f"stands elsewhere: {name}") for name in unseen[:3]),
        ),
    )


def _includes_scan(pipelines: Pipelines) -> bool:
    """Whether a workflow or template from elsewhere says by its name that it scans."""
    unseen = (cell.value or "" for workflow in pipelines.workflows for cell in workflow.unseen)
    return any("scan" in name.lower() or "trivy" in name.lower() for name in unseen)


def _powerless(pipelines: Pipelines, _: Settings) -> Iterator[Hit]:
    strict = {scan.deed.workflow.source.path for scan in scans(pipelines) if not scan.weakness}
    for scan in scans(pipelines):
        deed = scan.deed
        if scan.weakness and deed.workflow.source.path not in strict:
            yield Hit(
                deed,
                f"the scan ({deed.what}) can't fail the job: {scan.weakness}",
                deed.symbol,
                label="can't fail the job",
                weaker="its result is uploaded, where a rule of the branch may stop the merge"
                if scan.is_uploaded
                else "",
            )


def _gone(pipelines: Pipelines, _: Settings) -> Iterator[Hit]:
    for workflow, job, step in pipelines.steps():
        for command in step.commands:
            if command.name == "docker" and subcommand(command)[:1] == ("scan",):
                deed = Deed(workflow, job, step, step.place_of(command), "docker scan")
                yield Hit(
                    deed,
                    "`docker scan` is gone from Docker: the step fails or, where that is "
                    "tolerated, scans nothing",
                    deed.symbol,
                    label="no such command",
                )


_GITHUB = "=== .github/workflows/ci.yml\non: push\njobs:\n  image:\n    steps:\n"
_PUSH = "      - run: docker build -t acme/app . && docker push acme/app\n"
_SCAN = "      - run: trivy image --exit-code 1 --severity HIGH,CRITICAL acme/app\n"
_GITLAB = "=== .gitlab-ci.yml\nimage:\n  script:\n    - docker build -t app .\n"

RULES = (
    Rule(
        id="push-without-scan",
        title="A pipeline pushes images that nothing scans",
        practice=SCANNED_IN_CI,
        risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
        confidence=Confidence.MEDIUM,
        on={Pipelines: _unscanned},
        bad=(
            _GITHUB + _PUSH,
            _GITHUB + "      - uses: docker/build-push-action@v6\n        with: {push: true}\n",
            _GITLAB.replace("image:", "build:") + "    - docker push app\n",
        ),
        good=(
            _GITHUB + _SCAN + _PUSH,
            _GITHUB + "      - uses: docker/build-push-action@v6\n        with: {push: false}\n",
            _GITHUB + _PUSH + "      - uses: anchore/scan-action@v6\n",
            "=== .gitlab-ci.yml\ninclude:\n  - template: Jobs/Container-Scanning.gitlab-ci.yml\n"
            "build:\n  script:\n    - docker push app\n",
            _GITHUB + "      - run: docker compose build && make test\n",
        ),
    ),
    Rule(
        id="scan-cannot-fail",
        title="A scan that can't fail the job",
        practice=SCANNED_IN_CI,
        risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
        on={Pipelines: _powerless},
        bad=(
            _GITHUB + "      - run: trivy image --exit-code 1 acme/app || true\n",
            _GITHUB + "      - run: trivy image acme/app\n",
            _GITHUB + "      - run: grype acme/app\n        continue-on-error: true\n",
            _GITHUB + "      - uses: aquasecurity/trivy-action@v0.35.0\n        with:\n"
            "          image-ref: acme/app\n",
            _GITHUB + "      - uses: anchore/scan-action@v6\n        with: {fail-build: false}\n",
            _GITHUB + "      - run: trivy image --exit-code 1 acme/app | tee report.txt\n",
            _GITHUB + "      - run: docker run --rm aquasec/trivy:0.60.0 image --exit-code=0 app\n",
            "=== .gitlab-ci.yml\nscan:\n  allow_failure: true\n  script:\n"
            "    - snyk container test app\n",
        ),
        good=(
            _GITHUB + _SCAN,
            _GITHUB + "      - run: trivy image acme/app --format table\n" + _SCAN,
            _GITHUB + "      - run: trivy image --exit-code 1 acme/app || exit 1\n",
            _GITHUB + "      - run: trivy image acme/app\n        env: {TRIVY_EXIT_CODE: 1}\n",
            _GITHUB + "      - run: grype acme/app --fail-on high\n",
            _GITHUB + "      - uses: aquasecurity/trivy-action@v0.35.0\n        with:\n"
            "          exit-code: '1'\n",
            _GITHUB + "      - shell: bash\n        run: trivy image --exit-code 1 app | tee r\n",
            _GITHUB + "      - run: trivy config .\n",
            "=== .gitlab-ci.yml\nscan:\n  script:\n    - trivy image --exit-code 1 app | tee r\n",
        ),
    ),
    Rule(
        id="docker-scan-gone",
        title="A pipeline calls docker scan, which is gone",
        practice=SCANNED_IN_CI,
        risk=Risk(Needs.FAULT, Gains.PRIVILEGE),
        on={Pipelines: _gone},
        bad=(
            _GITHUB + "      - run: docker scan myapp\n",
            _GITHUB + "      - run: |\n          docker scan myapp --severity high || exit 1\n",
        ),
        good=(_GITHUB + _SCAN, _GITHUB + "      - run: docker scout cves --exit-code myapp\n"),
        remedy="Call a scanner that is there, e.g. `trivy image --exit-code 1 --severity "
        "HIGH,CRITICAL …` or `grype … --fail-on high`.",
    ),
)
