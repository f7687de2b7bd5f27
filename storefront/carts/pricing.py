"""What the lines of a cart are worth now: the catalogue's prices, names and stock put to them."""

from collections.abc import Callable, Iterable

from storefront.carts.model import Cart, CartItem, CartOwner, Line, ShippingTerms, StoredCart
from storefront.catalogue import service as catalogue
from storefront.catalogue.model import Product
from storefront.localisation import language
from storefront.shop import Shop


def priced(
    shop: Shop,
    owner: CartOwner,
    stored: StoredCart | None,
    find: Callable[[str], Product | None] | None = None,
) -> Cart:
    """``stored`` at the prices of the products that ``find`` gives, else of the read model."""
    find = find or (lambda product_id: shown_product(shop, product_id))
    lines = stored.lines if stored else ()
    return Cart(
        id=stored.id if stored else None,
        user_id=owner.user_id,
        email=owner.email,
        items=tuple(item_of(line, find(line.product_id)) for line in lines),
        shipping_terms=shipping_terms(shop),
        currency=shop.settings.shop.currency,
        delivery_address=stored.delivery_address if stored else None,
        created_at=stored.created_at if stored else None,
        updated_at=stored.updated_at if stored else None,
    )


def item_of(line: Line, product: Product | None) -> CartItem:
    variant = product.variant(line.sku) if product else None
    if product is None or variant is None:
        return CartItem(
            id=line.id,
            product_id=line.product_id,
            sku=line.sku,
            options={},
            name=line.name_seen,
            photo=None,
            unit_price=line.unit_price_seen,
            quantity=line.quantity,
            available=0,
            unit_price_seen=line.unit_price_seen,
        )
    return CartItem(
        id=line.id,
        product_id=line.product_id,
        sku=line.sku,
        options=variant.options,
        name=product.in_language(language()).name,
        photo=variant.photo or product.photo,
        unit_price=variant.unit_price,
        quantity=line.quantity,
        available=variant.stock,
        unit_price_seen=line.unit_price_seen,
    )


def names(shop: Shop, lines: Iterable[Line]) -> tuple[str, ...]:
    """What the lines are called in the language being spoken."""
    return tuple(item_of(line, shown_product(shop, line.product_id)).name for line in lines)


def shipping_terms(shop: Shop) -> ShippingTerms:
    """The shop's; a threshold of 0 in the settings means that shipping is never free."""
    values = shop.settings.shop
    return ShippingTerms(values.shipping_rate, values.free_shipping_from or None)


def shown_product(shop: Shop, product_id: str) -> Product | None:
    return catalogue.find_product(shop, product_id)
