"""WebSocket pings: proxies see traffic on a quiet socket, and the kernel notices a dead peer.

Hypercorn's own pings sleep through the end of a worker and so hold up its draining for up to
their interval; these wake up.
"""

import asyncio
import contextlib
from typing import TYPE_CHECKING, cast

from hypercorn.protocol import h2, h11
from hypercorn.protocol.ws_stream import WSStream
from wsproto.events import Ping

if TYPE_CHECKING:
    from hypercorn.asyncio.worker_context import EventWrapper

# Shorter than the minute of silence after which proxies usually cut a connection.
EVERY_SECONDS = 25.0


class PingingStream(WSStream):
    """A WebSocket that is pinged until it is closed or its worker leaves."""

    async def _send_pings(self) -> None:
        leaving = cast("EventWrapper", self.context.terminated)
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(leaving.wait(), EVERY_SECONDS)
            if self.closed or leaving.is_set():
                return
            await self._send_wsproto_event(Ping())


def use_pings() -> None:
    """Let Hypercorn use it for every WebSocket; its protocols look the class up by this name."""
    for protocol in (h11, h2):
        vars(protocol)["WSStream"] = PingingStream
