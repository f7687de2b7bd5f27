"""The collections ``messages``, ``conversations`` and ``counters``."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from storefront.chat.model import (
    EVERYTHING,
    Answering,
    Channel,
    Conversation,
    Message,
    MessageType,
    Room,
    State,
    Tally,
    own_room,
)
from storefront.database import (
    ASCENDING,
    DuplicateKeyError,
    IndexModel,
    ObjectId,
    Transaction,
    object_id,
)
from storefront.shop import Shop

# Lookups by a partial index are scans on the embedded engine: so every message has a client_id.
INDEXES = {
    "messages": [
        IndexModel([("seq", ASCENDING)], name="seq", unique=True),
        IndexModel([("channel", ASCENDING), ("general", ASCENDING)], name="general"),
        IndexModel([("user_id", ASCENDING), ("place", ASCENDING)], name="own", unique=True),
        IndexModel([("author_id", ASCENDING), ("client_id", ASCENDING)], name="once", unique=True),
    ],
    "conversations": [
        IndexModel([("asked_seq", ASCENDING)], name="asked"),
        IndexModel([("state", ASCENDING)], name="state"),
        IndexModel([("digest_at", ASCENDING)], name="digest"),
    ],
}
COUNTER = {"_id": "messages"}
LOOKED_AHEAD = 200
CLEARED = "–"  # noqa: RUF001  (a dash where words were)
MOST_MAILED = 100


async def find_tip(shop: Shop) -> tuple[int, int]:
    """The newest positions among all and among general messages.

    The counter follows the messages, seconds late; what it has not counted yet lies ahead of it.
    """
    counter = await shop.database["counters"].find_one(COUNTER) or {"seq": 0, "general": 0}
    tip = (counter["seq"], counter["general"])
    while ahead := await list_messages(shop, EVERYTHING, tip[0], tip[0] + LOOKED_AHEAD):
        tip = (ahead[-1].seq, ahead[-1].general)
    return tip


async def find_own_tip(shop: Shop, user_id: str) -> tuple[int, Tally]:
    """The newest place in the customer's own conversation, and the tally up to there."""
    stored = await shop.database["conversations"].find_one({"_id": user_id})
    tip = (stored["count"], Tally(**stored["so_far"])) if stored else (0, Tally())
    room = own_room(user_id)
    while ahead := await list_messages(shop, room, tip[0], tip[0] + LOOKED_AHEAD):
        tip = (ahead[-1].place, ahead[-1].so_far)
    return tip


async def last_position(shop: Shop, room: Room) -> int:
    """The position of the newest message of the room; 0 when there is none."""
    if room.kind == "own":
        return (await find_own_tip(shop, room.user_id))[0]
    seq, general = await find_tip(shop)
    return seq if room.kind == "all" else general


async def insert_message(shop: Shop, message: Message) -> None:
    """DuplicateKeyError when one of its positions is taken, or its client_id was sent before."""
    await shop.database["messages"].insert_one(_document(message))


def _document(message: Message) -> dict[str, Any]:
    values = {name: getattr(message, name) for name in Message.__slots__ if name != "id"}
    values |= {
        "type": message.type.value,
        "channel": message.channel.value,
        "so_far": asdict(message.so_far),
    }
    return {"_id": ObjectId(message.id), **values}


async def find_message(shop: Shop, message_id: str) -> Message | None:
    key = object_id(message_id)
    document = await shop.database["messages"].find_one({"_id": key}) if key else None
    return message_from(document) if document else None


async def find_sent(shop: Shop, author_id: str, client_id: str) -> Message | None:
    """The message that the author has sent under this client_id."""
    document = await shop.database["messages"].find_one(
        {"author_id": author_id, "client_id": client_id}
    )
    return message_from(document) if document else None


async def list_messages(shop: Shop, room: Room, above: int, upto: int) -> tuple[Message, ...]:
    """The messages at positions above ``above`` up to ``upto``, in order."""
    if above >= upto:
        return ()
    span = {"$gt": above, "$lte": upto}
    if room.kind == "general":
        query: dict[str, Any] = {"channel": Channel.GENERAL.value, "general": span}
    elif room.kind == "own":
        query = {"user_id": room.user_id, "place": span}
    else:
        query = {"seq": span}
    found = [message_from(each) async for each in shop.database["messages"].find(query)]
    return tuple(sorted(found, key=lambda message: message.seq))


async def list_all_of(shop: Shop, user_id: str) -> list[Message]:
    """Every message of one customer's conversation, the oldest first."""
    found = shop.database["messages"].find({"user_id": user_id})
    return sorted([message_from(each) async for each in found], key=lambda each: each.place)


async def clear_messages(
    shop: Shop, user_id: str, *, nobody: str, transaction: Transaction
) -> None:
    """Leave of a customer's messages only their places, as those of ``nobody``.

    By their ids: the embedded engine loses its way when an index changes that it walks along.
    """
    messages = shop.database["messages"]
    found = messages.find({"user_id": user_id}, {"author_id": 1}, session=transaction)
    authors = {each["_id"]: each["author_id"] async for each in found}
    own = [key for key, author in authors.items() if author == user_id]
    cleared = {"user_id": nobody, "email": "", "full_name": "", "body": CLEARED}
    for ids, change in (
        (list(authors), cleared),
        (own, {"author": CLEARED, "author_id": nobody}),
    ):
        await messages.update_many({"_id": {"$in": ids}}, {"$set": change}, session=transaction)
    await shop.database["conversations"].delete_one({"_id": user_id}, session=transaction)


def message_from(document: Mapping[str, Any]) -> Message:
    """The message as it is stored, also as the change feed brings it."""
    values = {name: document[name] for name in Message.__slots__ if name != "id"}
    values |= {
        "type": MessageType(values["type"]),
        "channel": Channel(values["channel"]),
        "so_far": Tally(**values["so_far"]),
    }
    return Message(id=str(document["_id"]), **values)


async def count_message(shop: Shop, message: Message) -> None:
    """Let the counter follow up to this message."""
    change = {"$max": {"seq": message.seq, "general": message.general}}
    try:
        await shop.database["counters"].update_one(COUNTER, change, upsert=True)
    except DuplicateKeyError:  # Another process made the counter in this moment.
        await shop.database["counters"].update_one(COUNTER, change)


async def update_conversation(shop: Shop, message: Message, *, digest_at: datetime) -> None:
    """Make this the last message of its conversation, unless a later one is already.

    It may be repeated. A question opens the conversation (again); who answers has seen what was
    asked. A digest that is due already keeps its time, so that one mail tells of all answers.
    """
    conversations = shop.database["conversations"]
    highest = {"asked_seq": 0 if message.is_answer else message.seq}
    change: dict[str, Any] = {
        "$set": {
            "email": message.email,
            "full_name": message.full_name,
            "count": message.place,
            "so_far": asdict(message.so_far),
            "last": _document(message),
            "state": (State.ANSWERED if message.is_answer else State.OPEN).value,
        },
        "$max": highest,
    }
    if message.is_answer:
        highest["seen_by_staff"] = message.so_far.questions
        change["$min"] = {"digest_at": digest_at}
    newer = {"_id": message.user_id, "count": {"$lt": message.place}}
    try:
        await conversations.update_one(newer, change, upsert=True)
    except DuplicateKeyError:  # It is there, with this message or a later one as the last.
        await conversations.update_one({"_id": message.user_id}, {"$max": highest})


async def find_conversation(shop: Shop, user_id: str) -> Conversation | None:
    document = await shop.database["conversations"].find_one({"_id": user_id})
    return conversation_from(document) if document else None


async def list_asked(shop: Shop, above: int, upto: int) -> list[Conversation]:
    """Conversations whose newest question stands there among all messages; newest first."""
    query = {"asked_seq": {"$gt": above, "$lte": upto}}
    found = [conversation_from(e) async for e in shop.database["conversations"].find(query)]
    return sorted(found, key=lambda each: each.asked_seq, reverse=True)


async def list_all_asked(shop: Shop) -> list[Conversation]:
    """Every conversation with a question; newest first."""
    found = [conversation_from(e) async for e in shop.database["conversations"].find({})]
    asked = (each for each in found if each.asked_seq)
    return sorted(asked, key=lambda each: each.asked_seq, reverse=True)


async def count_open(shop: Shop) -> int:
    query = {"state": State.OPEN.value}
    return int(await shop.database["conversations"].count_documents(query))


async def count_unread_answers(shop: Shop, user_id: str) -> int:
    """How many answers the customer has not seen."""
    document = await shop.database["conversations"].find_one({"_id": user_id})
    if document is None:
        return 0
    so_far, seen = Tally(**document["so_far"]), _seen_by_customer(document)
    private = so_far.private_answers - seen.private_answers
    return private + so_far.general_answers - seen.general_answers


def _seen_by_customer(document: Mapping[str, Any]) -> Tally:
    return Tally(
        private_answers=document.get("seen_private", 0),
        general_answers=document.get("seen_general", 0),
    )


async def mark_read_by_customer(shop: Shop, user_id: str, seen: Tally) -> None:
    """The customer has seen so many of the answers."""
    seen_now = {"seen_private": seen.private_answers, "seen_general": seen.general_answers}
    await shop.database["conversations"].update_one({"_id": user_id}, {"$max": seen_now})


async def mark_read_by_staff(shop: Shop, user_id: str, questions: int) -> None:
    """Staff have seen so many of the questions."""
    await shop.database["conversations"].update_one(
        {"_id": user_id}, {"$max": {"seen_by_staff": questions}}
    )


async def update_state(shop: Shop, user_id: str, state: State) -> None:
    await shop.database["conversations"].update_one(
        {"_id": user_id}, {"$set": {"state": state.value}}
    )


async def update_answering(shop: Shop, user_id: str, answering: Answering | None) -> None:
    shown = None
    if answering:
        shown = {name: getattr(answering, name) for name in Answering.__slots__}
    await shop.database["conversations"].update_one(
        {"_id": user_id}, {"$set": {"answering": shown}}
    )


async def list_due_digests(shop: Shop, since: datetime, now: datetime) -> list[str]:
    """Whose answers have waited long enough to be mailed."""
    query = {"digest_at": {"$gt": since, "$lte": now}}
    found = shop.database["conversations"].find(query, {"_id": True})
    return [each["_id"] async for each in found]


async def claim_digest(
    shop: Shop, user_id: str, now: datetime, tx: Transaction
) -> tuple[Message, ...]:
    """Take what a digest has to tell: answers that were neither seen nor mailed, oldest first.

    Nothing when another process was faster.
    """
    conversations = shop.database["conversations"]
    key = {"_id": user_id, "digest_at": {"$lte": now}}
    document = await conversations.find_one(key, session=tx)
    if document is None:
        return ()
    upto = document["count"]
    change = {"$unset": {"digest_at": ""}, "$set": {"mailed_upto": upto}}
    await conversations.update_one(key, change, session=tx)
    above = max(document.get("mailed_upto", 0), upto - MOST_MAILED)
    seen = _seen_by_customer(document)
    return tuple(
        message
        for message in await list_messages(shop, own_room(user_id), above, upto)
        if message.is_answer and _is_unseen(message, seen)
    )


def _is_unseen(message: Message, seen: Tally) -> bool:
    if message.channel is Channel.GENERAL:
        return message.so_far.general_answers > seen.general_answers
    return message.so_far.private_answers > seen.private_answers


def conversation_from(document: Mapping[str, Any]) -> Conversation:
    """The conversation as it is stored, also as the change feed brings it."""
    answering = document.get("answering")
    return Conversation(
        user_id=document["_id"],
        email=document["email"],
        full_name=document["full_name"],
        state=State(document["state"]),
        unread=max(0, document["so_far"]["questions"] - document.get("seen_by_staff", 0)),
        asked_seq=document.get("asked_seq", 0),
        last=message_from(document["last"]),
        answering=Answering(**answering) if answering else None,
    )
