"""The outbox in the back office: what was sent, what was not and why, and sending again."""

from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, Field
from quart import Blueprint, Response

from storefront.errors import ConflictError, NotFoundError
from storefront.localisation import Text, language_name, lazy
from storefront.localisation import gettext as _
from storefront.mail import service
from storefront.mail.model import State
from storefront.web import forms, htmx, rendering, security
from storefront.web.cookies import current_shop
from storefront.web.identity import staff_only
from storefront.web.notices import add_notice

blueprint = Blueprint("staff_mail", __name__, url_prefix="/staff/mail")

STATES: dict[State, Text] = {
    State.PENDING: lazy("Waiting"),
    State.FAILED: lazy("Failed"),
    State.SENT: lazy("Sent"),
}
KINDS: dict[str, Text] = {
    "chat_answers": lazy("Answers in the chat"),
    "new_device": lazy("Sign-in with a new device"),
    "order": lazy("Order confirmation"),
    "order_cancelled": lazy("Order cancelled"),
    "order_notice": lazy("New order, to the shop"),
    "password_changed": lazy("Password changed"),
    "password_reset": lazy("Forgotten password"),
    "second_factor": lazy("Second factor"),
    "registration": lazy("Welcome"),
    "registration_notice": lazy("New account, to the shop"),
}
# A mail brings its own style and nothing else, and what it brings can do nothing: no script, no
# form, no link that opens in our window, no picture from anywhere.
PREVIEW_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


class MailsQuery(BaseModel):
    """Which mails to list."""

    state: State | None = None
    after: Annotated[str, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 50


@blueprint.get("")
@staff_only
async def show_mails() -> Any:
    """The outbox, newest first, all of it or what is in one state."""
    shop, query = current_shop(), forms.check_query(MailsQuery)
    found = await service.list_page(shop, state=query.state, after=query.after, limit=query.limit)
    variables: dict[str, Any] = {
        "mails": found.items,
        "query": query,
        "kinds": KINDS,
        "states": STATES,
        "tabs": await _tabs(query),
        "next": _url(query.state, after=found.next) if found.next else None,
    }
    if htmx.wants_fragment():
        return await rendering.render_fragment("staff/mails.html", **variables)
    return await rendering.render("staff/mails.html", **variables)


async def _tabs(query: MailsQuery) -> list[tuple[str, str, int | None, bool]]:
    """Label, address, how many there are if that is told, and whether it is the one shown."""
    counts = await service.count_mails(current_shop())
    everything = (_("All"), _url(None), None, query.state is None)
    return [
        everything,
        *(
            (str(label), _url(state), counts.get(state), query.state is state)
            for state, label in STATES.items()
        ),
    ]


def _url(state: State | None, *, after: str | None = None) -> str:
    given = {"state": state.value if state else None, "after": after}
    parameters = urlencode({key: value for key, value in given.items() if value})
    return f"/staff/mail?{parameters}" if parameters else "/staff/mail"


@blueprint.get("/<mail_id>")
@staff_only
async def show_mail(mail_id: str) -> Any:
    """One mail: what became of it, and what it says."""
    return await _mail(mail_id)


async def _mail(mail_id: str, *, status: int = 200) -> Response:
    shop = current_shop()
    mail = await service.get_mail(shop, mail_id)
    variables: dict[str, Any] = {
        "mail": mail,
        "preview": service.preview(shop, mail),
        "kind": str(KINDS.get(mail.kind, mail.kind)),
        "state": str(STATES[mail.state]),
        "language_name": language_name(mail.language),
    }
    if htmx.wants_fragment():
        return await rendering.render_fragment("staff/mail.html", status=status, **variables)
    response = await rendering.render("staff/mail.html", status=status, **variables)
    security.allow_own_frames(response)
    return response


@blueprint.get("/<mail_id>/preview")
@staff_only
async def show_preview(mail_id: str) -> Any:
    """The mail's HTML alone, under a policy of its own, for the frame on its page."""
    shop = current_shop()
    preview = service.preview(shop, await service.get_mail(shop, mail_id))
    if preview.problem:
        raise NotFoundError(_("This mail cannot be shown."))
    response = rendering.html(preview.html)
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@blueprint.post("/<mail_id>/resend")
@staff_only
async def resend(mail_id: str) -> Any:
    """Send the mail again, under its own Message-ID."""
    try:
        await service.resend(current_shop(), mail_id)
    except ConflictError as error:  # Pressed twice, or somebody else did.
        add_notice(error.detail, "info")
    else:
        add_notice(_("The mail is on its way again."))
    return htmx.leave_for(f"/staff/mail/{mail_id}")
