"""What is stored when somebody asks or answers, and in which order."""

import asyncio
from dataclasses import replace

import pytest

from storefront.accounts.model import Role
from storefront.chat import service, store
from storefront.chat.model import GENERAL, Channel, Message, own_room
from storefront.chat.unread import UnreadCounts
from storefront.database import ObjectId
from storefront.errors import ForbiddenError, NotFoundError, ValidationError
from storefront.shop import Shop
from tests.chat.people import Person, make_person
from tests.conftest import eventually


@pytest.fixture(scope="module")
async def ada(app) -> Person:
    return await make_person(app, "Ada Lovelace")


@pytest.fixture(scope="module")
async def sam(app) -> Person:
    return await make_person(app, "Sam Staff", Role.STAFF)


async def ask(shop: Shop, who: Person, body: str, client_id: str | None = None) -> Message:
    return await service.post_in_general(
        shop, who.identity, body=body, client_id=client_id, email=None
    )


async def test_positions_have_no_gaps_however_many_ask_at_once(shop, ada, sam):
    await asyncio.gather(*(ask(shop, ada, f"question {number}") for number in range(12)))

    stored = [each async for each in shop.database["messages"].find({})]
    seqs = sorted(each["seq"] for each in stored)
    assert seqs == list(range(1, 13))
    places = sorted(each["place"] for each in stored if each["user_id"] == ada.identity.user_id)
    assert places == list(range(1, len(places) + 1))


async def test_the_same_client_id_twice_is_one_message(shop, ada):
    first, *others = await asyncio.gather(*(ask(shop, ada, "once", "same") for _ in range(4)))

    assert {each.id for each in others} == {first.id}
    found = await shop.database["messages"].count_documents({"client_id": "same"})
    assert found == 1


async def test_two_people_may_choose_the_same_client_id(shop, ada, app):
    eve = await make_person(app, "Eve Other")
    assert (await ask(shop, ada, "mine", "1")).id != (await ask(shop, eve, "hers", "1")).id


async def test_an_answer_in_public_names_the_person_answered(shop, ada, sam):
    answer = await service.post_in_general(
        shop, sam.identity, body="Yes.", client_id=None, email=ada.identity.email.upper()
    )
    assert (answer.type, answer.channel) == ("system", "general")
    assert (answer.email, answer.name, answer.author) == (ada.identity.email, "Ada L.", "Sam S.")


@pytest.mark.parametrize("email", [None, "", "nobody@example.com"])
async def test_staff_must_say_whom_they_answer(shop, sam, email):
    with pytest.raises(ValidationError) as refused:
        await service.post_in_general(shop, sam.identity, body="Yes.", client_id=None, email=email)
    assert [each.field for each in refused.value.errors] == ["email"]


@pytest.mark.parametrize(
    ("body", "stored"),
    [("  a\r\nb ", "a\nb"), ("x\x00\x1by", "xy"), ("\u202egnp.exe", "gnp.exe")],
)
async def test_text_is_kept_without_what_cannot_be_seen(shop, ada, body, stored):
    assert (await ask(shop, ada, body)).body == stored


@pytest.mark.parametrize("body", ["", " \n ", "\x00", "x" * 2001])
async def test_nothing_is_stored_of_a_body_that_is_empty_or_too_long(shop, ada, body):
    before = await shop.database["messages"].count_documents({})
    with pytest.raises(ValidationError):
        await ask(shop, ada, body)
    assert await shop.database["messages"].count_documents({}) == before


async def test_history_is_read_in_pages_from_the_newest(shop, app):
    nora = await make_person(app, "Nora New")
    sent = [
        await service.post(
            shop, nora.identity, customer=nora.customer, channel=Channel.PRIVATE, body=str(number)
        )
        for number in range(5)
    ]
    room = own_room(nora.identity.user_id)

    newest = await service.list_excerpt(shop, room, limit=2)
    older = await service.list_excerpt(shop, room, before_id=newest.messages[0].id, limit=2)
    oldest = await service.list_excerpt(shop, room, before_id=older.messages[0].id, limit=2)
    assert [each.body for each in (*oldest.messages, *older.messages, *newest.messages)] == [
        *"01234"
    ]
    assert [each.has_older for each in (newest, older, oldest)] == [True, True, False]
    since = await service.list_excerpt(shop, room, after_id=sent[1].id, limit=2)
    assert [each.id for each in since.messages] == [sent[2].id, sent[3].id]
    assert since.has_newer


async def test_a_private_message_is_no_place_in_the_general_channel(shop, app):
    nora = await make_person(app, "Nora Private")
    sent = await service.post(
        shop, nora.identity, customer=nora.customer, channel=Channel.PRIVATE, body="psst"
    )
    assert sent.id not in {each.id for each in (await service.list_excerpt(shop, GENERAL)).messages}
    with pytest.raises(ValidationError):
        await service.list_excerpt(shop, GENERAL, after_id=sent.id)


async def test_only_the_own_address_opens_a_conversation(shop, ada, sam):
    own = await service.customer_at(shop, ada.identity, ada.identity.email.upper())
    assert own.user_id == ada.identity.user_id
    for other in (sam.identity.email, "nobody@example.com", ""):
        with pytest.raises(ForbiddenError):
            await service.customer_at(shop, ada.identity, other)
    with pytest.raises(NotFoundError):
        await service.customer_at(shop, sam.identity, "nobody@example.com")


async def test_a_conversation_counts_what_either_side_has_not_seen(shop, app, sam):
    mia = await make_person(app, "Mia Unread")
    room = own_room(mia.identity.user_id)
    question = await ask(shop, mia, "One?")
    await ask(shop, mia, "Two?")
    conversation = await service.find_conversation(shop, mia.identity.user_id)
    assert (conversation.unread, conversation.state) == (2, "open")

    await service.has_been_seen(shop, service.reader_of(sam.identity), room, [question])
    assert (await service.find_conversation(shop, mia.identity.user_id)).unread == 1

    answer = await service.post(
        shop, sam.identity, customer=mia.customer, channel=Channel.PRIVATE, body="Both."
    )
    assert await shop.part(UnreadCounts).count(mia.identity) == 1
    assert (await service.find_conversation(shop, mia.identity.user_id)).state == "answered"
    # The answer was private: reading the general channel does not show it.
    await service.has_been_seen(shop, service.reader_of(mia.identity), GENERAL, [answer])
    assert await shop.part(UnreadCounts).count(mia.identity) == 1
    await service.has_been_seen(shop, service.reader_of(mia.identity), room, [answer])
    assert await shop.part(UnreadCounts).count(mia.identity) == 0


async def test_done_is_done_until_the_next_question(shop, app, sam):
    mia = await make_person(app, "Mia Done")
    await ask(shop, mia, "One?")
    await service.mark_done(shop, mia.identity.user_id)
    assert (await service.find_conversation(shop, mia.identity.user_id)).state == "done"
    await ask(shop, mia, "Two?")
    assert (await service.find_conversation(shop, mia.identity.user_id)).state == "open"


async def test_the_newest_question_stands_first_among_the_conversations(shop, app, ada):
    zoe = await make_person(app, "Zoe Last")
    await ask(shop, zoe, "first")
    await ask(shop, ada, "second")
    await ask(shop, zoe, "third")
    newest = await service.newest_conversations(shop, 2)
    assert [each.full_name for each in newest] == ["Zoe Last", "Ada Lovelace"]
    everybody = await service.list_conversations(shop)
    assert [each.user_id for each in everybody[:2]] == [each.user_id for each in newest]


async def test_a_message_whose_process_died_is_settled_by_another(shop, app):
    """As if the process had died between storing the message and its conversation."""
    ivy = await make_person(app, "Ivy Interrupted")
    first = await ask(shop, ivy, "one")
    key = {"_id": ivy.identity.user_id}
    orphan = replace(
        first,
        id=str(ObjectId()),
        seq=first.seq + 1,
        general=first.general + 1,
        place=2,
        body="two",
        client_id="orphan",
        so_far=first.so_far.with_one(first.type, first.channel),
    )
    await store.insert_message(shop, orphan)

    async def is_settled():
        conversation = await shop.database["conversations"].find_one(key)
        return conversation["count"] == 2 and conversation["last"]["body"] == "two"

    assert await eventually(is_settled, within_seconds=10)
    third = await ask(shop, ivy, "three")
    assert (third.seq, third.place, third.so_far.questions) == (orphan.seq + 1, 3, 3)


async def test_settling_twice_or_late_changes_nothing(shop, app, sam):
    ivy = await make_person(app, "Ivy Twice")
    first = await ask(shop, ivy, "one")
    await service.post(
        shop, sam.identity, customer=ivy.customer, channel=Channel.PRIVATE, body="two"
    )
    key = {"_id": ivy.identity.user_id}
    before = await shop.database["conversations"].find_one(key)
    await service.settle(shop, first)
    assert await shop.database["conversations"].find_one(key) == before
