"""Start-up counts: what a command imports, and what it must not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

FORBIDDEN = {
    *("rich", "urllib3", "ssl", "sqlite3", "asyncio", "socket", "http", "email", "unittest"),
    *("hyperscan", "isal", "zstandard"),
}

PROBE = """
import json, sys
from seawall.cli.main import main
code = main(json.loads(sys.argv[1]))
sys.stdout.flush()
print("\\n" + json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def modules_after(*arguments: str) -> tuple[int, set[str]]:
    """The exit code of a command, and every module that it left imported."""
    command = [sys.executable, "-c", PROBE, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, set(modules)


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit"])
def test_a_check_imports_nothing_heavy(tmp_path: Path, form: str) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM debian:latest\nRUN curl http://x | sh\n")
    code, modules = modules_after("check", "-o", form, str(dockerfile))
    assert code in (0, 1)
    assert FORBIDDEN & modules == set()


def test_a_check_of_a_directory_without_gitignore_needs_no_pathspec(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nUSER 1000\n")
    _, modules = modules_after("check", str(tmp_path))
    assert "pathspec" not in modules


def test_explain_reads_no_dockerfile() -> None:
    code, modules = modules_after("explain", "--all")
    assert code == 0
    assert {"tree_sitter", *FORBIDDEN} & modules == set()


@pytest.mark.parametrize("arguments", [("check",), ("checklist",)], ids=" ".join)
def test_yaml_is_read_only_where_there_is_some(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM scratch\nUSER 1000\n")
    _, modules = modules_after(*arguments, str(dockerfile))
    assert "yaml" not in modules


def test_init_imports_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nUSER 1000\n")
    code, modules = modules_after("init", str(tmp_path))
    assert code == 0
    assert {"yaml", *FORBIDDEN} & modules == set()


@pytest.mark.parametrize("argument", ["version", "--version", "-V"])
def test_version_imports_next_to_nothing(argument: str) -> None:
    code, modules = modules_after(argument)
    assert code == 0
    assert {"click", "msgspec", "re", "enum", "typing"} & modules - modules_of_json() == set()
    assert {name for name in modules if name.startswith("seawall")} == {
        "seawall",
        "seawall.cli",
        "seawall.cli.main",
        "seawall.cli.version",
    }


def modules_of_json() -> set[str]:
    """What the probe itself imports."""
    done = subprocess.run(
        [sys.executable, "-c", "import json, sys; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))
