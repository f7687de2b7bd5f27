"""How many messages wait for each visitor: the badge on every page, without a query each."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from storefront.chat import store
from storefront.shop import Shop
from storefront.web.identity import Identity
from storefront.web.metrics import looked_up

MOST_KEPT = 20_000
_STAFF = ""


class UnreadCounts:
    """Subscriber to ``conversations``: the counts asked for lately, until one of them changes.

    While the feed is down nothing is remembered.
    """

    def __init__(self, shop: Shop, most: int = MOST_KEPT) -> None:
        self._shop = shop
        self._most = most
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._changes_seen = 0

    async def count(self, identity: Identity) -> int:
        """A customer's unseen answers, or for staff the conversations that wait for an answer."""
        known = self.remembered(identity)
        if known is not None:
            return known
        key = _key(identity)
        seen_before = self._changes_seen
        count = await self._counted(identity)
        # What changed while it was being counted may be missing from the count.
        if self._changes_seen == seen_before:
            self._counts[key] = count
            if len(self._counts) > self._most:
                self._counts.popitem(last=False)
        return count

    def remembered(self, identity: Identity) -> int | None:
        """As `count`, but without asking the database; None where it would have to."""
        key = _key(identity)
        known = self._counts.get(key) if self._shop.changes.is_live else None
        looked_up("unread_counts", hit=known is not None)
        if known is not None:
            self._counts.move_to_end(key)
        return known

    async def _counted(self, identity: Identity) -> int:
        if identity.is_staff:
            return await store.count_open(self._shop)
        return await store.count_unread_answers(self._shop, identity.user_id)

    def forget(self, user_id: str) -> None:
        """The customer's conversation was changed here: whoever changed it wants to see that on the
        next page, before the change comes back by the feed."""
        self._changes_seen += 1
        self._counts.pop(user_id, None)
        self._counts.pop(_STAFF, None)

    async def reload(self) -> None:
        """Changes were missed: know nothing any more."""
        self._changes_seen += 1
        self._counts.clear()

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:  # noqa: ARG002  (the feed's shape)
        """A conversation changed: its customer's count, and that of all staff."""
        self.forget(str(key))


def _key(identity: Identity) -> str:
    return _STAFF if identity.is_staff else identity.user_id
