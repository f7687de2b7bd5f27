"""The welcome page with its two forms, signing out, and the links of our mails."""

from typing import Any

from quart import Blueprint, request

from storefront.accounts import arrivals, recovery, schemas, second_step, service, sessions
from storefront.accounts.schemas import (
    Credentials,
    PasswordReset,
    PasswordResetRequest,
    Registration,
)
from storefront.accounts.second_factor import CodeNeededError
from storefront.errors import (
    BadCredentialsError,
    EmailTakenError,
    ForbiddenError,
    NotFoundError,
    ShopError,
    ValidationError,
)
from storefront.localisation import gettext as _
from storefront.localisation import language
from storefront.web import forms, htmx, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import current_identity
from storefront.web.links import own_path
from storefront.web.notices import add_notice

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/")
async def welcome() -> Any:
    """Sign in or register; who is signed in is shown the shop."""
    if current_identity():
        return htmx.see_other("/products")
    return await _welcome(next_path=request.args.get("next"))


async def _welcome(
    *,
    next_path: str | None,
    status: int = 200,
    sign_in: Form | None = None,
    registration: Form | None = None,
) -> Any:
    return await rendering.render(
        "accounts/welcome.html",
        status=status,
        sign_in=sign_in or Form(),
        registration=registration or Form(),
        next=own_path(next_path),
    )


@blueprint.post("/auth/register")
async def register() -> Any:
    """Make an account and sign in with it."""
    shop = current_shop()
    typed = await forms.typed_form()
    try:
        registration = forms.check_form(Registration, typed, context=schemas.rules(shop))
        user = await service.register(
            shop,
            registration,
            language=language(),
            address=sessions.current_origin().address,
        )
    except (ValidationError, EmailTakenError) as error:
        return await _welcome(
            next_path=typed.get("next"),
            status=ValidationError.status,
            registration=Form.rejected(typed, _at_field(error, "email")),
        )
    add_notice(_("Welcome, %(name)s.") % {"name": user.full_name})
    return await arrivals.enter(user, typed.get("next"))


@blueprint.post("/auth/login")
async def sign_in() -> Any:
    """Sign in with email and password; who has a second factor is then asked for a code."""
    typed = await forms.typed_form()
    try:
        credentials = forms.check_form(Credentials, {**typed, "code": ""})  # Has its own page.
        user = await service.authenticate(
            current_shop(), credentials, address=sessions.current_origin().address
        )
    except CodeNeededError as needed:
        return second_step.begin(needed.halfway, typed.get("next"))
    except (ValidationError, BadCredentialsError, ForbiddenError) as error:
        return await _welcome(
            next_path=typed.get("next"),
            status=ValidationError.status,
            sign_in=Form.rejected(typed, _at_field(error, "password")),
        )
    return await arrivals.enter(user, typed.get("next"))


def _at_field(error: ShopError, field: str) -> ValidationError:
    """``error`` as the field's fault, so that the form shows it there."""
    if isinstance(error, ValidationError):
        return error
    is_plain = isinstance(error, BadCredentialsError | EmailTakenError)
    return ValidationError.of(field, str(error.title) if is_plain else error.detail)


@blueprint.post("/auth/logout")
async def sign_out() -> Any:
    """End the session of this browser."""
    typed = await forms.typed_form()
    await sessions.end_current()
    response = htmx.leave_for(own_path(typed.get("next"), "/products"))
    sessions.drop_cookie(response)
    return response


@blueprint.get("/auth/password-reset")
async def forgotten_password() -> Any:
    """Ask for a link to a new password."""
    sent = "sent" in request.args
    return await rendering.render("accounts/password_reset.html", form=Form(), sent=sent)


@blueprint.post("/auth/password-reset")
async def request_password_reset() -> Any:
    """Send the link; the answer is the same whether there is such an account or not."""
    typed = await forms.typed_form()
    try:
        wanted = forms.check_form(PasswordResetRequest, typed)
    except ValidationError as error:
        return await rendering.render(
            "accounts/password_reset.html",
            status=error.status,
            form=Form.rejected(typed, error),
            sent=False,
        )
    await recovery.request_password_reset(
        current_shop(), wanted.email, address=sessions.current_origin().address
    )
    return htmx.see_other("/auth/password-reset?sent=yes")


@blueprint.get("/auth/password-reset/<token>")
async def new_password(token: str) -> Any:
    """Choose a new password, by the link from the mail."""
    try:
        await recovery.find_resetting_user(current_shop(), token)
    except NotFoundError as error:
        return await _reset_is_over(error)
    return await rendering.render("accounts/password_reset_new.html", form=Form(), token=token)


@blueprint.post("/auth/password-reset/<token>")
async def reset_password(token: str) -> Any:
    """Set the new password. One then signs in with it."""
    shop = current_shop()
    typed = await forms.typed_form()
    try:
        user = await recovery.find_resetting_user(shop, token)
        rules = schemas.rules(shop, email=user.email, full_name=user.full_name)
        wanted = forms.check_form(PasswordReset, typed, context=rules)
        await recovery.reset_password(shop, token, wanted.password)
    except NotFoundError as error:
        return await _reset_is_over(error)
    except ValidationError as error:
        return await rendering.render(
            "accounts/password_reset_new.html",
            status=error.status,
            form=Form.rejected(typed, error),
            token=token,
        )
    add_notice(_("Your new password is set. Please sign in with it."))
    response = htmx.leave_for("/")
    sessions.drop_cookie(response)
    return response


async def _reset_is_over(error: NotFoundError) -> Any:
    """The way to a new link, beside the reason why one is needed."""
    add_notice(error.detail, "warning")
    return await rendering.render(
        "accounts/password_reset.html", status=error.status, form=Form(), sent=False
    )


@blueprint.get("/auth/verify/<token>")
async def verify(token: str) -> Any:
    """Verify an email address, by the link from the welcome mail."""
    is_verified = await recovery.verify(current_shop(), token)
    status = 200 if is_verified else NotFoundError.status
    return await rendering.render("accounts/verified.html", status=status, ok=is_verified)
