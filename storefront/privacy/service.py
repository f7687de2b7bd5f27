"""A customer's data from all parts of the shop, and its end."""

from datetime import UTC, datetime
from typing import Any

from storefront import history
from storefront.accounts import leaving as accounts
from storefront.accounts import service as users
from storefront.carts import service as carts
from storefront.carts.model import CartOwner
from storefront.carts.schemas import cart_json
from storefront.chat import leaving as chat
from storefront.chat.model import Reader
from storefront.chat.schemas import message_json
from storefront.database import Transaction
from storefront.mail import outbox
from storefront.orders import leaving as orders
from storefront.orders.schemas import order_json
from storefront.shop import Shop
from storefront.web.identity import Identity


async def collect(shop: Shop, identity: Identity) -> dict[str, Any]:
    """All that the shop keeps about the person, as JSON values."""
    user = await users.get_user(shop, identity.user_id)
    owner = CartOwner(user_id=user.id, email=user.email)
    reader = Reader(user.id, is_staff=False)
    return {
        "collected_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "account": await accounts.describe(shop, user),
        "cart": cart_json(await carts.get_cart(shop, owner)),
        "orders": [order_json(each) for each in await orders.list_all_of(shop, user.id)],
        "messages": [message_json(each, reader) for each in await chat.list_all_of(shop, user.id)],
    }


async def delete_account(shop: Shop, identity: Identity, *, password: str) -> None:
    """Delete the account and all that tells whose the orders and messages were: all or nothing.

    ValidationError at ``password``; ConflictError while an order is under way, and for the last
    admin.
    """
    user = await users.get_user(shop, identity.user_id)
    await users.require_password(shop, user, password, field="password")

    async def work(transaction: Transaction) -> None:
        # An order that is being placed meets this at the cart: one of the two comes first.
        await carts.forget_customer(shop, transaction, user.id)
        await orders.forget_customer(shop, transaction, user.id)
        await chat.forget_customer(shop, transaction, user.id)
        await outbox.forget_reader(shop, transaction, user.email)
        await history.forget(shop, ("user", user.id), transaction)
        await accounts.delete_user(shop, user, transaction)

    await shop.database.in_transaction(work)
    accounts.forget(shop, user)
    carts.forget_count(shop, CartOwner(user_id=user.id, email=user.email))
