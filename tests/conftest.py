"""A real database server for all tests, a fresh database for each module, real HTTP."""

import asyncio
import contextlib
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pymongo
import pytest
from quart import Quart

from storefront import settings
from storefront.app import create_app
from storefront.shop import Shop

PASSWORD = "a long enough password"

# Who waits for a browser or other processes may wait in vain on a machine that is busy with
# something else; what is broken fails three times in a row.
WAITING = {"browser", "chat", "deploy", "docs", "install", "processes", "reliability"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        asked_otherwise = item.config.getoption("reruns") is not None
        if item.path.parent.name in WAITING and not asked_otherwise:
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A SecantusDB process of its own, as a user of the embedded database has it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            Path(sys.executable).with_name("secantusd-py"),
            *("--host", "127.0.0.1", "--port", str(port), "--cache-size", "256M"),
            *("--storage-path", tmp_path_factory.mktemp("database"), "--log-level", "ERROR"),
            "--sync-on-commit",
        ]
    )
    url = f"mongodb://127.0.0.1:{port}/?replicaSet=secantus"
    _wait_for(url)
    yield url
    process.terminate()
    process.wait(20)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            with pymongo.MongoClient(url, serverSelectionTimeoutMS=500) as client:
                client.admin.command("ping")
        except pymongo.errors.PyMongoError:
            if time.monotonic() > deadline:
                raise
        else:
            return


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    """Settings that a test module wants otherwise, as environment variables."""
    return {}


@pytest.fixture(scope="module")
def mail_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the mails of a test module arrive as .eml files."""
    return tmp_path_factory.mktemp("mail")


@pytest.fixture(scope="module")
async def app(
    database_url: str, mail_folder: Path, settings_changes: dict[str, str]
) -> AsyncIterator[Quart]:
    """The running shop on an empty database."""
    values = settings.load(
        {
            "STOREFRONT_ENV": "test",
            "STOREFRONT_DATABASE__URL": database_url,
            "STOREFRONT_DATABASE__NAME": f"test_{secrets.token_hex(4)}",
            "STOREFRONT_MAIL__FOLDER": str(mail_folder),
            "STOREFRONT_SERVER__ALLOWED_HOSTS": "localhost,shop.test",
            **settings_changes,
        }
    )
    application = create_app(values)
    async with application.test_app():
        yield application
        # Only saves room; a server that is busy with many other tests may take longer than it may.
        with contextlib.suppress(pymongo.errors.PyMongoError):
            await application.extensions["shop"].database.drop()


@pytest.fixture
def shop(app: Quart) -> Shop:
    """The inside of the running shop, to arrange what no page can."""
    inside: Shop = app.extensions["shop"]
    return inside


@pytest.fixture
async def client(app: Quart) -> AsyncIterator[httpx.AsyncClient]:
    """A guest's browser without JavaScript, or a script: it keeps cookies."""
    async with browser(app) as guest:
        yield guest


def browser(app: Quart, **options: Any) -> httpx.AsyncClient:
    """One more guest with cookies of their own."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://shop.test", **options)


async def eventually(check: Any, *, within_seconds: float = 15) -> Any:
    """The first true answer of ``check``, which is awaited again and again."""
    deadline = time.monotonic() + within_seconds
    while True:
        answer = await check()
        if answer or time.monotonic() > deadline:
            return answer
        await asyncio.sleep(0.02)
