"""Products to list, find and change, and people who may change them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
from bson import ObjectId
from quart import Quart

from storefront.accounts import service as accounts
from storefront.accounts.model import Origin, Role
from storefront.accounts.schemas import NewUser
from storefront.catalogue import service as catalogue
from storefront.catalogue.model import ListQuery, Product, Text, Variant
from storefront.shop import Shop
from tests.conftest import PASSWORD, browser

_numbers = count(1)
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def product(
    name: str = "Mug",
    *,
    category: str = "mugs",
    price: int = 1999,
    stock: int = 10,
    description: str = "Something to keep.",
    variants: Sequence[Variant] = (),
    spanish: tuple[str, str] | None = None,
    age_minutes: int | None = None,
) -> Product:
    """A product that nobody stored yet; each one is newer than those before, unless it says."""
    number = next(_numbers)
    made = _FIRST + timedelta(minutes=number if age_minutes is None else -age_minutes)
    return Product(
        id=str(ObjectId()),
        name=name,
        description=description,
        category=category,
        variants=tuple(variants) or (Variant(f"ONE-{number}", {}, price, stock),),
        photo=None,
        created_at=made,
        updated_at=made,
        translations={"es": Text(*spanish)} if spanish else {},
    )


def variant(stock: int = 5, *, price: int = 1999, **options: str) -> Variant:
    return Variant(f"SKU-{next(_numbers)}", options, price, stock)


async def sell(shop: Shop, *products: Product) -> None:
    """Store the products and show them."""
    await catalogue.add_products(shop, products)
    await catalogue.publish(shop, products)


async def empty_shop(shop: Shop) -> None:
    """Take everything out again, for tests that count all there is."""
    page = catalogue.list_products(shop, ListQuery(limit=100), "en")
    while page.items:
        for each in page.items:
            await catalogue.delete_product(shop, each.id, by="test")
        page = catalogue.list_products(shop, ListQuery(limit=100), "en")


async def signed_in(app: Quart, role: Role) -> httpx.AsyncClient:
    """A client of somebody new with this role."""
    shop: Shop = app.extensions["shop"]
    new_user = NewUser.model_construct(
        email=f"{role.value}{next(_numbers)}@example.com",
        full_name="Ana García",
        phone="+34600123456",
        password=PASSWORD,
    )
    user = await accounts.create_user(shop, new_user, role=role)
    token = await accounts.sign_in(shop, user, Origin("127.0.0.1", "test"))
    return browser(app, headers={"Authorization": f"Bearer {token.text}"})


async def listed(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    """The list that the API answers with; options as ``{"option.size": "M"}``."""
    answer = await client.get("/api/v1/products", params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def names(page: Mapping[str, Any]) -> list[str]:
    return [item["name"] for item in page["items"]]


def counts(page: Mapping[str, Any], facet: str) -> dict[str, int]:
    """A facet's values with their counts; empty if the facet is not there."""
    found = [each for each in page["facets"] if each["name"] == facet]
    return {each["value"]: each["count"] for each in found[0]["values"]} if found else {}
