"""Which words of a message may be followed, and where they lead."""

import pytest

from storefront.chat.links import Part, read

PRODUCT = "6b02641e67d5b4e3cb69e2a7"


def links(text: str) -> list[tuple[str, str, bool]]:
    parts = read(text, own_host="shop.example:8000").parts
    assert "".join(part.text for part in parts) == text
    return [(part.text, part.href, part.is_ours) for part in parts if part.href]


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("see https://a.example/x.", "https://a.example/x"),
        ("(http://a.example/x)", "http://a.example/x"),
        ("https://a.example/x_(y)", "https://a.example/x_(y)"),
        ("https://a.example/?q=1&r=2, so", "https://a.example/?q=1&r=2"),
    ],
)
def test_a_link_ends_where_its_sentence_goes_on(text, href):
    assert links(text) == [(href, href, False)]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//a.example/x",
        "https://",
        "https://shop.example:8000@evil.example/",
        "https://[bad",
        "a/orders/12",
        "/orders/12-x",
        "/products/short",
    ],
)
def test_other_words_are_words(text):
    assert links(text) == []


def test_links_into_the_shop_stay_in_it_and_name_things():
    text = f"https://shop.example:8000/products/{PRODUCT}?lang=es and /orders/12 or /orders/12"
    reading = read(text, own_host="shop.example:8000")
    assert reading.products == (PRODUCT,)
    assert reading.orders == (12,)
    assert reading.parts[0] == Part(
        f"https://shop.example:8000/products/{PRODUCT}?lang=es",
        f"/products/{PRODUCT}?lang=es",
        is_ours=True,
    )


def test_a_path_that_would_lead_to_another_host_does_not():
    assert links("https://shop.example:8000//evil.example/x") == [
        ("https://shop.example:8000//evil.example/x", "/evil.example/x", True)
    ]


def test_at_most_three_cards():
    text = " ".join(f"/orders/{number}" for number in range(1, 9))
    assert read(text, own_host="x").orders == (1, 2, 3)
