#!/usr/bin/env python3
"""What the product answers without a change, against peers that do the same.

    reads.py hello|read|list|static

Run by `bin/bench`, which starts the stack. `hello` asks what needs no database, of an nginx file and of
C on libfcgi too; `read` the status of a video, `list` the first page of the gallery, of peers that
check the same token and run the same SQL (which the server's general log shows); `static` a page and a
script, over TLS. Before a contest every contender's answers are compared with the product's.
"""

import os
import re
import ssl
import sys
import urllib.request
import uuid
from collections.abc import Callable

from contest import Contender, Turn, contest, median, rate, tell, write_targets, wrk
from figures import ROUNDS, SECONDS, Report
from peers import running
from stack import HTTPS_PORT, STATE, Failed, call, fill, restart_serve, sign_in, sql, worker_stopped

JOBS = 20_000
ACCOUNTS = 40
TARGETS = STATE / "targets"
# Of a status read on the machine of the issue, with the product as it was: CPU of the application.
STATUS_CPU = 155 / 3

Targets = list[tuple[str, str]]


def race(
    report: Report, contenders: list[Contender], what: str
) -> dict[str, list[Turn]]:
    """The contest at 32 clients and at 256. Returns the turns at 32."""
    found = {}
    for clients, rounds in ((32, ROUNDS), (256, max(1, ROUNDS // 2))):
        turns = contest(
            contenders,
            lambda one, clients=clients: wrk(
                one.port, "requests.lua", [str(TARGETS)], clients, SECONDS),
            rounds)
        tell(report, f"{what}, {clients} clients", turns)
        failed = sum(turn.details["refused"] + turn.details["broken"] for turn in turns["rushes"])
        report.holds(failed == 0, f"{what}, {clients} clients: the product answers all by 2xx")
        found[clients] = turns
    return found[32]


def ratio(turns: dict[str, list[Turn]], other: str) -> float | None:
    return rate(turns["rushes"]) / rate(turns[other]) if other in turns else None


def hello() -> Report:
    report = Report("hello")
    with running("file", "c", "hummingbird", "php", "express", "fastapi") as contenders:
        demand_same(contenders, [("/api/health/live", "")])
        write_targets(TARGETS, [("/api/health/live", "")])
        with worker_stopped():
            turns = race(report, contenders, "hello")
    if "hummingbird" not in turns:
        report.note("Hummingbird is not here: swift build could not make it.")
    report.target("hello / C libfcgi", ratio(turns, "c"), least=0.95, now="0.93 before")
    report.target("hello / nginx file", ratio(turns, "file"), least=0.70, now="0.68 before")
    return report


def demand_same(contenders: list[Contender], targets: Targets) -> None:
    """Each contender's answers are the product's."""
    for path, token in targets:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        status, answer = call("GET", path, **headers)
        if status != 200:
            raise Failed(f"GET {path}: {status} {answer}")
        # How long a video will still take is what no peer tells.
        answer.pop("estimate", None)
        for one in contenders[1:]:
            theirs = call("GET", path, port=one.port, **headers)
            if theirs != (status, answer):
                raise Failed(f"{one.name} answers {path} with {theirs} instead of {answer}")
        if token:
            forged = {"Authorization": f"Bearer {token[:-4]}AAAA"}
            for one in contenders:
                if call("GET", path, port=one.port, **forged)[0] != 401:
                    raise Failed(f"{one.name} takes a token with another signature")


def order_waiting(token: str) -> str:
    """Orders a video that stays in the queue while the worker is stopped; its status' path."""
    status, answer = call(
        "POST", "/api/videos/generate",
        '{"tier":"economy","duration":5,"prompt":"A red fox crossing fresh snow","undoSeconds":30}',
        **{"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())})
    if status != 202:
        raise Failed(f"generate: {status} {answer}")
    return f"/api/videos/{answer['jobId']}/status"


def statements(act: Callable[[], object]) -> list[str]:
    """What the server was asked while `act` ran, without the values that each protocol writes in its
    own way."""
    sql("SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = 1")
    try:
        act()
    finally:
        sql("SET GLOBAL general_log = 0")
    rows = sql("SELECT HEX(argument) FROM mysql.general_log "
               "WHERE command_type IN ('Execute', 'Query') ORDER BY event_time")
    texts = (" ".join(bytes.fromhex(row[0]).decode(errors="replace").split()) for row in rows)
    return [
        re.sub(r"id_hash = .* AND expires_at|'[0-9a-f-]{36}'|LIMIT \d+",
               lambda found: re.sub(r"(?<== ).*(?= AND)|'.*'|\d+", "?", found[0]), text)
        for text in texts
        if re.match(r"(SELECT|INSERT|UPDATE|DELETE|CALL|WITH)\b", text) and "general_log" not in text]


def compare_statements(report: Report, contenders: list[Contender], target: tuple[str, str]) -> None:
    """Whether each contender runs the product's SQL, and how many statements."""
    path, token = target
    theirs = {}
    for one in contenders:
        # Until each thread has prepared what it runs, and the catalog is remembered.
        for _ in range(40):
            call("GET", path, port=one.port, Authorization=f"Bearer {token}")
        theirs[one.name] = statements(
            lambda one=one: call("GET", path, port=one.port, Authorization=f"Bearer {token}"))
    ours = theirs.pop("rushes")
    for name, texts in theirs.items():
        if texts == ours:
            report.note(f"{name} runs the same SQL: {len(texts)} statements.")
            continue
        report.note(
            f"{name} runs {len(texts)} statements, the product {len(ours)}; where they part:")
        for one, other in zip(ours, texts, strict=False):
            if one != other:
                at = len(os.path.commonprefix([one, other]))
                report.note(f"- {one[max(0, at - 40):at + 60]}")
                report.note(f"+ {other[max(0, at - 40):at + 60]}")
        report.holds(len(texts) >= len(ours), f"{name} does not run fewer statements")


def signed_in(report: Report, accounts: int) -> list[tuple[str, list[str]]]:
    """Fills a shop; the token and some delivered videos of each account."""
    seconds = fill(JOBS)
    report.note(f"{JOBS} videos filled in {seconds:.1f} s")
    rows = sql(
        "SELECT email, GROUP_CONCAT(video_jobs.id ORDER BY video_jobs.id DESC LIMIT 25) "
        "FROM users JOIN video_jobs ON user_id = users.id "
        "WHERE email LIKE 'fill-0-%' AND state = 'delivered' "
        f"GROUP BY email ORDER BY email LIMIT {accounts}")
    return [(sign_in(email), videos.split(",")) for email, videos in rows]


def read() -> Report:
    report = Report("read")
    targets = [(f"/api/videos/{video}/status", token)
               for token, videos in signed_in(report, ACCOUNTS) for video in videos]
    write_targets(TARGETS, targets)
    with running("php", "express", "fastapi") as contenders, worker_stopped():
        token = targets[0][1]
        demand_same(contenders, [(order_waiting(token), token), *targets[::200]])
        restart_serve()
        compare_statements(report, contenders, targets[0])
        turns = race(report, contenders, "status read")
    report.target("status / PHP-FPM", ratio(turns, "php"), least=3.0, now="1.6 before")
    report.target("status / Express", ratio(turns, "express"), least=5.0, now="3.3 before")
    report.target("status / FastAPI", ratio(turns, "fastapi"), least=4.5, now="2.7 before")
    cpu = median(turns["rushes"], lambda turn: turn.cpu["app"])
    report.target("status, app CPU µs a request", cpu, most=round(STATUS_CPU, 1), now="155 before")
    return report


def listing() -> Report:
    report = Report("list")
    targets = [("/api/videos", token) for token, _ in signed_in(report, ACCOUNTS)]
    write_targets(TARGETS, targets)
    with running("php", "express", "fastapi") as contenders, worker_stopped():
        demand_same(contenders, targets[:5])
        restart_serve()
        compare_statements(report, contenders, targets[0])
        race(report, contenders, "first page of the gallery")
    return report


def static() -> Report:
    """The pages, which nginx puts together, and their scripts, over TLS on kept connections."""
    report = Report("static")
    context = ssl.create_default_context(cafile=str(STATE / "tls/ca.crt"))
    with urllib.request.urlopen(f"https://localhost:{HTTPS_PORT}/", context=context) as answer:
        page = answer.read().decode()
    script = re.search(r'src="(/[^"]+\.js[^"]*)"', page)
    sheet = re.search(r'href="(/[^"]+\.css[^"]*)"', page)
    names = {"the page /": "/", **{
        f"its {kind}": found[1] for kind, found in (("script", script), ("sheet", sheet)) if found}}
    with worker_stopped():
        rows = []
        for name, path in names.items():
            write_targets(TARGETS, [(path, "")])
            turns = contest(
                [Contender("nginx", HTTPS_PORT)],
                lambda one: wrk(one.port, "requests.lua", [str(TARGETS)], 32, SECONDS, "https"),
                ROUNDS)["nginx"]
            failed = sum(turn.details["refused"] + turn.details["broken"] for turn in turns)
            report.holds(failed == 0, f"{name}: all answers are 2xx")
            rows.append([name, rate(turns), *(
                median(turns, lambda turn, key=key: turn.details[key])
                for key in ("p50_ms", "p99_ms")), median(turns, lambda turn: turn.cpu["nginx"])])
        report.table(
            "static, over TLS, 32 clients", ["what", "a second", "p50 ms", "p99 ms", "nginx CPU µs"],
            rows)
    return report


if __name__ == "__main__":
    parts = {"hello": hello, "read": read, "list": listing, "static": static}
    if sys.argv[1:] not in [[name] for name in parts]:
        sys.exit(__doc__)
    try:
        sys.exit(parts[sys.argv[1]]().end())
    except Failed as failure:
        print(f"FAIL  {failure}")
        sys.exit(1)
