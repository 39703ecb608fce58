"""Certificates and private keys that services mount: their times, strength, names and modes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from datetime import date

from seawall.core.expression import Expression
from seawall.core.model import Confidence, Hit, Verdict
from seawall.core.rule import Gains, Needs, Risk, Rule, Settings
from seawall.core.standards import cis, cwe, nist, owasp
from seawall.facts.ports import PROXY_IMAGE
from seawall.rules.naming import symbol, the
from seawall.rules.network.certificate_samples import EXPIRED, KEY, SOUND, WEAK, beside
from seawall.rules.network.hosts import hosts_of, is_good_for
from seawall.rules.network.served import (
    Served,
    every_served,
    is_trust_store,
    makes_certificates,
    served,
)
from seawall.rules.practices import TLS_IN_TRANSIT
from seawall.surfaces.certificates.model import Certificate, KeyKind
from seawall.surfaces.compose.model import Project
from seawall.surfaces.workload import Mount, Workload

_SOON = 30
"""Days before its end by which a certificate should have been renewed."""
_BROKEN = frozenset({"md2", "md5", "sha1"})
_SMALLEST = {"RSA": 2048, "EC": 224}
"""Bits below which NIST SP 800-57 allows no more use."""


def _expired(project: Project, settings: Settings) -> Iterator[Hit]:
    for each in served(project):
        if each.file.faults and not each.file.keys:
            yield _unread(each)
        if is_trust_store(each.file):
            continue
        for certificate in each.file.certificates:
            told = _told_by_time(certificate, settings.today)
            if told is not None:
                yield _hit(each, certificate, *told)
                break


def _told_by_time(certificate: Certificate, today: date) -> tuple[str, str, str] | None:
    """What its times say: the message, the label, and why it weighs less; None where all is well.

    One that lives for days is renewed by machine, in the last third of its life.
    """
    starts, ends = certificate.starts.date(), certificate.ends.date()
    soon = min(_SOON, (ends - starts).days // 3)
    if ends < today:
        return f"expired on {ends}", "expired", ""
    if starts > today:
        return f"is not valid before {starts}", "not valid yet", ""
    if (ends - today).days <= soon:
        left = (ends - today).days
        return f"expires on {ends}", f"{left} days left", "it is valid until then"
    return None


def _hit(each: Served, certificate: Certificate, told: str, label: str, weaker: str) -> Hit:
    return Hit(
        each.place,
        f"the certificate of `{certificate.subject}` in {each.shown}, which {the(each.service)} "
        f"gets, {told}",
        f"certificate {each.shown}",
        label=label,
        weaker=weaker,
    )


def _unread(each: Served) -> Hit:
    return Hit(
        each.place,
        f"whether the certificates in {each.shown} are valid can't be told: {each.file.faults[0]}",
        f"certificate {each.shown}",
        remedy="Mend the file, or keep it inside the repository.",
        verdict=Verdict.UNKNOWN,
    )


def _weak(project: Project, _: Settings) -> Iterator[Hit]:
    for each in served(project):
        if is_trust_store(each.file):
            continue
        for certificate in each.file.certificates:
            told = _weakness(certificate)
            if told:
                yield _hit(each, certificate, told, "weak", "")
                break
        else:
            yield from _weak_key(each)


def _weakness(certificate: Certificate) -> str:
    if _is_weak(certificate.key):
        return f"has a weak key, {certificate.key}"
    # Nobody checks the signature of a certificate on itself: it is trusted by name or not at all.
    if certificate.digest in _BROKEN and not certificate.is_self_signed:
        return f"is signed over {certificate.digest.upper()}, which can be forged"
    return ""


def _is_weak(key: KeyKind) -> bool:
    return key.algorithm == "DSA" or 0 < key.bits < _SMALLEST.get(key.algorithm, 0)


def _weak_key(each: Served) -> Iterator[Hit]:
    kind = next((key.kind for key in each.file.keys if _is_weak(key.kind)), None)
    if kind is not None:
        yield Hit(
            each.place,
            f"the private key {each.shown}, which {the(each.service)} gets, is weak: {kind}",
            f"certificate {each.shown}",
            label="weak",
        )


def _mismatched(project: Project, _: Settings) -> Iterator[Hit]:
    """Only a server's own certificate can be wrong, and only where the project says its names."""
    for each in served(project):
        leaf = next((c for c in each.file.certificates if not c.is_authority), None)
        hosts = hosts_of(each.service)
        if not hosts and _is_proxy(each.service):
            hosts = tuple(host for service in project.services for host in hosts_of(service))
        if leaf is None or not leaf.names or not hosts or None in hosts:
            continue
        known = tuple(dict.fromkeys(host for host in hosts if host is not None))
        inside = ("localhost", *(service.name for service in project.services))
        if not any(is_good_for(name, host) for name in leaf.names for host in (*known, *inside)):
            yield _other_name(each, leaf, known)


def _is_proxy(service: Workload) -> bool:
    image = (service.image.value or "") if service.image is not None else ""
    return PROXY_IMAGE.search(image) is not None


def _other_name(each: Served, leaf: Certificate, hosts: tuple[str, ...]) -> Hit:
    names = ", ".join(leaf.names[:5])
    wanted = ", ".join(hosts[:5])
    return Hit(
        each.place,
        f"the certificate {each.shown}, which {the(each.service)} gets, is for {names}; the "
        f"project serves {wanted}",
        f"certificate {each.shown}",
        label="another name",
    )


def readable_keys(project: Project) -> Iterator[Served]:
    """The private keys, not encrypted, that others than their owner can read on this machine."""
    for each in served(project):
        mode = each.file.mode or 0
        if mode & 0o044 and any(not key.is_encrypted for key in each.file.keys):
            yield each


def _readable(project: Project, _: Settings) -> Iterator[Hit]:
    for each in readable_keys(project):
        mode = each.file.mode or 0
        is_open = bool(mode & 0o004)
        who = "every user of this machine" if is_open else "a group"
        yield Hit(
            each.place,
            f"the private key {each.shown}, which {the(each.service)} gets, can be read by {who} "
            f"(mode {mode:04o})",
            f"key {each.shown}/mode",
            label=f"mode {mode:04o}",
            remedy=f"`chmod 0400 {each.shown}`, with the user that the service runs as for its "
            "owner. Git keeps no such mode: set it wherever the project is deployed.",
            weaker="" if is_open else "only a group can read it",
        )


def _writable(project: Project, _: Settings) -> Iterator[Hit]:
    keys = {id(each.mount): each.shown for each in every_served(project) if each.file.keys}
    for service in project.services:
        if makes_certificates(service):
            continue
        for mount in service.mounts:
            if mount.type == "bind" and not mount.read_only:
                yield from _writable_key(service, mount, keys.get(id(mount), ""))


_KEY_NAME = Expression(r"(?:\.key|(?:\A|[._-])(?:priv)?key\d*\.pem)\Z", re.IGNORECASE)
_KEY_DIRECTORY = Expression(r"(?:certs?|certificates|ssl|tls|pki|keys)\Z", re.IGNORECASE)


def _writable_key(service: Workload, mount: Mount, known: str) -> Iterator[Hit]:
    """A key that was read, in a mount that is for keys, or a file that is called like one."""
    names = {posixpath.basename(path.rstrip("/")) for path in (mount.source, mount.target)}
    is_named = any(_KEY_NAME.search(name) for name in names)
    is_for_keys = any(_KEY_DIRECTORY.search(name) for name in names)
    if not is_named and not (known and (is_for_keys or posixpath.basename(known) in names)):
        return
    yield Hit(
        mount,
        f"{the(service)} can change the private key {known or mount.target}, which it need only "
        "read",
        symbol(service, f"volumes {mount.target}"),
        label="writable",
        remedy=f"Add `:ro`: `{mount.target}:ro`.",
        confidence=None if known else Confidence.MEDIUM,
    )


_RENEW = (
    "Have a machine renew it: a proxy with ACME (Traefik, Caddy), or certbot with a timer; and "
    "alert on its end."
)
_CITATIONS = (owasp("D03"), nist("4.2.1"))
_VOLUME = "./certs:/etc/nginx/certs:ro"
_HOST = "    environment:\n      VIRTUAL_HOST: {}\n"

RULES = (
    Rule(
        id="certificate-expired",
        title="A certificate that is not valid, or soon will not be",
        practice=TLS_IN_TRANSIT,
        risk=Risk(Needs.UPSTREAM, Gains.LESS),
        on={Project: _expired},
        bad=(
            beside("certs/server.crt", EXPIRED, _VOLUME),
            beside("certs/live/a/fullchain.pem", SOUND + EXPIRED, _VOLUME),
            beside("certs/server.crt", SOUND.replace("BgNV", ""), _VOLUME),
        ),
        good=(
            beside("certs/server.crt", SOUND, _VOLUME),
            beside("other/server.crt", EXPIRED, _VOLUME),
            beside("certs/server.crt.txt", EXPIRED, _VOLUME),
        ),
        why=(
            "Clients refuse the connection, or their users learn to click past the warning, which "
            "then shows nothing when somebody else answers."
        ),
        remedy=_RENEW,
        citations=(*_CITATIONS, cwe(324)),
    ),
    Rule(
        id="weak-certificate",
        title="A certificate or key that is too weak",
        practice=TLS_IN_TRANSIT,
        risk=Risk(Needs.UPSTREAM, Gains.PRIVILEGE),
        on={Project: _weak},
        bad=(beside("certs/server.crt", WEAK, _VOLUME),),
        good=(beside("certs/server.crt", SOUND, _VOLUME),),
        why=(
            "A short key can be computed, and a signature over MD5 or SHA-1 moved to another "
            "certificate: who is on the path then answers in the server's name."
        ),
        remedy="Make a new key, EC P-256 or RSA 2048 and more, and have it signed with SHA-256.",
        citations=(*_CITATIONS, cwe(326), cwe(327)),
    ),
    Rule(
        id="certificate-name-mismatch",
        title="A certificate for another name",
        practice=TLS_IN_TRANSIT,
        risk=Risk(Needs.UPSTREAM, Gains.LESS),
        on={Project: _mismatched},
        bad=(
            beside("certs/a.crt", SOUND, _VOLUME, tail=_HOST.format("shop.example.com")),
            beside(
                "certs/a.crt",
                SOUND,
                _VOLUME,
                tail="  app:\n    image: acme/app:1.2.3\n    labels:\n"
                "      traefik.http.routers.app.rule: Host(`app.example.com`)\n",
            ),
        ),
        good=(
            beside("certs/a.crt", SOUND, _VOLUME, tail=_HOST.format("a.example,www.example.org")),
            beside("certs/a.crt", SOUND, _VOLUME, tail=_HOST.format("${NAME}")),
            beside("certs/a.crt", SOUND, _VOLUME),
        ),
        confidence=Confidence.LOW,
        why=(
            "Clients refuse a certificate for another name, or are told not to check it, and then "
            "take anyone's."
        ),
        remedy="Order a certificate for the names that are served, and mount that.",
        citations=(*_CITATIONS, cwe(297)),
    ),
    Rule(
        id="key-mode",
        title="A service's private key that others can read",
        practice=TLS_IN_TRANSIT,
        risk=Risk(Needs.FOOTHOLD, Gains.CONTROL),
        on={Project: _readable},
        bad=(
            beside("certs/server.key (0644)", KEY, _VOLUME),
            beside("certs/server.pem (0640)", SOUND + KEY, _VOLUME),
        ),
        good=(
            beside("certs/server.key (0600)", KEY, _VOLUME),
            beside("certs/server.crt (0644)", SOUND, _VOLUME),
            beside("certs/server.key (0644)", KEY.replace("PRIVATE", "ENCRYPTED PRIVATE"), _VOLUME),
        ),
        why=(
            "Any account of the host, and any container that mounts the directory, can take the "
            "key and then answer in the server's name."
        ),
        citations=(*_CITATIONS, cis("2.8"), cwe(732)),
    ),
    Rule(
        id="key-mounted-writable",
        title="A private key that its service can change",
        practice=TLS_IN_TRANSIT,
        risk=Risk(Needs.FOOTHOLD, Gains.LESS),
        on={Project: _writable},
        bad=(
            beside("certs/server.key (0600)", KEY, "./certs:/etc/nginx/certs"),
            "services:\n  web:\n    image: nginx:1.28.0\n    volumes:\n"
            "      - ./tls/server.key:/etc/nginx/server.key\n",
        ),
        good=(
            beside("certs/server.key (0600)", KEY, _VOLUME),
            beside("site/server.key (0600)", KEY, "./site:/usr/share/nginx/html"),
            "services:\n  web:\n    image: nginx:1.28.0\n    volumes:\n"
            "      - ./tls/server.key:/etc/nginx/server.key:ro\n"
            "      - ./tls:/etc/nginx/tls\n",
            "services:\n  acme:\n    image: certbot/certbot:v4.0.0\n    volumes:\n"
            "      - ./tls/server.key:/etc/letsencrypt/server.key\n",
        ),
        why=(
            "Who takes the service over can put a key of his own in its place, which outlives the "
            "container and serves every other that mounts it."
        ),
        citations=(*_CITATIONS, cwe(732)),
    ),
)
