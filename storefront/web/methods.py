"""PUT, PATCH and DELETE for plain forms, which can only POST.

A form posts to the same address with a field ``_method``. It has to be known before the address
is matched to a handler, so this is a layer of plain ASGI that looks into small form bodies.
"""

import asyncio
import re
from typing import Any

LARGEST_FORM_BYTES = 500_000
LONGEST_WAIT_SECONDS = 20
FORM = b"application/x-www-form-urlencoded"
_METHOD = re.compile(rb"(?:^|&)_method=(PUT|PATCH|DELETE)(?:&|$)", re.IGNORECASE)


class MethodOverride:
    """ASGI layer that turns a POST with ``_method`` into the method it names."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not _is_small_form(scope):
            await self._app(scope, receive, send)
            return
        messages: list[Any] = []
        body = bytearray()
        more = True
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                while more and len(body) <= LARGEST_FORM_BYTES:
                    message = await receive()
                    messages.append(message)
                    body += message.get("body", b"")
                    more = message["type"] == "http.request" and message.get("more_body", False)
        except TimeoutError:
            pass  # The framework has a patience of its own for what is still to come.
        named = _METHOD.search(body)
        if named:
            scope = dict(scope, method=named[1].decode().upper())
        replay = iter(messages)

        async def receive_again() -> Any:
            return next(replay, None) or await receive()

        await self._app(scope, receive_again, send)


def _is_small_form(scope: Any) -> bool:
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    return (
        headers.get(b"content-type", b"").partition(b";")[0].strip().lower() == FORM
        and length.isdigit()
        and int(length) <= LARGEST_FORM_BYTES
    )
