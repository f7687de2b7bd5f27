"""Messages, the rooms in which they are read, and who may see what of them.

Each message has three positions: ``seq`` counts all messages, ``general`` those of the general
channel, ``place`` those of one customer's own conversation. Whoever stores a message gives it the
position after the newest one that can be read; of two who do so at once, the unique index lets one
through, and the other looks again. So positions follow the order of commit and have no gaps, and
a process that dies leaves neither a lock nor a hole behind, as a transaction over a counter would
for a minute. "The latest fifty", "before this one" and "since then" are narrow ranges of integers
whatever the size of the collection, and whoever has seen position 7 and gets 9 knows that 8 is
missing.
"""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal


class MessageType(StrEnum):
    QUESTION = "user"
    ANSWER = "system"


class Channel(StrEnum):
    GENERAL = "general"
    PRIVATE = "private"


class State(StrEnum):
    """Of a conversation, as staff see it."""

    OPEN = "open"
    ANSWERED = "answered"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Customer:
    """The person whose conversation it is. ``email`` is shown; the id decides."""

    user_id: str
    email: str
    full_name: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of each kind a conversation holds up to and with one of its messages.

    Who has seen a message has seen so many; what is unread is a difference of two tallies.
    """

    questions: int = 0
    private_answers: int = 0
    general_answers: int = 0

    def with_one(self, type_: MessageType, channel: Channel) -> "Tally":
        """The tally after one more message."""
        if type_ is MessageType.QUESTION:
            return replace(self, questions=self.questions + 1)
        if channel is Channel.GENERAL:
            return replace(self, general_answers=self.general_answers + 1)
        return replace(self, private_answers=self.private_answers + 1)


@dataclass(frozen=True, slots=True)
class Message:
    """A question or an answer. ``user_id``, ``email`` and ``full_name`` are the customer's, as is
    the conversation; ``author`` is a display name. ``client_id`` is the message's own id where
    its sender chose none."""

    id: str
    seq: int
    general: int
    place: int
    user_id: str
    email: str
    full_name: str
    type: MessageType
    channel: Channel
    body: str
    author: str
    author_id: str
    client_id: str
    so_far: Tally
    created_at: datetime

    @property
    def name(self) -> str:
        """The customer's display name."""
        return display_name(self.full_name)

    @property
    def is_answer(self) -> bool:
        return self.type is MessageType.ANSWER

    @property
    def sent_as(self) -> str | None:
        """The client_id that its sender chose."""
        return self.client_id if self.client_id != self.id else None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: what decides what they see."""

    user_id: str
    is_staff: bool

    def may_know_email(self, message: Message) -> bool:
        return self.is_staff or message.user_id == self.user_id


@dataclass(frozen=True, slots=True)
class Room:
    """Messages that are read together: the general channel, one customer's own, or all."""

    kind: Literal["general", "own", "all"]
    user_id: str = ""

    def holds(self, message: Message) -> bool:
        if self.kind == "general":
            return message.channel is Channel.GENERAL
        return self.kind == "all" or message.user_id == self.user_id

    def position(self, message: Message) -> int:
        """Where the message stands among those of this room."""
        if self.kind == "general":
            return message.general
        return message.seq if self.kind == "all" else message.place


GENERAL = Room("general")
EVERYTHING = Room("all")


def own_room(user_id: str) -> Room:
    return Room("own", user_id)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Messages of a room, oldest first, and whether there are others on either side."""

    messages: tuple[Message, ...]
    has_older: bool
    has_newer: bool


@dataclass(frozen=True, slots=True)
class Answering:
    """The member of staff who has a conversation open to answer it."""

    user_id: str
    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    """One customer's conversation as staff see it; ``asked_seq`` is the newest question's, 0 before
    the first. ``unread`` counts the questions that no member of staff has seen."""

    user_id: str
    email: str
    full_name: str
    state: State
    unread: int
    asked_seq: int
    last: Message
    answering: Answering | None

    @property
    def customer(self) -> Customer:
        return Customer(self.user_id, self.email, self.full_name)

    def answered_by_other(self, user_id: str, now: datetime) -> str | None:
        """The name of a colleague of ``user_id`` who is at it now."""
        at_it = self.answering
        is_other = at_it is not None and at_it.user_id != user_id and at_it.until > now
        return at_it.name if at_it and is_other else None


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """Words that staff use often."""

    id: str
    title: str
    body: str


def display_name(full_name: str) -> str:
    """How others see a person: the first name and the last one's initial, as in ``Ada L.``."""
    words = full_name.split()
    if not words:
        return "?"
    # Somebody who gave an address for a name has not agreed to its being shown.
    first = words[0].partition("@")[0] or "?"
    return f"{first} {words[-1][0].upper()}." if len(words) > 1 else first


def plain_text(text: str) -> str:
    """``text`` without what could not be seen: control characters and outer blanks."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in lines if each in "\n\t" or not _is_invisible(each)).strip()


def _is_invisible(character: str) -> bool:
    """Controls, and the marks that turn the direction of what follows to deceive the reader."""
    return unicodedata.category(character) in {"Cc", "Cs"} or character in _DIRECTION_MARKS


_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
