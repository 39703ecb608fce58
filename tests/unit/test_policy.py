"""The policy: found closest by, strict about every key, and honest about where values are from."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from seawall.core.catalog import Catalog
from seawall.core.errors import ConfigError, UsageError
from seawall.core.model import Confidence, Profile, Severity
from seawall.core.policy import (
    Compatibility,
    Policies,
    Policy,
    default_policy,
    find_policy,
    load_policy,
    settings,
)
from seawall.core.rule import Gains, Needs, Risk, Rule
from seawall.rules.practices import ALL, NON_ROOT_USER

RULE = Rule(
    id="root-user",
    title="",
    practice=NON_ROOT_USER,
    risk=Risk(Needs.FOOTHOLD, Gains.PRIVILEGE),
    on={},
    bad=(),
    good=(),
    aliases=("hadolint:DL3002", "trivy:DS-0002"),
)
CATALOG = Catalog([RULE], ALL)

WHOLE = """\
profile = "strict"
fail-on = "medium"
min-confidence = "high"
select = ["root-user"]
ignore = [
  "DL3002",
]
exclude = ["vendor/", "*.generated"]

[severity]
root-user = "critical"

[images]
allowed = ["ghcr.io/acme/*"]
require-digest = true
eol-warning-days = 30

[ignores]
compat = ["hadolint"]
require-reason = true
max-days = 90

[[waivers]]
rule = "root-user"
path = "legacy/*"
reason = "goes away with the old cluster"
until = 2027-01-31

[[waivers]]
rule = "non-root-user"
reason = "second"
until = "2027-02-28"

[[attestations]]
practice = "backed-up"
who = "Ada"
reason = "restored on the first of each month"
until = 2027-06-30
where = "wiki/backup"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def load(text: str, name: str = "seawall.toml") -> Policy:
    path = Path(name)
    path.write_text(text)
    return load_policy(path)


def mistake(text: str, name: str = "seawall.toml") -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(text, name)
    return caught.value


def test_every_key_is_read() -> None:
    policy = load(WHOLE)
    assert policy.profile is Profile.STRICT
    assert policy.fail_on is Severity.MEDIUM
    assert policy.min_confidence is Confidence.HIGH
    assert policy.ignore == ("DL3002",)
    assert policy.severity == {"root-user": Severity.CRITICAL}
    assert policy.ignores.compat == (Compatibility.HADOLINT,)
    assert policy.ignores.max_days == 90
    assert [waiver.until for waiver in policy.waivers] == [date(2027, 1, 31), date(2027, 2, 28)]
    assert policy.attestations[0].where == "wiki/backup"
    assert settings(policy, date(2026, 11, 24)).allowed_images == ("ghcr.io/acme/*",)
    assert settings(policy, date(2026, 11, 24)).require_digest
    assert settings(policy, date(2026, 11, 24)).eol_warning_days == 30


def test_an_empty_file_is_the_defaults() -> None:
    policy = load("")
    assert policy.profile is Profile.DEFAULT
    assert policy.fail_on is Severity.HIGH
    assert policy.min_confidence is Confidence.LOW
    assert policy.ignores.compat == tuple(Compatibility)
    assert policy.ignores.max_days is None


def test_pyproject_gives_its_own_table_only() -> None:
    text = '[project]\nname = "x"\n[tool.seawall]\nprofile = "audit"\n[tool.seawall.images]\n'
    policy = load(text + "require-digest = true\n", "pyproject.toml")
    assert policy.profile is Profile.AUDIT
    assert policy.origin("images.require-digest") == "pyproject.toml:6"


# Where a policy is found


def touch(path: str, text: str = "") -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_the_closest_policy_wins(home: Path) -> None:
    touch("seawall.toml")
    touch("a/.seawall.toml")
    assert find_policy(home / "a/b/Dockerfile") == home / "a/.seawall.toml"
    assert find_policy(home / "Dockerfile") == home / "seawall.toml"


def test_names_in_one_directory_have_an_order(home: Path) -> None:
    touch("pyproject.toml", "[tool.seawall]\n")
    assert find_policy("Dockerfile") == home / "pyproject.toml"
    touch(".seawall.toml")
    assert find_policy("Dockerfile") == home / ".seawall.toml"
    touch("seawall.toml")
    assert find_policy("Dockerfile") == home / "seawall.toml"


def test_the_search_ends_at_a_repository(home: Path) -> None:
    touch("seawall.toml")
    Path("inner/.git").mkdir(parents=True)
    assert find_policy(home / "inner/web/Dockerfile") is None


@pytest.mark.parametrize(
    "text",
    [
        '[tool.seawall]\nprofile = "strict"\n',
        '[ tool . "seawall" ]\n',
        "[tool.seawall.images]\n",
        "[[tool.seawall.waivers]]\n",
        "[tool]\nseawall = {}\n",
        '[tool]\nseawall.profile = "strict"\n',
        "[tool.seawall]\nprofile = broken\n",
    ],
)
def test_a_pyproject_with_a_table_of_ours_is_a_policy(home: Path, text: str) -> None:
    touch("pyproject.toml", text)
    assert find_policy(".") == home / "pyproject.toml"


@pytest.mark.parametrize(
    "text",
    [
        '[project]\ndependencies = ["seawall"]\n',
        "[tool.seawallet]\n",
        "seawall = [broken\n",
        "[tool.ruff]\n",
        "\xff",
    ],
)
def test_another_pyproject_is_passed_over(text: str) -> None:
    Path("pyproject.toml").write_bytes(text.encode("latin-1"))
    assert find_policy(".") is None


def test_a_pipe_or_directory_of_that_name_is_passed_over() -> None:
    os.mkfifo("seawall.toml")
    Path(".seawall.toml").mkdir()
    assert find_policy(".") is None


def test_a_run_reads_each_policy_once(home: Path) -> None:
    touch("seawall.toml", 'profile = "strict"')
    policies = Policies()
    first = policies.of(home / "a/Dockerfile")
    assert policies.of(home / "b/Dockerfile") is first
    assert policies.of(home / "a/Other") is first
    given = default_policy()
    assert Policies(given).of(home / "a/Dockerfile") is given


def test_without_a_policy_the_defaults_hold(home: Path) -> None:
    policy = Policies().of(home / "a/Dockerfile")
    assert policy.path == ""
    assert policy.origin("profile") == "default"
    assert policy.line("profile") is None
    assert Policies().of("x/y").directory == str(home)


# What is wrong with a policy


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('\nprofil = "strict"', "seawall.toml:2: unknown key `profil`", "Did you mean `profile`?"),
        ("[images]\nalowed = []", "seawall.toml:2: unknown key `alowed` in `images`", "`allowed`"),
        ("plugins = []", "seawall.toml:1: unknown key `plugins`", "Known keys: profile, "),
        ("[registry]\nurl = 1", "seawall.toml:1: unknown key `registry`", ""),
        (
            '[[waivers]]\nrule = "a"\nexpires = 1',
            "seawall.toml:3: unknown key `expires` in `waivers`",
            "",
        ),
        (
            'fail-on = "hihg"',
            "seawall.toml:1: `fail-on` must be one of critical, high, medium, low, not `hihg`",
            "Did you mean `high`?",
        ),
        ("fail-on = 3", "seawall.toml:1: `fail-on` must be text in quotes, not", ""),
        ('select = "x"', "seawall.toml:1: `select` must be a list, not text in quotes", ""),
        ("\nselect = [1]", "seawall.toml:2: `select[0]` must be text in quotes", ""),
        ('select = [" "]', "seawall.toml:1: `select[0]` must not be empty", ""),
        ("images = 1", "seawall.toml:1: `images` must be a table", ""),
        ("waivers = 1", "seawall.toml:1: `waivers` must be a list", ""),
        (
            "[images]\n\nrequire-digest = 'no'",
            "seawall.toml:3: `images.require-digest` must be true or false, not text in quotes",
            "",
        ),
        ("[images]\neol-warning-days = -1", "seawall.toml:2: `images.eol-warning-days` must", ""),
        ("[ignores]\ncompat = ['kics']", "seawall.toml:2: `ignores.compat[0]` must be one of", ""),
        (
            "[severity]\na = 'high'\nb = 'bad'",
            "seawall.toml:3: `severity.b` must be one of critical, high, medium, low, not `bad`",
            "",
        ),
        ("[severity]\na = 'high'\nb = 2", "seawall.toml:3: `severity.b` must be text", ""),
        (
            "[[waivers]]\nrule = 'a'\nreason = 'b'",
            "seawall.toml:1: `waivers[0]` lacks `until`",
            "until = 2027-01-31",
        ),
        (
            "[[waivers]]\nrule = 'a'\nuntil = 2027-01-01\nreason = 'b'\n"
            "[[waivers]]\nrule = 'a'\nuntil = 2027-01-01\n",
            "seawall.toml:5: `waivers[1]` lacks `reason`",
            "Say why",
        ),
        (
            "[[attestations]]\npractice = 'a'\nuntil = 2027-01-01\nreason = 'b'",
            "seawall.toml:1: `attestations[0]` lacks `who`",
            "who",
        ),
        (
            "[[waivers]]\nrule = 'a'\nuntil = 'soon'\nreason = 'b'",
            "seawall.toml:3: `waivers[0].until` must be a date such as 2027-01-31",
            "",
        ),
        (
            "[[waivers]]\nrule = 'a'\nuntil = 2027\nreason = 'b'",
            "seawall.toml:3: `waivers[0].until` must be a date such as 2027-01-31",
            "",
        ),
        (
            "[[waivers]]\nrule = 'a'\nuntil = 2027-01-01\nreason = ''",
            "seawall.toml:4: `waivers[0].reason` must not be empty",
            "",
        ),
        ("a = = 1", "seawall.toml:1: not valid TOML: invalid value", "quotes"),
        ("\n\na = [", "seawall.toml:3: not valid TOML", ""),
        ("a = 1\na = 2", "seawall.toml:2: not valid TOML: cannot overwrite a value", ""),
        ("exclude = [\n  'a',\n  '!',\n]", "seawall.toml:3: `!` (in `exclude`)", ".gitignore"),
        ("exclude = ['a*b*c*d*e*f']", "seawall.toml:1: `a*b*c*d*e*f` (in `exclude`) has more", ""),
        (
            "[[waivers]]\nrule = 'a'\nuntil = 2027-01-01\nreason = 'x'\npath = '!'",
            "seawall.toml:5: `!` (in `waivers`) is not a valid glob",
            "",
        ),
        ("a." * 40 + "b = 1", "seawall.toml:1: a key has too many parts", ""),
        ("a = " + "[" * 20_000, "seawall.toml:1: nested too deeply", ""),
        ("a = " + "9" * 5_000, "seawall.toml:1: not valid TOML", ""),
    ],
)
def test_a_mistake_is_said_with_its_place_and_the_way_out(
    text: str, message: str, hint: str
) -> None:
    error = mistake(text)
    assert message in error.message
    assert error.hint
    assert hint in error.hint


def test_a_mistake_in_pyproject_has_the_line_of_that_file() -> None:
    error = mistake("[project]\n\n[tool.seawall]\nprofil = 1\n", "pyproject.toml")
    assert error.message == "pyproject.toml:4: unknown key `profil`"
    assert "must be a table" in mistake("[tool]\nseawall = 1", "pyproject.toml").message


def test_a_policy_that_is_no_text_is_refused() -> None:
    Path("seawall.toml").write_bytes(b"a = 1\n\xff")
    with pytest.raises(ConfigError, match=r"seawall\.toml:2: not UTF-8"):
        load_policy(Path("seawall.toml"))


def test_a_policy_that_is_missing_or_too_large_is_refused() -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_policy(Path("missing.toml"))
    with pytest.raises(ConfigError, match="larger than 1024 KiB"):
        load("# " + "x" * 1024 * 1024)


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert load("\ufeffprofile = 'strict'").profile is Profile.STRICT


def test_what_looks_like_a_key_inside_a_long_text_has_no_line() -> None:
    text = '[[waivers]]\nrule = "a"\nuntil = 2027-01-01\nreason = """\nprofil = 1\n"""\nprofil = 1'
    assert "seawall.toml:7: unknown key `profil`" in mistake(text).message


# Names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select = [\n'root-user',\n'rot-user']", "seawall.toml:3: there is no rule `rot-user`"),
        ("ignore = ['DL9999']", "seawall.toml:1: there is no rule `DL9999` (in `ignore`)"),
        ("[severity]\nrot-user = 'low'", "seawall.toml:2: there is no rule `rot-user`"),
        (
            "[[waivers]]\nrule = 'x'\nuntil = 2027-01-01\nreason = 'b'",
            "seawall.toml:2: there is no rule `x`",
        ),
        (
            "[[attestations]]\npractice = 'backd-up'\nwho='me'\nuntil = 2027-01-01\nreason = 'b'",
            "seawall.toml:2: there is no practice `backd-up`",
        ),
    ],
)
def test_a_name_that_does_not_exist_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text).check_names(CATALOG)
    assert message in caught.value.message
    assert caught.value.hint


def test_a_wrong_name_of_the_command_line_is_a_usage_error() -> None:
    policy = load("ignore = ['root-user']")
    for changed in (
        policy.with_options(select=["rot-user"]),
        policy.with_options(ignore=["rot-user"]),
        default_policy().with_options(ignore=["rot-user"]),
    ):
        with pytest.raises(UsageError, match="rot-user: there is no such rule") as caught:
            changed.check_names(CATALOG)
        assert caught.value.hint == "Did you mean `root-user` or `non-root-user`?"


def test_ids_aliases_and_practices_are_names() -> None:
    policy = load("select = ['root-user', 'DL3002', 'hadolint:dl3002', 'non-root-user']")
    policy.check_names(CATALOG)
    load(WHOLE).check_names(CATALOG)


# Origins


def test_each_value_knows_its_line() -> None:
    policy = load(WHOLE)
    assert policy.origin("profile") == "seawall.toml:1"
    assert policy.origin("images.eol-warning-days") == "seawall.toml:16"
    assert policy.origin("waivers[1]") == "seawall.toml:29"
    assert policy.line("waivers[1]") == 29


def test_the_command_line_replaces_and_ignores_add() -> None:
    policy = load(WHOLE).with_options(
        profile=Profile.AUDIT, select=["a"], ignore=["b"], exclude=["c"]
    )
    assert policy.profile is Profile.AUDIT
    assert policy.origin("profile") == "command line"
    assert policy.select == ("a",)
    assert policy.ignore == ("DL3002", "b")
    assert policy.origin("ignore") == "seawall.toml:5, command line"
    assert policy.exclude == ("vendor/", "*.generated", "c")
    assert policy.fail_on is Severity.MEDIUM
    assert policy.with_options() is policy
    assert default_policy().with_options(ignore=["b"]).origin("ignore") == "command line"


@pytest.mark.parametrize("glob", ["", "!", "a*b*c*d*e*f"])
def test_a_wrong_glob_of_the_command_line_is_a_usage_error(glob: str) -> None:
    with pytest.raises(UsageError) as caught:
        default_policy().with_options(exclude=[glob])
    assert "--exclude" in caught.value.message


def test_entries_show_every_value_with_its_origin() -> None:
    entries = {entry.key: entry for entry in load(WHOLE).entries()}
    assert entries["fail-on"].value == "medium"
    assert entries["fail-on"].origin == "seawall.toml:2"
    assert entries["images.require-digest"].value is True
    assert entries["waivers[1]"].origin == "seawall.toml:29"
    empty = {entry.key: entry for entry in default_policy().entries()}
    assert empty["waivers"].value == ()
    assert {entry.origin for entry in empty.values()} == {"default"}


def test_excludes_are_relative_to_the_policy(home: Path) -> None:
    touch("a/seawall.toml", 'exclude = ["vendor/", "/top", "!vendor/keep/"]')
    policy = load_policy(home / "a/seawall.toml")
    assert policy.is_excluded(f"{home}/a/x/vendor/")
    assert policy.is_excluded(f"{home}/a/x/vendor/Dockerfile")
    assert policy.is_excluded(f"{home}/a/top")
    assert not policy.is_excluded(f"{home}/a/x/top")
    assert not policy.is_excluded(f"{home}/vendor/Dockerfile")
    assert not default_policy().is_excluded(f"{home}/vendor/")


def test_a_policy_outside_the_working_directory_is_named_in_full(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = touch("a/seawall.toml", "profile = 'strict'")
    Path("b").mkdir()
    monkeypatch.chdir("b")
    assert load_policy(Path("../a/seawall.toml")).path == str(home / file)


WAIVER = '[[waivers]]\nrule = "x"\nreason = "x"\nuntil = 2027-01-31\npath = "x"\nsymbol = "x"\n'
ATTESTATION = (
    '[[attestations]]\npractice = "x"\nwho = "x"\nreason = "x"\nuntil = 2027-01-31\nwhere = "x"\n'
)


@pytest.mark.parametrize(
    "right",
    [
        *(f"{key} = 'high'\n" for key in ("fail-on", "min-confidence")),
        "profile = 'audit'\n",
        *(f"{key} = []\n" for key in ("select", "ignore", "exclude")),
        "[images]\nallowed = []\n",
        "[images]\nrequire-digest = true\n",
        "[images]\neol-warning-days = 1\n",
        "[ignores]\ncompat = []\n",
        "[ignores]\nrequire-reason = true\n",
        "[ignores]\nmax-days = 1\n",
        WAIVER,
        ATTESTATION,
        *(f"{key} = 1\n" for key in ("severity", "images", "ignores", "waivers", "attestations")),
    ],
)
def test_the_example_that_a_type_error_gives_mends_it(right: str, tmp_path: Path) -> None:
    file = tmp_path / "seawall.toml"
    lines = right.splitlines()
    for number, line in enumerate(lines):
        key, sign, _ = line.partition(" = ")
        if not sign:
            continue
        wrong = [*lines[:number], f"{key} = 1.5", *lines[number + 1 :]]
        file.write_text("\n".join(wrong))
        with pytest.raises(ConfigError) as refused:
            load_policy(file)
        example = refused.value.hint.removeprefix("Write `").removesuffix("`.")
        written = example.replace("` and under it `", "\n")
        file.write_text("\n".join([*lines[:number], written, *lines[number + 1 :]]))
        if "[[" not in example:
            load_policy(file)
            continue
        with pytest.raises(ConfigError, match="lacks"):
            load_policy(file)
