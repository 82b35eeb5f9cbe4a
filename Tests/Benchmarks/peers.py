"""The peers of the product: each on a unix socket, behind servers of their own of the stack's nginx,
which sends the same headers, log lines and FastCGI parameters for each.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

from contest import Contender
from stack import HERE, PORT, STATE, Failed, call, database_account, pid, poll, serves, setting

PEERS = HERE / "peers"
TOP = HERE.parent.parent
FOLDER = STATE / "peers"
# As many as `serve` has threads.
PHP_CHILDREN = 16

FASTCGI = """
    fastcgi_pass peer_{name};
    fastcgi_keep_conn on;
    fastcgi_buffers 8 16k;
    fastcgi_buffer_size 16k;
    include fastcgi.conf;
    {more}
"""
HTTP = """
    proxy_pass http://peer_{name};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_set_header X-Request-Id $request_id;
    proxy_buffers 8 16k;
    proxy_buffer_size 16k;
"""
FILE = """
    alias "{folder}/";
    default_type application/json;
    {more}
"""
UPSTREAM = """
upstream peer_{name} {{
    server "unix:{socket}";
    keepalive {keepalive};
    keepalive_requests 100000;
}}
"""
SERVER = """
server {{
    listen 127.0.0.1:{port};
    server_name localhost;
    include server.conf;

    location /api/ {{
        set $rate_limit 10;
        set $rate_window 1;
        set $rate_retry 1;
        limit_req zone=api burst=40 nodelay;
        limit_conn connections 64;
        {handler}
        include headers.conf;
    }}
}}
"""
PHP = """
[global]
error_log = {folder}/php.log
daemonize = no
[peer]
user = {user}
listen = {socket}
listen.backlog = 511
pm = static
pm.max_children = {children}
clear_env = no
php_admin_value[opcache.validate_timestamps] = 0
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def environment() -> dict[str, str]:
    """What the peers are told: the application's own account, its secret and its address."""
    account = {f"PEER_{name}": value for name, value in database_account().items()}
    return {**os.environ, **account, "PEER_SECRET": setting("JWT_SECRET"),
            "PEER_URL": setting("APP_URL"), "NODE_PATH": "/usr/share/nodejs", "NODE_ENV": "production"}


class Peers:
    """Those that run. ``start`` adds one; ``behind_nginx`` opens a port for each."""

    def __init__(self) -> None:
        self.configuration = ""
        self.contenders: list[Contender] = []
        self.processes: list[subprocess.Popen] = []
        FOLDER.mkdir(exist_ok=True)

    def start(
        self, name: str, command: list[str], handler: str, *, keepalive: int = 256, more: str = "",
        folder: Path | None = None,
    ) -> None:
        """Starts a program that listens at the socket {socket} of its command."""
        address = FOLDER / f"{name}.sock"
        address.unlink(missing_ok=True)
        log = (FOLDER / f"{name}.log").open("w")
        # It ends when this process does, however that ends.
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *(each.format(socket=address) for each in command)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), cwd=folder)
        self.processes.append(process)

        def is_there() -> bool:
            if process.poll() is not None:
                raise Failed(f"{name} ended: {(FOLDER / f'{name}.log').read_text()[-500:]}")
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(address))
                return True
            return False

        poll(is_there, f"{name} listens", 60)
        self.configuration += UPSTREAM.format(name=name, socket=address, keepalive=keepalive)
        self.serve(name, handler.format(name=name, more=more), lambda: [process.pid])

    def serve(self, name: str, handler: str, roots=list) -> None:
        port = free_port()
        indented = textwrap.indent(textwrap.dedent(handler).strip(), " " * 8)
        self.configuration += SERVER.format(port=port, handler=indented.strip())
        self.contenders.append(Contender(name, port, roots))

    def start_named(self, name: str) -> None:
        """Starts the peer of this name."""
        match name:
            case "file":
                folder = FOLDER / "file"
                (folder / "health").mkdir(parents=True, exist_ok=True)
                (folder / "health/live").write_text('{"status":"live"}')
                # open_file_cache: what nginx itself has for files that are asked for often.
                self.serve("file", FILE.format(
                    folder=folder, more="open_file_cache max=100;"))
            case "c":
                program = FOLDER / "hello"
                subprocess.run(
                    ["gcc", "-O2", "-o", program, HERE / "hello.c", "-lfcgi", "-lpthread"],
                    check=True)
                self.start("c", [str(program), "{socket}", "4"], FASTCGI)
            case "express":
                self.start(
                    "express", ["node", str(PEERS / "express/app.js"), "{socket}"], HTTP)
            case "php":
                pool = FOLDER / "php.conf"
                pool.write_text(PHP.format(
                    folder=FOLDER, socket=FOLDER / "php.sock", children=PHP_CHILDREN,
                    user="root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")))
                # A kept connection holds its child: both of nginx's workers keep half of them.
                self.start(
                    "php",
                    [php_fpm(), "-R", "-F", "-y", str(pool)], FASTCGI, keepalive=PHP_CHILDREN // 2,
                    more=f'fastcgi_param SCRIPT_FILENAME "{PEERS}/php/app.php";')
            case "fastapi":
                self.start(
                    "fastapi",
                    [str(TOP / ".rushes/peers/bin/uvicorn"), "--uds", "{socket}", "--workers", "2",
                     "--loop", "uvloop", "--http", "httptools", "--no-access-log", "app:app"],
                    HTTP, folder=PEERS / "fastapi")
            case "hummingbird":
                self.start(
                    "hummingbird", [str(TOP / ".build-peers/release/Hello"), "{socket}"], HTTP)

    def behind_nginx(self) -> None:
        """Has the stack's nginx read the servers of the peers."""
        folder = STATE / "run/nginx"
        (folder / "peers.conf").write_text(self.configuration)
        development = folder / "development.conf"
        if "include peers.conf;" not in development.read_text():
            with development.open("a") as file:
                file.write("\ninclude peers.conf;\n")
        os.kill(pid("nginx"), signal.SIGHUP)
        for contender in self.contenders:
            poll(lambda port=contender.port: call("GET", "/api/health/live", port=port)[0] == 200,
                 f"{contender.name} answers behind nginx")

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def php_fpm() -> str:
    for path in sorted(Path("/usr/sbin").glob("php-fpm*")):
        return str(path)
    raise Failed("php-fpm is not installed (bin/setup bench)")


def is_here(name: str) -> bool:
    """Whether the peer can be started on this machine: Hummingbird is built from a package that not
    every machine reaches."""
    return name != "hummingbird" or shutil.which(str(TOP / ".build-peers/release/Hello")) is not None


@contextlib.contextmanager
def running(*names: str) -> Iterator[list[Contender]]:
    """The product first, and those of the named peers that this machine has."""
    peers = Peers()
    try:
        for name in filter(is_here, names):
            peers.start_named(name)
        peers.behind_nginx()
        yield [Contender("rushes", PORT, serves), *peers.contenders]
    finally:
        peers.stop()
