"""A whole shop of the harness's own, started by `bin/dev`, and ways to look into it and to hurt it.

Nothing is replaced: nginx, MariaDB, the vendors' stand-ins and the supervisor are the real ones.
The programs and MariaDB are run through a script of three lines, so that a row can put something
between the supervisor and one of them (another clock, a limit), or keep it away.
"""

import contextlib
import ctypes
import http.client
import os
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

TOP = Path(__file__).resolve().parents[2]

# Every variable of the application that a developer's shell may have set.
FOREIGN = re.compile(
    r"^(RUSHES_|STRIPE_|POLLO_|SANDBOX_|MAIL_|JWT_|APP_|DATABASE_|MIGRATE_|MEDIA_|SENTRY_|JOB_"
    r"|GENERATE_|PURCHASE_|SIGNUP_|CREDIT_)"
)
SETTINGS = {
    "RUSHES_IP_LIMITS": "off",
    "RUSHES_ENV_FILE": os.devnull,
    "GENERATE_LIMIT": "100000/15m",
    "PURCHASE_LIMIT": "100000/15m",
    "POLLO_MAX_PARALLEL": "1000",
    "POLLO_POLL_INTERVAL": "500ms",
    "JOB_DEADLINES": "queue=120s,unknown=25s,render=30s,store=60s",
}


class Failed(Exception):
    """A promise was broken. The text says which, with the numbers."""


class Skipped(Exception):
    """The row cannot be provoked on this machine. The text says why."""


def demand(is_kept: bool, words: str) -> None:
    if not is_kept:
        raise Failed(words)


def poll(what: Callable[[], T], seconds: float, words: str, pause: float = 0.05) -> T:
    """The first true result of `what`, asked again and again; else fails with `words`."""
    end = time.monotonic() + seconds
    while True:
        if result := what():
            return result
        if time.monotonic() > end:
            raise Failed(f"not within {seconds:.0f} s: {words}")
        time.sleep(pause)


def free_ports(count: int) -> list[int]:
    """Ports below those that the kernel gives to outgoing connections, so that none is taken
    between this look and the start."""
    ports: list[int] = []
    while len(ports) < count:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in ports:
                ports.append(port)
    return ports


def _die_with_parent() -> None:
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def spawn(command: list[str], **options) -> subprocess.Popen:
    """Starts a process that gets SIGTERM if the harness itself is killed outright, and no signal of
    the terminal's. It also gets SIGTERM when the thread that starts it ends (prctl(2))."""
    return subprocess.Popen(
        command, preexec_fn=_die_with_parent, start_new_session=True, **options
    )


def end(process: subprocess.Popen, patience: float = 25) -> int:
    """Ends a process that leads a group: all of it, politely, then not. A program under strace is
    in the group of strace, which dies with it and not for a signal of its own."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def age(pid: int) -> float:
    """How many seconds a process has lived (proc(5)); 0 for one that is dead."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return uptime - int(stat[19]) / os.sysconf("SC_CLK_TCK")


def client(socket_path: Path, *options: str) -> list[str]:
    """The command of MariaDB's client, for the root account of a database."""
    return [
        "mariadb", "--no-defaults", "--batch", "--skip-column-names", "--user=root",
        f"--socket={socket_path}", *options,
    ]


def run_sql(socket_path: Path, text: str) -> list[list[str]]:
    """Runs statements by the root account of a database, and returns all rows; NULL is the text
    `NULL`."""
    result = subprocess.run(
        client(socket_path), input=text, capture_output=True, text=True, timeout=60)
    demand(result.returncode == 0, f"sql: {result.stderr.strip()[:500]} in: {text[:200]}")
    return [line.split("\t") for line in result.stdout.splitlines()]


class Stack:
    """One state folder with everything in it. Use it as a context."""

    def __init__(self, programs: Path, **settings: str):
        self.folder = Path(tempfile.mkdtemp(prefix="rushes-faults-"))
        self.state = self.folder / "s"
        # A row that brings a database of its own, with DATABASE_URL, says where that one is.
        self.database_socket = self.state / "run/mariadb.sock"
        self.programs = self.folder / "bin"
        self.path = self.folder / "path"
        self.rushes = programs / "rushes"
        self.overrides = self.folder / "instead"
        self.overrides.mkdir()
        self.programs.mkdir()
        self.path.mkdir()
        self.program_files = programs
        http, https, sandbox = free_ports(3)
        self.http_port, self.sandbox_port = http, sandbox
        self.url = f"http://localhost:{http}"
        self.sandbox_url = f"http://localhost:{sandbox}"
        self.settings = {
            **{k: v for k, v in os.environ.items() if not FOREIGN.match(k)},
            **SETTINGS,
            **settings,
            "PATH": f"{self.path}:{os.environ['PATH']}",
            "RUSHES_STATE_DIR": str(self.state),
            "RUSHES_BIN_DIR": str(self.programs),
            "RUSHES_HTTP_PORT": str(http),
            "RUSHES_HTTPS_PORT": str(https),
            "RUSHES_SANDBOX_PORT": str(sandbox),
        }
        self.supervisor: subprocess.Popen | None = None
        self._helpers: list[subprocess.Popen] = []
        self._lock = threading.Lock()

    # Starting and ending

    def __enter__(self) -> "Stack":
        self._write_programs()
        log = (self.folder / "dev.log").open("w")
        self.supervisor = spawn(
            [str(TOP / "bin/dev"), "--no-seed"],
            cwd=TOP, env=self.settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )
        try:
            poll(self._is_ready, 180, f"bin/dev is ready (see {self.folder}/dev.log)")
        except BaseException:
            self._stop()
            raise
        self.env = self._read_env()
        return self

    def __exit__(self, kind, error, trace) -> None:
        self._stop()
        if kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _is_ready(self) -> bool:
        if self.supervisor.poll() is not None:
            raise Failed(f"bin/dev ended: {(self.folder / 'dev.log').read_text()[-600:]}")
        return (self.state / "run/ready").exists()

    def _stop(self) -> None:
        for helper in self._helpers:
            end(helper)
        if self.supervisor:
            end(self.supervisor, 100)
        # What a killed supervisor left; says so itself when that is nothing.
        subprocess.run(
            [str(TOP / "bin/dev"), "stop"], env=self.settings, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, check=False,
        )

    def _write_programs(self) -> None:
        (self.programs / "rushes-sandbox").symlink_to(self.program_files / "rushes-sandbox")
        self._write_script(self.programs / "rushes", "$1", self.rushes)
        # Daemons lie where not every user looks.
        database = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        self._write_script(self.path / "mariadbd", "mariadb", database)

    def _write_script(self, script: Path, service: str, program: Path | str | None) -> None:
        script.write_text(
            "#!/bin/sh\n"
            f'[ ! -f "{self.overrides}/{service}" ] || . "{self.overrides}/{service}"\n'
            f'exec {shlex.quote(str(program))} "$@"\n'
        )
        script.chmod(0o755)

    def _read_env(self) -> dict[str, str]:
        """The environment of the application, as `bin/dev` chose it."""
        output = subprocess.run(
            ["env", "-i", "bash", "-c", f". {shlex.quote(str(self.state))}/env; env -0"],
            check=True, capture_output=True, text=True,
        ).stdout
        chosen = dict(line.split("=", 1) for line in output.split("\0") if "=" in line)
        return {**{k: v for k, v in os.environ.items() if not FOREIGN.match(k)}, **chosen}

    # The supervised processes

    def pid(self, service: str) -> int:
        """The process that runs now; 0 while there is none."""
        try:
            pid = int((self.state / f"run/{service}.process").read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return 0
        return pid if is_alive(pid) else 0

    def has_grown_up(self, service: str) -> bool:
        """Whether it has lived long enough for the supervisor to start it again at once."""
        return age(self.pid(service)) > 3.1

    def kill(self, service: str, number: int = signal.SIGKILL) -> None:
        """Kills what runs once it has grown up, and returns when it is dead."""
        poll(lambda: self.has_grown_up(service), 40, f"{service} has run for three seconds")
        pid = self.pid(service)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        poll(lambda: not is_alive(pid), 40, f"{service} has died")

    def restart(self, service: str, number: int = signal.SIGTERM) -> None:
        """Ends what runs and returns once the supervisor has started it anew."""
        old = self.pid(service)
        if old:
            self.kill(service, number)
        poll(lambda: self.pid(service) not in (0, old), 40, f"{service} is started again")
        if service == "serve":
            self.await_health()

    def await_health(self, seconds: float = 30) -> None:
        poll(lambda: self.get("/api/health") == 200, seconds, "/api/health is 200")

    def get(self, path: str) -> int:
        """The status of a GET; 0 without an answer."""
        connection = http.client.HTTPConnection("localhost", self.http_port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    @contextlib.contextmanager
    def instead(self, service: str, script: str) -> Iterator[None]:
        """Has the supervisor run `script` before `rushes {service}` or MariaDB, or in its place
        when the script execs something; restarts the service at both ends."""
        file = self.overrides / service
        file.write_text(script + "\n")
        self.restart(service, signal.SIGKILL)
        try:
            yield
        finally:
            file.unlink()
            self.restart(service, signal.SIGKILL)

    def without_worker(self) -> contextlib.AbstractContextManager[None]:
        """No supervised worker: jobs stay as they are, or a row runs workers of its own."""
        return self.instead("work", "exec sleep infinity")

    def without_database(self) -> contextlib.AbstractContextManager[None]:
        """No MariaDB: nobody listens on its socket, and its files lie still."""
        return self.instead("mariadb", "exec sleep infinity")

    # Processes beside the supervised ones

    @contextlib.contextmanager
    def process(
        self, *arguments: str, prefix: tuple[str, ...] = (), **env: str
    ) -> Iterator[subprocess.Popen]:
        """`rushes …` with the application's environment, ended with the context."""
        log = (self.folder / f"{arguments[0]}.log").open("a")
        process = spawn(
            [*prefix, str(self.rushes), *arguments], env={**self.env, **env},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )
        log.close()
        with self._lock:
            self._helpers.append(process)
        try:
            yield process
        finally:
            # One that was stopped would not hear of its end.
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
            end(process)
            with self._lock:
                self._helpers.remove(process)

    def worker(self, *options: str, **env: str):
        return self.process("work", *options, **env)

    def run(self, *arguments: str) -> str:
        """Runs a subcommand of `rushes` to its end, and returns what it printed."""
        result = self.try_to_run(*arguments)
        demand(
            result.returncode == 0,
            f"rushes {' '.join(arguments)}: {result.stdout[-2000:]}{result.stderr[-500:]}",
        )
        return result.stdout

    def try_to_run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same of one that may fail."""
        return subprocess.run(
            [str(self.rushes), *arguments], env=self.env, capture_output=True, text=True,
            timeout=120,
        )

    # The database, by its root account

    def sql(self, text: str) -> list[list[str]]:
        """The rows of the last statement that has any; NULL is the text `NULL`. Waits for a
        MariaDB that is just being started, and for a worker that was stopped in a transaction: it
        keeps its rows for ten seconds."""
        poll(self._has_database, 60, "MariaDB listens")
        return run_sql(
            self.database_socket,
            f"USE rushes; SET SESSION innodb_lock_wait_timeout = 30; {text}")

    def _has_database(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.database_socket)) == 0

    def number(self, text: str) -> int:
        return int(self.sql(text)[0][0])

    def end_leases(self) -> None:
        """Lets every claim's lease run out now. Only for when no worker lives, or for a row that
        means to take a lease from one: the real ones last minutes."""
        self.sql("UPDATE video_jobs SET lease_until = UTC_TIMESTAMP(6) "
                 "WHERE lease_until > UTC_TIMESTAMP(6)")
