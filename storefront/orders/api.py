"""Orders as JSON."""

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

from storefront.localisation import language
from storefront.orders import service
from storefront.orders.schemas import (
    NewOrder,
    NewStatus,
    OrderHeaders,
    OrderOut,
    OrdersOut,
    OrdersQuery,
    order_json,
    orders_json,
    read_key,
    read_number,
)
from storefront.web import forms
from storefront.web.cookies import current_shop
from storefront.web.identity import require_identity, signed_in, staff_only
from storefront.web.openapi import leads_to, optional_body

blueprint = Blueprint("orders_api", __name__, url_prefix="/api/v1")
SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}]


@blueprint.after_request
async def keep_private(response: Response) -> Response:
    """What somebody ordered is for nobody's cache."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


@blueprint.post("/orders")
@signed_in
@tag(["orders"])
@security_scheme(SIGNED_IN)
@document_headers(OrderHeaders)
@document_request(NewOrder)
@document_response(OrderOut, 201)
@optional_body
@leads_to(201, "/number", "number", "get_show_order", "post_cancel_order", "patch_change_status")
async def place_order() -> Any:
    """Order what is in the cart.

    Send an `Idempotency-Key` header of your own making: with the same key again you get the same
    order, however often you try. The body is optional. `price-changed`, `out-of-stock`,
    `empty-cart` and `no-address` leave everything as it was.
    """
    key = read_key(request.headers.get("Idempotency-Key"))
    wanted = await forms.optional_json_body(NewOrder)
    order = await service.place_order(
        current_shop(),
        require_identity(),
        language=language(),
        idempotency_key=key,
        seen_total=wanted.total,
        delivery_address=wanted.delivery_address.to_address() if wanted.delivery_address else None,
    )
    response: Response = jsonify(order_json(order))
    response.status_code = 201
    response.headers["Location"] = f"/api/v1/orders/{order.number}"
    return response


@blueprint.get("/orders")
@signed_in
@tag(["orders"])
@security_scheme(SIGNED_IN)
@document_querystring(OrdersQuery)
@document_response(OrdersOut)
async def list_orders() -> Any:
    """List orders, newest first.

    Customers get their own, staff get all.
    """
    identity = require_identity()
    query = forms.check_query(OrdersQuery)
    shop, status, after, limit = current_shop(), query.status, query.after, query.limit
    if identity.is_staff:
        page = await service.list_orders(
            shop, email=query.email, status=status, after=after, limit=limit
        )
    else:
        page = await service.list_own_orders(
            shop, identity.user_id, status=status, after=after, limit=limit
        )
    return jsonify(orders_json(page))


@blueprint.get("/orders/<number>")
@signed_in
@tag(["orders"])
@security_scheme(SIGNED_IN)
@document_response(OrderOut)
async def show_order(number: str) -> Any:
    """Show one order.

    Customers see their own; another's is `not-found`.
    """
    order = await service.get_order(current_shop(), require_identity(), read_number(number))
    return jsonify(order_json(order))


@blueprint.post("/orders/<number>/cancel")
@signed_in
@tag(["orders"])
@security_scheme(SIGNED_IN)
@document_response(OrderOut)
async def cancel_order(number: str) -> Any:
    """Cancel an order that is not on its way yet.

    From `generated` or `paid`; what was ordered goes back on the shelf. Else `conflict`.
    """
    order = await service.cancel_order(current_shop(), require_identity(), read_number(number))
    return jsonify(order_json(order))


@blueprint.patch("/orders/<number>")
@staff_only
@tag(["orders", "staff"])
@security_scheme(SIGNED_IN)
@document_request(NewStatus)
@document_response(OrderOut)
async def change_status(number: str) -> Any:
    """Take an order one step on. Staff only.

    `generated` → `paid` → `shipped` → `delivered`, and `cancelled` from the first two. Any other
    step is a `conflict`.
    """
    wanted = await forms.json_body(NewStatus)
    order = await service.change_status(
        current_shop(), require_identity(), read_number(number), status=wanted.status
    )
    return jsonify(order_json(order))
