"""How often somebody may do something, counted in the database so that all processes agree."""

import hashlib
import time
from datetime import UTC, datetime

from storefront.database import ASCENDING, DuplicateKeyError, IndexModel
from storefront.errors import TooManyRequestsError
from storefront.settings import Rate
from storefront.shop import Shop

INDEXES = {"limits": [IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)]}


async def count_one(shop: Shop, name: str, rate_text: str, who: str) -> None:
    """Count one more ``name`` by ``who`` in the current window of the rate."""
    if not shop.settings.limits.enabled:
        return
    key, ends = _window(name, Rate.parse(rate_text), who)
    change = {"$inc": {"count": 1}, "$setOnInsert": {"expires_at": ends}}
    try:
        await shop.database["limits"].update_one({"_id": key}, change, upsert=True)
    except DuplicateKeyError:  # Two processes made the same first document: the other one did.
        await shop.database["limits"].update_one({"_id": key}, change)


async def refuse_above(shop: Shop, name: str, rate_text: str, who: str) -> None:
    """Raise TooManyRequestsError when ``who`` has used up this window; does not count."""
    if not shop.settings.limits.enabled:
        return
    rate = Rate.parse(rate_text)
    key, ends = _window(name, rate, who)
    counted = await shop.database["limits"].find_one({"_id": key})
    if counted and counted["count"] >= rate.count:
        raise TooManyRequestsError(max(1, int((ends - datetime.now(UTC)).total_seconds())))


def _window(name: str, rate: Rate, who: str) -> tuple[str, datetime]:
    """The counter's key and when it ends. Whom it counts is hashed: it may be an email."""
    start = int(time.time()) // rate.seconds * rate.seconds
    digest = hashlib.blake2b(who.encode(), digest_size=12).hexdigest()
    return f"{name}:{digest}:{start}", datetime.fromtimestamp(start + rate.seconds, UTC)
