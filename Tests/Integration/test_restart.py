"""Restarts of `rushes serve` under load, through nginx: what `bin/bench restart` measures, in short."""

import json
import os
import subprocess
import sys

import pytest
from edge import TOP
from stack import SERVICES, Stack


@pytest.fixture
def two():
    """A stack in which two processes answer, without limits and with rich users."""
    stack = Stack(
        RUSHES_SERVE_COUNT="2",
        RUSHES_IP_LIMITS="off",
        GENERATE_LIMIT="1000000/1s",
        SIGNUP_CREDIT="1000000",
    )
    try:
        stack.start("--no-seed")
        yield stack
    finally:
        stack.close()


def test_a_restart_of_one_of_two_loses_nothing(two: Stack) -> None:
    before = two.services
    assert set(before) == SERVICES | {"serve2"}
    measured = subprocess.run(
        [
            *(sys.executable, TOP / "Tests/Benchmarks/restart.py"),
            *("--restarts", "2", "--without-memory"),
        ],
        env={**os.environ, **two.environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    told = measured.stdout + measured.stderr
    assert measured.returncode == 0, told
    results = json.loads(measured.stdout.splitlines()[-1])
    assert results["processes"] == 2
    for name in ("SIGTERM", "SIGKILL"):
        result = results[name]
        assert result["bad_get"] == 0, told
        assert result["sent_order"] == result["accepted"] == result["videos"] > 0, told
    assert results["SIGTERM"]["bad_post"] == 0, told
    after = two.services
    assert after["serve"] != before["serve"]
    assert after["serve2"] != before["serve2"]
    assert after["mariadb"] == before["mariadb"]
