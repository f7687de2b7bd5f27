"""Mails the answers that a customer has not seen after a few minutes: one mail for all of them."""

import asyncio
import contextlib
import logging
from datetime import UTC, datetime, timedelta

from storefront.accounts import service as accounts
from storefront.chat import store
from storefront.chat.presence import Presence
from storefront.database import PyMongoError, Transaction
from storefront.mail import outbox
from storefront.mail.model import Mail
from storefront.shop import Shop

log = logging.getLogger(__name__)

LOOKED_AT_EVERY_SECONDS = 15.0
# What nobody could mail for so long is old news.
FORGOTTEN_AFTER = timedelta(days=2)


async def send_digests(shop: Shop) -> None:
    """Run for ever; in several processes each digest is written by one of them."""
    while True:
        await asyncio.sleep(LOOKED_AT_EVERY_SECONDS)
        with contextlib.suppress(PyMongoError):
            await write_due_digests(shop, datetime.now(UTC))


async def write_due_digests(shop: Shop, now: datetime) -> None:
    """Put the mails that are due at ``now`` into the outbox.

    Whoever has the chat open sees the badge and gets no mail before the next answer.
    """
    for user_id in await store.list_due_digests(shop, now - FORGOTTEN_AFTER, now):
        try:
            await _write_digest(shop, user_id, now)
        except PyMongoError:
            raise
        except Exception:
            log.exception("no digest for user %s; the others get theirs", user_id)


async def _write_digest(shop: Shop, user_id: str, now: datetime) -> None:
    user = await accounts.find_user(shop, user_id)
    is_wanted = user and not user.blocked and not shop.part(Presence).is_here(user_id)

    async def write(tx: Transaction) -> None:
        answers = await store.claim_digest(shop, user_id, now, tx)
        if not answers or not is_wanted or not user:
            return
        context = {
            "name": user.full_name,
            "email": user.email,
            "answers": [
                {
                    "author": each.author,
                    "body": each.body,
                    "at": each.created_at.isoformat(),
                }
                for each in answers
            ],
        }
        language = user.language or shop.settings.shop.locales[0]
        await outbox.write(shop, tx, Mail("chat_answers", user.email, language, context))

    await shop.database.in_transaction(write)
