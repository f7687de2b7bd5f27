"""How many pieces each visitor has in the cart: the badge on every page, without a query each."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from storefront.carts import store
from storefront.carts.model import StoredCart
from storefront.web.metrics import looked_up

MOST_KEPT = 20_000


class CartCounts:
    """The counts of carts seen lately, kept right by the change feed and by our own writes.

    The feed tells a little later what this process already knows from its own write, so a
    count only gives way to one of a later version of the cart.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def get(self, key: str) -> int | None:
        """Pieces in this cart; None when that is not known here."""
        known = self._counts.get(key)
        looked_up("cart_counts", hit=known is not None)
        if known is None:
            return None
        self._counts.move_to_end(key)
        return known[1]

    def keep(self, key: str, cart: StoredCart | None) -> None:
        """Remember what was just read; None for a cart that does not exist yet."""
        version, count = (cart.version, cart.count) if cart else (0, 0)
        known = self._counts.get(key)
        if known is None or known[0] <= version:
            self._counts[key] = (version, count)
        self._counts.move_to_end(key)
        if len(self._counts) > self._most:
            self._counts.popitem(last=False)

    def forget(self, key: str) -> None:
        self._counts.pop(key, None)

    async def reload(self) -> None:
        """Changes were missed: know nothing any more."""
        self._counts.clear()

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:
        """A cart changed somewhere; only those that are asked for here are of interest."""
        if document is None:
            self.forget(str(key))
        elif str(key) in self._counts:
            self.keep(str(key), store.from_document(document))
