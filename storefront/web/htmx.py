"""What htmx tells of a request, and how a response steers it."""

from quart import Response, request


def wants_fragment() -> bool:
    """Whether htmx asks for the part that changed, and not for a whole page."""
    return is_for_fragment(
        request.headers.get("HX-Request"), request.headers.get("HX-Request-Type")
    )


def is_for_fragment(hx_request: str | None, hx_request_type: str | None) -> bool:
    """What the two headers ask for. Only htmx 4 names the type; who leaves it out means a part."""
    return hx_request == "true" and hx_request_type != "full"


def see_other(path: str) -> Response:
    """303: after a form, or to where one has to go first. Fetch follows it and keeps HX headers."""
    return Response("", 303, {"Location": path})


def leave_for(path: str) -> Response:
    """Bring the whole page to ``path``, also when htmx asked for a fragment only."""
    if request.headers.get("HX-Request") == "true":
        return Response("", 200, {"HX-Redirect": path})
    return see_other(path)
