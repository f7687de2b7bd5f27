"""ETags and conditional requests for what is the same for every guest."""

import hashlib

from quart import Response, request

from storefront.web.notices import COOKIE as NOTICES

PERSONAL_COOKIES = frozenset({"session", "__Host-session", "cart", NOTICES})
MARK = b"x-public-page"


async def conditional(response: Response) -> Response:
    """Give ``response`` an ETag of its content, and answer 304 to who has it already.

    Page and fragment of one address differ in content, so they differ in ETag too. A cache must
    ask again each time: what it keeps may name the visitor. For a visitor whom nothing sets
    apart the answer is marked as one that `web.public_pages` may keep.
    """
    body = await response.get_data(as_text=False)
    response.set_etag(hashlib.blake2b(body, digest_size=12).hexdigest())
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = (
        "Accept-Encoding, Accept-Language, Cookie, HX-Request, HX-Request-Type"
    )
    if not request.cookies.keys() & PERSONAL_COOKIES and "Authorization" not in request.headers:
        response.headers[MARK.decode()] = "1"
    return await response.make_conditional(request)
