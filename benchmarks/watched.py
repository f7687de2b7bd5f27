"""The shop with a watch on its event loop, for the benchmark alone.

``GET /-/watch`` tells the longest time that the loop was held up since it was asked last, in
milliseconds, and the memory of the process in MB.
"""

import asyncio
import json
import resource
import time
from typing import Any

from storefront.app import create_app as create_shop

EVERY_SECONDS = 0.02


def create_app() -> Any:
    shop = create_shop()
    watch = _Watch()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/-/watch":
            body = json.dumps(watch.read()).encode()
            headers = [(b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        else:
            await shop(scope, receive, send)

    return app


class _Watch:
    def __init__(self) -> None:
        self._longest = 0.0
        self._task: asyncio.Task[None] | None = None

    def read(self) -> dict[str, float]:
        if self._task is None:
            self._task = asyncio.create_task(self._look())
        longest, self._longest = self._longest, 0.0
        return {"stall_ms": longest * 1000, "memory_mb": _resident_mb(), "peak_mb": _peak_mb()}

    async def _look(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(EVERY_SECONDS)
            self._longest = max(self._longest, time.perf_counter() - before - EVERY_SECONDS)


def _resident_mb() -> float:
    with open("/proc/self/statm") as file:  # noqa: PTH123  (as short as it gets)
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
