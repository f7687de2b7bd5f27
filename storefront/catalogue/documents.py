"""How a product lies in the read model: its words, its sorting keys, and itself in packed form."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from tantivy import Document, Schema, SchemaBuilder

from storefront.catalogue.model import Product, Text, Variant
from storefront.catalogue.words import folder, sorting_key, stemmer, stems, with_compounds
from storefront.localisation import option_label, speaking

_SORTED_LETTERS = 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def field(name: str, language: str) -> str:
    """The name of a field that each language has its own of."""
    return f"{name}_{language}"


def make_schema(languages: Sequence[str]) -> Schema:
    """The fields by which words find a product; `shelves` knows everything else of it."""
    schema = SchemaBuilder()
    for name in ("id", "category"):
        schema.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("slot", "created"):
        schema.add_unsigned_field(name, fast=True)
    for language in languages:
        title = field("title", language)
        schema.add_text_field(title, tokenizer_name="raw", index_option="basic")
        for name in ("name", "options", "text"):
            stemmed = field(name, language)
            schema.add_text_field(stemmed, tokenizer_name=f"stems_{language}", index_option="basic")
        words = field("words", language)
        schema.add_text_field(words, tokenizer_name="folded", index_option="basic")
    return schema.build()


def to_document(product: Product, slot: int, languages: Sequence[str]) -> Document:
    """The words of ``product``, which has ``slot`` on the shelves."""
    document = Document()
    document.add_text("id", product.id)
    document.add_text("category", product.category)
    document.add_unsigned("slot", slot)
    document.add_unsigned("created", milliseconds(product.created_at))
    for language in languages:
        _add_texts(document, product, language)
    return document


def is_found_alike(old: Product | None, new: Product | None) -> bool:
    """Whether a product, None while it is not on sale, is found by the same words as before."""
    return old is not None and new is not None and _words_of(old) == _words_of(new)


def _words_of(product: Product) -> tuple[Any, ...]:
    texts = (product.name, product.description, product.translations, product.category)
    return (*texts, product.option_values(), product.created_at)


def _add_texts(document: Document, product: Product, language: str) -> None:
    text = _text(product, language)
    name = with_compounds(text.name)
    document.add_text(field("title", language), title_key(stems(text.name, language)))
    document.add_text(field("name", language), name)
    document.add_text(field("words", language), name)
    document.add_text(field("text", language), with_compounds(text.description))
    values = frozenset(value for each in product.variants for value in each.options.values())
    document.add_text(field("options", language), _option_words(values, language))


@lru_cache(maxsize=4096)
def _option_words(values: frozenset[str], language: str) -> str:
    """The values as they are written, and as the language labels them."""
    with speaking(language):
        words = {word for value in values for word in (value, option_label(value))}
    return with_compounds(" ".join(sorted(words)))


def _text(product: Product, language: str) -> Product | Text:
    """What has the product's name and description in ``language``."""
    return product.translations.get(language) or product


def newest_key(product: Product) -> bytes:
    return milliseconds(product.created_at).to_bytes(6) + bytes.fromhex(product.id)


def price_key(product: Product) -> bytes:
    return price_bytes(product.unit_price) + bytes.fromhex(product.id)


def price_bytes(amount: int) -> bytes:
    """Where the keys of that price begin."""
    return amount.to_bytes(4)


def name_key(product: Product, language: str) -> bytes:
    """The zero byte lets a name sort before its own extensions."""
    text = sorting_key(_text(product, language).name, language)[:_SORTED_LETTERS]
    return text.encode() + b"\0" + bytes.fromhex(product.id)


def title_key(words: Iterable[str]) -> str:
    """What two names that differ in form only have in common."""
    return " ".join(words)


def milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // _MILLISECOND


def moment(value: int) -> datetime:
    """The time that `milliseconds` stands for."""
    return _EPOCH + timedelta(milliseconds=value)


def pack(product: Product) -> bytes:
    """``product`` in little memory."""
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
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), level=1)


def unpack(packed: bytes) -> Product:
    """The product that `pack` was given."""
    return _from_json(json.loads(zlib.decompress(packed)))


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
