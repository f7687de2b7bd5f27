"""Keeps one server process alive until it is told to stop."""

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

_log = logging.getLogger(__name__)

_BUSY = "Device or resource busy"
# Its storage engine has given up, as on a full disk; it answers on, but does nothing any more.
_PANIC = b"WT_PANIC"
_LOOK_EVERY_SECONDS = 1.0
_RETRY_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_STEADY_SECONDS = 60.0


class EmbeddedServer:
    """Runs `command` and restarts it with back-off when it ends unasked.

    `ready` is set by the owner once the server answers; until then, a server that ends is only
    started again if somebody killed it or a predecessor still holds its directory, for at most
    `lock_wait_seconds`, and otherwise `failure` says why.
    """

    def __init__(self, command: list[str], *, log_path: Path, lock_wait_seconds: float) -> None:
        self.log_path = log_path
        self.ready = threading.Event()
        self.failure: str | None = None
        self._command = command
        self._lock_deadline = time.monotonic() + lock_wait_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        # The kernel kills the server with the *thread* that started it, so that one thread does
        # all the starting and lives as long as the server is wanted.
        self._keeper = threading.Thread(target=self._keep, name="embedded-database", daemon=True)

    def start(self) -> None:
        """Start the server and return at once."""
        self.log_path.write_bytes(b"")
        self._keeper.start()

    def stop(self, *, wait_seconds: float) -> None:
        """End the server: politely, and after `wait_seconds` by force."""
        self._stopping.set()
        with self._guard:
            process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(wait_seconds)
            except subprocess.TimeoutExpired:
                _log.warning("The embedded database did not end within %s s", wait_seconds)
                process.kill()
        self._keeper.join()

    def _keep(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            started = time.monotonic()
            code = self._run_once()
            if self._stopping.is_set():
                return
            if self.ready.is_set():
                steady = time.monotonic() - started > _STEADY_SECONDS
                pause = _RETRY_SECONDS if steady else _longer(pause)
                _log.warning(
                    "The embedded database ended (exit code %s); starting it again in %.1f s",
                    code,
                    pause,
                )
            elif self._may_yet_start(code):
                pause = _RETRY_SECONDS
            else:
                self.failure = f"exit code {code}: {self._last_words()} (see {self.log_path})"
                return

    def _may_yet_start(self, code: int | None) -> bool:
        """Whether it ended for what passes: a predecessor's lock, or somebody killed it."""
        was_killed = code is not None and code < 0
        is_passing = was_killed or _BUSY in self._last_words()
        return is_passing and time.monotonic() < self._lock_deadline

    def _run_once(self) -> int | None:
        mode = "exec" if sys.platform == "linux" else "watch"
        launcher = [sys.executable, "-m", "storefront.embedded_child", mode, str(os.getpid())]
        with self._guard:
            if self._stopping.is_set():
                return None
            with self.log_path.open("ab") as log:
                # In a session of its own it misses the Ctrl-C that is meant for the shop, which
                # has to end first.
                self._process = subprocess.Popen(  # noqa: S603 - our own arguments
                    [*launcher, *self._command],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            seen = self.log_path.stat().st_size
        with self._process as process:
            while True:
                try:
                    return process.wait(_LOOK_EVERY_SECONDS)
                except subprocess.TimeoutExpired:
                    said = self._said_since(seen)
                seen += len(said)
                if _PANIC in said:
                    _log.error(
                        "The embedded database cannot go on (is its disk full?); see %s",
                        self.log_path,
                    )
                    process.kill()

    def _said_since(self, position: int) -> bytes:
        with self.log_path.open("rb") as log:
            log.seek(position)
            return log.read()

    def _last_words(self) -> str:
        lines = self.log_path.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no message")


def _longer(pause: float) -> float:
    return min(max(_RETRY_SECONDS, pause * 2), _LONGEST_PAUSE_SECONDS)
