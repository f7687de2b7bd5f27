"""What staff can do with the outbox."""

from datetime import UTC, datetime

from storefront.errors import ConflictError, NotFoundError
from storefront.localisation import gettext as _
from storefront.mail import store
from storefront.mail.model import State, StoredMail
from storefront.shop import Shop


async def list_mails(
    shop: Shop, *, state: State | None = None, limit: int = 100
) -> list[StoredMail]:
    """Mails of the outbox, the newest first."""
    return await store.list_mails(shop, state, limit)


async def count_mails(shop: Shop) -> dict[State, int]:
    """How many mails are in each state."""
    return {state: await store.count_mails(shop, state) for state in State}


async def resend(shop: Shop, mail_id: str) -> StoredMail:
    """Send a mail again that was sent or has failed, under its own Message-ID.

    NotFoundError; ConflictError when it waits to be sent anyway.
    """
    is_pending = await store.make_pending(shop, mail_id, datetime.now(UTC))
    mail = await store.find_mail(shop, mail_id)
    if mail is None:
        raise NotFoundError(_("There is no such mail."))
    if not is_pending:
        raise ConflictError(_("This mail is waiting to be sent already."))
    return mail
