"""What can be done with orders: the slice's door for pages, API and other slices.

How many database commands each use case takes stands in its docstring; a transaction adds one
for its commit.
"""

import secrets
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count

from storefront.carts import service as carts
from storefront.carts.model import Address, Cart, CartOwner
from storefront.catalogue import service as catalogue
from storefront.catalogue.model import Line, Product
from storefront.database import DuplicateKeyError, Transaction
from storefront.errors import (
    ConflictError,
    EmptyCartError,
    NoAddressError,
    NotFoundError,
    PriceChangedError,
)
from storefront.localisation import gettext as _
from storefront.localisation import speaking
from storefront.money import contained_tax, format_money
from storefront.orders import letters, store
from storefront.orders.model import Order, OrderItem, OrderPage, Status, Step, may_become
from storefront.orders.waiting import WAITING, WaitingOrders
from storefront.shop import Shop
from storefront.web.identity import Identity


async def place_order(
    shop: Shop,
    identity: Identity,
    *,
    language: str,
    idempotency_key: str | None = None,
    seen_total: int | None = None,
    delivery_address: Address | None = None,
) -> Order:
    """Turn the customer's cart into an order: all of it, or nothing has changed.

    Stock, number, order, mails and the emptied cart are one transaction. ``seen_total`` is what
    the shopper was shown (minor units). The same ``idempotency_key`` again gives the same
    order. Raises EmptyCartError, NoAddressError, PriceChangedError and OutOfStockError, looked
    for in this order.

    Ten commands for one article and one more for each further one: key, cart, products, stock,
    cart, counter, order, two mails and the day's sales; without a key it is one fewer.
    """
    owner = CartOwner(user_id=identity.user_id, email=identity.email)
    key = f"{identity.user_id}:{idempotency_key or secrets.token_urlsafe(18)}"

    attempts = count()

    async def place(tx: Transaction) -> tuple[Order, Sequence[Product]]:
        # Looked for inside: a repeat that waited for the first attempt finds an empty cart. Ours
        # may be one: a database that was killed may have committed what it could not tell.
        may_be_placed = idempotency_key or next(attempts)
        placed = await store.find_order_of_key(shop, key, tx) if may_be_placed else None
        if placed:
            return placed, ()
        cart, products = await carts.get_cart_to_order(shop, tx, owner)
        address = delivery_address or cart.delivery_address
        if cart.is_empty:
            raise EmptyCartError
        if address is None:
            raise NoAddressError
        if seen_total not in {None, cart.total}:
            raise _price_changed(cart, seen_total, language)
        carts.require_stock(cart)
        pieces = _pieces(cart)
        await catalogue.take_stock(shop, tx, pieces)
        await carts.empty_after_order(shop, tx, owner, address)
        # The counter is what all checkouts meet at, so it is held as shortly as can be.
        number = await store.next_number(shop, tx)
        texts = {key: each.in_language(language) for key, each in products.items()}
        order = _order(
            shop, identity, number, cart=cart, products=texts, address=address, language=language
        )
        await store.insert_order(shop, order, idempotency_key=key, transaction=tx)
        await letters.write_order_placed(shop, tx, order, identity.full_name)
        await store.add_sale(shop, order, sign=1, transaction=tx)
        return order, _restocked(products, pieces, sign=-1)

    try:
        with speaking(language):
            order, changed = await shop.database.in_transaction(place)
    except DuplicateKeyError:  # Another process placed it with the same key in this moment.
        known = await store.find_order_of_key(shop, key)
        if known is None:
            raise
        return known
    carts.forget_count(shop, owner)
    shop.part(WaitingOrders).note(order)
    await catalogue.publish(shop, changed)
    return order


async def get_order(
    shop: Shop, identity: Identity, number: int, *, own_only: bool = False
) -> Order:
    """An order of one's own, or any for staff; NotFoundError else. One command."""
    return _visible(await store.find_order(shop, number), identity, own_only=own_only)


async def list_own_orders(
    shop: Shop,
    user_id: str,
    *,
    status: Status | None = None,
    after: int | None = None,
    limit: int = 20,
) -> OrderPage:
    """A customer's orders, newest first, those below number ``after``. One command."""
    found = await store.list_orders_of(
        shop, {"user_id": user_id}, status=status, before=after, limit=limit + 1
    )
    return _page(found, limit)


async def list_orders(
    shop: Shop,
    *,
    email: str | None = None,
    status: Status | None = None,
    after: int | None = None,
    limit: int = 20,
) -> OrderPage:
    """Everybody's orders, newest first, for staff.

    One command with ``email`` or the status of those that wait, else two or more.
    """
    waiting = shop.part(WaitingOrders)
    if email:
        found = await store.list_orders_of(
            shop, {"email": email.strip().lower()}, status=status, before=after, limit=limit + 1
        )
    elif status in WAITING:
        numbers = await waiting.numbers(status)
        end = len(numbers) if after is None else bisect_left(numbers, after)
        newest = numbers[max(0, end - limit - 1) : end][::-1]
        found = await store.list_of_numbers(shop, newest)
    else:
        others = await waiting.all_numbers() if status else ()
        found = await store.list_orders(
            shop, status=status, before=after, limit=limit + 1, others=others
        )
    return _page(found, limit)


async def change_status(
    shop: Shop, identity: Identity, number: int, *, status: Status, own_only: bool = False
) -> Order:
    """Go one step on; cancelling puts the stock back and writes to the customer.

    NotFoundError for what is neither one's own nor staff's business; ConflictError for a step
    that does not follow, also when somebody else was faster. Two commands; a cancellation takes
    one each for the mail, the day's sales, the products and each article besides.
    """

    async def step(tx: Transaction) -> tuple[Order, Sequence[Product]]:
        found = await store.find_order(shop, number, tx)
        order = _visible(found, identity, own_only=own_only)
        done = Step(status, datetime.now(UTC), identity.full_name)
        if not may_become(order.status, status) or not await store.update_status(
            shop, number, current=order.status, step=done, transaction=tx
        ):
            raise ConflictError(
                _("Order %(number)d cannot take this step any more.") % {"number": number},
                order_status=order.status.value,
            )
        order = order.after(done)
        if status is not Status.CANCELLED:
            return order, ()
        await letters.write_order_cancelled(shop, tx, order, order.customer)
        await store.add_sale(shop, order, sign=-1, transaction=tx)
        pieces = _pieces(order)
        ids = sorted({line.product_id for line in pieces})
        products = await catalogue.get_stored_products(shop, ids, transaction=tx)
        returned = await catalogue.return_stock(shop, tx, pieces)
        return order, _restocked(products, returned, sign=1)

    order, changed = await shop.database.in_transaction(step)
    shop.part(WaitingOrders).note(order)
    await catalogue.publish(shop, changed)
    return order


async def cancel_order(
    shop: Shop, identity: Identity, number: int, *, own_only: bool = False
) -> Order:
    """As `change_status`, to cancelled."""
    return await change_status(shop, identity, number, status=Status.CANCELLED, own_only=own_only)


async def order_again(shop: Shop, identity: Identity, number: int) -> tuple[str, ...]:
    """Put what an own order held into the cart, as far as there is stock.

    Returns the names of what could not, or not wholly, be put there. Five commands.
    """
    order = await get_order(shop, identity, number, own_only=True)
    wanted = [
        carts.Wanted(item.product_id, item.sku, item.quantity, item.name, item.unit_price)
        for item in order.items
    ]
    owner = CartOwner(user_id=identity.user_id, email=identity.email)
    return await carts.add_again(shop, owner, wanted)


def _visible(order: Order | None, identity: Identity, *, own_only: bool) -> Order:
    is_own = order is not None and order.user_id == identity.user_id
    if order is None or not (is_own or (identity.is_staff and not own_only)):
        raise NotFoundError(_("There is no such order."))
    return order


def _page(found: Sequence[Order], limit: int) -> OrderPage:
    """``found`` holds one more than the page when there are more."""
    shown = tuple(found[:limit])
    return OrderPage(shown, str(shown[-1].number) if len(found) > limit else None)


def _price_changed(cart: Cart, seen_total: int | None, language: str) -> PriceChangedError:
    return PriceChangedError(
        _("The total is %(now)s now; it was %(before)s when you saw it. Nothing was ordered.")
        % {
            "now": format_money(cart.total, cart.currency, language),
            "before": format_money(seen_total or 0, cart.currency, language),
        },
        total=cart.total,
        currency=cart.currency,
    )


def _pieces(of: Cart | Order) -> list[Line]:
    return [Line(each.product_id, each.sku, each.quantity) for each in of.items]


def _restocked(
    products: Mapping[str, Product], pieces: Sequence[Line], *, sign: int
) -> list[Product]:
    """The products of ``pieces`` after these came (1) or went (-1), as the database has them."""
    now = datetime.now(UTC)
    changes = {
        product.id: {
            line.sku: sign * line.quantity for line in pieces if line.product_id == product.id
        }
        for product in products.values()
    }
    return [
        products[product_id].with_stock_changed(change, at=now)
        for product_id, change in changes.items()
        if change
    ]


def _order(
    shop: Shop,
    identity: Identity,
    number: int,
    *,
    cart: Cart,
    products: Mapping[str, Product],
    address: Address,
    language: str,
) -> Order:
    """The order as it is from now on; ``products`` are in the shopper's language."""
    now = datetime.now(UTC)
    values = shop.settings.shop
    return Order(
        number=number,
        user_id=identity.user_id,
        email=identity.email,
        status=Status.GENERATED,
        items=tuple(
            OrderItem(
                product_id=item.product_id,
                sku=item.sku,
                options=dict(item.options),
                name=item.name,
                description=products[item.product_id].description,
                photo=item.photo,
                unit_price=item.unit_price,
                quantity=item.quantity,
            )
            for item in cart.items
        ),
        subtotal=cart.subtotal,
        shipping=cart.shipping,
        tax_included=contained_tax(cart.total, values.tax_percent),
        tax_percent=values.tax_percent,
        total=cart.total,
        currency=cart.currency,
        delivery_address=address,
        payment_instructions=values.payment_instructions_in(language),
        language=language,
        created_at=now,
        history=(Step(Status.GENERATED, now, identity.full_name),),
    )
