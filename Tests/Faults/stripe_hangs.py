"""Stripe takes calls and answers none: while many people buy, and for long while orders are open."""

import contextlib
import http.client
import json
import threading
import time
from dataclasses import dataclass

import stripe_events
from hanging_proxy import HangingProxy
from shop import CHEAP, PROMPT, Customer, Shop, threads
from stack import demand, poll

BUYERS = 24
# What nobody who does not buy may have to wait.
READ_SECONDS = 1.0
# What a purchase may take that finds no place to wait for Stripe, and one that does.
REFUSAL_SECONDS, WAIT_SECONDS = 2.0, 12.0
# How many of 16 threads may wait for Stripe at once.
WAITING = 4
READS = ["/api/health/live", "/api/health", "/api/tiers"]


@dataclass
class Answer:
    status: int
    retry_after: str | None
    seconds: float
    body: bytes


def row(shop: Shop) -> str:
    """Stripe hangs while 24 people buy at once (fault 59): a few threads of `serve` wait for it,
    the other buyers are answered 503 at once and told when to come again, and whoever only looks
    or orders a video notices nothing. Afterwards each of these purchases goes on."""
    buyers = [shop.customer() for _ in range(BUYERS)]
    reader = shop.customer(20)
    with HangingProxy(shop.stack.env["STRIPE_API_BASE"]) as stripe, shop.stack.instead(
        "serve", f"export STRIPE_API_BASE={stripe.url}"
    ):
        # So that the connections to it are open, as on any day.
        _buy_again(shop, buyers[0], "before")
        stripe.hang()
        answers, reads = _buy_all(shop, buyers, reader)
        waited = stripe.waited
        stripe.go_on()
        for number, buyer in enumerate(buyers):
            _buy_again(shop, buyer, f"hangs-{number}")
    pending = shop.stack.number(
        "SELECT COUNT(*) FROM purchases WHERE state = 'pending' AND session_id IS NULL")
    demand(pending == 0, f"{pending} purchases have no session")
    return _judge(answers, reads, waited)


def _buy_all(
    shop: Shop, buyers: list[Customer], reader: Customer
) -> tuple[list[Answer], list[tuple[str, Answer]]]:
    """All buy at once; meanwhile somebody looks around and orders a video, again and again."""
    answers: list[Answer] = []
    reads: list[tuple[str, Answer]] = []
    over = threading.Event()

    def buyer(index: int) -> None:
        answers.append(_timed(
            shop, "POST", stripe_events.PURCHASES,
            {**buyers[index].headers, "Idempotency-Key": f"hangs-{index}"},
            stripe_events.PACKAGE))

    def looker(_: int) -> None:
        number = 0
        while not over.is_set():
            for path in [*READS, "/api/credits/balance"]:
                reads.append((path, _timed(shop, "GET", path, reader.headers)))
            if number < 5:
                key = f"meanwhile-{number}"
                answer = _timed(
                    shop, "POST", "/api/videos/generate",
                    {**reader.headers, "Idempotency-Key": key}, shop.order_body(CHEAP))
                shop.acknowledged(reader, key, "economy", answer.status, answer.body)
                reads.append(("an order", answer))
            number += 1
            over.wait(0.2)

    with threads(1, looker):
        try:
            with threads(BUYERS, buyer):
                pass
        finally:
            over.set()
    return answers, reads


def _timed(
    shop: Shop, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> Answer:
    connection = http.client.HTTPConnection("localhost", shop.stack.http_port, timeout=90)
    began = time.monotonic()
    with contextlib.closing(connection):
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
    return Answer(
        answer.status, answer.getheader("Retry-After"), time.monotonic() - began, content)


def _buy_again(shop: Shop, buyer: Customer, key: str) -> None:
    """The same purchase, until it has its payment page."""
    def page() -> str | None:
        answer = _timed(
            shop, "POST", stripe_events.PURCHASES, {**buyer.headers, "Idempotency-Key": key},
            stripe_events.PACKAGE)
        return json.loads(answer.body)["url"] if answer.status == 201 else None

    demand(bool(poll(page, 60, f"the purchase {key} goes on", pause=0.5)), "it has a page")


def _judge(answers: list[Answer], reads: list[tuple[str, Answer]], waited: int) -> str:
    told = sorted((answer.status, round(answer.seconds, 1)) for answer in answers)
    demand({answer.status for answer in answers} == {502, 503}, f"purchases: {told}")
    refused = [answer for answer in answers if answer.status == 503]
    silent = sum(answer.retry_after is None for answer in refused)
    demand(silent == 0, f"{silent} answers of 503 do not say when to come again")
    demand(len(refused) >= BUYERS - WAITING, f"more than {WAITING} waited for Stripe: {told}")
    demand(all(answer.seconds < REFUSAL_SECONDS for answer in refused), f"503 came late: {told}")
    longest = max(answer.seconds for answer in answers)
    demand(longest < WAIT_SECONDS and waited >= 1, f"{waited} calls of Stripe: {told}")
    wrong = [(path, answer.status) for path, answer in reads if answer.status not in (200, 202)]
    demand(not wrong, f"others were answered {wrong[:3]}")
    path, slowest = max(reads, key=lambda read: read[1].seconds)
    demand(
        slowest.seconds < READ_SECONDS, f"{path} was answered after {slowest.seconds:.1f} s")
    return (
        f"{BUYERS} purchases, {len(refused)} answered 503 at once and {BUYERS - len(refused)} 502 "
        f"within {longest:.1f} s; {len(reads)} reads and orders meanwhile, the slowest after "
        f"{slowest.seconds * 1000:.0f} ms; afterwards each purchase had its page")


# Open orders that the sweeps of `work` ask Stripe about.
OPEN = 50
UNKNOWN_SECONDS = 6
# How long after its deadline a job may still be open, and how old the last audit may be: its
# interval and the audit itself.
LATE_SECONDS, AUDIT_SECONDS = 5.0, 360


def long(shop: Shop, seconds: int) -> str:
    """Stripe hangs for so long with 50 open purchases that are due to be looked at (fault 59): every
    deadline is kept and the books are audited, since what waits for Stripe shares no thread with
    what is promised (J17). Afterwards what was paid meanwhile is credited."""
    stack = shop.stack
    buyers = [shop.customer() for _ in range(OPEN)]
    orders = [
        stripe_events.order_package(shop, buyer, f"open-{index}")
        for index, buyer in enumerate(buyers)
    ]
    names = ", ".join(f"'{order['purchaseId']}'" for order in orders)
    customer = shop.customer(seconds // 3 + 10)
    ordered = 0
    latest = 0.0
    shop.sandbox.set("stripe/hooks", enabled="false")
    try:
        with HangingProxy(stack.env["STRIPE_API_BASE"]) as stripe:
            stripe.hang()
            script = (
                f"export STRIPE_API_BASE={stripe.url}\n"
                f"export JOB_DEADLINES=queue=120s,unknown={UNKNOWN_SECONDS}s,render=30s,store=60s")
            began = stack.sql("SELECT UTC_TIMESTAMP(6)")[0][0]
            with stack.instead("work", script):
                for order in orders:
                    shop.sandbox.press(order["url"], "pay")
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    _make_due(shop, names)
                    shop.order(customer, f"hanging-{ordered}", f"{PROMPT} !lost !nowebhook")
                    ordered += 1
                    for _ in range(10):
                        latest = max(latest, _lateness(shop))
                        time.sleep(0.3)
                waited = stripe.waited
                audits = stack.sql(
                    "SELECT TIMESTAMPDIFF(SECOND, checked_at, UTC_TIMESTAMP(6)), "
                    f"checked_at > '{began}', is_healthy FROM health_checks WHERE name = 'ledger'")
                stripe.go_on()
                _make_due(shop, names)
                poll(lambda: _paid(shop, names) == OPEN, 180, "all is credited", pause=0.5)
    finally:
        shop.sandbox.set("stripe/hooks", enabled="true")
    for buyer in buyers:
        buyer.credit += stripe_events.CREDIT
    age, is_new, is_healthy = audits[0]
    demand(waited > 0, "nobody asked Stripe")
    demand(latest <= LATE_SECONDS, f"a job was open {latest:.1f} s past its deadline")
    demand(is_new == "1" and int(age) <= AUDIT_SECONDS, f"the last audit is {age} s old")
    demand(is_healthy == "1", "the books are called wrong")
    return (
        f"{seconds} s with {OPEN} open purchases, {waited} calls hung; {ordered} jobs meanwhile, at "
        f"most {latest:.1f} s past their deadline, the last audit {age} s old; then all {OPEN} were "
        "credited")


def _make_due(shop: Shop, names: str) -> None:
    """Lets open purchases be looked at now, whatever their back-off says."""
    shop.stack.sql(
        "UPDATE purchases SET next_check_at = UTC_TIMESTAMP(6) "
        f"WHERE id IN ({names}) AND state = 'pending'")


def _lateness(shop: Shop) -> float:
    """How long the latest open job is past its deadline, in seconds."""
    microseconds = shop.stack.number(
        "SELECT COALESCE(MAX(TIMESTAMPDIFF(MICROSECOND, deadline_at, UTC_TIMESTAMP(6))), 0) "
        "FROM video_jobs WHERE deadline_at IS NOT NULL")
    return max(0, microseconds) / 1e6


def _paid(shop: Shop, names: str) -> int:
    return shop.stack.number(
        f"SELECT COUNT(*) FROM purchases WHERE id IN ({names}) AND state = 'paid'")
