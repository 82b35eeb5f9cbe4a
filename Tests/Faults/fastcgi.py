"""Speaks to one `rushes serve` directly, as nginx does, so that a row knows which process answers.

https://fastcgi-archives.github.io/FastCGI_Specification.html
"""

import socket
import struct
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
RESPONDER = 1


@dataclass
class Answer:
    status: int
    body: bytes


class NoAnswer(Exception):
    """The process went away before it had answered."""


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def _pair(name: str, value: str) -> bytes:
    name_bytes, value_bytes = name.encode(), value.encode()
    return (
        struct.pack(">II", len(name_bytes) | 1 << 31, len(value_bytes) | 1 << 31)
        + name_bytes + value_bytes
    )


def send(
    path: Path, method: str, target: str, headers: dict[str, str], body: bytes = b"",
    timeout: float = 60, is_coming: Callable[[], bool] = lambda: True,
) -> Answer:
    """One request on a connection of its own, as soon as somebody listens, for as long as he
    `is_coming`. Throws ``NoAnswer``."""
    parameters = {
        "REQUEST_METHOD": method, "DOCUMENT_URI": target, "SCRIPT_NAME": target,
        "REQUEST_URI": target, "QUERY_STRING": "", "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1", "HTTPS": "on", "REQUEST_ID": uuid.uuid4().hex,
        "HTTP_HOST": "localhost",
    }
    for name, value in headers.items():
        variable = name.upper().replace("-", "_")
        parameters["CONTENT_TYPE" if variable == "CONTENT_TYPE" else f"HTTP_{variable}"] = value
    pairs = b"".join(_pair(name, value) for name, value in parameters.items())
    message = _record(BEGIN, struct.pack(">HB5x", RESPONDER, 0))
    for start in range(0, len(pairs), 60_000):
        message += _record(PARAMS, pairs[start : start + 60_000])
    message += _record(PARAMS, b"")
    for start in range(0, len(body), 60_000):
        message += _record(STDIN, body[start : start + 60_000])
    message += _record(STDIN, b"")
    try:
        with _connect(path, timeout, is_coming) as connection:
            connection.sendall(message)
            return _read(connection)
    except (ConnectionError, TimeoutError) as error:
        raise NoAnswer(str(error)) from error


def _connect(path: Path, timeout: float, is_coming: Callable[[], bool]) -> socket.socket:
    """A process that has just been started listens in a moment."""
    end = time.monotonic() + timeout
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout)
        try:
            connection.connect(str(path))
            return connection
        except (FileNotFoundError, ConnectionRefusedError) as error:
            connection.close()
            if time.monotonic() > end or not is_coming():
                raise TimeoutError("nobody listens") from error
            time.sleep(0.01)


def _read(connection: socket.socket) -> Answer:
    output = b""
    reader = connection.makefile("rb")
    while True:
        header = reader.read(8)
        if len(header) < 8:
            raise NoAnswer("the connection was closed")
        _, kind, _, length, padding = struct.unpack(">BBHHBx", header)
        content = reader.read(length + padding)[:length]
        if kind == STDOUT:
            output += content
        elif kind == END:
            head, _, body = output.partition(b"\r\n\r\n")
            status = 200
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"status:"):
                    status = int(line.split()[1])
            return Answer(status, body)
