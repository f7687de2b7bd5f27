"""Every answer of every address carries the headers that keep browsers on our side."""

import httpx
import pytest
from quart import Quart

from storefront.accounts.model import Role
from tests.carts.shelves import customer
from tests.conftest import browser
from tests.security.test_permissions import REQUESTS

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# The same for everybody, so that no cache can give away anything.
PUBLIC = {
    "/api/v1/openapi.json",
    "/health/live",
    "/health/ready",
    "/manifest.webmanifest",
    "/metrics",
    "/robots.txt",
    "/sitemap.xml",
}
ODD = ["/nowhere", "/products/%00", "/products/0123456789abcdef01234567", "/images/x", "//"]


def assert_kept_in(answer: httpx.Response) -> None:
    """Nothing inline, nothing from elsewhere, in no frame, told to nobody."""
    assert {name: answer.headers.get(name) for name in FIXED} == FIXED
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in answer.headers["Content-Security-Policy"].split(";")
        if " " in directive.strip()
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert len(answer.headers["X-Request-ID"]) == 16
    assert "Server" not in answer.headers


def _path(rule: str) -> str:
    return "/".join("1" if part.startswith("<") else part for part in rule.split("/"))


@pytest.mark.parametrize("role", [None, Role.ADMIN])
async def test_all_addresses(app: Quart, role: Role | None) -> None:
    for method, rule in REQUESTS:
        client = await customer(app, role=role) if role else browser(app)
        async with client:
            answer = await client.request(method, _path(rule))
        assert_kept_in(answer)
        assert "Strict-Transport-Security" not in answer.headers
        if role:
            cached = answer.headers.get("Cache-Control", "")
            is_personal = answer.status_code < 300 and answer.content and rule not in PUBLIC
            assert not is_personal or "no-store" in cached or "no-cache" in cached, (rule, cached)


@pytest.mark.parametrize("path", ODD)
async def test_what_is_not_there(client: httpx.AsyncClient, path: str) -> None:
    assert_kept_in(await client.get(path))


async def test_refusals_before_any_handler(client: httpx.AsyncClient) -> None:
    refused = [
        await client.get("/products", headers={"Host": "evil.example"}),
        await client.post("/cart", headers={"Origin": "http://evil.example"}),
        await client.request("TRACE", "/products"),
        await client.post("/auth/login", data={"email": "a" * 600_000}),
    ]

    assert [answer.status_code for answer in refused] == [400, 403, 405, 413]
    for answer in refused:
        assert_kept_in(answer)


async def test_pages_from_memory(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert_kept_in(await client.get("/products"))


async def test_over_https_browsers_are_told_to_stay_there(app: Quart) -> None:
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://shop.test") as client:
        for path in ("/", "/products", "/api/v1/products", "/nowhere"):
            answer = await client.get(path)
            told = answer.headers["Strict-Transport-Security"]
            assert told == "max-age=63072000; includeSubDomains"
            for cookie in answer.headers.get_list("Set-Cookie"):
                assert "Secure" in cookie
