"""How long visitors wait for pages while others sign in, which takes a core for 0.3 s each."""

import asyncio
import contextlib
import secrets
import statistics
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from benchmarks.cases import BROWSER, PASSWORD
from benchmarks.machine import Server

PAGES = ("/products", "/products/mugs", "/products?q=lighthouse")
PAGES_A_SECOND = 100
SIGN_INS_A_SECOND = 20
SECONDS = 6
ROUNDS = 3
PATIENCE_SECONDS = 15


def measure(server: Server) -> dict[str, float]:
    """Waiting for a page in milliseconds, without and with people who sign in; medians."""
    return asyncio.run(_measure(server.url))


async def _measure(url: str) -> dict[str, float]:
    email = f"regular-{secrets.token_hex(4)}@example.com"
    new = {"full_name": "Ana García", "phone": "+34600123456", "email": email}
    new |= {"password": PASSWORD, "password_confirmation": PASSWORD}
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        assert (await client.post("/auth/register", data=new)).status_code == 303
    quiet, busy, signed_in = [], [], 0
    for _ in range(ROUNDS):
        quiet.append(_cuts(await _visit(url)))
        crowd = asyncio.create_task(_sign_in(url, {"email": email, "password": PASSWORD}))
        busy.append(_cuts(await _visit(url)))
        signed_in += await crowd
        await asyncio.sleep(2)
    without, during = _medians(quiet), _medians(busy)
    return {
        "p50_ms": without[0],
        "p99_ms": without[1],
        "p50_ms_during": during[0],
        "p99_ms_during": during[1],
        "p99_ratio": round(during[1] / without[1], 2),
        "signed_in_a_second": round(signed_in / ROUNDS / SECONDS, 1),
    }


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
        self._writer.write(f"GET {path} HTTP/1.1\r\n{self._headers}\r\n".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        assert b" 200 " in head.partition(b"\r\n")[0], head
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length))

    def close(self) -> None:
        self._writer.close()


async def _sign_in(url: str, person: Mapping[str, str]) -> int:
    """Let people sign in at a steady pace; returns how many could."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as client:

        async def one() -> bool:
            with contextlib.suppress(httpx.TimeoutException):
                answer = await client.post("/api/v1/auth/login", json=person)
                return answer.is_success
            return False

        asked = []
        for _ in range(SIGN_INS_A_SECOND * SECONDS):
            asked.append(asyncio.create_task(one()))
            await asyncio.sleep(1 / SIGN_INS_A_SECOND)
        return sum(await asyncio.gather(*asked))
