"""A FastCGI responder that answers with what nginx told it.

Stands where `rushes serve` stands, so that the tests of nginx's configuration see each parameter
and decide each answer. The query string says what to answer:

    status=500          that status
    type=video/mp4      that Content-Type (application/json)
    accel=/_media/a.mp4 X-Accel-Redirect to there

The body is a JSON object of all parameters, with the length of the request's body in `body`.
Python's standard library alone. https://fastcgi-archives.github.io/FastCGI_Specification.html
"""

import json
import socketserver
import struct
from urllib.parse import parse_qs

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
KEEP_CONNECTION = 1


def _read_pairs(data: bytes) -> list[tuple[str, str]]:
    pairs, at = [], 0

    def length() -> int:
        nonlocal at
        if data[at] < 0x80:
            at += 1
            return data[at - 1]
        at += 4
        return struct.unpack(">I", data[at - 4 : at])[0] & 0x7FFFFFFF

    while at < len(data):
        name_length, value_length = length(), length()
        name = data[at : at + name_length].decode("latin-1")
        at += name_length
        pairs.append((name, data[at : at + value_length].decode("latin-1")))
        at += value_length
    return pairs


class _Connection(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while self._serve_one():
            pass

    def _serve_one(self) -> bool:
        params, body, keep, request_id = b"", 0, False, 0
        while True:
            header = self.rfile.read(8)
            if len(header) < 8:
                return False
            _, kind, request_id, size, padding = struct.unpack(">BBHHBx", header)
            content = self.rfile.read(size)
            self.rfile.read(padding)
            if kind == BEGIN:
                keep = bool(content[2] & KEEP_CONNECTION)
            elif kind == PARAMS:
                params += content
            elif kind == STDIN:
                if size == 0:
                    break
                body += size
        self._answer(request_id, _read_pairs(params), body)
        return keep

    def _answer(self, request_id: int, pairs: list[tuple[str, str]], body: int) -> None:
        told = dict(pairs)
        # A second parameter of one name would be lost in the dictionary.
        told["repeated"] = sorted({n for n, _ in pairs if [p for p, _ in pairs].count(n) > 1})
        query = {k: v[0] for k, v in parse_qs(told.get("QUERY_STRING", "")).items()}
        lines = [f"Status: {query.get('status', '200')}"]
        lines.append(f"Content-Type: {query.get('type', 'application/json')}")
        if "accel" in query:
            lines.append(f"X-Accel-Redirect: {query['accel']}")
            lines.append('Content-Disposition: attachment; filename="a.mp4"')
        text = json.dumps({**told, "body": body})
        output = ("\r\n".join(lines) + "\r\n\r\n" + text).encode("latin-1")
        for at in range(0, len(output), 65_000):
            self._send(STDOUT, request_id, output[at : at + 65_000])
        self._send(STDOUT, request_id, b"")
        self._send(END, request_id, bytes(8))

    def _send(self, kind: int, request_id: int, content: bytes) -> None:
        header = struct.pack(">BBHHBx", 1, kind, request_id, len(content), 0)
        self.wfile.write(header + content)


class EchoServer(socketserver.ThreadingUnixStreamServer):
    """Listens on a unix socket until `shutdown()`."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, path: str) -> None:
        super().__init__(path, _Connection)

    def handle_error(self, request, client_address) -> None:
        """nginx may close a kept connection whenever it likes."""
