"""Serves the shop: one listening socket, several worker processes, and a watch over them.

Hypercorn's own supervision ends every worker when one dies. Here a worker that dies is replaced
while the others serve on. This process imports next to nothing and never answers a request.
"""

import errno
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from selectors import EVENT_READ, DefaultSelector

import click

_log = logging.getLogger(__name__)

_BACKLOG = 1024
_SILENCE_SECONDS = 60
_PREDECESSORS_SECONDS = 4.0
_FAILED_STARTS_ALLOWED = 3
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 10.0
_STEADY_SECONDS = 10.0
# After draining, a worker still closes its own connections and tasks.
_CLOSING_SECONDS = 10.0


class ServingError(Exception):
    """The shop cannot be served; the message is for the person at the terminal."""


def listen(host: str, port: int) -> socket.socket:
    """Take the address, so that a second shop is refused before it starts anything else.

    Connections wait from now on until a worker accepts them. Port 0 takes a free one. Raises
    ServingError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = _take(host, port, family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = "another program is listening there; stop it or choose another --port"
        else:
            reason = error.strerror or str(error)
        raise ServingError(f"cannot listen on {host}, port {port}: {reason}") from error
    # Accepted connections inherit these: a WebSocket whose other end vanished, or has read nothing
    # of what it was sent for a minute, is dropped.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _SILENCE_SECONDS)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENCE_SECONDS * 1000)
    return listener


def _take(host: str, port: int, family: socket.AddressFamily) -> socket.socket:
    """Workers of a shop that was killed need a moment to notice, and hold the port until then."""
    deadline = time.monotonic() + _PREDECESSORS_SECONDS
    while True:
        try:
            return socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def serve(
    listener: socket.socket,
    *,
    workers: int,
    app: str = "storefront.app:create_app",
    drain_seconds: float = 10,
) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. Call it from the main thread.

    `app` names a function that makes the ASGI application, as "module:function"; each worker
    imports it for itself. The first worker starts alone: what it does once (indexes, demo shop) is
    done before the others come, and a shop that cannot start says so once and not by the number of
    workers. On the first signal requests under way have `drain_seconds` to finish; a second SIGINT
    ends them at once. Closes the listener.
    """
    with listener, _signals() as signals, DefaultSelector() as selector:
        selector.register(signals, EVENT_READ)
        supervisor = _Supervisor(
            listener=listener,
            app=app,
            drain_seconds=drain_seconds,
            selector=selector,
            slots=[_Slot() for _ in range(workers)],
        )
        return supervisor.run(signals)


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    # Both ends notice when the other is gone; over it the worker tells that it accepts.
    channel: socket.socket
    started: float
    ready: bool = False


@dataclass
class _Slot:
    """A worker's place: who holds it, or when the next one may start."""

    worker: _Worker | None = None
    failures: int = 0
    start_at: float = 0.0


@dataclass
class _Supervisor:
    listener: socket.socket
    app: str
    drain_seconds: float
    selector: DefaultSelector
    slots: list[_Slot]
    opened: bool = False
    gave_up: bool = False
    stop_by: float | None = None

    def run(self, signals: socket.socket) -> int:
        try:
            while self.stop_by is None or self._workers():
                self._start_due_workers()
                for key, _ in self.selector.select(self._seconds_until_due()):
                    if key.fileobj is signals:
                        self._heed(signals.recv(64))
                    else:
                        self._hear(key.data)
                self._reap()
                if self.stop_by is not None and time.monotonic() >= self.stop_by:
                    self._kill_all()
        finally:
            self._kill_all()
            self._reap()
        return 1 if self.gave_up else 0

    def _workers(self) -> list[_Worker]:
        return [slot.worker for slot in self.slots if slot.worker is not None]

    def _start_due_workers(self) -> None:
        if self.stop_by is not None:
            return
        for slot in self.slots if self.opened else self.slots[:1]:
            if slot.worker is None and time.monotonic() >= slot.start_at:
                slot.worker = self._start_worker()
                self.selector.register(slot.worker.channel, EVENT_READ, slot.worker)

    def _start_worker(self) -> _Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = (self.listener.fileno(), theirs.fileno())
            arguments = [self.app, *map(str, descriptors), str(self.drain_seconds)]
            process = subprocess.Popen(  # noqa: S603 - our own arguments
                [sys.executable, "-m", "storefront.serving_worker", *arguments],
                stdin=subprocess.DEVNULL,
                pass_fds=descriptors,
                # Out of the terminal's reach: we hear Ctrl-C and pass it on as SIGTERM.
                process_group=0,
            )
        return _Worker(process=process, channel=ours, started=time.monotonic())

    def _seconds_until_due(self) -> float:
        """Return how long nothing is due; at most a second, should a worker's end go unheard."""
        due = [slot.start_at for slot in self.slots if slot.worker is None and self.opened]
        due += [self.slots[0].start_at] if self.slots[0].worker is None else []
        if self.stop_by is not None:
            due = [self.stop_by]
        return max(0.0, min([1.0, *(moment - time.monotonic() for moment in due)]))

    def _heed(self, received: bytes) -> None:
        for number in received:
            if number == signal.SIGCHLD:
                continue
            if self.stop_by is None:
                self._stop()
            elif number == signal.SIGINT:
                self._kill_all()

    def _stop(self) -> None:
        self.stop_by = time.monotonic() + self.drain_seconds + _CLOSING_SECONDS
        self.listener.close()
        for worker in self._workers():
            worker.process.terminate()

    def _kill_all(self) -> None:
        for worker in self._workers():
            worker.process.kill()
            worker.process.wait()

    def _hear(self, worker: _Worker) -> None:
        try:
            message = worker.channel.recv(64)
        except ConnectionError:
            message = b""
        if not message:
            self.selector.unregister(worker.channel)
            worker.channel.close()
            return
        worker.ready = True
        if not self.opened and self.stop_by is None:
            self.opened = True
            click.echo(f"Storefront is open at {_url_of(self.listener)}")

    def _reap(self) -> None:
        for slot in self.slots:
            if slot.worker is not None and slot.worker.process.poll() is not None:
                worker, slot.worker = slot.worker, None
                if worker.channel.fileno() != -1:
                    self.selector.unregister(worker.channel)
                    worker.channel.close()
                if self.stop_by is None:
                    self._replace(slot, worker)

    def _replace(self, slot: _Slot, worker: _Worker) -> None:
        lived = time.monotonic() - worker.started
        slot.failures = 0 if worker.ready and lived >= _STEADY_SECONDS else slot.failures + 1
        name, ending = worker.process.pid, _ending_of(worker.process.returncode)
        if not self.opened and slot.failures >= _FAILED_STARTS_ALLOWED:
            _log.error("Worker %s ended before it was ready (%s); giving up.", name, ending)
            self.gave_up = True
            self._stop()
            return
        # The first death of a worker that served is answered at once.
        doublings = slot.failures - (2 if worker.ready else 1)
        pause = min(_FIRST_PAUSE_SECONDS * 2**doublings, _LONGEST_PAUSE_SECONDS)
        pause = pause if doublings >= 0 else 0.0
        slot.start_at = time.monotonic() + pause
        _log.warning("Worker %s ended (%s); the next one starts in %.2f s.", name, ending, pause)


def _ending_of(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """Give a socket from which the numbers of the signals that arrive can be read."""
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        heard = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
        before = {number: signal.signal(number, lambda *_: None) for number in heard}
        before_descriptor = signal.set_wakeup_fd(writer.fileno())
        try:
            yield reader
        finally:
            signal.set_wakeup_fd(before_descriptor)
            for number, handler in before.items():
                signal.signal(number, handler)
