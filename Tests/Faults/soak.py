#!/usr/bin/env python3
"""A shop under everything at once: jobs, purchases and all faults at random, for half an hour.

    Tests/Faults/soak.py             30 minutes, 2,000 jobs and 300 purchases
    Tests/Faults/soak.py --short     two minutes of it, which bin/test runs

    --junit FILE        writes the result in that form, too
    RUSHES_BIN_DIR      the folder of `rushes` and `rushes-sandbox`   (.build/release)
    SEED                repeats the random choices of an earlier run

Passes when no micro-dollar is wrong, no job was open for longer than a minute past its deadline, the
books were never called wrong, and no customer was turned away who could pay.
"""

import argparse
import contextlib
import os
import random
import signal
import sys
import threading
import time
import traceback
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import database
import stripe_events
from kills import recover
from run import write_junit
from shop import PRICES, PROMPT, Customer, Shop, threads
from stack import TOP, Failed, Stack, demand, poll
from stripe_events import CREDIT, PRICE

# How long a job may be open past its deadline.
LATE_SECONDS = 60
# How long a customer who can pay may be turned away: kills and a database without writes included.
WAIT_SECONDS = 60
DEADLINES = "queue=60s,unknown=20s,render=25s,store=30s"
# What people ask for, as the vendor deals with it: most fail, as files cost the machine time.
PROMPTS = (
    [f"{PROMPT} !fail"] * 10 + [PROMPT] * 4
    + [f"{PROMPT} {word}" for word in (
        "!lost", "!500", "!429", "!nowebhook", "!duplicate", "!refuse", "!lost !nowebhook",
        "!fail !nowebhook")]
)
# Files that are no video, or a strange one, by the names that the stand-in has for them.
ODD_FILES = [
    "half", "tailMissing", "page", "playlist", "png", "webm", "noIndex", "twoIndexes", "smallBox",
    "endlessDuration", "endlessTrack", "noTimescale", "countlessTimes", "audioOnly", "withAudio",
    "fragmented", "tiny",
]
# What the vendor says in place of a number of credits.
ODD_NUMBERS = ["999999999999999", "-5", "1e400", '"text"', "null"]
PAGE = "<!DOCTYPE html><title>Just a moment...</title>"
REFUSAL = '{"error": {"type": "invalid_request_error", "message": "no access"}}'
GENERATION = "/api/platform/generation/"


@dataclass(frozen=True)
class Size:
    seconds: int
    jobs: int
    purchases: int
    customers: int
    # Between two faults.
    pause: tuple[float, float]


FULL = Size(1800, 2000, 300, 40, (4.0, 12.0))
SHORT = Size(90, 120, 20, 8, (2.0, 6.0))


@dataclass
class Counts:
    jobs: int = 0
    refused: int = 0
    purchases: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    # In seconds.
    latest: float = 0.0
    slowest: float = 0.0
    false_reds: list[str] = field(default_factory=list)


class Soak:
    def __init__(self, shop: Shop, seed: int, size: Size):
        self.shop, self.seed, self.size = shop, seed, size
        self.counts = Counts()
        self._lock = threading.Lock()
        # One act on the processes or the database at a time.
        self._over = threading.Event()
        self._customers: list[Customer] = []
        self._failed: list[BaseException] = []

    def run(self) -> str:
        self._customers = [self.shop.customer(20) for _ in range(self.size.customers)]
        work = [self._orders, self._orders, self._purchases, self._purchases]
        with threads(2, lambda index: (self._faults, self._watch)[index]()):
            try:
                with threads(len(work), lambda index: work[index](index)):
                    pass
            finally:
                self._over.set()
        self._calm()
        self._settle()
        return self._judge()

    def _dice(self, name: str) -> random.Random:
        return random.Random(f"{self.seed} {name}")

    # Orders

    def _orders(self, index: int) -> None:
        dice = self._dice(f"orders {index}")
        count = self.size.jobs // 2
        began = time.monotonic()
        for number in range(count):
            self._keep_pace(began, number / count)
            customer = dice.choice(self._customers)
            prompt, tier = dice.choice(PROMPTS), dice.choice(list(PRICES))
            if dice.random() < 0.1:
                prompt = f"{PROMPT} !odd:{dice.choice(ODD_FILES)}"
            key = f"soak-{index}-{number}"
            asked = time.monotonic()
            status, content = self.shop.insist(
                "POST", "/api/videos/generate", {**customer.headers, "Idempotency-Key": key},
                self.shop.order_body(prompt, tier), WAIT_SECONDS)
            with self._lock:
                self.counts.slowest = max(self.counts.slowest, time.monotonic() - asked)
                if status == 402:
                    self.counts.refused += 1
                else:
                    self.shop.acknowledged(customer, key, tier, status, content)
                    self.counts.jobs += 1

    def _keep_pace(self, began: float, part: float) -> None:
        """Waits until this part of the time is over, so that the load lasts as long as the faults."""
        while (left := began + part * self.size.seconds - time.monotonic()) > 0:
            time.sleep(min(left, 1))

    # Purchases

    def _purchases(self, index: int) -> None:
        dice = self._dice(f"purchases {index}")
        fates = ["kept"] * 8 + ["second card"] * 3 + ["abandoned"] * 3 + ["declined"] * 2 + [
            "refunded", "part", "parts", "refund failed", "won", "lost", "inquiry", "by hand",
        ]
        count = self.size.purchases // 2
        began = time.monotonic()
        for number in range(count):
            self._keep_pace(began, number / count)
            fate = dice.choice(fates)
            customer = dice.choice(self._customers)
            self._buy(dice, customer, fate)
            with self._lock:
                counts = self.counts.purchases
                counts[fate] = counts.get(fate, 0) + 1

    def _buy(self, dice: random.Random, customer: Customer, fate: str) -> None:
        shop = self.shop
        answer = stripe_events.order_package(shop, customer, f"soak-{uuid.uuid4()}")
        url, session = answer["url"], answer["sessionId"]
        if fate == "abandoned":
            return
        if fate in ("declined", "second card"):
            shop.sandbox.press(url, "decline")
        if fate == "declined":
            return
        shop.sandbox.press(url, "pay")
        gone = 0
        payment = f"stripe/payments/{session}"
        if fate == "refunded":
            shop.sandbox.set(f"{payment}/refund")
            gone = PRICE
        elif fate in ("part", "parts"):
            for _ in range(3 if fate == "parts" else 1):
                cents = dice.randrange(1, 333)
                shop.sandbox.set(f"{payment}/refund", amountCents=cents)
                gone += cents * 10_000
        elif fate == "refund failed":
            shop.sandbox.set(f"{payment}/refund")
            shop.sandbox.set(f"stripe/refunds/{self._of(session, 'refunds')}/fail")
        elif fate in ("won", "lost", "inquiry"):
            shop.sandbox.set(f"{payment}/dispute", inquiry=str(fate == "inquiry").lower())
            word = {"won": "win", "lost": "lose", "inquiry": "close"}[fate]
            shop.sandbox.set(f"stripe/disputes/{self._of(session, 'disputes')}/{word}")
            gone = PRICE if fate == "lost" else 0
        elif fate == "by hand":
            gone = self._refund_by_hand(dice, answer["purchaseId"])
        with self._lock:
            customer.credit += CREDIT - stripe_events.credit_for(gone)

    def _of(self, session: str, kind: str) -> str:
        """The latest refund or dispute of a session's payment."""
        look = self.shop.sandbox.look
        payment = next(
            each["payment_intent"] for each in look("stripe/sessions")["items"]
            if each["id"] == session)
        return [
            each["id"] for each in look(f"stripe/{kind}")["items"]
            if each["payment_intent"] == payment
        ][-1]

    def _refund_by_hand(self, dice: random.Random, purchase: str) -> int:
        """What an operator sends back, with one key however often it is tried: what was refused is
        not, and what has no answer is finished by the worker."""
        cents = dice.randrange(1, 200)
        key = f"soak-{uuid.uuid4()}"
        for _ in range(60):
            result = self.shop.stack.try_to_run(
                "admin", "refund", purchase, "--amount", f"{cents / 100:.2f}", "--reason",
                "The soak", "--key", key)
            words = result.stdout + result.stderr
            if result.returncode in (0, 75):
                return cents * 10_000
            # Not paid yet, as its event was not taken; or spent before.
            if "can be refunded" in words or "Stripe refuses" in words:
                return 0
            time.sleep(1)
        # Never written down, so never sent.
        return 0

    # Faults

    def _faults(self) -> None:
        dice = self._dice("faults")
        acts = {
            "serve killed": self._kill_serve, "work killed": self._kill_work,
            "database read-only": self._read_only, "callbacks lost": self._lose_callbacks,
            "events lost": self._lose_events, "vendor": self._fault_at_vendor,
            "files": self._fault_in_files, "Stripe": self._fault_at_stripe,
        }
        names = [*acts, "vendor", "vendor", "files", "Stripe", "Stripe", "Stripe"]
        end = time.monotonic() + self.size.seconds
        while time.monotonic() < end and not self._over.is_set():
            name = dice.choice(names)
            acts[name](dice)
            with self._lock:
                self.counts.faults[name] = self.counts.faults.get(name, 0) + 1
            self._over.wait(dice.uniform(*self.size.pause))

    def _kill_serve(self, _: random.Random) -> None:
        self.shop.stack.kill("serve")

    def _kill_work(self, _: random.Random) -> None:
        recover(self.shop)

    def _read_only(self, _: random.Random) -> None:
        with database.condition(self.shop.stack, "read-only"):
            time.sleep(4)

    def _lose_callbacks(self, dice: random.Random) -> None:
        self._without("pollo/hooks", dice.uniform(2, 8))

    def _lose_events(self, dice: random.Random) -> None:
        self._without("stripe/hooks", dice.uniform(2, 8))

    def _without(self, switch: str, seconds: float) -> None:
        self.shop.sandbox.set(switch, enabled="false")
        try:
            self._over.wait(seconds)
        finally:
            self.shop.sandbox.set(switch, enabled="true")

    def _fault_at_vendor(self, dice: random.Random) -> None:
        """A create or status call meets one of these, a few times."""
        method = dice.choice(["GET", "POST"])
        # What proves that no task was made is said by a vendor that made none.
        proofs = [
            {"status": 404, "body": '{"message": "Not found", "code": "NOT_FOUND"}'},
            {"status": 502, "contentType": "text/html", "body": PAGE},
            {"status": 200, "contentType": "text/html", "body": PAGE},
            {"status": 429, "body": '{"message": "slow down", "code": "RATE_LIMIT_EXCEEDED"}'},
        ]
        others = [
            {"status": 500, "body": '{"message": "error", "code": "INTERNAL"}'},
            {"status": 0}, {"status": 0, "delayMilliseconds": 5000},
        ]
        cut = [{"percent": 100, "delayMilliseconds": 3000}, {"percent": 40}]
        odd = [{"field": "credit", "value": number} for number in ODD_NUMBERS]
        fault = dice.choice([
            *proofs, *others, *({**each, "when": "after"} for each in others), *cut,
            dice.choice(odd), dice.choice(odd)])
        self.shop.sandbox.set(
            "faults", path=GENERATION, method=method, count=dice.randint(1, 6), **fault)

    def _fault_in_files(self, dice: random.Random) -> None:
        fault = dice.choice([
            {"status": 403, "contentType": "text/plain", "body": "expired"},
            {"status": 404, "contentType": "text/plain", "body": "gone"}, {"status": 0},
            {"status": 200, "contentType": "text/html", "body": PAGE},
            {"status": 200, "contentType": "video/mp4", "body": "no video at all"},
            {"percent": dice.randint(0, 99)},
        ])
        self.shop.sandbox.set(
            "faults", path="/files/", method="GET", count=dice.randint(1, 4), **fault)

    def _fault_at_stripe(self, dice: random.Random) -> None:
        fault = dice.choice([
            {"status": 403, "body": REFUSAL}, {"status": 500, "body": ""}, {"status": 502},
            {"status": 429, "body": REFUSAL}, {"status": 0},
            {"status": 0, "delayMilliseconds": 6000}, {"percent": 100, "delayMilliseconds": 3000},
            {"percent": 50},
        ])
        # A refused POST is Stripe's last word, which only Stripe may say.
        method = dice.choice(["GET", "POST"])
        if method == "POST" and fault.get("status") == 403:
            method = "GET"
        when = {"when": dice.choice(["before", "after"])} if "percent" not in fault else {}
        path = dice.choice(
            ["/v1/", "/v1/checkout/sessions", "/v1/payment_intents", "/v1/events", "/v1/refunds"])
        self.shop.sandbox.set(
            "faults", path=path, method=method, count=dice.randint(1, 5), **fault, **when)

    # What must hold all the while

    def _watch(self) -> None:
        """Looks every second how late the latest job is, and whether the books are called wrong."""
        while not self._over.wait(1):
            with contextlib.suppress(Failed):
                late = self.shop.stack.number(
                    "SELECT COALESCE(MAX(TIMESTAMPDIFF(MICROSECOND, deadline_at, "
                    "UTC_TIMESTAMP(6))), 0) FROM video_jobs WHERE deadline_at IS NOT NULL")
                self.counts.latest = max(self.counts.latest, late / 1e6)
                for detail, in self.shop.stack.sql(
                    "SELECT detail FROM health_checks WHERE name = 'ledger' AND NOT is_healthy"
                ):
                    self.counts.false_reds.append(detail)

    # The end

    def _calm(self) -> None:
        """No fault is left, and what would come within the hour is due."""
        sandbox = self.shop.sandbox
        sandbox.clear_faults()
        sandbox.set("pollo/hooks", enabled="true")
        sandbox.set("stripe/hooks", enabled="true")
        recover(self.shop)
        self._hurry()

    def _hurry(self) -> None:
        self.shop.stack.sql(
            "UPDATE schedules SET due_at = UTC_TIMESTAMP(6), lease_token = NULL, "
            "lease_until = NULL WHERE name = 'events'; "
            "UPDATE vendor_events SET next_at = UTC_TIMESTAMP(6) WHERE next_at IS NOT NULL; "
            "UPDATE refunds SET created_at = created_at - INTERVAL 1 MINUTE "
            "WHERE stripe_refund_id IS NULL AND problem IS NULL; "
            "UPDATE purchases SET next_check_at = UTC_TIMESTAMP(6) "
            "WHERE state = 'pending' AND next_check_at IS NOT NULL")

    def _settle(self) -> None:
        self.shop.settle(300)
        self._hurry()
        wrong: list[str] = []

        def is_right() -> bool:
            wrong[:] = self._wrong_wallets()
            return not wrong

        try:
            poll(is_right, 240, "every wallet is as counted", pause=2)
        except Failed as failure:
            raise Failed(f"{failure}: {len(wrong)} wrong: {wrong[:3]}") from None

    def _wrong_wallets(self) -> list[str]:
        """Whose wallet has not, less its debt, what was bought and given, less what was delivered
        and what went back. In which of the two a shortage lies depends on what was spent first."""
        stack = self.shop.stack
        spent = {
            account: int(micros) for account, micros in stack.sql(
                "SELECT account_id, SUM(user_charged_micros) FROM video_jobs "
                "WHERE state = 'delivered' GROUP BY account_id")
        }
        wallets = {
            account: tuple(map(int, amounts)) for account, *amounts in stack.sql(
                "SELECT account_id, available_micros, held_micros, frozen_micros, shortfall_micros "
                "FROM wallets")
        }
        wrong = []
        for customer in self._customers:
            available, held, frozen, debt = wallets[customer.account]
            due = customer.credit - spent.get(customer.account, 0)
            if (available - debt, held, frozen) != (due, 0, 0):
                wrong.append(
                    f"{customer.email}: {wallets[customer.account]}, not {due} less its debt")
        return wrong

    def _judge(self) -> str:
        counts = self.counts
        demand(not counts.false_reds, f"the books were called wrong: {counts.false_reds[:3]}")
        demand(
            counts.latest <= LATE_SECONDS,
            f"a job was open {counts.latest:.1f} s past its deadline")
        # What the model of the other rows expects: the debt by itself.
        for customer in self._customers:
            debt = self.shop.stack.number(
                f"SELECT shortfall_micros FROM wallets WHERE account_id = '{customer.account}'")
            customer.debt += debt
            customer.credit += debt
        self.shop.check()
        bought = sum(counts.purchases.values())
        faults = ", ".join(f"{count} {name}" for name, count in sorted(counts.faults.items()))
        return (
            f"{counts.jobs} jobs ({counts.refused} refused without credit), {bought} purchases, "
            f"{sum(counts.faults.values())} faults ({faults}); 0 micro-dollars wrong, a job at "
            f"most {counts.latest:.1f} s past its deadline, the slowest order after "
            f"{counts.slowest:.1f} s, 0 false reds")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--junit", type=Path)
    arguments = parser.parse_args()
    size = SHORT if arguments.short else FULL
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"seed {seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    programs = Path(os.environ.get("RUSHES_BIN_DIR") or TOP / ".build/release").resolve()
    began = time.monotonic()
    error = ""
    try:
        with Stack(programs, JOB_DEADLINES=DEADLINES) as stack:
            print(f"state {stack.folder}", flush=True)
            words = Soak(Shop(stack), seed, size).run()
    except Failed as failure:
        words = error = str(failure)
    except Exception:  # noqa: BLE001 - to be told like any other failure
        words = error = traceback.format_exc()
    seconds = time.monotonic() - began
    print(f"{'FAILED' if error else 'ok':<7} soak: {words} ({seconds:.0f} s)")
    print(f"seed {seed}")
    if arguments.junit:
        write_junit(arguments.junit, [("soak", error, seconds)])
    print("0 passed, 1 failed" if error else "1 passed, 0 failed")
    return 1 if error else 0


if __name__ == "__main__":
    sys.exit(main())
