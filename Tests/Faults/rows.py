"""The rows, in the order in which they run."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import cluster
import crash_points
import forged
import kills
import machine
import model
import stripe_events
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
    run: Callable[[Shop, random.Random, Size], str]
    is_short: bool = True


ROWS = [
    Row("every crash point of an order", lambda shop, dice, size: crash_points.create(shop)),
    Row("every crash point of a job's life", lambda shop, dice, size: crash_points.life(shop)),
    Row(
        "every crash point of the webhooks",
        lambda shop, dice, size: crash_points.webhooks(shop)),
    Row(
        "every crash point of expiry",
        lambda shop, dice, size: crash_points.expiry(shop)),
    Row(
        "random SIGKILL of our processes",
        lambda shop, dice, size: kills.processes(
            shop, dice, size.of(100, 30), size.of(2000, 200))),
    Row(
        "random SIGKILL of MariaDB",
        lambda shop, dice, size: kills.database(shop, dice, size.of(10, 3), size.of(400, 60))),
    Row(
        "connection cut during COMMIT",
        lambda shop, dice, size: kills.commits(shop, dice, size.of(50, 20))),
    Row(
        "16 workers, one claim for each job",
        lambda shop, dice, size: workers.claims(shop, 16, size.of(5000, 100))),
    Row(
        "64 clients, credit for exactly so many jobs",
        lambda shop, dice, size: kills.balance(shop, dice, size.of(100, 10))),
    Row(
        "events repeated, shuffled, with database errors",
        lambda shop, dice, size: stripe_events.repeated(shop, dice, size.of(1000, 100))),
    Row(
        "all orders of five events on one payment",
        lambda shop, dice, size: stripe_events.orders(shop)),
    Row(
        "all orders of four events on a spent payment",
        lambda shop, dice, size: stripe_events.spent(shop), is_short=False),
    Row(
        "forged signatures",
        lambda shop, dice, size: forged.row(shop, dice, size.of(5000, 500))),
    Row(
        # The short part is the test's own length, in bin/test unit.
        "random steps against a model of ledger and lots",
        lambda shop, dice, size: model.walk(dice, 20_000), is_short=False),
    Row(
        "vendor: magic words", lambda shop, dice, size: vendor_faults.words(shop, 3),
        is_short=False),
    Row("vendor: late success", lambda shop, dice, size: vendor_faults.late(shop)),
    Row(
        "vendor: broken answers", lambda shop, dice, size: vendor_faults.answers(shop),
        is_short=False),
    Row(
        "vendor: empty balance, model off", lambda shop, dice, size: vendor_faults.empty(shop),
        is_short=False),
    Row(
        "no webhooks at all", lambda shop, dice, size: vendor_faults.silence(shop, 20),
        is_short=False),
    Row(
        "worker paused beyond its lease",
        lambda shop, dice, size: workers.paused(shop, dice, 12), is_short=False),
    Row(
        "SIGTERM under load",
        lambda shop, dice, size: workers.restarts(shop, dice, size.of(20, 4))),
    Row(
        "nginx reloaded under load",
        lambda shop, dice, size: machine.reloads(shop, size.of(40, 6))),
    Row("a wallet is locked", lambda shop, dice, size: machine.locked(shop), is_short=False),
    Row("credit lapses", lambda shop, dice, size: machine.lapsing(shop), is_short=False),
    Row("media disk full", lambda shop, dice, size: machine.media_full(shop), is_short=False),
    Row(
        "media disk full at fsync", lambda shop, dice, size: machine.write_fails(shop),
        is_short=False),
    Row("log disk full", lambda shop, dice, size: machine.logs_full(shop), is_short=False),
    Row(
        "descriptors exhausted", lambda shop, dice, size: machine.descriptors(shop),
        is_short=False),
    Row(
        "clock shifted",
        lambda shop, dice, size: machine.clocks(shop, [600, -600, 86_400, -86_400]),
        is_short=False),
    Row(
        "nodes of a cluster are lost",
        lambda shop, dice, size: cluster.nodes(shop, dice, 2, 400), is_short=False),
]
