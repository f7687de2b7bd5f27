"""Who is behind a session, remembered in this process.

A page must not cost a query to know its visitor, yet an ended session has to be refused by every
process within a second. So what was read once is believed until the change feed tells that the
session or its user changed; while the feed is down, it is believed for a second only.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storefront.accounts import second_factor_store, store
from storefront.accounts.model import Role, User
from storefront.shop import Shop
from storefront.web.identity import Identity
from storefront.web.metrics import looked_up

MOST_ENTRIES = 20_000
BELIEVED_WITHOUT_FEED_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Entry:
    """``identity`` is None for a session that was ended or whose user is blocked or gone."""

    user_id: str
    identity: Identity | None
    read_at: float


class SessionCache:
    """A part of the shop; the change feed tells it of sessions (`changed`) and users."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._entries: dict[str, _Entry] = {}
        self._sessions_of: dict[str, set[str]] = {}
        self._changes_seen = 0

    async def identity(self, user_id: str, session_id: str) -> Identity | None:
        """Who ``session_id`` is; None when it is over or its user may not come in."""
        entry = self._entries.get(session_id)
        is_known = entry is not None and self._is_fresh(entry)
        looked_up("sessions", hit=is_known)
        if entry is not None and is_known:
            return entry.identity if entry.user_id == user_id else None
        seen_before = self._changes_seen
        read_at = time.monotonic()
        identity = await _read(self._shop, user_id, session_id)
        # What changed while it was being read may be missing from what was read.
        if self._changes_seen == seen_before:
            self._remember(session_id, _Entry(user_id, identity, read_at))
        return identity

    def remembered(self, user_id: str, session_id: str) -> Identity | None:
        """As `identity`, but without asking the database: None also where it would have to."""
        entry = self._entries.get(session_id)
        if entry is None or entry.user_id != user_id or not self._is_fresh(entry):
            return None
        looked_up("sessions", hit=True)
        return entry.identity

    def _is_fresh(self, entry: _Entry) -> bool:
        return (
            self._shop.changes.is_live
            or time.monotonic() - entry.read_at < BELIEVED_WITHOUT_FEED_SECONDS
        )

    def _remember(self, session_id: str, entry: _Entry) -> None:
        if len(self._entries) >= MOST_ENTRIES:
            self.forget_session(next(iter(self._entries)))
        self._entries[session_id] = entry
        self._sessions_of.setdefault(entry.user_id, set()).add(session_id)

    def forget_session(self, session_id: str) -> None:
        """Read this session again when it is next needed."""
        self._changes_seen += 1
        entry = self._entries.pop(session_id, None)
        if entry is None:
            return
        sessions = self._sessions_of[entry.user_id]
        sessions.discard(session_id)
        if not sessions:
            del self._sessions_of[entry.user_id]

    def forget_user(self, user_id: str) -> None:
        """Read all sessions of this user again when they are next needed."""
        self._changes_seen += 1
        for session_id in tuple(self._sessions_of.get(user_id, ())):
            self.forget_session(session_id)

    async def reload(self) -> None:
        self._changes_seen += 1
        self._entries.clear()
        self._sessions_of.clear()

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:
        """A document of ``sessions`` changed; that it began or goes on changes no identity."""
        is_open = document is not None and document["ended_at"] is None
        entry = self._entries.get(key)
        if not (is_open and entry is not None and entry.identity is not None):
            self.forget_session(key)


class UserChanges:
    """Subscriber to ``users`` for a `SessionCache`."""

    def __init__(self, cache: SessionCache) -> None:
        self._cache = cache

    async def reload(self) -> None:
        await self._cache.reload()

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:  # noqa: ARG002  (the feed's shape)
        self._cache.forget_user(str(key))


async def _read(shop: Shop, user_id: str, session_id: str) -> Identity | None:
    session = await store.find_session(shop, session_id)
    if session is None or session.user_id != user_id:
        return None
    user = await store.find_user(shop, user_id)
    if user is None or user.blocked:
        return None
    lacks_second_factor = await _lacks_second_factor(shop, user)
    return Identity(
        user_id=user.id,
        session_id=session_id,
        email=user.email,
        full_name=user.full_name,
        role=(Role.CUSTOMER if lacks_second_factor else user.role).value,
        language=user.language,
        theme=user.theme,
        verified=user.verified,
        lacks_second_factor=lacks_second_factor,
    )


async def _lacks_second_factor(shop: Shop, user: User) -> bool:
    if shop.settings.session.staff_second_factor != "required" or user.role is Role.CUSTOMER:
        return False
    return await second_factor_store.find_factor(shop, user.id) is None
