"""The cart as HTML: whole pages and plain forms, and fragments where htmx asks for them."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from quart import Blueprint, Response, request

from storefront.carts import owners, service, showing
from storefront.carts.model import Cart
from storefront.carts.schemas import ChangedItemForm, DeliveryAddress, NewItemForm
from storefront.catalogue import pages as catalogue_pages
from storefront.errors import OutOfStockError, ValidationError
from storefront.localisation import gettext as _
from storefront.web import cookies, forms, htmx, notices, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import signed_in
from storefront.web.links import own_path

blueprint = Blueprint("carts", __name__)

JUST_REMOVED = "removed"
PERMANENT_REDIRECT_KEEPING_THE_METHOD = 308


@blueprint.get("/cart")
async def show() -> Any:
    """The cart as it is priced now; what was just taken out is offered back, once."""
    cart = await service.get_cart(current_shop(), owners.current_owner())
    removed = cookies.read_signed(JUST_REMOVED)
    if removed is None:
        return await showing.show_cart(cart)
    response = await showing.show_cart(cart, removed=showing.Removed(**json.loads(removed)))
    cookies.delete(response, [JUST_REMOVED])
    return response


@blueprint.post("/cart")
async def add() -> Any:
    """Put something in. What is refused comes back with the product and the words at the field."""
    typed = await forms.typed_form()
    owner = owners.owner_to_be()
    try:
        wanted = forms.check_form(NewItemForm, typed)
        cart, item = await service.add_to_cart(
            current_shop(),
            owner,
            product_id=wanted.product_id,
            quantity=wanted.quantity,
            sku=wanted.sku,
            options=_options(typed),
        )
    except ValidationError as error:
        return await _offer_again(typed, error)
    except OutOfStockError as error:
        if htmx.wants_fragment():
            raise
        at_quantity = ValidationError.of("quantity", error.detail)
        return await _offer_again(typed, at_quantity, status=error.status)
    said = _("%(name)s is in your cart.") % {"name": item.name}
    if not htmx.wants_fragment():
        notices.add_notice(said)
        response = htmx.see_other("/cart")
    elif request.headers.get("HX-Target", "").endswith("#cart"):
        response = await showing.show_cart(cart, announcement=said)
    else:
        response = await rendering.render_fragment(
            "carts/cart_added.html", item=item, **await showing.cart_variables(cart, in_drawer=True)
        )
    owners.keep_guest_cart(response, owner)
    return response


def _options(typed: Mapping[str, str]) -> dict[str, str]:
    """What was chosen on the product's page: fields such as ``option.size``."""
    prefix = "option."
    return {
        name.removeprefix(prefix): value for name, value in typed.items() if name.startswith(prefix)
    }


async def _offer_again(
    typed: Mapping[str, str], error: ValidationError, *, status: int = ValidationError.status
) -> Response:
    """The product with the form as it was filled in; the error page if it is no product."""
    product_id = typed.get("product_id", "")
    if not product_id:
        raise error
    return await catalogue_pages.show_offer(
        product_id, form=Form.rejected(typed, error), status=status
    )


@blueprint.put("/cart/<item_id>")
async def change(item_id: str) -> Any:
    """Give a line another quantity."""
    shop, owner = current_shop(), owners.current_owner()
    try:
        wanted = forms.check_form(ChangedItemForm, await forms.typed_form())
        cart = await service.change_quantity(shop, owner, item_id=item_id, quantity=wanted.quantity)
    except (ValidationError, OutOfStockError) as error:
        if htmx.wants_fragment() and isinstance(error, OutOfStockError):
            raise
        cart = await service.get_cart(shop, owner)
        return await showing.show_cart(cart, status=error.status, changes=[error.detail])
    if htmx.wants_fragment():
        return await showing.show_cart(cart)
    return htmx.see_other("/cart")


@blueprint.delete("/cart/<item_id>")
async def remove(item_id: str) -> Any:
    """Take a line out, and offer to put it back."""
    cart, removed = await service.remove_from_cart(
        current_shop(), owners.current_owner(), item_id=item_id
    )
    offered = showing.Removed.of(removed)
    if htmx.wants_fragment():
        return await showing.show_cart(cart, removed=offered)
    response = htmx.see_other("/cart")
    cookies.write_signed(response, JUST_REMOVED, json.dumps(asdict(offered)))
    return response


@blueprint.put("/cart/delivery-address")
@signed_in
async def set_delivery_address() -> Any:
    """Keep where the order shall go, then return to where the form stood."""
    shop, owner = current_shop(), owners.current_owner()
    typed = await forms.typed_form()
    try:
        address = forms.check_form(DeliveryAddress, typed).to_address()
    except ValidationError as error:
        form = Form.rejected(typed, error)
        cart = await service.get_cart(shop, owner)
        if htmx.wants_fragment():
            return await _address_part(cart, form, error.status)
        return await showing.show_cart(cart, status=error.status, form=form)
    cart = await service.set_delivery_address(shop, owner, address)
    if htmx.wants_fragment():
        return await _address_part(cart, showing.address_form(), 200)
    return htmx.see_other(own_path(typed.get("next"), "/cart"))


async def _address_part(cart: Cart, form: Form, status: int) -> Response:
    return await rendering.render_fragment(
        "carts/delivery_address.html",
        status=status,
        cart=cart,
        form=form,
        saved_addresses=await showing.saved_addresses(cart.user_id),
    )


@blueprint.route("/carrito", methods=["GET", "POST", "PUT", "DELETE"])
@blueprint.route("/carrito/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"])
async def spanish_address(rest: str = "") -> Any:
    """The cart's Spanish address leads to the same place, form and all."""
    path = f"/cart/{quote(rest)}" if rest else "/cart"
    query = request.query_string.decode("latin-1")
    location = f"{path}?{query}" if query else path
    return Response("", PERMANENT_REDIRECT_KEEPING_THE_METHOD, {"Location": location})
