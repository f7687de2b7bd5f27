"""Messages as templates show them: linked, with cards for what they name, for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from storefront.catalogue import service as catalogue
from storefront.catalogue.model import Product
from storefront.chat import links
from storefront.chat.links import Part
from storefront.chat.model import Channel, Message, Reader, Room
from storefront.chat.unread import UnreadCounts
from storefront.errors import NotFoundError
from storefront.localisation import language
from storefront.orders import service as orders
from storefront.orders.model import Order
from storefront.shop import Shop
from storefront.web.identity import Identity, current_identity


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message for one reader. ``email`` and ``answer_link`` are given to staff only, and
    ``is_private`` where private and public messages stand side by side."""

    id: str
    author: str
    recipient: str
    email: str
    answer_link: str
    is_answer: bool
    is_own: bool
    is_private: bool
    created_at: datetime
    parts: Sequence[Part]
    products: Sequence[Product]
    orders: Sequence[Order]
    orders_path: str


async def unread_count(shop: Shop) -> int:
    """The badge of whoever sent this request: answers not seen, or for staff who waits."""
    identity = current_identity()
    return await shop.part(UnreadCounts).count(identity) if identity else 0


async def find_orders(shop: Shop, message: Message, identity: Identity) -> tuple[Order, ...]:
    """The orders that the message names and this reader may see.

    Only asked for staff and for the customer whose conversation it is: in the general channel a
    link would else cost a query for each of a thousand readers, nearly all of them in vain.
    """
    if not (identity.is_staff or identity.user_id == message.user_id):
        return ()
    found = []
    for number in _reading(shop, message).orders:
        try:
            found.append(await orders.get_order(shop, identity, number))
        except NotFoundError:
            continue
    return tuple(found)


def show(
    shop: Shop, message: Message, reader: Reader, room: Room, of_orders: Sequence[Order] = ()
) -> ShownMessage:
    """The message for this reader; of the orders that it names those that are handed over."""
    reading = _reading(shop, message)
    found = [catalogue.find_product(shop, product_id) for product_id in reading.products]
    orders_path = "/staff/orders" if reader.is_staff else links.ORDERS
    return ShownMessage(
        id=message.id,
        author=message.author,
        recipient=message.name if message.is_answer and room.kind != "own" else "",
        email=message.email if reader.is_staff and room.kind != "own" else "",
        answer_link=_answer_link(message) if reader.is_staff and room.kind == "general" else "",
        is_answer=message.is_answer,
        is_own=message.author_id == reader.user_id,
        is_private=room.kind != "general" and message.channel is Channel.PRIVATE,
        created_at=message.created_at,
        parts=[each.with_orders_at(orders_path) for each in reading.parts],
        products=[product.in_language(language()) for product in found if product],
        orders=of_orders,
        orders_path=orders_path,
    )


def _answer_link(message: Message) -> str:
    """To the form that answers a question in public."""
    return "" if message.is_answer else f"/chat?to={quote(message.email)}#write"


async def show_all(
    shop: Shop, messages: Sequence[Message], identity: Identity, room: Room
) -> list[ShownMessage]:
    """All of these messages for this person."""
    reader = Reader(identity.user_id, identity.is_staff)
    return [
        show(shop, each, reader, room, await find_orders(shop, each, identity)) for each in messages
    ]


def form_key(
    message: Message, reader: Reader, room: Room, of_orders: Sequence[Order]
) -> tuple[object, ...]:
    """What the look of a message depends on besides the message itself."""
    is_own = message.author_id == reader.user_id
    numbers = tuple(order.number for order in of_orders)
    return (language(), room.kind, reader.is_staff, is_own, numbers)


def _reading(shop: Shop, message: Message) -> links.Reading:
    return links.read(message.body, own_host=urlsplit(shop.settings.public_url).netloc)
