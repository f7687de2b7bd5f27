"""The collections ``messages``, ``conversations`` and ``counters``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from storefront.chat.model import (
    EVERYTHING,
    Answering,
    Channel,
    Conversation,
    Customer,
    Message,
    MessageType,
    Room,
    State,
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
MOST_UNREAD = 99


async def ensure_counter(shop: Shop) -> None:
    """Make the counter before the first two messages can race for it."""
    zero = {"$setOnInsert": {"seq": 0, "general": 0}}
    try:
        await shop.database["counters"].update_one(COUNTER, zero, upsert=True)
    except DuplicateKeyError:  # Another process made it in this moment.
        return


async def next_positions(shop: Shop, channel: Channel, tx: Transaction) -> tuple[int, int]:
    """The positions among all and among general messages; a conflict with any other writer."""
    step = {"seq": 1, "general": int(channel is Channel.GENERAL)}
    await shop.database["counters"].update_one(COUNTER, {"$inc": step}, upsert=True, session=tx)
    counter: Any = await shop.database["counters"].find_one(COUNTER, session=tx)
    return counter["seq"], counter["general"]


async def last_position(shop: Shop, room: Room) -> int:
    """The position of the newest message of the room; 0 when there is none."""
    if room.kind == "own":
        key = {"_id": room.user_id}
        conversation = await shop.database["conversations"].find_one(key, {"count": True})
        return conversation["count"] if conversation else 0
    counter = await shop.database["counters"].find_one(COUNTER)
    return counter["seq" if room.kind == "all" else "general"] if counter else 0


async def next_place(shop: Shop, user_id: str, tx: Transaction) -> int:
    """The next position in the customer's own conversation."""
    stored = await shop.database["conversations"].find_one(
        {"_id": user_id}, {"count": True}, session=tx
    )
    return stored["count"] + 1 if stored else 1


async def insert_message(shop: Shop, message: Message, tx: Transaction) -> None:
    """DuplicateKeyError when its author has sent the same client_id before."""
    await shop.database["messages"].insert_one(_document(message), session=tx)


def _document(message: Message) -> dict[str, Any]:
    values = {name: getattr(message, name) for name in Message.__slots__ if name != "id"}
    values |= {"type": message.type.value, "channel": message.channel.value}
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


async def list_since(shop: Shop, seq: int, upto: int) -> tuple[Message, ...]:
    return await list_messages(shop, EVERYTHING, seq, upto)


def message_from(document: Mapping[str, Any]) -> Message:
    """The message as it is stored, also as the change feed brings it."""
    values = {name: document[name] for name in Message.__slots__ if name != "id"}
    values |= {"type": MessageType(values["type"]), "channel": Channel(values["channel"])}
    return Message(id=str(document["_id"]), **values)


async def add_to_conversation(
    shop: Shop, customer: Customer, message: Message, *, digest_at: datetime, tx: Transaction
) -> None:
    """Count the message and keep it as the last of the customer's conversation.

    A question opens the conversation (again) and is unread by staff. An answer is unread by the
    customer; a digest that is due already keeps its time, so that one mail tells of them all.
    """
    conversations = shop.database["conversations"]
    key = {"_id": customer.user_id}
    changes: dict[str, Any] = {
        "email": customer.email,
        "full_name": customer.full_name,
        "count": message.place,
        "last": _document(message),
    }
    if message.is_answer:
        unread = f"unread_{message.channel.value}"
        changes["state"] = State.ANSWERED.value
        stored = await conversations.find_one(key, {"digest_at": True}, session=tx)
        changes["digest_at"] = (stored or {}).get("digest_at") or digest_at
    else:
        unread = "unread_by_staff"
        changes |= {"state": State.OPEN.value, "asked_seq": message.seq}
    push = {unread: {"$each": [message.place], "$slice": -MOST_UNREAD}}
    await conversations.update_one(key, {"$set": changes, "$push": push}, upsert=True, session=tx)


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
    return len(_unread_answers(document)) if document else 0


async def list_unread_answers(shop: Shop, user_id: str, tx: Transaction) -> list[Message]:
    document = await shop.database["conversations"].find_one({"_id": user_id}, session=tx)
    places = _unread_answers(document) if document else []
    found = shop.database["messages"].find(
        {"user_id": user_id, "place": {"$in": places}}, session=tx
    )
    messages = [message_from(each) async for each in found]
    return sorted(messages, key=lambda message: message.place)


def _unread_answers(document: Mapping[str, Any]) -> list[int]:
    return sorted([*document.get("unread_private", ()), *document.get("unread_general", ())])


async def mark_read_by_customer(
    shop: Shop, user_id: str, upto: int, channels: Sequence[Channel]
) -> None:
    """The customer has seen the answers of these channels up to that place."""
    seen = {f"unread_{channel.value}": {"$lte": upto} for channel in channels}
    await shop.database["conversations"].update_one({"_id": user_id}, {"$pull": seen})


async def mark_read_by_staff(shop: Shop, user_id: str, upto: int) -> None:
    seen = {"unread_by_staff": {"$lte": upto}}
    await shop.database["conversations"].update_one({"_id": user_id}, {"$pull": seen})


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


async def claim_digest(shop: Shop, user_id: str, now: datetime, tx: Transaction) -> bool:
    """Take the digest's time away; False when another process was faster."""
    result = await shop.database["conversations"].update_one(
        {"_id": user_id, "digest_at": {"$lte": now}}, {"$unset": {"digest_at": ""}}, session=tx
    )
    return bool(result.modified_count)


def conversation_from(document: Mapping[str, Any]) -> Conversation:
    """The conversation as it is stored, also as the change feed brings it."""
    answering = document.get("answering")
    return Conversation(
        user_id=document["_id"],
        email=document["email"],
        full_name=document["full_name"],
        state=State(document["state"]),
        unread=len(document.get("unread_by_staff", ())),
        asked_seq=document.get("asked_seq", 0),
        last=message_from(document["last"]),
        answering=Answering(**answering) if answering else None,
    )
