"""Where slices leave their mails: written with what they tell of, sent in the background."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from storefront.database import ObjectId, Transaction
from storefront.mail import store
from storefront.mail.model import Mail, State, StoredMail
from storefront.shop import Shop


async def write(shop: Shop, transaction: Transaction, mail: Mail) -> None:
    """Put ``mail`` into the outbox: it will be sent if, and only if, the transaction commits."""
    now = datetime.now(UTC)
    key = str(ObjectId())
    domain = parseaddr(shop.settings.mail.sender)[1].rpartition("@")[2] or "localhost"
    stored = StoredMail(
        id=key,
        kind=mail.kind,
        to=mail.to,
        language=mail.language,
        context=mail.context,
        state=State.PENDING,
        attempts=0,
        message_id=f"<{key}@{domain}>",
        created_at=now,
        next_attempt_at=now,
        sent_at=None,
        last_error=None,
        lease_by=None,
        lease_until=None,
    )
    await store.insert_mail(shop, stored, transaction)


async def write_to_shop(
    shop: Shop, transaction: Transaction, *, kind: str, language: str, context: Mapping[str, Any]
) -> None:
    """As `write`, to the shop's own mailbox; nothing if it has none.

    In the customer's ``language``, so that who answers sees in which one to do so.
    """
    if shop.settings.mail.notify:
        await write(shop, transaction, Mail(kind, shop.settings.mail.notify, language, context))


async def forget_reader(shop: Shop, transaction: Transaction, address: str) -> None:
    """Delete all mails to ``address``, also those that wait. What the shop was told expires."""
    await store.delete_mails_to(shop, address, transaction)
