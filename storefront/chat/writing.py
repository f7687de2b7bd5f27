"""Stores messages, each at the next position.

Where the newest message stands is known from what this process wrote and heard, so that storing
one takes a single command. Whoever is wrong about it is told by the unique indexes: the position
is taken, and the database is asked. Nobody can be ahead of it, since only what is stored is
remembered; so positions have no gaps.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from storefront.chat import store
from storefront.chat.model import Channel, Customer, Message, MessageType, Tally, display_name
from storefront.database import DuplicateKeyError, ObjectId
from storefront.errors import UnavailableError
from storefront.shop import Shop
from storefront.web.identity import Identity

MOST_REMEMBERED = 10_000
_ATTEMPTS = 100


class Writer:
    """A part of the shop; the change feed tells it of ``messages``."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._tip: tuple[int, int] | None = None
        self._own_tips: OrderedDict[str, tuple[int, Tally]] = OrderedDict()
        # Those of one process who write at once queue here, rather than collide in the database.
        self._one_at_a_time = asyncio.Lock()

    async def store(
        self,
        author: Identity,
        customer: Customer,
        channel: Channel,
        *,
        body: str,
        client_id: str | None,
    ) -> tuple[Message, bool]:
        """The stored message, and whether it is new: not if this client_id was sent before."""
        async with self._one_at_a_time:
            for attempt in range(_ATTEMPTS):
                message = await self._next_message(author, customer, channel)
                message = replace(message, body=body, client_id=client_id or message.id)
                try:
                    await store.insert_message(self._shop, message)
                except DuplicateKeyError:
                    self._forget(customer)
                    # The same message arrived before (also when the driver repeats a command whose
                    # answer it missed), or another process took the position.
                    sent = await store.find_sent(self._shop, author.user_id, message.client_id)
                    if sent:
                        return sent, sent.id == message.id
                    await asyncio.sleep(random.uniform(0, 0.002 * attempt))  # noqa: S311  (no secret)
                else:
                    self._remember(message)
                    return message, True
        raise UnavailableError

    async def _next_message(
        self, author: Identity, customer: Customer, channel: Channel
    ) -> Message:
        """The message that would come now, yet without its words."""
        type_ = MessageType.ANSWER if author.is_staff else MessageType.QUESTION
        seq, general = self._tip or await store.find_tip(self._shop)
        place, so_far = self._own_tips.get(customer.user_id) or await store.find_own_tip(
            self._shop, customer.user_id
        )
        return Message(
            id=str(ObjectId()),
            seq=seq + 1,
            general=general + int(channel is Channel.GENERAL),
            place=place + 1,
            user_id=customer.user_id,
            email=customer.email,
            full_name=customer.full_name,
            type=type_,
            channel=channel,
            body="",
            author=display_name(author.full_name),
            author_id=author.user_id,
            client_id="",
            so_far=so_far.with_one(type_, channel),
            created_at=_now(),
        )

    def _remember(self, message: Message) -> None:
        if self._tip is None or self._tip[0] < message.seq:
            self._tip = message.seq, message.general
        known = self._own_tips.get(message.user_id)
        if known is None or known[0] < message.place:
            self._own_tips[message.user_id] = message.place, message.so_far
        self._own_tips.move_to_end(message.user_id)
        if len(self._own_tips) > MOST_REMEMBERED:
            self._own_tips.popitem(last=False)

    def _forget(self, customer: Customer) -> None:
        self._tip = None
        self._own_tips.pop(customer.user_id, None)

    # What the change feed calls.

    async def reload(self) -> None:
        """Changes may have been missed, or this is another database: know nothing any more."""
        self._tip = None
        self._own_tips.clear()

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:  # noqa: ARG002  (the feed's signature)
        if document is not None and "seq" in document:
            self._remember(store.message_from(document))


def _now() -> datetime:
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
