"""What `init` writes: it loads, passes our own rules, and leaves what is there alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from layouts import git, lay_out
from msgspec import structs

from seawall.cli.main import main
from seawall.core.errors import InputError, UsageError
from seawall.core.model import Profile, Severity
from seawall.core.policy import load_policy
from seawall.core.source import Source
from seawall.jobs.check import CheckOptions, check
from seawall.jobs.governance import Terms, catalog
from seawall.jobs.initialize import Draft, InitOptions, draft, write
from seawall.surfaces.repository.dockerignore import read_dockerignore
from seawall.surfaces.repository.pipelines import read_pipelines

TODAY = date(2026, 11, 24)
OPTIONS = InitOptions(today=TODAY)
OWN = "acme/seawall@0123456789abcdef0123456789abcdef01234567"
APP = "FROM debian:12.5\nCOPY . /app\nUSER 10001\n"
SECRET = "DB_PASSWORD=v7Qm2xLp9Rt4\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of an empty repository, and the working directory."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def drafts(text: str, root: Path, options: InitOptions = OPTIONS) -> dict[str, Draft]:
    lay_out(text, root)
    return {each.path: each for each in draft(".", options)}


def lines_of(made: Draft) -> set[str]:
    return {line for line in made.text.splitlines() if line and not line.startswith("#")}


def found(profile: Profile = Profile.AUDIT) -> set[str]:
    report = check(["."], CheckOptions(Terms(profile=profile), today=TODAY))
    assert not report.problems
    return {finding.rule for finding in report.active}


def test_a_project_gets_a_policy_ignore_files_a_job_and_a_hook(root: Path) -> None:
    made = drafts(f"=== api/Dockerfile\n{APP}=== web/Dockerfile\n{APP}", root)
    assert list(made) == [
        "seawall.toml",
        "api/.dockerignore",
        "web/.dockerignore",
        ".github/workflows/seawall.yml",
        ".pre-commit-config.yaml",
    ]
    assert not any(each.stands for each in made.values())


def test_the_policy_loads_and_names_what_there_is(root: Path) -> None:
    made = drafts(f"=== Dockerfile\n{APP}", root)
    (root / "seawall.toml").write_text(made["seawall.toml"].text)
    policy = load_policy(root / "seawall.toml")
    assert policy.fail_on is Severity.HIGH
    assert policy.images.allowed == ()
    assert policy.attestations == ()


def test_the_attestations_to_fill_in_are_right_once_the_marks_are_gone(root: Path) -> None:
    text = drafts(f"=== Dockerfile\n{APP}", root)["seawall.toml"].text
    start = text.index("# [[attestations]]")
    filled = "\n".join(
        line.removeprefix("# ") for line in text[start:].splitlines() if "=" in line or "[[" in line
    )
    (root / "seawall.toml").write_text(filled)
    policy = load_policy(root / "seawall.toml")
    policy.check_names(catalog())
    assert {each.until for each in policy.attestations} == {date(2027, 11, 24)}
    assert len(policy.attestations) == 5


def test_a_policy_that_is_written_on_a_leap_day_loads(root: Path) -> None:
    options = structs.replace(OPTIONS, today=date(2028, 2, 29))
    assert (
        "until = 2029-02-28" in drafts(f"=== Dockerfile\n{APP}", root, options)["seawall.toml"].text
    )


def test_private_registries_are_trusted_and_strangers_only_named(root: Path) -> None:
    made = drafts(
        "=== Dockerfile\nFROM registry.acme.example/base/python:3.13 AS a\n"
        "FROM ghcr.io/somebody/tool:1.2.3 AS b\nFROM mcr.microsoft.com/dotnet/aspnet:10.0 AS c\n"
        "FROM debian:12.5\n"
        "=== compose.yaml\nservices:\n  a:\n    image: stranger/db:1.2.3\n"
        "  b:\n    image: registry.acme.example/b:1.0.0\n",
        root,
    )
    text = made["seawall.toml"].text
    (root / "seawall.toml").write_text(text)
    assert load_policy(root / "seawall.toml").images.allowed == ("registry.acme.example/*",)
    assert '#   "ghcr.io/somebody/*", # seen here; anybody can publish there' in text
    assert '#   "stranger/*"' in text
    assert "microsoft" not in text


def test_strangers_alone_make_no_list(root: Path) -> None:
    text = drafts("=== Dockerfile\nFROM ghcr.io/somebody/tool:1.2.3\n", root)["seawall.toml"].text
    (root / "seawall.toml").write_text(text)
    assert load_policy(root / "seawall.toml").images.allowed == ()
    assert "ghcr.io/somebody/*" in text


def test_another_policy_stands_before_ours(root: Path) -> None:
    hidden = drafts(f"=== Dockerfile\n{APP}=== .seawall.toml\nprofile = 'strict'\n", root)
    assert hidden["seawall.toml"].stands == ".seawall.toml"


def test_the_policy_of_the_directory_above_stays_in_force(root: Path) -> None:
    lay_out(f"=== seawall.toml\nprofile = 'strict'\n=== api/Dockerfile\n{APP}", root)
    paths = [each.path for each in draft("api", OPTIONS)]
    assert paths == [".dockerignore"]


def test_an_ignore_file_keeps_out_history_secrets_and_rubbish(root: Path) -> None:
    text = (
        f"=== Dockerfile\n{APP}=== .env\n{SECRET}=== .env.example\nDB_PASSWORD=\n"
        f"=== deploy_key\n{KEY}=== certs/server.key\n{KEY}=== node_modules/x/index.js\n0\n"
        "=== .venv/pyvenv.cfg\nhome = /\n=== compose.yaml\nservices:\n  a:\n    build: .\n"
    )
    lines = lines_of(drafts(text, root)[".dockerignore"])
    assert lines >= {"**/.git", "**/.env*", "!**/.env.example", "**/*.key", "deploy_key"}
    assert lines >= {"**/node_modules", "**/.venv", "Dockerfile*", "compose*.y*ml"}


def test_with_the_ignore_file_no_copy_brings_a_secret(root: Path) -> None:
    text = (
        f"=== Dockerfile\n{APP}=== .env\n{SECRET}=== a/deploy_key\n{KEY}=== .git/config\n[core]\n"
    )
    lay_out(text, root)
    assert found() >= {"secret-in-context", "history-in-context"}
    write(".", draft(".", OPTIONS), ())
    assert not found() & {
        "secret-in-context",
        "history-in-context",
        "no-dockerignore",
        "dockerignore-invalid",
    }


def test_what_a_build_copies_by_name_is_not_kept_out(root: Path) -> None:
    dockerfile = "FROM debian:12.5\nCOPY .env.production /app/\nCOPY dist /app\nCOPY *.key /k/\n"
    text = (
        f"=== Dockerfile\n{dockerfile}=== .env.production\n{SECRET}=== dist/app.js\n0\n"
        f"=== a.key\n{KEY}=== .gitignore\ndist\n"
    )
    made = drafts(text, root)[".dockerignore"]
    reader = read_dockerignore(Source(".dockerignore", made.text), "")
    for path in (".env.production", "dist/app.js", "dist", "a.key"):
        assert not reader.ignores(path), path
    assert "# Not **/.env*: a build copies it by name." in made.text


def test_build_output_is_kept_out_where_git_ignores_it(root: Path) -> None:
    text = (
        f"=== Dockerfile\n{APP}=== dist/app.js\n0\n=== bin/tool.sh\n0\n=== .gitignore\ndist/\n"
        "=== sub/target/x\n0\n"
    )
    lines = lines_of(drafts(text, root)[".dockerignore"])
    assert "dist" in lines
    assert not {"bin", "sub/target"} & lines


def test_public_certificates_stay_in_the_context(root: Path) -> None:
    certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    text = f"=== Dockerfile\n{APP}=== certs/ca.pem\n{certificate}=== certs/private.pem\n{KEY}"
    lines = lines_of(drafts(text, root)[".dockerignore"])
    assert "**/*.pem" not in lines
    assert "certs/private.pem" in lines


def test_the_context_is_the_one_that_a_service_names(root: Path) -> None:
    compose = "services:\n  a:\n    build: {context: ., dockerfile: docker/Dockerfile}\n"
    made = drafts(f"=== docker/Dockerfile\n{APP}=== compose.yaml\n{compose}", root)
    assert ".dockerignore" in made
    assert "docker/.dockerignore" not in made
    job = made[".github/workflows/seawall.yml"].text
    assert "docker build --file docker/Dockerfile --tag local/docker:ci .\n" in job


def test_a_dockerfile_with_an_ignore_file_of_its_own_needs_no_other(root: Path) -> None:
    made = drafts(f"=== Dockerfile\n{APP}=== Dockerfile.dockerignore\n.git\n", root)
    assert ".dockerignore" not in made


def test_mercurial_is_kept_out_where_it_is(root: Path) -> None:
    assert "**/.hg" in lines_of(
        drafts(f"=== Dockerfile\n{APP}=== .hg/store\nx\n", root)[".dockerignore"]
    )


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_the_job_passes_our_own_rules(root: Path, system: str) -> None:
    options = structs.replace(OPTIONS, system=system, own=OWN)
    lay_out(f"=== Dockerfile\n{APP}", root)
    write(".", draft(".", options), ())
    (workflow,) = read_pipelines(Path()).workflows
    assert not workflow.failures
    report = check(["."], CheckOptions(Terms(profile=Profile.AUDIT), today=TODAY))
    assert not report.problems
    assert {f.location.path for f in report.findings} <= {"Dockerfile"}


def test_the_workflow_names_commits_and_gives_no_rights(root: Path) -> None:
    options = structs.replace(OPTIONS, own=OWN)
    made = drafts(f"=== Dockerfile\n{APP}", root, options)
    text = made[".github/workflows/seawall.yml"].text
    assert f"uses: {OWN}\n" in text
    assert "fail-on: high" in text
    assert "permissions:\n  contents: read\n" in text
    assert "persist-credentials: false" in text
    hook = made[".pre-commit-config.yaml"]
    assert "repo: https://github.com/acme/seawall\n    rev: 0123456789abcdef" in hook.text
    assert not hook.note


def test_a_place_to_fill_in_is_said(root: Path) -> None:
    made = drafts(f"=== Dockerfile\n{APP}", root)
    assert made[".github/workflows/seawall.yml"].note
    assert "OWNER/seawall@REVISION" in made[".github/workflows/seawall.yml"].text


def test_names_that_a_shell_or_a_ci_expands_do_nothing(root: Path) -> None:
    for name in ("a b;rm -rf x", "${{ secrets.X }}", "line\nfeed", "-x"):
        (root / name).mkdir()
        (root / name / "Dockerfile").write_text(APP)
    job = {each.path: each for each in draft(".", OPTIONS)}[".github/workflows/seawall.yml"].text
    assert "--file 'a b;rm -rf x/Dockerfile' --tag local/a-b-rm-rf-x:ci 'a b;rm -rf x'" in job
    assert "--file ./-x/Dockerfile" in job
    assert "secrets.X" not in job
    assert "feed" not in job


def test_a_repository_on_gitlab_gets_its_job(root: Path) -> None:
    (root / ".git").rmdir()
    git(root, "init", "-q")
    git(root, "remote", "add", "origin", "https://gitlab.example/acme/shop.git")
    made = drafts(f"=== Dockerfile\n{APP}", root)
    assert ".gitlab-ci.yml" in made
    assert "seawall check ." in made[".gitlab-ci.yml"].text


def test_a_pipeline_that_is_there_includes_the_job(root: Path) -> None:
    made = drafts(f"=== Dockerfile\n{APP}=== .gitlab-ci.yml\nstages: [test]\n", root)
    assert ".gitlab-ci.yml" not in made
    assert "include" in made[".gitlab/seawall.gitlab-ci.yml"].note


def test_a_job_can_be_left_out(root: Path) -> None:
    options = structs.replace(OPTIONS, system="none")
    made = drafts(f"=== Dockerfile\n{APP}=== .github/x\n0\n", root, options)
    assert not any("seawall.yml" in path for path in made)


def test_a_project_without_containers_gets_no_build(root: Path) -> None:
    made = drafts("=== README\nx\n", root)
    assert "docker build" not in made[".github/workflows/seawall.yml"].text
    assert not any(path.endswith(".dockerignore") for path in made)


def test_an_unreadable_dockerfile_is_passed_over(root: Path) -> None:
    (root / "Dockerfile").write_bytes(b"FROM x\0\n" * 10)
    (root / "b.Dockerfile").write_text("")
    assert ".dockerignore" not in drafts("=== README\nx\n", root)


def test_nothing_that_is_there_is_written_over(root: Path) -> None:
    lay_out(f"=== Dockerfile\n{APP}=== .dockerignore\nmine\n", root)
    made = draft(".", OPTIONS)
    written = write(".", made, ())
    assert ".dockerignore" not in [each.path for each in written]
    assert (root / ".dockerignore").read_text() == "mine\n"
    assert write(".", draft(".", OPTIONS), ()) == []
    forced = write(".", draft(".", OPTIONS), ("./.dockerignore",))
    assert [each.path for each in forced] == [".dockerignore"]
    assert "**/.git" in (root / ".dockerignore").read_text()


def test_a_link_that_leads_out_is_not_followed(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    lay_out(f"=== Dockerfile\n{APP}", root)
    (root / ".github").symlink_to(outside)
    with pytest.raises(InputError, match="leads out"):
        write(".", draft(".", OPTIONS), ())
    assert list(outside.iterdir()) == []


def test_a_file_where_a_directory_must_be_is_said(root: Path) -> None:
    lay_out(f"=== Dockerfile\n{APP}=== .github\nx\n", root)
    with pytest.raises(InputError, match="can't be made"):
        write(".", draft(".", OPTIONS), ())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (InitOptions(force=("Dockerfile",), today=TODAY), "not a file that is written"),
        (InitOptions(own="seawall", today=TODAY), "not a place"),
        (InitOptions(own="a/b@x\n  evil: 1", today=TODAY), "not a place"),
    ],
)
def test_a_wrong_wish_is_refused(root: Path, options: InitOptions, message: str) -> None:
    lay_out(f"=== Dockerfile\n{APP}", root)
    with pytest.raises(UsageError, match=message):
        draft(".", options)


def test_a_directory_must_be_there(root: Path) -> None:
    with pytest.raises(InputError, match="no such directory"):
        draft(str(root / "nowhere"), OPTIONS)


def test_the_command_shows_first_and_writes_when_asked(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(f"=== Dockerfile\n{APP}", root)
    assert main(["init"]) == 0
    shown = capsys.readouterr().out
    assert "seawall.toml: the policy\n" in shown
    assert '  fail-on = "high"\n' in shown
    assert "Nothing was written: `seawall init --write` writes 4 files." in shown
    assert sorted(each.name for each in root.iterdir()) == [".git", "Dockerfile"]
    assert main(["init", "--write"]) == 0
    assert "written: seawall.toml, the policy\n" in capsys.readouterr().out
    assert main(["init", "--write"]) == 0
    again = capsys.readouterr().out
    assert "kept: seawall.toml is there; `--force seawall.toml` writes" in again
    assert "Nothing was written." in again
    assert main(["init", "--force", "seawall.toml"]) == 0
    assert "writes 1 file." in capsys.readouterr().out
    assert main(["init", "--write", "--dry-run"]) == 2


def test_what_is_shown_is_cleaned(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "a\x1b[31m").mkdir()
    (root / "a\x1b[31m" / "Dockerfile").write_text(APP)
    assert main(["init"]) == 0
    assert "\x1b" not in capsys.readouterr().out
