"""ETags and conditional requests for what is the same for many visitors."""

import hashlib

from quart import Response, request

from storefront.web.notices import COOKIE as NOTICES
from storefront.web.sharing import SharedResponse

PERSONAL_COOKIES = frozenset({"session", "__Host-session", "cart", NOTICES})
MARK = b"x-public-page"
HEADERS = {
    "Cache-Control": "private, no-cache",
    "Vary": "Accept-Encoding, Accept-Language, Cookie, HX-Request, HX-Request-Type",
}
# In the scope of a request: a list that takes the pieces of a page that suit others, too.
SHARED = "storefront.shared"


async def conditional(response: Response) -> Response:
    """Give ``response`` an ETag of its content, and answer 304 to who has it already.

    Page and fragment of one address differ in content, so they differ in ETag too. A cache must
    ask again each time: what it keeps may name the visitor. What `web.public_pages` may keep is
    marked: all that is made for a visitor whom nothing sets apart, and what says itself what of
    it is for others, too.
    """
    body = await response.get_data(as_text=False)
    response.set_etag(response.etag if isinstance(response, SharedResponse) else _etag_of(body))
    response.headers.update(HEADERS)
    if _is_kept(response):
        response.headers[MARK.decode()] = "1"
    if "If-None-Match" not in request.headers:
        return response
    return await response.make_conditional(request)


def _etag_of(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def _is_kept(response: Response) -> bool:
    shared = request.scope.get(SHARED)
    if shared is None:  # Nobody is there to take it.
        return False
    if isinstance(response, SharedResponse):
        shared.append(response.shared)  # type: ignore[attr-defined]  # ASGI's scope is open
        return True
    return not request.cookies.keys() & PERSONAL_COOKIES
