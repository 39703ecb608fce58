"""Secrets and downloads of Dockerfiles: where they go, and that no proposal shows a value."""

from __future__ import annotations

import pytest
from mends import TODAY, applied, context, fixes, mended

from seawall.core.model import Fix, Safety
from seawall.core.rule import Settings, example_language
from seawall.core.source import Source
from seawall.fixes import all_fixers
from seawall.fixes.model import Fixer
from seawall.rules import by_id
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.dockerfile.reader import read


def _fixer(name: str) -> Fixer:
    return next(fixer for fixer in all_fixers() if fixer.id == name)


ARGUMENT, EXPORTED = _fixer("mount-build-secret"), _fixer("keep-secret-from-environment")
WRITTEN, FILE = _fixer("take-out-secret"), _fixer("mount-secret-file")
PIPED, CHECKED = _fixer("check-script"), _fixer("check-download")
ADDED, WEAK, KEY = _fixer("add-checksum"), _fixer("stronger-checksum"), _fixer("repository-key")
SECRETS = (
    ARGUMENT, EXPORTED, WRITTEN, FILE, _fixer("keep-secret-out"), _fixer("lock-account"),
    _fixer("key-at-start"), _fixer("mount-in-place"),
)  # fmt: skip
VALUE = "Kx7vR2mqLz"


def _fix(fixer: Fixer, text: str) -> Fix:
    found = [fix for _, fix in fixes(fixer, text, context())]
    assert found, "the rule does not see the fault at all"
    fix = found[0]
    assert fix is not None
    assert fix.safety is Safety.GUIDED
    return fix


def _bad() -> list[tuple[Fixer, str]]:
    return [
        (fixer, text)
        for fixer in (*SECRETS, PIPED, CHECKED, ADDED, WEAK, KEY)
        for rule in fixer.rules
        for text in by_id()[rule].bad
        if example_language(text) == "dockerfile"
    ]


@pytest.mark.parametrize(("fixer", "text"), _bad())
def test_each_fault_gets_a_proposal_that_shows_no_secret(fixer: Fixer, text: str) -> None:
    check = by_id()[fixer.rules[0]].on
    assert Dockerfile in check
    for hit, fix in fixes(fixer, text, context()):
        if fix is None:
            continue
        assert fix.proposal or fix.edits
        said = fix.title + fix.proposal + "".join(edit.text for edit in fix.edits)
        names = {"password", "postgres"}
        for place in hit.secrets:
            value = text[place.start : place.end]
            assert len(value) < 6 or value in names or value not in said


@pytest.mark.parametrize(
    "text",
    [
        f"FROM debian:12.5\nENV DB_PASSWORD={VALUE}\nRUN get {VALUE} $DB_PASSWORD\n",
        f"FROM debian:12.5\nRUN curl -u me:{VALUE} https://e.org/x\n",
        f"FROM debian:12.5\nRUN curl -H 'X-Token: {VALUE}' https://me:{VALUE}@e.org/x | sh\n",
        f"FROM debian:12.5\nADD https://me:{VALUE}@e.org/x.tgz /x\n",
        f"FROM debian:12.5\nRUN wget --password={VALUE} https://e.org/x.tgz && tar xf x.tgz\n",
        f"FROM debian:12.5\nRUN curl https://me:{VALUE}@e.org/k | apt-key add -\n",
        f"FROM debian:12.5\nRUN A_TOKEN={VALUE} openssl genrsa -passout pass:{VALUE} -out k 9\n",
    ],
)
def test_a_value_is_shown_by_no_fixer_at_all(text: str) -> None:
    seen = 0
    dockerfile = read(Source("Dockerfile", text))
    for fixer in all_fixers():
        for rule in fixer.rules if Dockerfile in fixer.on else ():
            check = by_id()[rule].on.get(Dockerfile)
            for hit in check(dockerfile, Settings(today=TODAY)) if check else ():
                fix = fixer.on[Dockerfile](dockerfile, hit, context())
                if fix is not None:
                    seen += 1
                    assert VALUE not in fix.title + fix.proposal
    assert seen


@pytest.mark.parametrize(
    ("head", "is_edited", "first"),
    [
        ("", True, "# syntax=docker/dockerfile:1\n"),
        ("\ufeff", True, "\ufeff# syntax=docker/dockerfile:1\n"),
        ("# escape=`\n", True, "# syntax=docker/dockerfile:1\n# escape=`\n"),
        ("# syntax=docker/dockerfile:1\n", True, "# syntax=docker/dockerfile:1\nFROM"),
        ("# syntax=docker/dockerfile:1.10\n", True, "# syntax=docker/dockerfile:1.10\nFROM"),
        ("# syntax=docker/dockerfile:1.9\n", False, ""),
        ("# syntax=acme/dockerfile:1\n", False, ""),
        ("#!/usr/bin/env docker\n", False, ""),
    ],
)
def test_the_front_end_is_one_that_knows_secrets_as_variables(
    head: str, is_edited: bool, first: str
) -> None:
    text = head + "FROM debian:12.5\nARG TOKEN\nRUN get $TOKEN\n"
    fix = _fix(ARGUMENT, text)
    assert bool(fix.edits) is is_edited
    assert not is_edited or applied(text, fix.edits).startswith(first)
    assert "--secret id=token,env=TOKEN" in fix.proposal


def test_every_step_of_the_stage_and_its_children_gets_the_mount_and_no_other() -> None:
    text = (
        "FROM debian:12.5 AS a\nARG TOKEN X=1\nRUN get ${TOKEN}\nRUN true\nFROM a\n"
        "RUN --network=none get $TOKEN\nFROM debian:12.5\nRUN other $TOKEN\n"
    )
    after = mended(ARGUMENT, text, context()).splitlines()
    flag = "--mount=type=secret,id=token,env=TOKEN"
    assert after[2] == "ARG X=1"
    assert [line for line in after if flag in line] == [
        f"RUN {flag} get ${{TOKEN}}",
        f"RUN {flag} --network=none get $TOKEN",
    ]


@pytest.mark.parametrize(
    "use",
    ["COPY $TOKEN /x", "ONBUILD RUN get $TOKEN", "LABEL a=$TOKEN", "RUN a $TOKEN\n" * 7],
)
def test_a_secret_that_more_than_a_few_steps_see_is_only_pointed_at(use: str) -> None:
    fix = _fix(ARGUMENT, f"FROM debian:12.5\nARG TOKEN\nRUN get $TOKEN\n{use}\n")
    assert not fix.edits
    assert "RUN --mount=type=secret" in fix.proposal


def test_a_value_in_a_command_becomes_a_variable_as_the_quotes_are() -> None:
    for written, after in (
        (f"-u me:{VALUE}", '-u me:"${PASSWORD}"'),
        (f'-u "me:{VALUE}"', '-u "me:${PASSWORD}"'),
    ):
        text = f"FROM debian:12.5\nRUN curl {written} https://e.org/x\n"
        assert after in mended(WRITTEN, text, context())


@pytest.mark.parametrize(
    "step",
    [
        f"RUN curl -u 'me:{VALUE}' https://e.org/x",
        f"RUN mysql --password={VALUE} -e 'select 1'",
        f"RUN docker login --password={VALUE} e.org",
        f'RUN ["curl", "-u", "me:{VALUE}", "https://e.org/x"]',
        f'CMD ["serve", "--password={VALUE}"]',
        f"RUN <<EOF\ncurl -u me:{VALUE} https://e.org/x\nEOF",
    ],
)
def test_a_value_that_would_stay_or_can_not_be_replaced_is_only_pointed_at(step: str) -> None:
    assert not _fix(WRITTEN, f"FROM debian:12.5\n{step}\n").edits


def test_an_argument_with_a_value_becomes_a_secret() -> None:
    text = f"FROM debian:12.5\nARG DB_PASSWORD={VALUE}\nRUN get $DB_PASSWORD\n"
    after = mended(WRITTEN, text, context())
    assert "ARG" not in after
    assert "env=DB_PASSWORD get $DB_PASSWORD" in after


def test_assignments_beside_the_secret_stay() -> None:
    text = f"FROM debian:12.5\nRUN A=1 DB_PASSWORD={VALUE} B=2 \\\n  ./migrate\n"
    assert "env=DB_PASSWORD A=1 B=2 \\\n  ./migrate" in mended(WRITTEN, text, context())
    first = f"FROM debian:12.5\nRUN DB_PASSWORD={VALUE} B=2 ./migrate\n"
    assert "env=DB_PASSWORD B=2 ./migrate" in mended(WRITTEN, first, context())


@pytest.mark.parametrize(
    ("copy", "target"),
    [
        ("COPY .npmrc /app/", "/app/.npmrc"),
        ("COPY .npmrc package.json /app", "/app/.npmrc"),
        ("WORKDIR /srv\nCOPY ./conf/.npmrc .", "/srv/.npmrc"),
        ("COPY npmrc /root/.npmrc", "/root/.npmrc"),
    ],
)
def test_a_file_is_mounted_where_it_was_copied_to(copy: str, target: str) -> None:
    after = mended(FILE, f"FROM node:22.17.0\n{copy}\nRUN npm ci\n", context())
    assert f"RUN --mount=type=secret,id=npmrc,target={target} npm ci" in after
    assert not any(".npmrc" in line for line in after.splitlines() if line.startswith("COPY"))


@pytest.mark.parametrize(
    "text",
    [
        "FROM node:22.17.0\nCOPY .npmrc ./\nRUN npm ci\n",
        "FROM node:22.17.0\nWORKDIR $D\nCOPY .npmrc ./\nRUN npm ci\n",
        "FROM node:22.17.0\nCOPY .npmrc /app/\nRUN make\n",
        'FROM node:22.17.0\nCOPY [".npmrc", "x", "/app/"]\nRUN npm ci\n',
    ],
)
def test_a_file_of_which_place_or_reader_is_not_certain_is_only_pointed_at(text: str) -> None:
    fix = _fix(FILE, text)
    assert not fix.edits
    assert ".dockerignore" in fix.proposal


@pytest.mark.parametrize(
    ("fixer", "step", "lines"),
    [
        (
            PIPED,
            "RUN wget -qO- https://x.example/i | sudo -E bash -s -- --yes",
            ["wget -q -O /tmp/i https://x.example/i \\", " && sudo bash /tmp/i \\"],
        ),
        (
            PIPED,
            'RUN bash -c "$(curl -fsSL https://x.example/i.sh)"',
            ["curl -fsSL https://x.example/i.sh -o /tmp/i.sh \\", " && bash /tmp/i.sh \\"],
        ),
        (
            CHECKED,
            "RUN curl -sSL https://x.example/$V/a-$V.tgz | tar xz -C /opt",
            [' && echo "<sha256>  /tmp/a-.tgz" | sha256sum -c - \\'],
        ),
        (
            CHECKED,
            "RUN wget https://x.example/a.deb \\\n  && dpkg -i a.deb",
            ["wget https://x.example/a.deb \\", ' && echo "<sha256>  a.deb" | sha256sum -c -'],
        ),
        (
            ADDED,
            "ADD --chown=1 https://x.example/a.tgz /x/",
            ["ADD --chown=1 --checksum=sha256:<sha256> https://x.example/a.tgz /x/"],
        ),
        (
            ADDED,
            "ADD https://github.com/acme/x.git#main /src",
            ["ADD https://github.com/acme/x.git#<commit> /src"],
        ),
        (
            WEAK,
            "RUN wget https://x.example/a && echo '0 a' | md5sum -c -",
            ["sha256sum -c -"],
        ),
    ],
)
def test_a_proposal_has_the_address_and_the_names_of_the_file(
    fixer: Fixer, step: str, lines: list[str]
) -> None:
    fix = _fix(fixer, f"FROM debian:12.5\n{step}\n")
    assert not fix.edits
    for line in lines:
        assert line in fix.proposal.splitlines()


@pytest.mark.parametrize(
    ("fixer", "step", "part"),
    [
        (
            CHECKED,
            'RUN ["bash", "-c", "curl https://x.example/a.tgz | tar xz"]',
            "tar xz < /tmp/a.tgz",
        ),
        (CHECKED, "RUN curl https://x.example/a | sudo tar x", "sudo tar x < /tmp/a"),
        (CHECKED, "RUN curl https://x.example/a | gzip -d | tar x", "gzip -d < /tmp/a | tar x"),
        (CHECKED, "RUN curl $URL | tar x", "/tmp/download"),
        (CHECKED, "RUN wget --output-document=- https://x.example/a | tar x", "wget -O /tmp/a "),
        (CHECKED, "RUN curl -o 'a b.deb' https://x.example/a && dpkg -i 'a b.deb'", "'a b.deb'"),
        (PIPED, 'RUN eval "$(wget -O - https://x.example/env)"', "sh /tmp/env"),
        (PIPED, "RUN curl https://x.example/i.py | python3 -", "python3 /tmp/i.py"),
        (PIPED, "RUN fetch https://x.example/i | sh", "curl -fsSL -o /tmp/i https://x.example/i"),
        (KEY, "RUN apt-key adv --keyserver x.example --recv-keys 1", "<URL of the key>"),
    ],
)
def test_a_proposal_keeps_how_the_file_fetches_and_uses(fixer: Fixer, step: str, part: str) -> None:
    assert part in _fix(fixer, f"FROM debian:12.5\n{step}\n").proposal
