"""Who a user is. ``email`` is shown and written to; what belongs to a person belongs to the id."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storefront.carts.model import Address

MOST_ADDRESSES = 10


class Role(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class User:
    id: str
    email: str
    full_name: str
    phone: str
    role: Role
    verified: bool
    blocked: bool
    language: str | None
    theme: str | None
    addresses: tuple[Address, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in device: where and when it was last seen, until when it lives."""

    id: str
    user_id: str
    device: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """An app that makes codes (RFC 6238), and codes on paper for when it is lost.

    ``sealed_key`` is the key that app and shop share, encrypted; of the recovery codes that are
    left only hashes are kept.
    """

    user_id: str
    sealed_key: str
    recovery_hashes: tuple[str, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """What a signed-in client shows: a signed text, the session that it names, and its end."""

    text: str
    session_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: the client's network address, and what it says it is."""

    address: str
    device: str
