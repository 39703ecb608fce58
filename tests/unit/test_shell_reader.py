from __future__ import annotations

import time

import pytest

from seawall.surfaces.shell.model import Command, Script
from seawall.surfaces.shell.reader import read_script


def script(text: str) -> Script:
    return read_script(text, 0, "sh")


def names(text: str) -> list[str]:
    return [command.name for command in script(text).commands]


def only(text: str, name: str) -> Command:
    (found,) = [command for command in script(text).commands if command.name == name]
    return found


def literals(text: str) -> list[str | None]:
    return [word.literal for word in script(text).commands[0].words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a; b && c || d & e", ["a", "b", "c", "d", "e"]),
        ("a | b |& c", ["a", "b", "c"]),
        ("(a; b) && { c; d; }", ["a", "b", "c", "d"]),
        ("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        ("for x in 1 $(a); do b; done", ["a", "b"]),
        ("while a; do b; done < <(c) | d", ["a", "b", "c", "d"]),
        ("until a; do b; done", ["a", "b"]),
        ("for ((i=0; i<3; i++)); do a; done", ["a"]),
        ("case $(a) in x|y) b;; *) c; d;; esac", ["a", "b", "c", "d"]),
        ("f() { a; }; function g { b; }", ["a", "b"]),
        ("! a", ["a"]),
        ("a `b` $(c $(d)) <(e)", ["a", "b", "c", "d", "e"]),
        ("[ -f x ] && [[ $(a) == b ]]", ["[", "[[", "a"]),
        ("A=$(b)", ["", "b"]),
        ("export A=$(b)", ["export", "b"]),
        ("unset A", ["unset"]),
        ("> f", [""]),
        ("a # b; c", ["a"]),
        ("/usr/bin/curl x", ["curl"]),
        ("$X y", [""]),
        ('"${X}/bin/curl" y', [""]),
        ("a > $(b) c", ["a", "b"]),
    ],
)
def test_every_command_is_found_in_order(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("word", "literal"),
    [
        ("plain", "plain"),
        ("'a b'", "a b"),
        ('"a b"', "a b"),
        ("a\"b\"'c'", "abc"),
        (r"a\ b", "a b"),
        (r'"a\"b\$c\d"', 'a"b$c\\d'),
        (r"$'a\n\x41\101\u0042\'\cA\e'", "a\nAAB'\x01\x1b"),
        (r"$'\UFFFFFFFF'", ""),
        ("{a,b}", "{a,b}"),
        ("*.txt", "*.txt"),
        ('""', ""),
        ("a$", "a$"),
        ('"a$"', "a$"),
        ("x\\\ny", "xy"),
        ("x\\\n\\\r\n'y'", "xy"),
        ("x\\\n$y", None),
        ("'$x'", "$x"),
        ('"$x"', None),
        ("$x", None),
        ("${x:-y}", None),
        ("$(x)", None),
        ("`x`", None),
        ("$((1+2))", None),
        ("<(x)", None),
        ("ä", "ä"),
    ],
)
def test_a_literal_is_the_word_after_quote_removal(word: str, literal: str | None) -> None:
    assert script(f"echo {word}").commands[0].words[1].literal == literal


@pytest.mark.parametrize(
    ("word", "variables", "substitutes"),
    [
        ("$A", ("A",), False),
        ('"$A${B}"', ("A", "B"), False),
        ("${A:-$B}", ("A", "B"), False),
        ("${#A}", ("A",), False),
        (r'"\$A"', (), False),
        ("'$A'\"$B\"", ("B",), False),
        ("\"it's $A\"'$C'", ("A",), False),
        ("$1$@$?", (), False),
        ("$(x $B)$A", ("A",), True),
        ('"$(x)"', (), True),
        ("`x`", (), True),
        ("$((A + 1))", ("A",), False),
    ],
)
def test_a_word_names_its_variables(
    word: str, variables: tuple[str, ...], substitutes: bool
) -> None:
    found = script(f"echo {word}").commands[0].words[1]
    assert (found.variables, found.has_substitution) == (variables, substitutes)


def test_places_are_characters_in_the_file() -> None:
    text = "écho 'ü' && curl \"$ü\" https://é.example"
    read = read_script(text, 100, "sh")
    for command in read.commands:
        for word in command.words:
            assert text[word.start - 100 : word.end - 100] == word.text
    assert (read.start, read.end) == (100, 100 + len(text))


@pytest.mark.parametrize(
    ("text", "inner", "wrappers"),
    [
        ("sudo -E -u www-data curl x", "curl", ("sudo",)),
        ("sudo -Eu www-data curl x", "curl", ("sudo",)),
        ("sudo A=b -- curl x", "curl", ("sudo",)),
        ("sudo --user=me curl", "curl", ("sudo",)),
        ("env -i A=b 'C=d' curl", "curl", ("env",)),
        ("exec -a name curl", "curl", ("exec",)),
        ("nice -n 10 ionice -c2 curl", "curl", ("nice", "ionice")),
        ("nohup time curl", "curl", ("nohup", "time")),
        ("timeout -k 5 10 curl", "curl", ("timeout",)),
        ("timeout --signal=KILL 10 curl", "curl", ("timeout",)),
        ("a | xargs -0 -I {} -n 1 curl {}", "curl", ("xargs",)),
        ("command curl", "curl", ("command",)),
        ("gosu user curl", "curl", ("gosu",)),
        ("su-exec user:group curl", "curl", ("su-exec",)),
        ("chroot --userspec=a:b /mnt curl", "curl", ("chroot",)),
        ("tini -g -- curl", "curl", ("tini",)),
        ("stdbuf -o L curl", "curl", ("stdbuf",)),
        ("setpriv --reuid 1000 curl", "curl", ("setpriv",)),
        ("runuser -u user -- curl", "curl", ("runuser",)),
        ("runuser user -c 'curl'", "curl", ("runuser",)),
        ("flock -n /lock curl", "curl", ("flock",)),
        ("flock /lock -c 'curl x'", "curl", ("flock",)),
        ("busybox curl", "curl", ("busybox",)),
        ("xvfb-run -s '-screen 0' curl", "curl", ("xvfb-run",)),
        ("start-stop-daemon --start --exec /usr/bin/curl -- -x", "curl", ("start-stop-daemon",)),
        ("find . -name x -exec curl {} \\;", "curl", ("find",)),
        ("find . -execdir curl {} +", "curl", ("find",)),
        ("find . -exec curl", "curl", ("find",)),
        ("sh -c 'curl x'", "curl", ("sh",)),
        ("bash -eo pipefail -c 'curl x' name arg", "curl", ("bash",)),
        ('bash -o pipefail -lc "curl $X"', "curl", ("bash",)),
        ("bash --rcfile f -c curl", "curl", ("bash",)),
        ("su -c 'curl x' user", "curl", ("su",)),
        ("su - user --command 'curl x'", "curl", ("su",)),
        ("eval curl x", "curl", ("eval",)),
        ("eval 'curl' \"x\"", "curl", ("eval",)),
        ("eval -- 'curl x'", "curl", ("eval",)),
        ('sudo env A=b bash -c "cd x && curl y"', "curl", ("sudo", "env", "bash")),
        ("bash <<< 'curl x'", "curl", ("bash",)),
        ("bash -s <<EOF\ncurl x\nEOF", "curl", ("bash",)),
        ("su - user <<EOF\ncurl x\nEOF", "curl", ("su",)),
    ],
)
def test_a_wrapper_is_a_command_and_so_is_what_it_runs(
    text: str, inner: str, wrappers: tuple[str, ...]
) -> None:
    command = only(text, inner)
    assert command.wrappers == wrappers
    found = names(text)
    assert found.index(wrappers[-1]) < found.index(inner)


@pytest.mark.parametrize(
    "text",
    [
        "command -v curl",
        "sudo -l curl",
        "sh curl",
        "sh -e curl",
        "bash -x ./curl -c x",
        "bash script <<< curl",
        "echo sudo curl",
        "find . -name curl",
        "nice",
        "sudo -u curl",
        "env A=curl",
        "sh -c",
        "eval",
        "xargs -n",
        "start-stop-daemon --exec",
        "su curl",
    ],
)
def test_what_a_wrapper_does_not_run_is_no_command(text: str) -> None:
    assert "curl" not in names(text)


def test_each_exec_of_find_is_a_command_that_ends_where_it_ends() -> None:
    text = r"find . -exec chmod 755 {} \; -exec chown a {} + -print"
    chmod, chown = script(text).commands[1:]
    assert text[chmod.start : chmod.end] == "chmod 755 {}"
    assert [word.text for word in chown.words] == ["chown", "a", "{}"]


def test_assignments_before_a_command_and_in_env_are_its_own() -> None:
    command = only("A=b env C='d e' \"F=$g\" curl", "curl")
    assert [(a.name, a.value.literal) for a in command.assignments] == [("C", "d e"), ("F", None)]
    assert [a.name for a in script("A=b env C=d curl").commands[0].assignments] == ["A"]


def test_declared_variables_are_assignments_and_words() -> None:
    command = script("export A=b C D[1]=$x E+=y").commands[0]
    assert [(a.name, a.value.text) for a in command.assignments] == [
        ("A", "b"),
        ("D", "$x"),
        ("E", "y"),
    ]
    assert [word.text for word in command.words] == ["export", "A=b", "C", "D[1]=$x", "E+=y"]


def test_the_quotes_of_a_script_hide_no_places_unless_they_hide_characters() -> None:
    text = 'sh -c \'curl x\' && bash -c "wget \\"y\\""'
    curl, wget = only(text, "curl"), only(text, "wget")
    assert text[curl.words[1].start : curl.words[1].end] == "x"
    assert wget.words[1].literal == "y"
    assert text[wget.words[1].start : wget.words[1].end] == '"wget \\"y\\""'


def test_a_substitution_in_the_text_of_a_shell_is_run_once_by_the_caller() -> None:
    text = 'sudo bash -c "$(curl -fsSL https://x)"'
    assert only(text, "curl").substituted_into is not None
    assert only(text, "curl").substituted_into == only(text, "bash")


def test_a_substitution_within_single_quotes_belongs_to_the_inner_script() -> None:
    curl = only("sh -c 'eval \"$(curl x)\"'", "curl")
    assert curl.substituted_into is not None
    assert (curl.substituted_into.name, curl.wrappers) == ("eval", ("sh",))


def test_a_pipeline_keeps_its_order_through_groups_and_wrappers() -> None:
    read = script("a; (curl x || wget y) 2>&1 | tee log | sudo -E bash -; b")
    places = {c.name: (c.pipeline, c.position) for c in read.commands}
    pipeline = places["curl"][0]
    assert places["a"] != places["b"]
    assert [places[n] for n in ("curl", "wget", "tee", "sudo", "bash")] == [
        (pipeline, position) for position in (0, 0, 1, 2, 2)
    ]
    members = read.pipelines[pipeline]
    assert [c.name for c in members.commands] == ["curl", "wget", "tee", "sudo", "bash"]


def test_a_pipeline_in_a_piped_group_is_one_with_it() -> None:
    read = script("(curl x | gunzip) | sh")
    assert [(c.name, c.position) for c in read.commands] == [("curl", 0), ("gunzip", 1), ("sh", 2)]
    assert len(read.pipelines) == 1


def test_the_condition_is_the_nearest_one() -> None:
    text = "a && b; c || { d; e && f; }; if g; then h; else i; fi; while j; do k; done"
    found = {c.name: c.condition for c in script(text).commands}
    assert found == {
        "a": "", "b": "&&", "c": "", "d": "||", "e": "||", "f": "&&",
        "g": "", "h": "if", "i": "if", "j": "", "k": "loop",
    }  # fmt: skip


def test_a_redirect_belongs_to_the_last_command_of_a_list() -> None:
    read = script("a && b | c > f 2>&1; { d; e; } >> g")
    found = {
        c.name: [(r.operator, r.descriptor, r.target.text if r.target else "") for r in c.redirects]
        for c in read.commands
    }
    assert found["a"] == found["b"] == []
    assert found["c"] == [(">", -1, "f"), (">&", 2, "1")]
    assert found["d"] == found["e"] == [(">>", -1, "g")]


def test_words_behind_a_redirect_are_arguments() -> None:
    curl = only("curl -sSL > out.tgz https://x 2>/dev/null --fail", "curl")
    assert curl.literals == ("-sSL", "https://x", "--fail")
    assert [r.target.text for r in curl.redirects if r.target] == ["out.tgz", "/dev/null"]
    assert (curl.start, curl.end) == (0, 48)


@pytest.mark.parametrize(
    "text",
    [
        'sh -c "$(curl "x y")"',
        "eval 'echo \"a\"' 'b'",
        "sh -c 'a '\\''b'\\'",
        'eval "\\$(a \\"b\\")"',
        'sh -c \'sh -c "sh -c \\"a\\""\'',
        'sh -c $X"a; b"',
        'sh -c "a \\"$X\\"; b"',
    ],
)
def test_a_script_that_is_quoted_twice_has_the_place_of_its_string(text: str) -> None:
    for command in script(text).commands:
        assert 0 <= command.start < command.end <= len(text)


def test_here_documents_have_their_bodies_and_let_the_line_go_on() -> None:
    text = "cat <<A <<-'B' > f && x\none $(q) \"\nA\n\ttwo $(r)\n\tB\ny"
    read = script(text)
    cat = read.commands[0]
    assert [c.name for c in read.commands] == ["cat", "q", "x", "y"]
    assert [(r.operator, r.body) for r in cat.redirects] == [
        ("<<", 'one $(q) "\n'),
        ("<<-", "\ttwo $(r)\n"),
        (">", ""),
    ]
    for redirect in cat.redirects[:2]:
        start = redirect.body_start
        assert text[start : start + len(redirect.body)] == redirect.body
    assert [r.target.literal for r in cat.redirects if r.target] == ["A", "B", "f"]
    assert read.commands[1].substituted_into == cat


def test_a_here_document_before_a_keyword_is_no_mistake() -> None:
    read = script("if cat <<EOF; then\nx y\nEOF\nfoo; fi")
    assert [c.name for c in read.commands] == ["cat", "foo"]
    assert not read.has_errors


@pytest.mark.parametrize(
    "text", ["echo '<<EOF'\nb", 'echo "<<EOF"\nb', "echo \\<<EOF\nb", "echo $((1 << 2))\nb"]
)
def test_what_only_looks_like_a_here_document_swallows_nothing(text: str) -> None:
    assert "b" in names(text)


def test_a_here_string_is_a_redirect_with_a_target() -> None:
    (redirect,) = only('cat <<< "$x y"', "cat").redirects
    assert (redirect.operator, redirect.body) == ("<<<", "")
    assert redirect.target is not None
    assert redirect.target.text == '"$x y"'


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("set -eux; a", {"-e", "-u", "-x"}),
        ("set -e && set -o pipefail && a", {"-e", "pipefail"}),
        ("set -euo pipefail; set +e", {"-u", "pipefail"}),
        ("set -o errexit; a", {"-e"}),
        ("a; set -e", set()),
        ("a || set -e", set()),
        ("set -- -e; a", set()),
    ],
)
def test_leading_sets_are_the_options_of_the_script(text: str, options: set[str]) -> None:
    assert script(text).options == options


def test_options_given_to_the_shell_hold_until_they_are_switched_off() -> None:
    assert read_script("set +o pipefail", 0, "bash", frozenset({"-e", "pipefail"})).options == {
        "-e"
    }


def test_loops_that_end_together_are_understood() -> None:
    read = script("for a in b; do for c in d; do e; done  done && f")
    assert not read.has_errors
    assert [c.name for c in read.commands] == ["e", "f"]


def test_a_mistake_is_said_and_the_rest_is_read() -> None:
    read = script("curl x | bash; if a; then b; c ) ; wget y")
    assert read.has_errors
    assert {"curl", "bash", "wget"} <= {c.name for c in read.commands}


def test_nesting_is_followed_to_a_depth_and_no_further() -> None:
    assert names("sudo " * 1000 + "curl").count("sudo") < 12
    deep = "x $(" * 500 + "curl" + ")" * 500
    assert script(deep).has_errors
    assert len(script(deep).commands) < 100


@pytest.mark.parametrize(
    "text",
    [
        "(" * 200_000,
        "a=(" * 60_000,
        ")" * 200_000,
        "cat <<a\n" * 25_000,
        "eval " * 40_000,
        "find " + "-exec " * 30_000,
        "$(" * 100_000,
        "'" * 200_001,
        '"$(' * 60_000,
        "{ " * 3_000 + "a; " + "} > x; " * 3_000,
    ],
    ids=lambda text: text[:8],
)
def test_hostile_texts_take_no_more_than_seconds(text: str) -> None:
    start = time.process_time()
    script(text)
    assert time.process_time() - start < 5


def test_a_script_without_commands_is_empty() -> None:
    for text in ("", "\n", "# only a comment", "\f\f"):
        assert script(text).commands == ()
