import httpx
import pytest

from storefront.errors import PROBLEMS


@pytest.mark.parametrize("name", PROBLEMS)
async def test_the_type_of_every_problem_is_a_page_that_explains_it(
    client: httpx.AsyncClient, name: str
) -> None:
    page = await client.get(f"/problems/{name}", headers={"Accept": "text/html"})

    assert page.status_code == 200
    assert f"/problems/{name}" in page.text
    assert f"status {PROBLEMS[name].status}" in page.text


async def test_an_unknown_type_of_problem_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/problems/none-such")).status_code == 404
