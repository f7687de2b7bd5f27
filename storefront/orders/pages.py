"""Checkout and orders as HTML."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from quart import Blueprint, Response

from storefront.carts import owners, showing
from storefront.carts import service as carts
from storefront.carts.model import Address, Cart
from storefront.carts.schemas import ADDRESS_FIELDS, DeliveryAddress
from storefront.errors import (
    ConflictError,
    EmptyCartError,
    NoAddressError,
    OutOfStockError,
    PriceChangedError,
    ShopError,
    ValidationError,
)
from storefront.localisation import gettext as _
from storefront.localisation import language
from storefront.money import contained_tax
from storefront.orders import course, service
from storefront.orders.schemas import NewOrderForm, OrdersPageQuery, read_number
from storefront.web import cookies, forms, htmx, notices, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import require_identity, signed_in

blueprint = Blueprint("orders", __name__)

JUST_PLACED = "placed"


@blueprint.get("/checkout")
@signed_in
async def review() -> Any:
    """What is about to be ordered; to the cart when that cannot be ordered."""
    cart = await carts.get_cart(current_shop(), owners.current_owner())
    if not cart.can_be_ordered:
        return htmx.leave_for("/cart")
    return await _show_checkout(cart)


async def _show_checkout(
    cart: Cart,
    *,
    form: Form | None = None,
    status: int = 200,
    idempotency_key: str = "",
    changes: Sequence[str] = (),
) -> Response:
    values = current_shop().settings.shop
    saved_addresses = await showing.saved_addresses(cart.user_id)
    return await rendering.render(
        "orders/checkout.html",
        status=status,
        cart=cart,
        form=form or _address_form(is_first=not (cart.delivery_address or saved_addresses)),
        saved_addresses=saved_addresses,
        payment_instructions=values.payment_instructions_in(language()),
        tax_included=contained_tax(cart.total, values.tax_percent),
        tax_percent=showing.tax_percent(),
        idempotency_key=idempotency_key or secrets.token_urlsafe(18),
        changes=[*changes, *showing.price_changes(cart)],
    )


def _address_form(*, is_first: bool) -> Form:
    """An empty address; the first one is mostly that of who orders."""
    form = showing.address_form()
    name = {"recipient": require_identity().full_name} if is_first else {}
    return Form({**form.values, **name})


@blueprint.post("/orders")
@signed_in
async def place() -> Any:
    """Place the order; the hidden key makes a double click one order.

    An address that was typed is kept with the cart first, so that it outlives a refusal.
    """
    shop, owner = current_shop(), owners.current_owner()
    typed = await forms.typed_form()
    try:
        wanted = forms.check_form(NewOrderForm, typed)
        if _has_address(typed):
            await carts.set_delivery_address(shop, owner, _address(typed))
        order = await service.place_order(
            shop,
            require_identity(),
            language=language(),
            idempotency_key=wanted.idempotency_key,
            seen_total=wanted.total,
        )
    except ValidationError as error:
        return await _checkout_again(typed, error)
    except NoAddressError:
        return await _checkout_again(typed, _missing_address(typed))
    except (EmptyCartError, OutOfStockError, PriceChangedError) as error:
        return await _cart_again(error)
    response = htmx.leave_for(f"/orders/{order.number}")
    cookies.write_signed(response, JUST_PLACED, str(order.number))
    return response


def _has_address(typed: Mapping[str, str]) -> bool:
    """Whether any address field was filled in; the country is chosen beforehand."""
    return any(typed.get(name, "").strip() for name in ADDRESS_FIELDS if name != "country")


def _address(typed: Mapping[str, str]) -> Address:
    return forms.check_form(DeliveryAddress, typed).to_address()


def _missing_address(typed: Mapping[str, str]) -> ValidationError:
    """The words at each field that is still to be filled in."""
    try:
        _address(typed)
    except ValidationError as error:
        return error
    return ValidationError.of("recipient", NoAddressError().detail)


async def _checkout_again(typed: Mapping[str, str], error: ValidationError) -> Response:
    cart = await carts.get_cart(current_shop(), owners.current_owner())
    own = {*ADDRESS_FIELDS}
    return await _show_checkout(
        cart,
        status=error.status,
        form=Form.rejected(typed, error),
        idempotency_key=typed.get("idempotency_key", ""),
        changes=[str(each.message) for each in error.errors if each.field not in own],
    )


async def _cart_again(error: ShopError) -> Response:
    """Back to the cart, which is as it was, with what stood in the way."""
    cart = await carts.get_cart(current_shop(), owners.current_owner())
    return await showing.show_cart(cart, status=error.status, changes=[error.detail])


@blueprint.get("/orders")
@signed_in
async def list_own() -> Any:
    """The customer's own orders, newest first."""
    query = forms.check_query(OrdersPageQuery)
    page = await service.list_own_orders(
        current_shop(), require_identity().user_id, after=query.after
    )
    return await rendering.render("orders/list.html", orders=page.items, next=page.next)


@blueprint.get("/orders/<number>")
@signed_in
async def show(number: str) -> Any:
    """One order of the customer's own; the first time after placing it with thanks."""
    order = await service.get_order(
        current_shop(), require_identity(), read_number(number), own_only=True
    )
    just_placed = cookies.read_signed(JUST_PLACED) == number
    response = await rendering.render(
        "orders/order.html", order=order, just_placed=just_placed, timeline=course.timeline(order)
    )
    if just_placed:
        cookies.delete(response, [JUST_PLACED])
    return response


@blueprint.post("/orders/<number>/cancel")
@signed_in
async def cancel(number: str) -> Any:
    """Cancel an own order, or say that it is too late."""
    known = read_number(number)
    try:
        await service.cancel_order(current_shop(), require_identity(), known, own_only=True)
    except ConflictError as error:
        return await _order_again_with(known, error)
    notices.add_notice(_("Order %(number)d is cancelled.") % {"number": known})
    return htmx.leave_for(f"/orders/{known}")


async def _order_again_with(number: int, error: ConflictError) -> Response:
    """The order as it stands, with why the step was refused."""
    order = await service.get_order(current_shop(), require_identity(), number, own_only=True)
    notices.add_notice(error.detail, "warning")
    return await rendering.render(
        "orders/order.html",
        status=error.status,
        order=order,
        just_placed=False,
        timeline=course.timeline(order),
    )


@blueprint.post("/orders/<number>/again")
@signed_in
async def again(number: str) -> Any:
    """Put the same things into the cart, and say which are not, or not all, to be had."""
    missing = await service.order_again(current_shop(), require_identity(), read_number(number))
    if missing:
        names = ", ".join(missing)
        text = _("Not, or not in this number, in stock: %(names)s.") % {"names": names}
        notices.add_notice(text, "warning")
    else:
        notices.add_notice(_("All of it is in your cart."))
    return htmx.leave_for("/cart")
