"""One visitor stops nobody: what others are answered while eight strangers send hostile requests.

Runs against the stack of bin/test, which has no limits by address: what is measured is what the
requests cost, not how many are let through.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from test_shop import Customer, shop  # noqa: F401

SECONDS = 20
LONGEST = 0.100


def test_a_flood_of_hostile_requests_slows_nobody_down(
    shop: httpx.Client,  # noqa: F811
    capsys: pytest.CaptureFixture,
) -> None:
    customer = Customer(shop)
    customer.buy("starter")
    job = customer.order().json()["jobId"]
    reads = {
        "live": ("/api/health/live", 200),
        "tiers": ("/api/tiers", 200),
        "status": (f"/api/videos/{job}/status", 200),
    }
    times: dict[str, list[float]] = {name: [] for name in reads}

    flood = subprocess.Popen(
        [
            sys.executable, Path(__file__).with_name("flood.py"), os.environ["RUSHES_BASE_URL"],
            os.environ["RUSHES_CA_FILE"], str(SECONDS),
        ],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    while flood.poll() is None:
        for name, (path, status) in reads.items():
            start = time.monotonic()
            answer = customer.call("GET", path)
            times[name].append(time.monotonic() - start)
            assert answer.status_code == status
    output, _ = flood.communicate()
    assert flood.returncode == 0
    statuses = json.loads(output)

    figures = {}
    for name, measured in times.items():
        measured.sort()
        half, most = (measured[int(len(measured) * part)] for part in (0.5, 0.99))
        figures[name] = f"{len(measured)} reads, {half * 1000:.1f} ms, p99 {most * 1000:.1f} ms"
    with capsys.disabled():
        print(f"\n  flood of {SECONDS} s: {statuses} answered; {figures}")

    # All of the strangers were refused, none of them by an error of ours.
    assert set(statuses) <= {"200", "400", "401", "404", "405", "413", "414", "closed"}
    assert sum(statuses.values()) > 50 * SECONDS
    for name, measured in times.items():
        assert len(measured) > 100, name
        assert measured[int(len(measured) * 0.99)] < LONGEST, figures
