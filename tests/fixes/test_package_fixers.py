"""Package managers in Dockerfiles: what is written, in which style, and what is left alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from mends import applied, context, fixes, mended

from seawall.core.model import Edit, Fix, Safety
from seawall.core.source import Source
from seawall.fixes import all_fixers
from seawall.fixes.dockerfile import (
    answers,
    apk,
    apt,
    languages,
    rpm,
    steps,
    tools,
    trust,
    updates,
)
from seawall.fixes.dockerfile.shell_lists import list_of
from seawall.fixes.model import Fixer
from seawall.rules import by_id
from seawall.surfaces.dockerfile.reader import read

CLEAN = "rm -rf /var/lib/apt/lists/*"
SAFE = (Safety.SAFE,)


def fixer(name: str) -> Fixer:
    return next(each for each in all_fixers() if each.id == name)


def written(name: str, body: str, *safeties: Safety, base: str = "debian:12.5") -> str:
    """The steps after FROM once they are mended."""
    head = f"FROM {base}\n"
    after = mended(fixer(name), head + body, context(), safeties or Safety)
    assert after.startswith(head)
    return after.removeprefix(head)


def offered(name: str, body: str, base: str = "debian:12.5") -> list[Fix]:
    found = fixes(fixer(name), f"FROM {base}\n{body}", context())
    return [fix for _, fix in found if fix is not None]


STYLES = {
    "operators at the ends of lines": (
        "RUN apt-get update && \\\n    apt-get install -y x && \\\n    make\n",
        f"RUN apt-get update && \\\n    apt-get install -y x && \\\n    {CLEAN} && \\\n    make\n",
    ),
    "operators at the beginnings of lines": (
        "RUN apt-get update \\\n && apt-get install -y x \\\n && make\n",
        f"RUN apt-get update \\\n && apt-get install -y x \\\n && {CLEAN} \\\n && make\n",
    ),
    "tabs and semicolons": (
        "RUN set -e; \\\n\tapt-get update; \\\n\tapt-get install -y x\n",
        f"RUN set -e; \\\n\tapt-get update; \\\n\tapt-get install -y x; \\\n\t{CLEAN}\n",
    ),
    "semicolons that stop at nothing": (
        "RUN apt-get update; \\\n    apt-get install -y x\n",
        f"RUN apt-get update; \\\n    apt-get install -y x && \\\n    {CLEAN}\n",
    ),
    "an operator on a line of its own": (
        "RUN set -e \\\n    ; \\\n    apt-get update \\\n    ; \\\n    apt-get install x -y\n",
        "RUN set -e \\\n    ; \\\n    apt-get update \\\n    ; \\\n    apt-get install x -y \\\n"
        f"    ; \\\n    {CLEAN}\n",
    ),
    "comments between the lines": (
        "RUN apt-get update && \\\n    apt-get install -y x && \\\n    # build it\n\n    make\n",
        f"RUN apt-get update && \\\n    apt-get install -y x && \\\n    {CLEAN} && \\\n"
        "    # build it\n\n    make\n",
    ),
    "a comment at the end": (
        "RUN apt-get update && \\\n    apt-get install -y x \\\n    # and no more\n",
        f"RUN apt-get update && \\\n    apt-get install -y x && \\\n    {CLEAN} \\\n"
        "    # and no more\n",
    ),
    "carriage returns": (
        "RUN apt-get update \\\r\n && apt-get install -y x\r\nUSER a\r\n",
        f"RUN apt-get update \\\r\n && apt-get install -y x \\\r\n && {CLEAN}\r\nUSER a\r\n",
    ),
    "packages on lines of their own": (
        "RUN apt-get update && apt-get install -y \\\n    x \\\n    y\n",
        f"RUN apt-get update && apt-get install -y \\\n    x \\\n    y \\\n    && {CLEAN}\n",
    ),
    "redirects": (
        "RUN apt-get update && apt-get install -y x >/log 2>&1 && make\n",
        f"RUN apt-get update && apt-get install -y x >/log 2>&1 && {CLEAN} && make\n",
    ),
    "a failure that is passed over": (
        "RUN apt-get update && apt-get install -y x || true\n",
        f"RUN apt-get update && apt-get install -y x && {CLEAN} || true\n",
    ),
    "a pipe": (
        "RUN apt-get update; yes | apt-get install x | tee /log\n",
        f"RUN apt-get update; yes | apt-get install x | tee /log && {CLEAN}\n",
    ),
    "a condition": (
        'RUN apt-get update && if [ "$A" ]; then apt-get install -y x; fi\n',
        f'RUN apt-get update && if [ "$A" ]; then apt-get install -y x; fi && {CLEAN}\n',
    ),
    "a loop": (
        "RUN apt-get update && for p in a b; do apt-get install -y $p; done && make\n",
        f"RUN apt-get update && for p in a b; do apt-get install -y $p; done && {CLEAN} && make\n",
    ),
    "a shell within": (
        'RUN bash -c "apt-get update && apt-get install -y x"\n',
        f'RUN bash -c "apt-get update && apt-get install -y x" && {CLEAN}\n',
    ),
    "variables and wrappers": (
        "RUN apt-get -qq update && env A=b apt-get -qq install $PKGS x -y\n",
        f"RUN apt-get -qq update && env A=b apt-get -qq install $PKGS x -y && {CLEAN}\n",
    ),
    "an end without a line end": (
        "RUN apt-get update && apt-get install -y x",
        f"RUN apt-get update && apt-get install -y x && {CLEAN}",
    ),
    "a document whose lines stop at nothing": (
        "RUN <<EOF\napt-get update\napt-get install -y x\nmake\nEOF\n",
        f"RUN <<EOF\napt-get update\napt-get install -y x\n{CLEAN}\nmake\nEOF\n",
    ),
    "a document that stops on errors": (
        "RUN <<EOF\nset -e\n  apt-get update &&\n    apt-get install -y x\nEOF\n",
        f"RUN <<EOF\nset -e\n  apt-get update &&\n    apt-get install -y x && {CLEAN}\nEOF\n",
    ),
    "a document that stops on errors, statement by statement": (
        "RUN <<EOF\nset -e\n  apt-get update\n  apt-get install -y x\nEOF\n",
        f"RUN <<EOF\nset -e\n  apt-get update\n  apt-get install -y x\n  {CLEAN}\nEOF\n",
    ),
    "a document with a remark": (
        "RUN <<EOF\napt-get update\napt-get install -y x # the server\nmake\nEOF\n",
        f"RUN <<EOF\napt-get update\napt-get install -y x; {CLEAN} # the server\nmake\nEOF\n",
    ),
    "an escape of one's own": (
        "RUN apt-get update `\n && apt-get install -y x\n",
        f"RUN apt-get update `\n && apt-get install -y x `\n && {CLEAN}\n",
    ),
}


@pytest.mark.parametrize("name", STYLES)
def test_a_command_is_added_in_the_style_of_its_step(name: str) -> None:
    before, after = STYLES[name]
    if "`" in before:
        head = "# escape=`\nFROM debian:12.5\n"
        assert mended(fixer("apt-lists"), head + before, context()) == head + after
    else:
        assert written("apt-lists", before, *SAFE) == after


def test_a_byte_order_mark_stays() -> None:
    text = "\ufeffFROM debian:12.5\nRUN apt-get update && apt-get install -y x\n"
    after = text.replace("-y x", f"-y x && {CLEAN}")
    assert mended(fixer("apt-lists"), text, context()) == after


@pytest.mark.parametrize(
    "body",
    [
        "RUN apt-get update && apt-get install -y x &\n",
        "RUN f() { apt-get update && apt-get install -y x; }\n",
        "RUN apt-get update && exec apt-get install -y x\n",
        "RUN apt-get update; apt-get install -y x; test $? = 0\n",
        "RUN set -f && apt-get update && apt-get install -y x\n",
        "RUN shopt -s failglob && apt-get update && apt-get install -y x\n",
        "RUN apt-get update && chroot /target apt-get install -y x\n",
        "RUN --mount=type=bind,target=/var/lib/apt apt-get update && apt-get install -y x\n",
        "RUN apt-get update && apt-get install -y x $(cat <<EOF\ny\nEOF\n)\n",
        'SHELL ["/bin/zsh", "-c"]\nRUN apt-get update && apt-get install -y x\n',
        "RUN apt-get install -y x\n",
        "RUN apt-get update && apt-get install -y x\nRUN apt-get source y\n",
        "RUN apt-get update && apt-get install -y x\nRUN apt-cache policy y\n",
    ],
)
def test_lists_stay_where_it_is_not_sure_what_deleting_them_means(body: str) -> None:
    assert not any(fix.edits for fix in offered("apt-lists", body))


@pytest.mark.parametrize(
    "later",
    [
        "RUN ./setup.sh\n",
        "RUN curl -fsSL https://x.example | bash\n",
        "RUN make deps\n",
        "RUN npm run install-deps\n",
        "RUN npx playwright install --with-deps\n",
        "RUN python3 bootstrap.py\n",
        "RUN $INSTALLER\n",
        "RUN /opt/acme/run\n",
        "RUN ansible-playbook x.yml\n",
        "RUN install-everything\n",
        "RUN if true; then\n",
    ],
)
def test_lists_that_an_unseen_program_may_need_are_not_deleted_safely(later: str) -> None:
    body = "RUN apt-get update && apt-get install -y x\n" + later
    assert {fix.safety for fix in offered("apt-lists", body)} == {Safety.UNSAFE}


@pytest.mark.parametrize(
    "later",
    [
        "RUN apt-get update && apt-get install -y y && rm -rf /var/lib/apt/lists/*\n",
        "RUN apt-get purge -y x && apt-get clean && apt-mark auto y\n",
        "RUN pip install -r r.txt && . /venv/bin/activate && make install\n",
        "RUN ./configure && make -j4 && ./manage.py migrate && python setup.py install\n",
        "RUN /opt/venv/bin/pip install x && /usr/local/bin/tool && npm run build\n",
        "RUN bash -c 'make all' && sh -ec ls\n",
        "FROM alpine:3.19\nRUN apk add --no-cache y\n",
    ],
)
def test_lists_that_nothing_needs_any_more_are_deleted_safely(later: str) -> None:
    body = "RUN apt-get update && apt-get install -y x\n" + later
    assert Safety.SAFE in {fix.safety for fix in offered("apt-lists", body)}


def test_lists_are_deleted_behind_the_last_command_that_needs_them() -> None:
    body = (
        "RUN apt-get update && apt-get install -y curl && curl -fs https://x.example | bash - \\\n"
        "    && apt-get install -y nodejs && node -v\n"
    )
    after = body.replace("nodejs &&", f"nodejs \\\n    && {CLEAN} &&")
    assert written("apt-lists", body, *SAFE) == after


def test_who_calls_apt_by_sudo_deletes_its_lists_by_sudo() -> None:
    body = "RUN sudo apt-get update && sudo apt-get install -y x\n"
    assert written("apt-lists", body, *SAFE) == body
    assert written("apt-lists", body) == body.replace("-y x", f"-y x && sudo {CLEAN}")


def test_an_update_that_is_not_always_made_renews_nothing() -> None:
    body = "RUN apt-get update && apt-get install -y x\n"
    later = "RUN if true; then apt-get update; fi && apt-get install -y y\n"
    first, second = offered("apt-lists", body + later)
    assert (first.edits, first.safety, second.safety) == ((), Safety.GUIDED, Safety.SAFE)


def test_a_step_for_child_images_is_not_mended_safely() -> None:
    body = "ONBUILD RUN apt-get update && apt-get install -y x\n"
    assert [fix.safety for fix in offered("apt-lists", body)] == [Safety.UNSAFE]
    assert written("apt-lists", body) == body.replace("-y x", f"-y x && {CLEAN}")


def test_lists_that_a_child_stage_needs_are_shown_step_by_step() -> None:
    text = (
        "ARG B=base\nFROM debian:12.5 AS base\nRUN apt-get update && apt-get install -y x\n"
        "FROM $B\nRUN apt-get install -y y\n"
    )
    (_, first), (_, second) = fixes(fixer("apt-lists"), text, context())
    assert first is not None
    assert second is not None
    assert (first.edits, first.safety) == ((), Safety.GUIDED)
    assert second.proposal == (
        f"RUN apt-get update \\\n    && apt-get install -y y \\\n    && {CLEAN}"
    )


SCRIPTS = (
    "apt-get update && apt-get install -y x",
    "apt-get update && apt-get install -y x && make",
    "apt-get update && apt-get install -y x || fallback",
    "apt-get update && apt-get install -y x || fallback; make",
    "first || apt-get update; apt-get install -y x",
    "apt-get update; apt-get install -y x; make",
    "set -e; apt-get update; apt-get install -y x; make",
    "set -e; apt-get update; apt-get install -y x",
    "set -e; apt-get update && apt-get install -y x; make",
    "set -e; first && apt-get update && apt-get install -y x",
    "set -e; set +e; apt-get update; apt-get install -y x",
    "apt-get update && (apt-get install -y x; first) && make",
    "apt-get update && { apt-get install -y x; } && make",
    "apt-get update && if first; then apt-get install -y x; else second; fi; make",
    "set -e; apt-get update; for p in a b; do apt-get install -y $p x; done; make",
    "apt-get update && first | apt-get install x -y && make",
    "set -e; apt-get update\napt-get install -y x\nmake",
    "apt-get update\napt-get install -y x",
    "set -e\napt-get update\napt-get install -y x",
    "apt-get update && bash -c 'apt-get install -y x && first' && make",
)
_PROGRAMS = ("apt-get", "make", "first", "second", "fallback", "rm")


def _outcome(script: str, fails: str, place: Path) -> tuple[int, list[str]]:
    """A script's answer, and the commands that it ran, where one of them fails."""
    log = place / "log"
    log.write_text("")
    stub = f'#!/bin/sh\necho "${{0##*/}} $*" >> {log}\n[ "${{0##*/}} $*" != "$FAILS" ]\n'
    for program in _PROGRAMS:
        (place / program).write_text(stub)
        (place / program).chmod(0o755)
    env = {"PATH": f"{place}:{os.environ['PATH']}", "FAILS": fails}
    answer = subprocess.run(["sh", "-c", script], env=env, check=False, capture_output=True)
    return answer.returncode, sorted(log.read_text().splitlines())


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_step_fails_where_it_failed_and_runs_what_it_ran(script: str, tmp_path: Path) -> None:
    is_document = "\n" in script
    body = f"RUN <<EOF\n{script}\nEOF\n" if is_document else f"RUN {script}\n"
    after = written("apt-lists", body, *SAFE)
    assert CLEAN in after
    mended_script = after[10:-5] if is_document else after[4:-1]
    _, commands = _outcome(script, "", tmp_path)
    _, cleaned = _outcome(mended_script, "", tmp_path)
    assert any(line.startswith("rm ") for line in cleaned)
    for fails in ("", *commands):
        answer, ran = _outcome(script, fails, tmp_path)
        new_answer, now_ran = _outcome(mended_script, fails, tmp_path)
        assert (new_answer, [x for x in now_ran if x[:3] != "rm "]) == (answer, ran), fails


def test_a_file_of_nothing_but_mistakes_has_no_list() -> None:
    dockerfile = read(Source("Dockerfile", "FROM a\nRUN if (( ; then &&\nRUN cat <<A && b\nA\n"))
    for instruction, _ in dockerfile.scripts:
        assert list_of(dockerfile, instruction) is None


def test_a_long_chain_is_read_without_recursion() -> None:
    chain = " && ".join(["true"] * 3000)
    dockerfile = read(Source("Dockerfile", f"FROM a\nRUN {chain} > /x || false\n"))
    commands = list_of(dockerfile, dockerfile.instructions[1])
    assert commands is not None
    assert len(commands.items) == 3001
    assert commands.items[2999].operator == "||"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("apk add x", "apk add --no-cache x"),
        ("apk update && apk add -t .d x", "apk add --no-cache -t .d x"),
        ("apk update; apk add x", "apk update; apk add --no-cache x"),
        ("apk update \\\n # why\n && apk add x", "apk update \\\n # why\n && apk add --no-cache x"),
        ("make && apk update && apk add x", "make && apk add --no-cache x"),
        ("apk update && apk add x && ./s.sh", "apk update && apk add --no-cache x && ./s.sh"),
        ("apk update && apk add x\nRUN apk add y", None),
        ("apk update -q && apk add x && apk del y", "apk add --no-cache x && apk del y"),
        ("sudo apk update && apk add x", "sudo apk update && apk add --no-cache x"),
        ("if true; then apk add x; fi", "if true; then apk add --no-cache x; fi"),
    ],
)
def test_apk_keeps_no_index(before: str, after: str | None) -> None:
    body = f"RUN {before}\n"
    mended_body = written("apk-no-cache", body, *SAFE, base="alpine:3.19")
    if after is None:
        assert mended_body.startswith("RUN apk update && apk add --no-cache x\n")
    else:
        assert mended_body == f"RUN {after}\n"


def test_apk_keeps_an_index_that_a_later_step_needs() -> None:
    body = "RUN apk update && apk add --no-cache x && apk add y\nRUN apk upgrade\n"
    assert written("apk-no-cache", body, base="alpine:3.19") == body
    body = "RUN apk update && apk add y\nRUN apk upgrade\n"
    after = "RUN apk update && apk add --no-cache y\nRUN apk upgrade\n"
    assert written("apk-no-cache", body, base="alpine:3.19") == after


@pytest.mark.parametrize("option", ["--cache-dir /c", "--no-network", "--root /r"])
def test_apk_is_left_alone_where_it_is_told_where_its_index_is(option: str) -> None:
    assert not offered("apk-no-cache", f"RUN apk add {option} x\n", base="alpine:3.19")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("set -e; dnf install -y x; make", "set -e; dnf install -y x; dnf clean all; make"),
        ("microdnf install x && make", "microdnf install x && microdnf clean all && make"),
        ("dnf install -y x && dnf update -y", None),
    ],
)
def test_dnf_is_cleaned_behind_its_last_command(before: str, after: str | None) -> None:
    body = f"RUN {before}\n"
    expected = after or f"{before} && dnf clean all && rm -rf /var/cache/dnf"
    assert written("rpm-clean", body, *SAFE, base="rockylinux:9") == f"RUN {expected}\n"


@pytest.mark.parametrize(
    "body",
    [
        "RUN dnf install -y --installroot /r x\n",
        "RUN dnf install -y x\nRUN dnf -y download y\n",
        "RUN dnf install -y x && yum install -y y\n",
        "RUN ! dnf install -y x\n",
    ],
)
def test_dnf_is_left_alone_where_its_cache_may_be_needed(body: str) -> None:
    assert not offered("rpm-clean", body, base="rockylinux:9")


def test_dnf_with_other_repositories_or_by_sudo_is_cleaned_on_request_only() -> None:
    (fix,) = offered("rpm-clean", "RUN yum install -y --disablerepo=* x\n", base="centos:7")
    assert fix.safety is Safety.UNSAFE
    (fix,) = offered("rpm-clean", "RUN sudo yum install -y x\n", base="centos:7")
    assert fix.safety is Safety.UNSAFE
    assert fix.edits[0].text == " && sudo yum clean all && sudo rm -rf /var/cache/yum"


def test_pip_keeps_nothing_and_old_pips_only_on_request() -> None:
    body = "RUN python3 -m pip install x && pipx install y \\\n && uv tool install z\n"
    assert written("pip-no-cache", body, *SAFE) == (
        "RUN python3 -m pip install --no-cache-dir x && "
        "pipx install --pip-args=--no-cache-dir y \\\n && uv tool install --no-cache z\n"
    )
    for base in ("debian:jessie", "ubuntu:14.04", "acme/jessie-python"):
        (fix,) = offered("pip-no-cache", "RUN pip install x\n", base=base)
        assert fix.safety is Safety.UNSAFE
    (fix,) = offered("pip-no-cache", "RUN pip install x\n", base="python:3.6-jessie")
    assert fix.safety is Safety.SAFE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("apt upgrade -y", "apt-get upgrade --with-new-pkgs -y"),
        ("apt -o A=install update", "apt-get -o A=install update"),
        ("apt autopurge", "apt-get autoremove --purge"),
        ("apt policy x", "apt-cache policy x"),
        ("apt search install", "apt search install"),
        ("apt -t install list", "apt -t install list"),
        ('bash -c "apt install x"', 'bash -c "apt-get install x"'),
        ('bash -c "apt install \\"x\\""', 'bash -c "apt install \\"x\\""'),
    ],
)
def test_apt_becomes_what_does_the_same(before: str, after: str) -> None:
    assert written("apt-get", f"RUN {before}\n", *SAFE) == f"RUN {after}\n"


@pytest.mark.parametrize(
    ("step", "safety"),
    [
        ("apt-get install x", Safety.SAFE),
        ("set -e; apt-get install x; make", Safety.SAFE),
        ("set -e; first && apt-get install x; make", Safety.SAFE),
        ("apt-get install x > /log && make", Safety.SAFE),
        ("apt-get install x && make || true", Safety.UNSAFE),
        ("set -e; apt-get install x && make; true", Safety.UNSAFE),
        ("apt-get install x &", Safety.UNSAFE),
        ("(apt-get install x)", Safety.UNSAFE),
        ("apt-get install x | cat", Safety.UNSAFE),
    ],
)
def test_an_answer_is_safe_where_the_build_stops_without_it(step: str, safety: Safety) -> None:
    (fix,) = offered("say-yes", f"RUN {step}\n")
    assert fix.safety is safety
    assert applied(step, [_moved(fix, -21)]) == step.replace("install x", "install -y x")


def _moved(fix: Fix, by: int) -> Edit:
    edit = fix.edits[0]
    return Edit(edit.start + by, edit.end + by, edit.text)


def test_a_dry_run_is_asked_nothing() -> None:
    assert not offered("say-yes", "RUN apt-get install -s x\n")


def test_companions_come_once_and_only_where_they_are_missing() -> None:
    body = "RUN apt-get install -y curl git gcc\n"
    assert written("no-recommends", body) == (
        "RUN apt-get install -y --no-install-recommends curl ca-certificates git gcc libc6-dev\n"
    )
    body = "RUN apt-get install -y curl gcc g++ && apt-get install -y ca-certificates\n"
    assert "libc6-dev" not in written("no-recommends", body)
    assert written("no-recommends", body).count("ca-certificates") == 1
    body = "RUN aptitude install -y x\n"
    after = "RUN aptitude install -y -o APT::Install-Recommends=false x\n"
    assert written("no-recommends", body) == after


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (
            "RUN apt-get update\n\nRUN apt-get install -y x \\\n && make\n",
            "\nRUN apt-get update \\\n && apt-get install -y x \\\n && make\n",
        ),
        (
            "ENV A=b\n\nRUN apt-get update\n\nRUN set -e; apt-get install -y x; make\n",
            "ENV A=b\n\nRUN set -e; apt-get update; apt-get install -y x; make\n",
        ),
        (
            "RUN apk update\nCOPY a /app/\nRUN make && apk add x",
            "COPY a /app/\nRUN make && apk update && apk add x",
        ),
        (
            "RUN a && apt-get update && b\nRUN apt-get install -y x\n",
            "RUN a && b\nRUN apt-get update && apt-get install -y x\n",
        ),
        (
            "RUN sudo apt-get update\nRUN if a; then apt-get install -y x; fi\n",
            "RUN sudo apt-get update && if a; then apt-get install -y x; fi\n",
        ),
    ],
)
def test_a_lone_update_goes_to_the_install(body: str, after: str) -> None:
    assert written("merge-update", body, *SAFE) == after


@pytest.mark.parametrize(
    "body",
    [
        "RUN apt-get update \\\n # why\n\nRUN apt-get install -y x\n",
        "RUN --network=host apt-get update\nRUN apt-get install -y x\n",
        "ONBUILD RUN apt-get update\nRUN apt-get install -y x\n",
        "RUN apt-get update > /log\nRUN apt-get install -y x\n",
        "RUN apt-get update; make\nRUN apt-get install -y x\n",
        "RUN apt-get update\nRUN apt-key add k\nRUN apt-get install -y x\n",
        "RUN apt-get update\nRUN ./s.sh && apt-get install -y x\n",
        'RUN apt-get update\nRUN ["apt-get", "install", "-y", "x"]\n',
        "RUN apt-get update\nCOPY etc /\nRUN apt-get install -y x\n",
        "RUN apt-get update\nRUN if a; then apt-get update; fi && apt-get install -y x\n",
        "RUN zypper refresh\nRUN zypper -n install x\n",
    ],
)
def test_a_lone_update_stays_where_moving_it_may_change_something(body: str) -> None:
    assert written("merge-update", body) == body


def test_an_update_that_nothing_needs_is_told() -> None:
    (fix,) = offered("merge-update", "RUN apt-get update\n")
    assert (fix.safety, fix.edits) == (Safety.GUIDED, ())
    assert "delete" in fix.title


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("curl -ksS https://x", "curl -sS https://x"),
        ("curl -k -L https://x", "curl -L https://x"),
        ("curl -Lok https://x", "curl -Lok https://x"),
        ("pip install --trusted-host a --trusted-host=b x", "pip install x"),
        ("pip install --trusted-host $A x", "pip install x"),
        ("npm install --strict-ssl=false", "npm install"),
        ("wget \\\n # no\n --no-check-certificate https://x", None),
        ("npm config set strict-ssl false", None),
    ],
)
def test_switches_by_which_anybody_is_trusted_go(before: str, after: str | None) -> None:
    body = f"RUN {before}\n"
    assert written("verify-server", body, *SAFE) == body
    assert written("verify-server", body) == f"RUN {after or before}\n"


def test_packages_named_by_path_need_a_person_to_bring_their_key() -> None:
    (fix,) = offered("check-signatures", "RUN apk add --allow-untrusted /x.apk\n", "alpine:3.19")
    assert (fix.safety, fix.proposal) == (Safety.GUIDED, "COPY publisher.rsa.pub /etc/apk/keys/")
    (fix,) = offered("check-signatures", "RUN rpm -i --nosignature x.rpm\n", "rockylinux:9")
    assert (fix.safety, fix.proposal) == (Safety.GUIDED, "")


def test_only_known_servers_are_asked_by_https_without_a_person() -> None:
    (fix,) = offered("fetch-by-https", "RUN wget http://nodejs.org/a && sh a\n")
    assert fix.safety is Safety.UNSAFE
    (fix,) = offered("fetch-by-https", "RUN wget http://nodejs.org.evil.example/a && sh a\n")
    assert fix.safety is Safety.GUIDED
    (fix,) = offered("fetch-by-https", "ADD http://nodejs.org/a /a\n")
    assert (fix.edits, fix.proposal) == (
        (),
        "ADD --checksum=sha256:… https://nodejs.org/a …",
    )
    assert not offered("fetch-by-https", "RUN wget ftp://x.example/a && sh a\n")


@pytest.mark.parametrize(
    "body",
    [
        "RUN apt-get install -y nginx vim\nHEALTHCHECK CMD vim --version\n",
        "RUN apt-get install -y nginx vim && vim -c q\n",
        "RUN apt-get install -y vim curl\n",
        "RUN apt-get install -y nginx \\\n  # edit\n  vim\n",
    ],
)
def test_a_tool_that_is_used_is_not_taken_out(body: str) -> None:
    found = offered("leave-tool-out", body)
    assert found
    assert not any(fix.edits for fix in found)
    assert found[0].proposal == "    && apt-get purge -y --auto-remove vim"


def test_tools_to_build_with_go_where_only_their_own_step_builds() -> None:
    body = "RUN microdnf install gcc && make\n"
    (fix,) = offered("remove-build-tools", body, "rockylinux:9")
    assert fix.edits[0].text == " && microdnf remove -y gcc"
    for body in (
        "RUN dnf install -y gcc; make\n",
        "RUN dnf install -y gcc\n",
        "RUN dnf install -y gcc && make\nRUN pip install x\n",
    ):
        (fix,) = offered("remove-build-tools", body, "rockylinux:9")
        assert not fix.edits
        assert fix.proposal.endswith("&& dnf remove -y gcc")


def test_versions_are_shown_in_the_manager_s_own_form() -> None:
    (fix,) = offered("name-version", "RUN apk add a b=1 $C \\\n  d\n", "alpine:3.19")
    assert fix.proposal == "apk add a=~VERSION b=1 $C \\\n  d=~VERSION"
    (fix,) = offered("name-version", "RUN npm install -g @a/b\n", "node:20.11.1")
    assert fix.proposal == "npm install -g @a/b@VERSION"


@pytest.mark.parametrize(
    ("body", "edits"),
    [
        ("RUN cd /app", 1),
        ("RUN a \\\n && cd /app\n", 2),
        ("RUN a \\\n && cd /app", 0),
        ("RUN a; cd /app\n", 0),
        ("RUN a && \\\n # there\n cd /app\n", 0),
        ("ONBUILD RUN cd /app\n", 0),
        ("RUN \\\n # there\n cd /app\n", 0),
    ],
)
def test_a_directory_is_proposed_by_what_it_was_meant_for(body: str, edits: int) -> None:
    (fix,) = offered("workdir-for-cd", body)
    assert (fix.safety, fix.proposal, len(fix.edits)) == (Safety.GUIDED, "WORKDIR /app", edits)


@pytest.mark.parametrize("words", ["cd", "cd -", "cd ~/x", "cd 'a b'"])
def test_a_directory_that_is_not_written_out_is_left_alone(words: str) -> None:
    assert not offered("workdir-for-cd", f"RUN {words}\n")


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("USER app\nUSER root\nRUN sudo A=b make\n", "USER app\nUSER root\nRUN A=b make\n"),
        ("RUN sudo -u root make\n", None),
        ("RUN a $(sudo make)\n", None),
        ("RUN sudo $X\n", None),
        ("RUN sudo -v\n", None),
        ("RUN bash -c 'sudo make'\n", None),
        ('CMD ["sudo", "x"]\n', None),
    ],
)
def test_sudo_goes_only_where_the_step_is_root_already(body: str, after: str | None) -> None:
    assert written("no-sudo", body, *SAFE) == body
    assert written("no-sudo", body) == (after or body)


def test_sudo_in_a_child_stage_asks_who_its_parent_runs_as() -> None:
    text = "FROM debian:12.5 AS a\nUSER app\nFROM a\nRUN sudo make\n"
    ((_, fix),) = fixes(fixer("no-sudo"), text, context())
    assert fix is not None
    assert (fix.safety, fix.proposal) == (Safety.GUIDED, "USER root\nRUN make\nUSER …")
    text = "FROM debian:12.5 AS a\nFROM a\nRUN sudo make\n"
    assert mended(fixer("no-sudo"), text, context()) == text.replace("sudo ", "")


_MODULES = (apk, apt, answers, languages, rpm, steps, tools, trust, updates)
OURS = [each for module in _MODULES for each in module.FIXERS]


@pytest.mark.parametrize("each", OURS, ids=lambda each: each.id)
def test_what_a_rule_calls_bad_is_never_made_worse(each: Fixer) -> None:
    for rule in each.rules:
        for text in by_id()[rule].bad:
            if text.startswith("FROM"):
                after = mended(each, text, context())
                assert not read(Source("Dockerfile", after)).errors
                assert mended(each, after, context()) == after
