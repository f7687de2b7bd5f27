"""The search forgives accents, case, plurals and slips of the hand, in each language."""

import httpx
import pytest
from quart import Quart

from storefront.catalogue import service as catalogue
from storefront.catalogue.model import ListQuery
from storefront.shop import Shop
from tests.catalogue.goods import listed, names, product, sell
from tests.conftest import eventually

SHIRT = product(
    "High Water at Noon",
    category="t-shirts",
    description="Heavy combed cotton from Portugal.",
    spanish=("Pleamar a mediodía", "Algodón peinado grueso."),
)
LIGHTHOUSE = product("Lighthouse Poster", category="posters", description="Printed by hand.")
KEEPER = product(
    "Night Watch Mug", category="mugs", description="What every lighthouse keeper drinks from."
)
JUST_LIGHTHOUSE = product("Lighthouse", category="posters", age_minutes=500)


@pytest.fixture(scope="module", autouse=True)
async def goods(app: Quart) -> None:
    shop: Shop = app.extensions["shop"]
    labels = {
        "t-shirts": {"en": "T-shirts", "es": "Camisetas"},
        "posters": {"en": "Posters", "es": "Láminas"},
        "mugs": {"en": "Mugs", "es": "Tazas"},
    }
    for category, by_language in labels.items():
        await catalogue.add_category(shop, category, by_language)
    await sell(shop, SHIRT, LIGHTHOUSE, KEEPER, JUST_LIGHTHOUSE)
    await _until_labelled(shop)


async def _until_labelled(shop: Shop) -> None:

    async def is_labelled() -> bool:
        categories = catalogue.list_categories(shop, "es")
        return "Camisetas" in [each.label for each in categories]

    assert await eventually(is_labelled)


@pytest.mark.parametrize("typed", ["camíseta", "camiseta", "camista", "CAMISETAS", "camis"])
async def test_spanish_t_shirts_are_found_however_they_are_written(
    client: httpx.AsyncClient, typed: str
) -> None:
    page = await listed(client, q=typed, lang="es")

    assert names(page) == ["Pleamar a mediodía"]


@pytest.mark.parametrize("typed", ["tshirt", "t-shirts", "T-Shirt", "shirts", "thsirts", "t shirt"])
async def test_english_t_shirts_are_found_however_they_are_written(
    client: httpx.AsyncClient, typed: str
) -> None:
    page = await listed(client, q=typed, lang="en")

    assert names(page) == ["High Water at Noon"]


async def test_each_language_is_searched_in_its_own_words(client: httpx.AsyncClient) -> None:
    assert names(await listed(client, q="pleamar", lang="es")) == ["Pleamar a mediodía"]
    assert names(await listed(client, q="algodones", lang="es")) == ["Pleamar a mediodía"]


@pytest.mark.parametrize("typed", ["pleamar", "camíseta", "camista"])
async def test_what_leads_nowhere_is_looked_for_in_the_other_language(
    client: httpx.AsyncClient, typed: str
) -> None:
    assert names(await listed(client, q=typed, lang="en")) == ["High Water at Noon"]
    found = (await client.get(f"/api/v1/suggestions?q={typed}&lang=en")).json()
    assert [each["name"] for each in found["products"]] == ["High Water at Noon"]


async def test_the_name_itself_comes_first_then_names_then_descriptions(
    client: httpx.AsyncClient,
) -> None:
    page = await listed(client, q="lighthouses", lang="en")

    assert names(page) == ["Lighthouse", "Lighthouse Poster", "Night Watch Mug"]


async def test_all_words_must_be_found(client: httpx.AsyncClient) -> None:
    assert names(await listed(client, q="lighthouse mug", lang="en")) == ["Night Watch Mug"]
    assert names(await listed(client, q="lighthouse cotton", lang="en")) == []


async def test_a_slip_is_looked_for_only_where_the_word_leads_nowhere(
    client: httpx.AsyncClient,
) -> None:
    slipped = names(await listed(client, q="lighthuose", lang="en"))

    assert slipped == ["Lighthouse Poster", "Lighthouse", "Night Watch Mug"]
    assert names(await listed(client, q="mog", lang="en")) == []


async def test_another_number_is_not_a_slip(app: Quart, client: httpx.AsyncClient) -> None:
    await sell(app.extensions["shop"], product("Calendar 2026", category="calendars"))

    assert names(await listed(client, q="calender 2026", lang="en")) == ["Calendar 2026"]
    assert names(await listed(client, q="calendar 2027", lang="en")) == []
    assert names(await listed(client, q="calendar 202", lang="en")) == ["Calendar 2026"]


async def test_words_without_meaning_of_their_own_may_be_missing(
    client: httpx.AsyncClient,
) -> None:
    assert names(await listed(client, q="the mug", lang="en")) == ["Night Watch Mug"]


async def test_odd_input_finds_nothing_and_breaks_nothing(client: httpx.AsyncClient) -> None:
    for typed in ("***", "(", "a AND OR", 'name:"x', "\\", "%00", "🧦", "a" * 200, "-", "' OR 1"):
        answer = await client.get("/api/v1/products", params={"q": typed})
        assert answer.status_code == 200, typed
        assert (await client.get("/suggestions", params={"q": typed})).status_code == 200


async def test_the_page_marks_what_matched_also_with_a_slip(client: httpx.AsyncClient) -> None:
    exact = await client.get("/products", params={"q": "lighthouse", "lang": "en"})
    slipped = await client.get("/products", params={"q": "lighthuose", "lang": "en"})

    for page in (exact, slipped):
        assert "<mark>Lighthouse</mark> Poster" in page.text
        assert "<mark>Night" not in page.text


async def test_what_was_typed_is_shown_as_text_never_as_markup(client: httpx.AsyncClient) -> None:
    page = await client.get("/products", params={"q": "<script>alert(1)</script>"})

    assert "<script>alert" not in page.text


async def test_no_hit_says_so_and_offers_near_words(client: httpx.AsyncClient) -> None:
    page = await client.get("/products", params={"q": "lixxxhouse", "lang": "en"})

    assert page.status_code == 200
    assert "Nothing on the horizon" in page.text
    assert '<a href="/products?q=lighthouse">lighthouse</a>' in page.text
    assert 'href="/products/mugs">Mugs</a>' in page.text.partition("Nothing on the horizon")[2]
    assert "With one filter less" not in page.text


async def test_words_that_never_meet_are_offered_one_by_one(shop: Shop) -> None:
    assert catalogue.near_terms(shop, "poster cotton", "en") == ["poster", "cotton"]
    assert catalogue.near_terms(shop, "postr wach", "en") == ["poster", "watch"]


async def test_suggestions_offer_products_and_categories(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/suggestions", params={"q": "lámi", "lang": "es"})

    assert answer.json() == {
        "products": [
            {"id": LIGHTHOUSE.id, "name": "Lighthouse Poster"},
            {"id": JUST_LIGHTHOUSE.id, "name": "Lighthouse"},
        ],
        "categories": [{"category": "posters", "label": "Láminas"}],
    }


async def test_suggestions_come_as_a_fragment(client: httpx.AsyncClient) -> None:
    page = await client.get("/suggestions", params={"q": "lighth", "lang": "en"})

    assert page.text.lstrip().startswith('<div class="suggestions" id="suggestions">')
    assert "<mark>Lighthouse</mark>" in page.text


async def test_a_change_of_a_label_is_searched_at_once(shop: Shop) -> None:

    await shop.database["categories"].update_one(
        {"_id": "mugs"}, {"$set": {"labels.en": "Teacups"}}
    )

    async def found() -> bool:
        page = catalogue.list_products(shop, ListQuery(q="teacup"), "en")
        return [each.name for each in page.items] == ["Night Watch Mug"]

    assert await eventually(found)
