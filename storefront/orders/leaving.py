"""What becomes of the orders of somebody who deletes their account.

Number, date, items, sums, tax and the country of delivery are what the accounts need, and they
stay. Invoices to consumers need no name below the sums of this shop, so all that tells who it was
goes: whoever must keep more does so in the bookkeeping, not here.
"""

import secrets

from storefront.database import Transaction
from storefront.errors import ConflictError
from storefront.localisation import gettext as _
from storefront.orders import store
from storefront.orders.model import Order, Status
from storefront.shop import Shop

SETTLED = frozenset({Status.DELIVERED, Status.CANCELLED})


async def list_all_of(shop: Shop, user_id: str) -> list[Order]:
    """Every order of the customer, newest first."""
    return await store.list_all_of(shop, user_id)


async def forget_customer(shop: Shop, transaction: Transaction, user_id: str) -> None:
    """Take the person out of all their orders. ConflictError while one is under way."""
    orders = await store.list_all_of(shop, user_id, transaction)
    under_way = [order.number for order in orders if order.status not in SETTLED]
    if under_way:
        raise ConflictError(
            _("Order %(number)d is under way: cancel it, or wait until it has arrived.")
            % {"number": under_way[-1]}
        )
    for order in orders:
        await store.forget_customer(
            shop, order, new_key=f"deleted:{secrets.token_hex(12)}", transaction=transaction
        )
