"""How long one process goes on showing what another one has changed.

Three shops on one embedded database, as on three hosts. A price is changed through one of them, and
each is asked for the product's page until it shows the new price; the same for a session that is
ended. `python -m benchmarks.freshness` takes about half a minute.
"""

import asyncio
import contextlib
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx

from benchmarks import machine

PROCESSES = 3
CHANGES = 60
PAUSE_SECONDS = 0.1
EMAIL, PASSWORD = "{role}@example.com", "storefront-demo"
HOLDS = "at most one second is promised"


@contextlib.asynccontextmanager
async def visitors(urls: list[str], **options: object) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=url, timeout=30, **options)  # type: ignore[arg-type]
            )
            for url in urls
        ]


async def until_all(
    clients: list[httpx.AsyncClient], is_fresh: Callable[[httpx.AsyncClient], Awaitable[bool]]
) -> list[float]:
    """For each process the seconds until it is fresh."""
    began = time.perf_counter()

    async def waited(client: httpx.AsyncClient) -> float:
        while not await is_fresh(client):  # noqa: ASYNC110  (it happens in another process)
            await asyncio.sleep(0.005)
        return time.perf_counter() - began

    return list(await asyncio.gather(*map(waited, clients)))


async def token(client: httpx.AsyncClient, role: str) -> str:
    body = {"email": EMAIL.format(role=role), "password": PASSWORD}
    answer = await client.post("/api/v1/auth/login", json=body)
    return str(answer.raise_for_status().json()["access_token"])


async def prices(clients: list[httpx.AsyncClient]) -> list[float]:
    bearer = {"Authorization": f"Bearer {await token(clients[0], 'staff')}"}
    product = (await clients[0].get("/api/v1/products?category=mugs&limit=1")).json()["items"][0]
    path = f"/products/{product['id']}"
    taken = []
    for change in range(CHANGES):
        price = 1_000 + change
        body = {"variants": [{**each, "unit_price": price} for each in product["variants"]]}
        changed = await clients[0].patch(f"/api/v1{path}", json=body, headers=bearer)
        changed.raise_for_status()

        async def is_shown(client: httpx.AsyncClient, price: int = price) -> bool:
            return f"{price / 100:.2f}" in (await client.get(path)).text

        taken += await until_all(clients, is_shown)
        await asyncio.sleep(PAUSE_SECONDS)
    return taken


async def sessions(clients: list[httpx.AsyncClient]) -> list[float]:
    taken = []
    for _ in range(CHANGES // 10):
        bearer = {"Authorization": f"Bearer {await token(clients[0], 'shopper')}"}

        async def is_known(client: httpx.AsyncClient, bearer: dict[str, str] = bearer) -> bool:
            return (await client.get("/api/v1/account", headers=bearer)).status_code == 200

        async def is_ended(client: httpx.AsyncClient, bearer: dict[str, str] = bearer) -> bool:
            return (await client.get("/api/v1/account", headers=bearer)).status_code == 401

        await until_all(clients, is_known)
        await clients[0].post("/api/v1/auth/logout", headers=bearer)
        taken += await until_all(clients, is_ended)
    return taken


def show(what: str, taken: list[float]) -> None:
    ordered = sorted(each * 1000 for each in taken)
    p99 = ordered[int(len(ordered) * 0.99)]
    print(
        f"{what:20}{statistics.median(ordered):8.0f} ms{p99:8.0f} ms{ordered[-1]:8.0f} ms"
        f"{len(ordered):7}"
    )


async def measure(urls: list[str]) -> None:
    print(f"{'stale for':20}{'median':>11}{'p99':>11}{'longest':>11}{'times':>7}   ({HOLDS})")
    async with visitors(urls) as clients:
        show("a price", await prices(clients))
        show("an ended session", await sessions(clients))


def main() -> None:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(machine.database(folder))
        variables = machine.shop_variables(url, products=0)
        command = [machine.BIN / "storefront", "demo"]
        subprocess.run(command, env=os.environ | variables, check=True, stdout=subprocess.DEVNULL)
        servers = [
            stack.enter_context(machine.hypercorn("storefront.app:create_app", variables))
            for _ in range(PROCESSES)
        ]
        asyncio.run(measure([each.url for each in servers]))


if __name__ == "__main__":
    main()
