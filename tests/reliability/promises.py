"""What has to be true of the database and the mailboxes after any crash."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.reliability.crowd import Shopper, Told

# How long before or after the kill that hit it a mail may have reached the mail server: that
# takes it from the network, and the shop notes that it was taken, when a busy machine lets them.
HIT_WITHIN_SECONDS = 5
# Old workers end their work, without a database, for so long.
DRAINING_SECONDS = 18
# A second copy waits for the lease of whoever sent the first, and then for the next look into the
# outbox, which is put off while there was nobody to ask.
LEASE_SECONDS = 30
AGAIN_WITHIN_SECONDS = 30


@dataclass
class Outage:
    """What was killed in one round, with the time of each, and when all was well again."""

    kills: list[tuple[float, str]] = field(default_factory=list)
    over: float = 0.0

    def has_hit(self, sending: float) -> bool:
        """Whether a mail that arrived at ``sending`` may not have been noted as sent.

        What kills its sender, or the mail server before it said that it has the mail, does so in a
        moment; without a database nothing can be noted until it is back.
        """
        for at, victim in self.kills:
            over = at
            if victim in {"database", "shop"}:
                over = max(self.over, at + DRAINING_SECONDS)
            if at - HIT_WITHIN_SECONDS <= sending <= over + HIT_WITHIN_SECONDS:
                return True
        return False


def check_all(database: Any, told: Told, shoppers: Sequence[Shopper], stock: Mapping[str, int]):
    """Raises AssertionError; nothing may be going on meanwhile."""
    orders = list(database["orders"].find({}))
    mails = list(database["outbox"].find({}))
    _people(database, told)
    _orders(database, orders, told)
    _stock(database, orders, stock)
    _carts(database, shoppers)
    _messages(database, told)
    _mails_of_orders(orders, mails)
    _mails_of_people(database, mails)


def _people(database: Any, told: Told) -> None:
    found = Counter(each["email"] for each in database["users"].find({}))
    assert not {email for email, count in found.items() if count > 1}
    assert told.registered <= found.keys(), told.registered - found.keys()


def _orders(database: Any, orders: list[Any], told: Told) -> None:
    by_number = {each["number"]: each for each in orders}
    assert sorted(each["number"] for each in orders) == list(range(1, len(orders) + 1))
    counter = database["counters"].find_one({"_id": "orders"}) or {"last": 0}
    assert counter["last"] == len(orders)
    assert set(told.orders) == set(by_number), "orders that nobody knows of, or that are gone"
    for number, (email, items) in told.orders.items():
        stored = by_number[number]
        assert stored["email"] == email
        assert {str(i["product_id"]): i["quantity"] for i in stored["items"]} == items
        expected = "cancelled" if number in told.cancelled else "generated"
        assert stored["status"] == expected, (number, stored["status"])
        assert [step["status"] for step in stored["history"]][-1] == expected
    kept = [each for each in orders if each["status"] != "cancelled"]
    sales = list(database["sales"].find({}))
    assert sum(day["orders"] for day in sales) == len(kept)
    assert sum(day["total"] for day in sales) == sum(each["total"] for each in kept)


def _stock(database: Any, orders: list[Any], stock: Mapping[str, int]) -> None:
    sold: Counter[str] = Counter()
    for order in orders:
        if order["status"] != "cancelled":
            sold.update({str(i["product_id"]): i["quantity"] for i in order["items"]})
    for product in database["products"].find({}):
        key = str(product["_id"])
        left = sum(variant["stock"] for variant in product["variants"])
        assert left >= 0
        assert left + sold[key] == stock[key], f"{left} left, {sold[key]} sold of {stock[key]}"


def _carts(database: Any, shoppers: Sequence[Shopper]) -> None:
    carts = {each.get("email"): each for each in database["cart"].find({})}
    for shopper in shoppers:
        lines = carts[shopper.email]["items"] if shopper.email in carts else []
        held = {str(line["product_id"]): line["quantity"] for line in lines}
        assert len(held) == len(lines)
        assert held == shopper.cart, (shopper.email, held, shopper.cart)


def _messages(database: Any, told: Told) -> None:
    messages = list(database["messages"].find({}))
    assert sorted(each["seq"] for each in messages) == list(range(1, len(messages) + 1))
    assert len({each["client_id"] for each in messages}) == len(messages)
    stored = {each["client_id"]: str(each["_id"]) for each in messages}
    assert stored == told.messages, "messages that nobody sent, or that are gone"
    places = Counter(each["user_id"] for each in messages)
    for user_id, count in places.items():
        own = sorted(each["place"] for each in messages if each["user_id"] == user_id)
        assert own == list(range(1, count + 1))


def _mails_of_orders(orders: list[Any], mails: list[Any]) -> None:
    written = Counter(
        (each["kind"], each["context"]["order"]["number"])
        for each in mails
        if "order" in each["context"]
    )
    expected = Counter(
        (kind, order["number"]) for order in orders for kind in ("order", "order_notice")
    )
    expected.update(
        ("order_cancelled", order["number"]) for order in orders if order["status"] == "cancelled"
    )
    assert written == expected


def _mails_of_people(database: Any, mails: list[Any]) -> None:
    written = Counter(
        (each["kind"], each["context"]["email"])
        for each in mails
        if each["kind"].startswith("registration")
    )
    expected = Counter(
        (kind, user["email"])
        for user in database["users"].find({})
        for kind in ("registration", "registration_notice")
    )
    assert written == expected


def check_sent(database: Any, ledger: str, outages: Sequence[Outage]) -> int:
    """Every mail was sent and arrived; returns how many arrived again because of a kill.

    That is for a kill that hit the sending of the copy before, and soon: other kills may only put
    it off for as long as the shop is not well.
    """
    mails = list(database["outbox"].find({}))
    unsent = [(each["kind"], each["state"], each["last_error"]) for each in mails]
    assert {state for _, state, _ in unsent} <= {"sent"}, [u for u in unsent if u[1] != "sent"]
    assert all(each["lease_by"] is None and each["lease_until"] is None for each in mails)
    arrived: dict[str, list[float]] = {}
    for line in ledger.splitlines():
        taken = json.loads(line)
        arrived.setdefault(taken["id"], []).append(taken["at"])
    assert arrived.keys() == {each["message_id"] for each in mails}
    again = 0
    for key, times in arrived.items():
        for earlier, later in pairwise(times):
            again += 1
            assert any(each.has_hit(earlier) for each in outages), (
                f"{key} came again after {later - earlier:.1f} s, though nothing hit its sending"
            )
            waited = _time_well(outages, earlier + LEASE_SECONDS, later)
            assert waited < AGAIN_WITHIN_SECONDS, f"{key} came again as late as {waited:.1f} s"
    return again


def _time_well(outages: Sequence[Outage], since: float, until: float) -> float:
    """Seconds between the two moments in which nothing was killed and not yet back."""
    ill = sum(
        max(0.0, min(each.over, until) - max(min(at for at, _ in each.kills), since))
        for each in outages
    )
    return until - since - ill
