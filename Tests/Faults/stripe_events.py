"""Events of payments: many times, in any order, with errors between. The objects live in the
stand-in; the harness sends the events itself, signed as Stripe signs them."""

import itertools
import json
import random
import threading
import time

import fastcgi
from database_proxy import AFTER, AT_ONCE, BEFORE, DatabaseProxy, is_statement
from shop import PROMPT, Customer, Shop, threads
from stack import demand
from vendors import stripe_header

PATH = "/api/webhooks/stripe"
PURCHASES = "/api/credits/purchase"
# The starter package: 10.00 of credit for 9.99.
PACKAGE = b'{"packageId": "starter"}'
PRICE, CREDIT = 9_990_000, 10_000_000


def credit_for(money: int) -> int:
    """The credit that goes back with so much of the price: in proportion, half up to the cent,
    exact when it is all of it."""
    return CREDIT if money >= PRICE else (CREDIT * money * 2 + PRICE * 10_000) // (
        2 * PRICE * 10_000) * 10_000


class Silence:
    """The stand-in sends no events of its own; what happened is read from its list."""

    def __init__(self, shop: Shop):
        self._sandbox = shop.sandbox

    def __enter__(self) -> "Silence":
        self._sandbox.set("stripe/hooks", enabled="false")
        self._known = {event["id"] for event in self._events()}
        return self

    def __exit__(self, *error) -> None:
        self._sandbox.set("stripe/hooks", enabled="true")

    def _events(self) -> list[dict]:
        return self._sandbox.look("stripe/events")["items"]

    def new(self) -> list[dict]:
        """What has happened since the last time, oldest first."""
        events = [event for event in self._events() if event["id"] not in self._known]
        self._known.update(event["id"] for event in events)
        return events


def order_package(shop: Shop, customer: Customer, key: str) -> dict[str, str]:
    """Orders the package until it is acknowledged: `purchaseId`, `sessionId` and `url`."""
    status, content = shop.insist(
        "POST", PURCHASES, {**customer.headers, "Idempotency-Key": key}, PACKAGE)
    demand(status == 201, f"purchase: {status} {content[:300]!r}")
    return json.loads(content)


def buy(shop: Shop, customer: Customer) -> str:
    """Orders the package and pays; the session."""
    answer = order_package(shop, customer, f"buy-{time.monotonic_ns()}")
    shop.sandbox.press(answer["url"], "pay")
    return answer["sessionId"]


def signed(event: dict, secret: str) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(event).encode()
    return body, {
        "Content-Type": "application/json", "Stripe-Signature": stripe_header(body, secret)}


# Many times

def repeated(shop: Shop, dice: random.Random, count: int) -> str:
    """So many events, each 1 to 20 times, shuffled, by 16 senders, while of every hundred
    statements two lose their connection (faults 15, 21). Whatever is not 2xx is sent again."""
    customers = [shop.customer() for _ in range(max(4, count // 40))]
    with Silence(shop) as silence:
        credits = refunds = disputes = 0
        events: list[dict] = []
        while len(events) < count:
            customer = customers[credits % len(customers)]
            session = buy(shop, customer)
            credits += 1
            customer.credit += CREDIT
            fate = credits % 4
            if fate == 1:
                cents = dice.randrange(1, 999)
                shop.sandbox.set(f"stripe/payments/{session}/refund", amountCents=cents)
                customer.credit -= credit_for(cents * 10_000)
                refunds += 1
            elif fate == 2:
                shop.sandbox.set(f"stripe/payments/{session}/dispute")
                dispute = shop.sandbox.look("stripe/disputes")["items"][-1]["id"]
                is_lost = dice.random() < 0.5
                shop.sandbox.set(f"stripe/disputes/{dispute}/{'lose' if is_lost else 'win'}")
                customer.credit -= CREDIT if is_lost else 0
                disputes += 1
            events += silence.new()
        sent = send_all(shop, dice, events)
    found = shop.stack.number(
        "SELECT COUNT(*) FROM ledger_entries WHERE kind = 'credit' "
        f"AND account_id IN ({', '.join(repr(customer.account) for customer in customers)})")
    demand(found == credits, f"{found} credits for {credits} payments")
    return (
        f"{len(events)} events of {credits} payments, {refunds} refunds and {disputes} disputes, "
        f"{sent[0]} deliveries, {sent[1]} answered 5xx and sent again, {sent[2]} connections cut; "
        "effects = objects")


def send_all(shop: Shop, dice: random.Random, events: list[dict]) -> tuple[int, int, int]:
    """Deliveries, how many were not answered 2xx, and how many connections were cut."""
    stack = shop.stack
    deliveries = [event for event in events for _ in range(dice.randint(1, 20))]
    dice.shuffle(deliveries)
    failures = 0
    lock = threading.Lock()
    queue = iter(deliveries)

    def decide(payload: bytes) -> str | None:
        if is_statement(payload) and dice.random() < 0.02:
            return dice.choice([BEFORE, AFTER, AT_ONCE])
        return None

    def sender(_: int) -> None:
        nonlocal failures
        while True:
            with lock:
                event = next(queue, None)
            if event is None:
                return
            end = time.monotonic() + 120
            while True:
                body, headers = signed(event, stack.env["STRIPE_WEBHOOK_SECRET"])
                try:
                    status = fastcgi.send(socket, "POST", PATH, headers, body).status
                except fastcgi.NoAnswer:
                    status = 0
                if 200 <= status < 300:
                    break
                demand(status == 0 or status >= 500, f"a genuine event is answered {status}")
                demand(time.monotonic() < end, f"{event['type']} has had no 2xx for two minutes")
                with lock:
                    failures += 1

    proxy = DatabaseProxy(stack.folder / "events.sock", stack.database_socket, decide)
    socket = stack.folder / "events-serve.sock"
    with proxy, stack.process(
        "serve", "--socket", str(socket), "--threads", "16",
        DATABASE_URL=proxy.url(stack.env["DATABASE_URL"]),
    ):
        with threads(16, sender):
            pass
    return len(deliveries), failures, sum(proxy.cuts.values())


# In any order

def orders(shop: Shop) -> str:
    """All 120 orders of five events of one payment (faults 16, 25, 27): paid, refunded in part,
    refunded in full, disputed, lost. Each event is sent at its place in the order, but not before
    it has happened; so some are read while the payment changes, and some when all is over."""
    permutations = list(itertools.permutations(range(5)))
    customers: list[Customer] = []
    queue = iter(permutations)
    lock = threading.Lock()

    def run(_: int) -> None:
        while True:
            with lock:
                order = next(queue, None)
            if order is None:
                return
            customer = shop.customer()
            with lock:
                customers.append(customer)
            _play(shop, silence, customer, order, lock)

    with Silence(shop) as silence, shop.stack.without_worker():
        with threads(4, run):
            pass
        ends = {_ledger(shop, customer) for customer in customers}
    demand(len(customers) == 120, f"{len(customers)} orders played")
    demand(len(ends) == 1, f"{len(ends)} different ends: {sorted(ends)[:2]}")
    return f"{len(customers)} orders, {len(ends)} end"


TYPES = [
    "checkout.session.completed", "charge.refunded", "charge.refunded", "charge.dispute.created",
    "charge.dispute.closed",
]


def _play(shop: Shop, silence: Silence, customer: Customer, order, lock) -> None:
    """Lets the payment live, and sends its events in this order."""
    session: list[str] = []
    happened: list[dict] = []

    for number in order:
        while len(happened) <= number:
            # One at a time, so that what is new in the list is this payment's.
            with lock:
                if not happened:
                    session.append(buy(shop, customer))
                _act(shop, session[0], happened)
                name = TYPES[len(happened)]
                happened.append([e for e in silence.new() if e["type"] == name][-1])
        deliver(shop, happened[number])


def _ledger(shop: Shop, customer: Customer) -> tuple:
    """What the books hold of a customer, without names and times."""
    account = customer.account
    accounts = shop.stack.sql(
        "SELECT account, SUM(amount) FROM ("
        "SELECT credit_account AS account, amount_micros AS amount FROM ledger_entries "
        f"WHERE account_id = '{account}' UNION ALL "
        "SELECT debit_account, -amount_micros FROM ledger_entries "
        f"WHERE account_id = '{account}') AS sides GROUP BY account HAVING SUM(amount) <> 0 "
        "ORDER BY account")
    wallet = shop.stack.sql(
        "SELECT available_micros, held_micros, frozen_micros, shortfall_micros FROM wallets "
        f"WHERE account_id = '{account}'")
    lots = shop.stack.sql(
        "SELECT source, granted_micros, remaining_micros, held_micros, spent_micros, "
        "expired_micros, clawed_back_micros, frozen_at IS NULL FROM credit_lots "
        f"WHERE account_id = '{account}' ORDER BY source, granted_micros")
    purchases = shop.stack.sql(
        "SELECT state, refunded_micros, clawback_micros, pending_micros, owed_micros, is_frozen "
        f"FROM purchases WHERE account_id = '{account}'")
    return tuple(str(part) for part in (accounts, wallet, lots, purchases))


def spent(shop: Shop) -> str:
    """The same when a video was made of the credit first: all 24 orders of the other four events
    (faults 24, 27). What is gone is owed, and nothing new can be ordered."""
    permutations = list(itertools.permutations(range(1, 5)))
    customers = []
    with Silence(shop) as silence:
        for _ in permutations:
            customer = shop.customer()
            customers.append((customer, buy(shop, customer)))
        paid = [event for event in silence.new() if event["type"] == TYPES[0]]
        for event in paid:
            deliver(shop, event)
        for customer, _ in customers:
            customer.credit += CREDIT
            shop.order(customer, "spent", PROMPT)
        shop.settle()
        for (_, session), event, order in zip(customers, paid, permutations, strict=True):
            _reverse(shop, silence, session, event, order)
        ends = {_ledger(shop, customer) for customer, _ in customers}
        refused = {
            shop.call(
                "POST", "/api/videos/generate", customer.headers, shop.order_body())[0]
            for customer, _ in customers
        }
    for customer, _ in customers:
        customer.credit -= CREDIT - 1_000_000
        customer.debt = 1_000_000
    demand(len(ends) == 1, f"{len(ends)} different ends: {sorted(ends)[:2]}")
    demand(refused == {402}, f"an order of someone who owes is answered {refused}")
    return f"{len(permutations)} orders, {len(ends)} end, 1.00 owed by each"


def deliver(shop: Shop, event: dict) -> None:
    body, headers = signed(event, shop.stack.env["STRIPE_WEBHOOK_SECRET"])
    status, content = shop.insist("POST", PATH, headers, body)
    demand(status == 200, f"{event['type']}: {status} {content[:200]!r}")


def _reverse(shop: Shop, silence: Silence, session: str, paid: dict, order) -> None:
    happened = [paid]
    for number in order:
        while len(happened) <= number:
            _act(shop, session, happened)
            name = TYPES[len(happened)]
            happened.append([e for e in silence.new() if e["type"] == name][-1])
        deliver(shop, happened[number])


def _act(shop: Shop, session: str, happened: list[dict]) -> None:
    """Lets the next thing happen to a payment."""
    payment = f"stripe/payments/{session}"
    if len(happened) == 1:
        shop.sandbox.set(f"{payment}/refund", amountCents=333)
    elif len(happened) == 2:
        shop.sandbox.set(f"{payment}/refund")
    elif len(happened) == 3:
        shop.sandbox.set(f"{payment}/dispute")
    elif len(happened) == 4:
        dispute = happened[3]["data"]["object"]["id"]
        shop.sandbox.set(f"stripe/disputes/{dispute}/lose")
