"""One worker of the served shop.

`python -m storefront.serving_worker MODULE:FUNCTION LISTENER CHANNEL DRAIN_SECONDS`, run by
`serving.py`; LISTENER and CHANNEL are numbers of open descriptors.
"""

import os
import signal
import socket
import sys
import threading
import time

from storefront import logs

_CLOSING_SECONDS = 8.0


def main(arguments: list[str]) -> int:
    """Serve until told to stop, or until the supervisor is gone; returns the exit code.

    The supervisor is watched before anything else is imported, which takes seconds: whoever
    starts the shop again would meanwhile find its port taken.
    """
    app, listener, channel, drain_seconds = arguments
    logs.configure()
    supervisor = socket.socket(fileno=int(channel))
    supervisor.set_inheritable(False)
    threading.Thread(target=_end_with, args=(supervisor, float(drain_seconds)), daemon=True).start()

    from storefront import serving_hypercorn  # noqa: PLC0415 - see above

    return serving_hypercorn.run(app, int(listener), supervisor, drain_seconds=float(drain_seconds))


def _end_with(supervisor: socket.socket, drain_seconds: float) -> None:
    """Wait for the supervisor's end, however it comes; then drain, and end in any case."""
    while True:
        try:
            if not supervisor.recv(64):
                break
        except OSError:
            break
    # Until requests are accepted, the signal ends us at once.
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(drain_seconds + _CLOSING_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
