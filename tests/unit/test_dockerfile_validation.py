"""What BuildKit says against instructions that parse, in its words and with its line."""

from __future__ import annotations

import pytest

from seawall.core.source import Source
from seawall.surfaces.dockerfile.parser import parse
from seawall.surfaces.dockerfile.validation import validate


def errors(text: str) -> list[tuple[str, int]]:
    parsed = parse(Source("Dockerfile", text))
    assert not parsed.errors
    return [(error.message, error.line) for error in validate(parsed.instructions)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("RUNN x", "unknown instruction: RUNN (did you mean RUN?)"),
        ("{{ x }}", "unknown instruction: {{"),
        ("COPY a", "COPY requires at least two arguments, but only one was provided. "
         "Destination could not be determined"),
        ("ADD", "ADD requires at least two arguments, but only one was provided. "
         "Destination could not be determined"),
        ("COPY a <<E\nE", "COPY cannot accept a heredoc as a destination"),
        ("COPY --chmd=1 a b", "unknown flag: chmd (did you mean chmod?)"),
        ("COPY --user=me a b", "unknown flag: user"),
        ("COPY --from b c d", "missing a value on flag: from"),
        ("COPY --link=maybe a b", "expecting boolean value for flag link, not: maybe"),
        ("COPY --link= a b", "missing a value on flag: link"),
        ("COPY --from=a --from=b c d", "duplicate flag specified: from"),
        ("USER --x=1 a", "unknown flag: x"),
        ("USER", "USER requires exactly one argument"),
        ("WORKDIR", "WORKDIR requires exactly one argument"),
        ("MAINTAINER", "MAINTAINER requires exactly one argument"),
        ("STOPSIGNAL", "STOPSIGNAL requires exactly one argument"),
        ("ENV", "ENV requires at least one argument"),
        ("ENV =a", "ENV names can not be blank"),
        ("ENV --x a=b", "unknown flag: x"),
        ("LABEL =a", "LABEL names can not be blank"),
        ("ARG", "ARG requires at least one argument"),
        ("ARG a =b", "ARG names can not be blank"),
        ("VOLUME", "VOLUME requires at least one argument"),
        ('VOLUME ["/a", " "]', "VOLUME specified can not be an empty string"),
        ("EXPOSE", "EXPOSE requires at least one argument"),
        ("EXPOSE http", "invalid containerPort: http"),
        ("EXPOSE 80 81/foo", "invalid proto: foo"),
        ("EXPOSE 90-80", "invalid containerPort: 90-80"),
        ("FROM a b", "FROM requires either one or three arguments"),
        ("FROM", "FROM requires either one or three arguments"),
        ("FROM a AS 1b", 'invalid name for build stage: "1b", '
         "name can't start with a number or contain symbols"),
        ("FROM --platfrm=x a", "unknown flag: platfrm (did you mean platform?)"),
        ("ONBUILD", "ONBUILD requires at least one argument"),
        ("ONBUILD ONBUILD RUN a", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("ONBUILD FROM a", "FROM isn't allowed as an ONBUILD trigger"),
        ("ONBUILD MAINTAINER a", "MAINTAINER isn't allowed as an ONBUILD trigger"),
        ("ONBUILD --x RUN a", "unknown flag: x"),
        ("SHELL bash -c", "SHELL requires the arguments to be in JSON form"),
        ("SHELL []", "SHELL requires at least one argument"),
        ("SHELL --x []", "unknown flag: x"),
        ("HEALTHCHECK", "HEALTHCHECK requires at least one argument"),
        ("HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"),
        ("HEALTHCHECK curl x", 'Unknown type "CURL" in HEALTHCHECK (try CMD)'),
        ("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"),
        ("HEALTHCHECK --x=1 CMD a", "unknown flag: x"),
        ("HEALTHCHECK --interval=5 CMD a", 'time: missing unit in duration "5"'),
        ("HEALTHCHECK --interval=x CMD a", 'time: invalid duration "x"'),
        ("HEALTHCHECK --timeout=- CMD a", 'time: invalid duration "-"'),
        ("HEALTHCHECK --timeout=5y CMD a", 'time: unknown unit "y" in duration "5y"'),
        ("HEALTHCHECK --timeout=5us CMD a", 'Interval "timeout" cannot be less than 1ms'),
        ("HEALTHCHECK --timeout=-5s CMD a", 'Interval "timeout" cannot be less than 1ms'),
        ("HEALTHCHECK --retries=x CMD a", 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("HEALTHCHECK --retries=-1 CMD a", "--retries cannot be negative (-1)"),
        ("HEALTHCHECK --retries=3000000000 CMD a",
         'strconv.ParseInt: parsing "3000000000": value out of range'),
        ("RUN --network=x a", 'invalid network mode "x"'),
        ("RUN --security=x a", 'security "x" is not valid'),
        ("RUN --mont=x a", "unknown flag: mont (did you mean mount?)"),
        ("RUN --mount=type=cach a", 'unsupported mount type "cach" (did you mean cache?)'),
        ("RUN --mount= a", "failed to parse csv mounts: EOF"),
        ("RUN --mount=x a", "invalid field 'x' must be a key=value pair"),
        ("RUN --mount=tipe=x a", "unexpected key 'tipe' in 'tipe=x' (did you mean type?)"),
        ("RUN --mount=from=$X a",
         "'from' doesn't support variable expansion, define alias stage instead"),
        ("RUN --mount=required a", "unexpected key 'required' for mount type 'bind'"),
        ("RUN --mount=size=1 a", "unexpected key 'size' for mount type 'bind'"),
        ("RUN --mount=ro=maybe a", "invalid value for ro: maybe"),
        ("RUN --mount=type=cache,sharing=x a", 'unsupported sharing value "x"'),
        ("RUN --mount=type=cache,mode=9 a", "invalid value 9 for mode"),
        ("RUN --mount=sharing=locked a", "invalid cache sharing set for bind mount"),
        ("RUN --mount=uid=1 a", 'uid not allowed for "bind" type mounts'),
        ("RUN --mount=type=secret a", "invalid secret mount. one of source, target required"),
        ("RUN --mount=type=secret,from=a a", "secret mount should not have a from"),
        ("RUN --mount=type=secret,sharing=shared a", "secret mount should not define sharing"),
        ("RUN --mount=type=secret,id=a,src=b a", "both source and id can't be set"),
        (r"RUN --mount=\"a\"b a",
         'failed to parse csv mounts: parse error on line 1: bare " in non-quoted-field'),
        (r"RUN --mount=a=\"b a",
         'failed to parse csv mounts: parse error on line 1: bare " in non-quoted-field'),
    ],
)  # fmt: skip
def test_a_wrong_instruction_is_named_in_buildkit_s_words(line: str, message: str) -> None:
    assert errors(f"FROM a\n{line}\n") == [(message, 2)]


@pytest.mark.parametrize(
    "line",
    [
        "ADD --checksum=sha256:a --keep-git-dir=true --exclude=a --exclude=b --link --unpack a b",
        "COPY --from=a --chown=1 --chmod=1 --parents --link=FALSE a b",
        "RUN --mount=type=cache,target=/x,uid=1,mode=0755,sharing=locked --network=host a",
        "RUN --mount=type=secret,id=a,required --mount=type=ssh,required=true a",
        "RUN --mount=type=secret,id=a,env=B a",
        "RUN --mount=type=tmpfs,target=/x,size=1g --security=insecure --device=a a",
        "RUN --mount=type=$X,source=$Y a",
        r"RUN --mount=\"type=bind\",source=. a",
        "RUN",
        "CMD",
        "ENTRYPOINT []",
        "EXPOSE 80 8000-8010/UDP $PORT \"90\" 1:2",
        "HEALTHCHECK --interval=1h30m --timeout=1.5s --start-period=0 --retries=3 CMD a",
        "HEALTHCHECK --start-interval=+5ms CMD a",
        "HEALTHCHECK --whatever none",
        "STOPSIGNAL --x=1 9",
        "ARG --x a=b",
        "ONBUILD COPY a",
        "FROM --platform=x a as B",
        "SHELL [\"a\"]",
        "VOLUME /a",
    ],
)  # fmt: skip
def test_what_buildkit_takes_is_no_error(line: str) -> None:
    assert errors(f"FROM a\n{line}\n") == []


def test_only_the_first_error_is_given() -> None:
    assert errors("FROM a\nUSER\nWORKDIR\n") == [("USER requires exactly one argument", 2)]


def test_an_instruction_before_from_has_no_stage() -> None:
    assert errors("ARG a\nRUN b\nFROM c\n") == [("no build stage in current context", 2)]


def test_a_file_of_arguments_alone_has_no_stage_to_build() -> None:
    assert errors("ARG a\n") == [("dockerfile contains no stages to build", 1)]


def test_nothing_to_validate_is_nothing_wrong() -> None:
    assert validate(()) == ()


def test_mounts_are_read_without_synonyms() -> None:
    text = r'RUN --mount=Type=SECRET,Src=a,dst=b,ro --mount=from=x,"target=c,d" --mount= e'
    text = text.replace('"', r"\"")
    (run,) = parse(Source("Dockerfile", text)).instructions
    secret, bind, empty = run.mounts
    assert (secret.type, secret.options) == (
        "secret",
        {"type": "SECRET", "source": "a", "target": "b", "readonly": "true"},
    )
    assert (bind.type, bind.source_image, bind.options["target"]) == ("bind", "x", "c,d")
    assert (empty.type, empty.options) == ("bind", {})
    assert (bind.start, bind.end) == (bind.flag.start, bind.flag.end)
