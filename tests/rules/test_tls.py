"""Certificates and keys that services mount, and connections that nobody protects."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from certificates import NOW, certificate, new_key, pem, pem_of_key
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from msgspec import structs
from workloads import SETTINGS, hits

from seawall.core.model import Confidence, Hit, Severity, Verdict
from seawall.jobs.certificates import OUTSIDE, with_certificates
from seawall.jobs.check import CheckOptions, check
from seawall.jobs.governance import Terms
from seawall.rules import by_id
from seawall.rules.network.connections import host_in, leads_away
from seawall.rules.network.hosts import is_good_for
from seawall.surfaces.compose.model import Project
from seawall.surfaces.compose.reader import read_project

DAY = dt.timedelta(days=1)
KEY = new_key()
CERTIFICATES = "    volumes: ['./certs:/certs:ro']\n"


def service(rest: str, image: str = "nginx:1.28.0") -> str:
    return f"services:\n  web:\n    image: {image}\n{rest}"


def of(root: Path, text: str) -> Project:
    file = root / "compose.yaml"
    file.write_text(text)
    return with_certificates(read_project([file], environment={}))


def found(rule: str, project: Project) -> list[Hit]:
    return list(by_id()[rule].on[Project](project, SETTINGS))


def lay(root: Path, name: str, data: bytes, mode: int = 0o644) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    return path


def dated(starts: int, ends: int) -> bytes:
    return pem(certificate(KEY, starts=NOW + starts * DAY, ends=NOW + ends * DAY))


@pytest.mark.parametrize(
    ("starts", "ends", "label"),
    [
        (-400, -1, ["expired"]),
        (-400, 0, ["0 days left"]),
        (-400, 30, ["30 days left"]),
        (-400, 31, []),
        (1, 400, ["not valid yet"]),
        (0, 400, []),
        (-60, 30, ["30 days left"]),  # of ninety days
        (-3, 3, []),  # of six days: renewed by machine
        (-5, 1, ["1 days left"]),
    ],
)
def test_a_certificate_is_judged_by_its_times(
    starts: int, ends: int, label: list[str], tmp_path: Path
) -> None:
    lay(tmp_path, "certs/a.crt", dated(starts, ends))
    hit = found("certificate-expired", of(tmp_path, service(CERTIFICATES)))
    assert [each.label for each in hit] == label


def test_a_certificate_that_ends_soon_weighs_less(tmp_path: Path) -> None:
    lay(tmp_path, "certs/a.crt", dated(-400, 5))
    assert found("certificate-expired", of(tmp_path, service(CERTIFICATES)))[0].weaker


def test_a_file_that_two_services_mount_is_told_once(tmp_path: Path) -> None:
    lay(tmp_path, "certs/a.crt", dated(-400, -1))
    text = service(CERTIFICATES) + f"  other:\n    image: nginx:1.28.0\n{CERTIFICATES}"
    assert len(found("certificate-expired", of(tmp_path, text))) == 1


def test_a_list_of_authorities_may_hold_old_and_weak_ones(tmp_path: Path) -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 -- what must be passed over
    old = [certificate(weak, subject=f"{i}", is_authority=True, ends=NOW - DAY) for i in range(5)]
    lay(tmp_path, "certs/ca.pem", b"".join(map(pem, old)))
    whole = of(tmp_path, service(CERTIFICATES))
    assert found("certificate-expired", whole) == found("weak-certificate", whole) == []
    lay(tmp_path, "certs/ca.pem", b"".join(map(pem, old[:4])))
    assert found("certificate-expired", of(tmp_path, service(CERTIFICATES)))


def test_a_damaged_certificate_is_unknown_and_a_damaged_key_is_silent(tmp_path: Path) -> None:
    lay(tmp_path, "certs/a.crt", dated(-9, 400)[:-60])
    lay(tmp_path, "certs/a.key", b"-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n")
    hit = found("certificate-expired", of(tmp_path, service(CERTIFICATES)))
    assert [each.verdict for each in hit] == [Verdict.UNKNOWN]


def weaknesses(root: Path, name: str, data: bytes) -> list[str]:
    lay(root, f"certs/{name}", data, 0o600)
    hit = found("weak-certificate", of(root, service(CERTIFICATES)))
    return [each.message.rpartition(", ")[2].rpartition(": ")[2] for each in hit]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (rsa.generate_private_key(65537, 1024), "RSA 1024"),  # noqa: S505 -- passed over
        (ec.generate_private_key(ec.SECP192R1()), "EC 192"),
        (dsa.generate_private_key(2048), "DSA 2048"),
        (rsa.generate_private_key(65537, 2048), ""),
        (ec.generate_private_key(ec.SECP224R1()), ""),
    ],
    ids=["rsa-1024", "ec-192", "dsa", "rsa-2048", "ec-224"],
)
def test_a_key_is_judged_by_its_kind_and_size(key: Any, said: str, tmp_path: Path) -> None:
    issued = certificate(key, issuer=("authority", KEY))
    expected = [said] if said else []
    assert weaknesses(tmp_path, "a.crt", pem(issued)) == expected
    (tmp_path / "certs/a.crt").unlink()
    assert weaknesses(tmp_path, "a.key", pem_of_key(key)) == expected


def test_a_signature_over_sha1_counts_unless_it_is_on_itself(tmp_path: Path) -> None:
    lay(tmp_path, "certs/a.crt", pem(certificate(KEY, issuer=("authority", KEY))))
    whole = of(tmp_path, service(CERTIFICATES))
    assert found("weak-certificate", whole) == []
    for is_self_signed, count in ((False, 1), (True, 0)):
        forged = {}
        for path, file in whole.certificates.items():
            old = structs.replace(
                file.certificates[0], digest="sha1", is_self_signed=is_self_signed
            )
            forged[path] = structs.replace(file, certificates=(old,))
        changed = structs.replace(whole, certificates=forged)
        assert len(found("weak-certificate", changed)) == count


def named(*names: str) -> bytes:
    return pem(certificate(KEY, names=[x509.DNSName(name) for name in names]))


@pytest.mark.parametrize(
    ("names", "rest", "count"),
    [
        (["a.example"], "    environment: {VIRTUAL_HOST: b.example}\n", 1),
        (["a.example"], "    environment: {VIRTUAL_HOST: 'b.example:8080, A.example'}\n", 0),
        (["*.a.example"], "    environment: {VIRTUAL_HOST: www.a.example}\n", 0),
        (["*.a.example"], "    environment: {VIRTUAL_HOST: a.example}\n", 1),
        (["*.a.example"], "    environment: {VIRTUAL_HOST: x.www.a.example}\n", 1),
        (["a.example"], "    environment: {VIRTUAL_HOST: '~^b'}\n", 0),
        (["a.example"], "    environment: {VIRTUAL_HOST: $NAME}\n", 0),
        (["a.example"], "    environment: {VIRTUAL_HOST: }\n", 0),
        (["web"], "    environment: {VIRTUAL_HOST: b.example}\n", 0),
        (["localhost"], "    environment: {VIRTUAL_HOST: b.example}\n", 0),
        (["a.example"], "    environment: {OTHER: b.example}\n", 0),
        (["a.example"], "    labels: {traefik.http.routers.x.rule: 'Host(`b.example`)'}\n", 1),
        (["a.example"], "    labels: {traefik.http.routers.x.rule: 'PathPrefix(`/b`)'}\n", 0),
        (["a.example"], "    labels: {traefik.http.routers.x.rule: 'HostRegexp(`.+`)'}\n", 0),
        (["a.example"],
         "    labels: {traefik.tcp.routers.x.rule: 'HostSNI(`b.example`, `a.example`)'}\n", 0),
        (["a.example"], "    labels: {traefik.enable: 'true'}\n", 0),
    ],
)  # fmt: skip
def test_a_certificate_must_have_a_name_that_the_project_serves(
    names: list[str], rest: str, count: int, tmp_path: Path
) -> None:
    lay(tmp_path, "certs/a.crt", named(*names))
    hit = found("certificate-name-mismatch", of(tmp_path, service(CERTIFICATES + rest)))
    assert len(hit) == count


def test_an_authority_and_a_service_that_is_no_proxy_have_no_name_to_match(tmp_path: Path) -> None:
    other = "  app:\n    image: acme/app:1.2.3\n    environment: {VIRTUAL_HOST: b.example}\n"
    lay(tmp_path, "certs/a.crt", pem(certificate(KEY, subject="CA", is_authority=True)))
    assert found("certificate-name-mismatch", of(tmp_path, service(CERTIFICATES) + other)) == []
    lay(tmp_path, "certs/a.crt", named("a.example"))
    text = service(CERTIFICATES, "postgres:17.5") + other
    assert found("certificate-name-mismatch", of(tmp_path, text)) == []
    build = "services:\n  web:\n    build: .\n" + CERTIFICATES + other
    assert found("certificate-name-mismatch", of(tmp_path, build)) == []


def test_a_name_matches_one_label_of_a_star() -> None:
    assert is_good_for("*.Example.org.", "www.example.org")
    assert not is_good_for("w*.example.org", "www.example.org")


@pytest.mark.parametrize(
    ("mode", "count", "is_weaker"),
    [(0o644, 1, False), (0o604, 1, False), (0o640, 1, True), (0o600, 0, False), (0o400, 0, False)],
)
def test_a_key_is_judged_by_the_mode_of_its_file(
    mode: int, count: int, is_weaker: bool, tmp_path: Path
) -> None:
    lay(tmp_path, "key", pem_of_key(KEY), mode)
    text = service("    secrets: [key]\n") + "secrets:\n  key: {file: ./key}\n"
    hit = found("key-mode", of(tmp_path, text))
    assert len(hit) == count
    assert [bool(each.weaker) for each in hit] == [is_weaker] * count


def test_an_encrypted_key_may_be_read_by_others(tmp_path: Path) -> None:
    lay(tmp_path, "certs/a.key", pem_of_key(KEY, password=b"of a test"))
    assert found("key-mode", of(tmp_path, service(CERTIFICATES))) == []


@pytest.mark.parametrize(
    ("rest", "confidence"),
    [
        ("    volumes: ['./certs:/certs']\n", [None]),
        ("    volumes: ['./certs/a.pem:/etc/a.pem']\n", [None]),
        ("    volumes: ['./other/privkey.pem:/etc/a.pem']\n", [Confidence.MEDIUM]),
        ("    volumes: ['./certs:/certs:ro']\n", []),
        ("    volumes: ['.:/app']\n", []),
        ("    volumes: ['keys:/certs']\n", []),
        ("    volumes: ['./other/public.pem:/etc/public.pem']\n", []),
        ("    volumes: ['./other/monkey.pem:/etc/monkey.pem']\n", []),
        ("    secrets: [key]\n", []),
    ],
)
def test_a_key_that_its_service_can_change_is_found(
    rest: str, confidence: list[Confidence | None], tmp_path: Path
) -> None:
    lay(tmp_path, "certs/a.pem", pem_of_key(KEY), 0o600)
    tail = "volumes: {keys: {}}\nsecrets: {key: {file: ./certs/a.pem}}\n"
    hit = found("key-mounted-writable", of(tmp_path, service(rest) + tail))
    assert [each.confidence for each in hit] == confidence


@pytest.mark.parametrize("image", ["certbot/certbot:v4.0.0", "traefik:3.4.1", "caddy:2.10.0"])
def test_a_program_that_makes_certificates_may_write_them(image: str, tmp_path: Path) -> None:
    lay(tmp_path, "certs/a.pem", pem_of_key(KEY), 0o600)
    text = service("    volumes: ['./certs:/certs']\n", image)
    assert found("key-mounted-writable", of(tmp_path, text)) == []


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("postgres://u:p@db.example.com:5432/x", "db.example.com"),
        ("mongodb://u:p@a.example.com,b.example.com/x", "a.example.com"),
        ("redis://[2001:db8::1]:6379", "[2001:db8::1]"),
        ("user=x host=DB.example.com sslmode=disable", "db.example.com"),
        ("Server=tcp:sql.example.com,1433;Encrypt=False", "sql.example.com"),
        ("u:p@tcp(db.example.com:3306)/x?tls=false", "db.example.com"),
        ("postgres:///x?host=/run/postgresql", ""),
        ("plain words", ""),
    ],
)
def test_the_host_of_a_connection_string_is_found_in_each_form(text: str, host: str) -> None:
    assert host_in(text) == host


@pytest.mark.parametrize(
    "text",
    ["http://db/x", "http://127.0.0.1/x", "http://localhost/", "http://host.docker.internal/",
     "http://[::1]/", "http://db.internal/", "http://${HOST}.example.com/", "host=/run/pg"],
)  # fmt: skip
def test_a_connection_that_stays_on_the_machine_is_none_of_the_network(text: str) -> None:
    assert not leads_away(text)


@pytest.mark.parametrize(
    ("rule", "variable", "count"),
    [
        ("cleartext-connection", "U: 'postgres://db.example.com/x?sslmode=disable'", 1),
        ("cleartext-connection", "U: 'postgres://db.example.com/x?sslmode=disabled-not'", 0),
        ("cleartext-connection", "U: 'Server=sql.example.com;Encrypt=False'", 1),
        ("cleartext-connection", "U: 'ldap://ldap.example.com'", 1),
        ("cleartext-connection", "U: 'ldaps://ldap.example.com'", 0),
        ("cleartext-connection", "U: 'redis://cache:6379'", 0),
        ("cleartext-connection", "U: 'https://a.example.com/'", 0),
        ("unverified-connection", "U: 'Server=sql.example.com;TrustServerCertificate=True'", 1),
        ("unverified-connection", "U: 'Server=sql;TrustServerCertificate=True'", 0),
        ("unverified-connection", "KOMETA_NO_VERIFY_SSL: 'false'", 0),
        ("unverified-connection", "KOMETA_NO_VERIFY_SSL: 'true'", 1),
        ("unverified-connection", "GIT_SSL_NO_VERIFY: 'false'", 0),
        ("unverified-connection", "PIP_TRUSTED_HOST: pypi.example.com", 1),
    ],
)
def test_what_a_variable_says_of_tls_counts_where_it_leads_away(
    rule: str, variable: str, count: int
) -> None:
    assert len(hits(by_id()[rule], service(f"    environment:\n      {variable}\n"))) == count


@pytest.mark.parametrize(
    ("rest", "count"),
    [
        ("    command: [curl, --insecure, 'https://a.example.com']\n", 1),
        ("    entrypoint: [sh, -c, 'wget --no-check-certificate https://a.example.com']\n", 1),
        ("    command: curl -k https://a.example.com\n", 1),
        ("    command: curl -k https://127.0.0.1:8443\n", 0),
        ("    command: start --insecure\n", 0),
        ("    command: sort -k 2 list\n", 0),
        ("    healthcheck: {test: curl -k https://a.example.com}\n", 0),
    ],
)
def test_a_program_in_a_command_that_trusts_any_server_is_found(rest: str, count: int) -> None:
    assert len(hits(by_id()["unverified-connection"], service(rest))) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (service("    ports: ['80:80']\n"), 1),
        (service("    ports: ['80:80/udp']\n"), 0),
        (service("    ports: ['${BIND}:80:80']\n"), 0),
        (service("    ports: ['80:80', '8443:8400-8500']\n"), 0),
        (service("    ports: ['9999:9999']\n"), 0),
        ("services:\n  web:\n    build: .\n    ports: ['80:80']\n", 1),
        (service("    ports: ['80:80']\n") + "  b:\n    image: a/b:1\n    ports: ['81:81']\n", 1),
    ],
)
def test_plain_http_is_told_once_a_project(text: str, count: int) -> None:
    found_here = hits(by_id()["plain-http-published"], text)
    assert len(found_here) == count
    if "81:81" in text:
        assert [each.what for each in found_here[0].evidence] == ["so does `b`: port 81"]


def test_severities_are_those_of_the_table() -> None:
    assert by_id()["key-mode"].severity is Severity.HIGH
    assert by_id()["key-mounted-writable"].severity is Severity.LOW


def paths(project: Project, root: Path) -> list[str]:
    return [os.path.relpath(path, root) for path in project.certificates]


def test_only_what_a_service_gets_is_read(tmp_path: Path) -> None:
    for name in ("certs/a.crt", "certs/deep/er/b.crt", "certs/too/deep/for/c.crt", "d.crt",
                 "certs/note.txt", "app/e.pem", "app/node_modules/f.pem", "named"):  # fmt: skip
        lay(tmp_path, name, dated(-9, 400))
    text = service(
        "    volumes: ['./certs:/certs:ro', './app:/app', './named:/x/named', './none.key:/n']\n"
        "    environment: {TLS_CERT: /x/named, TLS_KEY: /elsewhere, CERT: relative}\n"
    )
    assert paths(of(tmp_path, text), tmp_path) == [
        "certs/a.crt", "certs/deep/er/b.crt", "app/e.pem", "named",
    ]  # fmt: skip


def test_a_secret_is_read_by_any_name_and_kept_where_it_is_a_key(tmp_path: Path) -> None:
    lay(tmp_path, "site", pem_of_key(KEY))
    lay(tmp_path, "password", b"hunter2")
    text = service("    secrets: [site, password, other]\n") + (
        "secrets:\n  site: {file: ./site}\n  password: {file: ./password}\n"
        "  other: {environment: X}\n"
    )
    assert paths(of(tmp_path, text), tmp_path) == ["site"]


def test_nothing_outside_of_the_repository_is_read(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    lay(tmp_path, "outside/a.crt", dated(-9, -1))
    lay(root, "certs/b.crt", dated(-9, 400))
    (root / "certs/link.crt").symlink_to("../../outside/a.crt")
    (root / "linked").symlink_to("../outside")
    text = service(
        "    volumes: ['../outside/a.crt:/a.crt', '../outside:/o', './certs:/c', './linked:/l']\n"
    )
    read = of(root, text).certificates
    assert {os.path.basename(path): file.faults for path, file in read.items()} == {  # noqa: PTH119 -- plain paths
        "b.crt": (),
        "link.crt": (OUTSIDE,),
    }


def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    os.mkfifo(tmp_path / "certs/a.pem")
    (tmp_path / "certs/b.pem").symlink_to("gone.pem")
    (tmp_path / "certs/c.pem").symlink_to("c.pem")
    (tmp_path / "certs/locked").mkdir(mode=0)
    assert of(tmp_path, service(CERTIFICATES)).certificates == {}


def test_what_else_a_service_gets_is_no_certificate(tmp_path: Path) -> None:
    lay(tmp_path, "certs/a.crt", dated(-400, -1))
    lay(tmp_path, "note", b"text")
    rest = "    secrets: [note]\n    volumes: ['./note:/note', data:/data, './certs:/certs']\n"
    text = service(rest) + "secrets: {note: {file: ./note}}\nvolumes: {data: {}}\n"
    assert len(found("certificate-expired", of(tmp_path, text))) == 1


def test_the_mode_of_a_mounted_key_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lay(tmp_path, "certs/a.key", pem_of_key(KEY))
    lay(tmp_path, "other.key", pem_of_key(KEY))
    lay(tmp_path, "compose.yaml", service(CERTIFICATES).encode())
    report = check((".",), CheckOptions(terms=Terms(), today=SETTINGS.today))
    told = [f for f in report.findings if f.rule in {"key-mode", "key-file-readable"}]
    assert {(f.rule, f.location.path, f.suppressed is not None) for f in told} == {
        ("key-mode", "compose.yaml", False),
        ("key-file-readable", "certs/a.key", True),
        ("key-file-readable", "other.key", False),
    }


def test_a_project_that_mounts_nothing_is_the_same(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text(service(""))
    whole = read_project([file], environment={})
    assert with_certificates(whole) is whole
