"""A whole stack of `bin/dev`, with a state folder and ports of its own."""

import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
from pathlib import Path

import httpx
from edge import TOP, free_ports, poll

SERVICES = {"mariadb", "nginx", "sandbox", "serve", "supervisor", "work"}


class Stack:
    """Not started yet. `close()` stops it and removes its state."""

    def __init__(self, **settings: str) -> None:
        # Short, since a socket's path has 107 bytes.
        self.state = Path(tempfile.mkdtemp(prefix="rushes-"))
        self.http_port, self.https_port, self.sandbox_port = free_ports(3)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("RUSHES_")}
        self.environment = {
            **kept,
            "RUSHES_BIN_DIR": os.environ.get("RUSHES_BIN_DIR", str(TOP / ".build/release")),
            "RUSHES_ENV_FILE": "/dev/null",
            "RUSHES_STATE_DIR": str(self.state),
            "RUSHES_HTTP_PORT": str(self.http_port),
            "RUSHES_HTTPS_PORT": str(self.https_port),
            "RUSHES_SANDBOX_PORT": str(self.sandbox_port),
            **settings,
        }

    def dev(
        self, *arguments: str, patience: int = 180, **settings: str
    ) -> subprocess.CompletedProcess:
        """`bin/dev` with these arguments, to its end."""
        return subprocess.run(
            [TOP / "bin/dev", *arguments],
            env={**self.environment, **settings},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience,
        )

    def start(self, *arguments: str, patience: int = 180) -> str:
        started = self.dev("--detach", *arguments, patience=patience)
        assert started.returncode == 0, started.stdout + started.stderr
        return started.stdout

    def foreground(self) -> subprocess.Popen:
        return subprocess.Popen(
            [TOP / "bin/dev", "--no-seed"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def close(self) -> None:
        self.dev("stop")
        shutil.rmtree(self.state)

    @property
    def services(self) -> dict[str, int]:
        """The pid of each service that runs, by its name."""
        lines = self.dev("status").stdout.splitlines()
        found = (re.fullmatch(r"(\w+) +(\d+)", line) for line in lines)
        return {match[1]: int(match[2]) for match in found if match}

    def kill(self, service: str) -> int:
        pid = self.services[service]
        os.kill(pid, signal.SIGKILL)
        return pid

    def processes(self) -> list[str]:
        """Every process on this machine that names the state folder or works in it."""
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                command = (folder / "cmdline").read_bytes()
                within = os.readlink(folder / "cwd")
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            marks = (command, within.encode(), environment)
            if int(folder.name) != os.getpid() and any(
                str(self.state).encode() in mark for mark in marks
            ):
                found.append(f"{folder.name} {command!r}")
        return found

    def get(self, path: str) -> httpx.Response:
        return httpx.get(
            f"https://localhost:{self.https_port}{path}",
            verify=self.trust(),
            trust_env=False,
        )

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.state / "tls/ca.crt")

    def is_healthy(self) -> bool:
        try:
            return self.get("/api/health").status_code == 200
        except httpx.HTTPError:
            return False

    def await_health(self) -> None:
        poll(self.is_healthy, seconds=30)
