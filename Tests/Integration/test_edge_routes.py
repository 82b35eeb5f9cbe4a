"""Which path reaches what, and what the application is told."""

import json
import re
import subprocess

import pytest
from edge import TOP, Edge, poll

JOB = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"


def test_the_application_is_told_what_nginx_knows(edge: Edge) -> None:
    answer = edge.request(
        "/api/a%20b/?x=1&y=%2F",
        "POST",
        {"Content-Type": "application/json", "Authorization": "Bearer t", "Host-X": "h"},
        b"{}",
    )
    told = answer.json()
    assert told["REQUEST_METHOD"] == "POST"
    assert told["DOCUMENT_URI"] == told["SCRIPT_NAME"] == "/api/a b/"
    assert told["REQUEST_URI"] == "/api/a%20b/?x=1&y=%2F"
    assert told["QUERY_STRING"] == "x=1&y=%2F"
    assert told["CONTENT_TYPE"] == "application/json"
    assert told["CONTENT_LENGTH"] == "2"
    assert told["REMOTE_ADDR"] == "127.0.0.1"
    assert told["HTTPS"] == "on"
    assert told["HTTP_AUTHORIZATION"] == "Bearer t"
    assert told["REQUEST_ID"] == answer.headers["x-request-id"]
    assert told["repeated"] == []


def test_a_client_cannot_pretend_an_address_or_a_proxy(edge: Edge) -> None:
    told = edge.told(
        "/api/x",
        headers={
            "X-Forwarded-For": "203.0.113.9",
            "X-Real-IP": "203.0.113.9",
            "Forwarded": "for=203.0.113.9",
            "Proxy": "http://evil.example",
            "X_Underscore": "1",
            "Remote_User": "root",
        },
    )
    assert told["REMOTE_ADDR"] == "127.0.0.1"
    assert "HTTP_PROXY" not in told or told["HTTP_PROXY"] == ""
    assert "HTTP_X_UNDERSCORE" not in told
    assert "REMOTE_USER" not in told and "HTTP_REMOTE_USER" not in told
    assert edge.access_log()[-1]["address"] == "127.0.0.1"


def test_a_client_cannot_choose_the_request_id(edge: Edge) -> None:
    answer = edge.request("/api/x", headers={"X-Request-Id": "mine", "Request-Id": "mine"})
    assert answer.headers["x-request-id"] != "mine"
    assert answer.json()["REQUEST_ID"] == answer.headers["x-request-id"]


def test_the_host_is_told_without_what_the_client_made_of_it(edge: Edge) -> None:
    assert edge.told("/api/x", host="LocalHost:1234")["HTTP_HOST"] == "localhost"


@pytest.mark.parametrize(
    ("path", "routed"),
    [
        ("/api/x", "/api/x"),
        ("//api///x", "/api/x"),
        ("/api/./x", "/api/x"),
        ("/api/a/../x", "/api/x"),
        ("/nowhere/../api/x", "/api/x"),
        ("/%61pi/x", "/api/x"),
        ("/api/%78", "/api/x"),
        ("/api/a%2Fb", "/api/a/b"),
        ("/api/a/%2e%2e/x", "/api/x"),
        ("/api/x?a=/../y", "/api/x"),
        ("/api/x%3Fa", "/api/x?a"),
        ("/api/é", "/api/Ã©"),
    ],
)
def test_a_path_has_one_form(edge: Edge, path: str, routed: str) -> None:
    raw = path.encode().decode("latin-1")
    if not raw.isascii():
        # http.client refuses it; on the wire it is only bytes.
        with edge.connect() as connection:
            head = f"GET {raw} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode("latin-1"))
            body = b"".join(iter(lambda: connection.recv(65_536), b"")).split(b"\r\n\r\n")[1]
            chunk = re.search(rb"\{.*\}", body, re.DOTALL)
            assert json.loads(chunk[0])["DOCUMENT_URI"] == routed
        return
    assert edge.told(path)["DOCUMENT_URI"] == routed


@pytest.mark.parametrize("path", ["/api/x%00y", "/api/../../etc/passwd", "/api/%zz", "api/x"])
def test_a_path_without_a_form_is_refused(edge: Edge, path: str) -> None:
    assert edge.request(path).status == 400


@pytest.mark.parametrize(
    "path",
    ["/_media/a.mp4", "//_media/a.mp4", "/%5fmedia/a.mp4", "/api/../_media/a.mp4", "/_/header.html"]
    + ["/x/../_/header.html", "/%5f/header.html", "/_errors/api", "/_errors/page", "/_media/"]
    + ["/API/x", "/.env", "/.git/config", "/api/../.env", "/nginx.conf", "/assets/"],
)
def test_what_is_not_for_clients_is_not_there(edge: Edge, path: str) -> None:
    (edge.folder / "media/a.mp4").write_bytes(b"secret")
    answer = edge.request(path)
    assert answer.status == 404
    assert b"secret" not in answer.body and b"<header" not in answer.body[:200]
    assert b"on our side" not in answer.body


def test_a_video_is_sent_when_the_application_says_so(edge: Edge) -> None:
    (edge.folder / "media/v.mp4").write_bytes(bytes(range(256)) * 4)
    path = f"/api/videos/{JOB}/file?accel=/_media/v.mp4&type=video/mp4"
    answer = edge.request(path)
    assert answer.status == 200
    assert answer.body == bytes(range(256)) * 4
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-disposition"] == 'attachment; filename="a.mp4"'
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "x-accel-redirect" not in answer.headers
    # Opened by itself, it is played by a page of the browser's own, which a sandbox would break.
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "media-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "sandbox" not in policy

    part = edge.request(path, headers={"Range": "bytes=10-19"})
    assert part.status == 206
    assert part.body == bytes(range(10, 20))
    assert part.headers["content-range"] == "bytes 10-19/1024"
    assert part.headers["content-type"] == "video/mp4"

    assert edge.request(path, headers={"Range": "bytes=5000-"}).status == 416
    assert edge.request(path, "HEAD").headers["content-length"] == "1024"


def test_a_page_and_its_assets_belong_together(edge: Edge) -> None:
    page = edge.request("/")
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-cache"
    text = page.body.decode()
    assert "<!--#" not in text and "an error occurred while processing" not in text
    script = re.search(r'src="(/assets/([0-9a-f]{12})/[^"]+\.js)"', text)
    asset = edge.request(script[1])
    assert asset.status == 200
    assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"

    # What it may do is the page's to say.
    assert asset.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"

    other = edge.request(script[1].replace(script[2], "000000000000"))
    assert other.status == 200
    assert other.headers["cache-control"] == "no-cache"


def test_every_page_is_put_together_whole(edge: Edge) -> None:
    html = TOP / "nginx/html"
    for file in html.rglob("*.html"):
        name = file.relative_to(html).as_posix()
        if name.startswith("_/"):
            continue
        page = name.removesuffix(".html")
        # Parts of others have no address: they come by what leads to them.
        paths = {"index": "/", "admin/overview": "/admin", "admin/dispute": "/admin/disputes/du_1"}
        for thing in ("video", "purchase", "admin/user", "admin/video", "admin/purchase"):
            paths[thing] = f"/{thing}s/{JOB}"
        if page in ("404", "429", "50x", "maintenance"):
            paths[page] = f"/api/videos/{JOB}/file?accel=/{name}&type=text/html"
        answer = edge.request(paths.get(page, f"/{page}"))
        assert answer.status == 200, name
        assert b"<!--#" not in answer.body and b"an error occurred" not in answer.body, name
        assert answer.body.count(b"<h1") == 1, name


@pytest.mark.parametrize(
    ("page", "heading", "first"),
    [
        ("404", "This page is not on the reel", "/"),
        ("429", "That was a lot at once", ""),
        ("50x", "Something broke on our side", ""),
        ("maintenance", "The lamp is being changed", ""),
    ],
)
def test_the_pages_of_errors_are_one_with_words_of_their_own(
    edge: Edge, page: str, heading: str, first: str
) -> None:
    text = edge.request(f"/api/videos/{JOB}/file?accel=/{page}.html&type=text/html").body.decode()
    code = "503" if page == "maintenance" else page
    assert f'<p class="num code">{code}</p>' in text
    assert 'href="/status"' in text
    assert f"<h1>{heading}</h1>" in text
    assert re.search(r"<title>[A-Z][a-z ]+ · Rushes</title>", text)
    main = text[text.index("<main") : text.index("</main>")]
    assert re.findall('href="([^"]*)"', main)[0] == first and "(none)" not in text


@pytest.mark.parametrize(
    ("path", "file"),
    [(f"/videos/{JOB}", "video.html"), (f"/purchases/{JOB}", "purchase.html")]
    + [("/videos", "videos.html"), ("/login?next=%2Fcreate", "login.html")],
)
def test_a_deep_link_is_answered_by_its_page(edge: Edge, path: str, file: str) -> None:
    answer = edge.request(path)
    assert answer.status == 200
    title = re.search(r"<title>.*</title>", (TOP / "nginx/html" / file).read_text())[0]
    title = title.replace('<!--#echo var="brand" -->', "Rushes")
    assert title in answer.body.decode()


@pytest.mark.parametrize(
    "path",
    ["/videos/", "/videos/x", f"/videos/{JOB}/x", "/purchases/1"]
    + ["/404", "/404.html", "/50x", "/50x.html", "/429.html", "/index", "/index.html"]
    + ["/maintenance", "/maintenance.html", "/video", "/purchase", "/create.html", "/x/create.html"],
)
def test_an_unknown_page_is_a_real_404(edge: Edge, path: str) -> None:
    answer = edge.request(path)
    assert answer.status == 404
    assert answer.body == edge.request("/no-such-page").body


@pytest.mark.parametrize(
    "path",
    ["/metrics", f"/admin/tiers/{JOB}", "/.well-known/x"],
)
def test_what_nobody_serves_has_no_location_of_its_own(edge: Edge, path: str) -> None:
    answer = edge.request(path)
    if path.startswith("/api/"):
        assert answer.json()["DOCUMENT_URI"] == path
    else:
        assert answer.status == 404
        assert answer.body == edge.request("/no-such-page").body
    text = "".join(file.read_text() for file in (TOP / "nginx").glob("*.conf"))
    assert "/".join(path.split("/")[:3]).rstrip("/x") not in text


def test_the_log_has_each_request_and_no_secret(edge: Edge) -> None:
    paths = {
        "/api/x?token=SECRET": "/api/x",
        "/reset?token=SECRET": "/reset",
        "/api/webhooks/pollo/SECRET": "/api/webhooks/pollo/-",
        "//api/./webhooks/pollo/SECRET": "/api/webhooks/pollo/-",
    }
    identifiers = {}
    for path in paths:
        answer = edge.request(path, headers={"Authorization": "Bearer SECRET", "Cookie": "SECRET"})
        identifiers[answer.headers["x-request-id"]] = path
    # A refusal makes a line in the error log, where there is one.
    edge.request("/api/webhooks/pollo/SECRET", "POST", body=bytes(2 << 20))
    logged = {line["requestId"]: line for line in edge.access_log()}
    for identifier, path in identifiers.items():
        assert logged[identifier]["path"] == paths[path]
    for file in (edge.folder / "log").iterdir():
        assert "SECRET" not in file.read_text(), file


SECRET_PATH = "/api/webhooks/pollo/SECRET"


@pytest.mark.parametrize(
    ("request_line", "headers", "status", "method", "path"),
    [
        ("POST /?x=SECRET HTTP/1.1", "Content-Length: 0", 405, "POST", "/"),
        ("DELETE /no-such-page HTTP/1.1", "", 404, "DELETE", "/no-such-page"),
        ("POST /api/x?a=1 HTTP/1.1", "Content-Length: 99999999", 413, "POST", "/api/x"),
        ("TRACE /api/x HTTP/1.1", "", 405, "TRACE", "/api/x"),
        ("PUT /api/x HTTP/1.1", "Content-Length: 1\r\nContent-Length: 2", 400, "PUT", "/api/x"),
        ("PATCH /api/x HTTP/1.1", "Transfer-Encoding: gzip", 501, "PATCH", "/api/x"),
        ("PATCH /api/x?b=SECRET HTTP/7.7", "", 505, "PATCH", "/api/x"),
        (f"PUT {SECRET_PATH} HTTP/7.7", "", 505, "PUT", "/api/webhooks/pollo/-"),
        ("PUT /api/./webhooks/poll%6f/SECRET HTTP/7.7", "", 505, "PUT", "-"),
        ("PUT /api//webhooks/pollo/SECRET HTTP/7.7", "", 505, "PUT", "-"),
        (f"PUT https://localhost{SECRET_PATH} HTTP/7.7", "", 505, "PUT", "-"),
    ],
)
def test_the_log_tells_what_the_client_asked_for(
    edge: Edge, request_line: str, headers: str, status: int, method: str, path: str
) -> None:
    """An error redirect makes a GET of /_errors/… of every request."""
    answer = edge.raw(request_line, headers)
    assert answer.status == status
    identifier = answer.headers["x-request-id"]
    line = poll(lambda: [line for line in edge.access_log() if line["requestId"] == identifier])
    assert [(one["method"], one["path"], one["status"]) for one in line] == [
        (method, path, str(status))
    ]
    for file in (edge.folder / "log").iterdir():
        assert "SECRET" not in file.read_text(), file


def test_only_variables_that_cannot_change_are_parameters(edge: Edge) -> None:
    """nginx ticket 1194: one whose length changes between two reads overflows the buffer."""
    allowed = {"request_method", "uri", "request_uri", "query_string", "content_type"}
    allowed |= {"content_length", "remote_addr", "https", "request_id", "host"}
    # The same for every request: they come from the operator's files.
    allowed |= {"brand", "logo", "release", "terms"}
    everything = subprocess.run(
        ["nginx", "-T", "-c", edge.configuration],
        env=edge.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    values = re.findall(r"^\s*fastcgi_param\s+\S+\s+(\S+)", everything, re.MULTILINE)
    used = {name for value in values for name in re.findall(r"\$(\w+)", value)}
    assert len(values) >= 12
    assert used <= allowed


@pytest.mark.parametrize(
    "setting",
    ["server_tokens off", "ssl_protocols TLSv1.2 TLSv1.3", "client_header_timeout 10s"]
    + ["client_body_timeout 10s", "send_timeout 15s", "keepalive_timeout 30s", "max_headers 100"]
    + ["reset_timedout_connection on", "large_client_header_buffers 4 8k"]
    + ["underscores_in_headers off", "ignore_invalid_headers on", "limit_req_status 429"]
    + ["limit_conn_status 429", "fastcgi_keep_conn on", "fastcgi_intercept_errors off"],
)
def test_a_limit_of_the_security_rules_is_set(setting: str) -> None:
    text = "".join(file.read_text() for file in (TOP / "nginx").glob("*.conf"))
    assert re.search(rf"^\s*{re.escape(setting)};$", text, re.MULTILINE)
    assert "non_idempotent" not in text
