"""`rushes admin users|purchases|videos|catalog|attention`: the console's own calls at the command line.

Runs against the stack of bin/test, by the programs and the environment of its folder.
"""

import json
import re
import subprocess
import uuid

import httpx
import pytest
from test_operator import REASON, account, environment, rushes  # noqa: F401
from test_shop import Customer, shop  # noqa: F401


def told(environment: dict[str, str], *arguments: str) -> dict:  # noqa: F811
    """What a command prints with `--json`."""
    result = rushes(environment, "admin", *arguments, "--json")
    assert result.returncode == 0, result
    return json.loads(result.stdout)


@pytest.fixture
def operator(shop: httpx.Client, environment):  # noqa: F811
    """Calls the API as an operator who has signed in."""
    made = rushes(environment, "admin", "create-admin", f"{uuid.uuid4()}@example.org")
    email, password = made.stdout.split()
    login = shop.post("/api/auth/login", json={"email": email, "password": password}).json()
    shop.cookies.clear()
    headers = {"Authorization": f"Bearer {login['token']}"}
    return lambda path: shop.get(f"/api/admin/{path}", headers=headers).json()


def test_a_list_is_what_the_api_answers(environment, account, operator) -> None:  # noqa: F811
    email, _ = account
    person = told(environment, "users", "list", "--q", email)
    assert person == operator(f"users?q={email}")
    assert [item["email"] for item in person["items"]] == [email]
    assert told(environment, "users", "show", email) == operator(f"users/{person['items'][0]['id']}")
    for things in ("purchases", "videos"):
        found = told(environment, things, "list", "--account", email, "--limit", "3")
        assert found == {"items": [], "nextCursor": None}
    assert told(environment, "catalog") == operator("catalog")
    assert set(told(environment, "attention")) == {"items"}


def test_people_are_told_in_a_table(environment, account) -> None:  # noqa: F811
    email, _ = account
    listed = rushes(environment, "admin", "users", "--q", email)
    head, row = listed.stdout.splitlines()
    assert head.split()[:3] == ["id", "email", "role"] and email in row
    shown = rushes(environment, "admin", "users", "show", email)
    assert re.search(rf"(?m)^email +{email}$", shown.stdout)
    assert rushes(environment, "admin", "users", "--q", str(uuid.uuid4())).stdout == "There is none.\n"


def test_an_act_is_done_once_for_its_key_and_stands_in_the_log(
    environment, account, operator  # noqa: F811
) -> None:
    email, customer = account
    person = told(environment, "users", "show", email)
    key = str(uuid.uuid4())
    for _ in range(2):
        given = rushes(
            environment, "admin", "users", "grant", email, "--amount", "4.50", *REASON,
            "--key", key)
        assert (given.returncode, given.stdout, given.stderr) == (0, "Done.\n", f"key: {key}\n")
    assert customer.call("GET", "/api/me").json()["balance"] == 4.5
    for act, isIn in (("block", False), ("unblock", True)):
        done = rushes(environment, "admin", "users", act, email, *REASON, "--json")
        assert done.returncode == 0 and json.loads(done.stdout) == {}, done
        shown = told(environment, "users", "show", person["id"])
        assert (shown["blockedAt"] is None) == isIn
        lines = operator(f"audit?subject={person['id']}")["items"]
        assert lines[0]["action"] == f"user.{act}" and lines[0]["systemUser"]
        assert lines[0]["actorId"] is None and lines[0]["reason"] == REASON[1]
    rushes(environment, "admin", "users", "note", email, "--reason", "Asked for an invoice")
    assert told(environment, "users", "show", email)["notes"][0]["text"] == "Asked for an invoice"
    lines = told(environment, "users", "lines", email)["items"]
    assert [line["amount"] for line in lines] == [4.5]


def test_a_refusal_says_all_that_is_wrong(environment, account) -> None:  # noqa: F811
    email, customer = account
    refused = rushes(environment, "admin", "users", "grant", email, "--amount", "1000", "--reason", "x")
    assert refused.returncode == 1 and refused.stdout == ""
    error = refused.stderr.splitlines()[-1]
    assert error.startswith("Error: ") and "reason:" in error
    many = rushes(environment, "admin", "videos", "list", "--state", "odd", "--from", "soon", "--json")
    assert many.returncode == 1
    details = json.loads(many.stdout)["error"]["details"]
    assert {problem["field"] for problem in details} == {"state", "from"}
    assert customer.call("GET", "/api/me").json()["balance"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "show", "nobody@example.org"),
        ("users", "block", str(uuid.uuid4()), *REASON),
        ("purchases", "show", "../users"),
        ("purchases", "refund", str(uuid.uuid4()), *REASON),
        ("videos", "end", str(uuid.uuid4()), *REASON),
        ("videos", "resolve", "x", *REASON),
        ("catalog", "tier", "none", "--base", "1", "--price-per-second", "0.5", *REASON),
        ("catalog", "package", "a/b", "--base", "1", *REASON),
        ("attention", "close-difference", str(uuid.uuid4()), *REASON),
        ("attention", "close-finding", str(uuid.uuid4()), *REASON),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(environment, arguments) -> None:  # noqa: F811
    result: subprocess.CompletedProcess = rushes(environment, "admin", *arguments)
    assert result.returncode == 1, result
    lines = [line for line in result.stderr.splitlines() if not line.startswith("key: ")]
    assert len(lines) == 1 and lines[0].startswith("Error: "), result
    assert result.stdout == "" and "Usage" not in result.stderr


def test_a_price_is_tried_before_it_is_changed(environment) -> None:  # noqa: F811
    before = told(environment, "catalog")
    would = told(
        environment, "catalog", "tier", "pro", "--base", str(before["version"]),
        "--price-per-second", "0.4", "--dry-run", *REASON)
    assert would["outcome"] == "rehearsed" and any("price per second" in line for line in would["changes"])
    assert told(environment, "catalog") == before


def test_money_goes_back_and_a_video_ends(environment, shop) -> None:  # noqa: F811
    customer = Customer(shop)
    customer.buy("starter")
    email = customer.call("GET", "/api/me").json()["email"]
    purchase = told(environment, "purchases", "list", "--account", email, "--status", "paid")["items"][0]
    sent = told(environment, "purchases", "refund", purchase["id"], "--amount", "4.99", *REASON)
    assert sent["id"] == purchase["id"]
    shown = told(environment, "purchases", "show", purchase["id"])
    assert [refund["amount"] for refund in shown["refunds"]] == [4.99]
    ordered = customer.order(prompt="!slow a heron", undoSeconds=30).json()["jobId"]
    ended = rushes(environment, "admin", "videos", "end", ordered, *REASON)
    assert ended.stdout == "Done.\n", ended
    assert told(environment, "videos", "show", ordered)["failureReason"] == "vendor_down"
