"""The application behind nginx: what each of them adds to an answer, and the way of one video.

Runs against the stack of bin/test (`RUSHES_BASE_URL` and the like).
"""

import os
import ssl
import uuid

import httpx
import pytest
from edge import poll

PROMPT = "A red fox crossing fresh snow"


@pytest.fixture(scope="module")
def shop():
    """A client of the site that trusts its certificate."""
    if "RUSHES_BASE_URL" not in os.environ:
        pytest.skip("needs the stack of bin/test")
    trust = ssl.create_default_context(cafile=os.environ["RUSHES_CA_FILE"])
    with httpx.Client(
        base_url=os.environ["RUSHES_BASE_URL"], verify=trust, trust_env=False, timeout=30
    ) as client:
        yield client


class Customer:
    """Somebody who has just signed up."""

    def __init__(self, shop: httpx.Client) -> None:
        self.shop = shop
        account = {"email": f"{uuid.uuid4()}@example.org", "password": "a long sentence"}
        # Without the cookie that the answer sets: the token alone says who asks.
        self.token = shop.post("/api/auth/register", json=account).json()["token"]
        shop.cookies.clear()

    def call(self, method: str, path: str, **options: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.shop.request(method, path, headers=headers, **options)

    def buy(self, package: str) -> None:
        purchase = self.call("POST", "/api/credits/purchase", json={"packageId": package}).json()
        httpx.post(purchase["url"] + "/pay", trust_env=False)
        path = f"/api/credits/purchases/{purchase['purchaseId']}"
        poll(lambda: self.call("GET", path).json()["status"] == "paid", seconds=30)

    def order(self, **changes: object) -> httpx.Response:
        body = {"tier": "economy", "duration": 5, "prompt": PROMPT, **changes}
        return self.call("POST", "/api/videos/generate", json=body)


@pytest.fixture(scope="module")
def customer(shop: httpx.Client) -> Customer:
    customer = Customer(shop)
    customer.buy("starter")
    return customer


@pytest.fixture(scope="module")
def video(customer: Customer) -> str:
    """The id of a finished video."""
    identifier = customer.order().json()["jobId"]

    def is_over() -> bool:
        status = customer.call("GET", f"/api/videos/{identifier}").json()["status"]
        assert status in ("pending", "processing", "completed")
        return status == "completed"

    poll(is_over, seconds=60)
    return identifier


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/no-such-thing", 404, "NOT_FOUND"),
        ("DELETE", "/api/tiers", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/api/me", 401, "UNAUTHENTICATED"),
        ("POST", "/api/auth/login", 415, "UNSUPPORTED_MEDIA_TYPE"),
    ],
)
def test_an_error_of_the_application_has_our_headers_once(
    shop: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = shop.request(method, path, content=b"x" if method == "POST" else None)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    for name in ("x-request-id", "content-security-policy", "content-type", "cache-control"):
        assert len(answer.headers.get_list(name)) == 1, name
    assert answer.json()["requestId"] == answer.headers["x-request-id"]
    assert "no-store" in answer.headers["cache-control"]


def test_an_etag_of_the_application_is_answered_with_304(shop: httpx.Client) -> None:
    first = shop.get("/api/tiers")
    assert first.status_code == 200
    again = shop.get("/api/tiers", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["//api/tiers", "/api/./tiers", "/%61pi/tiers", "/x/../api/tiers"])
def test_the_application_routes_on_the_path_that_nginx_chose(
    shop: httpx.Client, path: str
) -> None:
    url = shop.base_url.copy_with(raw_path=path.encode())
    assert shop.get(url).json()["items"]


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key"])
def test_a_header_given_twice_is_refused(customer: Customer, name: str) -> None:
    value = f"Bearer {customer.token}" if name == "Authorization" else "a"
    headers = [("Authorization", f"Bearer {customer.token}")] if name != "Authorization" else []
    headers += [(name, value), (name, value)]
    answer = customer.shop.post("/api/videos/quote", headers=headers, json={})
    assert answer.status_code in (400, 401)


def test_the_openapi_document_is_sent_small(shop: httpx.Client) -> None:
    answer = shop.get("/api/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json()["openapi"].startswith("3.1")


def test_a_video_is_sent_in_parts_to_its_owner_alone(
    shop: httpx.Client, customer: Customer, video: str
) -> None:
    path = f"/api/videos/{video}/file"
    whole = customer.call("GET", path)
    assert whole.status_code == 200
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    assert video in whole.headers["content-disposition"]
    assert whole.content[4:8] == b"ftyp"
    part = customer.call("GET", path, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole.content[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"

    poster = customer.call("GET", f"/api/videos/{video}/poster")
    assert poster.status_code == 200
    assert poster.headers["content-type"].startswith("image/")

    assert Customer(shop).call("GET", path).status_code == 404
    assert shop.get(path).status_code == 401


def test_a_webhook_without_a_signature_is_refused(shop: httpx.Client) -> None:
    assert shop.post("/api/webhooks/stripe", json={"id": "evt_1"}).status_code == 400
    assert shop.post("/api/webhooks/pollo", json={"taskId": "x"}).status_code == 401


def test_one_request_has_one_line_in_the_log(customer: Customer) -> None:
    answer = customer.call("GET", "/api/credits/balance?token=SECRET")
    identifier = answer.headers["x-request-id"]
    log = os.path.join(os.environ["RUSHES_STATE_DIR"], "log/nginx-access.log")
    lines = poll(lambda: [line for line in open(log) if identifier in line])
    assert len(lines) == 1
    assert '"path":"/api/credits/balance"' in lines[0]
    assert "SECRET" not in lines[0] and customer.token not in lines[0]
