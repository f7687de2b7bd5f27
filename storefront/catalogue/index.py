"""The read model: all products on sale, indexed in this process's memory.

Lists, search, facets and product pages are answered from here without the database, which
cannot sort or count a large catalogue fast. It is filled at the start and follows the change
feed; the process's own writes are put in at once by `ProductIndex.publish`.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import tantivy
from tantivy import Order, Query, Searcher

from storefront.catalogue import documents, store
from storefront.catalogue.model import Product, humanised
from storefront.shop import Shop

Value = TypeVar("Value")

# Changes of other processes are gathered for a moment: one commit then covers many.
GATHERING_SECONDS = 0.05
_LARGEST_COMMIT = 500
_MOST_WAITING = 2_000
_MOST_REMEMBERED = 10_000
_LOADING_HEAP_BYTES = 64_000_000
_HEAP_BYTES = 15_000_000


class Recent(Generic[Value]):
    """A bounded memory of what was worked out last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable) -> Value | None:
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: Hashable, value: Value) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        self._values.pop(key, None)

    def clear(self) -> None:
        self._values.clear()


class _Engine:
    """One tantivy index with its writer."""

    def __init__(self, languages: list[str], heap_bytes: int) -> None:
        self.languages = languages
        self.schema = documents.make_schema(languages)
        self.index = tantivy.Index(self.schema)
        self.index.config_reader("manual", 0)
        documents.register_analysers(self.index, languages)
        self._writer = self.index.writer(heap_bytes, 1)
        self.searcher = self.index.searcher()

    def add(self, products: Iterable[Product]) -> None:
        """Add products that are not there yet; they are found after `commit`."""
        for product in products:
            self._writer.add_document(documents.to_document(product, self.languages))

    def put(self, products: Iterable[Product]) -> None:
        """Add, replace or (when deleted) remove those that are newer than what is there."""
        for product in products:
            known = self.version_of(product.id)
            if known is not None and known >= product.version:
                continue
            self._writer.delete_documents_by_term("id", product.id)
            if product.deleted_at is None:
                self._writer.add_document(documents.to_document(product, self.languages))

    def forget(self, product_ids: Iterable[str]) -> None:
        for product_id in product_ids:
            self._writer.delete_documents_by_term("id", product_id)

    def commit(self) -> Searcher:
        """A view with everything so far; the caller makes it ``searcher`` on the event loop."""
        self._writer.commit()
        self.index.reload()
        return self.index.searcher()

    def settle(self) -> Searcher:
        """As `commit`, after the first load: gives back the memory that it took."""
        self._writer.commit()
        self._writer.wait_merging_threads()
        self._writer = self.index.writer(_HEAP_BYTES, 1)
        self.index.reload()
        return self.index.searcher()

    def version_of(self, product_id: str) -> int | None:
        query = Query.term_query(self.schema, "id", product_id)
        hits = self.searcher.search(
            query, 1, count=False, order_by_field="version", order=Order.Desc
        ).hits
        return hits[0][0] if hits else None


class ProductIndex:
    """The part of the shop that knows every product on sale.

    ``version`` grows with each change that can be seen; what was worked out from the read model
    holds as long as it stays the same.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.languages = list(shop.settings.shop.locales)
        self.currency = shop.settings.shop.currency
        self._engine = _Engine(self.languages, _HEAP_BYTES)
        self._waiting: dict[str, Product | None] = {}
        self._during_reload: dict[str, Product | None] | None = None
        self._applied: OrderedDict[str, int] = OrderedDict()
        self._writing = asyncio.Lock()
        self._gathering: asyncio.Task[None] | None = None
        self._labels: dict[str, dict[str, str]] = {}
        self._products: Recent[Product] = Recent(4_000)
        self.answers: Recent[Any] = Recent(300)
        self.version = 0

    @property
    def searcher(self) -> Searcher:
        return self._engine.searcher

    @property
    def schema(self) -> tantivy.Schema:
        return self._engine.schema

    @property
    def parse(self) -> Any:
        """Tantivy's parser: the only way to ask for a range of texts."""
        return self._engine.index.parse_query

    def count(self, query: Query) -> int:
        """How many products match."""
        return int(self.searcher.search(query, 1).count)  # type: ignore[attr-defined]  # not in the stubs

    def find(self, product_id: str) -> Product | None:
        """The product in the shop's first language; None if it is not on sale."""
        known = self._products.get(product_id)
        if known is not None:
            return known
        query = Query.term_query(self.schema, "id", product_id)
        hits = self.searcher.search(query, 1, count=False).hits
        return self.read(product_id, hits[0][1]) if hits else None

    def read(self, product_id: str, address: tantivy.DocAddress) -> Product:
        """The product at ``address``, where a search found it."""
        known = self._products.get(product_id)
        if known is None:
            known = documents.from_document(self.searcher.doc(address))
            self._products.put(product_id, known)
        return known

    def label(self, category: str, language: str) -> str:
        labels = self._labels.get(category, {})
        first = next(iter(labels.values()), None) or humanised(category)
        return labels.get(language) or labels.get(self.languages[0]) or first

    @property
    def categories(self) -> Mapping[str, Mapping[str, str]]:
        """The labels of every known category by language."""
        return self._labels

    def label_category(self, category: str, labels: Mapping[str, str] | None) -> None:
        """A category as it is stored now; None if it is no more."""
        if labels is None:
            self._labels.pop(category, None)
        else:
            self._labels[category] = dict(labels)
        self._changed(())

    async def publish(self, products: Iterable[Product]) -> None:
        """Show ``products`` as they are now; those that are deleted disappear.

        Older versions than what is known are ignored, so the order of calls does not matter.
        Whoever calls sees the change in the next answer.
        """
        for product in products:
            self._enqueue(product.id, product)
        await self._write()

    async def reload(self) -> None:
        """Read everything again, while the old state goes on answering."""
        self._during_reload = dict(self._waiting)
        engine = await asyncio.to_thread(_Engine, self.languages, _LOADING_HEAP_BYTES)
        adding: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        adding.set_result(None)
        async for products in store.stream_products(self._shop):
            await adding  # One batch is indexed while the next one comes from the database.
            sold = [product for product in products if product.deleted_at is None]
            adding = asyncio.create_task(asyncio.to_thread(engine.add, sold))
        await adding
        labels = await store.list_labels(self._shop)
        engine.searcher = await asyncio.to_thread(engine.settle)
        async with self._writing:
            meanwhile, self._during_reload = self._during_reload, None
            engine.searcher = await asyncio.to_thread(_apply, engine, meanwhile)
            self._engine = engine
            self._labels = labels
            self._products.clear()
            self._applied.clear()
            for product in filter(None, meanwhile.values()):
                self._remember(product)
            self._changed(())

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:
        """The change feed's news of one product."""
        product_id = str(key)
        self._enqueue(product_id, store.to_product(document) if document else None)
        if len(self._waiting) >= _MOST_WAITING:
            await self._write()
        elif self._gathering is None or self._gathering.done():
            self._gathering = asyncio.create_task(self._write_soon())

    async def close(self) -> None:
        """Forget what is still waiting; nothing is lost, since all of it is stored."""
        if self._gathering:
            self._gathering.cancel()
            await asyncio.gather(self._gathering, return_exceptions=True)

    def _enqueue(self, product_id: str, product: Product | None) -> None:
        if product and self._applied.get(product_id, 0) >= product.version:
            return
        for waiting in (self._waiting, self._during_reload):
            known = waiting.get(product_id) if waiting is not None else None
            if waiting is not None and not (known and product and known.version >= product.version):
                waiting[product_id] = product

    async def _write_soon(self) -> None:
        await asyncio.sleep(GATHERING_SECONDS)
        await self._write()

    async def _write(self) -> None:
        """Commit what waits. Those who come while a commit runs share the next one."""
        async with self._writing:
            while self._waiting:
                batch = dict(list(self._waiting.items())[:_LARGEST_COMMIT])
                engine = self._engine
                engine.searcher = await asyncio.to_thread(_apply, engine, batch)
                for product_id, product in batch.items():
                    if self._waiting[product_id] is product:
                        del self._waiting[product_id]
                    if product:
                        self._remember(product)
                self._changed(batch)

    def _remember(self, product: Product) -> None:
        """Which version was put in, so that the feed's echo of it costs nothing."""
        self._applied[product.id] = max(self._applied.get(product.id, 0), product.version)
        self._applied.move_to_end(product.id)
        if len(self._applied) > _MOST_REMEMBERED:
            self._applied.popitem(last=False)

    def _changed(self, product_ids: Iterable[str]) -> None:
        for product_id in product_ids:
            self._products.forget(product_id)
        self.answers.clear()
        self.version += 1


def _apply(engine: _Engine, batch: Mapping[str, Product | None]) -> Searcher:
    engine.put([product for product in batch.values() if product])
    engine.forget([product_id for product_id, product in batch.items() if product is None])
    return engine.commit()


class CategoryLabels:
    """Tells the read model of changed categories."""

    def __init__(self, index: ProductIndex) -> None:
        self._index = index

    async def reload(self) -> None:
        """The read model's own reload reads them."""

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:
        self._index.label_category(str(key), document["labels"] if document else None)
