"""How fast one message reaches 1, 100, 200 and 1,000 sockets, beside a bare Quart broadcast.

The shop and the broadcast of `benchmarks.baseline` are each one worker; they are asked in turn, the
broadcast with messages as long as those of the shop. All clients live in this process, so that one
clock measures. Latency is from sending over a socket to having been heard by one, at a few messages
a second; the rate is that of eight people who send all they have to say at once. A ratio is that of
the servers' processor time for each message heard; by rate, what the clients take counts too.
"""

import asyncio
import contextlib
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from benchmarks import machine
from benchmarks.machine import Server
from storefront import settings
from storefront.accounts import service as accounts
from storefront.accounts.model import Origin, Role, Token
from storefront.accounts.schemas import NewUser
from storefront.database import Database
from storefront.shop import Shop

SIZES = (1, 100, 200, 1_000)
ROUNDS = 3
PACED = 12
PACED_SECONDS = 0.25
SENDERS = 8
EACH_SENDS = 8
SOCKETS_PER_PERSON = 8
PAUSE_SECONDS = 1.0


def measure(url: str, products: int) -> dict[str, dict[str, float]]:
    """For each number of sockets: rates, latencies in milliseconds, and ratios to the broadcast."""
    variables = machine.shop_variables(url, products)
    with (
        machine.hypercorn("storefront.app:create_app", variables) as shop,
        machine.hypercorn("benchmarks.baseline:create_broadcast", {}) as bare,
        machine.away_from_servers(),
    ):
        return asyncio.run(_measure(shop, bare, variables))


async def _measure(
    shop: Server, bare: Server, variables: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    # People whose passwords nobody needs: as cheap as in tests.
    values = settings.load({**variables, "STOREFRONT_ENV": "test"})
    inside = Database(values.database.url.get_secret_value(), values.database.name)
    wanted = SENDERS + -(-max(SIZES) // SOCKETS_PER_PERSON)
    tokens = [await _sign_in(Shop(values, inside)) for _ in range(wanted)]
    inside.close()
    measured = {}
    for size in SIZES:
        rooms = (Room(shop, tokens, size), Room(bare, [None] * wanted, size))
        async with rooms[0].opened() as length, rooms[1].opened():
            rooms[1].pad_to(length)
            for _ in range(ROUNDS):
                for room in rooms:
                    await room.speak()
        measured[str(size)] = _summary(*rooms)
    return measured


async def _sign_in(shop: Shop) -> Token:
    new_user = NewUser.model_construct(
        email=f"person-{secrets.token_hex(6)}@example.com",
        full_name="Ana García",
        phone="+34600000000",
        password=secrets.token_hex(8),
    )
    user = await accounts.create_user(shop, new_user, role=Role.CUSTOMER)
    return await accounts.sign_in(shop, user, Origin("127.0.0.1", "benchmark"))


class Room:
    """People on one server: some who speak, and ``size`` sockets that listen."""

    def __init__(self, server: Server, tokens: Sequence[Token | None], size: int) -> None:
        self.latencies: list[float] = []
        self.rates: list[float] = []
        self.costs: list[float] = []
        self._server = server
        self._size = size
        self._speaking = tokens[:SENDERS]
        self._listening = [tokens[SENDERS + n // SOCKETS_PER_PERSON] for n in range(size)]
        self._senders: Sequence[ClientConnection] = ()
        self._padding = ""
        self._heard = 0
        self._length = 0
        self._more = asyncio.Event()

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[int]:
        """Everybody's sockets; yields how long a message of the server is."""
        async with (
            _opened(self._server, self._speaking) as self._senders,
            _opened(self._server, self._listening) as listeners,
        ):
            tasks = [asyncio.create_task(_drain(each)) for each in self._senders]
            tasks += [asyncio.create_task(self._listen(each)) for each in listeners]
            await asyncio.sleep(PAUSE_SECONDS)  # The history of earlier rounds goes by.
            self._heard = 0
            await self._say(self._senders[0], f"paced {time.perf_counter()}")
            await self._wait_for(self._size)
            self.latencies = []
            yield self._length
            for task in tasks:
                task.cancel()

    def pad_to(self, length: int) -> None:
        """Say as much as the other one says."""
        self._padding = "x" * max(0, length - self._length)

    async def speak(self) -> None:
        """Some messages at a pace, then many at once."""
        self._heard = 0
        for _ in range(PACED):
            await self._say(self._senders[0], f"paced {time.perf_counter()}")
            await asyncio.sleep(PACED_SECONDS)
        await self._wait_for(PACED * self._size)
        self._heard = 0
        used, begun = self._server.processor_seconds(), time.perf_counter()
        await asyncio.gather(*(self._say_much(each) for each in self._senders))
        deliveries = SENDERS * EACH_SENDS * self._size
        await self._wait_for(deliveries)
        self.rates.append(deliveries / (time.perf_counter() - begun))
        # What the senders hear themselves is work, too.
        heard = SENDERS * EACH_SENDS * (self._size + SENDERS)
        self.costs.append((self._server.processor_seconds() - used) / heard)

    async def _say_much(self, sender: ClientConnection) -> None:
        for _ in range(EACH_SENDS):
            await self._say(sender, "at once")

    async def _say(self, sender: ClientConnection, body: str) -> None:
        message = {"body": body, "client_id": secrets.token_hex(8)}
        await sender.send(json.dumps(message | ({"x": self._padding} if self._padding else {})))

    async def _listen(self, connection: ClientConnection) -> None:
        async for frame in connection:
            arrived = time.perf_counter()
            _, found, rest = str(frame).partition('"paced ')
            if found:
                self.latencies.append(arrived - float(rest.partition('"')[0]))
            self._length = len(frame)
            self._heard += 1
            self._more.set()

    async def _wait_for(self, number: int) -> None:
        async with asyncio.timeout(120):
            while self._heard < number:
                self._more.clear()
                await self._more.wait()


@contextlib.asynccontextmanager
async def _opened(
    server: Server, tokens: Sequence[Token | None]
) -> AsyncIterator[list[ClientConnection]]:
    """One socket per token, opened a few at a time."""
    gate = asyncio.Semaphore(20)
    address = server.url.replace("http", "ws") + "/chat"

    async def open_one(token: Token | None) -> ClientConnection:
        async with gate:
            return await connect(
                address,
                subprotocols=["storefront.json"] if token else None,  # type: ignore[list-item]
                additional_headers={"Authorization": f"Bearer {token.text}"} if token else None,
                compression=None,
                ping_interval=None,
                open_timeout=60,
            )

    connections = await asyncio.gather(*(open_one(token) for token in tokens))
    try:
        yield connections
    finally:
        await asyncio.gather(*(each.close() for each in connections), return_exceptions=True)


async def _drain(connection: ClientConnection) -> None:
    async for _ in connection:
        pass


def _summary(shop: Room, bare: Room) -> dict[str, float]:
    def by_pairs(one: Sequence[float], other: Sequence[float]) -> float:
        return round(statistics.median(a / b for a, b in zip(one, other, strict=True) if b), 3)

    ours, theirs = (statistics.quantiles(each.latencies, n=100) for each in (shop, bare))
    return {
        "ratio": by_pairs(bare.costs, shop.costs),
        "rate_ratio": by_pairs(shop.rates, bare.rates),
        "heard_a_second": round(statistics.median(shop.rates)),
        "broadcast_a_second": round(statistics.median(bare.rates)),
        "processor_us": round(statistics.median(shop.costs) * 1e6, 1),
        "p50_ms": round(ours[49] * 1000, 1),
        "p99_ms": round(ours[98] * 1000, 1),
        "broadcast_p50_ms": round(theirs[49] * 1000, 1),
        "broadcast_p99_ms": round(theirs[98] * 1000, 1),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as name, machine.database(Path(name)) as url:
        machine.fill(url, 200)
        for sockets, each in measure(url, 200).items():
            print(
                f"{sockets:>5} sockets: "
                + ", ".join(f"{key} {value}" for key, value in each.items())
            )


if __name__ == "__main__":
    main()
