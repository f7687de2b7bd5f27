"""One's data, and the end of one's account, as JSON."""

from typing import Any

from pydantic import BaseModel
from quart import Blueprint, Response, jsonify
from quart_schema import document_request, document_response, security_scheme, tag

from storefront.accounts import sessions
from storefront.privacy import service
from storefront.privacy.pages import Leaving
from storefront.web import forms
from storefront.web.cookies import current_shop
from storefront.web.identity import require_identity, signed_in

blueprint = Blueprint("privacy_api", __name__, url_prefix="/api/v1/account")


class KeptData(BaseModel):
    """What is kept of a person; its parts are as their own calls describe them."""

    collected_at: str
    account: dict[str, Any]
    cart: dict[str, Any]
    orders: list[dict[str, Any]]
    messages: list[dict[str, Any]]


SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}]


@blueprint.get("/data")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_response(KeptData)
async def show_data() -> Any:
    """Get all that the shop keeps about you: account, cart, orders and messages."""
    response = jsonify(await service.collect(current_shop(), require_identity()))
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.delete("")
@signed_in
@tag(["accounts"])
@security_scheme(SIGNED_IN)
@document_request(Leaving)
async def delete_account() -> Any:
    """Delete your account.

    Give the `password`. 204; your sessions end. Orders keep their numbers and sums and lose what
    tells whose they were; while one is under way it is a `conflict`.
    """
    wanted = await forms.json_body(Leaving)
    await service.delete_account(current_shop(), require_identity(), password=wanted.password)
    response = Response("", 204)
    if sessions.came_by_cookie():
        sessions.drop_cookie(response)
    return response
