"""The errors that staff can look up: the collections ``errors`` and ``error_kinds``.

What is kept of a request is what helps to find the mistake, and nothing of what the person sent:
no bodies, no headers with secrets, no addresses; of the person only the user's id.
"""

import hashlib
import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from quart import has_websocket_context

from storefront import recent
from storefront.database import (
    ASCENDING,
    DESCENDING,
    DuplicateKeyError,
    IndexModel,
    PyMongoError,
)
from storefront.errors import NotFoundError, ShopError
from storefront.localisation import gettext as _
from storefront.localisation import language
from storefront.recent import Page
from storefront.shop import Shop
from storefront.web import htmx
from storefront.web.identity import current_identity
from storefront.web.redaction import redact
from storefront.web.source import source

log = logging.getLogger(__name__)

INDEXES = {
    "errors": [
        IndexModel([("at", ASCENDING)], name="at"),
        IndexModel([("group", ASCENDING), ("at", ASCENDING)], name="group"),
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
    "error_kinds": [
        IndexModel([("last_at", DESCENDING)], name="last"),
        IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
    ],
}
LONGEST_TRACEBACK = 60_000
LONGEST_PATH = 500
MOST_REFUSALS_A_MINUTE = 30
REFUSALS_KEPT = timedelta(days=1)

_OUR_CODE = f"{Path(__file__).parents[1]}/"
# Parts of addresses that name a person or open something.
_PRIVATE_PARTS = frozenset({"email", "token"})


@dataclass(frozen=True, slots=True)
class LoggedError:
    """A failed request. ``id`` is its X-Request-ID; ``group`` is the same for the same kind."""

    id: str
    at: datetime
    status: int
    name: str
    detail: str
    kind: str
    method: str
    path: str
    route: str
    frame: str
    group: str
    user_id: str | None
    context: Mapping[str, str]
    traceback: str

    @property
    def last_line(self) -> str:
        """What the error itself said."""
        return self.traceback.rstrip().rpartition("\n")[2]


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """Errors of one type, from one route, raised at one line."""

    id: str
    kind: str
    route: str
    frame: str
    name: str
    count: int
    first_at: datetime
    last_at: datetime
    last_error_id: str


class Refusals:
    """A part of the shop: how many refused requests of this minute are kept already.

    Whoever asks for nonsense all day must not fill the database with it.
    """

    def __init__(self) -> None:
        self._minute, self._kept = 0, 0

    def take(self) -> bool:
        """Whether one more may be kept."""
        minute = int(monotonic() / 60)
        if minute != self._minute:
            self._minute, self._kept = minute, 0
        self._kept += 1
        return self._kept <= MOST_REFUSALS_A_MINUTE


async def keep(
    shop: Shop, problem: ShopError, error: Exception, *, error_id: str, is_fault: bool
) -> None:
    """Store what happened in the request under way; never raises. Only faults are listed."""
    trace = described(shop, error, with_causes=is_fault)
    retention = timedelta(days=shop.settings.retention.errors_days)
    kind, frame, now = type(error).__name__, _last_frame(error), datetime.now(UTC)
    group = hashlib.blake2b(f"{kind} {_route()} {frame}".encode(), digest_size=8).hexdigest()
    identity = current_identity()
    document = {
        "_id": error_id,
        "at": now,
        "expires_at": now + (retention if is_fault else min(retention, REFUSALS_KEPT)),
        "status": problem.status,
        "name": problem.name,
        "detail": redact(problem.detail, shop.settings),
        "kind": kind,
        "method": method(),
        "path": safe_path(shop),
        "route": _route(),
        "frame": frame,
        "group": group,
        "user_id": identity.user_id if identity else None,
        "context": _context(),
        "traceback": trace,
    }
    try:
        await shop.database["errors"].insert_one(document)
        if is_fault:
            await _count(shop, document)
    except PyMongoError:
        log.warning("error %s could not be stored", error_id)


async def _count(shop: Shop, document: Mapping[str, Any]) -> None:
    """Count it among its kind; two processes may meet the first of a kind at once."""
    change = {
        "$inc": {"count": 1},
        "$set": {
            "last_at": document["at"],
            "last_error_id": document["_id"],
            "expires_at": document["expires_at"],
        },
        "$setOnInsert": {
            **{name: document[name] for name in ("kind", "route", "frame", "name")},
            "first_at": document["at"],
        },
    }
    kinds = shop.database["error_kinds"]
    try:
        await kinds.update_one({"_id": document["group"]}, change, upsert=True)
    except DuplicateKeyError:
        await kinds.update_one({"_id": document["group"]}, change)


def described(shop: Shop, error: Exception, *, with_causes: bool = True) -> str:
    """The traceback without secrets and addresses; of a very long one the end, which matters.

    What a refusal was caused by may quote what was typed, so it can be left out.
    """
    lines = traceback.format_exception(error, chain=with_causes)
    text = "".join(lines)[-LONGEST_TRACEBACK:]
    return redact(text, shop.settings)


def method() -> str:
    """The request's method; SOCKET for one of a WebSocket."""
    return "SOCKET" if has_websocket_context() else str(source().method)


def safe_path(shop: Shop) -> str:
    """The beginning of the address that was asked for, without the parts that name a person or
    open something."""
    asked = source()
    private = _PRIVATE_PARTS & set(asked.view_args or ())
    return _route() if private else redact(str(asked.path), shop.settings)[:LONGEST_PATH]


def _route() -> str:
    """The pattern of the address; empty where the shop has nothing."""
    rule = source().url_rule
    return str(rule.rule) if rule else ""


def _last_frame(error: Exception) -> str:
    """Where it was raised, as file:line function; in our own code if it passed through it."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "(nowhere)"
    ours = [frame for frame in frames if frame.filename.startswith(_OUR_CODE)]
    last = (ours or frames)[-1]
    file = last.filename.removeprefix(_OUR_CODE).rpartition("/site-packages/")[2]
    return f"{file}:{last.lineno} {last.name}"


def _context() -> dict[str, str]:
    """In what form it was asked, never what was said: names of parameters without their values."""
    asked = source()
    headers = asked.headers
    form = "page"
    if has_websocket_context():
        form = "socket"
    elif asked.path.startswith("/api/"):
        form = "api"
    elif htmx.wants_fragment():
        form = "fragment"
    facts = {
        "form": form,
        "language": language(),
        "parameters": " ".join(sorted(asked.args))[:200],
        "content_type": headers.get("Content-Type", "").partition(";")[0][:100],
        "content_length": headers.get("Content-Length", "")[:20],
    }
    return {name: value for name, value in facts.items() if value}


async def list_errors(
    shop: Shop, *, group: str | None = None, after: str | None = None, limit: int = 50
) -> Page[LoggedError]:
    """Logged errors, newest first, all or those of one kind. ValidationError at ``after``."""
    which = {"group": group} if group else {}
    return await recent.read_page(
        shop.database["errors"], which, _error, field="at", after=after, limit=limit
    )


async def list_kinds(shop: Shop, *, after: str | None = None, limit: int = 50) -> Page[ErrorKind]:
    """What went wrong, each kind once, the latest first. ValidationError at ``after``."""
    return await recent.read_page(
        shop.database["error_kinds"], {}, _kind, field="last_at", after=after, limit=limit
    )


async def get_error(shop: Shop, error_id: str) -> LoggedError:
    """NotFoundError when none was logged under this id."""
    document = await shop.database["errors"].find_one({"_id": error_id})
    if document is None:
        raise NotFoundError(_("No error was logged under this id."))
    return _error(document)


async def find_kind(shop: Shop, group: str) -> ErrorKind | None:
    document = await shop.database["error_kinds"].find_one({"_id": group})
    return _kind(document) if document else None


def _error(document: Mapping[str, Any]) -> LoggedError:
    """Errors from before kinds were counted lack some of it."""
    return LoggedError(
        id=str(document["_id"]),
        at=document["at"],
        status=document["status"],
        name=document["name"],
        detail=document["detail"],
        kind=document["kind"],
        method=document["method"],
        path=document["path"],
        route=document.get("route", document["path"]),
        frame=document.get("frame", ""),
        group=document.get("group", ""),
        user_id=document["user_id"],
        context=document.get("context", {}),
        traceback=document["traceback"],
    )


def _kind(document: Mapping[str, Any]) -> ErrorKind:
    return ErrorKind(
        id=str(document["_id"]),
        kind=document["kind"],
        route=document["route"],
        frame=document["frame"],
        name=document["name"],
        count=document["count"],
        first_at=document["first_at"],
        last_at=document["last_at"],
        last_error_id=document["last_error_id"],
    )
