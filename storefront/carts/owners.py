"""Whose cart a request is about, and the cookie that a guest's cart hangs on."""

from quart import Response, request

from storefront.carts.model import CartOwner
from storefront.database import ObjectId, object_id
from storefront.shop import Shop
from storefront.web import cookies
from storefront.web.cookies import current_shop
from storefront.web.identity import Identity, current_identity

COOKIE = "cart"


def current_owner() -> CartOwner:
    """Who sent this request, as an owner of a cart."""
    return owner_of(current_shop(), current_identity(), request.cookies.get(COOKIE, ""))


def owner_of(shop: Shop, identity: Identity | None, cookie: str) -> CartOwner:
    """Who owns the cart of this person, or of the guest whose `COOKIE` says ``cookie``."""
    if identity:
        return CartOwner(user_id=identity.user_id, email=identity.email)
    cart_id = cookies.verified(shop, COOKIE, cookie)
    return CartOwner(cart_id=cart_id if object_id(cart_id) else None)


def owner_to_be() -> CartOwner:
    """As `current_owner`, and a guest's first cart gets its id: for what may make a cart."""
    owner = current_owner()
    return owner if owner.key else CartOwner(cart_id=str(ObjectId()))


def guest_cart_id() -> str | None:
    """The id of the cart in this browser's cookie; None without one that we signed."""
    return owner_of(current_shop(), None, request.cookies.get(COOKIE, "")).cart_id


def keep_guest_cart(response: Response, owner: CartOwner) -> None:
    """Let a guest's browser carry the cart's id; a customer's needs none."""
    if owner.is_guest and owner.cart_id:
        cookies.write_signed(response, COOKIE, owner.cart_id)


def forget_guest_cart(response: Response) -> None:
    """Take the id away, after the guest's cart joined a customer's."""
    cookies.delete(response, [COOKIE])
