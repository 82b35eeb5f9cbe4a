"""What the harness's proxies share: a loop in a thread of its own, its listener, and its end."""

import asyncio
import threading


class LoopThread:
    """Use it as a context. A subclass says in `_listen` what listens; it may override `_cut`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self._call(self._begin())
        return self

    def __exit__(self, *error) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _call(self, work) -> None:
        """Runs `work` on the loop, to its end."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> asyncio.Server:
        raise NotImplementedError

    def _cut(self) -> None:
        """Cuts off whoever is connected."""

    async def _begin(self) -> None:
        self._listener = await self._listen()

    async def _close(self) -> None:
        self._listener.close()
        self._cut()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
