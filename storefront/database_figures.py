"""What the database is asked and how fast it answers, for monitoring."""

from functools import cache

from prometheus_client import Histogram
from pymongo import monitoring

SECONDS = Histogram(
    "storefront_database_seconds",
    "Time of a call to the database",
    ["command", "outcome"],
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)


class CallFigures(monitoring.CommandListener):
    """Hears every command of every client of this process; the driver calls it on its threads."""

    def __init__(self) -> None:
        self._waits: set[int] = set()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        # A change stream asks the server to wait for news: that is no slow call.
        if event.command_name == "getMore" and "maxTimeMS" in event.command:
            self._waits.add(event.request_id)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        self._note(event, "ok")

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        self._note(event, "failed")

    def _note(
        self,
        event: monitoring.CommandSucceededEvent | monitoring.CommandFailedEvent,
        outcome: str,
    ) -> None:
        if event.request_id in self._waits:
            self._waits.discard(event.request_id)
            return
        SECONDS.labels(event.command_name, outcome).observe(event.duration_micros / 1e6)


@cache
def listen() -> None:
    """Measure every client that this process makes from now on; once is enough."""
    monitoring.register(CallFigures())
