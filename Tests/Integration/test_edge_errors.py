"""nginx's own errors, and the headers that every answer carries."""

import json
import re
import socket
import subprocess

import pytest
from edge import TOP, Edge

LARGE = bytes(70_000)

# Name of the error: how to provoke it, its status, code and action.
API_ERRORS = {
    "a bad request": ({"headers": [("Content-Length", "1"), ("Content-Length", "2")]}, 400, "INVALID_INPUT", "correct_input"),
    "a method nginx refuses": ({"method": "TRACE"}, 405, "METHOD_NOT_ALLOWED", None),
    "a body too large": ({"method": "POST", "body": LARGE}, 413, "PAYLOAD_TOO_LARGE", "correct_input"),
    "a chunked body too large": ({"method": "POST", "body": LARGE, "chunked": True}, 413, "PAYLOAD_TOO_LARGE", "correct_input"),
    "an address too long": ({"path": "/api/" + "a" * 9_000}, 414, "INVALID_INPUT", "correct_input"),
    "headers too large": ({"headers": {"X-A": "a" * 9_000}}, 431, "INVALID_INPUT", "correct_input"),
    "a file that is gone": ({"path": "/api/x?accel=/_media/none.mp4"}, 404, "NOT_FOUND", None),
}  # fmt: skip

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "server": "nginx",
}


def assert_headers(answer, page: bool, plain: bool = False) -> None:
    for name, value in EVERYWHERE.items():
        assert answer.headers[name] == value
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    assert "microphone=()" in answer.headers["permissions-policy"]
    assert "referrer-policy" in answer.headers
    assert "x-powered-by" not in answer.headers
    # Never over plain HTTP, RFC 6797 section 7.2.
    age = re.fullmatch(r"max-age=(\d+).*", answer.headers.get("strict-transport-security", ""))
    assert plain or int(age[1]) >= 31_536_000
    assert not (plain and age)
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    if page:
        for part in (
            "default-src 'none'",
            "script-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "require-trusted-types-for 'script'",
        ):
            assert part in policy.split("; ")
        assert "unsafe" not in policy
    else:
        assert policy == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("plain", [False, True], ids=["tls", "plain"])
@pytest.mark.parametrize("name", API_ERRORS)
def test_an_error_of_nginx_under_api_is_our_json(edge: Edge, name: str, plain: bool) -> None:
    request, status, code, action = API_ERRORS[name]
    answer = edge.request(**{"path": "/api/x", "plain": plain, **request})
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.error["code"] == code
    assert answer.error.get("action") == action
    assert answer.error["message"]
    assert answer.json()["requestId"] == answer.headers["x-request-id"]
    assert_headers(answer, page=False, plain=plain)


# Whatever nginx refuses before there is a path, or because of one header: the request line, further
# headers, and the status.
REFUSED = {
    "a header line that is none": ("GET /api/x HTTP/1.1", "no colon\0here", 400),
    "a request line that is none": ("GET /api/x y HTTP/1.1", "", 400),
    "no method": ("/api/x HTTP/1.1", "", 400),
    "a method that is none": ("gEt /api/x HTTP/1.1", "", 400),
    "a tunnel": ("CONNECT /api/x HTTP/1.1", "", 405),
    "a path with a zero": ("GET /api/%00 HTTP/1.1", "", 400),
    "an encoding of the body": ("POST /api/x HTTP/1.1", "Transfer-Encoding: gzip", 501),
    "two framings": ("POST /api/x HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 3", 400),
    "a newer protocol": ("GET /api/x HTTP/3.0", "", 505),
    "a much newer protocol": ("GET /api/x HTTP/99.1", "", 505),
    "a proxy's form": ("GET https://localhost/api/x HTTP/3.0", "", 505),
    "an odd method": ("MKCOL_X /api/x HTTP/3.0", "", 505),
    "many headers": ("GET /api/x HTTP/1.1", "\r\n".join(f"X-{n}: 1" for n in range(120)), None),
}


@pytest.mark.parametrize("plain", [False, True], ids=["tls", "plain"])
@pytest.mark.parametrize("name", REFUSED)
def test_whatever_nginx_refuses_under_api_is_our_json(edge: Edge, name: str, plain: bool) -> None:
    request_line, headers, status = REFUSED[name]
    answer = edge.raw(request_line, headers, plain)
    assert answer.status == status or (status is None and answer.status in (400, 431))
    if name == "no method":
        # Nothing says that it is for the API.
        assert answer.headers["content-type"].startswith("text/html")
        return
    assert answer.headers["content-type"] == "application/json", answer
    assert answer.error["code"] and answer.error["message"]
    assert answer.json()["requestId"] == answer.headers["x-request-id"]
    assert_headers(answer, page=False, plain=plain)


def test_plain_http_at_the_port_of_tls_is_told_in_json(edge: Edge) -> None:
    connection = socket.create_connection(("127.0.0.1", edge.https_port), timeout=20)
    connection.sendall(b"GET /api/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    head, body = b"".join(iter(lambda: connection.recv(65_536), b"")).split(b"\r\n\r\n", 1)
    connection.close()
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Range": "bytes=5000-"}, 416), ({"If-Match": '"other"'}, 412)]
    + [({"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:01 GMT"}, 412)],
)
def test_a_file_that_cannot_be_sent_as_asked_is_our_json(
    edge: Edge, headers: dict[str, str], status: int
) -> None:
    (edge.folder / "media/part.mp4").write_bytes(bytes(1024))
    answer = edge.request("/api/x?accel=/_media/part.mp4&type=video/mp4", headers=headers)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.error["code"]
    assert answer.headers["cache-control"] == "no-store"


def test_every_error_that_nginx_can_make_is_named() -> None:
    """One that is not in the list is HTML of nginx's own, in the API too."""
    text = (TOP / "nginx/server.conf").read_text()
    named = {int(number) for number in re.findall(r"\b[45]\d\d\b", text)}
    # What nginx's core and the modules that we use can end a request with.
    made = {400, 403, 404, 405, 408, 411, 412, 413, 414, 416, 421, 429, 494, 495, 496, 497}
    assert made | {500, 501, 502, 503, 504, 505, 507} <= named
    # A location's own list drops all of these; those of pages name their own.
    for name in ("api.conf", "application.conf"):
        assert "error_page " not in re.sub(r"#.*", "", (TOP / "nginx" / name).read_text())


@pytest.mark.parametrize(
    ("options", "code"),
    [(["--data-binary", "@-"], "PAYLOAD_TOO_LARGE")]
    + [([f"-HX-{number}: 1" for number in range(120)], "INVALID_INPUT")],
    ids=["body", "headers"],
)
def test_an_error_by_http_2_is_our_json_too(edge: Edge, options: list[str], code: str) -> None:
    command = ["curl", "--silent", "--noproxy", "*", "--http2", *options]
    command += ["--cacert", edge.folder / "certificate.pem", "--write-out", "%{http_version}"]
    command += [f"https://localhost:{edge.https_port}/api/x"]
    output = subprocess.run(command, input=LARGE, capture_output=True, check=True).stdout
    assert output.endswith(b"}2")
    assert json.loads(output[:-1])["error"]["code"] == code


def test_an_error_before_the_path_is_known_is_no_json_for_a_page(edge: Edge) -> None:
    answer = edge.request("/" + "a" * 9_000)
    assert answer.status == 414
    assert answer.headers["content-type"].startswith("text/html")
    assert_headers(answer, page=True)


def test_without_the_application_an_answer_is_502_and_worth_a_retry(tmp_path) -> None:
    with Edge(tmp_path / "e", responder=False) as alone:
        answer = alone.request("/api/x")
        assert (answer.status, answer.error["code"]) == (502, "API_ERROR")
        assert answer.error["action"] == "retry"
        assert int(answer.headers["retry-after"]) > 0
        assert_headers(answer, page=False)
        assert alone.request("/").status == 200


@pytest.mark.parametrize("status", [400, 401, 402, 404, 409, 413, 429, 500, 503])
def test_the_errors_of_the_application_pass_untouched(edge: Edge, status: int) -> None:
    answer = edge.request(f"/api/x?status={status}&type=application/problem%2Bjson")
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["QUERY_STRING"].startswith(f"status={status}")
    assert_headers(answer, page=False)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/", "GET", 200), ("/", "POST", 405), ("/no-such-page", "GET", 404), ("/", "TRACE", 405)]
    + [("/assets/none/none.css", "GET", 404), ("/", "PUT", 405), ("/.git/config", "GET", 404)],
)
def test_pages_and_their_errors_carry_the_page_policy(
    edge: Edge, path: str, method: str, status: int
) -> None:
    answer = edge.request(path, method)
    assert answer.status == status
    assert answer.headers["content-type"].startswith("text/html")
    assert_headers(answer, page=True)


def test_a_large_body_to_a_page_is_413(edge: Edge) -> None:
    answer = edge.request("/", "POST", body=LARGE)
    assert answer.status == 413
    assert b"<h1>" in answer.body


def test_a_redirect_carries_the_headers_too(edge: Edge) -> None:
    assert_headers(edge.request("/", plain=True), page=True, plain=True)


@pytest.mark.parametrize("path", ["/reset?token=x", "/verify?token=x", "/reset", "/api/x"])
def test_an_address_with_a_token_is_told_to_nobody(edge: Edge, path: str) -> None:
    answer = edge.request(path)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"


def test_no_cross_origin_reader_is_let_in(edge: Edge) -> None:
    answer = edge.request("/api/x", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_more_than_a_hundred_headers_are_refused(edge: Edge) -> None:
    many = [(f"X-{number}", "1") for number in range(120)]
    assert edge.request("/api/x", headers=many).status in (400, 431)


@pytest.mark.parametrize(
    ("path", "size", "outcome"),
    [("/api/x", 16 << 10, 200), ("/api/auth/x", 4 << 10, 200), ("/api/auth/x", (4 << 10) + 1, 4)]
    + [("/api/x", (16 << 10) + 1, 16), ("/api/webhooks/endpoints", 70_000, 16)]
    + [("/api/webhooks/stripe", 128 << 10, 200), ("/api/webhooks/stripe", (128 << 10) + 1, 128)]
    + [("/api/webhooks/pollo/x", 128 << 10, 200), ("/api/webhooks/pollo", (128 << 10) + 1, 128)]
    + [("/api/uploads", 70_000, 200), ("/api/uploads", (10248 << 10) + 1, 10240)],
)
def test_each_path_has_its_own_limit_of_the_body(
    edge: Edge, path: str, size: int, outcome: int
) -> None:
    answer = edge.request(path, "POST", body=bytes(size))
    if outcome == 200:
        assert answer.status == 200
        assert answer.json()["body"] == size
    else:
        assert answer.status == 413
        assert answer.error["message"] == f"Send at most {outcome} kB."
