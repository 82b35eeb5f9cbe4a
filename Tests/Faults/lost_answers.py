"""Stripe does what it is asked for, and its answer is lost."""

import stripe_events
from shop import Shop
from stack import demand, poll

# More than the tries of one call.
MANY = 100


def row(shop: Shop) -> str:
    """The answer to a POST is lost (fault 30). A buyer who orders again under the same key gets the
    one session that was made; a refund is finished by the worker, and made once."""
    customer = shop.customer()
    purchase = _lose_session(shop, customer)
    _lose_refund(shop, customer, purchase)
    return "one session for three purchases of one key; one refund, finished by the worker"


def _lose_session(shop: Shop, customer) -> str:
    _lose("/v1/checkout/sessions", shop)
    try:
        headers = {**customer.headers, "Idempotency-Key": "lost-session"}
        status, _ = shop.call(
            "POST", stripe_events.PURCHASES, headers, stripe_events.PACKAGE)
    finally:
        shop.sandbox.clear_faults()
    demand(status == 502, f"an order without Stripe's answer is answered {status}")
    answer = stripe_events.order_package(shop, customer, "lost-session")
    again = stripe_events.order_package(shop, customer, "lost-session")
    demand(again == answer, f"the same key is answered {answer}, then {again}")
    made = [
        session["id"] for session in shop.sandbox.look("stripe/sessions")["items"]
        if session["client_reference_id"] == answer["purchaseId"]
    ]
    demand(made == [answer["sessionId"]], f"sessions at Stripe: {made}")
    shop.sandbox.press(answer["url"], "pay")
    customer.credit += stripe_events.CREDIT
    where = f"id = '{answer['purchaseId']}' AND state = 'paid'"
    poll(
        lambda: shop.stack.number(f"SELECT COUNT(*) FROM purchases WHERE {where}") == 1, 60,
        "the payment is credited")
    return answer["purchaseId"]


def _lose_refund(shop: Shop, customer, purchase: str) -> None:
    stack = shop.stack
    _lose("/v1/refunds", shop)
    try:
        result = stack.try_to_run(
            "admin", "refund", purchase, "--amount", "4.50", "--reason", "For the fault tests")
    finally:
        shop.sandbox.clear_faults()
    demand(result.returncode != 0, "a refund without an answer was taken for made")
    customer.credit -= stripe_events.credit_for(4_500_000)
    # A minute later the worker may take it up.
    stack.sql(
        "UPDATE refunds SET created_at = created_at - INTERVAL 1 MINUTE "
        f"WHERE purchase_id = '{purchase}'")
    poll(
        lambda: stack.sql(
            f"SELECT stripe_refund_id IS NOT NULL FROM refunds WHERE purchase_id = '{purchase}'")
        == [["1"]], 90, "the worker finishes the refund", pause=0.5)
    ours = stack.sql(
        "SELECT payment_intent, stripe_refund_id FROM refunds "
        f"JOIN purchases ON purchases.id = purchase_id WHERE purchase_id = '{purchase}'")
    made = [
        [refund["payment_intent"], refund["id"]]
        for refund in shop.sandbox.look("stripe/refunds")["items"]
        if refund["payment_intent"] == ours[0][0]
    ]
    demand(made == ours, f"refunds at Stripe: {made}, in our books: {ours}")


def _lose(path: str, shop: Shop) -> None:
    shop.sandbox.set("faults", path=path, method="POST", when="after", status=0, count=MANY)
