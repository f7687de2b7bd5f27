"""What has to be true of the database and the mailboxes after any crash."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tests.reliability.crowd import Shopper, Told

# A mail that was sent when its sender, or the mail server, or the database was killed may come
# again; the second copy then follows within this time of the kill.
AGAIN_WITHIN_SECONDS = 100


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


def check_sent(database: Any, ledger: str, kills: Sequence[float]) -> int:
    """Every mail was sent and arrived; returns how many arrived again because of a kill."""
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
            between = [kill for kill in kills if earlier - 5 <= kill <= later]
            assert between, f"{key} came again without a crash"
            # Of the last one: each process begins anew to wait for the lease of who was killed.
            assert later - max(between) < AGAIN_WITHIN_SECONDS
    return again
