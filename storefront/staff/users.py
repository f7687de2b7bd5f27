"""Users in the back office: staff find and read them, admins also change them."""

from typing import Any
from urllib.parse import urlencode

from quart import Blueprint, Response

from storefront.accounts import administration, second_factor, service
from storefront.accounts.administration import LastAdminError
from storefront.accounts.model import Role
from storefront.accounts.schemas import UserChangeForm, UsersQuery
from storefront.errors import NotFoundError, ValidationError
from storefront.localisation import Text, lazy
from storefront.localisation import gettext as _
from storefront.orders import service as orders
from storefront.staff import history
from storefront.web import forms, htmx, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import admin_only, require_identity, staff_only
from storefront.web.notices import add_notice

blueprint = Blueprint("staff_users", __name__, url_prefix="/staff/users")

LATEST_ORDERS = 5
ROLES: dict[Role, Text] = {
    Role.CUSTOMER: lazy("Customer"),
    Role.STAFF: lazy("Staff"),
    Role.ADMIN: lazy("Admin"),
}


@blueprint.get("")
@staff_only
async def show_users() -> Any:
    """Users, newest first, all or those that a search finds."""
    query = forms.check_query(UsersQuery)
    found = await administration.list_users(
        current_shop(), q=query.q, role=query.role, after=query.after, limit=query.limit
    )
    variables: dict[str, Any] = {
        "users": found.items,
        "query": query,
        "roles": ROLES,
        "tabs": _tabs(query),
        "next": _url(query, after=found.next) if found.next else None,
    }
    if htmx.wants_fragment():
        response = await rendering.render_fragment("staff/users.html", **variables)
        response.headers["HX-Push-Url"] = _url(query, after=query.after)
        return response
    return await rendering.render("staff/users.html", **variables)


def _tabs(query: UsersQuery) -> list[tuple[str, str, bool]]:
    """Label, address, and whether it is the one shown."""
    everybody = (_("Everybody"), _url(query, role=None), query.role is None)
    return [
        everybody,
        *(
            (str(label), _url(query, role=role.value), query.role is role)
            for role, label in ROLES.items()
        ),
    ]


def _url(query: UsersQuery, **changes: str | None) -> str:
    """The list's address with ``changes``; it starts at the first page unless they say where."""
    given = {"q": query.q, "role": query.role.value if query.role else None, **changes}
    parameters = urlencode({key: value for key, value in given.items() if value})
    return f"/staff/users?{parameters}" if parameters else "/staff/users"


@blueprint.get("/<user_id>")
@staff_only
async def show_user(user_id: str) -> Any:
    """What the shop knows of one person, and what was changed about their account."""
    return await _user(user_id)


async def _user(user_id: str, *, form: Form | None = None, status: int = 200) -> Response:
    shop = current_shop()
    user = await service.get_user(shop, user_id)
    latest = await orders.list_own_orders(shop, user.id, limit=LATEST_ORDERS)
    variables: dict[str, Any] = {
        "user": user,
        "form": form or Form({"role": user.role.value}),
        "roles": [(role.value, str(label)) for role, label in ROLES.items()],
        "role_label": str(ROLES[user.role]),
        "sessions": await service.list_sessions(shop, user.id),
        "second_factor": await second_factor.find(shop, user.id),
        "orders": latest.items,
        "history": await history.list_rows(shop, ("user", user.id)),
    }
    if htmx.wants_fragment():
        return await rendering.render_fragment(
            "staff/user_changed.html", status=status, **variables
        )
    return await rendering.render("staff/user.html", status=status, **variables)


@blueprint.patch("/<user_id>")
@admin_only
async def change_user(user_id: str) -> Any:
    """Set the role, or block and unblock."""
    shop, typed = current_shop(), await forms.typed_form()
    try:
        change = forms.check_form(UserChangeForm, typed)
        user = await administration.change_user(
            shop, require_identity(), user_id, change, confirmed="confirm" in typed
        )
    except ValidationError as error:
        return await _user(user_id, form=Form.rejected(typed, error), status=error.status)
    except LastAdminError as error:
        refused = ValidationError.of("role", error.detail)
        return await _user(user_id, form=Form.rejected(typed, refused), status=error.status)
    if change.blocked is None:
        add_notice(_("%(name)s: %(role)s.") % {"name": user.full_name, "role": ROLES[user.role]})
    elif user.blocked:
        add_notice(_("%(name)s is blocked and signed out.") % {"name": user.full_name})
    else:
        add_notice(_("%(name)s may sign in again.") % {"name": user.full_name})
    return _back_to(user_id)


@blueprint.delete("/<user_id>/sessions")
@admin_only
async def end_sessions(user_id: str) -> Any:
    """Sign the person out everywhere."""
    await administration.end_sessions(current_shop(), require_identity(), user_id)
    add_notice(_("All devices were signed out."))
    return _back_to(user_id)


@blueprint.delete("/<user_id>/sessions/<session_id>")
@admin_only
async def end_session(user_id: str, session_id: str) -> Any:
    """Sign one device out."""
    try:
        await administration.end_sessions(
            current_shop(), require_identity(), user_id, session_id=session_id
        )
    except NotFoundError as error:
        # It may have ended by itself since the page was read, which is as good.
        add_notice(error.detail, "info")
    else:
        add_notice(_("That device was signed out."))
    return _back_to(user_id)


@blueprint.delete("/<user_id>/second-factor")
@admin_only
async def remove_second_factor(user_id: str) -> Any:
    """Let somebody sign in by password alone who lost phone and recovery codes."""
    try:
        await administration.remove_second_factor(current_shop(), require_identity(), user_id)
    except NotFoundError as error:
        if await service.find_user(current_shop(), user_id) is None:
            raise
        add_notice(error.detail, "info")  # Somebody else was faster.
    else:
        add_notice(_("The second factor was removed, and all devices were signed out."))
    return _back_to(user_id)


def _back_to(user_id: str) -> Response:
    return htmx.see_other(f"/staff/users/{user_id}")
