"""The chat as JSON."""

from typing import Any

from quart import Blueprint, Response, jsonify
from quart_schema import (
    document_querystring,
    document_request,
    document_response,
    security_scheme,
    tag,
)

from storefront.chat import service
from storefront.chat.model import GENERAL, Channel, Message, Room, own_room
from storefront.chat.schemas import (
    ConversationOut,
    MessageOut,
    MessageQuery,
    MessagesOut,
    NewMessage,
    conversation_json,
    excerpt_json,
    message_json,
)
from storefront.web import forms
from storefront.web.cookies import current_shop
from storefront.web.identity import require_identity, signed_in, staff_only

blueprint = Blueprint("chat_api", __name__, url_prefix="/api/v1")
SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}]


@blueprint.after_request
async def keep_private(response: Response) -> Response:
    """What people say to each other is for nobody's cache."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


@blueprint.get("/chat")
@signed_in
@tag(["chat"])
@security_scheme(SIGNED_IN)
@document_querystring(MessageQuery)
@document_response(MessagesOut)
async def list_general() -> Any:
    """List messages of the general channel.

    Oldest first: the latest ones, or those next to `after` or `before`. `next` goes on in the
    same direction: into `after` where you gave it, else into `before`. Live, the same messages
    come over the WebSocket `/chat` (see docs/chat.md).
    """
    return await _list(GENERAL)


@blueprint.post("/chat")
@signed_in
@tag(["chat"])
@security_scheme(SIGNED_IN)
@document_request(NewMessage)
@document_response(MessageOut, 201)
async def post_in_general() -> Any:
    """Ask in public, or as staff answer in public.

    Staff name in `email` the person answered. Choose a `client_id` to send again safely: the
    same one is stored once, and answered with the first message.
    """
    new = await forms.json_body(NewMessage)
    message = await service.post_in_general(
        current_shop(),
        require_identity(),
        body=new.body,
        client_id=new.client_id,
        email=new.email,
    )
    return _created(message)


@blueprint.get("/chat/<email>")
@signed_in
@tag(["chat"])
@security_scheme(SIGNED_IN)
@document_querystring(MessageQuery)
@document_response(MessagesOut)
async def list_own(email: str) -> Any:
    """List one customer's questions, public and private, with the answers.

    For that customer and for staff; anybody else is answered `forbidden`, whether or not the
    address has an account.
    """
    customer = await service.customer_at(current_shop(), require_identity(), email)
    return await _list(own_room(customer.user_id))


@blueprint.post("/chat/<email>")
@signed_in
@tag(["chat"])
@security_scheme(SIGNED_IN)
@document_request(NewMessage)
@document_response(MessageOut, 201)
async def post_in_own(email: str) -> Any:
    """Ask in private, or as staff answer this customer in private."""
    shop, identity = current_shop(), require_identity()
    customer = await service.customer_at(shop, identity, email)
    new = await forms.json_body(NewMessage)
    message = await service.post(
        shop,
        identity,
        customer=customer,
        channel=Channel.PRIVATE,
        body=new.body,
        client_id=new.client_id,
    )
    return _created(message)


@blueprint.get("/conversations")
@staff_only
@tag(["chat", "staff"])
@security_scheme(SIGNED_IN)
@document_response(list[ConversationOut])
async def list_conversations() -> Any:
    """List everybody who has asked, newest question first. Staff only."""
    reader = service.reader_of(require_identity())
    found = await service.list_conversations(current_shop())
    return jsonify([conversation_json(each, reader) for each in found])


async def _list(room: Room) -> Any:
    query = forms.check_query(MessageQuery)
    shop, reader = current_shop(), service.reader_of(require_identity())
    excerpt = await service.list_excerpt(
        shop, room, after_id=query.after, before_id=query.before, limit=query.limit
    )
    return jsonify(excerpt_json(excerpt, reader, forward=query.after is not None))


def _created(message: Message) -> Response:
    reader = service.reader_of(require_identity())
    response: Response = jsonify(message_json(message, reader))
    response.status_code = 201
    return response
