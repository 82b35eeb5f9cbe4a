#!/usr/bin/env python3
"""Measures how fast a FastCGI server listens, and its memory once every thread has served.

    footprint.py --milliseconds LIMIT --megabytes LIMIT COMMAND
    footprint.py --threads NUMBER --megabytes LIMIT COMMAND

The second form is for a program that does not listen: its memory once it has so many threads and has
run for twelve seconds.

COMMAND is started with {socket} replaced by a path where it must listen. The time runs from
starting the process until a connection is accepted; the fastest of 15 starts is held to the limit,
because whatever else the machine does can only add to it. Where it did so each time, so that the
process waited for a processor longer than it had one, the time that it had one is held instead. The memory is the resident set, libraries
included, after each of the threads named `worker N` was woken by requests, some of which fail
because there is no database. Ends with 1 above a limit.
"""

import argparse
import os
import shlex
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from callgrind import answer, connect, request


def start(command, address):
    return subprocess.Popen(
        shlex.split(command.replace("{socket}", address)),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def stop(process):
    process.terminate()
    try:
        process.wait(timeout=30)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def milliseconds_of(process):
    """How long a process has run, and how long it was ready to and did not (proc(5), schedstat)."""
    ran, waited, _ = Path(f"/proc/{process.pid}/schedstat").read_text().split()
    return int(ran) / 1e6, int(waited) / 1e6


def milliseconds_to_listen(command):
    """By the clock; then of that, what it ran and what it waited for a processor."""
    with tempfile.TemporaryDirectory() as folder:
        address = os.path.join(folder, "s")
        begin = time.monotonic()
        process = start(command, address)
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                while True:
                    try:
                        connection.connect(address)
                        return (time.monotonic() - begin) * 1000, *milliseconds_of(process)
                    except (FileNotFoundError, ConnectionRefusedError):
                        if process.poll() is not None or time.monotonic() - begin > 30:
                            raise ChildProcessError("the server does not listen") from None
                        time.sleep(0.0002)
        finally:
            stop(process)


def worker_wakes(process):
    """How often each worker thread was woken so far, by thread."""
    wakes = {}
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        if (task / "comm").read_text().startswith("worker"):
            status = (task / "status").read_text()
            wakes[task.name] = int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return wakes


def megabytes(command, connections=64, rounds=400):
    with tempfile.TemporaryDirectory() as folder:
        address = os.path.join(folder, "s")
        process = start(command, address)
        try:
            kept = [connect(address, process) for _ in range(connections)]
            before = worker_wakes(process)
            messages = [request("/api/health/live"), request("/api/tiers")]
            for count in range(rounds):
                for index, connection in enumerate(kept):
                    connection.sendall(messages[(index + count) % 2])
                for connection in kept:
                    answer(connection)
            after = worker_wakes(process)
            idle = [task for task, wakes in after.items() if wakes - before.get(task, 0) < 10]
            if not after or idle:
                raise RuntimeError(f"{len(idle)} of {len(after)} threads served nothing")
            return resident_megabytes(process), len(after)
        finally:
            stop(process)


def resident_megabytes(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("\nVmRSS:")[2].split()[0]) / 1024


def megabytes_idle(command, threads):
    """The memory of what does not listen, after `serve` or `work` has given back what its start
    alone needed."""
    process = start(command, "")
    try:
        end = time.monotonic() + 60
        while len(os.listdir(f"/proc/{process.pid}/task")) < threads:
            if process.poll() is not None or time.monotonic() > end:
                raise ChildProcessError(f"it has not {threads} threads")
            time.sleep(0.1)
        time.sleep(12)
        return resident_megabytes(process), len(os.listdir(f"/proc/{process.pid}/task"))
    finally:
        stop(process)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--milliseconds", type=float)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--megabytes", type=float, required=True)
    parser.add_argument("command")
    options = parser.parse_args()

    if options.threads:
        resident, threads = megabytes_idle(options.command, options.threads)
        print(f"{resident:.1f} MB with {threads} threads, without a database")
        return 1 if resident > options.megabytes else 0
    if options.milliseconds is None:
        parser.error("--milliseconds or --threads is needed")
    delays = [milliseconds_to_listen(options.command) for _ in range(15)]
    delay = min(passed for passed, _, _ in delays)
    median = statistics.median(passed for passed, _, _ in delays)
    print(f"{delay:.1f} ms from start to listening, {median:.1f} in the median", flush=True)
    if all(waited > ran for _, ran, waited in delays):
        delay = min(ran for _, ran, _ in delays)
        print(f"the machine is busy: {delay:.1f} ms of a processor, at least", flush=True)
    resident, threads = megabytes(options.command)
    print(f"{resident:.1f} MB with {threads} threads", flush=True)
    return 1 if delay > options.milliseconds or resident > options.megabytes else 0


if __name__ == "__main__":
    sys.exit(main())
