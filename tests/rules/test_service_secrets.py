"""Secrets of services and run lines: where they stand, what is none, and how much they weigh."""

from __future__ import annotations

from pathlib import Path

import pytest
import workloads

from seawall.core.model import Hit
from seawall.core.rule import Rule
from seawall.facts.secret_files import file_variable, secret_files
from seawall.rules.secrets.authentication import AUTHENTICATION_DISABLED
from seawall.rules.secrets.injection import ENVIRONMENT_SECRET, SECRET_MODE_IGNORED
from seawall.rules.secrets.literal import RULES
from seawall.surfaces.cell import Place
from seawall.surfaces.compose.reader import read_project
from seawall.surfaces.workload import Workload

HARDCODED, DEFAULT, _ = RULES
SECRET = "Kx7vR2mqW4tZ"


def found(rule: Rule, lines: str, image: str = "acme/web:1.2.3", more: str = "") -> list[Hit]:
    body = "".join(f"    {line}\n" for line in lines.splitlines())
    return workloads.hits(rule, f"services:\n  web:\n    image: {image}\n{body}{more}")


def shown(place: object) -> str:
    at = getattr(place, "place", place)
    assert isinstance(at, Place)
    return at.source.text[at.start : at.end]


@pytest.mark.parametrize(
    "lines",
    [
        f"environment: {{DB_PASSWORD: {SECRET}}}",
        f"environment: ['DB_PASSWORD={SECRET}']",
        f"environment: ['DB_PASSWORD=\"{SECRET}\"']",
        f"environment: {{DB_PASSWORD: '${{PW:-{SECRET}}}'}}",
        f"environment: {{URL: 'postgres://app:{SECRET}@db/app'}}",
        f"environment: {{OPTIONS: 'host=db password={SECRET} user=me'}}",
        f"build: {{context: ., args: {{NPM_TOKEN: {SECRET}}}}}",
        f"build: {{context: ., args: {{CONFIG: 'token={SECRET}'}}}}",
        f"labels: {{app.password: {SECRET}}}",
        f"command: [redis-server, --requirepass, {SECRET}]",
        f"command: redis-server --requirepass {SECRET}",
        f"command: [app, '--password={SECRET}']",
        f"command: [app, --password, {SECRET}]",
        f"command: sh -c 'mysql -uroot -p{SECRET} app'",
        f"command: app --port ${{PORT}} --password {SECRET}",
        f"entrypoint: [sh, -c, 'API_TOKEN={SECRET} app']",
        f"healthcheck: {{test: [CMD, mysqladmin, ping, -p{SECRET}]}}",
        f"healthcheck: {{test: mysqladmin ping -uroot -p{SECRET}}}",
        f"healthcheck: {{test: 'curl -u me:{SECRET} http://localhost'}}",
    ],
)
def test_a_literal_secret_is_found_and_exactly_it_is_hidden(lines: str) -> None:
    (hit,) = found(HARDCODED, lines)
    assert [shown(place) for place in hit.secrets] == [SECRET]
    assert SECRET not in hit.message + hit.symbol + hit.remedy + hit.label
    assert not any(SECRET in evidence.what for evidence in hit.evidence)


@pytest.mark.parametrize(
    "lines",
    [
        "environment: {DB_PASSWORD: '${DB_PASSWORD}'}",
        "environment: {DB_PASSWORD: '${DB_PASSWORD:?}'}",
        "environment: {DB_PASSWORD: ''}",
        "environment: [DB_PASSWORD]",
        "environment: {DB_PASSWORD_FILE: /run/secrets/p}",
        "environment: ['WIREGUARD_PRIVATE_KEY=''<KEY>''']",
        "environment: {ACCOUNT_MAX_PASSWORDS: 1000, SASL_MECHANISM: PLAIN}",
        "environment: {PASSWORD_RESET_URL: 'https://example.org/reset'}",
        "environment: {API_KEY: '${API_KEY:-invalid}'}",
        "environment: {URL: 'postgres://app:${PASSWORD}@db/app'}",
        "labels: {app.token: '${TOKEN}', plain: word, empty: ''}",
        "command: mitmdump --mode reverse:https://example.org:443@8443",
        "command: [app, --password-file, /run/secrets/p]",
        "command: [app, '--password=${PW}', '${OTHER}']",
        "command: [redis-server, --requirepass, '${PW}']",
        "command: [redis-server, --requirepass, 'true']",
        "command: redis-cli -a $$REDIS_PASSWORD ping",
        "command: []",
        "healthcheck: {test: [CMD, app, -p, '80']}",
    ],
)
def test_what_is_no_secret_of_the_file_is_left_alone(lines: str) -> None:
    assert found(HARDCODED, lines) == []
    assert found(DEFAULT, lines) == []


def test_what_the_environment_gives_is_not_hardcoded() -> None:
    text = "services:\n  db:\n    image: a:1\n    environment:\n      DB_PASSWORD: ${PW}\n"
    (workload,) = workloads.project(text, env=f"PW={SECRET}\n").services
    assert list(HARDCODED.on[Workload](workload, workloads.SETTINGS)) == []


@pytest.mark.parametrize(
    "command",
    [
        "redis-server --requirepass ${PW}",
        "[redis-server, --requirepass, '${PW}']",
        "[app, '--password=${PW}']",
        "sh -c 'mysql -uroot -p${PW} app'",
    ],
)
def test_what_a_dotenv_gives_to_a_command_is_not_hardcoded(tmp_path: Path, command: str) -> None:
    text = f"services:\n  web:\n    image: acme/web:1.2.3\n    command: {command}\n"
    (tmp_path / "compose.yaml").write_text(text)
    (tmp_path / ".env").write_text(f"PW={SECRET}\n")
    project = read_project([tmp_path / "compose.yaml"])

    assert not list(HARDCODED.on[Workload](project.services[0], workloads.SETTINGS))

    (tmp_path / "compose.yaml").write_text(text.replace("${PW}", SECRET))
    project = read_project([tmp_path / "compose.yaml"])

    assert list(HARDCODED.on[Workload](project.services[0], workloads.SETTINGS))


def test_the_hash_of_a_proxy_s_password_is_named_as_such() -> None:
    label = "traefik.http.middlewares.a.basicauth.users=me:$$apr1$$q8eZFHjF$$Fvmkk//V6Btlaf2i/ju5n/"
    (hit,) = found(HARDCODED, f"labels: ['{label}']")
    assert "hash" in hit.message
    assert "usersfile" in hit.remedy


def test_a_secret_in_a_config_is_found_wherever_it_is_used() -> None:
    more = f"configs:\n  app:\n    content: |\n      port = 80\n      password = {SECRET}\n"
    (hit,) = found(HARDCODED, "configs: [app]", more=more)
    assert shown(hit.at) == SECRET
    assert "secret instead of a config" in hit.remedy


def test_a_token_is_found_under_any_name() -> None:
    (hit,) = found(HARDCODED, "environment: {FOO: AKIAQ3EGT5ZJ7K2NWXYP}")
    assert "`FOO` holds an AWS access key id" in hit.message
    (hit,) = found(HARDCODED, "command: app AKIAQ3EGT5ZJ7K2NWXYP --token-file x")
    assert hit.message.startswith("An AWS access key id stands in")


@pytest.mark.parametrize(
    ("lines", "image"),
    [
        ("environment: {POSTGRES_PASSWORD: postgres}", "postgres:17.5"),
        ("environment: {POSTGRES_PASSWORD: gitlabhq, POSTGRES_USER: gitlabhq}", "postgres:17.5"),
        ("environment: {DB_PASSWORD: web}", "acme/site:1.2.3"),
        ("environment: {DB_PASSWORD: outline}", "acme/outline:1.2.3"),
        ("environment: {URL: 'postgres://plane:plane@db/x'}", "acme/site:1.2.3"),
        ("environment: {ADMIN_PASSWORD: '${PW:-changeme}'}", "acme/site:1.2.3"),
    ],
)
def test_a_password_that_says_a_name_again_is_a_first_guess(lines: str, image: str) -> None:
    assert found(HARDCODED, lines, image) == []
    (hit,) = found(DEFAULT, lines, image)
    assert "revoke" not in hit.remedy.lower()


def test_a_first_guess_weighs_in_full_only_where_others_reach_it() -> None:
    lines = "environment: {ADMIN_PASSWORD: admin}"
    assert found(DEFAULT, lines)[0].weaker
    reached = found(DEFAULT, f"{lines}\nports: ['80:80']")[0]
    assert not reached.weaker
    assert any("80 is published" in evidence.what for evidence in reached.evidence)


def test_a_password_for_another_service_weighs_by_that_service() -> None:
    published = "environment: {{DB_PASSWORD: {}}}\nports: ['80:80']"
    assert "another service" in found(HARDCODED, published.format(SECRET))[0].weaker
    assert not found(HARDCODED, published.format(SECRET), "postgres:17.5")[0].weaker


def test_a_token_weighs_in_full_wherever_it_stands() -> None:
    (hit,) = found(HARDCODED, "environment: {GITHUB_TOKEN: q9Zt4rXw7LmB2kVc}")
    assert not hit.weaker


def test_a_default_is_said_to_be_one() -> None:
    (hit,) = found(HARDCODED, f"environment: {{ADMIN_PASSWORD: '${{PW:-{SECRET}}}'}}")
    assert any("default" in evidence.what for evidence in hit.evidence)


def test_the_rewrite_uses_the_variable_that_the_image_reads_a_file_from() -> None:
    (hit,) = found(HARDCODED, f"environment: {{POSTGRES_PASSWORD: {SECRET}}}", "postgres:17.5")
    assert "environment: {POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password}" in hit.remedy
    assert "secrets: {postgres_password: {file: ./secrets/postgres_password}}" in hit.remedy
    assert "its uid" in hit.remedy
    (hit,) = found(HARDCODED, f"environment: {{OTHER_PASSWORD: {SECRET}}}", "postgres:17.5")
    assert "${OTHER_PASSWORD:?}" in hit.remedy


def test_the_rewrite_of_a_part_of_a_variable_names_the_variable() -> None:
    (hit,) = found(HARDCODED, f"environment: {{OPTIONS: 'password={SECRET} a=b'}}")
    assert "`OPTIONS: ${OPTIONS:?}`" in hit.remedy


def test_a_run_line_is_told_flags() -> None:
    (hit,) = workloads.hits(HARDCODED, f"docker run -e POSTGRES_PASSWORD={SECRET} postgres:17.5")
    assert "-e POSTGRES_PASSWORD_FILE=/run/secrets/postgres_password" in hit.remedy
    (hit,) = workloads.hits(HARDCODED, f"docker run -e API_PASSWORD={SECRET} acme/web:1.2.3")
    assert "`-e API_PASSWORD`" in hit.remedy


@pytest.mark.parametrize(("name", "count"), [("web.env", 1), (".env.web", 0), (".env", 0)])
def test_an_env_file_counts_unless_it_is_a_dotenv(tmp_path: Path, name: str, count: int) -> None:
    (tmp_path / name).write_text(f"ADMIN_PASSWORD={SECRET}\n", encoding="utf-8")
    file = tmp_path / "compose.yaml"
    file.write_text(f"services: {{web: {{image: 'a:1', env_file: {name}}}}}\n", encoding="utf-8")
    (workload,) = read_project([file]).services
    hits = list(HARDCODED.on[Workload](workload, workloads.SETTINGS))
    assert len(hits) == count
    assert all(shown(hit.at) == SECRET for hit in hits)


def test_each_rule_takes_its_own_secrets_of_a_service_once() -> None:
    text = (
        "services:\n  web:\n    image: a:1\n    secrets: [k]\n    environment:\n"
        f"      ADMIN_PASSWORD: admin\n      API_TOKEN: {SECRET}\n"
        f"    command: [app, --log-format=json, --password, {SECRET}9, --token={SECRET}8]\n"
        "secrets: {k: {file: ./k}}\n"
    )
    (workload,) = workloads.project(text).services
    hits = {
        rule.id: [shown(hit.at) for hit in rule.on[Workload](workload, workloads.SETTINGS)]
        for rule in (HARDCODED, DEFAULT)
    }
    assert hits[DEFAULT.id] == ["admin"]
    assert hits[HARDCODED.id] == [SECRET, f"{SECRET}8", f"{SECRET}9"]


def test_a_place_that_two_ways_lead_to_is_one_hit() -> None:
    assert len(found(HARDCODED, "command: [app, --token, AKIAQ3EGT5ZJ7K2NWXYP]")) == 1


def test_what_an_anchor_gives_to_several_services_is_one_finding() -> None:
    text = (
        f"x-env: &env {{ADMIN_PASSWORD: {SECRET}}}\nservices:\n"
        "  worker: {image: 'a:1', environment: *env}\n"
        "  web: {image: 'a:1', environment: *env, ports: ['80:80']}\n"
    )
    (hit,) = workloads.hits(HARDCODED, text)
    assert not hit.weaker
    assert hit.symbol == "service worker/environment ADMIN_PASSWORD"
    assert hit.evidence[-1].what == "given to `web` as well"


def test_a_place_that_can_t_be_told_is_hidden_whole() -> None:
    lines = f'environment: {{ADMIN_PASSWORD: "{SECRET}\\x41"}}'
    (hit,) = found(HARDCODED, lines)
    assert SECRET in shown(hit.secrets[0])
    (hit,) = found(HARDCODED, f"command: app {SECRET} --password {SECRET}")
    assert shown(hit.secrets[0]).startswith("app ")


@pytest.mark.parametrize(
    ("image", "variable", "expected"),
    [
        ("postgres", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"),
        ("arm64v8/postgres", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE"),
        ("postgres", "PGPASSWORD", ""),
        ("grafana/grafana", "GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD__FILE"),
        ("lscr.io/linuxserver/mariadb", "MYSQL_PASSWORD", "FILE__MYSQL_PASSWORD"),
        ("acme/web", "POSTGRES_PASSWORD", ""),
    ],
)
def test_the_table_knows_how_a_variable_takes_a_file(
    image: str, variable: str, expected: str
) -> None:
    assert file_variable(image, variable) == expected


def test_every_entry_of_the_table_has_a_source() -> None:
    assert all(entry.source.startswith("https://") for entry in secret_files().entries)


@pytest.mark.parametrize(
    "value", ["${PW}", "${PW:?}", "${PW:-}"], ids=["unset", "required", "empty default"]
)
def test_only_a_secret_that_comes_from_outside_should_come_as_a_file(value: str) -> None:
    lines = f"environment: {{POSTGRES_PASSWORD: '{value}'}}"
    assert bool(found(ENVIRONMENT_SECRET, lines, "postgres:17.5")) is (value != "${PW:-}")


@pytest.mark.parametrize("name", ["FILE__PASSWORD_FILE", "PASSWORD_FILE", "TZ"])
def test_a_variable_that_names_a_file_is_not_asked_for_one(name: str) -> None:
    lines = f"environment: {{{name}: '${{X}}'}}"
    assert found(ENVIRONMENT_SECRET, lines, "lscr.io/linuxserver/mariadb:11.4.5") == []


def test_in_a_swarm_a_secret_s_mode_holds() -> None:
    lines = "secrets: [{source: k, mode: 0400}]\ndeploy: {update_config: {parallelism: 1}}"
    assert found(SECRET_MODE_IGNORED, lines, more="secrets: {k: {file: ./k}}\n") == []


@pytest.mark.parametrize(
    "lines",
    [
        "environment: {ALLOW_EMPTY_PASSWORD: 'yes'}",
        "environment: {NEO4J_AUTH: none}",
        "environment: {JUPYTER_TOKEN: ''}",
        "command: [mongod, --noauth]",
        "entrypoint: code-server --auth none",
        "command: ['traefik', '--api.insecure']",
    ],
)
def test_a_server_without_authentication_weighs_by_its_reach(lines: str) -> None:
    (hit,) = found(AUTHENTICATION_DISABLED, lines)
    assert hit.weaker
    (hit,) = found(AUTHENTICATION_DISABLED, f"{lines}\nports: ['80:80']")
    assert not hit.weaker


@pytest.mark.parametrize(
    "lines",
    [
        "environment: {NEO4J_AUTH: '${AUTH}'}",
        "environment: {NEO4J_AUTH: neo4j/secret}",
        "environment: {ALLOW_EMPTY_PASSWORD: 'no'}",
        "environment: {MYSQL_ALLOW_EMPTY_PASSWORD: 1, MYSQL_ROOT_PASSWORD_FILE: /run/p}",
        "command: [traefik, --api]",
    ],
)
def test_a_server_that_asks_for_a_password_is_left_alone(lines: str) -> None:
    assert found(AUTHENTICATION_DISABLED, lines) == []


def test_an_empty_password_that_is_only_allowed_needs_one_to_be_set() -> None:
    lines = "environment: {MYSQL_ALLOW_EMPTY_PASSWORD: 1, MYSQL_ROOT_PASSWORD: '', TZ: UTC}"
    assert found(AUTHENTICATION_DISABLED, lines)
