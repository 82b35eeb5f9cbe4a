"""What nginx does before it looks at a path: versions, names, redirects."""

import socket
import ssl
import subprocess

import pytest
from edge import Edge


@pytest.mark.parametrize(
    ("package", "oldest"),
    [
        ("nginx", "1.22.1-9+deb12u11"),
        ("libfcgi-dev", "2.4.2-2+deb12u1"),
        ("openssl", "3.0.22-1~deb12u2"),
        ("curl", "7.88.1-10+deb12u15"),
        ("mariadb-server-core", "1:10.11.19"),
    ],
)
def test_no_package_with_a_known_hole_is_used(package: str, oldest: str) -> None:
    query = ["dpkg-query", "-W", "-f", "${Version}", package]
    found = subprocess.run(query, check=True, capture_output=True, text=True).stdout
    assert subprocess.run(["dpkg", "--compare-versions", found, "ge", oldest]).returncode == 0


def handshake(edge: Edge, version: ssl.TLSVersion) -> str | None:
    context = edge.tls()
    # Our own library must not be what refuses the old version.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    raw = socket.create_connection(("127.0.0.1", edge.https_port), timeout=5)
    with context.wrap_socket(raw, server_hostname=edge.name) as secured:
        return secured.version()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_of_tls_are_refused(edge: Edge, production: Edge, version) -> None:
    for server in (edge, production):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            handshake(server, version)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_current_versions_of_tls_are_taken(edge: Edge, production: Edge, version) -> None:
    for server in (edge, production):
        assert handshake(server, version) == version.name.replace("_", ".")


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.1"])
def test_an_unknown_host_gets_no_answer(edge: Edge, host: str, plain: bool) -> None:
    with pytest.raises(ConnectionResetError):
        edge.request("/api/x", host=host, plain=plain)


@pytest.mark.parametrize("plain", [False, True])
def test_an_empty_host_is_a_bad_request(edge: Edge, plain: bool) -> None:
    assert edge.request("/api/x", host="", plain=plain).status == 400


@pytest.mark.parametrize("host", ["localhost", "localhost:8443", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_loopback_names_are_served_in_development(edge: Edge, host: str) -> None:
    assert edge.request("/api/x", host=host).status == 200


@pytest.mark.parametrize("name", ["", "evil.example", "localhost"])
def test_production_shakes_hands_for_its_own_name_alone(production: Edge, name: str) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        production.connect(server_name=name)
    assert production.request("/api/x").status == 200


def test_production_answers_no_other_host_on_a_good_connection(production: Edge) -> None:
    with pytest.raises(ConnectionResetError):
        production.request("/api/x", host="evil.example")


@pytest.mark.parametrize("path", ["/", "/pricing?a=1&b=%20", "/api/tiers", "/%0d%0aX:y"])
def test_production_sends_all_of_plain_http_to_https(production: Edge, path: str) -> None:
    answer = production.request(path, plain=True)
    assert answer.status == 301
    assert answer.headers["location"] == f"https://rushes.test{path}"


@pytest.mark.parametrize("path", ["/", "/pricing?a=1", "/assets/x/y", "/%0d%0aX:y"])
def test_development_sends_pages_to_https(edge: Edge, path: str) -> None:
    answer = edge.request(path, plain=True)
    assert answer.status == 301
    assert answer.headers["location"] == f"https://localhost:{edge.https_port}{path}"


def test_development_serves_the_api_over_plain_http(edge: Edge) -> None:
    told = edge.told("/api/tiers", plain=True)
    assert told["DOCUMENT_URI"] == "/api/tiers"
    assert "HTTPS" not in told
    assert edge.told("/api/tiers")["HTTPS"] == "on"
