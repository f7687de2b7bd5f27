"""Hypercorn as a worker uses it, on a listening socket that the supervisor holds."""

import asyncio
import gc
import importlib
import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

from h11 import Request
from hypercorn import protocol as hypercorn_protocol
from hypercorn.asyncio import run as hypercorn_run
from hypercorn.asyncio import serve
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config
from hypercorn.events import Closed
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import ASGIFramework
from hypercorn.utils import LifespanFailureError

from storefront import serving_pings
from storefront.serving_draining import Draining

# Reading a hundred thousand products into memory takes minutes on a small machine; who starts
# the shop, or the service manager, knows better how long is too long.
_STARTING_SECONDS = 3600.0
_CLOSING_SECONDS = 8.0
_BAD_REQUEST = 400
_LINGERING_SECONDS = 0.5
# The event loop takes one connection in a turn from each. From a single one a crowd would wait in
# the system's queue, where nobody tells them to come back.
_LISTENERS = 16
# What is not answered by then is told so, while there is time to tell it.
_SHARE_OF_DRAINING = 0.9


def run(app: str, listener: int, supervisor: socket.socket, *, drain_seconds: float) -> int:
    """Serve ``app`` ("module:function") until told to stop by a signal; returns the exit code."""
    config = _configuration(listener, drain_seconds=drain_seconds)
    framework = _load(app)
    _spare_the_collector()
    serving_pings.use_pings()
    vars(hypercorn_run)["TCPServer"] = LingeringServer
    vars(hypercorn_protocol)["H11Protocol"] = StrictHttp1
    with asyncio.Runner(loop_factory=_new_event_loop) as runner:
        runner.get_loop().set_exception_handler(_tell_of_exception)
        try:
            runner.run(_serve(framework, config, supervisor))
        except LifespanFailureError as error:
            # The application has logged the traceback.
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


class LingeringServer(TCPServer):
    """A connection; when its worker leaves, a request that is on its way is still answered.

    Hypercorn closes connections without a request at once, also those that it accepted in the
    very moment, whose request it has not read yet.
    """

    async def _idle_timeout(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.context.terminated.wait(), self.config.keep_alive_timeout)
            # A request that comes meanwhile cancels us.
            await asyncio.sleep(_LINGERING_SECONDS)
        await asyncio.shield(self._initiate_server_close())


class StrictHttp1(H11Protocol):
    """HTTP/1.1 that stays so, and in which it is clear where a request ends.

    ``Upgrade: h2c`` is ignored, as RFC 9113, section 3.1, has it. A proxy that hands on any upgrade
    would else be a tunnel: behind the 101 a visitor speaks HTTP/2 with the shop directly, from the
    proxy's own address, with whatever X-Forwarded-For. And a body of two lengths, of which a proxy
    might believe the other, is refused (RFC 9112, section 6.3).
    """

    async def _check_protocol(self, event: Request) -> None:
        if event.method == b"PRI":  # A server in front that speaks HTTP/2 from the first byte on.
            await super()._check_protocol(event)

    async def _create_stream(self, request: Request) -> None:
        names = {name for name, _ in request.headers}
        if names >= {b"content-length", b"transfer-encoding"}:
            await self._send_error_response(_BAD_REQUEST)
            await self.send(Closed())
            return
        await super()._create_stream(request)


def _new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it is installed; Python's own loop does the same at half the speed."""
    try:
        import uvloop  # noqa: PLC0415 - there is no build for every system
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def _tell_of_exception(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Python 3.11 tells of each connection that is cut at the end; that is no news."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


async def _serve(app: ASGIFramework, config: Config, supervisor: socket.socket) -> None:
    leaving = asyncio.get_running_loop().create_future()

    async def accept_until_told_to_stop() -> None:
        # Hypercorn awaits this once the application has started and the socket is accepted from.
        # A signal before that ends the process at once: nothing has been begun, and a start that
        # waits for a database would keep the port from the next shop.
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, _settle, leaving)
        _spare_the_collector()
        with suppress(OSError):
            supervisor.send(b"ready")
        await asyncio.wait([leaving])

    draining = Draining(app, leaving, seconds=config.graceful_timeout * _SHARE_OF_DRAINING)
    await serve(draining, config, shutdown_trigger=accept_until_told_to_stop)


def _spare_the_collector() -> None:
    """Let the garbage collector pass over what lives as long as the process: first the modules,
    while the catalogue is read, then its read model too. Reading and pages make many short-lived
    objects and hardly any cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _configuration(listener: int, *, drain_seconds: float) -> Config:
    config = Config()
    config.bind = [f"fd://{each}" for each in _copies(listener)]
    config.backlog = 1024
    config.keep_alive_timeout = 30
    config.graceful_timeout = drain_seconds
    config.startup_timeout = _STARTING_SECONDS
    config.shutdown_timeout = _CLOSING_SECONDS
    config.h11_max_incomplete_size = 64 * 1024
    config.websocket_max_message_size = 64 * 1024
    config.websocket_ping_interval = serving_pings.EVERY_SECONDS
    config.include_server_header = False
    config.accesslog = None
    # Handlers and format are the application's; Hypercorn's own line at start is noise.
    config.errorlog = logging.getLogger("hypercorn.error")
    config.errorlog.setLevel(logging.WARNING)
    return config


def _copies(listener: int) -> list[int]:
    """The descriptor and others of the same socket."""
    return [listener, *(os.dup(listener) for _ in range(_LISTENERS - 1))]


def _load(path: str) -> ASGIFramework:
    module, _, function = path.partition(":")
    app: ASGIFramework = getattr(importlib.import_module(module), function)()
    return app
