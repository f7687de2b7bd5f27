"""Orders in the back office: found, looked at, taken on, and packed."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from pydantic import BaseModel, Field
from quart import Blueprint, Response, request

from storefront.catalogue import backroom as catalogue_backroom
from storefront.catalogue import service as catalogue
from storefront.catalogue.model import LONGEST_QUERY, ListQuery, Product
from storefront.errors import ConflictError, ValidationError
from storefront.localisation import gettext as _
from storefront.localisation import language, speaking
from storefront.orders import backroom, service
from storefront.orders.course import LABELS
from storefront.orders.model import Order, OrderPage, Status
from storefront.orders.schemas import NewStatus, TypedNumber, read_number
from storefront.web import forms, htmx, notices, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import require_identity, staff_only
from storefront.web.links import own_path

blueprint = Blueprint("staff_orders", __name__, url_prefix="/staff/orders")

ON_A_PAGE = 25
MOST_PRODUCTS = 10


class OrdersQuery(BaseModel):
    q: str = Field("", max_length=LONGEST_QUERY)
    status: Status | None = None
    after: TypedNumber | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of orders, and the products that the search was taken to mean."""

    page: OrderPage
    products: Sequence[Product] = ()


@blueprint.get("")
@staff_only
async def show_list() -> Any:
    """All orders, newest first, or those that a number, an email or a product finds."""
    query = forms.check_query(OrdersQuery)
    found = await _find(query)
    variables: dict[str, Any] = {
        "orders": found.page.items,
        "products": found.products,
        "query": query,
        "tabs": await _tabs(query),
        "next": _url(query, after=found.page.next) if found.page.next else None,
        "back": _url(query, after=query.after),
    }
    if htmx.wants_fragment():
        response = await rendering.render_fragment("staff/orders/list.html", **variables)
        response.headers["HX-Push-Url"] = variables["back"]
        return response
    return await rendering.render("staff/orders.html", **variables)


async def _find(query: OrdersQuery) -> Found:
    shop, q = current_shop(), " ".join(query.q.split())
    narrowed: dict[str, Any] = {"status": query.status, "after": query.after, "limit": ON_A_PAGE}
    if not q:
        return Found(await service.list_orders(shop, **narrowed))
    if "@" in q:
        return Found(await service.list_orders(shop, email=q, **narrowed))
    if re.fullmatch(r"#?[1-9][0-9]{0,14}", q):
        order = await backroom.find_order(shop, int(q.removeprefix("#")))
        if order:
            return Found(OrderPage((order,), None))
    product = await catalogue_backroom.find_of_sku(shop, q)
    if product:
        page = await backroom.list_with_products(shop, [product.id], sku=q, **narrowed)
        return Found(page, [product.in_language(language())])
    listing = catalogue.list_products(shop, ListQuery(q=q, limit=MOST_PRODUCTS), language())
    ids = [each.id for each in listing.items]
    return Found(await backroom.list_with_products(shop, ids, **narrowed), listing.items)


async def _tabs(query: OrdersQuery) -> list[tuple[str, str, int | None, bool]]:
    """Label, address, how many wait there, and whether it is the one shown."""
    waiting = await backroom.count_waiting(current_shop())
    everything = (_("All"), _url(query, status=None), None, query.status is None)
    return [
        everything,
        *(
            (
                str(LABELS[status]),
                _url(query, status=status.value),
                waiting.get(status),
                query.status is status,
            )
            for status in Status
        ),
    ]


def _url(query: OrdersQuery, **changes: Any) -> str:
    """The list's address with ``changes``; it starts at the first page unless they say where."""
    given = {"q": query.q, "status": query.status.value if query.status else None, **changes}
    parameters = urlencode({key: value for key, value in given.items() if value})
    return f"/staff/orders?{parameters}" if parameters else "/staff/orders"


@blueprint.get("/<number>")
@staff_only
async def show(number: str) -> Any:
    """One order with all that was done about it."""
    return await _show_order(await _order(number))


async def _order(number: str) -> Order:
    return await service.get_order(current_shop(), require_identity(), read_number(number))


async def _show_order(order: Order, *, form: Form | None = None, status: int = 200) -> Response:
    variables = {
        "order": order,
        "form": form or Form(),
        # Sent with a note or a mail: the same form twice does it once.
        "key": secrets.token_hex(12),
    }
    if htmx.wants_fragment():
        return await rendering.render_fragment(
            "staff/orders/order.html", status=status, **variables
        )
    return await rendering.render("staff/order.html", status=status, **variables)


@blueprint.post("/<number>/status")
@staff_only
async def change_status(number: str) -> Any:
    """Take the order one step on; from the list it answers with the order's row."""
    shop, known = current_shop(), read_number(number)
    typed = await forms.typed_form()
    wanted = forms.check_form(NewStatus, typed).status
    try:
        order = await service.change_status(shop, require_identity(), known, status=wanted)
    except ConflictError as error:
        order = await _order(number)
        if order.status is not wanted:  # Else the button was pressed twice.
            return await _refused(order, error)
    back = own_path(typed.get("back"), f"/staff/orders/{known}")
    if htmx.wants_fragment() and "row" in request.args:
        return await rendering.render_fragment(
            "staff/orders/row.html", order=order, back=back, focused=True
        )
    if not htmx.wants_fragment():
        words = {"number": known, "status": str(LABELS[order.status])}
        notices.add_notice(_("Order %(number)d: %(status)s.") % words)
    return htmx.see_other(back)


async def _refused(order: Order, error: ConflictError) -> Response:
    """The order as it stands, with why the step was refused."""
    if htmx.wants_fragment():
        raise error
    notices.add_notice(error.detail, "warning")
    return await _show_order(order, status=error.status)


@blueprint.post("/<number>/notes")
@staff_only
async def add_note(number: str) -> Any:
    """Keep a note that only staff see."""
    shop, known, typed = current_shop(), read_number(number), await forms.typed_form()
    text, key = typed.get("text", ""), typed.get("key") or secrets.token_hex(12)
    try:
        await backroom.add_note(shop, require_identity(), known, text=text, key=key)
    except ValidationError as error:
        form = Form.rejected(typed, error)
        return await _show_order(await _order(number), form=form, status=error.status)
    return htmx.see_other(f"/staff/orders/{known}")


@blueprint.post("/<number>/confirmation")
@staff_only
async def send_confirmation(number: str) -> Any:
    """Send the customer the order's confirmation once more."""
    shop, known, typed = current_shop(), read_number(number), await forms.typed_form()
    key = typed.get("key") or secrets.token_hex(12)
    await backroom.send_confirmation_again(shop, require_identity(), known, key=key)
    return htmx.see_other(f"/staff/orders/{known}")


@blueprint.get("/<number>/packing-slip")
@staff_only
async def packing_slip(number: str) -> Any:
    """What goes into the parcel, to print in the customer's language."""
    order = await _order(number)
    with speaking(order.language):
        slip = rendering.current_templates().render(
            "partials/staff/orders/slip.html",
            shop_name=current_shop().settings.shop.name,
            order=order,
        )
    return await rendering.render("staff/packing_slip.html", order=order, slip=Markup(slip))  # noqa: S704  (made by the line above)
