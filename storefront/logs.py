"""Log lines: readable in development, one JSON object a line in production.

Every line written during a request carries its id and the user's id; neither names nor
addresses of people are logged.
"""

import json
import logging
import os
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
user_id: ContextVar[str | None] = ContextVar("user_id", default=None)

_READABLE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s%(whose)s"
# What other people's code says (a mail server that quotes whom it refuses) is not ours to choose.
# All lengths are bounded, so that a very long word costs no more than its length.
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


def configure() -> None:
    """Send all log lines of this process to standard error.

    Settings may be what is wrong, so their environment is asked for directly.
    """
    is_production = os.environ.get("STOREFRONT_ENV") == "production"
    root = logging.getLogger()
    for earlier in [each for each in root.handlers if isinstance(each, StandardError)]:
        root.removeHandler(earlier)
    handler = StandardError()
    handler.setFormatter(JsonLines() if is_production else Readable(_READABLE, "%H:%M:%S"))
    handler.addFilter(_add_request)
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def _add_request(record: logging.LogRecord) -> bool:
    known = {"request_id": request_id.get(), "user_id": user_id.get()}
    words = " ".join(value for value in known.values() if value)
    record.__dict__ |= {**known, "whose": f" [{words}]" if words else ""}
    return True


class StandardError(logging.StreamHandler[TextIO]):
    """Writes to whatever is standard error by then; a test that captures it swaps the stream."""

    def __init__(self) -> None:
        super().__init__(sys.stderr)

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class Readable(logging.Formatter):
    """Lines for a person at the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return _impersonal(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line, for collectors."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _impersonal(record.getMessage()),
            "process": record.process,
            "request_id": getattr(record, "request_id", None),
            "user_id": getattr(record, "user_id", None),
        }
        if record.exc_info:
            line["traceback"] = _impersonal(self.formatException(record.exc_info))
        return json.dumps({key: value for key, value in line.items() if value is not None})


def _impersonal(text: str) -> str:
    return _EMAIL.sub("…@…", text)
