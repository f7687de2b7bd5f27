"""The catalogue's public door, for pages, API, commands and the slices above.

What the process's read model answers is a plain function and costs no database command; what
asks or changes the database is awaited. Products come in the shop's first language: see
`Product.in_language`.
"""

from collections.abc import Iterable, Sequence

from storefront.catalogue import store
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.model import Line, Product
from storefront.database import Transaction
from storefront.errors import OutOfStockError, ProductNotFoundError
from storefront.localisation import gettext as _
from storefront.localisation import language
from storefront.shop import Shop


def find_product(shop: Shop, product_id: str) -> Product | None:
    """The product if it is on sale."""
    return shop.part(ProductIndex).find(product_id)


def get_product(shop: Shop, product_id: str) -> Product:
    """The product; ProductNotFoundError if it is not on sale."""
    product = find_product(shop, product_id)
    if product is None:
        raise ProductNotFoundError
    return product


async def get_stored_products(
    shop: Shop, product_ids: Iterable[str], *, transaction: Transaction | None = None
) -> dict[str, Product]:
    """Those of the products that are on sale, by id, with the database's current stock."""
    found = await store.list_products(shop, product_ids, transaction=transaction)
    return {product.id: product for product in found if product.deleted_at is None}


async def take_stock(shop: Shop, transaction: Transaction, lines: Sequence[Line]) -> None:
    """Take the pieces of all lines off the shelves, or raise OutOfStockError naming all that are
    short.

    A product's version grows by one, however many of its variants are taken. `publish` the
    products once the transaction is through (`Product.with_stock_changed`).
    """
    short = []
    seen: set[str] = set()
    for line in lines:
        counts = line.product_id not in seen
        if not await store.take_stock(shop, transaction, line, counts_as_change=counts):
            short.append(await _shortage(shop, transaction, line))
        seen.add(line.product_id)
    if short:
        raise OutOfStockError(short, _("Fewer pieces are left than you wanted."))


async def _shortage(shop: Shop, transaction: Transaction, line: Line) -> dict[str, object]:
    products = await get_stored_products(shop, [line.product_id], transaction=transaction)
    product = products.get(line.product_id)
    variant = product.variant(line.sku) if product else None
    return {
        "product_id": line.product_id,
        "sku": line.sku,
        "name": product.in_language(language()).name if product else "",
        "quantity": line.quantity,
        "available": variant.stock if variant else 0,
    }


async def return_stock(shop: Shop, transaction: Transaction, lines: Sequence[Line]) -> None:
    """Put the pieces of all lines back; variants that are no more are passed over."""
    seen: set[str] = set()
    for line in lines:
        counts = line.product_id not in seen
        await store.return_stock(shop, transaction, line, counts_as_change=counts)
        seen.add(line.product_id)


async def publish(shop: Shop, products: Iterable[Product]) -> None:
    """Show changed products in this process at once; the others follow by the change feed.

    A product whose version is not newer than what is shown is ignored.
    """
    await shop.part(ProductIndex).publish(products)
