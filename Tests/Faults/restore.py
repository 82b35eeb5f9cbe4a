"""The database is lost, and an older copy of it is put in its place (fault 51)."""

import contextlib
import shutil
from pathlib import Path

import stripe_events
from shop import PROMPT, Shop
from stack import Failed, Stack, demand, poll

REFUND_CENTS = 333


def row(shop: Shop) -> str:
    """On a stack of its own, as a copy is of everybody's books."""
    with Stack(shop.stack.program_files) as stack:
        try:
            return _Restore(Shop(stack)).run()
        except Failed as failure:
            raise Failed(f"{failure} (kept: {stack.folder})") from None


class _Restore:
    """A shop from before its database is copied until after the copy is in its place.

    What Stripe knows comes back by its list of events, once, also what was sent back. What began
    after the copy and is known to its vendor alone cannot come back: `rushes reconcile` names a
    payment whose order is gone, and what the vendor of videos billed beyond our tasks. A job that
    waited when the copy was made may have been made since, which nobody can know: the operator
    gives it back, before a worker buys it again."""

    def __init__(self, shop: Shop):
        self.shop, self.stack = shop, shop.stack
        self.customer = shop.customer(50)
        self.copy = self.stack.folder / "copy"

    def run(self) -> str:
        shop, customer = self.shop, self.customer
        self._make_copy()
        lost = self._go_on()
        with self.stack.without_worker():
            self._copy_files(self.copy, self.stack.state / "db")
            self.stack.sql("DO 1")  # As soon as the database answers.
            words = self.stack.run("admin", "refund-queued", "--reason", "Restored a copy")
            demand(words.startswith("2 videos"), f"given back: {words}")
        # An hour later the list of events is read again.
        self.stack.sql(
            "UPDATE schedules SET due_at = due_at - INTERVAL 1 HOUR, "
            "done_at = done_at - INTERVAL 1 HOUR, lease_token = NULL, lease_until = NULL "
            "WHERE name = 'events'")
        event = (
            "SELECT COUNT(*) FROM vendor_events WHERE processed_at IS NULL "
            f"AND object_id = '{lost['sessionId']}'")
        poll(lambda: self.stack.number(event) == 1, 60, "the list of events is read")
        customer.credit -= stripe_events.CREDIT
        customer.orders.pop("lost")
        shop.check_books()
        self._check_payments()
        billed = self._check_tasks()
        self._check_reconciliation(lost["sessionId"], billed)
        # What is named can be made good: by hand, and by the client who asks again.
        shop.grant(customer, stripe_events.CREDIT // 1_000_000)
        shop.order(customer, "lost", PROMPT)
        shop.check_books()
        return (
            "2 payments and a refund in the books once, 2 waiting jobs given back; named: a "
            f"payment without its purchase, {billed} tasks that are not ours any more; no job was "
            "bought twice")

    def _make_copy(self) -> None:
        """What the copy knows: an order that is not paid yet, a paid one, a job that has ended, one
        that the vendor has, and two that wait."""
        shop, stack, customer = self.shop, self.stack, self.customer
        self.open = stripe_events.order_package(shop, customer, "buy-open")
        self.paid = stripe_events.order_package(shop, customer, "buy-paid")
        self._pay(self.paid)
        shop.order(customer, "ended", PROMPT)
        shop.settle()
        # What earlier rows have left stays until a person closes it.
        stack.try_to_run("reconcile")
        shop.sandbox.set("pollo/delay", milliseconds=3_600_000)
        self.submitted = shop.order(customer, "submitted", PROMPT)
        poll(
            lambda: shop.count(f"id = '{self.submitted}' AND state = 'submitted'") == 1, 60,
            "the vendor has the job")
        with stack.without_worker():
            shop.sandbox.set("pollo/delay", milliseconds=0)
            self.queued = [shop.order(customer, f"queued-{number}", PROMPT) for number in range(2)]
            self._copy_files(stack.state / "db", self.copy)

    def _go_on(self) -> dict[str, str]:
        """What the copy does not know: all jobs are made, and another one; the open order is paid,
        a part of the paid one sent back, and a new one paid. Returns that one."""
        shop, customer = self.shop, self.customer
        task = self.stack.sql(
            f"SELECT task_id FROM video_jobs WHERE id = '{self.submitted}'")[0][0]
        shop.sandbox.set(f"pollo/tasks/{task}/finish", status="succeed")
        shop.order(customer, "lost", PROMPT)
        self._pay(self.open)
        shop.sandbox.set(
            f"stripe/payments/{self.paid['sessionId']}/refund", amountCents=REFUND_CENTS)
        customer.credit -= stripe_events.credit_for(REFUND_CENTS * 10_000)
        lost = stripe_events.order_package(shop, customer, "buy-lost")
        self._pay(lost)
        poll(lambda: self._purchases("refunded_micros > 0") == 1, 60, "the refund is known")
        shop.check()
        return lost

    def _pay(self, order: dict[str, str]) -> None:
        self.shop.sandbox.press(order["url"], "pay")
        self.customer.credit += stripe_events.CREDIT
        poll(
            lambda: self._purchases(f"id = '{order['purchaseId']}' AND state = 'paid'") == 1, 60,
            "the payment is credited")

    def _purchases(self, condition: str) -> int:
        return self.stack.number(f"SELECT COUNT(*) FROM purchases WHERE {condition}")

    def _copy_files(self, source: Path, target: Path) -> None:
        with self.stack.without_database():
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(target)
            shutil.copytree(source, target)

    def _check_payments(self) -> None:
        credited = self.stack.sql(
            "SELECT purchase_id FROM ledger_entries WHERE kind = 'credit' ORDER BY purchase_id")
        known = sorted([order["purchaseId"]] for order in (self.open, self.paid))
        demand(credited == known, f"credited: {credited}, not {known}")
        refunded = self._purchases(f"refunded_micros = {REFUND_CENTS * 10_000}")
        demand(refunded == 1, f"{refunded} of 1 refunds are known")

    def _check_tasks(self) -> int:
        """How many tasks the vendor has billed that are none of ours."""
        calls = self.shop.sandbox.creates()
        counts = {
            job: calls[token]["created"]
            for job, token in self.stack.sql("SELECT id, callback_token FROM video_jobs")
        }
        demand(set(counts.values()) == {1}, f"tasks for each job: {counts}, not 1")
        ours = self.shop.count("task_id IS NOT NULL")
        return sum(call["created"] for call in calls.values()) - ours

    def _check_reconciliation(self, session: str, billed: int) -> None:
        result = self.stack.try_to_run("reconcile")
        demand(result.returncode == 1, f"the books agree: {result.stdout}{result.stderr[-500:]}")
        payments = [line for line in result.stdout.splitlines() if line.startswith("payment\t")]
        demand(
            len(payments) == 1 and session in payments[0],
            f"payments that differ: {payments}")
        cost = self.stack.number(
            f"SELECT actual_cost_micros FROM video_jobs WHERE id = '{self.submitted}'")
        amount = f"{billed * cost / 1e6:.6f}".rstrip("0").rstrip(".")
        demand(
            f"balance\t-\t${amount}\t" in result.stdout,
            f"{billed} tasks of {cost} are not in: {result.stdout}")
