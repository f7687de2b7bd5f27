"""Figures added up in memory, and handed to Prometheus's library twice a second.

The library writes each figure to a file that the workers share, which takes longer than answering
a page from memory does. A worker that is killed takes with it what it has not handed on yet.
Everything here belongs to the event loop's thread.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence

from prometheus_client import Counter, Histogram

EVERY_SECONDS = 0.5

_tallies: "list[Tally | Stopwatch]" = []


class Durations(Histogram):
    """A histogram that takes many observations at once."""

    def observe_all(self, counts: Sequence[int], seconds: float) -> None:
        """Add ``counts`` to the buckets, in their order, and what was observed to the sum."""
        self._sum.inc(seconds)
        for bucket, count in zip(self._buckets, counts, strict=True):
            if count:
                bucket.inc(count)


class Tally:
    """How often something happened since that was last handed on."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._count = 0
        _tallies.append(self)

    def inc(self) -> None:
        self._count += 1

    def hand_on(self) -> None:
        if self._count:
            self._counter.inc(self._count)
            self._count = 0


class Stopwatch:
    """How long something took, each time since that was last handed on."""

    def __init__(self, durations: Durations, buckets: Sequence[float]) -> None:
        self._durations = durations
        self._buckets = buckets
        self._counts = [0] * (len(buckets) + 1)
        self._seconds = 0.0
        _tallies.append(self)

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(self._buckets, seconds)] += 1
        self._seconds += seconds

    def hand_on(self) -> None:
        if self._seconds:
            self._durations.observe_all(self._counts, self._seconds)
            self._counts = [0] * len(self._counts)
            self._seconds = 0.0


def hand_on() -> None:
    """Hand on all that was counted since this was last called."""
    for tally in _tallies:
        tally.hand_on()


async def keep_handing_on() -> None:
    """Hand on for ever, and once more at the end."""
    try:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            hand_on()
    finally:
        hand_on()
