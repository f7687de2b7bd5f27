import httpx


async def test_a_choice_that_is_none_is_refused_in_the_visitors_language_alone(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/api/v1/products?sort=best", headers={"Accept-Language": "es"})

    (error,) = answer.json()["errors"]
    assert error["field"] == "sort"
    assert error["message"].startswith("Tiene que ser uno de estos valores: ")
    assert error["message"].endswith("'name', 'relevance'.")
