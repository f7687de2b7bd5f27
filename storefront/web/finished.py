"""A finished page, and how it is sent: in the smallest coding that the client takes, or as 304."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import zstandard

from storefront.web.compression import (
    LONGEST_READ,
    SMALLEST_BYTES,
    accepted_codings,
    best_coding,
    compress,
)

OK, NOT_MODIFIED = 200, 304
# Of one page, for as many Accept-Encoding headers.
MOST_ANSWERS = 4
# What a page takes besides its bodies: its headers, and the key under which it is found.
OVERHEAD_BYTES = 2_000
# What an answer that is ready takes besides the body and the Accept-Encoding that it is for.
ANSWER_BYTES = 750

Headers = list[tuple[bytes, bytes]]


def encoded(headers: Mapping[str, str]) -> Headers:
    """The headers as a server wants them."""
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


class Answer(NamedTuple):
    """An answer but for its request id."""

    headers: Headers
    body: bytes


@dataclass(slots=True)
class FinishedPage:
    """A finished answer; ``bodies`` holds it by content coding, each made when first asked for."""

    headers: Headers
    bodies: dict[str, bytes]
    etag: str
    route: str
    size: int = OVERHEAD_BYTES
    times_sent: int = 0
    is_polished: bool = False
    _start_of_tags: bytes = b""
    _answers: dict[bytes, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._start_of_tags = b'"' + self.etag.encode()
        self.size += sum(map(len, self.bodies.values()))

    def answer(self, accepted: bytes) -> Answer:
        """The whole page for who sends this Accept-Encoding."""
        read = accepted[:LONGEST_READ]
        known = self._answers.get(read)
        if known is None:
            coding = self._coding_for(read)
            known = self._answer_in(coding)
            # Most fragments are never asked for again: what they take is worth keeping small.
            is_worth_keeping = self.times_sent > 0 and coding in self.bodies
            if is_worth_keeping and len(self._answers) < MOST_ANSWERS:
                self._answers[read] = known
                self.size += ANSWER_BYTES + len(read)
        return known

    def plain(self) -> bytes:
        """The page as it is."""
        body = self.bodies.get("identity")
        return zstandard.decompress(self.bodies["zstd"]) if body is None else body

    def shrink(self) -> None:
        """Keep the page compressed alone, which is a quarter: programs that want it plain are few,
        and get it unpacked."""
        plain = self.bodies["identity"]
        if len(plain) >= SMALLEST_BYTES:
            if "zstd" not in self.bodies:
                self._add("zstd", compress(plain, "zstd"))
            del self.bodies["identity"]
            self.size -= len(plain)
            self._forget_answers()

    def polish(self, body: bytes) -> None:
        """Take ``body`` for the page in brotli from now on."""
        self.is_polished = True
        self._add("br", body)

    def _add(self, coding: str, body: bytes) -> None:
        self.size += len(body) - len(self.bodies.get(coding, b""))
        self.bodies[coding] = body
        self._forget_answers()

    def _forget_answers(self) -> None:
        self.size -= sum(ANSWER_BYTES + len(read) for read in self._answers)
        self._answers.clear()

    def _coding_for(self, header: bytes) -> str:
        """The smallest that is there of what the client accepts; if none is, it is made."""
        accepted = accepted_codings(header)
        ready = [each for each in self.bodies if each in accepted and each != "identity"]
        if ready:
            return min(ready, key=lambda each: len(self.bodies[each]))
        is_small = len(self.bodies.get("identity", b"")) < SMALLEST_BYTES
        coding = "identity" if is_small and "zstd" not in self.bodies else best_coding(header)
        if coding != "identity":
            self._add(coding, compress(self.plain(), coding))
        return coding

    def _answer_in(self, coding: str) -> Answer:
        body = self.plain() if coding == "identity" else self.bodies[coding]
        headers = [
            *self.headers,
            (b"etag", self._tag(coding)),
            (b"content-length", b"%d" % len(body)),
        ]
        if coding != "identity":
            headers.append((b"content-encoding", coding.encode()))
        return Answer(headers, body)

    def _tag(self, coding: str) -> bytes:
        """The ETag: other bytes for the same page are another representation (RFC 9110, 8.8.3)."""
        suffix = "" if coding == "identity" else f"-{coding}"
        polish = "-11" if coding == "br" and self.is_polished else ""
        return b'%s%s"' % (self._start_of_tags, f"{suffix}{polish}".encode())

    def tag_among(self, known: bytes) -> bytes | None:
        """The one of this page's ETags that a client has already."""
        own = self._start_of_tags
        if not self.etag or own not in known:
            return None
        if b"," not in known and known.startswith(own):
            return known
        tags = (each.strip().removeprefix(b"W/") for each in known.split(b","))
        return next((each for each in tags if each.startswith(own)), None)


async def send_page(
    page: FinishedPage,
    headers: Mapping[bytes, bytes],
    send: Any,
    *,
    status: int = OK,
    method: str = "GET",
) -> int:
    """Answer with ``page`` in what the client accepts, or 304; returns the status."""
    known = headers.get(b"if-none-match")
    tag = page.tag_among(known) if known else None
    if tag:
        status = NOT_MODIFIED
        answer = Answer([*page.headers, (b"etag", tag)], b"")
    else:
        answer = page.answer(headers.get(b"accept-encoding", b""))
    # An id for finding the request in logs needs no secret randomness, which is a system call.
    identified = [*answer.headers, (b"x-request-id", b"%016x" % random.getrandbits(64))]
    body = answer.body if method != "HEAD" else b""
    await send({"type": "http.response.start", "status": status, "headers": identified})
    await send({"type": "http.response.body", "body": body})
    return status
