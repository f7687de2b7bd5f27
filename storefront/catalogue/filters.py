"""What narrows a list, as queries of the read model."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from itertools import product as every_combination

from tantivy import FieldType, Occur, Query

from storefront.catalogue.documents import choice
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.model import ListQuery
from storefront.catalogue.search import Search

_MOST_COMBINATIONS = 400


def without(query: ListQuery, facet: str) -> ListQuery:
    """``query`` but for what ``facet`` selects."""
    if facet == "category":
        return replace(query, category=None)
    if facet == "price":
        return replace(query, min_price=None, max_price=None)
    name = facet.removeprefix("option.")
    return replace(query, options=tuple(pair for pair in query.options if pair[0] != name))


def with_option(query: ListQuery, name: str, value: str) -> ListQuery:
    """``query`` with ``value`` as the only one chosen of the option."""
    chosen = (*without(query, f"option.{name}").options, (name, (value,)))
    return replace(query, options=tuple(sorted(chosen)))


def matching(index: ProductIndex, query: ListQuery, search: Search | None) -> Query:
    """Everything that ``query`` lets through, in no order."""
    schema = index.schema
    parts = [search.everything] if search else []
    if query.category is not None:
        parts.append(Query.term_query(schema, "category", query.category, "basic"))
    if query.min_price is not None or query.max_price is not None:
        parts.append(
            Query.range_query(schema, "price", FieldType.Unsigned, query.min_price, query.max_price)
        )
    if query.most_stock is not None:
        low = Query.range_query(schema, "least_stock", FieldType.Unsigned, None, query.most_stock)
        parts.append(low)
    if query.options:
        parts.append(_same_variant(index, query))
    elif query.in_stock:
        parts.append(Query.term_query(schema, "in_stock", 1, "basic"))
    return all_of(parts)


def _same_variant(index: ProductIndex, query: ListQuery) -> Query:
    """One variant has a chosen value of each option, and lies on the shelf if that is asked."""
    field = "option" if len(query.options) == 1 else "choice"
    if query.in_stock:
        field = f"{field}_in_stock"
    values = [[(name, value) for value in chosen] for name, chosen in query.options]
    combinations = islice(every_combination(*values), _MOST_COMBINATIONS)
    tokens = [choice(pairs) for pairs in combinations]
    return Query.term_set_query(index.schema, field, tokens)


def all_of(queries: Sequence[Query]) -> Query:
    if not queries:
        return Query.all_query()
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def but_not(query: Query, others: Iterable[Query]) -> Query:
    excluded = [(Occur.MustNot, other) for other in others]
    return Query.boolean_query([(Occur.Must, query), *excluded]) if excluded else query
