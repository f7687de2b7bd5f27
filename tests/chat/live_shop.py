"""The shop served by several real workers, and clients with real sockets that keep a log."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pymongo
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from storefront import settings
from storefront.database import Database
from storefront.shop import Shop
from tests.chat.people import Person

STOREFRONT = Path(sys.executable).with_name("storefront")
FAILED_TO_CONNECT = (OSError, InvalidHandshake, TimeoutError)


@dataclass
class LiveShop:
    """A served shop; ``inside`` reads and writes its database without it."""

    port: int
    process: subprocess.Popen[bytes]
    inside: Shop

    def address(self, path: str) -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serve(
    database_url: str, folder: Path, *, workers: int = 2, **changes: str
) -> Iterator[LiveShop]:
    """Serve an empty shop of its own on the database server."""
    port = free_port()
    variables = {
        "STOREFRONT_ENV": "test",
        "STOREFRONT_DATABASE__URL": database_url,
        "STOREFRONT_DATABASE__NAME": f"chat_{secrets.token_hex(4)}",
        "STOREFRONT_MAIL__FOLDER": str(folder / "mail"),
        "STOREFRONT_SERVER__PORT": str(port),
        "STOREFRONT_SERVER__WORKERS": str(workers),
        **changes,
    }
    values = settings.load(variables)
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [STOREFRONT, "serve"], env=os.environ | variables, stdout=log, stderr=log
        )
    try:
        _wait_until_ready(port, workers, process, folder / "serve.log")
        database = Database(database_url, values.database.name)
        try:
            yield LiveShop(port, process, Shop(values, database))
        finally:
            database.close()
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_ready(port: int, workers: int, process: Any, log: Path) -> None:
    deadline = time.monotonic() + 90
    shop = LiveShop(port, process, None)  # type: ignore[arg-type]
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            answer = httpx.get(f"http://127.0.0.1:{port}/health/ready")
            if answer.status_code == 200 and len(shop.workers()) == workers:
                return
        time.sleep(0.1)
    raise AssertionError(f"The shop did not become ready:\n{log.read_text()}")


@dataclass
class OwnDatabase:
    """A database server that a test may kill and start again."""

    port: int
    path: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet=secantus"

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                Path(sys.executable).with_name("secantusd-py"),
                *("--host", "127.0.0.1", "--port", str(self.port), "--cache-size", "256M"),
                *("--storage-path", self.path, "--log-level", "ERROR", "--sync-on-commit"),
            ]
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                with pymongo.MongoClient(self.url, serverSelectionTimeoutMS=500) as client:
                    client.admin.command("ping")
                    return
            except pymongo.errors.PyMongoError:
                if time.monotonic() > deadline:
                    raise

    def kill(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)


@dataclass
class Client:
    """Somebody's socket that comes back by ``after`` whenever it is cut, as scripts should."""

    shop: LiveShop
    person: Person
    path: str
    log: list[dict[str, Any]] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    socket: ClientConnection | None = None
    is_open: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        while True:
            last = f"?after={self.log[-1]['id']}" if self.log else ""
            try:
                async with connect(
                    self.shop.address(self.path + last),
                    subprotocols=["storefront.json"],  # type: ignore[list-item]
                    additional_headers=self.person.bearer,
                    open_timeout=20,
                    close_timeout=1,
                ) as self.socket:
                    self.is_open.set()
                    async for frame in self.socket:
                        said = json.loads(frame)
                        if said["kind"] == "message":
                            self.log.append(said["message"])
                self.closes.append(self.socket.close_code or 0)
            except FAILED_TO_CONNECT:
                pass
            except ConnectionClosed as closed:
                self.closes.append(closed.rcvd.code if closed.rcvd else 1006)
            self.is_open.clear()
            await asyncio.sleep(0.2)

    def cut(self) -> None:
        """Lose the connection without a word."""
        if self.socket:
            self.socket.transport.abort()

    @property
    def ids(self) -> list[str]:
        return [each["id"] for each in self.log]


@contextlib.asynccontextmanager
async def running(clients: list[Client]) -> Any:
    tasks = [asyncio.create_task(client.run()) for client in clients]
    try:
        await asyncio.wait_for(asyncio.gather(*(each.is_open.wait() for each in clients)), 60)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def post_until_stored(
    http: httpx.AsyncClient, person: Person, path: str, body: str, **more: str
) -> dict[str, Any]:
    """Send, and send again with the same client_id until the shop says that it is stored."""
    message = {"body": body, "client_id": f"c-{body}", **more}
    for _ in range(400):
        with contextlib.suppress(httpx.TransportError):
            answer = await http.post(f"/api/v1{path}", json=message, headers=person.bearer)
            if answer.status_code == 201:
                stored: dict[str, Any] = answer.json()
                return stored
            assert answer.status_code in {409, 500, 503}, answer.text
        await asyncio.sleep(0.1)
    raise AssertionError(f"{body} was never stored")


async def stored_messages(shop: Shop) -> list[dict[str, Any]]:
    """The collection, in the order of commit."""
    found = [each async for each in shop.database["messages"].find({})]
    return sorted(found, key=lambda each: each["seq"])
