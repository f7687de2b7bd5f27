"""The moments in which a message could be handed on twice, or not at all, made to happen."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from quart import Quart

from storefront.chat import broker as brokers
from storefront.chat import service, store
from storefront.chat.broker import Broker, Delivery, Listener
from storefront.chat.model import EVERYTHING, Channel, Message, Room
from storefront.shop import Shop
from tests.chat.people import Person, make_person


@pytest.fixture
async def ada(app: Quart) -> Person:
    return await make_person(app, "Ada Shopper")


@pytest.fixture
async def broker(shop: Shop, ada: Person) -> Broker:
    """One that nobody tells of messages but the test."""
    await say(shop, ada, "before")
    made = Broker(shop)
    await made.reload()
    return made


async def say(shop: Shop, person: Person, body: str) -> Message:
    return await service.post(
        shop, person.identity, customer=person.customer, channel=Channel.GENERAL, body=body
    )


async def tell(shop: Shop, broker: Broker, message: Message) -> None:
    """As the change feed does."""
    key = {"client_id": message.client_id}
    document = await shop.database["messages"].find_one(key)
    await broker.changed(document["_id"], document)


def listener_of(person: Person) -> Listener:
    return Listener(EVERYTHING, person.identity, datetime.now(UTC) + timedelta(hours=1))


def heard(listener: Listener) -> list[str]:
    found = []
    while not listener.queue.empty():
        item = listener.queue.get_nowait()
        if isinstance(item, Delivery):
            found.append(item.message.body)
    return found


async def test_what_the_feed_tells_while_one_looks_is_handed_on_once(
    shop: Shop, broker: Broker, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_last, answered, goes_on = store.last_position, asyncio.Event(), asyncio.Event()

    async def answer_late(shop: Shop, room: Room) -> int:
        last = await find_last(shop, room)
        answered.set()
        await goes_on.wait()
        return last

    monkeypatch.setattr(store, "last_position", answer_late)
    listener = listener_of(ada)
    with broker.joined(listener):
        looking = asyncio.create_task(broker.reload())
        await answered.wait()
        monkeypatch.setattr(store, "last_position", find_last)
        await tell(shop, broker, await say(shop, ada, "meanwhile"))
        goes_on.set()
        await looking
        await broker.reload()

        assert heard(listener) == ["meanwhile"]
        assert not listener.ended.done()


async def test_who_was_too_slow_hears_nothing_beyond_what_it_missed(
    shop: Shop, broker: Broker, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brokers, "MOST_WAITING", 2)
    listener = listener_of(ada)
    with broker.joined(listener):
        for body in ("first", "second", "missed"):
            await tell(shop, broker, await say(shop, ada, body))
        assert listener.ended.result()[0] == brokers.TRY_AGAIN_LATER
        assert heard(listener) == ["first", "second"]
        await tell(shop, broker, await say(shop, ada, "fourth"))
        assert heard(listener) == []


async def test_before_another_database_everybody_begins_anew(
    shop: Shop, broker: Broker, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing_there(*_: object) -> int:
        return 0

    listener = listener_of(ada)
    with broker.joined(listener):
        monkeypatch.setattr(store, "last_position", nothing_there)
        await broker.reload()
        assert listener.ended.result()[0] == brokers.TRY_AGAIN_LATER


async def test_what_was_found_before_the_feed_told_of_it_is_not_looked_for_again(
    shop: Shop, broker: Broker, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(*_: object) -> int:
        raise AssertionError

    listener = listener_of(ada)
    with broker.joined(listener):
        messages = [await say(shop, ada, body) for body in ("one", "two")]
        await broker.reload()
        monkeypatch.setattr(store, "last_position", ask)
        for message in messages:
            await tell(shop, broker, message)

        assert heard(listener) == ["one", "two"]
