"""The API's own description: OpenAPI 3.1 from the handlers, and a readable page of it."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, TypeVar

from quart import Blueprint, Quart, current_app
from quart_schema import QuartSchema, hide
from quart_schema.openapi import HttpSecurityScheme, Info, OpenAPIProvider, Tag
from werkzeug.routing import Rule

from storefront import __version__
from storefront.errors import PROBLEMS
from storefront.web import rendering

PREFIX = "/api/v1"
TAGS = {
    "catalogue": "Products, categories and search.",
    "cart": "What a guest or a customer is about to buy.",
    "orders": "Placing orders and what becomes of them.",
    "accounts": "Registration, sign-in, sessions and the own account.",
    "chat": "Questions and answers.",
    "staff": "What staff see and do.",
}

_TAKES_PICTURE = "storefront_takes_picture"
_MAY_LACK_BODY = "storefront_may_lack_body"
_LINKS = "storefront_links"
PICTURE_BODY = {
    "required": True,
    "content": {
        kind: {"schema": {"type": "string", "contentMediaType": kind}}
        for kind in ("image/jpeg", "image/png", "image/webp")
    },
}

blueprint = Blueprint("openapi", __name__)

Handler = TypeVar("Handler", bound=Callable[..., Any])


def document_picture(handler: Handler) -> Handler:
    """Tell in the description that the body of the request is a picture."""
    setattr(handler, _TAKES_PICTURE, True)
    return handler


def optional_body(handler: Handler) -> Handler:
    """Tell in the description that the request's body may be missing."""
    setattr(handler, _MAY_LACK_BODY, True)
    return handler


def leads_to(
    status: int, pointer: str, parameter: str, *operations: str
) -> Callable[[Handler], Handler]:
    """Of a handler: what stands at ``pointer`` of its answer is a ``parameter`` of others."""
    given = {parameter: f"$response.body#{pointer}"}
    links = {each: {"operationId": each, "parameters": given} for each in operations}

    def described(handler: Handler) -> Handler:
        setattr(handler, _LINKS, (status, links))
        return handler

    return described


class ApiDescription(OpenAPIProvider):
    """Describes what lies under the API's prefix, with the problems that any call can answer."""

    def generate_rules(self) -> Iterable[Rule]:
        return (rule for rule in super().generate_rules() if rule.rule.startswith(PREFIX))

    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        paths, components = super().build_paths(rule)
        handler = self._app.view_functions[rule.endpoint]
        takes_picture = getattr(handler, _TAKES_PICTURE, False)
        linked_status, links = getattr(handler, _LINKS, (0, {}))
        for operations in paths.values():
            for operation in operations.values():
                if not operation["responses"]:
                    operation["responses"]["204"] = {"description": "Done; there is no body."}
                if "requestBody" in operation:
                    operation["requestBody"]["required"] = not hasattr(handler, _MAY_LACK_BODY)
                for parameter in operation.get("parameters", ()):
                    if parameter["in"] == "query":
                        parameter["schema"] = _or_empty(parameter["schema"])
                if links:
                    operation["responses"][linked_status]["links"] = links
                if takes_picture:
                    operation["requestBody"] = PICTURE_BODY
        return paths, components

    def schema(self) -> dict[str, Any]:
        return self._described

    @cached_property
    def _described(self) -> dict[str, Any]:
        """Made once: it takes a tenth of a second of everybody's time."""
        described = super().schema()
        described["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
        problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for operations in described["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = {
                    "description": "A problem (RFC 9457)",
                    "content": problem,
                }
        return described


def _or_empty(schema: dict[str, Any]) -> dict[str, Any]:
    """What was left empty counts as not given: a form without scripts sends it, too."""
    limits: dict[str, Any] = {
        name: schema[name] for name in ("minimum", "maximum", "default") if name in schema
    }
    return {**limits, "anyOf": [schema, {"const": ""}]}


PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "error_id"],
    "properties": {
        "type": {"type": "string", "enum": [f"/problems/{name}" for name in PROBLEMS]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "error_id": {"type": "string", "description": "The answer's X-Request-ID."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "items": {"type": "array", "description": "With out-of-stock: the lines that are short."},
    },
}


def describe_api(app: Quart) -> None:
    """Serve the description of every handler under the prefix."""
    QuartSchema(
        app,
        openapi_path=f"{PREFIX}/openapi.json",
        swagger_ui_path=None,
        redoc_ui_path=None,
        scalar_ui_path=None,
        conversion_preference="pydantic",
        openapi_provider_class=ApiDescription,
        info=Info(
            title="Storefront",
            version=__version__,
            description="Everything that the shop's pages do, for scripts. Money is an integer of "
            "minor units, times are UTC.",
        ),
        tags=[Tag(name=name, description=text) for name, text in TAGS.items()],
        security_schemes={"bearer": HttpSecurityScheme(scheme="bearer", bearer_format="JWT")},
    )


@blueprint.get(f"{PREFIX}/docs")
@hide
async def docs() -> Any:
    """The description as a page."""
    provider = current_app.extensions["QUART_SCHEMA"].openapi_provider
    return await rendering.render("api/docs.html", openapi=provider.schema())
