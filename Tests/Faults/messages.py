"""Messages of the vendors that come again, too early, or to a shop whose database is away."""

import contextlib
import functools
import json
import os
import signal
import time

import stripe_events
from crash_points import Jobs
from shop import CHEAP, PROMPT, Shop, threads
from stack import Stack, demand, poll
from vendor_faults import CREATE
from vendors import pollo_headers, stripe_header

# Path, headers and body.
Message = tuple[str, dict[str, str], bytes]
# What nginx waits for an answer.
PATIENCE = 60


def _callback(shop: Shop, job: str, task: str, word: str, at: float | None = None) -> Message:
    """What the vendor would send about a job's task."""
    token = shop.stack.sql(f"SELECT callback_token FROM video_jobs WHERE id = '{job}'")[0][0]
    body = json.dumps({"taskId": task, "status": "succeed"}).encode()
    secret = shop.stack.env["POLLO_WEBHOOK_SECRET"]
    return f"/api/webhooks/pollo/{token}", pollo_headers(body, secret, f"msg-{word}", at), body


def _paid(shop: Shop, silence: stripe_events.Silence, customer) -> dict:
    """Buys the package; the event that says so."""
    stripe_events.buy(shop, customer)
    return [event for event in silence.new() if event["type"] == stripe_events.TYPES[0]][-1]


def replayed(shop: Shop) -> str:
    """Genuine messages of long ago come again (fault 18). Stripe's are refused by their age. The
    video vendor's are taken, and have no effect on a job that has ended."""
    customer = shop.customer(3)
    with stripe_events.Silence(shop) as silence:
        event = _paid(shop, silence, customer)
        stripe_events.deliver(shop, event)
        customer.credit += stripe_events.CREDIT
        jobs = [shop.order(customer, f"replay-{prompt}", prompt) for prompt in (PROMPT, CHEAP)]
        shop.settle()
        before = _books(shop)
        body, secret = json.dumps(event).encode(), shop.stack.env["STRIPE_WEBHOOK_SECRET"]
        for age in (301, 3600, 86_400):
            header = stripe_header(body, secret, time.time() - age)
            status, _ = shop.call(
                "POST", stripe_events.PATH, {"Stripe-Signature": header}, body)
            demand(status == 400, f"an event of {age} s ago is answered {status}")
        for job in jobs:
            task = shop.stack.sql(f"SELECT task_id FROM video_jobs WHERE id = '{job}'")[0][0]
            callback = _callback(shop, job, task, f"replay-{job}", time.time() - 3600)
            for _ in range(5):
                status, _ = shop.call("POST", *callback)
                demand(status == 200, f"a callback of an hour ago is answered {status}")
        # The worker looks for late callbacks every five seconds.
        time.sleep(6)
        demand(_books(shop) == before, "an old message had an effect")
    return "3 old events refused; 10 old callbacks of ended jobs taken, without an effect"


def _books(shop: Shop) -> list[list[str]]:
    return shop.stack.sql(
        "SELECT (SELECT COUNT(*) FROM ledger_entries), (SELECT SUM(version) FROM video_jobs), "
        "(SELECT SUM(available_micros + held_micros) FROM wallets), "
        "(SELECT COUNT(*) FROM video_jobs WHERE state = 'delivered'), "
        "(SELECT COALESCE(SUM(lost_micros), 0) FROM video_jobs)")


def early(shop: Shop) -> str:
    """Vendors are quicker than their own answers (fault 20). A callback comes within the create
    call, whose answer is then lost or comes late; an event of a payment comes before the answer to
    the call that made its page."""
    customer = shop.customer(3)
    jobs = [_called_back_without_answer(shop, customer), *_called_back_first(shop, customer)]
    shop.settle()
    # Only a callback that finds no task notes one.
    known = shop.count(
        f"id IN ({', '.join(map(repr, jobs))}) AND state = 'delivered' "
        "AND callback_task_id = task_id")
    demand(known == len(jobs), f"{known} of {len(jobs)} jobs were called back early and delivered")
    _paid_first(shop, customer)
    return (
        f"{len(jobs)} jobs called back within their create calls, delivered; a payment told of "
        "before its session was known, credited once")


def _called_back_without_answer(shop: Shop, customer) -> str:
    shop.sandbox.set(
        "faults", path=CREATE, method="POST", when="after", status=0, delayMilliseconds=4000)
    try:
        job = shop.order(customer, "early-lost", PROMPT)
        poll(
            lambda: shop.count(
                f"id = '{job}' AND state = 'submitting' AND callback_task_id IS NOT NULL") == 1,
            20, "the callback comes within the create call")
        poll(lambda: shop.count(f"id = '{job}' AND state <> 'submitting'") == 1, 20, "it ends")
    finally:
        shop.sandbox.clear_faults()
    return job


def _called_back_first(shop: Shop, customer) -> list[str]:
    """By a worker that takes a third of a second to read whatever it is sent."""
    slowly = (
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=recvfrom",
        "-e", "inject=recvfrom:delay_enter=300000")
    with shop.stack.without_worker(), shop.stack.process(
        "work", "--submitters", "2", "--followers", "1", prefix=slowly
    ):
        jobs = [shop.order(customer, f"early-{number}", PROMPT) for number in range(2)]
        poll(
            lambda: shop.count(
                f"id IN ({', '.join(map(repr, jobs))}) AND state IN ('queued', 'submitting')")
            == 0, 90, "the jobs are submitted")
    # The slow one may hold a job.
    shop.stack.end_leases()
    return jobs


def _paid_first(shop: Shop, customer) -> None:
    answers: list[dict[str, str]] = []

    def buyer(_: int) -> None:
        answers.append(stripe_events.order_package(shop, customer, "early-purchase"))

    def sessions() -> list[dict]:
        purchases = shop.stack.sql(
            f"SELECT id FROM purchases WHERE account_id = '{customer.account}'")
        return [
            session for session in shop.sandbox.look("stripe/sessions")["items"]
            if [session["client_reference_id"]] in purchases
        ]

    shop.sandbox.set(
        "faults", path="/v1/checkout/sessions", method="POST", when="after", status=0,
        delayMilliseconds=8000)
    try:
        with threads(1, buyer):
            session = poll(sessions, 10, "Stripe has made the page")[0]
            shop.sandbox.press(session["url"], "pay")
            poll(
                lambda: shop.stack.number(
                    "SELECT COUNT(*) FROM purchases WHERE state = 'paid' AND session_id IS NULL "
                    f"AND account_id = '{customer.account}'") == 1,
                10, "the payment is credited before its session is known")
    finally:
        shop.sandbox.clear_faults()
    customer.credit += stripe_events.CREDIT
    demand(
        [answers[0]["sessionId"]] == [session["id"] for session in sessions()],
        "there is another session than the one that was answered")


def unheard(shop: Shop) -> str:
    """The database is away, or hangs, while messages come (fault 21). They are answered 5xx before
    nginx loses its patience, so that they come again; then each has its effect once."""
    customer = shop.customer(4)
    slowest = 0.0
    trouble = [shop.stack.without_database, functools.partial(_hung, shop.stack)]
    with stripe_events.Silence(shop) as silence:
        for number, context in enumerate(trouble):
            event = _paid(shop, silence, customer)
            job = _unknown_job(shop, customer, f"unheard-{number}")
            task = next(
                task["taskId"] for task in shop.sandbox.look("pollo/tasks")["items"]
                if task["prompt"].endswith(f"unheard-{number}"))
            callback = _callback(shop, job, task, f"unheard-{number}")
            body, headers = stripe_events.signed(event, shop.stack.env["STRIPE_WEBHOOK_SECRET"])
            messages: list[Message] = [(stripe_events.PATH, headers, body), callback]
            with context():
                slowest = max(slowest, _refused(shop, messages))
            for message in messages * 2:
                status, _ = shop.insist("POST", *message)
                demand(status == 200, f"a message that came again is answered {status}")
            customer.credit += stripe_events.CREDIT
            shop.settle()
            demand(
                shop.count(f"id = '{job}' AND failure_reason = 'vendor_failed'") == 1,
                "the callback that came again has not found its job")
    credits = shop.stack.number(
        "SELECT COUNT(*) FROM ledger_entries WHERE kind = 'credit' "
        f"AND account_id = '{customer.account}'")
    demand(credits == 2, f"{credits} credits for 2 payments")
    return (
        f"4 messages answered 5xx while it was away and while it hung, the slowest after "
        f"{slowest:.0f} s; sent again, each had its effect once")


@contextlib.contextmanager
def _hung(stack: Stack):
    process = stack.pid("mariadb")
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def _unknown_job(shop: Shop, customer, name: str) -> str:
    """A job that only its callback can find: the vendor has it, and its answer was lost."""
    shop.sandbox.set("pollo/hooks", enabled="false")
    try:
        job = shop.order(customer, name, f"{CHEAP} !lost {name}")
        poll(lambda: shop.count(f"id = '{job}' AND state = 'submit_unknown'") == 1, 60, "unknown")
    finally:
        shop.sandbox.set("pollo/hooks", enabled="true")
    shop.stack.sql(f"UPDATE video_jobs SET deadline_at = {Jobs.PARKED} WHERE id = '{job}'")
    return job


def _refused(shop: Shop, messages: list[Message]) -> float:
    """Sends messages that cannot be taken, and asks how the shop is; the longest wait."""
    waits: list[float] = []

    def sender(index: int) -> None:
        started = time.monotonic()
        if index < len(messages):
            status, _ = shop.call("POST", *messages[index])
        else:
            status, _ = shop.call("GET", "/api/health")
        waits.append(time.monotonic() - started)
        demand(500 <= status < 600, f"without a database the answer is {status}")

    with threads(len(messages) + 1, sender):
        pass
    demand(max(waits) < PATIENCE, f"an answer took {max(waits):.0f} s")
    return max(waits)
