"""The page of the second factor: setting it up, recovery codes, and switching it off."""

import json
from typing import Any

import segno
from quart import Blueprint, Response, request

from storefront.accounts import sealing, second_factor, second_factor_setup, service, sessions
from storefront.accounts.model import SecondFactor, User
from storefront.accounts.schemas import SecondFactorOffer, SecondFactorProof
from storefront.errors import ConflictError, NotFoundError, ValidationError
from storefront.localisation import gettext as _
from storefront.web import cookies, forms, htmx, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import require_identity, signed_in
from storefront.web.notices import add_notice

blueprint = Blueprint("second_factor", __name__, url_prefix="/account/second-factor")

HOME = "/account/second-factor"
CODES = f"{HOME}/recovery-codes"
# What was just made has to outlive the redirect after the form: encrypted, for this person, once.
CODES_COOKIE = "recovery-codes"
CODES_SHOWN_SECONDS = 5 * 60


@blueprint.get("")
@signed_in
async def show() -> Any:
    """How to set it up; where it is on, what can be done with it."""
    user, factor = await _mine()
    return await (_managing(factor) if factor else _setting_up(user))


@blueprint.post("")
@signed_in
async def switch_on() -> Any:
    """Begin to ask for codes, if the app gives the right one."""
    user, _factor = await _mine()
    typed = await forms.typed_form()
    try:
        wanted = forms.check_form(SecondFactorOffer, typed)
        codes = await second_factor_setup.switch_on(
            current_shop(), user, wanted, session_id=require_identity().session_id
        )
    except ValidationError as error:
        return await _setting_up(user, typed.get("setup", ""), Form.rejected(typed, error))
    except ConflictError as error:
        return _back(error.detail)
    add_notice(_("The second factor is on. Your other devices were signed out."))
    return _show_once(user, codes)


@blueprint.delete("")
@signed_in
async def switch_off() -> Any:
    """Ask for codes no longer."""
    user, factor = await _mine()
    typed = await forms.typed_form()
    try:
        await second_factor_setup.switch_off(
            current_shop(),
            user,
            forms.check_form(SecondFactorProof, typed),
            session_id=require_identity().session_id,
            address=sessions.current_origin().address,
        )
    except ValidationError as error:
        return await _refused(factor, error, off=Form.rejected(typed, error))
    except NotFoundError as error:
        return _back(error.detail)
    add_notice(_("The second factor is off. Your other devices were signed out."))
    return htmx.leave_for("/account")


@blueprint.post("/recovery-codes")
@signed_in
async def renew_recovery_codes() -> Any:
    """Make new recovery codes instead of those that are left."""
    user, factor = await _mine()
    typed = await forms.typed_form()
    try:
        codes = await second_factor_setup.renew_recovery_codes(
            current_shop(),
            user,
            forms.check_form(SecondFactorProof, typed),
            address=sessions.current_origin().address,
        )
    except ValidationError as error:
        return await _refused(factor, error, renewal=Form.rejected(typed, error))
    except NotFoundError as error:
        return _back(error.detail)
    return _show_once(user, codes)


@blueprint.get("/recovery-codes")
@signed_in
async def show_recovery_codes() -> Any:
    """The recovery codes that were just made; a second time there is nothing to be seen."""
    sealed = sealing.unseal(
        current_shop(),
        request.cookies.get(CODES_COOKIE, ""),
        purpose=_shown_to(require_identity().user_id),
        max_age_seconds=CODES_SHOWN_SECONDS,
    )
    if sealed is None:
        return htmx.see_other(HOME)
    response = await rendering.render("accounts/recovery_codes.html", codes=json.loads(sealed))
    cookies.delete(response, [CODES_COOKIE])
    return response


def _show_once(user: User, codes: list[str]) -> Response:
    sealed = sealing.seal(current_shop(), json.dumps(codes), purpose=_shown_to(user.id))
    response = htmx.leave_for(CODES)
    cookies.write(response, CODES_COOKIE, sealed, max_age=CODES_SHOWN_SECONDS)
    return response


def _shown_to(user_id: str) -> str:
    return f"recovery codes shown to {user_id}"


async def _mine() -> tuple[User, SecondFactor | None]:
    shop, identity = current_shop(), require_identity()
    user = await service.get_user(shop, identity.user_id)
    return user, await second_factor.find(shop, user.id)


async def _setting_up(user: User, sealed: str = "", form: Form | None = None) -> Response:
    offer = second_factor_setup.offer_again(current_shop(), user, sealed)
    drawing = segno.make_qr(offer.uri, error="m")
    return await rendering.render(
        "accounts/second_factor_setup.html",
        status=ValidationError.status if form else 200,
        form=form or Form(),
        offer=offer,
        drawing=drawing.svg_data_uri(border=4, dark="#000", light="#fff"),
        user=user,
    )


async def _managing(
    factor: SecondFactor,
    *,
    status: int = 200,
    renewal: Form | None = None,
    off: Form | None = None,
) -> Response:
    return await rendering.render(
        "accounts/second_factor.html",
        status=status,
        factor=factor,
        renewal=renewal or Form(),
        off=off or Form(),
    )


async def _refused(
    factor: SecondFactor | None, error: ValidationError, **forms_again: Form
) -> Response:
    if factor is None:
        return htmx.leave_for(HOME)
    return await _managing(factor, status=error.status, **forms_again)


def _back(why: str) -> Response:
    add_notice(why, "info")
    return htmx.leave_for(HOME)
