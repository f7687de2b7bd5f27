"""How a finished mail leaves: as a file in a folder, or by SMTP."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
from aiosmtplib.errors import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from storefront.mail.model import StoredMail
from storefront.settings import Mail as MailSettings

TIMEOUT_SECONDS = 15
# For the answer to the whole mail. A server that scans it first may be slow, and who gives up on it
# sends again what it has taken (RFC 5321, section 4.5.3.2.6).
TAKING_SECONDS = 180
PARTING_SECONDS = 2
PERMANENT = 500

Transport = Callable[[StoredMail, EmailMessage], Awaitable[None]]


class UnreachableError(Exception):
    """Nothing can be sent just now, whatever the mail."""


class RefusedError(Exception):
    """This mail will never be taken: trying again is of no use."""


def choose(settings: MailSettings) -> Transport:
    """The transport that the settings ask for.

    It raises UnreachableError and RefusedError; after any other error the mail may be tried again.
    """

    async def send_by_smtp(_mail: StoredMail, message: EmailMessage) -> None:
        await _send_by_smtp(settings, message)

    async def write_file(mail: StoredMail, message: EmailMessage) -> None:
        await asyncio.to_thread(_write_file, Path(settings.folder), mail, message)

    return send_by_smtp if settings.transport == "smtp" else write_file


async def find_problem(settings: MailSettings) -> str | None:
    """Why mails could not be sent with these settings; None when they could."""
    try:
        if settings.transport == "smtp":
            client = _client(settings)
            await _connect(client, settings)
            client.close()
        else:
            await asyncio.to_thread(_check_folder, Path(settings.folder))
    except UnreachableError as error:
        return str(error)
    return None


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreachableError(f"{folder}: {error.strerror}") from error
    if not os.access(folder, os.W_OK):
        raise UnreachableError(f"{folder}: not writable")


def _write_file(folder: Path, mail: StoredMail, message: EmailMessage) -> None:
    """Whole or not at all, and under the same name each time: a repeat replaces the first."""
    name = f"{mail.created_at.astimezone(UTC):%Y%m%dT%H%M%S}-{mail.id}.eml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{name}.{os.getpid()}"
        with unfinished.open("wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / name)
    except OSError as error:
        raise UnreachableError(f"{folder}: {error.strerror}") from error


class _Client(aiosmtplib.SMTP):
    async def data(self, message: str | bytes, /, **_options: Any) -> aiosmtplib.SMTPResponse:
        return await super().data(message, timeout=TAKING_SECONDS)


async def _send_by_smtp(settings: MailSettings, message: EmailMessage) -> None:
    client = _client(settings)
    await _connect(client, settings)
    try:
        await client.send_message(message)
    except SMTPRecipientsRefused as error:
        refusal = error.recipients[0]
        if refusal.code >= PERMANENT:
            raise RefusedError(f"{refusal.code} {refusal.message}") from error
        raise
    except SMTPSenderRefused:  # The shop's own address, which its owner may yet put right.
        raise
    except SMTPResponseException as error:
        if error.code >= PERMANENT:
            raise RefusedError(f"{error.code} {error.message}") from error
        raise
    finally:
        await _leave(client)


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Part politely; the mail is through or it is not, whatever the server says now."""
    with contextlib.suppress(SMTPException, OSError):
        await client.quit(timeout=PARTING_SECONDS)
    client.close()


def _client(settings: MailSettings) -> aiosmtplib.SMTP:
    return _Client(
        hostname=settings.host,
        port=settings.port,
        username=settings.username or None,
        password=settings.password.get_secret_value() or None,
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        timeout=TIMEOUT_SECONDS,
    )


async def _connect(client: aiosmtplib.SMTP, settings: MailSettings) -> None:
    """Connect, encrypt and sign in; whatever fails of that is no mail's fault."""
    if not settings.host:
        raise UnreachableError("mail.host is empty; smtp needs a server")
    try:
        await client.connect()
    except (SMTPException, OSError) as error:
        client.close()
        raise UnreachableError(
            f"{settings.host}:{settings.port}: {error or type(error).__name__}"
        ) from error
