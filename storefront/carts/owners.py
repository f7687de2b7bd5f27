"""Whose cart a request is about, and the cookie that a guest's cart hangs on."""

from quart import Response

from storefront.carts.model import CartOwner
from storefront.database import ObjectId, object_id
from storefront.web import cookies
from storefront.web.identity import current_identity

COOKIE = "cart"


def current_owner() -> CartOwner:
    """Who sent this request, as an owner of a cart."""
    identity = current_identity()
    if identity:
        return CartOwner(user_id=identity.user_id, email=identity.email)
    return CartOwner(cart_id=guest_cart_id())


def owner_to_be() -> CartOwner:
    """As `current_owner`, and a guest's first cart gets its id: for what may make a cart."""
    owner = current_owner()
    return owner if owner.key else CartOwner(cart_id=str(ObjectId()))


def guest_cart_id() -> str | None:
    """The id of the cart in this browser's cookie; None without one that we signed."""
    cart_id = cookies.read_signed(COOKIE)
    return cart_id if object_id(cart_id) else None


def keep_guest_cart(response: Response, owner: CartOwner) -> None:
    """Let a guest's browser carry the cart's id; a customer's needs none."""
    if owner.is_guest and owner.cart_id:
        cookies.write_signed(response, COOKIE, owner.cart_id)


def forget_guest_cart(response: Response) -> None:
    """Take the id away, after the guest's cart joined a customer's."""
    cookies.delete(response, [COOKIE])
