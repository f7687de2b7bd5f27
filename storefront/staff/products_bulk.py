"""Many products at once: first what would change, then, once confirmed, the change itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel
from quart import Blueprint, Response, request

from storefront.catalogue import backroom, service
from storefront.catalogue.backroom import Archive, Change, Move
from storefront.catalogue.model import Product
from storefront.database import object_id
from storefront.errors import ValidationError
from storefront.localisation import gettext as _
from storefront.localisation import language, ngettext
from storefront.staff.products import list_query, requested_query
from storefront.web import forms, htmx, notices, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import require_identity, staff_only

blueprint = Blueprint("staff_products_bulk", __name__, url_prefix="/staff/products/bulk")

MOST_SHOWN = 100
LIST = "/staff/products"


class BulkChange(BaseModel):
    """What shall become of the products; ``category`` and ``percent`` as ``change`` needs them."""

    change: Literal["archive", "move", "price"]
    category: str = ""
    percent: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One product before and after; ``moves`` is false where the change makes no difference."""

    before: Product
    after: Product

    @property
    def moves(self) -> bool:
        return self.before != self.after


@blueprint.get("")
@staff_only
async def preview() -> Any:
    """What would change: of the ticked products, or of all in the list."""
    return await _preview(request.args.to_dict(), request.args.getlist("id"))


async def _preview(given: Mapping[str, str], ids: Sequence[str], *, status: int = 200) -> Response:
    shop = current_shop()
    products = _chosen(given, ids)
    if not products:
        notices.add_notice(_("Tick some products first, or choose all in the list."), "info")
        return htmx.see_other(_list_url(given))
    form, plans = Form(given), []
    try:
        change = _change(given)
    except ValidationError as error:
        form, status = Form.rejected(given, error), error.status
    else:
        plans = [Plan(each, backroom.after(each, change)) for each in products]
    return await rendering.render(
        "staff/bulk.html",
        status=status,
        form=form,
        products=products,
        plans=[plan for plan in plans if plan.moves],
        most_shown=MOST_SHOWN,
        given=[(key, given[key]) for key in ("which", *_LIST_FIELDS) if given.get(key)],
        ids=ids,
        back=_list_url(given),
        categories=service.list_categories(shop, language()),
    )


_LIST_FIELDS = ("q", "in_category", "stock", "sort")


def _list_url(given: Mapping[str, str]) -> str:
    """The list from which the products were chosen."""
    narrowed = _narrowed(given)
    return f"{LIST}?{urlencode(narrowed)}" if narrowed else LIST


def _narrowed(given: Mapping[str, str]) -> dict[str, str]:
    """The list's own query; its category has another name here, beside the one to move to."""
    renamed = {"in_category": "category"}
    return {renamed.get(key, key): given[key] for key in _LIST_FIELDS if given.get(key)}


def _chosen(given: Mapping[str, str], ids: Sequence[str]) -> list[Product]:
    shop = current_shop()
    if given.get("which") == "all":
        return backroom.list_all(shop, list_query(requested_query(_narrowed(given))), language())
    found = (
        service.find_product(shop, each)
        for each in dict.fromkeys(ids[: backroom.MOST_AT_ONCE])
        if object_id(each)
    )
    return [product.in_language(language()) for product in found if product]


def _change(given: Mapping[str, str]) -> Change:
    """What the form asks for; ValidationError naming its fields."""
    wanted = forms.check_form(BulkChange, given)
    if wanted.change == "archive":
        return Archive()
    if wanted.change == "move":
        if not wanted.category.strip():
            raise ValidationError.of("category", _("Please fill this in."))
        return Move(backroom.category_slug(current_shop(), wanted.category))
    try:
        percent = Decimal(wanted.percent.strip().replace(",", ".").removesuffix("%").strip())
        return backroom.check_percent(percent)
    except InvalidOperation:
        message = _("Please give a number such as 10 or -15.")
        raise ValidationError.of("percent", message) from None


@blueprint.post("")
@staff_only
async def confirm() -> Any:
    """Change the products of the preview, but for those that somebody changed since."""
    shop, typed = current_shop(), await forms.typed_form()
    try:
        change = _change(typed)
    except ValidationError as error:
        versions = _versions(typed.getlist("product"))
        return await _preview(typed.to_dict(), list(versions), status=error.status)
    versions = _versions(typed.getlist("product"))
    changed = await backroom.change_many(shop, versions, change, by=require_identity().user_id)
    _tell(change, len(changed), len(versions) - len(changed))
    return htmx.see_other(
        "/staff/products/bin" if isinstance(change, Archive) else _list_url(typed)
    )


def _versions(pairs: Sequence[str]) -> dict[str, int]:
    """Ids with the version that the preview showed, from fields such as ``<id>:3``."""
    versions = {}
    for pair in pairs[: backroom.MOST_AT_ONCE]:
        key, _colon, version = pair.partition(":")
        if object_id(key) and version.isascii() and version.isdecimal():
            versions[key] = int(version)
    return versions


def _tell(change: Change, changed: int, passed_over: int) -> None:
    if isinstance(change, Archive):
        done = ngettext(
            "%(count)d product lies in the bin now.",
            "%(count)d products lie in the bin now.",
            changed,
        )
    else:
        done = ngettext(
            "%(count)d product was changed.", "%(count)d products were changed.", changed
        )
    notices.add_notice(done % {"count": changed})
    if passed_over:
        words = ngettext(
            "%(count)d product was left as it is: somebody else changed it meanwhile.",
            "%(count)d products were left as they are: somebody else changed them meanwhile.",
            passed_over,
        )
        notices.add_notice(words % {"count": passed_over}, "warning")
