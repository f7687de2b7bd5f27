"""What only staff do with orders: find them, see what waits, and write remarks."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from storefront.database import Transaction
from storefront.errors import ConflictError, NotFoundError, ValidationError
from storefront.localisation import gettext as _
from storefront.orders import letters, store
from storefront.orders.model import (
    DayOfSales,
    Order,
    OrderPage,
    Remark,
    RemarkKind,
    Status,
)
from storefront.orders.waiting import WAITING, WaitingOrders
from storefront.shop import Shop
from storefront.web.identity import Identity

LONGEST_NOTE = 2_000


async def find_order(shop: Shop, number: int) -> Order | None:
    """The order with this number. One command."""
    return await store.find_order(shop, number)


async def count_waiting(shop: Shop) -> dict[Status, int]:
    """How many orders have each of the statuses in which something is still to be done."""
    waiting = shop.part(WaitingOrders)
    return {status: len(await waiting.numbers(status)) for status in WAITING}


async def list_work(shop: Shop, *, limit: int) -> tuple[list[Order], dict[Status, int]]:
    """Orders to work on, and how many there are of each status.

    Those to send come first, then those that are still to be paid; the oldest of each first.
    One command.
    """
    waiting = shop.part(WaitingOrders)
    numbers = {status: await waiting.numbers(status) for status in (Status.PAID, Status.GENERATED)}
    first = [number for each in numbers.values() for number in each[:limit]][:limit]
    counts = {status: len(each) for status, each in numbers.items()}
    return await store.list_of_numbers(shop, first), counts


async def list_with_products(
    shop: Shop,
    product_ids: Iterable[str],
    *,
    sku: str | None = None,
    status: Status | None = None,
    after: int | None = None,
    limit: int = 20,
) -> OrderPage:
    """Orders that hold one of the products (or its variant ``sku``), newest first."""
    numbers = await store.list_numbers_with(
        shop, list(product_ids), sku=sku, status=status, before=after, limit=limit + 1
    )
    shown = tuple(await store.list_of_numbers(shop, numbers[:limit]))
    return OrderPage(shown, str(numbers[limit - 1]) if len(numbers) > limit else None)


async def add_note(shop: Shop, staff: Identity, number: int, *, text: str, key: str) -> None:
    """Write a note that only staff see; the same ``key`` again changes nothing.

    ValidationError; NotFoundError without such an order.
    """
    words = text.strip()
    if not words:
        raise ValidationError.of("text", _("Please write something."))
    if len(words) > LONGEST_NOTE:
        message = _("Please use at most %(most)d characters.") % {"most": LONGEST_NOTE}
        raise ValidationError.of("text", message)
    remark = _remark(staff, RemarkKind.NOTE, key, words)

    async def write(tx: Transaction) -> None:
        await store.add_remark(shop, number, remark, tx)

    await _require(shop, number)
    await shop.database.in_transaction(write)


async def send_confirmation_again(shop: Shop, staff: Identity, number: int, *, key: str) -> None:
    """Write the order's confirmation to the customer once more, and a remark of it.

    The same ``key`` again sends nothing. NotFoundError without such an order; ConflictError when
    there is nothing to confirm any more, or nobody to confirm it to.
    """
    order = await _require(shop, number)
    if not order.can_be_confirmed_again:
        raise ConflictError(_("This order cannot be confirmed any more."))
    remark = _remark(staff, RemarkKind.CONFIRMED_AGAIN, key, "")

    async def write(tx: Transaction) -> None:
        if await store.add_remark(shop, number, remark, tx):
            await letters.write_confirmation(shop, tx, order, order.customer)

    await shop.database.in_transaction(write)


async def list_sales(shop: Shop, *, days: int) -> Sequence[DayOfSales]:
    """The sales of the last ``days`` days (UTC), today's last; cancelled orders do not count.

    One command: each day's sum is kept with the orders, in the same transaction.
    """
    today = datetime.now(UTC).date()
    wanted: list[date] = [today - timedelta(days=back) for back in reversed(range(days))]
    return await store.list_sales(shop, wanted)


async def _require(shop: Shop, number: int) -> Order:
    order = await store.find_order(shop, number)
    if order is None:
        raise NotFoundError(_("There is no such order."))
    return order


def _remark(staff: Identity, kind: RemarkKind, key: str, text: str) -> Remark:
    return Remark(key[:64], kind, text, datetime.now(UTC), staff.full_name)
