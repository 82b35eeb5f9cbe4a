"""nginx with our configuration, alone, in front of the echo responder.

`Edge` renders the real templates with `bin/nginx-conf`, so that what the tests see is what
production runs. It needs no database and none of our programs.
"""

import http.client
import json
import os
import random
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fastcgi_echo import EchoServer

T = TypeVar("T")

TOP = Path(__file__).resolve().parents[2]


def poll(what: Callable[[], T], seconds: float = 10) -> T:
    """The first true result of `what`, asked again and again; fails after `seconds`."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if result := what():
            return result
        pause.wait(0.02)
    raise AssertionError(f"not true within {seconds} s: {what}")


def free_ports(count: int) -> list[int]:
    """Ports of loopback that are free now. Below those that the kernel gives to outgoing
    connections, or one of these could take it before we listen."""
    found: set[int] = set()
    while len(found) < count:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                probe.listen()
            except OSError:
                continue
        found.add(port)
    return list(found)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def read(cls, connection: http.client.HTTPConnection) -> "Answer":
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return cls(response.status, headers, response.read())

    def json(self) -> dict:
        return json.loads(self.body)

    @property
    def error(self) -> dict:
        return self.json()["error"]


def make_certificate(folder: Path, *names: str) -> None:
    subject = ",".join(
        f"IP:{name}" if name[0].isdigit() else f"DNS:{name}" for name in names
    )
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "2", "-subj", f"/CN={names[0]}"]
        + ["-addext", f"subjectAltName={subject}"]
        + ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
        check=True,
        capture_output=True,
    )


class Edge:
    """A running nginx. Use as a context manager."""

    def __init__(
        self,
        folder: Path,
        mode: str = "development",
        name: str = "localhost",
        limits: str = "off",
        addresses_by_header: bool = False,
        responder: bool = True,
    ) -> None:
        self.folder, self.name = folder, name
        self.http_port, self.https_port = free_ports(2)
        for part in ("run", "log", "media", "conf"):
            (folder / part).mkdir(parents=True)
        make_certificate(folder, name, "127.0.0.1")
        names = f"{name} 127.0.0.1 [::1]" if mode == "development" else name
        own = {
            "RUSHES_SERVER_NAME": names,
            "RUSHES_TLS_CERTIFICATE": str(folder / "certificate.pem"),
            "RUSHES_TLS_KEY": str(folder / "key.pem"),
            "RUSHES_RUN_DIR": str(folder / "run"),
            "RUSHES_LOG_DIR": str(folder / "log"),
            "RUSHES_MEDIA_DIR": str(folder / "media"),
            "RUSHES_HTTP_PORT": str(self.http_port),
            "RUSHES_HTTPS_PORT": str(self.https_port),
            "RUSHES_NGINX_USER": "root" if os.geteuid() == 0 else "",
            "RUSHES_NGINX_WORKERS": "1",
            "RUSHES_IP_LIMITS": limits,
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("RUSHES_")}
        self.environment = {**kept, **own, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
        subprocess.run(
            [TOP / "bin/nginx-conf", mode, folder / "conf"], env=self.environment, check=True
        )
        self.configuration = folder / "conf/nginx.conf"
        if addresses_by_header:
            # Lets a test pretend any client address. Only here: our own configuration trusts none.
            trust = "set_real_ip_from 127.0.0.1; real_ip_header X-Test-Address;\n    "
            text = self.configuration.read_text()
            self.configuration.write_text(
                text.replace("server_tokens off;", trust + "server_tokens off;")
            )
        self.responder = EchoServer(str(folder / "run/serve.sock")) if responder else None

    def __enter__(self) -> "Edge":
        if self.responder:
            threading.Thread(
                target=self.responder.serve_forever, args=(0.02,), daemon=True
            ).start()
        command = ["nginx", "-c", self.configuration, "-p", self.folder / "run"]
        command += ["-e", self.folder / "log/nginx-error.log", "-g", "daemon off;"]
        self.process = subprocess.Popen(command, env=self.environment)
        poll(self._accepts)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        if self.responder:
            self.responder.shutdown()
            self.responder.server_close()

    def _accepts(self) -> bool:
        assert self.process.poll() is None, "nginx has ended"
        try:
            socket.create_connection(("127.0.0.1", self.https_port), timeout=1).close()
        except OSError:
            return False
        return True

    def tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.folder / "certificate.pem")
        context.check_hostname = False
        return context

    def connect(self, plain: bool = False, server_name: str | None = None) -> socket.socket:
        """A connection, with TLS unless `plain`; `server_name` is sent as SNI, "" for none."""
        port = self.http_port if plain else self.https_port
        raw = socket.create_connection(("127.0.0.1", port), timeout=20)
        # Head and body go out one by one; without this the second waits for an answer to the first.
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if plain:
            return raw
        name = self.name if server_name is None else server_name
        return self.tls().wrap_socket(raw, server_hostname=name or None)

    def request(
        self,
        path: str,
        method: str = "GET",
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        body: bytes | None = None,
        host: str | None = None,
        plain: bool = False,
        chunked: bool = False,
    ) -> Answer:
        """One request by HTTP/1.1, its path and headers sent exactly as given."""
        connection = http.client.HTTPConnection(self.name)
        connection.sock = self.connect(plain)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", self.name if host is None else host)
        for name, value in headers.items() if isinstance(headers, dict) else headers or []:
            connection.putheader(name, value)
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        try:
            if chunked:
                connection.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body or b""), body))
            elif body:
                connection.send(body)
        except (BrokenPipeError, ConnectionResetError):
            # Refused before it was all sent; the answer is there to read.
            pass
        answer = Answer.read(connection)
        connection.close()
        return answer

    def raw(self, request_line: str, headers: str = "", plain: bool = False) -> Answer:
        """One request whose first line and further headers are exactly as given."""
        connection = http.client.HTTPConnection(self.name)
        connection.sock = self.connect(plain)
        lines = [request_line, f"Host: {self.name}", "Connection: close", headers]
        text = "".join(line + "\r\n" for line in lines if line) + "\r\n"
        connection.sock.sendall(text.encode("latin-1"))
        # Whatever the method was, the answer is read like one to a GET.
        response = http.client.HTTPResponse(connection.sock, method="GET")
        response.begin()
        found = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, found, response.read())
        connection.sock.close()
        return answer

    def flood(self, path: str, count: int, headers: dict[str, str], method: str) -> list[Answer]:
        """The answers to `count` equal requests, as fast as one kept connection carries them."""
        connection = http.client.HTTPConnection(self.name)
        connection.sock = self.connect()
        found = []
        for _ in range(count):
            connection.request(method, path, b"{}" if method == "POST" else None, headers)
            found.append(Answer.read(connection))
        connection.close()
        return found

    def told(self, path: str, **options: object) -> dict:
        """What nginx told the application about a request."""
        answer = self.request(path, **options)
        assert answer.status == 200, answer
        return answer.json()

    def access_log(self) -> list[dict]:
        lines = (self.folder / "log/nginx-access.log").read_text().splitlines()
        return [json.loads(line) for line in lines]
