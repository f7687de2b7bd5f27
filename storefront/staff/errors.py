"""Logged errors in the back office: each kind once, and each error by its id."""

import contextlib
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, Field
from quart import Blueprint, Response

from storefront.accounts import service as accounts
from storefront.errors import NotFoundError
from storefront.web import error_log, forms, htmx, rendering
from storefront.web.cookies import current_shop
from storefront.web.identity import staff_only

blueprint = Blueprint("staff_errors", __name__, url_prefix="/staff/errors")

SHOWN_OF_A_KIND = 10


class ErrorsQuery(BaseModel):
    """Which errors to list."""

    group: Annotated[str, Field(pattern=r"^([0-9a-f]{16})?$", description="One kind.")] = ""
    after: Annotated[str, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 50


@blueprint.get("")
@staff_only
async def show_errors() -> Any:
    """What went wrong, each kind once, the latest first; or all errors of one kind."""
    query = forms.check_query(ErrorsQuery)
    if query.group:
        return await _errors_of_kind(query, query.group)
    found = await error_log.list_kinds(current_shop(), after=query.after, limit=query.limit)
    variables: dict[str, Any] = {
        "kinds": found.items,
        "next": _url(after=found.next) if found.next else None,
    }
    return await _page("errors", variables)


async def _errors_of_kind(query: ErrorsQuery, group: str) -> Response:
    shop = current_shop()
    found = await error_log.list_errors(shop, group=group, after=query.after, limit=query.limit)
    variables: dict[str, Any] = {
        "kind": await error_log.find_kind(shop, group),
        "errors": found.items,
        "next": _url(group=group, after=found.next) if found.next else None,
    }
    return await _page("errors_of_kind", variables)


def _url(**given: str | None) -> str:
    return "/staff/errors?" + urlencode({key: value for key, value in given.items() if value})


async def _page(name: str, variables: dict[str, Any]) -> Response:
    if htmx.wants_fragment():
        return await rendering.render_fragment(f"staff/{name}.html", **variables)
    return await rendering.render(f"staff/{name}.html", **variables)


@blueprint.get("/<error_id>")
@staff_only
async def show_error(error_id: str) -> Any:
    """One error: the request, the person and the traceback, and others of its kind."""
    shop = current_shop()
    error = await error_log.get_error(shop, error_id)
    user = None
    if error.user_id:
        with contextlib.suppress(NotFoundError):
            user = await accounts.get_user(shop, error.user_id)
    kin = None
    if error.group:
        kin = await error_log.list_errors(shop, group=error.group, limit=SHOWN_OF_A_KIND)
    variables: dict[str, Any] = {
        "error": error,
        "user": user,
        "kind": await error_log.find_kind(shop, error.group) if error.group else None,
        "kin": [each for each in kin.items if each.id != error.id] if kin else [],
    }
    return await _page("error", variables)
