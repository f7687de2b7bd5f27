"""The end of an account, and what there is of one."""

from datetime import UTC, datetime
from typing import Any

from storefront.accounts import passwords, service, store
from storefront.accounts.administration import LastAdminError
from storefront.accounts.model import Role, User
from storefront.accounts.session_cache import SessionCache
from storefront.database import Transaction
from storefront.errors import ValidationError
from storefront.localisation import gettext as _
from storefront.shop import Shop
from storefront.web import limits


async def require_password(shop: Shop, user: User, password: str) -> None:
    """ValidationError at ``password``; TooManyRequestsError after too many wrong ones."""
    rate = shop.settings.limits.sign_in
    await limits.refuse_above(shop, "password-change", rate, user.id)
    present = await store.find_password_hash(shop, user.id)
    if not await passwords.is_right(password, present, shop.settings):
        await limits.count_one(shop, "password-change", rate, user.id)
        raise ValidationError.of("password", _("This is not your password."))


async def delete_user(shop: Shop, user: User, transaction: Transaction) -> None:
    """Remove account, addresses, sessions and links. LastAdminError.

    Call `forget` when the transaction is through.
    """
    if user.role is Role.ADMIN and not await store.rely_on_other_admin(shop, user.id, transaction):
        raise LastAdminError(_("This is the last admin: make somebody else one first."))
    await store.end_sessions(shop, user.id, now=datetime.now(UTC), transaction=transaction)
    await store.delete_resets(shop, user.id, transaction)
    await store.delete_user(shop, user.id, transaction)


def forget(shop: Shop, user: User) -> None:
    """Let this process refuse the user's tokens at once; the others do within a second."""
    shop.part(SessionCache).forget_user(user.id)


async def describe(shop: Shop, user: User) -> dict[str, Any]:
    """All that the account holds, as JSON values; no password and no token."""
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
