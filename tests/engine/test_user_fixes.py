"""Images whose Dockerfiles were mended build and start, and nothing in them is root."""

from __future__ import annotations

import shutil
import tarfile
import time
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from mends import mended

from engine import Engine
from seawall.fixes import all_fixers
from seawall.fixes.model import Context, Observed

_BUSYBOX = "/bin/busybox"
_APPLETS = ("sh", "cat", "chgrp", "chmod", "chown", "find", "httpd", "mkdir", "touch")
_BASE = "busybox:1.37"
_SERVE = """\
#!/bin/sh
mkdir -p data && echo hit >> data/hits && echo served > new || exit 3
exec httpd -f -p 80 -h .
"""


@pytest.fixture(scope="module")
def base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small system: BusyBox, a table of accounts, a program with setuid."""
    layer = BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        for name in ("bin", "etc"):  # what an archive does not name is made for root alone
            directory = tarfile.TarInfo(name)
            directory.type, directory.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(directory)
        archive.add(_BUSYBOX, "bin/busybox")
        for name in _APPLETS:
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
        _file(archive, "etc/passwd", b"root:x:0:0::/root:/bin/sh\n", 0o644)
        _file(archive, "etc/group", b"root:x:0:\n", 0o644)
        _file(archive, "bin/lent", b"#!/bin/sh\n", 0o4755)
    path = tmp_path_factory.mktemp("base") / "base.tar"
    path.write_bytes(layer.getvalue())
    engine.docker("import", str(path), _BASE)
    return _BASE


def _file(archive: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    archive.addfile(info, BytesIO(data))


def _mended(text: str, fixer_id: str = "user", owned: tuple[str, ...] = ()) -> str:
    fixer = next(fixer for fixer in all_fixers() if fixer.id == fixer_id)
    known = Context(date(2026, 11, 25), observed={"Dockerfile": Observed(owned=owned)})
    after = mended(fixer, text, known)
    assert after != text
    return after


def _built(engine: Engine, directory: Path, text: str, name: str) -> str:
    context = directory / name
    context.mkdir()
    (context / "Dockerfile").write_text(text)
    (context / "serve.sh").write_text(_SERVE)
    shutil.copy(_BUSYBOX, context / "busybox")
    engine.docker("build", "--quiet", "--tag", name, str(context))
    return name


def _serves(engine: Engine, container: str) -> bool:
    """Whether it listens on port 80 within five seconds, by what its network namespace says."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        state = engine.inspect(container)[0]["State"]
        if not state["Running"]:
            return False
        listening = Path(f"/proc/{state['Pid']}/net/tcp6").read_text()
        if ":0050 " in listening:
            return True
        time.sleep(0.05)
    return False


def _users(engine: Engine, container: str) -> set[str]:
    rows = engine.docker("top", container, "-eo", "pid,uid").stdout.splitlines()[1:]
    return {row.split()[1] for row in rows}


def _start(engine: Engine, image: str) -> tuple[bool, set[str]]:
    """Whether it serves, also after a restart, and as whom."""
    container = engine.docker("run", "--detach", image).stdout.strip()
    try:
        if not _serves(engine, container):
            return False, set()
        users = _users(engine, container)
        engine.docker("restart", "--time", "0", container)
        return _serves(engine, container), users
    finally:
        engine.docker("rm", "--force", "--volumes", container)


_MADE = "RUN echo 'web:x:1500:1500::/:/bin/sh' >> /etc/passwd\n"


@pytest.mark.parametrize(
    ("text", "uid", "owned"),
    [
        (
            "FROM {base}\n" + _MADE + "WORKDIR /srv/web\nCOPY serve.sh .\nRUN chmod u+x serve.sh\n"
            'ENTRYPOINT ["./serve.sh"]\n',
            "1500",
            (),
        ),
        (
            "FROM {base}\n" + _MADE + "COPY serve.sh /serve.sh\nVOLUME /srv/web\nWORKDIR /srv/web\n"
            'CMD ["sh", "/serve.sh"]\n',
            "1500",
            (),
        ),
        (
            "FROM {base}\n" + _MADE + "COPY serve.sh /serve.sh\nRUN mkdir -p /srv/hidden\n"
            "CMD cd /srv/hidden && exec sh /serve.sh\n",
            "1500",
            ("/srv/hidden",),
        ),
        (
            'FROM scratch\nCOPY busybox /\nENTRYPOINT ["/busybox", "httpd", "-f", "-p", "80"]\n',
            "65532",
            (),
        ),
    ],
    ids=["working directory", "volume", "observed", "scratch"],
)
def test_what_served_as_root_serves_as_somebody_else(
    engine: Engine, base: str, tmp_path: Path, text: str, uid: str, owned: tuple[str, ...]
) -> None:
    text = text.format(base=base)
    before = _built(engine, tmp_path, text, "before")
    assert _start(engine, before) == (True, {"0"})
    after = _built(engine, tmp_path, _mended(text, owned=owned), "after")
    assert _start(engine, after) == (True, {uid})


def test_the_hidden_directory_is_what_makes_the_difference(
    engine: Engine, base: str, tmp_path: Path
) -> None:
    text = (
        f"FROM {base}\n{_MADE}COPY serve.sh /serve.sh\nRUN mkdir -p /srv/hidden\n"
        "CMD cd /srv/hidden && exec sh /serve.sh\n"
    )
    after = _built(engine, tmp_path, _mended(text), "unseen")
    assert _start(engine, after) == (False, set())


def test_programs_lose_the_bits_that_lend_rights(engine: Engine, base: str, tmp_path: Path) -> None:
    text = f'FROM {base}\nRUN true\nCMD ["find", "/bin/", "-perm", "/6000"]\n'
    before = _built(engine, tmp_path, text, "lending")
    assert engine.docker("run", "--rm", before).stdout == "/bin/lent\n"
    after = _built(engine, tmp_path, _mended(text, "setuid-stripped"), "keeping")
    assert engine.docker("run", "--rm", after).stdout == ""
