"""What the shop is measured against: the same bytes from the same server, and nothing else."""

import asyncio
import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

from quart import Quart, websocket

ANSWERS = "BENCHMARK_ANSWERS"


def create_app() -> Any:
    """A raw ASGI application; ``/<case>`` answers what the shop answered in that case."""
    answers = {
        f"/{case}": (
            {
                "type": "http.response.start",
                "status": each["status"],
                "headers": [(name.encode(), value.encode()) for name, value in each["headers"]],
            },
            {"type": "http.response.body", "body": b64decode(each["body"])},
        )
        for case, each in json.loads(Path(os.environ[ANSWERS]).read_text()).items()
    }
    ready = (
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]},
        {"type": "http.response.body", "body": b""},
    )

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        start, body = answers.get(scope["path"], ready)
        await send(start)
        await send(body)

    return app


def create_broadcast() -> Quart:
    """The smallest chat that Quart makes: what anybody sends, everybody hears."""
    app = Quart(__name__)
    queues: set[asyncio.Queue[str | bytes]] = set()

    @app.get("/health/ready")
    async def ready() -> str:
        return "ready"

    @app.websocket("/chat")
    async def chat() -> None:
        queue: asyncio.Queue[str | bytes] = asyncio.Queue()
        queues.add(queue)

        async def tell() -> None:
            while True:
                await websocket.send(await queue.get())

        telling = asyncio.create_task(tell())
        try:
            while True:
                text = await websocket.receive()
                for each in queues:
                    each.put_nowait(text)
        finally:
            queues.discard(queue)
            telling.cancel()

    return app
