"""Pictures through nginx: what is taken, what hostile files come to, and who may look.

Runs against the stack of bin/test (`RUSHES_BASE_URL` and the like).
"""

import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from edge import poll
from test_shop import Customer, shop  # noqa: F401

sys.path.insert(0, str(Path(__file__).parent.parent / "Support"))
from hostile_pictures import MARK, hostile, picture  # noqa: E402


def send(customer: Customer, data: bytes) -> httpx.Response:
    """Sends a picture, and waits where this address or account has sent many."""
    while True:
        files = {"image": ("phone.jpg", data, "image/jpeg")}
        answer = customer.call("POST", "/api/uploads", files=files)
        if answer.status_code != 429:
            return answer
        time.sleep(int(answer.headers["retry-after"]))


@pytest.fixture(scope="module")
def customer(shop: httpx.Client) -> Customer:  # noqa: F811
    customer = Customer(shop)
    customer.buy("starter")
    return customer


def test_a_picture_is_served_to_whoever_knows_its_address(shop, customer):  # noqa: F811
    upload = send(customer, picture("webp", 800, 600))
    assert upload.status_code == 201, upload.text
    path = urlsplit(upload.json()["url"]).path
    answer = shop.get(path)
    assert answer.status_code == 200 and answer.content.startswith(b"\xff\xd8\xff")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    # No part of the application has seen it.
    log = Path(os.environ["RUSHES_STATE_DIR"]) / "log" / "nginx-access.log"
    assert path not in log.read_text()

    changed = "1" if path[-5] == "0" else "0"
    another = f"{path[:-5]}{changed}.jpg"
    for other in (another, path.upper(), "/pictures/", "/pictures/../incoming/", path[:-4]):
        assert shop.get(other).status_code in (400, 404)
    assert customer.call("DELETE", f"/api/uploads/{upload.json()['id']}").status_code == 204
    assert shop.get(path).status_code == 404


def test_a_video_is_made_from_a_picture(customer):
    upload = send(customer, picture("heic", 800, 600)).json()
    job = customer.order(tier="premium", image=upload["id"])
    assert job.status_code == 202, job.text
    path = f"/api/videos/{job.json()['jobId']}"
    poll(lambda: customer.call("GET", path).json()["status"] == "completed", seconds=60)
    assert customer.call("GET", path).json()["image"] == upload["url"]
    kept = customer.call("GET", "/api/uploads").json()["items"]
    assert [one["expiresAt"] for one in kept if one["id"] == upload["id"]] == [None]


def test_a_picture_that_cannot_be_had_costs_nothing(customer):
    before = customer.call("GET", "/api/credits/balance").json()["available"]
    # A name below a reserved one (RFC 2606), which nobody has.
    job = customer.order(image="https://rushes.pictures.example.com/boat.jpg").json()["jobId"]
    poll(lambda: customer.call("GET", f"/api/videos/{job}").json()["status"] == "failed", seconds=90)
    assert customer.call("GET", f"/api/videos/{job}").json()["error"]["reason"] == "invalid"
    assert customer.call("GET", "/api/credits/balance").json()["available"] == before
    assert customer.order(image="01890000-0000-7000-8000-000000000000").status_code == 400


def test_hostile_files_are_refused_or_made_clean(shop):  # noqa: F811
    files = hostile()
    assert len(files) >= 60
    customer = Customer(shop)
    for number, (name, data) in enumerate(files.items()):
        if number % 28 == 27:
            customer = Customer(shop)
        answer = send(customer, data)
        if name.startswith("clean-"):
            assert answer.status_code == 201, (name, answer.text)
            assert MARK not in shop.get(urlsplit(answer.json()["url"]).path).content
        else:
            assert answer.status_code in (400, 413), (name, answer.text)
            assert answer.json()["error"]["action"] == "correct_input", name
