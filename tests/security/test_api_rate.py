"""How fast the API may be called, counted by each process for itself."""

import httpx
import pytest
from quart import Quart

from storefront.errors import TooManyRequestsError
from storefront.settings import Rate
from storefront.web.limits import MOST_CALLERS, ApiCalls, network
from tests.accounts.people import bearer, registered

CALLS = 6


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    return {"STOREFRONT_LIMITS__ENABLED": "true", "STOREFRONT_LIMITS__API": f"{CALLS}/hour"}


def at(app: Quart, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 1))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://shop.test")


async def calls(guest: httpx.AsyncClient, count: int, **options: object) -> list[int]:
    answers = [await guest.get("/api/v1/cart", **options) for _ in range(count)]  # type: ignore[arg-type]
    return [answer.status_code for answer in answers]


async def test_one_call_too_many_is_told_when_to_come_back(app: Quart) -> None:
    async with at(app, "198.51.100.1") as script:
        assert await calls(script, CALLS) == [200] * CALLS

        answer = await script.get("/api/v1/cart")

    assert answer.status_code == 429
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/too-many-requests"
    assert 0 < int(answer.headers["Retry-After"]) <= 3600 // CALLS


async def test_pages_and_other_addresses_go_on(app: Quart) -> None:
    async with at(app, "198.51.100.2") as script, at(app, "198.51.100.3") as other:
        assert await calls(script, CALLS + 1) == [200] * CALLS + [429]

        assert (await script.get("/products")).status_code == 200
        for _ in range(CALLS + 1):  # Finished bytes from memory cost nothing.
            await other.get("/api/v1/categories")
        assert await calls(other, 1) == [200]


async def test_who_is_signed_in_is_one_caller_at_all_addresses_and_no_other(app: Quart) -> None:
    customer, email = await registered(app)
    async with at(app, "198.51.100.4") as here, at(app, "198.51.100.5") as there:
        token = await bearer(here, email)
        spent = await calls(here, CALLS, headers=token)

        assert spent == [200] * CALLS
        assert await calls(there, 1, headers=token) == [429]
        assert await calls(there, 1) == [200]
    await customer.aclose()


def test_a_bucket_refills_as_steadily_as_the_rate() -> None:
    taken = ApiCalls(Rate.parse("60/minute"))
    for _ in range(60):
        taken.count("ana", now=100.0)

    with pytest.raises(TooManyRequestsError) as refused:
        taken.count("ana", now=100.5)
    assert refused.value.retry_after == 1
    taken.count("ana", now=101.0)
    with pytest.raises(TooManyRequestsError):
        taken.count("ana", now=101.5)


def test_many_callers_do_not_fill_the_memory() -> None:
    taken = ApiCalls(Rate.parse("1/hour"))
    for number in range(MOST_CALLERS + 1):
        taken.count(str(number), now=1.0)

    taken.count("0", now=1.0)
    with pytest.raises(TooManyRequestsError):
        taken.count(str(MOST_CALLERS), now=1.0)


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::1", "::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_client_is_its_network(address: str, client: str) -> None:
    assert network(address) == client
