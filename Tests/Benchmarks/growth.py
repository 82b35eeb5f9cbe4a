#!/usr/bin/env python3
"""What grows with the shop: the looks of people, what the worker runs, and the audit, in shops of
several sizes that differ in nothing else.

    growth.py measure JOBS   of a fresh stack: fills it with so many videos that have ended, and measures
    growth.py compare        the sizes that were measured, each held against the smallest

Run by `bin/bench growth`, which starts a stack for each size. A shop is made by fill.sql: the account
that looks has 1,000 videos whatever the size. Looks are timed one after the other on a kept connection
through nginx, in turn; of each, what nine of ten take at least. What the worker runs is timed by the
server itself, in its slow log, which holds every statement meanwhile; a transaction counts without its
COMMIT, whose time is the disk's.
"""

import contextlib
import http.client
import json
import os
import re
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from contest import wrk
from figures import RESULTS, Report
from stack import (
    PORT, Failed, fill, is_quiet, poll, sign_in, sql, verify_books,
)
from write import BODY, TOKENS

LOOKS = 40
# How long the worker's statements are watched.
WATCHED = int(os.environ.get("WATCHED_SECONDS", "20"))
QUEUED = 20_000
MOVED = int(os.environ.get("GROWTH_MOVED", "10000"))
OWN_QUEUED = 20
LARGEST_GROWTH = 1.3
# Of what has no row in it, a millisecond more or less is nobody's.
NOISE = 0.3

OVERVIEW = """
    SELECT day, SUM(videos), SUM(failures), SUM(spent_micros), SUM(cost_micros), SUM(price_micros)
    FROM daily_figures
    WHERE day >= UTC_DATE() - INTERVAL 30 DAY
    GROUP BY day
    ORDER BY day
"""


class Looker:
    """A person with one kept connection."""

    def __init__(self, email: str):
        self.token = sign_in(email)
        self.connection = http.client.HTTPConnection("localhost", PORT, timeout=60)

    def ask(self, path: str, method: str = "GET", body: str = "", **headers: str) -> dict:
        sent = (method, path, body or None, {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers})
        try:
            self.connection.request(*sent)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # nginx has closed it: nobody asked for half a minute.
            self.connection.close()
            self.connection.request(*sent)
            answer = self.connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 202):
            raise Failed(f"{method} {path}: {answer.status} {content[:300]}")
        return json.loads(content)

    def order(self) -> str:
        key = os.urandom(16).hex()
        return self.ask("/api/videos/generate", "POST", BODY, **{"Idempotency-Key": key})["jobId"]


def least(times: list[float]) -> float:
    """What nine of ten take at least. Sizes are measured many minutes apart, and what else the machine
    does meanwhile can only add to a time."""
    return sorted(times)[len(times) // 10]


def milliseconds(acts: dict[str, Callable[[], object]], rounds: int = LOOKS) -> dict[str, float]:
    """What each takes, all of them in turn. The first rounds fill caches and are left out."""
    times: dict[str, list[float]] = {name: [] for name in acts}
    for index in range(rounds + 5):
        for name, act in acts.items():
            begin = time.perf_counter()
            act()
            if index >= 5:
                times[name].append((time.perf_counter() - begin) * 1000)
    return {name: least(each) for name, each in times.items()}


# The worker


def pause_submissions(is_paused: bool) -> None:
    """Closes the gate that every claim of a job passes, or opens it."""
    until = "UTC_TIMESTAMP(6) + INTERVAL 1 DAY" if is_paused else "NULL"
    sql(f"UPDATE vendor_gates SET paused_until = {until}, reason = IF({until} IS NULL, NULL, 'bench') "
        "WHERE name = 'pollo'")


@dataclass
class Watched:
    """What the application's sessions ran while the log was on: milliseconds."""

    # Of each transaction, by what it is for.
    transactions: dict[str, list[float]] = field(default_factory=dict)
    # Of each statement, by its text without values.
    statements: dict[str, list[float]] = field(default_factory=dict)


@contextlib.contextmanager
def slow_log() -> Iterator[None]:
    sql("SET GLOBAL slow_query_log = 0, GLOBAL log_output = 'TABLE'; TRUNCATE mysql.slow_log; "
        "SET GLOBAL long_query_time = 0, GLOBAL min_examined_row_limit = 0, GLOBAL slow_query_log = 1")
    try:
        yield
    finally:
        sql("SET GLOBAL slow_query_log = 0, GLOBAL long_query_time = 10")


def watch(seconds: float) -> Watched:
    """Sessions take the server's settings when they begin: those of the worker begin anew."""
    sessions = [row[0] for row in sql(
        "SELECT id FROM information_schema.processlist WHERE user = 'rushes'")]
    with slow_log():
        sql("; ".join(f"KILL SOFT CONNECTION {session}" for session in sessions))
        time.sleep(seconds)
    rows = sql(
        "SELECT thread_id, TIME_TO_SEC(query_time) * 1000, HEX(sql_text) FROM mysql.slow_log "
        "WHERE user_host LIKE 'rushes%' ORDER BY thread_id, start_time")
    found = Watched()
    open_ones: dict[str, tuple[float, str]] = {}
    for thread, took, text in rows:
        line, ms = plain(bytes.fromhex(text).decode(errors="replace")), float(took)
        if line.startswith("START TRANSACTION"):
            open_ones[thread] = (0.0, "")
        elif line in ("COMMIT", "ROLLBACK"):
            spent, purpose = open_ones.pop(thread, (0.0, ""))
            if purpose:
                found.transactions.setdefault(purpose, []).append(spent)
        else:
            found.statements.setdefault(line, []).append(ms)
            if thread in open_ones:
                spent, purpose = open_ones[thread]
                open_ones[thread] = (spent + ms, purpose or purpose_of(line))
    return found


def purpose_of(line: str) -> str:
    if re.match(r"UPDATE video_jobs SET state = 'submitting'", line):
        return "claim"
    return ""


def plain(text: str) -> str:
    """A statement without values."""
    text = re.sub(r"'(?:[^'\\]|\\.|'')*'", lambda word: word[0] if word[0] in WORDS else "?", text)
    return " ".join(re.sub(r"\b\d+\b", "?", text).split())


WORDS = {f"'{state}'" for state in (
    "queued", "submitting", "submit_unknown", "submitted", "storing", "delivered", "refunded",
    "pending", "processing", "completed")}


def busiest(watched: Watched, count: int = 12) -> list[list[object]]:
    rows = sorted(watched.statements.items(), key=lambda item: -sum(item[1]))[:count]
    return [[text[:110].replace("|", "/"), len(times), least(times), statistics.median(times), max(times)]
            for text, times in rows]


# What is measured


def looks(own: Looker, operator: Looker, queued: str) -> dict[str, float]:
    """Of an account with 1,000 videos, and of an operator."""
    videos = [row[0] for row in sql(
        "SELECT id FROM video_jobs WHERE user_id = (SELECT id FROM users "
        "WHERE email = 'fill-0-0@example.org') AND state IN ('delivered', 'refunded') "
        "ORDER BY id DESC")]
    cursor = videos[min(len(videos) - 1, 980) - 1]
    before, after = sql(
        "SELECT DATE(UTC_DATE() - INTERVAL 60 DAY), DATE(UTC_DATE() - INTERVAL 90 DAY)")[0]
    paths = {
        "status": f"/api/videos/{videos[10]}/status",
        "status, queued": f"/api/videos/{queued}/status",
        "gallery": "/api/videos?status=completed",
        "gallery, page 50": f"/api/videos?cursor={cursor}",
        "gallery, words": "/api/videos?q=fox%20snow",
        "gallery, words without a hit": "/api/videos?q=zeppelin",
        "gallery, dates": f"/api/videos?from={after}&to={before}",
        "gallery, queued": "/api/videos?status=pending",
        "ledger page": "/api/credits/transactions",
    }
    acts = {name: (lambda path=path: own.ask(path)) for name, path in paths.items()}
    acts["attention"] = lambda: operator.ask("/api/admin/attention")
    acts["videos of all, by the operator"] = lambda: operator.ask("/api/admin/videos")
    return milliseconds(acts)


def orders(own: Looker) -> dict[str, float]:
    return milliseconds({"order": own.order}, 20)


def overview() -> float:
    """Milliseconds of the query over the days' figures, by the server's own clock."""
    times = []
    for _ in range(9):
        rows = sql("SET SESSION profiling = 1; " + OVERVIEW + "; SHOW PROFILES")
        times.append(float(rows[-1][1]) * 1000)
    return least(times)


def look_at_books(seconds: float = 1800) -> float:
    """Has the worker take its look at the books now. Returns the seconds that it took, from the last
    instant at which it was not yet begun."""
    before = sql("SELECT UTC_TIMESTAMP(6)")[0][0]
    sql("UPDATE schedules SET due_at = UTC_TIMESTAMP(6) WHERE name = 'audit' AND lease_until IS NULL")
    idle_at = time.monotonic()
    problem = ""

    def has_ended() -> bool:
        nonlocal idle_at, problem
        asked_at = time.monotonic()
        found = sql(
            "SELECT lease_until IS NULL, COALESCE(problem, ''), "
            f"COALESCE(COALESCE(failed_at, done_at) > '{before}', 0) "
            "FROM schedules WHERE name = 'audit'")
        is_free, problem, is_new = found[0] if found else ("1", "", "0")
        if is_free == "1" and is_new == "0":
            idle_at = asked_at
        return is_free == "1" and is_new == "1"

    poll(has_ended, "the worker has looked at the books", seconds)
    if problem:
        raise Failed(f"the look at the books: {problem}")
    return time.monotonic() - idle_at


def send_orders(report: Report, seconds: int, clients: int = 4) -> dict:
    """Orders of 40 accounts. What is refused where the machine is too busy is told."""
    said = wrk(PORT, "charge.lua", [str(TOKENS), "40", BODY], clients, seconds)
    if said["refused"] + said["broken"]:
        report.note(f"orders that were not accepted: {said}")
    if said["requests"] <= said["refused"]:
        raise Failed(f"orders: {said}")
    return said


def audit(report: Report) -> dict[str, float]:
    """The look after as many moves, and what orders have of it."""
    found = {"first look, s": look_at_books()}
    moved = 0
    while moved < MOVED:
        said = send_orders(report, 2)
        moved += said["requests"] - said["refused"]
    found["look, all moved, s"] = look_at_books()
    found["look, nothing moved, s"] = look_at_books()
    alone = send_orders(report, 6)["p99_ms"]
    is_over = threading.Event()

    def look_again_and_again() -> None:
        while not is_over.is_set():
            look_at_books()

    thread = threading.Thread(target=look_again_and_again)
    thread.start()
    beside = send_orders(report, 6)["p99_ms"]
    is_over.set()
    thread.join()
    report.note(f"p99 of orders: {alone:.1f} ms, beside looks at the books {beside:.1f} ms")
    found["p99 of orders beside the look"] = beside / alone
    return found


def await_figures(seconds: float) -> float:
    """Until the worker has counted every day. Returns the seconds that it took."""
    begin = time.monotonic()
    sql("UPDATE schedules SET due_at = UTC_TIMESTAMP(6) WHERE name = 'figures'")

    def are_counted() -> bool:
        sql("UPDATE schedules SET due_at = UTC_TIMESTAMP(6) "
            "WHERE name = 'figures' AND lease_until IS NULL")
        return sql("SELECT MAX(day) = UTC_DATE() FROM daily_figures")[0][0] == "1"

    poll(are_counted, "every day is counted", seconds)
    return time.monotonic() - begin


def stored_bytes() -> float:
    """Of all tables and their indexes."""
    return float(sql("SELECT SUM(data_length + index_length) FROM information_schema.tables "
                     "WHERE table_schema = 'rushes'")[0][0])


def claims() -> tuple[Watched, float | None]:
    """What the worker runs while it submits, and the milliseconds of a claim."""
    pause_submissions(False)
    watched = watch(WATCHED)
    pause_submissions(True)
    times = watched.transactions.get("claim", [])
    return watched, least(times) if times else None


def measure(jobs: int) -> int:
    report = Report(f"growth-{jobs}")
    found: dict[str, float | None] = {}
    pause_submissions(True)
    found["fill, s"] = fill(jobs, 10)
    found["bytes of the database a video"] = stored_bytes() / jobs
    begin = time.monotonic()
    report.note(verify_books(7200))
    found["rushes ledger verify, s"] = time.monotonic() - begin
    sql("UPDATE users SET role = 'admin' WHERE email = 'fill-0-9@example.org'")
    own, operator = Looker("fill-0-0@example.org"), Looker("fill-0-9@example.org")
    TOKENS.touch(mode=0o600)
    accounts = [row[0] for row in sql(
        "SELECT email FROM users WHERE email LIKE 'fill-0-%' ORDER BY created_at LIMIT 40")]
    TOKENS.write_text("".join(f"{sign_in(email)}\n" for email in accounts))
    found["days counted, s"] = await_figures(1800)
    found["overview of 30 days"] = overview()
    queued = [own.order() for _ in range(OWN_QUEUED)][0]
    # The worker marks the queue each second.
    time.sleep(2)
    found |= looks(own, operator, queued) | orders(own)
    idle = watch(WATCHED)
    report.table("What the worker runs, nothing submitted",
                 ["statement", "times", "least ms", "median ms", "most ms"], busiest(idle), is_detail=True)
    # Of what runs every few seconds: claims, sweeps, the marks of the queue.
    steady = [times for times in idle.statements.values() if len(times) >= WATCHED // 4]
    found["worker, all statements of a second"] = sum(
        len(times) * least(times) for times in steady) / WATCHED
    found["worker, its slowest statement"] = max(least(times) for times in steady)
    _, found["claim"] = claims()
    found |= audit(report)
    fill(1, QUEUED)
    time.sleep(3)
    crowded = looks(own, operator, queued) | orders(own)
    watched, crowded["claim"] = claims()
    report.table(f"What the worker runs, {QUEUED:,} in the queue",
                 ["statement", "times", "least ms", "median ms", "most ms"], busiest(watched), is_detail=True)
    found |= {f"{name}, {QUEUED:,} queued": crowded[name]
              for name in ("claim", "order", "status, queued", "gallery, queued")}
    poll(is_quiet, "no transaction is open", 60)
    report.note(verify_books(7200))
    for name, value in found.items():
        report.note(f"{name}: {value if value is None else round(value, 3)}")
    report.end()
    path = RESULTS / f"growth-{jobs}.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({**kept, "jobs": jobs, "found": found}, ensure_ascii=False, indent=1))
    return 0


GROWING = (
    "status", "gallery", "gallery, page 50", "gallery, words", "gallery, words without a hit",
    "gallery, dates", "ledger page", "attention", "claim",
    "worker, all statements of a second", "worker, its slowest statement", "order",
)


def growth(value: float | None, first: float | None) -> float | None:
    if value is None or first is None:
        return None
    return (value + NOISE) / (first + NOISE)


def compare() -> int:
    report = Report("growth")
    sizes = sorted(
        (json.loads(path.read_text()) for path in RESULTS.glob("growth-*.json")),
        key=lambda size: size["jobs"])
    if not sizes:
        raise Failed("no size was measured")
    first, last = sizes[0], sizes[-1]
    report.table(
        "growth: milliseconds unless it says s", ["what", *(f"{size['jobs']:,}" for size in sizes)],
        [[name, *(size["found"].get(name) for size in sizes)] for name in last["found"]])
    if len(sizes) > 1:
        for name in GROWING:
            ratio = growth(last["found"].get(name), first["found"].get(name))
            report.target(f"{name}, {last['jobs']:,} / {first['jobs']:,} jobs", ratio,
                          most=LARGEST_GROWTH)
    for name in ("claim", "order", "status, queued", "gallery, queued"):
        ratio = growth(
            last["found"].get(f"{name}, {QUEUED:,} queued"), last["found"].get(name))
        report.target(f"{name}, {QUEUED:,} / 10 queued", ratio, most=LARGEST_GROWTH)
    report.target(f"audit s, {MOVED:,} moved, {last['jobs']:,} jobs",
                  last["found"].get("look, all moved, s"), most=2)
    report.target("p99 of orders beside an audit / without",
                  last["found"].get("p99 of orders beside the look"), most=1.2)
    report.target(f"overview of 30 days ms, {last['jobs']:,} jobs",
                  last["found"].get("overview of 30 days"), most=100)
    return report.end()


def main() -> int:
    match sys.argv[1:]:
        case ["measure", jobs]: return measure(int(jobs))
        case ["compare"]: return compare()
    sys.exit(__doc__)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"FAIL  {failure}")
        sys.exit(1)
