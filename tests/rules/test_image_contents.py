"""Rules on what images hold: the hard cases beside the rules' own examples."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

import images
from seawall.core.model import Confidence, Hit, Severity, Verdict
from seawall.core.rule import Settings
from seawall.detectors.config_secrets import conceal, config_secrets
from seawall.jobs.judge import Crash, judge
from seawall.rules import by_id, checks_on
from seawall.surfaces.image.blob import Pulled
from seawall.surfaces.image.config import read_config
from seawall.surfaces.image.history import instruction
from seawall.surfaces.image.merge import merge
from seawall.surfaces.image.model import Image

SETTINGS = Settings(today=date(2026, 11, 24))


def all_hits(rule: str, text: str) -> list[Hit]:
    """What a rule says of the image that a text describes, passes too."""
    return of(rule, images.image("=== image\n" + text))


def of(rule: str, image: Image) -> list[Hit]:
    found = []
    for outcome in judge(image, [(by_id()[rule], by_id()[rule].on[Image])], SETTINGS):
        assert not isinstance(outcome, Crash), outcome.reason
        found.append(outcome[1])
    return found


def fails(rule: str, text: str) -> list[Hit]:
    return [hit for hit in all_hits(rule, text) if hit.verdict is not Verdict.PASS]


def severity(rule: str, hit: Hit) -> Severity:
    own = by_id()[rule].severity
    return own.lowered() if hit.weaker else own


def plain(config: dict[str, Any] | None = None, **more: Any) -> Image:
    """An image without layers."""
    document = {"os": "linux", "architecture": "amd64", "config": config or {}, **more}
    return merge(Pulled(json.dumps(document).encode(), ()), "example", "archive")


# The user


ROOTS = "FROM debian:12\n  account root 0 locked\n  account app 999 locked\n"


@pytest.mark.parametrize("user", ["0", "00", "0:0", "root:app", "root", " root "])
def test_root_by_any_name_is_root(user: str) -> None:
    (hit,) = fails("root-user", f'USER {user}\nENTRYPOINT ["/app"]\n{ROOTS}')
    assert severity("root-user", hit) is Severity.HIGH


@pytest.mark.parametrize("user", ["999", "app", "app:app", "65532:65532", "4294967294"])
def test_another_user_is_a_pass_with_its_uid(user: str) -> None:
    (hit,) = all_hits("root-user", f"USER {user}\n{ROOTS}")
    assert hit.verdict is Verdict.PASS
    assert user.partition(":")[0] in hit.message


def test_a_user_whose_name_is_a_number_is_who_passwd_says() -> None:
    text = "USER 1000\nFROM debian:12\n  account 1000 0 locked\n"
    (hit,) = fails("root-user", text)
    assert "`1000`" in hit.message


def test_a_name_that_passwd_lacks_is_not_decided() -> None:
    (hit,) = fails("root-user", f"USER stranger\n{ROOTS}")
    assert hit.verdict is Verdict.UNKNOWN
    assert severity("root-user", hit) is Severity.MEDIUM


def test_a_name_is_left_open_where_no_accounts_were_read() -> None:
    assert all_hits("root-user", "USER app\nFROM scratch\n") == []


def test_an_account_that_a_layer_took_away_is_none() -> None:
    text = "USER app\nFROM debian:12\n  account app 999 locked\nRUN x\n  account root 0 locked\n"
    (hit,) = fails("root-user", text)
    assert hit.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ("", "only carries files"),
        ('CMD ["bash"]\n', "starts a shell"),
        ('TAG postgres:17.5\nENTRYPOINT ["docker-entrypoint.sh"]\n', "postgres"),
    ],
)
def test_root_weighs_less_where_it_hardly_matters(start: str, why: str) -> None:
    (hit,) = fails("root-user", f"{start}{ROOTS}")
    assert why in hit.weaker


def test_an_entry_point_that_can_change_the_user_weighs_less() -> None:
    text = 'ENTRYPOINT ["/docker-entrypoint.sh"]\nFROM debian:12\n'
    gosu = "  -rwxr-xr-x 0:0 usr/local/bin/gosu privilege-tool\n"
    (with_gosu,) = fails("root-user", text + gosu)
    (without,) = fails("root-user", text)
    assert "gosu" in with_gosu.weaker
    assert not without.weaker


@pytest.mark.parametrize(
    ("user", "verdict"),
    [
        ("", Verdict.FAIL),
        ("ContainerAdministrator", Verdict.FAIL),
        (r"User Manager\ContainerAdministrator", Verdict.FAIL),
        ("ContainerUser", Verdict.PASS),
    ],
)
def test_windows_has_users_of_its_own(user: str, verdict: Verdict) -> None:
    line = f"USER {user}\n" if user else ""
    (hit,) = all_hits("root-user", f'OS windows\n{line}CMD ["app.exe"]\nFROM nanoserver\n')
    assert hit.verdict is verdict


def test_a_plain_file_system_runs_as_nobody() -> None:
    image = merge(Pulled(b"", ()), "example", "rootfs")
    assert of("root-user", image) == []


# Secrets


def test_one_value_in_many_places_is_one_finding_in_its_worst_place() -> None:
    text = (
        "FROM debian:12\nCOPY . /app\n  secret github-token app/.env value=v\n"
        "  secret github-token app/x.py value=v\nRUN rm /app/.env\n  - app/.env\n"
    )
    (hit,) = fails("hardcoded-secret", text)
    assert hit.layer is not None
    assert hit.layer.path == "app/x.py"
    assert hit.label == "live in the image"
    assert any("app/.env" in link.what and "deleted by" in link.what for link in hit.evidence)
    assert fails("secret-deleted-later", text) == []


def test_a_deleted_secret_says_which_layer_has_it_and_what_deleted_it() -> None:
    text = (
        "FROM debian:12\nCOPY . /app\n  secret password app/.env name=DB_PASSWORD\n"
        "RUN rm /app/.env\n  - app/.env\n"
    )
    (hit,) = fails("secret-deleted-later", text)
    assert hit.label == "deleted later, but still in layer 2"
    assert "`RUN rm /app/.env`" in hit.message
    assert hit.layer is not None
    assert hit.layer.removed_by == "RUN rm /app/.env"
    assert hit.symbol == "app/.env DB_PASSWORD"
    assert fails("hardcoded-secret", text) == []


def test_a_value_in_the_environment_and_in_a_deleted_file_is_one_finding() -> None:
    image = images.image("=== image\nENV DB_PASSWORD=Kx7vR2mqW4tZ\nFROM debian:12\n")
    (identity,) = {f.value_id for f in config_secrets(image.config, b"example")}
    text = (
        "ENV DB_PASSWORD=Kx7vR2mqW4tZ\nFROM debian:12\nCOPY . /app\n"
        f"  secret password app/.env value={identity}\nRUN rm /app/.env\n  - app/.env\n"
    )
    (hit,) = fails("hardcoded-secret", text)
    assert hit.symbol.startswith("ENV DB_PASSWORD")
    assert any("app/.env" in link.what for link in hit.evidence)
    assert fails("secret-deleted-later", text) == []


@pytest.mark.parametrize(
    ("rule", "text", "label"),
    [
        ("hardcoded-secret", "ENV API_TOKEN=q9Zt4rXw7LmB2kVc\n", "in ENV API_TOKEN"),
        ("hardcoded-secret", "LABEL build.password=Kx7vR2mqW4tZ\n", "in LABEL build.password"),
        ("hardcoded-secret", 'CMD ["app", "--password", "Kx7vR2mqW4tZ"]\n', "in CMD"),
        ("hardcoded-secret", "ONBUILD ENV DB_PASSWORD=Kx7vR2mqW4tZ\n", "in ONBUILD"),
        ("hardcoded-secret", "HEALTHCHECK mysqladmin --password=Kx7vR2mqW4tZ\n", "in HEALTHCHECK"),
        ("default-credential", "ENV POSTGRES_PASSWORD=postgres\n", "in ENV POSTGRES_PASSWORD"),
    ],
)
def test_a_secret_in_the_configuration_is_told_and_hidden(rule: str, text: str, label: str) -> None:
    image = images.image(f"=== image\n{text}FROM debian:12\n")
    (hit,) = (h for h in of(rule, image) if h.verdict is Verdict.FAIL)
    assert hit.label == label
    _, _, value = text.strip().rpartition("=") if "=" in text else ("", "", "Kx7vR2mqW4tZ")
    hidden = {image.history.text[place.start : place.end] for place in hit.secrets}
    assert hidden == {value}


@pytest.mark.parametrize(
    ("step", "rule", "label"),
    [
        (
            "RUN |2 VERSION=1 TOKEN=q9Zt4rXw7LmB2kVc /bin/sh -c make # buildkit",
            "secret-in-build-arg",
            "in the history, as a build argument",
        ),
        (
            "ARG TOKEN=q9Zt4rXw7LmB2kVc",
            "secret-in-build-arg",
            "in the history, as a build argument",
        ),
        (
            "RUN /bin/sh -c curl -u ci:hunter2xyz https://e.org",
            "hardcoded-secret",
            "in the history",
        ),
    ],
)
def test_a_secret_in_the_history_is_told_and_hidden(step: str, rule: str, label: str) -> None:
    image = plain(history=[{"created_by": step, "empty_layer": True}])
    (hit,) = of(rule, image)
    assert hit.label == label
    hidden = [image.history.text[place.start : place.end] for place in hit.secrets]
    assert hidden in (["q9Zt4rXw7LmB2kVc"], ["hunter2xyz"])


def test_a_short_password_that_stands_twice_hides_the_right_one() -> None:
    step = "/bin/sh -c #(nop)  ENV ADMIN_USER=admin ADMIN_PASSWORD=admin"
    image = plain(
        {"Env": ["ADMIN_PASSWORD=admin"]}, history=[{"created_by": step, "empty_layer": True}]
    )
    (hit,) = of("default-credential", image)
    places = {place.start for place in hit.secrets}
    assert image.history.text.index("ADMIN_PASSWORD=admin") + len("ADMIN_PASSWORD=") in places
    assert image.history.text.index("ADMIN_USER=admin") + len("ADMIN_USER=") not in places


def test_a_line_that_names_a_value_twice_in_a_command_is_hidden_whole() -> None:
    image = plain({"Cmd": ["s3cretWord", "--password", "s3cretWord"]})
    (hit,) = of("hardcoded-secret", image)
    whole = image.place("cmd")
    assert [(place.start, place.end) for place in hit.secrets] == [(whole.start, whole.end)]


@pytest.mark.parametrize(
    ("step", "shown"),
    [
        (
            "RUN /bin/sh -c curl -u ci:hunter2 https://e.org/x # buildkit",
            "RUN curl -u ci:******** https://e.org/x",
        ),
        ("RUN |1 TOKEN=q9Zt4rXw7LmB2kVc /bin/sh -c make", "RUN make"),
        (
            "RUN mysql -pKx7vR2mq -e x && curl -u a:Kx7vR2mq e.org",
            "RUN mysql -pKx7vR2mq -e x && curl -u a:******** e.org",
        ),
    ],
)
def test_the_instruction_that_goes_with_findings_gives_nothing_away(step: str, shown: str) -> None:
    document = {"history": [{"created_by": step}]}
    config = read_config(json.dumps(document).encode(), "example")
    image = merge(Pulled(json.dumps(document).encode(), ()), "example", "archive")
    assert image.config == config
    assert conceal(instruction(config.history[0]), config_secrets(config)) in {
        shown,
        shown.replace("-pKx7vR2mq", "-p********"),
    }


def test_what_the_base_image_brought_weighs_less() -> None:
    text = "FROM debian:12\n  secret private-key root/.ssh/id_rsa\nRUN make\n"
    (hit,) = fails("hardcoded-secret", text)
    assert severity("hardcoded-secret", hit) is Severity.HIGH
    assert "base image" in hit.weaker


def test_doubtful_texts_are_told_to_who_asks_and_to_nobody_else() -> None:
    text = "FROM debian:12\nRUN pip install x\n  secret private-key usr/lib/x/tests/k.pem low\n"
    for rule in ("hardcoded-secret", "secret-deleted-later", "default-credential"):
        assert fails(rule, text) == []
    (hit,) = fails("possible-secret", text)
    assert hit.confidence is Confidence.LOW


def test_a_sure_place_of_a_value_outweighs_a_doubtful_one() -> None:
    text = (
        "FROM debian:12\nRUN x\n  secret token usr/share/doc/x low value=v\n"
        "COPY . /app\n  secret token app/x.py value=v\n"
    )
    (hit,) = fails("hardcoded-secret", text)
    assert hit.layer is not None
    assert hit.layer.path == "app/x.py"
    assert fails("possible-secret", text) == []


def test_the_host_keys_of_an_image_are_everyones() -> None:
    text = "FROM debian:12\nRUN x\n  secret private-key etc/ssh/ssh_host_ed25519_key\n"
    (hit,) = fails("private-key-generated", text)
    assert "every container of it has the same" in hit.message
    assert fails("hardcoded-secret", text) == []


def test_a_key_store_is_told_by_its_name_once() -> None:
    named = "FROM debian:12\nCOPY . /app\n  -rw-r--r-- 0:0 app/tls.key secret-name,readable-key\n"
    told = named + "  secret private-key app/tls.key\n"
    assert [hit.symbol for hit in fails("secret-file-copied", named)] == ["app/tls.key"]
    assert len(fails("key-file-readable", named)) == 1
    assert len(fails("hardcoded-secret", told)) == 1
    assert fails("secret-file-copied", told) == fails("key-file-readable", told) == []


def test_a_packages_own_files_are_no_secrets_by_their_names() -> None:
    text = (
        "FROM debian:12\n  owns x etc/x/server.key\n"
        "  -rw-r--r-- 0:0 etc/x/server.key secret-name,readable-key\n"
    )
    assert fails("secret-file-copied", text) == fails("key-file-readable", text) == []


def test_a_git_directory_is_told_by_who_brought_it() -> None:
    git = "  drwxr-xr-x 0:0 app/.git git-directory\n  -rw-r--r-- 0:0 app/.git/HEAD git-directory\n"
    copied = f"FROM debian:12\nCOPY . /app\n{git}"
    cloned = f"FROM debian:12\nRUN git clone https://example.org/x /app\n{git}"
    assert len(fails("history-in-context", copied)) == 1
    assert fails("left-over-files", copied) == []
    assert fails("history-in-context", cloned) == []
    assert len(fails("left-over-files", cloned)) == 1
    deleted = f"{copied}RUN rm -rf /app/.git\n  - app/.git\n  - app/.git/HEAD\n"
    (hit,) = fails("history-in-context", deleted)
    assert "still in its layer" in hit.label


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ("  shadow root none\n", 1),
        ("  shadow root set\n", 1),
        ("  shadow root locked\n", 0),
        ("  account root 0 none\n", 1),
        ("  account root 0 shadowed\n", 0),
    ],
)
def test_passwords_of_accounts(lines: str, number: int) -> None:
    assert len(fails("password-set-in-build", f"FROM alpine:3.9\n{lines}")) == number


def test_an_account_without_a_shell_lets_nobody_in() -> None:
    text = "FROM x\n  account app 999 shadowed /usr/sbin/nologin\n  shadow app none\n"
    (hit,) = fails("password-set-in-build", text)
    assert "lets nobody in" in hit.weaker


# Programs and modes


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-rwsr-xr-x 0:0 usr/bin/su setuid", None),
        ("-rwsr-xr-x 0:0 bin/su setuid", None),
        ("-rwsr-xr-x 0:0 usr/lib/openssh/ssh-keysign setuid", None),
        ("-rwxr-sr-x 0:42 usr/sbin/unix_chkpwd setgid", None),
        ("-rwxr-xr-x 0:0 usr/bin/ping capabilities cap_net_raw=ep", None),
        ("-rwxr-xr-x 0:0 app/server capabilities cap_net_bind_service=ep", None),
        ("-rwxr-xr-x 0:0 usr/bin/newuidmap capabilities cap_setuid=ep", None),
        ("-rwsr-xr-x 0:0 tmp/su setuid", Severity.HIGH),
        ("-rwsr-xr-x 0:0 usr/local/bin/passwd setuid", Severity.HIGH),
        ("-rwsr-xr-x 0:0 usr/bin/python3.11 setuid", Severity.HIGH),
        ("-rwsr-xr-x 0:0 usr/bin/find setuid", Severity.HIGH),
        ("-rwsrwxrwx 0:0 usr/bin/su setuid", Severity.HIGH),
        ("-rwsr-xr-x 0:0 app/tool setuid", Severity.HIGH),
        ("-rwsr-xr-x 1000:0 app/tool setuid", Severity.MEDIUM),
        ("-rwxr-sr-x 0:0 usr/local/bin/sgfind setgid", Severity.MEDIUM),
        ("-rwxr-xr-x 0:0 usr/bin/python3.11 capabilities cap_setuid=ep", Severity.HIGH),
        ("-rwxr-xr-x 0:0 app/tool capabilities cap_sys_admin,cap_net_raw=ep", Severity.HIGH),
    ],
)
def test_what_a_distribution_ships_is_advice_and_the_rest_a_fault(
    line: str, expected: Severity | None
) -> None:
    text = f"FROM debian:12\nRUN make\n  {line}\n"
    found = fails("setuid-bit", text)
    assert [severity("setuid-bit", hit) for hit in found] == ([expected] if expected else [])
    assert len(fails("setuid-kept", text)) == (0 if expected else 1)


def test_a_bit_that_was_set_after_the_package_was_installed_is_a_fault() -> None:
    installed = (
        "FROM debian:12\n  deb tool 1.0\n  owns tool usr/bin/tool\n"
        "  -rwsr-xr-x 0:0 usr/bin/tool setuid\nRUN make\n"
    )
    later = (
        "FROM debian:12\n  deb tool 1.0\n  owns tool usr/bin/tool\n"
        "RUN chmod u+s /usr/bin/tool\n  -rwsr-xr-x 0:0 usr/bin/tool setuid\n"
    )
    assert fails("setuid-bit", installed) == []
    (hit,) = fails("setuid-bit", later)
    assert "after the package tool was installed" in hit.message


def test_all_usual_programs_are_one_finding_with_one_line() -> None:
    names = ("passwd", "su", "mount")
    lines = "".join(f"  -rwsr-xr-x 0:0 usr/bin/{name} setuid\n" for name in names)
    (hit,) = fails("setuid-kept", f"FROM debian:12\n{lines}")
    assert len(hit.evidence) == 3
    assert "-perm /6000" in hit.remedy


def test_a_removed_program_is_no_fault() -> None:
    text = (
        "FROM debian:12\nRUN x\n  -rwsr-xr-x 0:0 app/tool setuid\nRUN rm /app/tool\n  - app/tool\n"
    )
    assert fails("setuid-bit", text) == []


def test_thousands_of_open_files_are_one_finding() -> None:
    files = "".join(f"  -rwxrwxrwx 0:0 app/a/{n} world-writable\n" for n in range(500))
    text = f"FROM debian:12\nRUN chmod -R 777 /app\n  drwxrwxrwx 0:0 app open-directory\n{files}"
    (hit,) = fails("world-writable", text)
    assert "500 files and 1 directory below app" in hit.message
    assert "-R" in hit.remedy


def test_open_places_apart_are_told_apart_until_there_are_many() -> None:
    few = "".join(f"  -rw-rw-rw- 0:0 srv/{n}/x world-writable\n" for n in range(3))
    many = "".join(f"  -rw-rw-rw- 0:0 srv/{n}/x world-writable\n" for n in range(30))
    assert len(fails("world-writable", f"FROM debian:12\nRUN x\n{few}")) == 3
    (hit,) = fails("world-writable", f"FROM debian:12\nRUN x\n{many}")
    assert "30 files" in hit.message


@pytest.mark.parametrize("path", ["tmp/x", "var/tmp/x", "run/lock/x", "dev/shm/x"])
def test_scratch_space_may_be_open(path: str) -> None:
    text = f"FROM debian:12\n  -rw-rw-rw- 0:0 {path} world-writable\n"
    assert fails("world-writable", text) == []


def test_a_name_that_begins_like_scratch_space_is_none() -> None:
    text = "FROM debian:12\n  drwxrwxrwx 0:0 tmpl open-directory\n"
    assert len(fails("world-writable", text)) == 1


def test_a_cron_table_is_told_once_and_weighs_by_whether_cron_runs_it() -> None:
    line = "  -rw-rw-rw- 0:0 etc/cron.d/x writable-schedule,world-writable\n"
    idle = f"FROM debian:12\nRUN x\n{line}"
    (hit,) = fails("root-file-writable", idle)
    assert severity("root-file-writable", hit) is Severity.MEDIUM
    assert fails("world-writable", idle) == []
    (hit,) = fails("root-file-writable", f"{idle}  deb cron 3.0\n")
    assert severity("root-file-writable", hit) is Severity.HIGH


def test_a_file_that_belongs_to_another_than_root_names_him() -> None:
    text = "FROM debian:12\nRUN x\n  -rw-r--r-- 1000:0 etc/passwd writable-accounts\n"
    (hit,) = fails("root-file-writable", text)
    assert "uid 1000 may write etc/passwd" in hit.message


def test_readable_hashes_weigh_by_whether_there_are_any() -> None:
    line = "FROM debian:12\nRUN x\n  -rw-r--r-- 0:42 etc/shadow readable-shadow\n"
    (without,) = fails("shadow-readable", line)
    (with_hash,) = fails("shadow-readable", f"{line}  shadow root set\n")
    assert without.weaker
    assert not with_hash.weaker


def test_accounts_that_are_one_for_the_system() -> None:
    text = (
        "FROM debian:12\n  account root 0 locked\n  account toor 0 locked\n"
        "  account a 1000 locked\n  account b 1000 locked\n  group x 50\n  group y 50\n"
    )
    assert [hit.symbol for hit in fails("second-root", text)] == ["etc/passwd toor"]
    shared = [hit.symbol for hit in fails("shared-uid", text)]
    assert shared == ["etc/passwd uid 1000", "etc/group gid 50"]


# Tools, caches, left-overs


def test_tools_are_told_once_for_each_instruction_that_brought_them() -> None:
    text = (
        "FROM debian:12\n  -rwxr-xr-x 0:0 usr/bin/make build-tool\n"
        "RUN apt-get install -y gcc\n  -rwxr-xr-x 0:0 usr/bin/gcc build-tool\n"
        "  -rwxr-xr-x 0:0 usr/bin/ld build-tool\n"
    )
    base, own = fails("build-tools", text)
    assert "of the base image" in base.message
    assert "ld and gcc are in the image" in own.message


def test_fetchers_and_version_control_are_no_build_tools() -> None:
    text = (
        "FROM debian:12\nRUN x\n  -rwxr-xr-x 0:0 usr/bin/git build-tool\n"
        "  -rwxr-xr-x 0:0 usr/bin/curl network-tool\n"
    )
    assert fails("build-tools", text) == fails("debug-tools", text) == []
    (hit,) = fails("convenience-tools", text)
    assert "git and curl" in hit.message


def test_sudo_is_a_tool_of_intruders_and_su_is_not() -> None:
    text = "FROM x\nRUN x\n  -rwsr-xr-x 0:0 usr/bin/{} privilege-tool\n"
    assert len(fails("debug-tools", text.format("sudo"))) == 1
    assert fails("debug-tools", text.format("su")) == []


def test_a_cache_is_counted_also_where_a_later_layer_deletes_it() -> None:
    text = (
        "FROM debian:12\nRUN apt-get update\n"
        "  -rw-r--r-- 0:0 var/lib/apt/lists/a package-cache size=50000000\n"
        "RUN rm -rf /var/lib/apt/lists\n  - var/lib/apt/lists/a\n"
    )
    (hit,) = fails("package-cache", text)
    assert "50.0 MB" in hit.message
    assert "a later one deletes" in hit.message


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("root/.cache/pip/http/a/b", "/root/.cache/pip"),
        ("root/.npm/_cacache/content-v2/x", "/root/.npm/_cacache/content-v2"),
        ("home/app/.cargo/registry/cache/x/y", "/home/app/.cargo/registry"),
    ],
)
def test_a_cache_is_called_by_its_directory(path: str, folder: str) -> None:
    text = f"FROM x\nRUN x\n  -rw-r--r-- 0:0 {path} package-cache size=9000\n"
    (hit,) = fails("package-cache", text)
    assert hit.label == folder


# Releases and names


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        ("debian 10", Severity.MEDIUM),
        ("debian 11", Severity.MEDIUM),
        ("debian 12", Severity.LOW),
        ("alpine 3.18.9", Severity.MEDIUM),
        ("ubuntu 24.04", None),
        ("debian 13", None),
        ("wolfi 20230201", None),
        ("unheard-of 7", None),
    ],
)
def test_a_release_is_judged_by_what_os_release_says(
    distribution: str, expected: Severity | None
) -> None:
    found = fails("end-of-life-base", f"FROM x\n  distribution {distribution}\n")
    assert [severity("end-of-life-base", hit) for hit in found] == ([expected] if expected else [])


def test_a_supported_release_is_a_pass_with_its_date() -> None:
    (hit,) = all_hits("end-of-life-base", "FROM x\n  distribution debian 13\n")
    assert hit.verdict is Verdict.PASS
    assert "supported until" in hit.message


def test_a_release_that_soon_ends_is_said_ninety_days_ahead() -> None:
    image = images.image("=== image\nFROM x\n  distribution debian 13\n")
    rule = by_id()["end-of-life-base"]
    (before,) = rule.on[Image](image, Settings(today=date(2028, 1, 1)))
    ahead = [
        hit
        for month in range(1, 13)
        for hit in rule.on[Image](image, Settings(today=date(2028, month, 15)))
        if "reaches its end of life" in hit.message
    ]
    assert before.verdict is Verdict.PASS
    assert ahead
    assert all("still supported" in hit.weaker for hit in ahead)


def test_a_runtime_of_its_own_is_judged_and_a_bundled_one_is_not() -> None:
    line = "FROM debian:13\n  distribution debian 13\n  generic node 16.20.2 {}\n"
    (hit,) = fails("end-of-life-base", line.format("usr/local/bin/node"))
    assert "Node" in hit.message
    assert fails("end-of-life-base", line.format("app/node_modules/x/bin/node")) == []


@pytest.mark.parametrize(
    ("tags", "number"),
    [
        ("acme/web:latest", 1),
        ("acme/web", 1),
        ("acme/web:1", 0),
        ("acme/web:latest acme/web:1", 0),
        ("acme/web:latest other/web:latest", 1),
    ],
)
def test_a_name_that_every_build_takes(tags: str, number: int) -> None:
    assert len(fails("latest-tag", f"TAG {tags}\nFROM debian:12\n")) == number


# Ports and health


def test_a_database_may_expose_its_port() -> None:
    assert fails("exposed-database-port", "TAG acme/postgres:1\nEXPOSE 5432/tcp\nFROM x\n") == []
    text = "EXPOSE 5432/tcp\nFROM x\nRUN x\n  deb postgresql-15 15.1\n"
    assert fails("exposed-database-port", text) == []
    assert len(fails("exposed-database-port", "EXPOSE 5432/tcp\nFROM x\n")) == 1
    assert fails("exposed-database-port", "EXPOSE 5432/udp\nFROM x\n") == []


@pytest.mark.parametrize("port", ["22/tcp", "20-30/tcp", "22"])
def test_the_ssh_port_by_itself_and_in_a_range(port: str) -> None:
    assert len(fails("exposed-ssh-port", f"EXPOSE {port}\nFROM x\n")) == 1


@pytest.mark.parametrize("port", ["22/udp", "http/tcp", "", "-/tcp", "99999999999999999999/tcp"])
def test_odd_ports_are_none(port: str) -> None:
    image = plain({"ExposedPorts": {port: {}}})
    for rule in ("exposed-ssh-port", "exposed-admin-port", "exposed-database-port"):
        assert of(rule, image) == []


def test_a_check_by_a_tool_that_is_there_under_busybox_works() -> None:
    shell = "  lrwxrwxrwx 0:0 bin/sh shell target=/bin/busybox\n"
    wget = "  lrwxrwxrwx 0:0 usr/bin/wget network-tool target=/bin/busybox\n"
    text = f"HEALTHCHECK wget -q --spider http://localhost/ || exit 1\nFROM alpine\n{shell}"
    assert fails("healthcheck-tool-missing", text + wget) == []
    assert len(fails("healthcheck-tool-missing", text)) == 1


def test_a_word_in_an_argument_is_no_tool() -> None:
    shell = "  -rwxr-xr-x 0:0 bin/sh shell\n"
    text = f"HEALTHCHECK /app/check --with curl || exit 1\nFROM alpine\n{shell}"
    assert fails("healthcheck-tool-missing", text) == []


def test_a_health_check_is_a_pass() -> None:
    (hit,) = all_hits("no-healthcheck", "HEALTHCHECK /app/check\nFROM x\n")
    assert hit.verdict is Verdict.PASS


# The history


def test_only_what_was_built_on_the_base_is_told_again() -> None:
    base = "FROM debian:12\n"
    assert fails("sudo", 'FROM debian:12\nRUN sudo make\nCMD ["x"]\nRUN make\n') == []
    (hit,) = fails("sudo", f"{base}RUN sudo make\n")
    assert hit.confidence is Confidence.MEDIUM
    assert hit.layer is not None
    assert hit.layer.index == 1


def test_a_hit_of_the_history_stands_in_its_step() -> None:
    image = images.image("=== image\nFROM debian:12\nRUN make\nRUN curl https://e.org/x | sh\n")
    (hit,) = of("curl-pipe-shell", image)
    assert image.history.line_text(image.history.line_of(hit.at.start)).startswith("RUN curl")


def test_a_history_that_is_no_dockerfile_is_read_as_far_as_it_goes() -> None:
    steps = [
        "",
        "bazel build ...",
        "Imported from -",
        'CMD ["sudo"',
        "RUN sudo 'unclosed",
        "FROM x",
    ]
    image = plain(history=[{"created_by": step, "empty_layer": True} for step in steps])
    for rule, check in checks_on(Image):
        for outcome in judge(image, [(rule, check)], SETTINGS):
            assert not isinstance(outcome, Crash), (rule.id, outcome.reason)


# All rules at once


def test_an_empty_image_crashes_no_rule_and_has_no_fault_but_root() -> None:
    found = set()
    for rule, check in checks_on(Image):
        for outcome in judge(plain({"Cmd": ["/app"]}), [(rule, check)], SETTINGS):
            assert not isinstance(outcome, Crash), (rule.id, outcome.reason)
            if outcome[1].verdict is not Verdict.PASS:
                found.add(rule.id)
    assert found == {"root-user"}


@pytest.mark.parametrize("rule", [rule.id for rule, _ in checks_on(Image)])
def test_hostile_names_crash_no_rule(rule: str) -> None:
    note = "setuid,secret-name,world-writable,build-tool,git-directory,package-cache,left-over"
    text = (
        "USER \u202eroot\nENV A\x1b[31m=\nEXPOSE x/y\nVOLUME \x00\nWORKDIR \\\nFROM x\n"
        f"  -rwsrwsrwt 0:0 \udcff/\u202e {note}\n  deb a\x1b 1\x1b\n  distribution \udcff \udcff\n"
    )
    for hit in all_hits(rule, text):
        assert hit.message


@pytest.mark.parametrize(
    ("step", "number"),
    [
        ("RUN set -e; sudo -E make install", 1),
        ("RUN true && DEBIAN_FRONTEND=noninteractive sudo apt-get update", 1),
        ("RUN if true; then sudo make; fi", 1),
        ("RUN --mount=type=cache,target=/x sudo make", 1),
        ('ENTRYPOINT ["sudo", "/start.sh"]', 1),
        ("RUN apt-get install -y sudo vim", 0),
        ("RUN echo sudo", 0),
    ],
)
def test_the_signs_of_a_call_are_seen_in_the_history(step: str, number: int) -> None:
    steps = [{"created_by": step, "empty_layer": True}]
    assert len(of("sudo", plain(history=steps))) == number


@pytest.mark.parametrize(
    "step",
    [
        'RUN bash -c "$(curl -fsSL https://x.example/i.sh)"',
        "RUN bash <(curl -s https://x.example/i.sh)",
        "RUN wget -qO- https://x.example/i | sudo -E bash -s -- --yes",
        "RUN curl -fsSL https://x.example/i.sh|sh || true",
    ],
)
def test_a_download_that_is_run_at_once_is_seen_in_the_history(step: str) -> None:
    assert len(of("curl-pipe-shell", plain(history=[{"created_by": step}]))) == 1


@pytest.mark.parametrize("rule", ["unverified-server", "unsigned-packages", "sudo", "dist-upgrade"])
def test_what_is_seen_in_a_dockerfile_is_seen_in_its_history(rule: str) -> None:
    """A Dockerfile's own examples, told as a builder writes them down."""
    for text in by_id()[rule].bad:
        lines = text.splitlines()
        if not lines[0].startswith("FROM") or "<<EOF" in text or len(lines) != 2:
            continue
        history = [{"created_by": "ADD file:1 in /"}, {"created_by": lines[1]}]
        assert of(rule, plain(history=history)), text
