"""The checklist for an image: what its rules show, and what no image can show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from advisory_data import affected, build, record, write_tree
from archives import classic, config_of, packed

from seawall.core.model import ChecklistRow
from seawall.core.report import Report
from seawall.jobs.inspection import FILES, PACKAGES, SECRETS, Inspection
from seawall.jobs.scan import ScanOptions, scan
from seawall.reports import RenderOptions, render

PASSWD = b"root:x:0:0:root:/root:/bin/sh\napp:x:999:999::/:/usr/sbin/nologin\n"
OS_RELEASE = b'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13"\n'
BASE = {"etc/passwd": PASSWD, "etc/os-release": OS_RELEASE}
NOT_SHOWN = {
    "Official or verified base image",
    "Specific version tags",
    "Read-only filesystem",
    "Capabilities dropped",
    "Resource limits set",
    "Network isolated",
    ".dockerignore configured",
    "Secrets externalized",
    "Logging configured",
    "Monitoring enabled",
    "Regular updates",
    "Backup strategy",
    "Incident response plan",
}
SETTINGS = {
    "User": "app",
    "Cmd": ["/app"],
    "ExposedPorts": {"8080/tcp": {}},
    "Healthcheck": {"Test": ["CMD", "/app", "ping"]},
}


@pytest.fixture(scope="session")
def warm_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests: compiling the formats of credentials takes a second."""
    return tmp_path_factory.mktemp("checklist-cache")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, warm_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_CACHE_DIR", str(warm_cache))
    monkeypatch.setenv("SEAWALL_DB", str(tmp_path / "none.sqlite"))
    monkeypatch.chdir(tmp_path)


def archive(*layers: dict[str, bytes], tag: str = "app:1", **config: Any) -> str:
    tars = [packed(layer) for layer in layers]
    Path("app.tar").write_bytes(packed(classic(tars, (tag,), config_of(tars, **config))))
    return "app.tar"


def run(target: str, **options: Any) -> Report:
    return scan([target], ScanOptions(**options)).report


def item(report: Report, name: str) -> ChecklistRow:
    (row,) = (row for row in report.checklist if row.item == name)
    return row


def named(report: Report, verdict: str) -> set[str]:
    return {row.item for row in report.checklist if row.verdict == verdict}


def test_a_sound_image_passes_what_an_image_can_show() -> None:
    report = run(archive(BASE, config=SETTINGS))
    assert named(report, "unknown") == NOT_SHOWN
    assert named(report, "fail") == set()
    assert "runs as `app` (uid 999)" in item(report, "Non-root user").evidence
    assert "has a health check" in item(report, "Health checks enabled").evidence


def test_what_is_wrong_fails_its_item() -> None:
    leak = {"app/settings.py": b'GITHUB_TOKEN = "ghp_a8Kd0sJf2LqPz7XcVb4NmTy6RwEu1HgQ9iOk"\n'}
    report = run(archive(BASE, leak, config={"Cmd": ["/app"], "ExposedPorts": {"80/tcp": {}}}))
    assert {"Non-root user", "Health checks enabled"} <= named(report, "fail")


def test_without_advisories_only_the_scan_of_packages_is_open() -> None:
    status = b"Package: x\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"
    report = run(archive({**BASE, "var/lib/dpkg/status": status}, config=SETTINGS))
    assert report.problems
    assert named(report, "unknown") == {*NOT_SHOWN, "Vulnerability scan passed"}


def test_a_file_that_could_not_be_read_leaves_every_item_of_the_image_open() -> None:
    report = run(archive({**BASE, "etc/shadow": b"root:*\n" * 20_001}, config=SETTINGS))
    assert report.problems
    assert item(report, "No secrets in layers").verdict == "unknown"


@pytest.mark.parametrize(
    ("parts", "open_items"),
    [
        ((PACKAGES, FILES), {"No secrets in layers"}),
        (
            (PACKAGES, SECRETS),
            {
                "Multi-stage build used",
                "Minimal dependencies",
                "No build tools in final image",
                "Proper file permissions",
                "Non-root user",
            },
        ),
        ((SECRETS, FILES), {"Vulnerability scan passed", "Minimal base (alpine/distroless)"}),
    ],
)
def test_what_was_not_looked_for_is_not_passed(
    parts: tuple[str, ...], open_items: set[str]
) -> None:
    report = run(archive(BASE, config=SETTINGS), inspection=Inspection(parts=parts))
    assert named(report, "unknown") == NOT_SHOWN | open_items


def test_an_image_that_serves_nothing_says_nothing_of_its_health() -> None:
    report = run(archive(BASE, config={"User": "app", "Cmd": ["/app"]}))
    row = item(report, "Health checks enabled")
    assert row.verdict == "unknown"
    assert "names no port" in row.evidence


def test_a_base_that_the_image_names_is_shown() -> None:
    labels = {
        "org.opencontainers.image.base.name": "docker.io/library/debian:13.1-slim",
        "org.opencontainers.image.base.digest": f"sha256:{'0' * 64}",
    }
    report = run(archive(BASE, config={**SETTINGS, "Labels": labels}))
    row = item(report, "Official or verified base image")
    assert row.verdict == "pass"
    assert "`debian:13.1-slim`" in row.evidence


def test_a_base_of_somebody_is_not_shown_to_be_official() -> None:
    labels = {"org.opencontainers.image.base.name": "ghcr.io/acme/base:1.2.3"}
    report = run(archive(BASE, config={**SETTINGS, "Labels": labels}))
    assert item(report, "Official or verified base image").verdict == "unknown"


def test_a_distribution_of_which_no_end_is_known_is_said() -> None:
    release = b'ID=unheard\nVERSION_ID="7"\nPRETTY_NAME="Unheard 7"\n'
    report = run(archive({**BASE, "etc/os-release": release}, config=SETTINGS), standard="owasp")
    assert any("no end of life is known of Unheard 7" in row.evidence for row in report.checklist)


def test_no_instruction_that_goes_with_a_finding_gives_a_secret_away(tmp_path: Path) -> None:
    steps = [
        "RUN |1 TOKEN=q9Zt4rXw7LmB2kVc /bin/sh -c curl -u ci:hunter2 https://e.org/x # buildkit",
        "COPY . / # buildkit",
    ]
    tool = {"usr/local/bin/tool": b"x"}
    target = archive(
        BASE,
        tool,
        config={"Cmd": ["/app"], "Env": ["ADMIN_PASSWORD=hunter2"]},
        history=[{"created_by": step} for step in steps],
    )
    report = run(target)
    for form in ("json", "text", "html", "sarif"):
        shown = render(form, report, RenderOptions())
        assert "hunter2" not in shown
        assert "q9Zt4rXw7LmB2kVc" not in shown
    found = json.loads(render("json", report, RenderOptions()))["findings"]
    assert any(row["rule"] == "secret-in-build-arg" for row in found)


def test_flaws_that_are_left_out_keep_the_item_open(tmp_path: Path) -> None:
    osv = {"Debian": [record("CVE-2026-2", affected("Debian:13", "x", "introduced=0"))]}
    build(write_tree(tmp_path / "feeds", osv), tmp_path / "store.sqlite")
    status = b"Package: x\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"
    target = archive({**BASE, "var/lib/dpkg/status": status}, config=SETTINGS)
    report = run(target, store=str(tmp_path / "store.sqlite"), only_fixed=True)
    assert not any(finding.flaw for finding in report.findings)
    assert item(report, "Vulnerability scan passed").verdict == "unknown"
