"""A page of products: filtered, sorted, cut where the last one ended, with its facets."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from storefront.catalogue import bits, cursors, documents, facets, search
from storefront.catalogue.cursors import Cursor
from storefront.catalogue.documents import field, newest_key, price_bytes
from storefront.catalogue.filters import filters
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.model import ListQuery, Product, ProductPage
from storefront.catalogue.rankings import Ranking
from storefront.catalogue.search import TIERS, Search

_NOTHING = ProductPage((), 0, None)


def list_products(index: ProductIndex, query: ListQuery, language: str) -> ProductPage:
    """The page that ``query`` asks for; ValidationError if ``after`` is no place in its list."""
    key = ("page", query, language)
    known: ProductPage | None = index.answers.get(key)
    if known is None:
        known = _list_products(index, query, language)
        index.answers.put(key, known)
    return known


def just_after(query: ListQuery, product: Product) -> ListQuery:
    """``query``, newest first, from the place of ``product`` on."""
    place = Cursor("newest", 0, newest_key(product).hex()).encode()
    return replace(query, sort="newest", after=place)


def list_update_times(index: ProductIndex, *, first: int, most: int) -> list[tuple[str, datetime]]:
    """Ids of products, oldest product first, with when each was changed last."""
    shelves = index.shelves  # The same ones throughout: this may run beside the event loop.
    slots = shelves.ranking("newest").cut(first, most)
    times = [(shelves.id_of(slot), shelves.updated_in(slot)) for slot in slots]
    return [(product_id, documents.moment(time)) for product_id, time in times if product_id]


def _list_products(index: ProductIndex, query: ListQuery, language: str) -> ProductPage:
    found = search.find_words(index, query.q, language) if query.q else None
    if query.q and found is None:
        return _NOTHING
    ranking = _ranking(index, query.order, language)
    narrowed = filters(index, query, found)
    places = _places(index, query, found, ranking, narrowed.left())
    shown = places[: query.limit]
    summary = facets.summarise(narrowed, language)
    following = None
    if len(places) > len(shown):
        tier, slot = shown[-1]
        following = Cursor(query.order, tier, ranking.key(slot).hex()).encode()
    return ProductPage(
        items=tuple(index.read(slot).in_language(language) for _tier, slot in shown),
        total=summary.total,
        next=following,
        facets=summary.facets,
    )


def _ranking(index: ProductIndex, order: str, language: str) -> Ranking:
    by = {"price": "price", "-price": "price", "name": field("name", language)}
    return index.shelves.ranking(by.get(order, "newest"))


def _places(
    index: ProductIndex, query: ListQuery, found: Search | None, ranking: Ranking, among: int
) -> list[tuple[int, int]]:
    """Tier and slot of each product of the page, and of the one that follows it."""
    tiers = _tiers(index, query, found)
    start = cursors.decode(query.after, query.order, tiers=len(tiers)) if query.after else None
    first = start.tier if start else 0
    places: list[tuple[int, int]] = []
    for tier in range(first, len(tiers)):
        better = tiers[tier - 1]() if tier else 0
        slots = ranking.first(
            bits.without(among & tiers[tier](), better),
            query.limit + 1 - len(places),
            after=bytes.fromhex(start.key) if start and tier == first else _edge(query),
            from_end=query.order not in {"price", "name"},
        )
        places += [(tier, slot) for slot in slots]
        if len(places) > query.limit:
            break
    return places


def _tiers(
    index: ProductIndex, query: ListQuery, found: Search | None
) -> Sequence[Callable[[], int]]:
    """The matches in the order of their rank; a single tier where another order is asked for."""
    if found is None or query.order != "relevance":
        return [lambda: index.shelves.everything]
    return [partial(found.find, index, tier) for tier in range(TIERS)]


def _edge(query: ListQuery) -> bytes | None:
    """Where products begin that can match, in an order by price: the rest need not be walked."""
    if query.order == "price" and query.min_price is not None:
        return price_bytes(query.min_price)
    if query.order == "-price" and query.max_price is not None:
        return price_bytes(query.max_price + 1)
    return None
