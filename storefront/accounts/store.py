"""The collections ``users``, ``sessions`` and ``password_resets``."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from storefront import recent
from storefront.accounts import finding
from storefront.accounts.model import MOST_ADDRESSES, Origin, Role, Session, User
from storefront.carts.model import Address
from storefront.database import (
    ASCENDING,
    DESCENDING,
    IndexModel,
    ObjectId,
    Transaction,
    object_id,
)
from storefront.recent import Page
from storefront.shop import Shop

INDEXES = {
    "users": [
        IndexModel([("email", ASCENDING)], name="email", unique=True),
        IndexModel([("created_at", DESCENDING)], name="newest"),
        IndexModel([("role", ASCENDING), ("created_at", DESCENDING)], name="role"),
        IndexModel([("found_by", ASCENDING), ("created_at", DESCENDING)], name="found_by"),
    ],
    "sessions": [
        IndexModel([("user_id", ASCENDING)], name="user"),
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
    "password_resets": [
        IndexModel([("user_id", ASCENDING)], name="user"),
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
}


async def insert_user(
    shop: Shop, user: User, password_hash: str, transaction: Transaction | None = None
) -> None:
    """DuplicateKeyError when the email has an account already."""
    document = asdict(user)
    document["_id"] = ObjectId(document.pop("id"))
    document |= {
        "role": user.role.value,
        "addresses": list(document["addresses"]),
        "found_by": finding.beginnings(user.email, user.full_name),
        "password_hash": password_hash,
        "updated_at": user.created_at,
    }
    await shop.database["users"].insert_one(document, session=transaction)


async def find_user(
    shop: Shop, user_id: str, transaction: Transaction | None = None
) -> User | None:
    key = object_id(user_id)
    if key is None:
        return None
    document = await shop.database["users"].find_one({"_id": key}, session=transaction)
    return _user(document) if document else None


async def find_users(shop: Shop, user_ids: Iterable[str]) -> list[User]:
    keys = [key for key in map(object_id, set(user_ids)) if key]
    found = shop.database["users"].find({"_id": {"$in": keys}})
    return [_user(document) async for document in found]


async def find_user_by_email(shop: Shop, email: str) -> User | None:
    document = await shop.database["users"].find_one({"email": email})
    return _user(document) if document else None


async def find_credentials(shop: Shop, email: str) -> tuple[User, str] | None:
    """The user of an address, and the hash of their password."""
    document = await shop.database["users"].find_one({"email": email})
    return (_user(document), document["password_hash"]) if document else None


async def list_users(
    shop: Shop, *, q: str, role: Role | None, after: str | None, limit: int
) -> Page[User]:
    """Users, newest first; with ``q`` those whose name or email has words that begin so."""
    words = finding.words(q)
    which: dict[str, Any] = {}
    if "@" in q and (user := await find_user_by_email(shop, q.strip().lower())):
        return Page([user] if role in {None, user.role} and not after else [], None)
    if role and (
        role is not Role.CUSTOMER or not words
    ):  # Few work here, whatever they are called.
        which = {"role": role.value}
    elif words:
        which = {"found_by": finding.narrowest(words)}

    def matches(document: Mapping[str, Any]) -> bool:
        known = finding.words(f"{document['email']} {document['full_name']}")
        has_role = role is None or document["role"] == role.value
        return has_role and all(any(each.startswith(word) for each in known) for word in words)

    return await recent.read_page(
        shop.database["users"],
        which,
        _user,
        field="created_at",
        after=after,
        limit=limit,
        keep=matches,
    )


async def rely_on_other_admin(shop: Shop, user_id: str, transaction: Transaction) -> bool:
    """False when there is no admin besides the user who may sign in.

    It writes to the one who is relied on: two transactions that each rely on whom the other
    demotes then meet at that document, and one of them starts anew (snapshots alone would let
    both pass).
    """
    result = await shop.database["users"].update_one(
        {"role": Role.ADMIN.value, "blocked": False, "_id": {"$ne": ObjectId(user_id)}},
        {"$inc": {"relied_on": 1}},
        session=transaction,
    )
    return bool(result.matched_count)


async def find_password_hash(shop: Shop, user_id: str) -> str | None:
    document = await shop.database["users"].find_one(
        {"_id": ObjectId(user_id)}, {"password_hash": True}
    )
    return document["password_hash"] if document else None


async def update_user(
    shop: Shop,
    user_id: str,
    changes: Mapping[str, Any],
    *,
    now: datetime,
    only_if: Mapping[str, Any] | None = None,
    transaction: Transaction | None = None,
) -> bool:
    """Set ``changes``; False when there is no such user, or not one with ``only_if``."""
    result = await shop.database["users"].update_one(
        {"_id": ObjectId(user_id), **(only_if or {})},
        {"$set": {**changes, "updated_at": now}},
        session=transaction,
    )
    return bool(result.matched_count)


async def delete_user(shop: Shop, user_id: str, transaction: Transaction) -> None:
    await shop.database["users"].delete_one({"_id": ObjectId(user_id)}, session=transaction)


async def add_address(shop: Shop, user_id: str, address: Address, *, now: datetime) -> bool:
    """False when the user keeps it already, or keeps `MOST_ADDRESSES`."""
    result = await shop.database["users"].update_one(
        {
            "_id": ObjectId(user_id),
            f"addresses.{MOST_ADDRESSES - 1}": {"$exists": False},
            "addresses": {"$ne": asdict(address)},
        },
        {"$push": {"addresses": asdict(address)}, "$set": {"updated_at": now}},
    )
    return bool(result.modified_count)


async def remove_address(shop: Shop, user_id: str, address: Address, *, now: datetime) -> None:
    await shop.database["users"].update_one(
        {"_id": ObjectId(user_id)},
        {"$pull": {"addresses": asdict(address)}, "$set": {"updated_at": now}},
    )


def _user(document: Mapping[str, Any]) -> User:
    return User(
        id=str(document["_id"]),
        email=document["email"],
        full_name=document["full_name"],
        phone=document["phone"],
        role=Role(document["role"]),
        verified=document["verified"],
        blocked=document["blocked"],
        language=document["language"],
        theme=document["theme"],
        addresses=tuple(Address(**address) for address in document["addresses"]),
        created_at=document["created_at"],
    )


async def insert_session(
    shop: Shop, session: Session, address: str, transaction: Transaction | None = None
) -> None:
    document = asdict(session)
    document["_id"] = document.pop("id")
    await shop.database["sessions"].insert_one(
        {**document, "address": address, "ended_at": None}, session=transaction
    )


async def find_session(shop: Shop, session_id: str) -> Session | None:
    """The session, unless it was ended."""
    document = await shop.database["sessions"].find_one({"_id": session_id})
    return _session(document) if document and document["ended_at"] is None else None


async def list_sessions(shop: Shop, user_id: str) -> list[Session]:
    """The user's sessions that were not ended."""
    found = shop.database["sessions"].find({"user_id": user_id, "ended_at": None})
    return [_session(document) async for document in found]


async def has_origin(shop: Shop, user_id: str, origin: Origin) -> bool:
    """Whether a session of the user came from there, also one that ended not long ago."""
    wanted = {"user_id": user_id, "address": origin.address, "device": origin.device}
    return await shop.database["sessions"].find_one(wanted, {"_id": True}) is not None


async def list_origins(shop: Shop, user_id: str) -> list[Origin]:
    """Where the user's sessions came from, also those that ended not long ago."""
    found = shop.database["sessions"].find({"user_id": user_id}, {"address": 1, "device": 1})
    return [Origin(each["address"], each["device"]) async for each in found]


async def extend_session(
    shop: Shop, session_id: str, *, now: datetime, expires_at: datetime
) -> bool:
    """False when the session was ended."""
    result = await shop.database["sessions"].update_one(
        {"_id": session_id, "ended_at": None},
        {"$set": {"last_seen_at": now, "expires_at": expires_at}},
    )
    return bool(result.matched_count)


async def end_session(
    shop: Shop,
    user_id: str,
    session_id: str,
    *,
    now: datetime,
    transaction: Transaction | None = None,
) -> bool:
    """False when the user has no such session that is still open."""
    result = await shop.database["sessions"].update_one(
        {"_id": session_id, "user_id": user_id, "ended_at": None},
        {"$set": _ended(shop, now)},
        session=transaction,
    )
    return bool(result.matched_count)


async def end_sessions(
    shop: Shop,
    user_id: str,
    *,
    now: datetime,
    keep: str | None = None,
    transaction: Transaction | None = None,
) -> int:
    """End all sessions of the user but ``keep``; returns how many there were."""
    result = await shop.database["sessions"].update_many(
        {"user_id": user_id, "ended_at": None, "_id": {"$ne": keep}},
        {"$set": _ended(shop, now)},
        session=transaction,
    )
    return int(result.modified_count)


def _ended(shop: Shop, now: datetime) -> dict[str, datetime]:
    """A token of a session that is no longer on record is refused as well."""
    kept = timedelta(days=shop.settings.retention.sessions_days)
    return {"ended_at": now, "expires_at": now + kept}


def _session(document: Mapping[str, Any]) -> Session:
    return Session(
        id=document["_id"],
        user_id=document["user_id"],
        device=document["device"],
        created_at=document["created_at"],
        last_seen_at=document["last_seen_at"],
        expires_at=document["expires_at"],
    )


async def insert_reset(
    shop: Shop,
    *,
    reset_id: str,
    user_id: str,
    now: datetime,
    expires_at: datetime,
    transaction: Transaction,
) -> None:
    await shop.database["password_resets"].insert_one(
        {"_id": reset_id, "user_id": user_id, "created_at": now, "expires_at": expires_at},
        session=transaction,
    )


async def count_resets(shop: Shop, user_id: str, now: datetime) -> int:
    """How many resets of the user could still be used."""
    found = shop.database["password_resets"].find({"user_id": user_id})
    return sum([document["expires_at"] > now async for document in found])


async def find_reset(
    shop: Shop, reset_id: str, now: datetime, transaction: Transaction | None = None
) -> str | None:
    """The id of the user whose password this reset may set; None when it is used up or too old."""
    document = await shop.database["password_resets"].find_one(
        {"_id": reset_id}, session=transaction
    )
    return document["user_id"] if document and document["expires_at"] > now else None


async def delete_resets(shop: Shop, user_id: str, transaction: Transaction) -> None:
    await shop.database["password_resets"].delete_many({"user_id": user_id}, session=transaction)
