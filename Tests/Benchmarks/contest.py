"""Contenders in turn on the same work: requests a second, the time to the answer, CPU of a request."""

import json
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from figures import FOREIGN, Report
from stack import HERE, Failed, busy_seconds, cpu_seconds, pid


@dataclass
class Contender:
    """Who answers at a port of the stack's nginx."""

    name: str
    port: int
    # The processes whose trees are the program's own; none of a file.
    roots: Callable[[], list[int]] = list


@dataclass
class Turn:
    rate: float
    # CPU microseconds of a request, by whose process it was.
    cpu: dict[str, float] = field(default_factory=dict)
    details: dict = field(default_factory=dict)
    # The part of the machine that was busy with something else.
    foreign: float = 0
    # Of orders: those that became jobs, and the fsyncs of each.
    transactions: int = 0
    fsyncs: float = 0


def wrk(
    port: int, script: str, arguments: list[str], clients: int, seconds: int, scheme: str = "http"
) -> dict:
    """What the Lua script prints at the end of a run: requests, seconds, refused, broken, p50_ms,
    p99_ms."""
    result = subprocess.run(
        ["wrk", "--threads", "1", "--connections", str(clients), "--duration", f"{seconds}s",
         "--timeout", "10s", "--script", str(HERE / script), f"{scheme}://127.0.0.1:{port}", "--",
         *arguments],
        capture_output=True, text=True, timeout=seconds + 120,
    )
    if result.returncode != 0:
        raise Failed(f"wrk: {result.stdout[-500:]}{result.stderr[-500:]}")
    return json.loads(result.stdout.splitlines()[-1])


def usage(contender: Contender) -> dict[str, float]:
    """CPU seconds so far of the contender, nginx, the database, and those that load them."""
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "app": cpu_seconds(*contender.roots()),
        "nginx": cpu_seconds(pid("nginx")),
        "mariadbd": cpu_seconds(pid("mariadb")),
        "client": own.ru_utime + own.ru_stime,
    }


def turn(contender: Contender, act: Callable[[], dict]) -> Turn:
    """Runs what loads the contender, and takes what it cost."""
    used, busy, began = usage(contender), busy_seconds(), time.monotonic()
    said = act()
    now, busy, elapsed = usage(contender), busy_seconds() - busy, time.monotonic() - began
    count = said["requests"] if "requests" in said else said["transactions"]
    if count == 0:
        raise Failed(f"{contender.name} has answered nothing")
    ours = sum(now.values()) - sum(used.values())
    return Turn(
        rate=count / said["seconds"],
        cpu={name: (now[name] - used[name]) / count * 1e6 for name in now},
        details=said,
        foreign=max(0.0, busy - ours) / elapsed / os.cpu_count(),
    )


def contest(
    contenders: list[Contender], act: Callable[[Contender], dict], rounds: int
) -> dict[str, list[Turn]]:
    """The turns of each. The first of each fills caches, and is left out."""
    turns: dict[str, list[Turn]] = {contender.name: [] for contender in contenders}
    for index in range(rounds + 1):
        for contender in contenders:
            one = turn(contender, lambda contender=contender: act(contender))
            if index > 0:
                turns[contender.name].append(one)
    return turns


def median(turns: list[Turn], what: Callable[[Turn], float]) -> float:
    return statistics.median(what(turn) for turn in turns)


def rate(turns: list[Turn]) -> float:
    return median(turns, lambda turn: turn.rate)


def tell(report: Report, title: str, turns: dict[str, list[Turn]]) -> None:
    """The table of a contest: the first contender is what the others are held against."""
    first = rate(next(iter(turns.values())))
    report.table(
        title,
        ["contender", "a second", "of the first", "p50 ms", "p99 ms", "app CPU µs", "nginx",
         "mariadbd", "not 2xx"],
        [[name, rate(each), rate(each) / first,
          *(median(each, lambda turn, key=key: float(turn.details.get(key, 0)))
            for key in ("p50_ms", "p99_ms")),
          *(median(each, lambda turn, key=key: turn.cpu[key])
            for key in ("app", "nginx", "mariadbd")),
          sum(turn.details.get("refused", 0) + turn.details.get("broken", 0) for turn in each)]
         for name, each in turns.items()])
    foreign = median([turn for each in turns.values() for turn in each], lambda turn: turn.foreign)
    report.note(f"{FOREIGN} {foreign:.0%} of the machine during “{title}”"
                f"{': the figures say little' if foreign > 0.1 else ''}.")


def write_targets(file: Path, targets: list[tuple[str, str]]) -> None:
    """What requests.lua asks for: a path and a token on each line."""
    file.touch(mode=0o600)
    file.write_text("".join(f"{path} {token or '-'}\n" for path, token in targets))
