"""Mails as they arrive in the folder."""

import email
import re
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from tests.conftest import eventually


async def mails_to(
    folder: Path, address: str, *, count: int = 1, about: str = ""
) -> list[EmailMessage]:
    """The mails to ``address`` that name ``about``, as soon as there are ``count``."""

    async def found() -> list[EmailMessage]:
        mails = [_parsed(file) for file in _files(folder)]
        mine = [mail for mail in mails if mail["To"] == address and about in part(mail, "plain")]
        return mine if len(mine) >= count else []

    return list(await eventually(found))


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.eml"))


def _parsed(file: Path) -> EmailMessage:
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def part(mail: EmailMessage, subtype: str) -> str:
    """The text of the plain or html part."""
    body = mail.get_body((subtype,))
    assert body is not None
    return str(body.get_content())


def link(mail: EmailMessage, beginning: str) -> str:
    """The path of the link that begins with ``beginning``, which text and HTML must both hold."""
    found = re.search(rf"http://127\.0\.0\.1:8001({re.escape(beginning)}\S*)", part(mail, "plain"))
    assert found, part(mail, "plain")
    assert f'href="http://127.0.0.1:8001{found[1]}"' in part(mail, "html")
    return found[1]
