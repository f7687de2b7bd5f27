"""What pages and htmx show of lists and suggestions, by the address that asks for it.

Plain functions of an address and the language being spoken: handlers call them, and for guests the
layer before the framework does, too.
"""

from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from storefront.catalogue import queries, service
from storefront.catalogue.list_writing import ListWriter
from storefront.catalogue.model import Category, ListQuery
from storefront.catalogue.queries import ALL_PRODUCTS, Given, ListLinks
from storefront.database import object_id
from storefront.errors import ValidationError
from storefront.localisation import gettext as _
from storefront.localisation import language
from storefront.money import format_money
from storefront.shop import Shop
from storefront.web.public_pages import Fragment
from storefront.web.rendering import Templates

SUGGESTIONS = "/suggestions"
OF_A_CATEGORY = f"{ALL_PRODUCTS}/<name>"
RECENT = "recent"


@dataclass(frozen=True, slots=True)
class AskedList:
    """A list as an address asks for it; ``heading`` is what stands above it."""

    shop: Shop
    query: ListQuery
    links: ListLinks
    heading: str

    def text(self, *, is_fragment: bool) -> Markup:
        """The list, of what follows a page only the products.

        ValidationError if it should go on where no list of that order ends.
        """
        listing = service.list_products(self.shop, self.query, language())
        writer = ListWriter(self.shop, listing, self.links)
        is_continued = is_fragment and bool(self.query.after)
        # The same for every visitor; only what stands around it is not.
        return service.remembered(
            self.shop,
            (is_continued, self.links.path, self.query, language()),
            lambda: writer.cards() if is_continued else writer.results(self.heading),
        )

    def headers(self, *, is_fragment: bool) -> dict[str, str]:
        """What the answer tells htmx and crawlers."""
        headers = {}
        if is_fragment and not self.query.after:
            headers["HX-Push-Url"] = self.links.url()
        if self.query.is_filtered or self.query.sort:
            # Crawlers follow the links to products, but need not keep every combination of filters.
            headers["X-Robots-Tag"] = "noindex, follow"
        return headers


def read_list(shop: Shop, given: Given, category: Category | None = None) -> AskedList:
    """The list of ``category``, which the path names, or of everything, narrowed as ``given``."""
    query = queries.read_list_kindly(given, category.category if category else None)
    chosen = category
    if chosen is None and query.category:
        chosen = service.find_category(shop, query.category, language())
    label = chosen.label if chosen else _("Everything")
    path = f"{ALL_PRODUCTS}/{category.category}" if category else ALL_PRODUCTS
    currency = shop.settings.shop.currency
    money = partial(format_money, currency=currency, locale=language())
    heading = _("Results for “%(q)s”") % {"q": query.q} if query.q else label
    return AskedList(shop, query, ListLinks(query, path, label, money), heading)


def write_suggestions(shop: Shop, given: Given) -> str:
    """What to offer below the search field for what was typed so far."""
    q = " ".join(given.get("q", "").split())
    found = service.suggest(shop, q, language())
    return shop.part(Templates).render(
        "partials/catalogue/suggestions.html",
        q=q,
        products=found.products,
        categories=found.categories,
        highlight=service.highlighter(shop, q, language()),
    )


def write_fragment(shop: Shop, path: str, given: Given) -> Fragment | None:
    """What handlers would answer a guest's htmx; None where that is for them."""
    if path == SUGGESTIONS:
        return Fragment(SUGGESTIONS, write_suggestions(shop, given), {})
    if path == ALL_PRODUCTS:
        return _written(read_list(shop, given), ALL_PRODUCTS)
    slug = path.removeprefix(f"{ALL_PRODUCTS}/")
    if slug in {path, RECENT} or object_id(slug):
        return None
    category = service.find_category(shop, slug, language())
    return _written(read_list(shop, given, category), OF_A_CATEGORY) if category else None


def _written(asked: AskedList, route: str) -> Fragment | None:
    try:
        text = asked.text(is_fragment=True)
    except ValidationError:
        return None
    return Fragment(route, text, asked.headers(is_fragment=True))
