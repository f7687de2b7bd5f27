"""What staff see beside a conversation: the others that wait, and who is at them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from storefront.chat import service
from storefront.chat.broker import Broker, Sign
from storefront.chat.model import EVERYTHING, Conversation
from storefront.chat.presence import Presence
from storefront.shop import Shop
from storefront.web.identity import Identity

SHOWN_AFTER_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in the list; ``colleague`` is the name of another who is at it now."""

    conversation: Conversation
    is_here: bool
    colleague: str | None


async def desk_variables(shop: Shop, staff: Identity) -> dict[str, Any]:
    """What the list of conversations shows: the newest questions, and how many wait in all."""
    presence, now = shop.part(Presence), datetime.now(UTC)
    conversations = await service.newest_conversations(shop)
    return {
        "rows": [
            Row(
                conversation=each,
                is_here=presence.is_here(each.user_id),
                colleague=each.answered_by_other(staff.user_id, now),
            )
            for each in conversations
        ],
        "waiting": await service.count_waiting(shop),
    }


class DeskChanges:
    """Subscriber to ``conversations``: lets the desks show what changed, half a second late.

    A question changes its conversation once when it comes and again when it is seen; waiting a
    moment shows both at once.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._waiting: asyncio.TimerHandle | None = None

    async def reload(self) -> None:
        self._show_soon()

    async def changed(
        self,
        key: Any,  # noqa: ARG002  (the feed's signature)
        document: Mapping[str, Any] | None,  # noqa: ARG002
    ) -> None:
        self._show_soon()

    def _show_soon(self) -> None:
        if self._waiting is None:
            loop = asyncio.get_running_loop()
            self._waiting = loop.call_later(SHOWN_AFTER_SECONDS, self._show)

    def _show(self) -> None:
        self._waiting = None
        self._broker.hint([EVERYTHING], Sign("desk"))
