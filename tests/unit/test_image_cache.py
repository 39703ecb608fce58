"""The cache gives back what was found in the same bytes by the same analysers, and nothing else."""

from __future__ import annotations

import gzip
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from subprocess import run
from sys import executable
from typing import BinaryIO

import pytest
from archives import classic, digest, layout_of, packed, unpacked
from msgspec.structs import replace

from seawall.core.errors import InputError
from seawall.surfaces.image.analyser import Analyser, LayerFile, Wants
from seawall.surfaces.image.archive import ArchiveSource
from seawall.surfaces.image.blob import Analyse, Blob, LayerFacts
from seawall.surfaces.image.cache import (
    Cache,
    Recalled,
    cached,
    default_directory,
    installation_key,
)
from seawall.surfaces.image.facts import (
    Ecosystem,
    Fact,
    Kind,
    NotableFile,
    Package,
    Trouble,
)
from seawall.surfaces.image.layer import analyse_layer
from seawall.surfaces.image.layout import LayoutSource
from seawall.surfaces.image.local import KnownBlob, LocalBlob, LocalFile, NotKnownError, stamp_of

LAYER = packed({"a": b"1", "b": None, ".wh.c": b""})
OTHER = packed({"x": b"2" * 2000})
ODD = b"odd\xff/n".decode("utf-8", "surrogateescape")
FACTS = LayerFacts(
    digest(gzip.compress(LAYER, mtime=0)),
    digest(LAYER),
    5,
    3,
    (
        Package(Ecosystem.DEB, "a", "1", "p", requires=("b",)),
        NotableFile("q", 0o4755, 0, 0, kind=Kind.FILE),
        Trouble("r", "cut short"),
    ),
    b"a\0\xff",
    b"b",
    ("c",),
    ("d",),
)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "cache"))


def nothing(_: LayerFile) -> Sequence[Fact]:
    return ()


def analyser(version: int = 1) -> Analyser:
    return Analyser("one", version, Wants(), nothing)


class Reader:
    """Looks at layers and counts how often."""

    def __init__(self, *, verify: bool = True) -> None:
        self.count = 0
        self._verify = verify

    def __call__(self, blob: Blob) -> LayerFacts:
        self.count += not isinstance(blob, KnownBlob)
        return analyse_layer(blob, (), verify=self._verify)


class RemoteBlob:
    """A blob of a registry."""

    size = -1

    def __init__(self, data: bytes, name: str = "", diff_id: str = "") -> None:
        self.digest = name
        self.diff_id = diff_id
        self._data = data

    def mapped(self) -> memoryview | None:
        return None

    def open(self) -> BinaryIO:
        return BytesIO(self._data)


def entries(cache: Cache) -> Iterator[Path]:
    return (Path(cache.directory) / "entries").iterdir()


def old(path: Path) -> Path:
    """Make a file so old that any change of it must show."""
    os.utime(path, (1_000_000, 1_000_000))
    return path


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are believed to be unchanged as soon as they are written."""
    monkeypatch.setattr("seawall.surfaces.image.local._SETTLED", -(10**12))


class TestEntries:
    @pytest.mark.parametrize(
        "facts",
        [
            FACTS,
            replace(FACTS, facts=(), files=b"", whiteouts=()),
            replace(FACTS, facts=(Trouble(ODD, "r"),), whiteouts=(ODD,)),
        ],
    )
    def test_facts_come_back_as_they_were(self, facts: LayerFacts, cache: Cache) -> None:
        cache.keep_layer("i", "n", facts)
        assert cache.layer("i", "n") == facts
        assert cache.layer("i", "m") is None
        assert cache.layer("j", "n") is None

    def test_a_name_that_could_be_taken_for_another_is_not_kept(self, cache: Cache) -> None:
        facts = replace(FACTS, whiteouts=(ODD, "\U0010feff"))
        cache.keep_layer("i", "n", facts)
        assert cache.layer("i", "n") is None
        cache.keep_layer("i", "n", replace(FACTS, whiteouts=("\U0010feff",)))
        assert cache.layer("i", "n") is not None

    def test_half_a_character_is_not_kept(self, cache: Cache) -> None:
        cache.keep_layer("i", "n", replace(FACTS, whiteouts=("\ud800",)))
        assert cache.layer("i", "n") is None

    def test_images_and_digests_come_back(self, cache: Cache) -> None:
        image = Recalled(b"{}", (("a", "b"),), tags=("t",))
        cache.keep_image("i", image)
        cache.keep_digests("d", "x", "y")
        assert cache.image("i") == image
        assert cache.digests("d") == ("x", "y")
        assert cache.digests("i") == ("", "")

    @pytest.mark.parametrize(
        "damage",
        [
            lambda data: b"",
            lambda data: data[:-1],
            lambda data: data[:20] + bytes((data[20] ^ 255,)) + data[21:],
            lambda data: data[:-1] + bytes((data[-1] ^ 1,)),
            lambda data: b"\2" + data[1:],
            lambda data: b"no entry at all, but of some length",
        ],
    )
    def test_a_damaged_entry_is_none_and_is_written_anew(
        self, damage: Callable[[bytes], bytes], cache: Cache
    ) -> None:
        cache.keep_layer("i", "n", FACTS)
        (path,) = entries(cache)
        path.write_bytes(damage(path.read_bytes()))
        assert cache.layer("i", "n") is None
        cache.keep_layer("i", "n", FACTS)
        assert cache.layer("i", "n") == FACTS

    def test_an_entry_of_another_kind_is_none(self, cache: Cache) -> None:
        cache.keep_layer("i", "n", FACTS)
        cache.keep_image("k", Recalled(b"", ()))
        first, second = entries(cache)
        data = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(data)
        assert cache.layer("i", "n") is None
        assert cache.image("k") is None

    def test_entries_are_for_our_eyes_alone(self, cache: Cache) -> None:
        cache.keep_layer("i", "n", FACTS)
        (path,) = entries(cache)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.parent.parent.stat().st_mode) == 0o700

    @pytest.mark.parametrize("mode", [0o620, 0o602])
    def test_what_others_could_have_written_is_not_believed(self, mode: int, cache: Cache) -> None:
        cache.keep_layer("i", "n", FACTS)
        (path,) = entries(cache)
        path.chmod(mode)
        assert cache.layer("i", "n") is None

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
    def test_what_belongs_to_others_is_not_believed(self, cache: Cache) -> None:
        cache.keep_layer("i", "n", FACTS)
        (path,) = entries(cache)
        os.chown(path, 12345, 12345)
        assert cache.layer("i", "n") is None
        os.chown(cache.directory, 12345, 12345)
        assert Cache(cache.directory).directory == ""

    def test_a_link_is_not_followed(self, cache: Cache, tmp_path: Path) -> None:
        cache.keep_layer("i", "n", FACTS)
        (path,) = entries(cache)
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
        assert cache.layer("i", "n") is None

    @pytest.mark.parametrize("mode", [0o770, 0o707])
    def test_a_directory_that_others_write_to_is_not_used(self, mode: int, tmp_path: Path) -> None:
        shared = tmp_path / "shared"
        shared.mkdir()
        shared.chmod(mode)
        assert Cache(str(shared)).directory == ""

    def test_without_a_directory_nothing_is_kept(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"")
        for directory in ("", str(file), str(file / "below")):
            cache = Cache(directory)
            cache.keep_layer("i", "n", FACTS)
            cache.prune()
            assert cache.layer("i", "n") is None
            assert cache.directory == ""

    def test_what_was_not_used_for_longest_goes_first(self, tmp_path: Path) -> None:
        cache = Cache(str(tmp_path / "cache"), limit=1000)
        for number in range(20):
            facts = replace(FACTS, files=os.urandom(100))
            cache.keep_layer("i", str(number), facts)
            os.utime(max(entries(cache), key=lambda e: e.stat().st_mtime_ns), (number, number))
        assert cache.layer("i", "0") is not None  # which makes it the newest
        cache.prune()
        left = [number for number in range(20) if cache.layer("i", str(number)) is not None]
        assert sum(path.stat().st_size for path in entries(cache)) <= 900
        assert left[0] == 0
        assert left[1:] == list(range(21 - len(left), 20))

    def test_drafts_that_nobody_finished_are_taken_away(self, cache: Cache) -> None:
        cache.keep_layer("i", "n", FACTS)
        (entry,) = entries(cache)
        draft = old(entry.rename(entry.with_name(".draft")))
        fresh = entry.with_name(".fresh")
        fresh.write_bytes(b"")
        cache.prune()
        assert not draft.exists()
        assert fresh.exists()

    def test_many_may_write_at_once(self, cache: Cache) -> None:
        def write(number: int) -> None:
            own = Cache(cache.directory)
            for turn in range(10):
                own.keep_layer("i", str(turn), replace(FACTS, size=number))
                found = own.layer("i", str(turn))
                assert found is not None
                assert replace(found, size=5) == FACTS

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))
        assert len(list(entries(cache))) == 10

    def test_many_processes_may_write_at_once(self, cache: Cache) -> None:
        program = (
            "import sys; from seawall.surfaces.image.cache import *\n"
            "c = Cache(sys.argv[1])\n"
            "for n in range(50): c.keep_digests(str(n), 'x' * 1000, sys.argv[2])\n"
            "print(all(len(c.digests(str(n))[0]) == 1000 for n in range(50)))\n"
            "print(installation_key(sys.argv[1]).hex())\n"
        )

        def start(number: int) -> str:
            command = [executable, "-c", program, cache.directory, str(number)]
            return run(command, check=True, capture_output=True, text=True).stdout

        with ThreadPoolExecutor(4) as pool:
            told = set(pool.map(start, range(4)))
        assert len(told) == 1
        assert told.pop().startswith("True\n")


class TestCaching:
    def test_a_blob_of_a_registry_is_found_by_its_digest(self, cache: Cache) -> None:
        data = gzip.compress(LAYER)
        reader = Reader()
        look = cached(reader, cache, ())
        facts = look(RemoteBlob(data, digest(data), digest(LAYER)))
        assert look(RemoteBlob(data, digest(data), digest(LAYER))) == facts
        assert reader.count == 1
        assert look(RemoteBlob(data, digest(data))).diff_id == digest(LAYER)
        assert reader.count == 1

    def test_the_same_files_compressed_otherwise_are_found_with_their_own_digest(
        self, cache: Cache
    ) -> None:
        one, two = gzip.compress(LAYER, 1), gzip.compress(LAYER, 9, mtime=0)
        reader = Reader()
        look = cached(reader, cache, ())
        look(RemoteBlob(one, digest(one)))
        look(RemoteBlob(two, digest(two)))
        assert reader.count == 2
        assert look(RemoteBlob(two, digest(two))).digest == digest(two)
        assert look(RemoteBlob(one, digest(one))).digest == digest(one)
        assert reader.count == 2

    def test_a_registry_can_not_pass_off_one_layer_as_another(self, cache: Cache) -> None:
        """Else an image would be judged by what its configuration says that it holds."""
        reader = Reader()
        look = cached(reader, cache, ())
        look(RemoteBlob(LAYER, digest(LAYER), digest(LAYER)))
        with pytest.raises(InputError, match="not what it should be"):
            look(RemoteBlob(OTHER, digest(OTHER), digest(LAYER)))
        assert look(RemoteBlob(OTHER, digest(OTHER), digest(OTHER))).files == b"x"
        with pytest.raises(InputError, match="not what it should be"):
            look(RemoteBlob(OTHER, digest(OTHER), digest(LAYER)))

    def test_an_engines_layer_is_found_by_its_diff_id(self, cache: Cache) -> None:
        reader = Reader()
        look = cached(reader, cache, ())
        with pytest.raises(NotKnownError):
            look(KnownBlob("", digest(LAYER)))
        look(RemoteBlob(LAYER))
        assert look(KnownBlob("", digest(LAYER))).diff_id == digest(LAYER)

    def test_other_analysers_look_for_themselves(self, cache: Cache) -> None:
        reader = Reader()
        blob = RemoteBlob(LAYER, digest(LAYER))
        for chosen in ((), (analyser(),), (analyser(2),), (analyser(),), (analyser(2),)):
            cached(reader, cache, chosen)(blob)
        assert reader.count == 3

    def test_another_key_makes_other_value_ids(self, cache: Cache) -> None:
        reader = Reader()
        blob = RemoteBlob(LAYER, digest(LAYER))
        cached(reader, cache, ())(blob)
        (Path(cache.directory) / "key").unlink()
        key = os.urandom(32)
        path = Path(cache.directory) / "key"
        path.write_bytes(key)
        path.chmod(0o600)
        cached(reader, cache, ())(blob)
        assert reader.count == 2

    def test_what_could_not_be_read_whole_is_looked_at_again(self, cache: Cache) -> None:
        data = gzip.compress(LAYER)[:-12]
        reader = Reader()
        look = cached(reader, cache, ())
        for _ in range(2):
            facts = look(RemoteBlob(data, digest(data)))
            assert any(isinstance(fact, Trouble) and fact.is_fatal for fact in facts.facts)
        assert reader.count == 2

    def test_a_failure_is_not_kept(self, cache: Cache) -> None:
        look = cached(Reader(), cache, ())
        for _ in range(2):
            with pytest.raises(InputError):
                look(RemoteBlob(OTHER, digest(LAYER)))


def pulls(source: ArchiveSource | LayoutSource, reader: Analyse) -> list[bytes]:
    return [layer.files for layer in source.pull(reader).layers]


@pytest.mark.usefixtures("settled")
class TestLocalFiles:
    @pytest.mark.parametrize("verify", [True, False])
    def test_an_unchanged_file_is_not_read_again(
        self, verify: bool, cache: Cache, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.tar"
        path.write_bytes(packed(classic((LAYER, OTHER))))
        reader = Reader(verify=verify)
        look = cached(reader, cache, ())
        for _ in range(3):
            assert pulls(ArchiveSource(str(path)), look) == [b"a", b"x"]
        assert reader.count == 2

    def test_a_copy_is_read_only_to_be_hashed(self, cache: Cache, tmp_path: Path) -> None:
        reader = Reader()
        look = cached(reader, cache, ())
        for name in ("a.tar", "b.tar"):
            path = tmp_path / name
            path.write_bytes(packed(classic((LAYER, OTHER))))
            assert pulls(ArchiveSource(str(path)), look) == [b"a", b"x"]
        layout = layout_of((LAYER, OTHER), compress=True)
        for name in ("c", "d"):
            root = unpacked(layout.files(), tmp_path / name)
            assert pulls(LayoutSource(str(root)), look) == [b"a", b"x"]
        # The second form is another compression: it must be inflated once.
        assert reader.count == 4

    def test_a_file_is_not_believed_to_be_what_it_says(self, cache: Cache, tmp_path: Path) -> None:
        """An archive that names a known layer and holds another is found out."""
        look = cached(Reader(), cache, ())
        look(RemoteBlob(LAYER, digest(LAYER), digest(LAYER)))
        files = dict(classic((LAYER,)))
        files[f"{0:064x}/layer.tar"] = OTHER
        path = tmp_path / "a.tar"
        path.write_bytes(packed(files))
        with pytest.raises(InputError, match="not what it should be"):
            ArchiveSource(str(path)).pull(look)
        layout = layout_of((LAYER,))
        layout.blobs[digest(LAYER)] = OTHER[: len(LAYER)]
        root = unpacked(layout.files(), tmp_path / "layout")
        with pytest.raises(InputError):
            LayoutSource(str(root)).pull(look)

    def test_a_changed_file_is_read_again(self, cache: Cache, tmp_path: Path) -> None:
        reader = Reader(verify=False)
        look = cached(reader, cache, ())
        path = tmp_path / "a.tar"
        path.write_bytes(packed(classic((LAYER,))))
        assert pulls(ArchiveSource(str(path)), look) == [b"a"]
        path.write_bytes(packed(classic((OTHER,))))
        assert pulls(ArchiveSource(str(path)), look) == [b"x"]

    @pytest.mark.parametrize("verify", [True, False])
    def test_a_compressed_archive_is_inflated_once(
        self, verify: bool, cache: Cache, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.tar.gz"
        path.write_bytes(gzip.compress(packed(classic((LAYER, OTHER)))))
        reader = Reader(verify=verify)
        look = cached(reader, cache, ())
        for _ in range(2):
            source = ArchiveSource(str(path), cache=cache)
            pulled = source.pull(look)
            assert [layer.files for layer in pulled.layers] == [b"a", b"x"]
            assert pulled.tags == ("app:1",)
        assert reader.count == 2

    def test_an_archive_of_several_images_is_remembered_for_each(
        self, cache: Cache, tmp_path: Path
    ) -> None:
        layout = layout_of((LAYER,), annotations={"org.opencontainers.image.ref.name": "a"})
        layout.entries.append(
            layout.manifest((OTHER,), annotations={"org.opencontainers.image.ref.name": "b"})
        )
        path = tmp_path / "a.tar.gz"
        path.write_bytes(gzip.compress(packed(layout.files())))
        look = cached(Reader(), cache, ())
        for _ in range(2):
            assert pulls(ArchiveSource(str(path), "a", cache=cache), look) == [b"a"]
            assert pulls(ArchiveSource(str(path), "b", cache=cache), look) == [b"x"]

    def test_what_was_remembered_is_of_no_use_without_its_layers(
        self, cache: Cache, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.tar.gz"
        path.write_bytes(gzip.compress(packed(classic((LAYER, OTHER)))))
        reader = Reader()
        ArchiveSource(str(path), cache=cache).pull(cached(reader, cache, ()))
        ArchiveSource(str(path), cache=cache).pull(cached(reader, cache, (analyser(),)))
        assert reader.count == 4


def test_a_new_file_has_no_stamp_yet(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    status = path.stat()
    assert stamp_of(status) == ""
    time.sleep(0.01)
    file = LocalFile(str(path))
    assert file.stamp == ""
    assert file.size == 1


def test_a_blob_in_memory_is_read_as_a_stream() -> None:
    blob = LocalBlob(memoryview(b"abc"), "")
    for _ in range(2):
        with blob.open() as stream:
            assert stream.read(2) == b"ab"
            assert stream.read() == b"c"
    assert bytes(blob.mapped()) == b"abc"
    assert KnownBlob("a", "b").mapped() is None


class TestKey:
    def test_it_stays_the_same(self, cache: Cache) -> None:
        key = installation_key(cache.directory)
        assert len(key) == 32
        assert installation_key(cache.directory) == key
        path = Path(cache.directory) / "key"
        assert path.read_bytes() == key
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
    def test_one_that_others_read_is_replaced(self, mode: int, cache: Cache) -> None:
        path = Path(cache.directory) / "key"
        path.write_bytes(b"k" * 32)
        path.chmod(mode)
        assert installation_key(cache.directory) != b"k" * 32
        assert installation_key(cache.directory) == path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_cut_one_is_replaced(self, cache: Cache) -> None:
        path = Path(cache.directory) / "key"
        path.write_bytes(b"k")
        path.chmod(0o600)
        assert len(installation_key(cache.directory)) == 32
        assert len(path.read_bytes()) == 32

    def test_without_a_place_it_is_of_this_process(self, tmp_path: Path) -> None:
        assert installation_key("") == installation_key("")
        assert installation_key(str(tmp_path / "missing")) == installation_key("")


class TestDirectory:
    def test_it_is_what_the_user_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SEAWALL_CACHE_DIR", "/x/y")
        assert default_directory() == "/x/y"

    def test_it_lies_among_the_users_caches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SEAWALL_CACHE_DIR", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
        assert default_directory() == "/caches/seawall"
        monkeypatch.setenv("XDG_CACHE_HOME", "relative")
        monkeypatch.setenv("HOME", "/home/me")
        assert default_directory() == "/home/me/.cache/seawall"
        monkeypatch.setenv("HOME", "nowhere")
        assert default_directory() == ""
