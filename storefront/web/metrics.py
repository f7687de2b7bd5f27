"""Figures for Prometheus, added up over all workers of this host.

``storefront serve`` names a folder in PROMETHEUS_MULTIPROC_DIR, in which the workers keep their
figures; without it each process speaks for itself. No database is asked, so they can be read
while it is down.
"""

import asyncio
import hmac
import os
import re
import time
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from quart import Blueprint, Response, request

from storefront.errors import ForbiddenError
from storefront.web import tallies
from storefront.web.cookies import current_shop
from storefront.web.proxies import WAS_FORWARDED
from storefront.web.tallies import Durations, Stopwatch, Tally

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
LAG_EVERY_SECONDS = 0.5
ANSWER_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

blueprint = Blueprint("metrics", __name__)

REQUESTS = Counter("storefront_requests", "Requests answered", ["method", "route", "status"])
LATENCY = Durations(
    "storefront_request_seconds", "Time to answer", ["route"], buckets=ANSWER_SECONDS
)
SOCKETS = Gauge("storefront_sockets", "Open WebSockets", multiprocess_mode="livesum")
WORKERS = Gauge("storefront_workers", "Worker processes", multiprocess_mode="livesum")
LAG = Histogram(
    "storefront_loop_lag_seconds",
    "How late the event loop wakes a task",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
)
LOOKUPS = Counter(
    "storefront_cache_lookups", "What was asked of caches in memory", ["cache", "result"]
)


@cache
def _lookups(cache: str, result: str) -> Tally:
    return Tally(LOOKUPS.labels(cache, result))


def looked_up(cache: str, *, hit: bool) -> None:
    """Count a look into ``cache``."""
    _lookups(cache, "hit" if hit else "miss").inc()


@cache
def _answers(method: str, route: str, status: int) -> Tally:
    return Tally(REQUESTS.labels(method, route, status))


@cache
def _times(route: str) -> Stopwatch:
    return Stopwatch(LATENCY.labels(route), ANSWER_SECONDS)


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answer and the time that it took.

    What a client makes up must not be a name here: it would grow the memory that figures take.
    """
    _answers(method, route, status).inc()
    _times(route).observe(seconds)


async def watch_event_loop() -> None:
    """Measure for ever how late the loop is."""
    WORKERS.set(1)
    while True:
        before = time.perf_counter()
        await asyncio.sleep(LAG_EVERY_SECONDS)
        LAG.observe(max(0.0, time.perf_counter() - before - LAG_EVERY_SECONDS))


@blueprint.get("/metrics")
async def metrics() -> Response:
    """For the host itself, or for who has the token."""
    if not (_is_of_this_host() or _has_token()):
        raise ForbiddenError
    tallies.hand_on()
    registry = REGISTRY
    if FOLDER in os.environ:
        _forget_the_dead(Path(os.environ[FOLDER]))
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # of the library
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _forget_the_dead(folder: Path) -> None:
    """What a worker that was killed held open is no longer open; what it counted stays."""
    for file in folder.glob("gauge_live*.db"):
        number = re.search(r"_(\d+)\.db$", file.name)
        if number and not Path("/proc", number[1]).exists():
            mark_process_dead(int(number[1]))  # type: ignore[no-untyped-call]  # of the library


def _is_of_this_host() -> bool:
    """Loopback counts only if no proxy on this host handed the request on for somebody else."""
    address = request.remote_addr or ""
    try:
        return ip_address(address).is_loopback and not request.scope.get(WAS_FORWARDED)
    except ValueError:
        return False


def _has_token() -> bool:
    wanted = current_shop().settings.server.metrics_token.get_secret_value()
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())
