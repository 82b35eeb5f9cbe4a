"""What the video vendor can do to us, and how each job must end."""

import time

from shop import CHEAP, PROMPT, Shop
from stack import demand, poll
from stripe_events import CREDIT, buy

# Where the economy tier's jobs are created.
CREATE = "/api/platform/generation/kling-ai"

# Prompt and end; the reason when it is refunded.
WORDS = [
    ("", "delivered", "NULL"),
    ("!lost", "delivered", "NULL"),
    ("!500", "delivered", "NULL"),
    ("!429", "delivered", "NULL"),
    ("!nowebhook", "delivered", "NULL"),
    ("!duplicate", "delivered", "NULL"),
    ("!fail", "refunded", "vendor_failed"),
    ("!fail !nowebhook", "refunded", "vendor_failed"),
    ("!refuse", "refunded", "refused"),
    # The vendor has it and never says so: our deadline ends it, and nobody sends it again.
    ("!lost !nowebhook", "refunded", "timeout"),
    ("!500 !nowebhook", "refunded", "timeout"),
]


def words(shop: Shop, copies: int) -> str:
    """Every magic word of the stand-in, so many times each (faults 4 to 7, 15, 19)."""
    customer = shop.customer(len(WORDS) * copies)
    ends = {}
    for number in range(copies):
        for word, state, reason in WORDS:
            job = shop.order(customer, f"word-{word}-{number}", f"{PROMPT} {word}".strip())
            ends[job] = (word, (state, reason))
    shop.settle(300)
    _check(shop, ends)
    return f"{len(ends)} jobs, {len(WORDS)} kinds of answers, each with its end"


def _check(shop: Shop, ends: dict[str, tuple[str, tuple[str, str]]]) -> None:
    for job, state, reason in shop.stack.sql("SELECT id, state, failure_reason FROM video_jobs"):
        if job in ends:
            word, expected = ends[job]
            demand((state, reason) == expected, f"{word or 'plain'}: {state} ({reason})")


def silence(shop: Shop, jobs: int) -> str:
    """No webhook at all, of neither vendor (fault 19): polling ends every job and every payment."""
    customer = shop.customer(jobs)
    shop.sandbox.set("pollo/hooks", enabled="false")
    shop.sandbox.set("stripe/hooks", enabled="false")
    started = time.monotonic()
    try:
        for number in range(jobs):
            shop.order(customer, f"silent-{number}", CHEAP)
        for _ in range(3):
            buy(shop, customer)
            customer.credit += CREDIT
        shop.settle()
        poll(
            lambda: shop.stack.number(
                "SELECT COUNT(*) FROM purchases WHERE state = 'paid' "
                f"AND account_id = '{customer.account}'") == 3,
            90, "the payments are credited", pause=0.5)
    finally:
        shop.sandbox.set("pollo/hooks", enabled="true")
        shop.sandbox.set("stripe/hooks", enabled="true")
    return f"{jobs} jobs and 3 payments ended within {time.monotonic() - started:.0f} s"


def empty(shop: Shop) -> str:
    """The vendor's balance is empty (fault 8): submitting rests, one call probes; then a model is
    not enabled: its tier alone rests. All is delivered when the vendor can again."""
    customer = shop.customer(40)
    shop.sandbox.set("pollo/balance", credits=0)
    before = shop.sandbox.look("state")["pollo"]["createCalls"]
    for number in range(8):
        shop.order(customer, f"empty-{number}", CHEAP)
    gate = "SELECT paused_until > UTC_TIMESTAMP(6) FROM vendor_gates WHERE name = 'pollo'"
    poll(lambda: shop.stack.sql(gate) == [["1"]], 30, "submitting is paused")
    # Those that were on their way when the first one met the empty balance.
    calls = shop.sandbox.look("state")["pollo"]["createCalls"] - before
    time.sleep(4)
    later = shop.sandbox.look("state")["pollo"]["createCalls"] - before - calls
    demand(calls <= 4 and later == 0, f"{calls} calls, and {later} more during the pause")
    demand(shop.open_jobs() == 8, "a job has ended for the operator's empty balance")
    shop.sandbox.set("pollo/balance", credits=1_000_000)
    _open(shop, "pollo")
    shop.settle()

    shop.sandbox.set("pollo/models", model="pollo/pollo-v1-6", enabled="false")
    paused = shop.order(customer, "model-off", CHEAP, "basic")
    poll(
        lambda: shop.stack.sql(
            "SELECT 1 FROM vendor_gates WHERE name = 'tier:basic' AND paused_until IS NOT NULL"),
        30, "the tier is paused")
    other = shop.order(customer, "model-on", CHEAP)
    poll(lambda: shop.count(f"id = '{other}' AND state = 'refunded'") == 1, 60, "others go on")
    demand(shop.count(f"id = '{paused}' AND state = 'queued'") == 1, "the paused job waits")
    shop.sandbox.set("pollo/models", model="pollo/pollo-v1-6", enabled="true")
    _open(shop, "tier:basic")
    shop.settle()
    return f"{calls} calls met the empty balance, 0 more during the pause, 10 jobs ended"


def _open(shop: Shop, gate: str) -> None:
    """The pause is over: what the clock would say in a minute, or in ten."""
    shop.stack.sql(
        "UPDATE vendor_gates SET paused_until = UTC_TIMESTAMP(6) "
        f"WHERE name = '{gate}' AND paused_until IS NOT NULL; "
        "UPDATE video_jobs SET next_attempt_at = UTC_TIMESTAMP(6) WHERE state = 'queued'")


def late(shop: Shop) -> str:
    """The vendor is done after we gave up (fault 22): the money is back, the video is a loss that
    the operator sees, and the job stays as it is."""
    customer = shop.customer(2)
    shop.sandbox.set("pollo/delay", milliseconds=3_600_000)
    job = shop.order(customer, "late", PROMPT)
    poll(lambda: shop.count(f"id = '{job}' AND state = 'submitted'") == 1, 60, "it is submitted")
    shop.sandbox.set("pollo/delay", milliseconds=0)
    # Half a minute later.
    shop.stack.sql(f"UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) WHERE id = '{job}'")
    poll(
        lambda: shop.count(f"id = '{job}' AND failure_reason = 'timeout'") == 1, 90,
        "the render's deadline ends it", pause=0.25)
    task = shop.stack.sql(f"SELECT task_id FROM video_jobs WHERE id = '{job}'")[0][0]
    shop.sandbox.set(f"pollo/tasks/{task}/finish", status="succeed")
    poll(
        lambda: shop.count(f"id = '{job}' AND lost_micros = estimated_cost_micros") == 1, 60,
        "the loss is recorded", pause=0.25)
    demand(shop.count(f"id = '{job}' AND state = 'refunded'") == 1, "the job has changed")
    return "refunded at its deadline; the late success is a recorded loss"


def answers(shop: Shop) -> str:
    """Answers that are none: challenge pages, 404 and 5xx of a status call, a link that is gone, a
    file that is no video (faults 9, 10, 13, 14). Each passes, and every job is delivered."""
    customer = shop.customer(8)
    html = "<!DOCTYPE html><title>Just a moment...</title>"
    files, status = "/files/", "/api/platform/generation/"
    faults = [
        {"path": CREATE, "method": "POST", "status": 403, "contentType": "text/html",
         "body": html, "count": 2},
        {"path": status, "method": "GET", "status": 404,
         "body": '{"message": "NOT_FOUND_ERROR", "code": "NOT_FOUND"}', "count": 2},
        {"path": status, "method": "GET", "status": 503, "contentType": "text/html",
         "body": html, "count": 2},
        {"path": status, "method": "GET", "status": 0, "count": 1},
        {"path": files, "method": "GET", "status": 403, "contentType": "text/plain",
         "body": "expired", "count": 2},
        {"path": files, "method": "GET", "status": 200, "contentType": "video/mp4",
         "body": "<html>not a video</html>", "count": 1},
        {"path": files, "method": "GET", "status": 0, "count": 1},
    ]
    try:
        for number, fault in enumerate(faults):
            shop.sandbox.set("faults", **fault)
            shop.order(customer, f"answer-{number}", PROMPT)
            shop.settle()
            demand(
                shop.sandbox.look("state")["faults"] == 0, f"{fault['path']} was not asked")
    finally:
        shop.sandbox.clear_faults()
    delivered = shop.count(f"account_id = '{customer.account}' AND state = 'delivered'")
    demand(delivered == len(faults), f"{delivered} of {len(faults)} were delivered")
    return f"{len(faults)} kinds of broken answers, {delivered} of {len(faults)} jobs delivered"


def full(shop: Shop, seconds: int) -> str:
    """The vendor is full for one tier: 429 to every create call (fault 7). Its jobs wait and ask as
    seldom as their back-off says, those of another tier go on, and nobody pays twice."""
    waiting, other = shop.customer(20), shop.customer(20)
    prompts = [PROMPT, CHEAP, CHEAP] * 4
    most = 100_000
    started = time.monotonic()
    shop.sandbox.set(
        "faults", path=CREATE, method="POST", status=429, count=most,
        body='{"message": "Too many requests", "code": "RATE_LIMIT_EXCEEDED"}')
    try:
        for number, prompt in enumerate(prompts):
            shop.order(waiting, f"full-{number}", prompt)
        for number in range(4):
            shop.order(other, f"free-{number}", CHEAP, "basic")
        poll(
            lambda: shop.count(f"account_id = '{other.account}' AND state = 'refunded'") == 4, seconds,
            "the other tier's jobs end meanwhile")
        time.sleep(max(0.0, started + seconds - time.monotonic()))
        calls = most - shop.sandbox.look("state")["faults"]
        bound = len(prompts) * _tries_within(time.monotonic() - started)
        waits = shop.count(f"account_id = '{waiting.account}' AND state IN ('queued', 'submitting')")
    finally:
        shop.sandbox.clear_faults()
    demand(waits == len(prompts), f"{waits} of {len(prompts)} jobs wait for the full vendor")
    demand(len(prompts) <= calls <= bound, f"{calls} calls, at most {bound} were expected")
    shop.settle()
    delivered = shop.count(f"account_id = '{waiting.account}' AND state = 'delivered'")
    failed = shop.count(f"account_id = '{waiting.account}' AND failure_reason = 'vendor_failed'")
    demand((delivered, failed) == (4, 8), f"{delivered} delivered and {failed} failed, not 4 and 8")
    return (
        f"{len(prompts)} jobs waited for {seconds} s with {calls} calls (at most {bound}), 4 of "
        "another tier went on; then each ended as the vendor said")


def _tries_within(seconds: float) -> int:
    """How often a job may ask a vendor that is full: each pause is half as long at least as the
    back-off of `Submission.swift`, 4 s doubled with each try up to 30 s."""
    tries, at, pause = 0, 0.0, 4.0
    while at <= seconds:
        tries += 1
        at += pause / 2
        pause = min(2 * pause, 30.0)
    return tries


def taken_back(shop: Shop) -> str:
    """The vendor calls a task failed whose video is delivered (fault 23): nothing changes."""
    customer = shop.customer(2)
    job = shop.order(customer, "taken-back", PROMPT)
    shop.settle()
    look = (
        "SELECT state, failure_reason, version, video_url, file_sha256, lost_micros, task_id "
        f"FROM video_jobs WHERE id = '{job}'")
    before = shop.stack.sql(look)
    demand(before[0][0] == "delivered", f"the job is {before[0][0]}")
    task = before[0][-1]
    shop.sandbox.set(f"pollo/tasks/{task}/finish", status="failed")
    shop.sandbox.set(f"pollo/tasks/{task}/callback", times=5)
    poll(lambda: shop.sandbox.look("state")["waitingHooks"] == 0, 30, "the callbacks are sent")
    hooks = [hook for hook in shop.sandbox.look("hooks")["items"] if hook["about"] == task]
    demand(
        len(hooks) >= 6 and all(hook["isDelivered"] for hook in hooks),
        f"callbacks of a delivered task: {[hook['lastStatus'] for hook in hooks]}")
    # The worker looks for late callbacks every five seconds.
    time.sleep(6)
    demand(shop.stack.sql(look) == before, "the job has changed")
    status, _ = shop.call("GET", f"/api/videos/{job}/file", customer.headers)
    demand(status == 200, f"the file is answered {status}")
    return f"{len(hooks) - 1} callbacks of the failure, the delivered job is as it was"
