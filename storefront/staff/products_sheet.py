"""A product as the form of the back office holds it: every field as it was typed.

The form carries three of them: what was there when it was opened (``seen``), what is typed
(``mine``), and when saving what the database has by then (``theirs``). Comparing them tells
whose change is whose.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from storefront.catalogue import backroom
from storefront.catalogue.model import Product, Text
from storefront.catalogue.schemas import MOST_OPTIONS, MOST_VARIANTS, ProductBody
from storefront.errors import FieldError, ValidationError
from storefront.localisation import as_typed
from storefront.localisation import gettext as _
from storefront.money import plain_money, read_money
from storefront.shop import Shop
from storefront.web import forms

# Among the photos to be dropped, the one that is not of certain variants.
OWN_PHOTO = "own"


@dataclass(frozen=True, slots=True)
class Row:
    """One variant; ``values`` has one entry for each option of the sheet."""

    sku: str = ""
    values: tuple[str, ...] = ()
    price: str = ""
    stock: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.sku or any(self.values) or self.price or self.stock)


@dataclass(frozen=True, slots=True)
class Sheet:
    """``texts`` has name and description by language; the shop's first language comes first."""

    texts: Mapping[str, tuple[str, str]]
    category: str = ""
    options: tuple[str, ...] = ()
    rows: tuple[Row, ...] = (Row(),)

    def with_row(self) -> "Sheet":
        blank = Row(values=("",) * len(self.options))
        return replace(self, rows=(*self.rows, blank)[:MOST_VARIANTS])

    def without_row(self, position: int) -> "Sheet":
        """One row is always left."""
        left = tuple(row for place, row in enumerate(self.rows) if place != position)
        return replace(self, rows=left) if left else self

    def with_option(self) -> "Sheet":
        if len(self.options) == MOST_OPTIONS:
            return self
        rows = tuple(replace(row, values=(*row.values, "")) for row in self.rows)
        return replace(self, options=(*self.options, ""), rows=rows)

    def without_option(self, position: int) -> "Sheet":
        return replace(
            self,
            options=_without(self.options, position),
            rows=tuple(replace(row, values=_without(row.values, position)) for row in self.rows),
        )

    def fields(self) -> dict[str, str]:
        """Each field of the form by its name."""
        fields = {"category": self.category}
        for language, (name, description) in self.texts.items():
            fields |= {f"name.{language}": name, f"description.{language}": description}
        fields |= {f"option.{place}": name for place, name in enumerate(self.options)}
        for place, row in enumerate(self.rows):
            start = f"row.{place}"
            fields |= {
                f"{start}.sku": row.sku,
                f"{start}.price": row.price,
                f"{start}.stock": row.stock,
            }
            fields |= {f"{start}.value.{each}": value for each, value in enumerate(row.values)}
        return fields

    def to_json(self) -> str:
        """For a hidden field; `from_json` reads it."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


def _without(values: tuple[str, ...], position: int) -> tuple[str, ...]:
    return values[:position] + values[position + 1 :]


def blank_sheet(shop: Shop) -> Sheet:
    """What the form for a new product starts with."""
    return Sheet(dict.fromkeys(shop.settings.shop.locales, ("", "")))


def sheet_of(shop: Shop, product: Product) -> Sheet:
    """The stored product as the form shows it."""
    first, *further = shop.settings.shop.locales
    texts = {first: (product.name, product.description)}
    for language in further:
        text = product.translations.get(language, Text("", ""))
        texts[language] = (text.name, text.description)
    options = tuple(product.option_values())
    return Sheet(
        texts=texts,
        category=product.category,
        options=options,
        rows=tuple(
            Row(
                sku=each.sku,
                values=tuple(each.options.get(name, "") for name in options),
                price=as_typed(plain_money(each.unit_price, shop.settings.shop.currency)),
                stock=str(each.stock),
            )
            for each in product.variants
        ),
    )


def typed_sheet(shop: Shop, typed: Mapping[str, str]) -> Sheet:
    """The submitted form. Rows and options are numbered; it ends where a number is missing."""
    options = _counted(typed, "option.{}", MOST_OPTIONS)
    rows: list[Row] = []
    while f"row.{len(rows)}.price" in typed and len(rows) < MOST_VARIANTS:
        start = f"row.{len(rows)}"
        rows.append(
            Row(
                sku=typed.get(f"{start}.sku", "").strip(),
                values=tuple(
                    typed.get(f"{start}.value.{place}", "").strip() for place in range(len(options))
                ),
                price=typed[f"{start}.price"].strip(),
                stock=typed.get(f"{start}.stock", "").strip(),
            )
        )
    return Sheet(
        texts={
            language: (
                typed.get(f"name.{language}", "").strip(),
                # Browsers send line ends of their own (HTML, "newline normalization").
                typed.get(f"description.{language}", "").replace("\r\n", "\n").strip(),
            )
            for language in shop.settings.shop.locales
        },
        category=typed.get("category", "").strip(),
        options=tuple(options),
        rows=tuple(rows) or (Row(values=("",) * len(options)),),
    )


def _counted(typed: Mapping[str, str], name: str, most: int) -> list[str]:
    found: list[str] = []
    while len(found) < most and (key := name.format(len(found))) in typed:
        found.append(typed[key].strip())
    return found


def from_json(text: str) -> Sheet | None:
    """The sheet in a hidden field; None if it is not one of ours."""
    try:
        content = json.loads(text)
        return Sheet(
            texts={
                str(language): (str(name), str(description))
                for language, (name, description) in content["texts"].items()
            },
            category=str(content["category"]),
            options=tuple(map(str, content["options"])),
            rows=tuple(
                Row(
                    str(row["sku"]),
                    tuple(map(str, row["values"])),
                    str(row["price"]),
                    str(row["stock"]),
                )
                for row in content["rows"]
            ),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def to_body(
    shop: Shop, sheet: Sheet, stored: Product | None, dropped: Collection[str] = ()
) -> ProductBody:
    """What the sheet says to the catalogue, with the photos of the ``stored`` product but those
    ``dropped``: ``OWN_PHOTO``, or the link of some variants' photo.

    Rows that are wholly blank are passed over. ValidationError with the names of the form's
    fields, all of them at once.
    """
    errors: list[FieldError] = []
    filled = [(place, row) for place, row in enumerate(sheet.rows) if not row.is_blank]
    places = [place for place, _row in filled] or [0]
    variants = [
        _variant(shop, sheet, place, row, stored=stored, dropped=dropped, errors=errors)
        for place, row in filled or [(0, sheet.rows[0])]
    ]
    first, *further = sheet.texts
    content = {
        "name": sheet.texts[first][0],
        "description": sheet.texts[first][1],
        "category": _category(shop, sheet, errors),
        "variants": variants,
        "photo": stored.photo if stored and OWN_PHOTO not in dropped else None,
        "translations": {
            language: {"name": sheet.texts[language][0], "description": sheet.texts[language][1]}
            for language in further
            if any(sheet.texts[language])
        },
    }
    try:
        body = forms.check(ProductBody, content)
    except ValidationError as error:
        named = in_form(error, first, places)
        known = {each.field for each in errors}
        errors += [each for each in named.errors if each.field not in known]
    if errors:
        raise ValidationError(errors)
    return body


def _variant(
    shop: Shop,
    sheet: Sheet,
    place: int,
    row: Row,
    *,
    stored: Product | None,
    dropped: Collection[str],
    errors: list[FieldError],
) -> dict[str, Any]:
    price = read_money(row.price, shop.settings.shop.currency)
    if price is None:
        errors.append(FieldError(f"row.{place}.price", _("Please give an amount such as 19.99.")))
    is_count = row.stock.isascii() and row.stock.isdecimal()
    if not is_count:
        errors.append(FieldError(f"row.{place}.stock", _("Please give a whole number from 0.")))
    before = stored.variant(row.sku) if stored and row.sku else None
    names = [option_name(name) for name in sheet.options]
    return {
        "sku": row.sku or None,
        "options": {name: value for name, value in zip(names, row.values, strict=True) if name},
        "unit_price": price or 0,
        "stock": int(row.stock[:12]) if is_count else 0,
        "photo": before.photo if before and before.photo not in dropped else None,
    }


def option_name(typed: str) -> str:
    """An option's name as it is kept: ``Neck size`` is ``neck-size``."""
    return "-".join(typed.lower().split())


def _category(shop: Shop, sheet: Sheet, errors: list[FieldError]) -> str:
    if not sheet.category:
        errors.append(FieldError("category", _("Please fill this in.")))
        return "none"
    try:
        return backroom.category_slug(shop, sheet.category)
    except ValidationError as error:
        errors.extend(error.errors)
        return "none"


_COLUMNS = {"unit_price": "price", "stock": "stock", "sku": "sku"}


def in_form(error: ValidationError, first: str, places: Sequence[int]) -> ValidationError:
    """``error`` with the names of the form's fields. ``places`` are the variants' rows."""
    return ValidationError(
        [FieldError(_form_field(each.field, first, places), each.message) for each in error.errors]
    )


def _form_field(field: str, first: str, places: Sequence[int]) -> str:
    head, *rest = field.split(".")
    if head in {"name", "description"}:
        return f"{head}.{first}"
    if head == "translations" and len(rest) == len(("language", "field")):
        return f"{rest[1]}.{rest[0]}"
    if head == "variants" and len(rest) > 1:
        place = places[int(rest[0])]
        return f"row.{place}.{_COLUMNS.get(rest[1], 'value.0')}"
    return field
