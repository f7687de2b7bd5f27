"""Whether the process is alive, and whether it can do its work."""

import asyncio

from quart import Blueprint, Response, jsonify

from storefront.database import PyMongoError
from storefront.web.cookies import current_shop

blueprint = Blueprint("health", __name__)

# Less than load balancers wait, so that a database that hangs is told of by an answer.
LONGEST_PING_SECONDS = 1.5


@blueprint.get("/health/live")
async def live() -> Response:
    """The process answers: that is all it takes to be alive."""
    return jsonify({"status": "live"})


@blueprint.get("/health/ready")
async def ready() -> Response:
    """Ready when the database answers and the change feed runs; 503 otherwise."""
    shop = current_shop()
    try:
        async with asyncio.timeout(LONGEST_PING_SECONDS):
            await shop.database.ping()
    except (PyMongoError, TimeoutError):
        checks = {"database": False, "changes": False}
    else:
        checks = {"database": True, "changes": shop.changes.is_live}
    response = jsonify({"status": "ready" if all(checks.values()) else "not ready", **checks})
    response.status_code = 200 if all(checks.values()) else 503
    return response
