"""What keeps the shop running, as JSON: settings, errors, mails and users."""

from typing import Any

from pydantic import BaseModel
from quart import Blueprint, Response, jsonify
from quart_schema import (
    document_querystring,
    document_request,
    document_response,
    security_scheme,
    tag,
)

from storefront.accounts import administration
from storefront.accounts.schemas import UserChange, UsersQuery, UserView
from storefront.localisation import gettext
from storefront.mail import service as mail
from storefront.staff.errors import ErrorsQuery
from storefront.staff.mail import MailsQuery
from storefront.staff.schemas import (
    ErrorSummary,
    ErrorsView,
    ErrorView,
    MailsView,
    MailView,
    SettingView,
    UsersView,
)
from storefront.web import error_log, forms
from storefront.web.cookies import current_shop
from storefront.web.identity import admin_only, require_identity, staff_only
from storefront.web.openapi import leads_to

blueprint = Blueprint("staff_api", __name__, url_prefix="/api/v1")
SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}]


@blueprint.after_request
async def keep_private(response: Response) -> Response:
    """What staff see is for nobody's cache."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


@blueprint.get("/config")
@staff_only
@tag(["staff"])
@security_scheme(SIGNED_IN)
@document_response(list[SettingView])
async def list_settings() -> Any:
    """List every effective setting. Staff only.

    `source` is a file or an environment variable. Secrets are masked.
    """
    found = current_shop().settings.explained()
    views = [SettingView.of(each).model_dump() for each in found]
    return jsonify([view | {"meaning": gettext(view["meaning"])} for view in views])


@blueprint.get("/errors")
@staff_only
@tag(["staff"])
@security_scheme(SIGNED_IN)
@document_querystring(ErrorsQuery)
@document_response(ErrorsView)
@leads_to(200, "/items/0/error_id", "error_id", "get_show_error")
async def list_errors() -> Any:
    """List logged errors, newest first. Staff only.

    With `group` those of one kind.
    """
    query = forms.check_query(ErrorsQuery)
    found = await error_log.list_errors(
        current_shop(), group=query.group or None, after=query.after, limit=query.limit
    )
    return _json(ErrorsView(items=[ErrorSummary.of(each) for each in found.items], next=found.next))


@blueprint.get("/errors/<error_id>")
@staff_only
@tag(["staff"])
@security_scheme(SIGNED_IN)
@document_response(ErrorView)
async def show_error(error_id: str) -> Any:
    """Show a logged error with its traceback, by the `error_id` of the answer. Staff only."""
    return _json(ErrorView.of(await error_log.get_error(current_shop(), error_id)))


@blueprint.get("/mails")
@staff_only
@tag(["staff"])
@security_scheme(SIGNED_IN)
@document_querystring(MailsQuery)
@document_response(MailsView)
@leads_to(200, "/items/0/id", "mail_id", "post_resend_mail")
async def list_mails() -> Any:
    """List the outbox, newest first. Staff only.

    With `state` only the mails that are `pending`, `failed` or `sent`.
    """
    query = forms.check_query(MailsQuery)
    found = await mail.list_page(
        current_shop(), state=query.state, after=query.after, limit=query.limit
    )
    return _json(MailsView(items=[MailView.of(each) for each in found.items], next=found.next))


@blueprint.post("/mails/<mail_id>/resend")
@staff_only
@tag(["staff"])
@security_scheme(SIGNED_IN)
@document_response(MailView)
async def resend_mail(mail_id: str) -> Any:
    """Send a mail again that was sent or has failed. Staff only.

    It keeps its Message-ID. A mail that waits to be sent is a `conflict`.
    """
    return _json(MailView.of(await mail.resend(current_shop(), mail_id)))


@blueprint.get("/users")
@admin_only
@tag(["staff"])
@security_scheme(SIGNED_IN)
@document_querystring(UsersQuery)
@document_response(UsersView)
@leads_to(200, "/items/0/id", "user_id", "patch_change_user")
async def list_users() -> Any:
    """List users, newest first. Admins only.

    With `q` those of whom each word begins one of name or email.
    """
    query = forms.check_query(UsersQuery)
    found = await administration.list_users(
        current_shop(), q=query.q, role=query.role, after=query.after, limit=query.limit
    )
    return _json(UsersView(items=[UserView.of(each) for each in found.items], next=found.next))


@blueprint.patch("/users/<user_id>")
@admin_only
@tag(["staff"])
@security_scheme(SIGNED_IN)
@document_request(UserChange)
@document_response(UserView)
async def change_user(user_id: str) -> Any:
    """Set somebody's role, or block and unblock. Admins only.

    What is not given stays. Blocking ends all sessions within a second. Whoever is the last
    admin stays one: `conflict`.
    """
    change = await forms.json_body(UserChange)
    # A program that names an account means it: there is nobody to ask.
    user = await administration.change_user(
        current_shop(), require_identity(), user_id, change, confirmed=True
    )
    return _json(UserView.of(user))


@blueprint.delete("/users/<user_id>/second-factor")
@admin_only
@tag(["staff"])
@security_scheme(SIGNED_IN)
async def remove_second_factor(user_id: str) -> Any:
    """Remove the second factor of somebody who lost it. Admins only.

    204; all sessions of that person end, and a mail tells them. Nobody's own: that takes password
    and code.
    """
    await administration.remove_second_factor(current_shop(), require_identity(), user_id)
    return Response("", 204)


def _json(view: BaseModel) -> Response:
    return jsonify(view.model_dump(mode="json"))
