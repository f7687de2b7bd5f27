"""Content codings: which one a client takes, and a layer that compresses what nobody kept.

Pages hold no secret tokens, and a foreign site cannot make a browser send the session along with
requests of its choosing (SameSite), so compressing personal pages gives nothing away (BREACH).
"""

import gzip
import re
from collections.abc import Collection, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

import brotli
import zstandard

COMPRESSIBLE = (
    b"text/",
    b"application/json",
    b"application/problem+json",
    b"application/xml",
    b"application/manifest+json",
    b"image/svg+xml",
)
SMALLEST_BYTES = 600
# Of an Accept-Encoding header.
LONGEST_READ = 200
LEFT_ALONE = "storefront.left_alone"
# Kept, since it takes a megabyte; the event loop alone uses it.
_quick_zstd = zstandard.ZstdCompressor(level=3)
QUICKEST_FIRST = ("zstd", "br", "gzip")


def accepted_codings(header: bytes) -> frozenset[str]:
    """The codings that an Accept-Encoding header allows (RFC 9110, section 12.5.3)."""
    return _codings(header[:LONGEST_READ])


@lru_cache(maxsize=256)
def _codings(header: bytes) -> frozenset[str]:
    return frozenset(
        part.split(";")[0].strip()
        for part in header.decode("latin-1").lower().split(",")
        if not re.search(r";\s*q=0(\.0*)?\s*$", part)
    )


def best_coding(header: bytes, available: Collection[str] = QUICKEST_FIRST) -> str:
    """The first of ``available`` that the client accepts; as it is where it accepts none."""
    accepted = accepted_codings(header)
    return next((each for each in available if each in accepted), "identity")


def compress(body: bytes, coding: str, *, thoroughly: bool = False) -> bytes:
    """``body`` in ``coding``.

    A page of 14 kB takes zstd 0.03 ms, brotli 0.16 ms and gzip 0.08 ms; thoroughly, which is for
    what is sent often and is done beside the event loop, brotli takes 30 ms and zstd 8 ms.
    """
    if coding == "br":
        compressed: bytes = brotli.compress(body, quality=11 if thoroughly else 4)
        return compressed
    if coding == "zstd":
        packed = zstandard.compress(body, 19) if thoroughly else _quick_zstd.compress(body)
        # What it returns still takes as much memory as might have been needed.
        return bytes(memoryview(packed))
    return gzip.compress(body, 6, mtime=0) if coding == "gzip" else body


def is_compressible(content_type: bytes) -> bool:
    return content_type.startswith(COMPRESSIBLE)


class Compression:
    """ASGI layer that compresses whole text answers which are not compressed yet.

    It leaves alone what the layer before it says, in the scope, that it will compress: answers
    with a header of that name.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        coding = best_coding(dict(scope["headers"]).get(b"accept-encoding", b""))
        left_alone = scope.get(LEFT_ALONE)
        start: MutableMapping[str, Any] = {}

        async def compress_and_send(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                if left_alone and any(name == left_alone for name, _ in message["headers"]):
                    start["sent"] = True
                    await send(message)
                return
            if coding != "identity" and "sent" not in start and _is_whole(start, message):
                message = _compressed(start, message, coding)
            if "sent" not in start:
                start["sent"] = True
                await send({key: start[key] for key in ("type", "status", "headers")})
            await send(message)

        await self._app(scope, receive, compress_and_send)


def _is_for_if_match(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a program may send the ETag back with a change, for which it must stay strong."""
    is_json = headers.get(b"content-type", b"").startswith(b"application/json")
    return is_json and b"etag" in headers


def _is_whole(start: MutableMapping[str, Any], message: Any) -> bool:
    """Whether this is all of the body; Quart says of no part of it that it is the last."""
    if not message.get("more_body"):
        return True
    length = str(len(message.get("body", b""))).encode()
    return any(pair == (b"content-length", length) for pair in start["headers"])


def _compressed(start: MutableMapping[str, Any], message: Any, coding: str) -> Any:
    headers = dict(start["headers"])
    body = message.get("body", b"")
    if (
        len(body) < SMALLEST_BYTES
        or b"content-encoding" in headers
        or not is_compressible(headers.get(b"content-type", b""))
        or _is_for_if_match(headers)
    ):
        return message
    body = compress(body, coding)
    vary = b", ".join(filter(None, [headers.get(b"vary"), b"Accept-Encoding"]))
    replaced = {b"content-length", b"vary", b"etag"}
    start["headers"] = [
        *((name, value) for name, value in start["headers"] if name not in replaced),
        (b"content-length", str(len(body)).encode()),
        (b"content-encoding", coding.encode()),
        (b"vary", vary),
    ]
    if b"etag" in headers:
        # The compressed answer is another representation, but equal enough for If-None-Match.
        weak = headers[b"etag"] if headers[b"etag"].startswith(b"W/") else b"W/" + headers[b"etag"]
        start["headers"].append((b"etag", weak))
    return {**message, "body": body}
