"""The HTML report in a real browser: nothing is fetched, nothing complains, a phone shows it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from seawall.jobs.check import CheckOptions, check
from seawall.reports import RenderOptions, render

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
EVIL = "<img src=http://evil.example/pixel>"
COMPOSE = """\
# {evil}
services:
  web:
    image: "nginx:latest"
    ports: ["80:80"]
    environment: {{DB_PASSWORD: "Tr0ub4dor&3-horse", BANNER: "{evil}"}}
    volumes: ["/var/run/docker.sock:/var/run/docker.sock"]
  api:
    image: acme/api:1.2.3
    environment: {{DATABASE_URL: "postgres://app@db:5432/app"}}
  db:
    image: postgres:9.6
"""
DOCKERFILE = "FROM python:3.6\nENV NOTE='{evil}'\nRUN curl http://x.example/i.sh | sh\nCMD app\n"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed (package `chromium`)"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    directory = tmp_path_factory.mktemp("project")
    (directory / "compose.yaml").write_text(COMPOSE.format(evil=EVIL), "utf-8")
    (directory / "Dockerfile").write_text(DOCKERFILE.format(evil=EVIL), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(directory)
        found = check(["."], CheckOptions(draws=True))
    assert found.diagrams
    assert found.findings
    return render("html", found, RenderOptions(version="0.1.0"))


def browse(directory: Path, page: str, *flags: str) -> tuple[str, str, list[str]]:
    """Open a page: its DOM after loading, what the console said, and the hosts it asked for."""
    file, log = directory / "page.html", directory / "net.json"
    file.write_text(page, "utf-8")
    done = subprocess.run(
        [
            str(BROWSER),
            "--headless",
            "--no-sandbox",  # tests may run as root, in a container
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={directory / 'profile'}",
            "--enable-logging=stderr",
            f"--log-net-log={log}",
            *flags,
            "--dump-dom",
            file.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    asked = re.findall(r'"url":"(https?://[^"]*evil\.example[^"]*)"', log.read_text("utf-8"))
    return done.stdout, console, asked


def test_the_page_fetches_nothing_and_the_console_stays_silent(report: str, tmp_path: Path) -> None:
    dom, console, asked = browse(tmp_path, report)
    assert "Attack paths" in dom
    assert console == ""
    assert asked == []


def test_a_page_that_did_fetch_would_be_caught(tmp_path: Path) -> None:
    _, _, asked = browse(tmp_path, f"<!doctype html><title>x</title>{EVIL}")
    assert asked


def test_markup_that_slipped_through_would_still_fetch_nothing(report: str, tmp_path: Path) -> None:
    """The second wall: the page's own policy."""
    slipped = report.replace("<footer>", f"<footer>{EVIL}<script>console.error('ran')</script>")
    _, console, asked = browse(tmp_path, slipped)
    assert asked == []
    assert "Content Security Policy" in console
    assert "ran" not in re.findall(r'"([^"]*)", source', console)


MEASURE = """<!doctype html><title>wait</title><iframe width="{width}" height="800" srcdoc="{page}">
</iframe><script>onload = () => {{
const page = document.querySelector('iframe').contentDocument;
document.title = JSON.stringify({{
  wide: page.documentElement.scrollWidth,
  small: [...page.querySelectorAll('main *')]
    .filter(e => e.getClientRects().length && !e.closest('svg'))
    .filter(e => parseFloat(page.defaultView.getComputedStyle(e).fontSize) < 11).length,
}})}}</script>"""


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_fits_a_screen_and_its_letters_can_be_read(
    report: str, tmp_path: Path, width: int
) -> None:
    framed = MEASURE.format(width=width, page=html.escape(report))
    dom, _, _ = browse(tmp_path, framed)
    title = re.search(r"<title>(.*?)</title>", dom)
    assert title is not None
    measured = json.loads(html.unescape(title[1]))
    assert measured["wide"] <= width
    assert measured["small"] == 0


def test_it_prints(report: str, tmp_path: Path) -> None:
    paper = tmp_path / "report.pdf"
    browse(tmp_path, report, f"--print-to-pdf={paper}")
    assert paper.read_bytes().startswith(b"%PDF")
    assert paper.stat().st_size > 20_000
