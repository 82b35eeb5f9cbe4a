"""Processes that are killed outright while many orders run: ours, MariaDB, connections."""

import random
import signal
import threading
import time

import fastcgi
from database_proxy import AFTER, AT_ONCE, BEFORE, DatabaseProxy, is_commit
from shop import CHEAP, PROMPT, Shop, threads
from stack import demand, poll

# What people order, as the vendor deals with it: most fail, as files cost the machine time.
PROMPTS = (
    [CHEAP] * 11
    + [PROMPT] * 3
    + [f"{PROMPT} !lost", f"{PROMPT} !nowebhook", f"{PROMPT} !duplicate", f"{PROMPT} !500"]
    + [f"{CHEAP} !lost", f"{CHEAP} !500"]
)


class Load:
    """Orders from several clients, in portions, so that there are some between any two kills."""

    def __init__(self, dice: random.Random, shop: Shop, orders: int, portions: int):
        self.shop = shop
        self.customers = [shop.customer(orders) for _ in range(4)]
        self.prompts = [dice.choice(PROMPTS) for _ in range(orders)]
        self._portion = -(-orders // portions)
        self._allowed = 0
        self._next = 0
        self._change = threading.Condition()
        self._name = f"load-{dice.randrange(1 << 30)}"

    def __call__(self, index: int) -> None:
        customer = self.customers[index]
        while (number := self._take()) is not None:
            self.shop.order(customer, f"{self._name}-{number}", self.prompts[number])

    def _take(self) -> int | None:
        """The number of the next order; None when there is none left."""
        with self._change:
            self._change.wait_for(lambda: self._next < self._allowed or self._is_over)
            if self._is_over:
                return None
            self._next += 1
            return self._next - 1

    @property
    def _is_over(self) -> bool:
        return self._next >= len(self.prompts)

    def go_on(self, all_of_it: bool = False) -> None:
        """Lets the next portion of the orders begin, or the rest."""
        with self._change:
            count = len(self.prompts)
            self._allowed = count if all_of_it else min(count, self._allowed + self._portion)
            self._change.notify_all()


def recover(shop: Shop) -> None:
    """All workers die and all leases end: what a quarter of an hour would do."""
    file = shop.stack.overrides / "work"
    file.write_text("exec sleep infinity\n")
    shop.stack.restart("work", signal.SIGKILL)
    shop.stack.end_leases()
    file.unlink()
    shop.stack.restart("work", signal.SIGKILL)


def processes(shop: Shop, dice: random.Random, kills: int, orders: int) -> str:
    """SIGKILL to serve and work in turn, while orders come in and jobs run (faults 1 to 5, 11, 12,
    37)."""
    load = Load(dice, shop, orders, kills)
    before = dict(shop.statuses)
    killed = {"serve": 0, "work": 0}
    with threads(4, load) as errors:
        try:
            for number in range(kills):
                load.go_on()
                time.sleep(dice.uniform(0.1, 1.0))
                first, second = dice.sample(["serve", "work"], 2)
                service = first if shop.stack.has_grown_up(first) else second
                shop.stack.kill(service)
                killed[service] += 1
                if number % 25 == 24:
                    recover(shop)
                if errors:
                    break
        finally:
            load.go_on(all_of_it=True)
    recover(shop)
    shop.settle(600)
    return (
        f"{kills} kills ({killed['serve']} serve, {killed['work']} work), {orders} jobs, "
        f"{tried_again(shop, before)} calls made again, lost 0, twice 0")


def tried_again(shop: Shop, before: dict[int, int]) -> int:
    return sum(
        count - before.get(status, 0) for status, count in shop.statuses.items()
        if status == 0 or status >= 500)


def database(shop: Shop, dice: random.Random, kills: int, orders: int) -> str:
    """SIGKILL to MariaDB under load (fault 31). Healed is when a read of the books is answered
    again."""
    load = Load(dice, shop, orders, kills)
    before = dict(shop.statuses)
    slowest = 0.0
    headers = load.customers[0].headers
    with threads(4, load) as errors:
        try:
            for _ in range(kills):
                load.go_on()
                time.sleep(dice.uniform(0.1, 1.0))
                shop.stack.kill("mariadb")
                killed = time.monotonic()
                poll(
                    lambda: shop.call("GET", "/api/credits/balance", headers)[0] == 200, 60,
                    "the shop answers again", pause=0.02)
                slowest = max(slowest, time.monotonic() - killed)
                if errors:
                    break
        finally:
            load.go_on(all_of_it=True)
    again = tried_again(shop, before)
    recover(shop)
    shop.settle(600)
    demand(slowest < 5, f"healed after {slowest:.1f} s")
    demand(tried_again(shop, before) == again, "5xx after all was healed")
    return (
        f"{kills} kills, {orders} jobs, {again} calls made again, lost 0, twice 0, healed in "
        f"{slowest:.1f} s at most")


def started_alone(shop: Shop, seconds: float) -> str:
    """Our processes begin while no database is there (fault 31): they wait for it, `serve` says so
    to who asks, and both work as soon as it is back, without being started again."""
    stack = shop.stack
    customer = shop.customer(5)
    socket = stack.folder / "alone-serve.sock"
    proxy = DatabaseProxy(
        stack.folder / "alone.sock", stack.folder / "nobody.sock", lambda _: None)
    url = proxy.url(stack.env["DATABASE_URL"])
    statuses = []

    def tiers() -> int:
        statuses.append(fastcgi.send(socket, "GET", "/api/tiers", {}).status)
        return statuses[-1]

    with (
        proxy, stack.without_worker(),
        stack.process("serve", "--socket", str(socket), DATABASE_URL=url) as serve,
        stack.worker(DATABASE_URL=url) as work,
    ):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            demand(tiers() == 503, f"without a database the tiers are answered {statuses[-1]}")
            time.sleep(0.1)
        refused = len(statuses)
        proxy.lead_to(stack.database_socket)
        poll(lambda: tiers() == 200, 10, "the tiers are answered", pause=0.05)
        shop.order(customer, "alone", CHEAP)
        shop.settle(60)
        for process in (serve, work):
            demand(process.poll() is None, f"{process.args[1]} has ended")
    return f"{refused} reads answered 503 in {seconds:.0f} s, then 1 job, by the same processes"


def commits(shop: Shop, dice: random.Random, cuts: int) -> str:
    """The connection is cut at COMMIT: before the server sees it, after it has answered, or with
    nobody knowing (fault 32). First orders, then the jobs' own changes."""
    customer = shop.customer(900)
    left = {"cuts": 0}
    lock = threading.Lock()

    def decide(payload: bytes) -> str | None:
        if not is_commit(payload):
            return None
        with lock:
            if left["cuts"] <= 0 or dice.random() < 0.5:
                return None
            left["cuts"] -= 1
            return dice.choice([BEFORE, AFTER, AT_ONCE])

    stack = shop.stack
    proxy = DatabaseProxy(stack.folder / "cut.sock", stack.database_socket, decide)
    orders = 0
    with stack.without_worker(), proxy:
        url = proxy.url(stack.env["DATABASE_URL"])
        socket = stack.folder / "cut-serve.sock"
        with stack.process("serve", "--socket", str(socket), "--threads", "4", DATABASE_URL=url):
            left["cuts"] = cuts * 3 // 5
            while left["cuts"] > 0:
                key = f"cut-{orders}"
                headers = {**customer.headers, "Idempotency-Key": key}
                answer = None
                while answer is None or answer.status >= 500:
                    try:
                        answer = fastcgi.send(
                            socket, "POST", "/api/videos/generate", headers,
                            shop.order_body(CHEAP))
                    except fastcgi.NoAnswer:
                        continue
                shop.acknowledged(customer, key, "economy", answer.status, answer.body)
                orders += 1
        with stack.worker("--submitters", "2", "--followers", "2", DATABASE_URL=url):
            left["cuts"] = cuts - cuts * 3 // 5
            while left["cuts"] > 0:
                shop.order(customer, f"cut-{orders}", CHEAP)
                orders += 1
                poll(lambda: left["cuts"] <= 0 or shop.open_jobs() < 8, 90, "the worker works")
        # A claim whose COMMIT was cut may stand, with nobody at work on it.
        stack.end_leases()
    shop.settle()
    total = sum(proxy.cuts.values())
    demand(total == cuts, f"{total} cuts instead of {cuts}")
    return (
        f"{total} cuts ({proxy.cuts[BEFORE]} before the server had it, {proxy.cuts[AFTER]} after "
        f"it had answered, {proxy.cuts[AT_ONCE]} unknown), {orders} orders, each once")


def balance(shop: Shop, _: random.Random, jobs: int) -> str:
    """64 clients at once, and credit for exactly so many jobs (L6)."""
    customer = shop.customer(jobs)
    answers: list[int] = []
    each = max(2, jobs // 32)

    def client(index: int) -> None:
        for number in range(each):
            key = f"rush-{index}-{number}"
            status, content = shop.insist(
                "POST", "/api/videos/generate", {**customer.headers, "Idempotency-Key": key},
                shop.order_body(CHEAP))
            answers.append(status)
            if status == 202:
                shop.acknowledged(customer, key, "economy", status, content)

    with shop.stack.without_worker():
        with threads(64, client):
            pass
        accepted, refused = answers.count(202), answers.count(402)
        demand(accepted == jobs, f"{accepted} accepted, with credit for {jobs}")
        demand(accepted + refused == len(answers), f"other answers: {sorted(set(answers))}")
        available, held = shop.stack.sql(
            f"SELECT available_micros, held_micros FROM wallets WHERE account_id = '{customer.account}'"
        )[0]
        demand(
            (int(available), int(held)) == (0, jobs * 1_000_000),
            f"available {available}, held {held}")
    return f"64 clients, {len(answers)} orders, {accepted} accepted, {refused} refused, available 0"
