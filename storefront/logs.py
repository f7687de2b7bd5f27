"""Log lines: readable in development, one JSON object a line in production.

Every line written during a request carries its id and the user's id; neither names nor
addresses of people are logged.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
user_id: ContextVar[str | None] = ContextVar("user_id", default=None)

_READABLE = "%(asctime)s %(levelname)-7s %(name)s: %(message)s%(request)s"


def configure(*, as_json: bool) -> None:
    """Send all log lines of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else logging.Formatter(_READABLE, "%H:%M:%S"))
    handler.addFilter(_add_request)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("hypercorn.access").setLevel(logging.WARNING)


def _add_request(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get()
    record.user_id = user_id.get()
    record.request = f" [{request_id.get()}]" if request_id.get() else ""
    return True


class JsonLines(logging.Formatter):
    """One JSON object a line, for collectors."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", None),
            "user_id": getattr(record, "user_id", None),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({key: value for key, value in line.items() if value is not None})
