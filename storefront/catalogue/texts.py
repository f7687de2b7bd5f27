"""The words of all products on sale: a full-text index in this process's memory."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

import tantivy
from tantivy import Order, Query, Searcher

from storefront.catalogue import bits, documents
from storefront.catalogue.memory import Recent
from storefront.catalogue.model import Product

Made = TypeVar("Made")

_LOADING_HEAP_BYTES = 64_000_000
_HEAP_BYTES = 15_000_000


class Texts:
    """One tantivy index with its writer, and the sets of products that were found last."""

    def __init__(self, languages: Sequence[str], *, is_loading: bool = False) -> None:
        self._languages = languages
        self.schema = documents.make_schema(languages)
        self._index = tantivy.Index(self.schema)
        self._index.config_reader("manual", 0)
        documents.register_analysers(self._index, languages)
        self._writer = self._index.writer(_LOADING_HEAP_BYTES if is_loading else _HEAP_BYTES, 1)
        self.searcher = self._index.searcher()
        self._found: Recent[int] = Recent(500)
        self._words: Recent[Any] = Recent(2_000)

    def add(self, products: Iterable[tuple[int, Product]]) -> None:
        """Add products, each with its slot; they are found after `commit` and `show`."""
        for slot, product in products:
            self._writer.add_document(documents.to_document(product, slot, self._languages))

    def remove(self, product_id: str) -> None:
        self._writer.delete_documents_by_term("id", product_id)

    def commit(self) -> Searcher:
        """A view with everything so far, for `show`; works beside the event loop."""
        self._writer.commit()
        self._index.reload()
        return self._index.searcher()

    def settle(self) -> Searcher:
        """As `commit`, after the first load: gives back the memory that it took."""
        self._writer.commit()
        self._writer.wait_merging_threads()
        self._writer = self._index.writer(_HEAP_BYTES, 1)
        self._index.reload()
        return self._index.searcher()

    def show(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self.forget()

    def forget(self) -> None:
        """What was found before may no longer be what the same words find."""
        self._found.clear()
        self._words.clear()

    def about(self, word: Hashable, work_out: Callable[[], Made]) -> Made:
        """What was worked out about a word; remembered until texts change.

        Most of what a search costs is worked out by the word, and words come again.
        """
        known: Made | None = self._words.get(word)
        if known is None:
            known = work_out()
            self._words.put(word, known)
        return known

    def has(self, query: Query) -> bool:
        """Whether any product matches."""
        return bool(self.newest(query, 1))

    def newest(self, query: Query, most: int) -> list[int]:
        """The slots of the newest products that match."""
        hits = self.searcher.search(
            query, most, count=False, order_by_field="created", order=Order.Desc
        ).hits
        slots = self.searcher.fast_field_values("slot", [address for _, address in hits])
        return [int(slot) for slot in slots if slot is not None]

    def find(self, query: Query, name: Hashable) -> int:
        """The set of all products that match; remembered as ``name`` until texts change.

        The first time costs half a microsecond for each that matches.
        """
        known = self._found.get(name)
        if known is None:
            most = max(self.searcher.num_docs, 1)  # None at all would make tantivy panic.
            hits = self.searcher.search(query, most, count=False, order_by_field="slot").hits
            slots = [slot for slot, _ in hits]
            known = bits.of(slots, slots[0]) if slots else 0  # The highest slot comes first.
            self._found.put(name, known)
        return known
