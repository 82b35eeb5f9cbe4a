#!/usr/bin/env python3
"""Counts the instructions that `serve` spends on the requests that are made most.

    instructions.py

Run by `bin/bench instructions`, which starts the stack: the environment says where it is. The
stack's `serve` runs a second time under callgrind.py, with one thread and the same settings, and is
sent 100 and then 600 requests of a kind; the difference divided by 500 is what one costs, in user
space, the database's client library with it. The worker is held meanwhile. What else the machine does
moves none of it. Each is held to its limit in instructions.json beside this file, which is lowered when
the code gets quicker; ends with 1 above one.
"""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from callgrind import instructions, request
from figures import Report
from stack import HERE, PROGRAM, STATE, Failed, call, worker_stopped
from write import BODY, TOKENS, sign_up

FEW, MANY = 100, 600


@dataclass
class Kind:
    """A kind of request: its name, its status, and the request of a number."""

    name: str
    status: int
    message: Callable[[int], bytes]


def settings() -> dict[str, str]:
    """What the stack's own `serve` runs with."""
    said = subprocess.run(
        ["bash", "-c", '. "$0/env" && env -0', STATE], check=True, capture_output=True, text=True)
    return {**os.environ, **dict(line.split("=", 1) for line in said.stdout.split("\0") if line)}


def kinds() -> list[Kind]:
    token = TOKENS.read_text().split()[0]
    status, job = call(
        "POST", "/api/videos/generate", BODY, Authorization=f"Bearer {token}",
        **{"Idempotency-Key": str(uuid.uuid4())})
    if status != 202:
        raise Failed(f"generate: {status} {job}")
    owner = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    hello = request("/api/health/live")
    look = request(f"/api/videos/{job['jobId']}/status", **owner)

    def order(_: int) -> bytes:
        key = {"HTTP_IDEMPOTENCY_KEY": str(uuid.uuid4())}
        return request("/api/videos/generate", "POST", BODY.encode(), **owner, **key)

    return [
        Kind("hello", 200, lambda _: hello), Kind("status", 200, lambda _: look),
        Kind("order", 202, order),
    ]


def main() -> int:
    report = Report("instructions")
    limits = json.loads((HERE / "instructions.json").read_text())
    sign_up()
    # valgrind 3.19 gives up on the debug information that Swift writes.
    program = STATE / "rushes-stripped"
    subprocess.run(["strip", "--strip-debug", "-o", program, shutil.which(PROGRAM)], check=True)
    command = f"{program} serve --socket {{socket}} --threads 1"
    environment = settings()
    with worker_stopped():
        for kind in kinds():
            few, many = (
                instructions(command, count, kind.message, None, kind.status, environment)
                for count in (FEW, MANY))
            each = (many - few) / (MANY - FEW)
            report.target(f"{kind.name}, instructions a request", each, most=limits[kind.name])
    return report.end()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"instructions.py: {failure}")
