"""Shapes of the chat's forms and JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from storefront.carts.schemas import moment_json
from storefront.chat.model import Conversation, Excerpt, Message, Reader
from storefront.database import object_id
from storefront.localisation import gettext as _
from storefront.web.forms import FieldProblem


def _message_id(value: object) -> object:
    if object_id(value) is None:
        raise FieldProblem(_("This is no message's id."))
    return value


MessageId = Annotated[str, BeforeValidator(_message_id)]


class NewMessage(BaseModel):
    """What somebody writes. Who they are is known from their session alone."""

    body: str = Field(description="Plain text.")
    client_id: str | None = Field(
        None, description="Chosen by the sender; a message sent again with it is stored once."
    )
    email: str | None = Field(
        None, description="From staff in the general channel: the person answered."
    )


class MessageQuery(BaseModel):
    """Which messages of the room: the latest, or those next to an id."""

    after: MessageId | None = Field(None, description="Those that came after this message.")
    before: MessageId | None = Field(None, description="Those that came before this message.")
    limit: int = Field(50, ge=1, le=100, description="How many at most.")


class MessageOut(BaseModel):
    """A question (``user``) or an answer (``system``, whose email is the person answered)."""

    id: str
    email: str | None = Field(description="Null for who is neither that person nor staff.")
    type: Literal["user", "system"]
    channel: Literal["general", "private"]
    author: str = Field(description="A display name.")
    body: str
    created_at: datetime
    client_id: str | None


class MessagesOut(BaseModel):
    """Oldest first. ``next`` goes on in the same direction: into ``after`` where that was given,
    else into ``before``; null at the end."""

    items: list[MessageOut]
    next: str | None


class ConversationOut(BaseModel):
    """Somebody who has asked; ``unread`` counts the questions that no staff have seen."""

    email: str
    full_name: str
    unread: int
    last_message: MessageOut


def message_json(message: Message, reader: Reader) -> dict[str, Any]:
    """The message as `MessageOut` describes it, for this reader."""
    return {
        "id": message.id,
        "email": message.email if reader.may_know_email(message) else None,
        "type": message.type.value,
        "channel": message.channel.value,
        "author": message.author,
        "body": message.body,
        "created_at": moment_json(message.created_at),
        "client_id": message.sent_as,
    }


def excerpt_json(excerpt: Excerpt, reader: Reader, *, forward: bool) -> dict[str, Any]:
    """The messages as `MessagesOut` describes them; ``forward``: listed by ``after``."""
    messages = excerpt.messages
    following = None
    if forward and excerpt.has_newer and messages:
        following = messages[-1].id
    elif not forward and excerpt.has_older and messages:
        following = messages[0].id
    return {"items": [message_json(each, reader) for each in messages], "next": following}


def conversation_json(conversation: Conversation, reader: Reader) -> dict[str, Any]:
    """The conversation as `ConversationOut` describes it."""
    return {
        "email": conversation.email,
        "full_name": conversation.full_name,
        "unread": conversation.unread,
        "last_message": message_json(conversation.last, reader),
    }


class NewState(BaseModel):
    """What staff make of a conversation."""

    state: Literal["open", "done"]


class NewCannedAnswer(BaseModel):
    """Words that staff use often."""

    title: str = Field(min_length=1, max_length=60)
    body: str = Field(min_length=1, max_length=10_000)
