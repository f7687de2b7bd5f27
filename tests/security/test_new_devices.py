"""Who has an account hears of a sign-in from where there was none before."""

from pathlib import Path

import httpx
from quart import Quart

from storefront.shop import Shop
from tests.accounts.people import registered, sign_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def at(app: Quart, address: str, agent: str = "") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 1))  # type: ignore[arg-type]
    headers = {"User-Agent": agent} if agent else {}
    return httpx.AsyncClient(transport=transport, base_url="http://shop.test", headers=headers)


async def told(shop: Shop, email: str) -> list[dict[str, str]]:
    found = shop.database["outbox"].find({"to": email, "kind": "new_device"})
    return [each async for each in found]


async def test_only_a_device_or_network_that_is_new_is_told_of(
    app: Quart, shop: Shop, mail_folder: Path
) -> None:
    _, email = await registered(app)
    assert await told(shop, email) == []

    for address, agent, mails in (
        ("127.0.0.1", "", 0),
        ("127.0.0.1", FIREFOX, 1),
        ("127.0.0.1", FIREFOX, 1),
        ("198.51.100.7", FIREFOX, 2),
        ("198.51.100.7", FIREFOX, 2),
    ):
        async with at(app, address, agent) as browser:
            assert (await sign_in(browser, email)).status_code == 303
        assert len(await told(shop, email)) == mails

    context = (await told(shop, email))[0]["context"]
    assert context["device"] == "Firefox, Linux"  # type: ignore[index]


async def test_it_is_told_in_the_languages_of_the_account(app: Quart, shop: Shop) -> None:
    customer, email = await registered(app)
    await customer.patch("/api/v1/account", json={"language": "es"})

    async with at(app, "198.51.100.8") as browser:
        await sign_in(browser, email)

    assert (await told(shop, email))[0]["language"] == "es"
