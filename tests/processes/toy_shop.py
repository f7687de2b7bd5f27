"""A shop small enough to be killed many times a minute."""

import asyncio
import logging
import os
import sys
from pathlib import Path

from quart import Quart, websocket

from storefront import logs, serving_pings


def create_app() -> Quart:
    app = Quart(__name__)
    notes = Path(os.environ["TOY_NOTES"])

    @app.get("/worker")
    async def worker() -> str:
        return str(os.getpid())

    @app.get("/log")
    async def write_log() -> str:
        logs.request_id.set("ab12")
        logs.user_id.set("65f0")
        logging.getLogger("toy").warning("ada@example.com was refused")
        return "logged"

    @app.get("/slow")
    async def slow() -> str:
        (notes / "slow-began").touch()
        await asyncio.sleep(float(os.environ.get("TOY_SECONDS", "1")))
        return "done"

    @app.websocket("/chat")
    async def chat() -> None:
        try:
            await websocket.send("welcome")
            while True:
                await websocket.receive()
        finally:
            (notes / "chat-left").touch()

    @app.after_serving
    async def close() -> None:
        (notes / f"closed-{os.getpid()}").touch()

    return app


def create_app_that_pings_often() -> Quart:
    serving_pings.EVERY_SECONDS = 0.3
    return create_app()


def create_broken_app() -> Quart:
    raise RuntimeError("the shop's mail folder is on fire")


def create_app_that_fails_to_start() -> Quart:
    app = Quart(__name__)

    @app.before_serving
    async def fail() -> None:
        raise RuntimeError("the database is on the moon")

    return app


def create_app_that_starts_slowly() -> Quart:
    app = Quart(__name__)

    @app.before_serving
    async def wait_for_the_database() -> None:
        (Path(os.environ["TOY_NOTES"]) / f"starting-{os.getpid()}").touch()
        await asyncio.sleep(60)

    return app


def main() -> int:
    """Serve as `storefront serve` does: HOST PORT WORKERS APP DRAIN_SECONDS."""
    from storefront.serving import ServingError, listen, serve  # noqa: PLC0415 - workers need not

    host, port, workers, app, drain_seconds = sys.argv[1:]
    try:
        listener = listen(host, int(port))
    except ServingError as error:
        sys.exit(str(error))
    return serve(
        listener,
        workers=int(workers),
        app=f"toy_shop:{app}",
        drain_seconds=float(drain_seconds),
    )


if __name__ == "__main__":
    sys.exit(main())
