"""The cart in a browser: plain forms without JavaScript, fragments with it."""

import httpx
import pytest
from quart import Quart

from storefront.shop import Shop
from tests.carts.shelves import ADDRESS, WHOLE_ADDRESS, add, cart_of, customer, put_on_shelf


def htmx(target: str, at: str = "/cart") -> dict[str, str]:
    """What htmx says of itself when it wants a fragment."""
    return {
        "HX-Request": "true",
        "HX-Request-Type": "partial",
        "HX-Target": target,
        "HX-Current-URL": f"http://shop.test{at}",
    }


def is_fragment(answer: httpx.Response) -> bool:
    return "<html" not in answer.text


async def test_a_form_adds_and_leads_to_the_cart(client: httpx.AsyncClient, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Mast")

    answer = await client.post("/cart", data={"product_id": product.id, "quantity": " 2 "})
    page = await client.get("/cart")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/cart")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "Mast is in your cart." in page.text
    assert [item["quantity"] for item in (await cart_of(client))["items"]] == [2]


async def test_options_are_chosen_by_name(client: httpx.AsyncClient, shop: Shop) -> None:
    product = await put_on_shelf(shop, sizes="SM")

    answer = await client.post(
        "/cart", data={"product_id": product.id, "quantity": "1", "option.size": "M"}
    )

    assert answer.status_code == 303
    assert (await cart_of(client))["items"][0]["sku"] == product.variants[1].sku


@pytest.mark.parametrize("option", [{}, {"option.size": ""}, {"option.size": "XXL"}])
async def test_without_a_choice_the_product_comes_back_with_the_words_at_the_field(
    client: httpx.AsyncClient, shop: Shop, option: dict[str, str]
) -> None:
    product = await put_on_shelf(shop, name="Sail", sizes="SM")

    for headers in ({}, htmx("dialog#cart-added", f"/products/{product.id}")):
        answer = await client.post(
            "/cart", data={"product_id": product.id, "quantity": "1", **option}, headers=headers
        )

        assert answer.status_code == 422
        assert "field-error" in answer.text
        assert 'value="S"' in answer.text
        assert is_fragment(answer) is bool(headers)
    assert (await cart_of(client))["items"] == []


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "two", "", "9" * 30, "٣", "+1", "1e3"])
async def test_a_typed_quantity_that_is_no_whole_number_from_1_is_refused(
    client: httpx.AsyncClient, shop: Shop, quantity: str
) -> None:
    product = await put_on_shelf(shop)
    line = (await add(client, product)).json()["items"][0]["id"]

    added = await client.post("/cart", data={"product_id": product.id, "quantity": quantity})
    changed = await client.put(f"/cart/{line}", data={"quantity": quantity})

    assert (added.status_code, changed.status_code) == (422, 422)
    assert [item["quantity"] for item in (await cart_of(client))["items"]] == [1]


async def test_more_than_the_stock_says_what_is_left_and_loses_nothing(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Buoy", stock=3)
    line = (await add(client, product, 2)).json()["items"][0]["id"]
    words = "Only 3 pieces of Buoy are left."

    fields = {"product_id": product.id, "quantity": "2"}
    answers = [
        await client.post("/cart", data=fields),
        await client.post("/cart", data=fields, headers=htmx("dialog#cart-added", "/products")),
        await client.put(f"/cart/{line}", data={"quantity": "4"}),
        await client.put(f"/cart/{line}", data={"quantity": "4"}, headers=htmx("section#cart")),
    ]

    assert [answer.status_code for answer in answers] == [409] * 4
    assert [words in answer.text for answer in answers] == [True] * 4
    assert [is_fragment(answer) for answer in answers] == [False, True, False, True]
    assert [item["quantity"] for item in (await cart_of(client))["items"]] == [2]


async def test_an_unknown_product_gets_the_page_that_says_so(client: httpx.AsyncClient) -> None:
    for product_id in ("f" * 24, "x"):
        answer = await client.post("/cart", data={"product_id": product_id, "quantity": "1"})
        assert answer.status_code == 404
    assert (await client.post("/cart", data={"quantity": "1"})).status_code == 422


async def test_htmx_gets_the_drawer_the_badge_and_the_words(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Helm")

    answer = await client.post(
        "/cart",
        data={"product_id": product.id, "quantity": "3"},
        headers=htmx("dialog#cart-added", f"/products/{product.id}"),
    )

    assert answer.status_code == 200
    assert is_fragment(answer)
    assert 'id="cart-added"' in answer.text
    assert 'data-hx-target="#cart-count"' in answer.text
    assert 'data-hx-target="#live"' in answer.text
    assert "Helm is in your cart." in answer.text
    assert [item["quantity"] for item in (await cart_of(client))["items"]] == [3]


async def test_plain_forms_change_and_remove_a_line(client: httpx.AsyncClient, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Keel")
    line = (await add(client, product)).json()["items"][0]["id"]

    changed = await client.post(f"/cart/{line}", data={"_method": "PUT", "quantity": "4"})
    quantity = (await cart_of(client))["items"][0]["quantity"]
    removed = await client.post(f"/cart/{line}", data={"_method": "DELETE"})

    assert (changed.status_code, changed.headers["Location"]) == (303, "/cart")
    assert quantity == 4
    assert (removed.status_code, removed.headers["Location"]) == (303, "/cart")
    page = await client.get("/cart")
    assert "Keel is out of your cart." in page.text
    assert "Put it back" in page.text
    assert "Nothing in it yet" in page.text
    assert "Put it back" not in (await client.get("/cart")).text
    assert (await client.post(f"/cart/{line}", data={"_method": "DELETE"})).status_code == 404


async def test_htmx_changes_removes_and_puts_back(client: httpx.AsyncClient, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Tiller", sizes="SM")
    line = (await add(client, product, 2)).json()["items"][0]["id"]
    headers = htmx("section#cart")

    changed = await client.put(f"/cart/{line}", data={"quantity": "5"}, headers=headers)
    removed = await client.delete(f"/cart/{line}", headers=headers)
    sku = product.variants[0].sku
    back = await client.post(
        "/cart", data={"product_id": product.id, "sku": sku, "quantity": "5"}, headers=headers
    )

    for answer in (changed, removed, back):
        assert answer.status_code == 200
        assert is_fragment(answer)
        assert 'id="cart"' in answer.text
        assert 'data-hx-target="#cart-count"' in answer.text
    assert 'id="undo"' in removed.text
    assert f'value="{sku}"' in removed.text
    assert 'id="undo"' not in back.text
    assert [item["quantity"] for item in (await cart_of(client))["items"]] == [5]


async def test_the_same_address_answers_htmx_with_the_fragment(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    await add(client, await put_on_shelf(shop))

    page = await client.get("/cart")
    part = await client.get("/cart", headers=htmx("section#cart"))

    assert not is_fragment(page)
    assert is_fragment(part)
    assert page.headers["Vary"] == part.headers["Vary"]
    assert page.headers["Vary"].startswith("HX-Request, HX-Request-Type")


async def test_the_drawer_over_another_page_has_no_heading_of_its_own(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    line = (await add(client, await put_on_shelf(shop))).json()["items"][0]["id"]

    over = await client.put(
        f"/cart/{line}", data={"quantity": "2"}, headers=htmx("section#cart", "/products")
    )
    at_home = await client.put(
        f"/cart/{line}", data={"quantity": "3"}, headers=htmx("section#cart")
    )

    assert "<h1" not in over.text
    assert "<h1" in at_home.text


async def test_the_badge_follows_on_every_page(client: httpx.AsyncClient, shop: Shop) -> None:
    await add(client, await put_on_shelf(shop), 3)

    page = await client.get("/cart")

    badge = page.text.partition('id="cart-count">')[2][:1]
    assert badge == "3"


async def test_a_customer_gives_the_address_by_form_or_htmx(app: Quart, shop: Shop) -> None:
    async with await customer(app) as shopper:
        await add(shopper, await put_on_shelf(shop))
        form = {"_method": "PUT", **ADDRESS}

        plain = await shopper.post("/cart/delivery-address", data={**form, "next": "/checkout"})
        astray = await shopper.post(
            "/cart/delivery-address", data={**form, "next": "//evil.example"}
        )
        part = await shopper.put(
            "/cart/delivery-address", data=ADDRESS, headers=htmx("section#delivery-address")
        )

        assert (plain.status_code, plain.headers["Location"]) == (303, "/checkout")
        assert (astray.status_code, astray.headers["Location"]) == (303, "/cart")
        assert part.status_code == 200
        assert is_fragment(part)
        assert "Calle Mayor 1" in part.text
        assert (await cart_of(shopper))["delivery_address"] == WHOLE_ADDRESS


async def test_a_rejected_address_comes_back_filled_in(app: Quart, shop: Shop) -> None:
    async with await customer(app) as shopper:
        await add(shopper, await put_on_shelf(shop))
        for headers in ({}, htmx("section#delivery-address")):
            answer = await shopper.put(
                "/cart/delivery-address",
                data={**ADDRESS, "city": " ", "line2": "3 B"},
                headers=headers,
            )

            assert answer.status_code == 422
            assert answer.text.count('aria-invalid="true"') == 1
            assert 'id="a-city-error"' in answer.text
            assert "Please fill this in.</p>" in answer.text
            assert 'value="3 B"' in answer.text
            assert is_fragment(answer) is bool(headers)
        assert (await cart_of(shopper))["delivery_address"] is None


async def test_a_guest_signs_in_before_giving_an_address(client: httpx.AsyncClient) -> None:
    answer = await client.put("/cart/delivery-address", data=ADDRESS)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/?next=/cart")


async def test_the_spanish_address_keeps_method_and_query(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    product = await put_on_shelf(shop)
    answers = [
        await client.get("/carrito?lang=es"),
        await client.post("/carrito", data={"product_id": product.id, "quantity": "1"}),
        await client.put("/carrito/delivery-address"),
        await client.post("/carrito/abc?x=1", data={"_method": "DELETE"}),
    ]

    assert [answer.status_code for answer in answers] == [308] * 4
    assert [answer.headers["Location"] for answer in answers] == [
        *("/cart?lang=es", "/cart", "/cart/delivery-address", "/cart/abc?x=1")
    ]
    added = await client.post(
        "/carrito",
        data={"product_id": product.id, "quantity": "1"},
        follow_redirects=True,
    )
    assert added.status_code == 200
    assert [item["quantity"] for item in (await cart_of(client))["items"]] == [1]
