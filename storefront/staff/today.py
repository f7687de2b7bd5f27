"""The first page of the back office: what waits for somebody, and how the shop does."""

from typing import Any

from quart import Blueprint

from storefront.catalogue import backroom as catalogue_backroom
from storefront.chat import service as chat
from storefront.chat.model import State as ConversationState
from storefront.localisation import language
from storefront.mail import service as mail
from storefront.mail.model import State as MailState
from storefront.orders import backroom as orders_backroom
from storefront.orders.model import Status
from storefront.shop import Shop
from storefront.staff.today_chart import SalesChart
from storefront.web import rendering
from storefront.web.cookies import current_shop
from storefront.web.identity import staff_only

blueprint = Blueprint("staff_today", __name__, url_prefix="/staff")

DAYS_OF_SALES = 30
MOST_OF_EACH = 6


@blueprint.get("")
@staff_only
async def show_today() -> Any:
    """Orders to work on, low stock, open questions, failed mails, and the latest sales."""
    shop = current_shop()
    sales = await orders_backroom.list_sales(shop, days=DAYS_OF_SALES)
    return await rendering.render(
        "staff/today.html",
        **await _orders(shop),
        **await _questions(shop),
        **await _mails(shop),
        low=catalogue_backroom.list_low(shop, language(), most=MOST_OF_EACH),
        low_count=catalogue_backroom.count_low(shop),
        chart=SalesChart(sales),
    )


async def _orders(shop: Shop) -> dict[str, Any]:
    work, counts = await orders_backroom.list_work(shop, limit=MOST_OF_EACH)
    return {
        "orders": work,
        "to_send": counts[Status.PAID],
        "to_be_paid": counts[Status.GENERATED],
    }


async def _questions(shop: Shop) -> dict[str, Any]:
    newest = await chat.newest_conversations(shop)
    waiting = [each for each in newest if each.state is ConversationState.OPEN]
    return {
        "questions": waiting[:MOST_OF_EACH],
        "questions_count": await chat.count_waiting(shop),
    }


async def _mails(shop: Shop) -> dict[str, Any]:
    counts = await mail.count_mails(shop)
    return {
        "mails": await mail.list_mails(shop, state=MailState.FAILED, limit=MOST_OF_EACH),
        "mails_count": counts[MailState.FAILED],
        "mails_delayed": await mail.count_delayed(shop),
    }
