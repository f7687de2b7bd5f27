"""One handler for everything that goes wrong: a page, a fragment or problem+json.

Each failure has an id, which is the request's ``X-Request-ID``: it stands in the answer and in
the log line. The traceback goes to the log and to the ``errors`` collection; only in development
is it shown to whoever asked.
"""

import logging
import traceback
from typing import Any
from urllib.parse import quote

from quart import Quart, Response, g, has_websocket_context, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from storefront import errors
from storefront.database import UNAVAILABLE
from storefront.web import error_log, htmx, rendering
from storefront.web.cookies import current_shop
from storefront.web.error_log import Refusals
from storefront.web.language import chosen_theme
from storefront.web.links import own_path
from storefront.web.notices import add_notice
from storefront.web.source import source

log = logging.getLogger(__name__)

INDEXES = error_log.INDEXES

_BY_STATUS: dict[int, type[errors.ShopError]] = {
    404: errors.NotFoundError,
    405: errors.MethodNotAllowedError,
    413: errors.PayloadTooLargeError,
    415: errors.UnsupportedMediaTypeError,
    422: errors.ValidationError,
    400: errors.BadRequestError,
    503: errors.UnavailableError,
}


def handle_failures(app: Quart) -> None:
    """Answer every exception of ``app`` here."""
    app.register_error_handler(Exception, answer)


async def answer(error: Exception) -> Any:
    """The response to ``error``, in the form in which the request came."""
    problem = as_shop_error(error)
    await record(problem, error)
    if not wants_json() and isinstance(problem, errors.UnauthenticatedError):
        return htmx.leave_for(f"/?next={_where_to_return()}")
    if not wants_json() and isinstance(problem, errors.SecondFactorMissingError):
        add_notice(problem.detail, "warning")
        return htmx.leave_for("/account/second-factor")
    response = problem_json(problem) if wants_json() else await _page(problem, error)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def wants_json() -> bool:
    """The API always speaks JSON, and so does a socket that is refused."""
    return has_websocket_context() or request.path.startswith("/api/")


def as_shop_error(error: Exception) -> errors.ShopError:
    """``error`` as one that has a name and a status."""
    if isinstance(error, errors.ShopError):
        return error
    if isinstance(error, UNAVAILABLE):
        return errors.UnavailableError()
    if isinstance(error, HTTPException) and error.code in _BY_STATUS:
        return _BY_STATUS[error.code]()
    if isinstance(error, HTTPException) and 400 <= (error.code or 0) < 500:  # noqa: PLR2004  (the client's fault)
        return errors.BadRequestError()
    return errors.InternalError()


def problem_json(problem: errors.ShopError) -> Response:
    """``problem`` as RFC 9457 problem details."""
    response = jsonify(details(problem))
    response.status_code = problem.status
    response.content_type = "application/problem+json"
    response.headers["Cache-Control"] = "no-store"
    _add_headers(response, problem)
    return response


def details(problem: errors.ShopError) -> dict[str, Any]:
    """The members of ``problem`` as RFC 9457 names them, and our own beside them."""
    body: dict[str, Any] = {
        **problem.extra,
        "type": f"/problems/{problem.name}",
        "title": str(problem.title),
        "status": problem.status,
        "detail": problem.detail,
        "instance": source().path,
        "error_id": g.request_id,
    }
    if isinstance(problem, errors.ValidationError):
        body["errors"] = [
            {"field": each.field, "message": str(each.message)} for each in problem.errors
        ]
    return body


def _add_headers(response: Response, problem: errors.ShopError) -> None:
    retry_after = getattr(problem, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    if problem.status == errors.UnauthenticatedError.status:
        response.headers["WWW-Authenticate"] = 'Bearer realm="storefront"'


async def _page(problem: errors.ShopError, error: Exception) -> Response:
    shown = describe(problem, error)
    try:
        page = await rendering.page_of_visitor()
    except UNAVAILABLE:
        page = rendering.bare_page(current_shop(), path=request.path, theme=chosen_theme())
    kind = "partials" if htmx.wants_fragment() else "pages"
    text = rendering.current_templates().render(
        f"{kind}/errors/error.html", page=page, problem=shown
    )
    response = rendering.html(text, problem.status)
    _add_headers(response, problem)
    return response


def describe(problem: errors.ShopError, error: Exception | None = None) -> dict[str, Any]:
    """What an error page shows of ``problem``; the traceback only in development.

    ``is_kept`` tells whether staff can look it up; ``again`` is the page to try again, if
    waiting helps and trying sends nothing.
    """
    retry_after = getattr(problem, "retry_after", None)
    is_shown = error is not None and current_shop().settings.is_development
    return {
        "status": problem.status,
        "title": str(problem.title),
        "detail": problem.detail,
        "error_id": g.request_id,
        "is_kept": error is not None and g.get("is_kept", False),
        "retry_after": retry_after,
        "again": _asked_for() if retry_after and request.method in {"GET", "HEAD"} else None,
        "traceback": _traceback(error) if is_shown and error else None,
    }


def _where_to_return() -> str:
    """The page to come back to after signing in: of a form, the page that it stood on."""
    if request.method in {"GET", "HEAD"}:
        return quote(_asked_for())
    return quote("/cart" if request.path.startswith("/cart") else "/products")


def _asked_for() -> str:
    return own_path(request.full_path.rstrip("?"), "/products")


def _traceback(error: Exception) -> str:
    return "".join(traceback.format_exception(error))


async def record(problem: errors.ShopError, error: Exception) -> None:
    """Log it, and keep it where staff find it by its id.

    Of requests that were refused so many a minute are kept for a day, and listed only in
    development: they are nobody's fault, but a customer may ask about one.
    """
    shop = current_shop()
    # Escaped: an address may hold line breaks, and what follows them would pass for another line.
    path = error_log.safe_path(shop).encode("unicode_escape").decode()
    said = (error_log.method(), path, problem.name)
    if _is_ours(problem):
        log.error("%s %s: %s\n%s", *said, error_log.described(shop, error))
    else:
        log.info("%s %s: %s", *said)
    is_fault = _is_ours(problem) or shop.settings.is_development
    # What the database cannot answer could not be stored either.
    g.is_kept = not isinstance(error, UNAVAILABLE) and (is_fault or shop.part(Refusals).take())
    if g.is_kept:
        await error_log.keep(shop, problem, error, error_id=g.request_id, is_fault=is_fault)


def _is_ours(problem: errors.ShopError) -> bool:
    return problem.status >= errors.InternalError.status
