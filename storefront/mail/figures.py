"""How long mails wait, for monitoring."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from prometheus_client import Gauge

from storefront.database import PyMongoError
from storefront.mail import store
from storefront.mail.model import State
from storefront.shop import Shop

EVERY_SECONDS = 10.0

# Each worker measures the same outbox: the latest to look is right.
WAITING = Gauge(
    "storefront_outbox_mails", "Mails waiting to be sent", multiprocess_mode="livemostrecent"
)
AGE = Gauge(
    "storefront_outbox_age_seconds",
    "For how long the oldest of them has waited",
    multiprocess_mode="livemostrecent",
)


async def watch_outbox(shop: Shop) -> None:
    """Measure for ever; while the database is away, mails that waited grow older."""
    oldest: datetime | None = None
    while True:
        with suppress(PyMongoError):
            WAITING.set(await store.count_mails(shop, State.PENDING))
            oldest = await store.find_oldest_time(shop, State.PENDING)
        AGE.set((datetime.now(UTC) - oldest).total_seconds() if oldest else 0)
        await asyncio.sleep(EVERY_SECONDS)
