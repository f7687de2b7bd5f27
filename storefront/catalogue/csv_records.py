"""Cuts a CSV file (RFC 4180) into records, such that a broken one costs no other."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import BinaryIO

from storefront.catalogue.transfer_rows import (
    LONGEST_LINE_BYTES,
    Complaint,
    numbered_lines,
    whole,
)
from storefront.localisation import gettext as _


@dataclass(frozen=True, slots=True)
class Record:
    """Some lines of the file with their cells, None if they make none: ``problem`` says why."""

    line: int
    text: str
    cells: list[str] | None
    problem: str = ""


class Records:
    """Cuts a file into records, of which a quoted one may run over several lines.

    A line that opens a quote and never closes it would swallow all that follows. So when several
    lines together make no good record, only the first is given up, and the next is read anew.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._lines = numbered_lines(file)
        self._again: deque[tuple[int, bytes | None]] = deque()
        self._width: int | None = None

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        first = self._next_line()
        if first is None:
            raise StopIteration
        number, line = first
        text = whole(number, line)
        if isinstance(text, Complaint):
            return Record(number, "", None, text.message)
        record = self._record(number, text)
        if self._width is None and record.cells is not None:
            self._width = len(record.cells)
        return record

    def _next_line(self) -> tuple[int, bytes | None] | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def _record(self, number: int, text: str) -> Record:
        taken: list[tuple[int, bytes | None]] = []
        texts = [text]
        quotes, length = text.count('"'), len(text)
        while quotes % 2 and length <= LONGEST_LINE_BYTES:
            following = self._next_line()
            if following is None:
                break
            taken.append(following)
            more = whole(*following)
            if isinstance(more, Complaint):
                break
            texts.append(more)
            quotes, length = quotes + more.count('"'), length + len(more)
        record, lines_used = self._parsed(number, "".join(texts))
        self._again.extendleft(reversed(taken[lines_used - 1 :]))
        return record

    def _parsed(self, number: int, text: str) -> tuple[Record, int]:
        """The record at the beginning of ``text``, and how many lines it takes."""
        reader = csv.reader(StringIO(text, newline=""), strict=True)
        try:
            cells = next(reader, [])
        except csv.Error:
            problem = _("This line is not valid CSV: most likely a quote is missing.")
            return Record(number, text, None, problem), 1
        if self._width is not None and cells and len(cells) != self._width:
            message = _("This line has %(count)d cells where the header has %(width)d.")
            problem = message % {"count": len(cells), "width": self._width}
            return Record(number, text, None, problem), 1
        return Record(number, text, cells), max(1, reader.line_num)
