"""The video vendor half broken: what one job, one tier or one call of it does to the others."""

import contextlib
import time

from shop import CHEAP, PROMPT, Shop
from stack import demand, poll
from vendor_faults import CREATE

STATUS = "/api/platform/generation/"
FOR_EVER = 100_000
NOT_FOUND = '{"message": "Not found", "code": "NOT_FOUND"}'
GATES = (
    "SELECT COUNT(*) FROM vendor_gates WHERE paused_until IS NOT NULL "
    "AND name IN ('status', 'status:economy', 'status:pro')")
# Numbers that no account holds, and what is none.
NUMBERS = [
    "999999999999999", "-5.5", "1e400", '"nine"', "null", "1e-400", "[]", "92233720368547758"]


def unreadable(shop: Shop, kinds: int) -> str:
    """No status can be read, while the vendor takes orders (fault 54): few are bought, the gate
    closes, each video that is given back for it is a named loss, and when status works again the
    gate opens by itself and all goes on."""
    answers = [
        {"status": 404, "body": NOT_FOUND},
        {"status": 200, "contentType": "text/html", "body": "<!DOCTYPE html><title>x</title>"},
        {"status": 503, "body": "{}"},
        {"status": 0},
    ][:kinds]
    bought, losses = [], 0
    with shop.stack.instead(
        "work", "export JOB_DEADLINES=queue=300s,unknown=9s,render=6s,store=60s "
        "POLLO_MAX_PARALLEL=4"
    ), shop.stack.instead("serve", "export JOB_DEADLINES=queue=300s"):
        for answer in answers:
            calls, lost = _unreadable(shop, answer)
            bought.append(calls)
            losses += lost
    return (
        f"{len(answers)} ways not to answer, {bought} of 12 videos bought in each before the gate "
        f"closed, {losses} named losses; opened by itself, all 12 ended")


def _unreadable(shop: Shop, answer: dict) -> tuple[int, int]:
    customer = shop.customer(30)
    before = shop.sandbox.look("state")["pollo"]["createCalls"]
    shop.sandbox.set("faults", path=STATUS, method="GET", count=FOR_EVER, **answer)
    mine = f"account_id = '{customer.account}'"
    try:
        for number in range(12):
            shop.order(
                customer, f"unread-{number}", PROMPT, "pro" if number % 3 == 0 else "economy")
        poll(
            lambda: shop.count(f"{mine} AND state = 'refunded' AND is_loss_presumed") >= 4, 60,
            "those that were bought are given back", pause=0.25)
        calls = shop.sandbox.look("state")["pollo"]["createCalls"] - before
        demand(calls <= 5, f"{calls} were bought while none can be delivered")
        demand(shop.stack.number(GATES) > 0, "no gate is closed")
        losses = shop.stack.number(
            "SELECT COUNT(*) FROM differences JOIN video_jobs ON video_jobs.id = job_id "
            f"WHERE {mine} AND is_open AND amount_micros > 0")
        lost = shop.count(f"{mine} AND lost_micros > 0")
        demand(losses == lost >= 4, f"{losses} differences name {lost} losses")
        demand(shop.count(f"{mine} AND state = 'queued'") >= 7, "the others do not wait")
    finally:
        shop.sandbox.clear_faults()
    # What is asked for next: a minute after its end, or a probe as late.
    poll(lambda: shop.stack.number(GATES) == 0, 150, "the gates open by themselves", pause=0.25)
    shop.settle(150)
    delivered = shop.count(f"{mine} AND state = 'delivered'")
    demand(delivered >= 7, f"{delivered} were delivered afterwards")
    return calls, lost


def one_task(shop: Shop, pairs: int) -> str:
    """The vendor answers two orders with one task, and calls both back (fault 55): the first is
    delivered, the second given back at its deadline, and nobody else waits."""
    customer, other = shop.customer(2 * pairs), shop.customer(2)
    with shop.stack.instead(
        "work", "export JOB_DEADLINES=queue=120s,unknown=8s,render=20s,store=60s"
    ):
        for pair in range(pairs):
            shop.sandbox.set("pollo/repeat", count=2)
            for number in (1, 2):
                shop.order(customer, f"pair-{pair}-{number}", f"{PROMPT} {pair} {number}")
            poll(
                lambda pair=pair: shop.count(
                    f"account_id = '{customer.account}' AND attempts > 0 "
                    "AND state NOT IN ('queued', 'submitting')") == 2 * (pair + 1),
                30, "both are answered")
        slowest = _order_and_wait(shop, other, "meanwhile")
        shop.settle()
    mine = f"account_id = '{customer.account}'"
    delivered = shop.count(f"{mine} AND state = 'delivered'")
    refunded = shop.count(f"{mine} AND state = 'refunded'")
    demand(
        (delivered, refunded) == (pairs, pairs), f"{delivered} delivered, {refunded} refunded")
    health = shop.stack.get("/api/health")
    demand(health == 200, f"health is answered {health}")
    return (
        f"{pairs} tasks for {2 * pairs} jobs: {delivered} delivered, {refunded} given back; "
        f"another's job was delivered within {slowest:.0f} s meanwhile")


def _order_and_wait(shop: Shop, customer, key: str, tier: str = "economy") -> float:
    """How long a good order takes."""
    began = time.monotonic()
    job = shop.order(customer, key, f"{PROMPT} {key}", tier)
    poll(lambda: shop.count(f"id = '{job}' AND state = 'delivered'") == 1, 120, f"{key}: delivered")
    return time.monotonic() - began


def odd(shop: Shop, count: int) -> str:
    """Files that are no whole video, numbers that are no amount (fault 56): each job is delivered
    or given back by its deadline, by the one worker that lives on, and others' are as ever."""
    names = [
        word for line in shop.sandbox.text("").splitlines() for word in line.split()
        if line.startswith("empty ")]
    demand(len(names) >= 30, f"the corpus has {len(names)} files")
    # Every so many, so that a short part has all kinds.
    names = names[:: max(1, len(names) // count)]
    customer, other = shop.customer(2 * len(names)), shop.customer(30)
    with shop.stack.instead(
        "work", "export JOB_DEADLINES=queue=300s,unknown=8s,render=60s,store=10s"
    ):
        pid = shop.stack.pid("work")
        # All are bought before the first is found to be odd.
        shop.sandbox.set("pollo/delay", milliseconds=15_000)
        jobs = {shop.order(customer, f"odd-{name}", f"{PROMPT} !odd:{name}"): name
                for name in names}
        shop.sandbox.set("pollo/delay", milliseconds=0)
        slowest = max(_order_and_wait(shop, other, f"beside-{number}", "basic")
                      for number in range(3))
        shop.settle(200)
        with contextlib.ExitStack() as faults:
            faults.callback(shop.sandbox.clear_faults)
            for number in NUMBERS:
                shop.sandbox.set(
                    "faults", path=STATUS, method="GET", field="credit", value=number, count=6)
                # Another tier than the one whose files are known to be odd.
                slowest = max(
                    slowest, _order_and_wait(shop, other, f"credit {number}", "basic"))
                shop.sandbox.clear_faults()
        demand(shop.stack.pid("work") == pid, "work has died")
    ends = dict(shop.stack.sql(
        f"SELECT id, state FROM video_jobs WHERE account_id = '{customer.account}'"))
    delivered = sorted(jobs[job] for job, state in ends.items() if state == "delivered")
    lost = shop.count(f"account_id = '{customer.account}' AND state = 'refunded' AND lost_micros > 0")
    demand(
        lost == len(jobs) - len(delivered), f"{lost} of {len(jobs) - len(delivered)} are losses")
    demand(len(delivered) <= 12, f"delivered: {delivered}")
    # The next rows are about something else than the files of this one.
    shop.open_gates()
    return (
        f"{len(jobs)} odd files, {len(delivered)} delivered ({', '.join(delivered)}), "
        f"{lost} given back and named; {len(NUMBERS)} odd numbers; another's job took "
        f"{slowest:.0f} s at most, work lived on")


def broken_row(shop: Shop) -> str:
    """A job's stored input is unreadable (fault 57): it alone waits and is shown, others go on, a
    person ends one, and its deadline the other."""
    customer, other = shop.customer(3), shop.customer(4)
    with shop.stack.without_worker():
        jobs = [shop.order(customer, f"broken-{number}", PROMPT) for number in range(2)]
        shop.stack.sql(
            "UPDATE video_jobs SET vendor_input = '\"?\"', "
            "deadline_at = UTC_TIMESTAMP(6) + INTERVAL 25 SECOND "
            f"WHERE account_id = '{customer.account}'")
    slowest = max(_order_and_wait(shop, other, f"beside-{number}") for number in range(3))
    shown = poll(
        lambda: shop.stack.sql(
            "SELECT job_id FROM parked_jobs WHERE job_id IN "
            f"('{jobs[0]}', '{jobs[1]}')"), 30, "they are shown")
    demand(len(shown) >= 1, "none is shown")
    shop.stack.run("admin", "end-video", jobs[0], "--reason", "Its row is broken")
    demand(shop.count(f"id = '{jobs[0]}' AND state = 'refunded'") == 1, "it is not ended")
    poll(lambda: shop.count(f"id = '{jobs[1]}' AND state = 'refunded'") == 1, 60,
         "its deadline ends the other", pause=0.25)
    return (
        f"2 unreadable jobs, one ended by hand and one by its deadline; another's took "
        f"{slowest:.0f} s at most")


def one_refused(shop: Shop) -> str:
    """One tier is not found, and one prompt is forbidden (fault 58): the other tiers, and the other
    prompts, go on within seconds; nothing else is paused."""
    customer, other = shop.customer(20), shop.customer(40)
    tiers = ["basic", "pro"]
    shop.sandbox.set(
        "faults", path=CREATE + "/kling-v1-6", method="POST", status=404, body=NOT_FOUND,
        count=FOR_EVER)
    try:
        waiting = [shop.order(customer, f"gone-{number}", CHEAP) for number in range(4)]
        poll(lambda: _closed(shop) == ["tier:economy"], 30, "the tier is paused, and it alone")
        slowest = max(
            _order_and_wait(shop, other, f"{tier}-{number}", tier)
            for number in range(2) for tier in tiers)
        demand(
            all(shop.count(f"id = '{job}' AND state = 'queued'") == 1 for job in waiting),
            "the tier's jobs do not wait")
    finally:
        shop.sandbox.clear_faults()
    shop.stack.sql(
        "UPDATE vendor_gates SET paused_until = UTC_TIMESTAMP(6) WHERE name = 'tier:economy'; "
        "UPDATE video_jobs SET next_attempt_at = UTC_TIMESTAMP(6) WHERE state = 'queued'")
    shop.settle()
    demand(_closed(shop) == [], "the pause is not over")

    shop.sandbox.set(
        "faults", path=CREATE, method="POST", status=403, contains="forbidden words",
        body='{"message": "This prompt may not be used.", "code": "FORBIDDEN"}', count=FOR_EVER)
    try:
        refused = shop.order(customer, "forbidden", f"{PROMPT} and forbidden words")
        poll(lambda: shop.count(f"id = '{refused}' AND attempts > 0") == 1, 30, "it is sent")
        prompts = max(
            _order_and_wait(shop, other, f"prompt-{number}", tier)
            for number, tier in enumerate(["economy", "basic", "pro", "economy"]))
        demand(_closed(shop) == [], "a prompt has paused something")
        poll(
            lambda: shop.count(f"id = '{refused}' AND failure_reason = 'refused'") == 1, 120,
            "the prompt is refused", pause=0.25)
    finally:
        shop.sandbox.clear_faults()
    return (
        f"404 of a tier: {len(waiting)} of its jobs waited, those of two others took "
        f"{slowest:.0f} s at most; 403 of a prompt: others took {prompts:.0f} s at most, and it "
        "was given back")


def _closed(shop: Shop) -> list[str]:
    return [name for name, in shop.stack.sql(
        "SELECT name FROM vendor_gates WHERE paused_until IS NOT NULL ORDER BY name")]


def hangs(shop: Shop, late: int) -> str:
    """Status calls hang while many refunded jobs call back (fault 59): deadlines are kept to the
    second, and orders and their submission go on."""
    customer, other = shop.customer(late), shop.customer(30)
    shop.sandbox.set("pollo/hooks", enabled="false")
    with shop.stack.instead(
        "work", "export JOB_DEADLINES=queue=6s,unknown=9s,render=20s,store=60s"
    ), shop.stack.instead("serve", "export JOB_DEADLINES=queue=6s"):
        try:
            for number in range(late):
                shop.order(customer, f"late-{number}", f"{CHEAP} !lost")
            poll(
                lambda: shop.count(
                    f"account_id = '{customer.account}' AND state = 'refunded'") == late, 120,
                "their deadline ends them", pause=0.25)
            shop.sandbox.set(
                "faults", path=STATUS, method="GET", status=0, delayMilliseconds=20_000,
                count=FOR_EVER)
            shop.stack.sql(
                "UPDATE video_jobs SET callback_task_id = CONCAT('late-', id), "
                f"late_look_at = UTC_TIMESTAMP(6) WHERE account_id = '{customer.account}'")
            # Nobody submits these, so that their queue deadline is due meanwhile.
            shop.sandbox.set(
                "faults", path=CREATE, method="POST", status=429, count=FOR_EVER,
                body='{"message": "Too many requests", "code": "RATE_LIMIT_EXCEEDED"}')
            waiting = [shop.order(other, f"waits-{number}", CHEAP) for number in range(12)]
            poll(
                lambda: shop.count(f"account_id = '{other.account}' AND state = 'refunded'") == 12, 60,
                "their deadline ends them while the vendor hangs", pause=0.25)
            listed = ", ".join(f"'{job}'" for job in waiting)
            worst = shop.stack.number(
                "SELECT MAX(TIMESTAMPDIFF(MICROSECOND, created_at, completed_at)) DIV 1000 - 6000 "
                f"FROM video_jobs WHERE id IN ({listed})")
            demand(worst < 6000, f"a deadline was kept {worst} ms late")
            audit = shop.stack.number(
                "SELECT TIMESTAMPDIFF(SECOND, checked_at, UTC_TIMESTAMP(6)) FROM health_checks "
                "WHERE name = 'ledger'")
            demand(audit < 600, f"the last audit is {audit} s old")
        finally:
            shop.sandbox.clear_faults()
            shop.sandbox.set("pollo/hooks", enabled="true")
    looks = shop.stack.number(
        f"SELECT MAX(late_looks) FROM video_jobs WHERE account_id = '{customer.account}'")
    shop.stack.sql(
        f"UPDATE video_jobs SET late_look_at = NULL WHERE account_id = '{customer.account}'")
    demand(looks <= 2, f"a callback was looked at {looks} times within a minute")
    return (
        f"{late} late callbacks and a vendor that hangs: 12 deadlines kept, the last {worst} ms "
        f"late; no callback was looked at more than {looks} times")
