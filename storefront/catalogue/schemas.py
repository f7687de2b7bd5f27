"""The shapes in which products and lists are asked for, written and answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

from storefront.catalogue.model import LONGEST_QUERY, LONGEST_SLUG, Product, Variant, unversioned

MOST_VARIANTS = 200
MOST_OPTIONS = 3
HIGHEST_PRICE = 100_000_000
LARGEST_STOCK = 1_000_000

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
Slug = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Sku = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
OptionName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=30)]
OptionValue = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Price = Annotated[int, Field(strict=True, ge=0, le=HIGHEST_PRICE, description="In minor units.")]
Stock = Annotated[int, Field(strict=True, ge=0, le=LARGEST_STOCK, description="Pieces.")]
Link = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
Sort = Literal["newest", "price", "-price", "name", "relevance"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextBody(_Body):
    """A product's words in a further language."""

    name: Name
    description: Description = ""


class VariantBody(_Body):
    """One thing on the shelf. A missing SKU is kept from before or made."""

    sku: Sku | None = None
    options: dict[OptionName, OptionValue] = Field(default={}, max_length=MOST_OPTIONS)
    unit_price: Price
    stock: Stock
    photo: Link | None = None


class ProductBody(_Body):
    """A whole product: either unit_price and stock, or variants."""

    name: Name
    description: Description = ""
    category: Slug
    unit_price: Price | None = None
    stock: Stock | None = None
    variants: list[VariantBody] | None = Field(None, min_length=1, max_length=MOST_VARIANTS)
    photo: Link | None = Field(None, description="A link to one of the shop's photo hosts.")
    translations: dict[str, TextBody] = {}


class ProductChanges(_Body):
    """What shall change; what is not named stays as it is."""

    name: Name = ""
    description: Description = ""
    category: Slug = ""
    unit_price: Price | None = None
    stock: Stock | None = None
    variants: list[VariantBody] | None = Field(None, min_length=1, max_length=MOST_VARIANTS)
    photo: Link | None = None
    translations: dict[str, TextBody] = {}


class ListParameters(BaseModel):
    """How to narrow and sort a list; ``option.<name>`` (repeatable) goes beside them."""

    q: str = Field("", max_length=LONGEST_QUERY, description="Words to find.")
    category: str | None = Field(None, max_length=LONGEST_SLUG, description="Slug of a category.")
    min_price: int | None = Field(None, ge=0, le=HIGHEST_PRICE, description="In minor units.")
    max_price: int | None = Field(None, ge=0, le=HIGHEST_PRICE, description="In minor units.")
    in_stock: bool = Field(default=False, description="Only what can be had now.")
    sort: Sort | None = Field(None, description="relevance with q, else newest, by default.")
    after: str | None = Field(None, description="The next of the page before.")
    limit: int = Field(24, ge=1, le=100)


class SuggestionParameters(BaseModel):
    q: str = Field("", max_length=LONGEST_QUERY, description="What was typed so far.")


class PhotoParameters(BaseModel):
    sku: str | None = Field(None, description="The variant to show; without, the product.")


class ChangeHeaders(BaseModel):
    """What may come with a change."""

    if_match: str | None = Field(None, description="The ETag of the version that is to change.")


class VariantAnswer(BaseModel):
    sku: str
    options: dict[str, str]
    unit_price: int
    stock: int
    photo: str | None


class TextAnswer(BaseModel):
    name: str
    description: str


class ProductAnswer(BaseModel):
    """unit_price is the lowest of the variants', stock their sum. Staff also see translations."""

    id: str
    name: str
    description: str
    category: str
    unit_price: int
    currency: str
    stock: int
    photo: str | None
    variants: list[VariantAnswer]
    created_at: datetime
    updated_at: datetime
    translations: dict[str, TextAnswer] | None = None


class FacetValueAnswer(BaseModel):
    value: str
    label: str
    count: int
    selected: bool


class FacetAnswer(BaseModel):
    name: str
    label: str
    values: list[FacetValueAnswer]


class ProductListAnswer(BaseModel):
    """next goes into after; it is null at the end."""

    items: list[ProductAnswer]
    total: int
    next: str | None
    facets: list[FacetAnswer]


class ProductOrListAnswer(RootModel[ProductAnswer | ProductListAnswer]):
    """A product by its id, or a list by the slug of a category."""


class CategoryAnswer(BaseModel):
    category: str
    label: str
    count: int


class SuggestedProduct(BaseModel):
    id: str
    name: str


class SuggestedCategory(BaseModel):
    category: str
    label: str


class SuggestionsAnswer(BaseModel):
    products: list[SuggestedProduct]
    categories: list[SuggestedCategory]


def product_json(product: Product, *, currency: str, for_staff: bool = False) -> dict[str, Any]:
    """A `ProductAnswer`; by hand, since lists make many."""
    answer = {
        "id": product.id,
        "name": product.name,
        "description": product.description,
        "category": product.category,
        "unit_price": product.unit_price,
        "currency": currency,
        "stock": product.stock,
        "photo": unversioned(product.photo),
        "variants": [_variant_json(variant) for variant in product.variants],
        "created_at": rfc3339(product.created_at),
        "updated_at": rfc3339(product.updated_at),
    }
    if for_staff:
        answer["translations"] = {
            language: {"name": text.name, "description": text.description}
            for language, text in product.translations.items()
        }
    return answer


def _variant_json(variant: Variant) -> dict[str, Any]:
    return {
        "sku": variant.sku,
        "options": dict(variant.options),
        "unit_price": variant.unit_price,
        "stock": variant.stock,
        "photo": unversioned(variant.photo),
    }


def rfc3339(moment: datetime) -> str:
    """A time in UTC as JSON has it: 2026-11-22T10:15:00Z."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
