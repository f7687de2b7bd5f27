"""A page of products: filtered, sorted, cut where the last one ended, with its facets."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from tantivy import DocAddress, Order, Query

from storefront.catalogue import cursors, documents, facets, search
from storefront.catalogue.cursors import Cursor
from storefront.catalogue.documents import ID_LENGTH, field, newest_key
from storefront.catalogue.filters import all_of, but_not, matching
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.model import ListQuery, Product, ProductPage
from storefront.catalogue.search import Search

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
    place = Cursor("newest", 0, newest_key(product)).encode()
    return replace(query, sort="newest", after=place)


def list_update_times(index: ProductIndex, *, first: int, most: int) -> list[tuple[str, datetime]]:
    """Ids of products, oldest product first, with when each was changed last."""
    searcher = index.searcher  # The same one throughout: this may run beside the event loop.
    hits = searcher.search(
        Query.all_query(),
        most,
        count=False,
        order_by_field="by_newest",
        offset=first,
        order=Order.Asc,
    ).hits
    times = searcher.fast_field_values("updated", [address for _, address in hits])
    return [
        (key[-ID_LENGTH:], documents.moment(int(time or 0)))
        for (key, _), time in zip(hits, times, strict=True)
    ]


def _list_products(index: ProductIndex, query: ListQuery, language: str) -> ProductPage:
    found = search.find_words(index, query.q, language) if query.q else None
    if query.q and found is None:
        return _NOTHING
    tiers = _tiers(query, found)
    start = cursors.decode(query.after, query.order, tiers=len(tiers)) if query.after else None
    everything = matching(index, query, found)
    hits = _Hits(index, query, language, everything)
    places = list(hits.from_place(tiers, start, query.limit + 1))
    shown = places[: query.limit]
    items = tuple(
        index.read(key[-ID_LENGTH:], address).in_language(language) for _, key, address in shown
    )
    summary = facets.summarise(index, query, found, language)
    has_more = len(places) > len(shown)
    return ProductPage(
        items=items,
        total=summary.total,
        next=Cursor(query.order, *shown[-1][:2]).encode() if has_more else None,
        facets=summary.facets,
    )


def _tiers(query: ListQuery, found: Search | None) -> tuple[Query, ...]:
    """The matches in the order of their rank; a single tier where another order is asked for."""
    if found and query.order == "relevance":
        return found.tiers
    return (Query.all_query(),)


class _Hits:
    """Walks through what matches in the order of the list."""

    def __init__(
        self, index: ProductIndex, query: ListQuery, language: str, everything: Query
    ) -> None:
        self._index = index
        self._everything = everything
        order = query.order
        self._is_ascending = order in {"price", "name"}
        by = {"price": "by_price", "-price": "by_price", "name": field("by_name", language)}
        self._field = by.get(order, "by_newest")

    def from_place(
        self, tiers: tuple[Query, ...], start: Cursor | None, most: int
    ) -> Iterator[tuple[int, str, DocAddress]]:
        """Tier, sorting key and address of up to ``most`` products that come after ``start``."""
        first = start.tier if start else 0
        for tier in range(first, len(tiers)):
            after = start.key if start and tier == first else None
            better = tiers[tier - 1 : tier] if tier else ()
            for key, address in self._of_tier(but_not(tiers[tier], better), after, most):
                yield tier, key, address
                most -= 1
            if not most:
                return

    def _of_tier(self, tier: Query, after: str | None, most: int) -> list[tuple[str, DocAddress]]:
        parts = [self._everything, tier]
        if after:
            bounds = f"{{{after} TO *}}" if self._is_ascending else f"{{* TO {after}}}"
            parts.append(self._index.parse(f"{self._field}:{bounds}"))
        hits: list[tuple[str, DocAddress]] = self._index.searcher.search(
            all_of(parts),
            most,
            count=False,
            order_by_field=self._field,
            order=Order.Asc if self._is_ascending else Order.Desc,
        ).hits
        return hits
