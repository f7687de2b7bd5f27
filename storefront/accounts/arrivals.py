"""What happens when somebody comes in: a fresh session, and the guest's cart joins theirs."""

from dataclasses import dataclass

from quart import Response

from storefront.accounts import service, sessions
from storefront.accounts.model import Token, User
from storefront.carts import owners
from storefront.carts import service as carts
from storefront.carts.service import Joined
from storefront.localisation import gettext as _
from storefront.web import htmx
from storefront.web.cookies import current_shop
from storefront.web.links import own_path
from storefront.web.notices import add_notice


@dataclass(frozen=True, slots=True)
class Arrival:
    token: Token
    cart: Joined


async def let_in(user: User) -> Arrival:
    """Open a session for ``user``, whose cart takes in what this browser collected as a guest's."""
    shop = current_shop()
    guest_cart_id = owners.guest_cart_id()
    cart = Joined(joined=False)
    if guest_cart_id:
        cart = await carts.join_guest_cart(shop, guest_cart_id, user_id=user.id, email=user.email)
    token = await service.sign_in(shop, user, sessions.current_origin(), tells=True)
    return Arrival(token, cart)


async def enter(user: User, next_path: str | None) -> Response:
    """Back to where the visitor was going, now with a session in the browser."""
    await sessions.end_current()
    arrival = await let_in(user)
    response = htmx.leave_for(own_path(next_path, "/products"))
    sessions.put_cookie(response, arrival.token)
    forget_guest_cart(response, arrival)
    tell_of_cart(arrival)
    return response


def forget_guest_cart(response: Response, arrival: Arrival) -> None:
    """Take the guest's cart out of the browser once it has joined."""
    if arrival.cart.joined:
        owners.forget_guest_cart(response)


def tell_of_cart(arrival: Arrival) -> None:
    """Say on the next page that the cart was taken along, and what the stock cut short."""
    if not arrival.cart.joined:
        return
    add_notice(_("What you had chosen before is in your cart."), "info")
    if arrival.cart.reduced:
        names = ", ".join(arrival.cart.reduced)
        add_notice(
            _("Not as many are left as you had chosen of: %(names)s.") % {"names": names}, "warning"
        )
