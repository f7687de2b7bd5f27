"""What commands tell at the terminal."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from storefront.cli import main

SECRET = "3f9a-a-secret-that-is-long-enough-for-production"


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> None:
    monkeypatch.chdir(tmp_path)
    for key, value in {
        "STOREFRONT_ENV": "production",
        "STOREFRONT_SESSION__SECRET": SECRET,
        "STOREFRONT_SERVER__PORT": "8000",
        "STOREFRONT_DATABASE__URL": database_url,
        "STOREFRONT_DATABASE__NAME": "commands",
        "STOREFRONT_MAIL__TRANSPORT": "file",
    }.items():
        monkeypatch.setenv(key, value)


@pytest.mark.usefixtures("production")
def test_check_tells_that_mails_would_lead_nowhere() -> None:
    checked = CliRunner().invoke(main, ["check"])

    assert "server.public_url is empty: links in mails lead to http://127.0.0.1:8000" in (
        checked.output
    )
    assert "a new database: the next start creates them" in checked.output


@pytest.mark.usefixtures("production")
def test_check_tells_that_the_shop_would_refuse_its_own_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STOREFRONT_SERVER__PUBLIC_URL", "https://shop.example")

    refused = CliRunner().invoke(main, ["check"])
    monkeypatch.setenv("STOREFRONT_SERVER__ALLOWED_HOSTS", ".example,127.0.0.1")
    welcome = CliRunner().invoke(main, ["check"])

    assert "server.allowed_hosts lacks shop.example" in refused.output
    assert "allowed_hosts" not in welcome.output
