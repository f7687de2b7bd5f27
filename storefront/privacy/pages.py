"""Download one's data, and delete one's account, from the account page."""

import json
from typing import Any

from pydantic import BaseModel
from quart import Blueprint, Response

from storefront.accounts import sessions
from storefront.accounts.schemas import KnownPassword
from storefront.errors import ConflictError, ValidationError
from storefront.localisation import gettext as _
from storefront.privacy import service
from storefront.web import forms, htmx, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import require_identity, signed_in
from storefront.web.notices import add_notice

blueprint = Blueprint("privacy", __name__, url_prefix="/account")


class Leaving(BaseModel):
    """The password once more, so that nobody deletes an account that was left open."""

    password: KnownPassword


@blueprint.get("/data")
@signed_in
async def download_data() -> Any:
    """All that the shop keeps about the visitor, as a file."""
    data = await service.collect(current_shop(), require_identity())
    response = Response(
        json.dumps(data, ensure_ascii=False, indent=2), content_type="application/json"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/leave")
@signed_in
async def show_leaving() -> Any:
    """What deleting the account means, and the form that does it."""
    return await rendering.render("accounts/leaving.html", form=Form())


@blueprint.delete("")
@signed_in
async def delete_account() -> Any:
    """Delete the account, with the password."""
    typed = await forms.typed_form()
    try:
        wanted = forms.check_form(Leaving, typed)
        await service.delete_account(current_shop(), require_identity(), password=wanted.password)
    except ValidationError as error:
        return await _refused(Form.rejected(typed, error), error.status)
    except ConflictError as error:
        return await _refused(Form({}, {"": error.detail}), error.status)
    add_notice(_("Your account is deleted."))
    response = htmx.leave_for("/")
    sessions.drop_cookie(response)
    return response


async def _refused(form: Form, status: int) -> Any:
    return await rendering.render("accounts/leaving.html", status=status, form=form)
