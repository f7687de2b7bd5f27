"""Making an account with the form of the welcome page."""

import httpx
import pytest
from quart import Quart

from storefront.shop import Shop
from tests.accounts.people import registered, registration, sign_in, who
from tests.conftest import PASSWORD, browser


async def test_the_welcome_page_has_both_forms(client: httpx.AsyncClient) -> None:
    page = await client.get("/")

    assert page.status_code == 200
    assert 'action="/auth/login"' in page.text
    assert 'action="/auth/register"' in page.text


async def test_who_registers_is_signed_in_and_sees_the_shop(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    form = registration(full_name="  Ana   María García ", email="Ana.Maria@Example.COM")

    answer = await client.post("/auth/register", data=form)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/products"
    assert await who(client) == "ana.maria@example.com"
    stored = await shop.database["users"].find_one({"email": "ana.maria@example.com"})
    assert stored["full_name"] == "Ana María García"
    assert stored["phone"] == "+34600123456"
    assert stored["role"] == "customer"
    assert stored["verified"] is False
    assert stored["blocked"] is False
    assert PASSWORD not in str(stored)
    assert stored["password_hash"].startswith("$2b$")


async def test_registering_leads_where_the_visitor_was_going(client: httpx.AsyncClient) -> None:
    answer = await client.post("/auth/register", data=registration(next="/checkout"))

    assert answer.headers["Location"] == "/checkout"


@pytest.mark.parametrize("stranger", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_registering_never_leads_to_another_site(app: Quart, stranger: str) -> None:
    async with browser(app) as guest:
        answer = await guest.post("/auth/register", data=registration(next=stranger))

    assert answer.headers["Location"] == "/products"


async def test_the_signed_in_are_shown_the_shop_instead_of_the_welcome(app: Quart) -> None:
    customer, _ = await registered(app)

    answer = await customer.get("/")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/products"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("full_name", ""),
        ("full_name", "   "),
        ("full_name", "Ana\x00"),
        ("full_name", "x" * 101),
        ("phone", ""),
        ("phone", "12"),
        ("phone", "not a number"),
        ("phone", "+34 999"),
        ("email", ""),
        ("email", "ana"),
        ("email", "ana@"),
        ("email", "ana@localhost"),
        ("email", "ana@example.com\nBcc: eve@example.com"),
        ("email", "a" * 300 + "@example.com"),
        ("password", ""),
        ("password", "short"),
        ("password", "password1"),
        ("password", "PassWord1"),
        ("password", "aaaaaaaaaaaa"),
        ("password", "x" * 257),
        ("password", "ana garcía"),
        ("password_confirmation", ""),
        ("password_confirmation", "another password"),
    ],
)
async def test_a_field_that_cannot_be_is_named_and_nothing_is_stored(
    app: Quart, shop: Shop, field: str, text: str
) -> None:
    users = await shop.database["users"].count_documents({})
    mails = await shop.database["outbox"].count_documents({})
    form = registration(**{field: text})
    if field == "password":
        form["password_confirmation"] = text

    async with browser(app) as guest:
        answer = await guest.post("/auth/register", data=form)
        signed_in = await who(guest)

    assert answer.status_code == 422
    assert 'action="/auth/login"' in answer.text
    assert f'id="new-{field}-error"' in answer.text
    assert signed_in is None
    assert await shop.database["users"].count_documents({}) == users
    assert await shop.database["outbox"].count_documents({}) == mails


async def test_a_rejected_form_comes_back_filled_but_for_the_passwords(
    client: httpx.AsyncClient,
) -> None:
    form = registration(full_name="Ana <b>", phone="1", password="a very secret word")

    answer = await client.post("/auth/register", data=form)

    assert 'value="Ana &lt;b&gt;"' in answer.text
    assert form["email"] in answer.text
    assert "a very secret word" not in answer.text
    assert PASSWORD not in answer.text


async def test_all_that_is_wrong_is_told_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post("/auth/register", data={})

    for field in registration():
        assert f'id="new-{field}-error"' in answer.text


@pytest.mark.parametrize(
    "guessable",
    [
        "ana.garcia@example.com",
        "ana.garcia",
        "Ana.Garcia!",
        "garcia2026",
        "Meridian",
        "Meridian1",
        "12meridian34",
        "M e r i d i a n !",
    ],
)
async def test_the_password_may_not_be_the_email_or_the_shop(app: Quart, guessable: str) -> None:
    form = registration(
        email="ana.garcia@example.com", password=guessable, password_confirmation=guessable
    )

    async with browser(app) as guest:
        answer = await guest.post("/auth/register", data=form)

    assert answer.status_code == 422
    assert 'id="new-password-error"' in answer.text


@pytest.mark.parametrize(
    "password",
    [
        "ñandú ñandú",
        "meridian of staples",
        "correct horse battery staple",
        "        8 blanks in front",
        "x" * 71 + "yz",
        "🦉" * 7 + "🐟",
        "x" * 255 + "y",
        "zwölf\u0000null",
    ],
)
async def test_any_characters_and_every_length_are_taken_whole(app: Quart, password: str) -> None:
    customer, email = await registered(app, password=password, password_confirmation=password)
    await customer.post("/auth/logout")

    shortened = await sign_in(customer, email, password[:-1])
    whole = await sign_in(customer, email, password)

    assert shortened.status_code == 422
    assert whole.status_code == 303


async def test_a_password_is_the_same_however_a_keyboard_composed_it(app: Quart) -> None:
    composed, decomposed = "caf\u00e9 caf\u00e9", "cafe\u0301 cafe\u0301"
    customer, email = await registered(app, password=composed, password_confirmation=composed)

    assert (await sign_in(customer, email, decomposed)).status_code == 303


async def test_an_email_registers_once_whatever_its_case(app: Quart, shop: Shop) -> None:
    _, email = await registered(app)
    mails = await shop.database["outbox"].count_documents({})

    async with browser(app) as other:
        answer = await other.post("/auth/register", data=registration(email=email.upper()))
        signed_in = await who(other)

    assert answer.status_code == 422
    assert 'id="new-email-error"' in answer.text
    assert signed_in is None
    assert await shop.database["users"].count_documents({"email": email}) == 1
    assert await shop.database["outbox"].count_documents({}) == mails
