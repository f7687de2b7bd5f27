"""How the staff's list pages answer with 100,000 rows, as ratios to the time with 100 rows.

Two shops on one embedded database: one with 100 products, orders, users, errors and conversations
and 100 products in the bin; one with 100,000 products, orders, users and errors, 200,000 mails,
10,000 conversations, 10,000 products in the bin and 1,000 orders in each status that waits. The
same page is asked for in turn of the one and of the other, so that whatever else the machine does
strikes both. Where the small shop has fewer rows to show than the large one, the large one is
compared with the small one's plain list, which is full. Filling takes a quarter of an hour;
`--keep FOLDER` keeps the database there for the next run. Ends with 1 when a page takes more than
twice as long.
"""

import argparse
import asyncio
import contextlib
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from staff_rows import Amounts, fill

from storefront import settings
from storefront.accounts import service as accounts
from storefront.accounts.model import Origin, Role
from storefront.accounts.schemas import NewUser
from storefront.app import create_app
from storefront.catalogue.index import ProductIndex
from storefront.database import Database, DatabaseUnreachableError, connect
from storefront.shop import Shop

SMALL, LARGE = 100, 100_000
MOST_ALLOWED = 2.0
ROUNDS = 15
PAGES = {
    "today": "/staff",
    "products": "/staff/products",
    "products, word": "/staff/products?q=lighthouse",
    "products, word and mistake": "/staff/products?q=lihgthouse+mug",
    "products, category by price": "/staff/products?category=mugs&sort=price",
    "products, low stock": "/staff/products?stock=low",
    "bin": "/staff/products/bin",
    "orders": "/staff/orders",
    "orders, generated": "/staff/orders?status=generated",
    "orders, paid": "/staff/orders?status=paid",
    "orders, delivered": "/staff/orders?status=delivered",
    "orders, cancelled": "/staff/orders?status=cancelled",
    "orders, number": "/staff/orders?q=55",
    "orders, email": "/staff/orders?q=customer55%40example.com",
    "orders, product's word": "/staff/orders?q=lighthouse",
    "orders, product's words": "/staff/orders?q=winter+orbit+poster",
    "orders, SKU": "/staff/orders?q={sku}",
    "users": "/staff/users",
    "users, staff": "/staff/users?role=staff",
    "users, name": "/staff/users?q=garcia&limit=10",
    "users, two names": "/staff/users?q=ana+garcia&limit=10",
    "users, two beginnings": "/staff/users?q=u+gi&limit=10",
    "users, beginning and role": "/staff/users?q=gar&role=staff&limit=10",
    "users, email": "/staff/users?q=customer55%40example.com",
    "users, email's beginning": "/staff/users?q=customer5&limit=10",
    "users, nobody": "/staff/users?q=xavier",
    "mails": "/staff/mail",
    "mails, failed": "/staff/mail?state=failed",
    "mails, sent": "/staff/mail?state=sent",
    "errors": "/staff/errors",
    "errors of a kind": "/staff/errors?group=0000000000000003",
    "chat": "/staff/chat",
}


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    """A server as the shop itself starts one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [
            Path(sys.executable).with_name("secantusd-py"),
            *("--host", "127.0.0.1", "--port", str(port), "--cache-size", "256M"),
            *("--storage-path", folder, "--log-level", "ERROR", "--sync-on-commit"),
        ]
    ) as process:
        try:
            yield f"mongodb://127.0.0.1:{port}/?replicaSet=secantus"
        finally:
            process.terminate()


def shop_settings(url: str, rows: int, mails: str) -> settings.Settings:
    return settings.load(
        {
            "STOREFRONT_ENV": "test",
            "STOREFRONT_DATABASE__URL": url,
            "STOREFRONT_DATABASE__NAME": f"staff_lists_{rows}",
            "STOREFRONT_MAIL__FOLDER": mails,
        }
    )


async def connected(url: str, name: str) -> Database:
    """The server needs a moment to start."""
    for _attempt in range(20):
        with contextlib.suppress(DatabaseUnreachableError):
            return await connect(url, name)
    return await connect(url, name)


@dataclass(frozen=True)
class Office:
    """A shop of one size and a browser that is signed in to its back office."""

    shop: Shop
    client: httpx.AsyncClient
    sku: str

    async def seconds(self, path: str) -> float:
        """How long the page takes, worked out anew."""
        self.shop.part(ProductIndex).answers.clear()
        start = time.perf_counter()
        await self._get(path)
        return time.perf_counter() - start

    async def rows(self, path: str) -> int:
        """How many rows the page shows."""
        return (await self._get(path)).count("<tr") - 1

    async def _get(self, path: str) -> str:
        answer = await self.client.get(path.format(sku=self.sku))
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text


@contextlib.asynccontextmanager
async def office(url: str, rows: int, mails: str) -> AsyncIterator[Office]:
    values = shop_settings(url, rows, mails)
    database = await connected(url, values.database.name)
    await fill(Shop(values, database), Amounts.of(rows))
    order = await database["orders"].find_one({"number": rows // 2})
    database.close()
    app = create_app(values)
    serving = app.test_app()
    serving.startup_timeout = 600
    async with serving:
        shop: Shop = app.extensions["shop"]
        headers = {"Authorization": f"Bearer {await token_of_staff(shop)}"}
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # typed for Starlette
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers=headers
        ) as client:
            yield Office(shop, client, order["items"][0]["sku"])


async def token_of_staff(shop: Shop) -> str:
    new_user = NewUser.model_construct(
        email=f"staff-{secrets.token_hex(4)}@example.com",
        full_name="Sam Staff",
        phone="+34600000000",
        password=secrets.token_hex(8),
    )
    user = await accounts.create_user(shop, new_user, role=Role.STAFF)
    return (await accounts.sign_in(shop, user, Origin("127.0.0.1", "benchmark"))).text


async def measure(small: Office, large: Office, options: argparse.Namespace) -> list[str]:
    """Print a line for each page; the names of those that are too slow."""
    slow, full = [], {}
    print(f"{'page':30}{f'{SMALL} rows':>12}{f'{options.rows} rows':>14}{'ratio':>8}{'shown':>9}")
    for name, path in PAGES.items():
        shown = [await each.rows(path) for each in (small, large)]
        times: dict[str, list[float]] = {"small": [], "large": []}
        for _round in range(options.rounds):
            times["small"].append(await small.seconds(path))
            times["large"].append(await large.seconds(path))
        few, many = (statistics.median(each) * 1000 for each in times.values())
        plain = full.setdefault(name.partition(",")[0], few)
        fair = few if shown[0] >= shown[1] else max(few, plain)
        print(
            f"{name:30}{few:9.1f} ms{many:11.1f} ms{many / fair:8.2f}{shown[0]:4} /{shown[1]:3}",
            flush=True,
        )
        if many / fair > MOST_ALLOWED:
            slow.append(name)
    return slow


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="a folder for the filled database")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--rows", type=int, default=LARGE, help="of the larger shop")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        with database(folder) as url:
            async with office(url, SMALL, name) as small, office(url, options.rows, name) as large:
                slow = await measure(small, large, options)
    if slow:
        sys.exit(f"More than {MOST_ALLOWED:g} times as long: {', '.join(slow)}")


if __name__ == "__main__":
    asyncio.run(main())
