"""Scanning from end to end: archives in a directory, a store of made-up advisories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from advisory_data import affected, build, record, write_tree
from archives import classic, config_of, packed

from seawall.cli.main import main
from seawall.core.model import Severity
from seawall.jobs.inspection import Inspection
from seawall.jobs.scan import Scan, ScanOptions, scan

STATUS = """\
Package: openssl
Status: install ok installed
Version: 3.0.11-1
Architecture: amd64
Maintainer: Debian
Description: a library

"""
OS_RELEASE = b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n'
BASE = {"etc/os-release": OS_RELEASE, "var/lib/dpkg/status": STATUS.encode()}
APP = {"app/lib/flask-2.0.0.dist-info/METADATA": b"Name: Flask\nVersion: 2.0.0\n"}


@pytest.fixture(scope="session")
def warm_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests: compiling the formats of credentials takes a second."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, warm_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_CACHE_DIR", str(warm_cache))
    monkeypatch.setenv("SEAWALL_DB", str(tmp_path / "none.sqlite"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> str:
    osv = {
        "Debian": [
            record(
                "CVE-2026-0001",
                affected("Debian:12", "openssl", "introduced=0", "fixed=3.0.15-1"),
                summary="a buffer overread",
                severity=[
                    {
                        "type": "CVSS_V3",
                        "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                    }
                ],
            ),
            record("CVE-2026-0002", affected("Debian:12", "openssl", "introduced=0")),
        ],
        "PyPI": [
            record(
                "PYSEC-1",
                affected("PyPI", "flask", "introduced=0", "fixed=2.2.5"),
                aliases=["CVE-2026-0003"],
            ),
        ],
    }
    folder = write_tree(tmp_path / "feeds", osv, exploited={"CVE-2026-0003": "2026-02-01"})
    build(folder, tmp_path / "store.sqlite")
    return str(tmp_path / "store.sqlite")


def archive(path: Path, *layers: dict[str, bytes], **config: Any) -> str:
    tars = [packed(layer) for layer in layers]
    path.write_bytes(packed(classic(tars, config=config_of(tars, **config))))
    return str(path)


def scanned(target: str, **options: Any) -> Scan:
    return scan([target], ScanOptions(**options))


def test_flaws_of_packages_are_findings_with_layer_and_fix(tmp_path: Path, store: str) -> None:
    report = scanned(archive(tmp_path / "app.tar", BASE, APP), store=store).report
    found = {f.flaw.id: f for f in report.findings if f.flaw}
    assert set(found) == {"CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"}
    openssl = found["CVE-2026-0001"]
    assert (openssl.rule, openssl.severity) == ("vulnerable-package", Severity.CRITICAL)
    assert openssl.flaw is not None
    assert openssl.flaw.fixed == ("3.0.15-1",)
    assert openssl.flaw.package == "pkg:deb/debian/openssl@3.0.11-1?arch=amd64&distro=debian-12"
    assert openssl.layer is not None
    assert (openssl.layer.index, openssl.layer.instruction) == (0, "RUN step-0")
    assert found["CVE-2026-0002"].rule == "unfixed-vulnerability"
    assert found["CVE-2026-0003"].layer is not None
    assert found["CVE-2026-0003"].layer.index == 1


def test_what_attackers_use_comes_first_and_is_critical(tmp_path: Path, store: str) -> None:
    report = scanned(archive(tmp_path / "app.tar", BASE, APP), store=store).report
    first = next(f for f in report.findings if f.flaw)
    assert (first.rule, first.severity) == ("exploited-vulnerability", Severity.CRITICAL)
    assert any("CISA" in link.what for link in first.evidence)


def test_only_fixed_leaves_out_what_nobody_can_mend(tmp_path: Path, store: str) -> None:
    target = archive(tmp_path / "app.tar", BASE, APP)
    report = scanned(target, store=store, only_fixed=True).report
    assert {f.flaw.id for f in report.findings if f.flaw} == {"CVE-2026-0001", "CVE-2026-0003"}


def test_without_advisories_the_run_is_no_pass(tmp_path: Path) -> None:
    report = scanned(archive(tmp_path / "app.tar", BASE)).report
    assert any("no advisory data" in problem.reason for problem in report.problems)
    assert report.exit_code(Severity.CRITICAL) == 2


def test_an_ecosystem_that_the_store_lacks_is_said(tmp_path: Path, store: str) -> None:
    files = {"app/node_modules/left-pad/package.json": b'{"name":"left-pad","version":"1.0.0"}'}
    report = scanned(archive(tmp_path / "app.tar", BASE, files), store=store).report
    assert any("npm" in problem.reason for problem in report.problems)


def test_a_package_that_a_later_layer_removes_is_not_matched(tmp_path: Path, store: str) -> None:
    gone = {"app/lib/.wh.flask-2.0.0.dist-info": b""}
    report = scanned(archive(tmp_path / "app.tar", BASE, APP, gone), store=store).report
    assert "CVE-2026-0003" not in {f.flaw.id for f in report.findings if f.flaw}


def test_a_vex_document_excuses_and_is_quoted(tmp_path: Path, store: str) -> None:
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://example.org/1",
        "author": "us",
        "timestamp": "2026-01-01T00:00:00Z",
        "version": 1,
        "statements": [
            {
                "vulnerability": {"name": "CVE-2026-0001"},
                "products": [{"@id": "pkg:deb/debian/openssl"}],
                "status": "not_affected",
                "justification": "vulnerable_code_not_present",
            }
        ],
    }
    (tmp_path / "vex.json").write_text(json.dumps(document))
    target = archive(tmp_path / "app.tar", BASE)
    report = scanned(target, store=store, vex=("vex.json",)).report
    (finding,) = [f for f in report.findings if f.flaw and f.flaw.id == "CVE-2026-0001"]
    assert finding.suppressed is not None
    assert finding.suppressed.kind == "vex"
    assert "vulnerable_code_not_present" in finding.suppressed.reason


def test_findings_keep_their_identity_from_tag_to_tag(tmp_path: Path, store: str) -> None:
    def prints(tag: str) -> set[str]:
        tars = [packed(BASE)]
        path = tmp_path / f"{tag}.tar"
        path.write_bytes(packed(classic(tars, (f"acme/app:{tag}",))))
        return {f.fingerprint for f in scanned(str(path), store=store).report.findings}

    assert prints("1") == prints("2") != set()


def test_advice_groups_by_what_to_do(tmp_path: Path, store: str) -> None:
    report = scanned(archive(tmp_path / "app.tar", BASE, APP), store=store).report
    (image,) = report.images
    kinds = [advice.kind for advice in image.advice]
    assert kinds[-1] == "wait"
    assert "upgrade" in kinds
    lines = [line for advice in image.advice for line in advice.lines]
    assert any("pip install" in line and ">=2.2.5" in line for line in lines)
    assert image.packages == {"deb": 1, "pypi": 1}


def test_one_bad_image_costs_the_others_nothing(tmp_path: Path, store: str) -> None:
    (tmp_path / "bad.tar").write_bytes(b"no archive")
    good = archive(tmp_path / "app.tar", BASE)
    report = scan([str(tmp_path / "bad.tar"), good], ScanOptions(store=store)).report
    assert any(problem.target.endswith("bad.tar") for problem in report.problems)
    assert any(f.flaw for f in report.findings)


def entries(cache: Path) -> set[Path]:
    return set((cache / "entries").glob("*"))


def test_a_second_scan_says_the_same_from_the_cache(
    tmp_path: Path, store: str, warm_cache: Path
) -> None:
    own = {"app/unique-to-this-test": b"x"}
    target = archive(tmp_path / "app.tar", BASE, own)
    before = entries(warm_cache)
    first = scanned(target, store=store).report
    after = entries(warm_cache)
    assert after > before
    assert scanned(target, store=store).report == first
    assert entries(warm_cache) == after


def test_nothing_is_cached_where_that_is_not_wanted(
    tmp_path: Path, store: str, warm_cache: Path
) -> None:
    target = archive(tmp_path / "app.tar", BASE, {"app/another": b"y"})
    before = entries(warm_cache)
    scanned(target, store=store, inspection=Inspection(uses_cache=False))
    assert entries(warm_cache) == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "no image to scan"),
        (["--only", "packges", "x.tar"], 2, "packages"),
        (["--platform", "linux/", "x.tar"], 2, "platform"),
        (["--offline", "acme/app:1"], 2, "--offline"),
        (["--vex", "none.json", "x.tar"], 2, "none.json"),
        (["nothing.tar/", "--offline"], 2, "nothing.tar"),
    ],
)
def test_a_command_line_that_cannot_be_served_is_explained(
    arguments: list[str], code: int, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["scan", *arguments]) == code
    out, err = capfd.readouterr()
    assert said in out + err
    assert "Traceback" not in err


def test_the_command_exits_by_the_contract(
    tmp_path: Path, store: str, capfd: pytest.CaptureFixture[str]
) -> None:
    target = archive(tmp_path / "app.tar", BASE)
    assert main(["scan", target, "--db", store, "-o", "json"]) == 1
    document = json.loads(capfd.readouterr().out)
    assert {row["flaw"]["id"] for row in document["findings"] if "flaw" in row} == {
        "CVE-2026-0001",
        "CVE-2026-0002",
    }
    only_low = {"etc/os-release": OS_RELEASE}
    assert main(["scan", archive(tmp_path / "os.tar", only_low), "--db", store]) == 0


def test_a_removed_package_database_is_no_pass(tmp_path: Path, store: str) -> None:
    gone = {"var/lib/dpkg/.wh.status": b""}
    report = scanned(archive(tmp_path / "app.tar", BASE, gone), store=store).report
    assert any("removes the package database" in problem.reason for problem in report.problems)


def test_credentials_are_revoked_before_anything_is_upgraded(tmp_path: Path, store: str) -> None:
    token = "xoxb" + "-204861735920-731946028175-" + "aB3dE5gH7jK9mN1pQ3sT5vX7"
    env = {"app/.env": f"SLACK_TOKEN={token}\n".encode()}
    report = scanned(archive(tmp_path / "app.tar", BASE, APP, env), store=store).report
    kinds = [advice.kind for advice in report.images[0].advice]
    assert kinds[0] == "rotate"
    assert "upgrade" in kinds


def policy(until: str) -> str:
    return (
        '[[waivers]]\nrule = "vulnerable-package"\nsymbol = "deb/openssl CVE-2026-0001"\n'
        f'until = {until}\nreason = "not reachable: the port is closed"\n'
    )


def test_a_waiver_accepts_one_flaw_of_one_package(tmp_path: Path, store: str) -> None:
    (tmp_path / "seawall.toml").write_text(policy("2099-01-01"))
    report = scanned(archive(tmp_path / "app.tar", BASE), store=store).report
    accepted = {f.flaw.id for f in report.findings if f.suppressed and f.flaw}
    assert accepted == {"CVE-2026-0001"}
    assert "CVE-2026-0002" in {f.flaw.id for f in report.active if f.flaw}


def test_an_expired_waiver_no_longer_holds_and_is_said(tmp_path: Path, store: str) -> None:
    (tmp_path / "seawall.toml").write_text(policy("2026-01-01"))
    report = scanned(archive(tmp_path / "app.tar", BASE), store=store).report
    assert "CVE-2026-0001" in {f.flaw.id for f in report.active if f.flaw}
    assert any("expired on 2026-01-01" in notice.message for notice in report.notices)


def test_a_baseline_of_an_image_lets_its_findings_pass(
    tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEAWALL_DB", store)
    target = archive(tmp_path / "app.tar", BASE)
    assert main(["scan", target]) == 1
    assert main(["baseline", "--image", target, "--output", "images.json"]) == 0
    assert main(["scan", target, "--baseline", "images.json"]) == 0
    newer = archive(tmp_path / "app.tar", BASE, APP)
    assert main(["scan", newer, "--baseline", "images.json"]) == 1
    assert "CVE-2026-0003" in capfd.readouterr().out


def test_a_baseline_is_of_paths_or_of_images(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", ".", "--image", "app.tar"]) == 2
    assert "one of them" in capfd.readouterr().err


def test_an_image_that_is_not_there_has_no_checklist(tmp_path: Path) -> None:
    report = scanned(str(tmp_path / "none.tar/")).report
    assert report.problems
    assert report.checklist == ()
