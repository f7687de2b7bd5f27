"""What every request must pass and every response carries, whatever it is about."""

import logging
import re
import secrets
import time
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from quart import Quart, Response, g, request, websocket
from werkzeug.datastructures import Headers

from storefront import logs
from storefront.errors import BadRequestError, ForbiddenError
from storefront.localisation import gettext as _
from storefront.shop import Shop
from storefront.web.cookies import current_shop
from storefront.web.source import source

log = logging.getLogger(__name__)

NO_CONTENT = 204
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
STRICT_TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"


def secure(app: Quart) -> None:
    """Check each request of ``app`` and dress each response."""
    app.before_request(name_request)
    app.before_websocket(name_request)
    app.before_request(refuse_foreign_hosts)
    app.before_request(refuse_cross_site_writes)
    app.before_websocket(refuse_foreign_hosts)
    app.before_websocket(refuse_cross_site_sockets)
    app.after_request(add_headers)


@lru_cache
def content_security_policy(photo_hosts: tuple[str, ...]) -> str:
    """The strictest policy under which htmx runs: nothing inline, nothing from elsewhere.

    Only photos may come from the hosts that the owner named. WebSockets to our own origin are
    covered by connect-src 'self'.
    """
    photos = "".join(f" https://{host}" for host in photo_hosts)
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data:{photos}",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def allow_own_frames(response: Response) -> None:
    """Let this one page show pages of ours in frames, if they allow that, too."""
    photo_hosts = tuple(current_shop().settings.shop.photo_hosts)
    policy = f"{content_security_policy(photo_hosts)}; frame-src 'self'"
    response.headers["Content-Security-Policy"] = policy


async def name_request() -> None:
    """Give the request an id: the one in the answer, in the log and with an error."""
    g.started_at = time.perf_counter()
    g.request_id = secrets.token_hex(8)
    logs.request_id.set(g.request_id)


async def refuse_foreign_hosts() -> None:
    """A forged Host header would end up in links; 400 as RFC 9112, section 3.2, has it."""
    if not is_allowed_host(source().host, current_shop().settings.server.allowed_hosts):
        raise BadRequestError(_("This shop is not known under that host name."))


def is_allowed_host(host: str, allowed: list[str]) -> bool:
    """Whether ``host`` (with or without port) is one of ``allowed``; .x covers subdomains of x."""
    name = re.sub(r":\d+$", "", host).lower()
    return any(
        pattern in {"*", name} or (pattern.startswith(".") and f".{name}".endswith(pattern))
        for pattern in allowed
    )


async def refuse_cross_site_writes() -> None:
    """Forms and scripts of other sites must not act in a visitor's name (OWASP CSRF, 2025).

    Browsers say where a request comes from; what says nothing is no browser, and carries no
    visitor's cookies that it did not already own. Nor does a bearer token come from the visitor's
    browser: with it and no cookie a request acts for who has the token, wherever it comes from.
    """
    by_token_alone = _has_bearer(request.headers) and not request.cookies
    if request.method not in SAFE_METHODS and not by_token_alone and not is_same_origin():
        raise ForbiddenError(_("This request came from another site."))


async def refuse_cross_site_sockets() -> None:
    """Browsers let any site open a socket to us with our visitor's cookies (RFC 6455, 10.2).

    Who brings a bearer token has it from us and not from the visitor's browser.
    """
    if not _has_bearer(websocket.headers) and not is_same_origin():
        raise ForbiddenError(_("This request came from another site."))


def _has_bearer(headers: Any) -> bool:
    return str(headers.get("Authorization", "")).lower().startswith("bearer ")


def is_same_origin() -> bool:
    """Whether the request comes from our own pages, or from no browser at all."""
    asked = source()
    headers = asked.headers
    fetch_site = headers.get("Sec-Fetch-Site")
    if fetch_site:
        return fetch_site in {"same-origin", "none"}
    page = headers.get("Origin") or headers.get("Referer")
    return page is None or _host_of(page) == asked.host


def _host_of(page: str) -> str | None:
    """Host and port of an address; None for what is none."""
    try:
        return urlsplit(page).netloc
    except ValueError:
        return None


def headers_for(shop: Shop, *, scheme: str) -> dict[str, str]:
    """What every answer carries."""
    policy = content_security_policy(tuple(shop.settings.shop.photo_hosts))
    headers = {"Content-Security-Policy": policy, **HEADERS}
    if scheme == "https":
        headers["Strict-Transport-Security"] = STRICT_TRANSPORT_SECURITY
    return headers


async def add_headers(response: Response) -> Response:
    response.headers.extend(_missing(response.headers))
    if response.status_code == NO_CONTENT:
        response.headers.pop("Content-Type", None)
    response.headers["X-Request-ID"] = g.request_id
    _log_answer(response)
    return response


def _missing(present: Headers) -> list[tuple[str, str]]:
    """What a handler left to us."""
    names = {name.lower() for name, _ in present}
    wanted = headers_for(current_shop(), scheme=request.scheme)
    return [(name, value) for name, value in wanted.items() if name.lower() not in names]


def _log_answer(response: Response) -> None:
    route = request.url_rule.rule if request.url_rule else "(no route)"
    milliseconds = (time.perf_counter() - g.started_at) * 1000
    log.info("%s %s %d in %.1f ms", request.method, route, response.status_code, milliseconds)
