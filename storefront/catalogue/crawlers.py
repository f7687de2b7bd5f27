"""What search engines read: where everything is, and where there is nothing for them."""

import asyncio
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape

from quart import Blueprint, Response, request

from storefront.catalogue import service
from storefront.catalogue.schemas import rfc3339
from storefront.errors import NotFoundError
from storefront.web.caching import conditional
from storefront.web.cookies import current_shop

blueprint = Blueprint("crawlers", __name__)

PAGE_SIZE = 10_000
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_CLOSED = (
    *("/account", "/auth/", "/chat", "/checkout", "/orders", "/preferences", "/staff"),
    *("/suggestions", "/products/recent", "/api/"),
    *("/*?*q=", "/*?*min_price=", "/*?*max_price=", "/*?*in_stock=", "/*?*sort=", "/*?*option."),
)


@blueprint.get("/robots.txt")
async def robots() -> Any:
    """Everything is open but what is personal and the endless combinations of filters."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _CLOSED)]
    lines += ["", f"Sitemap: {current_shop().settings.public_url}/sitemap.xml", ""]
    return Response(
        "\n".join(lines),
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "public, max-age=3600"},
    )


@blueprint.get("/sitemap.xml")
async def sitemap() -> Any:
    """All categories and products; of a large shop an index of further pages of this map."""
    shop = current_shop()
    pages = -(-service.count_products(shop) // PAGE_SIZE)
    number = request.args.get("page", type=int)
    base = shop.settings.public_url
    if number is None and pages > 1:
        addresses = [f"{base}/sitemap.xml?page={page}" for page in range(1, pages + 1)]
        return await _xml("sitemapindex", "sitemap", ((each, None) for each in addresses))
    number = 1 if number is None else number
    if not 1 <= number <= max(pages, 1):
        raise NotFoundError
    entries: list[tuple[str, str | None]] = []
    if number == 1:
        categories = service.list_categories(shop, shop.settings.shop.locales[0])
        entries = [(f"{base}/products", None)]
        entries += [(f"{base}/products/{each.category}", None) for each in categories]
    dates = await asyncio.to_thread(
        service.list_update_times, shop, first=(number - 1) * PAGE_SIZE, most=PAGE_SIZE
    )
    entries += [(f"{base}/products/{key}", rfc3339(updated)) for key, updated in dates]
    return await _xml("urlset", "url", entries)


async def _xml(root: str, element: str, entries: Iterable[tuple[str, str | None]]) -> Response:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root} xmlns="{_NAMESPACE}">']
    for address, changed in entries:
        date = f"<lastmod>{changed}</lastmod>" if changed else ""
        lines.append(f"<{element}><loc>{escape(address)}</loc>{date}</{element}>")
    lines.append(f"</{root}>")
    response = Response("\n".join(lines), content_type="application/xml; charset=utf-8")
    return await conditional(response)
