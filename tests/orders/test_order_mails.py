"""The mails of an order, as they arrive."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from quart import Quart

from storefront.shop import Shop
from tests.carts.shelves import ADDRESS, add, customer, put_on_shelf
from tests.conftest import eventually


def mails_in(folder: Path) -> list[EmailMessage]:
    return [
        cast("EmailMessage", message_from_bytes(file.read_bytes(), policy=policy.default))
        for file in sorted(folder.glob("*.eml"))
    ]


def text_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return part.get_content().replace("\xa0", " ")


async def test_customer_and_shop_are_told_of_order_and_cancellation(
    app: Quart, shop: Shop, mail_folder: Path
) -> None:
    product = await put_on_shelf(shop, name="Taza", price=2000, sizes="SM")
    async with await customer(app) as shopper:
        await add(shopper, product, 2)
        placed = await shopper.post(
            "/api/v1/orders",
            json={"delivery_address": ADDRESS},
            headers={"Accept-Language": "es"},
        )
        number = placed.json()["number"]
        await shopper.post(f"/api/v1/orders/{number}/cancel")

        async def all_arrived() -> list[EmailMessage]:
            mails = mails_in(mail_folder)
            return mails if len(mails) == 3 else []

        mails = await eventually(all_arrived)

    to_shop = [mail for mail in mails if mail["To"] == shop.settings.mail.notify]
    to_customer = [mail for mail in mails if mail["To"] == shopper.email]
    assert (len(to_shop), len(to_customer)) == (1, 2)
    assert [mail["Content-Language"] for mail in to_customer] == ["es", "es"]
    assert to_shop[0]["Content-Language"] == "es"
    assert len({mail["Message-ID"] for mail in mails}) == 3
    (confirmation,) = [mail for mail in to_customer if "IBAN" in text_of(mail, "plain")]
    for kind in ("plain", "html"):
        for told in ("Taza (es)", "44,90", "Calle Mayor 1", f"/orders/{number}"):
            assert told in text_of(confirmation, kind), told
    assert "Taza" in text_of(to_shop[0], "plain")
