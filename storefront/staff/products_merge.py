"""Two people at one product: what each of them changed, and which of it shall hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from storefront.localisation import as_typed, language_name
from storefront.localisation import gettext as _
from storefront.staff.products_sheet import Row, Sheet, option_name

STOCK = "stock."
_PRICE = "price."
_OF_VARIANTS = (STOCK, _PRICE)


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of the product of which there are two versions; ``is_mine`` suggests which."""

    key: str
    label: str
    mine: str
    theirs: str
    is_mine: bool


def with_skus(mine: Sheet, theirs: Sheet) -> Sheet:
    """``mine`` with the SKUs that its new rows have got, where they are stored by now.

    So a form that was sent twice is known for what it is.
    """
    used = {row.sku for row in mine.rows}
    if mine.options != theirs.options:
        return mine
    free = {row.values: row.sku for row in theirs.rows if row.sku not in used}
    rows = tuple(
        row if row.sku or row.is_blank else replace(row, sku=free.get(row.values, ""))
        for row in mine.rows
    )
    return replace(mine, rows=rows)


def with_choices(mine: Sheet, theirs: Sheet, choices: Mapping[str, str]) -> Sheet:
    """``mine`` with those parts of ``theirs`` that ``choices`` ask for: {part: "theirs"}."""
    result = mine
    for key in _parts(theirs):
        if choices.get(key) == "theirs":
            result = _with_part(result, theirs, key)
    return result


def with_sales(mine: Sheet, seen: Sheet, theirs: Sheet) -> Sheet:
    """``mine`` with the current stock where nobody touched it: what was sold stays sold."""
    result = mine
    for key, stock in _parts(seen).items():
        if key.startswith(STOCK) and _parts(mine).get(key) == stock:
            result = _with_part(result, theirs, key)
    return result


def differences(mine: Sheet, seen: Sheet, theirs: Sheet) -> list[Difference]:
    """Where ``mine`` is not what is stored by now. Call it after `with_sales`."""
    before, typed, stored = _parts(seen), _parts(mine), _parts(theirs)
    return [
        Difference(
            key=key,
            label=_label(key),
            mine=_shown(key, typed),
            theirs=_shown(key, stored),
            is_mine=typed.get(key) != before.get(key),
        )
        for key in dict.fromkeys([*typed, *stored])
        if typed.get(key, "") != stored.get(key, "") and not _is_absent(key, typed, stored)
    ]


def _shown(key: str, parts: Mapping[str, str]) -> str:
    text = parts.get(key, "")
    return as_typed(text) if key.startswith(_PRICE) else text


def _is_absent(key: str, *sides: Mapping[str, str]) -> bool:
    """Price or stock of a variant that one side lacks: the difference is that of the variants."""
    return key.startswith(_OF_VARIANTS) and any(key not in side for side in sides)


def others_changed(mine: Sheet, seen: Sheet, theirs: Sheet) -> bool:
    """Whether somebody else changed what ``mine`` would now overwrite, or anything but stock."""
    before, stored = _parts(seen), _parts(theirs)
    return any(
        stored.get(each.key, "") != before.get(each.key, "")
        for each in differences(mine, seen, theirs)
    )


def _parts(sheet: Sheet) -> dict[str, str]:
    """The product in parts that one can choose between, each in words."""
    parts = {"category": sheet.category}
    for language, (name, description) in sheet.texts.items():
        parts[f"name.{language}"] = name
        parts[f"description.{language}"] = description
    rows = [row for row in sheet.rows if not row.is_blank]
    names = ", ".join(option_name(name) for name in sheet.options if name)
    lines = [" · ".join(filter(None, (*row.values, row.sku))) for row in rows]
    parts["variants"] = "\n".join([names, *lines] if names else lines)
    for row in rows:
        if row.sku:
            parts |= {f"price.{row.sku}": _amount(row.price), STOCK + row.sku: row.stock}
    return parts


def _amount(typed: str) -> str:
    """19,9 and 19.90 are the same price."""
    text = typed.replace(",", ".")
    try:
        return f"{Decimal(text):.2f}"
    except InvalidOperation:
        return text


def _with_part(sheet: Sheet, other: Sheet, key: str) -> Sheet:
    """``sheet`` with one part of ``other``."""
    kind, _dot, rest = key.partition(".")
    if kind == "category":
        return replace(sheet, category=other.category)
    if kind == "stock":
        return _with_rows(sheet, other, rest, lambda row, its: replace(row, stock=its.stock))
    if kind == "price":
        return _with_rows(sheet, other, rest, lambda row, its: replace(row, price=its.price))
    if kind == "variants":
        own = {row.sku: row for row in sheet.rows}
        rows = tuple(
            replace(row, price=own[row.sku].price, stock=own[row.sku].stock)
            if row.sku in own
            else row
            for row in other.rows
        )
        return replace(sheet, options=other.options, rows=rows)
    name, description = sheet.texts[rest]
    if kind == "name":
        name = other.texts[rest][0]
    else:
        description = other.texts[rest][1]
    return replace(sheet, texts={**sheet.texts, rest: (name, description)})


def _with_rows(sheet: Sheet, other: Sheet, sku: str, change: Callable[[Row, Row], Row]) -> Sheet:
    """``sheet`` with its row ``sku`` changed by that of ``other``, if both have it."""
    its = next((row for row in other.rows if row.sku == sku), None)
    if its is None:
        return sheet
    rows = tuple(change(row, its) if row.sku == sku else row for row in sheet.rows)
    return replace(sheet, rows=rows)


def _label(key: str) -> str:
    kind, _dot, rest = key.partition(".")
    if kind == "stock":
        return _("Stock of %(sku)s") % {"sku": rest}
    if kind == "price":
        return _("Price of %(sku)s") % {"sku": rest}
    if kind == "category":
        return _("Category")
    if kind == "variants":
        return _("Variants")
    label = _("Name") if kind == "name" else _("Description")
    return f"{label}, {language_name(rest)}"
