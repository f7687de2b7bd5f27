"""The ways to narrow a list, with how many products each would leave.

What a facet itself selects does not count for it: under "size M" the sizes tell what each of
them would give, while all other facets count only what comes in M.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from storefront.catalogue import bits
from storefront.catalogue.filters import Filters
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.model import Facet, FacetValue
from storefront.catalogue.words import sorting_key
from storefront.localisation import gettext as _
from storefront.localisation import option_label, speaking
from storefront.money import format_money

MOST_OPTIONS = 8
MOST_VALUES = 30
MOST_REMEMBERED = 2_000
_MOST_BANDS = 6
_SIZES = ("XXS", "XS", "S", "M", "L", "XL", "XXL", "2XL", "3XL", "4XL", "5XL")


@dataclass(frozen=True, slots=True)
class Summary:
    """How much a list holds in all, and how it could be narrowed."""

    total: int
    facets: tuple[Facet, ...]


def summarise(narrowed: Filters, language: str) -> Summary:
    """The same for every page and order of a list; labelled in ``language``."""
    index = narrowed.index
    key = ("summary", narrowed.query.narrowing, language)
    known: Summary | None = index.answers.get(key)
    if known is None:
        with speaking(language):
            counting = _Counting(narrowed, language)
            facets = tuple(facet for facet in counting.facets() if facet.values)
        known = Summary(counting.total, facets)
        index.answers.put(key, known)
    return known


def count_categories(index: ProductIndex) -> dict[str, int]:
    """How many products each category has; every page asks for this."""
    known: dict[str, int] | None = index.answers.get("categories")
    if known is None:
        known = _counts(index.shelves.sets("category"), index.shelves.everything)
        index.answers.put("categories", known)
    return known


def price_steps(index: ProductIndex) -> list[int]:
    """Round prices, in minor units, between the shop's lowest and highest."""
    return [band.low for band in _price_bands(index) if band.low]


@dataclass(frozen=True, slots=True)
class _Band:
    """The products whose price is ``low`` or more, and below the next band."""

    low: int
    high: int | None
    products: int


def _price_bands(index: ProductIndex) -> list[_Band]:
    known: list[_Band] | None = index.answers.get("price bands")
    if known is None:
        ranking = index.shelves.ranking("price")
        low, high = [index.read(slot).unit_price for slot in ranking.ends or ()] or (0, 0)
        known = list(_bands_between(index, _steps_between(low, high)))
        index.answers.put("price bands", known)
    return known


def _bands_between(index: ProductIndex, steps: Sequence[int]) -> Iterator[_Band]:
    prices, rest = index.shelves.sets("price"), index.shelves.everything
    for low, following in pairwise([0, *steps]):
        dearer = bits.at_least(prices, following, rest)
        yield _Band(low, following - 1, bits.without(rest, dearer))
        rest = dearer
    if steps:
        yield _Band(steps[-1], None, rest)


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
    """Counts for one list."""

    def __init__(self, narrowed: Filters, language: str) -> None:
        self._index = narrowed.index
        self._query = narrowed.query
        self._filters = narrowed
        self._language = language
        self.total = self._filters.left().bit_count()

    def facets(self) -> Iterable[Facet]:
        yield self._categories()
        yield self._prices()
        yield from self._options()
        yield self._stock()

    def _categories(self) -> Facet:
        chosen = self._query.category
        counts = _counts(self._index.shelves.sets("category"), self._filters.left(but="category"))
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
        among = self._filters.left(but="price")
        chosen = (self._query.min_price or None, self._query.max_price)
        values = []
        for band in _price_bands(self._index):
            count = (band.products & among).bit_count()
            ends = (band.low or None, band.high)
            if count or ends == chosen:
                value = "-".join("" if end is None else str(end) for end in ends)
                values.append(
                    FacetValue(
                        value,
                        _band_label(*ends, self._index.currency, self._language),
                        count,
                        ends == chosen,
                    )
                )
        return Facet("price", _("Price"), tuple(values))

    def _stock(self) -> Facet:
        selected = self._query.in_stock
        on_shelf = self._filters.variants(self._query.options, in_stock=True)
        count = (self._filters.without_variants() & on_shelf).bit_count()
        value = FacetValue("true", _("In stock"), count, selected)
        return Facet("in_stock", _("Availability"), (value,) if count or selected else ())

    def _options(self) -> Iterable[Facet]:
        chosen = dict(self._query.options)
        counted = {name: self._count_values(name) for name in self._option_values()}
        common = sorted(counted, key=lambda name: (-sum(counted[name].values()), name))
        names = [*chosen, *(name for name in common if name not in chosen)][:MOST_OPTIONS]
        for name in sorted(names):
            selected = chosen.get(name, ())
            counts = dict.fromkeys(selected, 0) | counted.get(name, {})
            shown = {*_most_common(counts), *selected}
            values = tuple(
                FacetValue(value, label, counts[value], value in selected)
                for _place, label, value in sorted(_placed(each, self._language) for each in shown)
            )
            yield Facet(f"option.{name}", option_label(name), values)

    def _option_values(self) -> dict[str, list[str]]:
        """All options of the shop with their values."""
        known: dict[str, list[str]] | None = self._index.answers.get("options")
        if known is None:
            known = {}
            for pairs in self._index.shelves.sets("option"):
                if len(pairs) == 1:
                    known.setdefault(pairs[0][0], []).append(pairs[0][1])
            self._index.answers.put("options", known)
        return known

    def _count_values(self, name: str) -> dict[str, int]:
        """How many products each value of the option would leave, where it leaves any."""
        others = tuple(pair for pair in self._query.options if pair[0] != name)
        among = self._filters.without_variants()
        counts = {}
        having = self._filters.variants_by_value(name, others, in_stock=self._query.in_stock)
        for value in self._option_values()[name]:
            if left := among & having(value):
                counts[value] = left.bit_count()
        return counts


@lru_cache(MOST_REMEMBERED)
def _band_label(low: int | None, high: int | None, currency: str, language: str) -> str:
    """What a band of prices is called, ``language`` being spoken."""
    if low is None and high is not None:
        return _("Under %(price)s") % {"price": format_money(high + 1, currency, language)}
    least = format_money(low or 0, currency, language)
    if high is None:
        return _("%(price)s and more") % {"price": least}
    most = format_money(high, currency, language)
    return _("%(least)s to %(most)s") % {"least": least, "most": most}


@lru_cache(MOST_REMEMBERED)
def _placed(value: str, language: str) -> tuple[tuple[int, float, str], str, str]:
    """A value with its label, ``language`` being spoken, in a tuple that sorts by its place.

    Sizes go from small to large, then comes what begins with a number, then the rest by label.
    """
    label = option_label(value)
    if value.upper() in _SIZES:
        return (0, _SIZES.index(value.upper()), value), label, value
    number = re.match(r"\d+(\.\d+)?", value)
    if number:
        return (1, float(number[0]), value), label, value
    return (2, 0, sorting_key(label, language)), label, value


def _counts(sets: Mapping[Any, int], among: int) -> dict[Any, int]:
    return {key: left.bit_count() for key, each in sets.items() if (left := each & among)}


def _most_common(counts: Mapping[str, int]) -> list[str]:
    if len(counts) <= MOST_VALUES:
        return list(counts)
    return sorted(counts, key=lambda value: (-counts[value], value))[:MOST_VALUES]
