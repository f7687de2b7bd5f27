"""Who sent this request, from its bearer token or cookie, and the cookie that slides along."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from quart import Response, g, has_websocket_context, request, websocket

from storefront import logs
from storefront.accounts import devices, service, tokens
from storefront.accounts.model import Origin, Token
from storefront.accounts.session_cache import SessionCache
from storefront.accounts.tokens import Claims
from storefront.database import UNAVAILABLE
from storefront.errors import NotFoundError, UnauthenticatedError
from storefront.web import cookies, language
from storefront.web.cookies import current_shop
from storefront.web.identity import Identity, current_identity

COOKIE = "session"
# The prefix makes browsers refuse the cookie from anything but this very host, over https.
SECURE_COOKIE = "__Host-session"


@dataclass(frozen=True, slots=True)
class _Presented:
    """The token that came with the request; the session behind it lives."""

    claims: Claims
    by_cookie: bool


async def identify() -> None:
    """Before each request and socket: find out who asks. A token that is no good is a guest's."""
    g.identity = None
    g.presented = None
    source = _source()
    if source.blueprint == "health":  # Must answer without the database.
        return
    text, by_cookie = _token_text(source)
    claims = tokens.read_session(current_shop(), text) if text else None
    if claims is None:
        return
    try:
        g.identity = await _identity(claims)
    except UNAVAILABLE:
        await language.choose_language()  # For the page that says so.
        raise
    if g.identity:
        g.presented = _Presented(claims, by_cookie)
        logs.user_id.set(g.identity.user_id)


async def _identity(claims: Claims) -> Identity | None:
    cache = current_shop().part(SessionCache)
    return await cache.identity(claims.user_id, claims.session_id)


def _source() -> Any:
    return websocket if has_websocket_context() else request


def _token_text(source: Any) -> tuple[str, bool]:
    """The token and whether a cookie brought it; a bearer token wins, even a bad one."""
    scheme, _, text = source.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return text.strip(), False
    return source.cookies.get(_cookie_name(source), ""), True


def _cookie_name(source: Any) -> str:
    return SECURE_COOKIE if source.scheme in {"https", "wss"} else COOKIE


def current_claims() -> Claims:
    """What the token of this request says; UnauthenticatedError for a guest."""
    if g.presented is None:
        raise UnauthenticatedError
    claims: Claims = g.presented.claims
    return claims


def came_by_cookie() -> bool:
    """Whether the visitor is signed in by cookie."""
    return g.presented is not None and g.presented.by_cookie


def current_origin() -> Origin:
    """Where this request comes from."""
    return Origin(
        address=request.remote_addr or "",
        device=devices.describe(request.headers.get("User-Agent", "")),
    )


async def end_current() -> None:
    """End the session that this request came with; nothing for a guest."""
    identity = current_identity()
    if identity:
        # Somebody else may have ended it in this very moment, which is as good.
        with contextlib.suppress(NotFoundError):
            await service.end_session(current_shop(), identity.user_id, identity.session_id)


def put_cookie(response: Response, token: Token) -> None:
    """Let the browser keep the token for as long as it is valid."""
    g.presented = None
    remaining = token.expires_at - datetime.now(UTC)
    cookies.write(
        response, _cookie_name(request), token.text, max_age=int(remaining.total_seconds())
    )


def drop_cookie(response: Response) -> None:
    """Let the browser forget its token."""
    g.presented = None
    cookies.delete(response, [_cookie_name(request)])


async def renew_cookie(response: Response) -> Response:
    """After each request: a cookie in the second half of its life gets a whole one."""
    if g.get("presented") is None or not g.presented.by_cookie:
        return response
    claims: Claims = g.presented.claims
    if not claims.is_half_over(datetime.now(UTC)):
        return response
    with contextlib.suppress(*UNAVAILABLE):  # The next request will do.
        token = await service.extend_session(current_shop(), claims)
        if token:
            put_cookie(response, token)
    return response
