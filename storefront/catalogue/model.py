"""What a product is. Prices are integer minor units of the shop's one currency; times are UTC."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

SORTS = ("newest", "price", "-price", "name", "relevance")
LONGEST_SLUG = 60
LONGEST_QUERY = 200
FEW_LEFT = 5

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")


def is_slug(text: str) -> bool:
    """Whether ``text`` may name a category: never what could be a product's id."""
    return (
        len(text) <= LONGEST_SLUG
        and _SLUG.fullmatch(text) is not None
        and _OBJECT_ID.fullmatch(text) is None
    )


def humanised(slug: str) -> str:
    """``t-shirts`` as a label until somebody gives a better one: ``T shirts``."""
    return slug.replace("-", " ").capitalize()


def image_link(product_id: str, sku: str | None, version: str | None) -> str:
    """Our own address of a picture: of the product, or with ``sku`` of one variant."""
    query = {name: value for name, value in (("sku", sku), ("v", version)) if value}
    return f"/images/{product_id}" + (f"?{urlencode(query)}" if query else "")


def image_version(link: str) -> str | None:
    """The version that one of our own addresses of pictures names."""
    return parse_qs(urlsplit(link).query).get("v", [None])[0]


def unversioned(link: str | None) -> str | None:
    """A photo's link as clients know it: one of our own always leads to the newest picture."""
    if link is None or not link.startswith("/images/"):
        return link
    parts = urlsplit(link)
    sku = parse_qs(parts.query).get("sku", [None])[0]
    return image_link(parts.path.removeprefix("/images/"), sku, None)


@dataclass(frozen=True, slots=True)
class Text:
    """A product's words in one language."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing on the shelf: what a cart line and an order item point at by its SKU."""

    sku: str
    options: Mapping[str, str]
    unit_price: int
    stock: int
    photo: str | None = None

    @property
    def in_stock(self) -> bool:
        return self.stock > 0


@dataclass(frozen=True, slots=True)
class Product:
    """A product with its variants; one without options has a single variant with empty options.

    ``name`` and ``description`` are in the shop's first locale until `in_language` is called.
    ``version`` grows by one with each change of the stored document, stock included.
    """

    id: str
    name: str
    description: str
    category: str
    variants: tuple[Variant, ...]
    photo: str | None
    created_at: datetime
    updated_at: datetime
    version: int = 1
    translations: Mapping[str, Text] = field(default_factory=dict)
    deleted_at: datetime | None = None

    @property
    def unit_price(self) -> int:
        """The lowest price among the variants."""
        return min(variant.unit_price for variant in self.variants)

    @property
    def highest_price(self) -> int:
        return max(variant.unit_price for variant in self.variants)

    @property
    def stock(self) -> int:
        """Pieces on the shelf, all variants together."""
        return sum(variant.stock for variant in self.variants)

    @property
    def in_stock(self) -> bool:
        return self.stock > 0

    @property
    def least_stock(self) -> int:
        """Pieces of the variant that has the fewest."""
        return min(variant.stock for variant in self.variants)

    @property
    def has_options(self) -> bool:
        return any(variant.options for variant in self.variants)

    def option_values(self) -> dict[str, list[str]]:
        """Each option's name with its values, in the order in which the variants bring them."""
        values: dict[str, list[str]] = {}
        for variant in self.variants:
            for name, value in variant.options.items():
                known = values.setdefault(name, [])
                if value not in known:
                    known.append(value)
        return values

    def variant(self, sku: str) -> Variant | None:
        return next((variant for variant in self.variants if variant.sku == sku), None)

    def variant_with(self, options: Mapping[str, str]) -> Variant | None:
        """The variant with exactly these options."""
        return next((each for each in self.variants if dict(each.options) == dict(options)), None)

    def in_language(self, language: str) -> "Product":
        """The same product with its texts in ``language``, where it has them."""
        text = self.translations.get(language)
        return replace(self, name=text.name, description=text.description) if text else self

    def with_stock_changed(self, changes: Mapping[str, int], *, at: datetime) -> "Product":
        """The same product one version on, after ``changes``: pieces by SKU, negative when sold."""
        variants = tuple(
            replace(each, stock=each.stock + changes.get(each.sku, 0)) for each in self.variants
        )
        return replace(self, variants=variants, version=self.version + 1, updated_at=at)


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of the shop; ``count`` is the number of products on it."""

    category: str
    label: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    label: str
    count: int
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to narrow a list; ``name`` is the query parameter that selects its values."""

    name: str
    label: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class ProductPage:
    """One page of a list; ``next`` goes into ``after`` and is None at the end."""

    items: tuple[Product, ...]
    total: int
    next: str | None
    facets: tuple[Facet, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """So many pieces of one variant."""

    product_id: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list of products is asked for. Prices are minor units and bounds are inclusive.

    ``options`` pairs an option's name with the values of which one must match; one and the same
    variant must match all options, and with ``in_stock`` that variant must be on the shelf.
    ``most_stock`` asks for products of which some variant has no more pieces than that.
    """

    q: str = ""
    category: str | None = None
    min_price: int | None = None
    max_price: int | None = None
    in_stock: bool = False
    most_stock: int | None = None
    options: tuple[tuple[str, tuple[str, ...]], ...] = ()
    sort: str | None = None
    after: str | None = None
    limit: int = 24

    @property
    def order(self) -> str:
        """The sort to use: what was asked for, if it makes sense, else the usual one."""
        if self.sort is None or (self.sort == "relevance" and not self.q):
            return self.usual_order
        return self.sort

    @property
    def usual_order(self) -> str:
        """The best matches first, or the newest."""
        return "relevance" if self.q else "newest"

    @property
    def narrowing(self) -> tuple[Hashable, ...]:
        """What all pages of a list have in common, however it is sorted."""
        return (
            self.q,
            self.category,
            self.min_price,
            self.max_price,
            self.in_stock,
            self.most_stock,
            self.options,
        )

    @property
    def is_filtered(self) -> bool:
        return bool(
            self.q
            or self.min_price is not None
            or self.max_price is not None
            or self.in_stock
            or self.most_stock is not None
            or self.options
        )


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What is offered while somebody types."""

    products: tuple[Product, ...] = ()
    categories: tuple[Category, ...] = ()
