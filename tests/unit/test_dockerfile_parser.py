"""The Dockerfile parser: places across continuations, heredocs, directives, errors and bounds."""

from __future__ import annotations

import time

import pytest

from seawall.core.source import Source
from seawall.surfaces.dockerfile.model import Instruction
from seawall.surfaces.dockerfile.parser import Parsed, parse


def read(text: str) -> Parsed:
    return parse(Source("Dockerfile", text))


def only(text: str) -> Instruction:
    (instruction,) = read(text).instructions
    return instruction


def texts(instruction: Instruction) -> tuple[str, ...]:
    return tuple(word.text for word in instruction.arguments)


def messages(text: str) -> list[tuple[str, int]]:
    return [(error.message, error.line) for error in read(text).errors]


def test_each_word_of_a_continued_line_has_its_own_place() -> None:
    text = 'ENV a=1 \\\n  # comment\n\n  bee="2 3" \\\n c=4\n'
    for word in only(text).arguments:
        assert text[word.start : word.end] == word.text
    assert texts(only(text)) == ("a", "1", "bee", '"2 3"', "c", "4")


def test_a_word_cut_by_a_continuation_covers_the_cut() -> None:
    text = "COPY a\\\nb c\n"
    first, second = only(text).arguments
    assert (first.text, text[first.start : first.end]) == ("ab", "a\\\nb")
    assert text[second.start : second.end] == "c"


def test_the_shell_line_of_a_continued_run_ends_where_it_is_written() -> None:
    text = "RUN a && \\\n    # why\n    b\nUSER c\n"
    run = read(text).instructions[0]
    assert run.text == "a &&     b"
    assert text[run.arguments[0].start : run.arguments[0].end] == "a && \\\n    # why\n    b"
    assert (run.line, run.end_line, text[run.start : run.end]) == (1, 3, text[: text.index("\nU")])


def test_a_bom_and_crlf_do_not_shift_places() -> None:
    text = "\ufeffFROM  a\r\nRUN b \\\r\n  c\r\n"
    base, run = read(text).instructions
    assert text[base.arguments[0].start : base.arguments[0].end] == "a"
    assert text[run.start : run.end] == "RUN b \\\r\n  c"
    assert text[base.start : base.end] == "FROM  a"


def test_json_words_are_decoded_and_placed_with_their_quotes() -> None:
    text = 'CMD [ "a",\\\n "b\\u00e9" ]'
    words = only(text).arguments
    assert texts(only(text)) == ("a", "bé")
    assert [text[word.start : word.end] for word in words] == ['"a"', '"b\\u00e9"']


def test_flags_have_the_place_of_the_whole_and_of_the_value() -> None:
    text = "RUN --mount=type=bind \\\n  --network=none --x a"
    run = only(text)
    assert [(flag.name, flag.value) for flag in run.flags] == [
        ("mount", "type=bind"),
        ("network", "none"),
        ("x", None),
    ]
    mount, network, bare = run.flags
    assert text[mount.start : mount.end] == "--mount=type=bind"
    assert text[network.value_start : network.end] == "none"
    assert bare.value_start == bare.end
    assert text[run.body_start :] == "a"


def test_an_empty_flag_value_starts_at_the_flag_s_end() -> None:
    flag = only("COPY --chown= a b").flags[0]
    assert (flag.value, flag.value_start) == ("", flag.end)


def test_flags_of_text_beyond_ascii_are_placed_in_characters() -> None:
    text = "COPY --from=☃ é b"
    copy = only(text)
    assert text[copy.flags[0].start : copy.flags[0].end] == "--from=☃"
    assert texts(copy) == ("é", "b")


def test_a_heredoc_has_the_place_of_its_body() -> None:
    text = "RUN <<-EOF cat <<'B'\n\ta\n\t\tb\n\tEOF\n$x\nB\nUSER c\n"
    run = read(text).instructions[0]
    first, second = run.heredocs
    assert (first.content, first.chomp, first.expand) == ("a\nb\n", True, True)
    assert text[first.start : first.end] == "\ta\n\t\tb\n"
    assert (second.name, second.content, second.expand) == ("B", "$x\n", False)
    assert text[run.start : run.end].endswith("\nB")
    assert run.end_line == 6


def test_an_empty_heredoc_has_an_empty_place() -> None:
    heredoc = only("COPY 3<<E /x\nE").heredocs[0]
    assert (heredoc.content, heredoc.descriptor, heredoc.start) == ("", 3, heredoc.end)


def test_the_trigger_of_onbuild_is_an_instruction_with_its_heredocs() -> None:
    text = "ONBUILD COPY --from=x <<E /y\nbody\nE\n"
    onbuild = only(text)
    trigger = onbuild.trigger
    assert trigger is not None
    assert (onbuild.keyword, trigger.keyword, trigger.flags[0].value) == ("ONBUILD", "COPY", "x")
    assert text[trigger.start :].startswith("COPY")
    assert trigger.heredocs[0].content == "body\n"
    assert texts(trigger) == ("<<E", "/y")


def test_comments_are_kept_where_they_stand_but_not_those_in_heredocs() -> None:
    text = "# one\nFROM a\n  # two \nRUN b \\\n # three\n c <<E\n# data\nE\n"
    comments = read(text).comments
    assert [(comment.text, comment.line) for comment in comments] == [
        ("# one", 1),
        ("# two ", 3),
        ("# three", 5),
    ]
    assert all(text[comment.start : comment.end] == comment.text for comment in comments)


def test_directives_have_the_place_of_their_value_and_are_no_comments() -> None:
    text = "# syntax = docker/dockerfile:1 \n#check=skip=all\n# Escape=`\nFROM a\nRUN b `\n c\n"
    parsed = read(text)
    found = [(directive.name, directive.value) for directive in parsed.directives]
    assert found == [("syntax", "docker/dockerfile:1"), ("check", "skip=all"), ("escape", "`")]
    for directive in parsed.directives:
        assert text[directive.start : directive.end] == directive.value
    assert parsed.comments == ()
    assert parsed.instructions[1].end_line == 6


def test_a_directive_after_a_comment_is_a_comment() -> None:
    parsed = read("# note\n# escape=`\nFROM a\n")
    assert parsed.directives == ()
    assert len(parsed.comments) == 2


def test_an_empty_line_in_a_continuation_is_warned_of() -> None:
    (warning,) = read("FROM a\nRUN b \\\n\n  c\n").warnings
    assert (warning.message, warning.line) == (
        "Empty continuation line found in: RUN b   c",
        4,
    )


def test_stages_are_counted_from_zero_and_triggers_start_none() -> None:
    parsed = read("ARG a\nFROM a\nONBUILD FROM x\nUSER b\nFROM c\nUSER d\n")
    assert [instruction.stage for instruction in parsed.instructions] == [-1, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("", "file with no instructions", 1),
        ("# a\n# b\n", "file with no instructions", 2),
        ("FROM a\nRUN <<E\nx\n", "unterminated heredoc", 2),
        ("FROM a\nENV b\n", "ENV must have two arguments", 2),
        ("FROM a\nLABEL \\\n b\n", "LABEL must have two arguments", 2),
        (
            'FROM a\nENV a=b "c\n',
            r"""Syntax error - can't find = in "\"c". Must be of the form: name=value""",
            2,
        ),
        (
            'FROM a\nCMD ["a", 1]\n',
            "when using JSON array syntax, arrays must be comprised of strings only",
            2,
        ),
        ("# escape=x\nFROM a\n", r"invalid escape token 'x' does not match ` or \ ".strip(), 1),
        ("#syntax=a\n#syntax=b\n", "only one syntax parser directive can be used", 2),
        (
            "FROM a\nRUN <<${a:-b c}\n",
            """failed to process "${a:-b": syntax error: missing '}'""",
            2,
        ),
        (
            "FROM a\n" + "x" * 70000 + "\nUSER b\n",
            "dockerfile line greater than max allowed size of 65535",
            2,
        ),
    ],
)
def test_what_buildkit_refuses_is_an_error_with_its_line(
    text: str, message: str, line: int
) -> None:
    assert messages(text) == [(message, line)]


def test_instructions_before_an_error_are_kept() -> None:
    parsed = read("FROM a\nUSER b\nCMD [1]\nUSER c\n")
    assert [instruction.keyword for instruction in parsed.instructions] == ["FROM", "USER"]


def test_control_characters_show_in_a_message_as_escapes() -> None:
    assert r'"b\x1b"' in messages("ENV a=1 b\x1b\n")[0][0]


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\n" + "RUN x\n" * 100_000,
        "FROM a\n" + ("ONBUILD " * 8000 + "\\\n") * 20 + "RUN x\n",
        "FROM a\nRUN <<E " + "${a:-" * 13000 + "\n",
        "FROM a\nRUN <<E " + "$" * 60000 + "\nE\n",
        "FROM a\nCMD " + "[" * 65000 + "\n",
        "FROM a\nCMD " + '{"a":' * 12000 + "\n",
        "FROM a\nRUN \\\n" + ("--a=é " * 8000 + "\\\n") * 10 + "x\n",
        "FROM a\nENV a" + " " * 65000 + "\n",
        "# syntax=" + " " * 65000 + "x\nFROM a\n",
        "FROM a\nRUN a \\\n" + "\n" * 500_000,
        'FROM a\nENV a="' + '\\"' * 32000 + "\n",
    ],
)
def test_a_hostile_file_costs_time_in_proportion_to_its_size(text: str) -> None:
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "written", ["[1, 2.5e3]", "[true]", "[{}]", "[[]]", '[{"a": "b", "c": [null]}]', "[-0]"]
)
def test_an_array_of_other_things_than_strings_is_refused(written: str) -> None:
    assert "comprised of strings only" in messages(f"CMD {written}")[0][0]


@pytest.mark.parametrize(
    "written",
    [
        "[1,]",
        "[,]",
        "[1 2]",
        "[}",
        '[{"a"}]',
        "[{1:2}]",
        "[:]",
        "[01]",
        "[1e999]",
        "[{,}]",
        "[tru]",
    ],
)
def test_a_broken_array_is_the_shell_form(written: str) -> None:
    instruction = only(f"CMD {written}")
    assert texts(instruction) == (written,)
    assert not instruction.is_json
