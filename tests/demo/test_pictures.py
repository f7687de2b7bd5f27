"""The demo shop's catalogue is whole, and its pictures are safe, small and all different."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator

from storefront.demo.catalogue import CATEGORIES, OPTION_WORDS, PRODUCTS
from storefront.demo.model import DemoProduct
from storefront.demo.pictures import draw
from storefront.demo.products.making import POSTER_SIZES, SHIRT_SIZES, SOCK_SIZES

MAX_BYTES = 10_000
SVG = "{http://www.w3.org/2000/svg}"


def every_picture() -> Iterator[tuple[DemoProduct, str | None, bytes]]:
    """Each product in its own colour and in each colour that it is sold in."""
    for product in PRODUCTS:
        colours = {each.options["colour"] for each in product.variants if "colour" in each.options}
        yield product, None, draw(product)
        for colour in sorted(colours - {product.picture.colour}):
            yield product, colour, draw(product, colour=colour)


def test_every_picture_is_small_and_has_nothing_that_a_strict_policy_refuses() -> None:
    for product, colour, picture in every_picture():
        assert len(picture) < MAX_BYTES, (product.key, colour, len(picture))
        root = ET.fromstring(picture)  # noqa: S314 - our own drawing
        assert root.tag == f"{SVG}svg"
        assert root.get("viewBox") == "0 0 800 1000"
        for element in root.iter():
            assert element.tag not in {
                f"{SVG}{name}" for name in ("script", "style", "text", "image")
            }
            for name, value in element.attrib.items():
                assert name != "style"
                assert not name.endswith("href")
                assert not name.startswith("on")
                assert "nan" not in value
                assert not value.startswith("url(") or value.startswith("url(#")


def test_what_a_picture_refers_to_stands_in_it_once() -> None:
    for product, colour, picture in every_picture():
        root = ET.fromstring(picture)  # noqa: S314 - our own drawing
        names = Counter(element.get("id") for element in root.iter() if element.get("id"))
        assert set(names.values()) <= {1}, (product.key, colour, names)
        used = {
            value.removeprefix("url(#").removesuffix(")")
            for element in root.iter()
            for value in element.attrib.values()
            if value.startswith("url(#")
        }
        assert used <= set(names), (product.key, colour)


def test_no_two_pictures_are_equal_and_each_is_drawn_the_same_again() -> None:
    first = [picture for _, _, picture in every_picture()]
    assert len(set(first)) == len(first)
    assert [picture for _, _, picture in every_picture()] == first


def test_every_category_has_products_and_every_product_a_category() -> None:
    assert {product.category for product in PRODUCTS} == set(CATEGORIES)
    assert all(set(labels) == {"en", "es"} for labels in CATEGORIES.values())
    assert 55 <= len(PRODUCTS) <= 70


def test_every_product_speaks_english_and_spanish() -> None:
    for product in PRODUCTS:
        assert set(product.texts) == {"en", "es"}
        for text in product.texts.values():
            assert text.name.strip() == text.name != ""
            assert len(text.description) > 80
            assert "  " not in text.description
    for language in ("en", "es"):
        names = [product.texts[language].name for product in PRODUCTS]
        assert len(set(names)) == len(names)


def test_keys_and_skus_are_plain_and_unique_over_the_shop() -> None:
    keys = [product.key for product in PRODUCTS]
    skus = [variant.sku for product in PRODUCTS for variant in product.variants]
    assert len(set(keys)) == len(keys)
    assert len(set(skus)) == len(skus)
    assert all(word.isascii() and " " not in word for word in keys + skus)
    assert "TEE-TIDES-NAVY-M" in skus


def test_prices_and_stock_are_those_of_a_shop() -> None:
    for product in PRODUCTS:
        assert product.variants
        options = [tuple(variant.options.items()) for variant in product.variants]
        assert len(set(options)) == len(options)
        assert all(variant.unit_price > 0 and variant.stock >= 0 for variant in product.variants)
    sold_out = [each for each in PRODUCTS if not any(v.in_stock for v in each.variants)]
    assert len(sold_out) == 3


def test_every_option_can_be_said_in_spanish() -> None:
    words = {str(word) for word in OPTION_WORDS}
    sizes = {*SHIRT_SIZES, *SOCK_SIZES, *POSTER_SIZES}
    for product in PRODUCTS:
        for variant in product.variants:
            assert set(variant.options) <= words
            assert set(variant.options.values()) <= words | sizes


def test_the_catalogue_is_read_without_drawing_anything() -> None:
    code = (
        "import sys, storefront.demo.catalogue as c; print('storefront.demo.pictures' in "
        "sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"
