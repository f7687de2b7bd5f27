"""What stands in a file of products, whatever its format: drafts, and what is wrong with lines."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from storefront.catalogue.schemas import ProductBody
from storefront.database import object_id
from storefront.errors import ValidationError
from storefront.localisation import gettext as _
from storefront.web import forms

# More than the longest product that the API takes, with the longest words in several languages.
LONGEST_LINE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one line of a file; ``field`` is empty if it is the line as a whole."""

    line: int
    field: str
    message: str


Place = Callable[[str], tuple[int, str]]
"""Where the file has what the API calls by a name: the line, and the field's name in the file."""


LinesOf = Callable[[Mapping[str, Any]], bytes]
"""Makes of a product, in the API's shape and with its id, the lines that stand for it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A product as a file has it, valid in itself. ``product_id`` is None where it names none."""

    product_id: str | None
    body: ProductBody
    place: Place

    def complaints(self, error: ValidationError) -> list[Complaint]:
        """``error`` in terms of the file."""
        return [
            Complaint(*self.place(each.field), message=str(each.message)) for each in error.errors
        ]


class FileRefusedError(Exception):
    """The file cannot be read at all; the message is for the person who gave it."""


def make_draft(product_id: object, content: object, place: Place) -> Draft | list[Complaint]:
    """``content`` in the API's shape as a draft, or all that is wrong with it."""
    complaints = []
    if product_id is not None and object_id(product_id) is None:
        message = _("This is no product's id: 24 hexadecimal digits, or nothing.")
        complaints.append(Complaint(*place("id"), message=message))
    try:
        body = forms.check(ProductBody, content)
    except ValidationError as error:
        return complaints + [
            Complaint(*place(each.field), message=str(each.message)) for each in error.errors
        ]
    if not complaints and product_id is None and not all(_skus(body)):
        # Without either, importing the file twice would make the product twice.
        complaints.append(Complaint(*place(_first_without_sku(body)), message=_("Give a SKU.")))
    return complaints or Draft(str(product_id) if product_id else None, body, place)


def _skus(body: ProductBody) -> list[str | None]:
    return [variant.sku for variant in body.variants] if body.variants else [None]


def _first_without_sku(body: ProductBody) -> str:
    return f"variants.{_skus(body).index(None)}.sku"


def numbered_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its number, from 1; None for one too long to be held in memory."""
    number = 0
    while line := file.readline(LONGEST_LINE_BYTES):
        number += 1
        if len(line) < LONGEST_LINE_BYTES or line.endswith(b"\n"):
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE_BYTES)
        yield number, None


def whole(number: int, line: bytes | None) -> str | Complaint:
    """The text of a line."""
    if line is None:
        return Complaint(number, "", _("This line is too long."))
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        return Complaint(number, "", _("This line is not written in UTF-8."))


def as_list(found: Draft | Iterable[Complaint]) -> list[Draft | Complaint]:
    return [found] if isinstance(found, Draft) else list(found)
