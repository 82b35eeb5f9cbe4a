"""The limits for each address."""

import subprocess

import pytest
from edge import TOP, Answer, Edge, poll


JOB = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"


def answers(edge: Edge, path: str, count: int, address: str, method: str = "POST") -> list[Answer]:
    return edge.flood(path, count, {"X-Test-Address": address}, method)


def statuses(*request) -> list[int]:
    return [answer.status for answer in answers(*request)]


@pytest.mark.parametrize(
    ("path", "at_once", "limit", "window", "retry"),
    [
        ("/api/me", 41, 10, 1, 1),
        ("/api/auth/login", 6, 10, 60, 6),
        ("/api/auth/register", 6, 10, 60, 6),
        ("/api/auth/password/forgot", 6, 10, 60, 6),
        ("/api/auth/password/reset", 6, 10, 60, 6),
        ("/api/auth/password/change", 6, 10, 60, 6),
        ("/api/auth/verify-email", 6, 10, 60, 6),
        ("/api/me/verification", 6, 10, 60, 6),
        ("/api/auth/logout", 21, 2, 1, 1),
        ("/api/videos/generate", 6, 2, 1, 1),
        ("/api/webhooks/stripe", 201, 50, 1, 1),
        ("/api/webhooks/pollo/token", 201, 50, 1, 1),
    ],
)
def test_a_path_takes_its_burst_and_then_says_when_to_come_back(
    limited: Edge, path: str, at_once: int, limit: int, window: int, retry: int
) -> None:
    for number in range(20):
        # On a slow machine the allowance comes back while it is being used up.
        found = answers(limited, path, at_once, "203.0.113.1")
        if number == 0:
            assert {answer.status for answer in found} == {200}
        if found[-1].status == 429:
            break
    answer = found[-1]
    assert answer.status == 429
    assert answer.headers["retry-after"] == str(retry)
    assert answer.error == {
        "code": "RATE_LIMITED",
        "message": answer.error["message"],
        "action": "retry",
        "details": {"limit": limit, "windowSeconds": window, "retryAfterSeconds": retry},
    }
    words = "a second" if retry == 1 else f"{retry} seconds"
    assert answer.error["message"].endswith(f"Try again in {words}.")
    assert answer.json()["requestId"] == answer.headers["x-request-id"]
    for name in ("strict-transport-security", "content-security-policy", "referrer-policy"):
        assert name in answer.headers


def test_a_flood_by_users_does_not_keep_the_vendors_out(limited: Edge) -> None:
    assert 429 in statuses(limited, "/api/me", 100, "203.0.113.1")
    assert statuses(limited, "/api/webhooks/stripe", 20, "203.0.113.1") == [200] * 20


@pytest.mark.parametrize("path", ["/api/me", "/api/auth/login", "/api/videos/generate"])
def test_a_flood_does_not_keep_anybody_from_signing_out(limited: Edge, path: str) -> None:
    assert 429 in statuses(limited, path, 100, "203.0.113.1")
    assert statuses(limited, "/api/auth/logout", 10, "203.0.113.1") == [200] * 10


def test_a_flood_of_connections_does_not_keep_anybody_from_signing_out(limited: Edge) -> None:
    address = {"X-Test-Address": "203.0.113.1"}
    # A request whose body does not end holds its place among the connections of its address.
    open_ones = []
    for _ in range(70):
        connection = limited.connect()
        head = f"GET /api/videos/{JOB}/file HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
        connection.sendall(f"{head}X-Test-Address: 203.0.113.1\r\n\r\n".encode())
        open_ones.append(connection)
    poll(lambda: limited.request("/api/tiers", headers=address).status == 429)
    assert limited.request("/api/auth/logout", "POST", address, b"{}").status == 200
    for connection in open_ones:
        connection.close()


def test_one_address_does_not_use_up_the_allowance_of_another(limited: Edge) -> None:
    assert 429 in statuses(limited, "/api/auth/login", 10, "203.0.113.1")
    assert statuses(limited, "/api/auth/login", 6, "203.0.113.2") == [200] * 6


def test_an_ipv6_network_counts_as_one_address(limited: Edge) -> None:
    within = [f"2001:db8:1:1:{number:x}::1" for number in range(1, 12)]
    found = [statuses(limited, "/api/auth/login", 1, address)[0] for address in within]
    assert found == [200] * 6 + [429] * 5
    assert statuses(limited, "/api/auth/login", 1, "2001:db8:1:2::1") == [200]
    # A zero byte, a line feed and high bytes are in these addresses: the key is binary.
    assert statuses(limited, "/api/auth/login", 6, "2001:0:a0a:ff00::1") == [200] * 6
    assert statuses(limited, "/api/auth/login", 1, "2001:0:a0a:ff00:1::") == [429]


def test_a_page_of_pictures_fits(limited: Edge) -> None:
    path = f"/api/videos/{JOB}/poster"
    assert statuses(limited, path, 100, "203.0.113.1", "GET") == [200] * 100


def test_a_header_does_not_give_a_fresh_allowance(production: Edge) -> None:
    found = [
        production.request(
            "/api/auth/login", "POST", {"X-Forwarded-For": f"203.0.113.{number}"}, b"{}"
        ).status
        for number in range(12)
    ]
    assert found.count(200) == 6


def test_the_limits_can_be_lifted_in_development(edge: Edge) -> None:
    found = [edge.request("/api/auth/login", "POST", body=b"{}").status for _ in range(60)]
    assert found == [200] * 60


def test_the_limits_cannot_be_lifted_in_production(tmp_path) -> None:
    for name, value in (("RUSHES_IP_LIMITS", "off"), ("RUSHES_SANDBOX_PORT", "8444")):
        found = subprocess.run(
            [TOP / "bin/nginx-conf", "production", tmp_path / "conf"],
            env={
                "PATH": "/usr/bin:/bin",
                "RUSHES_SERVER_NAME": "rushes.test",
                "RUSHES_TLS_CERTIFICATE": "/etc/c.pem",
                "RUSHES_TLS_KEY": "/etc/k.pem",
                name: value,
            },
            capture_output=True,
            text=True,
        )
        assert found.returncode == 1
        assert name in found.stderr
