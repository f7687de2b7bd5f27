"""The catalogue as JSON."""

import re
from typing import Any

from quart import Blueprint, Response, jsonify, request
from quart_schema import (
    document_headers,
    document_querystring,
    document_request,
    document_response,
    security_scheme,
    tag,
)

from storefront.catalogue import queries, service, uploads
from storefront.catalogue.model import Facet, Product, ProductPage
from storefront.catalogue.renditions import LARGEST_BYTES
from storefront.catalogue.schemas import (
    CategoryAnswer,
    ChangeHeaders,
    ListParameters,
    PhotoParameters,
    ProductAnswer,
    ProductBody,
    ProductChanges,
    ProductListAnswer,
    ProductOrListAnswer,
    SuggestionParameters,
    SuggestionsAnswer,
    product_json,
)
from storefront.database import object_id
from storefront.errors import NotFoundError, PayloadTooLargeError
from storefront.localisation import gettext as _
from storefront.localisation import language
from storefront.web import forms
from storefront.web.caching import conditional
from storefront.web.cookies import current_shop
from storefront.web.identity import current_identity, require_identity, staff_only
from storefront.web.openapi import document_picture, leads_to

blueprint = Blueprint("catalogue_api", __name__, url_prefix="/api/v1")
SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}]


@blueprint.get("/products")
@tag(["catalogue"])
@document_querystring(ListParameters)
@document_response(ProductListAnswer)
async def list_products() -> Any:
    """Products, narrowed and sorted.

    Options are chosen by `option.<name>`, as in `option.size=M`, repeatable: values of one option
    widen the list, further options narrow it. `next` goes into `after` for the page that follows;
    pages stay in step while products are added.
    """
    return await _list(None)


@blueprint.get("/products/<product_id>")
@tag(["catalogue"])
@document_querystring(ListParameters)
@document_response(ProductOrListAnswer)
async def get_product(product_id: str) -> Any:
    """One product by its id; or, by the slug of a category, a list as from `/products`.

    The product's `ETag` goes into `If-Match` when it is changed.
    """
    shop = current_shop()
    if request.query_string:
        queries.read_list(request.args)  # A query that makes no sense is refused for either.
    if object_id(product_id):
        response = _product_response(service.get_product(shop, product_id))
        return await response.make_conditional(request)
    if service.find_category(shop, product_id, language()) is None:
        raise NotFoundError
    return await _list(product_id)


async def _list(category: str | None) -> Response:
    page = service.list_products(
        current_shop(), queries.read_list(request.args, category), language()
    )
    response = await conditional(jsonify(_page_json(page)))
    response.headers["Vary"] = "Authorization, Cookie, Accept-Language"
    return response


@blueprint.post("/products")
@staff_only
@tag(["catalogue", "staff"])
@security_scheme(SIGNED_IN)
@document_request(ProductBody)
@document_response(ProductAnswer, 201)
@leads_to(
    201,
    "/id",
    "product_id",
    "get_get_product",
    "put_replace_product",
    "patch_change_product",
    "delete_delete_product",
    "put_replace_photo",
    "post_restore_product",
)
async def create_product() -> Any:
    """Put a new product on sale.

    Send either `unit_price` and `stock`, or `variants`, each with its own. A missing `sku` is
    made; a new category slug makes the category. `conflict` if a SKU is taken.
    """
    body = await forms.json_body(ProductBody)
    product = await service.create_product(current_shop(), body, by=_who())
    response = _product_response(product, status=201)
    response.headers["Location"] = f"/api/v1/products/{product.id}"
    return response


@blueprint.put("/products/<product_id>")
@staff_only
@tag(["catalogue", "staff"])
@security_scheme(SIGNED_IN)
@document_headers(ChangeHeaders)
@document_request(ProductBody)
@document_response(ProductAnswer)
async def replace_product(product_id: str) -> Any:
    """Give a product a new content as a whole.

    Variants without `sku` keep that of the one with the same options. With `If-Match`, only if
    nobody changed it since: else `precondition-failed`.
    """
    shop = current_shop()
    await service.get_stored_product(shop, product_id)
    body = await forms.json_body(ProductBody)
    product = await service.replace_product(
        shop, product_id, body, by=_who(), versions=_expected_versions()
    )
    return _product_response(product)


@blueprint.patch("/products/<product_id>")
@staff_only
@tag(["catalogue", "staff"])
@security_scheme(SIGNED_IN)
@document_headers(ChangeHeaders)
@document_request(ProductChanges)
@document_response(ProductAnswer)
async def change_product(product_id: str) -> Any:
    """Change what the body names; all else stays. `If-Match` as with PUT.

    `unit_price` and `stock` are for products with one variant; `variants` replaces them all.
    """
    shop = current_shop()
    await service.get_stored_product(shop, product_id)
    changes = await forms.json_body(ProductChanges)
    product = await service.change_product(
        shop, product_id, changes, by=_who(), versions=_expected_versions()
    )
    return _product_response(product)


@blueprint.put("/products/<product_id>/photo")
@staff_only
@tag(["catalogue", "staff"])
@security_scheme(SIGNED_IN)
@document_querystring(PhotoParameters)
@document_headers(ChangeHeaders)
@document_picture
@document_response(ProductAnswer)
async def replace_photo(product_id: str) -> Any:
    """Show another photo of a product, or with `sku` of one variant.

    The body is the picture itself: JPEG, PNG or WebP by its content, whatever the content type
    says; at most 10 MB and 50 megapixels. It is turned upright, scaled down and rid of all that
    is not the picture, such as where it was taken. `If-Match` as with PUT.
    """
    shop = current_shop()
    sku, versions = request.args.get("sku"), _expected_versions()
    skus = [sku] if sku else []
    product = await uploads.check_place(shop, product_id, skus=skus, versions=versions)
    upload = await _body_up_to(LARGEST_BYTES)
    changed = await uploads.replace_photo(
        shop, product, upload, skus=skus, by=_who(), versions=versions
    )
    return _product_response(changed)


async def _body_up_to(most_bytes: int) -> bytes:
    """The request's body; PayloadTooLargeError as soon as it is known to be larger."""
    if (request.content_length or 0) > most_bytes:
        raise PayloadTooLargeError(_("A photo may have at most 10 MB."))
    body = bytearray()
    async for chunk in request.body:
        body += chunk
        if len(body) > most_bytes:
            raise PayloadTooLargeError(_("A photo may have at most 10 MB."))
    return bytes(body)


@blueprint.delete("/products/<product_id>")
@staff_only
@tag(["catalogue", "staff"])
@security_scheme(SIGNED_IN)
@document_headers(ChangeHeaders)
async def delete_product(product_id: str) -> Any:
    """Take a product out of the shop at once. It can be restored for 30 days."""
    await service.delete_product(
        current_shop(), product_id, by=_who(), versions=_expected_versions()
    )
    return Response("", 204)


@blueprint.post("/products/<product_id>/restore")
@staff_only
@tag(["catalogue", "staff"])
@security_scheme(SIGNED_IN)
@document_response(ProductAnswer)
async def restore_product(product_id: str) -> Any:
    """Put a deleted product on sale again."""
    return _product_response(await service.restore_product(current_shop(), product_id, by=_who()))


@blueprint.get("/categories")
@tag(["catalogue"])
@document_response(list[CategoryAnswer])
async def list_categories() -> Any:
    """The categories that have products, and how many."""
    categories = service.list_categories(current_shop(), language())
    return await conditional(
        jsonify(
            [
                {"category": each.category, "label": each.label, "count": each.count}
                for each in categories
            ]
        )
    )


@blueprint.get("/suggestions")
@tag(["catalogue"])
@document_querystring(SuggestionParameters)
@document_response(SuggestionsAnswer)
async def suggestions() -> Any:
    """The best products and categories for what was typed so far."""
    asked = forms.check_query(SuggestionParameters)
    found = service.suggest(current_shop(), asked.q, language())
    return await conditional(
        jsonify(
            {
                "products": [{"id": each.id, "name": each.name} for each in found.products],
                "categories": [
                    {"category": each.category, "label": each.label} for each in found.categories
                ],
            }
        )
    )


def _who() -> str:
    return require_identity().user_id


def _is_staff() -> bool:
    identity = current_identity()
    return identity is not None and identity.is_staff


def _product_response(product: Product, *, status: int = 200) -> Response:
    response: Response = jsonify(_product_json(product.in_language(language())))
    response.status_code = status
    # Each language, and what only staff see, is a representation of its own (RFC 9110, 8.8.3).
    response.set_etag(f"{product.version}-{language()}{'-staff' if _is_staff() else ''}")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization, Cookie, Accept-Language"
    return response


def _product_json(product: Product) -> dict[str, Any]:
    currency = current_shop().settings.shop.currency
    return product_json(product, currency=currency, for_staff=_is_staff())


def _page_json(page: ProductPage) -> dict[str, Any]:
    return {
        "items": [_product_json(product) for product in page.items],
        "total": page.total,
        "next": page.next,
        "facets": [_facet_json(facet) for facet in page.facets],
    }


def _facet_json(facet: Facet) -> dict[str, Any]:
    return {
        "name": facet.name,
        "label": facet.label,
        "values": [
            {
                "value": each.value,
                "label": each.label,
                "count": each.count,
                "selected": each.selected,
            }
            for each in facet.values
        ],
    }


def _expected_versions() -> set[int] | None:
    """The versions that If-Match names; None if any will do.

    Weak ones too: an answer that was compressed on its way has its ETag weakened.
    """
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    named = request.if_match.as_set(include_weak=True)
    found = (re.fullmatch(r"([0-9]{1,15})(-[a-zA-Z-]+)?", text) for text in named)
    return {int(match[1]) for match in found if match}
