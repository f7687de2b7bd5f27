"""Pages that belong to no slice: problems explained, preferences, the shop as an app."""

from typing import Any

from quart import Blueprint, Response

from storefront import localisation
from storefront.errors import PROBLEMS, NotFoundError
from storefront.web import forms, htmx, language, rendering
from storefront.web.cookies import current_shop
from storefront.web.links import own_path

blueprint = Blueprint("web", __name__)


@blueprint.get("/problems/<name>")
async def problem(name: str) -> Any:
    """What a problem of this type means and what to do about it."""
    kind = PROBLEMS.get(name)
    if kind is None:
        raise NotFoundError
    return await rendering.render(
        "errors/problem.html",
        name=name,
        http_status=kind.status,
        title=str(kind.title),
        explanation=str(kind.explanation),
    )


@blueprint.get("/manifest.webmanifest")
async def manifest() -> Any:
    """The shop's name, icons and colours for who puts it on their home screen."""
    text = rendering.current_templates().render(
        "manifest.json",
        shop_name=current_shop().settings.shop.name,
        language=localisation.language(),
    )
    return Response(
        text,
        content_type="application/manifest+json",
        headers={"Cache-Control": "private, max-age=3600", "Vary": "Accept-Language, Cookie"},
    )


@blueprint.post("/preferences")
async def keep_preferences() -> Any:
    """Remember language and theme on this device, then go back to where the visitor was."""
    typed = await forms.typed_form()
    response = htmx.leave_for(own_path(typed.get("next"), "/products"))
    language.keep_preferences(response, await chosen_preferences())
    return response


async def chosen_preferences() -> dict[str, str]:
    """What the submitted form chooses: ``language`` and ``theme``, each if it is one of ours."""
    typed = await forms.typed_form()
    chosen = {}
    if typed.get("language") in current_shop().settings.shop.locales:
        chosen["language"] = typed["language"]
    if typed.get("theme") in {*language.THEMES, "auto"}:
        chosen["theme"] = typed["theme"]
    return chosen
