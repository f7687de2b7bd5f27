"""People with a second factor, and the apps that make their codes."""

import re
import time
from dataclasses import dataclass

import httpx
import pyotp
from quart import Quart

from storefront.shop import Shop
from tests.accounts.people import registered
from tests.conftest import PASSWORD

HOME = "/account/second-factor"
CODES = f"{HOME}/recovery-codes"


@dataclass
class App:
    """An authenticator app whose clock may be a step ahead, so that nobody waits for a code."""

    key: str
    last_step: int = 0

    def code(self) -> str:
        """A code that the shop takes now and was not given before: two at once, then `rest`."""
        now = int(time.time()) // 30
        step = max(now, self.last_step + 1)
        assert step <= now + 1, "the shop would not take it yet: rest first"
        self.last_step = step
        return pyotp.TOTP(self.key).generate_otp(step)

    async def rest(self, shop: Shop) -> None:
        """Let time pass, as far as the shop knows."""
        self.last_step = 0
        await shop.database["second_factors"].update_many({}, {"$set": {"last_step": 0}})

    def used_code(self) -> str:
        """The code that was given last."""
        return pyotp.TOTP(self.key).generate_otp(self.last_step)

    def wrong_code(self) -> str:
        """A code of another time."""
        return pyotp.TOTP(self.key).generate_otp(7)


def offered(page: httpx.Response) -> tuple[App, str]:
    """The key on the page that sets up, and what its form brings back."""
    key = re.search(r'<code class="secret-key"[^>]*>([A-Z2-7 ]+)</code>', page.text)
    setup = re.search(r'name="setup" value="([^"]+)"', page.text)
    assert key, page.text
    assert setup
    return App(key[1].replace(" ", "")), setup[1]


async def set_up(browser: httpx.AsyncClient, password: str = PASSWORD) -> tuple[App, list[str]]:
    """Switch the second factor on: the app, and the recovery codes."""
    app, setup = offered(await browser.get(HOME))
    form = {"setup": setup, "code": app.code(), "current_password": password}
    answer = await browser.post(HOME, data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, CODES), answer.text
    return app, recovery_codes(await browser.get(CODES))


def recovery_codes(page: httpx.Response) -> list[str]:
    assert page.status_code == 200
    return re.findall(r"<li>\s*<code>([0-9a-z-]+)</code>", page.text)


async def with_factor(app: Quart, **changes: str) -> tuple[httpx.AsyncClient, str, App, list[str]]:
    """Somebody new who has switched it on: browser, email, app, recovery codes."""
    browser, email = await registered(app, **changes)
    return browser, email, *(await set_up(browser, changes.get("password", PASSWORD)))


async def give_code(browser: httpx.AsyncClient, code: str) -> httpx.Response:
    return await browser.post("/auth/second-factor", data={"code": code})


async def api_login(
    client: httpx.AsyncClient, email: str, code: str | None = None, password: str = PASSWORD
) -> httpx.Response:
    body = {"email": email, "password": password} | ({} if code is None else {"code": code})
    return await client.post("/api/v1/auth/login", json=body)
