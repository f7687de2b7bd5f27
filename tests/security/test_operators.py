"""A database's operators are just text to the shop, or refused: in every field of every address."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from quart import Quart

from storefront.accounts.model import Role
from storefront.shop import Shop
from tests.accounts.people import registered
from tests.carts.shelves import customer
from tests.catalogue.goods import product, sell
from tests.conftest import browser
from tests.security.test_fuzzed_files import NAMES, PAGE_FORMS
from tests.security.test_permissions import REQUESTS

OPERATORS: list[Any] = [
    {"$ne": None},
    {"$gt": ""},
    {"$regex": ".*"},
    {"$where": "sleep(5000)"},
    {"$expr": {"$function": {"body": "", "args": [], "lang": "js"}}},
    [{"$ne": None}],
]
TEXTS = ["$ne", "$$ROOT", '{"$ne": null}', "'; return true; //", "a.$.b"]


def _described(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and the properties of the body of each call that takes one."""
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            content = (
                call.get("requestBody", {}).get("content", {}) if method != "parameters" else {}
            )
            if "application/json" in content:
                schema = content["application/json"]["schema"]
                yield method.upper(), path, _resolved(document, schema)["properties"]


def _resolved(document: Mapping[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _filled(path: str, things: Mapping[str, str]) -> str:
    for name, value in things.items():
        path = path.replace(f"{{{name}}}", value)
    return "1".join(part.rpartition("}")[2] for part in path.split("{"))


@pytest.fixture(scope="module")
async def admin(app: Quart) -> httpx.AsyncClient:
    return await customer(app, role=Role.ADMIN)


async def test_no_field_of_a_json_body_takes_one(
    app: Quart, shop: Shop, admin: httpx.AsyncClient
) -> None:
    sold = product("Lantern")
    await sell(shop, sold)
    document = (await admin.get("/api/v1/openapi.json")).json()
    tried = 0
    for method, path, fields in _described(document):
        address = _filled(path, {"product_id": sold.id, "email": "nobody@example.com"})
        for name in fields:
            for operator in OPERATORS:
                answer = await admin.request(method, address, json={name: operator})
                tried += 1
                assert 400 <= answer.status_code < 500, (method, address, name, operator)
                if answer.status_code == 422:
                    faults = {each["field"].split(".")[0] for each in answer.json()["errors"]}
                    assert faults, (method, address, name)
    assert tried > 200
    assert await shop.database["errors"].count_documents({"status": 500}) == 0


async def test_nobody_signs_in_by_an_operator(app: Quart) -> None:
    _, email = await registered(app)
    async with browser(app) as guest:
        for operator in OPERATORS:
            for body in (
                {"email": email, "password": operator},
                {"email": operator, "password": operator},
            ):
                answer = await guest.post("/api/v1/auth/login", json=body)
                assert answer.status_code == 422
            form = {"email[$ne]": "", "password[$ne]": "", "email": email, "password": "$ne"}
            assert (await guest.post("/auth/login", data=form)).status_code == 422


@pytest.mark.parametrize("role", [None, Role.CUSTOMER, Role.ADMIN])
async def test_no_field_of_a_form_takes_one(app: Quart, shop: Shop, role: Role | None) -> None:
    client = await customer(app, role=role) if role else browser(app)
    for method, rule in PAGE_FORMS:
        address = "/".join("1" if part.startswith("<") else part for part in rule.split("/"))
        for text in TEXTS:
            plain = dict.fromkeys(NAMES, text)
            nested = {f"{name}[$ne]": text for name in NAMES}
            answer = await client.request(method, address, data={**plain, **nested})
            assert answer.status_code < 500, (method, address, text, answer.text)
    assert await shop.database["errors"].count_documents({"status": 500}) == 0
    await client.aclose()


async def test_no_address_or_query_takes_one(
    app: Quart, shop: Shop, admin: httpx.AsyncClient
) -> None:
    await sell(shop, product("Lantern"))
    everything = (await admin.get("/api/v1/products")).json()["total"]
    document = (await admin.get("/api/v1/openapi.json")).json()
    parameters = {
        each["name"]
        for calls in document["paths"].values()
        for call in calls.values()
        if isinstance(call, dict)
        for each in call.get("parameters", ())
        if each.get("in") == "query"
    }
    for method, rule in REQUESTS:
        if method != "GET":
            continue
        for text in TEXTS if "<" in rule else TEXTS[:2]:
            address = "/".join(
                quote(text, safe="") if part.startswith("<") else part for part in rule.split("/")
            )
            query = {**dict.fromkeys(parameters, text), "category[$ne]": text, "email[$ne]": text}
            answer = await admin.get(address, params=query)
            assert answer.status_code < 500, (address, query, answer.text)
    found = await admin.get("/api/v1/products", params={"category": "$ne"})
    assert found.status_code in {200, 404, 422}
    assert found.status_code != 200 or found.json()["total"] == 0
    assert (await admin.get("/api/v1/products")).json()["total"] == everything
