"""What other tools read of us: pre-commit's hooks, GitLab's template, the source distribution."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder

from seawall.jobs.discover import discover

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
STEMS = ["Dockerfile", "dockerfile", "CONTAINERFILE", "Containerfile", "api.Dockerfile"]
ENDINGS = """
.prod .txt .alpine3.20 -dev -x _dev _ . - x s file ~ .x~ .dockerignore .containerignore .md .MD
.rst .adoc .htm .html .css .svg .png .pdf .py .pyi .pyc .go .rs .rb .js .mjs .ts .tsx .java .kt .c
.h .cc .cpp .cs .php .lua .vim .el .pl .sh .bash .ps1 .yml .yaml .json .toml .ini .xml .lock .csv
.snippet .snippets .tmlanguage .cson .bak .orig .rej .old .save .swo .swp .patch .diff .sha256 .sha
.sig .asc .gz .xz .zst .tar .tgz .zip .log .j2 .jinja .jinja2 .tmpl .tpl .template .gotmpl .in .erb
.ejs .hbs .mustache .m4 .prod.j2 .md.prod -md _in .d .goo
"""
OTHERS = """
x.containerfile .dockerfile a.b.Dockerfile notDockerfile dockerfile2 README.md main.go
compose.yaml docker-compose.yml docker-compose.prod.yml compose.yaml.j2 xcompose.yml app.compose.yml
ci.yml Dockerfile-dir/x Dockerfile.dir/x Dockerfile.dir/Dockerfile
node_modules/Dockerfile a/node_modules/b/Dockerfile my_node_modules/Dockerfile .tox/Dockerfile
.github/Dockerfile sub/dir/Dockerfile.prod sub/Dockerfile.md
"""
HELD = """
CHANGELOG.md CONTRIBUTING.md LICENSE README.md SECURITY.md docs examples action.yml benchmarks
integrations src tests tools .pre-commit-hooks.yaml Dockerfile .dockerignore requirements
"""


def hook(name: str) -> dict[str, str]:
    """A hook of ours, as pre-commit reads it."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    found: dict[str, str] = next(each for each in hooks if each["id"] == name)
    return found


@pytest.mark.parametrize("place", ["", "services/api/"])
def test_the_hook_takes_what_a_search_would_find_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / ".git").mkdir()
    named = (stem + ending for stem in STEMS for ending in ENDINGS.split())
    made = sorted({*OTHERS.split(), *STEMS, *named})
    for name in made:
        file = tmp_path / place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    found = {each.name for each in discover(["."]).inputs}
    files, exclude = hook("seawall")["files"], hook("seawall")["exclude"]
    names = [place + name for name in made]
    # As pre-commit does: `search` on the path from the repository's root.
    taken = {name for name in names if re.search(files, name) and not re.search(exclude, name)}
    assert taken == found
    assert {f"{place}Dockerfile_dev", f"{place}Dockerfile-x"} <= taken


def test_gitlabs_job_gets_a_shell_and_not_our_entrypoint() -> None:
    text = (ROOT / "integrations/gitlab/seawall.gitlab-ci.yml").read_text()
    job = yaml.safe_load(text)["seawall"]
    assert 'ENTRYPOINT ["seawall"]' in (ROOT / "Dockerfile").read_text()
    assert job["image"] == {"name": "$SEAWALL_IMAGE", "entrypoint": [""]}
    reports = job["artifacts"]["reports"].values()
    assert all(any(f":{report}" in line for line in job["script"]) for report in reports)


def test_the_source_distribution_holds_what_the_tests_need() -> None:
    builder = SdistBuilder(str(ROOT))
    held = {each.distribution_path.split("/")[0] for each in builder.recurse_included_files()}
    assert set(HELD.split()) <= held
