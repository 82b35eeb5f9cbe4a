"""What an operator does at the command line: refusals, keys, the log, differences.

Runs against the stack of bin/test, by the programs and the environment of its folder.
"""

import os
import re
import subprocess
import uuid
from pathlib import Path

import httpx
import pytest
from edge import TOP
from test_shop import Customer, shop  # noqa: F401


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    state = Path(os.environ.get("RUSHES_STATE_DIR", ""))
    if not (state / "env").is_file():
        pytest.skip("needs the stack of bin/test")
    script = f"set -a; . {state}/env; env -0"
    lines = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in lines.split("\0") if "=" in line)


def rushes(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    programs = os.environ.get("RUSHES_BIN_DIR", str(TOP / ".build/release"))
    return subprocess.run(
        [f"{programs}/rushes", *arguments], env=environment, capture_output=True, text=True,
        timeout=60)


@pytest.fixture
def account(shop: httpx.Client, environment) -> tuple[str, Customer]:  # noqa: F811
    customer = Customer(shop)
    return customer.call("GET", "/api/me").json()["email"], customer


def balance(customer: Customer) -> float:
    return customer.call("GET", "/api/me").json()["balance"]


REASON = ("--reason", "For a test")


@pytest.mark.parametrize(
    "arguments",
    [
        ("admin", "grant", "nobody@example.org", "5.00", *REASON),
        ("admin", "grant", "nobody@example.org", "five", *REASON),
        ("admin", "grant", "nobody@example.org", "500.01", *REASON),
        ("admin", "refund", "x", *REASON),
        ("admin", "refund", str(uuid.uuid4()), *REASON),
        ("admin", "resolve-video", str(uuid.uuid4()), *REASON),
        ("admin", "end-video", str(uuid.uuid4()), *REASON),
        ("admin", "reset-password", "nobody@example.org"),
        ("reconcile", "close", str(uuid.uuid4()), *REASON),
        ("reconcile", "close", "x", *REASON),
    ],
)
def test_a_refusal_is_one_line_without_a_usage(environment, arguments) -> None:
    result = rushes(environment, *arguments)
    assert result.returncode == 1, result
    lines = [line for line in result.stderr.splitlines() if not line.startswith("key: ")]
    assert len(lines) == 1 and lines[0].startswith("Error: "), result
    assert "Usage" not in result.stdout + result.stderr


def test_the_same_key_gives_credit_once(environment, account) -> None:
    email, customer = account
    key = str(uuid.uuid4())
    for _ in range(2):
        given = rushes(environment, "admin", "grant", email, "5.00", *REASON, "--key", key)
        assert given.returncode == 0 and given.stderr == f"key: {key}\n", given
    assert balance(customer) == 5
    other = rushes(environment, "admin", "grant", email, "6.00", *REASON, "--key", key)
    assert other.returncode == 1 and "--key" in other.stderr
    made = rushes(environment, "admin", "grant", email, "1.00", *REASON)
    key = re.fullmatch(r"key: (\S{22})\n", made.stderr)[1]
    rushes(environment, "admin", "grant", email, "1.00", *REASON, "--key", key)
    assert balance(customer) == 6


@pytest.mark.parametrize(
    ("amount", "reason", "words"),
    [("0.995", "For a test", "whole cents"), ("0.001", "For a test", "whole cents"),
     ("1.00", "For a\ntest", "one line"), ("1.00", "For a \x1b[31mtest", "one line"),
     ("1.00", "\u2800\u2800\u2800", "Say why")],
)
def test_what_a_user_could_not_read_or_spend_is_not_given(
    environment, account, amount, reason, words
) -> None:
    email, customer = account
    given = rushes(environment, "admin", "grant", email, amount, "--reason", reason)
    assert given.returncode == 1 and words in given.stderr, given
    assert balance(customer) == 0


@pytest.mark.parametrize("amount", ["4.505", "0", "-1", "five"])
def test_a_refund_is_of_whole_cents(environment, amount) -> None:
    purchase = str(uuid.uuid4())
    sent = rushes(environment, "admin", "refund", purchase, f"--amount={amount}", *REASON)
    assert sent.returncode == 1 and "whole cents" in sent.stderr, sent


def test_credit_is_taken_back_and_never_below_zero(environment, account) -> None:
    email, customer = account
    rushes(environment, "admin", "grant", email, "5.00", *REASON)
    taken = rushes(environment, "admin", "take", email, "3.00", *REASON)
    assert taken.returncode == 0 and taken.stdout.endswith("-> $2.00\nDone.\n"), taken
    assert balance(customer) == 2
    more = rushes(environment, "admin", "take", email, "2.01", *REASON)
    assert more.returncode == 1 and "$2.00" in more.stderr, more
    assert balance(customer) == 2
    lines = customer.call("GET", "/api/credits/transactions").json()["items"]
    assert [(line["type"], line["amount"]) for line in lines] == [("adjustment", -3), ("grant", 5)]


def test_more_than_500_dollars_are_given_on_purpose_alone(environment, account) -> None:
    email, customer = account
    asked = rushes(environment, "admin", "grant", email, "600.00", *REASON)
    assert asked.returncode == 1 and "--yes" in asked.stderr
    assert balance(customer) == 0
    meant = rushes(environment, "admin", "grant", email, "600.00", "--yes", *REASON)
    assert meant.returncode == 0
    assert balance(customer) == 600


def test_the_log_names_who_was_at_the_command_line(shop, environment, account) -> None:  # noqa: F811
    email, _ = account
    rushes(environment, "admin", "grant", email, "1.00", *REASON)
    admin = f"{uuid.uuid4()}@example.org"
    made = rushes(environment, "admin", "create-admin", admin)
    assert made.returncode == 0
    reset = rushes(environment, "admin", "reset-password", admin)
    password = reset.stdout.split()[1]
    login = shop.post("/api/auth/login", json={"email": admin, "password": password}).json()
    shop.cookies.clear()
    me = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    for action in ("credit.grant", "user.create", "user.reset-password"):
        page = shop.get(
            "/api/admin/audit", params={"action": action},
            headers={"Authorization": f"Bearer {login['token']}"}).json()
        assert {line["action"] for line in page["items"]} == {action}
        assert page["items"][0]["systemUser"].endswith(me)


def test_the_audit_says_what_it_has_looked_at(environment, account) -> None:
    result = rushes(environment, "ledger", "verify")
    assert result.returncode == 0, result
    assert re.fullmatch(
        r"The books are clean: \d+ wallets, \d+ lots, \d+ entries, \d+ jobs, \d+ purchases; "
        r"the newest entry is of \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ; \d+ chains\.\n", result.stdout), result
    assert "check 1 of " in result.stderr
