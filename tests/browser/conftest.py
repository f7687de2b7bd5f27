"""A real shop process with the demo catalogue, and Debian's Chromium in front of it."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

STOREFRONT = Path(sys.executable).with_name("storefront")
PASSWORD = "storefront-demo"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=15_000)

OpenPage = Callable[..., Awaitable[Page]]


@dataclass(frozen=True)
class LiveShop:
    """A shop that listens on a port, and the folder in which its mails arrive.

    ``environment`` is what it was started with, for commands that join it.
    """

    url: str
    mail_folder: Path
    environment: Mapping[str, str]


@pytest.fixture(scope="session")
def live_shop(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """The demo shop, served as its owner serves it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("live")
    environment = os.environ | {
        "STOREFRONT_ENV": "test",
        "STOREFRONT_DATABASE__URL": database_url,
        "STOREFRONT_DATABASE__NAME": f"live_{secrets.token_hex(4)}",
        "STOREFRONT_MAIL__FOLDER": str(folder / "mail"),
        "STOREFRONT_SERVER__PORT": str(port),
    }
    subprocess.run([STOREFRONT, "demo"], env=environment, check=True, capture_output=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([STOREFRONT, "serve"], env=environment, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_until_ready(url, folder / "log")
            yield LiveShop(url, folder / "mail", environment)
        finally:
            process.terminate()
            process.wait(20)


def _wait_until_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/health/ready").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    pytest.fail(f"The shop did not become ready:\n{log.read_text()}")


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        yield browser
        await browser.close()


@pytest.fixture
async def open_page(chromium: Browser, live_shop: LiveShop) -> AsyncIterator[OpenPage]:
    """Open a page as a new visitor; at the end no visitor may have seen an error in the console."""
    contexts = []
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # Chromium reports each answer of 400 and more as an error of the page, and htmx each line
        # that was cut; those we want.
        wanted = ("Failed to load resource", "Failed to fetch")
        if message.type == "error" and not any(each in message.text for each in wanted):
            errors.append(message.text)

    async def open_(path: str = "/products", **options: Any) -> Page:
        context = await chromium.new_context(
            base_url=live_shop.url, **{"locale": "en-GB", "reduced_motion": "reduce"} | options
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = await context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(path)
        return page

    yield open_
    for context in contexts:
        await context.close()
    assert errors == []


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def java_script(request: pytest.FixtureRequest) -> bool:
    """Each journey is walked twice."""
    enabled: bool = request.param
    return enabled
