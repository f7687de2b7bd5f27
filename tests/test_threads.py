"""Threads of heavy work give way to the event loop."""

import ctypes
import os
import platform
import re
import struct
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from storefront.threads import NICENESS, TURN_NANOSECONDS, let_others_go_first

SCHED_GETATTR = 315  # On x86_64.
ATTRIBUTES = struct.Struct("IIQiIQQQ")
KERNEL = tuple(map(int, re.findall(r"\d+", platform.release())[:2]))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ranks threads")
def test_only_the_thread_itself_is_ranked_below_the_others() -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    with ThreadPoolExecutor(1, initializer=let_others_go_first) as threads:
        heavy = threads.submit(threading.get_native_id)
        rank = os.getpriority(os.PRIO_PROCESS, heavy.result())

    assert rank == NICENESS
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64" or KERNEL < (6, 12),
    reason="turns can be chosen on Linux 6.12 and later, and are asked for here on x86_64 alone",
)
def test_the_thread_asks_for_long_turns() -> None:
    with ThreadPoolExecutor(1, initializer=let_others_go_first) as threads:
        _, _, _, nice, _, turn, _, _ = threads.submit(_attributes).result()

    assert (nice, turn) == (NICENESS, TURN_NANOSECONDS)
    assert _attributes()[5] < TURN_NANOSECONDS


def _attributes() -> tuple[int, ...]:
    """The ``struct sched_attr`` of the thread that calls."""
    buffer = ctypes.create_string_buffer(ATTRIBUTES.size)
    assert ctypes.CDLL(None).syscall(SCHED_GETATTR, 0, buffer, ATTRIBUTES.size, 0) == 0
    return ATTRIBUTES.unpack(buffer.raw)
