"""Stands between the application and a vendor, and lets it hang when a row wants it."""

import asyncio
from urllib.parse import urlsplit

from proxy_loop import LoopThread
from stack import free_ports


class HangingProxy(LoopThread):
    """Listens on a port of its own in a thread of its own. While `hangs`, it takes connections and
    lets them wait; else it leads them to the stand-in. Use it as a context."""

    def __init__(self, url: str):
        super().__init__()
        self._target = urlsplit(url)
        self._port = free_ports(1)[0]
        self.hangs = False
        self.waited = 0
        self._held: set[asyncio.StreamWriter] = set()
        # Holds those who wait; a task that nothing holds is collected.
        self._never = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._port}"

    def hang(self) -> None:
        """From now on; kept connections are cut, so that each call makes a new one."""
        self.hangs = True
        self._loop.call_soon_threadsafe(self._cut)

    def go_on(self) -> None:
        self.hangs = False
        self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for writer in self._held:
            writer.transport.abort()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "localhost", self._port)

    async def _serve(self, reader, writer) -> None:
        self._held.add(writer)
        try:
            if self.hangs:
                self.waited += 1
                await self._never.wait()
            up_reader, up_writer = await asyncio.open_connection(
                self._target.hostname, self._target.port)
            self._held.add(up_writer)
            try:
                await asyncio.gather(
                    _pass_on(reader, up_writer), _pass_on(up_reader, writer))
            finally:
                self._held.discard(up_writer)
                up_writer.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._held.discard(writer)
            writer.transport.abort()


async def _pass_on(reader, writer) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.transport.abort()
