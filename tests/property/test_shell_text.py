from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.source import Source
from seawall.surfaces.dockerfile import read
from seawall.surfaces.dockerfile.masking import join_lines
from seawall.surfaces.shell.model import Script
from seawall.surfaces.shell.reader import read_script

TOKENS = [
    "a", "b ", "curl", " ", "  ", "\n", "\\\n", "\r\n", "\t", ";", ";;", "&", "&&", "|", "||",
    "|&", "(", ")", "{ ", " }", "((", "))", "[ ", " ]", "[[ ", " ]]", "$(", "`", "${", "}", "$x",
    "$((", "<(", "<", ">", ">>", "2>&1", "&>", "<<EOF", "<<-'E'", "<<<", "\nEOF\n", "\n\tE\n",
    "'", '"', "$'", "\\", "\\\"", "#", "# c", "=", "A=", "A=b ", "A=(", "if ", " then ", " else ",
    " fi", "for x in ", "do ", " done", "while ", "case x in ", " esac", "function f ", "f() ",
    "! ", "time ", "sudo -u x ", "env A=b ", "sh -c ", "eval ", "xargs -n 1 ", "find . -exec ",
    " \\;", " +", " -- ", "-c", "su - ", "set -eux ", "export ", "é", "\u00a0", "\x00", "\x0c",
    "\udcff", "{a,b}", "*", "?", "~", "@(",
]  # fmt: skip
SOUP = st.lists(st.sampled_from(TOKENS), max_size=40).map("".join)
TEXT = st.text(max_size=80)


def assert_sound(script: Script, text: str, offset: int, exact: bool) -> None:
    end = offset + len(text)
    for command in script.commands:
        assert offset <= command.start <= command.end <= end
        assert command in script.pipelines[command.pipeline].commands
        for redirect in command.redirects:
            assert offset <= redirect.start <= redirect.end <= end
        for assignment in command.assignments:
            assert offset <= assignment.start <= assignment.end <= end
        for word in (*command.words, *(a.value for a in command.assignments)):
            assert offset <= word.start <= word.end <= end
            if exact and not command.wrappers:
                assert text[word.start - offset : word.end - offset] == word.text


@given(TEXT | SOUP, st.integers(0, 1000))
@settings(max_examples=600, deadline=None)
def test_any_text_is_read_and_every_place_lies_in_it(text: str, offset: int) -> None:
    script = read_script(text, offset, "sh")
    assert_sound(script, text, offset, exact=True)


@given(st.lists(st.sampled_from(["a", "b c", "'d e'", '"$f"', "\\ g", "é"]), min_size=1))
def test_plain_words_are_found_as_they_are_written(words: list[str]) -> None:
    text = "x " + " ".join(words)
    (command,) = read_script(text, 0, "sh").commands
    assert " ".join(word.text for word in command.words) == text


@given(TEXT | SOUP, st.sampled_from("\\`"))
@settings(max_examples=300)
def test_masking_never_changes_a_length(text: str, escape: str) -> None:
    assert len(join_lines(text, escape)) == len(text)


@given(
    st.sampled_from(["RUN ", "ONBUILD RUN ", "CMD ", "HEALTHCHECK CMD ", "RUN <<EOF\n"]),
    SOUP,
    st.sampled_from(["", "# escape=`\n"]),
)
@settings(max_examples=600, deadline=None)
def test_any_dockerfile_has_scripts_with_places_in_it(head: str, soup: str, top: str) -> None:
    text = f"{top}FROM debian\n{head}{soup}\nEOF\nRUN last\n"
    parsed = read(Source("Dockerfile", text))
    found = [script for _, script in parsed.scripts]
    found += filter(None, (parsed.script_of(instruction) for instruction in parsed.instructions))
    for script in found:
        assert 0 <= script.start <= script.end <= len(text)
        assert_sound(script, text, 0, exact=True)
