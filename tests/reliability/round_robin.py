"""A proxy that gives each connection to the next server that takes it."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from itertools import cycle


class RoundRobin:
    """Forwards from ``port``, in a thread of its own, as a balancer in front of hosts does."""

    def __init__(self, targets: Sequence[int]) -> None:
        self.port = 0
        self._count = len(targets)
        self._next = cycle(targets)
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

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
        for _ in range(self._count):
            with contextlib.suppress(OSError):
                there = await asyncio.open_connection("127.0.0.1", next(self._next))
                await asyncio.gather(_pass(reader, there[1]), _pass(there[0], writer))
                return
        writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer), contextlib.suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()


@contextlib.contextmanager
def round_robin(targets: Sequence[int]) -> Iterator[RoundRobin]:
    proxy = RoundRobin(targets)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
