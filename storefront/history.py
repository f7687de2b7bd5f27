"""Who changed what and when: the record that staff read beside a product, an order or a user.

The slices' services write it with the change itself, in the same transaction where there is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from storefront.database import ASCENDING, DESCENDING, IndexModel, ObjectId, Transaction
from storefront.shop import Shop

INDEXES = {
    "history": [IndexModel([("subject", ASCENDING), ("at", DESCENDING)], name="subject")],
}
MOST_SHOWN = 50

Value = str | int | bool | None
Subject = tuple[str, str]


class Person(Protocol):
    """Who changes something, such as the signed-in user of a request."""

    @property
    def user_id(self) -> str: ...

    @property
    def full_name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class By:
    """Somebody who is no request's user: a command, or a person of whom only the id is known."""

    user_id: str = ""
    full_name: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One field's value before and after; ``part`` says of what, such as a variant's SKU."""

    field: str
    before: Value = None
    after: Value = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one person changed of a subject in one go. ``by_name`` is empty where unknown."""

    id: str
    at: datetime
    by_id: str
    by_name: str
    what: tuple[Change, ...]


async def record(
    shop: Shop,
    subject: Subject,
    *,
    by: Person,
    what: Sequence[Change],
    transaction: Transaction | None = None,
) -> None:
    """Note what ``by`` changed of ``subject``, such as ("product", id); nothing without changes.

    No secrets and no personal data but the name of who did it: this is never forgotten.
    """
    if what:
        document = _document(subject, by, what)
        await shop.database["history"].insert_one(document, session=transaction)


async def record_many(
    shop: Shop,
    entries: Sequence[tuple[Subject, Sequence[Change]]],
    *,
    by: Person,
    transaction: Transaction | None = None,
) -> None:
    """As `record`, for what ``by`` changed of many subjects in one go."""
    documents = [_document(subject, by, what) for subject, what in entries if what]
    if documents:
        await shop.database["history"].insert_many(documents, session=transaction)


def _document(subject: Subject, by: Person, what: Sequence[Change]) -> dict[str, Any]:
    return {
        "_id": ObjectId(),
        "subject": _key(subject),
        "at": datetime.now(UTC),
        "by": {"user_id": by.user_id, "full_name": by.full_name},
        "what": [asdict(change) for change in what],
    }


async def forget(shop: Shop, subject: Subject, transaction: Transaction) -> None:
    """Delete the record of a subject that is no more."""
    await shop.database["history"].delete_many({"subject": _key(subject)}, session=transaction)


async def list_entries(shop: Shop, subject: Subject, *, limit: int = MOST_SHOWN) -> list[Entry]:
    """The latest entries about ``subject``, newest first. One command."""
    newest_first = [("at", DESCENDING), ("_id", DESCENDING)]
    found = shop.database["history"].find({"subject": _key(subject)}, sort=newest_first)
    return [_entry(document) async for document in found.limit(limit)]


def differences(before: Mapping[str, Value], after: Mapping[str, Value]) -> list[Change]:
    """The fields whose values differ, in the order in which ``after`` names them."""
    names = dict.fromkeys([*after, *before])
    return [
        Change(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _key(subject: Subject) -> str:
    kind, key = subject
    return f"{kind}:{key}"


def _entry(document: Mapping[str, Any]) -> Entry:
    return Entry(
        id=str(document["_id"]),
        at=document["at"],
        by_id=document["by"]["user_id"],
        by_name=document["by"]["full_name"],
        what=tuple(Change(**change) for change in document["what"]),
    )
