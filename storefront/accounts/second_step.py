"""The page between the password and the session of who has a second factor.

Who has come so far carries a signed cookie that lives for minutes and opens nothing but this page.
"""

from typing import Any
from urllib.parse import urlencode

from quart import Blueprint, Response, request

from storefront.accounts import arrivals, second_factor, sessions
from storefront.accounts.schemas import SecondStep
from storefront.accounts.second_factor import HALFWAY_SECONDS, HalfwayOverError
from storefront.errors import SecondFactorError, ValidationError
from storefront.localisation import gettext as _
from storefront.localisation import ngettext
from storefront.web import cookies, forms, htmx, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.links import own_path
from storefront.web.notices import add_notice

blueprint = Blueprint("second_step", __name__)

COOKIE = "halfway"
SECURE_COOKIE = "__Host-halfway"


def begin(halfway: str, next_path: str | None) -> Response:
    """On to the page that asks for the code."""
    response = htmx.leave_for(_address("/auth/second-factor", next_path))
    cookies.write(response, _cookie_name(), halfway, max_age=HALFWAY_SECONDS)
    return response


@blueprint.get("/auth/second-factor")
async def ask_for_code() -> Any:
    """Ask whoever gave the right password for a code."""
    next_path = request.args.get("next")
    try:
        await second_factor.find_halfway(current_shop(), _halfway())
    except HalfwayOverError:
        return _begin_anew(next_path)
    return await _page(Form(), next_path)


@blueprint.post("/auth/second-factor")
async def take_code() -> Any:
    """Sign in with the code."""
    typed = await forms.typed_form()
    try:
        step = forms.check_form(SecondStep, typed)
        passed = await second_factor.finish(
            current_shop(), _halfway(), step.code, address=sessions.current_origin().address
        )
    except HalfwayOverError:
        return _begin_anew(typed.get("next"))
    except SecondFactorError as error:
        refused = ValidationError.of("code", error.detail)
        return await _page(Form.rejected(typed, refused), typed.get("next"), status=refused.status)
    except ValidationError as error:
        return await _page(Form.rejected(typed, error), typed.get("next"), status=error.status)
    _tell_of_codes_left(passed.codes_left)
    response = await arrivals.enter(passed.user, typed.get("next"))
    cookies.delete(response, [_cookie_name()])
    return response


async def _page(form: Form, next_path: str | None, *, status: int = 200) -> Response:
    return await rendering.render(
        "accounts/second_step.html", status=status, form=form, next=own_path(next_path)
    )


def _begin_anew(next_path: str | None) -> Response:
    add_notice(_("That took too long. Please sign in again."), "warning")
    response = htmx.leave_for(_address("/", next_path))
    cookies.delete(response, [_cookie_name()])
    return response


def _tell_of_codes_left(left: int | None) -> None:
    if left is None:
        return
    text = ngettext(
        "You signed in with a recovery code; %(left)d is left.",
        "You signed in with a recovery code; %(left)d are left.",
        left,
    )
    add_notice(text % {"left": left}, "warning")


def _address(path: str, next_path: str | None) -> str:
    wanted = own_path(next_path)
    return f"{path}?{urlencode({'next': wanted})}" if wanted else path


def _halfway() -> str:
    return request.cookies.get(_cookie_name(), "")


def _cookie_name() -> str:
    return SECURE_COOKIE if request.scheme == "https" else COOKIE
