"""The form of a product: filled in, refused, saved once, and never over somebody else's work."""

from io import BytesIO
from typing import Any

import httpx
from PIL import Image
from quart import Quart

from storefront.catalogue import service as catalogue
from storefront.catalogue.model import ListQuery, Product, Text
from storefront.catalogue.schemas import ProductChanges
from storefront.database import ObjectId
from storefront.shop import Shop
from tests.carts.shelves import put_on_shelf, reprice, set_stock, withdraw
from tests.staff.people import HTMX, form_of, staff, words_of

NEW = "/staff/products"


def picture(colour: str = "teal", kind: str = "PNG") -> bytes:
    file = BytesIO()
    Image.new("RGB", (400, 500), colour).save(file, kind)
    return file.getvalue()


def product_form(name: str, **changes: str) -> dict[str, str]:
    """A new product with two sizes, as typed."""
    return {
        "key": str(ObjectId()),
        "name.en": name,
        "description.en": "Keeps the rain off.",
        "name.es": f"{name} (es)",
        "description.es": "",
        "category": "Rain wear",
        "option.0": "Size",
        "row.0.value.0": "S",
        "row.0.price": "49.90",
        "row.0.stock": "3",
        "row.0.sku": "",
        "row.1.value.0": "M",
        "row.1.price": "52",
        "row.1.stock": "0",
        "row.1.sku": f"{name.upper()}-M",
        **changes,
    }


def found(shop: Shop, name: str) -> list[Product]:
    return list(catalogue.list_products(shop, ListQuery(q=name), "en").items)


async def stored(shop: Shop, product: Product) -> Product:
    return await catalogue.get_stored_product(shop, product.id)


async def opened(client: httpx.AsyncClient, product: Product) -> dict[str, str]:
    """The product's form as it stands."""
    path = f"/staff/products/{product.id}"
    page = await client.get(path)
    assert page.status_code == 200
    forms = page.text.partition('enctype="multipart/form-data"')
    assert forms[1]
    only = httpx.Response(200, text=f'<form action="{path}"{forms[2]}')
    return form_of(only, path)


async def test_a_product_with_sizes_and_a_photo_goes_on_sale(app: Quart, shop: Shop) -> None:
    typed = product_form("Oilskin")
    async with await staff(app) as client:
        answer = await client.post(
            NEW, data=typed, files={"photo": ("coat.png", picture(), "image/png")}
        )
        assert answer.status_code == 303, words_of(answer)
        page = await client.get(answer.headers["Location"])
        assert "Saved: Oilskin." in words_of(page)
    (product,) = found(shop, "oilskin")
    assert answer.headers["Location"] == f"/staff/products/{product.id}"
    assert (product.category, product.description) == ("rain-wear", "Keeps the rain off.")
    assert product.translations == {"es": Text("Oilskin (es)", "")}
    small, medium = product.variants
    assert (dict(small.options), small.unit_price, small.stock) == ({"size": "S"}, 4990, 3)
    assert (medium.sku, medium.unit_price, medium.stock) == ("OILSKIN-M", 5200, 0)
    assert product.photo is not None
    assert product.photo.replace("&", "&amp;") in page.text
    async with await staff(app) as client:
        assert (await client.get(product.photo)).headers["Content-Type"].startswith("image/")


async def test_a_product_without_options_has_one_row(app: Quart, shop: Shop) -> None:
    typed = product_form("Bailer", **{"option.0": "", "row.1.price": "", "row.1.stock": ""})
    typed |= {"row.0.value.0": "", "row.1.value.0": "", "row.1.sku": ""}
    async with await staff(app) as client:
        assert (await client.post(NEW, data=typed)).status_code == 303
    (product,) = found(shop, "bailer")
    (variant,) = product.variants
    assert (dict(variant.options), variant.unit_price) == ({}, 4990)


async def test_sending_the_form_twice_makes_one_product(app: Quart, shop: Shop) -> None:
    typed = product_form("Slicker")
    async with await staff(app) as client:
        answers = [await client.post(NEW, data=typed) for _click in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert len(found(shop, "slicker")) == 1


async def test_rows_and_options_are_added_and_removed_without_losing_what_was_typed(
    app: Quart, shop: Shop
) -> None:
    typed = product_form("Windbreaker")
    async with await staff(app) as client:
        more = await client.post(NEW, data=typed | {"action": "add_row"})
        assert more.status_code == 200
        fields = form_of(more, NEW)
        assert fields["row.2.price"] == ""
        assert {key: fields[key] for key in typed} == typed

        wider = form_of(await client.post(NEW, data=fields | {"action": "add_option"}), NEW)
        assert wider["row.1.value.1"] == ""

        fewer = form_of(await client.post(NEW, data=wider | {"action": "remove_row.0"}), NEW)
        assert fewer["row.0.sku"] == "WINDBREAKER-M"
        assert "row.2.price" not in fewer

        left = form_of(await client.post(NEW, data=fewer | {"action": "remove_option.0"}), NEW)
        assert "option.1" not in left

        part = await client.post(NEW, data=typed | {"action": "add_row"}, headers=HTMX)
        assert part.text.strip().startswith('<div class="stack tight" id="variants">')
    assert found(shop, "windbreaker") == []


async def test_everything_that_cannot_be_is_told_at_its_field_at_once(
    app: Quart, shop: Shop
) -> None:
    wrong = {
        "name.en": " ",
        "category": "!!",
        "row.0.price": "dear",
        "row.1.stock": "-1",
        "row.1.value.0": "",
    }
    typed = product_form("Gansey", **wrong)
    async with await staff(app) as client:
        answer = await client.post(NEW, data=typed)
    assert answer.status_code == 422
    for field in ("f-name.en", "f-category", "c-row.0.price", "c-row.1.stock", "c-row.1.value.0"):
        assert f'id="{field}-error"' in answer.text, field
    assert form_of(answer, NEW)["description.en"] == "Keeps the rain off."
    assert found(shop, "gansey") == []


async def test_a_bad_photo_leaves_everything_as_it_was(app: Quart, shop: Shop) -> None:
    typed = product_form("Drysuit")
    async with await staff(app) as client:
        answer = await client.post(
            NEW, data=typed, files={"photo": ("coat.png", b"no picture", "image/png")}
        )
        assert answer.status_code == 422
        assert 'id="f-photo-error"' in answer.text
        assert found(shop, "drysuit") == []

        product = await put_on_shelf(shop, name="Wetsuit")
        old = await opened(client, product)
        answer = await client.post(
            f"{NEW}/{product.id}",
            data=old | {"name.en": "Changed"},
            files={"photo": ("coat.gif", b"GIF89a", "image/gif")},
        )
        assert answer.status_code == 422
    assert (await stored(shop, product)).name == "Wetsuit"


async def test_a_taken_sku_is_told_on_the_form(app: Quart, shop: Shop) -> None:
    other = await put_on_shelf(shop)
    typed = product_form("Twin", **{"row.1.sku": other.variants[0].sku})
    async with await staff(app) as client:
        answer = await client.post(NEW, data=typed)
    assert answer.status_code == 409
    assert f"Another product has the SKU {other.variants[0].sku}." in words_of(answer)
    assert found(shop, "twin") == []


async def test_editing_keeps_what_the_form_does_not_show(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Fender", sizes="SM")
    path = f"{NEW}/{product.id}"
    async with await staff(app) as client:
        first = await client.post(
            path,
            data=await opened(client, product),
            files={"photo": ("a.png", picture(), "image/png")},
        )
        assert first.status_code == 303
        photo = (await stored(shop, product)).photo
        typed = await opened(client, product)
        await client.post(path, data=typed | {"name.en": "Big fender"})
        now = await stored(shop, product)
        assert (now.name, now.photo) == ("Big fender", photo)
        assert [each.sku for each in now.variants] == [each.sku for each in product.variants]
        assert now.translations == product.translations

        typed = await opened(client, product)
        await client.post(path, data=typed | {"remove_photo": "own"})
    assert (await stored(shop, product)).photo is None


async def test_a_photo_of_some_variants_is_shown_for_them_alone(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Windcheater", sizes="SM")
    path = f"{NEW}/{product.id}"
    async with await staff(app) as client:
        files = {"photo": ("m.png", picture(), "image/png")}
        typed = await opened(client, product)
        await client.post(path, data=typed | {"photo_of": "size=M"}, files=files)
        small, medium = (await stored(shop, product)).variants
        assert (small.photo, (await stored(shop, product)).photo) == (None, None)
        assert medium.photo is not None
        shown = await client.get(f"/images/{product.id}?sku={medium.sku}")
        assert shown.headers["Content-Type"].startswith("image/")

        gone = await client.post(path, data=typed | {"photo_of": "size=XS"}, files=files)
        assert gone.status_code == 422
        assert "No variant is of that kind any more." in words_of(gone)
        assert (await stored(shop, product)).variants == (small, medium)

        typed = await opened(client, product)
        await client.post(path, data=typed | {"remove_photo": medium.photo})
    assert [each.photo for each in (await stored(shop, product)).variants] == [None, None]


async def test_saving_without_a_change_or_twice_writes_nothing_more(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Anchor", sizes="SM")
    path = f"{NEW}/{product.id}"
    async with await staff(app) as client:
        typed = await opened(client, product)
        assert (await client.post(path, data=typed)).status_code == 303
        assert (await stored(shop, product)).version == product.version
        changed = typed | {"row.0.price": "7,5", "row.2.price": "9", "row.2.stock": "1"}
        changed |= {"row.2.value.0": "L", "row.2.sku": ""}
        for _click in range(2):
            assert (await client.post(path, data=changed)).status_code == 303
    now = await stored(shop, product)
    assert now.version == product.version + 1
    assert [each.unit_price for each in now.variants] == [750, 1999, 900]


async def test_somebody_elses_change_is_shown_beside_ones_own_and_one_chooses(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Compass", price=1000)
    path = f"{NEW}/{product.id}"
    async with await staff(app) as one, await staff(app) as other:
        first, second = await opened(one, product), await opened(other, product)
        theirs = {"name.en": "Ship's compass", "description.en": "Theirs.", "row.0.price": "12"}
        await one.post(path, data=first | theirs)
        mine = {"name.en": "Brass compass", "category": "brass"}
        warning = await other.post(path, data=second | mine)
        assert warning.status_code == 412
        said = words_of(warning)
        for told in (
            "Somebody else changed this product meanwhile",
            "Name, English Ship's compass Brass compass",
            "Description, English Theirs. A compass to keep.",
            "Category mugs brass",
            f"Price of {product.variants[0].sku} 12.00 10.00",
        ):
            assert told in said.replace("&#39;", "'"), told
        assert (await stored(shop, product)).name == "Ship's compass"

        # What only the other one touched is theirs unless one says otherwise.
        asked = _choices(warning)
        assert asked["take.name.en"] == "mine"
        assert asked["take.description.en"] == "theirs"
        typed = _whole_form(warning, path)
        answer = await other.post(path, data=typed | {"take.name.en": "theirs"})
        assert answer.status_code == 303, words_of(answer)
    now = await stored(shop, product)
    assert (now.name, now.description, now.category) == ("Ship's compass", "Theirs.", "brass")
    assert now.unit_price == 1200


def _whole_form(page: httpx.Response, path: str) -> dict[str, str]:
    forms = page.text.partition('enctype="multipart/form-data"')
    return form_of(httpx.Response(200, text=f'<form action="{path}"{forms[2]}'), path)


def _choices(page: httpx.Response) -> dict[str, Any]:
    fields = _whole_form(page, "x")
    return {key: value for key, value in fields.items() if key.startswith("take.")}


async def test_a_price_of_theirs_and_a_price_of_mine_can_both_hold(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Sextant", price=1000, sizes="SM")
    path = f"{NEW}/{product.id}"
    async with await staff(app) as one, await staff(app) as other:
        first, second = await opened(one, product), await opened(other, product)
        await one.post(path, data=first | {"row.0.price": "12"})
        warning = await other.post(path, data=second | {"row.1.price": "13"})
        assert warning.status_code == 412
        assert (await other.post(path, data=_whole_form(warning, path))).status_code == 303
    assert [each.unit_price for each in (await stored(shop, product)).variants] == [1200, 1300]


async def test_the_same_size_added_by_two_people_is_asked_about(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Oar lock", price=1000, sizes="SM")
    path = f"{NEW}/{product.id}"
    more = {"row.2.value.0": "L", "row.2.price": "9", "row.2.stock": "1", "row.2.sku": ""}
    async with await staff(app) as one, await staff(app) as other:
        first, second = await opened(one, product), await opened(other, product)
        await one.post(path, data=first | more)
        warning = await other.post(path, data=second | more | {"row.2.price": "8"})
        assert warning.status_code == 412
        assert (await stored(shop, product)).variants[2].unit_price == 900
        answer = await other.post(path, data=_whole_form(warning, path))
        assert answer.status_code == 303
    now = await stored(shop, product)
    assert [each.unit_price for each in now.variants] == [1000, 1000, 800]


async def test_a_variant_that_somebody_took_away_comes_back_only_if_one_wants(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Marlinspike", price=1000, sizes="SM")
    path = f"{NEW}/{product.id}"
    async with await staff(app) as one, await staff(app) as other:
        first, second = await opened(one, product), await opened(other, product)
        fewer = {key: value for key, value in first.items() if not key.startswith("row.1.")}
        await one.post(path, data=fewer)
        warning = await other.post(path, data=second | {"name.en": "Spike"})
        assert warning.status_code == 412
        assert (await other.post(path, data=_whole_form(warning, path))).status_code == 303
    now = await stored(shop, product)
    assert (now.name, [dict(each.options) for each in now.variants]) == ("Spike", [{"size": "S"}])


async def test_a_sku_can_be_changed(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Thimble")
    async with await staff(app) as client:
        typed = await opened(client, product)
        await client.post(f"{NEW}/{product.id}", data=typed | {"row.0.sku": "THIMBLE-NEW"})
    assert (await stored(shop, product)).variants[0].sku == "THIMBLE-NEW"


async def test_what_is_sold_while_the_form_is_open_stays_sold(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Logbook", stock=10)
    path = f"{NEW}/{product.id}"
    async with await staff(app) as client:
        typed = await opened(client, product)
        await set_stock(shop, product, 8)
        answer = await client.post(path, data=typed | {"name.en": "Log book"})
        assert answer.status_code == 303
        now = await stored(shop, product)
        assert (now.name, now.stock) == ("Log book", 8)

        typed = await opened(client, product)
        await set_stock(shop, product, 7)
        warning = await client.post(path, data=typed | {"row.0.stock": "20"})
        assert warning.status_code == 412
        assert f"Stock of {product.variants[0].sku} 7 20" in words_of(warning)
    assert (await stored(shop, product)).stock == 7


async def test_a_form_of_a_product_in_the_bin_is_not_lost(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Barometer")
    path = f"{NEW}/{product.id}"
    async with await staff(app) as client:
        typed = await opened(client, product)
        await withdraw(shop, product)
        answer = await client.post(path, data=typed | {"name.en": "Weather glass"})
        assert answer.status_code == 409
        assert "Somebody put this product into the bin" in words_of(answer)
        kept = _whole_form(answer, path)
        assert kept["name.en"] == "Weather glass"
        again = await client.post(path, data=kept | {"action": "restore"})
        assert again.status_code == 200
        assert (await client.post(path, data=_whole_form(again, path))).status_code == 303
    assert (await stored(shop, product)).name == "Weather glass"


async def test_an_edit_that_came_by_the_api_counts_as_somebody_elses(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Quadrant")
    async with await staff(app) as client:
        typed = await opened(client, product)
        await catalogue.change_product(
            shop, product.id, ProductChanges(description="Brass."), by="somebody"
        )
        answer = await client.post(f"{NEW}/{product.id}", data=typed | {"name.en": "Octant"})
        assert answer.status_code == 412
    assert (await stored(shop, product)).name == "Quadrant"


async def test_what_is_not_there_is_not_found(app: Quart) -> None:
    async with await staff(app) as client:
        for key in ("000000000000000000000000", "none"):
            assert (await client.get(f"{NEW}/{key}")).status_code == 404
            assert (await client.post(f"{NEW}/{key}", data={"name.en": "x"})).status_code == 404


async def test_prices_stand_in_the_form_as_readers_of_the_language_write_them(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Gaff", price=1999)
    async with await staff(app) as spanish:
        spanish.headers["Accept-Language"] = "es"
        fields = await opened(spanish, product)
        assert fields["row.0.price"] == "19,99"
        await set_stock(shop, product, 4)
        fields["description.en"] = "Of ash."
        saved = await spanish.post(f"/staff/products/{product.id}", data=fields)
        assert saved.status_code == 303, words_of(saved)
        fields = await opened(spanish, product) | {"row.0.price": "21,5"}
        await reprice(shop, product, 2050)
        clash = await spanish.post(f"/staff/products/{product.id}", data=fields)
        assert "20,50" in words_of(clash)
    now = await stored(shop, product)
    assert (now.unit_price, now.description) == (2050, "Of ash.")
