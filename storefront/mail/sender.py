"""The background task that sends what lies in the outbox. One runs in each process.

It sends a few mails at once, so that one whose server takes its time holds up no other. A mail is
sent by who holds its lease, and renews it. Who dies does not, and another takes over: so a mail
goes out twice only if a process died after sending it and before noting so, or if the server took
it and did not say so in time; then both copies have the same Message-ID.
"""

import asyncio
import contextlib
import functools
import logging
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from storefront.database import PyMongoError
from storefront.mail import rendering, store
from storefront.mail.model import State, StoredMail
from storefront.mail.transports import RefusedError, Transport, UnreachableError
from storefront.shop import Shop

log = logging.getLogger(__name__)

# Renewed for as long as the sending lasts; a mail whose sender was killed waits so long.
LEASE = timedelta(seconds=30)
RENEWED_EVERY_SECONDS = 10.0
MOST_AT_ONCE = 4
# Of all commands together; one alone may take what `transports` allows it.
SEND_TIMEOUT_SECONDS = 300
# A mail that was sent is noted as such when the database is back within this time.
NOTED_WITHIN = timedelta(seconds=60)
LOOK_EVERY_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0

# After the last of these the mail has failed, some two days after the first attempt.
RETRY_AFTER_SECONDS = (5, 30, 120, 600, 3600, 3600, 7200, 14400, 28800, 43200, 43200)


class Sender:
    """Sends mails until it is cancelled; the change feed tells it of new ones (`changed`)."""

    def __init__(self, shop: Shop, send: Transport) -> None:
        self._shop = shop
        self._send = send
        self._clock = clock()
        self._name = f"{secrets.token_hex(8)}@{self._clock}"
        self._wake = asyncio.Event()
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._at_work: dict[str, asyncio.Task[None]] = {}
        # Of what others send: the lease, and since when it has been that one (monotonic seconds).
        self._leases: dict[str, tuple[object, float]] = {}
        self._trouble: BaseException | None = None
        self._failed_rounds = 0

    async def run(self) -> None:
        try:
            while True:
                self._wake.clear()
                try:
                    await self._begin_due()
                    await self._until_woken()
                except (UnreachableError, PyMongoError) as error:
                    # Nothing can be sent, so new mails are no reason to look again at once.
                    self._failed_rounds += 1
                    pause = min(2.0 ** min(self._failed_rounds - 1, 10), LONGEST_PAUSE_SECONDS)
                    log.warning("mails cannot be sent, again in %.0f s: %s", pause, error)
                    await asyncio.sleep(pause)
                    self._trouble = None
        finally:
            # What is being sent is sent to its end, so that no mail has gone unnoted.
            if self._at_work:
                await asyncio.wait(self._at_work.values(), timeout=SEND_TIMEOUT_SECONDS)

    async def reload(self) -> None:
        self._wake.set()

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:  # noqa: ARG002  (the feed's shape)
        """A document of ``outbox`` changed."""
        if document and document["state"] == State.PENDING.value and document["lease_by"] is None:
            self._wake.set()

    async def _until_woken(self) -> None:
        """Until a mail is new, or a while has passed; raises what went wrong meanwhile."""
        # Not wait_for: in Python 3.11 it swallows a cancellation that meets the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_SECONDS):
                await self._wake.wait()
        self._raise_trouble()
        if not self._at_work:
            self._failed_rounds = 0

    async def _begin_due(self) -> None:
        """Begin with all that is due, as places become free."""
        while due := await store.list_due(self._shop, _now()):
            free = self._free_among(due)
            for mail in free:
                await self._begin(mail)
            if not free:
                return

    def _free_among(self, due: Sequence[StoredMail]) -> list[StoredMail]:
        """What nobody is sending: without a lease, or with one that was not renewed in its time.

        By whose clock? Who shares ours has written what it shows, unless it was set anew since. Of
        others' leases counts what passes here, since hosts' clocks may differ by more than a lease
        lasts.
        """
        now, known, free = time.monotonic(), self._leases, []
        self._leases = {}
        for mail in due:
            lease = (mail.lease_by, mail.lease_until)
            before, since = known.get(mail.id, (None, now))
            since = since if before == lease else now
            self._leases[mail.id] = (lease, since)
            is_over = now - since > LEASE.total_seconds() or self._has_run_out(mail)
            if is_over and mail.id not in self._at_work:
                free.append(mail)
        return free

    def _has_run_out(self, mail: StoredMail) -> bool:
        if mail.lease_by is None or mail.lease_until is None:
            return True
        is_our_time = clock() == self._clock and mail.lease_by.endswith(f"@{self._clock}")
        return is_our_time and mail.lease_until <= _now()

    async def _begin(self, mail: StoredMail) -> None:
        await self._places.acquire()
        with contextlib.ExitStack() as undone:
            undone.callback(self._places.release)
            self._raise_trouble()
            if await store.claim(self._shop, mail, sender=self._name, until=_now() + LEASE):
                task = asyncio.create_task(self._deliver_while_ours(mail))
                self._at_work[mail.id] = task
                task.add_done_callback(functools.partial(self._ended, mail.id))
                undone.pop_all()

    def _ended(self, mail_id: str, task: asyncio.Task[None]) -> None:
        del self._at_work[mail_id]
        self._places.release()
        error = None if task.cancelled() else task.exception()
        if error is None:
            self._failed_rounds = 0
        else:
            self._trouble = error
            self._wake.set()

    def _raise_trouble(self) -> None:
        if self._trouble is not None:
            raise self._trouble

    async def _deliver_while_ours(self, mail: StoredMail) -> None:
        renewing = asyncio.create_task(self._renew(mail))
        try:
            await self._deliver(mail)
        finally:
            renewing.cancel()

    async def _renew(self, mail: StoredMail) -> None:
        """Keep the mail for as long as it takes; a database that is away may take it from us."""
        while True:
            await asyncio.sleep(RENEWED_EVERY_SECONDS)
            with contextlib.suppress(PyMongoError):
                await store.renew(self._shop, mail, sender=self._name, until=_now() + LEASE)

    async def _deliver(self, mail: StoredMail) -> None:
        """Send a claimed mail and note what became of it."""
        try:
            message = rendering.render(self._shop, mail)
            async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
                await self._send(mail, message)
        except UnreachableError as error:
            await self._note(mail, {"next_attempt_at": _now(), "last_error": str(error)})
            raise
        except RefusedError as error:
            log.warning("mail %s was refused for good: %s", mail.id, error)
            await self._note(mail, _failed(mail, str(error)))
        except Exception as error:
            # Whatever it is, also a mistake in a template, it must not keep other mails waiting.
            log.warning("mail %s was not sent", mail.id, exc_info=error)
            await self._note(mail, _later(mail, f"{type(error).__name__}: {error}"))
        else:
            await self._note(mail, _sent(mail))

    async def _note(self, mail: StoredMail, changes: Mapping[str, Any]) -> None:
        """Write down what became of the mail, for as long as it is ours to do so.

        If the database is away just now, a mail that was sent would be sent again.
        """
        deadline = _now() + NOTED_WITHIN
        if changes.get("state") in {State.SENT.value, State.FAILED.value}:
            kept = timedelta(days=self._shop.settings.retention.mails_days)
            changes = {**changes, "expires_at": _now() + kept}
        while True:
            try:
                await store.update_claimed(self._shop, mail, sender=self._name, changes=changes)
            except PyMongoError:
                if _now() > deadline:
                    raise
                await asyncio.sleep(0.5)
            else:
                return


def clock() -> str:
    """Names the clock of this host as it is set now: processes of the same name may compare times.

    Its distance to the one that only goes forward tells, to ten seconds, when it was set anew.
    """
    return f"{socket.gethostname()}/{round((time.time() - time.monotonic()) / 10)}"


def _sent(mail: StoredMail) -> dict[str, Any]:
    now = _now()
    return {
        "state": State.SENT.value,
        "sent_at": now,
        "attempts": mail.attempts + 1,
        "last_error": None,
    }


def _failed(mail: StoredMail, problem: str) -> dict[str, Any]:
    return {
        "state": State.FAILED.value,
        "attempts": mail.attempts + 1,
        "last_error": problem[:500],
    }


def _later(mail: StoredMail, problem: str) -> dict[str, Any]:
    """The mail's next attempt, or its end after the last."""
    if mail.attempts >= len(RETRY_AFTER_SECONDS):
        return _failed(mail, problem)
    return {
        "attempts": mail.attempts + 1,
        "last_error": problem[:500],
        "next_attempt_at": _now() + timedelta(seconds=RETRY_AFTER_SECONDS[mail.attempts]),
    }


def _now() -> datetime:
    return datetime.now(UTC)
