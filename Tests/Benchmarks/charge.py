#!/usr/bin/env python3
"""How many orders a second the product accepts, and how many the database takes without it.

    charge.py LOOP

LOOP is the program that charge.c beside this file makes. Run by `bin/bench charge`, which starts
the stack: the environment says where it is. In turn, the product is sent orders through nginx on
kept connections, and the loop runs as often the same transaction on as many connections as `serve`
has threads. Before that the server's general log proves that the transaction is the same: the
statements, their order, their values and the settings of the session. Every turn begins with the
same rows in the database, has an empty queue, and ends with `rushes ledger verify`.

Prints the medians and holds their ratio to the figure of design, and the fsyncs of a transaction to
those of the loop. Ends with 1 when one is missed.
"""

import contextlib
import difflib
import hashlib
import http.client
import json
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

SMALLEST_RATIO = 0.65
# Of the loop's: the product adds none of its own. 0.20 a transaction is the aim for 16 connections,
# which not even the loop reaches with so many statements: too few of its commits meet.
LARGEST_FSYNCS = 1.15
FSYNCS_AIM = 0.20

USERS = 64
THREADS = 16  # of `serve`, as bin/dev starts it
CLIENTS = 32
SECONDS = 3
ROUNDS = int(os.environ.get("ROUNDS", "7"))
BODY = '{"tier":"economy","duration":5,"prompt":"A red fox crossing fresh snow"}'
PASSWORD = "words for a bench alone"

STATE = Path(os.environ["RUSHES_STATE_DIR"])
PORT = int(os.environ["RUSHES_HTTP_PORT"])
PROGRAM = Path(os.environ["RUSHES_BIN_DIR"]) / "rushes"
TOKENS = STATE / "tokens"
HERE = Path(__file__).resolve().parent


class Failed(Exception):
    """The bench cannot go on. The text says why."""


# The stack


def sql(text: str) -> list[list[str]]:
    """The rows of the last statement that has any, as root."""
    result = subprocess.run(
        ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--user=root",
         f"--socket={STATE}/run/mariadb.sock", "rushes"],
        input=text, capture_output=True, text=True, errors="replace", timeout=120,
    )
    if result.returncode != 0:
        raise Failed(f"sql: {result.stderr.strip()[:500]}")
    return [line.split("\t") for line in result.stdout.splitlines()]


def number(text: str) -> int:
    return int(sql(text)[0][0])


def call(method: str, path: str, body: str = "", **headers: str) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("localhost", PORT, timeout=30)
    try:
        connection.request(
            method, path, body or None, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    except (OSError, http.client.HTTPException):
        return 0, {}
    finally:
        connection.close()


def pid(service: str) -> int:
    """The supervised process; 0 while there is none."""
    try:
        return int((STATE / f"run/{service}.process").read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return 0


def poll(what: Callable[[], bool], words: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise Failed(f"not within {seconds:.0f} s: {words}")
        time.sleep(0.05)


def is_quiet() -> bool:
    """Whether no transaction is open. The server looks anew only when it was not asked for 0.1 s."""
    time.sleep(0.15)
    return number("SELECT COUNT(*) FROM information_schema.innodb_trx") == 0


@contextlib.contextmanager
def worker_stopped() -> Iterator[None]:
    """Holds `rushes work`: jobs stay in the queue, and nothing else runs beside the charges. The
    supervisor sees a process that lives."""
    worker = pid("work")
    os.kill(worker, signal.SIGSTOP)
    while not is_quiet():
        os.kill(worker, signal.SIGCONT)
        time.sleep(0.05)
        os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)


def restart_serve() -> None:
    """Threads without a database session yet, so that the next call prepares all that it runs."""
    old = pid("serve")
    os.kill(old, signal.SIGTERM)
    poll(lambda: pid("serve") not in (0, old), "serve is started again")
    poll(lambda: call("GET", "/api/health/live")[0] == 200, "serve answers")


def verify_books() -> None:
    result = subprocess.run(
        ["bash", "-c", '. "$0/env" && exec "$1" ledger verify', STATE, PROGRAM],
        capture_output=True, text=True, timeout=300,
    )
    if result.returncode != 0:
        raise Failed(f"rushes ledger verify: {result.stdout[-1000:]}{result.stderr[-500:]}")


def database_account() -> dict[str, str]:
    """The application's own account, for the loop."""
    url = subprocess.run(
        ["bash", "-c", '. "$0/env" && printf %s "$DATABASE_URL"', STATE],
        check=True, capture_output=True, text=True,
    ).stdout
    parts = urlsplit(url)
    return {
        "CHARGE_SOCKET": parse_qs(parts.query)["socket"][0],
        "CHARGE_USER": unquote(parts.username),
        "CHARGE_PASSWORD": unquote(parts.password),
        "CHARGE_DATABASE": parts.path[1:],
    }


# The same rows at every beginning

MADE = ("ledger_entries", "transactions", "idempotency_keys", "video_jobs", "generate_calls")
KEPT = ("credit_lots", "wallets", "ledger_entries", "transactions")


def sign_up() -> None:
    """Makes the users, rich by SIGNUP_CREDIT once their addresses are proved, and keeps the rows
    that every turn begins with."""
    tokens = []
    for index in range(USERS):
        status, answer = call(
            "POST", "/api/auth/register",
            json.dumps({"email": f"bench{index}@example.org", "password": PASSWORD}))
        if status != 201:
            raise Failed(f"register: {status} {answer}")
        tokens.append(answer["token"])
    prove_addresses()
    TOKENS.touch(mode=0o600)
    TOKENS.write_text("\n".join(tokens) + "\n")
    copies = (f"CREATE TABLE bench.{name} AS SELECT * FROM rushes.{name};" for name in KEPT)
    sql(f"DROP DATABASE IF EXISTS bench; CREATE DATABASE bench; {' '.join(copies)}")


def prove_addresses() -> None:
    """Follows the link in the mail of each user."""
    deadline = time.monotonic() + 60
    links: set[str] = set()
    while len(links) < USERS:
        if time.monotonic() > deadline:
            raise Failed(f"{len(links)} of {USERS} mails came")
        time.sleep(0.2)
        for mail in (STATE / "mail").glob("*.eml"):
            links.update(re.findall(r"/verify#([\w-]{43})", mail.read_text()))
    for link in links:
        status, answer = call("POST", "/api/auth/verify-email", json.dumps({"token": link}))
        if status != 200:
            raise Failed(f"verify-email: {status} {answer}")


def begin_anew() -> None:
    """Takes away what was charged, and waits until the server has nothing left to do for it."""
    empty = (f"TRUNCATE TABLE {name};" for name in (*MADE, "credit_lots"))
    copies = (
        f"INSERT INTO {name} SELECT * FROM bench.{name};" for name in KEPT if name != "wallets")
    # In strict mode a generated column takes no value, not even its own.
    sql(
        f"SET sql_mode = '', foreign_key_checks = 0; {' '.join(empty)} {' '.join(copies)} "
        "UPDATE wallets JOIN bench.wallets AS kept USING (account_id) "
        "SET wallets.available_micros = kept.available_micros, wallets.held_micros = 0; "
        "SET GLOBAL innodb_max_purge_lag_wait = 0;")


def empty_queue() -> None:
    """Has every job inserted as one that a worker has taken already. A worker that nobody holds
    would take it, but load the machine; and whoever charges counts the queue, so that after some
    seconds of charging alone both contenders would do little else."""
    sql("CREATE TRIGGER taken BEFORE INSERT ON video_jobs FOR EACH ROW "
        "SET NEW.state = 'submitting'")


# The proof


@dataclass
class Log:
    """What one session was asked to do."""

    settings: str
    transaction: list[str]
    outside: list[str]


def plain(text: str) -> str:
    """A logged statement without what is new in each transaction: ids, keys, the secret path, the
    turn, and the hash of the request, whose bytes the log cannot show."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"'[\w-]{32}'", "'TOKEN'", text)
    text = re.sub(r"'[\d-]{10} [\d:]{8}\.\d{6}'", "'TIME'", text)
    text = re.sub(r"('ID',\s*'ID',\s*)'.*', (?=202,)", r"\1'HASH', ", text, flags=re.DOTALL)
    return " ".join(text.split())


def logged(act: Callable[[], None]) -> Log:
    """The log of the session that charged while `act` ran."""
    sql("SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = 1")
    try:
        act()
    finally:
        sql("SET GLOBAL general_log = 0")
    # In hexadecimal, since values may be any bytes.
    rows = sql("SELECT thread_id, command_type, HEX(argument) FROM mysql.general_log")
    lines = [
        (thread, f"{kind} {plain(bytes.fromhex(text).decode(errors='replace'))}")
        for thread, kind, text in rows]
    charging = {thread for thread, line in lines if "Execute INSERT INTO generate_calls" in line}
    if len(charging) != 1:
        raise Failed(f"{len(charging)} sessions have charged instead of one")
    own = [line for thread, line in lines if thread in charging]
    settings = [line for line in own if line.startswith("Query SET SESSION")]
    begin, end = own.index("Query START TRANSACTION"), own.index("Query COMMIT")
    if len(settings) != 1 or own.count("Query COMMIT") != 1:
        raise Failed("the log does not show one session with one transaction")
    return Log(
        settings=settings[0],
        transaction=own[begin:end + 1],
        outside=[line for line in own[:begin] + own[end + 1:] if line.startswith("Execute")],
    )


def prove(loop: Callable[[int, int, int], dict]) -> bool:
    """Whether the loop runs the very statements of the product."""

    def order() -> None:
        with TOKENS.open() as tokens:
            token = tokens.readline().strip()
        status, answer = call(
            "POST", "/api/videos/generate", BODY, **{
                "Authorization": f"Bearer {token}",
                "Idempotency-Key": "00000000-0000-4000-8000-000000000000"})
        if status != 202:
            raise Failed(f"generate: {status} {answer}")

    restart_serve()
    begin_anew()
    product = logged(order)
    begin_anew()
    bare = logged(lambda: loop(1, 0, 1))
    if (product.settings, product.transaction) != (bare.settings, bare.transaction):
        print("FAIL  the loop runs other SQL than the product; - product, + loop:")
        theirs = [bare.settings, *bare.transaction]
        for line in difference([product.settings, *product.transaction], theirs):
            print(f"      {line}")
        return False
    statements = [line for line in product.transaction if not line.startswith("Prepare")]
    print(f"pass  the loop runs the same SQL: {len(statements)} statements, with the same values "
          "and settings")
    print("      Outside of the transaction, which is nothing of the loop's, the first order of a "
          "thread runs:")
    for line in product.outside:
        print(f"        {line.removeprefix('Execute ')[:86]}")
    print("      and every later one the first two of them.")
    return True


def difference(ours: list[str], theirs: list[str]) -> list[str]:
    return [
        line for line in difflib.unified_diff(ours, theirs, n=0, lineterm="")
        if line[:3] not in ("---", "+++") and line[:2] != "@@"]


# The turns


@dataclass
class Turn:
    rate: float
    transactions: int
    fsyncs: float
    # CPU microseconds of a transaction, by process.
    cpu: dict[str, float] = field(default_factory=dict)
    details: dict = field(default_factory=dict)
    # The part of the machine that was busy with something else.
    foreign: float = 0


def cpu_seconds(*processes: int) -> float:
    ticks = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def nginx_processes() -> list[int]:
    master = pid("nginx")
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return [master, *map(int, children)]


def usage() -> dict[str, float]:
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "serve": cpu_seconds(pid("serve")),
        "nginx": cpu_seconds(*nginx_processes()),
        "mariadbd": cpu_seconds(pid("mariadb")),
        "client": own.ru_utime + own.ru_stime,
    }


def busy_seconds() -> float:
    """What all processes and the kernel have used so far: proc(5), /proc/stat."""
    user, nice, system, _, _, *interrupts = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def fsyncs() -> int:
    """All of InnoDB's, of the log and of the tables: this server does not count them apart."""
    return number("SELECT variable_value FROM information_schema.global_status "
                  "WHERE variable_name = 'INNODB_DATA_FSYNCS'")


def jobs() -> int:
    return number("SELECT COUNT(*) FROM video_jobs")


def turn(act: Callable[[], dict]) -> Turn:
    """Runs one contender on fresh rows."""
    begin_anew()
    synced, used, busy, began = fsyncs(), usage(), busy_seconds(), time.monotonic()
    said = act()
    now, busy, elapsed = usage(), busy_seconds() - busy, time.monotonic() - began
    synced = fsyncs() - synced
    # What wrk had sent when it stopped is still being served.
    poll(is_quiet, "no transaction is open")
    charged = jobs()
    verify_books()
    count = said.get("requests") or said["transactions"]
    return Turn(
        rate=count / said["seconds"],
        transactions=charged,
        fsyncs=synced / charged,
        cpu={name: (now[name] - used[name]) / charged * 1e6 for name in now},
        details=said,
        foreign=(busy - sum(now.values()) + sum(used.values())) / elapsed / os.cpu_count(),
    )


def product(users: int) -> dict:
    result = subprocess.run(
        ["wrk", "--threads", "1", "--connections", str(CLIENTS), "--duration", f"{SECONDS}s",
         "--script", str(HERE / "charge.lua"), f"http://127.0.0.1:{PORT}",
         "--", str(TOKENS), str(users), BODY],
        capture_output=True, text=True, timeout=120,
    )
    if result.returncode != 0:
        raise Failed(f"wrk: {result.stdout[-500:]}{result.stderr[-500:]}")
    return json.loads(result.stdout.splitlines()[-1])


def make_loop(program: str) -> Callable[[int, int, int], dict]:
    environment = {**os.environ, **database_account()}
    digest = hashlib.sha256(f"POST /api/videos/generate\n{BODY}".encode()).hexdigest()

    def loop(threads: int, transactions: int, users: int) -> dict:
        result = subprocess.run(
            [program, str(threads), str(transactions), str(users), digest],
            env=environment, capture_output=True, text=True, timeout=300,
        )
        if result.returncode != 0:
            raise Failed(f"the loop: {result.stderr[-1000:]}")
        return json.loads(result.stdout)

    return loop


def contest(
    loop: Callable[[int, int, int], dict], users: int, rounds: int
) -> tuple[list[Turn], list[Turn]]:
    """Product and loop in turn. The loop charges as often as the product just has, so that tables
    grow alike."""
    ours: list[Turn] = []
    bare: list[Turn] = []
    for _ in range(rounds):
        ours.append(turn(lambda: product(users)))
        bare.append(turn(lambda: loop(THREADS, ours[-1].transactions, users)))
        print(f"      {ours[-1].rate:7.0f} {bare[-1].rate:7.0f}", flush=True)
    return ours, bare


def median(turns: list[Turn], what: Callable[[Turn], float]) -> float:
    return statistics.median(what(turn) for turn in turns)


def judge(is_met: bool, words: str) -> bool:
    print(f"{'pass' if is_met else 'FAIL'}  {words}")
    return is_met


def report_cpu(name: str, turns: list[Turn]) -> None:
    parts = (f"{part} {median(turns, lambda turn: turn.cpu[part]):.0f}" for part in turns[0].cpu)
    print(f"      CPU µs a transaction, {name}: {', '.join(parts)}")


def main() -> int:
    loop = make_loop(sys.argv[1])
    # Addresses are proved by mails, which the worker sends.
    sign_up()
    with worker_stopped():
        if not prove(loop):
            return 1
        print(f"      All share {os.cpu_count()} cores: {CLIENTS} connections of wrk, nginx (2), "
              f"serve ({THREADS} threads), MariaDB; the loop ({THREADS} connections), MariaDB.")

        empty_queue()
        # The first turn of each fills caches.
        turn(lambda: product(USERS))
        turn(lambda: loop(THREADS, 1000, USERS))
        print(f"      {USERS} users, orders a second: product, loop")
        ours, bare = contest(loop, USERS, ROUNDS)
        print("      one user, orders a second: product, loop")
        ours_alone, bare_alone = contest(loop, 1, 3)

    rate, bare_rate = (median(turns, lambda turn: turn.rate) for turns in (ours, bare))
    alone, bare_alone_rate = (
        median(turns, lambda turn: turn.rate) for turns in (ours_alone, bare_alone))
    synced, bare_synced = (median(turns, lambda turn: turn.fsyncs) for turns in (ours, bare))
    everything = ours + ours_alone
    refused = sum(turn.details["refused"] + turn.details["broken"] for turn in everything)
    lost = sum(turn.transactions < turn.details["requests"] for turn in everything)
    report_cpu("product", ours)
    report_cpu("loop", bare)
    print(f"      product {rate:.0f}/s, p99 {median(ours, lambda t: t.details['p99_ms']):.0f} ms; "
          f"loop {bare_rate:.0f}/s; one user: {alone:.0f}/s and {bare_alone_rate:.0f}/s, ratio "
          f"{alone / bare_alone_rate:.3f}; transactions begun anew by the loop: "
          f"{sum(turn.details['retries'] for turn in bare + bare_alone)}")
    foreign = median(ours + bare, lambda turn: turn.foreign)
    print(f"      Other programs took {foreign:.0%} of the machine meanwhile"
          f"{': the figures say little' if foreign > 0.1 else ''}.")
    verdicts = [
        judge(rate / bare_rate >= SMALLEST_RATIO,
              f"product / loop {rate / bare_rate:.3f}, at least {SMALLEST_RATIO}"),
        judge(synced <= LARGEST_FSYNCS * bare_synced,
              f"fsyncs a transaction {synced:.3f}, at most {LARGEST_FSYNCS} of the loop's "
              f"{bare_synced:.3f} (aim: {FSYNCS_AIM:.2f})"),
        judge(refused == 0, f"answers that were not 2xx, or none: {refused}"),
        judge(lost == 0, "every 2xx is a job in the database, and the books are clean after "
                         "every turn"),
    ]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"FAIL  {failure}")
        sys.exit(1)
