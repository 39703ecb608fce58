"""Modes of an image's files: who may write what others run and root reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from seawall.core.model import Evidence, Hit
from seawall.core.rule import Settings
from seawall.core.vocabulary import words
from seawall.rules.access.instructions import KERNEL_PATH, SYSTEM_PATH
from seawall.rules.image.layers import base_weight, by_layer, in_layer, noted
from seawall.surfaces.image.facts import NotableFile
from seawall.surfaces.image.model import Held, Image
from seawall.surfaces.image.notable import Note

_SCRATCH = ("tmp/", "var/tmp/", "dev/", "proc/", "sys/", "run/", "var/run/", "var/lock/")
_MOST_GROUPS = 5
_CRONS = words("cron cronie cronie-anacron dcron anacron systemd-cron busybox-suid fcron bcron")
_OPEN = (Note.WORLD_WRITABLE.value, Note.OPEN_DIRECTORY.value)
_ROOTS = (Note.WRITABLE_ACCOUNTS.value, Note.WRITABLE_SCHEDULE.value)


def world_writable(image: Image, _: Settings) -> Iterator[Hit]:
    """Files and directories that everybody may write, by the instruction and directory."""
    told = {held.fact.path for held in _run_by_root(image)}
    found = [held for held in noted(image, *_OPEN) if _is_open(held.fact, told)]
    for layer in by_layer(found).values():
        groups = _grouped(layer)
        if len(groups) > _MOST_GROUPS:
            groups = {"": layer}
        for top, members in groups.items():
            yield _open_hit(image, top, members)


def _is_open(file: NotableFile, told: set[str]) -> bool:
    path = file.path
    return not path.startswith(_SCRATCH) and path not in told and f"{path}/" not in _SCRATCH


def _grouped(found: list[Held[NotableFile]]) -> dict[str, list[Held[NotableFile]]]:
    """By the topmost directory that is open itself; a file in none stands alone."""
    directories = {h.fact.path for h in found if h.fact.note == Note.OPEN_DIRECTORY.value}
    groups: dict[str, list[Held[NotableFile]]] = {}
    for held in found:
        groups.setdefault(_top(held.fact.path, directories), []).append(held)
    return dict(sorted(groups.items()))


def _top(path: str, directories: set[str]) -> str:
    end = path.find("/") if directories else -1
    while end > 0:
        if path[:end] in directories:
            return path[:end]
        end = path.find("/", end + 1)
    return path


def _open_hit(image: Image, top: str, members: list[Held[NotableFile]]) -> Hit:
    first = min(members, key=lambda held: held.fact.path)
    kinds = Counter(held.fact.note for held in members)
    number = len(members)
    what = f"{first.fact.path} (mode {first.fact.mode:04o})"
    if number > 1:
        below = f" below {top}" if top else ""
        what = f"{_counted(kinds)}{below}"
    return Hit(
        image.place_of(first),
        f"every user of the container may write {what}",
        f"{top or first.fact.path} mode",
        label="writable by everyone",
        remedy=f"`RUN chmod {'-R ' if number > 1 else ''}o-w /{top or first.fact.path}` in the "
        "same step; give what must be written to one user.",
        weaker=base_weight(image, first),
        evidence=tuple(Evidence(f"/{h.fact.path} {h.fact.mode:04o}") for h in members[:5])
        if number > 1
        else (),
        layer=in_layer(image, first, top or first.fact.path),
    )


def _counted(kinds: Counter[str]) -> str:
    directories, files = kinds[Note.OPEN_DIRECTORY.value], kinds[Note.WORLD_WRITABLE.value]
    parts = [
        f"{number:,} {one if number == 1 else many}"
        for number, one, many in (
            (files, "file", "files"),
            (directories, "directory", "directories"),
        )
        if number
    ]
    return " and ".join(parts)


def run_by_root(image: Image, _: Settings) -> Iterator[Hit]:
    """What root runs or trusts, and others than root may write."""
    for held in _run_by_root(image):
        file = held.fact
        yield Hit(
            image.place_of(held),
            f"{_who(file)} may write {file.path} (mode {file.mode:04o}), {_use(image, held)}",
            f"{file.path} writable",
            label="root trusts it",
            remedy=f"`RUN chown root:root /{file.path} && chmod go-w /{file.path}`.",
            weaker=base_weight(image, held) or _why_idle(image, file),
            layer=in_layer(image, held, file.path),
        )


def _run_by_root(image: Image) -> Iterator[Held[NotableFile]]:
    yield from noted(image, *_ROOTS)
    start = {word.lstrip("/") for word in (*image.config.entrypoint[:1], *image.config.cmd[:1])}
    for held in noted(image, Note.WORLD_WRITABLE.value):
        if held.fact.path in start:
            yield held


def _who(file: NotableFile) -> str:
    if file.mode & 0o002:
        return "every user of the container"
    return f"uid {file.uid}" if file.uid else f"the group {file.gid}"


def _use(image: Image, held: Held[NotableFile]) -> str:
    note = held.fact.note
    if note == Note.WRITABLE_ACCOUNTS.value:
        return "which says who is root"
    if note == Note.WRITABLE_SCHEDULE.value:
        return "which root runs or trusts"
    return "which every container of the image starts with"


def _why_idle(image: Image, file: NotableFile) -> str:
    if "cron" not in file.path:
        return ""
    installed = {held.fact.name for held in image.packages if held.gone is None}
    return "" if installed & _CRONS else "no cron is installed that would run it"


def system_volumes(image: Image, _: Settings) -> Iterator[Hit]:
    """Volumes that invite a mount of the host's own over a system path."""
    for path in image.config.volumes:
        if path.endswith("docker.sock") or SYSTEM_PATH.match(path):
            yield Hit(
                image.place(f"volume {path}"),
                f"VOLUME {path} invites a mount of the host's own over a system path",
                f"VOLUME {path}",
                label="a system path",
            )


def system_workdir(image: Image, _: Settings) -> Iterator[Hit]:
    """A working directory in the kernel's file systems."""
    path = image.config.working_dir
    if KERNEL_PATH.match(path):
        yield Hit(
            image.place("workdir"),
            f"WORKDIR {path} is the kernel's, not the image's: what is written there is lost or "
            "changes the host",
            f"WORKDIR {path}",
            label="a kernel path",
        )


def readable_shadow(image: Image, _: Settings) -> Iterator[Hit]:
    """Hashes of passwords that everybody may read."""
    has_hash = any(
        held.gone is None and held.fact.path == "etc/shadow" and held.fact.password == "set"
        for held in image.accounts
    )
    for held in noted(image, Note.READABLE_SHADOW.value):
        file = held.fact
        yield Hit(
            image.place_of(held),
            f"every user of the container may read {file.path} (mode {file.mode:04o})",
            f"{file.path} readable",
            label="hashes for everyone to guess" if has_hash else "readable for everyone",
            remedy=f"`RUN chmod 640 /{file.path}`.",
            weaker=base_weight(image, held) or ("" if has_hash else "no account has a password"),
            layer=in_layer(image, held, file.path),
        )
