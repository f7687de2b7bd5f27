"""Who has a cart or is signed in gets pages from memory, too: their own, and nobody else's.

What comes from memory is compared with what a handler writes for the same visitor: a header that
comes twice is ambiguous, and such a request is left to the handlers.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from quart import Quart

from storefront.accounts.model import Role
from storefront.catalogue.model import Product
from storefront.shop import Shop
from tests.accounts.people import registered, sign_in
from tests.catalogue.goods import product, sell
from tests.conftest import browser, eventually
from tests.web.test_public_pages import from_memory

PAGES = ["/products", "/products/mugs", "/products?q=mug", "/products?in_stock=true"]
TO_HANDLERS = [("Accept-Language", "en"), ("Accept-Language", "en")]
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
async def mug(shop: Shop) -> Product:
    made = product("Mug <b>of</b> Ana & Co.")
    await sell(shop, made)
    return made


@asynccontextmanager
async def somebody(app: Quart, shop: Shop, role: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of a guest, or of somebody new with this role."""
    if role == "guest":
        async with browser(app) as guest:
            yield guest
        return
    person, email = await registered(app, full_name="Ana <script>alert(1)</script> & O'Hara")
    if role != "customer":
        await shop.database["users"].update_one({"email": email}, {"$set": {"role": role}})
        await eventually(lambda: sees(person, 'href="/staff"'))
    yield person
    await person.aclose()


async def sees(person: httpx.AsyncClient, words: str) -> bool:
    return words in (await person.get("/products")).text


async def put_into_cart(person: httpx.AsyncClient, wanted: Product, quantity: int = 1) -> None:
    form = {"product_id": wanted.id, "sku": wanted.variants[0].sku, "quantity": quantity}
    assert (await person.post("/cart", data=form)).status_code == 303
    await person.get("/cart")  # Takes the message that it is in the cart.


async def warm(person: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
    """The page as it comes from memory; fails if it never does."""
    for _ in range(4):
        before = await from_memory(person)
        answer = await person.get(path, headers=headers)
        if await from_memory(person) == before + 1:
            return answer
    raise AssertionError(f"{path} never came from memory")


async def written(person: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
    """The page as a handler writes it."""
    before = await from_memory(person)
    answer = await person.get(path, headers=[*headers.items(), *TO_HANDLERS])
    assert await from_memory(person) == before
    return answer


def etag_stem(answer: httpx.Response) -> str:
    """An ETag without what tells the content coding."""
    return answer.headers["ETag"].removeprefix("W/").removesuffix('"').partition("-")[0]


def told(answer: httpx.Response) -> dict[str, str]:
    """The headers that must be the same, however an answer was made."""
    own = {"x-request-id", "etag", "content-length", "content-encoding", "vary"}
    return {name: value for name, value in answer.headers.items() if name not in own}


@pytest.mark.parametrize("role", ["guest", "customer", "staff", "admin"])
@pytest.mark.parametrize("language", ["en", "es"])
async def test_a_page_from_memory_is_the_page_that_a_handler_writes(
    app: Quart, shop: Shop, mug: Product, role: str, language: str
) -> None:
    async with somebody(app, shop, role) as person:
        await person.post("/preferences", data={"language": language, "next": "/products"})
        await put_into_cart(person, mug, 3)
        for path in (*PAGES, f"/products/{mug.id}"):
            for headers in ({}, FRAGMENT):
                handwritten = await written(person, path, **headers)
                remembered = await warm(person, path, **headers)

                assert remembered.text == handwritten.text
                assert remembered.headers["ETag"].startswith(etag_stem(handwritten))
                assert told(remembered) == told(handwritten)
                assert set(remembered.headers["Vary"].split(", ")) == set(
                    handwritten.headers["Vary"].split(", ")
                )
                assert f'<html lang="{language}"' in remembered.text or headers


async def test_the_cart_shows_what_was_put_in_just_now(
    app: Quart, shop: Shop, mug: Product
) -> None:
    for role in ("guest", "customer"):
        async with somebody(app, shop, role) as person:
            await put_into_cart(person, mug)
            assert 'id="cart-count">1<' in (await warm(person, "/products")).text

            await put_into_cart(person, mug, 2)

            assert 'id="cart-count">3<' in (await warm(person, "/products")).text


async def test_two_visitors_in_turn_see_each_their_own(
    app: Quart, shop: Shop, mug: Product
) -> None:
    ana, her_email = await registered(app, full_name="Ana García")
    bo, his_email = await registered(app, full_name="Bo Nilsen")
    await put_into_cart(ana, mug, 2)
    await put_into_cart(bo, mug, 4)
    for _ in range(3):
        hers, his = await ana.get("/products"), await bo.get("/products")
        assert her_email in hers.text
        assert his_email not in hers.text
        assert 'id="cart-count">2<' in hers.text
        assert his_email in his.text
        assert her_email not in his.text
        assert 'id="cart-count">4<' in his.text
        assert hers.headers["ETag"] != his.headers["ETag"]
    async with browser(app) as guest:
        assert "menu-who" not in (await guest.get("/products")).text
    await ana.aclose()
    await bo.aclose()


async def test_who_has_their_page_is_told_that_nothing_changed_until_something_does(
    app: Quart, shop: Shop, mug: Product
) -> None:
    async with somebody(app, shop, "customer") as person:
        await put_into_cart(person, mug)
        page = await warm(person, "/products")
        known = {"If-None-Match": page.headers["ETag"]}

        again = await warm(person, "/products", **known)
        of_handler = await written(person, "/products", **known)
        async with somebody(app, shop, "customer") as other:
            of_other = await other.get("/products", headers=known)
        await put_into_cart(person, mug)
        afterwards = await person.get("/products", headers=known)

        assert (again.status_code, again.content) == (304, b"")
        assert of_handler.status_code == 200
        assert of_other.status_code == 200
        assert afterwards.status_code == 200


async def test_a_name_that_is_changed_shows_at_once(app: Quart, mug: Product) -> None:
    person, _email = await registered(app, full_name="Ana García")
    assert "Ana García" in (await warm(person, "/products")).text

    answer = await person.patch("/api/v1/account", json={"full_name": "Ana Ruiz"})

    assert answer.is_success, answer.text
    assert "Ana Ruiz" in (await person.get("/products")).text
    await person.aclose()


async def test_who_signed_out_is_a_guest_on_the_next_page(app: Quart, mug: Product) -> None:
    person, email = await registered(app)
    await warm(person, "/products")
    token = person.cookies["session"]

    await person.post("/auth/logout")
    async with browser(app, cookies={"session": token}) as thief:
        page = await thief.get("/products")

    assert email not in page.text
    assert "menu-who" not in page.text
    await person.aclose()


@pytest.mark.parametrize(
    "change", [{"blocked": True}, {"role": Role.STAFF.value}, {"full_name": "Another"}]
)
async def test_what_another_process_changes_in_an_account_shows_within_a_second(
    app: Quart, shop: Shop, mug: Product, change: dict[str, object]
) -> None:
    person, email = await registered(app, full_name="Ana García")
    before = (await warm(person, "/products")).text

    await shop.database["users"].update_one({"email": email}, {"$set": change})

    async def is_new() -> bool:
        page = (await person.get("/products")).text
        if "blocked" in change:
            return email not in page
        return ('href="/staff"' in page) if "role" in change else "Another" in page

    assert email in before
    assert await eventually(is_new)
    await person.aclose()


async def test_a_session_that_another_process_ends_is_over_within_a_second(
    app: Quart, shop: Shop, mug: Product
) -> None:
    person, email = await registered(app)
    await warm(person, "/products")
    user = await shop.database["users"].find_one({"email": email})
    assert user

    await shop.database["sessions"].delete_many({"user_id": user["_id"]})
    await shop.database["sessions"].delete_many({"user_id": str(user["_id"])})

    async def is_over() -> bool:
        return not await sees(person, email)

    assert await eventually(is_over)
    await person.aclose()


async def test_a_product_that_changes_shows_to_everybody(
    app: Quart, shop: Shop, mug: Product
) -> None:
    async with somebody(app, shop, "customer") as person, somebody(app, shop, "staff") as staff:
        path = f"/products/{mug.id}"
        assert "€19.99" in (await warm(person, path)).text

        answer = await staff.patch(f"/api/v1/products/{mug.id}", json={"unit_price": 1250})

        assert answer.status_code == 200
        assert "€12.50" in (await person.get(path)).text


async def test_a_notice_is_shown_once(app: Quart, mug: Product) -> None:
    person, email = await registered(app)
    await warm(person, "/products")
    await person.post("/auth/logout")
    await sign_in(person, email)
    shown = [("page-notices" in (await person.get("/products")).text) for _ in range(3)]

    assert shown[1:] == [False, False]
    await person.aclose()


async def test_a_choice_of_language_and_colours_shows_at_once(app: Quart, mug: Product) -> None:
    person, _email = await registered(app)
    await warm(person, "/products")

    await person.post("/preferences", data={"language": "es", "next": "/products"})
    await person.post("/preferences", data={"theme": "dark", "next": "/products"})
    page = await warm(person, "/products")

    assert '<html lang="es" data-theme="dark">' in page.text
    await person.aclose()


async def test_a_cookie_that_is_due_is_renewed(
    app: Quart, shop: Shop, mug: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, _email = await registered(app)
    await warm(person, "/products")
    before = await from_memory(person)
    monkeypatch.setattr("storefront.accounts.tokens.Claims.is_half_over", lambda *_: True)

    page = await person.get("/products")

    assert "session=" in page.headers["Set-Cookie"]
    assert await from_memory(person) == before
    await person.aclose()


@pytest.mark.parametrize("cookie", ["cart=forged", "session=forged", "session=a.b.c; cart=x"])
async def test_a_forged_cookie_makes_a_guest(app: Quart, mug: Product, cookie: str) -> None:
    async with browser(app) as guest, browser(app, headers={"Cookie": cookie}) as forger:
        page = (await guest.get("/products")).text
        for _ in range(3):
            assert (await forger.get("/products")).text == page
