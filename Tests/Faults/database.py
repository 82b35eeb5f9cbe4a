"""What MariaDB itself can do to us: deadlocks, a clock that jumps, a disk that is full, a server
that takes no changes for a while."""

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from kills import Load, recover
from machine import shifted, small_disk
from shop import CHEAP, PROMPT, Customer, Shop, threads
from stack import Stack, client, demand, poll

ORDERS = "/api/videos/generate"


# Deadlocks

def deadlocks(shop: Shop, orders: int) -> str:
    """Somebody locks the lots and then the wallet, each order the other way round (fault 33).
    InnoDB ends the transaction that has changed less, which is ours; it is run again, and every
    order is made at its first call."""
    customers = [shop.customer(orders) for _ in range(2)]
    shop.stack.sql("CREATE DATABASE faults; CREATE TABLE faults.weights (number INT)")
    try:
        before = _deadlocks(shop)
        with contextlib.ExitStack() as rivals:
            theirs = [
                rivals.enter_context(_rival(shop.stack, customer)) for customer in customers]
            _order_all(shop, customers, orders)
        lost = sum(path.read_text().count("ERROR 1213 ") for path in theirs)
        found = _deadlocks(shop) - before
    finally:
        shop.stack.sql("DROP DATABASE faults")
    ours = found - lost
    demand(ours >= orders // 10, f"{ours} deadlocks for {orders} orders")
    return f"{found} deadlocks, {ours} of them ended ours; {orders} orders, all at their first call"


def _deadlocks(shop: Shop) -> int:
    return int(shop.stack.sql("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")[0][1])


@contextlib.contextmanager
def _rival(stack: Stack, customer: Customer) -> Iterator[Path]:
    """Locks in the wrong order, again and again; yields the file of its errors."""
    rounds = (
        "START TRANSACTION; INSERT INTO faults.weights SELECT seq FROM seq_1_to_200; "
        f"SELECT id FROM credit_lots WHERE account_id = '{customer.account}' FOR UPDATE; "
        "DO SLEEP(0.02); "
        f"SELECT account_id FROM wallets WHERE account_id = '{customer.account}' FOR UPDATE; "
        "ROLLBACK; DO SLEEP(0.06);\n") * 3000
    errors = stack.folder / f"rival-{customer.account}"
    script = stack.folder / f"rival-{customer.account}.sql"
    script.write_text(rounds)
    with script.open() as source, errors.open("w") as sink:
        process = subprocess.Popen(
            client(stack.database_socket, "--force", "rushes"), stdin=source,
            stdout=subprocess.DEVNULL, stderr=sink)
    try:
        yield errors
    finally:
        process.kill()
        process.wait()


def _order_all(shop: Shop, customers: list[Customer], orders: int) -> None:
    numbers = iter(range(orders))
    lock = threading.Lock()
    # Orders are so quick that all of them would be made before the rivals have locked much.
    pace = threading.Event()

    def buyer(index: int) -> None:
        customer = customers[index % len(customers)]
        while not pace.wait(0.08):
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            key = f"deadlock-{number}"
            status, content = shop.call(
                "POST", ORDERS, {**customer.headers, "Idempotency-Key": key},
                shop.order_body(CHEAP))
            shop.acknowledged(customer, key, "economy", status, content)

    with threads(4, buyer):
        pass


# Clocks

JUMP = 600


def clock_jumps(shop: Shop, dice: random.Random, times: int) -> str:
    """MariaDB's clock jumps ten minutes back, and forward again, while jobs run (fault 40). Going
    back, what was due waits; going forward, leases and deadlines end early, but none by more than
    the jump, and who lost his lease changes nothing."""
    customers = [shop.customer(5000) for _ in range(4)]
    stack = shop.stack
    clock = stack.folder / "clock"
    clock.write_text("+0\n")
    over = threading.Event()
    outlasting: list[Customer] = []
    lapsing: list[Customer] = []

    def buyer(index: int) -> None:
        for number in range(5000):
            if over.is_set():
                return
            shop.order(customers[index], f"jump-{index}-{number}", CHEAP)
            over.wait(0.1)

    with shifted(0) as script, stack.instead(
        "mariadb", f"{script}; unset FAKETIME; "
        f"export FAKETIME_TIMESTAMP_FILE={clock} FAKETIME_NO_CACHE=1"
    ):
        with stack.worker() as sleeper, threads(4, buyer) as errors:
            try:
                for _ in range(times):
                    time.sleep(dice.uniform(2, 4))
                    with _asleep(sleeper.pid):
                        _set_clock(stack, clock, -JUMP)
                        outlasting.append(_expiring(shop, 2 * JUMP))
                        lapsing.append(_expiring(shop, JUMP // 2))
                        time.sleep(dice.uniform(3, 5))
                    time.sleep(dice.uniform(2, 4))
                    with _asleep(sleeper.pid):
                        _set_clock(stack, clock, 0)
                        demand(
                            _can_order(shop, outlasting[-1]),
                            "credit has lapsed by more than the jump")
                        demand(
                            not _can_order(shop, lapsing[-1]), "credit outlasts its time")
                        time.sleep(dice.uniform(3, 5))
                    if errors:
                        break
            finally:
                over.set()
        recover(shop)
        shop.settle()
    _end_expiry(shop, outlasting, lapsing)
    orders = sum(len(customer.orders) for customer in customers)
    reasons = shop.stack.sql(
        "SELECT failure_reason, COUNT(*) FROM video_jobs WHERE account_id IN "
        f"({_accounts(customers)}) GROUP BY failure_reason")
    ends = ", ".join(f"{count} {reason}" for reason, count in reasons)
    return (
        f"{times} jumps back and {times} forward by {JUMP} s, {orders} jobs ended once ({ends}), "
        "lapsed early by more than the jump 0")


def _set_clock(stack: Stack, clock: Path, seconds: int) -> None:
    """Writes the shift in one step, as MariaDB reads it whenever it looks at its clock."""
    new = clock.with_suffix(".new")
    new.write_text(f"{seconds:+d}\n")
    new.rename(clock)
    difference = stack.number("SELECT ROUND(UNIX_TIMESTAMP(SYSDATE(6)))") - time.time()
    demand(abs(difference - seconds) < 3, f"MariaDB's clock is {difference:.0f} s away")


@contextlib.contextmanager
def _asleep(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _expiring(shop: Shop, seconds: int) -> Customer:
    """Someone whose credit lapses so soon by MariaDB's clock."""
    customer = shop.customer(5)
    shop.stack.sql(
        f"UPDATE credit_lots SET expires_at = UTC_TIMESTAMP(6) + INTERVAL {seconds} SECOND, "
        f"original_expires_at = expires_at WHERE account_id = '{customer.account}'")
    return customer


def _can_order(shop: Shop, customer: Customer) -> bool:
    status, content = shop.insist(
        "POST", ORDERS, {**customer.headers, "Idempotency-Key": "jump"}, shop.order_body(CHEAP))
    if status != 402:
        shop.acknowledged(customer, "jump", "economy", status, content)
    return status != 402


def _end_expiry(shop: Shop, outlasting: list[Customer], lapsed: list[Customer]) -> None:
    """Waits for the sweep of what has lapsed; the rest lasts as long as other credit."""
    shop.stack.sql(
        "UPDATE credit_lots SET expires_at = UTC_TIMESTAMP(6) + INTERVAL 90 DAY, "
        f"original_expires_at = expires_at WHERE account_id IN ({_accounts(outlasting)})")
    poll(
        lambda: shop.stack.number(
            f"SELECT SUM(available_micros) FROM wallets WHERE account_id IN ({_accounts(lapsed)})") == 0,
        90, "what lapsed is swept", pause=0.5)
    for customer in lapsed:
        customer.credit = 0


def _accounts(customers: list[Customer]) -> str:
    return ", ".join(repr(customer.account) for customer in customers)


# Conditions that pass

PROMPTS = [CHEAP] * 3 + [PROMPT]

# What root sets, and what it sets afterwards. An application whose account may change a read-only
# server would never notice the first.
CONDITIONS = {
    "read-only": ("SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0"),
    "no prepared statement more": (
        "SET GLOBAL max_prepared_stmt_count = 0", "SET GLOBAL max_prepared_stmt_count = 16382"),
    "no connection more": (
        "SET GLOBAL max_connections = 10; KILL CONNECTION USER 'rushes'@'localhost'",
        "SET GLOBAL max_connections = 1000"),
}


@contextlib.contextmanager
def condition(stack: Stack, name: str) -> Iterator[None]:
    """One of them, as long as the context lasts. Root's session is open before: a server that takes
    no connection more has one to spare for root, and lends it to whoever is just being refused."""
    with subprocess.Popen(
        client(stack.database_socket, "--unbuffered"), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as session:
        assert session.stdin is not None and session.stdout is not None

        def run(text: str) -> None:
            print(f"{text}; SELECT 'done';", file=session.stdin, flush=True)
            answer = session.stdout.readline()
            demand(answer == "done\n", f"sql: {answer.strip()} in: {text}")

        begin, finish = CONDITIONS[name]
        try:
            run(begin)
            yield
        finally:
            run(finish)
            session.stdin.close()


def conditions(shop: Shop, dice: random.Random, seconds: float, orders: int) -> str:
    """The database takes no changes for some seconds, no statement, no connection, while orders
    come in and jobs run (fault 62): who asks is told 503 and when to come again, health tells it,
    no task at the vendor is lost, and nobody's log fills up."""
    stack = shop.stack
    load = Load(dice, shop, orders, 2 * len(CONDITIONS) + 1)
    # Every vendor's answer is one that a job ends by: whoever runs out of time was lost.
    load.prompts = [dice.choice(PROMPTS) for _ in range(orders)]
    probe = shop.customer(len(CONDITIONS))
    log = stack.state / "log/work.log"
    met: dict[str, int] = {}
    with threads(4, load) as errors:
        try:
            for number, name in enumerate(CONDITIONS):
                load.go_on()
                time.sleep(dice.uniform(0.1, 0.4))
                written = log.stat().st_size
                holders = _hold(stack, seconds) if "max_connections" in CONDITIONS[name][0] else []
                with condition(stack, name):
                    began = time.monotonic()
                    load.go_on()
                    met[name] = _watch(shop, probe, f"{name}-{number}", began + seconds)
                for holder in holders:
                    holder.wait(timeout=60)
                lines = log.read_bytes()[written:].count(b'"level":"error"')
                demand(
                    lines <= 5 * seconds,
                    f"{name}: work logged {lines} errors in {seconds:.0f} s")
                shop.order(probe, f"{name}-{number}", CHEAP)
                stack.await_health(15)
                if errors:
                    break
        finally:
            load.go_on(all_of_it=True)
    shop.settle(120)
    accounts = _accounts([*load.customers, probe])
    wrong = shop.stack.sql(
        "SELECT id, failure_reason FROM video_jobs "
        f"WHERE account_id IN ({accounts}) AND failure_reason IN ('timeout', 'vendor_down')")
    demand(not wrong, f"tasks of the vendor's were lost: {wrong[:3]}")
    answers = (stack.state / "log/nginx-access.log").read_text().count('"status":"500"')
    demand(answers == 0, f"{answers} answers were 500")
    refused = ", ".join(f"{name} ({count})" for name, count in met.items())
    return (
        f"{len(met)} conditions of {seconds:.0f} s, {orders + len(met)} orders; answers of 503 "
        f"with Retry-After: {refused}; other answers of an error 0, lost 0, twice 0")


def _hold(stack: Stack, seconds: float) -> list[subprocess.Popen[bytes]]:
    """Sessions of somebody else's: with them and few of ours there is no room for one more, however
    many of ours a slow machine needs."""
    holders = [
        subprocess.Popen(
            ["mariadb", "--no-defaults", "--user=root", f"--socket={stack.database_socket}",
             f"--execute=SELECT SLEEP({seconds + 1})"],
            stdout=subprocess.DEVNULL)
        for _ in range(7)]
    poll(
        lambda: stack.number(
            "SELECT COUNT(*) FROM information_schema.processlist "
            "WHERE info LIKE 'SELECT SLEEP%'") == len(holders),
        20, "the sessions of somebody else's are there")
    return holders


def _watch(shop: Shop, customer: Customer, key: str, until: float) -> int:
    """Orders and asks for health until then; how often it was refused. Each refusal has to be one
    that a client can act on."""
    refused = 0
    told = False
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("localhost", shop.stack.http_port, timeout=30)
        with contextlib.closing(connection):
            connection.request(
                "POST", ORDERS, shop.order_body(CHEAP),
                {**customer.headers, "Idempotency-Key": key})
            answer = connection.getresponse()
            content = answer.read()
            if answer.status == 202:
                shop.acknowledged(customer, key, "economy", answer.status, content)
            else:
                demand(
                    answer.status == 503 and answer.getheader("Retry-After") is not None,
                    f"{key}: answered {answer.status}, Retry-After "
                    f"{answer.getheader('Retry-After')}")
                refused += 1
            connection.request("GET", "/api/health")
            answer = connection.getresponse()
            content = answer.read()
            told = told or answer.status == 503 or json.loads(content)["checks"]["database"] != "ok"
        time.sleep(0.1)
    demand(refused == 0 or told, f"{key}: health has told nothing")
    return refused


# Disks

def disk_full(shop: Shop, room: int) -> str:
    """The disk of the database is full (fault 41): orders are answered 503, what was acknowledged
    is there and nothing is torn, and all goes on when there is room again."""
    stack = shop.stack
    customers = [shop.customer(20_000) for _ in range(4)]
    before = dict(shop.statuses)
    over = threading.Event()
    folder = stack.state / "db"
    # Long, so that the files grow.
    prompt = f"{CHEAP} {'snow ' * 150}"

    def buyer(index: int) -> None:
        for number in range(20_000):
            if over.is_set():
                return
            shop.order(customers[index], f"disk-{index}-{number}", prompt)

    def refusals() -> dict[int, int]:
        changed = {
            status: count - before.get(status, 0) for status, count in shop.statuses.items()
            if status == 0 or status >= 500
        }
        return {status: count for status, count in changed.items() if count}

    def orders() -> int:
        return sum(len(customer.orders) for customer in customers)

    with contextlib.ExitStack() as disk:
        with stack.without_database():
            disk.enter_context(small_disk(folder, room))
        try:
            filler = folder / "filler"
            with threads(4, buyer) as errors:
                try:
                    poll(lambda: errors or orders() >= 20, 60, "orders are taken")
                    _fill(filler)
                    poll(lambda: errors or sum(refusals().values()) >= 4, 120, "it is full")
                    made = orders()
                    # As long as somebody may take to find it.
                    time.sleep(5)
                    health, _ = shop.call("GET", "/api/health")
                    filler.unlink()
                    freed = time.monotonic()
                    poll(lambda: errors or orders() > made, 60, "orders are taken again")
                    seconds = time.monotonic() - freed
                finally:
                    filler.unlink(missing_ok=True)
                    over.set()
            refused = refusals()
            recover(shop)
            shop.check()
        finally:
            with stack.without_database():
                disk.close()
    demand(set(refused) == {503}, f"orders were refused with {refused}")
    return (
        f"{made} orders until it was full, {refused[503]} answers of 503, health {health}; "
        f"{seconds:.1f} s after there was room orders were taken again, {orders()} in all, lost 0")


def _fill(filler: Path) -> None:
    """Takes all the room there is."""
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
