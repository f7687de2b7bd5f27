"""What staff can do with the outbox."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from storefront.errors import ConflictError, NotFoundError
from storefront.localisation import gettext as _
from storefront.mail import rendering, store
from storefront.mail.model import State, StoredMail
from storefront.recent import Page
from storefront.shop import Shop

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a mail says, without the links that open something.

    ``problem`` tells why it cannot be shown, which may well be why it cannot be sent.
    """

    sender: str
    subject: str = ""
    text: str = ""
    html: str = ""
    problem: str = ""


async def list_mails(
    shop: Shop, *, state: State | None = None, limit: int = 100
) -> Sequence[StoredMail]:
    """Mails of the outbox, the newest first."""
    return (await list_page(shop, state=state, limit=limit)).items


async def list_page(
    shop: Shop, *, state: State | None = None, after: str | None = None, limit: int = 50
) -> Page[StoredMail]:
    """One page of the outbox, the newest first. ValidationError at ``after``."""
    return await store.list_mails(shop, state, after=after, limit=limit)


async def count_mails(shop: Shop) -> dict[State, int]:
    """How many mails wait and how many have failed; those sent would take long to count."""
    unsent = (State.PENDING, State.FAILED)
    return {state: await store.count_mails(shop, state) for state in unsent}


async def count_delayed(shop: Shop) -> int:
    """How many mails wait because sending them did not work."""
    return await store.count_delayed(shop)


async def get_mail(shop: Shop, mail_id: str) -> StoredMail:
    """NotFoundError when there is none."""
    mail = await store.find_mail(shop, mail_id)
    if mail is None:
        raise NotFoundError(_("There is no such mail."))
    return mail


def preview(shop: Shop, mail: StoredMail) -> Preview:
    """What the mail says, as far as it can be told to others than its reader."""
    sender = str(rendering.sender(shop))
    try:
        written = rendering.write(shop, mail, masked=True)
    except Exception as error:  # A mistake in a template or a context, whatever it is.
        log.warning("mail %s cannot be shown", mail.id, exc_info=error)
        return Preview(sender, problem=f"{type(error).__name__}: {error}")
    return Preview(sender, written.subject, written.text, written.html)


async def resend(shop: Shop, mail_id: str) -> StoredMail:
    """Send a mail again that was sent or has failed, under its own Message-ID.

    NotFoundError; ConflictError when it waits to be sent anyway.
    """
    is_pending = await store.make_pending(shop, mail_id, datetime.now(UTC))
    mail = await get_mail(shop, mail_id)
    if not is_pending:
        raise ConflictError(_("This mail is waiting to be sent already."))
    return mail
