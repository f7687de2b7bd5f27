import pytest

from storefront.web.links import own_path


@pytest.mark.parametrize("path", ["/", "/products?q=mug&after=x", "/orders/1#top"])
def test_paths_of_ours_are_followed(path: str) -> None:
    assert own_path(path, "/products") == path


def test_letters_beyond_ascii_are_written_as_headers_need_them() -> None:
    assert own_path("/products?q=ca\u00f1a\u560d") == "/products?q=ca%C3%B1a%E5%98%8D"


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "products",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=y",
    ],
)
def test_anything_that_leads_elsewhere_is_not(path: str | None) -> None:
    assert own_path(path, "/products") == "/products"
