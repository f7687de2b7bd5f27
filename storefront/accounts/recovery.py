"""Proving who reads a mailbox: verification links, and new passwords for forgotten ones."""

import secrets
from datetime import UTC, datetime, timedelta

from storefront.accounts import mails, service, store, tokens
from storefront.accounts.model import User
from storefront.accounts.session_cache import SessionCache
from storefront.database import Transaction
from storefront.errors import NotFoundError
from storefront.localisation import gettext as _
from storefront.shop import Shop
from storefront.web import limits

RESET_LIFETIME = timedelta(minutes=30)
MOST_OPEN_RESETS = 5


async def request_password_reset(shop: Shop, email: str, *, address: str) -> None:
    """Mail a link to a new password, if there is such an account; the caller learns nothing.

    Nor does a mailbox fill up: with `MOST_OPEN_RESETS` unused links in it there come no more.
    """
    rate = shop.settings.limits.registration
    client = limits.network(address)
    await limits.take_one(shop, "password-reset", rate, client)
    user = await service.find_user_by_email(shop, email)
    now = datetime.now(UTC)
    if user is None or user.blocked:
        return
    if await store.count_resets(shop, user.id, now) >= MOST_OPEN_RESETS:
        return
    reset_id = secrets.token_urlsafe(24)

    async def write(transaction: Transaction) -> None:
        await store.insert_reset(
            shop,
            reset_id=reset_id,
            user_id=user.id,
            now=now,
            expires_at=now + RESET_LIFETIME,
            transaction=transaction,
        )
        await mails.write_reset(shop, transaction, user, reset_id)

    await shop.database.in_transaction(write)


async def find_resetting_user(shop: Shop, token: str) -> User:
    """Whose password the token may set. NotFoundError when it is used up, too old or forged."""
    reset_id = tokens.read_reset(shop, token)
    user_id = await store.find_reset(shop, reset_id, datetime.now(UTC)) if reset_id else None
    user = await store.find_user(shop, user_id) if user_id else None
    if user is None or user.blocked:
        raise _reset_is_over()
    return user


async def reset_password(shop: Shop, token: str, password: str) -> None:
    """Set a new password and end all sessions. The token works once; NotFoundError then."""
    user = await find_resetting_user(shop, token)
    reset_id = tokens.read_reset(shop, token)
    if not await service.replace_password(
        shop, user, password, keep_session=None, reset_id=reset_id
    ):
        raise _reset_is_over()


def _reset_is_over() -> NotFoundError:
    return NotFoundError(_("This link was used before, or it is too old. Ask for a new one."))


async def verify(shop: Shop, token: str) -> bool:
    """Mark the address of a genuine token as verified; False for any other. Safe to repeat."""
    named = tokens.read_verification(shop, token)
    if named is None:
        return False
    user_id, email = named
    is_done = await store.update_user(
        shop, user_id, {"verified": True}, now=datetime.now(UTC), only_if={"email": email}
    )
    shop.part(SessionCache).forget_user(user_id)
    return is_done


async def resend_verification(shop: Shop, user: User) -> None:
    """Mail the verification link again, unless it has been followed. TooManyRequestsError."""
    if user.verified:
        return
    rate = shop.settings.limits.registration
    await limits.take_one(shop, "verification", rate, user.id)

    async def write(transaction: Transaction) -> None:
        await mails.write_welcome(shop, transaction, user)

    await shop.database.in_transaction(write)
