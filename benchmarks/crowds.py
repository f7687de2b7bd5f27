"""How long visitors wait for pages while others sign in, which takes a core for 0.3 s each."""

import asyncio
import json
import secrets
import statistics
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from benchmarks.cases import BROWSER, PASSWORD
from benchmarks.machine import Server, away_from_servers

PAGES = ("/products", "/products/mugs", "/products?q=lighthouse")
PAGES_A_SECOND = 100
SIGN_INS_A_SECOND = 20
PEOPLE = 40
SECONDS = 6
ROUNDS = 3
PATIENCE_SECONDS = 15
OK, SEE_OTHER = 200, 303


def measure(server: Server) -> dict[str, float]:
    """Waiting for a page in milliseconds, without and with people who sign in; medians."""
    with away_from_servers():
        return asyncio.run(_measure(server.url))


async def _measure(url: str) -> dict[str, float]:
    people = await _register(url)
    await _visit(url)  # Pages are compressed once more when they have been asked for some times.
    quiet, busy, rates = [], [], []
    for _ in range(ROUNDS):
        quiet.append(_cuts(await _visit(url)))
        crowd = asyncio.create_task(_sign_in(url, people))
        busy.append(_cuts(await _visit(url)))
        rates.append(await crowd)
        await asyncio.sleep(2)
    without, during = _medians(quiet), _medians(busy)
    return {
        "p50_ms": without[0],
        "p99_ms": without[1],
        "p50_ms_during": during[0],
        "p99_ms_during": during[1],
        "p99_ratio": round(during[1] / without[1], 2),
        "signed_in_a_second": round(statistics.median(rates), 1),
    }


async def _register(url: str) -> list[bytes]:
    """Some people; what each sends to sign in."""
    people = []
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        for _ in range(PEOPLE):
            email = f"regular-{secrets.token_hex(4)}@example.com"
            new = {"full_name": "Ana García", "phone": "+34600123456", "email": email}
            new |= {"password": PASSWORD, "password_confirmation": PASSWORD}
            assert (await client.post("/auth/register", data=new)).status_code == SEE_OTHER
            client.cookies.clear()
            people.append(json.dumps({"email": email, "password": PASSWORD}).encode())
    return people


def _cuts(waits: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(waits, n=100)
    return cuts[49] * 1000, cuts[98] * 1000


def _medians(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    halves, tails = zip(*rounds, strict=True)
    return round(statistics.median(halves), 2), round(statistics.median(tails), 2)


async def _visit(url: str) -> list[float]:
    """Ask for pages at a steady pace, whether or not they were answered; seconds that each took."""
    waits: list[float] = []
    idle: asyncio.Queue[_Connection] = asyncio.Queue()

    async def ask(path: str, due: float) -> None:
        connection = idle.get_nowait() if not idle.empty() else await _Connection.open(url)
        await connection.get(path)
        waits.append(time.perf_counter() - due)
        idle.put_nowait(connection)

    begun = time.perf_counter()
    asked = []
    for number in range(PAGES_A_SECOND * SECONDS):
        due = begun + number / PAGES_A_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        # What this process is late itself is not the shop's.
        asked.append(asyncio.create_task(ask(PAGES[number % len(PAGES)], time.perf_counter())))
    await asyncio.gather(*asked)
    while not idle.empty():
        idle.get_nowait().close()
    return waits


class _Connection:
    """A browser's connection, with next to no work of its own."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str
    ) -> None:
        self._reader, self._writer = reader, writer
        headers = {"Host": host, **BROWSER}
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    @classmethod
    async def open(cls, url: str) -> "_Connection":
        host = urlsplit(url)
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        return cls(reader, writer, host.netloc)

    async def get(self, path: str) -> None:
        assert await self._ask(f"GET {path}") == OK, path

    async def post(self, path: str, body: bytes) -> int:
        """Returns the status."""
        about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return await self._ask(f"POST {path}", about, body)

    async def _ask(self, wanted: str, about: str = "", body: bytes = b"") -> int:
        head = f"{wanted} HTTP/1.1\r\n{self._headers}{about}\r\n"
        self._writer.write(head.encode() + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = answer.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length))
        return int(answer.split(maxsplit=2)[1])

    def close(self) -> None:
        self._writer.close()


async def _sign_in(url: str, people: Sequence[bytes]) -> float:
    """Let people sign in at a steady pace; returns how many could each second."""

    async def one(person: bytes) -> bool:
        connection = await _Connection.open(url)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await connection.post("/api/v1/auth/login", person) == OK
        except TimeoutError:
            return False
        finally:
            connection.close()

    asked, begun = [], time.perf_counter()
    for number in range(SIGN_INS_A_SECOND * SECONDS):
        asked.append(asyncio.create_task(one(people[number % len(people)])))
        await asyncio.sleep(1 / SIGN_INS_A_SECOND)
    return sum(await asyncio.gather(*asked)) / (time.perf_counter() - begun)
