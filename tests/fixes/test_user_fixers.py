"""Users, rights and stages of Dockerfiles: who is chosen, what is given, and what is left alone."""

from __future__ import annotations

import pytest
from mends import TODAY, applied, context, fixes, mended

from seawall.core.model import Fix, Safety
from seawall.core.rule import Settings
from seawall.core.source import Source
from seawall.fixes import all_fixers
from seawall.fixes.model import Context, Fixer, Observed
from seawall.rules import by_id, checks_on
from seawall.surfaces.dockerfile import Dockerfile
from seawall.surfaces.dockerfile.reader import read


def _fixer(name: str) -> Fixer:
    return next(fixer for fixer in all_fixers() if fixer.id == name)


USER, NUMBER = _fixer("user"), _fixer("user-number")
STAGES, COMPILERS = _fixer("stages"), _fixer("compilers-in-a-stage")
ALPINE = "addgroup -S -g 10001 app && adduser -S -D -H -u 10001 -G app -s /sbin/nologin app"
DEBIAN = (
    "groupadd -r -g 10001 app && useradd -r -u 10001 -g app -d /nonexistent "
    "-s /usr/sbin/nologin app"
)


def _fix(text: str, fixer: Fixer = USER, known: Context | None = None) -> Fix | None:
    found = [fix for _, fix in fixes(fixer, text, known or context())]
    assert found, "the rule does not see the fault at all"
    return found[0]


def _flat(text: str) -> str:
    return " ".join(text.replace("\\\n", " ").split())


def _after(text: str, known: Context | None = None) -> str:
    after = mended(USER, text, known or context())
    assert after != text
    return after


def _lines(text: str, known: Context | None = None) -> list[str]:
    """What the fixer adds, a line each, continuations joined."""
    before = text.splitlines()
    after = _after(text, known).replace(" \\\n   ", "").splitlines()
    return [line for line in after if line not in before]


@pytest.mark.parametrize(
    ("base", "make"),
    [
        ("debian:12", DEBIAN),
        ("python:3.13.5-slim", DEBIAN),
        ("python:3.13.5-alpine", ALPINE),
        ("busybox:1.37", ALPINE),
        ("acme/service:1-bookworm", ""),
        ("fedora:41", DEBIAN.replace("/usr/sbin", "/sbin")),
        ("amazonlinux:2023", ""),
        ("registry.access.redhat.com/ubi9-minimal", ""),
        ("eclipse-temurin:21-jre-alpine", ALPINE),
    ],
)
def test_an_account_is_made_by_the_commands_of_the_distribution(base: str, make: str) -> None:
    expected = [*([f"RUN {make}"] if make else []), "USER 10001:10001"]
    assert _lines(f'FROM {base}\nCOPY app /app\nENTRYPOINT ["/app"]\n') == expected


def test_a_package_manager_tells_the_family_of_an_unknown_base() -> None:
    before = 'FROM acme/x:1\nRUN apk add --no-cache jq\nENTRYPOINT ["/app"]\n'
    assert _lines(before) == [f"RUN {ALPINE}", "USER 10001:10001"]


@pytest.mark.parametrize(
    ("before", "user"),
    [
        ("FROM node:22-alpine\nCMD node x\n", "1000"),
        ("FROM mcr.microsoft.com/dotnet/aspnet:8.0\nCMD dotnet x.dll\n", "$APP_UID"),
        ("FROM gcr.io/distroless/base-debian12\nCMD [\"/x\"]\n", "65532"),
        ("FROM nginx:1.28.0\nCOPY site /usr/share/nginx/html\n", "101"),
        ("FROM httpd:2.4\nCOPY site /x\n", "33"),
        ("FROM httpd:2.4-alpine\nCOPY site /x\n", "82"),
        ("FROM php:8.3-apache\nCOPY site /x\n", "33"),
        ("FROM debian:12\nRUN useradd -u 42 web\nCMD [\"/x\"]\n", "42"),
        ("FROM debian:12\nRUN echo 'web:x:77:77::/:/bin/sh' >> /etc/passwd\nCMD [\"/x\"]\n", "77"),
        ("FROM acme/x:1\nUSER 1001:0\nRUN a\nUSER root\nRUN b\nCMD [\"/x\"]\n", "1001:0"),
        ("FROM debian:12\nARG ID=501\nRUN useradd -u ${ID} web\nCMD [\"/x\"]\n", "501"),
        ("FROM debian:12\nRUN apt-get install -y nginx\nCMD [\"nginx\"]\n", "33"),
    ],
)  # fmt: skip
def test_an_account_that_is_there_is_used(before: str, user: str) -> None:
    assert f"USER {user}\n" in _after(before)


def test_a_minimal_image_has_no_useradd_unless_it_is_installed() -> None:
    before = 'FROM almalinux:9\nRUN microdnf install -y {}\nENTRYPOINT ["/app"]\n'
    assert _lines(before.format("jq")) == ["USER 10001:10001"]
    assert "useradd" in _after(before.format("shadow-utils"))


def test_a_name_and_a_number_that_are_taken_are_not_used() -> None:
    before = (
        "FROM debian:12\nRUN groupadd -g 10001 app && useradd -u 10002 -g app a && useradd -u 3 b\n"
        'CMD ["/x"]\n'
    )
    assert "useradd -r -u 10003 -g runner" in _flat(_after(before))


def test_an_account_that_is_deleted_or_changed_is_not_used() -> None:
    before = 'FROM debian:12\nRUN useradd -u 42 web && userdel web\nCMD ["/x"]\n'
    assert _lines(before)[-1] == "USER 10001:10001"


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("useradd web", "useradd -u 1000 web"),
        ("useradd -r web", "useradd -u 10001 -r web"),
        ("adduser --disabled-password web", "adduser --uid 1000 --disabled-password web"),
    ],
)
def test_an_account_without_a_number_is_given_one(made: str, expected: str) -> None:
    after = _after(f'FROM debian:12\nRUN {made}\nCMD ["/x"]\n')
    assert expected in after
    assert "USER web" not in after


@pytest.mark.parametrize(
    ("base", "made", "given"),
    [
        ("debian:12", "useradd web", "chgrp web /w && chmod 1775 /w"),
        ("debian:12", "useradd -N -u 5 web", "chown 5 /w"),
        ("debian:12", "useradd -u 5 -g staff -G audio web", "chgrp staff /w && chmod 1775 /w"),
        ("debian:12", "adduser --system --uid 5 web", "chown 5 /w"),
        ("debian:12", "adduser --system --group --uid 5 web", "chgrp web /w && chmod 1775 /w"),
        ("alpine:3.22", "adduser -D -u 5 web", "chgrp web /w && chmod 1775 /w"),
        ("alpine:3.22", "adduser -S -u 5 web", "chown 5 /w"),
        ("alpine:3.22", "adduser -S -u 5 -g 'The web' -G www web", "chgrp www /w && chmod 1775 /w"),
    ],
)
def test_a_directory_is_given_to_the_group_that_the_account_is_in(
    base: str, made: str, given: str
) -> None:
    after = _after(f'FROM {base}\nRUN {made}\nWORKDIR /w\nCMD ["/x"]\n')
    assert f"RUN {given}\n" in after


@pytest.mark.parametrize(
    ("fixer", "text"),
    [
        ("workdir-absolute", 'FROM debian:12\nWORKDIR "app"\n'),
        ("workdir-absolute", "FROM debian:12\nWORKDIR a b\n"),
        ("copy-into-scratch", "FROM a:1 AS x\nFROM b:1 AS y\nCOPY --from=x / /\n"),
        ("no-passwordless-sudo", "FROM a:1\nRUN if x; then echo a NOPASSWD:ALL > /etc/b; fi; y\n"),
        ("mode-without-setuid", "FROM debian:12\nRUN chmod u+xs /a\n"),
        ("mode-without-setuid", 'FROM debian:12\nRUN chmod "4755" /a\n'),
        ("mode-without-others", "FROM debian:12\nCOPY --chmod=o+w a /a\n"),
    ],
)
def test_what_is_written_in_an_odd_way_is_left_alone(fixer: str, text: str) -> None:
    assert _fix(text, _fixer(fixer)) is None


def test_a_number_that_a_variable_hides_is_not_given_twice() -> None:
    after = _after('FROM debian:12\nARG ID\nRUN useradd -u $ID web\nCMD ["/x"]\n')
    assert "useradd -u $ID web" in after
    assert "USER web\n" in after


@pytest.mark.parametrize(
    "started",
    [
        '["/usr/sbin/sshd", "-D"]',
        "cron -f",
        '["supervisord", "-n"]',
        "service nginx start && tail -f /x",
        '["/sbin/init"]',
        '["sudo", "-u", "web", "/x"]',
        '["tini", "--", "dockerd"]',
    ],
)
def test_what_needs_root_is_left_alone(started: str) -> None:
    assert _fix(f"FROM debian:12\nCMD {started}\n") is None


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("FROM redis:7.4\nCOPY redis.conf /x\n", "entrypoint changes to `redis`"),
        ("FROM debian:12\nRUN apt-get install -y gosu\nENTRYPOINT [\"/e.sh\"]\n", "with gosu"),
        ("FROM debian:12\nRUN apt-get install -y x\n", "what is started"),
        ("FROM alpine:3.22\nRUN apk add wireguard-tools\nCMD [\"/up\"]\n", "`wireguard-tools`"),
        ("FROM alpine:3.22\nCMD [\"/bin/sh\", \"-l\"]\n", "a shell"),
        ("FROM acme/x:1\nCOPY a /a\nCMD [\"/a\"]\n", "not known"),
        ("FROM scratch\nADD root.tar.gz /\nCMD [\"/x\"]\n", "whole system"),
        ("FROM alpine:3.22\nWORKDIR /root/\nCOPY a .\nCMD [\"./a\"]\n", "root's home"),
        ("FROM scratch\nCOPY a /a\nVOLUME /data\nCMD [\"/a\"]\n", "no step can give it /data"),
        ("FROM alpine:3.22\nARG WHO\nUSER $WHO\nCMD [\"/a\"]\n", "settle"),
        ("FROM php:8.3-cli\nCOPY a /a\n", "what is started"),
    ],
)  # fmt: skip
def test_a_doubt_makes_it_a_proposal_that_says_why(before: str, why: str) -> None:
    fix = _fix(before)
    assert fix is not None
    assert fix.safety is Safety.GUIDED
    assert why in fix.proposal.partition("\n")[0].lower()
    assert "USER " in fix.proposal


def test_cleaning_roots_home_is_no_doubt() -> None:
    before = 'FROM alpine:3.22\nRUN make && rm -rf /root/.cache ~/.npm\nCMD ["/a"]\n'
    fix = _fix(before)
    assert fix is not None
    assert fix.safety is Safety.UNSAFE


def test_an_image_that_others_build_on_by_onbuild_is_left_alone() -> None:
    assert _fix('FROM debian:12\nONBUILD COPY . /app\nCMD ["/x"]\n') is None


@pytest.mark.parametrize(
    "text",
    [
        "FROM debian:12\nRUN something \\\n",
        "# escape=`\nFROM debian:12\nRUN something `",
        "FROM debian:12\nCMD [\"x\"]\nNONSENSE\n",
    ],
)  # fmt: skip
def test_nothing_is_put_after_a_line_that_goes_on_or_into_what_is_refused(text: str) -> None:
    assert _fix(text) is None


def test_it_comes_before_a_comment_on_what_is_started_and_keeps_the_blank_line() -> None:
    before = 'FROM debian:12\nRUN a\n\n# one\n# two\nHEALTHCHECK CMD x\nCMD ["/x"]\n'
    assert _after(before) == (
        f"FROM debian:12\nRUN a\n\nRUN {DEBIAN}\nUSER 10001:10001\n\n"
        '# one\n# two\nHEALTHCHECK CMD x\nCMD ["/x"]\n'
    )


def test_what_acts_after_the_command_stays_root() -> None:
    before = 'FROM alpine:3.22\nENTRYPOINT ["/x"]\nCOPY <<EOF /x\nhi\nEOF'
    assert _after(before) == before + f"\nRUN {ALPINE}\nUSER 10001:10001"


def test_only_the_stage_that_is_built_counts() -> None:
    before = (
        "FROM node:22 AS build\nRUN useradd -u 55 b\nUSER b\nFROM alpine:3.22 AS base\n"
        'RUN adduser -D -u 66 c\nFROM base\nCOPY --from=build /a /a\nCMD ["/a"]\n'
    )
    assert _after(before) == before.replace("CMD", "USER 66\nCMD")


def test_the_files_own_escape_line_ends_and_shell_are_kept() -> None:
    before = '# escape=`\r\nFROM debian:12\r\nWORKDIR /srv/app\r\nCMD ["/x"]\r\n'
    after = _after(before)
    assert after.replace("\r\n", "").count("\n") == 0
    assert "&& useradd -r -u 10001 -g app -d /nonexistent -s /usr/sbin/nologin app `\r\n" in after
    other = 'FROM debian:12\nSHELL ["/usr/bin/python3", "-c"]\nCMD ["/x"]\n'
    assert 'RUN ["/bin/sh", "-c", "groupadd' in _after(other)


def test_a_last_user_root_is_replaced_and_one_that_is_needed_stays() -> None:
    replaced = 'FROM jenkins/jenkins:2.479.2\nUSER root\nCMD ["x"]\n'
    assert _after(replaced) == replaced.replace("root", "1000")
    needed = 'FROM jenkins/jenkins:2.479.2\nUSER root\nRUN x\nCMD ["x"]\n'
    assert _after(needed) == needed.replace("CMD", "USER 1000\nCMD")


@pytest.mark.parametrize(
    ("lines", "given"),
    [
        ("WORKDIR /", ""),
        ("WORKDIR /usr/src", ""),
        ("VOLUME /data/db/ /etc/x /etc /var/run/docker.sock", "/data/db /etc/x"),
        (
            "RUN mkdir -p /var/log/app /opt/app/uploads /usr/src/tmp /opt/bin",
            "/var/log/app /opt/app/uploads",
        ),
        ("RUN mkdir /x/cache && rm -rf /x/cache", ""),
        ("RUN chmod -R 777 /opt/state /opt/run.sh", "/opt/state"),
        ("RUN mkdir /w/data && chown -R 10001 /w", ""),
        ("RUN mkdir /w/data /w/data/tmp", "/w/data"),
        ("WORKDIR /w\nRUN mkdir data", "/w/data"),
    ],
)
def test_what_is_seen_to_be_written_is_given_and_no_more(lines: str, given: str) -> None:
    added = _flat(" ".join(_lines(f'FROM debian:12\n{lines}\nCMD ["/x"]\n')))
    own = f"mkdir -p {given} && chown -R 10001:10001 {given}" if given else ""
    run = " && ".join(part for part in (DEBIAN, own) if part)
    add = "&& chgrp 10001 /w && chmod 1775 /w " if "WORKDIR /w" in lines else ""
    assert added == f"RUN {run} {add}USER 10001:10001"


def test_in_the_working_directory_it_may_only_add() -> None:
    after = _flat(_after('FROM debian:12\nWORKDIR /srv/app\nCMD ["/x"]\n'))
    assert f"RUN {DEBIAN} && chgrp 10001 /srv/app && chmod 1775 /srv/app USER" in after


def test_a_volume_is_given_before_it_is_declared() -> None:
    before = "FROM alpine:3.22\nENV D=/var/lib/x\nVOLUME $D\nWORKDIR /app\nCMD x\n"
    after = _flat(_after(before))
    assert after.index("chown -R 10001:10001 /var/lib/x") < after.index("VOLUME")
    assert after.index("WORKDIR") < after.index("chgrp 10001 /app") < after.index("USER 10001")


def test_a_comment_stays_with_its_instruction() -> None:
    before = "FROM alpine:3.22\n\n# what it keeps\nVOLUME /data\nUSER root\nCMD x\n"
    after = _after(before)
    assert "&& chown -R 10001:10001 /data\n\n# what it keeps\nVOLUME /data\n" in after
    stripped = _mended_by("setuid-stripped", "FROM debian:12\n# no root\nUSER 9\n")
    assert stripped.endswith("{} +\n# no root\nUSER 9\n")


def test_a_program_that_only_root_may_run_is_opened() -> None:
    before = (
        'FROM debian:12\nWORKDIR /app\nRUN chmod u+x run.sh && chmod 700 /b\nCMD ["./run.sh"]\n'
    )
    assert "&& chmod a+rx /app/run.sh" in _flat(_after(before))


def test_a_program_that_keeps_caches_gets_a_home() -> None:
    assert "-m -d /home/app" in _after('FROM debian:12\nCMD ["npm", "start"]\n')
    assert "-h /home/app" in _after('FROM alpine:3.22\nCMD ["npm", "start"]\n')
    plain = 'FROM acme/x:1\nENTRYPOINT ["npm", "start"]\n'
    assert _lines(plain) == ["ENV HOME=/tmp", "USER 10001:10001"]


def test_redis_with_settings_may_read_them() -> None:
    before = 'FROM debian:12\nRUN apt-get install -y redis\nCMD ["redis-server", "/etc/r.conf"]\n'
    after = _flat(_after(before))
    assert "usermod -a -G redis app" in after
    assert after.endswith('USER 10001 CMD ["redis-server", "/etc/r.conf"]')


def test_windows_has_a_user_of_its_own() -> None:
    before = "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nUSER ContainerAdministrator\n"
    assert _after(before) == before.replace("ContainerAdministrator", "ContainerUser")


def test_a_group_of_another_number_is_not_guessed() -> None:
    before = "FROM {}\nWORKDIR /srv/app\nENTRYPOINT dotnet x.dll\n"
    dotnet = _after(before.format("mcr.microsoft.com/dotnet/aspnet:8.0"))
    assert "chgrp $APP_UID /srv/app && chmod 1775 /srv/app\nUSER $APP_UID\n" in dotnet
    assert "RUN chown 999 /srv/app\nUSER 999\n" in _after(before.format("redis:7.4"))


def test_programs_keep_their_bits_where_sudo_is_wanted() -> None:
    fix = _fix("FROM debian:12\nRUN apt-get install -y sudo\n", _fixer("setuid-stripped"))
    assert fix is not None
    assert fix.safety is Safety.GUIDED


def test_what_was_observed_is_given() -> None:
    known = Context(
        TODAY, observed={"Dockerfile": Observed(owned=("/opt/x/",), user="33:33", tools=("sh",))}
    )
    before = 'FROM debian:12\nCOPY a /a\nCMD ["/a"]\n'
    assert _lines(before, known) == [
        "RUN mkdir -p /opt/x && chown -R 33:33 /opt/x",
        "USER 33:33",
    ]
    shared = Context(TODAY, observed={"Dockerfile": Observed(owned=("/", "/run", "/a b/$x;"))})
    assert _flat(_lines(before, shared)[0]).partition(DEBIAN)[2] == (
        " && mkdir -p '/a b/$x;' && chown -R 10001:10001 '/a b/$x;' && chgrp 10001 /run"
        " && chmod 1775 /run"
    )
    elsewhere = Context(TODAY, observed={"other/Dockerfile": Observed(user="33:33")})
    assert _lines(before, elsewhere)[-1] == "USER 10001:10001"
    as_root = Context(TODAY, observed={"Dockerfile": Observed(user="0:0")})
    assert _lines(before, as_root)[-1] == "USER 10001:10001"


def test_without_a_shell_in_the_image_nothing_is_run() -> None:
    known = Context(TODAY, observed={"Dockerfile": Observed(tools=("cat",))})
    assert _lines('FROM debian:12\nCOPY a /a\nCMD ["/a"]\n', known) == ["USER 10001:10001"]


def _all_faults(text: str) -> set[tuple[str, str]]:
    facts = read(Source("Dockerfile", text))
    settings = Settings(today=TODAY)
    return {
        (rule.id, hit.symbol)
        for rule, check in checks_on(Dockerfile)
        for hit in check(facts, settings)
        if hit.verdict.value != "pass"
    }


_HARD = (
    'FROM python:3.13.5-slim\nRUN mkdir /app/data && chmod 777 /app/data\nCMD ["python3", "a"]\n',
    "FROM nginx:1.28.0\nCOPY a /etc/nginx/conf.d/a\n",
    'FROM debian:12.5\nRUN useradd web\nVOLUME ["/a", "/b"]\nCMD ["/a"]\n',
    "FROM node:22.12.0\nWORKDIR /a\nCOPY --chown=node:node . .\nCMD npm start\n",
)


@pytest.mark.parametrize("text", _HARD)
def test_no_other_fault_comes_by_it(text: str) -> None:
    assert _all_faults(_after(text)) < _all_faults(text)


def test_a_number_is_safe_only_where_it_is_certain() -> None:
    certain = _fix("FROM debian:12\nRUN useradd -u 77 app\nUSER app\n", NUMBER)
    by_variable = _fix("FROM debian:12\nENV I=77\nRUN useradd -u $I app\nUSER app\n", NUMBER)
    on_condition = _fix("FROM debian:12\nRUN true || useradd -u 77 app\nUSER app\n", NUMBER)
    assert [f and f.safety for f in (certain, by_variable, on_condition)] == [
        Safety.SAFE,
        Safety.UNSAFE,
        Safety.UNSAFE,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "FROM debian:12\nUSER app\nRUN useradd -u 77 app\n",
        "FROM debian:12\nRUN useradd -u 7 app; useradd -u 8 app\nUSER app\n",
        "FROM debian:12\nARG N=app\nRUN useradd -u 77 app\nUSER $N\n",
        'FROM debian:12\nRUN useradd -u 77 app\nUSER "app"\n',
        "FROM debian:12\nRUN echo 'app:x:77:77::/:/bin/sh' >> /etc/other\nUSER app\n",
        "FROM acme/x:1\nUSER node\n",
    ],
)
def test_a_name_stays_where_its_number_is_not_sure(text: str) -> None:
    assert _fix(text, NUMBER) is None


def _mended_by(name: str, text: str) -> str:
    return mended(_fixer(name), text, context())


def test_a_directory_that_was_everybodys_becomes_the_users() -> None:
    before = "FROM debian:12\nRUN mkdir /d && chmod 0777 /d || true\nUSER 9\n"
    after = _mended_by("mode-without-others", before)
    assert after == before.replace("0777 /d", "0775 /d && chown 9 /d")


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("a+w", "ug+w"),
        ("go+rwx", "go+rx,g+w"),
        ("a=rwx", "a=rx,ug+w"),
        ("u+x,a+w", "u+x,ug+w"),
        ("2777", "2775"),
        ("0666", "0664"),
    ],
)
def test_a_mode_keeps_all_but_the_others_right_to_write(mode: str, expected: str) -> None:
    before = f"FROM debian:12\nRUN chmod {mode} /d\n"
    assert _mended_by("mode-without-others", before) == before.replace(mode, expected)


def test_copied_files_that_the_user_only_reads_then_are_a_proposal() -> None:
    fix = _fix("FROM debian:12\nCOPY --chmod=777 a /a\nUSER 9\n", _fixer("mode-without-others"))
    assert fix is not None
    assert fix.safety is Safety.GUIDED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM debian:12\nUSER 9\nUSER root\nRUN a\n", "end"),
        ("FROM debian:12\nRUN a\nUSER 9\nCOPY b /b\n", "before user"),
        ("FROM debian:12\nUSER 9\nUSER 8\n", "never"),
        ("FROM acme/x:1\nCMD a\n", "never"),
    ],
)
def test_programs_lose_their_bits_while_a_step_is_root(before: str, after: str) -> None:
    step = "RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +\n"
    written = _mended_by("setuid-stripped", before)
    expected = {
        "end": before + step,
        "before user": before.replace("USER", step + "USER"),
        "never": before,
    }
    assert written == expected[after]


GO = "FROM golang:1.24.4\nWORKDIR /s\n{env}COPY . .\nRUN go build -o bin/app .\n{start}\n"


@pytest.mark.parametrize(
    ("env", "start", "base"),
    [
        ("", 'CMD ["./bin/app"]', "gcr.io/distroless/base-debian12:nonroot"),
        ("ENV CGO_ENABLED=0\n", 'CMD ["/s/bin/app"]', "gcr.io/distroless/static-debian12:nonroot"),
        ("", "CMD exec ./bin/app", "debian:12-slim"),
    ],
)
def test_the_second_stage_suits_the_program(env: str, start: str, base: str) -> None:
    fix = _fix(GO.format(env=env, start=start), STAGES)
    assert fix is not None
    assert not fix.edits
    first, second = fix.proposal.split("\n\n")
    assert first.startswith("FROM golang:1.24.4 AS build\n")
    assert f"FROM {base}\n" in second
    assert "COPY --from=build /s/bin/app /s/bin/app\n" in second
    assert second.endswith(f"{start}\n")


_SINGLE = (
    'FROM rust:1.80 AS all\nWORKDIR /s\nRUN cargo build --release\nCMD ["target/release/x"]\n',
    "FROM rust:1.80-alpine\nRUN cargo install --path .\nCMD x\n",
    'FROM golang:1.22-alpine\r\nRUN go install ./...\r\nEXPOSE 80\r\nENTRYPOINT ["srv"]\r\n',
    "FROM maven:3.9-eclipse-temurin-21\nWORKDIR /a\nEXPOSE 80\nRUN mvn package\n"
    'CMD ["java", "-jar", "target/a.jar"]\n',
    "FROM gradle:8-jdk17-alpine\nWORKDIR /a\nRUN gradle bootJar\nCMD java -jar build/libs/a.jar\n",
    "FROM mcr.microsoft.com/dotnet/sdk:8.0\nRUN dotnet publish -o /o\n"
    'ENTRYPOINT ["dotnet", "/o/a.dll"]\n',
)


@pytest.mark.parametrize("text", _SINGLE)
def test_a_proposal_is_a_whole_file_without_the_fault(text: str) -> None:
    fix = _fix(text, STAGES)
    assert fix is not None
    after = read(Source("Dockerfile", fix.proposal))
    assert not after.errors
    assert len(after.stages) == 2
    assert not list(by_id()["single-stage-build"].on[Dockerfile](after, Settings(today=TODAY)))
    assert ("\r\n" in text) == ("\r\n" in fix.proposal)


_TOOLS = (
    "FROM python:3.13.5-slim\nWORKDIR /app\nENV A=b\nRUN apt-get update && apt-get install -y gcc\n"
    'COPY r.txt .\nRUN pip install -r r.txt\nCOPY . .\nCMD ["python", "a.py"]\n',
    "FROM node:22-alpine\nWORKDIR /app\nRUN apk add --no-cache make g++ python3\nCOPY p*.json ./\n"
    'RUN npm ci\nCOPY . .\nCMD ["node", "a.js"]\n',
)


@pytest.mark.parametrize("text", _TOOLS)
def test_compilers_stay_in_the_first_stage(text: str) -> None:
    fix = _fix(text, COMPILERS)
    assert fix is not None
    after = read(Source("Dockerfile", fix.proposal))
    assert not list(by_id()["build-tools"].on[Dockerfile](after, Settings(today=TODAY)))
    assert text.splitlines()[-1] in fix.proposal


@pytest.mark.parametrize(
    "text",
    [
        "FROM python:3.13-slim\nRUN apt-get install -y gcc ffmpeg\nRUN pip install x\n",
        "FROM python:3.13-slim\nRUN apt-get install -y gcc && useradd x\nRUN pip install x\n",
        "FROM python:3.13-slim\nRUN pip install x\nRUN apt-get install -y gcc\n",
        "FROM node:22\nRUN apt-get install -y make\nRUN npm ci\n",
    ],
)
def test_nothing_is_proposed_that_would_leave_something_behind(text: str) -> None:
    assert _fix(text, COMPILERS) is None


def test_every_fix_of_a_file_can_be_made_at_once() -> None:
    text = (
        "FROM debian:12.5\nWORKDIR app\nRUN mkdir -m 777 /data && chmod u+s /x\n"
        'VOLUME /data /proc\nCMD ["/x"]\n'
    )
    made = [
        edit
        for fixer in all_fixers()
        if fixer.id in {"user", "mode-without-others", "mode-without-setuid", "workdir-absolute"}
        for _, fix in fixes(fixer, text, context())
        if fix is not None
        for edit in fix.edits
    ]
    after = applied(text, made)
    assert not read(Source("Dockerfile", after)).errors
    left = {rule for rule, _ in _all_faults(after)}
    assert not left & {"root-user", "world-writable", "setuid-bit", "relative-workdir"}
