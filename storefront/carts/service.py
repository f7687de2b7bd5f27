"""What can be done with a cart: the slice's door for pages, API and other slices.

How many database commands each use case takes stands in its docstring.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storefront.carts import choices, pricing, store
from storefront.carts.counts import CartCounts
from storefront.carts.model import (
    Address,
    Cart,
    CartItem,
    CartOwner,
    Line,
    Merged,
    StoredCart,
    merge_lines,
)
from storefront.catalogue import service as catalogue
from storefront.catalogue.model import Product
from storefront.database import ObjectId, Transaction, object_id
from storefront.errors import (
    ConflictError,
    NotFoundError,
    OutOfStockError,
    ProductNotFoundError,
)
from storefront.localisation import gettext as _
from storefront.shop import Shop


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of a guest's cart; ``reduced`` names what the stock cut short."""

    joined: bool
    reduced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pieces of one article that shall go into a cart."""

    product_id: str
    sku: str
    quantity: int
    name: str
    unit_price: int


async def get_cart(shop: Shop, owner: CartOwner) -> Cart:
    """The cart at today's prices, in the language being spoken. One command; none without a key."""
    return pricing.priced(shop, owner, await _read(shop, owner))


async def count(shop: Shop, owner: CartOwner) -> int:
    """Pieces in the cart. No command while the change feed is live and the cart is known here."""
    known = remembered_count(shop, owner)
    if known is not None:
        return known
    stored = await _read(shop, owner)
    return stored.count if stored else 0


def remembered_count(shop: Shop, owner: CartOwner) -> int | None:
    """As `count`, but without asking the database; None where it would have to."""
    if owner.key is None:
        return 0
    return shop.part(CartCounts).get(owner.key) if shop.changes.is_live else None


async def add_to_cart(
    shop: Shop,
    owner: CartOwner,
    *,
    product_id: str,
    quantity: int,
    sku: str | None = None,
    options: Mapping[str, str] | None = None,
) -> tuple[Cart, CartItem]:
    """Put pieces of a product into the cart; more of the same make its line longer.

    ``options`` stand for the SKU where a form lets one choose. Returns the cart and the line.
    Three commands: read the product, change the cart, read it. Raises ProductNotFoundError,
    ValidationError at ``sku`` or ``option.<name>``, OutOfStockError, and ConflictError for the
    hundred-and-first line; the cart is unchanged then.
    """
    product = await _stored_product(shop, product_id)
    variant = choices.chosen(product, sku, options)
    wanted = choices.seen(product, variant, item_id=str(ObjectId()), quantity=quantity)
    is_added = quantity <= variant.stock and await store.add_to_line(
        shop, owner, wanted=wanted, most=variant.stock
    )
    stored = await _read(shop, owner)
    if not is_added:
        raise choices.refusal(stored, product, variant, quantity)
    cart = pricing.priced(shop, owner, stored)
    item = cart.item(product.id, variant.sku)
    if item is None:
        raise ConflictError(_("Somebody removed it from the cart in this very moment."))
    return cart, item


async def change_quantity(shop: Shop, owner: CartOwner, *, item_id: str, quantity: int) -> Cart:
    """Give a line another quantity. NotFoundError, OutOfStockError; unchanged then.

    Four commands: read the cart and the product, change the line, read the cart.
    """
    line = _line(await _read(shop, owner), item_id)
    products = await catalogue.get_stored_products(shop, [line.product_id])
    product = products.get(line.product_id)
    variant = product.variant(line.sku) if product else None
    if product is None or variant is None:
        short = {"product_id": line.product_id, "sku": line.sku, "name": line.name_seen}
        raise OutOfStockError(
            [{**short, "quantity": quantity, "available": 0}],
            _("%(name)s is no longer sold.") % {"name": line.name_seen},
        )
    if quantity > variant.stock:
        raise choices.out_of_stock(product, variant, wanted=quantity, held=0)
    changed = choices.seen(product, variant, item_id=line.id, quantity=quantity)
    if not await store.update_quantity(shop, owner, line=changed, quantity=quantity):
        raise NotFoundError(_("This line is no longer in the cart."))
    return await get_cart(shop, owner)


async def remove_from_cart(shop: Shop, owner: CartOwner, *, item_id: str) -> tuple[Cart, CartItem]:
    """Take a line out; returns the cart and what was in the line. NotFoundError.

    Three commands: read the cart, change it, read it. A line that was there and has gone in this
    very moment is what was asked for: the driver may have sent the command twice.
    """
    before = await _read(shop, owner)
    line = _line(before, item_id)
    await store.remove_line(shop, owner, item_id=item_id)
    return await get_cart(shop, owner), pricing.item_of(
        line, pricing.shown_product(shop, line.product_id)
    )


async def clear_cart(shop: Shop, owner: CartOwner) -> None:
    """Take everything out; the delivery address stays. One command."""
    if owner.key:
        await store.remove_all_lines(shop, owner)
        shop.part(CartCounts).forget(owner.key)


async def set_delivery_address(shop: Shop, owner: CartOwner, address: Address) -> Cart:
    """Keep with the cart where its order shall go. Two commands: change the cart, read it."""
    await store.update_address(shop, owner, address)
    return await get_cart(shop, owner)


async def join_guest_cart(shop: Shop, guest_cart_id: str, *, user_id: str, email: str) -> Joined:
    """Bring what a guest collected into the customer's cart, whole or not at all.

    The same articles are added up, never beyond the stock; the customer's delivery address
    stays. The guest's cart is gone then, so that a second call changes nothing. One
    transaction of five commands; one command if there is no such cart.
    """
    if object_id(guest_cart_id) is None or guest_cart_id == user_id:
        return Joined(joined=False)
    owner = CartOwner(user_id=user_id, email=email)

    async def join(tx: Transaction) -> Merged | None:
        guest = await store.find_cart(shop, guest_cart_id, tx)
        if guest is None:
            return None
        own = await store.find_cart(shop, user_id, tx)
        merged = await _merge(shop, tx, (*(own.lines if own else ()), *guest.lines))
        address = own.delivery_address if own else None
        await store.update_lines(
            shop,
            owner,
            merged.lines,
            address=address or guest.delivery_address,
            transaction=tx,
        )
        await store.delete_cart(shop, guest_cart_id, tx)
        return merged

    merged = await shop.database.in_transaction(join)
    if merged is None:
        return Joined(joined=False)
    for key in (guest_cart_id, user_id):
        shop.part(CartCounts).forget(key)
    return Joined(joined=True, reduced=pricing.names(shop, merged.reduced))


async def add_again(shop: Shop, owner: CartOwner, wanted: Sequence[Wanted]) -> tuple[str, ...]:
    """Put several articles into the cart as far as the stock allows, in one transaction.

    Returns the names of what is not, or not wholly, there for it. Four commands.
    """
    more = tuple(
        Line(str(ObjectId()), each.product_id, each.sku, each.quantity, each.name, each.unit_price)
        for each in wanted
    )

    async def add(tx: Transaction) -> Merged:
        own = await store.find_cart(shop, str(owner.key), tx)
        merged = await _merge(shop, tx, (*(own.lines if own else ()), *more))
        await store.update_lines(shop, owner, merged.lines, transaction=tx)
        return merged

    merged = await shop.database.in_transaction(add)
    shop.part(CartCounts).forget(str(owner.key))
    return pricing.names(shop, merged.reduced)


async def get_cart_to_order(
    shop: Shop, tx: Transaction, owner: CartOwner
) -> tuple[Cart, Mapping[str, Product]]:
    """The cart priced from the database itself, and its products by id, inside a transaction.

    Two commands; one for an empty cart.
    """
    stored = await store.find_cart(shop, str(owner.key), tx)
    ids = {line.product_id for line in stored.lines} if stored else set()
    products = await catalogue.get_stored_products(shop, sorted(ids), transaction=tx) if ids else {}
    return pricing.priced(shop, owner, stored, products.get), products


async def empty_after_order(
    shop: Shop, tx: Transaction, owner: CartOwner, address: Address
) -> None:
    """Take out what was ordered and keep the address for the next time. One command.

    When the transaction is through, tell `forget_count`.
    """
    await store.update_lines(shop, owner, (), address=address, transaction=tx)


async def forget_customer(shop: Shop, transaction: Transaction, user_id: str) -> None:
    """Remove the customer's cart with its address."""
    await store.delete_cart(shop, user_id, transaction)


def require_stock(cart: Cart) -> None:
    """OutOfStockError naming every line that asks for more than there is."""
    choices.require_stock(cart)


def forget_count(shop: Shop, owner: CartOwner) -> None:
    """The badge of this cart is to be counted again."""
    if owner.key:
        shop.part(CartCounts).forget(owner.key)


async def _read(shop: Shop, owner: CartOwner) -> StoredCart | None:
    if owner.key is None:
        return None
    stored = await store.find_cart(shop, owner.key)
    shop.part(CartCounts).keep(owner.key, stored)
    return stored


def _line(stored: StoredCart | None, item_id: str) -> Line:
    line = stored.line(item_id) if stored else None
    if line is None:
        raise NotFoundError(_("There is no such line in the cart."))
    return line


async def _stored_product(shop: Shop, product_id: str) -> Product:
    if object_id(product_id) is None:
        raise ProductNotFoundError
    products = await catalogue.get_stored_products(shop, [product_id])
    product = products.get(product_id)
    if product is None:
        raise ProductNotFoundError
    return product


async def _merge(shop: Shop, tx: Transaction, lines: Sequence[Line]) -> Merged:
    ids = sorted({line.product_id for line in lines})
    products = await catalogue.get_stored_products(shop, ids, transaction=tx) if ids else {}
    stock = {
        (product.id, variant.sku): variant.stock
        for product in products.values()
        for variant in product.variants
    }
    return merge_lines(lines, stock)
