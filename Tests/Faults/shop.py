"""Customers, what they order, and what each of their wallets must hold: the model that the books
are compared with. Amounts are whole micro-dollars."""

import contextlib
import hashlib
import http.client
import itertools
import json
import threading
import time
from dataclasses import dataclass, field

from stack import Failed, Stack, demand, poll
from vendors import Sandbox

# Prices for five seconds.
PRICES = {"economy": 1_000_000, "basic": 1_550_000, "pro": 1_860_000}
PROMPT = "A red fox crossing fresh snow"
# The vendor says no: a job that ends without a file, which is most of the work.
CHEAP = f"{PROMPT} !fail"
PASSWORD = "words for a test alone"
FINAL = "('delivered', 'refunded')"
# Answers of the stand-in that prove that nothing was made.
NOTHING_MADE = {400, 403, 429}


@dataclass
class Customer:
    email: str
    token: str
    account: str
    # What was granted or bought and not taken back since.
    credit: int = 0
    # What is owed after money went back for credit that was spent.
    debt: int = 0
    # What each acknowledged key ordered: the job and its price.
    orders: dict[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
        }


class Shop:
    def __init__(self, stack: Stack):
        self.stack = stack
        self.sandbox = Sandbox(stack.sandbox_url)
        # The rows are about faults, not about the vendor's pace.
        self.sandbox.set("pollo/parallel", limit=2000)
        self.sandbox.set("pollo/delay", milliseconds=0)
        self.customers: list[Customer] = []
        # How often each status came, over all calls; 0 is no answer.
        self.statuses: dict[int, int] = {}
        self._numbers = itertools.count(1)
        self._local = threading.local()
        self._lock = threading.Lock()

    # Calls

    def call(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, bytes]:
        """One call through nginx; status 0 when there was no answer."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("localhost", self.stack.http_port, timeout=60)
            self._local.connection = connection
        try:
            connection.request(method, path, body or None, headers or {})
            answer = connection.getresponse()
            status, content = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._local.connection = None
            status, content = 0, b""
        with self._lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
        return status, content

    def call_once(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"",
        timeout: float = 60,
    ) -> tuple[int, bytes]:
        """The same on a connection of its own."""
        return self.call_raw(method, path, list((headers or {}).items()), body, timeout)

    def call_raw(
        self, method: str, path: str, headers: list[tuple[str, str]], body: bytes,
        timeout: float = 60,
    ) -> tuple[int, bytes]:
        """A call on a connection of its own, whose headers may be repeated or be nonsense."""
        connection = http.client.HTTPConnection(
            "localhost", self.stack.http_port, timeout=timeout)
        try:
            connection.putrequest(method, path)
            for name, value in [*headers, ("Content-Length", str(len(body)))]:
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def insist(
        self, method: str, path: str, headers: dict[str, str], body: bytes, seconds: float = 90
    ) -> tuple[int, bytes]:
        """The same call until something else than no answer or 5xx comes back, as a careful client
        with a key does."""
        end = time.monotonic() + seconds
        while True:
            status, content = self.call(method, path, headers, body)
            if 0 < status < 500:
                return status, content
            if time.monotonic() > end:
                raise Failed(f"{method} {path} has no answer but {status} for {seconds:.0f} s")
            time.sleep(0.1)

    # Customers

    def customer(self, dollars: int = 0) -> Customer:
        """Signs up, and is given credit."""
        email = f"customer{next(self._numbers)}@example.org"
        body = json.dumps({"email": email, "password": PASSWORD}).encode()
        status, content = self.insist(
            "POST", "/api/auth/register", {"Content-Type": "application/json"}, body)
        demand(status == 201, f"register: {status} {content[:300]!r}")
        answer = json.loads(content)
        account = self.stack.sql(
            f"SELECT account_id FROM members WHERE user_id = '{answer['user']['id']}'")
        customer = Customer(email, answer["token"], account[0][0])
        self.customers.append(customer)
        if dollars:
            self.grant(customer, dollars)
        return customer

    def login(self, customer: Customer) -> str:
        """A new token."""
        body = json.dumps({"email": customer.email, "password": PASSWORD}).encode()
        status, content = self.insist(
            "POST", "/api/auth/login", {"Content-Type": "application/json"}, body)
        demand(status == 200, f"login: {status} {content[:300]!r}")
        return json.loads(content)["token"]

    def grant(self, customer: Customer, dollars: int) -> None:
        self.stack.run(
            "admin", "grant", customer.email, f"{dollars}.00", "--reason", "For the fault tests",
            "--yes")
        customer.credit += dollars * 1_000_000

    # Orders

    def order_body(self, prompt: str = PROMPT, tier: str = "economy") -> bytes:
        return json.dumps({"tier": tier, "duration": 5, "prompt": prompt}).encode()

    def order(
        self, customer: Customer, key: str, prompt: str = PROMPT, tier: str = "economy"
    ) -> str:
        """Orders until it is acknowledged; the job."""
        headers = {**customer.headers, "Idempotency-Key": key}
        status, content = self.insist(
            "POST", "/api/videos/generate", headers, self.order_body(prompt, tier))
        return self.acknowledged(customer, key, tier, status, content)

    def acknowledged(
        self, customer: Customer, key: str, tier: str, status: int, content: bytes
    ) -> str:
        """Notes what an order was answered. The same key twice has to name the same job."""
        demand(status == 202, f"order {key}: {status} {content[:300]!r}")
        job = json.loads(content)["jobId"]
        known = customer.orders.setdefault(key, (job, PRICES[tier]))
        demand(known[0] == job, f"the key {key} made two jobs, {known[0]} and {job}")
        return job

    # Checks

    def open_jobs(self) -> int:
        return self.stack.number(f"SELECT COUNT(*) FROM video_jobs WHERE state NOT IN {FINAL}")

    def settle(self, seconds: float = 150) -> None:
        """Waits until every job has ended. Credit may wait on no job (J9)."""
        try:
            poll(lambda: self.open_jobs() == 0, seconds, "every job has ended", pause=0.25)
        except Failed as failure:
            stuck = self.stack.sql(
                "SELECT id, state, attempts, next_attempt_at, deadline_at, lease_until "
                f"FROM video_jobs WHERE state NOT IN {FINAL} LIMIT 3")
            raise Failed(f"{failure}: {stuck}") from None

    def check(self, seconds: float = 150) -> None:
        """What must hold after every row: the books, and at most one create call for each job."""
        self.check_books(seconds)
        self._check_creates()

    def check_books(self, seconds: float = 150) -> None:
        """All jobs ended, clean books, each wallet as the model has it, every acknowledged order
        there once and no other, every file whole."""
        self.settle(seconds)
        self.stack.run("ledger", "verify")
        self._check_wallets()
        self._check_files()

    def _check_wallets(self) -> None:
        jobs: dict[str, dict[str, tuple[str, int]]] = {}
        for account, job, state, price in self.stack.sql(
            "SELECT account_id, id, state, user_charged_micros FROM video_jobs"
        ):
            jobs.setdefault(account, {})[job] = (state, int(price))
        wallets = {
            account: tuple(map(int, amounts))
            for account, *amounts in self.stack.sql(
                "SELECT account_id, available_micros, held_micros, frozen_micros, shortfall_micros "
                "FROM wallets")
        }
        for customer in self.customers:
            found = jobs.get(customer.account, {})
            known = dict(customer.orders.values())
            lost, extra = known.keys() - found.keys(), found.keys() - known.keys()
            demand(not lost, f"{len(lost)} acknowledged orders are lost: {sorted(lost)[:3]}")
            demand(not extra, f"{len(extra)} jobs nobody ordered: {sorted(extra)[:3]}")
            spent = 0
            for job, price in known.items():
                state, charged = found[job]
                demand(charged == price, f"the job {job} costs {charged}, not {price}")
                spent += price if state == "delivered" else 0
            expected = (customer.credit - spent, 0, 0, customer.debt)
            demand(
                wallets[customer.account] == expected,
                f"the wallet of {customer.email} has {wallets[customer.account]}, not {expected}")

    def _check_creates(self) -> None:
        calls = self.sandbox.creates()
        tokens = self.stack.sql("SELECT callback_token, id FROM video_jobs")
        for token, job in tokens:
            made = [
                call for call in calls.get(token, {"calls": []})["calls"]
                if call["status"] not in NOTHING_MADE
            ]
            demand(len(made) <= 1, f"{len(made)} create calls for the job {job}")

    def _check_files(self) -> None:
        media = self.stack.state / "media"
        for path, size, checksum in self.stack.sql(
            "SELECT video_url, file_bytes, file_sha256 FROM video_jobs WHERE state = 'delivered'"
        ):
            content = (media / path).read_bytes()
            demand(
                len(content) == int(size) and hashlib.sha256(content).hexdigest() == checksum,
                f"the file {path} is not what was stored")

    def open_gates(self) -> None:
        """Forgets what the vendor did, for rows that are about something else."""
        self.stack.sql(
            "UPDATE vendor_gates SET paused_until = NULL, probes = 0; DELETE FROM vendor_failures")

    def count(self, condition: str) -> int:
        return self.stack.number(f"SELECT COUNT(*) FROM video_jobs WHERE {condition}")


@contextlib.contextmanager
def threads(count: int, work):
    """Runs `work(index)` on so many threads during the context, and raises what one of them did."""
    errors: list[BaseException] = []

    def run(index: int) -> None:
        try:
            work(index)
        except BaseException as error:  # noqa: BLE001 - handed on below
            errors.append(error)

    running = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(count)]
    for thread in running:
        thread.start()
    try:
        yield errors
    finally:
        for thread in running:
            thread.join()
    if errors:
        raise errors[0]
