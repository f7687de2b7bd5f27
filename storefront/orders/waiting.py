"""The numbers of the orders that wait for somebody, in this process's memory.

The embedded engine takes longer to count or to list orders of one status the more there are. So
each process keeps the numbers of those that wait, as the change feed tells of them; what it
changes itself it knows at once, what others change within a second.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from storefront.orders import store
from storefront.orders.model import Order, Status
from storefront.shop import Shop

WAITING = (Status.PAID, Status.GENERATED, Status.SHIPPED)
# Late news of orders that went on since must not bring them back.
_MOST_REMEMBERED = 2_000

_State = tuple[int, Status]
"""How many steps an order has taken, and where it is."""


class WaitingOrders:
    """Subscriber to ``orders``: which of them wait, by status."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._known: dict[int, _State] = {}
        self._during_reload: dict[int, _State] | None = None
        self._gone: OrderedDict[int, None] = OrderedDict()
        self._sorted: dict[Status, Sequence[int]] = {}

    async def reload(self) -> None:
        self._during_reload = {}
        known = {
            number: (steps, status)
            for status in WAITING
            for number, steps in await store.list_states(self._shop, status)
        }
        noted, self._during_reload = self._during_reload, None
        self._known = known
        self._gone.clear()
        self._sorted.clear()
        for number, state in noted.items():
            self._note(number, state)

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:  # noqa: ARG002  (the feed's shape)
        if document:
            state = (len(document["history"]), Status(document["status"]))
            self._note(document["number"], state)

    def note(self, order: Order) -> None:
        """The order is stored like this now."""
        self._note(order.number, (len(order.history), order.status))

    async def numbers(self, status: Status) -> Sequence[int]:
        """The numbers of all orders with this status, one of `WAITING`; lowest first."""
        if not self._shop.changes.is_live:
            return sorted(
                [number for number, _steps in await store.list_states(self._shop, status)]
            )
        if status not in self._sorted:
            self._sorted[status] = sorted(
                number for number, state in self._known.items() if state[1] is status
            )
        return self._sorted[status]

    async def all_numbers(self) -> Sequence[int]:
        """The numbers of all orders that wait, lowest first."""
        return sorted([each for status in WAITING for each in await self.numbers(status)])

    def _note(self, number: int, state: _State) -> None:
        if self._during_reload is not None:
            self._during_reload[number] = max(state, self._during_reload.get(number, state))
        if self._known.get(number, (0, state[1]))[0] >= state[0]:
            return
        self._known[number] = state
        self._sorted.clear()
        if state[1] not in WAITING:
            self._gone[number] = None
            if len(self._gone) > _MOST_REMEMBERED:
                self._known.pop(self._gone.popitem(last=False)[0], None)
