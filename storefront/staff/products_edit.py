"""One form for new products and old ones, with its photo, safe for two people at once."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from quart import Blueprint, Response, request

from storefront.catalogue import backroom, service, uploads
from storefront.catalogue.model import Product, Variant
from storefront.catalogue.renditions import LARGEST_BYTES, Rendition
from storefront.database import ObjectId, object_id
from storefront.errors import (
    ConflictError,
    PreconditionFailedError,
    ProductNotFoundError,
    UnsupportedMediaTypeError,
    ValidationError,
)
from storefront.localisation import gettext as _
from storefront.localisation import language, language_name, option_label
from storefront.staff import history, products_merge, products_sheet
from storefront.staff.products_merge import Difference
from storefront.staff.products_sheet import Sheet
from storefront.web import forms, htmx, notices, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import require_identity, staff_only

blueprint = Blueprint("staff_products_edit", __name__, url_prefix="/staff/products")

TAKE = "take."
PHOTO = "photo"
SAVE = "save"
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class View:
    """What the form shows besides the sheet; ``product`` is None for a new one.

    ``seen`` is what was stored when the form was opened, ``key`` the id of a new product, ``focus``
    the field that is typed into next.
    """

    sheet: Sheet
    product: Product | None = None
    seen: Sheet | None = None
    key: str = ""
    errors: Mapping[str, str] | None = None
    differences: Sequence[Difference] = ()
    is_gone: bool = False
    focus: str = ""
    status: int = 200


@blueprint.get("/new")
@staff_only
async def show_new() -> Any:
    """An empty form."""
    view = View(products_sheet.blank_sheet(current_shop()), key=str(ObjectId()))
    return await _show(view)


@blueprint.get("/<product_id>")
@staff_only
async def show(product_id: str) -> Any:
    """The form of a product; what lies in the bin is shown there."""
    shop = current_shop()
    try:
        product = await service.get_stored_product(shop, product_id)
    except ProductNotFoundError:
        if await backroom.find_deleted(shop, product_id) is None:
            raise
        return htmx.see_other(f"/staff/products/bin?deleted={product_id}")
    return await _show(_view_of(product))


def _view_of(product: Product) -> View:
    sheet = products_sheet.sheet_of(current_shop(), product)
    return View(sheet, product, seen=sheet)


async def _show(view: View) -> Response:
    shop, product = current_shop(), view.product
    action = f"/staff/products/{product.id}" if product else "/staff/products"
    form = Form(view.sheet.fields(), view.errors or {})
    variables: dict[str, Any] = {
        "sheet": view.sheet,
        "form": form,
        "action": action,
        "focus": view.focus,
    }
    if htmx.wants_fragment():
        return await rendering.render_fragment("staff/products/variants.html", **variables)
    return await rendering.render(
        "staff/product_form.html",
        status=view.status,
        **variables,
        view=view,
        name=product.in_language(language()).name if product else "",
        variant_photos=_variant_photos(product) if product else [],
        languages=[(code, language_name(code)) for code in view.sheet.texts],
        categories=service.list_categories(shop, language()),
        history=await history.list_rows(shop, ("product", product.id)) if product else [],
    )


@blueprint.post("")
@staff_only
async def create() -> Any:
    """Make a product; the form's ``key`` lets a second click find the first one's."""
    shop, typed = current_shop(), await forms.typed_form()
    key = typed.get("key", "") if object_id(typed.get("key")) else str(ObjectId())
    view = View(products_sheet.typed_sheet(shop, typed), key=key)
    if (changed := _rearranged(view, typed)) is not None:
        return await _show(changed)
    try:
        photo = await _developed_photo()
        body = products_sheet.to_body(shop, view.sheet, None)
        product = await service.create_product(shop, body, by=_who(), product_id=key)
    except (ValidationError, ConflictError) as error:
        return await _show(_refused(view, error))
    await _show_photo(product, photo, photo_of="")
    return _saved(product)


@blueprint.post("/<product_id>")
@staff_only
async def save(product_id: str) -> Any:
    """Change the product, unless somebody else changed it meanwhile: then both are shown."""
    shop, typed = current_shop(), await forms.typed_form()
    mine = products_sheet.typed_sheet(shop, typed)
    if typed.get("action") == "restore":
        await service.restore_product(shop, product_id, by=_who())
    seen = products_sheet.from_json(typed.get("seen", ""))
    try:
        stored = await service.get_stored_product(shop, product_id)
    except ProductNotFoundError:
        return await _gone(product_id, mine, seen)
    if seen is None or seen.texts.keys() != mine.texts.keys():
        seen = products_sheet.sheet_of(shop, stored)
    mine = products_merge.with_choices(_tidied(mine), seen, _choices(typed))
    view = View(mine, stored, seen)
    if (changed := _rearranged(view, typed)) is not None:
        return await _show(changed)
    try:
        photo = await _developed_photo()
        saved = await _save_over(view, dropped=typed.getlist("remove_photo"))
    except (ValidationError, ConflictError) as error:
        return await _show(_refused(view, error))
    if isinstance(saved, View):
        return await _show(saved)
    try:
        await _show_photo(saved, photo, photo_of=typed.get("photo_of", ""))
    except ValidationError as error:
        return await _show(_refused(_view_of(saved), error))
    return _saved(saved)


async def _gone(product_id: str, mine: Sheet, seen: Sheet | None) -> Response:
    """Somebody put the product into the bin meanwhile: what was typed is not lost."""
    shop = current_shop()
    deleted = await backroom.find_deleted(shop, product_id)
    if deleted is None:
        raise ProductNotFoundError
    known = seen or products_sheet.sheet_of(shop, deleted)
    return await _show(View(mine, deleted, known, is_gone=True, status=409))


def _tidied(mine: Sheet) -> Sheet:
    """A category by its address, so that it can be compared; what cannot be one stays."""
    try:
        return replace(mine, category=backroom.category_slug(current_shop(), mine.category))
    except ValidationError:
        return mine


def _choices(typed: Mapping[str, str]) -> dict[str, str]:
    return {key.removeprefix(TAKE): typed[key] for key in typed if key.startswith(TAKE)}


async def _save_over(view: View, *, dropped: Collection[str]) -> Product | View:
    """Store the sheet over what is there now, or show what somebody else made of it."""
    shop, mine, seen = current_shop(), view.sheet, view.seen
    stored = view.product
    for _attempt in range(_ATTEMPTS):
        if stored is None or seen is None:
            break
        theirs = products_sheet.sheet_of(shop, stored)
        merged = products_merge.with_skus(mine, theirs)
        merged = products_merge.with_sales(merged, seen, theirs)
        if products_merge.others_changed(merged, seen, theirs):
            return View(
                merged,
                stored,
                theirs,
                differences=products_merge.differences(merged, seen, theirs),
                status=412,
            )
        body = products_sheet.to_body(shop, merged, stored, dropped)
        if not dropped and not products_merge.differences(merged, theirs, theirs):
            return stored
        try:
            return await service.replace_product(
                shop, stored.id, body, by=_who(), versions={stored.version}
            )
        except PreconditionFailedError:
            stored = await service.get_stored_product(shop, stored.id)
    raise ConflictError(_("Many are changing this product just now. Please try again."))


def _rearranged(view: View, typed: Mapping[str, str]) -> View | None:
    """The form with one row or option more or fewer, if that is what the button asks for."""
    action = typed.get("action", SAVE)
    match = re.fullmatch(r"(remove_row|remove_option)\.([0-9]{1,3})", action)
    sheet = view.sheet
    if action == "restore":
        return view
    if action == "add_row":
        first = "value.0" if sheet.options else "price"
        return replace(view, sheet=sheet.with_row(), focus=f"row.{len(sheet.rows)}.{first}")
    if action == "add_option":
        return replace(view, sheet=sheet.with_option(), focus=f"option.{len(sheet.options)}")
    if match:
        remove = sheet.without_row if match[1] == "remove_row" else sheet.without_option
        return replace(view, sheet=remove(int(match[2])), focus="add_row")
    return None


def _refused(view: View, error: ValidationError | ConflictError) -> View:
    """The form with what is wrong at each field, or on top of it."""
    if isinstance(error, ConflictError):
        return replace(view, errors={"": error.detail}, status=error.status)
    errors: dict[str, str] = {}
    for each in error.errors:
        errors.setdefault(each.field, str(each.message))
    return replace(view, errors=errors, status=error.status)


async def _developed_photo() -> list[Rendition] | None:
    """What the shop would show of the chosen photo; None if none was chosen.

    It is made before the product is stored, so that a bad photo leaves all as it was.
    """
    chosen = (await request.files).get(PHOTO)
    upload = chosen.read(LARGEST_BYTES + 1) if chosen and chosen.filename else b""
    if not upload:
        return None
    if len(upload) > LARGEST_BYTES:
        raise ValidationError.of(PHOTO, _("A photo may have at most 10 MB."))
    try:
        return await uploads.develop(current_shop(), upload)
    except UnsupportedMediaTypeError as error:
        raise ValidationError.of(PHOTO, error.detail) from None


async def _show_photo(product: Product, photo: list[Rendition] | None, *, photo_of: str) -> None:
    """Show the photo as the product's own, or for ``photo_of`` such as ``colour=blue`` as that of
    the variants that are blue. ValidationError if none is."""
    if not photo:
        return
    name, _equals, value = photo_of.partition("=")
    skus = [each.sku for each in product.variants if each.options.get(name) == value]
    if photo_of and not skus:
        raise ValidationError.of(PHOTO, _("No variant is of that kind any more."))
    await uploads.show_developed(current_shop(), product, photo, skus=skus, by=_who())


def _variant_photos(product: Product) -> list[tuple[str, str]]:
    """The photos that only some variants have: their links, and of what the variants are."""
    shown: dict[str, list[Variant]] = {}
    for variant in product.variants:
        if variant.photo:
            shown.setdefault(variant.photo, []).append(variant)
    return [(link, _in_common(variants)) for link, variants in shown.items()]


def _in_common(variants: Sequence[Variant]) -> str:
    """What all of these have chosen alike, as ``blue``; their SKUs if nothing."""
    alike = set.intersection(*(set(each.options.items()) for each in variants))
    values = [
        option_label(value) for name, value in variants[0].options.items() if (name, value) in alike
    ]
    return ", ".join(values or [each.sku for each in variants])


def _saved(product: Product) -> Response:
    name = product.in_language(language()).name
    notices.add_notice(_("Saved: %(name)s.") % {"name": name})
    return htmx.see_other(f"/staff/products/{product.id}")


def _who() -> str:
    return require_identity().user_id
