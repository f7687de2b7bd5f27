"""A mail of the shop, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class State(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to write: ``kind`` names its templates, ``context`` holds what they tell.

    The context is stored, so it holds plain JSON values and no secrets: links that open
    something are made when the mail is sent (see `mail.rendering.Facts`).
    """

    kind: str
    to: str
    language: str
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail in the outbox."""

    id: str
    kind: str
    to: str
    language: str
    context: Mapping[str, Any]
    state: State
    attempts: int
    message_id: str
    created_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    last_error: str | None
    lease_by: str | None
    lease_until: datetime | None
