"""Figures for monitoring are there for the host itself and for who has the token."""

import httpx
import pytest


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    return {
        "STOREFRONT_SERVER__METRICS_TOKEN": "a-token-for-monitoring",
        "STOREFRONT_SERVER__TRUSTED_PROXIES": "127.0.0.1",
    }


async def test_the_host_itself_reads_figures(client: httpx.AsyncClient) -> None:
    await client.get("/health/live")

    answer = await client.get("/metrics")

    assert answer.status_code == 200
    assert (
        'storefront_requests_total{method="GET",route="/health/live",status="200"}' in answer.text
    )


@pytest.mark.parametrize("forwarded", ["203.0.113.9", "127.0.0.1"])
async def test_who_comes_through_a_proxy_is_refused(
    client: httpx.AsyncClient, forwarded: str
) -> None:
    answer = await client.get("/metrics", headers={"X-Forwarded-For": forwarded})

    assert answer.status_code == 403


async def test_the_token_opens_them_from_afar(client: httpx.AsyncClient) -> None:
    from_afar = {"X-Forwarded-For": "203.0.113.9"}

    right = await client.get(
        "/metrics", headers=from_afar | {"Authorization": "Bearer a-token-for-monitoring"}
    )
    wrong = await client.get("/metrics", headers=from_afar | {"Authorization": "Bearer a-token"})

    assert right.status_code == 200
    assert wrong.status_code == 403


async def test_made_up_methods_are_counted_as_one(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await client.request(f"MADEUP{number}", "/products")

    figures = (await client.get("/metrics")).text
    assert 'method="OTHER"' in figures
    assert "MADEUP" not in figures
