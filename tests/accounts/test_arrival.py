"""What a guest collected comes along on signing in."""

from datetime import UTC, datetime

import httpx
import pytest
from bson import ObjectId
from quart import Quart

from storefront.catalogue import service as catalogue
from storefront.catalogue import store
from storefront.catalogue.model import Product, Variant
from storefront.shop import Shop
from tests.accounts.people import registered, registration, sign_in
from tests.conftest import browser


@pytest.fixture
async def mug(shop: Shop) -> Product:
    """A product of which there are five."""
    now = datetime.now(UTC)
    key = str(ObjectId())
    product = Product(
        id=key,
        name="Mug",
        description="A mug to keep.",
        category="mugs",
        variants=(Variant(f"MUG-{key}", {}, 900, 5),),
        photo=None,
        created_at=now,
        updated_at=now,
        translations={},
    )
    await store.insert_product(shop, product)
    await catalogue.publish(shop, [product])
    return product


async def put(client: httpx.AsyncClient, product: Product, quantity: int) -> None:
    answer = await client.post(
        "/api/v1/cart", json={"product_id": product.id, "quantity": quantity}
    )
    assert answer.status_code == 201, answer.text


async def quantities(client: httpx.AsyncClient) -> list[int]:
    cart = (await client.get("/api/v1/cart")).json()
    return [item["quantity"] for item in cart["items"]]


async def test_a_guests_cart_comes_along_on_registering(
    client: httpx.AsyncClient, mug: Product
) -> None:
    await put(client, mug, 2)

    await client.post("/auth/register", data=registration())

    assert await quantities(client) == [2]
    assert "cart" not in client.cookies
    page = (await client.get("/account")).text
    assert "What you had chosen before is in your cart." in page


async def test_on_signing_in_both_carts_become_one_within_the_stock(
    app: Quart, client: httpx.AsyncClient, mug: Product
) -> None:
    customer, email = await registered(app)
    await put(customer, mug, 3)
    await put(client, mug, 4)

    await sign_in(client, email)

    assert await quantities(client) == [5]
    assert await quantities(customer) == [5]
    page = (await client.get("/account")).text
    assert "Not as many are left as you had chosen of: Mug." in page


async def test_a_script_that_signs_in_brings_its_cart_too(app: Quart, mug: Product) -> None:
    form = registration()
    async with browser(app) as script:
        await put(script, mug, 2)
        await script.post("/api/v1/auth/register", json=form)

        answer = await script.post(
            "/api/v1/auth/login", json={"email": form["email"], "password": form["password"]}
        )

        script.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        assert await quantities(script) == [2]
        assert "cart" not in script.cookies


async def test_a_wrong_password_leaves_the_guests_cart_alone(
    app: Quart, client: httpx.AsyncClient, mug: Product
) -> None:
    customer, email = await registered(app)
    await put(client, mug, 2)

    await sign_in(client, email, "not the password")

    assert await quantities(client) == [2]
    assert await quantities(customer) == []
