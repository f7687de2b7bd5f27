"""What every refusal tells, whatever it is about."""

import httpx
from quart import Quart

from storefront.errors import ConflictError
from storefront.web import failures
from tests.accounts.people import bearer, registered


async def test_a_method_that_an_address_does_not_take_is_told_with_those_it_takes(
    client: httpx.AsyncClient,
) -> None:
    program = await client.delete("/api/v1/products")
    page = await client.delete("/products")

    assert (program.status_code, page.status_code) == (405, 405)
    assert program.headers["Content-Type"] == "application/problem+json"
    assert program.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert page.headers["Allow"] == "GET, HEAD, OPTIONS"


async def test_what_a_problem_tells_besides_never_hides_its_own_members(app: Quart) -> None:
    async with app.test_request_context("/somewhere"):
        await app.preprocess_request()
        told = failures.details(ConflictError("Too late.", status="paid", since="yesterday"))

    assert told["status"] == 409
    assert told["since"] == "yesterday"


async def test_a_bearer_token_acts_wherever_the_request_comes_from(app: Quart) -> None:
    abroad = {"Origin": "https://tool.example"}
    customer, email = await registered(app)
    by_token = {**await bearer(customer, email), **abroad}

    assert (await customer.delete("/api/v1/cart", headers=by_token)).status_code == 403
    customer.cookies.clear()
    assert (await customer.delete("/api/v1/cart", headers=by_token)).status_code == 204
    assert (await customer.delete("/api/v1/cart", headers=abroad)).status_code == 403
    await customer.aclose()


async def test_a_refused_fragment_names_its_error(client: httpx.AsyncClient) -> None:
    product_id = "f" * 24
    answer = await client.post(
        "/cart", data={"product_id": product_id, "quantity": "1"}, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 404
    assert "<html" not in answer.text
    assert f'id="error-id">{answer.headers["X-Request-ID"]}<' in answer.text
