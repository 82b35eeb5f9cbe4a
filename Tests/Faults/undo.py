"""An order that is taken back while it may be, with a process killed before, in and after that.

Whatever dies, its hold comes back once; and what was said to be canceled never reaches the vendor.
"""

import itertools
import json
import random
import threading
import time

from crash_points import CALLS, Doomed, Jobs, Victims, request_points, signal_at
from shop import CHEAP, Customer, Shop
from stack import demand, poll

# The longest that an order may ask for: longer than any kill here takes.
WINDOW = 30
# How many calls of a look for work, and of a claim with what follows it, are each the last.
LOOK, CLAIM = 4, 18


class Undo:
    """Orders with a window, which are taken back, and what became of each."""

    def __init__(self, shop: Shop):
        self.shop = shop
        self.customer: Customer = shop.customer(400)
        self.canceled: list[str] = []
        self.late: list[str] = []
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def order(self) -> str:
        key = f"undo-{next(self._numbers)}"
        body = json.dumps(
            {"tier": "economy", "duration": 5, "prompt": CHEAP, "undoSeconds": WINDOW}).encode()
        status, content = self.shop.insist(
            "POST", "/api/videos/generate", {**self.customer.headers, "Idempotency-Key": key}, body)
        return self.shop.acknowledged(self.customer, key, "economy", status, content)

    def path(self, job: str) -> str:
        return f"/api/videos/{job}/cancellation"

    def cancel(self, job: str) -> int:
        """Takes the order back until that is answered, and once more; both answers are the same."""
        answers = [
            self.shop.insist("POST", self.path(job), self.customer.headers, b"{}")[0]
            for _ in range(2)
        ]
        demand(answers in ([200, 200], [409, 409]), f"the undo of {job} is answered {answers}")
        with self._lock:
            (self.canceled if answers[0] == 200 else self.late).append(job)
        return answers[0]

    def cancel_certainly(self, job: str) -> None:
        """The same in the window, where nothing is in its way."""
        status = self.cancel(job)
        demand(status == 200, f"in its window the undo of {job} is answered {status}")

    def check(self) -> None:
        """Each hold has come back once, and the vendor was asked for nothing that was canceled."""
        stack, account = self.shop.stack, self.customer.account
        ends = {
            job: (state, reason, int(releases))
            for job, state, reason, releases in stack.sql(
                "SELECT id, state, failure_reason, (SELECT COUNT(*) FROM ledger_entries WHERE "
                "job_id = video_jobs.id AND kind = 'release' AND leg = 0) FROM video_jobs "
                f"WHERE account_id = '{account}'")
        }
        wrong = [job for job in self.canceled if ends[job] != ("refunded", "canceled", 1)]
        demand(not wrong, f"canceled, and not given back once: {[ends[job] for job in wrong[:3]]}")
        wrong = [job for job in self.late if ends[job][2] != 1 or ends[job][1] == "canceled"]
        demand(not wrong, f"too late, and not ended once: {[ends[job] for job in wrong[:3]]}")
        demand(len(ends) == len(self.canceled) + len(self.late), "an order nobody took back")
        asked = self.shop.sandbox.creates()
        listed = ", ".join(map(repr, self.canceled))
        tokens = stack.sql(f"SELECT callback_token FROM video_jobs WHERE id IN ({listed})")
        sent = [token for (token,) in tokens if token in asked]
        demand(not sent, f"{len(sent)} orders that were canceled reached the vendor")


def row(shop: Shop, dice: random.Random, kills: int) -> str:
    """`serve`, `work` and MariaDB in turn (J2, J9)."""
    undo = Undo(shop)
    with shop.stack.without_worker():
        served = _kill_serve(undo)
        worked = _kill_work(undo)
        stored = _kill_database(undo, dice, kills)
        Jobs(shop.stack).release_all()
        with shop.stack.worker():
            shop.settle(400)
    undo.check()
    return (
        f"{served} kills of serve in the undo, {worked} of work and {stored} of the database before, "
        f"in and after it; {len(undo.canceled)} given back once, {len(undo.late)} were too late")


def _kill_serve(undo: Undo) -> int:
    """At every call of the request that takes an order back."""

    def attempt(doomed: Doomed, _: str) -> bool:
        job = undo.order()
        answer = doomed.post(undo.path(job), undo.customer.headers, b"{}")
        undo.cancel_certainly(job)
        return answer is not None

    return request_points(undo.shop.stack, (*CALLS, "write"), attempt)


def _kill_work(undo: Undo) -> int:
    """While the order waits in its window, while it is claimed, and when it was taken back."""
    jobs = Jobs(undo.shop.stack)
    kills = 0
    with Victims(undo.shop.stack) as victims:
        for call, (moment, points) in itertools.product(
            CALLS, [("before", LOOK), ("in", CLAIM), ("after", LOOK)]
        ):
            for number in range(1, points + 1):
                # Made before there is an order that it might take.
                stopped = victims.next()
                job = undo.order()
                if moment == "after":
                    undo.cancel_certainly(job)
                if moment == "in":
                    jobs.park()
                came = signal_at(
                    stopped, "submit-0", call, number,
                    lambda: jobs.release(job) if moment == "in" else None, lambda: False)
                demand(came, f"the worker was not killed at {call} number {number}")
                kills += 1
                if moment == "before":
                    undo.cancel_certainly(job)
                elif moment == "in":
                    undo.cancel(job)
    return kills


def _kill_database(undo: Undo, dice: random.Random, kills: int) -> int:
    """Just before the order is taken back, within a moment of that, and when it was answered."""
    for number in range(kills):
        job = undo.order()
        undoing = threading.Thread(target=undo.cancel_certainly, args=(job,))
        moment = ("before", "in", "after")[number % 3]
        if moment == "after":
            undoing.start()
            undoing.join()
        if moment == "in":
            undoing.start()
            time.sleep(dice.uniform(0, 0.02))
        undo.shop.stack.kill("mariadb")
        if moment == "before":
            undoing.start()
        if moment != "after":
            undoing.join()
        demand(job in undo.canceled, f"the undo of {job} has no answer")
        poll(
            lambda: undo.shop.call("GET", "/api/credits/balance", undo.customer.headers)[0] == 200,
            60, "the shop answers again")
    return kills
