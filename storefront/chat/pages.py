"""The general channel and a customer's own conversation, as pages that need no JavaScript."""

import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from quart import Blueprint, Response, request

from storefront.chat import service, showing
from storefront.chat.model import GENERAL, Channel, Customer, Excerpt, Room, own_room
from storefront.chat.presence import Presence
from storefront.chat.schemas import MessageQuery, NewMessage
from storefront.errors import TooManyRequestsError, ValidationError
from storefront.localisation import gettext as _
from storefront.shop import Shop
from storefront.web import forms, htmx, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import Identity, require_identity, signed_in

blueprint = Blueprint("chat", __name__)

_THING = re.compile(r"/(?:products/[0-9a-f]{24}|orders/[0-9]{1,12})")


@blueprint.get("/chat")
@signed_in
async def show_general() -> Any:
    """What everybody may read."""
    form = Form({"email": request.args.get("to", ""), "about": _about(request.args)})
    return await _show(GENERAL, "/chat", form=form)


@blueprint.get("/chat/<email>")
@signed_in
async def show_own(email: str) -> Any:
    """One customer's questions, public and private, with the answers."""
    customer = await service.customer_at(current_shop(), require_identity(), email)
    return await _show(
        own_room(customer.user_id),
        path_of(customer),
        customer=customer,
        form=Form({"about": _about(request.args)}),
    )


@blueprint.post("/chat")
@signed_in
async def post_in_general() -> Any:
    """Ask, or as staff answer, in public."""
    shop, identity = current_shop(), require_identity()
    typed = await forms.typed_form()
    try:
        message = forms.check_form(NewMessage, typed)
        await service.post_in_general(
            shop,
            identity,
            body=_with_link(message.body, typed),
            client_id=message.client_id,
            email=message.email,
        )
    except (ValidationError, TooManyRequestsError) as error:
        form = refused(typed, error)
        return await _show(GENERAL, "/chat", form=form, status=error.status)
    if htmx.wants_fragment():
        return await show_form(shop, identity, GENERAL, "/chat", Form())
    return htmx.see_other("/chat")


@blueprint.post("/chat/<email>")
@signed_in
async def post_in_own(email: str) -> Any:
    """Ask, or as staff answer, in private."""
    shop, identity = current_shop(), require_identity()
    customer = await service.customer_at(shop, identity, email)
    room, path = own_room(customer.user_id), path_of(customer)
    typed = await forms.typed_form()
    try:
        await post_private(shop, identity, customer, typed)
    except (ValidationError, TooManyRequestsError) as error:
        form = refused(typed, error)
        return await _show(room, path, customer=customer, form=form, status=error.status)
    if htmx.wants_fragment():
        return await show_form(shop, identity, room, path, Form())
    return htmx.see_other(path)


def refused(typed: Mapping[str, str], error: ValidationError | TooManyRequestsError) -> Form:
    """The form with what was typed and what is wrong.

    Where htmx posts, one who is too fast keeps the form and is told beside it: ``error`` is raised.
    """
    if isinstance(error, ValidationError):
        return Form.rejected(typed, error)
    if htmx.wants_fragment():
        raise error
    return Form.rejected(typed, ValidationError.of("body", error.detail or error.title))


async def post_private(
    shop: Shop, identity: Identity, customer: Customer, typed: Mapping[str, str]
) -> None:
    """Store what was typed. ValidationError, TooManyRequestsError."""
    message = forms.check_form(NewMessage, typed)
    await service.post(
        shop,
        identity,
        customer=customer,
        channel=Channel.PRIVATE,
        body=_with_link(message.body, typed),
        client_id=message.client_id,
    )


def _with_link(body: str, typed: Mapping[str, str]) -> str:
    """What was typed, and below it the thing that it is about."""
    thing = _about(typed)
    return f"{body}\n{thing}" if thing else body


def _about(given: Mapping[str, str]) -> str:
    """The product or order from whose page somebody came to ask; empty if from none."""
    path = given.get("about", "")
    return path if _THING.fullmatch(path) else ""


def path_of(customer: Customer) -> str:
    return f"/chat/{quote(customer.email, safe='@')}"


async def _show(
    room: Room,
    path: str,
    *,
    customer: Customer | None = None,
    form: Form | None = None,
    status: int = 200,
) -> Response:
    """The page; for htmx the form after a refusal, or the messages that it asks for."""
    shop, identity = current_shop(), require_identity()
    if htmx.wants_fragment() and form and form.has_errors:
        return await show_form(shop, identity, room, path, form, status=status)
    if htmx.wants_fragment():
        return await show_messages(shop, identity, room, path)
    variables = await room_variables(
        shop, identity, room, path, customer=customer, form=form or Form()
    )
    return await rendering.render("chat/chat.html", status=status, **variables)


async def show_form(
    shop: Shop, identity: Identity, room: Room, path: str, form: Form, *, status: int = 200
) -> Response:
    """The form alone: empty after it was taken, else with what is wrong."""
    return await rendering.render_fragment(
        "chat/write.html",
        status=status,
        is_latest=True,
        **form_variables(shop, identity, room, path, form),
    )


async def show_messages(shop: Shop, identity: Identity, room: Room, path: str) -> Response:
    """The messages before one, or those since one; no content where there are none."""
    query = forms.check_query(MessageQuery)
    excerpt = await _asked_for(shop, room, query)
    await service.has_been_seen(shop, service.reader_of(identity), room, excerpt.messages)
    if not excerpt.messages:
        return Response("", 204)
    messages = await showing.show_all(shop, excerpt.messages, identity, room)
    if query.after:
        return await rendering.render_fragment("chat/messages.html", messages=messages)
    return await rendering.render_fragment(
        "chat/older.html", messages=messages, path=path, older=_older(excerpt)
    )


async def _asked_for(shop: Shop, room: Room, query: MessageQuery) -> Excerpt:
    return await service.list_excerpt(
        shop, room, after_id=query.after, before_id=query.before, limit=query.limit
    )


async def room_variables(
    shop: Shop,
    identity: Identity,
    room: Room,
    path: str,
    *,
    customer: Customer | None,
    form: Form,
) -> dict[str, Any]:
    """What a page shows of a room. Its messages have been seen then."""
    query = forms.check_query(MessageQuery)
    excerpt = await _asked_for(shop, room, query)
    await service.has_been_seen(shop, service.reader_of(identity), room, excerpt.messages)
    return {
        "room": room.kind,
        "socket": path_of(customer) if customer else "/chat",
        "heading": _heading(identity, customer),
        "messages": await showing.show_all(shop, excerpt.messages, identity, room),
        "older": _older(excerpt),
        "newest": excerpt.messages[-1].id if excerpt.messages else None,
        "is_latest": not excerpt.has_newer,
        "presence": shop.part(Presence).seen_from(room, by_staff=identity.is_staff),
        **form_variables(shop, identity, room, path, form),
    }


def form_variables(
    shop: Shop, identity: Identity, room: Room, path: str, form: Form
) -> dict[str, Any]:
    """What the form to write with shows. Sent twice, its client_id makes it one message."""
    return {
        "path": path,
        "form": form,
        "client_id": form.value("client_id") or secrets.token_hex(12),
        "max_length": shop.settings.chat.max_length,
        "is_staff": identity.is_staff,
        "asks_whom": identity.is_staff and room == GENERAL,
    }


def _heading(identity: Identity, customer: Customer | None) -> str:
    if customer is None:
        return _("Asked in public")
    return customer.full_name if identity.is_staff else _("Only you and us")


def _older(excerpt: Excerpt) -> str | None:
    return excerpt.messages[0].id if excerpt.has_older and excerpt.messages else None
