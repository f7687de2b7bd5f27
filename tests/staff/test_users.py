"""Users in the back office: found by staff, changed by admins, never left without an admin."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from bson import ObjectId
from quart import Quart

from storefront.accounts import administration, service
from storefront.accounts.model import Role, User
from storefront.accounts.schemas import UserChange
from storefront.app import create_app
from storefront.history import By
from storefront.shop import Shop
from tests.accounts.people import bearer, registered, sign_in, who
from tests.carts.shelves import customer
from tests.conftest import browser, eventually
from tests.staff.people import HTMX, form_of, staff, words_of


async def admin(app: Quart) -> httpx.AsyncClient:
    return await customer(app, role=Role.ADMIN)


@pytest.fixture
async def elsewhere(app: Quart, shop: Shop) -> AsyncIterator[Quart]:
    """Another process of the same shop, as far as its memory goes."""
    other = create_app(shop.settings)
    async with other.test_app():
        yield other


@pytest.fixture(autouse=True)
async def no_admins(shop: Shop) -> None:
    """Each test starts without admins of the tests before."""
    await shop.database["users"].update_many({"role": "admin"}, {"$set": {"role": "staff"}})


async def user_of(shop: Shop, email: str) -> User:
    user = await service.find_user_by_email(shop, email)
    assert user
    return user


async def emails(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/api/v1/users", params=query)
    assert answer.status_code == 200, answer.text
    return [each["email"] for each in answer.json()["items"]]


async def test_users_are_found_by_beginnings_of_name_and_email(app: Quart) -> None:
    _, ana = await registered(app, full_name="Ana Belén Ñúñez", email="sea-star@harbour.example")
    _, other = await registered(app, full_name="Ana Ortega")
    async with await admin(app) as client:
        for q in ("nun", "ÑÚÑ", "bel ana", "sea", "star", "SEA-STAR@harbour.example"):
            assert await emails(client, q=q) == [ana], q
        assert await emails(client, q="ana ort") == [other]
        assert await emails(client, q="elén") == []
        assert await emails(client, q="harbour") == []
        page = await client.get("/staff/users", params={"q": "nunez"})
        assert ana in page.text
        assert other not in page.text


async def test_the_new_name_finds_who_changed_it(app: Quart) -> None:
    person, email = await registered(app, full_name="Before Storm")
    await person.patch("/api/v1/account", json={"full_name": "After Calm"})
    async with await admin(app) as client:
        assert await emails(client, q="calm") == [email]
        assert await emails(client, q="storm") == []


async def test_the_list_goes_on_page_by_page_newest_first(app: Quart, shop: Shop) -> None:
    made = [(await registered(app, full_name="Page Turner"))[1] for _ in range(5)]
    # Made in the same second, they stand in the order of their ids.
    async with await admin(app) as client:
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            answer = await client.get(
                "/api/v1/users", params={"q": "turner", "limit": 2, "after": after}
            )
            seen += [each["email"] for each in answer.json()["items"]]
            after = answer.json()["next"]
        assert sorted(seen) == sorted(made)
        refused = await client.get("/api/v1/users", params={"after": "nowhere"})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "after"


async def test_staff_read_users_but_only_admins_change_them(app: Quart, shop: Shop) -> None:
    _, email = await registered(app)
    user = await user_of(shop, email)
    async with await staff(app) as client:
        page = await client.get(f"/staff/users/{user.id}")
        assert page.status_code == 200
        assert email in page.text
        assert "Set the role" not in page.text
        path = f"/staff/users/{user.id}"
        answer = await client.post(path, data={"_method": "PATCH", "role": "admin"})
        assert answer.status_code == 403
        assert (await client.delete(f"{path}/sessions")).status_code == 403
        assert (await client.get("/api/v1/users")).status_code == 403
        answer = await client.patch(f"/api/v1/users/{user.id}", json={"blocked": True})
        assert answer.status_code == 403
    assert await user_of(shop, email) == user


async def test_an_admin_gives_a_role_and_the_history_tells(app: Quart, shop: Shop) -> None:
    person, email = await registered(app)
    user = await user_of(shop, email)
    async with await admin(app) as client:
        page = await client.get(f"/staff/users/{user.id}")
        form = form_of(page, f"/staff/users/{user.id}") | {"role": "staff"}
        answer = await client.post(f"/staff/users/{user.id}", data=form)
        assert answer.headers["Location"] == f"/staff/users/{user.id}"
        page = await client.get(answer.headers["Location"])
        assert "Role : Customer → Staff" in words_of(page).replace("Role:", "Role :")
        assert "Ana García" in words_of(page)
    assert (await person.get("/staff")).status_code == 200


async def test_blocking_ends_sessions_in_every_process_within_a_second(
    app: Quart, elsewhere: Quart, shop: Shop
) -> None:
    person, email = await registered(app)
    user = await user_of(shop, email)
    async with browser(elsewhere) as there, await admin(app) as client:
        await sign_in(there, email)
        script = await bearer(client, email)
        assert await who(there) == email

        answer = await client.patch(f"/api/v1/users/{user.id}", json={"blocked": True})

        assert answer.status_code == 200
        assert answer.json()["blocked"] is True
        assert answer.json()["role"] == "customer"
        assert await who(person) is None
        assert await eventually(lambda: _is_nobody(there), within_seconds=1)
        async with browser(elsewhere) as fresh:
            assert await who(fresh, script) is None
            assert (await sign_in(fresh, email)).status_code == 422
            assert await who(fresh) is None

        # Unblocking lets the person sign in again, but brings no session back.
        answer = await client.patch(f"/api/v1/users/{user.id}", json={"blocked": False})
        assert answer.json()["blocked"] is False
        assert await who(person) is None
        assert (await sign_in(person, email)).status_code == 303


async def _is_nobody(client: httpx.AsyncClient) -> bool:
    return await who(client) is None


async def test_an_admin_signs_somebody_out_of_one_device_or_all(app: Quart, shop: Shop) -> None:
    person, email = await registered(app)
    user = await user_of(shop, email)
    async with browser(app) as phone, browser(app) as laptop, await admin(app) as client:
        await sign_in(phone, email)
        await sign_in(laptop, email)
        listed = await service.list_sessions(shop, user.id)
        assert len(listed) == 3
        current = (await phone.get("/api/v1/account/sessions")).json()
        there = next(each["id"] for each in current if each["current"])
        path = f"/staff/users/{user.id}/sessions"

        answer = await client.post(f"{path}/{there}", data={"_method": "DELETE"})
        assert answer.status_code == 303
        assert await who(phone) is None
        assert await who(laptop) == email

        answer = await client.post(path, data={"_method": "DELETE"})
        assert answer.status_code == 303
        assert [await who(each) for each in (person, laptop)] == [None, None]
        page = words_of(await client.get(f"/staff/users/{user.id}"))
        assert "Not signed in anywhere." in page
        assert "Devices signed out: 2" in page

        # What has ended already is as good.
        answer = await client.post(f"{path}/{there}", data={"_method": "DELETE"})
        assert answer.status_code == 303


@pytest.mark.parametrize("change", [{"role": "staff"}, {"role": "customer"}, {"blocked": True}])
async def test_the_last_admin_stays(app: Quart, shop: Shop, change: dict[str, Any]) -> None:
    # A blocked admin is no help.
    async with await admin(app) as blocked, await admin(app) as client:
        await shop.database["users"].update_one(
            {"_id": ObjectId(blocked.user_id)},  # type: ignore[attr-defined]
            {"$set": {"blocked": True}},
        )
        own = client.user_id  # type: ignore[attr-defined]

        answer = await client.patch(f"/api/v1/users/{own}", json=change)

        assert answer.status_code == 409
        assert answer.json()["type"] == "/problems/conflict"
        user = await service.get_user(shop, own)
        assert (user.role, user.blocked) == (Role.ADMIN, False)
        form = {"_method": "PATCH", "confirm": "1"} | {
            key: str(value).lower() for key, value in change.items()
        }
        for headers in ({}, HTMX):
            page = await client.post(f"/staff/users/{own}", data=form, headers=headers)
            assert page.status_code == 409
            assert "This is the last admin" in page.text
            assert page.text.startswith("<!DOCTYPE") is not bool(headers)
        assert (await service.get_user(shop, own)).role is Role.ADMIN


async def test_two_admins_who_demote_each_other_at_once_leave_one(
    app: Quart, elsewhere: Quart, shop: Shop
) -> None:
    inside: Shop = elsewhere.extensions["shop"]
    for change in (UserChange(role=Role.STAFF), UserChange(blocked=True)) * 3:
        first, second = await admin(app), await admin(app)
        one = await user_of(shop, first.email)  # type: ignore[attr-defined]
        two = await user_of(shop, second.email)  # type: ignore[attr-defined]

        results = await asyncio.gather(
            _change(shop, one, two, change), _change(inside, two, one, change)
        )

        assert sorted(results) == ["done", "refused"]
        left = [await service.get_user(shop, each.id) for each in (one, two)]
        assert sum(each.role is Role.ADMIN and not each.blocked for each in left) == 1
        await shop.database["users"].update_many({"role": "admin"}, {"$set": {"role": "staff"}})


async def _change(shop: Shop, by: User, user: User, change: UserChange) -> str:
    try:
        await administration.change_user(
            shop, By(by.id, by.full_name), user.id, change, confirmed=True
        )
    except administration.LastAdminError:
        return "refused"
    return "done"


async def test_an_own_role_is_not_changed_by_accident(app: Quart, shop: Shop) -> None:
    async with await admin(app), await admin(app) as client:
        own = client.user_id  # type: ignore[attr-defined]
        path = f"/staff/users/{own}"
        form = {"_method": "PATCH", "role": "staff"}

        page = await client.post(path, data=form)

        assert page.status_code == 422
        assert "This is your own account" in page.text
        assert form_of(page, path)["role"] == "staff"
        assert (await service.get_user(shop, own)).role is Role.ADMIN

        assert (await client.post(path, data=form | {"confirm": "1"})).status_code == 303
        assert (await service.get_user(shop, own)).role is Role.STAFF
        assert (await client.get(path)).status_code == 200
        assert (await client.post(path, data=form)).status_code == 403


async def test_what_is_no_change_is_no_history(app: Quart, shop: Shop) -> None:
    _, email = await registered(app)
    user = await user_of(shop, email)
    async with await admin(app) as client:
        for body in ({}, {"role": "customer"}, {"blocked": False}):
            answer = await client.patch(f"/api/v1/users/{user.id}", json=body)
            assert answer.status_code == 200
        assert await user_of(shop, email) == user
        assert "Nothing was changed yet." in (await client.get(f"/staff/users/{user.id}")).text
        for body in (
            {"role": "captain"},
            {"blocked": "maybe"},
            {"blocked": "true"},
            {"blocked": 1},
        ):
            answer = await client.patch(f"/api/v1/users/{user.id}", json=body)
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["field"] == next(iter(body))
        assert await user_of(shop, email) == user


async def test_an_unknown_user_is_not_found(app: Quart) -> None:
    async with await admin(app) as client:
        for user_id in (str(ObjectId()), "x"):
            for path in (f"/api/v1/users/{user_id}", f"/staff/users/{user_id}"):
                answer = await client.patch(path, json={"blocked": True})
                assert answer.status_code in {404, 415}
            assert (await client.get(f"/staff/users/{user_id}")).status_code == 404


async def test_htmx_gets_the_fragment_with_what_was_done(app: Quart, shop: Shop) -> None:
    _, email = await registered(app)
    user = await user_of(shop, email)
    async with await admin(app) as client:
        form = {"_method": "PATCH", "blocked": "true"}
        answer = await client.post(f"/staff/users/{user.id}", data=form, headers=HTMX)
        assert answer.status_code == 303
        fragment = await client.get(answer.headers["Location"], headers=HTMX)
        assert "<html" not in fragment.text
        assert 'id="user"' in fragment.text
        assert "is blocked and signed out." in fragment.text
        listed = await client.get("/staff/users", headers=HTMX)
        assert 'id="users"' in listed.text
        assert "<html" not in listed.text
