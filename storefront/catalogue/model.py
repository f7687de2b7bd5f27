"""What a product is. Prices are integer minor units of the shop's one currency; times are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime


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
        """The same product after ``changes`` (pieces by SKU, negative when sold), one version on."""
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
