"""Traces go to the endpoint that is configured, and nothing of them exists without one."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.deploy.served import clean_environment, served_shop

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector(ThreadingHTTPServer):
    """Keeps what it is sent, as OpenTelemetry's own collector would."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Received)
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> list[Span]:
        found: list[Span] = []
        for body in list(self.bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    found += scope.spans
        return found

    def spans_named(self, name: str, *, trace: str | None = None) -> list[Span]:
        """Wait for a span of this name; returns all of ``trace``, or all that came."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = [span for span in self.spans() if trace in {None, span.trace_id.hex()}]
            if any(span.name == name for span in found):
                return found
            time.sleep(0.1)
        raise AssertionError(sorted({span.name for span in self.spans()}))


class _Received(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        thread = threading.Thread(target=collector.serve_forever)
        thread.start()
        yield collector
        collector.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def shop(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    changes = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    with served_shop(tmp_path_factory.mktemp("traced"), changes=changes) as url:
        yield url


def test_a_request_and_its_calls_to_the_database_are_one_trace(
    shop: str, collector: Collector
) -> None:
    answer = httpx.post(
        f"{shop}/api/v1/auth/login?from=newsletter",
        json={"email": "shopper@example.com", "password": "storefront-demo"},
        headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
    )

    name = "POST /api/v1/auth/login"
    spans = {span.name: span for span in collector.spans_named(name, trace=TRACE)}
    request = spans[name]
    facts = {each.key: each.value for each in request.attributes}
    assert request.parent_span_id.hex() == "b7ad6b7169203331"
    assert facts["http.response.status_code"].int_value == 200
    assert facts["storefront.request_id"].string_value == answer.headers["x-request-id"]
    assert spans["find users"].parent_span_id == request.span_id
    assert spans["insert sessions"].parent_span_id == request.span_id


def test_pages_from_memory_are_traced_by_their_route(shop: str, collector: Collector) -> None:
    trace = TRACE[::-1]
    httpx.get(f"{shop}/products")
    httpx.get(f"{shop}/products", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})

    assert collector.spans_named("GET /products", trace=trace)


def test_nobody_is_named(shop: str, collector: Collector) -> None:
    httpx.get(f"{shop}/chat/ada@example.com?from=newsletter")
    collector.spans_named("GET /chat/<email>")

    sent = b"".join(collector.bodies)
    assert b"@example.com" not in sent
    assert b"newsletter" not in sent
    assert b"storefront-demo" not in sent


def test_without_an_endpoint_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    program = (
        "import sys; from storefront.app import create_app; create_app();"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=clean_environment({}), check=False
    )

    assert ended.returncode == 0
