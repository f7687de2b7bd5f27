"""The first page of the back office."""

from datetime import UTC, date, datetime, timedelta

from quart import Quart

from storefront.database import ObjectId
from storefront.orders.model import DayOfSales
from storefront.shop import Shop
from storefront.staff.today_chart import SalesChart
from tests.carts.shelves import customer, put_on_shelf
from tests.staff.people import order, staff, words_of


async def test_an_empty_shop_says_what_to_do_next(app: Quart) -> None:
    async with await staff(app) as client:
        page = await client.get("/staff")
    said = words_of(page)
    for sentence in (
        "Nothing to send, nothing to wait for.",
        "Nothing was sold in these 30 days.",
        "Of everything there is enough.",
        "Everybody has an answer.",
        "All mails went out.",
    ):
        assert sentence in said
    assert 'href="/staff/products"' in page.text


async def test_it_names_what_waits(app: Quart, shop: Shop) -> None:
    scarce = await put_on_shelf(shop, name="Brass sextant", stock=3)
    number, _email = await order(app, scarce)
    async with await customer(app) as shopper:
        await shopper.post("/chat/" + shopper.email, data={"body": "Is it heavy?"})  # type: ignore[attr-defined]
    await shop.database["outbox"].insert_one(
        {
            "_id": ObjectId(),
            "kind": "order",
            "to": "lost@example.com",
            "language": "en",
            "context": {},
            "state": "failed",
            "attempts": 12,
            "message_id": "<1@example.com>",
            "created_at": datetime.now(UTC),
            "next_attempt_at": datetime.now(UTC),
            "sent_at": None,
            "last_error": "550 no such mailbox",
            "lease_by": None,
            "lease_until": None,
        }
    )
    async with await staff(app) as client:
        page = await client.get("/staff")
    said = words_of(page)
    assert f'href="/staff/orders/{number}"' in page.text
    assert "1 awaits payment" in said
    assert "Brass sextant 2" in said
    assert "Is it heavy?" in said
    assert "lost@example.com 550 no such mailbox" in said
    assert "1 order" in said


async def test_mails_that_cannot_be_sent_just_now_are_told_of(app: Quart, shop: Shop) -> None:
    await order(app, await put_on_shelf(shop))
    await shop.database["outbox"].update_many(
        {"kind": "order"},
        {"$set": {"state": "pending", "last_error": "[Errno 111] Connection refused"}}
        | {"$max": {"next_attempt_at": datetime.now(UTC) + timedelta(hours=1)}},
    )
    async with await staff(app) as client:
        said = words_of(await client.get("/staff"))
    assert "sending did not work and will be tried again." in said
    assert "All mails went out." not in said


def test_the_best_day_fills_the_chart_and_an_empty_one_has_no_bar() -> None:
    first = date(2026, 3, 1)
    sales = [0, 100, 5000, 1]
    days = [
        DayOfSales(first + timedelta(days=offset), int(total > 0), total)
        for offset, total in enumerate(sales)
    ]
    chart = SalesChart(days)
    assert [bar.height for bar in chart.bars] == [0, 2.0, 100, 1.5]
    assert [bar.y for bar in chart.bars] == [100, 98.0, 0, 98.5]
    assert [bar.x for bar in chart.bars] == [1, 11, 21, 31]
    assert (chart.total, chart.orders, chart.best.total) == (5101, 3, 5000)


async def test_the_chart_has_a_table_with_a_row_for_each_day(app: Quart, shop: Shop) -> None:
    await order(app, await put_on_shelf(shop))
    async with await staff(app) as client:
        page = await client.get("/staff")
    chart = page.text.partition('class="chart-bars"')[2]
    assert chart.count('class="chart-bar"') == 30
    assert chart.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>") == 30
    assert "style=" not in page.text
