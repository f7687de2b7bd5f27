"""The OpenAPI description tells of every call what it takes and answers."""

from typing import Any

import httpx

VERBS = ("get", "post", "put", "patch", "delete")


async def operations(client: httpx.AsyncClient) -> dict[str, Any]:
    """Every described call, by its verb and path."""
    answer = await client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    described = answer.json()
    assert described["openapi"].startswith("3.1.")
    return {
        f"{verb} {path.removeprefix('/api/v1')}": operation
        for path, verbs in described["paths"].items()
        for verb, operation in verbs.items()
        if verb in VERBS
    }


async def test_every_call_tells_how_it_succeeds_and_how_it_fails(
    client: httpx.AsyncClient,
) -> None:
    for name, operation in (await operations(client)).items():
        answers = operation["responses"]
        assert [status for status in answers if status.startswith("2")], name
        assert set(answers["default"]["content"]) == {"application/problem+json"}, name


async def test_a_call_without_an_answers_body_says_so(client: httpx.AsyncClient) -> None:
    described = await operations(client)

    for name in ("delete /cart", "post /auth/logout", "delete /products/{product_id}"):
        assert "content" not in described[name]["responses"]["204"], name


async def test_a_category_is_described_as_a_list_beside_the_product(
    client: httpx.AsyncClient,
) -> None:
    answer = (await operations(client))["get /products/{product_id}"]["responses"]["200"]

    shapes = answer["content"]["application/json"]["schema"]["anyOf"]
    assert [each["$ref"].rpartition("/")[2] for each in shapes] == [
        "ProductAnswer",
        "ProductListAnswer",
    ]


async def test_a_photos_body_and_the_headers_of_changes_are_described(
    client: httpx.AsyncClient,
) -> None:
    described = await operations(client)

    photo = described["put /products/{product_id}/photo"]
    assert set(photo["requestBody"]["content"]) == {"image/jpeg", "image/png", "image/webp"}
    for name, header in (
        ("put /products/{product_id}/photo", "if-match"),
        ("patch /products/{product_id}", "if-match"),
        ("delete /products/{product_id}", "if-match"),
        ("post /orders", "idempotency-key"),
    ):
        headers = [each["name"] for each in described[name]["parameters"] if each["in"] == "header"]
        assert headers == [header], name
