"""Lock files: what a project asks for. Whether it was installed, only what lies beside it tells.

They are read where a project may stand; those inside installed packages are their authors' and
say nothing of the image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from seawall.core.expression import Expression
from seawall.packages import locks_node, locks_others, locks_python, reading
from seawall.packages.locked import LockError
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.facts import Fact, Package, Trouble

_READERS: dict[str, Callable[[str, str], Iterator[Package]]] = {
    "package-lock.json": locks_node.package_lock,
    "npm-shrinkwrap.json": locks_node.package_lock,
    "yarn.lock": locks_node.yarn_lock,
    "pnpm-lock.yaml": locks_node.pnpm_lock,
    "bun.lock": locks_node.bun_lock,
    "poetry.lock": locks_python.poetry_lock,
    "uv.lock": locks_python.uv_lock,
    "pdm.lock": locks_python.pdm_lock,
    "pylock.toml": locks_python.pylock,
    "Pipfile.lock": locks_python.pipfile_lock,
    "requirements.txt": locks_python.requirements,
    "go.mod": locks_others.go_mod,
    "go.sum": locks_others.go_sum,
    "Cargo.lock": locks_others.cargo_lock,
    "Gemfile.lock": locks_others.gemfile_lock,
    "composer.lock": locks_others.composer_lock,
    "packages.lock.json": locks_others.nuget_lock,
    "gradle.lockfile": locks_others.gradle_lock,
}
_INSTALLED = (
    *("node_modules/", "bower_components/", "site-packages/", "dist-packages/", "vendor/"),
    *("share/nodejs/", "gems/", "pkg/mod/", ".cargo/registry/", ".cargo/git/", "testdata/"),
)


# Go's own source, which has modules that it carries in itself.
_GO_ROOT = Expression(r"(?:^|/)(?:local/go|go-\d[\d.]*)/(?:src|misc|test)/")


def _analyse(file: LayerFile) -> Iterable[Fact]:
    if _is_inside_installed(file.path):
        return
    try:
        yield from _READERS[file.name](reading.text_of(file), file.path)
    except LockError as error:
        yield Trouble(file.path, f"can't be understood as {file.name}: {error}")


def _is_inside_installed(path: str) -> bool:
    rooted = f"/{path}"
    is_installed = any(f"/{folder}" in rooted for folder in _INSTALLED)
    return is_installed or _GO_ROOT.search(path) is not None


ANALYSER = Analyser("lock-files", 1, Wants(names=frozenset(_READERS)), reading.bounded(_analyse))
"""Packages that lock files ask for, each `is_declared`."""
