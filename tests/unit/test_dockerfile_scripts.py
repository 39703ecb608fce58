from __future__ import annotations

import pytest

from seawall.core.source import Source
from seawall.surfaces.dockerfile import Dockerfile, read
from seawall.surfaces.dockerfile.masking import join_lines
from seawall.surfaces.shell import Script


def dockerfile(text: str) -> Dockerfile:
    return read(Source("Dockerfile", text))


def scripts(text: str) -> list[Script]:
    return [script for _, script in dockerfile(text).scripts]


def names(script: Script) -> list[str]:
    return [command.name for command in script.commands]


def assert_places(text: str, script: Script) -> None:
    for command in script.commands:
        assert script.start <= command.start <= command.end <= script.end
        for word in command.words:
            assert text[word.start : word.end] == word.text


COMMENTED = """\
FROM debian
RUN apt-get update \\
    # why: && not-run

  && apt-get install -y \\
       curl \\  \t
#      wget \\
       'jq  \\
        x' \\

    && echo done # gone && \\
       gone
"""


def test_comments_and_blank_lines_within_a_continuation_are_nothing_to_the_shell() -> None:
    (script,) = scripts(COMMENTED)
    assert names(script) == ["apt-get", "apt-get", "echo"]
    install = script.commands[1]
    assert [word.literal for word in install.words] == [
        "apt-get",
        "install",
        "-y",
        "curl",
        "jq          x",
    ]
    assert not script.has_errors
    assert_places(COMMENTED, script)


def test_crlf_is_read_like_lf() -> None:
    text = COMMENTED.replace("\n", "\r\n")
    (script,) = scripts(text)
    assert [[w.literal for w in c.words] for c in script.commands] == [
        [w.literal for w in c.words] for c in scripts(COMMENTED)[0].commands
    ]
    assert_places(text, script)


def test_an_escape_directive_changes_the_continuation() -> None:
    text = "# escape=`\nFROM debian\nRUN curl `\n  # no\n  x\\y && `\n wget z\n"
    (script,) = scripts(text)
    assert names(script) == ["curl", "wget"]
    assert script.commands[0].words[1].text == "x\\y"
    assert_places(text, script)


def test_a_word_goes_on_in_the_next_line() -> None:
    text = "FROM debian\nRUN curl https://a/\\\nb/\\\n#x\nc 'd\\\ne' && \\\nwget f;\\\ng\n"
    (script,) = scripts(text)
    assert [w.literal for w in script.commands[0].words] == ["curl", "https://a/b/c", "de"]
    assert names(script) == ["curl", "wget", "g"]
    assert_places(text, script)


@pytest.mark.parametrize("comment", ["#", "#x", "# ab\n\n#c"])
def test_masking_keeps_every_length(comment: str) -> None:
    for text in (f"a\\\n{comment}\nb", f"a \\\n{comment}\n b", f"a\\ \r\n{comment}\r\nb\\"):
        masked = join_lines(text, "\\")
        assert len(masked) == len(text)
        assert "#" not in masked


def test_a_lone_here_document_is_the_script() -> None:
    text = "FROM debian\nRUN <<EOF\nset -e\n# comment\ncurl x \\\n  | sh\nEOF\nRUN wget y\n"
    first, second = scripts(text)
    assert names(first) == ["set", "curl", "sh"]
    assert first.options == {"-e"}
    assert names(second) == ["wget"]
    assert_places(text, first)
    assert text[first.start : first.end].startswith("set -e")


@pytest.mark.parametrize("line", ["<<-'EOF'", '3<<"EOF"', "--mount=type=cache,target=/x <<EOF"])
def test_a_lone_here_document_may_be_quoted_chomped_or_behind_flags(line: str) -> None:
    (script,) = scripts(f"FROM debian\nRUN {line}\ncurl $x\r\nwget y\nEOF\n")
    assert names(script) == ["curl", "wget"]


@pytest.mark.parametrize(
    ("shebang", "dialect", "options"),
    [
        ("#!/bin/bash -ex", "bash", {"-e", "-x"}),
        ("#!/usr/bin/env bash", "bash", set()),
        ("#!/usr/bin/env -S bash -e", "bash", {"-e"}),
        ("#!/bin/sh", "sh", set()),
        ("#!", "sh", set()),
    ],
)
def test_a_shebang_names_the_shell(shebang: str, dialect: str, options: set[str]) -> None:
    (script,) = scripts(f'FROM debian\nSHELL ["/bin/ash", "-c"]\nRUN <<EOF\n{shebang}\ncurl\nEOF\n')
    assert (script.dialect, set(script.options)) == (dialect, options)
    assert names(script) == ["curl"]


@pytest.mark.parametrize("shebang", ["#!/usr/bin/env python3", "#!/usr/bin/python3 -u"])
def test_a_script_for_another_interpreter_is_not_read(shebang: str) -> None:
    (script,) = scripts(f"FROM debian\nRUN <<EOF\n{shebang}\nimport os\nEOF\n")
    assert (script.dialect, script.commands) == ("python3", ())
    assert "python3" in script.unread


def test_a_here_document_behind_a_command_is_that_commands_input() -> None:
    text = "FROM debian\nRUN cat <<A > /f \\\n  && <<B cat > /g\na $(id)\nA\nb\nB\nUSER x\n"
    (script,) = scripts(text)
    assert names(script) == ["cat", "id", "cat"]
    first, _, second = script.commands
    assert [(r.operator, r.body) for r in first.redirects] == [("<<", "a $(id)\n"), (">", "")]
    assert [(r.operator, r.body) for r in second.redirects] == [("<<", "b\n"), (">", "")]
    assert_places(text, script)


def test_a_here_document_for_a_shell_is_a_script_and_for_python_it_is_not() -> None:
    text = "FROM debian\nRUN bash -e <<EOF && python3 - <<'PY'\ncurl x\nEOF\nimport os\nPY\n"
    (script,) = scripts(text)
    assert names(script) == ["bash", "curl", "python3"]
    assert script.commands[2].redirects[0].body == "import os\n"
    assert_places(text, script)


def test_json_form_with_a_shell_is_read_as_its_script() -> None:
    text = 'FROM debian\nRUN ["/bin/bash", "-eo", "pipefail", "-c", "curl \'x y\' | sh"]\n'
    (script,) = scripts(text)
    assert (script.dialect, sorted(script.options)) == ("bash", ["-e", "pipefail"])
    assert names(script) == ["bash", "curl", "sh"]
    assert_places(text, script)


def test_json_escapes_leave_the_place_of_the_string() -> None:
    text = 'FROM debian\nRUN ["sh", "-c", "curl \\"x\\""]\n'
    (script,) = scripts(text)
    curl = script.commands[1]
    assert [word.literal for word in curl.words] == ["curl", "x"]
    assert text[curl.start : curl.end] == '"curl \\"x\\""'


def test_json_form_without_a_shell_is_one_command() -> None:
    text = 'FROM debian\nRUN ["sudo", "apt-get", "install", "a && b", "$x"]\n'
    (script,) = scripts(text)
    assert (script.dialect, names(script)) == ("exec", ["sudo", "apt-get"])
    assert script.commands[1].literals == ("install", "a && b", "$x")
    assert_places(text, script)


def test_a_trigger_of_onbuild_is_read_under_its_own_instruction() -> None:
    text = 'FROM debian\nONBUILD RUN curl x \\\n | sh\nONBUILD COPY . /\nONBUILD RUN ["wget"]\n'
    parsed = dockerfile(text)
    assert [instruction.keyword for instruction, _ in parsed.scripts] == ["RUN", "RUN"]
    assert [names(script) for _, script in parsed.scripts] == [["curl", "sh"], ["wget"]]
    outer = parsed.instructions[1]
    assert parsed.script_of(outer) == parsed.scripts[0][1]


SHELLS = """\
FROM debian AS a
RUN one
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN two
FROM a AS b
RUN three
SHELL ["/usr/bin/conda", "run", "-n", "env", "/bin/zsh", "-euc"]
RUN four
FROM a
RUN five
FROM debian
RUN six
"""


def test_the_shell_is_the_one_in_force_where_the_instruction_stands() -> None:
    found = [(script.dialect, sorted(script.options)) for script in scripts(SHELLS)]
    sh: tuple[str, list[str]] = ("sh", [])
    bash = ("bash", ["pipefail"])
    assert found == [sh, bash, bash, ("zsh", ["-e", "-u"]), bash, sh]


@pytest.mark.parametrize(
    ("shell", "dialect"),
    [
        ('"powershell", "-Command"', "powershell"),
        ('"C:\\\\\\\\Program Files\\\\\\\\PowerShell\\\\\\\\pwsh.EXE", "-c"', "powershell"),
        ('"cmd", "/S", "/C"', "cmd"),
        ('"/usr/bin/python3", "-c"', "unknown"),
    ],
)
def test_other_shells_are_not_read_and_that_is_said(shell: str, dialect: str) -> None:
    (script,) = scripts(f"FROM debian\nSHELL [{shell}]\nRUN a | b\n")
    assert (script.dialect, script.commands) == (dialect, ())
    assert script.unread


def test_a_wrapper_script_around_the_shell_is_taken_for_sh() -> None:
    (script,) = scripts('FROM debian\nSHELL ["/usr/local/bin/_dockerfile_shell.sh"]\nRUN a\n')
    assert (script.dialect, names(script)) == ("sh", ["a"])


@pytest.mark.parametrize(
    "base",
    [
        "mcr.microsoft.com/windows/servercore:ltsc2022",
        "mcr.microsoft.com/windows:20H2",
        "mcr.microsoft.com/powershell:nanoserver-1809",
        "golang:1.22-windowsservercore",
        "--platform=windows/amd64 golang",
    ],
)
def test_windows_bases_run_cmd(base: str) -> None:
    (script,) = scripts(f"FROM {base} AS x\nFROM x\nRUN dir\n".replace(" AS x\nFROM x", "", 1))
    assert script.dialect == "cmd"


def test_a_child_of_a_windows_stage_is_windows_and_a_backtick_alone_is_not() -> None:
    windows = "FROM mcr.microsoft.com/windows/nanoserver:1809 AS x\nFROM x\nRUN dir\n"
    assert scripts(windows)[0].dialect == "cmd"
    assert scripts("# escape=`\nFROM debian\nRUN dir\n")[0].dialect == "sh"
    assert scripts('FROM mcr.microsoft.com/windows/nanoserver\nRUN ["bash", "-c", "a"]\n')


def test_powershell_in_json_form_is_not_read() -> None:
    (script,) = scripts('FROM debian\nRUN ["powershell.exe", "-Command", "a"]\n')
    assert (script.dialect, script.commands) == ("powershell", ())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("CMD exec gunicorn app", ["exec", "gunicorn"]),
        ('ENTRYPOINT ["sh", "-c", "a && b"]', ["sh", "a", "b"]),
        ("HEALTHCHECK --interval=5s CMD curl -f x || \\\n exit 1", ["curl", "exit"]),
        ('HEALTHCHECK CMD ["curl", "-f"]', ["curl"]),
    ],
)
def test_other_instructions_have_scripts_too(line: str, expected: list[str]) -> None:
    text = f"FROM debian\n{line}\n"
    parsed = dockerfile(text)
    script = parsed.script_of(parsed.instructions[1])
    assert script is not None
    assert names(script) == expected
    assert_places(text, script)
    assert parsed.scripts == ()


@pytest.mark.parametrize("line", ["HEALTHCHECK NONE", "USER x", "CMD []", "ENTRYPOINT []"])
def test_what_has_no_command_has_no_script(line: str) -> None:
    parsed = dockerfile(f"FROM debian\n{line}\n")
    assert parsed.script_of(parsed.instructions[1]) is None


def test_a_run_before_any_stage_is_read_by_sh() -> None:
    parsed = dockerfile("RUN curl x\nFROM debian\n")
    assert [names(script) for _, script in parsed.scripts] in ([["curl"]], [])


def test_commands_are_found_by_name_with_their_instruction() -> None:
    parsed = dockerfile("FROM debian\nRUN a && sudo curl x\nRUN curl y\n")
    assert [(i.line, c.literals) for i, c in parsed.commands("curl")] == [(2, ("x",)), (3, ("y",))]


def test_a_file_of_nothing_but_mistakes_is_not_read_to_its_end() -> None:
    found = scripts("FROM debian\n" + "RUN a (\n" * 150)
    assert len(found) == 150
    assert found[0].has_errors
    assert found[-1].unread
