"""The catalogue as scripts see it: shapes, permissions, writes."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from quart import Quart

from storefront.accounts.model import Role
from storefront.shop import Shop
from tests.catalogue.goods import counts, listed, names, product, sell, signed_in, variant

UNKNOWN = "f" * 24
MUG = {
    "name": "Harbour Mug",
    "description": "Holds coffee.",
    "category": "mugs",
    "unit_price": 1450,
    "stock": 12,
}
SHIRT = {
    "name": "Tide Shirt",
    "category": "t-shirts",
    "variants": [
        {"options": {"size": "M"}, "unit_price": 3200, "stock": 4},
        {"options": {"size": "L"}, "unit_price": 3400, "stock": 0},
    ],
    "translations": {"es": {"name": "Camiseta de mareas", "description": "De algodón."}},
}


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    return {"STOREFRONT_SHOP__PHOTO_HOSTS": "photos.example"}


@pytest.fixture(scope="module")
async def staff(app: Quart) -> AsyncIterator[httpx.AsyncClient]:
    async with await signed_in(app, Role.STAFF) as client:
        yield client


async def create(staff: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    answer = await staff.post("/api/v1/products", json={**MUG, **changes})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def test_a_created_product_has_the_whole_shape(
    staff: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    answer = await staff.post("/api/v1/products", json=MUG)
    created = answer.json()

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/products/{created['id']}"
    assert answer.headers["ETag"] == '"1-en-staff"'
    assert re.fullmatch(r"HARBOUR-MUG-[A-Z0-9]{5}", created["variants"][0]["sku"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", created["created_at"])
    assert created == {
        "id": created["id"],
        "name": "Harbour Mug",
        "description": "Holds coffee.",
        "category": "mugs",
        "unit_price": 1450,
        "currency": "EUR",
        "stock": 12,
        "photo": None,
        "variants": [
            {
                "sku": created["variants"][0]["sku"],
                "options": {},
                "unit_price": 1450,
                "stock": 12,
                "photo": None,
            }
        ],
        "created_at": created["created_at"],
        "updated_at": created["created_at"],
        "translations": {},
    }
    read = await client.get(f"/api/v1/products/{created['id']}")
    del created["translations"]
    assert read.json() == created


async def test_variants_sum_up(staff: httpx.AsyncClient) -> None:
    created = (await staff.post("/api/v1/products", json=SHIRT)).json()

    assert (created["unit_price"], created["stock"]) == (3200, 4)
    assert [each["options"] for each in created["variants"]] == [{"size": "M"}, {"size": "L"}]
    assert len({each["sku"] for each in created["variants"]}) == 2
    assert created["translations"] == SHIRT["translations"]


async def test_texts_come_in_the_language_of_the_request(
    staff: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    created = (await staff.post("/api/v1/products", json=SHIRT)).json()
    address = f"/api/v1/products/{created['id']}"

    spanish = await client.get(address, headers={"Accept-Language": "es"})
    english = await client.get(address, headers={"Accept-Language": "en"})

    assert (spanish.json()["name"], english.json()["name"]) == ("Camiseta de mareas", "Tide Shirt")
    assert "translations" not in spanish.json()
    assert "Accept-Language" in spanish.headers["Vary"]


async def test_a_new_slug_makes_the_category(
    staff: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await create(staff, category="rain-hats")

    page = await client.get("/api/v1/products/rain-hats")
    categories = await client.get("/api/v1/categories")

    assert names(page.json()) == ["Harbour Mug"]
    assert {"category": "rain-hats", "label": "Rain hats", "count": 1} in categories.json()


async def test_a_product_is_listed_as_soon_as_it_is_created(
    staff: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    await create(staff, name="Brand new", category="news")

    assert names(await listed(client, limit=1)) == ["Brand new"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/products"),
        ("PUT", f"/api/v1/products/{UNKNOWN}"),
        ("PATCH", f"/api/v1/products/{UNKNOWN}"),
        ("DELETE", f"/api/v1/products/{UNKNOWN}"),
        ("POST", f"/api/v1/products/{UNKNOWN}/restore"),
    ],
)
async def test_only_staff_write_and_that_is_decided_first(
    app: Quart, client: httpx.AsyncClient, method: str, path: str
) -> None:
    guest = await client.request(method, path, json={"name": 1})
    async with await signed_in(app, Role.CUSTOMER) as customer:
        refused = await customer.request(method, path, json={"name": 1})

    assert (guest.status_code, guest.json()["type"]) == (401, "/problems/unauthenticated")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")


@pytest.mark.parametrize(
    ("method", "suffix"), [("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/restore")]
)
async def test_what_is_not_there_cannot_be_changed(
    staff: httpx.AsyncClient, method: str, suffix: str
) -> None:
    for product_id in (UNKNOWN, "no-id", "x" * 24):
        answer = await staff.request(
            method, f"/api/v1/products/{product_id}{suffix}", json={"name": 1}
        )
        assert answer.status_code == 404
        assert answer.json()["type"] == "/problems/product-not-found"


async def test_unknown_products_and_categories_are_told_apart(client: httpx.AsyncClient) -> None:
    unknown = await client.get(f"/api/v1/products/{UNKNOWN}")
    category = await client.get("/api/v1/products/no-such-shelf")

    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/product-not-found")
    assert (category.status_code, category.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": None}, "name"),
        ({"description": "x" * 10_001}, "description"),
        ({"category": "T Shirts"}, "category"),
        ({"category": "a" * 24}, "category"),
        ({"category": "-x"}, "category"),
        ({"unit_price": -1}, "unit_price"),
        ({"unit_price": 100_000_001}, "unit_price"),
        ({"unit_price": 19.99}, "unit_price"),
        ({"unit_price": "1999"}, "unit_price"),
        ({"unit_price": True}, "unit_price"),
        ({"unit_price": None}, "unit_price"),
        ({"stock": 1_000_001}, "stock"),
        ({"stock": None}, "stock"),
        ({"photo": "http://photos.example/x.jpg"}, "photo"),
        ({"photo": "https://elsewhere.example/x.jpg"}, "photo"),
        ({"photo": "https://photos.example:8443/x.jpg"}, "photo"),
        ({"photo": "https://photos.example@elsewhere.example/x"}, "photo"),
        ({"photo": "/images/" + UNKNOWN}, "photo"),
        ({"photo": "javascript:alert(1)"}, "photo"),
        ({"translations": {"fr": {"name": "Tasse"}}}, "translations.fr"),
        ({"translations": {"en": {"name": "Mug"}}}, "translations.en"),
        ({"translations": {"es": {"name": ""}}}, "translations.es.name"),
        ({"colour": "red"}, "colour"),
        ({"variants": [{"unit_price": 1, "stock": 1}]}, "unit_price"),
    ],
)
async def test_what_cannot_be_is_refused_by_name_and_nothing_is_stored(
    staff: httpx.AsyncClient, shop: Shop, changes: dict[str, Any], field: str
) -> None:
    before = await shop.database["products"].count_documents({})

    answer = await staff.post("/api/v1/products", json={**MUG, **changes})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await shop.database["products"].count_documents({}) == before


@pytest.mark.parametrize(
    ("variants", "field"),
    [
        ([], "variants"),
        ([{"unit_price": 1, "stock": 1}] * 2, "variants.1.options"),
        ([{"options": {"size": "M"}, "unit_price": 1, "stock": 1}] * 2, "variants.1.options"),
        (
            [
                {"options": {"size": "M"}, "unit_price": 1, "stock": 1},
                {"options": {"colour": "Red"}, "unit_price": 1, "stock": 1},
            ],
            "variants.1.options",
        ),
        ([{"options": {"size": ""}, "unit_price": 1, "stock": 1}], "variants.0.options.size"),
        ([{"options": {"size": "x" * 61}, "unit_price": 1, "stock": 1}], "variants.0.options.size"),
        (
            [{"options": dict.fromkeys("abcd", "x"), "unit_price": 1, "stock": 1}],
            "variants.0.options",
        ),
        ([{"sku": "a b", "unit_price": 1, "stock": 1}], "variants.0.sku"),
        ([{"unit_price": 1}], "variants.0.stock"),
        ([{"options": {"n": str(n)}, "unit_price": 1, "stock": 1} for n in range(201)], "variants"),
    ],
)
async def test_variants_that_leave_doubt_are_refused(
    staff: httpx.AsyncClient, variants: list[dict[str, Any]], field: str
) -> None:
    body = {"name": "Shirt", "category": "t-shirts", "variants": variants}

    answer = await staff.post("/api/v1/products", json=body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_the_same_sku_twice_in_one_product_is_refused(staff: httpx.AsyncClient) -> None:
    variants = [
        {"sku": "TWIN", "options": {"size": size}, "unit_price": 1, "stock": 1} for size in "ML"
    ]
    answer = await staff.post(
        "/api/v1/products", json={"name": "Shirt", "category": "t-shirts", "variants": variants}
    )

    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {
        "variants.0.sku",
        "variants.1.sku",
    }


async def test_a_taken_sku_is_a_conflict(staff: httpx.AsyncClient) -> None:
    taken = {"variants": [{"sku": "TAKEN-1", "unit_price": 1, "stock": 1}]}
    body = {"name": "First", "category": "mugs", **taken}
    first = await staff.post("/api/v1/products", json=body)
    again = await staff.post("/api/v1/products", json={**body, "name": "Second"})
    other = await create(staff)
    changed = await staff.patch(f"/api/v1/products/{other['id']}", json=taken)

    assert first.status_code == 201
    for answer in (again, changed):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
        assert "TAKEN-1" in answer.json()["detail"]


async def test_a_photo_may_be_a_link_to_a_known_host(staff: httpx.AsyncClient) -> None:
    created = await create(staff, photo="https://photos.example/mug.jpg")

    assert created["photo"] == "https://photos.example/mug.jpg"


async def test_put_replaces_the_whole_and_keeps_skus_of_the_same_options(
    staff: httpx.AsyncClient,
) -> None:
    before = (await staff.post("/api/v1/products", json=SHIRT)).json()
    body = {
        "name": "Tide Shirt II",
        "category": "t-shirts",
        "variants": [
            {"options": {"size": "L"}, "unit_price": 1000, "stock": 1},
            {"options": {"size": "XL"}, "unit_price": 1000, "stock": 2},
        ],
    }

    answer = await staff.put(f"/api/v1/products/{before['id']}", json=body)
    after = answer.json()

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2-en-staff"'
    assert (after["name"], after["description"], after["translations"]) == ("Tide Shirt II", "", {})
    assert after["variants"][0]["sku"] == before["variants"][1]["sku"]
    assert after["created_at"] == before["created_at"]
    assert (await staff.put(f"/api/v1/products/{before['id']}", json={})).status_code == 422


async def test_patch_changes_only_what_it_names(staff: httpx.AsyncClient) -> None:
    before = await create(staff)

    answer = await staff.patch(f"/api/v1/products/{before['id']}", json={"stock": 3})
    after = answer.json()

    assert answer.status_code == 200
    assert after["variants"] == [{**before["variants"][0], "stock": 3}]
    unchanged = {"stock", "variants", "updated_at"}
    assert {k: v for k, v in after.items() if k not in unchanged} == {
        k: v for k, v in before.items() if k not in unchanged
    }


async def test_patch_takes_null_only_where_null_can_be(staff: httpx.AsyncClient) -> None:
    created = await create(staff, photo="https://photos.example/mug.jpg")
    address = f"/api/v1/products/{created['id']}"

    assert (await staff.patch(address, json={"photo": None})).json()["photo"] is None
    assert (await staff.patch(address, json={"name": None})).status_code == 422
    assert (await staff.patch(address, json={"name": " "})).status_code == 422


async def test_one_price_for_several_variants_is_refused(staff: httpx.AsyncClient) -> None:
    created = (await staff.post("/api/v1/products", json=SHIRT)).json()

    answer = await staff.patch(f"/api/v1/products/{created['id']}", json={"unit_price": 1})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "unit_price"


async def test_if_match_refuses_to_overwrite_what_somebody_changed(
    staff: httpx.AsyncClient,
) -> None:
    created = await create(staff)
    address = f"/api/v1/products/{created['id']}"
    first = await staff.patch(address, json={"stock": 5}, headers={"If-Match": '"1"'})

    for headers in ({"If-Match": '"1"'}, {"If-Match": '"nonsense"'}):
        for answer in (
            await staff.patch(address, json={"stock": 9}, headers=headers),
            await staff.put(address, json=MUG, headers=headers),
            await staff.delete(address, headers=headers),
        ):
            assert answer.status_code == 412
            assert answer.json()["type"] == "/problems/precondition-failed"

    assert first.headers["ETag"] == '"2-en-staff"'
    assert (await staff.get(address)).json()["stock"] == 5
    weak = await staff.patch(address, json={"stock": 6}, headers={"If-Match": 'W/"2-es"'})
    star = await staff.patch(address, json={"stock": 7}, headers={"If-Match": "*"})
    assert (weak.status_code, star.status_code) == (200, 200)


async def test_who_has_the_product_already_gets_304(
    staff: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    address = f"/api/v1/products/{(await create(staff))['id']}"
    etag = (await client.get(address)).headers["ETag"]

    assert (await client.get(address, headers={"If-None-Match": etag})).status_code == 304
    assert (await staff.get(address, headers={"If-None-Match": etag})).status_code == 200
    in_spanish = {"If-None-Match": etag, "Accept-Language": "es"}
    assert (await client.get(address, headers=in_spanish)).status_code == 200
    await staff.patch(address, json={"stock": 1})
    assert (await client.get(address, headers={"If-None-Match": etag})).status_code == 200


async def test_changes_at_the_same_time_all_count(staff: httpx.AsyncClient) -> None:
    created = await create(staff)
    address = f"/api/v1/products/{created['id']}"
    changes = [{"name": "Renamed"}, {"stock": 2}, {"unit_price": 999}, {"description": "New."}]

    answers = await asyncio.gather(*(staff.patch(address, json=each) for each in changes))

    assert [answer.status_code for answer in answers] == [200] * 4
    after = (await staff.get(address)).json()
    assert (after["name"], after["stock"], after["unit_price"], after["description"]) == (
        "Renamed",
        2,
        999,
        "New.",
    )


async def test_a_deleted_product_is_gone_at_once_and_can_come_back(
    staff: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    created = await create(staff, name="Back again", category="comebacks")
    address = f"/api/v1/products/{created['id']}"

    deleted = await staff.delete(address)

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await client.get(address)).status_code == 404
    assert (await listed(client, category="comebacks"))["total"] == 0
    assert (await staff.delete(address)).status_code == 404
    assert (await staff.patch(address, json={"stock": 1})).status_code == 404

    restored = await staff.post(f"{address}/restore")

    assert restored.status_code == 200
    assert restored.json()["name"] == "Back again"
    assert (await client.get(address)).status_code == 200
    assert (await listed(client, category="comebacks"))["total"] == 1


async def test_other_content_types_and_broken_json_are_refused(staff: httpx.AsyncClient) -> None:
    form = await staff.post("/api/v1/products", data={"name": "x"})
    broken = await staff.post(
        "/api/v1/products", content=b"{", headers={"Content-Type": "application/json"}
    )

    assert (form.status_code, broken.status_code) == (415, 422)


async def test_a_list_has_facets_and_a_cursor(
    shop: Shop, client: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    shirts = [
        product(f"Shirt {n}", category="shirts", variants=[variant(size="M")]) for n in range(3)
    ]
    await sell(shop, *shirts)

    page = await listed(client, category="shirts", limit=2)
    rest = await listed(client, category="shirts", limit=2, after=page["next"])
    by_path = (await client.get("/api/v1/products/shirts", params={"limit": 2})).json()

    assert names(page) + names(rest) == ["Shirt 2", "Shirt 1", "Shirt 0"]
    assert (page["total"], rest["next"]) == (3, None)
    assert by_path == page
    size = next(each for each in page["facets"] if each["name"] == "option.size")
    assert size == {
        "name": "option.size",
        "label": "Size",
        "values": [{"value": "M", "label": "M", "count": 3, "selected": False}],
    }
    assert counts(page, "category")["shirts"] == 3
    for_staff = await listed(staff, category="shirts", limit=1)
    assert for_staff["items"][0]["translations"] == {}


async def test_the_description_names_every_call(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/api/v1/openapi.json")).json()["paths"]

    assert set(paths["/api/v1/products"]) == {"get", "post"}
    assert {"put", "patch", "delete"} <= set(paths["/api/v1/products/{product_id}"])
    assert "/api/v1/products/{product_id}/restore" in paths
    assert "/api/v1/categories" in paths
    assert "/api/v1/suggestions" in paths
