"""A line between the shop and its database that can be made slow, or silent, or cut."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

CHUNK = 65_536


class SlowLine:
    """Forwards connections from ``port`` to ``target``, in a thread of its own."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.delay_seconds = 0.0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._flows.set()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def silence(self) -> None:
        """Take everything and hand nothing on, as a network does that drops its packets."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def speak(self) -> None:
        self._loop.call_soon_threadsafe(self._flows.set)

    def start(self) -> None:
        self._thread.start()
        self._started.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connected, "127.0.0.1", 0)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.1))
        self._loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await asyncio.sleep(self.delay_seconds)
                await self._flows.wait()
                writer.write(chunk)
                await writer.drain()


@contextlib.contextmanager
def slow_line(target: int) -> Iterator[SlowLine]:
    line = SlowLine(target)
    line.start()
    try:
        yield line
    finally:
        line.stop()
