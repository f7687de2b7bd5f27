"""How often somebody may do something.

What guessing could open is counted in the database, so that all processes agree. The calls of the
API are counted by each process for itself: a query to save queries would save nothing.
"""

import hashlib
import math
import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from quart import request

from storefront.database import ASCENDING, DuplicateKeyError, IndexModel
from storefront.errors import TooManyRequestsError
from storefront.settings import Rate
from storefront.shop import Shop
from storefront.web.cookies import current_shop
from storefront.web.identity import current_identity

API = "/api/"
MOST_CALLERS = 20_000
IPV6_PREFIX = 64  # A household or a server has that many bits of addresses to itself.

INDEXES = {
    name: [IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)]
    for name in ("limits", "guesses")
}
GUESSES_REMEMBERED = timedelta(days=1)
_ONE_MORE = {"$inc": {"count": 1}}


async def count_one(shop: Shop, name: str, rate_text: str, who: str) -> None:
    """Count one more ``name`` by ``who``; the first one opens a window of the rate's length."""
    if not shop.settings.limits.enabled:
        return
    key, now = _key(name, who), datetime.now(UTC)
    fresh = {"count": 1, "expires_at": now + timedelta(seconds=Rate.parse(rate_text).seconds)}
    still_open = {"_id": key, "expires_at": {"$gt": now}}
    limits = shop.database["limits"]
    if (await limits.update_one(still_open, _ONE_MORE)).matched_count:
        return
    over = {"_id": key, "expires_at": {"$lte": now}}
    try:
        await limits.update_one(over, {"$set": fresh}, upsert=True)
    except DuplicateKeyError:  # Another request opened the window in this very moment.
        await limits.update_one({"_id": key}, _ONE_MORE)


async def refuse_above(shop: Shop, name: str, rate_text: str, who: str) -> None:
    """Raise TooManyRequestsError when ``who`` has used up this window; does not count."""
    if not shop.settings.limits.enabled:
        return
    counted = await shop.database["limits"].find_one({"_id": _key(name, who)})
    if counted is None or counted["count"] < Rate.parse(rate_text).count:
        return
    wait = (counted["expires_at"] - datetime.now(UTC)).total_seconds()
    if wait > 0:
        raise TooManyRequestsError(math.ceil(wait))


async def take_one(shop: Shop, name: str, rate_text: str, who: str) -> None:
    """Count one more, as `count_one`; TooManyRequestsError, and no count, when all are used up."""
    if not shop.settings.limits.enabled:
        return
    is_left = {
        "_id": _key(name, who),
        "expires_at": {"$gt": datetime.now(UTC)},
        "count": {"$lt": Rate.parse(rate_text).count},
    }
    if not (await shop.database["limits"].update_one(is_left, _ONE_MORE)).matched_count:
        await refuse_above(shop, name, rate_text, who)
        await count_one(shop, name, rate_text, who)


async def give_back(shop: Shop, name: str, who: str) -> None:
    """Count one less: what was taken came to nothing."""
    if shop.settings.limits.enabled:
        change = {"$inc": {"count": -1}}
        await shop.database["limits"].update_one({"_id": _key(name, who)}, change)


async def refuse_guesses(shop: Shop, *who: str) -> bool:
    """Whether one of ``who`` has guessed wrongly lately.

    TooManyRequestsError while one has to wait for having done so too often.
    """
    if not shop.settings.limits.enabled:
        return False
    found = shop.database["guesses"].find({"_id": {"$in": [_hashed(each) for each in who]}})
    known = await found.to_list(len(who))
    now = datetime.now(UTC)
    wait = max(((each["closed_until"] - now).total_seconds() for each in known), default=0)
    if wait > 0:
        raise TooManyRequestsError(math.ceil(wait))
    return bool(known)


async def count_guess(shop: Shop, rate_text: str, who: str, *, longest_wait: timedelta) -> None:
    """One more wrong guess by ``who``.

    Who has used up the rate waits for its period, the next time twice as long, and so on up to
    ``longest_wait`` (or the period, if that is longer), until there was a quiet day. The database
    counts in one atomic step, so that guesses to several processes at once all count.
    """
    if not shop.settings.limits.enabled:
        return
    steps = _one_more_guess(rate_text, longest_wait, datetime.now(UTC))
    guesses = shop.database["guesses"]
    try:
        await guesses.update_one({"_id": _hashed(who)}, steps, upsert=True)
    except DuplicateKeyError:  # Two processes counted the first one: that of the other is there.
        await guesses.update_one({"_id": _hashed(who)}, steps)


async def take_guess(shop: Shop, rate_text: str, who: str, *, longest_wait: timedelta) -> None:
    """As `count_guess`, but before the guess is looked at; TooManyRequestsError while closed.

    However many guesses arrive at once, no more are let in than the rate allows. Call
    `forget_guesses` after a right one.
    """
    if not shop.settings.limits.enabled:
        return
    for _attempt in range(3):  # Of guesses at the same moment, one meets the other's.
        now = datetime.now(UTC)
        steps = _one_more_guess(rate_text, longest_wait, now)
        still_open = {"_id": _hashed(who), "closed_until": {"$lte": now}}
        try:
            await shop.database["guesses"].update_one(still_open, steps, upsert=True)
        except DuplicateKeyError:
            continue
        return
    await refuse_guesses(shop, who)
    raise TooManyRequestsError(1)


def _one_more_guess(rate_text: str, longest_wait: timedelta, now: datetime) -> list[dict[str, Any]]:
    rate = Rate.parse(rate_text)
    period = rate.seconds * 1000
    longest = max(period, int(longest_wait.total_seconds() * 1000))
    is_full = {"$gte": ["$count", rate.count]}
    count = {
        "$cond": [
            {"$gt": [{"$ifNull": ["$counted_until", now]}, now]},
            {"$add": [{"$ifNull": ["$count", 0]}, 1]},
            1,
        ]
    }
    began = {
        "$cond": [{"$eq": ["$count", 1]}, now + timedelta(seconds=rate.seconds), "$counted_until"]
    }
    doubled = {"$min": [longest, {"$multiply": [{"$ifNull": ["$wait", period / 2]}, 2]}]}
    return [
        {"$set": {"count": count}},
        {"$set": {"counted_until": began, "wait": {"$cond": [is_full, doubled, "$wait"]}}},
        {
            "$set": {
                "closed_until": {"$cond": [is_full, {"$add": [now, "$wait"]}, now]},
                "expires_at": now + GUESSES_REMEMBERED + timedelta(milliseconds=longest),
                "count": {"$cond": [is_full, 0, "$count"]},
                "counted_until": {"$cond": [is_full, now, "$counted_until"]},
            }
        },
    ]


async def forget_guesses(shop: Shop, who: str) -> None:
    """``who`` knew it after all."""
    if shop.settings.limits.enabled:
        await shop.database["guesses"].delete_one({"_id": _hashed(who)})


def _key(name: str, who: str) -> str:
    return f"{name}:{_hashed(who)}"


def _hashed(who: str) -> str:
    """Whom a counter counts, without their email or address."""
    return hashlib.blake2b(who.encode(), digest_size=12).hexdigest()


async def refuse_rush() -> None:
    """Before each request: TooManyRequestsError for who calls the API faster than its rate.

    A person who is signed in counts as one, wherever they are; anybody else by network address.
    What `web.public_pages` answers from memory does not come here.
    """
    if not request.path.startswith(API):
        return
    shop = current_shop()
    if shop.settings.limits.enabled:
        identity = current_identity()
        who = identity.user_id if identity else network(request.remote_addr or "")
        shop.part(ApiCalls).count(who, now=time.monotonic())


def network(address: str) -> str:
    """What stands for one client: an IPv4 address, or the network that an IPv6 client has."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or IPv6Network((int(parsed), IPV6_PREFIX), strict=False))


class ApiCalls:
    """A part of the shop: everybody's bucket of calls, which refills as steadily as the rate.

    Of a caller only the moment is kept at which the bucket will be full again; the callers that
    were quiet for longest are forgotten first.
    """

    def __init__(self, rate: Rate) -> None:
        self._period = rate.seconds
        self._seconds_per_call = rate.seconds / rate.count
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def count(self, who: str, *, now: float) -> None:
        """One more call at ``now`` (seconds); TooManyRequestsError when the bucket is empty."""
        full_at = max(self._full_at.get(who, now), now) + self._seconds_per_call
        wait = full_at - now - self._period
        if wait > 0:
            raise TooManyRequestsError(math.ceil(wait))
        self._full_at[who] = full_at
        self._full_at.move_to_end(who)
        if len(self._full_at) > MOST_CALLERS:
            self._full_at.popitem(last=False)
