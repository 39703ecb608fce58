"""Merging agrees with the plainest model there is: layers put on top of each other in a dict."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.surfaces.image.blob import LayerFacts, Pulled
from seawall.surfaces.image.facts import NotableFile
from seawall.surfaces.image.merge import merge

NAMES = st.sampled_from(["a", "b", "bin"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


def parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


@st.composite
def layers(draw: st.DrawFn) -> LayerFacts:
    """A layer as an engine writes it: every directory has its entry, and no path two kinds."""
    files: dict[str, int] = {}
    directories: set[str] = set()
    for path, mode in draw(st.lists(st.tuples(PATHS, st.integers(1, 3)), max_size=4)):
        if path not in directories and files.keys().isdisjoint(parents(path)):
            files[path] = mode
            directories.update(parents(path))
    for path in draw(st.lists(PATHS, max_size=2)):
        if files.keys().isdisjoint([path, *parents(path)]):
            directories.update([path, *parents(path)])
    whiteouts = [path for path in draw(st.lists(PATHS, max_size=2)) if path not in directories]
    opaques = draw(st.lists(st.one_of(PATHS, st.just("")), max_size=1))
    return LayerFacts(
        "",
        "",
        0,
        0,
        tuple(NotableFile(path, mode, 0, 0) for path, mode in files.items()),
        "\0".join(files).encode(),
        "\0".join(sorted(directories)).encode(),
        tuple(whiteouts),
        tuple(path for path in opaques if path not in files),
    )


def below(path: str, directory: str) -> bool:
    return not directory or path.startswith(f"{directory}/")


def applied(stack: list[LayerFacts]) -> tuple[dict[str, tuple[int, int]], set[tuple[object, ...]]]:
    """The files at the end as path → (mode, layer), and all others as (path, mode, from, to)."""
    there: dict[str, tuple[int, int]] = {}
    gone: set[tuple[object, ...]] = set()

    def end(path: str, layer: int) -> None:
        mode, since = there.pop(path)
        gone.add((path, mode, since, layer))

    for number, layer in enumerate(stack):
        files = {fact.path: fact.mode for fact in layer.facts if isinstance(fact, NotableFile)}
        directories = layer.directories.decode().split("\0")
        for path in list(there):
            removed = any(path == w or below(path, w) for w in layer.whiteouts)
            hidden = any(below(path, o) for o in layer.opaques)
            covered = any(below(path, file) for file in files) or path in directories
            # A file that comes again as it was goes on.
            same = files.get(path) == there[path][0]
            if not same and (path in files or removed or hidden or covered):
                end(path, number)
        for path, mode in files.items():
            there.setdefault(path, (mode, number))
    return there, gone


@settings(max_examples=400, deadline=None)
@given(st.lists(layers(), min_size=1, max_size=5))
def test_merging_agrees_with_putting_layers_on_top_of_each_other(stack: list[LayerFacts]) -> None:
    there, gone = applied(stack)
    merged = merge(Pulled(b"", tuple(stack)), "app", "archive")
    live = {held.fact.path: (held.fact.mode, held.layer) for held in merged.files if held.is_live}
    ended = {
        (held.fact.path, held.fact.mode, held.layer, held.gone)
        for held in merged.files
        if not held.is_live
    }
    assert live == there
    assert ended == gone
