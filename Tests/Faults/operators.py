"""What operators do by hand while the shop runs."""

import random
import threading

import stripe_events
from shop import CHEAP, Shop, threads
from stack import demand, poll

GRANTS, REFUNDS, ORDERS = 15, 4, 16
# Of each refund.
CENTS = 50
REASON = "By hand, at once"


def by_hand(shop: Shop, dice: random.Random) -> str:
    """Operators grant credit and send money back, several at once, while the user's jobs run
    (fault 49): nothing is lost between them, and each act has its reason in the log. A refund that
    finds its order changing again and again is made, and the worker finishes it."""
    stack = shop.stack
    customer = shop.customer(40)
    answer = stripe_events.order_package(shop, customer, "by-hand")
    purchase = answer["purchaseId"]
    shop.sandbox.press(answer["url"], "pay")
    customer.credit += stripe_events.CREDIT
    poll(
        lambda: stack.number(
            f"SELECT COUNT(*) FROM purchases WHERE id = '{purchase}' AND state = 'paid'") == 1,
        60, "the payment is credited")
    unfinished: list[int] = []

    def grant(_: int) -> None:
        stack.run("admin", "grant", customer.email, "1.00", "--reason", REASON)

    def refund(number: int) -> None:
        result = stack.try_to_run(
            "admin", "refund", purchase, "--amount", f"0.{CENTS}", "--reason", REASON)
        if result.returncode != 0:
            demand("being finished" in result.stdout, f"refund: {result.stderr[-500:]}")
            unfinished.append(number)

    def order(number: int) -> None:
        shop.order(customer, f"by-hand-{number}", CHEAP)

    acts = [grant] * GRANTS + [refund] * REFUNDS + [order] * ORDERS
    dice.shuffle(acts)
    queue = iter(enumerate(acts))
    lock = threading.Lock()

    def someone(_: int) -> None:
        while True:
            with lock:
                number, act = next(queue, (0, None))
            if act is None:
                return
            act(number)

    with threads(8, someone):
        pass
    customer.credit += GRANTS * 1_000_000 - stripe_events.credit_for(REFUNDS * CENTS * 10_000)
    # A minute later the worker may take up what is not finished.
    mine = f"WHERE purchase_id = '{purchase}'"
    stack.sql(f"UPDATE refunds SET created_at = created_at - INTERVAL 1 MINUTE {mine}")
    poll(
        lambda: stack.number(
            f"SELECT COUNT(DISTINCT stripe_refund_id) FROM refunds {mine}") == REFUNDS,
        90, "the refunds are finished", pause=0.25)
    without = stack.try_to_run("admin", "grant", customer.email, "1.00")
    demand(without.returncode != 0, "credit is granted without a reason")
    written = stack.number(
        f"SELECT COUNT(*) FROM audit_log WHERE reason = '{REASON}' "
        f"AND subject IN ('{customer.account}', '{purchase}')")
    demand(written == GRANTS + REFUNDS, f"{written} acts are in the log")
    return (
        f"{GRANTS} grants and {REFUNDS} refunds between {ORDERS} orders, {written} acts in the "
        f"log; {len(unfinished)} refunds finished by the worker")
