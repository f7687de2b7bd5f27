"""The back office's side of the chat: who waits, one conversation, and words to answer with."""

from typing import Any
from urllib.parse import quote

from quart import Blueprint, Response, request

from storefront.carts import service as carts
from storefront.carts.model import CartOwner
from storefront.chat import canned, desk, pages, service
from storefront.chat.model import CannedAnswer, Customer, State, own_room
from storefront.chat.schemas import NewCannedAnswer, NewState
from storefront.errors import TooManyRequestsError, ValidationError
from storefront.orders import service as orders
from storefront.web import forms, htmx, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import require_identity, staff_only

blueprint = Blueprint("staff_chat", __name__, url_prefix="/staff/chat")

LATEST_ORDERS = 5


@blueprint.get("")
@staff_only
async def show_desk() -> Any:
    """Who has asked, newest question first."""
    variables = await desk.desk_variables(current_shop(), require_identity())
    if htmx.wants_fragment():
        return await rendering.render_fragment("staff/chat/desk.html", **variables)
    return await rendering.render("staff/chat.html", customer=None, **variables)


@blueprint.get("/<email>")
@staff_only
async def show_conversation(email: str) -> Any:
    """One conversation, with the customer's cart and latest orders beside it."""
    shop, identity = current_shop(), require_identity()
    customer = await service.customer_at(shop, identity, email)
    ready = await canned.find_canned(shop, request.args.get("canned", ""))
    form = Form({"body": ready.body} if ready else {})
    if not htmx.wants_fragment():
        return await _conversation(customer, form)
    room, path = own_room(customer.user_id), _path(customer)
    if ready:
        return await pages.show_form(shop, identity, room, path, form)
    return await pages.show_messages(shop, identity, room, path)


@blueprint.post("/<email>")
@staff_only
async def answer(email: str) -> Any:
    """Answer this customer in private."""
    shop, identity = current_shop(), require_identity()
    customer = await service.customer_at(shop, identity, email)
    room, path = own_room(customer.user_id), _path(customer)
    typed = await forms.typed_form()
    form, status = Form(), 200
    try:
        await pages.post_private(shop, identity, customer, typed)
    except (ValidationError, TooManyRequestsError) as error:
        form, status = pages.refused(typed, error), error.status
    if htmx.wants_fragment():
        return await pages.show_form(shop, identity, room, path, form, status=status)
    if form.has_errors:
        return await _conversation(customer, form, status=status)
    return htmx.see_other(path)


@blueprint.post("/<email>/state")
@staff_only
async def change_state(email: str) -> Any:
    """Mark a conversation as done, or open it again."""
    shop = current_shop()
    customer = await service.customer_at(shop, require_identity(), email)
    wanted = forms.check_form(NewState, await forms.typed_form())
    if State(wanted.state) is State.DONE:
        await service.mark_done(shop, customer.user_id)
        return htmx.see_other("/staff/chat")
    await service.reopen(shop, customer.user_id)
    return htmx.see_other(_path(customer))


@blueprint.get("/canned")
@staff_only
async def show_canned() -> Any:
    """The ready answers, to be added to and taken from."""
    return await _canned(Form())


@blueprint.post("/canned")
@staff_only
async def add_canned() -> Any:
    """Keep another ready answer."""
    typed = await forms.typed_form()
    try:
        new = forms.check_form(NewCannedAnswer, typed)
    except ValidationError as error:
        return await _canned(Form.rejected(typed, error), status=error.status)
    await canned.insert_canned(current_shop(), title=new.title, body=new.body)
    return htmx.see_other("/staff/chat/canned")


@blueprint.delete("/canned/<answer_id>")
@staff_only
async def remove_canned(answer_id: str) -> Any:
    """Forget a ready answer."""
    await canned.delete_canned(current_shop(), answer_id)
    return htmx.see_other("/staff/chat/canned")


async def _canned(form: Form, *, status: int = 200) -> Response:
    ready: list[CannedAnswer] = await canned.list_canned(current_shop())
    return await rendering.render("staff/chat_canned.html", status=status, canned=ready, form=form)


async def _conversation(customer: Customer, form: Form, *, status: int = 200) -> Response:
    shop, identity = current_shop(), require_identity()
    conversation = await service.find_conversation(shop, customer.user_id)
    colleague = await service.take_up(shop, identity, conversation) if conversation else None
    room = own_room(customer.user_id)
    variables = await pages.room_variables(
        shop, identity, room, _path(customer), customer=customer, form=form
    )
    owner = CartOwner(user_id=customer.user_id, email=customer.email)
    latest = await orders.list_own_orders(shop, customer.user_id, limit=LATEST_ORDERS)
    return await rendering.render(
        "staff/chat.html",
        status=status,
        customer=customer,
        conversation=conversation,
        colleague=colleague,
        cart=await carts.get_cart(shop, owner),
        orders=latest.items,
        canned=await canned.list_canned(shop),
        **variables,
        **await desk.desk_variables(shop, identity),
    )


def _path(customer: Customer) -> str:
    return "/staff/chat/" + quote(customer.email, safe="@")
