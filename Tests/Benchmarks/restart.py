#!/usr/bin/env python3
"""What restarts of `rushes serve` cost under load: answers that are not what they should be; and the
memory of `serve` and `work` after load.

    restart.py [--restarts N] [--without-memory]

Run beside a fresh stack as life.py is. wrk sends reads, quotes and orders through nginx on 16
connections, first for twenty seconds by itself, after which the resident memory is held to
the limits. Then the processes of `serve` are ended in turn meanwhile, N times (6) by SIGTERM and N
times by SIGKILL, and started again by the supervisor. Each order that was accepted has to be one
video, and no other, and the books have to be clean.

By SIGTERM no answer may be wrong. By SIGKILL the POSTs that the process had begun are answered 502,
since nobody knows how far they came; each is sent again, an order under its key, and has to be
answered right then. No GET may be wrong: nginx sends it to another.

JSON on the last line. Ends with 1 when an answer or a video is wrong.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from life import ORDER, PORT, STATE, Client, Failed, poll, sign_up, sql, verify_books

# Of resident memory, libraries included, with 16 threads of `serve` and the usual ones of `work`.
LARGEST_MEGABYTES = {"serve": 20, "work": 25}

CONNECTIONS = 16
LOAD_SECONDS = 20
# A process that has lived so long is started again at once (bin/lib/supervisor.sh).
SECONDS_BETWEEN = 3.0
HERE = Path(__file__).resolve().parent
TOKENS = STATE / "tokens"


def serve_names() -> list[str]:
    """The processes of `serve` by their names. All have to run."""
    return sorted(file.stem for file in (STATE / "run").glob("serve*.process"))


def pid(name: str) -> int:
    """The process that was started last; 0 while the supervisor changes that."""
    try:
        return int((STATE / f"run/{name}.process").read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return 0


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def restart(name: str, number: int) -> float:
    """Ends one process and waits until the next runs; how many seconds that took."""
    poll(lambda: is_alive(pid(name)), f"{name} runs", 10)
    old = pid(name)
    begin = time.monotonic()
    os.kill(old, number)

    poll(
        lambda: pid(name) != old and is_alive(pid(name)), f"{name} is started again", 60)
    return time.monotonic() - begin


def load(video: str, restarts: int, number: int = 0) -> dict:
    """What the answers were while `serve` was ended so often by this signal."""
    seconds = LOAD_SECONDS
    if restarts:
        seconds = int(restarts * (SECONDS_BETWEEN + (4 if number == signal.SIGTERM else 1))) + 12
    jobs = count_jobs()
    wrk = subprocess.Popen(
        ["wrk", f"-t{CONNECTIONS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "60s",
         "-s", HERE / "restart.lua", f"http://127.0.0.1:{PORT}", "--", TOKENS, video,
         str(seconds), json.dumps(ORDER)],
        stdout=subprocess.PIPE, text=True)
    names = serve_names()
    took = [0.0]
    try:
        for index in range(restarts):
            time.sleep(SECONDS_BETWEEN)
            took.append(restart(names[index % len(names)], number))
        output = wrk.communicate(timeout=seconds + 120)[0]
    finally:
        wrk.kill()
    result = json.loads(output.splitlines()[-1])
    result["slowest_restart_s"] = round(max(took), 2)
    result["videos"] = count_jobs() - jobs
    return result


def megabytes(name: str) -> float:
    """The resident memory of a process, once it has given back what the load alone needed."""
    # Memory.keepReleasingCode
    time.sleep(10)
    status = Path(f"/proc/{pid(name)}/status").read_text()
    return round(int(status.partition("\nVmRSS:")[2].split()[0]) / 1024, 1)


def measure_memory() -> tuple[dict[str, float], list[str]]:
    """By process, and what is too much."""
    found = {name: megabytes(name) for name in ("serve", "work")}
    wrong = []
    for name, resident in found.items():
        limit = LARGEST_MEGABYTES[name]
        print(f"{name}: {resident} MB after load, at most {limit}", flush=True)
        if resident > limit:
            wrong.append(f"{name} has {resident} MB")
    return found, wrong


def count_jobs() -> int:
    return int(sql("SELECT COUNT(*) FROM video_jobs")[0][0])


def faults(result: dict, may_break: bool) -> list[str]:
    """What is wrong with the answers. With `may_break`, a POST may be answered 502 when it is sent
    again and answered right then."""
    found = []
    if result["broken"]:
        found.append(f"{result['broken']} connections broke")
    if result["bad_get"]:
        found.append(f"{result['bad_get']} GETs: {result['statuses']}")
    wrong = result["bad_post"] - (result["repeated"] if may_break else 0)
    if wrong:
        found.append(f"{wrong} POSTs: {result['statuses']}")
    if result["accepted"] != result["sent_order"] or result["videos"] != result["sent_order"]:
        found.append(
            f"{result['sent_order']} orders, {result['accepted']} accepted, "
            f"{result['videos']} videos")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--restarts", type=int, default=6)
    parser.add_argument("--without-memory", action="store_true")
    options = parser.parse_args()

    tokens = sign_up()
    TOKENS.touch(mode=0o600)
    TOKENS.write_text("\n".join(tokens) + "\n")
    video = Client(tokens[0]).order()
    results: dict[str, int | dict] = {"processes": len(serve_names())}
    wrong = []
    if not options.without_memory:
        quiet = results["load"] = load(video, restarts=0)
        results["megabytes"], too_large = measure_memory()
        wrong += faults(quiet, may_break=False) + too_large
    for number in (signal.SIGTERM, signal.SIGKILL):
        result = results[number.name] = load(video, options.restarts, number)
        found = faults(result, may_break=number == signal.SIGKILL)
        wrong += found
        requests = result["sent_get"] + result["sent_post"] + result["sent_order"]
        print(
            f"{number.name:8} {options.restarts} times: {requests} requests, "
            f"{result['sent_order']} orders, wrong GETs {result['bad_get']}, POSTs answered 502 "
            f"{result['bad_post']}, of them right when sent again {result['repeated']}; slowest "
            f"answer {result['slowest_ms']:.0f} ms, restart {result['slowest_restart_s']} s: "
            f"{'; '.join(found) or 'pass'}", flush=True)
    verify_books()
    print(json.dumps(results))
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"restart.py: {failure}", file=sys.stderr)
        sys.exit(1)
