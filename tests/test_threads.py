"""Threads of heavy work give way to the event loop."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from storefront.threads import NICENESS, let_others_go_first


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ranks threads")
def test_only_the_thread_itself_is_ranked_below_the_others() -> None:
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    with ThreadPoolExecutor(1, initializer=let_others_go_first) as threads:
        heavy = threads.submit(threading.get_native_id)
        rank = os.getpriority(os.PRIO_PROCESS, heavy.result())

    assert rank == NICENESS
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
