"""What monitoring sees of a served shop, also while its database is gone."""

import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import websockets

from tests.deploy.served import served_shop

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana-dashboard.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("observed")


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[str]:
    """A demo shop of two workers."""
    with served_shop(folder, workers=2) as url:
        yield url


def sample(url: str, name: str) -> float | None:
    """The sum of a figure without regard to labels; None if it is not there."""
    lines = httpx.get(f"{url}/metrics", timeout=10).text.splitlines()
    values = [
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith((name + "{", name + " "))
    ]
    return sum(values) if values else None


def eventually_sample(url: str, name: str, wanted: float) -> bool:
    deadline = time.monotonic() + 90
    while sample(url, name) != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    return sample(url, name) == wanted


def test_both_workers_are_added_up(shop: str) -> None:
    assert eventually_sample(shop, "storefront_workers", 2)


async def test_open_sockets_are_counted_and_forgotten(shop: str) -> None:
    async with httpx.AsyncClient(base_url=shop) as client:
        signed_in = await client.post(
            "/api/v1/auth/login",
            json={"email": "shopper@example.com", "password": "storefront-demo"},
        )
    token = signed_in.json()["access_token"]
    address = shop.replace("http", "ws") + "/chat"
    async with websockets.connect(address, additional_headers={"Authorization": f"Bearer {token}"}):
        assert sample(shop, "storefront_sockets") == 1
    assert eventually_sample(shop, "storefront_sockets", 0)


def test_every_figure_of_the_dashboard_is_there(shop: str) -> None:
    httpx.get(f"{shop}/products")
    text = httpx.get(f"{shop}/metrics").text
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    queries = [
        target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])
    ]
    named = {name for query in queries for name in re.findall(r"storefront_\w+", query)}

    assert len(named) >= 10
    assert {name for name in named if f"\n{name}" not in text} == set()


def test_without_the_database_figures_and_life_still_answer(shop: str, folder: Path) -> None:
    with _frozen_database(folder):
        begun = time.monotonic()
        figures = httpx.get(f"{shop}/metrics", timeout=10)
        alive = httpx.get(f"{shop}/health/live", timeout=10)
        took = time.monotonic() - begun
        ready = httpx.get(f"{shop}/health/ready", timeout=60)

    assert figures.status_code == 200
    assert "storefront_requests_total" in figures.text
    assert alive.status_code == 200
    assert took < 5
    assert ready.status_code == 503
    assert _is_ready_again(shop)


@contextmanager
def _frozen_database(folder: Path) -> Iterator[None]:
    """A database that accepts connections and says nothing: the worst way to be gone."""
    process = _database_process(folder)
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def _database_process(folder: Path) -> int:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_here = (process / "cwd").readlink() == folder
            if is_here and b"--storage-path" in (process / "cmdline").read_bytes():
                return int(process.name)
    raise AssertionError("the database is not running")


def _is_ready_again(url: str) -> bool:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if httpx.get(f"{url}/health/ready", timeout=60).status_code == 200:
            return True
        time.sleep(0.5)
    return False
