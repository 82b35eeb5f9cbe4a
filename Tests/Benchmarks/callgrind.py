#!/usr/bin/env python3
"""Counts the instructions that FastCGI servers spend on one request.

    callgrind.py [--limit RATIO] [--path /api/health/live] NAME=COMMAND [NAME=COMMAND ...]

Each COMMAND is started under callgrind with {socket} replaced by a path where it must listen. It is
sent 100 and, in a second run, 600 requests on one kept connection; the difference divided by 500
is what one request costs, start and end of the process left out. Only user space counts, so the
figure does not depend on what else the machine does. Every answer is checked to be a 200.

Prints one line for each command and its ratio to the first. Ends with 1 when the last one's ratio
is above the limit. The first is usually hello.c beside this file:

    gcc -O2 -o hello hello.c -lfcgi -lpthread
    callgrind.py --limit 1.4 'c=./hello {socket} 1' 'rushes=rushes serve ...'
"""

import argparse
import os
import re
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

VERSION, BEGIN, END, PARAMS, STDIN, STDOUT = 1, 1, 3, 4, 5, 6


def record(kind, content):
    padding = -len(content) % 8
    header = struct.pack("!BBHHBx", VERSION, kind, 1, len(content), padding)
    return header + content + bytes(padding)


def request(path, method="GET", body=b"", **headers):
    """What nginx 1.22 sends for a request with its stock fastcgi_params and a few headers, and those
    that are named here as it names them (`HTTP_AUTHORIZATION`)."""
    parameters = {
        "QUERY_STRING": "", "REQUEST_METHOD": method,
        "CONTENT_TYPE": "application/json" if body else "",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "SCRIPT_NAME": path, "REQUEST_URI": path, "DOCUMENT_URI": path,
        "DOCUMENT_ROOT": "/usr/share/nginx/html", "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_SCHEME": "https", "HTTPS": "on", "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_SOFTWARE": "nginx/1.22.1", "REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "40000",
        "SERVER_ADDR": "127.0.0.1", "SERVER_PORT": "8443", "SERVER_NAME": "localhost",
        "REDIRECT_STATUS": "200", "REQUEST_ID": "0123456789abcdef0123456789abcdef",
        "HTTP_PROXY": "", "HTTP_HOST": "localhost", "HTTP_USER_AGENT": "callgrind.py",
        "HTTP_ACCEPT": "*/*", "HTTP_ACCEPT_ENCODING": "gzip", **headers,
    }
    pairs = b"".join(
        length(name) + length(value) + name.encode() + value.encode()
        for name, value in parameters.items())
    begin = struct.pack("!HB5x", 1, 1)  # responder, keep the connection
    content = record(STDIN, body) if body else b""
    return (record(BEGIN, begin) + record(PARAMS, pairs) + record(PARAMS, b"")
            + content + record(STDIN, b""))


def length(text):
    """As FastCGI writes the length of a name or a value."""
    count = len(text.encode())
    return bytes([count]) if count < 128 else struct.pack("!I", count | 0x80000000)


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError("the server closed the connection")
        data += part
    return data


def answer(connection):
    output = b""
    while True:
        _, kind, _, length, padding, _ = struct.unpack("!BBHHBB", read_exactly(connection, 8))
        content = read_exactly(connection, length + padding)[:length]
        if kind == STDOUT:
            output += content
        elif kind == END:
            return output


def connect(path, process):
    for _ in range(600):
        if process.poll() is not None:
            raise ChildProcessError(f"the server ended with {process.returncode}")
        try:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(60)
            connection.connect(path)
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.1)
    raise TimeoutError("the server does not listen")


def instructions(command, count, message, keep=None, status=200, environment=None):
    """Of a process that answers `count` requests, each of which `message` makes of its number."""
    with tempfile.TemporaryDirectory() as folder:
        address = os.path.join(folder, "s")
        result = keep or os.path.join(folder, "callgrind.out")
        process = subprocess.Popen(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={result}",
             *shlex.split(command.replace("{socket}", address))],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        try:
            connection = connect(address, process)
            for number in range(count):
                connection.sendall(message(number))
                output = answer(connection)
                if not output.startswith(f"Status: {status}".encode()):
                    raise ValueError(f"not a {status}: {output[:200]!r}")
            connection.close()
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        with open(result) as lines:
            return int(re.search(r"^(?:totals|summary): (\d+)", lines.read(), re.M).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--limit", type=float, default=float("inf"))
    parser.add_argument("--path", default="/api/health/live")
    parser.add_argument("--keep", help="leave the last profile here, for callgrind_annotate")
    parser.add_argument("commands", nargs="+", metavar="NAME=COMMAND")
    options = parser.parse_args()

    first = ratio = None
    for item in options.commands:
        name, _, command = item.partition("=")
        message = request(options.path)
        few = instructions(command, 100, lambda _: message)
        many = instructions(command, 600, lambda _: message, options.keep)
        each = (many - few) / 500
        first = first or each
        ratio = each / first
        print(f"{name}: {each:.0f} instructions a request, {ratio:.3f} of the first", flush=True)
    return 1 if ratio > options.limit else 0


if __name__ == "__main__":
    sys.exit(main())
