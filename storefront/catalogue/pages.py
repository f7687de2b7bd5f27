"""The catalogue's pages: lists, products, and the fragments that htmx asks for."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from quart import Blueprint, Response, request

from storefront.catalogue import fragments, queries, service
from storefront.catalogue.cards import write_cards
from storefront.catalogue.fragments import AskedList
from storefront.catalogue.model import Category, ListQuery, Product
from storefront.catalogue.offers import Offer, make_offer
from storefront.database import object_id
from storefront.errors import NotFoundError, ProductNotFoundError, ValidationError
from storefront.localisation import gettext as _
from storefront.localisation import language
from storefront.money import to_decimal
from storefront.shop import Shop
from storefront.web import cookies, failures, htmx, rendering
from storefront.web.caching import conditional
from storefront.web.cookies import current_shop
from storefront.web.forms import Form

blueprint = Blueprint("catalogue", __name__)

RECENT_COOKIE = "recent"
MOST_RECENT = 8
DESCRIPTION_LETTERS = 300


def category_links(shop: Shop) -> Sequence[Category]:
    """The categories that every page leads to, in the language being spoken."""
    return service.list_categories(shop, language())


@blueprint.get("/products")
async def list_all() -> Any:
    """Everything, narrowed and sorted by the query string."""
    return await _show_list(fragments.read_list(current_shop(), request.args))


@blueprint.get("/products/<name>")
async def show(name: str) -> Any:
    """A product, by its id, or a category, by its slug."""
    if object_id(name):
        return await _show_product(name)
    category = _find_category(name)
    if category is None:
        raise NotFoundError
    return await _show_list(fragments.read_list(current_shop(), request.args, category))


def _find_category(slug: str) -> Category | None:
    return service.find_category(current_shop(), slug, language())


async def _show_list(asked: AskedList) -> Response:
    is_fragment = htmx.wants_fragment()
    try:
        text = asked.text(is_fragment=is_fragment)
    except ValidationError:  # A cursor of another order, or cut off: the list starts anew.
        return htmx.see_other(asked.links.url())
    if is_fragment:
        response = rendering.shared_html(text)
    else:
        response = await rendering.render_shared(
            "catalogue/list.html", results=text, heading=asked.heading, query=asked.links
        )
    response.headers.update(asked.headers(is_fragment=is_fragment))
    return await conditional(response)


async def _show_product(product_id: str) -> Response:
    try:
        response = await show_offer(product_id, wanted=request.args.to_dict())
    except ProductNotFoundError as error:
        if htmx.wants_fragment():
            raise
        return await _product_missing(error)
    return await conditional(response)


async def show_offer(
    product_id: str,
    *,
    form: Form | None = None,
    wanted: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The product's page, for htmx only what of it can be bought; ProductNotFoundError if none.

    ``form`` is what was typed and refused, ``wanted`` the fields that choose options.
    """
    shop = current_shop()
    product = service.get_product(shop, product_id).in_language(language())
    fields = wanted if wanted is not None else dict(form.values) if form else {}
    offer = make_offer(product, queries.chosen_options(fields))
    variables: dict[str, Any] = {"product": product, "offer": offer, "form": form or Form()}
    if htmx.wants_fragment():
        return rendering.render_shared_fragment("catalogue/offer.html", status=status, **variables)
    category = _find_category(product.category)
    label = category.label if category else product.category
    breadcrumbs = [
        (_("Everything"), queries.ALL_PRODUCTS),
        (label, f"{queries.ALL_PRODUCTS}/{product.category}"),
        (product.name, None),
    ]
    return await rendering.render_shared(
        "catalogue/product.html",
        status=status,
        **variables,
        category=category,
        related=write_cards(shop, service.related(shop, product, language())),
        breadcrumbs=breadcrumbs,
        structured_data=_structured_data(shop, product, offer, breadcrumbs),
        share_picture=_full_address(shop, offer.photo),
        share_price=to_decimal(offer.unit_price, shop.settings.shop.currency),
        currency=shop.settings.shop.currency,
    )


def _full_address(shop: Shop, link: str | None) -> str | None:
    return shop.settings.public_url + link if link and link.startswith("/") else link


def _structured_data(
    shop: Shop, product: Product, offer: Offer, breadcrumbs: list[tuple[str, str | None]]
) -> str:
    """schema.org's words for search engines, safe inside a script element."""
    url = f"{shop.settings.public_url}/products/{product.id}"
    currency = shop.settings.shop.currency
    facts: dict[str, Any] = {
        "@type": "Product",
        "name": product.name,
        "description": product.description,
        "sku": product.variants[0].sku,
        "url": url,
        "offers": [
            {
                "@type": "Offer",
                "sku": variant.sku,
                "price": str(to_decimal(variant.unit_price, currency)),
                "priceCurrency": currency,
                "availability": "https://schema.org/"
                + ("InStock" if variant.in_stock else "OutOfStock"),
                "url": url,
            }
            for variant in product.variants
        ],
    }
    if offer.photo:
        facts["image"] = _full_address(shop, offer.photo)
    trail = {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": label,
                "item": shop.settings.public_url + (path or f"/products/{product.id}"),
            }
            for position, (label, path) in enumerate(breadcrumbs, 1)
        ],
    }
    content = {"@context": "https://schema.org", "@graph": [facts, trail]}
    return json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")


async def _product_missing(error: ProductNotFoundError) -> Response:
    query = ListQuery(in_stock=True, limit=service.MOST_RELATED)
    others = service.list_products(current_shop(), query, language()).items
    return await rendering.render(
        "catalogue/product_missing.html",
        status=error.status,
        suggestions=write_cards(current_shop(), others),
        problem=failures.describe(error),
    )


@blueprint.get(fragments.SUGGESTIONS)
async def suggestions() -> Any:
    """What to offer below the search field for what was typed so far."""
    text = fragments.write_suggestions(current_shop(), request.args)
    return await conditional(rendering.shared_html(text))


@blueprint.get(f"/products/{fragments.RECENT}")
async def recently_viewed() -> Any:
    """What this visitor looked at before, newest first.

    The product's page is the same for everybody: it is this request that remembers, by its
    ``seen``, which page it came from.
    """
    seen = request.args.get("seen", "")
    products = _looked_at(seen)
    response = await rendering.render_fragment(
        "catalogue/recently_viewed.html",
        cards=recent_cards(seen),
    )
    if object_id(seen):
        remembered = "-".join(product.id for product in products)
        cookies.write(response, RECENT_COOKIE, remembered)
    return response


def recent_cards(seen: str = "") -> list[Markup]:
    """What this visitor looked at before the product ``seen``, in their language."""
    others = [product for product in _looked_at(seen) if product.id != seen]
    shown = [product.in_language(language()) for product in others[:MOST_RECENT]]
    return write_cards(current_shop(), shown)


def _looked_at(seen: str) -> list[Product]:
    shop = current_shop()
    kept = request.cookies.get(RECENT_COOKIE, "").split("-")
    found = {key: service.find_product(shop, key) for key in (seen, *kept) if object_id(key)}
    return [product for product in found.values() if product][: MOST_RECENT + 1]


@blueprint.route("/productos", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@blueprint.route("/productos/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def in_spanish(rest: str = "") -> Any:
    """The same pages by their Spanish address."""
    path = f"{queries.ALL_PRODUCTS}/{quote(rest)}".rstrip("/")
    query = request.query_string.decode("latin-1")
    return Response("", 308, {"Location": f"{path}?{query}" if query else path})
