"""What a request's query string asks of a list, and links that ask for a little else."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote_plus

from werkzeug.datastructures import MultiDict

from storefront.catalogue.model import SORTS, ListQuery, Product
from storefront.catalogue.offers import photo_of
from storefront.catalogue.schemas import ListParameters
from storefront.errors import ValidationError
from storefront.localisation import gettext as _
from storefront.localisation import option_label
from storefront.web import forms

Given = MultiDict[str, str]
"""The parameters of a query string."""

ALL_PRODUCTS = "/products"
OPTION = "option."
_MOST_OPTIONS = 8
_MOST_VALUES = 20
# No name and no value of an option is so long: cut to it, they still match nothing.
_TOO_LONG = 61


def read_list(given: Given, category: str | None = None) -> ListQuery:
    """The list that a query string asks for; ValidationError for what makes no sense.

    ``category`` is the one that the path names, which goes first.
    """
    return _checked(given.to_dict(), given, category)


def read_list_kindly(given: Given, category: str | None = None) -> ListQuery:
    """As `read_list`, but what makes no sense is passed over."""
    fields = given.to_dict()
    while True:
        try:
            return _checked(fields, given, category)
        except ValidationError as error:
            for each in error.errors:
                del fields[each.field]


def _checked(fields: Mapping[str, str], given: Given, category: str | None) -> ListQuery:
    asked = forms.check_form(ListParameters, fields)
    limits = (asked.min_price, asked.max_price)
    if limits[0] is not None and limits[1] is not None and limits[0] > limits[1]:
        raise ValidationError.of("max_price", _("This is less than the lowest price."))
    return ListQuery(
        q=" ".join(asked.q.split()),
        category=category or asked.category,
        min_price=asked.min_price,
        max_price=asked.max_price,
        in_stock=asked.in_stock,
        options=tuple(sorted(_requested_options(given).items())),
        sort=asked.sort,
        after=asked.after,
        limit=asked.limit,
    )


def _requested_options(given: Given) -> dict[str, tuple[str, ...]]:
    chosen: dict[str, tuple[str, ...]] = {}
    for parameter, values in given.lists():
        name = parameter.removeprefix(OPTION)[:_TOO_LONG]
        wanted = tuple(dict.fromkeys(each[:_TOO_LONG] for each in values if each))[:_MOST_VALUES]
        if parameter.startswith(OPTION) and name and wanted and len(chosen) < _MOST_OPTIONS:
            chosen[name] = wanted
    return chosen


def chosen_options(fields: Mapping[str, str]) -> dict[str, str]:
    """One value per option, from fields such as ``option.size``."""
    return {
        name.removeprefix(OPTION): value
        for name, value in fields.items()
        if name.startswith(OPTION) and value
    }


@dataclass(frozen=True)
class ListLinks:
    """The query of a list as a page shows it, with addresses of lists near it."""

    query: ListQuery
    path: str
    category_label: str
    money: Callable[[int], str]

    @property
    def q(self) -> str:
        return self.query.q

    @property
    def min_price(self) -> int | None:
        return self.query.min_price

    @property
    def max_price(self) -> int | None:
        return self.query.max_price

    @property
    def names_category(self) -> bool:
        """Whether the category stands in the query string, and not in the path."""
        return self.query.category is not None and self.path == ALL_PRODUCTS

    def url(self, **changes: Any) -> str:
        """The list's address with ``changes`` to its parameters; None takes one out.

        A change starts at the first page, unless it names ``after``.
        """
        return self._address(self.path, changes)

    @property
    def unfiltered_url(self) -> str:
        """The same list, or search, without any filter."""
        return f"{self.path}?{_encoded('q', self.q)}" if self.q else self.path

    def category_url(self, category: str) -> str:
        """The same list of another category."""
        return self._address(f"{ALL_PRODUCTS}/{category}", {"category": None})

    def _address(self, path: str, changes: Mapping[str, Any]) -> str:
        changed = {name: _encoded(name, value) for name, value in changes.items()}
        query = "&".join(filter(None, {**self._encoded_query, **changed}.values()))
        return f"{path}?{query}" if query else path

    @cached_property
    def _encoded_query(self) -> Mapping[str, str]:
        """Every parameter as an address has it, made once for the many links of a page."""
        query = self.query
        parameters: dict[str, Any] = {
            "q": query.q or None,
            "category": query.category if self.names_category else None,
            "min_price": query.min_price,
            "max_price": query.max_price,
            "in_stock": "true" if query.in_stock else None,
            **{OPTION + name: list(values) for name, values in query.options},
            "sort": query.sort if query.order != query.usual_order else None,
        }
        return {name: _encoded(name, value) for name, value in parameters.items()}

    @cached_property
    def _wanted(self) -> Mapping[str, str]:
        """The options of which one value is chosen; of "red or blue" nobody knows which."""
        return {name: values[0] for name, values in self.query.options if len(values) == 1}

    def photo_of(self, product: Product) -> str | None:
        """The picture that the list shows of ``product``: in the colour that was chosen."""
        return photo_of(product, self._wanted) if self._wanted else product.photo

    def product_url(self, product: Product) -> str:
        """The product's page, on which is chosen what was chosen in the list."""
        chosen = [
            encoded
            for name, value, encoded in self._encoded_wanted
            if any(variant.options.get(name) == value for variant in product.variants)
        ]
        path = f"{ALL_PRODUCTS}/{product.id}"
        return f"{path}?{'&'.join(chosen)}" if chosen else path

    @cached_property
    def _encoded_wanted(self) -> list[tuple[str, str, str]]:
        """Name, value, and both as an address has them."""
        return [
            (name, value, _encoded(OPTION + name, value)) for name, value in self._wanted.items()
        ]

    @cached_property
    def chips(self) -> list[tuple[str, str]]:
        """Each filter in words, with the address of the list without it."""
        return list(self._chips())

    def _chips(self) -> Iterable[tuple[str, str]]:
        query = self.query
        if self.names_category:
            yield self.category_label, self.url(category=None)
        if query.min_price is not None or query.max_price is not None:
            yield self._price(), self.url(min_price=None, max_price=None)
        if query.in_stock:
            yield _("In stock"), self.url(in_stock=None)
        for name, values in query.options:
            for value in values:
                left = [each for each in values if each != value]
                label = f"{option_label(name)}: {option_label(value)}"
                yield label, self.url(**{OPTION + name: left})

    def _price(self) -> str:
        low, high = self.query.min_price, self.query.max_price
        if low is None and high is not None:
            return _("Up to %(price)s") % {"price": self.money(high)}
        if high is None and low is not None:
            return _("%(price)s and more") % {"price": self.money(low)}
        return f"{self.money(low or 0)} – {self.money(high or 0)}"  # noqa: RUF001  (a range)


def _encoded(name: str, value: Any) -> str:
    """The parameter as an address has it; empty for one that is not given."""
    if value in (None, "", []):
        return ""
    values = value if isinstance(value, list) else [value]
    return "&".join([_encoded_pair(name, str(each)) for each in values])


@lru_cache(500)
def _encoded_pair(name: str, value: str) -> str:
    return f"{quote_plus(name)}={quote_plus(value)}"


def sort_choices(query: ListQuery) -> Sequence[tuple[str, str, bool]]:
    """Value, label and whether it is the one in use; relevance only where something is sought."""
    labels = {
        "relevance": _("Best match"),
        "newest": _("Newest"),
        "price": _("Price, low to high"),
        "-price": _("Price, high to low"),
        "name": _("Name"),
    }
    offered = [value for value in labels if value in SORTS and (query.q or value != "relevance")]
    return [(value, labels[value], value == query.order) for value in offered]
