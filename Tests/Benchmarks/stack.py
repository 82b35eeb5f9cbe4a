"""The stack that `bin/bench` has started, and what its programs ask of it. The environment says where
it is: RUSHES_STATE_DIR, RUSHES_HTTP_PORT, RUSHES_HTTPS_PORT and RUSHES_BIN_DIR.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

STATE = Path(os.environ["RUSHES_STATE_DIR"])
PORT = int(os.environ["RUSHES_HTTP_PORT"])
HTTPS_PORT = int(os.environ.get("RUSHES_HTTPS_PORT", "0"))
PROGRAM = Path(os.environ["RUSHES_BIN_DIR"]) / "rushes"
HERE = Path(__file__).resolve().parent


class Failed(Exception):
    """The bench cannot go on. The text says why."""


def sql(text: str, seconds: float = 120) -> list[list[str]]:
    """The rows of the last statement that has any, as root."""
    result = subprocess.run(
        ["mariadb", "--no-defaults", "--batch", "--skip-column-names", "--user=root",
         "--default-character-set=utf8mb4", f"--socket={STATE}/run/mariadb.sock", "rushes"],
        input=text, capture_output=True, text=True, errors="replace", timeout=seconds,
    )
    if result.returncode != 0:
        raise Failed(f"sql: {result.stderr.strip()[:500]}")
    return [line.split("\t") for line in result.stdout.splitlines()]


def number(text: str) -> int:
    return int(sql(text)[0][0])


def call(
    method: str, path: str, body: str = "", port: int = 0, **headers: str
) -> tuple[int, dict]:
    """Status and JSON of an answer; 0 and nothing when there is none."""
    connection = http.client.HTTPConnection("localhost", port or PORT, timeout=60)
    try:
        connection.request(
            method, path, body or None, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    except (OSError, http.client.HTTPException, json.JSONDecodeError):
        return 0, {}
    finally:
        connection.close()


def pid(service: str) -> int:
    """The supervised process; 0 while there is none."""
    try:
        return int((STATE / f"run/{service}.process").read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return 0


def serves() -> list[int]:
    """The processes of `serve`, one or more."""
    return [pid(file.stem) for file in sorted((STATE / "run").glob("serve*.process"))]


def tree(process: int) -> list[int]:
    """The process and all that it has started, which still run."""
    found = [process]
    for parent in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def cpu_seconds(*roots: int) -> float:
    """What these processes and those below them have used so far, in user space and in the kernel."""
    ticks = 0
    for process in (each for root in roots for each in tree(root)):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def busy_seconds() -> float:
    """What all processes and the kernel have used so far: proc(5), /proc/stat."""
    user, nice, system, _, _, *interrupts = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


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
    """Holds `rushes work`: jobs stay in the queue, and nothing else runs beside what is measured. The
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


def verify_books(seconds: float = 300) -> str:
    """What `rushes ledger verify` says when it finds the books clean."""
    result = subprocess.run(
        ["bash", "-c", '. "$0/env" && exec "$1" ledger verify', STATE, PROGRAM],
        capture_output=True, text=True, timeout=seconds,
    )
    if result.returncode != 0:
        raise Failed(f"rushes ledger verify: {result.stdout[-1000:]}{result.stderr[-500:]}")
    return result.stdout.strip()


def setting(name: str) -> str:
    """A setting of the application's."""
    return subprocess.run(
        ["bash", "-c", '. "$0/env" && printf %s "${!1}"', STATE, name],
        check=True, capture_output=True, text=True,
    ).stdout


def database_account() -> dict[str, str]:
    """The application's own account: socket, user, password, database."""
    parts = urlsplit(setting("DATABASE_URL"))
    return {
        "SOCKET": parse_qs(parts.query)["socket"][0], "USER": unquote(parts.username),
        "PASSWORD": unquote(parts.password), "DATABASE": parts.path[1:],
    }


# A shop that is filled by SQL


def fill(jobs: int, queued: int = 0, due: int = 0) -> float:
    """Adds a shop of fill.sql. Returns the seconds that it took."""
    begin = time.monotonic()
    sql((HERE / "fill.sql").read_text())
    sql(f"CALL fill_shop({jobs}, {queued}, {due});"
        "ANALYZE TABLE video_jobs, ledger_entries, transactions, credit_lots;", 3600)
    return time.monotonic() - begin


def base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def sign_in(email: str) -> str:
    """Makes a session of a filled user, who has no password. Returns its token."""
    user = sql(f"SELECT id FROM users WHERE email = '{email}'")[0][0]
    session, now = secrets.token_bytes(16), int(time.time())
    sql("INSERT INTO sessions "
        "(id, id_hash, user_id, user_agent, address, created_at, last_used_at, expires_at) "
        f"VALUES (UUID(), X'{hashlib.sha256(session).hexdigest()}', '{user}', 'bench', '127.0.0.1', "
        "UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) + INTERVAL 1 DAY)")
    claims = f'{{"sub":"{user}","sid":"{base64url(session)}","iat":{now},"exp":{now + 86400}}}'
    header = b'{"alg":"HS256","typ":"JWT"}'
    signed = f"{base64url(header)}.{base64url(claims.encode())}"
    code = hmac.digest(setting("JWT_SECRET").encode(), signed.encode(), "sha256")
    return f"{signed}.{base64url(code)}"
