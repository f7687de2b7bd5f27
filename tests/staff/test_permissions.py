"""Every address of the back office, as the URL map has it, is closed to guests and customers."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from quart import Quart
from quart.testing import WebsocketResponseError
from quart_schema.extension import QUART_SCHEMA_TAG_ATTRIBUTE
from werkzeug.routing import Rule

from storefront import settings
from storefront.accounts.model import Role
from storefront.app import create_app
from tests.carts.shelves import customer

UNKNOWN_ID = "0123456789abcdef01234567"
PLACEHOLDERS = {"email": "ana@example.com", "number": "1", "index": "1"}
ADMINS_ONLY = {
    ("GET", "/api/v1/users"),
    ("PATCH", "/api/v1/users/<user_id>"),
    ("PATCH", "/staff/users/<user_id>"),
    ("DELETE", "/staff/users/<user_id>/sessions"),
    ("DELETE", "/staff/users/<user_id>/sessions/<session_id>"),
}
# Staff's calls that customers share, who then get their own things only.
SHARED = {"/api/v1/orders", "/api/v1/orders/<number>"}
EXPECTED_API = {
    "/api/v1/config",
    "/api/v1/conversations",
    "/api/v1/errors",
    "/api/v1/errors/<error_id>",
    "/api/v1/mails",
    "/api/v1/mails/<mail_id>/resend",
    "/api/v1/orders/<number>",
    "/api/v1/products",
    "/api/v1/products/<product_id>",
    "/api/v1/products/<product_id>/photo",
    "/api/v1/products/<product_id>/restore",
    "/api/v1/users",
    "/api/v1/users/<user_id>",
}


def staff_rules() -> Iterator[tuple[str, Rule]]:
    """Method and rule of each page under /staff and of each call that is documented as staff's."""
    app = create_app(settings.load({"STOREFRONT_ENV": "test"}))
    for rule in app.url_map.iter_rules():
        handler = app.view_functions[rule.endpoint]
        is_page = rule.rule == "/staff" or rule.rule.startswith("/staff/")
        is_call = "staff" in getattr(handler, QUART_SCHEMA_TAG_ATTRIBUTE, ())
        if not is_page and not is_call:
            continue
        if rule.websocket:
            yield "SOCKET", rule
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if not rule.websocket:
                yield method, rule


RULES = sorted(((method, rule.rule) for method, rule in staff_rules()), key=str)
REQUESTS = [(method, rule) for method, rule in RULES if method != "SOCKET"]


def path_of(rule: str) -> str:
    """The rule with something in place of each variable."""
    parts = []
    for part in rule.split("/"):
        name = part.strip("<>").rpartition(":")[2]
        unknown = (
            "1" if part.startswith("<int:") or name == "number" else "0123456789abcdef01234567"
        )
        parts.append(PLACEHOLDERS.get(name, unknown) if part.startswith("<") else part)
    return "/".join(parts)


@pytest.fixture(scope="module")
async def shopper(app: Quart) -> AsyncIterator[httpx.AsyncClient]:
    async with await customer(app) as client:
        yield client


@pytest.fixture(scope="module")
async def clerk(app: Quart) -> AsyncIterator[httpx.AsyncClient]:
    async with await customer(app, role=Role.STAFF) as client:
        yield client


def test_the_url_map_has_the_staff_calls_of_the_api() -> None:
    assert {rule for _, rule in RULES if rule.startswith("/api/")} == EXPECTED_API
    assert {
        "/staff",
        "/staff/products",
        "/staff/orders",
        "/staff/chat",
        "/staff/chat/<email>",
        "/staff/config",
        "/staff/mail",
        "/staff/errors",
        "/staff/errors/<error_id>",
        "/staff/users",
    } <= {rule for _, rule in RULES}


@pytest.mark.parametrize(("method", "rule"), REQUESTS)
async def test_guests_are_refused(client: httpx.AsyncClient, method: str, rule: str) -> None:
    answer = await client.request(method, path_of(rule))

    if rule.startswith("/api/"):
        assert answer.status_code == 401
        assert answer.json()["type"] == "/problems/unauthenticated"
    else:
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/?next=/")


@pytest.mark.parametrize(("method", "rule"), REQUESTS)
async def test_customers_are_refused(shopper: httpx.AsyncClient, method: str, rule: str) -> None:
    answer = await shopper.request(method, path_of(rule))

    assert answer.status_code == 403
    if rule.startswith("/api/"):
        assert answer.json()["type"] == "/problems/forbidden"


@pytest.mark.parametrize(("method", "rule"), REQUESTS)
async def test_staff_are_let_in_but_for_what_admins_do(
    clerk: httpx.AsyncClient, method: str, rule: str
) -> None:
    answer = await clerk.request(method, path_of(rule))

    if (method, rule) in ADMINS_ONLY:
        assert answer.status_code == 403
    else:
        assert answer.status_code not in {401, 403, 500}


@pytest.mark.parametrize("rule", [rule for method, rule in RULES if method == "SOCKET"])
async def test_sockets_refuse_guests_and_customers(
    app: Quart, shopper: httpx.AsyncClient, rule: str
) -> None:
    for headers, status in (({}, 401), (dict(shopper.headers), 403)):
        test_client = app.test_client()
        async with test_client.websocket(path_of(rule), headers=headers) as socket:
            with pytest.raises(WebsocketResponseError) as refused:
                await socket.receive()
        assert refused.value.response.status_code == status


@pytest.mark.parametrize("rule", sorted(SHARED))
async def test_what_customers_share_needs_a_session(client: httpx.AsyncClient, rule: str) -> None:
    assert (await client.get(path_of(rule))).status_code == 401
