"""The end of an account, and what there is of one."""

from datetime import UTC, datetime
from typing import Any

from storefront.accounts import second_factor, second_factor_store, service, store
from storefront.accounts.administration import LastAdminError
from storefront.accounts.model import Role, User
from storefront.accounts.session_cache import SessionCache
from storefront.database import Transaction
from storefront.localisation import gettext as _
from storefront.shop import Shop


async def delete_user(shop: Shop, user: User, transaction: Transaction) -> None:
    """Remove account, addresses, sessions, second factor and links. LastAdminError.

    Call `forget` when the transaction is through.
    """
    if user.role is Role.ADMIN and not await store.rely_on_other_admin(shop, user.id, transaction):
        raise LastAdminError(_("This is the last admin: make somebody else one first."))
    await store.end_sessions(shop, user.id, now=datetime.now(UTC), transaction=transaction)
    await store.delete_resets(shop, user.id, transaction)
    await second_factor_store.delete_factor(shop, user.id, transaction)
    await store.delete_user(shop, user.id, transaction)


def forget(shop: Shop, user: User) -> None:
    """Let this process refuse the user's tokens at once; the others do within a second."""
    shop.part(SessionCache).forget_user(user.id)


async def describe(shop: Shop, user: User) -> dict[str, Any]:
    """All that the account holds, as JSON values; no password, no token, no key, no code."""
    factor = await second_factor.find(shop, user.id)
    return {
        "id": user.id,
        "email": user.email,
        "full_name": user.full_name,
        "phone": user.phone,
        "role": user.role.value,
        "verified": user.verified,
        "language": user.language,
        "theme": user.theme,
        "created_at": _written(user.created_at),
        "second_factor_since": _written(factor.since) if factor else None,
        "addresses": [
            {name: getattr(each, name) for name in each.__slots__} for each in user.addresses
        ],
        "sessions": [
            {
                "device": each.device,
                "created_at": _written(each.created_at),
                "last_seen_at": _written(each.last_seen_at),
            }
            for each in await service.list_sessions(shop, user.id)
        ],
    }


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
