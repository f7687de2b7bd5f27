"""A finished page, and how it is sent: in the smallest coding that the client takes, or as 304."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storefront.web.compression import SMALLEST_BYTES, accepted_codings, best_coding, compress

OK, NOT_MODIFIED = 200, 304

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class FinishedPage:
    """A finished answer; ``bodies`` holds it by content coding, each made when first asked for."""

    headers: Headers
    bodies: dict[str, bytes]
    etag: str
    times_sent: int = 0
    is_polished: bool = False

    @property
    def size(self) -> int:
        return sum(map(len, self.bodies.values()))

    def tag(self, coding: str) -> bytes:
        """The ETag: other bytes for the same page are another representation (RFC 9110, 8.8.3)."""
        suffix = "" if coding == "identity" else f"-{coding}"
        polish = "-11" if coding == "br" and self.is_polished else ""
        return f'"{self.etag}{suffix}{polish}"'.encode()

    def tag_among(self, known: bytes) -> bytes | None:
        """The one of this page's ETags that a client has already."""
        own = b'"' + self.etag.encode()
        if not self.etag or own not in known:
            return None
        tags = (each.strip().removeprefix(b"W/") for each in known.split(b","))
        return next((each for each in tags if each.startswith(own)), None)

    def coding_for(self, header: bytes) -> str:
        """The smallest that is there of what the client accepts; if none is, it is made."""
        accepted = accepted_codings(header)
        ready = [each for each in self.bodies if each in accepted and each != "identity"]
        if ready:
            return min(ready, key=lambda each: len(self.bodies[each]))
        plain = self.bodies["identity"]
        coding = best_coding(header) if len(plain) >= SMALLEST_BYTES else "identity"
        if coding != "identity":
            self.bodies[coding] = compress(plain, coding)
        return coding


async def send_page(
    page: FinishedPage,
    headers: Mapping[bytes, bytes],
    send: Any,
    *,
    status: int = OK,
    method: str = "GET",
) -> None:
    tag = page.tag_among(headers[b"if-none-match"]) if b"if-none-match" in headers else None
    # An id for finding the request in logs needs no secret randomness, which is a system call.
    answer = [*page.headers, (b"x-request-id", b"%016x" % random.getrandbits(64))]
    body = b""
    if tag:
        status = NOT_MODIFIED
        answer.append((b"etag", tag))
    else:
        coding = page.coding_for(headers.get(b"accept-encoding", b""))
        whole = page.bodies[coding]
        answer += [(b"etag", page.tag(coding)), (b"content-length", b"%d" % len(whole))]
        if coding != "identity":
            answer.append((b"content-encoding", coding.encode()))
        if method != "HEAD":
            body = whole
    await send({"type": "http.response.start", "status": status, "headers": answer})
    await send({"type": "http.response.body", "body": body})
