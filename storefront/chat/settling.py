"""Lets follow what follows a message: the counter, and the conversation if its process died.

Every process hears of each message and of each conversation that follows it. Where the second does
not come within seconds, whoever notices lets the conversation follow; that may be done twice. The
counter says from where to look for the newest message, so it may be seconds behind.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any

from storefront.chat import service, store
from storefront.chat.broker import Broker
from storefront.chat.model import EVERYTHING, Message
from storefront.database import PyMongoError
from storefront.shop import Shop

WAITED_SECONDS = 3.0
LOOKED_BACK = 20


class Settling:
    """Subscriber to ``conversations``; hears of messages from the broker."""

    def __init__(self, shop: Shop, broker: Broker) -> None:
        self._shop = shop
        self._waiting: dict[str, tuple[Message, float]] = {}
        self._uncounted: Message | None = None
        broker.on_message.append(self._heard)

    def _heard(self, message: Message) -> None:
        self._waiting[message.user_id] = (message, time.monotonic())
        self._uncounted = message

    async def reload(self) -> None:
        """What came last before the start may have been left behind, too."""
        last = await store.last_position(self._shop, EVERYTHING)
        for message in await store.list_messages(
            self._shop, EVERYTHING, max(0, last - LOOKED_BACK), last
        ):
            self._heard(message)

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:
        waiting = self._waiting.get(str(key))
        if waiting and (document is None or document["count"] >= waiting[0].place):
            del self._waiting[str(key)]

    async def keep(self) -> None:
        """Run for ever."""
        while True:
            await asyncio.sleep(WAITED_SECONDS)
            with contextlib.suppress(PyMongoError):
                await self._settle_overdue()
                await self._count()

    async def _settle_overdue(self) -> None:
        limit = time.monotonic() - WAITED_SECONDS
        for user_id, (message, heard_at) in tuple(self._waiting.items()):
            if heard_at < limit:
                await service.settle(self._shop, message)
                if self._waiting.get(user_id, (None,))[0] is message:
                    del self._waiting[user_id]

    async def _count(self) -> None:
        message = self._uncounted
        if message:
            await store.count_message(self._shop, message)
            if self._uncounted is message:
                self._uncounted = None
