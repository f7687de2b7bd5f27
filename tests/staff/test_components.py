"""The page of all components, which exists only while somebody works on them."""

from dataclasses import replace

import httpx
import pytest
from quart import Quart

from storefront.shop import Shop
from tests.carts.shelves import put_on_shelf
from tests.conftest import browser
from tests.staff.people import staff


@pytest.fixture
def in_development(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "settings", replace(shop.settings, environment="development"))


@pytest.mark.usefixtures("in_development")
async def test_in_development_staff_see_all_components(app: Quart, shop: Shop) -> None:
    await put_on_shelf(shop, name="Sheave")

    async with await staff(app) as clerk:
        page = await clerk.get("/staff/components")

    assert page.status_code == 200
    assert page.text.count("Sheave") > 3
    assert 'href="/staff/components"' in page.text


@pytest.mark.usefixtures("in_development")
async def test_customers_do_not(app: Quart) -> None:
    async with browser(app) as guest:
        assert (await guest.get("/staff/components")).status_code == 303


async def test_elsewhere_there_is_no_such_page(app: Quart, client: httpx.AsyncClient) -> None:
    async with await staff(app) as clerk:
        assert (await clerk.get("/staff/components")).status_code == 404
        assert "/staff/components" not in (await clerk.get("/staff")).text
