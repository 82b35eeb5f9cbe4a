"""Stands between the application and MariaDB, and cuts connections where a row wants it, or leads
them to another server.

Reads only what it has to: the packets of the client, to know a COMMIT when it comes
(https://mariadb.com/kb/en/0-packet/: three bytes of length, one number, the payload; a payload that
begins with 3 is a query in text).
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from proxy_loop import LoopThread

COM_QUERY, COM_STMT_PREPARE, COM_STMT_EXECUTE = 3, 22, 23

# The start of an error packet: 0xFF, the number, `#` and the SQLSTATE
# (https://mariadb.com/kb/en/err_packet/). This one is "the server is read-only".
READ_ONLY = b"\xff" + (1290).to_bytes(2, "little") + b"#HY000"

# What a row may want of a packet.
BEFORE = "before"  # Cut; the server never sees it.
AFTER = "after"  # Let the server answer, then cut: it has happened, and nobody knows.
AT_ONCE = "at once"  # Hand it on and cut without waiting: nobody knows whether it happens.


class DatabaseProxy(LoopThread):
    """Listens on `path` in a thread of its own. `decide(payload)` says what becomes of each packet
    of a client: None to let it pass, or one of the words above. Use it as a context."""

    def __init__(self, path: Path, server: Path, decide: Callable[[bytes], str | None]):
        super().__init__()
        self.path, self._server, self._decide = path, server, decide
        self.cuts = {BEFORE: 0, AFTER: 0, AT_ONCE: 0}
        # How many changes a server has refused because it is read-only.
        self.refusals = 0
        self._clients: set[asyncio.StreamWriter] = set()

    def __exit__(self, *error) -> None:
        super().__exit__(*error)
        self.path.unlink(missing_ok=True)

    def url(self, database_url: str) -> str:
        """The application's own URL, led through here."""
        return f"{database_url.split('?')[0]}?socket={self.path}"

    def lead_to(self, server: Path, cuts: bool = True) -> None:
        """Leads to another server from now on, and may cut off whoever is connected."""
        self._call(self._lead_to(server, cuts))

    async def _lead_to(self, server: Path, cuts: bool) -> None:
        self._server = server
        for client in self._clients if cuts else ():
            client.transport.abort()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_unix_server(self._serve, self.path)

    async def _serve(self, reader, writer) -> None:
        self._clients.add(writer)
        try:
            await self._connect(reader, writer)
        finally:
            self._clients.remove(writer)

    async def _connect(self, reader, writer) -> None:
        try:
            up_reader, up_writer = await asyncio.open_unix_connection(self._server)
        except OSError:
            writer.transport.abort()
            return
        session = {"waits": False}
        downwards = asyncio.ensure_future(self._answers(up_reader, writer, session))
        try:
            await self._packets(reader, up_writer, session)
            if session["waits"]:
                await downwards
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            downwards.cancel()
            for each in (writer, up_writer):
                each.transport.abort()

    async def _packets(self, reader, up_writer, session) -> None:
        """Hands the client's packets on until one is to be cut."""
        while True:
            header = await reader.readexactly(4)
            payload = await reader.readexactly(int.from_bytes(header[:3], "little"))
            word = self._decide(payload)
            if word:
                self.cuts[word] += 1
            if word == BEFORE:
                return
            session["waits"] = word == AFTER
            up_writer.write(header + payload)
            await up_writer.drain()
            if word:
                return

    async def _answers(self, up_reader, writer, session) -> None:
        while data := await up_reader.read(65_536):
            self.refusals += data.count(READ_ONLY)
            if session["waits"]:
                return
            writer.write(data)
            await writer.drain()
        writer.transport.abort()


def is_commit(payload: bytes) -> bool:
    return payload == bytes([COM_QUERY]) + b"COMMIT"


def is_statement(payload: bytes) -> bool:
    return payload[0] in (COM_STMT_EXECUTE, COM_STMT_PREPARE) or is_commit(payload)
