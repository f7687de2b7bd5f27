"""Pages and fragments from templates.

The environment is synchronous: Quart's own is asynchronous and renders a list at half the
speed. Templates get explicit variables; what every page shows of its visitor is ``page``.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Protocol
from urllib.parse import urlencode

from jinja2 import (
    ChoiceLoader,
    DictLoader,
    Environment,
    FileSystemLoader,
    FunctionLoader,
    StrictUndefined,
    pass_eval_context,
)
from jinja2.nodes import EvalContext
from markupsafe import Markup
from quart import Response, request

from storefront import localisation, resources
from storefront.money import format_money
from storefront.shop import Shop
from storefront.web import htmx
from storefront.web.assets import Assets
from storefront.web.cookies import current_shop
from storefront.web.identity import Identity, current_identity
from storefront.web.language import chosen_theme
from storefront.web.notices import take_notices
from storefront.web.prepared import PreparedTemplates
from storefront.web.sharing import (
    HTML_HEADERS,
    Piece,
    Shape,
    SharedResponse,
    SharedText,
    Visitor,
    standing_of,
)

VISITOR_PARTIALS = "partials/visitor/"
MOST_VISITORS = 2_000
MOST_TEXTS = 4_000


class CategoryLink(Protocol):
    """A category as every page links to it."""

    @property
    def category(self) -> str: ...

    @property
    def label(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PageParts:
    """What slices above this one put on every page; the application hands it over."""

    cart_count: Callable[[Shop], Awaitable[int]]
    unread_count: Callable[[Shop], Awaitable[int]]
    categories: Callable[[Shop], Sequence[CategoryLink]]


class Standing(Protocol):
    """What the frame of a page may know of who is signed in."""

    @property
    def is_staff(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page shows besides its own matter, without what is its visitor's own."""

    identity: Standing | None
    language: str
    languages: Sequence[tuple[str, str]]
    theme: str | None
    path: str
    shop_name: str
    notices: Sequence[tuple[str, str]]
    canonical_url: str
    alternates: Sequence[tuple[str, str]]
    categories: Sequence[CategoryLink]
    is_development: bool


@dataclass(frozen=True, slots=True)
class Page(Frame):
    """What every page shows besides its own matter."""

    identity: Identity | None
    cart_count: int
    unread_count: int

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.identity, self.cart_count, self.unread_count)


class Templates:
    """The shop's templates with the words and formats that they use."""

    def __init__(self, shop: Shop, assets: Assets) -> None:
        currency = shop.settings.shop.currency
        self.environment = Environment(
            loader=FileSystemLoader(resources.TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=shop.settings.is_development,
            extensions=["jinja2.ext.i18n"],
        )
        self.environment.install_gettext_callables(  # type: ignore[attr-defined]  # from the extension
            localisation.gettext, localisation.ngettext, newstyle=True
        )
        self.environment.globals |= {
            "_": translated,
            "gettext": translated,
            "asset": assets.url,
            "countries": lambda: localisation.countries(localisation.language()),
            "country_name": localisation.country_name,
            "format_date": localisation.format_date,
            "format_datetime": localisation.format_datetime,
            "format_number": localisation.format_number,
            "money": lambda amount: format_money(amount, currency, localisation.language()),
            "option_label": localisation.option_label,
        }
        remember = not shop.settings.is_development
        self.prepared = PreparedTemplates(self.environment, remember=remember)
        frameless = DictLoader({"base.html": '{% extends "fragment.html" %}'})
        files = FileSystemLoader(resources.TEMPLATES)
        self._frameless = self.environment.overlay(loader=ChoiceLoader([frameless, files]))
        gaps = FunctionLoader(self._gap)
        self._sharing = self.environment.overlay(loader=ChoiceLoader([gaps, files]))
        self._boundary = secrets.token_hex(16)  # No text of the shop can imitate it.
        self._written_parts = lru_cache(MOST_VISITORS if remember else 0)(self._write_parts)

    def render(self, template: str, **variables: Any) -> str:
        """The text of ``template`` in the language being spoken."""
        return self.environment.get_template(template).render(variables)

    def render_frameless(self, template: str, **variables: Any) -> str:
        """A page's own matter, without what `base.html` puts around it."""
        return self._frameless.get_template(template).render(variables)

    def render_shared(self, template: str, *, page: Page, **variables: Any) -> SharedText:
        """A page with gaps in place of all that `partials/visitor` tells of its visitor.

        A template that names the visitor elsewhere fails: to it there is nothing but a standing.
        """
        known = {each.name: getattr(page, each.name) for each in fields(Frame)}
        standing = page.identity and SimpleNamespace(is_staff=page.identity.is_staff)
        frame = Frame(**{**known, "identity": standing})
        text = self._sharing.get_template(template).render(variables, page=frame)
        pieces = text.split(self._boundary)
        return SharedText(
            tuple(Piece(piece.encode()) for piece in pieces[::2]),
            tuple(pieces[1::2]),
            Shape(standing_of(page.identity), page.language, page.theme),
        )

    def _gap(self, template: str) -> str | None:
        is_own = template.startswith(VISITOR_PARTIALS)
        return f"{self._boundary}{template}{self._boundary}" if is_own else None

    def complete(self, shared: SharedText, visitor: Visitor) -> Sequence[Piece]:
        """The page as ``visitor`` sees it."""
        return shared.with_parts(self._written_parts(shared.gaps, visitor, shared.shape.language))

    def _write_parts(self, gaps: Sequence[str], visitor: Visitor, language: str) -> Sequence[Piece]:
        with localisation.speaking(language):
            return [Piece(self.render(template, page=visitor).encode()) for template in gaps]


async def render(template: str, *, status: int = 200, **variables: Any) -> Response:
    """A page, for htmx its own matter alone; ``template`` is a file below ``templates/pages``."""
    templates = current_templates()
    write = templates.render_frameless if htmx.wants_fragment() else templates.render
    return html(write(f"pages/{template}", page=await page_of_visitor(), **variables), status)


async def render_shared(template: str, *, status: int = 200, **variables: Any) -> Response:
    """A whole page that is the same for everybody but for the visitor's own parts."""
    page, templates = await page_of_visitor(), current_templates()
    if page.notices:
        return html(templates.render(f"pages/{template}", page=page, **variables), status)
    shared = templates.render_shared(f"pages/{template}", page=page, **variables)
    return SharedResponse(templates.complete(shared, page.visitor), status, shared=shared)


def render_shared_fragment(template: str, *, status: int = 200, **variables: Any) -> Response:
    """As `render_fragment`, for a partial that tells nothing of its visitor."""
    text = current_templates().render(f"partials/{template}", **variables)
    return shared_html(text, status)


def shared_html(text: str, status: int = 200) -> Response:
    """A fragment that tells nothing of its visitor."""
    pieces = (Piece(text.encode()),)
    shape = Shape(standing_of(current_identity()), localisation.language(), chosen_theme())
    return SharedResponse(pieces, status, shared=SharedText(pieces, (), shape))


async def render_fragment(template: str, *, status: int = 200, **variables: Any) -> Response:
    """One partial alone, for htmx; ``template`` is a file below ``templates/partials``."""
    text = current_templates().render(
        f"partials/{template}", page=await page_of_visitor(), **variables
    )
    return html(text, status)


def html(text: str, status: int = 200) -> Response:
    """A personal page: it may be kept by nobody. Public ones are marked by `web.caching`."""
    return Response(text, status, HTML_HEADERS)


@pass_eval_context
def translated(context: EvalContext, message: str, /, **variables: Any) -> str:
    """What templates call for each of their texts, many times a page: most are remembered.

    What is put into a text is escaped in HTML, and as it is in the plain text of mails.
    """
    text: str = _translation(localisation.language(), message)
    if not context.autoescape:
        text = str(text)
    return text % variables if variables or "%" in message else text


@lru_cache(MOST_TEXTS)
def _translation(language: str, message: str) -> Markup:
    return Markup(localisation.catalogue(language).gettext(message))  # noqa: S704  (of the shop)


def current_templates() -> Templates:
    return current_shop().part(Templates)


async def page_of_visitor() -> Page:
    """What the visitor of this request sees around every page."""
    shop = current_shop()
    parts = shop.part(PageParts)
    locales = shop.settings.shop.locales
    return Page(
        identity=current_identity(),
        cart_count=await parts.cart_count(shop),
        unread_count=await parts.unread_count(shop),
        language=localisation.language(),
        languages=[(code, localisation.language_name(code)) for code in locales],
        theme=chosen_theme(),
        path=request.full_path.rstrip("?"),
        shop_name=shop.settings.shop.name,
        notices=take_notices(),
        canonical_url=shop.settings.public_url + request.path,
        alternates=[(code, _address(shop, lang=code)) for code in locales],
        categories=parts.categories(shop),
        is_development=shop.settings.is_development,
    )


def bare_page(shop: Shop, *, path: str, theme: str | None) -> Page:
    """A page's surroundings when nothing can be asked of the database, or of the request."""
    locales = shop.settings.shop.locales
    return Page(
        identity=None,
        cart_count=0,
        unread_count=0,
        language=localisation.language(),
        languages=[(code, localisation.language_name(code)) for code in locales],
        theme=theme,
        path="/products",
        shop_name=shop.settings.shop.name,
        notices=[],
        canonical_url=shop.settings.public_url + path,
        alternates=[],
        categories=[],
        is_development=shop.settings.is_development,
    )


def _address(shop: Shop, **changes: str) -> str:
    """This page's full address with other query parameters."""
    query = urlencode(request.args.to_dict() | changes)
    return f"{shop.settings.public_url}{request.path}?{query}"
