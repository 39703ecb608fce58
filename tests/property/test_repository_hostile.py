"""No text that stands in a repository makes its readers raise or hang."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.source import Source
from seawall.surfaces.repository.dockerignore import read_dockerignore
from seawall.surfaces.repository.git_index import read_index
from seawall.surfaces.repository.github import read_workflow
from seawall.surfaces.repository.gitlab import read_gitlab
from seawall.surfaces.repository.sources import SourceFile

PIECES = st.sampled_from(
    ["**", "*", "/", "?", "[", "]", "^", "-", "!", "\\", "a", "b", ".", "#", " ", "\n", "ä"]
)
CODE = st.sampled_from(
    ["logger.info(", "console.log(", "print ", "puts ", "log.Printf(", "password", '"', "'", "`",
     "${", "#{", "}", "(", ")", "[", "]", "{", ":", ",", "=", "+", "%", "f'", "\n", "  ", ".x",
     "if a:\n ", "def f(", "lambda: ", "not ", " and ", "ä", "\ud800"]
)  # fmt: skip
YAML = st.sampled_from(
    ["jobs:", "steps:", "- ", "run: ", "|", ">", "\n", "  ", "    ", "a: ", "&x ", "*x", "<<: ",
     "extends: ", "script: ", "!reference [a, script]", "docker push x", "${{ secrets.X }}", '"',
     "include: ", "${{", "uses: a/b@c", "[", "]", "{", "}", "\t", "env: "]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40), st.lists(st.sampled_from("ab./*["), min_size=1, max_size=20))
@settings(max_examples=300, deadline=None)
def test_a_dockerignore_judges_any_path(pieces: list[str], path: list[str]) -> None:
    ignore = read_dockerignore(Source("", "".join(pieces)), "")
    name = "".join(path)
    verdict = ignore.ignores(name)
    if not ignore.has_exceptions:
        parts = name.split("/")
        steps = ["/".join(parts[: count + 1]) for count in range(len(parts))]
        assert verdict == any(ignore.matches_any(step) for step in steps)


@given(st.binary(max_size=400), st.sampled_from([2, 3, 4]), st.integers(0, 2**32 - 1))
@settings(max_examples=300, deadline=None)
def test_an_index_of_any_bytes_is_read_or_at_fault(data: bytes, version: int, count: int) -> None:
    head = b"DIRC" + version.to_bytes(4, "big") + count.to_bytes(4, "big")
    index = read_index(head + data)
    assert index.fault or len(index.entries) <= count


@given(
    st.lists(CODE, max_size=60), st.sampled_from(["Python", "JavaScript", "Go", "Ruby", "Kotlin"])
)
@settings(max_examples=300, deadline=None)
def test_a_source_of_any_text_gives_calls_within_it(pieces: list[str], language: str) -> None:
    source = Source("x", "".join(pieces))
    for call in SourceFile(source, language).calls:
        for value in call.values:
            assert 0 <= value.start <= value.end <= len(source.text)


@given(st.lists(YAML, max_size=60))
@settings(max_examples=300, deadline=None)
def test_a_pipeline_of_any_text_gives_steps_within_it(pieces: list[str]) -> None:
    source = Source("x", "".join(pieces))
    for flow in (read_workflow(source), read_gitlab(source, lambda _: source)):
        for job in flow.jobs:
            for step in job.steps:
                for command in step.commands:
                    place = step.place_of(command)
                    assert 0 <= place.start <= place.end <= len(source.text)
