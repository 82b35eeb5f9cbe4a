"""bin/dev: what other people's scripts may rely on."""

import os
import re
import signal
import socket
import stat
import subprocess
import time

import httpx
import pytest
from edge import poll
from stack import SERVICES, Stack


@pytest.fixture(scope="module")
def running():
    """A stack that the tests of this file share, and may hurt."""
    stack = Stack()
    try:
        stack.start()
        yield stack
    finally:
        stack.close()


@pytest.fixture
def stopped():
    """A stack that is not started, closed after the test."""
    stack = Stack()
    yield stack
    stack.close()


def test_a_started_stack_tells_all_that_one_needs(running: Stack) -> None:
    told = running.start()
    assert f"https://localhost:{running.https_port}" in told
    for port in (running.http_port, running.https_port, running.sandbox_port):
        assert str(port) in told
    assert str(running.state / "mail") in told
    logins = [line for line in told.splitlines() if re.fullmatch(r"\S+@\S+ \S+", line)]
    assert len(logins) == 2
    for login in logins:
        address, password = login.split()
        answer = httpx.post(
            f"http://localhost:{running.http_port}/api/auth/login",
            json={"email": address, "password": password},
            trust_env=False,
        )
        assert answer.status_code == 200


def test_starting_a_running_stack_leaves_it_alone(running: Stack) -> None:
    before = running.services
    assert set(before) == SERVICES
    began = time.monotonic()
    running.start()
    assert time.monotonic() - began < 5
    assert running.services == before
    refused = running.dev()
    assert refused.returncode == 1
    assert "running already" in refused.stderr
    assert running.services == before


def test_status_says_by_its_exit_status_whether_it_runs(running: Stack, stopped: Stack) -> None:
    assert running.dev("status").returncode == 0
    assert stopped.dev("status").returncode == 1


def test_secrets_are_closed_to_others(running: Stack) -> None:
    for name in ("secrets", "env", "logins"):
        assert stat.S_IMODE((running.state / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((running.state / "run").stat().st_mode) == 0o700
    secrets = [line.split("=", 1)[1] for line in (running.state / "secrets").read_text().split()]
    assert len(secrets) == 7
    for pid in running.services.values():
        command = open(f"/proc/{pid}/cmdline").read()
        assert not [secret for secret in secrets if secret in command]
    for log in (running.state / "log").iterdir():
        text = log.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], log


def test_the_application_listens_on_no_port(running: Stack) -> None:
    listening = subprocess.run(
        ["ss", "-Hltnp"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name, pid in running.services.items():
        ports = [line.split()[3] for line in listening if f"pid={pid}," in line]
        assert bool(ports) == (name == "nginx")
        assert all(re.match(r"127\.0\.0\.1:|\[::1\]:", port) for port in ports)
    assert stat.S_IMODE((running.state / "run/serve.sock").stat().st_mode) == 0o660


def test_the_kept_environment_is_enough_to_verify_the_books(running: Stack) -> None:
    assert verify(running).returncode == 0


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        ("$DATABASE_URL, $DATABASE_URL", ""),
        ("$DATABASE_URL,nowhere", "DATABASE_NODE_URLS does not begin with mariadb://"),
        ("mariadb://rushes@localhost/rushes?socket=/nowhere", "/nowhere"),
    ],
)
def test_the_nodes_of_a_cluster_are_verified_too(running: Stack, nodes: str, found: str) -> None:
    result = verify(running, f'DATABASE_NODE_URLS="{nodes}"')
    assert (result.returncode == 0) == (not found)
    assert found in result.stderr


def verify(running: Stack, settings: str = "") -> subprocess.CompletedProcess:
    program = f'"{running.environment["RUSHES_BIN_DIR"]}/rushes"'
    command = f'. "{running.state}/env" && {settings} {program} ledger verify'
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True)


@pytest.mark.parametrize("service", sorted(SERVICES - {"supervisor"}))
def test_a_service_that_is_killed_is_back_at_once(running: Stack, service: str) -> None:
    # One that dies as soon as it starts is started later and later: let it live first.
    running.await_health()
    began = time.monotonic()
    killed = running.kill(service)
    poll(lambda: running.services.get(service) not in (None, killed), seconds=10)
    assert time.monotonic() - began < 5
    running.await_health()
    poll(lambda: not os.path.exists(f"/proc/{killed}"))


def test_no_request_is_lost_while_serve_starts_again(running: Stack) -> None:
    running.await_health()
    with httpx.Client(verify=running.trust(), trust_env=False) as client:
        url = f"https://localhost:{running.https_port}/api/health/live"
        killed = running.kill("serve")
        statuses = [client.get(url).status_code]
        poll(lambda: running.services.get("serve") not in (None, killed))
        statuses += [client.get(url).status_code for _ in range(20)]
    assert set(statuses) == {200}


def test_two_states_run_side_by_side(running: Stack) -> None:
    other = Stack()
    try:
        other.start("--no-seed")
        assert running.is_healthy() and other.is_healthy()
        assert not set(running.services.values()) & set(other.services.values())
        assert not (other.state / "logins").exists()
    finally:
        other.close()
    assert running.is_healthy()


def test_a_taken_port_is_refused_by_its_variable(running: Stack, stopped: Stack) -> None:
    for name in ("RUSHES_HTTP_PORT", "RUSHES_HTTPS_PORT", "RUSHES_SANDBOX_PORT"):
        refused = stopped.dev("--detach", **{name: str(running.https_port)})
        assert refused.returncode == 1
        assert name in refused.stderr
    assert stopped.processes() == []


def test_the_stand_ins_find_a_free_port_by_themselves(stopped: Stack) -> None:
    del stopped.environment["RUSHES_SANDBOX_PORT"]
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", stopped.https_port + 44))
        holder.listen()
        told = stopped.start("--no-seed")
    port = int(re.search(r"sandbox (\d+)", told)[1])
    assert port not in (stopped.https_port, stopped.https_port + 44, stopped.http_port)
    assert httpx.get(f"http://localhost:{port}/", trust_env=False).status_code == 200


def test_stop_leaves_no_process(stopped: Stack) -> None:
    stopped.start("--no-seed")
    assert stopped.processes()
    for _ in range(2):
        assert stopped.dev("stop").returncode == 0
    assert stopped.processes() == []
    assert stopped.dev("status").returncode == 1
    began = time.monotonic()
    stopped.start("--no-seed")
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_of_the_foreground(stopped: Stack, number: signal.Signals) -> None:
    process = stopped.foreground()
    assert poll(lambda: "ready" in process.stdout.readline(), seconds=60)
    process.send_signal(number)
    assert process.wait(timeout=60) == 0
    assert stopped.processes() == []


def test_a_supervisor_killed_outright_takes_all_with_it(stopped: Stack) -> None:
    stopped.start("--no-seed")
    stopped.kill("supervisor")
    # The kernel ends them with it, one after the other.
    end = time.monotonic() + 10
    while stopped.dev("status").returncode == 0 and time.monotonic() < end:
        time.sleep(0.1)
    assert stopped.dev("status").returncode == 1
    assert stopped.dev("stop").returncode == 0
    assert stopped.processes() == []
    stopped.start("--no-seed")
    assert stopped.is_healthy()


def test_reset_begins_anew_even_while_it_runs(stopped: Stack) -> None:
    stopped.start("--no-seed")
    before = (stopped.state / "secrets").read_text(), stopped.services
    authority = (stopped.state / "tls/ca.crt").read_text()
    (stopped.state / "mail/left.eml").touch()
    (stopped.state / "not-ours").touch()
    stopped.start("--reset", "--no-seed")
    after = (stopped.state / "secrets").read_text(), stopped.services
    assert before[0] != after[0]
    assert not set(before[1].values()) & set(after[1].values())
    assert not (stopped.state / "mail/left.eml").exists()
    assert (stopped.state / "not-ours").exists()
    assert (stopped.state / "tls/ca.crt").read_text() == authority


def test_what_is_set_wins_and_replaces_the_stand_ins(running: Stack, stopped: Stack) -> None:
    """The other stack's stand-ins play the vendors that somebody chose."""
    theirs = dict(
        line.removeprefix("export ").split("=", 1)
        for line in (running.state / "env").read_text().splitlines()
    )
    chosen = ("POLLO_API_BASE", "POLLO_API_KEY", "STRIPE_API_BASE", "STRIPE_SECRET_KEY")
    file = stopped.state / "dotenv"
    lines = [f'{name}="{theirs[name]}"' for name in chosen]
    lines += ["# a comment", "", "GENERATE_LIMIT=3/1h", "RUSHES_HTTP_PORT=1"]
    file.write_text("\n".join(lines))
    stopped.environment["RUSHES_ENV_FILE"] = str(file)
    stopped.start("--no-seed")
    assert set(stopped.services) == SERVICES - {"sandbox"}
    kept = (stopped.state / "env").read_text()
    assert "export GENERATE_LIMIT=3/1h" in kept
    # The environment goes before the file.
    assert stopped.environment["RUSHES_HTTP_PORT"] != "1"
    for name in chosen:
        assert f"export {name}={theirs[name]}\n" in kept


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"RUSHES_STATE_DIR": "/var/" + "a" * 100}, "RUSHES_STATE_DIR"),
        ({"RUSHES_HTTP_PORT": "abc"}, "RUSHES_HTTP_PORT"),
        ({"RUSHES_HTTPS_PORT": "70000"}, "RUSHES_HTTPS_PORT"),
        ({"RUSHES_IP_LIMITS": "no"}, "RUSHES_IP_LIMITS"),
        ({"RUSHES_BIN_DIR": "/nowhere"}, "RUSHES_BIN_DIR"),
        ({"JOB_DEADLINES": "soon"}, "JOB_DEADLINES"),
        ({"APP_ENV": "moon"}, "APP_ENV"),
        ({"APP_URL": "https://localhost/shop"}, "APP_URL"),
        ({"APP_URL": "https://localhost:99999"}, "APP_URL"),
        ({"APP_URL": "https://me@localhost"}, "APP_URL"),
        ({"POLLO_API_BASE": "https://pollo.example/?a"}, "POLLO_API_BASE"),
        ({"STRIPE_API_BASE": "https://stripe.example:0"}, "STRIPE_API_BASE"),
    ],
)
def test_a_bad_setting_is_refused_by_its_name(
    stopped: Stack, settings: dict[str, str], told: str
) -> None:
    refused = stopped.dev("--detach", **settings)
    assert refused.returncode == 1
    assert told in refused.stderr
    assert stopped.processes() == []


def test_a_line_that_is_no_setting_is_refused(stopped: Stack) -> None:
    file = stopped.state / "dotenv"
    file.write_text("A=1\nrm -rf\n")
    refused = stopped.dev("--detach", RUSHES_ENV_FILE=str(file))
    assert refused.returncode == 1
    assert "line 2" in refused.stderr
