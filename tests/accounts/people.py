"""People who register and sign in, for the tests of accounts and mails."""

from itertools import count
from typing import Any

import httpx
from quart import Quart

from tests.conftest import PASSWORD, browser

_numbers = count(1)


def registration(**changes: str) -> dict[str, str]:
    """A form that is accepted, with an email of its own."""
    return {
        "full_name": "Ana García",
        "phone": "600 123 456",
        "email": f"ana{next(_numbers)}@example.com",
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        **changes,
    }


async def registered(app: Quart, **changes: str) -> tuple[httpx.AsyncClient, str]:
    """The browser of a customer who has just registered, and their email."""
    guest = browser(app)
    form = registration(**changes)
    answer = await guest.post("/auth/register", data=form)
    assert answer.status_code == 303, answer.text
    return guest, form["email"]


async def sign_in(guest: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await guest.post("/auth/login", data={"email": email, "password": password})


async def bearer(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> dict[str, str]:
    """The header of a fresh bearer token."""
    answer = await client.post("/api/v1/auth/login", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def who(client: httpx.AsyncClient, headers: Any = None) -> str | None:
    """The email of whom the shop takes this client for."""
    answer = await client.get("/api/v1/auth/session", headers=headers)
    return str(answer.json()["user"]["email"]) if answer.status_code == 200 else None
