"""What can be done in the chat: the slice's door for pages, API, sockets and the back office."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from storefront.accounts import service as accounts
from storefront.chat import store
from storefront.chat.model import (
    EVERYTHING,
    Answering,
    Channel,
    Conversation,
    Customer,
    Excerpt,
    Message,
    Reader,
    Room,
    State,
    display_name,
    plain_text,
)
from storefront.chat.unread import UnreadCounts
from storefront.chat.writing import Writer
from storefront.errors import ForbiddenError, NotFoundError, TooManyRequestsError, ValidationError
from storefront.localisation import gettext as _
from storefront.localisation import ngettext
from storefront.shop import Shop
from storefront.web import limits
from storefront.web.identity import Identity

LATEST = 50
LONGEST_CLIENT_ID = 64
# How long an answer may stay unseen before it is mailed; what comes meanwhile goes along.
DIGEST_AFTER = timedelta(minutes=3)
ANSWERING_FOR = timedelta(seconds=90)


def reader_of(identity: Identity) -> Reader:
    return Reader(identity.user_id, identity.is_staff)


async def customer_at(shop: Shop, identity: Identity, email: str) -> Customer:
    """Whose conversation stands at ``email``: their own for a customer, anybody's for staff.

    ForbiddenError for a customer who names another address, whether or not it has an account;
    NotFoundError for staff when it has none.
    """
    if not identity.is_staff:
        if email.strip().casefold() != identity.email.casefold():
            raise ForbiddenError(_("You can only see your own conversation."))
        return customer_of(identity)
    user = await accounts.find_user_by_email(shop, email)
    if user is None:
        raise NotFoundError(_("Nobody with this email has an account."))
    return Customer(user.id, user.email, user.full_name)


def customer_of(identity: Identity) -> Customer:
    return Customer(identity.user_id, identity.email, identity.full_name)


async def post_in_general(
    shop: Shop, author: Identity, *, body: str, client_id: str | None, email: str | None
) -> Message:
    """Ask in public, or as staff answer in public the person whose ``email`` it is.

    ValidationError, TooManyRequestsError. The same client_id again: the first message.
    """
    if author.is_staff:
        customer = await person_answered(shop, email)
    else:
        customer = customer_of(author)
    return await post(
        shop,
        author,
        customer=customer,
        channel=Channel.GENERAL,
        body=body,
        client_id=client_id,
    )


async def person_answered(shop: Shop, email: str | None) -> Customer:
    """The person whom staff name by ``email``; ValidationError when there is none."""
    if not email:
        raise ValidationError.of("email", _("Say whom you are answering."))
    user = await accounts.find_user_by_email(shop, email)
    if user is None:
        raise ValidationError.of("email", _("Nobody with this email has an account."))
    return Customer(user.id, user.email, user.full_name)


async def post(
    shop: Shop,
    author: Identity,
    *,
    customer: Customer,
    channel: Channel,
    body: str,
    client_id: str | None = None,
) -> Message:
    """Store a question of the customer, or an answer of staff to them.

    ValidationError, TooManyRequestsError. The same client_id again: the first message, and
    nothing is counted or stored.
    """
    text = _checked_body(shop, body)
    key = _checked_client_id(client_id)
    rate = shop.settings.limits.chat
    try:
        await limits.take_one(shop, "chat", rate, author.user_id)
    except TooManyRequestsError:
        if key and (sent := await store.find_sent(shop, author.user_id, key)):
            return sent
        raise
    writer = shop.part(Writer)
    message, is_new = await writer.store(author, customer, channel, body=text, client_id=key)
    if not is_new:
        await limits.give_back(shop, "chat", author.user_id)
        return message
    await settle(shop, message)
    return message


def _checked_body(shop: Shop, body: str) -> str:
    text = plain_text(body)
    if not text:
        raise ValidationError.of("body", _("Please write something."))
    _refuse_longer("body", text, shop.settings.chat.max_length)
    return text


def _checked_client_id(client_id: str | None) -> str | None:
    _refuse_longer("client_id", client_id or "", LONGEST_CLIENT_ID)
    return client_id or None


def _refuse_longer(field: str, text: str, most: int) -> None:
    if len(text) > most:
        words = ngettext(
            "Please use at most %(most)d character.",
            "Please use at most %(most)d characters.",
            most,
        )
        raise ValidationError.of(field, words % {"most": most})


async def settle(shop: Shop, message: Message) -> None:
    """Let the conversation follow a message that is stored. May be repeated."""
    digest_at = message.created_at + DIGEST_AFTER
    await store.update_conversation(shop, message, digest_at=digest_at)
    shop.part(UnreadCounts).forget(message.user_id)


async def list_excerpt(
    shop: Shop,
    room: Room,
    *,
    after_id: str | None = None,
    before_id: str | None = None,
    limit: int = LATEST,
) -> Excerpt:
    """The messages next to and after the one, next to and before the other, or the latest.

    With both, those that follow the one, up to the other. ValidationError at ``after`` or
    ``before`` if there is no such message in the room.
    """
    last = await store.last_position(shop, room)
    end = last
    if before_id:
        end = room.position(await _found(shop, room, before_id, "before")) - 1
    if after_id:
        above = room.position(await _found(shop, room, after_id, "after"))
        upto = min(above + limit, end)
        last = end
    else:
        above, upto = max(0, end - limit), end
    messages = await store.list_messages(shop, room, above, upto)
    return Excerpt(messages, has_older=above > 0, has_newer=upto < last)


async def _found(shop: Shop, room: Room, message_id: str, field: str) -> Message:
    message = await store.find_message(shop, message_id)
    if message is None or not room.holds(message):
        raise ValidationError.of(field, _("There is no such message here."))
    return message


async def find_in(shop: Shop, room: Room, message_id: str) -> Message | None:
    """The message if it can be read in this room."""
    message = await store.find_message(shop, message_id)
    return message if message and room.holds(message) else None


async def has_been_seen(
    shop: Shop, reader: Reader, room: Room, messages: Sequence[Message]
) -> None:
    """Take note that the reader sees these messages of the room now.

    Staff see questions, wherever they open a customer's own conversation; a customer sees the
    answers that were given to them.
    """
    noted = [each for each in messages if is_worth_noting(reader, room, each)]
    if not noted:
        return
    if reader.is_staff:
        questions = max(each.so_far.questions for each in messages)
        await store.mark_read_by_staff(shop, room.user_id, questions)
        return
    newest = noted[-1].so_far
    # In the general channel one has not seen what was answered in private.
    seen = replace(newest, private_answers=0) if room.kind == "general" else newest
    await store.mark_read_by_customer(shop, reader.user_id, seen)
    shop.part(UnreadCounts).forget(reader.user_id)


def is_worth_noting(reader: Reader, room: Room, message: Message) -> bool:
    """Whether anybody waits for this reader to see this message of the room."""
    if reader.is_staff:
        return room.kind == "own" and not message.is_answer
    return message.is_answer and message.user_id == reader.user_id


async def count_waiting(shop: Shop) -> int:
    """How many conversations have a question without an answer."""
    return await store.count_open(shop)


async def find_conversation(shop: Shop, user_id: str) -> Conversation | None:
    return await store.find_conversation(shop, user_id)


async def list_conversations(shop: Shop) -> list[Conversation]:
    """Everybody who has asked; newest question first. Reads them all."""
    return await store.list_all_asked(shop)


async def newest_conversations(shop: Shop, limit: int = LATEST) -> list[Conversation]:
    """Those with the newest questions, newest first; looks back further until there are enough."""
    last = await store.last_position(shop, EVERYTHING)
    span = limit * 4
    found: list[Conversation] = []
    upto = last
    while upto > 0 and len(found) < limit:
        found += await store.list_asked(shop, upto - span, upto)
        upto -= span
        span *= 4
    return found[:limit]


async def mark_done(shop: Shop, user_id: str) -> None:
    """Nothing more is to be said; the next question opens the conversation again."""
    await store.update_state(shop, user_id, State.DONE)
    await store.update_answering(shop, user_id, None)
    shop.part(UnreadCounts).forget(user_id)


async def reopen(shop: Shop, user_id: str) -> None:
    await store.update_state(shop, user_id, State.OPEN)
    shop.part(UnreadCounts).forget(user_id)


async def take_up(shop: Shop, staff: Identity, conversation: Conversation) -> str | None:
    """Let colleagues see that ``staff`` is at this conversation; or, when one of them is at it
    already, return that one's name."""
    now = datetime.now(UTC)
    colleague = conversation.answered_by_other(staff.user_id, now)
    if colleague is None:
        answering = Answering(staff.user_id, display_name(staff.full_name), now + ANSWERING_FOR)
        await store.update_answering(shop, conversation.user_id, answering)
    return colleague
