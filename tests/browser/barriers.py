"""What stands in somebody's way on a page: axe's findings in both colour schemes, and widths."""

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import PASSWORD

# axe leaves out the size of what is pressed (WCAG 2.5.8, 24 px) where nobody asks for it.
FINDINGS = {
    "resultTypes": ["violations"],
    "iframes": False,
    "rules": {"target-size": {"enabled": True}},
}
OF_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
_axe = Axe()


async def expect_no_barriers(page: Page, where: str, *, first: str = "light") -> None:
    """axe finds nothing in the scheme ``first``, and no colour at fault in the other one."""
    other = "dark" if first == "light" else "light"
    await _expect_nothing(page, f"{where}, {first}", scheme=first, options=FINDINGS)
    await _expect_nothing(
        page, f"{where}, {other}", scheme=other, options={**FINDINGS, "runOnly": OF_COLOUR}
    )


async def _expect_nothing(page: Page, where: str, *, scheme: Any, options: dict[str, Any]) -> None:
    await page.emulate_media(color_scheme=scheme)
    results = await _axe.run(page, options=options)
    found = [
        (each["id"], [(node["html"], node["failureSummary"]) for node in each["nodes"]])
        for each in results.response["violations"]
    ]
    assert found == [], where


async def expect_no_sideways_scrolling(page: Page, where: str) -> None:
    """Only tables may be wider than the window, in frames of their own (WCAG 1.4.10)."""
    too_wide = await page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("main *, header *, footer *")]
                .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
                .slice(0, 5).map((each) => each.outerHTML.slice(0, 120))"""
    )
    assert too_wide == [], where


async def sign_in(page: Page, email: str, *, password: str = PASSWORD) -> None:
    """Let the page's visitor be ``email``, without the way over the form."""
    origin = await page.evaluate("location.origin")
    answer = await page.request.post(
        f"{origin}/auth/login",
        form={"email": email, "password": password},
        headers={"Origin": origin},
    )
    await expect(answer).to_be_ok()
