"""Products as CSV (RFC 4180): one variant per line; lines with the same product belong together.

The columns are described in docs/import.md.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import groupby, islice
from typing import Any, BinaryIO

from storefront.catalogue.csv_records import Record, Records
from storefront.catalogue.schemas import MOST_VARIANTS
from storefront.catalogue.transfer_rows import (
    Complaint,
    Draft,
    FileRefusedError,
    LinesOf,
    make_draft,
)
from storefront.database import object_id
from storefront.localisation import gettext as _

OF_PRODUCT = ("name", "description", "category", "photo")
OF_VARIANT = ("sku", "unit_price", "stock", "variant_photo")
_NEEDED = ("sku", "name", "category", "unit_price", "stock")
_TRANSLATED = re.compile(r"(name|description)\.([A-Za-z_-]+)")
_OPTION = "option."
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")
# What a spreadsheet takes for a formula, also in its wide forms; an apostrophe makes it text.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def writer(options: Sequence[str], languages: Sequence[str]) -> tuple[bytes, LinesOf]:
    """The header of a file, and what makes the lines of a product."""
    translated = [f"{text}.{each}" for each in languages for text in ("name", "description")]
    header = [
        *("product", "sku", *OF_PRODUCT, *translated),
        *(_OPTION + name for name in options),
        *("unit_price", "stock", "variant_photo"),
    ]
    return _written([header]), lambda product: _written(_cells(product, header))


def _written(rows: Iterable[Sequence[object]]) -> bytes:
    output = StringIO()
    csv.writer(output).writerows(rows)
    return output.getvalue().encode()


def _cells(product: Mapping[str, Any], header: Sequence[str]) -> Iterator[list[object]]:
    shared = {name: product[name] for name in OF_PRODUCT}
    for language, text in product["translations"].items():
        shared |= {f"{name}.{language}": text[name] for name in ("name", "description")}
    for variant in product["variants"]:
        cells = {
            **shared,
            **{_OPTION + name: value for name, value in variant["options"].items()},
            **{name: variant[name] for name in ("sku", "unit_price", "stock")},
            "product": product["id"],
            "variant_photo": variant["photo"],
        }
        yield [_as_text(cells.get(column)) for column in header]


def _as_text(cell: object) -> object:
    """The cell, with an apostrophe before what a spreadsheet would execute (OWASP, CSV injection).

    Also where apostrophes precede it, so that `_as_meant` gives back exactly what was there.
    """
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def _as_meant(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


@dataclass(frozen=True, slots=True)
class _Row:
    """A line with its cells by column; or, if it is bad, with what is wrong and its product."""

    line: int
    product: str
    cells: Mapping[str, str]
    complaint: Complaint | None = None


def read(file: BinaryIO) -> Iterator[Draft | Complaint]:
    """The products of ``file``, and what is wrong with those lines that are none.

    FileRefusedError if the first line is not a header with known columns.
    """
    records = Records(file)
    header = _header(next(records, None))
    rows = _rows(records, header)
    for (_key, _number), group in groupby(rows, key=lambda row: (row.product, _alone(row))):
        # One more than allowed is enough to refuse a product that never ends.
        yield from _read_product(list(islice(group, MOST_VARIANTS + 1)))


def _alone(row: _Row) -> int:
    """A line without a product's name stands for itself."""
    return 0 if row.product else row.line


def _header(record: Record | None) -> list[str]:
    if record is None or record.cells is None:
        raise FileRefusedError(_("Line 1 must be a header with the names of the columns."))
    header = [name.strip() for name in record.cells]
    known = {"product", *OF_PRODUCT, *OF_VARIANT}
    unknown = [
        name
        for name in header
        if name not in known and not _TRANSLATED.fullmatch(name) and not name.startswith(_OPTION)
    ]
    if unknown:
        raise FileRefusedError(
            _("Line 1 has a column that is not known: %(name)s.") % {"name": repr(unknown[0])}
        )
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice:
        raise FileRefusedError(_("Line 1 has a column twice: %(name)s.") % {"name": twice})
    missing = next((name for name in _NEEDED if name not in header), None)
    if missing:
        raise FileRefusedError(_("Line 1 lacks a column: %(name)s.") % {"name": missing})
    return header


def _rows(records: Iterator[Record], header: Sequence[str]) -> Iterator[_Row]:
    place = header.index("product") if "product" in header else None
    for record in records:
        if record.cells is None:
            yield _bad_row(record, place)
        elif any(cell.strip() for cell in record.cells):
            cells = {
                name: _as_meant(cell.strip())
                for name, cell in zip(header, record.cells, strict=True)
            }
            yield _Row(record.line, cells.get("product", ""), cells)


def _bad_row(record: Record, place: int | None) -> _Row:
    """Whose line it was is guessed, so that its product is left alone as a whole."""
    cells = record.text.split(",")
    product = cells[place].strip(' "\r\n') if place is not None and place < len(cells) else ""
    return _Row(record.line, product, {}, Complaint(record.line, "", record.problem))


def _read_product(rows: list[_Row]) -> Iterator[Draft | Complaint]:
    complaints = [row.complaint for row in rows if row.complaint]
    sound = [row for row in rows if not row.complaint]
    for row in sound[1:]:
        complaints += _differences(sound[0], row)
    if not sound:
        yield from complaints
        return
    found = _draft(sound)
    if isinstance(found, Draft) and not complaints:
        yield found
    else:
        complaints += found if isinstance(found, list) else []
        yield from sorted(complaints, key=lambda each: each.line)


def _differences(first: _Row, row: _Row) -> Iterator[Complaint]:
    for name, cell in row.cells.items():
        is_shared = name in OF_PRODUCT or _TRANSLATED.fullmatch(name)
        if is_shared and cell and cell != first.cells[name]:
            message = _("This differs from line %(line)d of the same product.")
            yield Complaint(row.line, name, message % {"line": first.line})


def _draft(rows: Sequence[_Row]) -> Draft | list[Complaint]:
    cells = rows[0].cells
    content: dict[str, Any] = {
        name: cells[name] for name in ("name", "description", "category") if name in cells
    }
    content["photo"] = cells.get("photo") or None
    content["translations"] = _translations(cells)
    content["variants"] = [_variant(row.cells) for row in rows]

    def place(field: str) -> tuple[int, str]:
        parts = field.split(".")
        row = rows[0]
        if parts[0] == "variants" and len(parts) > 1:
            row, parts = rows[int(parts[1])], parts[2:]
            if parts == ["photo"]:
                parts = ["variant_photo"]
        return row.line, _column(parts)

    product = rows[0].product
    return make_draft(product if object_id(product) else None, content, place)


def _column(parts: Sequence[str]) -> str:
    """The column of what the API calls by these names."""
    if parts[:1] == ["translations"]:
        return ".".join([*parts[2:], *parts[1:2]])
    if parts[:1] == ["options"]:
        return _OPTION + ".".join(parts[1:2])
    if parts[:1] == ["id"]:
        return "product"
    return parts[0] if parts else ""


def _variant(cells: Mapping[str, str]) -> dict[str, Any]:
    options = {
        name.removeprefix(_OPTION): cell
        for name, cell in cells.items()
        if cell and name.startswith(_OPTION)
    }
    return {
        "sku": cells["sku"] or None,
        "options": options,
        "unit_price": _number(cells["unit_price"]),
        "stock": _number(cells["stock"]),
        "photo": cells.get("variant_photo") or None,
    }


def _number(cell: str) -> int | str:
    """Whatever is not written in plain digits stays text and is refused as such."""
    return int(cell) if _WHOLE_NUMBER.fullmatch(cell) else cell


def _translations(cells: Mapping[str, str]) -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = {}
    for name, cell in cells.items():
        found = _TRANSLATED.fullmatch(name)
        if found and cell:
            texts.setdefault(found[2], {})[found[1]] = cell
    return texts
