"""The own second factor as JSON."""

from typing import Any

from pydantic import BaseModel
from quart import Blueprint, Response, jsonify
from quart_schema import document_request, document_response, security_scheme, tag

from storefront.accounts import second_factor, second_factor_setup, service, sessions
from storefront.accounts.model import User
from storefront.accounts.schemas import SecondFactorOffer, SecondFactorProof, Timestamp
from storefront.web import forms
from storefront.web.cookies import current_shop
from storefront.web.identity import require_identity, signed_in

blueprint = Blueprint("second_factor_api", __name__, url_prefix="/api/v1/account/second-factor")
SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}]


class SecondFactorView(BaseModel):
    """Whether signing in asks for a code; `since` is null where it does not."""

    since: Timestamp | None
    recovery_codes_left: int


class KeyView(BaseModel):
    """A key for an authenticator app. `setup` goes back with its first code."""

    key: str
    uri: str
    setup: str


class RecoveryCodesView(BaseModel):
    """Each signs in once instead of the app. They are not shown again."""

    recovery_codes: list[str]


@blueprint.after_request
async def keep_private(response: Response) -> Response:
    """Keys and codes are for nobody's cache."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


@blueprint.get("")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_response(SecondFactorView)
async def show_second_factor() -> Any:
    """Tell whether signing in asks for a code."""
    factor = await second_factor.find(current_shop(), require_identity().user_id)
    if factor is None:
        return _json(SecondFactorView(since=None, recovery_codes_left=0))
    left = len(factor.recovery_hashes)
    return _json(SecondFactorView(since=factor.since, recovery_codes_left=left))


@blueprint.post("/key")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_response(KeyView)
async def offer_key() -> Any:
    """Make a key for an authenticator app (TOTP, RFC 6238).

    Nothing is kept of it until `POST /account/second-factor` brings back `setup` and the app's
    code, within half an hour.
    """
    offer = second_factor_setup.offer(current_shop(), await _myself())
    return _json(KeyView(key=offer.key, uri=offer.uri, setup=offer.sealed))


@blueprint.post("")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_request(SecondFactorOffer)
@document_response(RecoveryCodesView, 201)
async def switch_on() -> Any:
    """Ask for codes from now on.

    `code` is what the app makes of the new key. All other sessions end, and a mail tells of it.
    `conflict` when it is on already.
    """
    wanted = await forms.json_body(SecondFactorOffer)
    codes = await second_factor_setup.switch_on(
        current_shop(), await _myself(), wanted, session_id=require_identity().session_id
    )
    return _json(RecoveryCodesView(recovery_codes=codes)), 201


@blueprint.delete("")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_request(SecondFactorProof)
async def switch_off() -> Any:
    """Ask for codes no longer. 204; all other sessions end, and a mail tells of it."""
    proof = await forms.json_body(SecondFactorProof)
    await second_factor_setup.switch_off(
        current_shop(),
        await _myself(),
        proof,
        session_id=require_identity().session_id,
        address=sessions.current_origin().address,
    )
    return Response("", 204)


@blueprint.post("/recovery-codes")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_request(SecondFactorProof)
@document_response(RecoveryCodesView, 201)
async def renew_recovery_codes() -> Any:
    """Make new recovery codes. Those from before are worth nothing any more."""
    proof = await forms.json_body(SecondFactorProof)
    codes = await second_factor_setup.renew_recovery_codes(
        current_shop(), await _myself(), proof, address=sessions.current_origin().address
    )
    return _json(RecoveryCodesView(recovery_codes=codes)), 201


async def _myself() -> User:
    return await service.get_user(current_shop(), require_identity().user_id)


def _json(view: BaseModel) -> Response:
    return jsonify(view.model_dump(mode="json"))
