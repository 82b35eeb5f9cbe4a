"""Cards that are declined before one pays, and refunds whose answer never comes."""

import itertools
import json
import re
import uuid

import stripe_events
from shop import Customer, Shop
from stack import demand, poll
from stripe_events import CREDIT, Silence, deliver

# More than the tries of one call.
MANY = 1000
REASON = "For the fault tests"
# The exit status of a command that `work` finishes.
UNFINISHED = 75
# Of each refund.
CENTS = 450


def declined(shop: Shop) -> str:
    """A first card is declined, a second pays, the money goes back, all of it or a part; then more
    is told of the declined charge (fault 52). In all 24 orders of these events the total is that of
    the charge that paid: the wallet is as if the first card had never been."""
    orders = list(itertools.permutations(range(4)))
    customers = []
    with Silence(shop) as silence:
        for number, order in enumerate(orders):
            customer = shop.customer()
            customers.append(customer)
            cents = None if number % 2 else 333
            session = _pay_with_second_card(shop, customer)
            refund = {} if cents is None else {"amountCents": cents}
            shop.sandbox.set(f"stripe/payments/{session}/refund", **refund)
            charge = _failed_charge(shop, session)
            shop.sandbox.set(f"stripe/charges/{charge}/tell", type="charge.updated")
            events = {
                (event["type"], event["data"]["object"]["id"] == charge): event
                for event in silence.new()
            }
            told = [
                events["checkout.session.completed", False], events["charge.failed", True],
                events["charge.refunded", False], events["charge.updated", True],
            ]
            customer.credit += CREDIT - stripe_events.credit_for((cents or 999) * 10_000)
            for index in order:
                deliver(shop, told[index])
            # And once more, long after.
            shop.sandbox.set(f"stripe/charges/{charge}/tell", type="charge.failed")
            deliver(shop, silence.new()[-1])
    names = ", ".join(f"'{customer.account}'" for customer in customers)
    states = shop.stack.sql(
        f"SELECT state, COUNT(*) FROM purchases WHERE account_id IN ({names}) "
        "GROUP BY state ORDER BY state")
    half = len(orders) // 2
    demand(
        sorted(states) == [["paid", str(half)], ["refunded", str(half)]], f"purchases: {states}")
    return f"{len(orders)} orders of 4 events, {half} refunded and {half} a part, each by its total"


def _pay_with_second_card(shop: Shop, customer: Customer) -> str:
    answer = stripe_events.order_package(shop, customer, f"second-{uuid.uuid4()}")
    shop.sandbox.press(answer["url"], "decline")
    shop.sandbox.press(answer["url"], "pay")
    return answer["sessionId"]


def _failed_charge(shop: Shop, session: str) -> str:
    payment = next(
        each["payment_intent"] for each in shop.sandbox.look("stripe/sessions")["items"]
        if each["id"] == session)
    return next(
        charge["id"] for charge in shop.sandbox.look("stripe/charges")["items"]
        if charge["payment_intent"] == payment and charge["status"] == "failed")


# Refunds without an answer

# What Stripe's answer is instead, and whether it has made the refund.
ANSWERS = [(502, "after"), (502, "before"), (0, "after"), (0, "before")]


def unfinished(shop: Shop) -> str:
    """An operator's refund is answered 502, or never, at the command line and by the API; then it is
    repeated by hand with its key, while `work` finishes it (fault 53). It is made once, nobody is
    told to make it again, and each says in the end that it is made."""
    operator = _administrator(shop)
    commands = repeats = 0
    for channel in (_by_command, _by_api):
        for status, when in ANSWERS:
            customer = shop.customer()
            purchase = _buy(shop, customer)
            key = f"refund-{uuid.uuid4()}"
            shop.sandbox.set(
                "faults", path="/v1/refunds", method="POST", when=when, status=status, count=MANY)
            try:
                for _ in range(3):
                    is_made, words = channel(shop, operator, purchase, key)
                    demand(not is_made, f"a refund without an answer is called made: {words}")
                    wrong = re.search(r"try again|retry|nothing was", words, re.IGNORECASE)
                    demand(wrong is None, f"somebody is told to repeat it: {words}")
                    repeats += 1
            finally:
                shop.sandbox.clear_faults()
            commands += 1
            customer.credit -= stripe_events.credit_for(CENTS * 10_000)
            # A minute later the worker may take it up; by hand it is repeated meanwhile.
            shop.stack.sql(
                "UPDATE refunds SET created_at = created_at - INTERVAL 1 MINUTE "
                f"WHERE purchase_id = '{purchase}'")
            if commands % 2:
                poll(lambda: channel(shop, operator, purchase, key)[0], 30, "it is made by hand")
            poll(lambda: _finished(shop, purchase), 100, "the refund is finished", pause=0.5)
            demand(channel(shop, operator, purchase, key)[0], "a repeated refund is not made")
            _demand_one_refund(shop, purchase)
    return (
        f"{commands} refunds without an answer, called {repeats} times meanwhile and again "
        "afterwards, each made once")


def _buy(shop: Shop, customer: Customer) -> str:
    answer = stripe_events.order_package(shop, customer, f"unfinished-{uuid.uuid4()}")
    shop.sandbox.press(answer["url"], "pay")
    customer.credit += CREDIT
    purchase = answer["purchaseId"]
    poll(
        lambda: shop.stack.number(
            f"SELECT COUNT(*) FROM purchases WHERE id = '{purchase}' AND state = 'paid'") == 1,
        60, "the payment is credited")
    return purchase


def _administrator(shop: Shop) -> dict[str, str]:
    """The headers of an administrator."""
    email = f"operator-{uuid.uuid4().hex[:8]}@example.org"
    password = shop.stack.run("admin", "create-admin", email).split()[-1]
    body = json.dumps({"email": email, "password": password}).encode()
    status, content = shop.insist(
        "POST", "/api/auth/login", {"Content-Type": "application/json"}, body)
    demand(status == 200, f"login: {status} {content[:200]!r}")
    return {
        "Authorization": f"Bearer {json.loads(content)['token']}",
        "Content-Type": "application/json",
    }


def _by_command(shop: Shop, _, purchase: str, key: str) -> tuple[bool, str]:
    """Whether it is called made, and the words."""
    result = shop.stack.try_to_run(
        "admin", "refund", purchase, "--amount", f"{CENTS / 100:.2f}", "--reason", REASON,
        "--key", key)
    demand(
        result.returncode in (0, UNFINISHED),
        f"refund: {result.returncode} {result.stdout}{result.stderr[-500:]}")
    # The log, which is for machines, stands in the other stream.
    return result.returncode == 0, result.stdout


def _by_api(shop: Shop, operator: dict, purchase: str, key: str) -> tuple[bool, str]:
    status, content = shop.call_once(
        "POST", f"/api/admin/purchases/{purchase}/refund",
        {**operator, "Idempotency-Key": key},
        json.dumps({"reason": REASON, "amount": CENTS / 100}).encode())
    demand(status in (200, 202), f"refund: {status} {content[:300]!r}")
    return status == 200, content.decode()


def _finished(shop: Shop, purchase: str) -> bool:
    return shop.stack.number(
        "SELECT COUNT(*) FROM refunds WHERE stripe_refund_id IS NOT NULL "
        f"AND purchase_id = '{purchase}'") == 1


def _demand_one_refund(shop: Shop, purchase: str) -> None:
    payment = shop.stack.sql(f"SELECT payment_intent FROM purchases WHERE id = '{purchase}'")[0][0]
    made = [
        refund["amount"] for refund in shop.sandbox.look("stripe/refunds")["items"]
        if refund["payment_intent"] == payment
    ]
    demand(made == [CENTS], f"refunds at Stripe: {made}")
    rows = shop.stack.number(f"SELECT COUNT(*) FROM refunds WHERE purchase_id = '{purchase}'")
    demand(rows == 1, f"{rows} refunds in the books")
