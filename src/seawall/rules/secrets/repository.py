"""Secret files in a repository: tracked by git, about to be, or open to every user."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.core.model import Fix, Hit, Safety
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cwe
from seawall.rules.deferred import deferred
from seawall.rules.practices import ENV_FILES_PRIVATE
from seawall.rules.secrets.held import Held, held, weight_of
from seawall.surfaces.image.model import Image
from seawall.surfaces.repository import Repository

_KEYS = frozenset({"a private key", "an SSH private key", "a key store"})


def _tracked(repository: Repository, _: Settings) -> Iterator[Hit]:
    for path in sorted(repository.tracked):
        file = held(path, repository.start_of)
        if file is not None:
            remedy = (
                f"`git rm --cached {path}`, list it in .gitignore, and revoke what it holds: the "
                "history keeps it for whoever has a clone."
            )
            yield _hit(repository, file, "is tracked by git", "tracked", remedy)


def _unignored(repository: Repository, _: Settings) -> Iterator[Hit]:
    if repository.git is None or repository.git.index.fault:
        return
    for file in _secret_files(repository):
        if file.path not in repository.tracked and not repository.is_ignored(file.path):
            remedy = f"Add `{_pattern(file.path)}` to .gitignore."
            what = "is not ignored by git: one `git add .` puts it into every clone"
            yield _hit(repository, file, what, "not ignored", remedy)


def _readable(repository: Repository, _: Settings) -> Iterator[Hit]:
    modes = {file.path: file.mode for file in repository.files}
    for file in _secret_files(repository):
        mode = modes[file.path]
        # Git keeps no such modes: a tracked file has the user's default, and a finding already.
        if mode & 0o004 and file.what in _KEYS and file.path not in repository.tracked:
            what = f"can be read by every user of this machine (mode {mode:04o})"
            yield _hit(repository, file, what, f"mode {mode:04o}", f"`chmod 600 {file.path}`.")


def _secret_files(repository: Repository) -> tuple[Held, ...]:
    """The secret files of the working tree; worked out once for all rules."""
    known: tuple[Held, ...] | None = repository.derived.get("secret files")
    if known is None:
        all_files = (held(file.path, repository.start_of) for file in repository.files)
        known = tuple(file for file in all_files if file is not None)
        repository.derived["secret files"] = known
    return known


def _hit(repository: Repository, file: Held, what: str, label: str, remedy: str) -> Hit:
    return Hit(
        repository.place_of(file.path),
        f"{file.what}, {file.path}, {what}",
        f"{file.path} {label}" if not label.startswith("mode") else f"{file.path} mode",
        label=label,
        remedy=remedy,
        confidence=file.confidence,
        weaker=weight_of(file.path),
        fix=Fix(Safety.GUIDED, remedy),
    )


def _pattern(path: str) -> str:
    name = path.rpartition("/")[2]
    return ".env*` and `!.env.example" if name.startswith(".env") else f"/{path}"


_SECRET = "DB_PASSWORD=v7Qm2xLp9Rt4\n"
_KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----\n"

RULES = (
    Rule(
        id="secret-file-tracked",
        title="A secret file is tracked by git",
        practice=ENV_FILES_PRIVATE,
        risk=Risk(Needs.NOTHING, Gains.CONTROL),
        on={Repository: _tracked},
        bad=(
            "=== .env (tracked)\n" + _SECRET,
            "=== deploy/id_ed25519 (tracked)\n" + _KEY,
            "=== config/app.pem (tracked)\n" + _KEY,
            "=== .npmrc (tracked)\n//npm.example.org/:_authToken=npm_4mK8xQ2vLp9RtZ7wBn3c\n",
        ),
        good=(
            "=== .env\n" + _SECRET + "=== .gitignore (tracked)\n.env\n",
            "=== .env.example (tracked)\n" + _SECRET,
            "=== ca.pem (tracked)\n-----BEGIN CERTIFICATE-----\nMIIB\n",
            "=== .npmrc (tracked)\nengine-strict=true\n",
            "=== .env (tracked)\n",
            "=== secrets.yaml (tracked)\npassword: ENC[AES256_GCM,data:x,iv:y,type:str]\n",
        ),
        citations=(*ENV_FILES_PRIVATE.citations, cwe(540)),
    ),
    Rule(
        id="secret-file-unignored",
        title="A secret file is not ignored by git",
        practice=ENV_FILES_PRIVATE,
        risk=Risk(Needs.FAULT, Gains.CONTROL),
        on={Repository: _unignored},
        bad=(
            "=== .env\n" + _SECRET + "=== .gitignore (tracked)\n*.log\n",
            "=== keys/server.key (0600)\n" + _KEY + "=== .gitignore (tracked)\nserver.key/\n",
        ),
        good=(
            "=== .env\n" + _SECRET + "=== .gitignore (tracked)\n.env\n",
            "=== a/.env\n" + _SECRET + "=== .gitignore (tracked)\na/\n",
            "=== a/.env\n" + _SECRET + "=== a/.gitignore (tracked)\n.env*\n",
            "=== .env (tracked)\n" + _SECRET,
            "=== .env\n" + _SECRET,
        ),
    ),
    Rule(
        id="key-file-readable",
        title="A private key that every user can read",
        practice=ENV_FILES_PRIVATE,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Repository: _readable, Image: deferred("secrets.files_in_image:readable_keys")},
        bad=(
            "=== certs/server.key (0644)\n" + _KEY,
            "=== id_rsa (0604)\n" + _KEY,
            "=== image\nFROM debian:12\nCOPY . /app\n  -rw-r--r-- 0:0 app/tls.p12 readable-key\n",
        ),
        good=(
            "=== certs/server.key (0600)\n" + _KEY,
            "=== certs/server.key (tracked)\n" + _KEY,
            "=== .env (0644)\n" + _SECRET,
            "=== server.crt (0644)\n-----BEGIN CERTIFICATE-----\nMIIB\n",
            "=== image\nFROM debian:12\n  owns ssl-cert etc/x.key\n"
            "  -rw-r--r-- 0:0 etc/x.key readable-key\n",
        ),
        why="Any account or any container that mounts the directory can read the key, and then "
        "speak in its owner's name.",
        citations=(*ENV_FILES_PRIVATE.citations, cwe(732)),
    ),
)
