"""What the mails about orders tell."""

from datetime import UTC
from typing import Any

from storefront.carts.schemas import address_json
from storefront.database import Transaction
from storefront.mail import outbox
from storefront.mail.model import Mail
from storefront.orders.model import Order
from storefront.shop import Shop


async def write_order_placed(
    shop: Shop, transaction: Transaction, order: Order, full_name: str
) -> None:
    """A confirmation to the customer, a notice to the shop. One command each."""
    await write_confirmation(shop, transaction, order, full_name)
    context = _facts(order, full_name)
    await outbox.write_to_shop(
        shop, transaction, kind="order_notice", language=order.language, context=context
    )


async def write_confirmation(
    shop: Shop, transaction: Transaction, order: Order, full_name: str
) -> None:
    """What the customer ordered, to them. One command."""
    context = _facts(order, full_name)
    await outbox.write(shop, transaction, Mail("order", order.email, order.language, context))


async def write_order_cancelled(
    shop: Shop, transaction: Transaction, order: Order, full_name: str
) -> None:
    """To the customer, who may not have been the one to cancel. One command."""
    context = _facts(order, full_name)
    mail = Mail("order_cancelled", order.email, order.language, context)
    await outbox.write(shop, transaction, mail)


def _facts(order: Order, full_name: str) -> dict[str, Any]:
    return {
        "full_name": full_name,
        "order": {
            "number": order.number,
            "email": order.email,
            "items": [
                {
                    "name": item.name,
                    "options": dict(item.options),
                    "unit_price": item.unit_price,
                    "quantity": item.quantity,
                    "line_total": item.line_total,
                }
                for item in order.items
            ],
            "subtotal": order.subtotal,
            "shipping": order.shipping,
            "tax_included": order.tax_included,
            "tax_percent": order.tax_percent,
            "total": order.total,
            "currency": order.currency,
            "delivery_address": address_json(order.delivery_address),
            "payment_instructions": order.payment_instructions,
            "created_at": order.created_at.astimezone(UTC).isoformat(),
        },
    }
