"""What the machine can do to us: full disks, no descriptors, no memory, wrong clocks, a reloaded
nginx, a held lock, the calendar."""

import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import fastcgi
import stripe_events
from crash_points import threads_of
from kills import recover
from shop import CHEAP, PROMPT, Shop, threads
from stack import Skipped, Stack, client, demand, end, poll, spawn


@contextlib.contextmanager
def small_disk(folder: Path, room: int) -> Iterator[None]:
    """A file system of its own over a folder, with what lies in the folder and so many megabytes
    of room; what was added is carried back at the end."""
    if os.geteuid() != 0:
        raise Skipped("a small disk needs root")
    copy = folder.with_name(folder.name + ".kept")
    shutil.copytree(folder, copy)
    size = room * 1024 + _kilobytes(copy)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k,mode=700", "rushes", str(folder)]
    result = subprocess.run(mount, capture_output=True, text=True)
    if result.returncode != 0:
        shutil.rmtree(copy)
        raise Skipped(f"no tmpfs can be mounted here: {result.stderr.strip()}")
    try:
        shutil.copytree(copy, folder, dirs_exist_ok=True)
        yield
    finally:
        shutil.rmtree(copy)
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("filler"))
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        shutil.copytree(copy, folder, dirs_exist_ok=True)
        shutil.rmtree(copy)


def _kilobytes(folder: Path) -> int:
    """What the files take in pages, without holes."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(-(-size // 4096) * 4 for size in sizes)


def media_full(shop: Shop) -> str:
    """The disk of the videos is full (fault 42): the job waits in `storing`, nothing half written
    has a name, and it is delivered once there is room."""
    customer = shop.customer(3)
    media = shop.stack.state / "media"
    with small_disk(media, 700):
        # Nearly full is refused before it is begun.
        filler = media / "filler"
        with filler.open("wb") as file:
            for _ in range(300):
                file.write(bytes(1 << 20))
        job = shop.order(customer, "full", PROMPT)
        _waits_for_room(shop, job, media)
        filler.unlink()
        shop.settle()
    demand(shop.count(f"id = '{job}' AND state = 'delivered'") == 1, "not delivered with room")
    return "a job waited without a partial file, delivered when there was room"


def write_fails(shop: Shop) -> str:
    """The disk is full at the last moment: fsync(2) says ENOSPC (fault 42)."""
    customer = shop.customer(2)
    media = shop.stack.state / "media"
    with shop.stack.without_worker(), shop.stack.worker("--storers", "1") as worker:
        poll(lambda: "store-0" in threads_of(worker.pid), 30, "the worker works")
        tracer = subprocess.Popen(
            ["strace", "-qq", "-o", "/dev/null", "-p", str(threads_of(worker.pid)["store-0"]),
             "-e", "trace=fsync", "-e", "inject=fsync:error=ENOSPC"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            job = shop.order(customer, "enospc", PROMPT)
            _waits_for_room(shop, job, media)
        finally:
            end(tracer)
        shop.settle()
    demand(shop.count(f"id = '{job}' AND state = 'delivered'") == 1, "not delivered with room")
    return "a job waited without a partial file, delivered when there was room"


def _waits_for_room(shop: Shop, job: str, media: Path) -> None:
    where = f"id = '{job}' AND state = 'storing'"
    poll(
        lambda: shop.count(f"{where} AND lease_token IS NULL") == 1, 60,
        "the job waits to be stored")
    named = [path for path in media.rglob(f"{job}*") if path.is_file()]
    demand(not named, f"a file has a name before it is whole: {named}")
    status, _ = shop.call("GET", f"/api/videos/{job}/file", shop.customers[-1].headers)
    demand(status == 404, f"the file of an open job is answered {status}")


def logs_full(shop: Shop) -> str:
    """Nothing can be logged (fault 43): requests and jobs go on."""
    customer = shop.customer(20)
    with shop.stack.instead("serve", "exec >/dev/full 2>&1"), shop.stack.instead(
        "work", "exec >/dev/full 2>&1"
    ):
        for number in range(10):
            shop.order(customer, f"unlogged-{number}", CHEAP)
        shop.settle()
        statuses = {
            shop.call("GET", "/api/credits/balance", customer.headers)[0] for _ in range(20)}
    demand(statuses == {200}, f"answers: {statuses}")
    return "10 jobs and 20 reads, all answered"


def descriptors(shop: Shop) -> str:
    """The application has no descriptors left (fault 44): it recovers when there are some."""
    customer = shop.customer(300)
    with shop.stack.instead("serve", "ulimit -n 24"):
        held = []
        try:
            for _ in range(40):
                connection = socket.socket(socket.AF_UNIX)
                connection.settimeout(5)
                connection.connect(str(shop.stack.state / "run/serve.sock"))
                held.append(connection)
            refused = sum(shop.call_once("GET", "/api/health", timeout=3)[0] != 200
                          for _ in range(4))
        finally:
            for connection in held:
                connection.close()
        freed = time.monotonic()
        poll(lambda: shop.stack.get("/api/health") == 200, 30, "health is 200 again")
        seconds = time.monotonic() - freed
        demand(seconds < 5, f"recovered after {seconds:.1f} s")
        shop.order(customer, "after", CHEAP)
    return f"{refused} of 4 calls not answered while none was left, recovered in {seconds:.1f} s"


# What a process may take beside what it has when nothing is asked of it.
MARGIN_KILOBYTES = 4096


def memory(shop: Shop, times: int) -> str:
    """The application may have hardly more memory than it needs at rest (fault 45): it dies of
    large messages, is started again each time, and what it was at is done all the same."""
    stack = shop.stack
    customers = [shop.customer(5000) for _ in range(2)]
    over = threading.Event()
    large = "x" * 1_000_000
    # A list takes more than its text.
    answer = '{"data":[' + "0," * 245_000 + "0]}"

    def buyer(index: int) -> None:
        for number in range(5000):
            if over.is_set():
                return
            shop.order(customers[index], f"memory-{index}-{number}", CHEAP)
            over.wait(0.1)

    def send_large() -> None:
        with contextlib.suppress(fastcgi.NoAnswer):
            fastcgi.send(
                stack.state / "run/serve.sock", "POST", stripe_events.PATH,
                {"X-Large": large[:110_000]}, large[:131_072].encode())

    def deaths(service: str) -> int:
        return (stack.folder / "dev.log").read_text().count(f" {service} died;")

    def is_dead(service: str, number: int) -> bool:
        """Whether it has died once more; sends it large messages. Those of `work` are answers."""
        if service == "serve":
            # As much as nginx lets through, in the headers too, to each of its threads at once.
            with threads(16, lambda _: send_large()):
                pass
        return deaths(service) > number

    with contextlib.ExitStack() as caps:
        for service in ("serve", "work"):
            caps.enter_context(stack.instead(service, f"ulimit -d {_at_rest(stack, service)}"))
        before = {service: deaths(service) for service in ("serve", "work")}
        with threads(2, buyer) as errors:
            try:
                for number in range(times):
                    service = ("serve", "work")[number % 2]
                    poll(lambda s=service: stack.has_grown_up(s), 60, f"{service} lives again")
                    if service == "work":
                        shop.sandbox.set(
                            "faults", path="/api/platform/generation/", method="GET", status=200,
                            body=answer, count=1000)
                    poll(
                        lambda s=service, n=deaths(service): is_dead(s, n), 30,
                        f"{service} dies of large messages")
                    shop.sandbox.clear_faults()
                    if errors:
                        break
            finally:
                shop.sandbox.clear_faults()
                over.set()
        died = {service: deaths(service) - before[service] for service in before}
    recover(shop)
    orders = sum(len(customer.orders) for customer in customers)
    return (
        f"serve died {died['serve']} times of its cap and work {died['work']} times, {orders} "
        "orders, lost 0, twice 0")


def _at_rest(stack: Stack, service: str) -> int:
    """The memory that a process has when it has just come to rest, and the margin, in kilobytes."""
    stack.restart(service)
    poll(lambda: stack.has_grown_up(service), 30, f"{service} rests")
    status = Path(f"/proc/{stack.pid(service)}/status").read_text()
    return int(re.search(r"VmData:\s+(\d+) kB", status)[1]) + MARGIN_KILOBYTES


@contextlib.contextmanager
def shifted(seconds: int) -> Iterator[str]:
    """A script that has a program see another time; the monotonic clock stays.

    A Swift program finds its arguments beside its environment, which libfaketime moves away when it
    has to announce its shared memory there. So that of a program that already runs is used.
    """
    if not shutil.which("faketime"):
        raise Skipped("faketime is not installed")
    process = spawn(
        ["faketime", "-m", "-f", f"{seconds:+d}", "sleep", "infinity"], stderr=subprocess.DEVNULL)
    child = 0
    try:
        child = int(poll(
            lambda: Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split(),
            10, "faketime runs")[0])
        names = ("FAKETIME", "FAKETIME_SHARED", "LD_PRELOAD")
        found = poll(
            lambda: [
                line for line in Path(f"/proc/{child}/environ").read_text().split("\0")
                if line.split("=")[0] in names
            ], 10, "faketime has set its variables")
        exports = " ".join(shlex.quote(line) for line in found)
        yield f"export {exports} FAKETIME_DONT_FAKE_MONOTONIC=1"
    finally:
        if child:
            os.kill(child, signal.SIGKILL)
            # It takes away what it shares with its child.
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
        end(process)


def clocks(shop: Shop, shifts: list[int]) -> str:
    """Our clock is wrong (fault 39): leases, deadlines and expiry follow the database's; events of
    Stripe's are refused, and taken when they come again."""
    refused = 0
    for shift in shifts:
        customer = shop.customer(20)
        with shifted(shift) as script, shop.stack.instead(
            "serve", script
        ), shop.stack.instead("work", script):
            # Signed in by that clock, as its own sessions are.
            customer.token = shop.login(customer)
            with stripe_events.Silence(shop) as silence:
                stripe_events.buy(shop, customer)
                event = [e for e in silence.new() if e["type"] == stripe_events.TYPES[0]][-1]
                message, headers = stripe_events.signed(
                    event, shop.stack.env["STRIPE_WEBHOOK_SECRET"])
                status, _ = shop.call("POST", stripe_events.PATH, headers, message)
                demand(status == 400, f"an event {shift:+d} s away is answered {status}")
                refused += 1
            for number in range(4):
                shop.order(customer, f"clock-{shift}-{number}", CHEAP)
            shop.settle()
            early = shop.stack.number(
                "SELECT COUNT(*) FROM ledger_entries WHERE kind = 'expire' "
                f"AND account_id = '{customer.account}'")
            demand(early == 0, "credit has expired by our clock")
            demand(
                shop.count(f"account_id = '{customer.account}' AND failure_reason = 'vendor_failed'")
                == 4, "a deadline was judged by our clock")
        stripe_events.deliver(shop, event)
        customer.credit += stripe_events.CREDIT
        customer.token = shop.login(customer)
    return (
        f"{len(shifts)} shifts ({', '.join(f'{shift:+d} s' for shift in shifts)}), "
        f"{4 * len(shifts)} jobs ended, {refused} events refused, expired early 0")


def lapsing(shop: Shop) -> str:
    """Credit lapses between quote and order (fault 47), and during a render that fails (48)."""
    quoted, rendering = shop.customer(5), shop.customer(5)
    _lapse(shop, quoted.account)
    status, _ = shop.call(
        "POST", "/api/videos/generate", quoted.headers, shop.order_body(CHEAP))
    demand(status == 402, f"an order of lapsed credit is answered {status}")
    quoted.credit = 0
    with shop.stack.without_worker():
        shop.order(rendering, "lapse", CHEAP)
        _lapse(shop, rendering.account)
    shop.settle()
    # Four lapse, one was held; it comes back, and stays until the grace period is over.
    rendering.credit = 1_000_000
    days = shop.stack.sql(
        "SELECT ROUND(TIMESTAMPDIFF(SECOND, original_expires_at, expires_at) / 86400) "
        f"FROM credit_lots WHERE account_id = '{rendering.account}' AND remaining_micros > 0")
    demand(days == [["7"]], f"days of grace: {days}")
    job = shop.order(rendering, "with-the-rest", CHEAP)
    shop.settle()
    # Sweeps what lapsed of those who did nothing since.
    poll(
        lambda: shop.stack.number(
            "SELECT SUM(available_micros) FROM wallets "
            f"WHERE account_id = '{quoted.account}'") == 0, 90, "what lapsed is swept", pause=0.5)
    demand(shop.count(f"id = '{job}' AND state = 'refunded'") == 1, "the last job has ended")
    return "402 for lapsed credit; a failed render's 1.00 came back for 7 days, 4.00 lapsed"


def _lapse(shop: Shop, account: str) -> None:
    shop.stack.sql(
        "UPDATE credit_lots SET expires_at = UTC_TIMESTAMP(6), "
        f"original_expires_at = UTC_TIMESTAMP(6) WHERE account_id = '{account}'")


def reloads(shop: Shop, times: int) -> str:
    """nginx is reloaded under load (fault 46)."""
    customers = [shop.customer(5000) for _ in range(4)]
    over = threading.Event()
    master = shop.stack.pid("nginx")

    def client(index: int) -> None:
        number = 0
        while not over.is_set():
            key = f"reload-{index}-{number}"
            # A connection for each call: a kept one may be closed by the old nginx while idle,
            # which HTTP allows and a client has to expect.
            status, content = shop.call_once(
                "POST", "/api/videos/generate",
                {**customers[index].headers, "Idempotency-Key": key}, shop.order_body(CHEAP))
            shop.acknowledged(customers[index], key, "economy", status, content)
            number += 1
            over.wait(0.05)

    with threads(4, client) as errors:
        try:
            for _ in range(times):
                os.kill(master, signal.SIGHUP)
                over.wait(0.5)
                if errors:
                    break
        finally:
            over.set()
    orders = sum(len(customer.orders) for customer in customers)
    shop.settle(400)
    return f"{times} reloads, {orders} orders, other answers than 202: 0"


def locked(shop: Shop) -> str:
    """Somebody holds the lock on a wallet for longer than we wait for it (fault 34): the order is
    made once, or is answered 503 and can be made again."""
    customer = shop.customer(5)
    holder = subprocess.Popen(
        client(shop.stack.database_socket, "--unbuffered", "rushes"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        holder.stdin.write(
            "SET idle_transaction_timeout = 60; START TRANSACTION; SELECT 'held' FROM wallets "
            f"WHERE account_id = '{customer.account}' FOR UPDATE;\n")
        holder.stdin.flush()
        demand(holder.stdout.readline().strip() == "held", "the lock is held")
        statuses: list[int] = []

        def buyer(_: int) -> None:
            status, _body = shop.call(
                "POST", "/api/videos/generate",
                {**customer.headers, "Idempotency-Key": "locked"}, shop.order_body(CHEAP))
            statuses.append(status)

        started = time.monotonic()
        with threads(1, buyer):
            poll(
                lambda: statuses or time.monotonic() - started > 7, 60,
                "the lock is held for seven seconds")
            holder.stdin.close()
            holder.wait(30)
    finally:
        holder.kill()
        holder.wait()
    shop.order(customer, "locked", CHEAP)
    demand(statuses[0] in (202, 503), f"the order was answered {statuses[0]}")
    return f"held for 7 s, answered {statuses[0]} after {time.monotonic() - started:.1f} s, one job"

