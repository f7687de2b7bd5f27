"""The ways to narrow a list, with how many products each would leave.

What a facet itself selects does not count for it: under "size M" the sizes tell what each of
them would give, while all other facets count only what comes in M.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tantivy import Query

from storefront.catalogue.documents import choice, options_in_range
from storefront.catalogue.filters import matching, with_option, without
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.model import Facet, FacetValue, ListQuery
from storefront.catalogue.search import Search
from storefront.catalogue.words import sorting_key
from storefront.localisation import gettext as _
from storefront.localisation import option_label, speaking
from storefront.money import format_money

MOST_CATEGORIES = 1_000
MOST_OPTIONS = 8
MOST_VALUES = 30
_MOST_TOKENS = 1_000
_MOST_CHOICES = 5_000
_MOST_BANDS = 6
_HIGHEST = 2**62
_SIZES = ("XXS", "XS", "S", "M", "L", "XL", "XXL", "2XL", "3XL", "4XL", "5XL")


@dataclass(frozen=True, slots=True)
class Summary:
    """How much a list holds in all, and how it could be narrowed."""

    total: int
    facets: tuple[Facet, ...]


def summarise(
    index: ProductIndex, query: ListQuery, found: Search | None, language: str
) -> Summary:
    """The same for every page and order of a list; labelled in ``language``."""
    key = ("summary", replace(query, sort=None, after=None, limit=1), language)
    known: Summary | None = index.answers.get(key)
    if known is None:
        with speaking(language):
            counting = _Counting(index, query, found, language)
            facets = tuple(facet for facet in counting.facets() if facet.values)
        known = Summary(counting.total, facets)
        index.answers.put(key, known)
    return known


def count_categories(index: ProductIndex) -> dict[str, int]:
    """How many products each category has; every page asks for this."""
    known: dict[str, int] | None = index.answers.get("categories")
    if known is None:
        terms = index.searcher.aggregate(Query.all_query(), {"category": _CATEGORY_TERMS})
        known = _by_key(terms["category"])
        index.answers.put("categories", known)
    return known


def price_steps(index: ProductIndex) -> list[int]:
    """Round prices, in minor units, between the shop's lowest and highest."""
    known: list[int] | None = index.answers.get("price steps")
    if known is None:
        known = _steps_between(*_price_limits(index))
        index.answers.put("price steps", known)
    return known


def _price_limits(index: ProductIndex) -> tuple[int, int]:
    wanted = {"low": {"min": {"field": "price"}}, "high": {"max": {"field": "price"}}}
    limits = index.searcher.aggregate(Query.all_query(), wanted)
    return int(limits["low"]["value"] or 0), int(limits["high"]["value"] or 0)


def _steps_between(low: int, high: int) -> list[int]:
    """As finely spaced as leaves a handful: 10, 15, 20, 30 … or 1, 10, 100 …"""
    steps: list[int] = []
    for mantissas in ((100, 150, 200, 300, 500, 750), (100, 200, 500), (100, 500), (100,)):
        steps = [
            mantissa * 10**power
            for power in range(7)
            for mantissa in mantissas
            if low < mantissa * 10**power <= high
        ]
        if len(steps) < _MOST_BANDS:
            break
    return steps


class _Counting:
    """Counts for one list; what looks at the same products shares one pass over them."""

    def __init__(
        self, index: ProductIndex, query: ListQuery, found: Search | None, language: str
    ) -> None:
        self._index = index
        self._query = query
        self._found = found
        self._language = language
        steps = price_steps(index)
        highest = [*(step - 1 for step in steps), _HIGHEST]
        self._bands = list(zip([0, *steps], highest, strict=True)) if steps else []
        self._counted = self._pass_over_products()
        self.total = int(self._counted["total"]["value"])

    def facets(self) -> Iterable[Facet]:
        yield self._categories()
        yield self._prices()
        yield from self._options()
        yield self._stock()

    def _pass_over_products(self) -> dict[str, Any]:
        """The aggregations of all facets, each over the products that it counts."""
        ranges = [{"from": low, "to": high + 1} for low, high in self._bands]
        query = self._query
        plan = [
            ("total", query, {"value_count": {"field": "price"}}),
            ("option", query, _option_terms(query)),
            ("category", without(query, "category"), _CATEGORY_TERMS),
        ]
        if ranges:
            prices = {"range": {"field": "price", "ranges": ranges}}
            plan.append(("price", without(query, "price"), prices))
        passes: dict[ListQuery, dict[str, Any]] = {}
        for name, counted, aggregation in plan:
            passes.setdefault(counted, {})[name] = aggregation
        answers: dict[str, Any] = {}
        for counted, aggregations in passes.items():
            answers |= self._aggregate(counted, aggregations)
        return answers

    def _aggregate(self, query: ListQuery, wanted: dict[str, Any]) -> dict[str, Any]:
        return self._index.searcher.aggregate(matching(self._index, query, self._found), wanted)

    def _count(self, query: ListQuery) -> int:
        return self._index.count(matching(self._index, query, self._found))

    def _categories(self) -> Facet:
        counts = _by_key(self._counted["category"])
        chosen = self._query.category
        if chosen:
            counts.setdefault(chosen, 0)
        values = [
            FacetValue(
                category, self._index.label(category, self._language), count, category == chosen
            )
            for category, count in counts.items()
        ]
        values.sort(key=lambda each: sorting_key(each.label, self._language))
        return Facet("category", _("Category"), tuple(values))

    def _prices(self) -> Facet:
        buckets = self._counted["price"]["buckets"] if self._bands else []
        counts = {int(each.get("from", 0)): each["doc_count"] for each in buckets}
        values = []
        for low, high in self._bands:
            ends = (low or None, None if high == _HIGHEST else high)
            selected = ends == (self._query.min_price or None, self._query.max_price)
            if counts.get(low) or selected:
                value = "-".join("" if end is None else str(end) for end in ends)
                label = self._band_label(*ends)
                values.append(FacetValue(value, label, counts.get(low, 0), selected))
        return Facet("price", _("Price"), tuple(values))

    def _band_label(self, low: int | None, high: int | None) -> str:
        currency, language = self._index.currency, self._language
        if low is None and high is not None:
            return _("Under %(price)s") % {"price": format_money(high + 1, currency, language)}
        least = format_money(low or 0, currency, language)
        if high is None:
            return _("%(price)s and more") % {"price": least}
        most = format_money(high + 1, currency, language)
        return _("%(least)s to %(most)s") % {"least": least, "most": most}

    def _stock(self) -> Facet:
        selected = self._query.in_stock
        count = self.total if selected else self._count(replace(self._query, in_stock=True))
        value = FacetValue("true", _("In stock"), count, selected)
        return Facet("in_stock", _("Availability"), (value,) if count or selected else ())

    def _options(self) -> Iterable[Facet]:
        chosen = dict(self._query.options)
        counted = self._by_option(self._query, self._counted["option"])
        common = sorted(counted, key=lambda name: (-sum(counted[name].values()), name))
        names = [*chosen, *(name for name in common if name not in chosen)][:MOST_OPTIONS]
        for name in sorted(names):
            selected = chosen.get(name, ())
            counts = dict.fromkeys(selected, 0) | self._values_of(name, counted)
            shown = {*_most_common(counts), *selected}
            values = tuple(
                FacetValue(value, option_label(value), counts[value], value in selected)
                for value in sorted(shown, key=_by_size)
            )
            yield Facet(f"option.{name}", option_label(name), values)

    def _values_of(self, name: str, counted: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
        """How many products each value of the option would leave."""
        others = without(self._query, f"option.{name}")
        if not self._query.options:
            return dict(counted.get(name, {}))
        terms = self._aggregate(others, {"option": _option_terms(others)})
        counts = self._by_option(others, terms["option"]).get(name, {})
        if not others.options:
            return counts
        # One variant must have the other options too, which no sum of single ones tells.
        common = _most_common(counts)
        exact = self._joint_counts(others, name, common)
        if exact is None:
            exact = {value: self._count(with_option(others, name, value)) for value in common}
        return {value: count for value, count in exact.items() if count}

    def _joint_counts(
        self, others: ListQuery, name: str, values: Iterable[str]
    ) -> dict[str, int] | None:
        """All counts by one pass, where one value is chosen of each other option; else None."""
        if any(len(chosen) > 1 for _name, chosen in others.options):
            return None
        field = "choice_in_stock" if others.in_stock else "choice"
        wanted = {"choice": {"terms": {"field": field, "size": _MOST_CHOICES}}}
        terms = self._aggregate(others, wanted)["choice"]
        if terms["sum_other_doc_count"]:
            return None
        counts = _by_key(terms)
        fixed = [(option, chosen[0]) for option, chosen in others.options]
        return {value: counts.get(choice([*fixed, (name, value)]), 0) for value in values}

    def _by_option(self, query: ListQuery, terms: Mapping[str, Any]) -> dict[str, dict[str, int]]:
        """For each option its values, with the number of products that have them."""
        if query.in_stock:
            counts = _by_key(terms)
        elif terms["sum_other_doc_count"]:
            # Too many kinds of products to count them kind by kind.
            counts = _by_key(self._aggregate(query, {"option": _EACH_OPTION})["option"])
        else:
            counts = {}
            for key, count in _by_key(terms).items():
                for token in options_in_range(key):
                    counts[token] = counts.get(token, 0) + count
        options: dict[str, dict[str, int]] = {}
        for token, count in counts.items():
            name, _equals, value = token.partition("=")
            options.setdefault(name, {})[value] = count
        return options


_EACH_OPTION = {"terms": {"field": "option", "size": _MOST_TOKENS}}
_CATEGORY_TERMS = {"terms": {"field": "category", "size": MOST_CATEGORIES}}


def _option_terms(query: ListQuery) -> dict[str, Any]:
    field = "option_in_stock" if query.in_stock else "range"
    return {"terms": {"field": field, "size": _MOST_TOKENS}}


def _by_key(terms: Mapping[str, Any]) -> dict[str, int]:
    return {each["key"]: each["doc_count"] for each in terms["buckets"]}


def _most_common(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda value: (-counts[value], value))[:MOST_VALUES]


def _by_size(value: str) -> tuple[int, float, str]:
    """Clothing sizes from small to large, then what begins with a number, then the rest."""
    if value.upper() in _SIZES:
        return 0, _SIZES.index(value.upper()), value
    number = re.match(r"\d+(\.\d+)?", value)
    return (1, float(number[0]), value) if number else (2, 0, value)
