"""Records of scans: kept under every digest, found again, and never in the way of a scan."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from seawall.core.source import Source
from seawall.jobs import scan_log
from seawall.jobs.scan_log import ScanRecord, default_directory, keep, last_scan, record
from seawall.surfaces.image.config import ImageConfig
from seawall.surfaces.image.model import Image

ONE, TWO, THREE = (f"sha256:{digit * 64}" for digit in "123")


def made(*digests: str, **more: object) -> ScanRecord:
    time = datetime.now(UTC).isoformat(timespec="seconds")
    return structs.replace(ScanRecord("app:1", digests, ("app:1",), time), **more)


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(tmp_path / "deep" / "scans")


def test_a_scan_is_found_by_each_digest_of_its_image(place: str) -> None:
    done = made(ONE, TWO, exit_code=1, findings={"high": 2})
    keep(done, place)
    assert last_scan(ONE, place) == last_scan(TWO, place) == done
    assert last_scan(THREE, place) is None


def test_the_last_scan_counts(place: str) -> None:
    keep(made(ONE, exit_code=1), place)
    keep(made(ONE, exit_code=0), place)
    found = last_scan(ONE, place)
    assert found is not None
    assert found.exit_code == 0


def test_records_are_their_owner_s_alone(place: str) -> None:
    keep(made(ONE), place)
    (path,) = Path(place).iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert Path(place).stat().st_mode & 0o777 == 0o700
    assert json.loads(path.read_text())["name"] == "app:1"


def test_what_others_could_have_written_counts_as_none(place: str) -> None:
    keep(made(ONE), place)
    (path,) = Path(place).iterdir()
    path.chmod(0o666)
    assert last_scan(ONE, place) is None
    path.chmod(0o600)
    assert last_scan(ONE, place) is not None
    Path(place).chmod(0o777)
    keep(made(TWO), place)
    assert last_scan(TWO, place) is None


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[", b"[" * 100_000, b"\xff" * 100, b"0" * 20_000]
)
def test_a_damaged_record_counts_as_none(place: str, content: bytes) -> None:
    keep(made(ONE), place)
    (path,) = Path(place).iterdir()
    path.write_bytes(content)
    assert last_scan(ONE, place) is None


def test_a_record_of_another_image_counts_as_none(place: str) -> None:
    keep(made(ONE), place)
    (path,) = Path(place).iterdir()
    path.rename(path.with_name(TWO.replace(":", "-") + ".json"))
    assert last_scan(TWO, place) is None


@pytest.mark.parametrize("digest", ["", "sha256:../../etc/passwd", "sha256:1", "app:1"])
def test_what_is_no_digest_names_no_file(place: str, digest: str) -> None:
    keep(made(ONE), place)
    assert last_scan(digest, place) is None


def test_where_nothing_can_be_written_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keep(made(ONE), str(tmp_path / "file" / "scans"))
    keep(made(ONE), "/proc/none/scans")
    keep(made(ONE), "")
    keep(made(), str(tmp_path / "scans"))
    assert not (tmp_path / "scans").exists()


def test_a_name_that_is_no_text_is_kept_readable(place: str) -> None:
    keep(made(ONE, name=os.fsdecode(b"app\xff.tar")), place)
    found = last_scan(ONE, place)
    assert found is not None
    assert found.name.startswith("app")


def test_the_oldest_records_go_first(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_log, "MAX_RECORDS", 10)
    digests = [f"sha256:{number:064x}" for number in range(11)]
    for number, digest in enumerate(digests):
        keep(made(digest), place)
        path = Path(place) / (digest.replace(":", "-") + ".json")
        if path.exists():
            os.utime(path, (number, number) if number < 10 else None)
    kept = [digest for digest in digests if last_scan(digest, place)]
    assert kept == digests[-9:]


def test_the_age_of_a_scan() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    old = made(ONE, time=(now - timedelta(days=12)).isoformat())
    assert old.age(now) == 12
    assert old.age(now - timedelta(days=90)) == 0
    assert made(ONE, time="yesterday").age(now) == float("inf")
    assert made(ONE, time="2026-01-01T00:00:00").age(now) == float("inf")


def test_records_lie_where_states_belong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SEAWALL_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_directory() == str(tmp_path / "seawall" / "scans")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_directory() == str(tmp_path / ".local/state/seawall/scans")
    monkeypatch.setenv("SEAWALL_CACHE_DIR", str(tmp_path / "c"))
    assert default_directory() == str(tmp_path / "c" / "scans")


def test_only_digests_name_an_image() -> None:
    config = ImageConfig()
    image = Image("app", "archive", config, (), Source("app", ""), {}, digest="", config_digest=ONE)
    assert record(image, []).digests == (ONE,)
    assert record(structs.replace(image, config_digest="", digest="x"), []).digests == ()
