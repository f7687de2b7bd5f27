"""Orders in the back office: found by whatever is known of them, and taken to their end."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from quart import Quart

from storefront.orders import backroom, leaving
from storefront.shop import Shop
from tests.carts.shelves import put_on_shelf, stock_of
from tests.staff.people import HTMX, form_of, order, staff, words_of


async def numbers(client: httpx.AsyncClient, **query: Any) -> list[int]:
    """The orders that the list shows, as it shows them."""
    page = await client.get("/staff/orders", params=query)
    assert page.status_code == 200, page.text
    return [int(part.partition('"')[0]) for part in page.text.split('id="order-row-')[1:]]


async def test_orders_are_found_by_number_email_product_and_sku(app: Quart, shop: Shop) -> None:
    lamp = await put_on_shelf(shop, name="Storm lamp")
    rope = await put_on_shelf(shop, name="Hemp rope", sizes="SM")
    first, email = await order(app, lamp)
    second, _other = await order(app, rope)
    async with await staff(app) as client:
        assert (await numbers(client))[:2] == [second, first]
        assert await numbers(client, q=str(first)) == [first]
        assert await numbers(client, q=f"#{second}") == [second]
        assert await numbers(client, q=email.upper()) == [first]
        assert await numbers(client, q="storm lamp") == [first]
        assert await numbers(client, q=rope.variants[0].sku) == [second]
        assert await numbers(client, q=rope.variants[1].sku) == []
        assert await numbers(client, q="nothing like it") == []


async def test_each_status_has_its_own_list(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop)
    waiting, _email = await order(app, product)
    paid, _email = await order(app, product)
    async with await staff(app) as client:
        await client.post(f"/staff/orders/{paid}/status", data={"status": "paid"})

        assert paid in await numbers(client, status="paid")
        assert waiting not in await numbers(client, status="paid")
        assert waiting in await numbers(client, status="generated")
        assert paid not in await numbers(client, status="generated")


async def test_further_orders_follow_page_by_page(
    app: Quart, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.staff.orders.ON_A_PAGE", 2)
    product = await put_on_shelf(shop, name="Ebb bottle")
    placed = [(await order(app, product))[0] for _ in range(3)]
    async with await staff(app) as client:
        assert await numbers(client, q="ebb bottle") == [placed[2], placed[1]]
        assert await numbers(client, q="ebb bottle", after=placed[1]) == [placed[0]]


async def test_an_order_goes_step_by_step_to_its_end_and_says_who_did_it(
    app: Quart, shop: Shop
) -> None:
    number, _email = await order(app, await put_on_shelf(shop))
    path = f"/staff/orders/{number}"
    async with await staff(app) as client:
        for status in ("paid", "shipped", "delivered"):
            page = await client.get(path)
            typed = form_of(page, f"{path}/status")
            assert typed["status"] == status
            answer = await client.post(f"{path}/status", data=typed)
            assert (answer.status_code, answer.headers["Location"]) == (303, path)
        last = words_of(await client.get(path))
    assert "Delivered Ana García" in last
    assert "Cancel this order" not in last


async def test_pressing_the_same_button_twice_goes_one_step_only(app: Quart, shop: Shop) -> None:
    number, _email = await order(app, await put_on_shelf(shop))
    path = f"/staff/orders/{number}"
    async with await staff(app) as client:
        first = await client.post(f"{path}/status", data={"status": "paid"})
        second = await client.post(f"{path}/status", data={"status": "paid"})
        assert (first.status_code, second.status_code) == (303, 303)
        found = await backroom.find_order(shop, number)
    assert found is not None
    assert [step.status.value for step in found.history] == ["generated", "paid"]


async def test_a_step_that_does_not_follow_is_refused_and_changes_nothing(
    app: Quart, shop: Shop
) -> None:
    number, _email = await order(app, await put_on_shelf(shop))
    path = f"/staff/orders/{number}"
    async with await staff(app) as client:
        refused = await client.post(f"{path}/status", data={"status": "delivered"})
        assert refused.status_code == 409
        assert "cannot take this step any more" in words_of(refused)
        fragment = await client.post(f"{path}/status", data={"status": "delivered"}, headers=HTMX)
        assert fragment.status_code == 409
    found = await backroom.find_order(shop, number)
    assert found is not None
    assert found.status.value == "generated"


async def test_from_the_list_only_the_orders_row_changes(app: Quart, shop: Shop) -> None:
    number, _email = await order(app, await put_on_shelf(shop))
    async with await staff(app) as client:
        row = await client.post(
            f"/staff/orders/{number}/status?row=1",
            data={"status": "paid", "back": "/staff/orders?status=generated"},
            headers=HTMX,
        )
        assert row.text.startswith(f'<tr id="order-row-{number}">')
        assert "Mark as sent" in row.text
        plain = await client.post(
            f"/staff/orders/{number}/status?row=1",
            data={"status": "shipped", "back": "/staff/orders?status=paid"},
        )
        assert plain.headers["Location"] == "/staff/orders?status=paid"


async def test_cancelling_asks_first_and_puts_the_stock_back(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=5)
    number, _email = await order(app, product, 2)
    async with await staff(app) as client:
        page = await client.get(f"/staff/orders/{number}")
        assert "Yes, cancel it" in page.text
        assert await stock_of(shop, product) == [3]
        await client.post(f"/staff/orders/{number}/status", data={"status": "cancelled"})
    assert await stock_of(shop, product) == [5]


async def test_a_note_is_kept_once_and_shown_to_staff_only(app: Quart, shop: Shop) -> None:
    number, _email = await order(app, await put_on_shelf(shop))
    path = f"/staff/orders/{number}"
    async with await staff(app) as client:
        typed = form_of(await client.get(path), f"{path}/notes")
        typed["text"] = "Wants it wrapped."
        for _click in range(2):
            assert (await client.post(f"{path}/notes", data=typed)).status_code == 303
        page = words_of(await client.get(path))
        assert page.count("Wants it wrapped.") == 1
        assert "Wants it wrapped." not in (await client.get(f"/api/v1/orders/{number}")).text


async def test_an_empty_note_is_refused_at_its_field(app: Quart, shop: Shop) -> None:
    number, _email = await order(app, await put_on_shelf(shop))
    async with await staff(app) as client:
        refused = await client.post(f"/staff/orders/{number}/notes", data={"text": "  "})
    assert refused.status_code == 422
    assert "Please write something." in words_of(refused)


async def test_the_confirmation_is_sent_again_once_per_form(app: Quart, shop: Shop) -> None:
    number, email = await order(app, await put_on_shelf(shop))
    path = f"/staff/orders/{number}"

    async def confirmations() -> int:
        return int(await shop.database["outbox"].count_documents({"kind": "order", "to": email}))

    async with await staff(app) as client:
        assert await confirmations() == 1
        typed = form_of(await client.get(path), f"{path}/confirmation")
        for _click in range(2):
            await client.post(f"{path}/confirmation", data=typed)
        assert await confirmations() == 2
        assert "Sent the confirmation to the customer again." in words_of(await client.get(path))

        await client.post(f"{path}/status", data={"status": "cancelled"})
        assert f"{path}/confirmation" not in (await client.get(path)).text
        late = await client.post(f"{path}/confirmation", data={"key": "another"})
        assert late.status_code == 409
        assert await confirmations() == 2


async def test_who_deleted_their_account_is_written_to_no_more(app: Quart, shop: Shop) -> None:
    number, email = await order(app, await put_on_shelf(shop))
    path = f"/staff/orders/{number}"
    async with await staff(app) as client:
        for status in ("paid", "shipped", "delivered"):
            await client.post(f"{path}/status", data={"status": status})
        person = await shop.database["users"].find_one({"email": email})
        await shop.database.in_transaction(
            lambda tx: leaving.forget_customer(shop, tx, str(person["_id"]))
        )

        page = await client.get(path)
        assert "The customer has deleted their account." in words_of(page)
        assert "Ordered ," not in words_of(page)
        refused = await client.post(f"{path}/confirmation", data={"key": "late"})
        assert refused.status_code == 409


async def test_the_packing_slip_names_what_goes_into_the_parcel(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Signal flag", sizes="ML")
    number, _email = await order(app, product, 3)
    async with await staff(app) as client:
        slip = words_of(await client.get(f"/staff/orders/{number}/packing-slip"))
    for told in ("Calle Mayor 1", "Signal flag, M", product.variants[0].sku, f"Order {number}"):
        assert told in slip, told
    assert "€" not in slip


async def test_the_slip_speaks_the_customers_language_and_its_page_that_of_staff(
    app: Quart, shop: Shop
) -> None:
    number, _email = await order(app, await put_on_shelf(shop, name="Burgee"))
    async with await staff(app) as client:
        path = f"/staff/orders/{number}/packing-slip"
        page = words_of(await client.get(path, headers={"Accept-Language": "es"}))
    assert "Pieces" in page
    assert "Imprimir" in page
    assert "Print" not in page


async def test_an_order_that_is_not_there_is_not_found(app: Quart) -> None:
    async with await staff(app) as client:
        assert (await client.get("/staff/orders/999999")).status_code == 404
        assert (await client.get("/staff/orders/none")).status_code == 404
        missing = await client.post("/staff/orders/999999/notes", data={"text": "Hm."})
        assert missing.status_code == 404


async def test_a_days_sales_count_orders_but_not_cancelled_ones(app: Quart, shop: Shop) -> None:
    before = (await backroom.list_sales(shop, days=30))[-1]
    product = await put_on_shelf(shop, price=2500)
    kept, _email = await order(app, product)
    dropped, _email = await order(app, product)
    found = await backroom.find_order(shop, kept)
    assert found is not None
    async with await staff(app) as client:
        await client.post(f"/staff/orders/{dropped}/status", data={"status": "cancelled"})
    days = await backroom.list_sales(shop, days=30)
    assert (len(days), days[-1].day) == (30, datetime.now(UTC).date())
    assert days[-1].orders - before.orders == 1
    assert days[-1].total - before.total == found.total
