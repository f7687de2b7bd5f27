"""How a product lies in the read model: its searchable fields, and itself as JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import combinations
from typing import Any

from tantivy import Document, Schema, SchemaBuilder

from storefront.catalogue.model import Product, Text, Variant
from storefront.catalogue.words import folder, sorting_key, stemmer, stems, with_compounds
from storefront.localisation import option_label, speaking

ID_LENGTH = 24
_SORTED_LETTERS = 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def field(name: str, language: str) -> str:
    """The name of a field that each language has its own of."""
    return f"{name}_{language}"


def make_schema(languages: Sequence[str]) -> Schema:
    """The fields of an indexed product.

    ``by_…`` are what a list is sorted by; each ends in the product's id, so no two are equal.
    ``option`` holds what one option can select (``size=M``), ``choice`` every combination of a
    variant's options; ``…_in_stock`` only those of variants on the shelf. ``range`` is everything
    that a product's options can select, in one text: products of a kind share it, so that it is
    counted many times faster than ``option``.
    """
    schema = SchemaBuilder()
    schema.add_text_field("id", tokenizer_name="raw", index_option="basic")
    options = ("option", "option_in_stock", "choice", "choice_in_stock", "range")
    for name in ("category", *options, "by_newest", "by_price"):
        schema.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("price", "in_stock", "least_stock", "version", "updated"):
        schema.add_unsigned_field(name, fast=True, indexed=name == "in_stock")
    for language in languages:
        by_name = field("by_name", language)
        schema.add_text_field(by_name, fast=True, tokenizer_name="raw", index_option="basic")
        title = field("title", language)
        schema.add_text_field(title, tokenizer_name="raw", index_option="basic")
        for name in ("name", "options", "text"):
            stemmed = field(name, language)
            schema.add_text_field(stemmed, tokenizer_name=f"stems_{language}", index_option="basic")
        words = field("words", language)
        schema.add_text_field(words, tokenizer_name="folded", index_option="basic")
    schema.add_bytes_field("json", stored=True)
    return schema.build()


def to_document(product: Product, languages: Sequence[str]) -> Document:
    """``product`` as the read model keeps it."""
    document = Document()
    document.add_text("id", product.id)
    document.add_text("category", product.category)
    document.add_text("by_newest", newest_key(product))
    document.add_text("by_price", f"{product.unit_price:08x}{product.id}")
    document.add_unsigned("price", product.unit_price)
    document.add_unsigned("in_stock", int(product.in_stock))
    document.add_unsigned("least_stock", product.least_stock)
    document.add_unsigned("version", product.version)
    document.add_unsigned("updated", milliseconds(product.updated_at))
    _add_options(document, product.variants, "")
    document.add_text("range", range_key(product))
    _add_options(document, [each for each in product.variants if each.in_stock], "_in_stock")
    for language in languages:
        _add_texts(document, product, language)
    document.add_bytes("json", _to_json(product))
    return document


def _add_options(document: Document, variants: Iterable[Variant], suffix: str) -> None:
    single: set[str] = set()
    joint: set[str] = set()
    for variant in variants:
        alone, together = _tokens(tuple(sorted(variant.options.items())))
        single.update(alone)
        joint.update(together)
    for token in single:
        document.add_text(f"option{suffix}", token)
    for token in joint:
        document.add_text(f"choice{suffix}", token)


@lru_cache(maxsize=4096)
def _tokens(pairs: tuple[tuple[str, str], ...]) -> tuple[list[str], list[str]]:
    """What selects a variant with these options: one of them, or several together."""
    together = [
        choice(chosen) for size in range(2, len(pairs) + 1) for chosen in combinations(pairs, size)
    ]
    return [choice([pair]) for pair in pairs], together


def range_key(product: Product) -> str:
    values = product.option_values().items()
    return "\x1f".join(sorted(f"{name}={each}" for name, every in values for each in every))


def options_in_range(key: str) -> list[str]:
    """The tokens of ``option`` that a product with this ``range`` has."""
    return key.split("\x1f") if key else []


def choice(pairs: Iterable[tuple[str, str]]) -> str:
    """The token of a combination of options."""
    return "\x1f".join(f"{name}={value}" for name, value in sorted(pairs))


def _add_texts(document: Document, product: Product, language: str) -> None:
    text = product.in_language(language)
    name = with_compounds(text.name)
    document.add_text(field("by_name", language), name_key(text.name, language) + product.id)
    document.add_text(field("title", language), title_key(stems(text.name, language)))
    document.add_text(field("name", language), name)
    document.add_text(field("words", language), name)
    document.add_text(field("text", language), with_compounds(text.description))
    with speaking(language):
        values = {
            word
            for values in product.option_values().values()
            for value in values
            for word in (value, option_label(value))
        }
    document.add_text(field("options", language), with_compounds(" ".join(sorted(values))))


def newest_key(product: Product) -> str:
    return f"{milliseconds(product.created_at):012x}{product.id}"


def name_key(name: str, language: str) -> str:
    """Hexadecimal, since a query for a range takes only plain words. It ends in a zero byte,
    so that a name sorts before its own extensions."""
    return sorting_key(name, language)[:_SORTED_LETTERS].encode().hex() + "00"


def title_key(words: Iterable[str]) -> str:
    """What two names that differ in form only have in common."""
    return " ".join(words)


def milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // _MILLISECOND


def moment(value: int) -> datetime:
    """The time that `milliseconds` stands for."""
    return _EPOCH + timedelta(milliseconds=value)


def _to_json(product: Product) -> bytes:
    content = [
        product.id,
        product.name,
        product.description,
        product.category,
        [[v.sku, dict(v.options), v.unit_price, v.stock, v.photo] for v in product.variants],
        product.photo,
        milliseconds(product.created_at),
        milliseconds(product.updated_at),
        product.version,
        {code: [text.name, text.description] for code, text in product.translations.items()},
    ]
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def from_document(document: Any) -> Product:
    """The product that a stored document holds."""
    return _from_json(json.loads(bytes(document.get_first("json"))))


def _from_json(content: Sequence[Any]) -> Product:
    key, name, description, category, variants, photo, created, updated, version, texts = content
    translations: Mapping[str, Sequence[str]] = texts
    return Product(
        id=key,
        name=name,
        description=description,
        category=category,
        variants=tuple(Variant(*variant) for variant in variants),
        photo=photo,
        created_at=moment(created),
        updated_at=moment(updated),
        version=version,
        translations={code: Text(*text) for code, text in translations.items()},
    )


def register_analysers(index: Any, languages: Sequence[str]) -> None:
    """Name the analysers that the schema's fields ask for."""
    index.register_tokenizer("folded", folder())
    for language in languages:
        index.register_tokenizer(f"stems_{language}", stemmer(language))
