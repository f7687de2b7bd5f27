"""Accounts and sessions as JSON."""

from typing import Any

from pydantic import BaseModel
from quart import Blueprint, Response, jsonify
from quart_schema import document_request, document_response, security_scheme, tag

from storefront.accounts import arrivals, recovery, schemas, service, sessions
from storefront.accounts.schemas import (
    Credentials,
    CurrentSessionView,
    PasswordChange,
    PasswordResetRequest,
    ProfileChange,
    Registration,
    SessionView,
    TokenView,
    UserView,
)
from storefront.localisation import language
from storefront.web import forms
from storefront.web.cookies import current_shop
from storefront.web.identity import require_identity, signed_in

blueprint = Blueprint("accounts_api", __name__, url_prefix="/api/v1")
SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}]


@blueprint.after_request
async def keep_private(response: Response) -> Response:
    """Tokens and personal data are for nobody's cache."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


@blueprint.post("/auth/register")
@tag(["accounts"])
@document_request(Registration)
@document_response(UserView, 201)
async def register() -> Any:
    """Make an account.

    Two mails are sent: a welcome with a link that verifies the address, and a notice to the
    shop. Sign in with `POST /auth/login` afterwards.
    """
    shop = current_shop()
    registration = await forms.json_body(Registration, context=schemas.rules(shop))
    user = await service.register(
        shop, registration, language=language(), address=sessions.current_origin().address
    )
    return _json(UserView.of(user)), 201


@blueprint.post("/auth/login")
@tag(["accounts"])
@document_request(Credentials)
@document_response(TokenView)
async def sign_in() -> Any:
    """Sign in and get a bearer token.

    A guest's cart (the `cart` cookie) joins the customer's. `bad-credentials` does not tell
    which of the two is wrong. For an account with a second factor the answer is `second-factor`
    until `code` is there and right; each code works once.
    """
    credentials = await forms.json_body(Credentials)
    user = await service.authenticate(
        current_shop(), credentials, address=sessions.current_origin().address
    )
    arrival = await arrivals.let_in(user)
    response = _json(TokenView.of(arrival.token))
    arrivals.forget_guest_cart(response, arrival)
    return response


@blueprint.post("/auth/logout")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
async def sign_out() -> Any:
    """End this session. 204; every process of the shop refuses its token within a second."""
    await sessions.end_current()
    response = Response("", 204)
    if sessions.came_by_cookie():
        sessions.drop_cookie(response)
    return response


@blueprint.post("/auth/refresh")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_response(TokenView)
async def refresh() -> Any:
    """Get a new token for this one, which ends."""
    token = await service.replace_session(
        current_shop(), sessions.current_claims(), sessions.current_origin()
    )
    response = _json(TokenView.of(token))
    if sessions.came_by_cookie():
        sessions.put_cookie(response, token)
    return response


@blueprint.get("/auth/session")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_response(CurrentSessionView)
async def show_session() -> Any:
    """Tell who is signed in, and until when."""
    user = await service.get_user(current_shop(), require_identity().user_id)
    view = CurrentSessionView(
        user=UserView.of(user), expires_at=sessions.current_claims().expires_at
    )
    return _json(view)


@blueprint.post("/auth/password-reset")
@tag(["accounts"])
@document_request(PasswordResetRequest)
async def request_password_reset() -> Any:
    """Have a link to a new password mailed.

    204 whether there is such an account or not. The link works once, within 30 minutes.
    """
    wanted = await forms.json_body(PasswordResetRequest)
    await recovery.request_password_reset(
        current_shop(), wanted.email, address=sessions.current_origin().address
    )
    return Response("", 204)


@blueprint.get("/account")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_response(UserView)
async def show_account() -> Any:
    """Show the own account."""
    return _json(UserView.of(await service.get_user(current_shop(), require_identity().user_id)))


@blueprint.patch("/account")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_request(ProfileChange)
@document_response(UserView)
async def change_account() -> Any:
    """Change the own account. What is not given stays."""
    shop = current_shop()
    change = await forms.json_body(ProfileChange, context=schemas.rules(shop))
    user = await service.change_profile(shop, require_identity().user_id, change)
    return _json(UserView.of(user))


@blueprint.put("/account/password")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_request(PasswordChange)
async def change_password() -> Any:
    """Set a new password. 204; all other sessions end."""
    shop, identity = current_shop(), require_identity()
    rules = schemas.rules(shop, email=identity.email, full_name=identity.full_name)
    change = await forms.json_body(PasswordChange, context=rules)
    user = await service.get_user(shop, identity.user_id)
    await service.change_password(shop, user, change, session_id=identity.session_id)
    return Response("", 204)


@blueprint.get("/account/sessions")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_response(list[SessionView])
async def list_sessions() -> Any:
    """List the devices that are signed in, the latest used first."""
    identity = require_identity()
    found = await service.list_sessions(current_shop(), identity.user_id)
    return jsonify(
        [SessionView.of(each, identity.session_id).model_dump(mode="json") for each in found]
    )


@blueprint.delete("/account/sessions/<session_id>")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
async def end_session(session_id: str) -> Any:
    """Sign a device out. 204; its token is refused by every process within a second."""
    await service.end_session(current_shop(), require_identity().user_id, session_id)
    return Response("", 204)


def _json(view: BaseModel) -> Response:
    return jsonify(view.model_dump(mode="json"))
