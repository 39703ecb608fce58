"""Builds the images that `scan` is measured on: fat, debmin and alpine, as archive and layout.

    python -m benchmarks.images.build DIRECTORY [--alpine MINIROOTFS.tar.gz]

Needs root, `mmdebstrap`, `openssl` and `npm`, and Debian's, PyPI's and npm's registries. Takes
about fifteen minutes and 15 GB. The fat image has 630-odd Debian packages, a virtual environment,
a tree of npm packages, and what `planted.py` plants; `truth.json` says what and where.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.images import planted

DEBIAN = (
    "build-essential python3-full python3-pip python3-venv nodejs git mercurial subversion"
    " curl wget openssh-client sudo vim-tiny imagemagick ffmpeg openjdk-17-jre-headless"
    " maven-repo-helper postgresql-client default-mysql-client redis-tools gdb strace"
    " libgtk-3-dev ruby php-cli rsync"
)
PYPI = (
    "django flask fastapi uvicorn celery redis sqlalchemy psycopg2-binary requests boto3 numpy"
    " pandas scipy scikit-learn matplotlib jupyterlab pillow lxml cryptography paramiko"
    " ansible-core black mypy pytest sphinx scrapy google-cloud-storage"
    " azure-storage-blob kubernetes docker sentry-sdk gunicorn"
)
NPM = (
    "express react-scripts webpack eslint typescript lodash axios mongoose socket.io nodemailer"
    " aws-sdk moment"
)
_NPM_OPTIONS = ("install", "--no-audit", "--no-fund", "--loglevel=error")
_CA = "/etc/ssl/certs/ca-certificates.crt"


@dataclass
class Image:
    """Layers as tar files, and the configuration so far."""

    directory: Path
    layers: list[Path] = field(default_factory=list)
    history: list[dict[str, object]] = field(default_factory=list)
    env: list[str] = field(
        default_factory=lambda: [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        ]
    )

    def step(self, created_by: str, layer: Path | None = None) -> None:
        """One line of history, with its layer where it made one."""
        entry: dict[str, object] = {"created": "2026-08-25T00:00:00Z", "created_by": created_by}
        if layer is None:
            entry["empty_layer"] = True
        else:
            self.layers.append(layer)
        self.history.append(entry)


def _whole_seconds(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """As engines write layers: no extended header for parts of a second."""
    entry.mtime = int(entry.mtime)
    return entry


class Tree:
    """A root file system on its way: what changes between two looks is a layer."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._seen: dict[str, tuple[object, ...]] = {}

    def layer(self, target: Path) -> Path:
        """Write what has changed since the last time, whiteouts included."""
        now = dict(self._look())
        with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
            for path in sorted(set(self._seen) - set(now)):
                if str(Path(path).parent) in now or "/" not in path:
                    parent, _, name = path.rpartition("/")
                    mark = tarfile.TarInfo(f"{parent}/.wh.{name}".lstrip("/"))
                    archive.addfile(mark, io.BytesIO())
            for path in sorted(now):
                if self._seen.get(path) != now[path]:
                    archive.add(self.root / path, path, recursive=False, filter=_whole_seconds)
        self._seen = now
        return target

    def _look(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        for directory, names, files in os.walk(self.root):
            for name in (*names, *files):
                full = Path(directory, name)
                status = full.lstat()
                if stat.S_ISSOCK(status.st_mode):
                    continue
                size = 0 if stat.S_ISDIR(status.st_mode) else (status.st_size, status.st_mtime_ns)
                path = os.path.relpath(full, self.root)
                if path.split("/")[0] in {"proc", "sys", "dev", "run"} and "/" in path:
                    continue
                yield path, (status.st_mode, status.st_uid, status.st_gid, size)

    def run(self, script: str) -> None:
        """Run shell commands inside, with this machine's name servers and certificates."""
        (self.root / "run").mkdir(exist_ok=True)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        if Path(_CA).exists():
            shutil.copy(_CA, self.root / "run/ca.pem")
        variables = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND": "noninteractive",
            "HOME": "/root",
            "PIP_CERT": "/run/ca.pem",
        }
        mounts = "mount -t proc proc /proc; mount -t devtmpfs dev /dev 2>/dev/null || true; "
        command = [
            "unshare",
            "--mount",
            "chroot",
            str(self.root),
            "/bin/sh",
            "-ec",
            mounts + script,
        ]
        subprocess.run(command, check=True, env=variables)

    def write(self, files: dict[str, str]) -> None:
        """Write text files."""
        for path, text in files.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)


def build_fat(directory: Path) -> None:
    """The fat image and, from the same base, the minimal Debian one."""
    tree, image = Tree(directory / "root"), Image(directory)
    subprocess.run(
        [
            "mmdebstrap",
            "--variant=minbase",
            "bookworm",
            str(tree.root),
            "http://deb.debian.org/debian",
        ],
        check=True,
    )
    base = tree.layer(directory / "0.tar")
    image.step("/bin/sh -c #(nop) ADD file:debmin in / ", base)
    image.step('/bin/sh -c #(nop)  CMD ["bash"]')
    write_image(Image(directory, [base], image.history[:], image.env[:]), directory, "debmin")
    truth: list[planted.Planted] = []
    for number, made_by in enumerate(_installs(), 1):
        tree.run(made_by)
        image.step(f"/bin/sh -c {made_by}", tree.layer(directory / f"{number}.tar"))
    subprocess.run(
        ["npm", *_NPM_OPTIONS, "--prefix", str(tree.root / "app"), *NPM.split()], check=True
    )
    made_by = f"/bin/sh -c cd /app && npm install {NPM}"
    image.step(made_by, tree.layer(directory / "3.tar"))
    truth += _plant(tree, image, directory)
    write_image(image, directory, "fat")
    text = json.dumps([asdict(each) for each in truth], indent=1)
    (directory / "truth.json").write_text(text)


def _installs() -> list[str]:
    apt = f"apt-get update && apt-get install -y --no-install-recommends {DEBIAN}"
    pip = f"python3 -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir -q {PYPI}"
    return [f"{apt} && apt-get clean", pip]


def _plant(tree: Tree, image: Image, directory: Path) -> list[planted.Planted]:
    live, truth = planted.live_files()
    tree.write(live)
    image.step("/bin/sh -c #(nop) COPY dir:src in /app/src ", tree.layer(directory / "4.tar"))
    env, runs, in_config = planted.configuration()
    for line in env:
        image.env.append(line)
        image.step(f"/bin/sh -c #(nop)  ENV {line}")
    image.step("/bin/sh -c #(nop)  ARG BUILD_TOKEN")
    for number, line in enumerate(runs.splitlines(), 5):
        tree.write({f"app/.installed{number}": "installed\n"})
        image.step(line, tree.layer(directory / f"{number}.tar"))
    files, deleted = planted.secret_files()
    tree.write(files)
    image.step("/bin/sh -c #(nop) COPY dir:secrets in / ", tree.layer(directory / "7.tar"))
    for path in files:
        (tree.root / path).unlink()
    image.step("/bin/sh -c rm -f /app/.env /root/.ssh/id_rsa …", tree.layer(directory / "8.tar"))
    tree.write({"root/.id_rsa_copy": planted.private_key("rsa")})
    _wrong_modes(tree.root)
    image.step("/bin/sh -c cp key /root/.id_rsa_copy && chmod …", tree.layer(directory / "9.tar"))
    (tree.root / "root/.id_rsa_copy").unlink()
    image.step("/bin/sh -c rm /root/.id_rsa_copy", tree.layer(directory / "10.tar"))
    copy = planted.Planted("private-key", "root/.id_rsa_copy", "deleted")
    return [*truth, *in_config, *deleted, copy]


def _wrong_modes(root: Path) -> None:
    """A shell with setuid, a program with setgid, a directory and a cron file open to everybody."""
    shutil.copy(root / "bin/bash", root / "usr/local/bin/rootbash")
    (root / "usr/local/bin/rootbash").chmod(0o4755)
    shutil.copy(root / "usr/bin/find", root / "usr/local/bin/sgfind")
    (root / "usr/local/bin/sgfind").chmod(0o2755)
    (root / "srv/shared").mkdir(parents=True, exist_ok=True)
    (root / "srv/shared").chmod(0o777)
    (root / "etc/cron.d").mkdir(parents=True, exist_ok=True)
    (root / "etc/cron.d/cleanup").write_text("0 * * * * root /usr/local/bin/cleanup\n")
    (root / "etc/cron.d/cleanup").chmod(0o666)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _config(image: Image) -> bytes:
    document = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-08-25T00:00:00Z",
        "config": {"Env": image.env, "Cmd": ["bash"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(p)}" for p in image.layers]},
        "history": image.history,
    }
    return json.dumps(document).encode()


def write_image(image: Image, directory: Path, name: str) -> None:
    """As `docker save` writes it, and as an OCI layout of gzip layers."""
    config = _config(image)
    config_name = hashlib.sha256(config).hexdigest()
    with tarfile.open(directory / f"{name}.tar", "w") as archive:
        _add(archive, f"{config_name}.json", config)
        paths = []
        for layer in image.layers:
            paths.append(f"{_digest(layer)}/layer.tar")
            archive.add(layer, paths[-1])
        entry = {"Config": f"{config_name}.json", "RepoTags": [f"{name}:1"], "Layers": paths}
        _add(archive, "manifest.json", json.dumps([entry]).encode())
    _write_layout(image, config, directory / f"{name}-oci")


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def _write_layout(image: Image, config: bytes, directory: Path) -> None:
    blobs = directory / "blobs/sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    kind = "application/vnd.oci.image"

    def put(data: bytes, media: str) -> dict[str, object]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(data)}

    layers = []
    for layer in image.layers:
        packed = directory / "layer.gz"
        with layer.open("rb") as plain, gzip.open(packed, "wb", compresslevel=6) as compressed:
            shutil.copyfileobj(plain, compressed, 1 << 20)
        digest, size = _digest(packed), packed.stat().st_size
        packed.rename(blobs / digest)
        media = f"{kind}.layer.v1.tar+gzip"
        layers.append({"mediaType": media, "digest": f"sha256:{digest}", "size": size})
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{kind}.manifest.v1+json",
        "config": put(config, f"{kind}.config.v1+json"),
        "layers": layers,
    }
    entry = put(json.dumps(manifest).encode(), f"{kind}.manifest.v1+json")
    index = {"schemaVersion": 2, "manifests": [entry]}
    (directory / "index.json").write_text(json.dumps(index))
    (directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')


def build_alpine(directory: Path, minirootfs: Path) -> None:
    """One layer: Alpine's own minimal root file system."""
    layer = directory / "alpine-layer.tar"
    with gzip.open(minirootfs, "rb") as compressed, layer.open("wb") as plain:
        shutil.copyfileobj(compressed, plain)
    image = Image(directory)
    image.step("/bin/sh -c #(nop) ADD file:alpine in / ", layer)
    image.step('/bin/sh -c #(nop)  CMD ["/bin/sh"]')
    write_image(image, directory, "alpine")


def main() -> None:
    """Build what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--alpine", type=Path, help="a minirootfs of Alpine's, as they publish it")
    asked = parser.parse_args()
    asked.directory.mkdir(parents=True, exist_ok=True)
    if asked.alpine:
        build_alpine(asked.directory, asked.alpine)
    build_fat(asked.directory)


if __name__ == "__main__":
    main()
