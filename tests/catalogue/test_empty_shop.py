"""A shop that sells nothing yet."""

import httpx
import pytest
from quart import Quart


@pytest.mark.parametrize(
    "path",
    [
        "/products?q=lamp",
        "/products?q=lamp&category=lamps&sort=relevance&option.size=M",
        "/suggestions?q=lamp",
        "/api/v1/products?q=lamp",
        "/api/v1/suggestions?q=lamp",
        "/api/v1/categories",
        "/sitemap.xml",
    ],
)
async def test_whoever_looks_for_something_finds_nothing(
    app: Quart, client: httpx.AsyncClient, path: str
) -> None:
    assert (await client.get(path)).status_code == 200
