"""Start-up counts: what a command imports, and what it must not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from archives import classic, config_of, packed

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


def test_fixing_a_dockerfile_imports_nothing_heavy(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM debian:latest\nRUN apt-get update\nRUN apt-get install x\n")
    code, modules = modules_after("fix", str(dockerfile))
    assert code == 0
    assert {"yaml", "docker", *FORBIDDEN} & modules == set()


def test_a_check_that_shows_no_fixes_loads_no_fixers(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM debian:latest\nRUN curl http://x | sh\n")
    _, modules = modules_after("check", "-o", "json", str(dockerfile))
    assert "seawall.fixes" not in modules
    _, modules = modules_after("check", "-o", "text", str(dockerfile))
    assert "seawall.fixes.dockerfile.user" in modules
    assert "seawall.fixes.compose.block" not in modules


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


NOT_FOR_ARCHIVES = {
    *("rich", "urllib3", "ssl", "sqlite3", "asyncio", "socket", "http", "email", "unittest"),
    *("yaml", "tomllib", "pathspec", "tree_sitter", "subprocess", "zipfile", "xml", "bz2", "lzma"),
    *("seawall.surfaces.registry", "seawall.surfaces.engine", "seawall.graph"),
    *("seawall.advisories.vex", "seawall.advisories.match", "seawall.advisories.download"),
    *("seawall.reports.html", "seawall.surfaces.dockerfile.parser"),
}
"""What belongs to the network, to databases and to other kinds of input."""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_scan_of_an_archive_imports_only_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("SEAWALL_DB", str(tmp_path / "none.sqlite"))
    monkeypatch.setenv("SEAWALL_CACHE_DIR", str(tmp_path / "cache"))
    installed = b"P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n\n"
    release = b"ID=alpine\nVERSION_ID=3.22.0\n"
    layer = packed({"etc/os-release": release, "lib/apk/db/installed": installed})
    archive = tmp_path / "image.tar"
    archive.write_bytes(packed(classic([layer], config=config_of([layer]))))
    arguments = ("--isolated", "--no-cache", "--only", "packages,files", "-o", form)
    code, modules = modules_after("scan", str(archive), *arguments)
    assert code == 2  # the package can't be matched: there are no advisories
    assert NOT_FOR_ARCHIVES & modules == set()
    assert "seawall.packages.apk" in modules


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
