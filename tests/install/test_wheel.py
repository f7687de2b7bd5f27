"""The wheel alone, in an empty virtual environment and an empty folder, is the whole shop."""

import re
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import storefront
from tests.deploy.served import clean_environment, served_shop

ROOT = Path(__file__).parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


class Installed:
    """A virtual environment with the wheel in it, and a folder to work in."""

    def __init__(self, folder: Path) -> None:
        self.environment = folder / "environment"
        self.work = folder / "work"
        self.command = self.environment / "bin" / "storefront"
        self.work.mkdir()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command as its user would."""
        return subprocess.run(
            [self.command, *arguments],
            cwd=self.work,
            env=clean_environment({}),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*PIP, "wheel", "--no-deps", "--wheel-dir", folder, ROOT], check=True)
    return next(folder.glob("storefront-*.whl"))


@pytest.fixture(scope="module")
def without_database(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel and what it needs, without the extra."""
    installed = Installed(tmp_path_factory.mktemp("installed"))
    venv.create(installed.environment, with_pip=False)
    _install(installed, str(wheel))
    return installed


def _install(installed: Installed, what: str) -> None:
    python = installed.environment / "bin" / "python"
    # Compiled as it is run: most of what is installed never is.
    subprocess.run([*PIP, "--python", python, "install", "--no-compile", what], check=True)


@pytest.fixture(scope="module")
def refusal(without_database: Installed) -> subprocess.CompletedProcess[str]:
    """What serving says without the embedded database and without a URL."""
    return without_database.run("serve", "--port", "0")


@pytest.fixture(scope="module")
def installed(
    without_database: Installed, refusal: subprocess.CompletedProcess[str], wheel: Path
) -> Installed:
    """The same with the extra, which comes after the refusal."""
    _install(without_database, f"{wheel}[embedded]")
    return without_database


@pytest.fixture(scope="module")
def shop(installed: Installed) -> Iterator[str]:
    with served_shop(installed.work, command=installed.command) as url:
        yield url


def test_the_command_tells_its_version(without_database: Installed) -> None:
    answer = without_database.run("--version")

    assert answer.stdout == f"storefront, version {storefront.__version__}\n"


def test_without_a_database_serving_says_what_to_do(
    refusal: subprocess.CompletedProcess[str],
) -> None:
    assert refusal.returncode == 1
    assert "install storefront[embedded]" in refusal.stderr
    assert "database.url" in refusal.stderr
    assert "Traceback" not in refusal.stderr


def test_pages_styles_and_pictures_come_from_the_wheel(shop: str) -> None:
    with httpx.Client(base_url=shop) as client:
        page = client.get("/products").text
        style = re.search(r'href="(/static/[^"]+\.css)"', page)
        picture = re.search(r'src="(/images/[^"]+)"', page)
        assert style
        assert picture
        parts = [client.get(each[1].replace("&amp;", "&")) for each in (style, picture)]
        spanish = client.get("/products?lang=es").text

    assert [part.status_code for part in parts] == [200, 200]
    assert parts[0].headers["content-type"].startswith("text/css")
    assert parts[1].headers["content-type"].startswith("image/")
    assert '<html lang="es"' in spanish
    assert "Carrito" in spanish


def test_a_new_customer_gets_a_mail(shop: str, installed: Installed) -> None:
    password = "a long enough password"
    with httpx.Client(base_url=shop) as client:
        customer = client.post(
            "/api/v1/auth/register",
            json={
                "full_name": "Ada Marina",
                "phone": "+34956123456",
                "email": "ada@example.com",
                "password": password,
                "password_confirmation": password,
            },
        )

    assert customer.status_code == 201
    assert _mail_to("ada@example.com", installed.work / "data" / "mail")


def _mail_to(address: str, folder: Path) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if any(f"To: {address}" in mail.read_text() for mail in folder.glob("*.eml")):
            return True
        time.sleep(0.1)
    return False


def test_the_demos_staff_find_the_back_office(shop: str) -> None:
    with httpx.Client(base_url=shop) as client:
        client.post(
            "/auth/login", data={"email": "staff@example.com", "password": "storefront-demo"}
        )
        pages = [client.get(f"/staff{page}").status_code for page in ("", "/products", "/config")]

    assert pages == [200, 200, 200]


def test_commands_join_the_running_shop(shop: str, installed: Installed) -> None:
    checked = installed.run("check")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "database: reachable" in checked.stdout
