"""What htmx tells of a request, and how a response steers it."""

from quart import Response, request


def wants_fragment() -> bool:
    """Whether htmx asks for the part that changed, and not for a whole page."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-Request-Type") == "partial"
    )


def see_other(path: str) -> Response:
    """303: after a form, or to where one has to go first. Fetch follows it and keeps HX headers."""
    return Response("", 303, {"Location": path})


def leave_for(path: str) -> Response:
    """Bring the whole page to ``path``, also when htmx asked for a fragment only."""
    if request.headers.get("HX-Request") == "true":
        return Response("", 200, {"HX-Redirect": path})
    return see_other(path)
