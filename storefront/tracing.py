"""Whether traces are sent: only where an endpoint for them is configured.

The standard variables say where they go (OTEL_EXPORTER_OTLP_ENDPOINT and its kin); without one
nothing of OpenTelemetry is loaded.
"""

import importlib.util
import logging
import os
from typing import Any, Protocol

log = logging.getLogger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Traces(Protocol):
    """Records and sends spans until it is closed."""

    def layer(self, app: Any) -> Any:
        """ASGI layer that records a span for each request; to be met before all others."""

    def close(self) -> None:
        """Send what waits, which may take some seconds, and stop."""


def start() -> Traces | None:
    """Record traces from now on; None where nobody wants them, or nothing here can send them."""
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return None
    if importlib.util.find_spec("opentelemetry.exporter") is None:
        log.warning("Traces are not sent: install storefront[traces].")
        return None
    from storefront.spans import Spans  # noqa: PLC0415  (needs an optional extra)

    return Spans()
