"""Threads of heavy work, which take what the event loop leaves of a core; only Linux ranks them."""

import contextlib
import ctypes
import os
import platform
import sys
import threading

# A ninth of the event loop's share while both want the core. With more, the loop would often have
# had its share when it wakes up, and wait for the timer all the same.
NICENESS = 10
# How long a turn the thread asks for. Who asks for long turns gives way at once to who wakes up
# and asks for a short one, as the event loop does; otherwise that waits for the timer, up to 4 ms
# (Linux 6.12 and later; sched_setattr(2), "sched_runtime" of SCHED_OTHER).
TURN_NANOSECONDS = 100_000_000

# The C library has a name for it since glibc 2.41.
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274, "riscv64": 274}


class _Attributes(ctypes.Structure):
    """``struct sched_attr`` as it first was, which every kernel takes."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def cores() -> int:
    """How many this process may use; a container's quota of their time does not show here."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def let_others_go_first() -> None:
    """Rank this thread below others; where that is forbidden, it only holds them up longer."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    call = _SCHED_SETATTR.get(platform.machine())
    if call and sys.maxsize > 2**32:  # A program of 32 bits has other numbers.
        wanted = _Attributes(ctypes.sizeof(_Attributes), os.SCHED_OTHER, nice=NICENESS)
        wanted.runtime = TURN_NANOSECONDS
        with contextlib.suppress(OSError, AttributeError):  # No C library that is asked so.
            ctypes.CDLL(None).syscall(call, 0, ctypes.byref(wanted), 0)
