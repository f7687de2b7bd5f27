"""The cart as JSON."""

from typing import Any

from quart import Blueprint, Response, jsonify
from quart_schema import document_request, document_response, security_scheme, tag

from storefront.carts import owners, service
from storefront.carts.schemas import (
    CartOut,
    ChangedItem,
    DeliveryAddress,
    NewItem,
    cart_json,
)
from storefront.web import forms
from storefront.web.cookies import current_shop
from storefront.web.identity import signed_in
from storefront.web.openapi import leads_to

blueprint = Blueprint("carts_api", __name__, url_prefix="/api/v1")


@blueprint.after_request
async def keep_private(response: Response) -> Response:
    """What a cart holds is for nobody's cache."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


@blueprint.get("/cart")
@tag(["cart"])
@document_response(CartOut)
async def show_cart() -> Any:
    """Show the cart.

    At today's prices. Guests are known by the `cart` cookie, which the first POST sets; without
    one the cart is empty.
    """
    return jsonify(cart_json(await service.get_cart(current_shop(), owners.current_owner())))


@blueprint.post("/cart")
@tag(["cart"])
@document_request(NewItem)
@document_response(CartOut, 201)
@leads_to(201, "/items/0/id", "item_id", "put_change_line", "delete_remove_line")
async def add_to_cart() -> Any:
    """Put something into the cart.

    More of what is in it already makes that line longer. Never beyond the stock:
    `out-of-stock` then tells in `items` what the line would hold and what is available, and
    nothing is changed.
    """
    wanted = await forms.json_body(NewItem)
    owner = owners.owner_to_be()
    cart, _item = await service.add_to_cart(
        current_shop(),
        owner,
        product_id=wanted.product_id,
        quantity=wanted.quantity,
        sku=wanted.sku,
    )
    response: Response = jsonify(cart_json(cart))
    response.status_code = 201
    owners.keep_guest_cart(response, owner)
    return response


@blueprint.delete("/cart")
@tag(["cart"])
async def clear_cart() -> Any:
    """Empty the cart. The delivery address stays."""
    await service.clear_cart(current_shop(), owners.current_owner())
    return Response("", 204)


@blueprint.put("/cart/<item_id>")
@tag(["cart"])
@document_request(ChangedItem)
@document_response(CartOut)
async def change_line(item_id: str) -> Any:
    """Set the quantity of one line.

    Beyond the stock it answers `out-of-stock`, and the line stays as it was.
    """
    wanted = await forms.json_body(ChangedItem)
    cart = await service.change_quantity(
        current_shop(), owners.current_owner(), item_id=item_id, quantity=wanted.quantity
    )
    return jsonify(cart_json(cart))


@blueprint.delete("/cart/<item_id>")
@tag(["cart"])
async def remove_line(item_id: str) -> Any:
    """Take one line out."""
    await service.remove_from_cart(current_shop(), owners.current_owner(), item_id=item_id)
    return Response("", 204)


@blueprint.put("/cart/delivery-address")
@signed_in
@tag(["cart"])
@security_scheme([{"bearer": []}])
@document_request(DeliveryAddress)
@document_response(CartOut)
async def set_delivery_address() -> Any:
    """Set where the order shall go. Customers only."""
    address = await forms.json_body(DeliveryAddress)
    cart = await service.set_delivery_address(
        current_shop(), owners.current_owner(), address.to_address()
    )
    return jsonify(cart_json(cart))
