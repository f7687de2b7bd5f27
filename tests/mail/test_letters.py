"""What mails say, and the files that the file transport writes."""

from dataclasses import replace
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from storefront.database import Transaction
from storefront.mail import outbox, rendering, service
from storefront.mail.model import Mail, State, StoredMail
from storefront.shop import Shop
from tests.conftest import eventually

KINDS = (
    "order",
    "order_cancelled",
    "order_notice",
    "new_device",
    "password_changed",
    "password_reset",
    "registration",
    "registration_notice",
    "second_factor",
)
ORDER = {
    "number": 7,
    "email": "ana@example.com",
    "items": [
        {
            "name": "T-shirt <Sky>",
            "options": {"size": "M"},
            "unit_price": 1999,
            "quantity": 2,
            "line_total": 3998,
        },
        {"name": "Mug", "options": {}, "unit_price": 900, "quantity": 1, "line_total": 900},
    ],
    "subtotal": 4898,
    "shipping": 490,
    "tax_included": 935,
    "tax_percent": 21.0,
    "total": 5388,
    "currency": "EUR",
    "delivery_address": {
        "recipient": "Ana García",
        "line1": "Calle Mayor 1",
        "line2": "",
        "city": "Madrid",
        "region": "",
        "postal_code": "28013",
        "country": "ES",
        "phone": "",
    },
    "payment_instructions": "IBAN ES00\nStorefront",
    "created_at": "2026-11-22T10:15:00+00:00",
}
CONTEXT = {
    "full_name": "Ana\r\nBcc: eve@example.com",
    "email": "ana@example.com",
    "phone": "+34600123456",
    "user_id": "0" * 24,
    "reset_id": "reset",
    "order": ORDER,
    "device": "Firefox, Linux",
    "at": "2026-11-22T10:15:00+00:00",
    "event": "recovery_code",
    "codes_left": 9,
}


def a_mail(kind: str, *, language: str = "en", to: str = "ana@example.com") -> StoredMail:
    now = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
    return StoredMail(
        id="0" * 24,
        kind=kind,
        to=to,
        language=language,
        context=CONTEXT,
        state=State.PENDING,
        attempts=0,
        message_id="<1@storefront.example>",
        created_at=now,
        next_attempt_at=now,
        sent_at=None,
        last_error=None,
        lease_by=None,
        lease_until=None,
    )


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def text(mail: EmailMessage, subtype: str = "plain") -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("kind", KINDS)
async def test_every_mail_is_whole_in_every_language(shop: Shop, kind: str, language: str) -> None:
    mail = rendering.render(shop, a_mail(kind, language=language))

    assert mail["Subject"]
    assert mail["Content-Language"] == language
    assert f'<html lang="{language}">' in text(mail, "html")
    assert "Meridian" in text(mail)
    assert "\n\n\n\n" not in text(mail)
    assert mail["Bcc"] is None


async def test_a_confirmation_tells_all_of_the_order(shop: Shop) -> None:
    mail = rendering.render(shop, a_mail("order"))

    assert mail["Subject"] == "Your order 7 at Meridian"
    for words in (
        "2 x T-shirt <Sky> (Size M): €39.98 (€19.99 each)",
        "1 x Mug: €9.00",
        "Things: €48.98",
        "Delivery: €4.90",
        "Total: €53.88",
        "Contains 21 % tax: €9.35",
        "Ana García\nCalle Mayor 1\n28013 Madrid\nSpain",
        "IBAN ES00\nStorefront",
        "http://127.0.0.1:8001/orders/7",
        "22 November 2026",
    ):
        assert words in text(mail)
    html = text(mail, "html")
    assert "T-shirt &lt;Sky&gt;" in html
    assert "<Sky>" not in html
    assert 'href="http://127.0.0.1:8001/orders/7"' in html


async def test_a_mail_is_the_same_however_often_it_is_made(shop: Shop) -> None:
    first, second = (rendering.render(shop, a_mail("order")).as_bytes() for _ in range(2))

    assert first == second


async def test_numbers_and_dates_are_the_languages(shop: Shop) -> None:
    mail = rendering.render(shop, a_mail("order", language="es"))

    assert "53,88\xa0€" in text(mail)
    assert "22 de noviembre de 2026" in text(mail)
    assert "España" in text(mail)


async def test_an_international_domain_is_written_as_mail_servers_read_it(shop: Shop) -> None:
    mail = rendering.render(shop, a_mail("password_changed", to="ana@bücher.example"))

    assert mail["To"] == "ana@xn--bcher-kva.example"


@pytest.mark.parametrize("to", ["ana@example.com\nBcc: eve@example.com", "ana", "a@b, c@d"])
async def test_an_address_cannot_bring_headers_along(shop: Shop, to: str) -> None:
    with pytest.raises((ValueError, HeaderParseError)):
        rendering.render(shop, a_mail("password_changed", to=to))


async def test_a_file_is_whole_and_replaced_when_sent_again(shop: Shop, mail_folder: Path) -> None:
    async def work(transaction: Transaction) -> None:
        mail = Mail("password_changed", "ana@example.com", "en", {"full_name": "Ana"})
        await outbox.write(shop, transaction, mail)

    await shop.database.in_transaction(work)

    async def sent() -> Any:
        return await shop.database["outbox"].find_one({"state": "sent"})

    document = await eventually(sent)
    (file,) = files(mail_folder)
    assert file.name == f"{document['created_at']:%Y%m%dT%H%M%S}-{document['_id']}.eml"
    before = file.read_bytes()

    await service.resend(shop, str(document["_id"]))

    async def sent_again() -> Any:
        return await shop.database["outbox"].find_one({"state": "sent", "attempts": 1})

    assert await eventually(sent_again)
    assert files(mail_folder) == [file]
    assert file.read_bytes() == before


async def test_the_shop_hears_of_nothing_without_a_mailbox(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = shop.settings.mail.model_copy(update={"notify": ""})
    values = shop.settings.values.model_copy(update={"mail": mail})
    monkeypatch.setattr(shop, "settings", replace(shop.settings, values=values))
    before = await shop.database["outbox"].count_documents({})

    async def work(transaction: Transaction) -> None:
        await outbox.write_to_shop(
            shop, transaction, kind="registration_notice", language="en", context=CONTEXT
        )

    await shop.database.in_transaction(work)

    assert await shop.database["outbox"].count_documents({}) == before
