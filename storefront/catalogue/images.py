"""Pictures of products, for browsers and caches."""

from typing import Any

from quart import Blueprint, Response, request

from storefront.catalogue import photos
from storefront.catalogue.photos import SVG, Photo
from storefront.database import object_id
from storefront.errors import NotFoundError
from storefront.web.cookies import current_shop

blueprint = Blueprint("images", __name__)

# A drawing is a document: opened by itself, it must not run or load anything.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
KEPT_SECONDS = 24 * 3600


@blueprint.get("/images/<product_id>")
async def picture(product_id: str) -> Any:
    """The picture of a product, or with ``sku`` of one variant. Drawings fit every width."""
    photo = None
    if object_id(product_id):
        sku = request.args.get("sku") or None
        photo = await photos.find_photo(current_shop(), product_id, sku)
    if photo is None:
        raise NotFoundError
    return await _response(photo).make_conditional(request)


def _response(photo: Photo) -> Response:
    compressed = photo.compressed if request.accept_encodings["br"] else None
    response = Response(compressed or photo.content, content_type=photo.content_type)
    # Each coding is a representation of its own, so it has an ETag of its own.
    response.set_etag(f"{photo.digest}-br" if compressed else photo.digest)
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    response.headers["Vary"] = "Accept-Encoding"
    if compressed:
        response.headers["Content-Encoding"] = "br"
    if photo.content_type == SVG:
        response.headers["Content-Security-Policy"] = SVG_POLICY
    return response
