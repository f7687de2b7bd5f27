"""ETags and conditional requests for what is the same for every guest."""

import hashlib

from quart import Response, request


async def conditional(response: Response) -> Response:
    """Give ``response`` an ETag of its content, and answer 304 to who has it already.

    Page and fragment of one address differ in content, so they differ in ETag too. A cache must
    ask again each time: what it keeps may name the visitor.
    """
    body = await response.get_data(as_text=False)
    response.set_etag(hashlib.blake2b(body, digest_size=12).hexdigest())
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, Accept-Language, HX-Request, HX-Request-Type"
    return await response.make_conditional(request)
