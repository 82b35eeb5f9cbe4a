"""Payments of another application that shares the Stripe account."""

import uuid

import stripe_events
from shop import Shop
from stack import demand, poll


def row(shop: Shop) -> str:
    """Sessions without our mark, or with another shop's, are paid, refunded and disputed; one has an
    open order of ours as its reference, with its price (fault 65). Nothing moves, nothing waits,
    nobody is alarmed."""
    customer = shop.customer()
    order = stripe_events.order_package(shop, customer, f"foreign-{uuid.uuid4()}")
    before = {event["id"] for event in shop.sandbox.look("stripe/events")["items"]}
    known = {session["id"] for session in shop.sandbox.look("stripe/sessions")["items"]}
    other = str(uuid.uuid4())
    for fields in (
        {"reference": order["purchaseId"]}, {"reference": str(uuid.uuid4())},
        {"reference": str(uuid.uuid4()), "installation": other}, {"reference": "order_42"},
    ):
        shop.sandbox.set("stripe/foreign", amountCents=999, **fields)
    sessions = [
        session for session in shop.sandbox.look("stripe/sessions")["items"]
        if session["id"] not in known
    ]
    demand(len(sessions) == 4, f"{len(sessions)} foreign sessions")
    for session in sessions:
        shop.sandbox.set(f"stripe/payments/{session['id']}/refund", amountCents=100)
        shop.sandbox.set(f"stripe/payments/{session['id']}/dispute")
    dispute = shop.sandbox.look("stripe/disputes")["items"][-1]["id"]
    shop.sandbox.set(f"stripe/disputes/{dispute}/lose")
    events = [
        event["id"] for event in shop.sandbox.look("stripe/events")["items"]
        if event["id"] not in before
    ]
    names = ", ".join(f"'{name}'" for name in events)
    poll(
        lambda: shop.stack.number(
            f"SELECT COUNT(*) FROM vendor_events WHERE event_id IN ({names}) "
            "AND processed_at IS NOT NULL AND tries = 1") == len(events),
        60, "every event of the other application is noted at its first try")
    purchase = order["purchaseId"]
    demand(
        shop.stack.sql(f"SELECT state, problem FROM purchases WHERE id = '{purchase}'")
        == [["pending", "NULL"]], "the open order has been touched")
    report = shop.stack.try_to_run("reconcile").stdout
    words = [purchase, *(session["id"] for session in sessions)]
    words += [session["client_reference_id"] for session in sessions]
    demand(not any(word in report for word in words), f"a foreign payment is reported: {report}")
    demand(
        shop.stack.number(
            "SELECT COUNT(*) FROM health_checks WHERE name = 'webhook_receiver' "
            "AND NOT is_healthy") == 0, "the webhook receiver is called unhealthy")
    return f"4 payments, 4 refunds, 4 disputes: {len(events)} events noted once, nothing moved"
