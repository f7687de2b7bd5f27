"""A signed-in visitor's language and theme go with the account to other devices, and to mails."""

from quart import Response, request

from storefront.accounts import schemas, service
from storefront.accounts.schemas import ProfileChange
from storefront.web import forms
from storefront.web.cookies import current_shop
from storefront.web.identity import current_identity
from storefront.web.pages import chosen_preferences


async def keep_with_account(response: Response) -> Response:
    """After each request: what was chosen for this device is chosen for the account."""
    identity = current_identity()
    if identity and request.endpoint == "web.keep_preferences" and response.status_code < 400:  # noqa: PLR2004  (no error)
        shop = current_shop()
        change = forms.check(ProfileChange, await chosen_preferences(), context=schemas.rules(shop))
        await service.change_profile(shop, identity.user_id, change)
    return response
