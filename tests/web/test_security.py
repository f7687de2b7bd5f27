"""Requests that other sites make in a visitor's name are refused."""

import httpx
import pytest

FORM = {"theme": "dark", "next": "/products"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://shop.test"},
        {"Referer": "http://shop.test/products"},
    ],
)
async def test_a_form_of_our_own_is_taken(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.post("/preferences", data=FORM, headers=headers)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/products"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://shop.test"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Referer": "http://evil.example/shop.test"},
    ],
)
async def test_a_form_of_another_site_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.post("/preferences", data=FORM, headers=headers)

    assert answer.status_code == 403
    assert "preferences" not in answer.cookies


async def test_a_foreign_host_in_an_unsafe_api_call_is_a_problem_document(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/api/v1/cart", headers={"Origin": "http://evil.example"}, json={})

    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "/problems/forbidden"
    assert problem["error_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("body", [b"{", b'{"name": "\\ud800"}', b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_json_is_refused_kindly(
    client: httpx.AsyncClient, body: bytes
) -> None:
    answer = await client.post(
        "/api/v1/auth/login", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/validation"
