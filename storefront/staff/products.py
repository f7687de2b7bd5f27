"""Products in the back office: the list with prices and stock to change in place, and the bin."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from storefront.catalogue import backroom, service
from storefront.catalogue.model import (
    FEW_LEFT,
    LONGEST_QUERY,
    ListQuery,
    Product,
    ProductPage,
)
from storefront.catalogue.schemas import Sort
from storefront.errors import ProductNotFoundError, ValidationError
from storefront.localisation import gettext as _
from storefront.localisation import language
from storefront.staff import products_inline
from storefront.staff.products_inline import Clash, OpenRow
from storefront.web import forms, htmx, notices, rendering
from storefront.web.cookies import current_shop
from storefront.web.identity import require_identity, staff_only

blueprint = Blueprint("staff_products", __name__, url_prefix="/staff/products")

ON_A_PAGE = 50
_NO_PAGE = ProductPage((), 0, None)
MOST_STOCK = {"low": FEW_LEFT, "out": 0}


class ProductsQuery(BaseModel):
    """How staff narrow the list; ``open`` is the product whose prices are being changed."""

    q: str = Field("", max_length=LONGEST_QUERY)
    category: str | None = None
    stock: Literal["in", "low", "out"] | None = None
    sort: Sort | None = None
    after: str | None = None
    open: str | None = None


@dataclass(frozen=True, slots=True)
class ListView:
    """The list as its page shows it, with addresses of lists near it."""

    query: ProductsQuery
    listing: ProductPage = _NO_PAGE

    def label(self, category: str) -> str:
        """What the category is called."""
        known = service.find_category(current_shop(), category, language())
        return known.label if known else category

    def url(self, **changes: Any) -> str:
        """This page of the list with ``changes``; None takes a parameter out."""
        given = self.query.model_dump() | {"open": None} | changes
        parameters = urlencode({key: value for key, value in given.items() if value})
        return f"/staff/products?{parameters}" if parameters else "/staff/products"

    @property
    def parameters(self) -> str:
        """For addresses that answer with a row of this list."""
        return self.url().partition("?")[2]

    @property
    def next_url(self) -> str | None:
        return self.url(after=self.listing.next) if self.listing.next else None

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query.q or self.query.category or self.query.stock)


def list_query(query: ProductsQuery) -> ListQuery:
    """What the catalogue is asked for."""
    return ListQuery(
        q=" ".join(query.q.split()),
        category=query.category,
        in_stock=query.stock == "in",
        most_stock=MOST_STOCK.get(query.stock or ""),
        sort=query.sort,
        after=query.after,
        limit=ON_A_PAGE,
    )


def requested_query(given: Mapping[str, str]) -> ProductsQuery:
    """The query of a request; what makes no sense is passed over."""
    kept = dict(given)
    while True:
        try:
            return forms.check_form(ProductsQuery, kept)
        except ValidationError as error:
            for each in error.errors:
                kept.pop(each.field, None)


@blueprint.get("")
@staff_only
async def show_list() -> Any:
    """Products, searched and narrowed; with ``open`` one of them with fields for its prices."""
    query = requested_query(request.args)
    opened = None
    if query.open:
        product = await _find_stored(query.open)
        opened = products_inline.opened(current_shop(), product) if product else None
    return await _show_list(query, opened=opened)


async def _find_stored(product_id: str) -> Product | None:
    try:
        return await service.get_stored_product(current_shop(), product_id)
    except ProductNotFoundError:
        return None


async def _show_list(
    query: ProductsQuery, *, opened: OpenRow | None = None, status: int = 200
) -> Response:
    shop = current_shop()
    try:
        listing = service.list_products(shop, list_query(query), language())
    except ValidationError:  # A place in a list of another order: the list starts anew.
        return htmx.see_other(ListView(query).url(after=None))
    view = ListView(query, listing)
    variables: dict[str, Any] = {
        "view": view,
        "rows": _rows(listing.items, opened),
        "opened": opened,
        "categories": service.list_categories(shop, language()),
        "most_at_once": backroom.MOST_AT_ONCE,
    }
    if htmx.wants_fragment():
        response = await rendering.render_fragment("staff/products/list.html", **variables)
        response.headers["HX-Push-Url"] = view.url()
        return response
    return await rendering.render("staff/products.html", status=status, **variables)


def _rows(items: Sequence[Product], opened: OpenRow | None) -> list[Product]:
    """The page's products; the opened one stands first where it is not on the page any more."""
    known = {product.id: product for product in items}
    if opened and opened.product.id not in known:
        return [opened.product.in_language(language()), *items]
    return list(items)


@blueprint.get("/<product_id>/row")
@staff_only
async def show_row(product_id: str) -> Any:
    """One row of the list, for htmx; ``edit`` has fields for prices and stock."""
    shop = current_shop()
    product = await service.get_stored_product(shop, product_id)
    query = requested_query(request.args)
    if not htmx.wants_fragment():
        view = ListView(query)
        return htmx.see_other(view.url(open=product_id if "edit" in request.args else None))
    opened = products_inline.opened(shop, product) if "edit" in request.args else None
    return await _show_row(product, query, opened=opened)


async def _show_row(
    product: Product, query: ProductsQuery, *, opened: OpenRow | None = None, status: int = 200
) -> Response:
    return await rendering.render_fragment(
        "staff/products/row.html",
        status=status,
        product=product.in_language(language()),
        opened=opened,
        view=ListView(query),
        focused=True,
    )


@blueprint.post("/<product_id>/row")
@staff_only
async def save_row(product_id: str) -> Any:
    """Change prices and stock, unless somebody else changed the same of them meanwhile."""
    shop, typed = current_shop(), await forms.typed_form()
    query = requested_query(request.args)
    try:
        saved = await products_inline.save(shop, product_id, typed, by=require_identity().user_id)
    except ValidationError as error:
        product = await service.get_stored_product(shop, product_id)
        opened = products_inline.rejected(product, typed, error)
        return await _row_again(opened, query, status=error.status)
    if isinstance(saved, Clash):
        opened = products_inline.clashing(shop, saved, typed)
        return await _row_again(opened, query, status=412)
    if htmx.wants_fragment():
        return await _show_row(saved, query)
    notices.add_notice(_("Saved: %(name)s.") % {"name": saved.in_language(language()).name})
    view = ListView(query)
    return htmx.see_other(view.url() + f"#product-{product_id}")


async def _row_again(opened: OpenRow, query: ProductsQuery, *, status: int) -> Response:
    if htmx.wants_fragment():
        return await _show_row(opened.product, query, opened=opened, status=status)
    return await _show_list(query, opened=opened, status=status)


@blueprint.delete("/<product_id>")
@staff_only
async def delete(product_id: str) -> Any:
    """Put the product into the bin, from where it can be taken back for 30 days."""
    shop = current_shop()
    try:
        await service.delete_product(shop, product_id, by=require_identity().user_id)
    except ProductNotFoundError:
        if await backroom.find_deleted(shop, product_id) is None:
            raise
    if not htmx.wants_fragment():
        return htmx.see_other(f"/staff/products/bin?deleted={product_id}")
    product = await backroom.find_deleted(shop, product_id)
    return await rendering.render_fragment(
        "staff/products/gone.html",
        product=product.in_language(language()) if product else None,
        product_id=product_id,
        parameters=request.query_string.decode("latin-1"),
    )


@blueprint.post("/<product_id>/restore")
@staff_only
async def restore(product_id: str) -> Any:
    """Put a product from the bin on sale again; from the list it answers with its row."""
    shop = current_shop()
    product = await service.restore_product(shop, product_id, by=require_identity().user_id)
    if htmx.wants_fragment():
        return await _show_row(product, requested_query(request.args))
    notices.add_notice(
        _("On sale again: %(name)s.") % {"name": product.in_language(language()).name}
    )
    return htmx.see_other(f"/staff/products/{product_id}")


@blueprint.get("/bin")
@staff_only
async def show_bin() -> Any:
    """What was taken out of the shop and can be put back, the latest first."""
    before = _moment(request.args.get("before", ""))
    products, further = await backroom.list_deleted(current_shop(), before=before, limit=ON_A_PAGE)
    shown = [product.in_language(language()) for product in products]
    deleted = request.args.get("deleted")
    return await rendering.render(
        "staff/bin.html",
        products=shown,
        just_deleted=next((each for each in shown if each.id == deleted), None),
        next=f"/staff/products/bin?before={further.timestamp()}" if further else None,
    )


def _moment(text: str) -> datetime | None:
    if not re.fullmatch(r"[0-9]{1,11}(\.[0-9]{1,6})?", text):
        return None
    return datetime.fromtimestamp(float(text), tz=UTC)
