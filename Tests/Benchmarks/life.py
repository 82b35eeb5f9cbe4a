#!/usr/bin/env python3
"""The whole life of a video at a fast vendor: order, create call, callback, status, download, probe,
poster, settle; and what moves meanwhile.

    life.py jobs [NUMBER]   NUMBER (2000) lives at once: lives a second, CPU of each by process
    life.py bursts          500 callbacks a second while people browse: the time to each answer
    life.py hang            50 calls that a vendor answers after 30 s: what moves in other answers
    life.py stub FOLDER     makes FOLDER of the programs in RUSHES_BIN_DIR, with a rushes-probe that
                            looks at nothing: a stack that runs these shows a life without probing

Run beside a fresh stack whose environment is set (RUSHES_STATE_DIR, RUSHES_HTTP_PORT,
RUSHES_SANDBOX_PORT, RUSHES_BIN_DIR), and which was started with POLLO_MAX_PARALLEL=1000, without
limits by address, with large GENERATE_LIMIT and PURCHASE_LIMIT, and SIGNUP_CREDIT=1000000.
JSON on the last line. Ends with 1 when a figure is missed.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

# Of lives a second, with the true rushes-probe and with one that looks at nothing.
SMALLEST_RATE = {"probed": 20, "stubbed": 120}
# Milliseconds, of the answers to 500 callbacks a second.
LARGEST_ACK = 50
# The p99 of other answers while a vendor hangs, of what it is without.
LARGEST_SHIFT = 1.3

ACCOUNTS = 16
CLIENTS = 8
PASSWORD = "words for a bench alone"
ORDER = {"tier": "economy", "duration": 5, "prompt": "A red fox crossing fresh snow"}

STATE = Path(os.environ.get("RUSHES_STATE_DIR", ""))
PORT = int(os.environ.get("RUSHES_HTTP_PORT", "0"))
SANDBOX = int(os.environ.get("RUSHES_SANDBOX_PORT", "0"))
PROGRAMS = Path(os.environ.get("RUSHES_BIN_DIR", "."))


class Failed(Exception):
    """The bench cannot go on. The text says why."""


# The stack


def sql(text: str) -> list[list[str]]:
    """The rows of a statement, as root."""
    result = subprocess.run(
        ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--user=root",
         f"--socket={STATE}/run/mariadb.sock", "rushes"],
        input=text, capture_output=True, text=True, timeout=120)
    if result.returncode != 0:
        raise Failed(f"sql: {result.stderr.strip()[:500]}")
    return [line.split("\t") for line in result.stdout.splitlines()]


class Client:
    """One kept connection, of one person."""

    def __init__(self, token: str = "", port: int = 0):
        self.port = port or PORT
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"
        self.connection: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, body: object = None, **headers: str):
        """Status and body; 0 when there is no answer within 60 s."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        try:
            self.connection.request(method, path, data, {**self.headers, **headers})
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            return 0, b""

    def order(self) -> str:
        status, body = self.call(
            "POST", "/api/videos/generate", ORDER, **{"Idempotency-Key": str(uuid.uuid4())})
        if status != 202:
            raise Failed(f"generate: {status} {body[:300]}")
        return json.loads(body)["jobId"]


def control(place: str, verb: str = "POST", **fields: object) -> None:
    status, body = Client(port=SANDBOX).call(
        verb, f"/control/{place}", {name: str(value) for name, value in fields.items()})
    if status not in (200, 201, 204):
        raise Failed(f"sandbox {place}: {status} {body[:300]}")


def poll(what: Callable[[], bool], words: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise Failed(f"not within {seconds:.0f} s: {words}")
        time.sleep(0.2)


def together(count: int, act: Callable[[int], None]) -> None:
    """Runs `act` in so many threads; throws what one of them throws."""
    problems: list[BaseException] = []

    def run(index: int) -> None:
        try:
            act(index)
        except BaseException as problem:  # noqa: BLE001 - it is thrown again below
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def sign_up() -> list[str]:
    """Tokens of people who are rich once their addresses are proved by the mailed links."""
    tokens = []
    client = Client()
    name = uuid.uuid4().hex[:8]
    for index in range(ACCOUNTS):
        status, body = client.call(
            "POST", "/api/auth/register",
            {"email": f"{name}-{index}@example.org", "password": PASSWORD})
        if status != 201:
            raise Failed(f"register: {status} {body[:300]}")
        tokens.append(json.loads(body)["token"])
    links: set[str] = set()

    def has_come() -> bool:
        for mail in (STATE / "mail").glob("*.eml"):
            text = mail.read_text()
            if name in text:
                links.update(re.findall(r"/verify#([\w-]{43})", text))
        return len(links) == ACCOUNTS

    poll(has_come, "the mails have come", 60)
    for link in links:
        status, body = client.call("POST", "/api/auth/verify-email", {"token": link})
        if status != 200:
            raise Failed(f"verify-email: {status} {body[:300]}")
    return tokens


def make_vendor_fast() -> None:
    control("pollo/parallel", limit=10_000)
    control("pollo/delay", milliseconds=0)


def verify_books() -> None:
    result = subprocess.run(
        ["bash", "-c", '. "$0/env" && exec "$1" ledger verify', STATE, PROGRAMS / "rushes"],
        capture_output=True, text=True, timeout=300)
    if result.returncode != 0:
        raise Failed(f"rushes ledger verify: {result.stdout[-1000:]}{result.stderr[-500:]}")


def environment(name: str) -> str:
    return subprocess.run(
        ["bash", "-c", f'. "$0/env" && printf %s "${name}"', STATE],
        check=True, capture_output=True, text=True).stdout


# CPU


def stat(process: int) -> list[int]:
    """User, system, and the two of children that have ended: proc(5), in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return [int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in fields[11:15]]


def pid(service: str) -> int:
    return int((STATE / f"run/{service}.process").read_text().split()[0])


def usage() -> dict[str, float]:
    """CPU seconds so far. The children of `work` are its probes."""
    used = {name: sum(stat(pid(name))[:2]) for name in ("serve", "work", "sandbox")}
    used["probe"] = sum(stat(pid("work"))[2:])
    used["mariadbd"] = sum(stat(pid("mariadb"))[:2])
    master = pid("nginx")
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    used["nginx"] = sum(sum(stat(int(child))[:2]) for child in [master, *children])
    return used


# Figures


def rank(times: list[float], part: float) -> float:
    """In milliseconds."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)] * 1000


def judge(is_met: bool, words: str) -> bool:
    print(f"{'pass' if is_met else 'FAIL'}  {words}", flush=True)
    return is_met


class Steady:
    """People who do something so many times a second whatever comes back. Each time is from when
    it was due, so that a slow answer does not keep later ones from counting."""

    def __init__(self):
        self.times: dict[str, list[float]] = {}
        self.failures: dict[str, int] = {}
        self.lock = threading.Lock()

    def run(
        self, name: str, rate: float, seconds: float, people: int,
        act: Callable[[int], Callable[[int], bool]],
    ) -> list[threading.Thread]:
        """Starts so many people. `act(person)` gives what one does: by number, whether it went
        well."""
        self.times[name] = []
        self.failures[name] = 0
        began = time.monotonic() + 0.5

        def person(index: int) -> None:
            do = act(index)
            for number in range(int(rate * seconds / people)):
                due = began + (number * people + index) / rate
                time.sleep(max(0.0, due - time.monotonic()))
                is_well = do(number)
                with self.lock:
                    self.times[name].append(time.monotonic() - due)
                    self.failures[name] += not is_well

        threads = [threading.Thread(target=person, args=(index,)) for index in range(people)]
        for thread in threads:
            thread.start()
        return threads


def browsing(steady: Steady, tokens: list[str], seconds: float) -> list[threading.Thread]:
    """Price lists, galleries, status reads and orders, 90 a second in all."""
    job = Client(tokens[0]).order()

    def reader(path: str) -> Callable[[int], Callable[[int], bool]]:
        def person(index: int) -> Callable[[int], bool]:
            client = Client(tokens[0])
            return lambda _: client.call("GET", path)[0] == 200
        return person

    def buyer(index: int) -> Callable[[int], bool]:
        client = Client(tokens[index % len(tokens)])

        def order(_: int) -> bool:
            client.order()
            return True
        return order

    return [
        *steady.run("tiers", 30, seconds, 2, reader("/api/tiers")),
        *steady.run("gallery", 20, seconds, 2, reader("/api/videos")),
        *steady.run("status", 30, seconds, 2, reader(f"/api/videos/{job}")),
        *steady.run("order", 10, seconds, 2, buyer),
    ]


# The parts


def jobs(number: int) -> bool:
    make_vendor_fast()
    tokens = sign_up()
    first = Client(tokens[0]).order()
    poll(lambda: sql(f"SELECT state FROM video_jobs WHERE id = '{first}'") == [["delivered"]],
         "the first video is there", 60)
    kind = "probed" if sql("SELECT MAX(has_poster) FROM video_jobs")[0][0] == "1" else "stubbed"
    before, began = usage(), time.monotonic()
    since = sql("SELECT UTC_TIMESTAMP(6)")[0][0]

    def customer(index: int) -> None:
        client = Client(tokens[index % ACCOUNTS])
        for _ in range(index, number, CLIENTS):
            client.order()

    together(CLIENTS, customer)
    ordered = time.monotonic() - began

    def is_over() -> bool:
        time.sleep(0.5)
        return sql("SELECT COUNT(*) FROM video_jobs "
                   "WHERE state NOT IN ('delivered', 'refunded')") == [["0"]]

    poll(is_over, "every job has ended", 30 + number)
    now = usage()
    count, seconds = sql(
        "SELECT COUNT(*), TIMESTAMPDIFF(MICROSECOND, "
        f"'{since}', MAX(completed_at)) / 1000000 FROM video_jobs "
        f"WHERE state = 'delivered' AND created_at >= '{since}'")[0]
    rate = int(count) / float(seconds)
    cpu = {name: (now[name] - before[name]) / number * 1000 for name in now}
    verify_books()
    print(f"      {number} lives, {kind}, on {os.cpu_count()} cores: {rate:.1f} a second "
          f"(ordered in {ordered:.1f} s, all over after {float(seconds):.1f} s)")
    print("      CPU ms a life: " + ", ".join(f"{name} {ms:.1f}" for name, ms in cpu.items())
          + f"; together {sum(cpu.values()):.1f}")
    target = SMALLEST_RATE[kind]
    verdicts = [
        judge(int(count) == number, f"{count} of {number} delivered, the books are clean"),
        judge(rate >= target, f"{rate:.1f} lives a second, at least {target}"),
    ]
    print(json.dumps({"part": f"life {kind}", "rate": rate, "cpu_ms": cpu}))
    return all(verdicts)


class Vendor:
    """One kept connection that callbacks come on. Speaks as little HTTP as it can: http.client takes
    longer for a request than the application, and they share the machine."""

    def __init__(self, key: bytes):
        self.key = key
        self.connection = socket.create_connection(("127.0.0.1", PORT), timeout=60)

    def tell(self, token: str) -> bool:
        body = b'{"taskId":"%s","status":"processing"}' % uuid.uuid4().hex.encode()
        message, at = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
        code = hmac.new(self.key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
        self.connection.sendall(
            f"POST /api/webhooks/pollo/{token} HTTP/1.1\r\nHost: localhost:{PORT}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-Webhook-Id: {message}\r\nX-Webhook-Timestamp: {at}\r\n"
            f"X-Webhook-Signature: {base64.b64encode(code).decode()}\r\n\r\n".encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.more()
        head, rest = answer.split(b"\r\n\r\n", 1)
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        while length and len(rest) < int(length[1]):
            rest += self.more()
        return head.startswith(b"HTTP/1.1 200 ")

    def more(self) -> bytes:
        piece = self.connection.recv(65536)
        if not piece:
            raise Failed("a callback got no answer")
        return piece


def bursts() -> bool:
    """Callbacks of 100 jobs that are being made, for ten seconds."""
    make_vendor_fast()
    tokens = sign_up()
    control("pollo/delay", milliseconds=600_000)
    client = Client(tokens[0])
    for _ in range(100):
        client.order()
    poll(lambda: int(sql("SELECT COUNT(*) FROM video_jobs WHERE state = 'submitted'")[0][0]) >= 100,
         "100 jobs are at the vendor", 120)
    paths = [row[0] for row in sql(
        "SELECT callback_token FROM video_jobs WHERE state = 'submitted' LIMIT 100")]
    key = base64.b64decode(environment("POLLO_WEBHOOK_SECRET"))
    steady = Steady()

    def vendor(index: int) -> Callable[[int], bool]:
        kept = Vendor(key)
        return lambda number: kept.tell(paths[(number * 7 + index) % len(paths)])

    before = usage()
    threads = browsing(steady, tokens, 10) + steady.run("callback", 500, 10, 10, vendor)
    for thread in threads:
        thread.join()
    now = usage()
    cpu = {name: (now[name] - before[name]) / len(steady.times["callback"]) * 1000 for name in now}
    control("pollo/delay", milliseconds=0)
    p99 = {name: rank(times, 0.99) for name, times in steady.times.items()}
    print("      p99 in ms: " + ", ".join(f"{name} {ms:.1f}" for name, ms in p99.items()))
    print("      CPU ms a callback, with what goes on meanwhile: "
          + ", ".join(f"{name} {ms:.2f}" for name, ms in cpu.items()))
    verdicts = [
        judge(sum(steady.failures.values()) == 0, f"answers that were wrong: {steady.failures}"),
        judge(p99["callback"] < LARGEST_ACK,
              f"500 callbacks a second: p99 {p99['callback']:.1f} ms, below {LARGEST_ACK}"),
    ]
    print(json.dumps({"part": "bursts", "p99_ms": p99, "cpu_ms": cpu}))
    return all(verdicts)


def hang() -> bool:
    """The same people without and with 50 hanging calls of each vendor."""
    make_vendor_fast()
    tokens = sign_up()

    def measured() -> dict[str, float]:
        steady = Steady()
        for thread in browsing(steady, tokens, 15):
            thread.join()
        if any(steady.failures.values()):
            raise Failed(f"answers that were wrong: {steady.failures}")
        return {name: rank(times, 0.99) for name, times in steady.times.items()}

    measured()
    before = measured()
    control("faults", path="/api/platform/generation", count=50, delayMilliseconds=30_000,
            when="after", percent=100)
    control("faults", path="/v1/checkout/sessions", method="POST", count=50,
            delayMilliseconds=30_000, when="after", percent=100)

    def buy(index: int) -> None:
        client = Client(tokens[index % ACCOUNTS])
        # 503 for those beyond the places is an answer; that there is one is what counts.
        client.call("POST", "/api/credits/purchase", {"packageId": "starter"},
                    **{"Idempotency-Key": str(uuid.uuid4())})

    buyers = [threading.Thread(target=buy, args=(index,)) for index in range(50)]
    for thread in buyers:
        thread.start()
    hanging = measured()
    for thread in buyers:
        thread.join()
    with contextlib.suppress(Failed):
        control("faults", verb="DELETE")
    verdicts = []
    for name, ms in before.items():
        # What is within a millisecond of the clock and of the other programs is no shift.
        shift = hanging[name] / max(ms, 1.0)
        verdicts.append(judge(
            shift <= LARGEST_SHIFT,
            f"{name}: p99 {ms:.1f} ms, while vendors hang {hanging[name]:.1f} ms, "
            f"{shift:.2f}x, at most {LARGEST_SHIFT}x"))
    print(json.dumps({"part": "hang", "p99_ms": before, "hanging_p99_ms": hanging}))
    return all(verdicts)


def stub(folder: Path) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("rushes", "rushes-sandbox"):
        shutil.copy2(PROGRAMS / name, folder / name)
    program = folder / "rushes-probe"
    facts = {"codec": "h264", "width": 854, "height": 480, "milliseconds": 5000, "pictures": 125}
    program.write_text(f"#!/bin/sh\necho '{json.dumps(facts)}'\n")
    program.chmod(0o755)
    return True


def main() -> bool:
    match sys.argv[1:]:
        case ["jobs"]: return jobs(2000)
        case ["jobs", number]: return jobs(int(number))
        case ["bursts"]: return bursts()
        case ["hang"]: return hang()
        case ["stub", folder]: return stub(Path(folder))
    sys.exit(__doc__)


if __name__ == "__main__":
    try:
        sys.exit(0 if main() else 1)
    except Failed as failure:
        print(f"FAIL  {failure}")
        sys.exit(1)
