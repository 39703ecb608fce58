"""The tool that refreshes facts, against a server of our own."""

from __future__ import annotations

import importlib.util
import io
import json
import shutil
import sys
import tarfile
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TODAY = "2027-01-31"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("refresh_facts", ROOT / "tools/refresh_facts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["refresh_facts"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "src/seawall/facts/data", tmp_path / "data"))


@pytest.fixture
def server() -> Iterator[tuple[str, dict[str, bytes]]]:
    pages: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path)
            self.send_response(200 if page is not None else 404)
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name above
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}", pages
        http.shutdown()
        thread.join()


def archive(files: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"official-images-master/{name}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


@pytest.mark.parametrize("name", ["official-images", "end-of-life"])
def test_the_data_files_are_as_the_tool_writes_them(tool: ModuleType, name: str) -> None:
    path = tool.DATA / f"{name}.json"
    write = getattr(tool, name.replace("-", "_") + "_text")
    assert path.read_text() == write(json.loads(path.read_text()))


def test_check_says_how_old_the_facts_are(
    tool: ModuleType, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--check", "--data", str(data), "--today", "2026-08-31"]
    assert tool.main([*arguments, "--max-age", "30"]) == 0
    assert "official-images.json: as of 2026-08-21, 10 days old\n" in capsys.readouterr().out
    assert tool.main([*arguments, "--max-age", "9"]) == 1
    assert "10 days old (too old)" in capsys.readouterr().out


def test_an_image_that_lost_its_tags_is_retired_and_one_that_has_them_again_is_not(
    tool: ModuleType, data: Path, server: tuple[str, dict[str, bytes]]
) -> None:
    url, pages = server
    pages["/official"] = archive(
        {
            "library/python": "Maintainers: x\n\nTags: 3.14, 3, latest\nGitCommit: 1\n",
            "library/openjdk": "Tags: 27-ea-jdk\n",
            "library/vault": "Tags: 2.0\n",
            "library/adminer": "Maintainers: nobody\n",
            "library/sub/deep": "Tags: 1\n",
            "README.md": "Tags: none\n",
        }
    )
    tool.refresh_official_images(data, f"{url}/official", date.fromisoformat(TODAY))
    facts = read(data / "official-images.json")
    assert facts["supported"] == ["openjdk", "python", "vault"]
    assert {"adminer", "nginx", "openjdk", "centos"} <= facts["retired"].keys()
    assert "vault" not in facts["retired"]
    assert TODAY in json.dumps(facts["retired"]["adminer"])


def test_cycles_are_taken_and_what_people_added_stays(
    tool: ModuleType, data: Path, server: tuple[str, dict[str, bytes]]
) -> None:
    url, pages = server
    releases = [
        {"name": "14", "codename": "Forky Fox", "releaseDate": "2027-06-01", "isEol": False},
        {
            "name": "13",
            "eolFrom": "2028-08-09",
            "eoesFrom": "2030-06-30",
            "isEol": False,
            "latest": {"name": "13.7"},
        },
        {"name": "1", "isEol": True, "eolFrom": None},
    ]
    page = json.dumps({"result": {"releases": releases}}).encode()
    for product in read(data / "end-of-life.json")["products"].values():
        pages[f"/products/{product['product']}/"] = page
    tool.refresh_end_of_life(data, url + "/", date.fromisoformat(TODAY))
    facts = read(data / "end-of-life.json")
    assert facts["as_of"] == TODAY
    debian, node = facts["products"]["debian"], facts["products"]["node"]
    assert debian["cycles"] == [
        {"cycle": "14", "released": "2027-06-01", "codename": "forky"},
        {"cycle": "13", "eol": "2028-08-09", "extended": "2030-06-30", "latest": "13.7"},
    ]
    assert node["names"]["gallium"] == "16"
    assert "extended" not in node["cycles"][1]


def test_a_source_that_does_not_answer_leaves_the_facts_alone(
    tool: ModuleType,
    data: Path,
    server: tuple[str, dict[str, bytes]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    url, pages = server
    before = (data / "official-images.json").read_bytes()
    arguments = ["--data", str(data), "--official-images", f"{url}/none", "--end-of-life", url]
    assert tool.main(arguments) == 1
    assert "HTTPError" in capsys.readouterr().err
    pages["/none"] = archive({"README.md": ""})
    assert tool.main(arguments) == 1
    assert "no images found" in capsys.readouterr().err
    assert (data / "official-images.json").read_bytes() == before


def test_an_answer_without_end_is_cut_off(
    tool: ModuleType, server: tuple[str, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, pages = server
    pages["/large"] = b"x" * 100
    monkeypatch.setattr(tool, "MAXIMUM_BYTES", 99)
    with pytest.raises(ValueError, match="more than 99 bytes"):
        tool.fetch(f"{url}/large")
