"""Stripe takes calls and answers none, while many people buy."""

import asyncio
import contextlib
import http.client
import json
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import stripe_events
from shop import CHEAP, Customer, Shop, threads
from stack import demand, free_ports, poll

BUYERS = 24
# What nobody who does not buy may have to wait.
READ_SECONDS = 1.0
# What a purchase may take that finds no place to wait for Stripe, and one that does.
REFUSAL_SECONDS, WAIT_SECONDS = 2.0, 12.0
# How many of 16 threads may wait for Stripe at once.
WAITING = 4
READS = ["/api/health/live", "/api/health", "/api/tiers"]


class HangingProxy:
    """Listens on a port of its own in a thread of its own. While `hangs`, it takes connections and
    lets them wait; else it leads them to the stand-in. Use it as a context."""

    def __init__(self, url: str):
        self._target = urlsplit(url)
        self._port = free_ports(1)[0]
        self.hangs = False
        self.waited = 0
        self._held: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "HangingProxy":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *error) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._port}"

    def hang(self) -> None:
        """From now on; kept connections are cut, so that each call makes a new one."""
        self.hangs = True
        self._loop.call_soon_threadsafe(self._cut)

    def go_on(self) -> None:
        self.hangs = False
        self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for writer in self._held:
            writer.transport.abort()

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._serve, "localhost", self._port)

    async def _close(self) -> None:
        self._listener.close()
        self._cut()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader, writer) -> None:
        self._held.add(writer)
        try:
            if self.hangs:
                self.waited += 1
                await asyncio.Event().wait()
            up_reader, up_writer = await asyncio.open_connection(
                self._target.hostname, self._target.port)
            self._held.add(up_writer)
            try:
                await asyncio.gather(
                    _pass_on(reader, up_writer), _pass_on(up_reader, writer))
            finally:
                self._held.discard(up_writer)
                up_writer.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._held.discard(writer)
            writer.transport.abort()


async def _pass_on(reader, writer) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.transport.abort()


@dataclass
class Answer:
    status: int
    retry_after: str | None
    seconds: float
    body: bytes


def row(shop: Shop) -> str:
    """Stripe hangs while 24 people buy at once (fault 59): a few threads of `serve` wait for it,
    the other buyers are answered 503 at once and told when to come again, and whoever only looks
    or orders a video notices nothing. Afterwards each of these purchases goes on."""
    buyers = [shop.customer() for _ in range(BUYERS)]
    reader = shop.customer(20)
    with HangingProxy(shop.stack.env["STRIPE_API_BASE"]) as stripe, shop.stack.instead(
        "serve", f"export STRIPE_API_BASE={stripe.url}"
    ):
        # So that the connections to it are open, as on any day.
        _buy_again(shop, buyers[0], "before")
        stripe.hang()
        answers, reads = _buy_all(shop, buyers, reader)
        waited = stripe.waited
        stripe.go_on()
        for number, buyer in enumerate(buyers):
            _buy_again(shop, buyer, f"hangs-{number}")
    pending = shop.stack.number(
        "SELECT COUNT(*) FROM purchases WHERE state = 'pending' AND session_id IS NULL")
    demand(pending == 0, f"{pending} purchases have no session")
    return _judge(answers, reads, waited)


def _buy_all(
    shop: Shop, buyers: list[Customer], reader: Customer
) -> tuple[list[Answer], list[tuple[str, Answer]]]:
    """All buy at once; meanwhile somebody looks around and orders a video, again and again."""
    answers: list[Answer] = []
    reads: list[tuple[str, Answer]] = []
    over = threading.Event()

    def buyer(index: int) -> None:
        answers.append(_timed(
            shop, "POST", stripe_events.PURCHASES,
            {**buyers[index].headers, "Idempotency-Key": f"hangs-{index}"},
            stripe_events.PACKAGE))

    def looker(_: int) -> None:
        number = 0
        while not over.is_set():
            for path in [*READS, "/api/credits/balance"]:
                reads.append((path, _timed(shop, "GET", path, reader.headers)))
            if number < 5:
                key = f"meanwhile-{number}"
                answer = _timed(
                    shop, "POST", "/api/videos/generate",
                    {**reader.headers, "Idempotency-Key": key}, shop.order_body(CHEAP))
                shop.acknowledged(reader, key, "economy", answer.status, answer.body)
                reads.append(("an order", answer))
            number += 1
            over.wait(0.2)

    with threads(1, looker):
        try:
            with threads(BUYERS, buyer):
                pass
        finally:
            over.set()
    return answers, reads


def _timed(
    shop: Shop, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> Answer:
    connection = http.client.HTTPConnection("localhost", shop.stack.http_port, timeout=90)
    began = time.monotonic()
    with contextlib.closing(connection):
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
    return Answer(
        answer.status, answer.getheader("Retry-After"), time.monotonic() - began, content)


def _buy_again(shop: Shop, buyer: Customer, key: str) -> None:
    """The same purchase, until it has its payment page."""
    def page() -> str | None:
        answer = _timed(
            shop, "POST", stripe_events.PURCHASES, {**buyer.headers, "Idempotency-Key": key},
            stripe_events.PACKAGE)
        return json.loads(answer.body)["url"] if answer.status == 201 else None

    demand(bool(poll(page, 60, f"the purchase {key} goes on", pause=0.5)), "it has a page")


def _judge(answers: list[Answer], reads: list[tuple[str, Answer]], waited: int) -> str:
    told = sorted((answer.status, round(answer.seconds, 1)) for answer in answers)
    demand({answer.status for answer in answers} == {502, 503}, f"purchases: {told}")
    refused = [answer for answer in answers if answer.status == 503]
    silent = sum(answer.retry_after is None for answer in refused)
    demand(silent == 0, f"{silent} answers of 503 do not say when to come again")
    demand(len(refused) >= BUYERS - WAITING, f"more than {WAITING} waited for Stripe: {told}")
    demand(all(answer.seconds < REFUSAL_SECONDS for answer in refused), f"503 came late: {told}")
    longest = max(answer.seconds for answer in answers)
    demand(longest < WAIT_SECONDS and waited >= 1, f"{waited} calls of Stripe: {told}")
    wrong = [(path, answer.status) for path, answer in reads if answer.status not in (200, 202)]
    demand(not wrong, f"others were answered {wrong[:3]}")
    path, slowest = max(reads, key=lambda read: read[1].seconds)
    demand(
        slowest.seconds < READ_SECONDS, f"{path} was answered after {slowest.seconds:.1f} s")
    return (
        f"{BUYERS} purchases, {len(refused)} answered 503 at once and {BUYERS - len(refused)} 502 "
        f"within {longest:.1f} s; {len(reads)} reads and orders meanwhile, the slowest after "
        f"{slowest.seconds * 1000:.0f} ms; afterwards each purchase had its page")
