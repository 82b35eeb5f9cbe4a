#!/usr/bin/env python3
"""How many orders a second the product accepts, and how many others take with the same SQL.

    write.py LOOP

LOOP is the program that charge.c beside this file makes. Run by `bin/bench write`, which starts the
stack. In turn, the product is sent orders through nginx on kept connections, the loop runs as often
the same transaction on as many connections as `serve` has threads, and the Express peer is sent the
product's orders. Before that the server's general log proves that the transaction is the same: the
statements, their order, their values and the settings of the session. Every turn begins with the same
rows in the database, has an empty queue, and ends with `rushes ledger verify`.

Holds the ratios of the medians to the figures of the issue, and the fsyncs of a transaction to those
of the loop. Ends with 1 when one is missed.
"""

import difflib
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import contest
from contest import Contender, Turn, median, tell, wrk
from figures import ROUNDS, Report
from figures import SECONDS as TURN_SECONDS
from peers import running
from stack import (
    STATE, Failed, call, database_account, is_quiet, number, poll, restart_serve, sql, verify_books,
    worker_stopped,
)

# Of the loop's: the product adds none of its own. 0.20 a transaction is the aim for 16 connections,
# which not even the loop reaches with so many statements: too few of its commits meet.
LARGEST_FSYNCS = 1.15

USERS = 64
THREADS = 16  # of `serve`, as bin/dev starts it
CLIENTS = 32
SECONDS = TURN_SECONDS + 1
BODY = '{"tier":"economy","duration":5,"prompt":"A red fox crossing fresh snow"}'
PASSWORD = "words for a bench alone"
TOKENS = STATE / "tokens"

Loop = Callable[[int, int, int], dict]


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
    text = re.sub(r"('ID',\s*'ID',\s*)X?'.*', (?=202,)", r"\1'HASH', ", text, flags=re.DOTALL)
    return " ".join(text.split())


def logged(act: Callable[[], None]) -> Log:
    """The log of the session that charged while `act` ran. It has the calls of routines with their
    values, and not what these run, which lies in the database and is the same for all."""
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
    charging = {
        thread for thread, line in lines
        if re.match(r"(Execute|Query) INSERT INTO generate_calls", line)}
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


def order(port: int = 0) -> dict:
    """Places one order, at the peer behind this port if there is one."""
    with TOKENS.open() as tokens:
        token = tokens.readline().strip()
    status, answer = call(
        "POST", "/api/videos/generate", BODY, port, **{
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": "00000000-0000-4000-8000-000000000000"})
    if status != 202:
        raise Failed(f"generate: {status} {answer}")
    return answer


def executed(log: Log) -> list[str]:
    """The statements of the transaction, whatever protocol they came by."""
    return [line.split(" ", 1)[1] for line in log.transaction if not line.startswith("Prepare")]


def prove(report: Report, loop: Loop, express: Contender) -> bool:
    """Whether the loop and Express run the very statements of the product."""
    restart_serve()
    begin_anew()
    answers = []
    product = logged(lambda: answers.append(order()))
    begin_anew()
    bare = logged(lambda: loop(1, 0, 1))
    begin_anew()
    peer = logged(lambda: answers.append(order(express.port)))
    is_same = (product.settings, product.transaction) == (bare.settings, bare.transaction)
    report.holds(
        is_same, f"the loop runs the same SQL: {len(executed(product))} statements, with the same "
        "values and settings")
    theirs = executed(peer)
    report.holds(
        (product.settings, executed(product)) == (peer.settings, theirs),
        f"Express runs the same SQL: {len(theirs)} statements, with the same values and settings")
    for one, lines in (("the loop", [bare.settings, *executed(bare)]),
                       ("Express", [peer.settings, *theirs])):
        for line in difference([product.settings, *executed(product)], lines):
            report.note(f"{one}: {line}")
    # Everything but the id of the job is the same for the same order of the same rows.
    ours, other = ({**answer, "jobId": ""} for answer in answers)
    report.holds(ours == other, "Express answers as the product does")
    report.note(f"the product's answer: {ours}")
    report.note("Outside of the transaction, which is nothing of the loop's, the first order of a "
                "thread runs:")
    for line in product.outside:
        report.note(f"  {line.removeprefix('Execute ')[:86]}")
    report.note("and every later one the first two of them.")
    return is_same and ours == other


def difference(ours: list[str], theirs: list[str]) -> list[str]:
    return [
        line for line in difflib.unified_diff(ours, theirs, n=0, lineterm="")
        if line[:3] not in ("---", "+++") and line[:2] != "@@"]


# The turns


def fsyncs() -> int:
    """All of InnoDB's, of the log and of the tables: this server does not count them apart."""
    return number("SELECT variable_value FROM information_schema.global_status "
                  "WHERE variable_name = 'INNODB_DATA_FSYNCS'")


def turn(contender: Contender, act: Callable[[], dict]) -> Turn:
    """Runs one contender on fresh rows."""
    begin_anew()
    synced = fsyncs()
    one = contest.turn(contender, act)
    synced = fsyncs() - synced
    # What wrk had sent when it stopped is still being served.
    poll(is_quiet, "no transaction is open")
    one.transactions = number("SELECT COUNT(*) FROM video_jobs")
    one.fsyncs = synced / one.transactions
    verify_books()
    return one


def sent(contender: Contender, users: int) -> dict:
    """Orders to a contender behind nginx."""
    return wrk(contender.port, "charge.lua", [str(TOKENS), str(users), BODY], CLIENTS, SECONDS)


def make_loop(program: str) -> Loop:
    account = {f"CHARGE_{name}": value for name, value in database_account().items()}
    digest = hashlib.sha256(f"POST /api/videos/generate\n{BODY}".encode()).hexdigest()

    def loop(threads: int, transactions: int, users: int) -> dict:
        result = subprocess.run(
            [program, str(threads), str(transactions), str(users), digest],
            env={**os.environ, **account}, capture_output=True, text=True, timeout=300,
        )
        if result.returncode != 0:
            raise Failed(f"the loop: {result.stderr[-1000:]}")
        return json.loads(result.stdout)

    return loop


def turns_of(
    contenders: list[Contender], loop: Loop, users: int, rounds: int
) -> dict[str, list[Turn]]:
    """The product, the loop and the peers in turn. The loop charges as often as the product just has,
    so that tables grow alike. The first turn of each fills caches, and is left out."""
    bare = Contender("loop", 0)
    turns: dict[str, list[Turn]] = {}
    for _ in range(rounds + 1):
        for one in contenders:
            turns.setdefault(one.name, []).append(turn(one, lambda one=one: sent(one, users)))
            if one.name == "rushes":
                count = turns["rushes"][-1].transactions
                run = turn(bare, lambda count=count: loop(THREADS, count, users))
                # The loop is what loads the database, and the program too.
                run.cpu["app"] = run.cpu["client"]
                turns.setdefault("loop", []).append(run)
    return {name: each[1:] for name, each in turns.items()}


def judge(report: Report, turns: dict[str, list[Turn]], alone: dict[str, list[Turn]]) -> None:
    rates = {name: contest.rate(each) for name, each in turns.items()}
    report.target("order / bare loop of the same SQL", rates["rushes"] / rates["loop"],
                  least=0.80, now="0.61 before")
    report.target("order / Express with the same SQL", rates["rushes"] / rates["express"],
                  least=3.8, now="2.2 before")
    report.target("one account's orders a second", contest.rate(alone["rushes"]), least=700)
    synced, bare = (
        median(turns[name], lambda one: one.fsyncs) for name in ("rushes", "loop"))
    report.target("fsyncs a transaction / the loop's", synced / bare, most=LARGEST_FSYNCS)
    everything = turns["rushes"] + alone["rushes"]
    refused = sum(one.details["refused"] + one.details["broken"] for one in everything)
    report.holds(refused == 0, f"answers that were not 2xx, or none: {refused}")
    report.holds(all(one.transactions >= one.details["requests"] for one in everything),
                 "every 2xx is a job in the database, and the books are clean after every turn")
    again = sum(one.details["retries"] for one in turns["loop"] + alone["loop"])
    report.note(f"transactions begun anew by the loop: {again}")


def main() -> int:
    report = Report("write")
    loop = make_loop(sys.argv[1])
    # Addresses are proved by mails, which the worker sends.
    sign_up()
    with running("express") as contenders, worker_stopped():
        if not prove(report, loop, contenders[1]):
            report.end()
            return 1
        report.note(
            f"All share {os.cpu_count()} cores: {CLIENTS} connections of wrk, nginx (2), serve "
            f"({THREADS} threads), MariaDB; the loop ({THREADS} connections), MariaDB.")
        empty_queue()
        turns = turns_of(contenders, loop, USERS, ROUNDS)
        tell(report, f"orders of {USERS} users, {CLIENTS} clients", turns)
        alone = turns_of(contenders[:1], loop, 1, max(1, ROUNDS // 2))
        tell(report, f"orders of one user, {CLIENTS} clients", alone)
    judge(report, turns, alone)
    return report.end()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"FAIL  {failure}")
        sys.exit(1)
