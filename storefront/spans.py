"""OpenTelemetry spans: one for each request, and below it one for each call to the database.

They hold routes, commands and collections: neither paths nor values, which may name people or
carry secrets. Needs the optional extra `traces`.
"""

import os
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span
from pymongo import monitoring

from storefront import __version__
from storefront.web.measuring import SEEN

SERVER_ERROR = 500


class Spans:
    """Sends spans to the configured endpoint, many at once, from a thread of its own."""

    def __init__(self) -> None:
        name = os.environ.get("OTEL_SERVICE_NAME", "storefront")
        resource = Resource.create({"service.name": name, "service.version": __version__})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        monitoring.register(_DatabaseCalls(self._provider))

    def layer(self, app: Any) -> Any:
        """ASGI layer that records a span for each request; to be met before all others."""
        return _Requests(app, self._provider)

    def close(self) -> None:
        """Send what waits, which may take some seconds, and stop."""
        self._provider.shutdown()


class _Requests:
    def __init__(self, app: Any, provider: TracerProvider) -> None:
        self._app = app
        self._tracer = provider.get_tracer("storefront")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        seen: dict[str, str] = {}
        with self._tracer.start_as_current_span(
            scope["method"],
            context=extract(headers),
            kind=SpanKind.SERVER,
            record_exception=False,  # Its words may hold what somebody typed.
            set_status_on_exception=False,
        ) as span:
            await self._app({**scope, SEEN: seen}, receive, _noting(span, send))
            method = seen.get("method", scope["method"])
            span.update_name(f"{method} {seen['route']}")
            span.set_attribute("http.request.method", method)
            span.set_attribute("http.route", seen["route"])
            span.set_attribute("url.scheme", scope.get("scheme", "http"))


def _noting(span: Span, send: Any) -> Any:
    """A ``send`` that notes the answer's status and its request id, by which the log knows it."""

    async def note_and_send(message: Any) -> None:
        if message["type"] == "http.response.start":
            span.set_attribute("http.response.status_code", message["status"])
            if message["status"] >= SERVER_ERROR:
                span.set_status(StatusCode.ERROR)
            for name, value in message["headers"]:
                if name.lower() == b"x-request-id":
                    span.set_attribute("storefront.request_id", value.decode("latin-1"))
        await send(message)

    return note_and_send


class _DatabaseCalls(monitoring.CommandListener):
    """Hears every command of every client of this process; the driver calls it on its threads."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("storefront")
        self._open: dict[int, Span] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        # Motor runs each call in the context of who asked; work in the background has no span.
        if not get_current_span().is_recording():
            return
        collection = event.command.get(event.command_name)
        about = f" {collection}" if isinstance(collection, str) else ""
        span = self._tracer.start_span(event.command_name + about, kind=SpanKind.CLIENT)
        span.set_attribute("db.system.name", "mongodb")
        span.set_attribute("db.operation.name", event.command_name)
        if about:
            span.set_attribute("db.collection.name", str(collection))
        self._open[event.request_id] = span

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        span = self._open.pop(event.request_id, None)
        if span:
            span.end()

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        span = self._open.pop(event.request_id, None)
        if span:
            span.set_status(StatusCode.ERROR)
            span.end()
