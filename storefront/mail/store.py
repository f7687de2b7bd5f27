"""The ``outbox`` collection."""

import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from storefront import recent
from storefront.database import ASCENDING, DESCENDING, IndexModel, ObjectId, Transaction, object_id
from storefront.mail.model import State, StoredMail
from storefront.recent import Page
from storefront.shop import Shop

log = logging.getLogger(__name__)

INDEXES = {
    "outbox": [
        IndexModel([("state", ASCENDING), ("next_attempt_at", ASCENDING)], name="due"),
        IndexModel([("created_at", DESCENDING)], name="newest"),
        IndexModel([("state", ASCENDING), ("created_at", DESCENDING)], name="newest_of_state"),
        IndexModel([("to", ASCENDING)], name="to"),
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ]
}
MOST_AT_ONCE = 100


async def insert_mail(shop: Shop, mail: StoredMail, transaction: Transaction) -> None:
    document = asdict(mail)
    document["_id"] = ObjectId(document.pop("id"))
    document["state"] = mail.state.value
    await shop.database["outbox"].insert_one(document, session=transaction)


async def delete_mails_to(shop: Shop, address: str, transaction: Transaction) -> None:
    await shop.database["outbox"].delete_many({"to": address}, session=transaction)


async def find_mail(shop: Shop, mail_id: str) -> StoredMail | None:
    key = object_id(mail_id)
    document = await shop.database["outbox"].find_one({"_id": key}) if key else None
    return _mail(document) if document else None


async def list_due(shop: Shop, now: datetime) -> list[StoredMail]:
    """Some of the mails whose time has come; among them those that another process is sending.

    What was never tried is due whatever its time: a clock that was set back since, or another
    host's, must not keep it waiting.
    """
    pending = {"state": State.PENDING.value}
    due: list[StoredMail] = []
    for which in (
        {**pending, "attempts": 0},
        {**pending, "attempts": {"$gt": 0}, "next_attempt_at": {"$lte": now}},
    ):
        found = shop.database["outbox"].find(which, limit=MOST_AT_ONCE)
        due += [mail for mail in [_readable(document) async for document in found] if mail]
    return due


def _readable(document: Mapping[str, Any]) -> StoredMail | None:
    """The mail, or None for what was written by hand or by a newer version: the others go out."""
    try:
        return _mail(document)
    except (KeyError, TypeError, ValueError):
        log.exception("the mail %s cannot be read", document["_id"])
        return None


async def list_mails(
    shop: Shop, state: State | None, *, after: str | None, limit: int
) -> Page[StoredMail]:
    """The newest first. ValidationError when ``after`` is no place in the list."""
    which = {"state": state.value} if state else {}
    return await recent.read_page(
        shop.database["outbox"], which, _mail, field="created_at", after=after, limit=limit
    )


async def count_mails(shop: Shop, state: State) -> int:
    return int(await shop.database["outbox"].count_documents({"state": state.value}))


async def count_delayed(shop: Shop) -> int:
    query = {"state": State.PENDING.value, "last_error": {"$ne": None}}
    return int(await shop.database["outbox"].count_documents(query))


async def find_oldest_time(shop: Shop, state: State) -> datetime | None:
    """When the oldest mail in ``state`` was written; None where there is none."""
    document = await shop.database["outbox"].find_one(
        {"state": state.value}, {"created_at": True}, sort=[("created_at", ASCENDING)]
    )
    return document["created_at"] if document else None


async def claim(shop: Shop, mail: StoredMail, *, sender: str, until: datetime) -> bool:
    """Take the mail for ``sender`` if nobody did since it was read."""
    result = await shop.database["outbox"].update_one(
        {
            "_id": ObjectId(mail.id),
            "state": State.PENDING.value,
            "lease_by": mail.lease_by,
            "lease_until": mail.lease_until,
        },
        {"$set": {"lease_by": sender, "lease_until": until}},
    )
    return bool(result.modified_count)


async def renew(shop: Shop, mail: StoredMail, *, sender: str, until: datetime) -> None:
    """Let the lease last longer, unless it has passed to another."""
    await shop.database["outbox"].update_one(
        {"_id": ObjectId(mail.id), "lease_by": sender}, {"$set": {"lease_until": until}}
    )


async def update_claimed(
    shop: Shop, mail: StoredMail, *, sender: str, changes: Mapping[str, Any]
) -> None:
    """Set ``changes`` and give the mail back, unless the lease has passed to another."""
    await shop.database["outbox"].update_one(
        {"_id": ObjectId(mail.id), "lease_by": sender},
        {"$set": {**changes, "lease_by": None, "lease_until": None}},
    )


async def make_pending(shop: Shop, mail_id: str, now: datetime) -> bool:
    """Let the mail be sent (again); False when there is none, or when it waits already."""
    result = await shop.database["outbox"].update_one(
        {"_id": object_id(mail_id), "state": {"$ne": State.PENDING.value}},
        {
            "$set": {"state": State.PENDING.value, "attempts": 0, "next_attempt_at": now},
            "$unset": {"expires_at": ""},
        },
    )
    return bool(result.modified_count)


def _mail(document: Mapping[str, Any]) -> StoredMail:
    return StoredMail(
        id=str(document["_id"]),
        kind=document["kind"],
        to=document["to"],
        language=document["language"],
        context=document["context"],
        state=State(document["state"]),
        attempts=document["attempts"],
        message_id=document["message_id"],
        created_at=document["created_at"],
        next_attempt_at=document["next_attempt_at"],
        sent_at=document["sent_at"],
        last_error=document["last_error"],
        lease_by=document["lease_by"],
        lease_until=document["lease_until"],
    )
