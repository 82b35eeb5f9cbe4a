"""The books: refunds under open jobs, one account whose books are wrong, and a look at them that
takes longer than any other statement."""

import contextlib
import itertools
import json
import re
from pathlib import Path

import stripe_events
from shop import PRICES, PROMPT, Customer, Shop
from stack import TOP, Failed, demand, poll

LONG = "export JOB_DEADLINES=queue=900s,unknown=900s,render=900s,store=900s"
REFUND_CENTS = 800
ENDS = ("succeed", "failed")


# Refunds under open jobs (60)

def held(shop: Shop) -> str:
    """Part of a purchase goes back while two jobs hold of its credit; they end in every way and in
    both orders: what is left and what is owed depends on which are delivered alone (P5)."""
    with shop.stack.instead("work", LONG):
        shop.sandbox.set("pollo/delay", milliseconds=3_600_000)
        try:
            ends = {
                (fates, first): _end(shop, fates, first)
                for fates in itertools.product(ENDS, repeat=2) for first in (0, 1)
            }
        finally:
            shop.sandbox.set("pollo/delay", milliseconds=0)
    for fates in itertools.product(ENDS, repeat=2):
        demand(
            ends[fates, 0] == ends[fates, 1],
            f"{fates}: {ends[fates, 0]} in one order, {ends[fates, 1]} in the other")
    mixed = {ends[fates, 0] for fates in (ENDS, ENDS[::-1])}
    demand(len(mixed) == 1, f"one delivered and one refunded: {mixed}")
    owed = sum(1 for left, debt in ends.values() if left > 0 and debt > 0)
    demand(owed == 0, f"credit and debt at once: {ends}")
    return (
        f"{len(ends)} ways to end two jobs under a refund of ${REFUND_CENTS / 100:.2f} of $9.99, "
        f"{len(set(ends.values()))} different ends, none by the order, never credit and debt at once")


def _end(shop: Shop, fates: tuple[str, str], first: int) -> tuple[int, int]:
    """What is left and what is owed when the job `first` ends first."""
    customer = shop.customer()
    session = stripe_events.buy(shop, customer)
    poll(lambda: _wallet(shop, customer)[0] == stripe_events.CREDIT, 60, "it is credited")
    customer.credit = stripe_events.CREDIT
    name = f"held-{'-'.join(fates)}-{first}"
    prompts = [f"{PROMPT} {name} {number}" for number in (0, 1)]
    for number, prompt in enumerate(prompts):
        shop.order(customer, f"{name}-{number}", prompt, "pro")
    tasks = [
        poll(lambda prompt=prompt: _task(shop, prompt), 60, f"{prompt}: it has a task")
        for prompt in prompts
    ]
    due = stripe_events.credit_for(REFUND_CENTS * 10_000)
    shop.sandbox.set(f"stripe/payments/{session}/refund", amountCents=REFUND_CENTS)
    poll(lambda: _wallet(shop, customer)[0] == 0, 60, "what is not held is taken")
    for number in (first, 1 - first):
        shop.sandbox.set(f"pollo/tasks/{tasks[number]}/finish", status=fates[number])
        job = customer.orders[f"{name}-{number}"][0]
        state = "delivered" if fates[number] == "succeed" else "refunded"
        poll(
            lambda job=job, state=state: shop.count(f"id = '{job}' AND state = '{state}'") == 1,
            120, f"the job is {state}")
    left, debt = _wallet(shop, customer)
    spent = sum(PRICES["pro"] for fate in fates if fate == "succeed")
    # Of what was bought, spent and taken is all that there was; the rest of the refund is owed.
    customer.debt = max(0, due + spent - stripe_events.CREDIT)
    customer.credit += customer.debt - due
    demand(
        (left, debt) == (customer.credit - spent, customer.debt),
        f"{fates}, {first} first: {left} left and {debt} owed")
    return left, debt


def _wallet(shop: Shop, customer: Customer) -> tuple[int, int]:
    row = shop.stack.sql(
        "SELECT available_micros, shortfall_micros FROM wallets "
        f"WHERE account_id = '{customer.account}'")[0]
    return int(row[0]), int(row[1])


def _task(shop: Shop, prompt: str) -> str | None:
    """Its task at the vendor, once that has made the file."""
    return next(
        (task["taskId"] for task in shop.sandbox.look("pollo/tasks")["items"]
         if task["prompt"] == prompt and task["hasFile"]), None)


# One account (63)

def one_wallet(shop: Shop) -> str:
    """A wallet is wrong by 1 µ$: its account alone takes no orders, the list names it, and the
    runbook's commands put it right (A3, A4)."""
    stack = shop.stack
    wrong, other = shop.customer(20), shop.customer(20)
    shop.order(wrong, "before-wrong")
    stack.sql(
        "UPDATE wallets SET available_micros = available_micros + 1 "
        f"WHERE account_id = '{wrong.account}'")
    _look(shop)
    refused = taken = 0
    for number in range(10):
        status, content = _order(shop, wrong, f"wrong-{number}")
        demand(
            status == 403 and json.loads(content)["error"]["code"] == "ACCOUNT_HELD",
            f"an order of the account: {status} {content[:200]!r}")
        refused += 1
        shop.order(other, f"other-{number}")
        taken += 1
    held = stack.sql(
        "SELECT DISTINCT account_id FROM findings WHERE is_open AND scope = 'account'")
    demand(held == [[wrong.account]], f"held: {held}")
    demand(stack.get("/api/health") == 200, "/api/health is not 200")
    code = stack.try_to_run("ledger", "verify").returncode
    demand(code == 1, f"ledger verify: {code}")
    commands = _follow(shop, "L4 wallet", {"ACCOUNT": wrong.email})
    poll(lambda: not _findings(shop), 60, "the finding is gone by itself")
    shop.order(wrong, "after")
    # From then on the vendor takes an hour for what nobody ends by hand.
    shop.settle()
    runbook = _runbook(shop)
    return (
        f"{refused} orders of the account refused, {taken} of another taken meanwhile; "
        f"{commands} commands repaired it; of the runbook {runbook}")


def _order(shop: Shop, customer: Customer, key: str) -> tuple[int, bytes]:
    headers = {**customer.headers, "Idempotency-Key": key}
    return shop.call("POST", "/api/videos/generate", headers, shop.order_body())


def _look(shop: Shop) -> None:
    """Has the books looked at once more, and waits for it."""
    before = shop.stack.sql(
        "UPDATE schedules SET due_at = UTC_TIMESTAMP(6) WHERE name = 'audit'; "
        "SELECT COALESCE(done_at, 0), UTC_TIMESTAMP(6) FROM schedules WHERE name = 'audit'")[0]
    poll(
        lambda: shop.stack.number(
            "SELECT COUNT(*) FROM schedules "
            f"WHERE name = 'audit' AND done_at > '{before[1]}'") == 1,
        90, "the books are looked at")


def _findings(shop: Shop) -> list[list[str]]:
    return shop.stack.sql("SELECT rule, subject FROM findings WHERE is_open")


# The runbook

DOCUMENT = TOP / "docs/operations.md"


def sections() -> dict[str, list[str]]:
    """The commands of each section of the runbook."""
    found: dict[str, list[str]] = {}
    title = ""
    inside = False
    for line in Path(DOCUMENT).read_text().splitlines():
        if line.startswith("#"):
            title = line.lstrip("# ")
        elif line.startswith("```"):
            inside = not inside
        elif inside:
            found.setdefault(title, []).append(line)
    return found


def _follow(shop: Shop, title: str, words: dict[str, str]) -> int:
    """Gives the commands of a section as they stand there; how many."""
    commands = sections()[title]
    for command in commands:
        for word, value in words.items():
            command = re.sub(rf"\b{word}\b", value, command)
        arguments = [part[0] or part[1] for part in re.findall(r'"([^"]*)"|(\S+)', command)]
        demand(arguments[0] == "rushes", f"{title}: {command}")
        shop.stack.run(*arguments[1:])
    return len(commands)


LOT = ("(SELECT * FROM (SELECT id FROM credit_lots WHERE account_id = '{account}' "
       "AND remaining_micros > 1 LIMIT 1) AS lot)")
TWICE = "stripe:credit:planted-twice"
# What root does to the books, and the rule under which it is found. `{account}`, `{job}`, `{open}` and
# `{purchase}` are of the account that is damaged.
DAMAGES = {
    "L3 account": ("L3", "SET foreign_key_checks = 0; DELETE FROM wallets WHERE account_id = '{account}'"),
    "L4 wallet": (
        "L4", "UPDATE wallets SET held_micros = held_micros + 5 WHERE account_id = '{account}'"),
    "L4 lot": (
        "L4", "UPDATE credit_lots SET remaining_micros = remaining_micros - 1, "
        "spent_micros = spent_micros + 1 WHERE id = " + LOT),
    "L4 lines": (
        "L4", "DELETE FROM transactions WHERE account_id = '{account}' AND type = 'credit_purchase'"),
    "L6 wallet": (
        "L6", "SET check_constraint_checks = 0; "
        "UPDATE wallets SET available_micros = -1 WHERE account_id = '{account}'"),
    "C1 lot": (
        "C1", "SET check_constraint_checks = 0; "
        "UPDATE credit_lots SET remaining_micros = remaining_micros - 1 WHERE id = " + LOT),
    "J2 job": ("J2", "UPDATE video_jobs SET user_charged_micros = 1 WHERE id = '{job}'"),
    "J2 held": (
        "J2", "DELETE FROM ledger_entries WHERE job_id = '{job}' AND kind = 'release'"),
    "J9 job": (
        "J9", "UPDATE video_jobs SET deadline_at = UTC_TIMESTAMP(6) - INTERVAL 9 MINUTE, "
        "state = 'submitted', task_id = 'planted', "
        "next_attempt_at = UTC_TIMESTAMP(6) + INTERVAL 1 DAY, lease_token = NULL, "
        "lease_until = NULL WHERE id = '{open}'"),
    "P1 purchase, not credited": (
        "P1", "DELETE FROM ledger_entries WHERE purchase_id = '{purchase}' AND kind = 'credit'"),
    "P1 purchase, twice": (
        "P1", "INSERT INTO ledger_entries (id, op_key, leg, kind, debit_account, credit_account, "
        "amount_micros, account_id, lot_id, purchase_id, created_at) "
        f"SELECT UUID(), '{TWICE}', leg, kind, debit_account, credit_account, amount_micros, "
        "account_id, lot_id, purchase_id, created_at FROM ledger_entries "
        "WHERE purchase_id = '{purchase}' AND kind = 'credit'"),
    "P1 purchase, not paid": (
        "P1", "UPDATE purchases SET state = 'paid', paid_at = UTC_TIMESTAMP(6), "
        "payment_intent = 'planted' WHERE id = '{unpaid}'"),
    "P3 purchase": (
        "P3", "UPDATE purchases SET is_frozen = TRUE WHERE id = '{purchase}'"),
    "P6 purchase": (
        "P6", "UPDATE purchases SET refunded_micros = 1000000 WHERE id = '{purchase}'"),
}


def _runbook(shop: Shop) -> str:
    """Plants each damage in an account of its own and follows the runbook's words, until a look
    finds nothing."""
    known = set(sections())
    tried = set(DAMAGES) | set(OTHERS)
    demand(known == tried, f"sections without a test, or tests without one: {known ^ tried}")
    with shop.stack.instead("work", LONG):
        shop.sandbox.set("pollo/delay", milliseconds=3_600_000)
        try:
            commands = sum(_repair(shop, title) for title in DAMAGES)
            commands += sum(other(shop, title) for title, other in OTHERS.items())
        finally:
            shop.sandbox.set("pollo/delay", milliseconds=0)
    return f"{len(tried)} sections with {commands} commands were followed, each to clean books"


def _repair(shop: Shop, title: str) -> int:
    stack = shop.stack
    rule, damage = DAMAGES[title]
    customer = shop.customer()
    stripe_events.buy(shop, customer)
    poll(lambda: _wallet(shop, customer)[0] == stripe_events.CREDIT, 60, "it is credited")
    customer.credit = stripe_events.CREDIT
    name = re.sub(r"\W", "-", title)
    ended = shop.order(customer, f"{name}-ended", f"{PROMPT} {name} ends")
    task = poll(lambda: _task(shop, f"{PROMPT} {name} ends"), 60, "it has a task")
    shop.sandbox.set(f"pollo/tasks/{task}/finish", status="failed")
    poll(lambda: shop.count(f"id = '{ended}' AND state = 'refunded'") == 1, 120, "it is refunded")
    opened = shop.order(customer, f"{name}-open", f"{PROMPT} {name} goes on")
    poll(lambda: _task(shop, f"{PROMPT} {name} goes on"), 60, "it has a task")
    unpaid = stripe_events.order_package(shop, customer, f"{name}-unpaid")["purchaseId"]
    purchase = stack.sql(
        f"SELECT id FROM purchases WHERE account_id = '{customer.account}' AND paid_at IS NOT NULL")
    words = {"account": customer.account, "job": ended, "open": opened, "purchase": purchase[0][0],
             "unpaid": unpaid}
    stack.sql(damage.format(**words) + "; SELECT 1")
    verdict = stack.try_to_run("ledger", "verify").stdout
    demand(f"{rule}: " in verdict, f"{title} is not found: {verdict[:500]}")
    subject = unpaid if title.endswith("not paid") else words["purchase"]
    count = _follow(shop, title, {
        "ACCOUNT": customer.email, "PURCHASE": subject, "VIDEO": opened, "OP_KEY": TWICE})
    _expect_clean(shop, title)
    _finish(shop, opened, f"{PROMPT} {name} goes on")
    return count


def _finish(shop: Shop, job: str, prompt: str) -> None:
    if shop.count(f"id = '{job}' AND state = 'submitted'"):
        shop.sandbox.set(f"pollo/tasks/{_task(shop, prompt)}/finish", status="failed")


def _expect_clean(shop: Shop, title: str) -> None:
    result = shop.stack.try_to_run("ledger", "verify")
    demand(result.returncode == 0, f"{title}: not repaired: {result.stdout[:500]}")


def _mismatch(shop: Shop, title: str) -> int:
    """A purchase that is paid and does not fit its order."""
    customer = shop.customer()
    answer = stripe_events.order_package(shop, customer, f"mismatch-{title}")
    purchase = answer["purchaseId"]
    # The price that we wrote down is not what the page asks for.
    shop.stack.sql(f"UPDATE purchases SET price_micros = 9980000 WHERE id = '{purchase}'; SELECT 1")
    shop.sandbox.press(answer["url"], "pay")
    poll(
        lambda: shop.stack.number(
            f"SELECT COUNT(*) FROM purchases WHERE id = '{purchase}' AND problem IS NOT NULL "
            "AND next_check_at IS NULL") == 1,
        60, "the payment does not fit")
    count = _follow(shop, title, {"PURCHASE": purchase})
    if title.endswith("credited"):
        customer.credit = stripe_events.CREDIT
    shown = shop.stack.number(
        "SELECT COUNT(*) FROM purchases WHERE problem IS NOT NULL AND closed_at IS NULL "
        f"AND id = '{purchase}'")
    demand(shown == 0, f"{title}: it is shown still")
    _expect_clean(shop, title)
    return count


def _debt(shop: Shop, title: str) -> int:
    customer = shop.customer()
    session = stripe_events.buy(shop, customer)
    poll(lambda: _wallet(shop, customer)[0] == stripe_events.CREDIT, 60, "it is credited")
    job = shop.order(customer, "debt", f"{PROMPT} for a debt")
    task = poll(lambda: _task(shop, f"{PROMPT} for a debt"), 60, "it has a task")
    shop.sandbox.set(f"pollo/tasks/{task}/finish", status="succeed")
    poll(lambda: shop.count(f"id = '{job}' AND state = 'delivered'") == 1, 120, "delivered")
    shop.sandbox.set(f"stripe/payments/{session}/refund", amountCents=999)
    poll(lambda: _wallet(shop, customer) == (0, 1_000_000), 60, "there is a debt")
    count = _follow(shop, title, {"ACCOUNT": customer.email})
    demand(_wallet(shop, customer) == (0, 0), f"{title}: {_wallet(shop, customer)}")
    customer.credit = 1_000_000
    _expect_clean(shop, title)
    return count


def _given(shop: Shop, title: str) -> int:
    customer = shop.customer(7)
    count = _follow(shop, title, {"ACCOUNT": customer.email})
    customer.credit += -5_000_000 if "by mistake" in title else 5_000_000
    demand(_wallet(shop, customer)[0] == customer.credit, f"{title}: {_wallet(shop, customer)}")
    _expect_clean(shop, title)
    return count


def _closed(shop: Shop, title: str) -> int:
    """A finding that a person closes stops nothing; afterwards it is put right all the same."""
    customer = shop.customer(5)
    change = "UPDATE wallets SET frozen_micros = {} WHERE account_id = '{}'; SELECT 1"
    shop.stack.sql(change.format(7, customer.account))
    _look(shop)
    found = shop.stack.sql(
        f"SELECT id FROM findings WHERE is_open AND account_id = '{customer.account}'")
    count = sum(_follow(shop, title, {"FINDING": row[0]}) for row in found)
    _look(shop)
    status, content = _order(shop, customer, "closed")
    shop.acknowledged(customer, "closed", "economy", status, content)
    shop.stack.sql(change.format(0, customer.account))
    _expect_clean(shop, title)
    job = json.loads(content)["jobId"]
    poll(lambda: shop.count(f"id = '{job}' AND state = 'submitted'") == 1, 60, "it has a task")
    task = shop.stack.sql(f"SELECT task_id FROM video_jobs WHERE id = '{job}'")[0][0]
    poll(lambda: any(
        other["taskId"] == task and other["hasFile"]
        for other in shop.sandbox.look("pollo/tasks")["items"]), 60, "its file is made")
    shop.sandbox.set(f"pollo/tasks/{task}/finish", status="failed")
    return count


OTHERS = {
    "purchase_problem, credited": _mismatch,
    "purchase_problem, closed": _mismatch,
    "A debt": _debt,
    "Credit that was given by mistake": _given,
    "Credit that is missing": _given,
    "A finding that is right as it is": _closed,
}


# A slow look (64)

SLEEP = 40
MARK = "info LIKE '/* rushes audit */%'"


def slow_look(shop: Shop) -> str:
    """A look at the books takes longer than other answers may (30 s), and longer than its interval:
    it ends all the same, one process looks at a time, a verdict that is old is red, and what a
    killed process leaves at the server is ended (A2)."""
    stack = shop.stack
    # Without a paid purchase nobody asks for disputes.
    customer = shop.customer()
    stripe_events.buy(shop, customer)
    poll(lambda: _wallet(shop, customer)[0] == stripe_events.CREDIT, 60, "it is credited")
    customer.credit = stripe_events.CREDIT
    _look(shop)
    most = 0
    with _slow(shop, SLEEP), stack.worker(), stack.worker():
        # Before the look is due: its verdict is as old as the instant at which somebody takes it.
        begun = stack.sql("SELECT UTC_TIMESTAMP(6)")[0][0]
        stack.sql(
            "UPDATE schedules SET due_at = UTC_TIMESTAMP(6) WHERE name = 'audit'; SELECT 1")
        poll(lambda: _looks(shop), 60, "somebody looks")
        # Fifteen minutes have gone by, and the look has not ended.
        stack.sql(
            "UPDATE schedules SET done_at = done_at - INTERVAL 15 MINUTE "
            "WHERE name = 'audit'; SELECT 1")
        health = json.loads(shop.call_once("GET", "/api/health")[1])
        demand(health["checks"]["ledger"] == "failing", f"an old verdict stands: {health}")

        def ended() -> bool:
            nonlocal most
            most = max(most, len(_looks(shop)))
            return stack.number(
                "SELECT COUNT(*) FROM schedules "
                f"WHERE name = 'audit' AND done_at > '{begun}'") == 1

        # It reads that table three times where something was known of an account, as the row
        # before leaves it: which disputes moved, of what moved, and of that account.
        poll(ended, 5 * SLEEP, "the look has ended", pause=0.25)
        health = json.loads(shop.call_once("GET", "/api/health")[1])
        demand(health["checks"]["ledger"] == "ok", f"a fresh verdict is red: {health}")
    demand(most == 1, f"{most} looked at once")
    # Its process is killed; at the server the statement goes on.
    with _slow(shop, 600), stack.without_worker():
        stack.sql(
            "UPDATE schedules SET due_at = UTC_TIMESTAMP(6) WHERE name = 'audit'; SELECT 1")
        with stack.worker() as first:
            # In the statement that sleeps: between two shorter ones there is nothing to leave.
            left = poll(lambda: _looks(shop, lasting=2), 60, "somebody looks for long")
            first.kill()
            first.wait()
        demand(_looks(shop) == left, "the statement ends by itself")
        with stack.worker():
            poll(lambda: left[0] not in _looks(shop), 120, "what was left is ended")
    poll(lambda: not _looks(shop), 60, "all have ended")
    _look(shop)
    return (
        f"a look of {SLEEP} s ended, {most} at once by 3 processes, red while its verdict was old; "
        "1 statement of a killed process ended at the server")


def _looks(shop: Shop, lasting: int = 0) -> list[str]:
    """The sessions in which a look's statement runs, for so many seconds at least."""
    return [row[0] for row in shop.stack.sql(
        "SELECT id FROM information_schema.processlist "
        f"WHERE {MARK} AND time_ms >= {lasting * 1000}")]


@contextlib.contextmanager
def _slow(shop: Shop, seconds: int):
    """Each look sleeps so long at a table that hardly anything else reads."""
    stack = shop.stack
    columns = stack.sql(
        "SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position) "
        "FROM information_schema.columns "
        "WHERE table_schema = 'rushes' AND table_name = 'disputes'")[0][0]
    # What could be a lost dispute is asked for, and is none.
    values = {"standing": "'lost'"}
    nothing = ", ".join(
        f"{values.get(name, 'NULL')} AS {name}" for name in columns.split(","))
    stack.sql(
        "RENAME TABLE disputes TO disputes_kept; "
        f"CREATE VIEW disputes AS SELECT {columns} FROM disputes_kept UNION ALL "
        # Without the limit the server would ask first for whom it sleeps.
        f"(SELECT * FROM (SELECT {nothing}) AS none WHERE SLEEP({seconds}) = 1 LIMIT 1); SELECT 1")
    try:
        yield
    finally:
        poll(lambda: _quick(shop), 90, "the looks are as quick as before")


def _quick(shop: Shop) -> bool:
    """Ends what still sleeps, which holds the view, and takes the view away."""
    for look in _looks(shop):
        with contextlib.suppress(Failed):
            shop.stack.sql(f"KILL QUERY {look}")
    with contextlib.suppress(Failed):
        shop.stack.sql(
            "SET SESSION lock_wait_timeout = 1; DROP VIEW disputes; "
            "RENAME TABLE disputes_kept TO disputes; SELECT 1")
        return True
    return False
