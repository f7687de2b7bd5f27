"""ASGI layer of a worker that leaves: nobody is left without an answer.

Requests under way have some seconds to finish; those that have not begun to answer by then get
503. WebSockets are closed at once as "going away", upon which clients come back to another worker.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

_GOING_AWAY = 1001
_RETRY_AFTER_SECONDS = b"5"


@dataclass(eq=False)
class _Request:
    task: asyncio.Task[Any] | None
    has_begun: bool = False
    is_late: bool = False


class Draining:
    """``leaving`` is done when the worker is told to stop; from then on it has ``seconds``."""

    def __init__(self, app: Any, leaving: asyncio.Future[None], *, seconds: float) -> None:
        self._app = app
        self._leaving = leaving
        self._unanswered: set[_Request] = set()
        loop = asyncio.get_running_loop()
        leaving.add_done_callback(lambda _: loop.call_later(seconds, self._give_up))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._app(scope, self._until_leaving(receive, send), send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        request = _Request(asyncio.current_task())

        async def send_and_note(message: Any) -> None:
            if not request.has_begun:
                request.has_begun = True
                self._unanswered.discard(request)
            await send(message)

        self._unanswered.add(request)
        try:
            await self._app(scope, receive, send_and_note)
        except asyncio.CancelledError:
            if not request.is_late or request.has_begun:
                raise
            await _refuse(send)
        finally:
            self._unanswered.discard(request)

    def _give_up(self) -> None:
        for request in tuple(self._unanswered):
            if request.task:
                request.is_late = True
                request.task.cancel()

    def _until_leaving(self, receive: Any, send: Any) -> Any:
        async def receive_or_leave() -> Any:
            receiving = asyncio.ensure_future(receive())
            first: set[asyncio.Future[Any]] = {receiving, self._leaving}
            try:
                await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
                if receiving.done():
                    return receiving.result()
            finally:
                receiving.cancel()
            await send({"type": "websocket.close", "code": _GOING_AWAY, "reason": None})
            return {"type": "websocket.disconnect", "code": _GOING_AWAY}

        return receive_or_leave


async def _refuse(send: Any) -> None:
    """In the plainest words: whatever would word it better may be what keeps us waiting."""
    body = b"The shop is restarting. Please try again in a few seconds."
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", _RETRY_AFTER_SECONDS),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
