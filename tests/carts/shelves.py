"""Products on the shelf and people with a cart, for the tests of carts and orders."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
from bson import ObjectId
from itsdangerous import URLSafeSerializer
from quart import Quart

from storefront.accounts import service as accounts
from storefront.accounts.model import Origin, Role
from storefront.accounts.schemas import NewUser
from storefront.catalogue import service as catalogue
from storefront.catalogue import store
from storefront.catalogue.model import Product, Text, Variant
from storefront.shop import Shop
from storefront.web.cookies import signing_keys
from tests.conftest import PASSWORD, browser, eventually

ADDRESS = {
    "recipient": "Ana García",
    "line1": "Calle Mayor 1",
    "city": "Madrid",
    "postal_code": "28013",
    "country": "ES",
}
WHOLE_ADDRESS = {**ADDRESS, "line2": "", "region": "", "phone": ""}

_numbers = count(1)


async def put_on_shelf(
    shop: Shop, *, name: str = "Mug", price: int = 1999, stock: int = 10, sizes: str = ""
) -> Product:
    """A new product; with ``sizes`` such as "SML" one variant each, all with this stock."""
    number = next(_numbers)
    now = datetime.now(UTC)
    product = Product(
        id=str(ObjectId()),
        name=name,
        description=f"A {name.lower()} to keep.",
        category="mugs",
        variants=tuple(
            Variant(f"SKU-{number}-{size}", {"size": size} if size else {}, price, stock)
            for size in sizes or [""]
        ),
        photo=None,
        created_at=now,
        updated_at=now,
        translations={"es": Text(f"{name} (es)", "Para quedársela.")},
    )
    await store.insert_product(shop, product)
    await catalogue.publish(shop, [product])
    return product


async def reprice(shop: Shop, product: Product, price: int) -> None:
    """Another price for the product's one variant, known to the database and to this process."""
    await shop.database["products"].update_one(
        {"_id": ObjectId(product.id)},
        {"$set": {"variants.0.unit_price": price}, "$inc": {"version": 1}},
    )
    await catalogue.publish(
        shop, (await catalogue.get_stored_products(shop, [product.id])).values()
    )


async def set_stock(shop: Shop, product: Product, stock: int) -> None:
    """As `reprice`, for the stock of the first variant."""
    await shop.database["products"].update_one(
        {"_id": ObjectId(product.id)},
        {"$set": {"variants.0.stock": stock}, "$inc": {"version": 1}},
    )
    await catalogue.publish(
        shop, (await catalogue.get_stored_products(shop, [product.id])).values()
    )


async def withdraw(shop: Shop, product: Product) -> None:
    """Take the product out of the shop."""
    await shop.database["products"].update_one(
        {"_id": ObjectId(product.id)},
        {"$set": {"deleted_at": datetime.now(UTC)}, "$inc": {"version": 1}},
    )
    await eventually(lambda: _is_gone(shop, product))


async def _is_gone(shop: Shop, product: Product) -> bool:
    return catalogue.find_product(shop, product.id) is None


async def stock_of(shop: Shop, product: Product) -> list[int]:
    """The database's stock of each variant."""
    stored = (await catalogue.get_stored_products(shop, [product.id]))[product.id]
    return [variant.stock for variant in stored.variants]


async def customer(app: Quart, *, role: Role = Role.CUSTOMER, **options: Any) -> httpx.AsyncClient:
    """A client that is signed in as somebody new; ``client.email`` tells as whom."""
    shop: Shop = app.extensions["shop"]
    email = f"person{next(_numbers)}@example.com"
    user = await accounts.create_user(
        shop,
        NewUser.model_construct(
            email=email, full_name="Ana García", phone="+34600123456", password=PASSWORD
        ),
        role=role,
    )
    token = await accounts.sign_in(shop, user, Origin("127.0.0.1", "test"))
    client = browser(app, headers={"Authorization": f"Bearer {token.text}"}, **options)
    client.email, client.user_id = email, user.id  # type: ignore[attr-defined]
    return client


async def add(client: httpx.AsyncClient, product: Product, quantity: int = 1) -> httpx.Response:
    """Put pieces of the product's first variant into the client's cart, by the API."""
    return await client.post(
        "/api/v1/cart",
        json={
            "product_id": product.id,
            "sku": product.variants[0].sku,
            "quantity": quantity,
        },
    )


def guest_cart_id(shop: Shop, guest: httpx.AsyncClient) -> str:
    """The id in the guest's cookie."""
    serializer = URLSafeSerializer(signing_keys(shop), salt="cart")
    cart_id: str = serializer.loads(guest.cookies["cart"])
    return cart_id


async def cart_of(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/v1/cart")
    assert answer.status_code == 200
    cart: dict[str, Any] = answer.json()
    return cart
