"""Long lists, newest first, read a little at a time.

The embedded engine's cost grows with all that a query matches, whatever its limit. So a list is
read backwards in windows of time, each four times as long as the one before, until a page is
full. With an index on the field of time (behind those of equality, where there are some) each
window costs what it holds, there and on MongoDB.
"""

import base64
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from storefront.database import Collection
from storefront.errors import ValidationError
from storefront.localisation import gettext as _

_FIRST_WINDOW = timedelta(seconds=4)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
_TICK = timedelta(milliseconds=1)  # As fine as the database keeps times.
_LONGEST_CURSOR = 200
_LAST_YEAR = 9000  # Windows reach a little beyond a place, and no time lies beyond 9999.

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the time and the key of its last document."""

    at: datetime
    key: str

    def encode(self) -> str:
        """The place as text, for a link."""
        text = json.dumps([self.at.isoformat(), self.key])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str | None) -> Place | None:
    """The place that a link names; ValidationError at ``after`` when it is none."""
    if not text:
        return None
    place = _read_place(text) if len(text) <= _LONGEST_CURSOR else None
    if place is None:
        raise ValidationError.of("after", _("This is not a place in this list."))
    return place


def _read_place(text: str) -> Place | None:
    try:
        padded = text + "=" * (-len(text) % 4)
        moment, key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        at = datetime.fromisoformat(moment)
    except (ValueError, TypeError, RecursionError):
        return None
    is_time = at.tzinfo is not None and _BEGINNING.year <= at.year <= _LAST_YEAR
    return Place(at, key) if is_time and isinstance(key, str) else None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list, newest first; ``next`` goes into ``after`` and is None at the end."""

    items: Sequence[Item]
    next: str | None


async def read(
    collection: Collection[Any],
    which: Mapping[str, Any],
    *,
    field: str,
    after: Place | None = None,
) -> AsyncGenerator[Mapping[str, Any], None]:
    """Documents with ``which``, by the time in ``field``, newest first, those after ``after``.

    ``which`` compares for equality only. Stop reading when there is enough: each window is one
    command, and some sixteen reach back to the beginning.
    """
    start = after.at if after else datetime.now(UTC) + timedelta(minutes=1)  # Clocks differ.
    until, span = start + _TICK, _FIRST_WINDOW
    while until > _BEGINNING:
        since = until - span if until - _BEGINNING > span else _BEGINNING
        found = collection.find({**which, field: {"$gte": since, "$lt": until}})
        window = [document async for document in found]
        window.sort(key=lambda each: (each[field], str(each["_id"])), reverse=True)
        for document in window:
            if after is None or (document[field], str(document["_id"])) < (after.at, after.key):
                yield document
        until, span = since, span * 4


async def read_page(
    collection: Collection[Any],
    which: Mapping[str, Any],
    make: Callable[[Mapping[str, Any]], Item],
    *,
    field: str,
    after: str | None,
    limit: int,
    keep: Callable[[Mapping[str, Any]], bool] = bool,
) -> Page[Item]:
    """The next ``limit`` documents as `read` has them, each made into an item by ``make``.

    Only those that ``keep`` approves of, for what no index knows. ValidationError when
    ``after`` is no place in a list.
    """
    found: list[Mapping[str, Any]] = []
    place = decode(after)
    async with aclosing(read(collection, which, field=field, after=place)) as documents:
        async for document in documents:
            if not keep(document):
                continue
            if len(found) == limit:
                last = found[-1]
                end = Place(last[field], str(last["_id"]))
                return Page([make(each) for each in found], end.encode())
            found.append(document)
    return Page([make(each) for each in found], None)
