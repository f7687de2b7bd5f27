"""The formats of files that hold a catalogue, by the suffix of their names."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from storefront.catalogue import transfer_csv, transfer_jsonl
from storefront.catalogue.transfer_rows import Complaint, Draft, FileRefusedError, LinesOf
from storefront.localisation import gettext as _


@dataclass(frozen=True, slots=True)
class Format:
    """``read`` gives a file's products; ``writer`` the beginning of a file for some options and
    languages, and what makes the lines of a product."""

    read: Callable[[BinaryIO], Iterator[Draft | Complaint]]
    writer: Callable[[Sequence[str], Sequence[str]], tuple[bytes, LinesOf]]


_CSV = Format(transfer_csv.read, transfer_csv.writer)
_JSON_LINES = Format(transfer_jsonl.read, transfer_jsonl.writer)
_BY_SUFFIX = {".csv": _CSV, ".jsonl": _JSON_LINES, ".ndjson": _JSON_LINES}


def format_of(path: Path) -> Format:
    """FileRefusedError for a name with another suffix."""
    known = _BY_SUFFIX.get(path.suffix.lower())
    if known is None:
        raise FileRefusedError(_("The name of the file must end in .csv or .jsonl."))
    return known
