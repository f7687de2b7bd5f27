"""The account page: profile, password, saved addresses and sessions, each with its form."""

import contextlib
from typing import Any

from quart import Blueprint

from storefront.accounts import recovery, schemas, second_factor, service, sessions
from storefront.accounts.schemas import PasswordChange, ProfileForm
from storefront.carts.schemas import DeliveryAddress
from storefront.errors import NotFoundError, ValidationError
from storefront.localisation import gettext as _
from storefront.web import forms, htmx, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import require_identity, signed_in
from storefront.web.notices import add_notice

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("")
@signed_in
async def show_account() -> Any:
    """All that the shop knows of the visitor."""
    return await _account()


async def _account(
    *,
    status: int = 200,
    profile: Form | None = None,
    password: Form | None = None,
    address: Form | None = None,
) -> Any:
    shop, identity = current_shop(), require_identity()
    user = await service.get_user(shop, identity.user_id)
    return await rendering.render(
        "accounts/account.html",
        status=status,
        user=user,
        profile=profile or Form({"full_name": user.full_name, "phone": user.phone}),
        password=password or Form(),
        second_factor=await second_factor.find(shop, user.id),
        sessions=await service.list_sessions(shop, user.id),
        current_session_id=identity.session_id,
        address=address
        or Form({"recipient": user.full_name, "country": shop.settings.shop.country}),
        addresses=user.addresses,
    )


@blueprint.patch("")
@signed_in
async def change_profile() -> Any:
    """Change name and phone."""
    shop = current_shop()
    typed = await forms.typed_form()
    try:
        wanted = forms.check_form(ProfileForm, typed, context=schemas.rules(shop))
    except ValidationError as error:
        return await _account(status=error.status, profile=Form.rejected(typed, error))
    await service.change_profile(shop, require_identity().user_id, wanted.to_change())
    return _saved()


@blueprint.post("/password")
@signed_in
async def change_password() -> Any:
    """Set a new password and end the other sessions."""
    shop, identity = current_shop(), require_identity()
    typed = await forms.typed_form()
    rules = schemas.rules(shop, email=identity.email, full_name=identity.full_name)
    try:
        change = forms.check_form(PasswordChange, typed, context=rules)
        user = await service.get_user(shop, identity.user_id)
        await service.change_password(shop, user, change, session_id=identity.session_id)
    except ValidationError as error:
        return await _account(status=error.status, password=Form.rejected(typed, error))
    add_notice(_("Your new password is set. Your other devices were signed out."))
    return htmx.leave_for("/account")


@blueprint.delete("/sessions/<session_id>")
@signed_in
async def end_session(session_id: str) -> Any:
    """Sign one device out."""
    identity = require_identity()
    await service.end_session(current_shop(), identity.user_id, session_id)
    if session_id == identity.session_id:
        return _signed_out()
    add_notice(_("That device was signed out."))
    return htmx.leave_for("/account")


@blueprint.delete("/sessions")
@signed_in
async def end_sessions() -> Any:
    """Sign out everywhere, here as well."""
    await service.end_sessions(current_shop(), require_identity().user_id)
    return _signed_out()


def _signed_out() -> Any:
    add_notice(_("You are signed out."))
    response = htmx.leave_for("/")
    sessions.drop_cookie(response)
    return response


@blueprint.post("/addresses")
@signed_in
async def add_address() -> Any:
    """Keep one more address for later orders."""
    typed = await forms.typed_form()
    try:
        wanted = forms.check_form(DeliveryAddress, typed)
    except ValidationError as error:
        return await _account(status=error.status, address=Form.rejected(typed, error))
    await service.add_address(current_shop(), require_identity().user_id, wanted.to_address())
    return _saved()


@blueprint.delete("/addresses/<key>")
@signed_in
async def remove_address(key: str) -> Any:
    """Forget a saved address; asked for twice, it is gone as well."""
    with contextlib.suppress(NotFoundError):
        await service.remove_address(current_shop(), require_identity().user_id, key)
    return _saved()


@blueprint.post("/verification")
@signed_in
async def resend_verification() -> Any:
    """Send the verification link again."""
    shop = current_shop()
    user = await service.get_user(shop, require_identity().user_id)
    await recovery.resend_verification(shop, user)
    add_notice(_("The mail with the link is on its way."))
    return htmx.leave_for("/account")


def _saved() -> Any:
    add_notice(_("Saved."))
    return htmx.leave_for("/account")
