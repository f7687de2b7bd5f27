"""One-time messages that survive the redirect after a form, in a signed cookie."""

import json

from quart import Response, g, request

from storefront.web import cookies

COOKIE = "notices"


def add_notice(text: str, kind: str = "success") -> None:
    """Show ``text`` on the page that comes next; ``kind`` is info, success or warning."""
    g.setdefault("new_notices", []).append((kind, text))


def take_notices() -> list[tuple[str, str]]:
    """The messages to show now: those of this request and those of the one before."""
    shown: list[tuple[str, str]] = _from_cookie() + g.pop("new_notices", [])
    g.notices_taken = True
    return shown


async def keep_notices(response: Response) -> Response:
    """After each request: carry what was not shown to the next one."""
    waiting = g.get("new_notices", [])
    if waiting:
        cookies.write_signed(response, COOKIE, json.dumps(waiting))
    elif g.get("notices_taken") and COOKIE in request.cookies:
        cookies.delete(response, [COOKIE])
    return response


def _from_cookie() -> list[tuple[str, str]]:
    return [(kind, words) for kind, words in json.loads(cookies.read_signed(COOKIE) or "[]")]
