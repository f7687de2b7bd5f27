"""How a socket speaks: HTML fragments for pages, JSON for scripts. Both have the same forms."""

import json
from collections.abc import Sequence
from typing import Any, Protocol

from quart import websocket

from storefront.chat import showing
from storefront.chat.broker import Delivery, Listener, Sign
from storefront.chat.desk import desk_variables
from storefront.chat.model import Message
from storefront.chat.presence import Presence
from storefront.chat.schemas import message_json
from storefront.errors import ShopError
from storefront.shop import Shop
from storefront.web import failures, rendering

HTML = "storefront.html"
JSON = "storefront.json"


class Speech(Protocol):
    """What is sent for what happens; an empty text is not sent."""

    async def history(self, messages: Sequence[Message], *, is_continued: bool) -> list[str]:
        """What was there before; ``is_continued`` if the client has what came before that."""

    async def message(self, delivery: Delivery) -> str: ...

    async def sign(self, sign: Sign) -> str: ...

    def problem(self, problem: ShopError, client_id: str | None) -> str: ...


class JsonSpeech:
    """For scripts. Presence is told to who asked for it with ``?presence=1``."""

    def __init__(self, shop: Shop, listener: Listener, *, wants_presence: bool) -> None:
        self._shop = shop
        self._listener = listener
        self._wants_presence = wants_presence

    async def history(self, messages: Sequence[Message], *, is_continued: bool) -> list[str]:  # noqa: ARG002  (scripts append in any case)
        texts = [self._message(message) for message in messages]
        presence = await self.sign(Sign("presence"))
        return [*texts, presence] if presence else texts

    async def message(self, delivery: Delivery) -> str:
        knows_email = self._listener.reader.may_know_email(delivery.message)
        return delivery.form((JSON, knows_email), lambda: self._message(delivery.message))

    def _message(self, message: Message) -> str:
        shown = message_json(message, self._listener.reader)
        return json.dumps({"kind": "message", "message": shown}, ensure_ascii=False)

    async def sign(self, sign: Sign) -> str:
        if not self._wants_presence or sign.kind != "presence":
            return ""
        shown = presence_of(self._shop, self._listener)
        return json.dumps({"kind": "presence", **shown}) if shown else ""

    def problem(self, problem: ShopError, client_id: str | None) -> str:
        shown = failures.details(problem)
        if client_id:
            shown["client_id"] = client_id
        return json.dumps({"kind": "error", "problem": shown}, ensure_ascii=False)


class HtmlSpeech:
    """For pages: fragments that htmx puts where they belong."""

    def __init__(self, shop: Shop, listener: Listener) -> None:
        self._shop = shop
        self._listener = listener

    async def history(self, messages: Sequence[Message], *, is_continued: bool) -> list[str]:
        listener = self._listener
        if listener.room.kind == "all":
            return [await self._desk()]
        if not messages and not is_continued:
            return [await self.sign(Sign("presence"))]
        shown = await showing.show_all(self._shop, messages, listener.identity, listener.room)
        text = self._render("history.html", messages=shown, is_continued=is_continued)
        return [text, await self.sign(Sign("presence"))]

    async def message(self, delivery: Delivery) -> str:
        listener, message = self._listener, delivery.message
        if listener.room.kind == "all":
            return ""  # The desk shows it when the conversation has changed.
        of_orders = await showing.find_orders(self._shop, message, listener.identity)
        key = showing.form_key(message, listener.reader, listener.room, of_orders)

        def write() -> str:
            shown = showing.show(self._shop, message, listener.reader, listener.room, of_orders)
            return self._render("history.html", messages=[shown], is_continued=True)

        return delivery.form((HTML, key), write)

    async def sign(self, sign: Sign) -> str:
        if self._listener.room.kind == "all":
            return await self._desk() if sign.kind == "desk" else ""
        shown = presence_of(self._shop, self._listener)
        is_staff = self._listener.identity.is_staff
        return self._render("presence_sent.html", presence=shown, is_staff=is_staff)

    async def _desk(self) -> str:
        variables = await desk_variables(self._shop, self._listener.identity)
        return self._render("desk_sent.html", **variables)

    def problem(self, problem: ShopError, client_id: str | None) -> str:  # noqa: ARG002  (pages know which)
        return self._render("problem_sent.html", problem=problem)

    def _render(self, template: str, **variables: Any) -> str:
        return rendering.current_templates().render(f"partials/chat/{template}", **variables)


def presence_of(shop: Shop, listener: Listener) -> dict[str, Any] | None:
    """What the socket's person sees of the other side."""
    by_staff = listener.identity.is_staff
    return shop.part(Presence).seen_from(listener.room, by_staff=by_staff)


def speech_for(shop: Shop, listener: Listener) -> Speech:
    """As the client asked by subprotocol; HTML when it asked for nothing."""
    if chosen_protocol() == JSON:
        wants_presence = websocket.args.get("presence") == "1"
        return JsonSpeech(shop, listener, wants_presence=wants_presence)
    return HtmlSpeech(shop, listener)


def chosen_protocol() -> str | None:
    """The first of the client's subprotocols that we speak."""
    offered = websocket.requested_subprotocols
    return next((each for each in offered if each in {HTML, JSON}), None)
