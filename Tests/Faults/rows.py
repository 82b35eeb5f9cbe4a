"""The rows, in the order in which they run."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import books
import cluster
import crash_points
import database
import deadlines
import foreign
import forged
import kills
import lost_answers
import machine
import messages
import model
import operators
import outages
import payments
import reconciling
import restore
import stripe_events
import stripe_hangs
import undo
import vendor_faults
import workers
from shop import Shop


@dataclass(frozen=True)
class Size:
    """How much of each: all of it, or the short part."""

    is_short: bool

    def of(self, full: int, short: int) -> int:
        return short if self.is_short else full


@dataclass(frozen=True)
class Row:
    name: str
    # What it provokes, by the numbers of the list of faults.
    faults: tuple[int, ...]
    run: Callable[[Shop, random.Random, Size], str]
    is_short: bool = True

    @property
    def title(self) -> str:
        return f"{self.name} [{' '.join(map(str, self.faults))}]" if self.faults else self.name


ROWS = [
    Row(
        "every crash point of an order", (1, 2),
        lambda shop, dice, size: crash_points.create(shop)),
    Row(
        "every crash point of a job's life", (3, 4, 5, 11, 12),
        lambda shop, dice, size: crash_points.life(shop)),
    Row(
        "every crash point of the webhooks", (15, 21),
        lambda shop, dice, size: crash_points.webhooks(shop)),
    Row(
        "every crash point of expiry", (),
        lambda shop, dice, size: crash_points.expiry(shop)),
    Row(
        "every crash point of an undo", (1, 31),
        lambda shop, dice, size: undo.row(shop, dice, 12), is_short=False),
    Row(
        "random SIGKILL of our processes", (1, 2, 3, 4, 5, 11, 12, 37),
        lambda shop, dice, size: kills.processes(shop, dice, size.of(100, 30), size.of(2000, 200))),
    Row(
        "random SIGKILL of MariaDB", (31,),
        lambda shop, dice, size: kills.database(shop, dice, size.of(10, 3), size.of(400, 60))),
    Row(
        "started without a database", (31,),
        lambda shop, dice, size: kills.started_alone(shop, size.of(20, 3))),
    Row(
        "connection cut during COMMIT", (32,),
        lambda shop, dice, size: kills.commits(shop, dice, size.of(50, 20))),
    Row(
        "16 workers, one claim for each job", (36,),
        lambda shop, dice, size: workers.claims(shop, 16, size.of(5000, 100))),
    Row(
        "64 clients, credit for exactly so many jobs", (),
        lambda shop, dice, size: kills.balance(shop, dice, size.of(100, 10))),
    Row(
        "events repeated, shuffled, with database errors", (15, 21),
        lambda shop, dice, size: stripe_events.repeated(shop, dice, size.of(1000, 100))),
    Row(
        "all orders of five events on one payment", (16, 25, 27),
        lambda shop, dice, size: stripe_events.orders(shop)),
    Row(
        "all orders of four events on a spent payment", (24, 27),
        lambda shop, dice, size: stripe_events.spent(shop), is_short=False),
    Row(
        "a refund under open jobs", (60,),
        lambda shop, dice, size: books.held(shop)),
    Row(
        "one wallet is wrong, and the runbook", (63,),
        lambda shop, dice, size: books.one_wallet(shop), is_short=False),
    Row(
        "a look at the books is slow", (64,),
        lambda shop, dice, size: books.slow_look(shop), is_short=False),
    Row(
        "another application's payments", (65,),
        lambda shop, dice, size: foreign.row(shop)),
    Row(
        "declined first cards", (52,),
        lambda shop, dice, size: payments.declined(shop)),
    Row(
        "refunds without an answer", (53,),
        lambda shop, dice, size: payments.unfinished(shop), is_short=False),
    Row(
        "reconciled while people pay", (61,),
        lambda shop, dice, size: reconciling.row(shop, size.of(50, 15), size.of(4, 2))),
    Row(
        "forged signatures", (17,),
        lambda shop, dice, size: forged.row(shop, dice, size.of(5000, 500))),
    Row(
        # The short part is the test's own length, in bin/test unit.
        "random steps against a model of ledger and lots", (),
        lambda shop, dice, size: model.walk(dice, 20_000), is_short=False),
    Row(
        "vendor: magic words", (4, 5, 6, 7, 15, 19),
        lambda shop, dice, size: vendor_faults.words(shop, 3), is_short=False),
    Row(
        "vendor: every deadline", (5, 7, 10, 13, 14),
        lambda shop, dice, size: deadlines.row(shop)),
    Row("vendor: late success", (22,), lambda shop, dice, size: vendor_faults.late(shop)),
    Row(
        "vendor: failure after delivery", (23,),
        lambda shop, dice, size: vendor_faults.taken_back(shop), is_short=False),
    Row(
        "vendor: broken answers", (9, 10, 13, 14),
        lambda shop, dice, size: vendor_faults.answers(shop), is_short=False),
    Row(
        "vendor: empty balance, model off", (8,),
        lambda shop, dice, size: vendor_faults.empty(shop), is_short=False),
    Row(
        "vendor: status path broken", (54,),
        lambda shop, dice, size: outages.unreadable(shop, size.of(4, 1))),
    Row(
        "vendor: one task for two jobs", (55,),
        lambda shop, dice, size: outages.one_task(shop, size.of(6, 2))),
    Row(
        "vendor: odd files and numbers", (56,),
        lambda shop, dice, size: outages.odd(shop, size.of(100, 12))),
    Row("vendor: an unreadable job", (57,), lambda shop, dice, size: outages.broken_row(shop)),
    Row(
        "vendor: one tier, one prompt refused", (58,),
        lambda shop, dice, size: outages.one_refused(shop)),
    Row(
        "vendor: hangs", (59,),
        lambda shop, dice, size: outages.hangs(shop, size.of(60, 12))),
    Row(
        "vendor: full", (7,),
        lambda shop, dice, size: vendor_faults.full(shop, 20), is_short=False),
    Row(
        "no webhooks at all", (19,),
        lambda shop, dice, size: vendor_faults.silence(shop, 20), is_short=False),
    Row(
        "old messages again", (18,),
        lambda shop, dice, size: messages.replayed(shop), is_short=False),
    Row("messages too early", (20,), lambda shop, dice, size: messages.early(shop), is_short=False),
    Row(
        "messages without a database", (21,),
        lambda shop, dice, size: messages.unheard(shop), is_short=False),
    Row(
        "Stripe's answers lost", (30,),
        lambda shop, dice, size: lost_answers.row(shop), is_short=False),
    Row("Stripe hangs", (59,), lambda shop, dice, size: stripe_hangs.row(shop)),
    Row(
        "Stripe hangs for long", (59,),
        lambda shop, dice, size: stripe_hangs.long(shop, 600), is_short=False),
    Row(
        "operators at once", (49,),
        lambda shop, dice, size: operators.by_hand(shop, dice), is_short=False),
    Row(
        "worker paused beyond its lease", (35,),
        lambda shop, dice, size: workers.paused(shop, dice, 12), is_short=False),
    Row(
        "SIGTERM under load", (38,),
        lambda shop, dice, size: workers.restarts(shop, dice, size.of(20, 4))),
    Row(
        "nginx reloaded under load", (46,),
        lambda shop, dice, size: machine.reloads(shop, size.of(40, 6))),
    Row("a wallet is locked", (34,), lambda shop, dice, size: machine.locked(shop), is_short=False),
    Row(
        "deadlocks", (33,),
        lambda shop, dice, size: database.deadlocks(shop, size.of(200, 50))),
    Row(
        "database takes no changes", (62,),
        lambda shop, dice, size: database.conditions(shop, dice, size.of(6, 4), size.of(200, 40))),
    Row("credit lapses", (47, 48), lambda shop, dice, size: machine.lapsing(shop), is_short=False),
    Row(
        "media disk full", (42,),
        lambda shop, dice, size: machine.media_full(shop), is_short=False),
    Row(
        "media disk full at fsync", (42,),
        lambda shop, dice, size: machine.write_fails(shop), is_short=False),
    Row("log disk full", (43,), lambda shop, dice, size: machine.logs_full(shop), is_short=False),
    Row(
        "descriptors exhausted", (44,),
        lambda shop, dice, size: machine.descriptors(shop), is_short=False),
    Row(
        "hardly any memory", (45,),
        lambda shop, dice, size: machine.memory(shop, 6), is_short=False),
    Row(
        "clock shifted", (39,),
        lambda shop, dice, size: machine.clocks(shop, [600, -600, 86_400, -86_400]),
        is_short=False),
    Row(
        "clock of the database jumps", (40,),
        lambda shop, dice, size: database.clock_jumps(shop, dice, 2), is_short=False),
    Row(
        "disk of the database full", (41,),
        lambda shop, dice, size: database.disk_full(shop, 64), is_short=False),
    Row(
        "nodes of a cluster are lost", (50, 62),
        lambda shop, dice, size: cluster.nodes(shop, dice, 2, 400), is_short=False),
    Row("older state restored", (51,), lambda shop, dice, size: restore.row(shop), is_short=False),
]

# Faults that a test in Swift provokes, on a real database, because a row would show no more.
ELSEWHERE: dict[int, str] = {
    26: "BillingTests/RefundEventTests: credit that jobs hold is taken when they end",
    28: "BillingTests/CreditTests: what is completed and not paid gives nothing",
    29: "BillingTests/CreditTests: a payment that differs from its order gives nothing",
}
LAST_FAULT = 65


def provoked_nowhere() -> list[int]:
    """The numbers of the list of faults that no row and no test has."""
    found = {number for row in ROWS for number in row.faults} | ELSEWHERE.keys()
    return sorted(set(range(1, LAST_FAULT + 1)) - found)
