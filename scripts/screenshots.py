"""Take the pictures of docs/screenshots from a fresh demo shop.

python scripts/screenshots.py            # all of them
python scripts/screenshots.py list cart  # these only
"""

import contextlib
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import APIRequestContext, Page, sync_playwright

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "screenshots"
PASSWORD = "storefront-demo"  # noqa: S105  (the demo shop's public one)
SHOPPER, STAFF = "shopper@example.com", "staff@example.com"
DESK, PHONE = (1440, 900), (390, 844)
LARGEST_BYTES = 300_000
COLOURS = 256
START_SECONDS = 60
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--hide-scrollbars"]
ADDRESS = {
    "recipient": "Ada Marina",
    "line1": "Calle del Faro 7",
    "city": "Cádiz",
    "postal_code": "11001",
    "country": "ES",
}


@dataclass(frozen=True)
class Shot:
    """One picture: what is on it, and in which window it is seen."""

    name: str
    prepare: Callable[[Page], None]
    size: tuple[int, int] = DESK
    dark: bool = False
    visitor: str | None = None
    language: str = "en-GB"


def main(names: list[str]) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with demo_shop() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        furnish(playwright.request, url)
        for shot in SHOTS:
            if names and shot.name not in names:
                continue
            context = browser.new_context(
                base_url=url,
                viewport={"width": shot.size[0], "height": shot.size[1]},
                device_scale_factor=2 if shot.size == PHONE else 1,
                color_scheme="dark" if shot.dark else "light",
                reduced_motion="reduce",
                locale=shot.language,
            )
            if shot.visitor:
                sign_in(context.request, url, shot.visitor)
            page = context.new_page()
            shot.prepare(page)
            page.wait_for_load_state("networkidle")
            size = save(page.screenshot(), TARGET / f"{shot.name}.png")
            sys.stdout.write(f"{shot.name}: {size // 1000} kB\n")
            context.close()
        browser.close()


@contextlib.contextmanager
def demo_shop() -> Iterator[str]:
    """The address of a shop that is new, full of the demo, and gone at the end."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = os.environ | {
            "STOREFRONT_ENV": "development",
            "STOREFRONT_DATABASE__PATH": f"{folder}/database",
            "STOREFRONT_MAIL__FOLDER": f"{folder}/mail",
            "STOREFRONT_SERVER__PORT": str(port),
        }
        command = [Path(sys.executable).with_name("storefront"), "serve"]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(  # noqa: S603  (our own command)
            command, env=environment, cwd=folder, stdout=quiet, stderr=quiet
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(url)
            yield url
        finally:
            process.terminate()
            process.wait()


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError):
            urllib.request.urlopen(f"{url}/health/ready")  # noqa: S310  (our own shop)
            return
        time.sleep(0.2)
    raise TimeoutError("The shop did not become ready.")


def furnish(request: Any, url: str) -> None:
    """A shop with some life in it: a filled cart, orders and a conversation."""
    shopper = program(request, url, SHOPPER)
    for category, quantity in (("posters", 1), ("socks", 2)):
        put_in_cart(shopper, category, quantity)
    shopper.post("/api/v1/orders", data={"delivery_address": ADDRESS})
    for category, quantity in (("mugs", 2), ("totes", 1)):
        put_in_cart(shopper, category, quantity)
    shopper.put("/api/v1/cart/delivery-address", data=ADDRESS)
    room = f"/api/v1/chat/{SHOPPER}"
    shopper.post(room, data={"body": "Is the lighthouse mug safe in a dishwasher?"})
    staff = program(request, url, STAFF)
    staff.post(room, data={"body": "It is, on any rack. The print lies under the glaze."})
    shopper.post(room, data={"body": "Then I take two. Do you wrap gifts?"})
    staff.post(room, data={"body": "With pleasure: in an old sea chart. Say so with the order."})


def program(request: Any, url: str, email: str) -> APIRequestContext:
    """The shop's API in the name of ``email``."""
    login = request.new_context(base_url=url)
    answer = login.post("/api/v1/auth/login", data={"email": email, "password": PASSWORD})
    token = answer.json()["access_token"]
    ours: APIRequestContext = request.new_context(
        base_url=url,
        extra_http_headers={"Authorization": f"Bearer {token}"},
        fail_on_status_code=True,
    )
    return ours


def put_in_cart(shopper: APIRequestContext, category: str, quantity: int) -> None:
    query = f"category={category}&in_stock=true&sort=price"
    found = shopper.get(f"/api/v1/products?{query}").json()["items"]
    product, variant = next(
        (each, variant)
        for each in found
        for variant in each["variants"]
        if variant["stock"] >= quantity
    )
    wanted = {"product_id": product["id"], "sku": variant["sku"], "quantity": quantity}
    shopper.post("/api/v1/cart", data=wanted)


def sign_in(request: APIRequestContext, url: str, email: str) -> None:
    form = {"email": email, "password": PASSWORD}
    request.post("/auth/login", form=form, headers={"Origin": url})


def save(screenshot: bytes, file: Path) -> int:
    """Write ``file`` with a palette, at most `LARGEST_BYTES` large; the bytes written."""
    with Image.open(io.BytesIO(screenshot)) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(file, optimize=True)
    size = file.stat().st_size
    if size > LARGEST_BYTES:
        raise ValueError(f"{file.name} has {size} bytes.")
    return size


def opens(path: str) -> Callable[[Page], None]:
    return lambda page: page.goto(path) and None


def open_product(page: Page) -> None:
    page.goto("/products/t-shirts")
    page.locator(".product-card a").first.click()
    page.wait_for_url("**/products/*")


def open_drawer(page: Page) -> None:
    page.goto("/products/posters")
    page.locator(".product-card a").nth(1).click()
    for choice in page.locator(".choice").all():
        choice.locator("input:enabled").first.check(force=True)
        page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("dialog").wait_for()


def open_conversation(page: Page) -> None:
    page.goto(f"/chat/{SHOPPER}")


SHOTS = [
    Shot("list", opens("/products")),
    Shot("list-dark", opens("/products"), dark=True),
    Shot("list-phone", opens("/products"), size=PHONE),
    Shot("product", open_product),
    Shot("product-phone", open_product, size=PHONE, dark=True),
    Shot("cart", opens("/cart"), visitor=SHOPPER),
    Shot("cart-drawer", open_drawer, visitor=SHOPPER, dark=True),
    Shot("checkout", opens("/checkout"), visitor=SHOPPER),
    Shot("chat", open_conversation, visitor=SHOPPER),
    Shot("chat-phone", open_conversation, size=PHONE, visitor=SHOPPER, language="es-ES"),
    Shot("staff", opens("/staff"), visitor=STAFF),
]

if __name__ == "__main__":
    main(sys.argv[1:])
