"""The processes of a benchmark: a database with catalogues, and servers held to one core."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from storefront import settings
from storefront.app import INDEXES
from storefront.catalogue import service as catalogue
from storefront.catalogue.model import Product, Variant
from storefront.database import ObjectId, connect
from storefront.demo import loader
from storefront.shop import Shop

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
START_SECONDS = 300
LIMITS = ("SIGN_IN", "REGISTRATION", "CHAT", "API")


@dataclass(frozen=True)
class Server:
    """A server that answers at ``url``; ``seconds`` is what it took to be ready."""

    url: str
    pid: int
    seconds: float
    start_processor_seconds: float = 0.0

    def processor_seconds(self) -> float:
        """What the server and its workers have used of the processor so far."""
        used, parents = {}, {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                pid, _, rest = stat.read_text().partition(" (")
                fields = rest.rpartition(") ")[2].split()
                parents[int(pid)] = int(fields[1])
                used[int(pid)] = int(fields[11]) + int(fields[12])
        family = {self.pid}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        return sum(used.get(pid, 0) for pid in family) / os.sysconf("SC_CLK_TCK")


def pinned(core: int) -> Sequence[str]:
    """What a command begins with to stay on a core; nothing where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1 or shutil.which("taskset") is None:
        return ()
    return ("taskset", "-c", str(cores[core % len(cores)]))


@contextlib.contextmanager
def away_from_servers() -> Iterator[None]:
    """What runs here asks as `wrk` does: from the core that the measured servers leave free."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(cores)[1 % len(cores)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    """The embedded database as the shop itself starts it, on the load generator's core."""
    port = free_port()
    command = [*pinned(1), str(BIN / "secantusd-py"), "--host", "127.0.0.1", "--port", str(port)]
    options = ["--storage-path", str(folder), "--log-level", "ERROR", "--sync-on-commit"]
    with subprocess.Popen([*command, *options, "--cache-size", "256M"]) as process:
        try:
            yield f"mongodb://127.0.0.1:{port}/?replicaSet=secantus"
        finally:
            process.terminate()


def fill(url: str, products: int) -> None:
    """A shop with the demo catalogue and generated products up to that number."""
    asyncio.run(_fill(url, products))


async def _fill(url: str, products: int) -> None:
    values = settings.load(shop_variables(url, products))
    for _ in range(100):
        with contextlib.suppress(Exception):
            database = await connect(url, values.database.name)
            break
        await asyncio.sleep(0.2)
    shop = Shop(values, database)
    filled = {"_id": "filled", "products": products}
    if await database["benchmark"].find_one(filled):
        database.close()
        return
    await database.ensure_indexes(INDEXES)
    demo = await loader.load_demo_catalogue(shop)
    await loader.load_generated_catalogue(shop, max(0, products - demo - 1))
    await catalogue.add_products(shop, [_endless()])
    await database["benchmark"].insert_one(filled)
    database.close()


def _endless() -> Product:
    """What can be bought again and again."""
    now = datetime.now(UTC)
    return Product(
        id=str(ObjectId()),
        name="Endless mug",
        description="For a benchmark.",
        category="mugs",
        variants=(Variant("ENDLESS", {}, 1500, 1_000_000),),
        photo=None,
        created_at=now,
        updated_at=now,
    )


def shop_variables(url: str, products: int) -> dict[str, str]:
    """The settings of the shop with so many products: as for customers, with the full cost of
    passwords, but one client may ask as often as it likes."""
    return {
        "STOREFRONT_ENV": "production",
        "STOREFRONT_SESSION__SECRET": "only-for-benchmarks-" * 3,
        **{f"STOREFRONT_LIMITS__{name}": "1000000/minute" for name in LIMITS},
        "STOREFRONT_SERVER__ALLOWED_HOSTS": "127.0.0.1",
        "STOREFRONT_DATABASE__URL": url,
        "STOREFRONT_DATABASE__NAME": f"benchmark_{products}",
        "STOREFRONT_MAIL__TRANSPORT": "file",
        "STOREFRONT_MAIL__FOLDER": "/tmp/storefront-benchmark-mail",  # noqa: S108  (nobody reads it)
    }


@contextlib.contextmanager
def hypercorn(app: str, variables: Mapping[str, str], *, workers: int = 1) -> Iterator[Server]:
    """``app`` served as the shop is, on the first core; on all of them with several workers."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.server", app, str(port), str(workers)]
    with _running(command, variables, port, core=0 if workers == 1 else None) as server:
        yield server


@contextlib.contextmanager
def uvicorn(variables: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    options = ["--port", str(port), "--no-access-log", "--log-level", "warning"]
    command = [str(BIN / "uvicorn"), "asgi:app", "--loop", "uvloop", "--http", "httptools"]
    with _running([*command, *options], variables, port, core=0) as server:
        yield server


@contextlib.contextmanager
def granian(variables: Mapping[str, str]) -> Iterator[Server]:
    port = free_port()
    options = ["--port", str(port), "--log-level", "warning", "--loop", "uvloop"]
    command = [str(BIN / "granian"), "--interface", "asgi", "asgi:app"]
    with _running([*command, *options], variables, port, core=0) as server:
        yield server


@contextlib.contextmanager
def _running(
    command: Sequence[str], variables: Mapping[str, str], port: int, *, core: int | None
) -> Iterator[Server]:
    began = time.monotonic()
    environment = os.environ | dict(variables)
    pin = pinned(core) if core is not None else ()
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            [*pin, *command], env=environment, cwd=ROOT, stdout=log, stderr=log
        ) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        try:
            if not _is_ready(url, process):
                log.seek(0)
                raise SystemExit(log.read().decode()[-4000:])
            server = Server(url, process.pid, time.monotonic() - began)
            yield replace(server, start_processor_seconds=server.processor_seconds())
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def _is_ready(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health/ready", timeout=START_SECONDS).status_code == 200:
                return True
        time.sleep(0.05)
    return False
