"""What is being handled, where it makes no difference whether it is a request or a socket."""

from typing import Any

from quart import has_websocket_context, request, websocket


def source() -> Any:
    """The request, or the handshake of the socket: both have host, path, headers and cookies."""
    return websocket if has_websocket_context() else request
