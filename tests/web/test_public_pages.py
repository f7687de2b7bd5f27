"""What every guest sees alike comes from memory, finished and compressed, and is never stale."""

import httpx
import pytest
from quart import Quart

from storefront.accounts.model import Role
from storefront.shop import Shop
from tests.accounts.people import registered
from tests.catalogue.goods import product, sell, signed_in
from tests.conftest import browser, eventually


async def from_memory(client: httpx.AsyncClient) -> float:
    """How many answers came from memory so far."""
    metrics = (await client.get("/metrics")).text
    name = 'storefront_public_pages_total{source="memory"} '
    return next(
        (float(line.removeprefix(name)) for line in metrics.splitlines() if name in line), 0
    )


async def test_the_second_guest_gets_the_same_page_from_memory(
    app: Quart, shop: Shop, client: httpx.AsyncClient
) -> None:
    await sell(shop, product("Lantern"))
    first = await client.get("/products")
    before = await from_memory(client)

    async with browser(app) as other:
        second = await other.get("/products")

    assert "Lantern" in second.text
    assert second.text == first.text
    assert second.headers["Content-Encoding"] in {"zstd", "br", "gzip"}
    assert second.headers["X-Request-ID"] != first.headers["X-Request-ID"]
    assert second.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "x-public-page" not in second.headers
    assert await from_memory(client) == before + 1


async def test_who_has_the_page_is_told_that_nothing_changed(client: httpx.AsyncClient) -> None:
    page = await client.get("/products")

    again = await client.get("/products", headers={"If-None-Match": page.headers["ETag"]})

    assert again.status_code == 304
    assert again.content == b""


async def test_a_head_request_tells_what_a_get_would_send(client: httpx.AsyncClient) -> None:
    page = await client.get("/products")
    head = await client.head("/products")

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["Content-Length"] == page.headers["Content-Length"]


async def test_a_change_shows_at_once_in_the_process_that_made_it(
    app: Quart, shop: Shop, client: httpx.AsyncClient
) -> None:
    globe = product("Globe", price=1000)
    await sell(shop, globe)
    assert "€10.00" in (await client.get(f"/products/{globe.id}")).text

    async with await signed_in(app, Role.STAFF) as staff:
        answer = await staff.patch(f"/api/v1/products/{globe.id}", json={"unit_price": 1250})
    assert answer.status_code == 200

    assert "€12.50" in (await client.get(f"/products/{globe.id}")).text


async def test_languages_themes_and_fragments_are_kept_apart(client: httpx.AsyncClient) -> None:
    english = await client.get("/products")
    spanish = await client.get("/products", headers={"Accept-Language": "es"})
    asked = await client.get("/products?lang=es")
    fragment = await client.get(
        "/products", headers={"HX-Request": "true", "HX-Request-Type": "partial"}
    )
    of_no_type = await client.get("/products", headers={"HX-Request": "true"})
    not_by_htmx = await client.get("/products", headers={"HX-Request": "false"})
    await client.post("/preferences", data={"theme": "dark", "next": "/products"})
    dark = await client.get("/products")

    assert '<html lang="en"' in english.text
    assert '<html lang="es"' in spanish.text
    assert '<html lang="es"' in asked.text
    assert "<html" not in fragment.text
    assert of_no_type.text == fragment.text
    assert not_by_htmx.text == english.text
    assert fragment.headers["ETag"] != english.headers["ETag"]
    assert 'data-theme="dark"' in dark.text
    assert 'data-theme="dark"' not in english.text


async def test_who_is_signed_in_sees_their_own_header_and_guests_do_not(
    app: Quart, client: httpx.AsyncClient
) -> None:
    customer, _email = await registered(app, full_name="Ana García")

    own = await customer.get("/products")
    guest = await client.get("/products")

    assert "/auth/logout" in own.text
    assert "/auth/logout" not in guest.text
    await customer.aclose()


async def test_refused_requests_and_missing_pages_are_not_kept(client: httpx.AsyncClient) -> None:
    missing = "/products/ffffffffffffffffffffffff"
    first = await client.get(missing)
    second = await client.get(missing)

    assert first.status_code == second.status_code == 404
    assert first.headers["X-Request-ID"] in first.text
    assert second.headers["X-Request-ID"] in second.text


async def test_a_page_asked_for_again_and_again_is_compressed_as_well_as_can_be(
    shop: Shop, client: httpx.AsyncClient
) -> None:
    await sell(shop, product("Sounding line"))
    headers = {"Accept-Encoding": "br"}
    first = await client.get("/products", headers=headers)

    async def smaller() -> httpx.Response | None:
        again = await client.get("/products", headers=headers)
        is_smaller = int(again.headers["Content-Length"]) < int(first.headers["Content-Length"])
        return again if is_smaller else None

    again = await eventually(smaller)
    assert again.text == first.text
    assert again.headers["ETag"] != first.headers["ETag"]
    for known in (first, again):
        tag = known.headers["ETag"]
        answer = await client.get("/products", headers=headers | {"If-None-Match": tag})
        assert (answer.status_code, answer.headers["ETag"]) == (304, tag)


@pytest.mark.parametrize("coding", ["zstd", "br", "gzip", "identity"])
async def test_each_client_gets_a_coding_that_it_takes(
    shop: Shop, client: httpx.AsyncClient, coding: str
) -> None:
    await sell(shop, product("Log line"))
    plain = await client.get("/products", headers={"Accept-Encoding": "identity"})

    answer = await client.get("/products", headers={"Accept-Encoding": coding})

    assert answer.headers.get("Content-Encoding", "identity") == coding
    assert answer.text == plain.text


async def test_what_handlers_write_for_one_visitor_is_compressed_too(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/", "/cart"):
        answer = await client.get(path, headers={"Accept-Encoding": "gzip"})
        plain = await client.get(path, headers={"Accept-Encoding": "identity"})

        assert answer.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert answer.text == plain.text
        assert "x-public-page" not in plain.headers
