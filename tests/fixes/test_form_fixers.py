"""Form of Dockerfiles: what is rewritten means the same, and what can't be told is left alone."""

from __future__ import annotations

import pytest
from mends import applied, context, fixes, mended

from seawall.core.model import Fix, Safety
from seawall.core.source import Source
from seawall.fixes import all_fixers
from seawall.fixes.model import Fixer
from seawall.surfaces.dockerfile.reader import read


def _fixer(name: str) -> Fixer:
    return next(fixer for fixer in all_fixers() if fixer.id == name)


ADD, AUTHORS, PAIRS = _fixer("add-to-copy"), _fixer("authors-label"), _fixer("key-value")
DEAD, START, PIPE = _fixer("dead-instruction"), _fixer("start-program"), _fixer("pipefail")


def _only(fixer: Fixer, text: str) -> Fix | None:
    found = [fix for _, fix in fixes(fixer, text, context())]
    assert len(found) == 1, "the rule does not see just one fault"
    return found[0]


@pytest.mark.parametrize(
    ("sources", "safety"),
    [
        (".", Safety.SAFE),
        ("./src/ ../x/", Safety.SAFE),
        ("app.py", Safety.SAFE),
        ("sub/Makefile .bashrc", Safety.SAFE),
        ("tool.jar", Safety.SAFE),
        ("app", Safety.UNSAFE),
        ("app.py rootfs", Safety.UNSAFE),
        ("layer.img", Safety.UNSAFE),
        ("package.apk", Safety.UNSAFE),
        ("library.gem", Safety.UNSAFE),
        (".data.bin", Safety.UNSAFE),
        ("a[1].py", None),
        ("file?.py", None),
        ("user@host:x.py", None),
        ("x.git", None),
    ],
)
def test_add_becomes_copy_safely_only_where_nothing_can_be_unpacked(
    sources: str, safety: Safety | None
) -> None:
    fix = _only(ADD, f"FROM debian:12.5\nADD {sources} /srv/\n")
    assert (fix.safety if fix else None) is safety


def test_a_here_document_is_no_archive() -> None:
    text = "FROM debian:12.5\nADD <<EOF /srv/x\na\nEOF\n"
    fix = _only(ADD, text)
    assert fix is not None
    assert fix.safety is Safety.SAFE
    assert applied(text, fix.edits) == text.replace("ADD", "COPY")


def test_flags_that_copy_does_not_know_keep_add() -> None:
    assert _only(ADD, "FROM debian:12.5\nADD --keep-git-dir=true src/ /x\n") is None


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("one", "one"),
        ("two words", "two words"),
        ("a  b   c", "a  b   c"),
        ('"two words"', "two words"),
        ("'$X y'", "$X y"),
        ("a\\ b", "a b"),
        ('-Da="b c" -Dd=e', "-Da=b c -Dd=e"),
        ("it\\'s so", "it's so"),
        ('say \\"hi\\" now', 'say "hi" now'),
        ("'a\"b' c", 'a"b c'),
        ("back\\\\slash here", "back\\slash here"),
        ('"a\\b" c', "a\\b c"),
        ("a=b c=d", "a=b c=d"),
        ("$ x", "$ x"),
        ("a $", "a $"),
        ("# no comment", "# no comment"),
    ],
)
def test_a_value_of_the_old_form_is_the_same_in_the_new(written: str, value: str) -> None:
    before = f"FROM debian:12.5\nENV NAME {written}\n"
    after = mended(PAIRS, before, context())
    assert "ENV NAME=" in after
    for text in (before, after):
        stage = read(Source("Dockerfile", text)).stages[0]
        assert stage.env["NAME"].value.known == value


def test_a_variable_stays_apart_from_what_is_quoted_behind_it() -> None:
    text = 'FROM debian:12.5\nENV A=x\nENV B $A"c" d\n'
    after = mended(PAIRS, text, context())
    assert read(Source("Dockerfile", after)).stages[0].env["B"].value.known == "xc d"


@pytest.mark.parametrize("value", ["don't stop", 'open " quote', '${B:-"x y"} z', "'a b", '$"x" y'])
def test_a_value_that_can_not_be_quoted_for_certain_is_left_alone(value: str) -> None:
    text = f"FROM debian:12.5\nENV NAME {value}\n"
    found = [fix for _, fix in fixes(PAIRS, text, context())]
    assert found == [None]


def test_the_escape_of_the_file_is_the_one_that_is_written() -> None:
    text = '# escape=`\r\nFROM debian:12.5\r\nMAINTAINER a `b" $c\r\nENV P C:\\Program Files\r\n'
    after = mended(AUTHORS, mended(PAIRS, text, context()), context())
    stage = read(Source("Dockerfile", after)).stages[0]
    assert stage.env["P"].value.known == "C:\\Program Files"
    assert stage.labels["org.opencontainers.image.authors"].value.known == 'a `b" $c'
    assert after.count("\r\n") == text.count("\r\n")


def test_each_stage_gets_a_label_of_its_own() -> None:
    text = "FROM a AS b\nMAINTAINER x\nFROM c\nMAINTAINER y\n"
    assert mended(AUTHORS, text, context()).count("image.authors=") == 2


def test_lines_of_a_long_value_keep_their_comments_and_places() -> None:
    text = "FROM debian:12.5\nENV A \\\n  # first\n  one two\nLABEL a b \\\n c\n"
    after = mended(PAIRS, text, context())
    assert after == 'FROM debian:12.5\nENV A \\\n  # first\n  one two\nLABEL a="b \\\n c"\n'


def test_what_a_later_instruction_replaces_goes_with_its_lines_alone() -> None:
    text = 'FROM a\r\nCMD ["x", \\\r\n  "y"]\r\n# kept\r\nENTRYPOINT e\r\nCMD ["z"]\r\n'
    assert mended(DEAD, text, context()) == 'FROM a\r\n# kept\r\nENTRYPOINT e\r\nCMD ["z"]\r\n'


def test_a_file_that_buildkit_refuses_is_left_alone() -> None:
    assert _only(DEAD, "FROM a\nCMD x\nCMD y\nNONSENSE\n") is None


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("FROM debian:12.5\nCMD nginx -g 'daemon off;'\n", 'CMD ["nginx", "-g", "daemon off;"]'),
        ("FROM acme/x:1\nCMD nginx -c /x\n", "CMD exec nginx -c /x"),
        ("FROM debian:12.5\nCMD /opt/x.sh a\n", "CMD exec /opt/x.sh a"),
        ('FROM debian:12.5\nENTRYPOINT ["e"]\nCMD app x\n', "CMD exec app x"),
        ("FROM debian:12.5\nENTRYPOINT app *.conf\n", "ENTRYPOINT exec app *.conf"),
        ("FROM debian:12.5\nCMD a; b > /log 2>&1\n", "CMD a; exec b > /log 2>&1"),
        ("FROM debian:12.5\nCMD app ~/x\n", "CMD exec app ~/x"),
        ("FROM debian:12.5\nCMD app a\\ b\n", "CMD exec app a\\ b"),
    ],
)
def test_a_program_is_made_the_first_process_without_changing_its_words(
    text: str, after: str
) -> None:
    fix = _only(START, text)
    assert fix is not None
    assert fix.safety is Safety.UNSAFE
    assert after in applied(text, fix.edits).splitlines()


@pytest.mark.parametrize(
    "command",
    [
        "a | b",
        "a || b",
        "a &",
        "if a; then b; fi",
        "cd /x",
        "echo hi",
        "f() { a; }; f",
        "a && { b; c; }",
        "$PROGRAM x",
        "a && sleep 9",
        "X=1",
    ],
)
def test_a_list_whose_end_can_not_take_the_shells_place_is_left_alone(command: str) -> None:
    assert _only(START, f"FROM debian:12.5\nCMD {command}\n") is None


def test_a_pipe_is_mended_by_the_shell_of_its_own_stage() -> None:
    text = (
        "FROM alpine:3.22.1 AS a\nRUN wget -qO- https://x.example/a | tar x\n"
        "FROM fedora:42 AS b\nRUN curl https://x.example/b | tar x\n"
        "FROM debian:12.5\nRUN curl https://x.example/c | tar x\n"
    )
    after = mended(PIPE, text, context())
    assert "RUN set -o pipefail && wget" in after
    assert "RUN set -o pipefail && curl https://x.example/b" in after
    assert 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN curl https://x.example/c' in after


def test_a_shell_written_for_one_step_does_for_the_next_one_too() -> None:
    text = (
        "FROM debian:12.5\nRUN curl https://x.example/a | tar x\n"
        "RUN curl https://x.example/b | tar x\nRUN echo 'a\\nb' > /x\nRUN true\n"
        "RUN curl https://x.example/c | tar x\n"
    )
    lines = mended(PIPE, text, context()).splitlines()
    assert [number for number, line in enumerate(lines) if "/bin/bash" in line] == [1, 7]
    assert [number for number, line in enumerate(lines) if "/bin/sh" in line] == [4]


def test_a_stage_that_starts_from_another_gets_its_old_shell_back() -> None:
    text = (
        "FROM debian:12.5 AS a\nRUN curl https://x.example/a | tar x\n\nFROM a\nRUN yes | ./setup\n"
    )
    after = mended(PIPE, text, context())
    assert after.index('SHELL ["/bin/sh", "-c"]') < after.index("FROM a\n")


@pytest.mark.parametrize(
    "script",
    [
        "curl https://x.example/a | head -n 1",
        "curl https://x.example/a | grep -m1 x",
        "curl https://x.example/a | sed -n '/x/p;q'",
        "curl https://x.example/a | awk '{print; exit}'",
        "curl https://x.example/a | tar x; yes | ./setup",
        "sh -c 'curl https://x.example/a | tar x'",
        "eval 'curl https://x.example/a | tar x'",
    ],
)
@pytest.mark.parametrize("base", ["alpine:3.22.1", "debian:12.5"])
def test_a_pipe_that_would_fail_although_nothing_is_wrong_is_left_alone(
    base: str, script: str
) -> None:
    found = [fix for _, fix in fixes(PIPE, f"FROM {base}\nRUN {script}\n", context())]
    assert found
    assert found == [None] * len(found)


@pytest.mark.parametrize(
    "text",
    [
        "FROM alpine:3.22.1\nRUN apt-get update; curl https://x.example/a | tar x\n",
        'FROM debian:12.5\nSHELL ["/bin/sh", "-ec"]\nRUN curl https://x.example/a | tar x\n',
        'FROM debian:12.5\nSHELL ["/bin/dash", "-c"]\nRUN curl https://x.example/a | tar x\n',
        'FROM alpine:3.22.1\nRUN ["sh", "x", "curl https://x.example/a | tar x"]\n',
    ],
)
def test_a_shell_that_is_not_certain_is_left_alone(text: str) -> None:
    assert [fix for _, fix in fixes(PIPE, text, context()) if fix] == []


def test_a_document_with_its_own_shell_gets_the_option_below_that_line() -> None:
    text = "FROM acme/x:1\nRUN <<EOF\n#!/bin/bash -e\ncurl https://x.example/a | tar x\nEOF\n"
    after = mended(PIPE, text, context())
    assert "#!/bin/bash -e\nset -o pipefail\ncurl" in after


def test_the_lines_of_a_document_stay_as_far_in_as_they_are() -> None:
    text = (
        "FROM alpine:3.22.1\r\nRUN <<-EOF\r\n\t\twget -qO- http://x.example/a | tar x\r\n\tEOF\r\n"
    )
    after = mended(PIPE, text, context())
    assert "<<-EOF\r\n\t\tset -o pipefail\r\n\t\twget" in after


def test_a_document_for_a_program_of_its_own_is_left_alone() -> None:
    body = "\t#!/bin/x\n\twget -qO- http://x.example/a | tar x\n"
    text = f"FROM alpine:3.22.1\nRUN <<-EOF\n{body}\tEOF\n"
    assert [fix for _, fix in fixes(PIPE, text, context()) if fix] == []
