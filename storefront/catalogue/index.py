"""The read model: all products on sale, indexed in this process's memory.

Lists, search, facets and product pages are answered from here without the database, which
cannot sort or count a large catalogue fast. It is filled at the start and follows the change
feed; the process's own writes are put in at once by `ProductIndex.publish`.
"""

import asyncio
import contextlib
import ctypes
import logging
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tantivy import Searcher

from storefront.catalogue import documents, store
from storefront.catalogue.memory import Recent
from storefront.catalogue.model import Product, humanised
from storefront.catalogue.shelves import Change, Delta, Shelves
from storefront.catalogue.texts import Texts
from storefront.shop import Shop

log = logging.getLogger(__name__)

# Changes of other processes are gathered for a moment: one commit then covers many.
GATHERING_SECONDS = 0.05
_LARGEST_COMMIT = 250
_MOST_WAITING = 2_000
_MOST_REMEMBERED = 10_000


class ProductIndex:
    """The part of the shop that knows every product on sale.

    ``version`` grows with each change that can be seen; what was worked out from the read model
    holds as long as it stays the same.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.languages = list(shop.settings.shop.locales)
        self.currency = shop.settings.shop.currency
        self.shelves = Shelves(self.languages)
        self.texts = Texts(self.languages)
        self._waiting: dict[str, Product | None] = {}
        self._during_reload: dict[str, Product | None] | None = None
        self._applied: OrderedDict[str, int] = OrderedDict()
        self._writing = asyncio.Lock()
        self._gathering: asyncio.Task[None] | None = None
        self._labels: dict[str, dict[str, str]] = {}
        self._products: Recent[Product] = Recent(4_000)
        self.answers: Recent[Any] = Recent(300)
        self.written: Recent[Any] = Recent(60)  # Texts of tens of kB.
        self.version = 0

    def find(self, product_id: str) -> Product | None:
        """The product in the shop's first language; None if it is not on sale."""
        slot = self.shelves.slot_of(product_id)
        return None if slot is None else self.read(slot)

    def read(self, slot: int) -> Product:
        """The product in ``slot``."""
        known = self._products.get(slot)
        if known is None:
            known = self.shelves.product_in(slot)
            self._products.put(slot, known)
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
        self.texts.forget()
        self._changed()

    async def publish(self, products: Iterable[Product]) -> None:
        """Show ``products`` as they are now; those that are deleted disappear.

        Older versions than what is known are ignored, so the order of calls does not matter.
        Whoever calls sees the change in the next answer. It never fails: what was stored before
        is not undone by it, and the change feed brings it again.
        """
        for product in products:
            self._enqueue(product.id, product)
        try:
            await self._write()
        except Exception:
            log.exception("changed products could not be shown at once")

    async def reload(self) -> None:
        """Read everything again, while the old state goes on answering."""
        self._during_reload = dict(self._waiting)
        loading = await asyncio.to_thread(_Loading, self.languages)
        adding: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        adding.set_result(None)
        async for products in store.stream_products(self._shop):
            await adding  # One batch is indexed while the next one comes from the database.
            adding = asyncio.create_task(asyncio.to_thread(loading.add, products))
        await adding
        labels = await store.list_labels(self._shop)
        await asyncio.to_thread(loading.settle)
        async with self._writing:
            meanwhile, self._during_reload = self._during_reload, None
            prepared = await asyncio.to_thread(_prepare, loading.shelves, loading.texts, meanwhile)
            self.shelves, self.texts, self._labels = loading.shelves, loading.texts, labels
            self._products.clear()
            self._applied.clear()
            for product in filter(None, meanwhile.values()):
                self._remember(product)
            self._show(*prepared)

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
        try:
            await self._write()
        except Exception:
            log.exception("changed products could not be shown: all are read anew")
            self._waiting.clear()
            await self.reload()

    async def _write(self) -> None:
        """Commit what waits; to its end, also when whoever waits for it leaves."""
        await asyncio.shield(asyncio.create_task(self._write_all()))

    async def _write_all(self) -> None:
        """Those who come while a commit runs share the next one."""
        async with self._writing:
            while self._waiting:
                batch = dict(list(self._waiting.items())[:_LARGEST_COMMIT])
                prepared = await asyncio.to_thread(_prepare, self.shelves, self.texts, batch)
                for product_id, product in batch.items():
                    if self._waiting[product_id] is product:
                        del self._waiting[product_id]
                    if product:
                        self._remember(product)
                    else:
                        self._applied.pop(product_id, None)
                self._show(*prepared)

    def _remember(self, product: Product) -> None:
        """Which version was put in, so that the feed's echo of it costs nothing."""
        self._applied[product.id] = max(self._applied.get(product.id, 0), product.version)
        self._applied.move_to_end(product.id)
        if len(self._applied) > _MOST_REMEMBERED:
            self._applied.popitem(last=False)

    def _show(self, delta: Delta, searcher: Searcher | None) -> None:
        self.shelves.apply(delta)
        if searcher:
            self.texts.show(searcher)
        for change in delta.changes:
            self._products.forget(change.slot)
        self._changed()

    def _changed(self) -> None:
        self.answers.clear()
        self.written.clear()
        self.version += 1


def _prepare(
    shelves: Shelves, texts: Texts, batch: Mapping[str, Product | None]
) -> tuple[Delta, Searcher | None]:
    """Everything that can be done for ``batch`` beside the event loop, before it is shown."""
    changes = list(_changes(shelves, batch))
    reworded = [each for each in changes if not documents.is_found_alike(each.old, each.new)]
    for change in reworded:
        if change.old:
            texts.remove(change.old.id)
        if change.new:
            texts.add([(change.slot, change.new)])
    return shelves.prepare(changes), texts.commit() if reworded else None


def _changes(shelves: Shelves, batch: Mapping[str, Product | None]) -> Iterator[Change]:
    """What is newer than what is shown."""
    for product_id, product in batch.items():
        new = product if product and product.deleted_at is None else None
        slot = shelves.slot_of(product_id)
        if slot is None:
            if new:
                yield Change(shelves.reserve(), None, new)
        elif product is None or product.version > shelves.version_in(slot):
            yield Change(slot, shelves.product_in(slot), new)


class _Loading:
    """Shelves and texts that are being filled, and that nobody looks at yet."""

    def __init__(self, languages: list[str]) -> None:
        self.shelves = Shelves(languages)
        self.texts = Texts(languages, is_loading=True)

    def add(self, products: Iterable[Product]) -> None:
        sold = [product for product in products if product.deleted_at is None]
        changes = [Change(self.shelves.reserve(), None, product) for product in sold]
        self.shelves.apply(self.shelves.prepare(changes), is_loading=True)
        self.texts.add((change.slot, change.new) for change in changes if change.new)

    def settle(self) -> None:
        self.shelves.sort()
        self.texts.show(self.texts.settle())
        # What loading needed in between goes back to the system: 40 MB with 100,000 products.
        with contextlib.suppress(OSError, AttributeError):  # Only glibc has it.
            ctypes.CDLL(None).malloc_trim(0)


class CategoryLabels:
    """Tells the read model of changed categories."""

    def __init__(self, index: ProductIndex) -> None:
        self._index = index

    async def reload(self) -> None:
        """The read model's own reload reads them."""

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:
        self._index.label_category(str(key), document["labels"] if document else None)
