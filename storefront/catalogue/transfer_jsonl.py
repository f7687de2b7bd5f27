"""Products as JSON Lines: one product per line, in the shape that the API takes, and its id."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from storefront.catalogue.transfer_rows import (
    Complaint,
    Draft,
    LinesOf,
    as_list,
    make_draft,
    numbered_lines,
    whole,
)
from storefront.localisation import gettext as _


def read(file: BinaryIO) -> Iterator[Draft | Complaint]:
    """The products of ``file``, and what is wrong with those that are none."""
    for number, line in numbered_lines(file):
        text = whole(number, line)
        if isinstance(text, Complaint):
            yield text
        elif text.strip():
            yield from _read_line(number, text)


def _read_line(number: int, text: str) -> list[Draft | Complaint]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        column = getattr(error, "colno", 1)
        message = _("This line is not valid JSON, from column %(column)d on.")
        return [Complaint(number, "", message % {"column": column})]
    if not isinstance(content, dict):
        return [Complaint(number, "", _("This must be an object."))]
    product_id = content.pop("id", None)
    return as_list(make_draft(product_id, content, lambda field: (number, field)))


def writer(_options: Sequence[str], _languages: Sequence[str]) -> tuple[bytes, LinesOf]:
    """The beginning of a file, which is empty, and what makes a line of a product."""
    return b"", _line_of


def _line_of(product: Mapping[str, Any]) -> bytes:
    return json.dumps(product, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
