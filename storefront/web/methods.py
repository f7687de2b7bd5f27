"""PUT, PATCH and DELETE for plain forms, which can only POST.

A form posts to the same address with a field ``_method``. It has to be known before the address
is matched to a handler, so this is a layer of plain ASGI that looks into small form bodies.
"""

from typing import Any
from urllib.parse import parse_qs

METHODS = frozenset({"PUT", "PATCH", "DELETE"})
LARGEST_FORM_BYTES = 1_000_000
FORM = b"application/x-www-form-urlencoded"


class MethodOverride:
    """ASGI layer that turns a POST with ``_method`` into the method it names."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not _is_small_form(scope):
            await self._app(scope, receive, send)
            return
        messages = []
        body = b""
        more = True
        while more and len(body) <= LARGEST_FORM_BYTES:
            message = await receive()
            messages.append(message)
            body += message.get("body", b"")
            more = message["type"] == "http.request" and message.get("more_body", False)
        method = parse_qs(body[:LARGEST_FORM_BYTES].decode("latin-1")).get("_method", [""])[0]
        if method.upper() in METHODS:
            scope = dict(scope, method=method.upper())
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
