"""Secrets in the files of layers: what is found, where, how surely, and what is left alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hyperscan
import planted
import pytest

from seawall.core.model import Confidence
from seawall.detectors import database, layer_secrets
from seawall.detectors.database import Content, Database
from seawall.detectors.layer_secrets import analyser
from seawall.detectors.patterns import ALL
from seawall.detectors.value_ids import value_id
from seawall.detectors.whereabouts import Genre, whereabouts
from seawall.surfaces.image.analyser import Analyser, LayerFile
from seawall.surfaces.image.facts import FoundSecret, Kind, Trouble

KEY = b"an installation's own key"
LOW, MEDIUM, HIGH = Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Analyser:
    return analyser(KEY, str(tmp_path_factory.mktemp("cache")))


def entry(path: str, content: str | bytes, kind: Kind = Kind.FILE) -> LayerFile:
    data = content.encode() if isinstance(content, str) else content
    return LayerFile(path, kind, 0o644, 0, 0, len(data), memoryview(data))


def found(secrets: Analyser, path: str, content: str | bytes) -> list[FoundSecret]:
    facts = list(secrets.analyse(entry(path, content)))
    assert all(isinstance(fact, FoundSecret) for fact in facts)
    return [fact for fact in facts if isinstance(fact, FoundSecret)]


@pytest.mark.parametrize("path", planted.FILES)
def test_what_people_leave_in_images_is_found(secrets: Analyser, path: str) -> None:
    facts = found(secrets, path, planted.FILES[path])
    assert len(facts) == planted.COUNTS.get(path, 1)
    assert all(fact.confidence is not LOW and not fact.is_default for fact in facts)
    for fact in facts:
        line = planted.FILES[path].splitlines()[fact.line - 1]
        assert line, fact
        assert fact.redacted not in planted.FILES[path]


def test_a_secret_is_told_with_its_line_kind_and_name(secrets: Analyser) -> None:
    facts = found(secrets, "app/.env", planted.FILES["app/.env"])
    assert [(fact.line, fact.kind, fact.name) for fact in facts] == [
        (3, "password", "DB_PASSWORD"),
        (4, "github-token", ""),
        (5, "slack-token", ""),
        (6, "stripe-key", ""),
        (7, "aws-access-key", ""),
        (8, "key", "AWS_SECRET_ACCESS_KEY"),
        (9, "gitlab-token", ""),
    ]


def test_a_value_has_one_id_wherever_it_lies_and_another_for_another_key(secrets: Analyser) -> None:
    [one] = found(secrets, "a/x.conf", f"token={planted.GITHUB}\n")
    [two] = found(secrets, "b/y.json", f'\n\n{{"t": "{planted.GITHUB}"}}')
    [other] = found(secrets, "c", f"token={planted.with_checksum('gh' + 'p_')}\n")
    [foreign] = list(analyser(b"else", "").analyse(entry("a", f"token={planted.GITHUB}\n")))
    assert one.value_id == two.value_id != other.value_id
    assert isinstance(foreign, FoundSecret)
    assert foreign.value_id != one.value_id
    assert len(one.value_id) == 16
    assert planted.GITHUB not in repr(one)


def test_a_private_key_is_the_same_however_its_lines_break() -> None:
    key = planted.pem()
    ids = {value_id(KEY, "private-key", text) for text in (key, key.replace("\n", "\\n"))}
    assert len(ids) == 1
    assert value_id(KEY, "password", "a b") != value_id(KEY, "password", "ab")


@pytest.mark.parametrize(
    "path",
    [
        "usr/share/app/x.txt",
        "opt/app/node_modules/x/index.js",
        "app/vendor/x.go",
        "srv/test/fixtures/a.json",
        "usr/lib/python3/dist-packages/x.dist-info/METADATA",
        "README.md",
        "usr/share/doc/x/examples/y",
        "no-suffix",
    ],
)
def test_no_place_is_passed_over(secrets: Analyser, path: str) -> None:
    [fact] = found(secrets, path, f"see {planted.GITHUB} here\n")
    assert fact.confidence is HIGH


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("etc/app.conf", "# db_password = {}\n", LOW),
        ("app/src/x.py", "password = '{}'\n", HIGH),
        ("app/tests/test_x.py", "password = '{}'\n", LOW),
        ("app/node_modules/x/y.js", "password: '{}'\n", LOW),
        ("app/docs/setup.md", 'password = "{}"\n', LOW),
        ("app/x.xml", "<a><!-- sample\n <password>{}</password>\n--></a>", LOW),
        ("app/x.xml", "<a><!-- sample --><password>{}</password></a>", HIGH),
    ],
)
def test_where_a_named_value_stands_says_how_much_it_weighs(
    secrets: Analyser, path: str, text: str, expected: Confidence
) -> None:
    [fact] = found(secrets, path, text.format("Zq8Lw3Xv7Rt2Mn5K"))
    assert fact.confidence is expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/x.py", "password = get_password()\ntoken = request.token\n"),
        ("app/x.js", "const token = tokens[0]; key: keyName, secret: secretValue\n"),
        ("app/x.py", "password = some_bare_word8\n"),
        ("usr/lib/python3/dist-packages/x.py", 'password = "hunter2"\n'),
        ("usr/share/x/y.json", '"output_token": "nextPageToken"\n'),
        ("usr/share/x/y.json", '"token": "527c5358-2a1a-4b9e-b1b9-7293b0ddff42"\n'),
        ("usr/share/x/y.py", '"AWS::IAM::AccessKey": "72c2d9dd90025459"\n'),
        ("etc/mono/machine.config", '<map Token="b77a5c561934e089" PublicKey="0024"/>\n'),
        ("app/.env", "API_KEY=${API_KEY}\nTOKEN=\nDB_PASSWORD_FILE=/run/secrets/db\n"),
        ("app/x.md", "The password: choose one. Set `TOKEN=<your token>`.\n"),
        ("app/x", "-----BEGIN " + "PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOC\n"),
        ("app/x", "AK" + "IAIOSFODNN7EXAMPLE"),
        ("app/short", "x"),
        ("app/empty", ""),
    ],
)
def test_what_is_no_secret_is_left_alone(secrets: Analyser, path: str, text: str) -> None:
    assert found(secrets, path, text) == []


@pytest.mark.parametrize(
    "path", ["srv/static/1344.7c0e73be6aeed30b.js", "srv/static/app.min.js", "srv/vendor.js"]
)
def test_names_in_a_bundle_weigh_little(secrets: Analyser, path: str) -> None:
    filler = "function a(e,t){return e+t}" * 40
    text = f'{filler}var n={{token:"q7Zk2mX9vLw4Rt8s"}};{filler}'
    weights = {each.confidence for each in found(secrets, path, text)}
    assert weights <= {Confidence.LOW}


def test_formats_in_a_bundle_weigh_what_they_do_elsewhere(secrets: Analyser) -> None:
    token = "xoxb" + "-204861735920-731946028175-" + "aB3dE5gH7jK9mN1pQ3sT5vX7"
    (secret,) = found(secrets, "srv/static/app.min.js", f'a("{token}");' + "b();" * 400)
    assert secret.confidence is Confidence.HIGH


def test_the_key_of_an_emulator_is_known_to_all(secrets: Analyser) -> None:
    head, tail = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVEr", "Cz4I6tq/K1SZFPTOtr/"
    account = f"Account{'Key'}={head}{tail}KBHBeksoGMGw==\n"
    assert found(secrets, "app/x.conf", account) == []


def test_a_key_that_is_cut_off_weighs_little(secrets: Analyser) -> None:
    [fact] = found(secrets, "app/key.txt", planted.pem()[:400])
    assert fact.confidence is LOW


def test_a_default_password_is_told_as_one(secrets: Analyser) -> None:
    [fact] = found(secrets, "app/.env", "DB_PASSWORD=changeme\n")
    assert fact.is_default


def test_a_program_holds_tokens_and_whole_keys_only(secrets: Analyser) -> None:
    data = b"\x7fELF\0\0\0" + f"x {planted.GITHUB} password=Zq8Lw3Xv7R '".encode() + b"\0"
    [token] = found(secrets, "app/server", data)
    assert (token.kind, token.line) == ("github-token", 0)
    assert found(secrets, "app/server", b"\0" + planted.pem()[:400].encode() + b"\0") == []
    [key] = found(secrets, "app/server", b"\0" + planted.pem().encode() + b"\0")
    assert key.kind == "private-key"


def test_a_program_of_a_package_weighs_less(secrets: Analyser) -> None:
    [key] = found(secrets, "usr/lib/libx.so", b"\0" + planted.pem().encode() + b"\0")
    assert key.confidence is LOW


def test_utf_16_is_text_too(secrets: Analyser) -> None:
    text = f"one\r\nDB_PASSWORD={planted.PASSWORD}\r\n"
    [fact] = found(secrets, "app/settings.reg", text.encode("utf-16"))
    assert (fact.name, fact.line) == ("DB_PASSWORD", 2)


def test_bytes_that_are_no_text_do_not_move_what_stands_behind_them(secrets: Analyser) -> None:
    data = b"\xff\xfe\xc3( caf\xc3\xa9\n" * 30 + f"\N{SNOWMAN}\ntoken={planted.GITHUB}\n".encode()
    [fact] = found(secrets, "app/x", data)
    assert (fact.kind, fact.line) == ("github-token", 32)


def test_a_value_in_one_very_long_line_is_found(secrets: Analyser) -> None:
    text = "var a=1;" * 50_000 + f'x({{password:"{planted.PASSWORD}"}});' + "var b=2;" * 50_000
    [fact] = found(secrets, "app/bundle.min.js", text)
    assert (fact.name, fact.line) == ("password", 1)


def test_only_regular_files_are_looked_at(secrets: Analyser) -> None:
    for kind in Kind:
        facts = list(secrets.analyse(entry("a", planted.FILES["app/.env"], kind)))
        assert bool(facts) == (kind is Kind.FILE)


def test_many_secrets_are_told_up_to_a_number_and_that_there_are_more(secrets: Analyser) -> None:
    tokens = "\n".join(planted.with_checksum("gh" + "p_") for _ in range(600))
    *facts, last = secrets.analyse(entry("app/x", tokens))
    assert len(facts) == 500
    assert isinstance(last, Trouble)
    assert not last.is_fatal


def test_more_hits_than_anyone_would_read_are_said(
    secrets: Analyser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MAX_ASSIGNMENTS", 3)
    facts = list(secrets.analyse(entry("app/x", "password=ab$cd\n" * 10)))
    assert [type(fact) for fact in facts][-1:] == [Trouble]
    monkeypatch.setattr(database, "_MAX_CALLS", 5)
    facts = list(secrets.analyse(entry("app/x", "password=ab$cd\n" * 10)))
    assert [type(fact) for fact in facts][-1:] == [Trouble]


def test_files_are_scanned_by_many_threads_at_once(secrets: Analyser) -> None:
    text = "filler\n" * 20_000 + f"token={planted.GITHUB}\n"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: found(secrets, "app/x", text), range(32)))
    assert all(len(facts) == 1 and facts[0].line == 20_001 for facts in answers)


@pytest.mark.parametrize(
    ("path", "genre", "is_foreign", "is_sample"),
    [
        ("app/.env", Genre.SETTINGS, False, False),
        ("app/main.py", Genre.CODE, False, False),
        ("app/.py", Genre.SETTINGS, False, False),
        ("app/README", Genre.PROSE, False, False),
        ("usr/share/doc/x/config", Genre.PROSE, True, True),
        ("srv/x/node_modules/y/z.json", Genre.SETTINGS, True, False),
        ("opt/venv/lib/python3.11/site-packages/x/test/y.pem", Genre.SETTINGS, True, True),
        ("app/latest/config.yaml", Genre.SETTINGS, False, False),
        ("app/config.yaml.example", Genre.SETTINGS, False, True),
        ("home/me/contest/x.ini", Genre.SETTINGS, False, False),
        ("app/tests/x.ini", Genre.SETTINGS, False, True),
        ("etc/ssl/private/server.key", Genre.SETTINGS, False, False),
        ("usr/local/bin/start", Genre.SETTINGS, False, False),
    ],
)
def test_a_path_says_whose_a_file_is(
    path: str, genre: Genre, is_foreign: bool, is_sample: bool
) -> None:
    where = whereabouts(path)
    assert (where.genre, where.is_foreign, where.is_sample) == (genre, is_foreign, is_sample)


def kept(cache: Path) -> Path:
    [path] = (cache / "patterns").iterdir()
    return path


def load(cache: Path, content: Content = Content.BINARY) -> Database:
    database._loaded.cache_clear()
    return database.database(content, str(cache))


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How often expressions were compiled: only a few of them, which nobody else may then use."""
    done: list[int] = []
    compiled = database._compiled

    def counted(entries: list[tuple[int, bytes, int]]) -> hyperscan.Database:
        done.append(len(entries))
        return compiled(entries[:3])

    monkeypatch.setattr(database, "_compiled", counted)
    yield done
    database._loaded.cache_clear()


def test_what_was_compiled_is_kept_for_the_user_alone(
    tmp_path: Path, compilations: list[int]
) -> None:
    load(tmp_path / "cache")
    load(tmp_path / "cache")
    assert len(compilations) == 1
    assert kept(tmp_path / "cache").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "harm",
    [
        damaged,
        linked,
        lambda path: path.chmod(0o622),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:100]),
        piped,
    ],
    ids=["damaged", "linked", "writable", "empty", "cut", "fifo"],
)
def test_what_is_not_ours_and_whole_is_compiled_again(
    tmp_path: Path,
    compilations: list[int],
    harm: object,
) -> None:
    load(tmp_path)
    assert callable(harm)
    harm(kept(tmp_path))
    load(tmp_path)
    assert len(compilations) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_belongs_to_another_is_compiled_again(tmp_path: Path, compilations: list[int]) -> None:
    load(tmp_path)
    os.chown(kept(tmp_path), 12345, 12345)
    load(tmp_path)
    assert len(compilations) == 2


def test_another_machine_s_database_is_compiled_again(
    tmp_path: Path, compilations: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    load(tmp_path)

    def refuse(*_: object) -> None:
        raise hyperscan.DatabasePlatformError

    monkeypatch.setattr(hyperscan, "loadb", refuse)
    load(tmp_path)
    assert len(compilations) == 2


def test_without_a_place_to_keep_it_everything_works(
    tmp_path: Path, compilations: list[int]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    load(blocked)
    database._loaded.cache_clear()
    assert database.database(Content.BINARY, "") is not None
    assert len(compilations) == 2


def test_new_expressions_make_old_facts_void(monkeypatch: pytest.MonkeyPatch) -> None:
    before = analyser(KEY, "").version
    monkeypatch.setattr(database, "ALL", ALL[1:])
    assert analyser(KEY, "").version != before
    assert layer_secrets._version() > 0
