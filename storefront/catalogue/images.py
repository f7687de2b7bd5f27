"""Pictures of products, for browsers and caches."""

import re
from typing import Any

from quart import Blueprint, Response, request

from storefront.catalogue import photos
from storefront.catalogue.photos import SVG, Photo, Wish
from storefront.catalogue.renditions import CONTENT_TYPES
from storefront.database import object_id
from storefront.errors import NotFoundError
from storefront.web.cookies import YEAR_SECONDS, current_shop

blueprint = Blueprint("images", __name__)

# A drawing is a document: opened by itself, it must not run or load anything.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
FOR_GOOD = f"public, max-age={YEAR_SECONDS}, immutable"
FOR_NOW = "public, max-age=60"


@blueprint.get("/images/<product_id>")
async def picture(product_id: str) -> Any:
    """The picture of a product, or with ``sku`` of one variant.

    ``width`` gives the smallest that is at least as wide. The format is the best that ``Accept``
    names; JPEG for who names none. Drawings fit every width.
    """
    wish = _wish()
    photo = None
    if object_id(product_id):
        photo = await photos.find_photo(current_shop(), product_id, wish)
    if photo is None:
        raise NotFoundError
    response = _response(photo)
    response.headers["Cache-Control"] = FOR_GOOD if photo.version == wish.version else FOR_NOW
    return await response.make_conditional(request)


def _wish() -> Wish:
    width = request.args.get("width", "")
    return Wish(
        sku=request.args.get("sku") or None,
        version=request.args.get("v") or None,
        width=int(width) if re.fullmatch(r"[0-9]{1,6}", width) else None,
        content_types=[*_named_types(), "image/jpeg"],
    )


def _named_types() -> list[str]:
    """The formats that the browser names itself: who accepts ``*/*`` may not know the new ones."""
    qualities = {kind.lower(): quality for kind, quality in request.accept_mimetypes}
    named = [kind for kind in CONTENT_TYPES if qualities.get(kind, 0) > 0]
    return sorted(named, key=lambda kind: -qualities[kind])


def _response(photo: Photo) -> Response:
    compressed = photo.compressed if request.accept_encodings["br"] else None
    response = Response(compressed or photo.content, content_type=photo.content_type)
    # Each coding is a representation of its own, so it has an ETag of its own.
    response.set_etag(f"{photo.digest}-br" if compressed else photo.digest)
    response.headers["Vary"] = "Accept, Accept-Encoding"
    if compressed:
        response.headers["Content-Encoding"] = "br"
    if photo.content_type == SVG:
        response.headers["Content-Security-Policy"] = SVG_POLICY
    return response
