"""Accounts made by commands: no mail, any role, the demo's own."""

import asyncio

import pytest
from quart import Quart

from storefront.accounts import service
from storefront.accounts.devices import describe
from storefront.accounts.model import Role
from storefront.accounts.schemas import NewUser
from storefront.errors import EmailTakenError, ValidationError
from storefront.shop import Shop
from tests.accounts.people import registration, sign_in, who
from tests.conftest import PASSWORD, browser


def new_user(shop: Shop, email: str, **changes: str) -> NewUser:
    fields = {"full_name": "Sam Staff", "phone": "+34600123456", "password": PASSWORD, **changes}
    return NewUser.checked(shop, email=email, **fields)


async def test_a_user_made_by_command_is_verified_and_hears_nothing(app: Quart, shop: Shop) -> None:
    mails = await shop.database["outbox"].count_documents({})

    user = await service.create_user(shop, new_user(shop, "Boss@example.com"), role=Role.ADMIN)

    assert user.email == "boss@example.com"
    assert user.verified
    assert await shop.database["outbox"].count_documents({}) == mails
    async with browser(app) as guest:
        await sign_in(guest, "boss@example.com")
        assert (await guest.get("/api/v1/account")).json()["role"] == "admin"


async def test_a_taken_email_is_refused(shop: Shop) -> None:
    await service.create_user(shop, new_user(shop, "one@example.com"), role=Role.STAFF)

    with pytest.raises(EmailTakenError):
        await service.create_user(shop, new_user(shop, "ONE@example.com"), role=Role.STAFF)


async def test_the_rules_of_the_form_hold_for_commands(shop: Shop) -> None:
    with pytest.raises(ValidationError) as refusal:
        new_user(shop, "nobody", phone="1", password="password1")

    assert [each.field for each in refusal.value.errors] == ["phone", "email", "password"]


async def test_the_demo_accounts_are_made_once_and_without_mail(app: Quart, shop: Shop) -> None:
    mails = await shop.database["outbox"].count_documents({})

    await service.ensure_demo_accounts(shop)
    before = [user async for user in shop.database["users"].find({})]
    await service.ensure_demo_accounts(shop)

    assert [user async for user in shop.database["users"].find({})] == before
    assert await shop.database["outbox"].count_documents({}) == mails
    for email, role in (("shopper@example.com", "customer"), ("staff@example.com", "staff")):
        async with browser(app) as guest:
            await sign_in(guest, email, "storefront-demo")
            account = (await guest.get("/api/v1/account")).json()
            assert (account["email"], account["role"]) == (email, role)


async def test_of_many_who_register_one_email_at_once_one_gets_it(app: Quart, shop: Shop) -> None:
    form = registration()
    mails = await shop.database["outbox"].count_documents({})

    async def register() -> int:
        async with browser(app) as guest:
            answer = await guest.post("/api/v1/auth/register", json=form)
            return answer.status_code

    answers = await asyncio.gather(*(register() for _ in range(8)))

    assert sorted(answers) == [201] + [409] * 7
    assert await shop.database["users"].count_documents({"email": form["email"]}) == 1
    assert await shop.database["outbox"].count_documents({}) == mails + 2


async def test_users_are_found_by_id_and_by_any_spelling_of_their_email(shop: Shop) -> None:
    user = await service.create_user(shop, new_user(shop, "who@example.com"), role=Role.CUSTOMER)

    assert await service.find_user_by_email(shop, " WHO@Example.com ") == user
    assert await service.find_user_by_email(shop, "nonsense") is None
    assert await service.find_user(shop, user.id) == user
    assert await service.find_user(shop, "nonsense") is None
    assert await service.get_users(shop, [user.id, "0" * 24, "x"]) == {user.id: user}


async def test_who_registers_with_a_deleted_email_inherits_nothing(app: Quart, shop: Shop) -> None:
    form = registration()
    async with browser(app) as before, browser(app) as after:
        await before.post("/auth/register", data=form)
        await shop.database["users"].delete_one({"email": form["email"]})
        await after.post("/auth/register", data=form)

        assert await who(before) is None
        assert len((await after.get("/api/v1/account/sessions")).json()) == 1


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
            "Edge, Windows",
        ),
        ("curl/8.5.0", "curl"),
        ("my own script\n" + "x" * 100, "my own script" + "x" * 47),
        ("", ""),
    ],
)
def test_a_device_is_described_in_a_few_words(user_agent: str, words: str) -> None:
    assert describe(user_agent) == words
