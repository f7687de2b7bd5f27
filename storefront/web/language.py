"""Which language (and theme) a request is answered in.

``?lang=``, else the choice kept in a cookie, else the account's, else Accept-Language, else the
shop's first locale.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from quart import Response, g
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from storefront.localisation import speak
from storefront.web import cookies
from storefront.web.identity import current_identity
from storefront.web.source import source

COOKIE = "preferences"
THEMES = ("light", "dark")


async def choose_language() -> None:
    """Before each request and socket, once it is known who asks."""
    identity = current_identity()
    speak(
        negotiate(
            source().args.get("lang"),
            preferences().get("language"),
            identity.language if identity else None,
            source().headers.get("Accept-Language", ""),
            locales=tuple(cookies.current_shop().settings.shop.locales),
        )
    )


def negotiate(
    asked: str | None,
    kept: str | None,
    of_account: str | None,
    accepted: str,
    *,
    locales: Sequence[str],
) -> str:
    """The first of these wishes that the shop speaks; ``accepted`` is an Accept-Language header."""
    for wish in (asked, kept, of_account):
        if wish is not None and wish in locales:
            return wish
    return _best_of(accepted[:200], tuple(locales))


@lru_cache(maxsize=1024)
def _best_of(accepted: str, locales: tuple[str, ...]) -> str:
    return parse_accept_header(accepted, LanguageAccept).best_match(locales) or locales[0]


def preferences() -> dict[str, str]:
    """What the visitor chose on this device: ``language`` and ``theme``, each if chosen."""
    kept: dict[str, str] | None = g.get("preferences")
    if kept is None:
        kept = g.preferences = read_preferences(source().cookies.get(COOKIE, ""))
    return kept


def read_preferences(cookie: str) -> dict[str, str]:
    """The choices in the cookie's value; what is none of ours is passed over."""
    if not cookie:
        return {}
    kept = dict(parse_qsl(cookie[:200]))
    theme = kept.get("theme")
    return {
        **({"language": kept["language"]} if "language" in kept else {}),
        **({"theme": theme} if theme in THEMES else {}),
    }


def chosen_theme() -> str | None:
    """light or dark; None leaves it to the visitor's system."""
    identity = current_identity()
    return theme_of(preferences(), identity.theme if identity else None)


def theme_of(kept: Mapping[str, str], of_account: str | None) -> str | None:
    """The theme kept on the device, else the account's, else None."""
    theme = kept.get("theme") or of_account
    return theme if theme in THEMES else None


def keep_preferences(response: Response, changes: dict[str, str]) -> None:
    """Remember ``changes`` on this device; a theme of ``auto`` forgets the choice."""
    kept = {key: value for key, value in (preferences() | changes).items() if value != "auto"}
    cookies.write(response, COOKIE, urlencode(kept))
