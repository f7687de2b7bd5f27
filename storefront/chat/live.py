"""The sockets ``/chat``, ``/chat/<email>`` and ``/staff/chat``, as docs/chat.md describes them."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from quart import Blueprint, websocket

from storefront.accounts import service as accounts
from storefront.accounts import sessions
from storefront.accounts.session_cache import SessionCache
from storefront.chat import service, store
from storefront.chat.broker import TRY_AGAIN_LATER, Broker, Delivery, Listener
from storefront.chat.model import EVERYTHING, GENERAL, Channel, Customer, Message, Room, own_room
from storefront.chat.presence import Presence
from storefront.chat.schemas import NewMessage
from storefront.chat.sockets import JSON, Speech, chosen_protocol, speech_for
from storefront.database import PyMongoError
from storefront.errors import (
    ShopError,
    TooManyRequestsError,
    UnavailableError,
    ValidationError,
)
from storefront.localisation import gettext as _
from storefront.shop import Shop
from storefront.web import failures, forms
from storefront.web.cookies import current_shop
from storefront.web.identity import Identity, require_identity, signed_in, staff_only
from storefront.web.measuring import SEND

log = logging.getLogger(__name__)

blueprint = Blueprint("chat_live", __name__)

READ_AT_ONCE = 200
SESSIONS_CHECKED_EVERY_SECONDS = 2.0
CLOSING_SECONDS = 2.0

# Close codes (RFC 6455, 7.4.1). Pages come back by themselves after 1011 to 1013, not after 1008.
SESSION_OVER = 1008
FAILED = 1011
DECIDE_AGAIN = 1012


@blueprint.websocket("/chat")
@signed_in
async def general() -> None:
    """The general channel."""
    await _serve(GENERAL, None)


@blueprint.websocket("/chat/<email>")
@signed_in
async def own(email: str) -> None:
    """One customer's own conversation."""
    customer = await service.customer_at(current_shop(), require_identity(), email)
    await _serve(own_room(customer.user_id), customer)


@blueprint.websocket("/staff/chat")
@staff_only
async def everything() -> None:
    """All conversations, for staff."""
    await _serve(EVERYTHING, None)


async def _serve(room: Room, customer: Customer | None) -> None:
    """Talk until one side leaves, and close with a code that tells why."""
    shop, identity = current_shop(), require_identity()
    since = await _since(shop, room)
    claims = sessions.current_claims()
    await websocket.accept(subprotocol=chosen_protocol())
    with contextlib.ExitStack() as stack:
        listener = Listener(room, identity, claims.expires_at)
        speech = speech_for(shop, listener)
        try:
            stack.enter_context(shop.part(Broker).joined(listener))
        except (TooManyRequestsError, UnavailableError) as problem:
            await websocket.send(speech.problem(problem, None))
            await websocket.close(TRY_AGAIN_LATER, problem.name)
            return
        code, reason = await _talk(shop, listener, speech, since=since, customer=customer)
        # To a client that reads nothing the last words cannot be sent either.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(websocket.close(code, reason), CLOSING_SECONDS)


async def _since(shop: Shop, room: Room) -> Message | None:
    """The message that ``after`` names. A page begins anew where it names none of this room."""
    message_id = websocket.args.get("after")
    if not message_id:
        return None
    message = await service.find_in(shop, room, message_id)
    if message is None and chosen_protocol() == JSON:
        raise ValidationError.of("after", _("There is no such message here."))
    return message


async def _talk(
    shop: Shop,
    listener: Listener,
    speech: Speech,
    *,
    since: Message | None,
    customer: Customer | None,
) -> tuple[int, str]:
    """Send and receive until something ends it; returns the close code and its reason."""
    sending = asyncio.create_task(_send(shop, listener, speech, since))
    receiving = asyncio.create_task(_receive(shop, listener, speech, customer))
    tasks = (sending, receiving)
    try:
        first: set[asyncio.Future[Any]] = {*tasks, listener.ended}
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done() and (error := task.exception()):
                return await _failed(error)
        return listener.ended.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _failed(error: BaseException) -> tuple[int, str]:
    if not isinstance(error, Exception):
        raise error
    problem = failures.as_shop_error(error)
    await failures.record(problem, error)
    return FAILED, problem.name


async def _send(shop: Shop, listener: Listener, speech: Speech, since: Message | None) -> None:
    """History up to where the listener joined, then what comes."""
    say = _sender()
    await _send_history(shop, listener, speech, since)
    while True:
        item = await listener.queue.get()
        if isinstance(item, Delivery):
            if since and item.message.seq <= since.seq:
                continue  # The client knew before the change feed told us.
            await say(await speech.message(item))
            if service.is_worth_noting(listener.reader, listener.room, item.message):
                await _note_seen(shop, listener, (item.message,))
        else:
            await say(await speech.sign(item))


async def _send_history(
    shop: Shop, listener: Listener, speech: Speech, since: Message | None
) -> None:
    room, say = listener.room, _sender()
    last = await store.last_position(shop, room)
    position = room.position(since) if since else max(0, last - service.LATEST)
    is_continued = since is not None
    while True:
        upto = min(position + READ_AT_ONCE, last)
        found = await store.list_messages(shop, room, position, upto)
        # What came after the listener joined is on its way through the queue.
        messages = [message for message in found if message.seq <= listener.seq]
        for text in await speech.history(messages, is_continued=is_continued):
            await say(text)
        await _note_seen(shop, listener, messages)
        position, is_continued = upto, True
        if position >= last:
            return


def _sender() -> Callable[[str], Awaitable[None]]:
    """What sends a text over the current socket, which was accepted; an empty one is not sent.

    By the server's own ``send``: Quart's goes around the event loop first and asks whether the
    socket was accepted, for every text, which is a third of what a broadcast costs.
    """
    send = cast("Mapping[str, Any]", websocket.scope)[SEND]

    async def say(text: str) -> None:
        if text:
            await send({"type": "websocket.send", "text": text})

    return say


async def _note_seen(shop: Shop, listener: Listener, messages: Any) -> None:
    """What cannot be noted now is noted with the next message or page."""
    with contextlib.suppress(PyMongoError):
        await service.has_been_seen(shop, listener.reader, listener.room, messages)


async def _receive(
    shop: Shop, listener: Listener, speech: Speech, customer: Customer | None
) -> None:
    """Store what the client sends; what cannot be stored is answered with the reason."""
    say = _sender()
    while True:
        frame = await websocket.receive()
        client_id = None
        try:
            sent = _read(frame)
            client_id = sent.get("client_id") if isinstance(sent.get("client_id"), str) else None
            if sent.get("writing"):
                await shop.part(Presence).tell_writing(listener.room, listener.identity)
            else:
                await _post(shop, listener, customer, forms.check(NewMessage, sent))
        except (ShopError, PyMongoError) as error:
            problem = failures.as_shop_error(error)
            await failures.record(problem, error)
            await say(speech.problem(problem, client_id))


def _read(frame: str | bytes) -> Mapping[str, Any]:
    try:
        sent = json.loads(frame)
        forms.require_text(sent)
    except (ValueError, TypeError, RecursionError):  # An empty binary frame arrives as None.
        sent = None
    if not isinstance(sent, dict):
        raise ValidationError.of("", _("The frame is not a JSON object."))
    return sent


async def _post(
    shop: Shop, listener: Listener, customer: Customer | None, message: NewMessage
) -> None:
    identity = listener.identity
    if listener.room == GENERAL:
        await service.post_in_general(
            shop,
            identity,
            body=message.body,
            client_id=message.client_id,
            email=message.email,
        )
        return
    if customer is None:  # Staff hear all conversations here, so they name the one they mean.
        customer = await service.person_answered(shop, message.email)
    await service.post(
        shop,
        identity,
        customer=customer,
        channel=Channel.PRIVATE,
        body=message.body,
        client_id=message.client_id,
    )


async def watch_sessions(shop: Shop) -> None:
    """Run for ever: end the sockets of people who were signed out, blocked, or changed roles."""
    while True:
        await asyncio.sleep(SESSIONS_CHECKED_EVERY_SECONDS)
        for listener in shop.part(Broker).listeners():
            try:
                identity = await _still(shop, listener)
            except PyMongoError:
                break  # Nobody can be asked now; everybody stays until the next look.
            if identity is None:
                listener.end(SESSION_OVER, "session over")
            elif identity.role != listener.identity.role:
                listener.end(DECIDE_AGAIN, "role changed")
            else:
                listener.recognise(identity)


async def _still(shop: Shop, listener: Listener) -> Identity | None:
    """Who the listener's session is now; None when it is over."""
    known = listener.identity
    now = datetime.now(UTC)
    if listener.expires_at <= now:
        # It may have been used, and so prolonged, by pages since the socket was opened.
        open_sessions = await accounts.list_sessions(shop, known.user_id)
        current = next((each for each in open_sessions if each.id == known.session_id), None)
        if current is None:
            return None
        listener.expires_at = current.expires_at
    return await shop.part(SessionCache).identity(known.user_id, known.session_id)
