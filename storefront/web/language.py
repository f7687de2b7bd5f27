"""Which language (and theme) a request is answered in.

``?lang=``, else the choice kept in a cookie, else the account's, else Accept-Language, else the
shop's first locale.
"""

from urllib.parse import parse_qsl, urlencode

from quart import Response, g, request

from storefront.localisation import speak
from storefront.web import cookies
from storefront.web.identity import current_identity

COOKIE = "preferences"
THEMES = ("light", "dark")


async def choose_language() -> None:
    """Before each request, once it is known who asks."""
    locales = cookies.current_shop().settings.shop.locales
    identity = current_identity()
    preferred = (
        request.args.get("lang"),
        preferences().get("language"),
        identity.language if identity else None,
        request.accept_languages.best_match(locales),
    )
    speak(next((code for code in preferred if code in locales), locales[0]))


def preferences() -> dict[str, str]:
    """What the visitor chose on this device: ``language`` and ``theme``, each if chosen."""
    kept: dict[str, str] | None = g.get("preferences")
    if kept is None:
        kept = g.preferences = dict(parse_qsl(request.cookies.get(COOKIE, "")))
    return kept


def chosen_theme() -> str | None:
    """light or dark; None leaves it to the visitor's system."""
    identity = current_identity()
    theme = preferences().get("theme") or (identity.theme if identity else None)
    return theme if theme in THEMES else None


def keep_preferences(response: Response, changes: dict[str, str]) -> None:
    """Remember ``changes`` on this device; a theme of ``auto`` forgets the choice."""
    kept = {key: value for key, value in (preferences() | changes).items() if value != "auto"}
    cookies.write(response, COOKIE, urlencode(kept))
