"""What the mails about accounts tell, and the links in them that are made when they are sent."""

from collections.abc import Mapping
from typing import Any, Literal

from storefront.accounts import tokens
from storefront.accounts.model import Session, User
from storefront.database import Transaction
from storefront.localisation import language
from storefront.mail import outbox
from storefront.mail.model import Mail
from storefront.shop import Shop


async def write_registration(shop: Shop, transaction: Transaction, user: User) -> None:
    """A welcome with the verification link to the customer, a notice to the shop."""
    await write_welcome(shop, transaction, user)
    await outbox.write_to_shop(
        shop,
        transaction,
        kind="registration_notice",
        language=_language_of(shop, user),
        context={"full_name": user.full_name, "email": user.email, "phone": user.phone},
    )


async def write_welcome(shop: Shop, transaction: Transaction, user: User) -> None:
    """The welcome alone, which carries the verification link."""
    context = {"user_id": user.id, "email": user.email, "full_name": user.full_name}
    await outbox.write(shop, transaction, _to(shop, user, "registration", context))


async def write_reset(shop: Shop, transaction: Transaction, user: User, reset_id: str) -> None:
    context = {"full_name": user.full_name, "reset_id": reset_id}
    await outbox.write(shop, transaction, _to(shop, user, "password_reset", context))


async def write_password_changed(shop: Shop, transaction: Transaction, user: User) -> None:
    mail = _to(shop, user, "password_changed", {"full_name": user.full_name})
    await outbox.write(shop, transaction, mail)


async def write_new_device(
    shop: Shop, transaction: Transaction, user: User, session: Session
) -> None:
    """That somebody signed in where nobody did before; from where is for the account page."""
    context = {
        "full_name": user.full_name,
        "device": session.device,
        "at": session.created_at.isoformat(),
    }
    await outbox.write(shop, transaction, _to(shop, user, "new_device", context))


async def write_second_factor(
    shop: Shop,
    transaction: Transaction,
    user: User,
    event: Literal["on", "off", "removed", "recovery_code", "recovery_codes", "wrong_codes"],
    *,
    codes_left: int = 0,
) -> None:
    """What became of the second factor: whoever it was, its owner hears of it."""
    context = {"full_name": user.full_name, "event": event, "codes_left": codes_left}
    await outbox.write(shop, transaction, _to(shop, user, "second_factor", context))


def _to(shop: Shop, user: User, kind: str, context: Mapping[str, Any]) -> Mail:
    return Mail(kind, user.email, _language_of(shop, user), context)


def _language_of(shop: Shop, user: User) -> str:
    """The account's own, else that of the page on which the mail was asked for."""
    locales = shop.settings.shop.locales
    return user.language or (language() if language() in locales else locales[0])


def _verification_link(shop: Shop, context: Mapping[str, Any]) -> Mapping[str, Any]:
    token = tokens.sign_verification(shop, context["user_id"], context["email"])
    return {"verification_url": f"{shop.settings.public_url}/auth/verify/{token}"}


def _reset_link(shop: Shop, context: Mapping[str, Any]) -> Mapping[str, Any]:
    token = tokens.sign_reset(shop, context["reset_id"])
    return {"reset_url": f"{shop.settings.public_url}/auth/password-reset/{token}"}


LINKS = {"registration": _verification_link, "password_reset": _reset_link}
