"""The recipes of docs/extending.md, applied to a copy of the project and tried in its shop."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.deploy.served import clean_environment, served_shop
from tests.docs.blocks import ROOT, Block, blocks

PARTS = ("storefront", "templates", "static", "settings", "translations", "scripts")
ADDRESS = {
    "recipient": "Ada Marina",
    "company": "Marina Works",
    "line1": "Calle del Faro 7",
    "city": "Cadiz",
    "postal_code": "11001",
    "country": "ES",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with all recipes in it."""
    folder = tmp_path_factory.mktemp("project")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for block in blocks(ROOT / "docs" / "extending.md"):
        _follow(block, folder)
    return folder


def _follow(block: Block, folder: Path) -> None:
    if block.language == "sh":
        script = block.text.replace("python ", f"{sys.executable} ", 1)
        changes = {"PYTHONPATH": str(folder)}
        environment = clean_environment(changes)
        subprocess.run(["sh", "-euc", script], cwd=folder, env=environment, check=True)
        return
    assert block.about, block.text
    file = folder / block.about
    if block.language == "diff":
        text = file.read_text(encoding="utf-8")
        for hunk in block.text.split("@@\n"):
            text = _changed(text, hunk, block.about)
        file.write_text(text, encoding="utf-8")
    else:
        assert not file.exists(), block.about
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.text, encoding="utf-8")


def _changed(text: str, hunk: str, name: str) -> str:
    lines = hunk.splitlines()
    old = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    new = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    assert text.count(old) == 1, f"{name} has this {text.count(old)} times:\n{old}"
    return text.replace(old, new)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("extended")


@pytest.fixture(scope="module")
def shop(project: Path, folder: Path) -> Iterator[str]:
    with served_shop(folder, changes={"PYTHONPATH": str(project)}) as url:
        yield url


@contextmanager
def signed_in(shop: str, email: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{shop}/api/v1", timeout=30) as client:
        answer = client.post("/auth/login", json={"email": email, "password": "storefront-demo"})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def test_the_page_is_there_with_the_setting(shop: str) -> None:
    answer = httpx.get(f"{shop}/about")

    assert answer.status_code == 200
    assert "A small shop by the sea." in answer.text
    assert "+34 956 000 000" in answer.text


def test_the_language_is_spoken_and_falls_back(shop: str, project: Path) -> None:
    answer = httpx.get(f"{shop}/about?lang=de")
    catalogue = project / "translations" / "de" / "LC_MESSAGES" / "messages.po"

    assert '<html lang="de"' in answer.text
    assert "A small shop by the sea." in answer.text
    assert 'msgid "A small shop by the sea."' in catalogue.read_text(encoding="utf-8")


def test_the_field_is_kept_and_shown_and_the_mail_goes_out(shop: str, folder: Path) -> None:
    with signed_in(shop, "shopper@example.com") as customer:
        goods = customer.get("/products", params={"in_stock": "true", "category": "totes"}).json()
        cart = {"product_id": goods["items"][0]["id"], "quantity": 1}
        assert customer.post("/cart", json=cart).status_code == 201
        kept = customer.put("/cart/delivery-address", json=ADDRESS).json()
        page = customer.get(f"{shop}/cart").text
        order = customer.post("/orders").json()
    with signed_in(shop, "staff@example.com") as staff:
        for status in ("paid", "shipped"):
            staff.patch(f"/orders/{order['number']}", json={"status": status}).raise_for_status()

    assert kept["delivery_address"]["company"] == "Marina Works"
    assert order["delivery_address"]["company"] == "Marina Works"
    assert 'name="company"' in page
    assert _mail_arrives(f"Subject: Order {order['number']} is on its way", folder)


def _mail_arrives(line: str, folder: Path) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if any(line in mail.read_text() for mail in (folder / "data" / "mail").glob("*.eml")):
            return True
        time.sleep(0.1)
    return False
