"""What narrows a list, as sets of products."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from itertools import product as every_combination
from operator import or_

from storefront.catalogue import bits
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.model import ListQuery
from storefront.catalogue.search import Search

Options = tuple[tuple[str, tuple[str, ...]], ...]

_MOST_COMBINATIONS = 400


@dataclass(frozen=True, slots=True)
class Filters:
    """The products that each part of a query lets through."""

    index: ProductIndex
    query: ListQuery
    rest: int
    category: int
    price: int

    def without_variants(self) -> int:
        """What all parts let through that look at a product as a whole."""
        return self.rest & self.category & self.price

    def left(self, *, but: str = "") -> int:
        """What all parts let through, but for the one of that name."""
        left = self.rest
        if but != "category":
            left &= self.category
        if but != "price":
            left &= self.price
        return left & self.variants(self.query.options, in_stock=self.query.in_stock)

    def variants(self, options: Options, *, in_stock: bool) -> int:
        """Products of which one variant has a chosen value of each option, on the shelf if asked.

        Without options it need not be one and the same.
        """
        shelves = self.index.shelves
        if not options:
            return shelves.having("in_stock", "") if in_stock else shelves.everything
        having = shelves.sets("option_in_stock" if in_stock else "option")
        if all(len(chosen) == 1 for _name, chosen in options):  # As it is most often.
            return having.get(tuple(sorted((name, chosen[0]) for name, chosen in options)), 0)
        values = [[(name, value) for value in chosen] for name, chosen in sorted(options)]
        combinations = islice(every_combination(*values), _MOST_COMBINATIONS)
        return reduce(or_, (having.get(pairs, 0) for pairs in combinations), 0)

    def variants_by_value(
        self, name: str, others: Options, *, in_stock: bool
    ) -> Callable[[str], int]:
        """As `variants` for ``others`` and one value of the option ``name``, which is asked for."""
        if any(len(chosen) > 1 for _name, chosen in others):
            return lambda value: self.variants((*others, (name, (value,))), in_stock=in_stock)
        having = self.index.shelves.sets("option_in_stock" if in_stock else "option")
        pairs = [(other, chosen[0]) for other, chosen in others]
        return lambda value: having.get(tuple(sorted([*pairs, (name, value)])), 0)


def filters(index: ProductIndex, query: ListQuery, search: Search | None) -> Filters:
    shelves = index.shelves
    everything = shelves.everything
    rest = everything & search.find(index) if search else everything
    prices, stocks = shelves.sets("price"), shelves.sets("least_stock")
    price = everything
    if query.min_price is not None:
        price = bits.at_least(prices, query.min_price, price)
    if query.max_price is not None:
        price = bits.without(price, bits.at_least(prices, query.max_price + 1, price))
    if query.most_stock is not None:
        rest = bits.without(rest, bits.at_least(stocks, query.most_stock + 1, rest))
    chosen = query.category
    category = everything if chosen is None else shelves.having("category", chosen)
    return Filters(index, query, rest, category, price)


def matching(index: ProductIndex, query: ListQuery, search: Search | None) -> int:
    """Everything that ``query`` lets through."""
    return filters(index, query, search).left()
