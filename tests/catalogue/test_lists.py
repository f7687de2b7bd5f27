"""Lists: filters, facets whose counts are true, sorting, pages that stay in step."""

import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from quart import Quart

from storefront.catalogue import service as catalogue
from storefront.catalogue.model import ListQuery, Product
from storefront.shop import Shop
from tests.catalogue.goods import counts, listed, names, product, sell, variant

NAVY_M_ONLY = product(
    "Navy M",
    category="t-shirts",
    variants=[
        variant(5, price=3000, colour="Navy", size="M"),
        variant(0, price=3000, colour="Navy", size="L"),
        variant(5, price=3500, colour="Rust", size="L"),
    ],
)
RUST_M = product(
    "Rust M", category="t-shirts", variants=[variant(5, price=2500, colour="Rust", size="M")]
)
SOLD_OUT = product(
    "Sold out", category="t-shirts", variants=[variant(0, price=2000, colour="Navy", size="S")]
)
CHEAP_MUG = product("cheap mug", category="mugs", price=900)
DEAR_MUG = product("Ébano mug", category="mugs", price=12_000)
GOODS = [NAVY_M_ONLY, RUST_M, SOLD_OUT, CHEAP_MUG, DEAR_MUG]


@pytest.fixture(scope="module", autouse=True)
async def goods(app: Quart) -> None:
    await sell(app.extensions["shop"], *GOODS)


async def test_the_newest_come_first(client: httpx.AsyncClient) -> None:
    page = await listed(client)

    assert names(page) == ["Ébano mug", "cheap mug", "Sold out", "Rust M", "Navy M"]
    assert page["total"] == 5
    assert page["next"] is None


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("price", ["cheap mug", "Sold out", "Rust M", "Navy M", "Ébano mug"]),
        ("-price", ["Ébano mug", "Navy M", "Rust M", "Sold out", "cheap mug"]),
        ("name", ["cheap mug", "Ébano mug", "Navy M", "Rust M", "Sold out"]),
    ],
)
async def test_sorting(client: httpx.AsyncClient, sort: str, expected: list[str]) -> None:
    assert names(await listed(client, sort=sort)) == expected


async def test_price_bounds_are_inclusive_and_mean_the_lowest_price(
    client: httpx.AsyncClient,
) -> None:
    page = await listed(client, min_price=2500, max_price=3000)

    assert names(page) == ["Rust M", "Navy M"]


async def test_one_variant_must_have_all_chosen_options(client: httpx.AsyncClient) -> None:
    page = await listed(client, **{"option.colour": "Rust", "option.size": "M"})

    assert names(page) == ["Rust M"]


async def test_values_of_one_option_widen_the_list(client: httpx.AsyncClient) -> None:
    page = await listed(client, **{"option.size": ["S", "M"]})

    assert names(page) == ["Sold out", "Rust M", "Navy M"]


async def test_in_stock_means_the_very_variant_that_was_chosen(client: httpx.AsyncClient) -> None:
    options = {"option.colour": "Navy", "option.size": "L"}

    assert names(await listed(client, **options)) == ["Navy M"]
    assert names(await listed(client, **options, in_stock="true")) == []
    assert "Sold out" not in names(await listed(client, in_stock="true"))


async def test_unknown_options_and_categories_match_nothing(client: httpx.AsyncClient) -> None:
    assert (await listed(client, **{"option.flavour": "Mint"}))["total"] == 0
    assert (await listed(client, category="hats"))["total"] == 0


async def test_facets_count_what_there_is(client: httpx.AsyncClient) -> None:
    page = await listed(client)

    assert counts(page, "category") == {"mugs": 2, "t-shirts": 3}
    assert counts(page, "option.colour") == {"Navy": 2, "Rust": 2}
    assert counts(page, "option.size") == {"S": 1, "M": 2, "L": 1}
    assert counts(page, "in_stock") == {"true": 4}
    assert sum(counts(page, "price").values()) == 5


async def test_a_facet_does_not_count_its_own_choice(client: httpx.AsyncClient) -> None:
    page = await listed(client, category="t-shirts", **{"option.size": "M"})

    assert counts(page, "category") == {"t-shirts": 2}
    assert counts(page, "option.size") == {"S": 1, "M": 2, "L": 1}
    assert counts(page, "option.colour") == {"Navy": 1, "Rust": 1}
    assert counts(page, "in_stock") == {"true": 2}


async def test_sizes_are_listed_from_small_to_large(client: httpx.AsyncClient) -> None:
    page = await listed(client)
    sizes = next(each for each in page["facets"] if each["name"] == "option.size")

    assert [each["value"] for each in sizes["values"]] == ["S", "M", "L"]


async def test_a_facet_tells_what_is_selected(client: httpx.AsyncClient) -> None:
    page = await listed(client, in_stock="true", **{"option.size": "XXL"})

    assert counts(page, "option.size") == {"M": 2, "L": 1, "XXL": 0}
    assert [
        (facet["name"], value["value"])
        for facet in page["facets"]
        for value in facet["values"]
        if value["selected"]
    ] == [("option.size", "XXL"), ("in_stock", "true")]


def _some_queries(chance: random.Random) -> Iterator[dict[str, Any]]:
    for _ in range(60):
        query: dict[str, Any] = {}
        if chance.random() < 0.4:
            query["category"] = chance.choice(["mugs", "t-shirts"])
        if chance.random() < 0.4:
            query["in_stock"] = "true"
        if chance.random() < 0.4:
            query["min_price"] = chance.choice([0, 950, 2500])
        if chance.random() < 0.4:
            query["max_price"] = chance.choice([2600, 3000, 12_000])
        if chance.random() < 0.5:
            query["option.size"] = chance.sample(["S", "M", "L"], chance.randint(1, 2))
        if chance.random() < 0.5:
            query["option.colour"] = chance.sample(["Navy", "Rust"], chance.randint(1, 2))
        yield query


def _matches(each: Product, query: dict[str, Any]) -> bool:
    """The rule of the filters, spelt out."""
    wanted = {
        name: values
        for name in ("size", "colour")
        if (values := query.get(f"option.{name}")) is not None
    }
    fits = any(
        all(variant.options.get(name) in values for name, values in wanted.items())
        and (variant.in_stock or "in_stock" not in query)
        for variant in each.variants
    )
    return (
        query.get("category", each.category) == each.category
        and query.get("min_price", 0) <= each.unit_price <= query.get("max_price", 10**9)
        and fits
    )


async def test_lists_and_every_count_agree_with_the_rule_for_any_filters(
    client: httpx.AsyncClient,
) -> None:
    for query in _some_queries(random.Random(7)):
        page = await listed(client, **query)
        assert page["total"] == sum(_matches(each, query) for each in GOODS), query
        for facet in page["facets"]:
            name = facet["name"]
            if name == "price":
                continue
            for value in facet["values"]:
                one = [value["value"]] if name.startswith("option.") else value["value"]
                expected = sum(_matches(each, {**query, name: one}) for each in GOODS)
                assert value["count"] == expected, (query, name, value)


@pytest.mark.parametrize("sort", ["newest", "price", "-price", "name"])
async def test_pages_show_each_product_once_in_order(client: httpx.AsyncClient, sort: str) -> None:
    whole = names(await listed(client, sort=sort))
    walked: list[str] = []
    after = None
    while True:
        page = await listed(client, sort=sort, limit=2, **({"after": after} if after else {}))
        walked += names(page)
        after = page["next"]
        if after is None:
            break

    assert walked == whole


async def test_pages_of_a_search_go_through_its_ranks(client: httpx.AsyncClient) -> None:
    whole = names(await listed(client, q="mug", lang="en"))
    first = await listed(client, q="mug", lang="en", limit=1)
    second = await listed(client, q="mug", lang="en", limit=1, after=first["next"])

    assert whole == ["Ébano mug", "cheap mug"]
    assert names(first) + names(second) == whole
    assert second["next"] is None


@pytest.mark.parametrize("sort", ["newest", "price", "-price", "name"])
async def test_the_next_page_stays_in_step_while_products_come_and_go(
    shop: Shop, client: httpx.AsyncClient, sort: str
) -> None:
    whole = names(await listed(client, sort=sort))
    first = await listed(client, sort=sort, limit=2)
    arrivals = [product(f"{letter} new", price=price) for letter, price in (("A", 1), ("Z", 99999))]
    await sell(shop, *arrivals)

    second = await listed(client, sort=sort, limit=100, after=first["next"])
    for each in arrivals:
        await catalogue.delete_product(shop, each.id, by="test")

    old = [name for name in names(second) if not name.endswith(" new")]
    assert names(first) + old == whole


async def test_many_of_one_price_and_minute_are_still_walked_one_by_one(
    shop: Shop, client: httpx.AsyncClient
) -> None:
    twins = [product("Twin", category="twins", age_minutes=1) for _ in range(25)]
    await sell(shop, *twins)
    for sort in ("newest", "price", "-price", "name"):
        ids: list[str] = []
        after: dict[str, str] = {}
        for _ in range(9):
            page = await listed(client, category="twins", sort=sort, limit=3, **after)
            ids += [item["id"] for item in page["items"]]
            after = {"after": page["next"]}
        assert page["next"] is None
        assert sorted(ids) == sorted(each.id for each in twins)
    for each in twins:
        await catalogue.delete_product(shop, each.id, by="test")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort": "best"}, "sort"),
        ({"min_price": -1}, "min_price"),
        ({"min_price": "ten"}, "min_price"),
        ({"min_price": 500, "max_price": 400}, "max_price"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"after": "abc"}, "after"),
        ({"after": "W10"}, "after"),
        ({"after": "WyJuZXdlc3QiLDAsIicgVE8gKl0iXQ"}, "after"),
        ({"after": "é" * 10}, "after"),
        ({"after": "A" * 5000}, "after"),
        ({"q": "x" * 201}, "q"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    client: httpx.AsyncClient, query: dict[str, Any], field: str
) -> None:
    answer = await client.get("/api/v1/products", params=query)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_cursor_holds_only_in_the_order_that_it_was_made_for(
    client: httpx.AsyncClient,
) -> None:
    first = await listed(client, sort="price", limit=1)
    answer = await client.get("/api/v1/products", params={"sort": "name", "after": first["next"]})

    assert answer.status_code == 422


async def test_names_sort_as_each_language_sorts(shop: Shop) -> None:
    words = ["Ñandú", "nuez", "Oso", "árbol", "Zeta", "nata"]
    await sell(shop, *(product("x", category="palabras", spanish=(word, "")) for word in words))

    page = catalogue.list_products(shop, ListQuery(category="palabras", sort="name"), "es")

    assert [each.name for each in page.items] == ["árbol", "nata", "nuez", "Ñandú", "Oso", "Zeta"]
    for each in page.items:
        await catalogue.delete_product(shop, each.id, by="test")
