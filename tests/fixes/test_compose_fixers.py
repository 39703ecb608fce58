"""What fixers write into Compose projects, what they do not, and what of it no report may show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mends import applied, context, fixes

from seawall.cli.main import main
from seawall.core.model import FileChange, Fix, Hit, Safety
from seawall.core.rule import Settings
from seawall.fixes.compose import exposure, health, networks, operations, secrets
from seawall.fixes.compose.subject import source_of, workload_of
from seawall.fixes.model import Context, Fixer, Observed, Service
from seawall.rules import by_id
from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.reader import read_texts

DB = "  db:\n    image: postgres:17.5\n"
WEB = "  web:\n    image: acme/web:1.2.3\n    ports: ['80:80']\n"
API = (
    "  api:\n    image: acme/api:1.2.3\n    environment: {DATABASE_URL: 'postgres://app@db/app'}\n"
)


def made(fixer: Fixer, text: str, known: Context | None = None) -> list[Fix]:
    """The fixes of a fixer for a text that is sure to have the fault."""
    found = list(fixes(fixer, text, known or context()))
    assert found, "the rule does not see the fault at all"
    # A project and its services say the same of a fault: it is one fix.
    kept = {str((fix.title, fix.edits)): fix for _, fix in found if fix is not None}
    return list(kept.values())


def after(fixer: Fixer, text: str) -> str:
    """The text with the first fix made."""
    fix = next(each for each in made(fixer, text) if each.edits)
    return applied(text, fix.edits)


def of_project(
    fixer: Fixer, texts: dict[str, str], files: tuple[str, ...] = ()
) -> Iterator[tuple[Hit, Fix | None]]:
    """The fixes for a project of several files."""
    project = read_texts(texts, files)
    for rule in fixer.rules:
        check = by_id()[rule].on[Project]
        for hit in check(project, Settings(today=context().today)):
            yield hit, fixer.on[Service](Service(project), hit, context())


# Ports


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("5432:5432/tcp", "127.0.0.1:5432:5432/tcp"),
        ("5432", "127.0.0.1::5432"),
        (":5432", "127.0.0.1::5432"),
        ("'0.0.0.0::5432'", "'127.0.0.1::5432'"),
        ("'[::]:15432:5432'", "'127.0.0.1:15432:5432'"),
        ('"${P:-5432}:5432"', '"127.0.0.1:${P:-5432}:5432"'),
        ('"5430-5435:5430-5435"', '"127.0.0.1:5430-5435:5430-5435"'),
        (
            "{target: 5432, published: 5432, host_ip: 0.0.0.0}",
            "{target: 5432, published: 5432, host_ip: 127.0.0.1}",
        ),
    ],
)
def test_a_data_port_is_bound_in_the_form_that_it_has(before: str, expected: str) -> None:
    text = f"services:\n{DB}    ports:\n      - {before}\n"

    assert after(exposure.BIND_DATA_PORTS, text) == text.replace(before, expected)


def test_a_port_that_others_reach_by_the_host_is_only_proposed() -> None:
    text = (
        f"services:\n{DB}    ports: ['5432:5432']\n  api:\n    image: a\n"
        "    environment: {DB: 'host.docker.internal:5432'}\n"
    )
    (fix,) = made(exposure.BIND_DATA_PORTS, text)

    assert fix.safety is Safety.GUIDED
    assert fix.proposal == 'ports: ["127.0.0.1:5432:5432"]'


def test_a_project_without_a_certain_way_in_keeps_all_of_its_ports() -> None:
    text = "services:\n" + "".join(
        f"  s{n}:\n    image: acme/s:1\n    ports: ['808{n}:80']\n" for n in range(3)
    )

    assert not any(fix.edits for fix in made(exposure.BIND_WEB_PORTS, text))


def test_edits_of_an_overriding_file_name_it() -> None:
    texts = {
        "compose.yaml": f"services:\n{DB}",
        "compose.override.yaml": "services:\n  db:\n    ports: ['5432:5432']\n",
    }
    ((hit, fix),) = of_project(exposure.BIND_DATA_PORTS, texts, tuple(texts))

    assert fix is not None
    assert source_of(hit, read_texts(texts).sources[0]).path == "compose.override.yaml"
    assert applied(texts["compose.override.yaml"], fix.edits).count("127.0.0.1") == 1


# Networks


@pytest.mark.parametrize(
    "text",
    [
        f"services:\n{WEB}{API}{DB}    ports: ['127.0.0.1:5432:5432']\n",
        f"services:\n{WEB}{API}{DB}    command: sh -c 'wget https://example.org/x; postgres'\n",
        f"services:\n{WEB}{API}{DB}    environment: {{PLUGINS: 'https://example.org/x.zip'}}\n",
        f"services:\n{WEB}    environment: {{DB_HOST: '${{DB_HOST}}'}}\n{API}{DB}",
        f"services:\n{WEB}    command: --sql sql-1\n{API}{DB}    container_name: sql-1\n",
        f"services:\n{WEB}    env_file: [missing.env]\n{API}{DB}",
        f"services:\n{WEB}{API}    labels: [traefik.enable=true]\n{DB}",
        f"services:\n{WEB}{API}    networks: [all]\n{DB}    networks:\n"
        "      all: {ipv4_address: 10.0.0.2}\nnetworks: {all: {}}\n",
    ],
)
def test_a_store_is_not_moved_where_someone_might_miss_it(text: str) -> None:
    found = [fix for _, fix in fixes(networks.SPLIT_NETWORKS, text, context()) if fix]

    assert not any(fix.edits for fix in found)
    assert all(fix.safety is Safety.GUIDED for fix in found)


def test_stores_with_different_users_get_a_network_each() -> None:
    text = (
        f"services:\n{WEB}{API}    networks: [default]\n{DB}"
        "  jobs:\n    image: acme/jobs:1\n    depends_on: [mq]\n  mq:\n    image: rabbitmq:4.1\n"
    )
    result = after(networks.SPLIT_NETWORKS, text)

    assert "networks: {}" not in result
    assert result.endswith(
        "networks:\n  db-data:\n    internal: true\n  mq-data:\n    internal: true\n"
    )
    assert "networks: [default, db-data]" in result
    project = read_texts({"compose.yaml": result})
    assert not project.faults
    assert [use.name for use in project.services[4].networks] == ["mq-data"]


def test_a_file_of_the_first_form_gets_no_networks() -> None:
    text = (
        "web:\n  image: acme/web:1\n  ports: ['80:80']\n  links: [db]\n"
        "db:\n  image: postgres:17.5\n"
    )
    found = list(of_project(networks.SPLIT_NETWORKS, {"compose.yaml": text}))

    assert found
    assert not any(fix is not None and fix.edits for _, fix in found)


def test_links_become_dependencies_in_either_form() -> None:
    text = (
        f"services:\n{DB}  web:\n    image: a\n    depends_on:\n"
        "      mq: {condition: service_started}\n    links:\n      - db:db\n"
    )

    assert "mq: {condition: service_started}\n      db:\n" in after(networks.DROP_LINKS, text)


# Health


def test_a_tool_that_was_not_seen_in_the_container_is_not_called() -> None:
    text = "services:\n  db:\n    image: redis:8.0\n    expose: [6379]\n"
    seen = Context(context().today, observed={"db": Observed(tools=("sh",))})

    assert made(health.ADD_HEALTH_CHECKS, text)
    assert not made(health.ADD_HEALTH_CHECKS, text, seen)


@pytest.mark.parametrize(
    "check",
    [
        "curl -fsS --data x http://localhost",
        "curl http://localhost/$${HOSTNAME}",
        "curl http://localhost | grep ok",
        "curl http://a http://b",
    ],
)
def test_a_check_that_is_no_plain_request_is_not_rewritten(check: str) -> None:
    text = f"services:\n  web:\n    image: alpine:3.22.1\n    healthcheck: {{test: '{check}'}}\n"

    assert not made(health.MEND_HEALTH_CHECKS, text)


def test_times_are_safe_only_where_nothing_else_gives_them() -> None:
    def safety(image: str) -> Safety:
        text = f"services:\n  a:\n    image: {image}\n    healthcheck: {{test: x, timeout: 1s}}\n"
        (fix,) = made(health.TIME_HEALTH_CHECKS, text)
        return fix.safety

    assert safety("redis:8.0") is Safety.SAFE
    assert safety("acme/web:1.2.3") is Safety.UNSAFE


# Secrets

PASSWORD = "Kx7vR2mqW4tZ"


def test_a_secret_s_value_goes_to_a_file_for_its_owner_and_nowhere_else() -> None:
    text = f"services:\n{DB}    build: .\n    environment: {{POSTGRES_PASSWORD: {PASSWORD}}}\n"
    (fix,) = made(secrets.SECRETS_TO_FILES, text)

    assert fix.files == (
        FileChange("create", "secrets/postgres_password.txt", PASSWORD, 0o600, is_secret=True),
        FileChange("append", ".gitignore", "/secrets/postgres_password.txt\n"),
        FileChange("append", ".dockerignore", "secrets/postgres_password.txt\n"),
    )
    said = (fix.title, fix.proposal, *(edit.text for edit in fix.edits))
    assert not any(PASSWORD in each for each in said)


@pytest.mark.parametrize(
    "more",
    [
        "    user: '999'\n",
        "    entrypoint: /run.sh\n",
        "    cap_drop: [ALL]\n    cap_add: [SETUID]\n",
    ],
)
def test_a_file_that_its_reader_may_not_open_is_only_proposed(more: str) -> None:
    text = f"services:\n{DB}{more}    environment: {{POSTGRES_PASSWORD: {PASSWORD}}}\n"
    (fix,) = made(secrets.SECRETS_TO_FILES, text)

    assert fix.safety is Safety.GUIDED


@pytest.mark.parametrize(
    "text",
    [
        f"services:\n{DB}    environment: {{POSTGRES_PASSWORD: {PASSWORD}}}\n"
        "    command: echo $$POSTGRES_PASSWORD\n",
        f"services:\n{DB}    environment:\n      POSTGRES_PASSWORD: {PASSWORD}\n"
        "      POSTGRES_PASSWORD_FILE: /x\n",
        "services:\n  db:\n    image: minio/minio:1\n"
        f"    environment: {{MINIO_ROOT_PASSWORD: {PASSWORD}}}\n",
        f"services:\n{DB}    environment:\n      POSTGRES_PASSWORD: |-\n"
        f"        {PASSWORD}\n        x\n",
        f"x: &e {{POSTGRES_PASSWORD: {PASSWORD}}}\nservices:\n{DB}    environment: *e\n"
        "  b:\n    image: postgres:17.5\n    environment: *e\n",
    ],
)
def test_a_variable_that_others_need_stays(text: str) -> None:
    found = [fix for _, fix in fixes(secrets.SECRETS_TO_FILES, text, context()) if fix]

    assert not any(fix.edits for fix in found)


def test_services_with_the_same_variable_get_secrets_of_their_own() -> None:
    text = "services:\n" + "".join(
        f"  {name}:\n    image: postgres:17.5\n"
        f"    environment: {{POSTGRES_PASSWORD: {PASSWORD}{name}}}\n"
        for name in ("a", "b")
    )
    found = made(secrets.SECRETS_TO_FILES, text)

    assert {fix.files[0].path for fix in found} == {
        "secrets/a_postgres_password.txt",
        "secrets/b_postgres_password.txt",
    }


def test_a_default_moves_to_the_dotenv_and_its_secret_to_a_file() -> None:
    text = f"services:\n{DB}    environment: {{POSTGRES_PASSWORD: '${{PW:-{PASSWORD}}}'}}\n"
    (fix,) = made(secrets.SECRETS_TO_FILES, text)

    assert fix.safety is Safety.GUIDED
    assert fix.files[0] == FileChange("append", ".env", f"PW='{PASSWORD}'\n", 0o600, is_secret=True)
    assert "environment: PW" in applied(text, fix.edits)


def test_a_read_only_service_gets_no_secret_from_a_variable() -> None:
    text = (
        f"services:\n{DB}    read_only: true\n    environment: {{POSTGRES_PASSWORD: '${{PW}}'}}\n"
    )
    (fix,) = made(secrets.SECRETS_FROM_VARIABLES, text)

    assert fix.proposal
    assert not fix.edits


@pytest.mark.parametrize(
    "line",
    [
        f"environment: {{DB_PASSWORD: {PASSWORD}}}",  # braces hold no braces without quotes
        f'command: ["app", "--password", "{PASSWORD}\\t"]',
        f"command: app --login {PASSWORD} --password {PASSWORD}",  # which of the two?
    ],
)
def test_a_value_stays_where_a_variable_can_not_stand_in_its_place(line: str) -> None:
    text = f"services:\n  web:\n    image: acme/web:1.2.3\n    {line}\n"
    found = [fix for _, fix in fixes(secrets.SECRETS_TO_VARIABLES, text, context()) if fix]

    assert not any(fix.edits for fix in found)


def test_a_variable_that_the_project_has_already_is_not_taken() -> None:
    text = (
        "services:\n  web:\n    image: acme/web:${DB_PASSWORD}\n    environment:\n"
        f"      DB_PASSWORD: {PASSWORD}\n"
    )

    assert not made(secrets.SECRETS_TO_VARIABLES, text)


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_report_shows_a_secret_that_moves(
    tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(
        f"services:\n{DB}    environment: {{POSTGRES_PASSWORD: {PASSWORD}}}\n"
        f"  web:\n    image: acme/web:1.2.3\n    environment:\n      - DB_PASSWORD={PASSWORD}9\n"
    )
    options = ["--isolated", "--unsafe", "--take", "hardcoded-secret", "-o", form]

    assert main(["fix", str(file), *options]) == 0
    shown = capsys.readouterr().out
    assert "postgres_password.txt" in shown
    assert ".env" in shown
    assert PASSWORD not in shown


def test_what_moves_is_written_where_compose_finds_it(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(
        f"services:\n{DB}    environment: {{POSTGRES_PASSWORD: {PASSWORD}}}\n"
        f"  web:\n    image: acme/web:1.2.3\n    environment:\n      - DB_PASSWORD={PASSWORD}9\n"
    )
    options = ["--isolated", "--unsafe", "--take", "hardcoded-secret", "--write"]
    options += ["--select", "hardcoded-secret"]

    assert main(["fix", str(file), *options]) == 0

    secret = tmp_path / "secrets" / "postgres_password.txt"
    assert secret.read_text() == PASSWORD
    assert secret.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / ".env").read_text() == f"DB_PASSWORD='{PASSWORD}9'\n"
    ignored = (tmp_path / ".gitignore").read_text().splitlines()
    assert sorted(ignored) == ["/.env", "/secrets/postgres_password.txt"]
    assert PASSWORD not in file.read_text()


# Operations


def test_a_mode_is_set_on_the_file_itself() -> None:
    text = (
        "services:\n  web:\n    image: a\n    secrets:\n      - source: key\n        mode: 0440\n"
        "secrets:\n  key: {file: ./key.pem}\n"
    )
    (fix,) = made(operations.SET_SECRET_MODES, text)

    assert fix.files == (FileChange("chmod", "/project/key.pem", mode=0o440),)


def test_a_port_moves_to_one_that_nobody_wants() -> None:
    ports = ("8080", "8080", "8081-8082")
    text = "services:\n" + "".join(
        f"  s{n}:\n    image: a\n    ports: ['{port}:80']\n" for n, port in enumerate(ports)
    )

    assert "'8083:80'" in after(operations.MOVE_PORTS, text)


def test_what_only_a_person_decides_is_proposed_without_edits() -> None:
    text = "services:\n  web:\n    image: a\n    volumes: ['data:/data']\nvolumes: {data: {}}\n"
    fixer = next(each for each in operations.FIXERS if each.id == "plan-backups")
    (fix,) = made(fixer, text)

    assert fix.safety is Safety.GUIDED
    assert fix.proposal
    assert not fix.edits


def test_a_finding_on_the_project_is_about_the_service_that_it_names() -> None:
    project = read_texts({"compose.yaml": f"services:\n{WEB}{DB}"})
    web, _ = project.services
    hit = Hit(web.place, "", "service web/ports 80")

    assert workload_of(Service(project), hit) is web
    assert workload_of(Service(project), Hit(web.place, "", "network x/stores")) is None
