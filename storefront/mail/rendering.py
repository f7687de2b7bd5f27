"""Mails from templates, in their reader's language, as MIME messages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from jinja2 import Environment, select_autoescape

from storefront.localisation import speaking
from storefront.mail.model import StoredMail
from storefront.shop import Shop
from storefront.web.rendering import Templates

Facts = Callable[[Shop, Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class LateFacts:
    """What some kinds of mail tell that must not be stored, such as links that open something.

    For a kind, a function from the stored context to further facts. Slices above this one
    provide them; the application hands them over.
    """

    by_kind: Mapping[str, Facts]


@dataclass(frozen=True, slots=True)
class Written:
    """What a mail says."""

    subject: str
    text: str
    html: str


def write(shop: Shop, mail: StoredMail, *, masked: bool = False) -> Written:
    """The words of ``mail``; with ``masked`` without what opens something, for others to see."""
    environment = _environment(shop)
    with speaking(mail.language):
        variables = _variables(shop, mail, masked=masked)
        subject, text, html = (
            environment.get_template(f"mail/{mail.kind}/{name}").render(variables)
            for name in ("subject.txt", "body.txt", "body.html")
        )
    return Written(" ".join(subject.split()), text, html)


def render(shop: Shop, mail: StoredMail) -> EmailMessage:
    """The mail as it goes out: text and HTML beside each other."""
    written = write(shop, mail)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = written.subject
    message["From"] = sender(shop)
    message["To"] = Address(addr_spec=ascii_address(mail.to))
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(written.text, cte="quoted-printable")
    message.add_alternative(written.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"={mail.id}=")
    message["Content-Language"] = mail.language
    return message


def ascii_address(address: str) -> str:
    """The address with its domain as the domain name system writes it."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}"


def _environment(shop: Shop) -> Environment:
    """The pages' own words and formats; only HTML is escaped."""
    return shop.part(Templates).environment.overlay(
        autoescape=select_autoescape(["html"], default=False)
    )


def _variables(shop: Shop, mail: StoredMail, *, masked: bool) -> dict[str, Any]:
    late = shop.part(LateFacts).by_kind.get(mail.kind)
    facts = late(shop, mail.context) if late else {}
    if masked:
        facts = {name: _masked(str(fact)) for name, fact in facts.items()}
    return {
        **mail.context,
        **facts,
        "language": mail.language,
        "moment": datetime.fromisoformat,
        "shop_name": shop.settings.shop.name,
        "shop_url": shop.settings.public_url,
    }


def _masked(link: str) -> str:
    """A link that leads nowhere: what comes last in it is the key to somebody's account."""
    return f"{link.rpartition('/')[0]}/…"


def sender(shop: Shop) -> Address:
    """Whom the shop's mails come from."""
    name, address = parseaddr(shop.settings.mail.sender)
    return Address(name or " ".join(shop.settings.shop.name.split()), addr_spec=address)
