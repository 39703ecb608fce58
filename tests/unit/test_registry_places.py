"""Where a registry is asked, by which certificates, through which proxy, and where it may lead."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import certificate, new_key, pem, pem_of_key
from cryptography import x509
from registry_double import Double, Handler, layer_of, serving

from seawall.core.errors import InputError
from seawall.surfaces.image import Reference
from seawall.surfaces.registry.client import RegistryClient
from seawall.surfaces.registry.endpoints import endpoints_of
from seawall.surfaces.registry.errors import RegistryError, UnreachableError
from seawall.surfaces.registry.options import Credential, Mirror, RegistryOptions
from seawall.surfaces.registry.proxies import proxy_for
from seawall.surfaces.registry.transport import Transport
from seawall.surfaces.registry.zones import Zone, may_send, zone_of, zone_of_name

LOCAL = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]


def options(home: Path, **more: Any) -> RegistryOptions:
    environment = {"HOME": str(home), **more.pop("env", {})}
    return RegistryOptions(environment=environment, settings=str(home / "etc"), **more)


def client_of(home: Path, **more: Any) -> RegistryClient:
    return RegistryClient(options(home, **more), sleep=lambda seconds: None)


# Endpoints


def urls(registry: str, home: Path, **more: Any) -> list[str]:
    return [endpoint.url for endpoint in endpoints_of(registry, options(home, **more))]


@pytest.mark.parametrize(
    ("registry", "expected"),
    [
        ("docker.io", ["https://registry-1.docker.io:443"]),
        ("ghcr.io", ["https://ghcr.io:443"]),
        ("reg.example:5000", ["https://reg.example:5000"]),
        ("localhost", ["https://localhost:443", "http://localhost:80"]),
        ("LocalHost:5000", ["https://localhost:5000", "http://localhost:5000"]),
        ("127.8.9.1:5000", ["https://127.8.9.1:5000", "http://127.8.9.1:5000"]),
        ("[::1]:5000", ["https://[::1]:5000", "http://[::1]:5000"]),
        ("[2001:db8::1]", ["https://[2001:db8::1]:443"]),
        ("192.168.1.2:5000", ["https://192.168.1.2:5000"]),
        ("localhost.example", ["https://localhost.example:443"]),
    ],
)
def test_only_this_machine_is_asked_without_tls(
    registry: str, expected: list[str], tmp_path: Path
) -> None:
    assert urls(registry, tmp_path) == expected


def test_what_the_user_calls_insecure_is_asked_without_tls_after_all(tmp_path: Path) -> None:
    secure, plain = endpoints_of(
        "reg.example:5000", options(tmp_path, insecure=("reg.example:5000",))
    )
    assert (secure.scheme, secure.is_verified, secure.may_login) == ("https", False, True)
    assert (plain.scheme, plain.may_login) == ("http", True)
    assert urls("reg.example", tmp_path, insecure=("reg.example:5000",)) == [
        "https://reg.example:443"
    ]


@pytest.mark.parametrize("registry", ["reg.example:0", "reg.example:65536", "reg.example:99999"])
def test_a_port_is_a_number_that_ports_have(registry: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="port"):
        urls(registry, tmp_path)


def test_mirrors_of_docker_hub_are_those_of_the_options_and_of_the_engine(tmp_path: Path) -> None:
    settings = tmp_path / "etc/docker"
    settings.mkdir(parents=True)
    (settings / "daemon.json").write_text('{"registry-mirrors": ["https://m2/", "http://m3:5000"]}')
    mirrors = (Mirror("docker.io", "https://m1"), Mirror("ghcr.io", "https://g1"))
    assert urls("docker.io", tmp_path, mirrors=mirrors) == [
        "https://m1:443",
        "https://m2:443",
        "http://m3:5000",
        "https://registry-1.docker.io:443",
    ]
    assert urls("ghcr.io", tmp_path, mirrors=mirrors) == ["https://g1:443", "https://ghcr.io:443"]
    plain = endpoints_of("docker.io", options(tmp_path, mirrors=mirrors))[2]
    assert not plain.may_login
    (settings / "daemon.json").write_text("{nonsense")
    assert urls("docker.io", tmp_path) == ["https://registry-1.docker.io:443"]


@pytest.mark.parametrize(
    "url",
    [
        "m1",
        "ftp://m1",
        "https://",
        "https://me:it@m1",
        "https://m1/path",
        "https://m1?x",
        "http://[:",
    ],
)
def test_a_mirror_is_the_url_of_a_host(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="mirror") as caught:
        urls("docker.io", tmp_path, mirrors=(Mirror("docker.io", url),))
    assert "me:it" not in caught.value.message


# Zones


@pytest.mark.parametrize(
    ("address", "zone"),
    [
        ("8.8.8.8", Zone.PUBLIC),
        ("2606:4700::1", Zone.PUBLIC),
        ("10.1.2.3", Zone.PRIVATE),
        ("172.31.0.1", Zone.PRIVATE),
        ("192.168.0.1", Zone.PRIVATE),
        ("100.64.0.1", Zone.PRIVATE),
        ("fc00::1", Zone.PRIVATE),
        ("127.0.0.1", Zone.LOOPBACK),
        ("127.255.255.254", Zone.LOOPBACK),
        ("0.0.0.0", Zone.LOOPBACK),  # noqa: S104 -- judged, not bound
        ("::1", Zone.LOOPBACK),
        ("::", Zone.LOOPBACK),
        ("::ffff:127.0.0.1", Zone.LOOPBACK),
        ("64:ff9b::127.0.0.1", Zone.LOOPBACK),
        ("2002:7f00:1::", Zone.LOOPBACK),
        ("169.254.169.254", Zone.LINK_LOCAL),
        ("::ffff:169.254.169.254", Zone.LINK_LOCAL),
        ("64:ff9b::a9fe:a9fe", Zone.LINK_LOCAL),
        ("fe80::1", Zone.LINK_LOCAL),
        ("fe80::1%lo", Zone.LINK_LOCAL),
        ("fd00:ec2::254", Zone.LINK_LOCAL),
        ("100.100.100.200", Zone.LINK_LOCAL),
        ("168.63.129.16", Zone.LINK_LOCAL),
        ("224.0.0.1", Zone.LINK_LOCAL),
        ("255.255.255.255", Zone.LINK_LOCAL),
        ("240.0.0.1", Zone.LINK_LOCAL),
        ("ff02::1", Zone.LINK_LOCAL),
    ],
)
def test_each_address_has_its_zone(address: str, zone: Zone) -> None:
    assert zone_of(address) is zone
    assert zone_of_name(address) is zone


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "a.localhost", "[::1]", "127.0.0.1."])
def test_names_of_this_machine_are_known(name: str) -> None:
    assert zone_of_name(name) is Zone.LOOPBACK


@pytest.mark.parametrize(
    ("home", "secure", "plain"),
    [
        (Zone.PUBLIC, {Zone.PUBLIC, Zone.PRIVATE}, {Zone.PUBLIC}),
        (Zone.PRIVATE, {Zone.PUBLIC, Zone.PRIVATE}, {Zone.PUBLIC, Zone.PRIVATE}),
        (
            Zone.LOOPBACK,
            {Zone.PUBLIC, Zone.PRIVATE, Zone.LOOPBACK},
            {Zone.PUBLIC, Zone.PRIVATE, Zone.LOOPBACK},
        ),
        (
            Zone.LINK_LOCAL,
            {Zone.PUBLIC, Zone.PRIVATE, Zone.LINK_LOCAL},
            {Zone.PUBLIC, Zone.PRIVATE, Zone.LINK_LOCAL},
        ),
    ],
)
def test_a_registry_sends_us_only_where_it_may(
    home: Zone, secure: set[Zone], plain: set[Zone]
) -> None:
    assert {zone for zone in Zone if may_send(home, zone, is_secure=True)} == secure
    assert {zone for zone in Zone if may_send(home, zone, is_secure=False)} == plain


# Proxies


@pytest.mark.parametrize(
    ("host", "env", "proxy"),
    [
        ("reg.example", {}, ""),
        ("reg.example", {"HTTPS_PROXY": "http://p:3128"}, "http://p:3128"),
        ("reg.example", {"https_proxy": "http://low", "HTTPS_PROXY": "http://up"}, "http://low"),
        ("reg.example", {"https_proxy": "", "HTTPS_PROXY": "http://up"}, ""),
        ("reg.example", {"ALL_PROXY": "p:3128"}, "http://p:3128"),
        ("reg.example", {"HTTP_PROXY": "http://p"}, ""),
        ("localhost", {"HTTPS_PROXY": "http://p"}, ""),
        ("127.0.0.2", {"HTTPS_PROXY": "http://p"}, ""),
        ("[::1]", {"HTTPS_PROXY": "http://p"}, ""),
        ("reg.example", {"HTTPS_PROXY": "http://p", "NO_PROXY": "a, example"}, ""),
        ("reg.example", {"HTTPS_PROXY": "http://p", "NO_PROXY": ".example"}, ""),
        ("reg.example", {"HTTPS_PROXY": "http://p", "NO_PROXY": "*.example"}, ""),
        ("reg.example", {"HTTPS_PROXY": "http://p", "NO_PROXY": "*"}, ""),
        ("reg.example", {"HTTPS_PROXY": "http://p", "NO_PROXY": "REG.example:5000"}, ""),
        ("reg.example", {"HTTPS_PROXY": "http://p", "NO_PROXY": "reg.example:443"}, "http://p"),
        ("reg.example", {"HTTPS_PROXY": "http://p", "NO_PROXY": "g.example,,"}, "http://p"),
        ("reg.example", {"HTTPS_PROXY": "http://p", "NO_PROXY": "10.0.0.0/8"}, "http://p"),
        ("10.2.3.4", {"HTTPS_PROXY": "http://p", "NO_PROXY": "10.0.0.0/8"}, ""),
        ("10.2.3.4", {"HTTPS_PROXY": "http://p", "NO_PROXY": "10.0.0.0/99"}, "http://p"),
        ("[2001:db8::1]", {"HTTPS_PROXY": "http://p", "NO_PROXY": "[2001:db8::1]:5000"}, ""),
        ("[2001:db8::1]", {"HTTPS_PROXY": "http://p", "NO_PROXY": "2001:db8::/32"}, ""),
        ("[2001:db8::1]", {"HTTPS_PROXY": "http://p", "NO_PROXY": "2001:db8::1"}, ""),
    ],
)
def test_the_environment_says_which_proxy(host: str, env: dict[str, str], proxy: str) -> None:
    assert proxy_for("https", host, 5000, env) == proxy


def test_a_proxy_that_a_request_brought_is_none() -> None:
    env = {"HTTP_PROXY": "http://evil", "REQUEST_METHOD": "GET"}
    assert proxy_for("http", "reg.example", 80, env) == ""


def test_a_proxy_of_another_kind_is_said() -> None:
    with pytest.raises(InputError, match="proxy"):
        proxy_for("https", "reg.example", 443, {"ALL_PROXY": "socks5://me:it@p"})


def test_a_registry_is_asked_through_a_proxy(tmp_path: Path) -> None:
    with serving() as proxy:
        there = proxy.push("acme/app", "1", [layer_of(a=b"x")])

        def relay(handler: Handler) -> bool:
            handler.seen.path = handler.seen.path.removeprefix("http://reg.example:80")
            if handler.command == "CONNECT":
                handler.error(403)
                return True
            return False

        proxy.intercept = relay
        env = {"all_proxy": f"http://me:p%40ss@{proxy.name}"}
        named = Reference("reg.example", "acme/app", "1")
        with client_of(tmp_path, env=env, insecure=("reg.example",), attempts=1) as client:
            assert client.manifest(named).digest == there
        assert proxy.seen[-1].target.startswith("http://reg.example")
        assert proxy.seen[-1].headers["Proxy-Authorization"] == "Basic bWU6cEBzcw=="


def test_a_proxy_that_is_not_there_is_said_without_its_password(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        env = {"HTTPS_PROXY": f"http://me:s3cret@127.0.0.1:{reserved.getsockname()[1]}"}
        with (
            client_of(tmp_path, env=env, attempts=1) as client,
            pytest.raises(RegistryError, match="proxy") as caught,
        ):
            client.manifest(Reference("reg.example", "app", "1"))
    assert "s3cret" not in caught.value.message + caught.value.hint


# TLS


class Authority:
    """An authority with a server's and a client's certificate, and the files of all."""

    def __init__(self, directory: Path) -> None:
        key = new_key()
        self.path = directory / "ca.crt"
        self.path.write_bytes(pem(certificate(key, subject="ca", is_authority=True)))
        issuer = ("ca", key)
        self.server = self._pair(directory, "server", issuer)
        self.client = self._pair(directory, "client", issuer)

    def _pair(self, directory: Path, name: str, issuer: tuple[str, Any]) -> tuple[Path, Path]:
        key = new_key()
        made = certificate(key, subject=name, names=LOCAL, issuer=issuer, is_authority=False)
        (directory / f"{name}.cert").write_bytes(pem(made))
        (directory / f"{name}.key").write_bytes(pem_of_key(key))
        return directory / f"{name}.cert", directory / f"{name}.key"

    def context(self, *, asks: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.server)
        if asks:
            context.load_verify_locations(self.path)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def double(authority: Authority) -> Iterator[Double]:
    with serving(authority.context()) as running:
        running.push("acme/app", "1", [layer_of(a=b"x")])
        yield running


def exists(home: Path, double: Double, **more: Any) -> bool:
    with client_of(home, **more) as client:
        return client.exists(Reference(double.name, "acme/app", "1"))


def test_a_certificate_of_an_unknown_authority_is_refused(double: Double, tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="certificate is not good") as caught:
        exists(tmp_path, double)
    assert caught.value.is_refused
    assert "certs.d" in caught.value.hint
    assert double.seen == []


def test_an_authority_may_be_named(double: Double, tmp_path: Path, authority: Authority) -> None:
    assert exists(tmp_path, double, ca_bundle=str(authority.path))


@pytest.mark.parametrize(
    "place",
    [
        "etc/docker/certs.d",
        "etc/containers/certs.d",
        ".config/containers/certs.d",
        ".config/docker/certs.d",
    ],
)
def test_an_authority_is_found_where_docker_and_podman_look(
    double: Double, tmp_path: Path, authority: Authority, place: str
) -> None:
    directory = tmp_path / place / double.name
    directory.mkdir(parents=True)
    (directory / "ca.crt").write_bytes(authority.path.read_bytes())
    assert exists(tmp_path, double)


def test_the_authority_of_another_port_does_not_count(
    double: Double, tmp_path: Path, authority: Authority
) -> None:
    directory = tmp_path / "etc/docker/certs.d/127.0.0.1"
    directory.mkdir(parents=True)
    (directory / "ca.crt").write_bytes(authority.path.read_bytes())
    with pytest.raises(UnreachableError):
        exists(tmp_path, double)


def test_what_the_user_calls_insecure_is_not_verified(double: Double, tmp_path: Path) -> None:
    login = Credential("me", "it")
    assert exists(tmp_path, double, insecure=(double.name,), credential=login)


def test_a_certificate_for_another_name_is_refused(
    double: Double, tmp_path: Path, authority: Authority
) -> None:
    with client_of(tmp_path, ca_bundle=str(authority.path)) as client:
        named = Reference(double.name.replace("127.0.0.1", "127.0.0.2"), "acme/app", "1")
        with pytest.raises(UnreachableError):
            client.manifest(named)


@pytest.mark.parametrize("how", ["options", "certs.d"])
def test_a_clients_certificate_is_shown(tmp_path: Path, authority: Authority, how: str) -> None:
    with serving(authority.context(asks=True)) as double:
        double.push("acme/app", "1", [layer_of(a=b"x")])
        certificate_file, key = authority.client
        more = {"client_certificate": str(certificate_file), "client_key": str(key)}
        if how == "certs.d":
            directory = tmp_path / "etc/docker/certs.d" / double.name
            directory.mkdir(parents=True)
            for path in (certificate_file, key):
                (directory / path.name).write_bytes(path.read_bytes())
            more = {}
        assert exists(tmp_path, double, ca_bundle=str(authority.path), **more)
        with pytest.raises(UnreachableError):
            exists(tmp_path / "none", double, ca_bundle=str(authority.path))


def test_certificates_that_can_not_be_read_are_said(
    double: Double, tmp_path: Path, authority: Authority
) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    encrypted = tmp_path / "locked.key"
    encrypted.write_bytes(pem_of_key(new_key(), password=b"secret"))
    with pytest.raises(InputError, match="authorities"):
        exists(tmp_path, double, ca_bundle=str(empty))
    with pytest.raises(InputError, match="No such file"):
        exists(tmp_path, double, ca_bundle="/nowhere.pem")
    with pytest.raises(InputError, match="client's certificate"):
        exists(
            tmp_path,
            double,
            client_certificate=str(authority.client[0]),
            client_key=str(encrypted),
        )


def test_tls_leads_to_nothing_without_tls(
    double: Double, tmp_path: Path, authority: Authority
) -> None:
    with serving() as plain:
        for location in (plain.url, f"http://{double.name}/v2/"):

            def redirect(handler: Handler, location: str = location) -> bool:
                handler.send(302, Location=location)
                return True

            double.intercept = redirect
            with pytest.raises(RegistryError, match="without TLS"):
                exists(tmp_path, double, ca_bundle=str(authority.path))
        assert plain.seen == []


def test_a_realm_without_tls_is_not_asked_by_a_registry_with_it(
    double: Double, tmp_path: Path, authority: Authority
) -> None:
    with serving() as plain:

        def ask(handler: Handler) -> bool:
            handler.error(401, WWW_Authenticate=f'Bearer realm="{plain.url}/token"')
            return True

        double.intercept = ask
        login = Credential("me", "it")
        with pytest.raises(RegistryError, match="without TLS"):
            exists(tmp_path, double, ca_bundle=str(authority.path), credential=login)
        assert plain.seen == []


def test_a_registry_that_once_spoke_tls_is_not_asked_without(
    tmp_path: Path, authority: Authority
) -> None:
    with serving(authority.context()) as double:
        double.push("acme/app", "1", [layer_of(a=b"x")])
        client = client_of(tmp_path, ca_bundle=str(authority.path), attempts=1)
        named = Reference(double.name, "acme/app", "1")
        assert client.exists(named)
        assert [session.endpoint.scheme for session in client._of(double.name)] == ["https"]
        client.close()


def test_a_line_that_breaks_after_tls_does_not_lead_to_http(
    double: Double, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    schemes: list[str] = []
    send = Transport.send

    def watched(self: Transport, *arguments: Any) -> Any:
        schemes.append(self._endpoint.scheme)
        return send(self, *arguments)

    def breaks(handler: Handler) -> bool:
        if "/token" in handler.path:
            handler.close_connection = True
        else:
            handler.error(401, WWW_Authenticate=f'Bearer realm="{double.url}/token"')
        return True

    monkeypatch.setattr(Transport, "send", watched)
    double.intercept = breaks
    with pytest.raises(UnreachableError, match="broke"):
        exists(tmp_path, double, ca_bundle=str(authority.path))
    assert set(schemes) == {"https"}


def test_docker_hub_is_known_by_its_own_name_in_certs_d(tmp_path: Path) -> None:
    (endpoint,) = endpoints_of("docker.io", options(tmp_path))
    assert endpoint.registry == "docker.io"


def test_a_name_that_only_leads_to_this_machine_is_no_way_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    """The registry is public, what it sends us to resolves to loopback: refused on connecting."""
    monkeypatch.setattr("seawall.surfaces.registry.connections.zone_of", _pretend)
    with serving(authority.context()) as double:

        def redirect(handler: Handler) -> bool:
            handler.send(302, Location=f"https://localhost.example:{double.port}/blob")
            return True

        double.intercept = redirect
        found = socket.getaddrinfo

        def resolve(host: str, port: int, *rest: Any) -> Any:
            return found("127.0.0.2" if host == "localhost.example" else host, port, *rest)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        with pytest.raises(RegistryError, match=r"localhost\.example"):
            exists(tmp_path, double, ca_bundle=str(authority.path))
        assert len(double.seen) == 1


def _pretend(address: str) -> Zone:
    return Zone.PUBLIC if address == "127.0.0.1" else zone_of(address)
