"""The served demo shop and its browser, which the tests of journeys have, too."""

import subprocess

import pytest

from tests.browser.conftest import STOREFRONT, LiveShop, chromium, live_shop, open_page

__all__ = ["chromium", "live_admin", "live_shop", "open_page"]

ADMIN, ADMIN_PASSWORD = "admin@example.com", "a long enough password"


@pytest.fixture(scope="session")
def live_admin(live_shop: LiveShop) -> str:
    """The email of an admin of the served shop, whose password is ``ADMIN_PASSWORD``."""
    subprocess.run(
        [
            *(STOREFRONT, "create-user", ADMIN, "--role", "admin", "--password-stdin"),
            *("--full-name", "Ada Admin", "--phone", "+34600123458"),
        ],
        input=ADMIN_PASSWORD.encode(),
        env=dict(live_shop.environment),
        check=True,
        capture_output=True,
    )
    return ADMIN
