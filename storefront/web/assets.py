"""Static files under names that carry a hash of their content, kept in memory, compressed.

A file whose name changes with its content can be cached for ever, and a deployment never mixes
old and new ones. Served by a layer of plain ASGI, before the framework's machinery.
"""

import hashlib
import mimetypes
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from storefront import resources
from storefront.web.compression import best_coding, compress, is_compressible

PREFIX = "/static/"
CODINGS = ("br", "gzip")  # Brotli is smaller than zstd where time does not matter.
_IMPORT = re.compile(r'@import url\("([^"]+)"\)(?: layer\(([a-z-]+)\))?;')
_REFERENCE = re.compile(r'(?<!@import )url\("([^"]+)"\)')


@dataclass(frozen=True, slots=True)
class Asset:
    """A file ready to be sent; ``bodies`` holds it by content coding."""

    content_type: str
    bodies: Mapping[str, bytes]
    etag: str


class Assets:
    """All static files; `url` gives the address that a template links to."""

    def __init__(self, folder: Path = resources.STATIC) -> None:
        self._folder = folder
        self._urls: dict[str, str] = {}
        self._assets: dict[str, Asset] = {}
        files = sorted(
            file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()
        )
        # Style sheets last: they name other files, whose hashed names must be known by then.
        for name in sorted(files, key=lambda name: (name.endswith(".css"), name)):
            self._add(name)

    def url(self, name: str) -> str:
        """The address of ``static/<name>``; KeyError if there is no such file."""
        return self._urls[name]

    def find(self, path: str) -> Asset | None:
        """What to send for the request path ``path``."""
        return self._assets.get(path)

    def is_hashed(self, path: str) -> bool:
        """Whether the address changes with the content, so that it can be kept for ever."""
        return path.removeprefix(PREFIX) not in self._urls

    def _add(self, name: str) -> None:
        content = (self._folder / name).read_bytes()
        if name.endswith(".css"):
            content = self._stylesheet(name).encode()
        digest = hashlib.blake2b(content, digest_size=6).hexdigest()
        path = PurePosixPath(name)
        url = f"{PREFIX}{path.with_name(f'{path.stem}.{digest}{path.suffix}')}"
        asset = _asset(name, content, digest)
        self._urls[name] = url
        self._assets[url] = asset
        self._assets[PREFIX + name] = asset

    def _stylesheet(self, name: str) -> str:
        """The style sheet with its imports inlined and its references hashed."""
        folder = PurePosixPath(name).parent
        text = (self._folder / name).read_text(encoding="utf-8")

        def inlined(match: re.Match[str]) -> str:
            part = self._stylesheet(_resolve(folder, match[1]))
            return f"@layer {match[2]} {{\n{part}\n}}" if match[2] else part

        def hashed(match: re.Match[str]) -> str:
            if match[1].startswith(("data:", "#")):
                return match[0]
            return f'url("{self._urls[_resolve(folder, match[1])]}")'

        return _IMPORT.sub(inlined, _REFERENCE.sub(hashed, text))


def _resolve(folder: PurePosixPath, reference: str) -> str:
    """``../fonts/x.woff2`` seen from ``css`` is ``fonts/x.woff2``, as is ``/static/fonts/…``."""
    if reference.startswith(PREFIX):
        return reference.removeprefix(PREFIX)
    parts: list[str] = []
    for part in (folder / reference).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _asset(name: str, content: bytes, digest: str) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    bodies = {"identity": content}
    if is_compressible(kind.encode()):
        bodies |= {coding: compress(content, coding, thoroughly=True) for coding in CODINGS}
    suffix = "; charset=utf-8" if kind.startswith("text/") or kind.endswith("xml") else ""
    return Asset(kind + suffix, bodies, f'"{digest}"')


class StaticFiles:
    """ASGI layer that answers ``/static/…`` itself and hands everything else on."""

    def __init__(self, app: Any, assets: Assets) -> None:
        self._app = app
        self._assets = assets

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asset = self._assets.find(scope["path"]) if scope["type"] == "http" else None
        if asset is None or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        is_hashed = self._assets.is_hashed(scope["path"])
        coding = best_coding(
            headers.get(b"accept-encoding", b""), CODINGS if len(asset.bodies) > 1 else ()
        )
        body = asset.bodies[coding]
        unchanged = headers.get(b"if-none-match", b"").decode("latin-1") == asset.etag
        lifetime = b"public, max-age=31536000, immutable" if is_hashed else b"no-cache"
        answer = [
            (b"content-type", asset.content_type.encode()),
            (b"cache-control", lifetime),
            (b"etag", asset.etag.encode()),
            (b"vary", b"Accept-Encoding"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-request-id", secrets.token_hex(8).encode()),
        ]
        if coding != "identity":
            answer.append((b"content-encoding", coding.encode()))
        if not unchanged:
            answer.append((b"content-length", str(len(body)).encode()))
        await send(
            {
                "type": "http.response.start",
                "status": 304 if unchanged else 200,
                "headers": answer,
            }
        )
        sent = b"" if unchanged or scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": sent})
