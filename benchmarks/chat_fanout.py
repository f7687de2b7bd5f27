"""How fast one message reaches 1, 100 and 1,000 sockets of the general channel.

Two workers and a database of their own; all clients live in this process, so that one clock
measures. Latency is from sending over a socket to having been heard by a socket, at three messages
a second; the rate is that of eight people who send as fast as they are answered. Ratios are to
one socket in the same run. Takes about a minute.
"""

import asyncio
import contextlib
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect

from storefront import settings
from storefront.accounts import service as accounts
from storefront.accounts.model import Origin, Role, Token
from storefront.accounts.schemas import NewUser
from storefront.database import Database
from storefront.shop import Shop

SIZES = (1, 100, 1_000)
PACED = 30
PACED_SECONDS = 0.3
BURST = 120
SENDERS = 8
SOCKETS_PER_PERSON = 8
BIN = Path(sys.executable).parent


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [BIN / "secantusd-py", "--host", "127.0.0.1", "--port", str(port)]
    options = ["--storage-path", folder / "database", "--log-level", "ERROR", "--sync-on-commit"]
    with subprocess.Popen([*command, *options]) as process:
        try:
            yield f"mongodb://127.0.0.1:{port}/?replicaSet=secantus"
        finally:
            process.terminate()


@contextlib.contextmanager
def served(variables: dict[str, str], folder: Path) -> Iterator[str]:
    port = free_port()
    environment = os.environ | variables | {"STOREFRONT_SERVER__PORT": str(port)}
    log = (folder / "log").open("wb")
    command = [BIN / "storefront", "serve", "--workers", "2"]
    with log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
        try:
            wait_until_ready(f"http://127.0.0.1:{port}")
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health/ready").status_code == 200:
                time.sleep(2)  # The second worker starts after the first.
                return
        time.sleep(0.2)
    raise SystemExit("The shop did not become ready.")


async def sign_in(shop: Shop, number: int) -> Token:
    new_user = NewUser.model_construct(
        email=f"person{number}@example.com",
        full_name=f"Person {number}",
        phone="+34600000000",
        password=secrets.token_hex(8),
    )
    user = await accounts.create_user(shop, new_user, role=Role.CUSTOMER)
    return await accounts.sign_in(shop, user, Origin("127.0.0.1", "benchmark"))


@contextlib.asynccontextmanager
async def opened(host: str, tokens: list[Token]) -> AsyncIterator[list[ClientConnection]]:
    """One socket per token, opened a few at a time."""
    gate = asyncio.Semaphore(20)

    async def open_one(token: Token) -> ClientConnection:
        async with gate:
            return await connect(
                f"ws://{host}/chat",
                subprotocols=["storefront.json"],  # type: ignore[list-item]
                additional_headers={"Authorization": f"Bearer {token.text}"},
                compression=None,
                ping_interval=None,
                open_timeout=60,
            )

    connections = await asyncio.gather(*(open_one(token) for token in tokens))
    try:
        yield connections
    finally:
        await asyncio.gather(*(each.close() for each in connections), return_exceptions=True)


class Ears:
    """What all sockets hear: how often each body, and how late."""

    def __init__(self, connections: list[ClientConnection]) -> None:
        self.latencies: list[float] = []
        self.heard = 0
        self._sockets = len(connections)
        self._more = asyncio.Condition()
        self._tasks = [asyncio.create_task(self._listen(each)) for each in connections]

    async def _listen(self, connection: ClientConnection) -> None:
        async for frame in connection:
            arrived = time.perf_counter()
            name, _, sent = json.loads(frame)["message"]["body"].partition(" ")
            if name == "paced":
                self.latencies.append(arrived - float(sent))
            self.heard += 1
            if self.heard % self._sockets == 0:
                async with self._more:
                    self._more.notify_all()

    async def wait_for(self, number: int) -> None:
        async with asyncio.timeout(120), self._more:
            await self._more.wait_for(lambda: self.heard >= number)

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()


async def measure(host: str, tokens: list[Token], size: int) -> tuple[float, float, float, float]:
    """(messages stored a second, deliveries a second, p50, p99); latencies in milliseconds."""
    people = [tokens[number // SOCKETS_PER_PERSON + SENDERS] for number in range(size)]
    async with opened(host, tokens[:SENDERS]) as senders, opened(host, people) as listeners:
        silent = [asyncio.create_task(drain(each)) for each in senders]
        await asyncio.sleep(2)  # The history of earlier rounds goes by.
        ears = Ears(listeners)
        await asyncio.sleep(1)
        ears.heard, ears.latencies = 0, []
        for _ in range(PACED):
            await say(senders[0], f"paced {time.perf_counter()}")
            await asyncio.sleep(PACED_SECONDS)
        await ears.wait_for(PACED * size)
        began = time.perf_counter()
        async with httpx.AsyncClient(base_url=f"http://{host}", timeout=60) as http:
            await asyncio.gather(*(burst(http, token) for token in tokens[:SENDERS]))
        stored_after = time.perf_counter() - began
        await ears.wait_for((PACED + BURST) * size)
        heard_after = time.perf_counter() - began
        ears.stop()
        for task in silent:
            task.cancel()
    cuts = statistics.quantiles(ears.latencies, n=100)
    return BURST / stored_after, BURST * size / heard_after, cuts[49] * 1000, cuts[98] * 1000


async def drain(connection: ClientConnection) -> None:
    async for _ in connection:
        pass


async def say(connection: ClientConnection, body: str) -> None:
    await connection.send(json.dumps({"body": body, "client_id": secrets.token_hex(8)}))


async def burst(http: httpx.AsyncClient, token: Token) -> None:
    headers = {"Authorization": f"Bearer {token.text}"}
    for _ in range(BURST // SENDERS):
        answer = await http.post("/api/v1/chat", json={"body": "burst"}, headers=headers)
        assert answer.status_code == 201, answer.text


async def main() -> None:
    with tempfile.TemporaryDirectory() as name, database(Path(name)) as url:
        variables = {
            "STOREFRONT_ENV": "test",
            "STOREFRONT_DATABASE__URL": url,
            "STOREFRONT_MAIL__FOLDER": f"{name}/mail",
        }
        with served(variables, Path(name)) as host:
            inside = Database(url, settings.load(variables).database.name)
            shop = Shop(settings.load(variables), inside)
            wanted = SENDERS + -(-max(SIZES) // SOCKETS_PER_PERSON)
            tokens = [await sign_in(shop, number) for number in range(wanted)]
            print("sockets  stored/s  heard/s    p50 ms   p99 ms   p50 to one socket")
            baseline = 0.0
            for size in SIZES:
                stored, heard, p50, p99 = await measure(host, tokens, size)
                baseline = baseline or p50
                ratio = p50 / baseline
                print(f"{size:7} {stored:9.0f} {heard:8.0f} {p50:9.1f} {p99:8.1f} {ratio:12.1f}x")
            inside.close()


if __name__ == "__main__":
    asyncio.run(main())
