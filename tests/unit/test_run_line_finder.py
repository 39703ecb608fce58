"""Run lines in Makefiles, systemd units, Markdown and scripts."""

from __future__ import annotations

import pytest

from seawall.core.source import Source
from seawall.surfaces.run_line.finder import file_kind, find_run_lines
from seawall.surfaces.run_line.reader import RunLines
from seawall.surfaces.workload import Workload


def found(path: str, text: str) -> list[Workload]:
    return list(find_run_lines(Source(path, text)).workloads)


def images(path: str, text: str) -> list[str]:
    """What is written for each image, from its place."""
    return [text[each.image.start : each.image.end] for each in found(path, text) if each.image]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a/run.sh", "shell"),
        ("Makefile", "makefile"),
        ("build/rules.mk", "makefile"),
        ("web.service", "systemd"),
        ("README.md", "markdown"),
        ("README", "markdown"),
        ("run.py", ""),
        ("sh", ""),
    ],
)
def test_the_name_tells_the_kind(name: str, kind: str) -> None:
    assert file_kind(name) == kind


def test_a_script_without_extension_is_known_by_its_first_line() -> None:
    assert images("run", "#!/usr/bin/env bash\ndocker run nginx\n") == ["nginx"]
    assert found("run", "docker run nginx\n") == []
    assert found("run.sh", "echo\n") == []


def test_a_recipe_is_read_without_its_prefix() -> None:
    text = "run: build\n\t@-docker run --rm \\\n\t  -p 80:80 \\\n\t  nginx\n\n# docker run no\n"
    (workload,) = found("Makefile", text)
    assert workload.image is not None
    assert workload.image.value == "nginx"
    assert workload.place.line == 2


def test_what_make_fills_in_is_unknown_also_in_quotes() -> None:
    text = (
        "run:\n\tdocker run -e 'A=$(SECRET)' -e B=$$HOME -e 'C=$$D' -e E=$${F:-g} "
        '-e "G=$(call h,$(i))" -v $(CURDIR)/x:/x -u $U img:$(TAG)\n'
    )
    (workload,) = found("Makefile", text)
    values = [each.value.value for each in workload.environment]
    assert values == [None, None, "$D", None, None]
    assert [each.name for each in workload.environment] == ["A", "B", "C", "E", "G"]
    assert workload.mounts[0].target == "/x"
    assert workload.mounts[0].type == "bind"
    assert workload.user is not None
    assert workload.user.value is None
    assert images("Makefile", text) == ["img:$(TAG)"]


def test_a_make_variable_may_hold_options() -> None:
    text = "run:\n\tdocker run $(OPTS) --privileged nginx\n\tdocker run $(IMAGE) sh\n"
    assert images("Makefile", text) == ["nginx", "$(IMAGE)"]
    report = find_run_lines(Source("Makefile", text))
    assert [gap.message for gap in report.gaps] == ["$(OPTS) may hold options"]


def test_a_command_substitution_of_the_shell_in_make_is_read() -> None:
    text = 'run:\n\tid=$$(docker run -d "it\'s" $$X nginx)\n\tdocker run -e "P=$$$$" a\n'
    assert "a" in images("Makefile", text)
    assert len(found("Makefile", text)) == 2


def test_an_unclosed_make_variable_hides_nothing_before_it() -> None:
    assert images("Makefile", "run:\n\tdocker run nginx $(open\n") == ["nginx"]


def test_a_unit_is_split_as_systemd_splits_it() -> None:
    text = (
        "[Service]\nExecStartPre=-/usr/bin/docker pull nginx\n"
        "ExecStart=@/usr/bin/docker run --name %n \\\n# a comment\n"
        "  -e \"A=b c\" -e 'D=%%e$$f' -e G=\\x41\\tB -p ${PORT}:80 $OPTS \\\n"
        "  --privileged nginx:%i; x | y\n"
        "ExecStop=/usr/bin/docker stop web\n"
    )
    (workload,) = found("web.service", text)
    values = [each.value.value for each in workload.environment]
    assert values == ["b c", "%e$f", "A\tB"]
    assert workload.privileged is not None
    assert [cell.value for cell in workload.command or ()] == ["x", "|", "y"]
    assert images("web.service", text) == ["nginx:%i;"]


def test_a_lone_semicolon_divides_the_commands_of_a_unit() -> None:
    text = "[Service]\nExecStart=/usr/bin/docker run a ; /usr/bin/docker run b\n"
    assert images("x.service", text) == ["a", "b"]


def test_a_shell_in_a_unit_is_read() -> None:
    text = (
        "[Service]\nExecStart=/bin/sh -ec 'docker run -e H=$$HOME -v /x:/y img && docker run %i'\n"
        'ExecStart=/bin/bash -c "docker run \\"b\\""\nExecStart=/bin/sh script docker run c\n'
    )
    first, second = found("x.service", text)
    assert first.environment[0].value.value is None
    assert images("x.service", text) == ["img", "%i"]
    assert second.image is not None
    assert second.image.value is None


def test_a_quote_that_never_ends_ends_with_the_line() -> None:
    text = "[Service]\nExecStart=/usr/bin/docker run 'a\nExecStart=/usr/bin/docker run b\n"
    assert images("x.service", text)[-1] == "b"


def test_code_blocks_of_shell_are_read_and_prose_is_not() -> None:
    text = (
        "Use `docker run x` or\ndocker run no\n\n```sh\ndocker run one\n```\n"
        "~~~~ bash\ndocker run two\n~~~\n~~~~\n```python\ndocker run no\n```\n"
        "- item\n  ```\n  docker run \\\n    three\n  ```\n"
        "```\n$ docker run four\ndocker run no\n```\n"
    )
    assert images("README.md", text) == ["one", "two", "three", "four"]


def test_a_session_holds_commands_and_what_they_print() -> None:
    text = (
        "```console\nroot@host:~# docker run \\\n    -v /:/h one\ndocker run no\n"
        "$ docker run two\nUsage: docker run no\n```\n"
    )
    assert images("README.md", text) == ["one", "two"]


def test_a_placeholder_is_unknown() -> None:
    text = "```\ndocker run -e PASSWORD=<your password> -p 80:80 <image>\n```\n"
    (workload,) = found("README.md", text)
    assert workload.environment[0].value.value is None
    assert workload.ports[0].host_first == 80
    assert images("README.md", text) == ["<image>"]


def test_a_synopsis_is_no_command() -> None:
    text = "```\ndocker run [OPTIONS] IMAGE [COMMAND]\ndocker run ...\ndocker run {image}\n```\n"
    assert find_run_lines(Source("README.md", text)) == RunLines()


def test_a_fence_that_never_closes_holds_nothing() -> None:
    assert found("README.md", "```sh\ndocker run x\n") == []
