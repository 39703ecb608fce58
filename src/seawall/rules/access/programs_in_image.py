"""Programs of an image that lend rights to whoever calls them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seawall.core.expression import Expression
from seawall.core.model import Evidence, Hit
from seawall.core.rule import Settings
from seawall.core.vocabulary import words
from seawall.rules.image.layers import base_weight, in_layer, listed, noted
from seawall.surfaces.image.facts import NotableFile
from seawall.surfaces.image.model import Held, Image
from seawall.surfaces.image.notable import Note

_LENDING = (Note.SETUID.value, Note.SETGID.value, Note.CAPABILITIES.value)

_USUAL = words(
    "Xorg.wrap arping at bbsuid bwrap chage chfn chrome-sandbox chsh clockdiff crontab dbus-"
    " daemon-launch-helper doas dotlockfile dumpcap exim4 expiry fusermount fusermount3 gpasswd"
    " gst-ptp-helper locate maildrop mlocate mount mount.cifs mount.ecryptfs_private mount.nfs"
    " mtr-packet newgidmap newgrp newuidmap ntfs-3g pam_timestamp_check passwd ping ping6 pkexec"
    " plocate polkit-agent-helper-1 postdrop postqueue pppd procmail pt_chown screen sendmail"
    " snap-confine ssh-agent ssh-keysign staprun su sudo sudoedit suexec traceroute6.iputils"
    " umount unix_chkpwd unix_update userhelper usernetctl utempter vlock wall write write.ul"
)
"""Programs that distributions ship with such bits, in the directories where they do."""
_PLACES = Expression(r"(?:usr/)?(?:s?bin|lib\d*|libexec|lib/[\w-]+)/(?:[\w.@-]+/){0,3}[\w.@-]+\Z")

_DANGEROUS = words(
    "7z ar aria2c arj as ash awk base64 bash bridge busybox cat chmod chown chroot cmp comm cp"
    " cpio csh curl cut dash date dd dialog diff dig dmsetup docker ed emacs env expand expect"
    " file find fish flock fmt fold gawk gcc gdb genisoimage gimp git grep gtester hd head"
    " hexdump iconv install ionice ip jjs join jq jrunscript julia ksh ld.so less logsave lua"
    " make mawk more mosquitto msgattrib mv nano nasm nawk nc ncat ncftp nft nice nl nm nmap"
    " node nodejs nohup nvim od openssl openvpn paste perf perl pg php pic pidstat pip pr ptx"
    " python readelf restic rev rlwrap rpm rsync rtorrent ruby run-parts rview rvim scp script"
    " sed setarch setfacl setpriv sh shuf socat sort sqlite3 ssh start-stop-daemon stdbuf strace"
    " strings sysctl systemctl tac tail tar taskset tbl tclsh tee telnet tftp time timeout"
    " toybox troff ul unexpand uniq unshare unzip update-alternatives uudecode uuencode vi view"
    " vigr vim vimdiff vipw watch wget wish xargs xxd xz zip zsh zstd"
)
"""Programs that run others or read and write any file: with root's rights, they give root."""
_VERSION = Expression(r"(?<=[a-z])-?\d[\d.]*\Z")

_STRONG = words(
    "cap_bpf cap_chown cap_dac_override cap_dac_read_search cap_fowner cap_linux_immutable"
    " cap_mac_admin cap_mac_override cap_mknod cap_setfcap cap_setgid cap_setpcap cap_setuid"
    " cap_sys_admin cap_sys_boot cap_sys_chroot cap_sys_module cap_sys_ptrace cap_sys_rawio"
)
"""Capabilities by which a program can become root or read and write any file."""


def lending_programs(image: Image, _: Settings) -> Iterator[Hit]:
    """Programs with setuid, setgid or capabilities that no distribution ships so."""
    for held in noted(image, *_LENDING):
        why = _why_unusual(image, held)
        if why:
            yield _unusual(image, held, why)


def usual_programs(image: Image, _: Settings) -> Iterator[Hit]:
    """Those that distributions ship so: one finding for all, since one line takes the bits away."""
    found = [held for held in noted(image, *_LENDING) if not _why_unusual(image, held)]
    if not found:
        return
    paths = sorted({held.fact.path for held in found})
    first = min(found, key=lambda held: held.layer)
    yield Hit(
        image.place_of(first),
        f"{len(paths)} programs run with the rights of another: "
        f"{listed([path.rpartition('/')[2] for path in paths], 8)}",
        "setuid programs",
        label="brings setuid programs",
        remedy="`RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +`, or run with "
        "no-new-privileges, which makes the bits powerless.",
        evidence=tuple(Evidence(_described(held)) for held in found),
        layer=in_layer(image, first, ""),
    )


def _why_unusual(image: Image, held: Held[NotableFile]) -> str:
    """Why a program is none of those that everyone has; empty where it is one."""
    file = held.fact
    if file.note == Note.CAPABILITIES.value:
        return _why_strong(image, held)
    by_itself = _why_in_itself(file)
    if by_itself or (_name(file) in _USUAL and _PLACES.match(file.path)):
        return by_itself
    return _why_foreign(image, held)


def _why_in_itself(file: NotableFile) -> str:
    name = _VERSION.sub("", _name(file))
    if file.mode & 0o002:
        return "and everybody may write it"
    if name in _DANGEROUS:
        return "and it runs other programs, or reads and writes any file"
    return ""


def _why_foreign(image: Image, held: Held[NotableFile]) -> str:
    owner = image.owned.get(held.fact.path)
    if owner is None:
        return "and no package brought it"
    if _packaged_in(image, owner) < held.layer:
        return f"and the bit was set after the package {owner} was installed"
    return ""


def _why_strong(image: Image, held: Held[NotableFile]) -> str:
    file = held.fact
    strong = sorted(_STRONG.intersection(re.findall(r"cap_\w+", file.capabilities)))
    if not strong or (_name(file) in _USUAL and _PLACES.match(file.path)):
        return ""
    owner = image.owned.get(file.path)
    if owner is not None and _packaged_in(image, owner) >= held.layer:
        return ""
    return f"among which {strong[0]} is as good as root"


def _name(file: NotableFile) -> str:
    return file.path.rpartition("/")[2]


def _packaged_in(image: Image, owner: str) -> int:
    """The layer in which a package was last changed; one above all where that is unknown."""
    layers: dict[str, int] | None = image.derived.get("layers of packages")
    if layers is None:
        layers = image.derived["layers of packages"] = {}
        for held in image.packages:
            if held.gone is None:
                layers[held.fact.name] = max(held.layer, layers.get(held.fact.name, 0))
    return layers.get(owner.partition(":")[0], len(image.layers))


def _unusual(image: Image, held: Held[NotableFile], why: str) -> Hit:
    file = held.fact
    return Hit(
        image.place_of(held),
        f"{_described(held)}, {why}",
        f"{file.path} {file.note}",
        label=file.note,
        remedy=f"Take it out; where it must stay: `RUN {_taking_off(file)}`.",
        weaker=base_weight(image, held) or _why_less(file),
        layer=in_layer(image, held, file.path),
    )


def _why_less(file: NotableFile) -> str:
    if file.note == Note.SETGID.value:
        return "it lends a group's rights, not root's"
    if file.note == Note.SETUID.value and file.uid != 0:
        return f"it lends the rights of uid {file.uid}, not root's"
    return ""


def _taking_off(file: NotableFile) -> str:
    if file.note == Note.CAPABILITIES.value:
        return f"setcap -r /{file.path}"
    return f"chmod {'u' if file.note == Note.SETUID.value else 'g'}-s /{file.path}"


def _described(held: Held[NotableFile]) -> str:
    file = held.fact
    if file.note == Note.CAPABILITIES.value:
        return f"{file.path} has {file.capabilities}"
    whom = f"uid {file.uid}" if file.note == Note.SETUID.value else f"gid {file.gid}"
    whom = {"uid 0": "root", "gid 0": "the group root"}.get(whom, whom)
    return f"{file.path} (mode {file.mode:04o}) runs as {whom}, whoever calls it"
