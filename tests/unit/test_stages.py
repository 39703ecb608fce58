"""Evaluation of stages: scopes, inheritance, reach, image uses, and BuildKit's errors."""

from __future__ import annotations

from textwrap import dedent

import pytest

from seawall.core.source import Source
from seawall.surfaces.dockerfile.model import ImageUse, Reach, Stage
from seawall.surfaces.dockerfile.parser import parse
from seawall.surfaces.dockerfile.stages import Evaluated, evaluate


def evaluated(text: str, target: str = "", **build_args: str) -> Evaluated:
    parsed = parse(Source("Dockerfile", dedent(text)))
    assert not parsed.errors
    return evaluate(parsed.instructions, parsed.directives, build_args, target)


def final(text: str, target: str = "", **build_args: str) -> Stage:
    stage = evaluated(text, target, **build_args).target
    assert stage is not None
    return stage


def user(text: str, target: str = "", **build_args: str) -> str | None:
    setting = final(text, target, **build_args).user
    assert setting is not None
    return setting.value.known


def errors(text: str, target: str = "", **build_args: str) -> list[tuple[int, str]]:
    return [(e.line, e.message) for e in evaluated(text, target, **build_args).errors]


def images(text: str, **build_args: str) -> list[tuple[str, str | None]]:
    return [(use.via, use.value.known) for use in evaluated(text, "", **build_args).images]


def written(text: str, use: ImageUse) -> str:
    return text[use.start : use.end]


# ---- scopes of ARG and ENV


def test_a_user_through_an_argument_is_known_with_its_evidence() -> None:
    stage = final("FROM alpine:3\nARG IMAGE_USER=root\nUSER $IMAGE_USER\n")
    assert stage.user is not None
    assert stage.user.value.known == "root"
    assert [(e.what, e.line) for e in stage.user.value.evidence] == [("ARG IMAGE_USER=root", 2)]
    assert stage.user.value.written == "$IMAGE_USER"


def test_the_evidence_of_a_chain_leads_back_to_its_start() -> None:
    stage = final("ARG A=root\nFROM alpine:3\nARG A\nENV B=${A}\nUSER ${B}\n")
    assert stage.user is not None
    assert [(e.what, e.line) for e in stage.user.value.evidence] == [
        ("ENV B=${A}", 4),
        ("ARG A", 3),
        ("ARG A=root", 1),
    ]


def test_a_build_argument_wins_over_the_default_and_shows() -> None:
    text = "FROM alpine:3\nARG U=root\nUSER $U\n"
    stage = final(text, U="app")
    assert stage.user is not None
    assert stage.user.value.known == "app"
    assert "--build-arg U=app" in [e.what for e in stage.user.value.evidence]


def test_a_build_argument_that_nothing_declares_has_no_effect() -> None:
    assert images("FROM alpine:3$TAG\n", TAG=".20") == [("FROM", "alpine:3")]


def test_a_global_argument_is_visible_in_from_only() -> None:
    stage = final("ARG U=root\nFROM scratch\nUSER x$U\n")
    assert stage.user is not None
    assert stage.user.value.known == "x"


def test_a_global_argument_that_is_declared_again_takes_its_default() -> None:
    assert user("ARG U=root\nFROM alpine:3\nARG U\nUSER $U\n") == "root"


def test_a_stage_default_wins_over_the_global_one() -> None:
    assert user("ARG U=root\nFROM alpine:3\nARG U=app\nUSER $U\n") == "app"


def test_of_two_defaults_the_last_holds() -> None:
    assert user("FROM alpine:3\nARG V=2\nARG V=3\nUSER $V\n") == "3"
    assert images("ARG V=2\nARG V=3\nFROM a:$V\n") == [("FROM", "a:3")]


def test_a_declaration_without_default_keeps_the_value_before_it() -> None:
    assert user("FROM alpine:3\nARG V=2\nARG V\nUSER $V\n") == "2"
    assert user("FROM alpine:3\nENV V=2\nARG V\nUSER $V\n") == "2"
    assert images("ARG V=2\nARG V\nFROM a:$V\n") == [("FROM", "a:2")]


def test_from_an_argument_without_default_is_unknown_and_no_error() -> None:
    found = evaluated("ARG X\nFROM ${X}\n")
    assert found.errors == ()
    (use,) = found.images
    assert use.value.is_unknown
    assert use.value.missing == ("X",)
    assert found.stages[0].base.written == "${X}"


def test_from_an_argument_without_default_takes_the_fallback_written_there() -> None:
    assert images("ARG X\nFROM ${X:-debian:12}\n") == [("FROM", "debian:12")]
    assert images("ARG X\nFROM ${X:-debian:12}\n", X="alpine:3") == [("FROM", "alpine:3")]


def test_from_nothing_declared_is_an_error() -> None:
    assert errors("FROM $X\n") == [(1, "base name ($X) should not be blank")]


def test_an_argument_can_hold_an_untagged_image() -> None:
    text = "ARG OWNER=jupyter\nARG BASE_IMAGE=$OWNER/scipy-notebook\nFROM $BASE_IMAGE\n"
    found = evaluated(text)
    assert found.stages[0].base.known == "jupyter/scipy-notebook"
    assert written(text, found.images[0]) == "$BASE_IMAGE"
    assert [e.what for e in found.images[0].value.evidence] == [
        "ARG BASE_IMAGE=$OWNER/scipy-notebook",
        "ARG OWNER=jupyter",
    ]


def test_two_arguments_in_one_instruction_see_each_other_in_order() -> None:
    assert user("FROM alpine:3\nARG A=1 B=${A}2\nUSER $B\n") == "12"


def test_user_and_group_are_both_expanded() -> None:
    assert user("FROM alpine:3\nARG UID=0\nARG GID=5\nUSER ${UID}:${GID}\n") == "0:5"
    stage = final("FROM alpine:3\nARG UID\nARG GID=5\nUSER ${UID}:${GID}\n")
    assert stage.user is not None
    assert stage.user.value.is_unknown
    assert stage.user.value.missing == ("UID",)


def test_values_are_frozen_where_they_are_used() -> None:
    assert user("FROM alpine:3\nENV U=root\nUSER $U\nENV U=app\n") == "root"


def test_env_values_of_one_instruction_do_not_see_each_other() -> None:
    stage = final("FROM scratch\nENV A=1\nENV A=2 B=$A\n")
    assert stage.env["B"].value.known == "1"
    assert stage.env["A"].value.known == "2"


def test_env_overrides_an_argument_of_its_name() -> None:
    assert user("FROM alpine:3\nARG U=root\nENV U=app\nUSER $U\n") == "app"
    assert user("FROM alpine:3\nARG U=root\nENV U=app\nUSER $U\n", U="other") == "app"


def test_an_argument_after_an_env_of_its_name_is_one_of_the_two() -> None:
    stage = final("FROM alpine:3\nENV U=app\nARG U=root\nUSER $U\n")
    assert stage.user is not None
    assert stage.user.value.known is None
    assert set(stage.user.value.candidates) == {"app", "root"}
    assert user("FROM alpine:3\nENV U=app\nARG U=app\nUSER $U\n") == "app"


def test_an_unknown_argument_after_an_env_is_unknown() -> None:
    stage = final("FROM alpine:3\nENV U=app\nARG U=$HIDDEN\nUSER $U\n")
    assert stage.user is not None
    assert stage.user.value.is_unknown


def test_the_environment_of_an_external_base_is_not_known() -> None:
    stage = final("FROM alpine:3\nENV PATH=/x:$PATH\nUSER $APP_UID\n")
    assert stage.env["PATH"].value.is_unknown
    assert stage.user is not None
    assert stage.user.value.missing == ("APP_UID",)


def test_nothing_is_set_in_scratch_but_the_path() -> None:
    stage = final("FROM scratch\nENV PATH=/x:$PATH\nUSER ${APP_UID:-1000}\n")
    assert (stage.env["PATH"].value.known or "").startswith("/x:/usr/local/sbin:")
    assert stage.user is not None
    assert stage.user.value.known == "1000"


@pytest.mark.parametrize("name", ["TARGETARCH", "BUILDPLATFORM", "TARGETOS", "TARGETVARIANT"])
def test_a_platform_argument_is_never_guessed(name: str) -> None:
    (use,) = evaluated(f"FROM --platform=${name} alpine:3-${name}\n").images
    assert use.value.is_unknown
    assert use.value.missing == (name,)
    assert use.platform is not None
    assert use.platform.missing == (name,)
    assert images(f"FROM a:${name}\n", **{name: "x"}) == [("FROM", "a:x")]


def test_a_platform_argument_must_be_declared_in_a_stage() -> None:
    assert user("FROM scratch\nUSER x$TARGETARCH\n") == "x"
    stage = final("FROM scratch\nARG TARGETARCH\nUSER x${TARGETARCH:-none}\n")
    assert stage.user is not None
    assert stage.user.value.missing == ("TARGETARCH",)


def test_a_default_for_a_platform_argument_holds() -> None:
    assert user("FROM scratch\nARG TARGETARCH=amd64\nUSER $TARGETARCH\n") == "amd64"
    assert images("ARG TARGETARCH=amd64\nFROM a:$TARGETARCH\n") == [("FROM", "a:amd64")]
    assert images("ARG TARGETARCH\nFROM a:$TARGETARCH\n") == [("FROM", None)]


def test_the_target_stage_is_known_by_its_argument() -> None:
    assert images("FROM a:$TARGETSTAGE AS x\nFROM b AS y\n") == [("FROM", "a:y"), ("FROM", "b")]
    assert evaluated("FROM a:$TARGETSTAGE AS x\nFROM b\n", "x").stages[0].base.known == "a:x"


def test_proxy_arguments_have_no_value() -> None:
    stage = final("FROM scratch\nARG HTTP_PROXY\nENV P=$HTTP_PROXY Q=$HTTPS_PROXY\n")
    assert stage.env["P"].value.missing == ("HTTP_PROXY",)
    assert stage.env["Q"].value.known == ""


def test_quotes_are_taken_off_values_and_keys() -> None:
    stage = final('FROM a\nENV A="x y" B=\'$A\' C=a\\ b\nLABEL "k 1"="v" k2=$A\n')
    assert stage.env["A"].value.known == "x y"
    assert stage.env["B"].value.known == "$A"
    assert stage.env["C"].value.known == "a b"
    assert stage.labels["k 1"].value.known == "v"
    assert stage.labels["k2"].value.known == "x y"


def test_the_old_form_of_env_is_one_pair() -> None:
    assert final("FROM a\nENV A b c\n").env["A"].value.known == "b c"


def test_the_escape_directive_holds_for_values() -> None:
    text = "# escape=`\nFROM a\nENV D=C:\\x`$Y\nUSER $D\n"
    assert user(text) == "C:\\x$Y"


# ---- stages and inheritance


INHERITED = """\
    FROM debian:12 AS base
    ARG PORT=8080
    ENV HOME=/srv
    WORKDIR /srv
    SHELL ["/bin/bash", "-c"]
    EXPOSE $PORT
    VOLUME /data
    LABEL a=b
    HEALTHCHECK CMD true
    ENTRYPOINT ["run"]
    CMD ["x"]
    USER app
    FROM base
    WORKDIR sub
    EXPOSE 53/UDP 9000-9010
    USER ${PORT}
    """


def test_a_child_inherits_everything_from_its_local_parent() -> None:
    stage = final(INHERITED)
    assert stage.parent is not None
    assert stage.parent.name == "base"
    assert stage.user is not None
    assert stage.user.value.known == "8080"
    assert stage.workdir is not None
    assert stage.workdir.value.known == "/srv/sub"
    assert stage.shell is not None
    assert stage.shell.value.known == "/bin/bash -c"
    assert [s.value.known for s in stage.exposed] == ["8080/tcp", "53/udp", "9000-9010/tcp"]
    assert [s.value.known for s in stage.volumes] == ["/data"]
    assert stage.labels["a"].value.known == "b"
    assert stage.env["HOME"].value.known == "/srv"
    assert stage.args["PORT"].value.known == "8080"
    assert stage.healthcheck is not None
    assert stage.entrypoint is not None
    assert stage.command is not None
    assert stage.root_base.known == "debian:12"


def test_a_child_leaves_its_parent_as_it_was() -> None:
    parent = evaluated(INHERITED).stages[0]
    assert parent.user is not None
    assert parent.user.value.known == "app"
    assert [s.value.known for s in parent.exposed] == ["8080/tcp"]


def test_a_user_in_another_stage_is_no_user_of_this_one() -> None:
    text = "FROM golang:1 AS build\nUSER app\nFROM debian:12\nCOPY --from=build /a /a\n"
    assert final(text).user is None


def test_an_entrypoint_drops_the_command_that_it_inherits() -> None:
    stage = final('FROM a AS b\nCMD ["x"]\nFROM b\nENTRYPOINT ["y"]\n')
    assert stage.command is None


def test_an_entrypoint_keeps_the_command_of_its_own_stage() -> None:
    assert final('FROM a\nCMD ["x"]\nENTRYPOINT ["y"]\n').command is not None


def test_an_empty_entrypoint_is_one() -> None:
    stage = final('FROM a AS b\nENTRYPOINT ["x"]\nCMD ["x"]\nFROM b\nENTRYPOINT []\n')
    assert stage.entrypoint is not None
    assert stage.entrypoint.arguments == ()
    assert stage.command is None


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ("WORKDIR /a", "/a"),
        ("WORKDIR /a/../b/", "/b"),
        ("WORKDIR //a", "/a"),
        ("WORKDIR /a\nWORKDIR b\nWORKDIR ../c", "/a/c"),
        ("WORKDIR C:/app", "C:/app"),
        ("WORKDIR C:\\\\app\nWORKDIR sub", "C:\\app\\sub"),
        ("WORKDIR /a\nWORKDIR $X", None),
        ("WORKDIR a", None),
        ("WORKDIR a\nWORKDIR /b", "/b"),
        ("ENV X=/x\nWORKDIR $X/y", "/x/y"),
    ],
)
def test_a_working_directory_is_absolute_or_unknown(lines: str, path: str | None) -> None:
    stage = final(f"FROM debian:12\n{lines}\n")
    assert stage.workdir is not None
    assert stage.workdir.value.known == path


def test_a_relative_working_directory_in_scratch_is_below_the_root() -> None:
    stage = final("FROM scratch\nWORKDIR a\n")
    assert stage.workdir is not None
    assert stage.workdir.value.known == "/a"


def test_a_growing_working_directory_ends_as_unknown() -> None:
    stage = final("FROM scratch\n" + "WORKDIR aaaaaaaaaa\n" * 1000)
    assert stage.workdir is not None
    assert stage.workdir.value.is_unknown


@pytest.mark.parametrize(
    ("words", "ports"),
    [
        ("80", ["80/tcp"]),
        ("80/tcp 443/TCP 53/udp 9/sctp", ["80/tcp", "443/tcp", "53/udp", "9/sctp"]),
        ("8000-8010/udp", ["8000-8010/udp"]),
        ("80-80", ["80/tcp"]),
        ("0080", ["80/tcp"]),
        ("127.0.0.1:80:8080", ["8080/tcp"]),
        ('"22"', ["22/tcp"]),
        ("$PORTS", ["80/tcp", "81/udp"]),
        ("$EITHER", [None]),
        ("$UNKNOWN", [None]),
        ("${UNKNOWN:-80}", [None]),
    ],
)
def test_ports_are_read_as_port_and_protocol(words: str, ports: list[str | None]) -> None:
    text = f'FROM a\nENV PORTS="80 81/udp" EITHER=1\nARG EITHER=2\nEXPOSE {words}\n'
    found = evaluated(text)
    assert [s.value.known for s in found.stages[0].exposed] == ports
    assert not found.errors


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("65536", "invalid containerPort: 65536"),
        ("9-8", "invalid containerPort: 9-8"),
        ("x", "invalid containerPort: x"),
        ("1-", "invalid containerPort: 1-"),
        ("80/icmp", "invalid proto: icmp"),
        ("/tcp", "no port specified: /tcp<empty>"),
        ("9" * 5000, "invalid containerPort: " + "9" * 5000),
    ],
)
def test_what_is_no_port_is_an_error_where_it_is_built(word: str, message: str) -> None:
    text = f"FROM a AS x\nENV P={word}\nEXPOSE $P\nFROM b AS y\n"
    assert errors(text, "x") == [(3, message)]
    assert errors(text, "y") == []


def test_an_empty_volume_is_an_error() -> None:
    assert errors("FROM scratch\nVOLUME $X\n") == [
        (2, "VOLUME specified can not be an empty string")
    ]


def test_a_local_stage_is_found_by_its_lower_case_name_only() -> None:
    text = "FROM debian:12 AS Build\nUSER app\nFROM build\n"
    assert user(text) == "app"
    found = evaluated("FROM debian:12 AS Build\nFROM Build\n")
    assert found.target is not None
    assert found.target.parent is None
    assert [e.message for e in found.errors] == [
        'failed to parse stage name "Build": invalid reference format: '
        "repository name (library/Build) must be lowercase"
    ]


def test_a_stage_is_not_known_before_it_is_defined() -> None:
    assert images("FROM b AS a\nFROM c AS b\n") == [("FROM", "b"), ("FROM", "c")]


def test_from_names_the_last_earlier_stage_of_a_name() -> None:
    text = "FROM a:1 AS x\nUSER one\nFROM a:2 AS x\nUSER two\nFROM x\n"
    assert user(text) == "two"


def test_a_stage_can_be_named_like_the_image_it_starts_from() -> None:
    found = evaluated("FROM alpine AS alpine\nFROM alpine\n")
    assert [use.value.known for use in found.images] == ["alpine"]
    assert found.stages[1].parent is found.stages[0]


# ---- stages that are one of several


DYNAMIC = """\
    FROM debian:12 AS base-amd64
    FROM debian:12 AS base-arm64
    FROM debian:12 AS base-src
    FROM base-${TARGETARCH} AS final
    """


def test_a_dynamic_stage_is_one_of_the_local_ones_and_no_image() -> None:
    found = evaluated(DYNAMIC)
    stage = found.stages[3]
    assert stage.base.candidates == ("base-amd64", "base-arm64")
    assert stage.base.missing == ("TARGETARCH",)
    assert stage.root_base.known == "debian:12"
    assert len(found.images) == 3
    assert [s.reach for s in found.stages] == [
        Reach.FINAL,
        Reach.FINAL,
        Reach.UNUSED,
        Reach.FINAL,
    ]


def test_a_dynamic_stage_of_any_kind_matches_by_its_known_part() -> None:
    found = evaluated("ARG V\nFROM a AS app-dev\nFROM b AS app-prod\nFROM app-$V\n")
    assert found.stages[2].base.candidates == ("app-dev", "app-prod")


def test_parents_that_differ_give_no_certain_user() -> None:
    text = "ARG V\nFROM a AS app-a\nUSER root\nFROM b AS app-b\nUSER app\nFROM app-$V\n"
    stage = final(text)
    assert stage.parent is None
    assert stage.user is not None
    assert set(stage.user.value.candidates) == {"root", "app"}


def test_parents_of_which_one_sets_no_user_give_none() -> None:
    text = "ARG V\nFROM a AS app-a\nFROM b AS app-b\nUSER app\nFROM app-$V\n"
    assert final(text).user is None


def test_a_wholly_unknown_base_is_an_image_even_where_there_are_stages() -> None:
    assert images("ARG X\nFROM a AS b\nFROM $X\n") == [("FROM", "a"), ("FROM", None)]


# ---- target and reach


REACH = """\
    FROM golang:1 AS deps
    FROM deps AS build
    FROM alpine:3 AS tools
    FROM alpine:3 AS unused
    FROM debian:12 AS base
    FROM base AS final
    COPY --from=build /a /a
    RUN --mount=type=bind,from=tools,target=/t true
    """


def reached(text: str, target: str = "") -> dict[str, Reach]:
    return {stage.label: stage.reach for stage in evaluated(text, target).stages}


def test_the_reach_of_each_stage() -> None:
    assert reached(REACH) == {
        "deps": Reach.FEEDS,
        "build": Reach.FEEDS,
        "tools": Reach.FEEDS,
        "unused": Reach.UNUSED,
        "base": Reach.FINAL,
        "final": Reach.FINAL,
    }


@pytest.mark.parametrize("target", ["build", "BUILD", "1"])
def test_the_target_is_found_by_name_or_number(target: str) -> None:
    found = evaluated(REACH, target)
    assert found.target is not None
    assert found.target.name == "build"
    assert [s.label for s in found.stages if s.reach is Reach.FINAL] == ["deps", "build"]
    assert [s.label for s in found.stages if s.reach is Reach.FEEDS] == []


def test_a_target_that_is_not_there_is_an_error() -> None:
    found = evaluated(REACH, "nothing")
    assert found.target is None
    assert [e.message for e in found.errors] == ['target stage "nothing" could not be found']
    assert 'target stage "9" could not be found' in errors(REACH, "9")[0][1]
    assert errors(REACH, "biuld")[0][1].endswith("(did you mean build?)")


def test_a_stage_that_both_feeds_and_is_an_ancestor_is_final() -> None:
    text = "FROM a AS base\nFROM base AS x\nFROM base\nCOPY --from=x / /\nCOPY --from=base / /\n"
    assert reached(text)["base"] is Reach.FINAL


def test_copy_from_a_number_names_a_stage() -> None:
    text = "FROM a\nFROM b\nCOPY --from=0 /x /x\n"
    assert reached(text)["0"] is Reach.FEEDS
    assert images(text) == [("FROM", "a"), ("FROM", "b")]


def test_copy_from_finds_a_name_whatever_its_case_and_the_last_one_of_that_name() -> None:
    text = "FROM a AS x\nFROM b AS x\nFROM c\nCOPY --from=X /x /x\n"
    assert [s.reach for s in evaluated(text).stages] == [
        Reach.UNUSED,
        Reach.FEEDS,
        Reach.FINAL,
    ]


# ---- images


def test_every_place_that_names_an_image_is_found_where_it_is_written() -> None:
    text = (
        "# syntax=docker/dockerfile:1\n"
        "FROM --platform=linux/amd64 'debian:12' AS x\n"
        "COPY --chown=a --from=nginx:1 /a /b\n"
        "RUN --mount=type=cache,target=/c --mount=source=/s,from=golang:1,target=/t true\n"
        "ONBUILD COPY --from=busybox:1 /a /b\n"
        "FROM scratch\n"
        "COPY --from=x /a /b\n"
    )
    uses = evaluated(text).images
    assert [(u.via, u.value.known, written(text, u), u.stage) for u in uses] == [
        ("SYNTAX", "docker/dockerfile:1", "docker/dockerfile:1", -1),
        ("FROM", "debian:12", "'debian:12'", 0),
        ("COPY", "nginx:1", "nginx:1", 0),
        ("MOUNT", "golang:1", "golang:1", 0),
        ("ONBUILD", "busybox:1", "busybox:1", 0),
    ]
    assert uses[1].platform is not None
    assert uses[1].platform.known == "linux/amd64"


def test_a_mount_with_quotes_is_placed_by_its_whole_value() -> None:
    text = 'FROM a\nRUN --mount=type=bind,"from=golang:1",target=/t true\n'
    use = evaluated(text).images[1]
    assert use.value.known == "golang:1"
    assert "golang:1" in written(text, use)


def test_a_name_that_is_no_stage_is_taken_for_an_image() -> None:
    assert ("COPY", "bindings") in images("FROM a\nCOPY --from=bindings /x /x\n")


def test_scratch_is_no_image() -> None:
    assert images("FROM scratch\nCOPY --from=scratch / /\n") == []


def test_a_mount_without_from_uses_no_image() -> None:
    assert images("FROM a\nRUN --mount=type=cache,target=/c true\n") == [("FROM", "a")]


def test_a_file_without_stages_has_its_front_end_and_an_error() -> None:
    found = evaluated("# syntax=docker/dockerfile:1\nARG A=1\n")
    assert [u.via for u in found.images] == ["SYNTAX"]
    assert found.target is None
    assert [(e.line, e.message) for e in found.errors] == [
        (2, "dockerfile contains no stages to build")
    ]


# ---- ONBUILD


ONBUILD = """\
    FROM debian:12 AS base
    ONBUILD ARG U=root
    ONBUILD USER $U
    ONBUILD COPY --from=tools /a /b
    FROM busybox:1 AS tools
    FROM base AS child
    FROM child AS grandchild
    """


def test_triggers_run_in_a_local_child() -> None:
    found = evaluated(ONBUILD, "child")
    base, tools, child, grandchild = found.stages
    assert base.user is None
    assert len(base.onbuild) == 3
    assert child.user is not None
    assert child.user.value.known == "root"
    assert child.onbuild == ()
    assert tools.reach is Reach.FEEDS
    assert grandchild.reach is Reach.UNUSED


def test_triggers_do_not_run_in_a_grandchild() -> None:
    found = evaluated("FROM a AS x\nONBUILD EXPOSE 1\nFROM x AS y\nFROM y\n")
    assert [len(stage.exposed) for stage in found.stages] == [0, 1, 1]


def test_triggers_run_before_the_childs_own_instructions() -> None:
    assert user("FROM a AS x\nONBUILD USER one\nFROM x\nUSER two\n") == "two"


# ---- errors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a AS x\nCOPY --from=x / /\n", [(2, "circular dependency detected on stage: x")]),
        ("FROM a\nCOPY --from=0 / /\n", [(2, "circular dependency detected on stage: stage-0")]),
        (
            "FROM a AS x\nCOPY --from=z / /\nFROM a AS y\nCOPY --from=x / /\n"
            "FROM a AS z\nCOPY --from=y / /\n",
            [(4, "circular dependency detected on stage: x")],
        ),
        (
            "FROM a AS x\nCOPY --from=y / /\nFROM x AS y\n",
            [
                (
                    2,
                    'cannot copy from stage "y", it needs to be defined before current stage "x"',
                )
            ],
        ),
        (
            "FROM a AS x\nRUN --mount=from=y true\nFROM x AS y\n",
            [
                (
                    2,
                    'cannot mount from stage "y", it needs to be defined before current stage "x"',
                )
            ],
        ),
        ("FROM a AS x\nCOPY --from=y / /\nFROM b AS y\n", []),
        ("FROM a\nCOPY --from=3 / /\n", [(2, "invalid stage index 3")]),
        ("FROM a\nCOPY --from=-1 / /\n", [(2, "invalid stage index -1")]),
        (
            "FROM a\nARG X=b\nCOPY --from=$X / /\n",
            [
                (
                    3,
                    "variable expansion is not supported for --from, define a new stage with "
                    "FROM using ARG from global scope as a workaround",
                )
            ],
        ),
        ("FROM --platform=$X a\n", [(1, "empty platform value from expression $X")]),
        (
            "FROM --platform=${X a\n",
            [(1, 'failed to process "${X": unsupported modifier () in substitution')],
        ),
        (
            "FROM a\nCOPY --from=b:c:d / /\n",
            [(2, 'failed to parse stage name "b:c:d": invalid reference format')],
        ),
        ("ARG A=${\nFROM a\n", [(1, "failed to process \"${\": syntax error: missing '}'")]),
        (
            "FROM a\nUSER ${X:?who}\n",
            [],
        ),
        ("FROM scratch\nUSER ${X:?who}\n", [(2, 'failed to process "${X:?who}": X: who')]),
        ("FROM scratch\nUSER ${X:?who}\nFROM b\n", []),
        ("FROM a\nARG X\nUSER ${X:?who}\n", []),
    ],
)
def test_what_buildkit_refuses(text: str, expected: list[tuple[int, str]]) -> None:
    assert errors(text) == expected


@pytest.mark.parametrize(
    "reference",
    [
        "alpine",
        "alpine:3.20",
        "a/b/c",
        "localhost/x",
        "localhost:5000/x:y",
        "ghcr.io/a-b/c__d/e.f:v1.2-x",
        "REGISTRY.example.com/a",
        "a@sha256:" + "0" * 64,
        "a:b@sha256:" + "0" * 64,
        "[::1]:5000/a",
        "mcr.microsoft.com/windows/servercore:ltsc2022",
    ],
)
def test_a_good_reference_is_no_error(reference: str) -> None:
    assert errors(f"FROM {reference}\n") == []


@pytest.mark.parametrize(
    "reference",
    [
        "A",
        "a/B",
        "a:",
        "a:b:c",
        "a//b",
        "/a",
        "-a",
        "a_",
        "a@sha256:abc",
        "{{x}}",
        "a:" + "x" * 129,
        "0" * 64,
    ],
)
def test_a_bad_reference_is_an_error(reference: str) -> None:
    ((line, message),) = errors(f"FROM {reference}\n")
    assert line == 1
    assert message.startswith(f'failed to parse stage name "{reference}": invalid re')


# ---- hostile files


def test_a_file_of_many_stages_and_variables_is_evaluated_in_bounds() -> None:
    text = "FROM a AS s0\n" + "".join(f"ENV V{i}=1\n" for i in range(2000))
    text += "".join(f"FROM s{i} AS s{i + 1}\nENV W{i}=1\nEXPOSE 80\n" for i in range(1500))
    found = evaluated(text)
    assert found.target is not None
    assert found.target.root_base.known == "a"
    assert sum(len(stage.env) for stage in found.stages) < 500_000


def test_a_file_of_many_triggers_and_children_is_evaluated_in_bounds() -> None:
    text = "FROM a AS x\n" + "ONBUILD EXPOSE 80\n" * 1000 + "FROM x\n" * 1000
    found = evaluated(text)
    assert sum(len(stage.exposed) for stage in found.stages) <= 20_000


def test_a_file_of_many_dynamic_stages_is_evaluated_in_bounds() -> None:
    text = "ARG V\n" + "".join(f"FROM a-$V AS a-{i}\n" for i in range(1000))
    assert len(evaluated(text).stages) == 1000
