"""The language of the person who asks: gettext, dates and names in it.

The language is set once per request (or per mail) and read by everything below it. English is
the language of the source, so its catalogue is the source itself; every other one is a file
``translations/<code>/LC_MESSAGES/messages.po``, read when the shop starts.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from gettext import NullTranslations
from io import BytesIO

from babel import Locale
from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, get_decimal_symbol
from babel.support import LazyProxy, Translations

from storefront import resources

Text = str | LazyProxy

_language: ContextVar[str] = ContextVar("language", default="en")


def language() -> str:
    """The code of the language that is being spoken now."""
    return _language.get()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak ``code`` inside the block."""
    token = _language.set(code)
    try:
        yield
    finally:
        _language.reset(token)


def speak(code: str) -> None:
    """Speak ``code`` for the rest of this request."""
    _language.set(code)


@cache
def catalogue(code: str) -> NullTranslations:
    """The translations into ``code``; none for the language of the source."""
    file = resources.TRANSLATIONS / code / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return Translations(compiled)


def gettext(message: str) -> str:
    return catalogue(language()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    return catalogue(language()).ngettext(singular, plural, number)


def option_label(word: str) -> str:
    """A product option's name or value in the visitor's language, as it is where none is known."""
    label = gettext(word) if word else ""
    return label[:1].upper() + label[1:]


def lazy(message: str) -> Text:
    """A text that is translated when it is read, for where the language is not known yet."""
    return LazyProxy(gettext, message, enable_cache=False)


def language_name(code: str) -> str:
    """What speakers of ``code`` call it: English, Español."""
    name = Locale.parse(code).get_display_name(code) or code
    return name[:1].upper() + name[1:]


def format_date(moment: datetime) -> str:
    """The day in full, in the order that `format_datetime` has, too."""
    code = language()
    return babel_date(moment, format="d MMMM y" if code == "en" else "long", locale=code)


def format_datetime(moment: datetime) -> str:
    """The moment in UTC, which it says."""
    text = babel_datetime(moment, format="d MMM y, HH:mm", locale=language())
    return f"{text} UTC"


def format_number(number: float) -> str:
    """``number`` as readers of the language write it: 5.5 is 5,5 in Spanish."""
    return str(format_decimal(number, locale=language()))


def as_typed(number: str) -> str:
    """``number`` as readers of the language type it: 19.99 is 19,99 in Spanish."""
    return number.replace(".", get_decimal_symbol(language()))


@cache
def countries(code: str) -> tuple[tuple[str, str], ...]:
    """All countries as (ISO 3166-1 alpha-2 code, name in ``code``), by name."""
    territories = Locale.parse(code).territories
    return tuple(
        sorted(
            ((key, name) for key, name in territories.items() if _is_country(key)),
            key=lambda pair: _without_accents(pair[1]),
        )
    )


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def country_name(code: str) -> str:
    return dict(countries(language())).get(code, code)


def _is_country(code: str) -> bool:
    """CLDR's territories also hold regions, unions and pseudo codes, which are no address."""
    return len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES  # noqa: PLR2004  (alpha-2)


# Exceptionally reserved, user-assigned and grouping codes: not in ISO 3166-1.
_NOT_COUNTRIES = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}
)
