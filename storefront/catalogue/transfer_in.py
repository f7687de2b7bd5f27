"""Import of a catalogue: streamed, a batch of products in memory at a time.

An import writes each product whole or not at all, and makes of it what the file says: running it
again changes nothing. Products that the file does not name stay as they are.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from storefront.catalogue import bulk_store, editing, recording, service, store
from storefront.catalogue.model import Product, Variant, humanised, image_link, unversioned
from storefront.catalogue.transfer_formats import format_of
from storefront.catalogue.transfer_rows import Complaint, Draft, numbered_lines
from storefront.database import ObjectId
from storefront.errors import ConflictError, ValidationError
from storefront.localisation import gettext as _
from storefront.shop import Shop

Outcome = Literal["new", "changed", "unchanged"]

_BATCH = 500
_ATTEMPTS = 5
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(slots=True)
class Report:
    """How many products became what; ``complaints`` counts what was wrong with lines."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    complaints: int = 0


async def import_products(
    shop: Shop,
    path: Path,
    *,
    dry_run: bool,
    complain: Callable[[Complaint], None],
    progress: Callable[[int], None],
) -> Report:
    """Make the products of ``path`` those of the shop.

    ``complain`` hears what is wrong with which line; nothing of that line's product is written,
    and the import goes on. ``progress`` hears how many bytes were read so far. FileRefusedError
    if the file cannot be read as a whole.
    """
    format_ = format_of(path)
    importing = _Import(shop, _Clock(path), dry_run=dry_run, complain=complain)
    with path.open("rb") as file:
        found = format_.read(file)
        while batch := list(islice(found, _BATCH)):
            await importing.take(batch)
            progress(file.tell())
    return importing.report


class _Clock:
    """Gives new products times of their own in the order of the file, none in the future.

    So lists by age follow the file, and so does an export.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            lines = sum(1 for _line in numbered_lines(file))
        self._next = _now() - lines * _MILLISECOND

    def tick(self) -> datetime:
        self._next += _MILLISECOND
        return self._next


@dataclass
class _Import:
    shop: Shop
    clock: _Clock
    dry_run: bool
    complain: Callable[[Complaint], None]
    report: Report = field(default_factory=Report)
    _categories: set[str] = field(default_factory=set)
    # By draft, what was there before and what is there now.
    _written: dict[int, tuple[Product | None, Product]] = field(default_factory=dict)
    # Hashes, since the names of a million products would fill the memory.
    _seen: set[int] = field(default_factory=set)

    async def take(self, batch: Iterable[Draft | Complaint]) -> None:
        """Import a part of the file."""
        drafts = []
        complaints = []
        for each in batch:
            wrong = [each] if isinstance(each, Complaint) else self._repetitions(each)
            if isinstance(each, Draft) and not wrong:
                drafts.append(each)
            complaints += wrong
        outcomes: dict[int, Outcome] = {}
        self._written.clear()
        try:
            for _attempt in range(_ATTEMPTS):
                if await self._write(drafts, outcomes, complaints):
                    await recording.note_import(self.shop, self._written.values())
                    break
            else:
                raise ConflictError(_("Others change the same products: please try again."))
        finally:
            for complaint in sorted(complaints, key=lambda each: each.line):
                self.complain(complaint)
            self.report.complaints += len(complaints)
        counts = Counter(outcomes.values())
        self.report.new += counts["new"]
        self.report.changed += counts["changed"]
        self.report.unchanged += counts["unchanged"]

    def _repetitions(self, draft: Draft) -> list[Complaint]:
        """What stands further up already: of two contents neither can be the right one."""
        keys = {"id": draft.product_id} | {
            f"variants.{position}.sku": sku for position, sku in enumerate(_skus(draft))
        }
        hashes = {name: hash((name == "id", key)) for name, key in keys.items() if key}
        message = _("This stands further up in the file already.")
        complaints = [
            Complaint(*draft.place(name), message=message)
            for name, key in hashes.items()
            if key in self._seen
        ]
        self._seen.update(hashes.values())
        return complaints

    async def _write(
        self, drafts: list[Draft], outcomes: dict[int, Outcome], complaints: list[Complaint]
    ) -> bool:
        """Store what differs of ``drafts``; False if it has to be done again.

        Drafts that turn out to be impossible move from ``drafts`` to ``complaints``.
        """
        known = await _Known.look_up(self.shop, drafts)
        new, changed = [], []
        for draft in list(drafts):
            try:
                before = known.product_for(draft)
                product = self._planned(draft, before)
            except ValidationError as error:
                complaints += draft.complaints(error)
                drafts.remove(draft)
                continue
            if before is None:
                outcomes[id(draft)] = "new"
                self._written[id(draft)] = (before, product)
                new.append(product)
            elif _content(before) == _content(product):
                # On a second attempt this is what the first one wrote.
                outcomes.setdefault(id(draft), "unchanged")
            else:
                outcomes[id(draft)] = outcomes.get(id(draft), "changed")
                self._written[id(draft)] = (before, product)
                changed.append((product, before.version))
        if self.dry_run:
            self._written.clear()
            return True
        await self._add_categories([*new, *(product for product, _version in changed)])
        return await bulk_store.write_many(self.shop, new=new, changed=changed)

    def _planned(self, draft: Draft, before: Product | None) -> Product:
        """What ``draft`` makes of the product ``before``, or of nothing."""
        now = _now()
        made = self.clock.tick()
        blank = before or Product(
            draft.product_id or str(ObjectId()), "", "", "", (), None, made, now, version=0
        )
        product = editing.filled(self.shop, _with_own_photos(blank, draft), draft.body)
        return replace(product, version=blank.version + 1, updated_at=now, deleted_at=None)

    async def _add_categories(self, products: Iterable[Product]) -> None:
        if not self._categories:
            self._categories = set(await store.list_labels(self.shop))
        for category in {each.category for each in products} - self._categories:
            labels = {self.shop.settings.shop.locales[0]: humanised(category)}
            await service.add_category(self.shop, category, labels)
            self._categories.add(category)


def _skus(draft: Draft) -> list[str]:
    return [variant.sku for variant in draft.body.variants or () if variant.sku]


@dataclass(frozen=True, slots=True)
class _Known:
    """The stored products that a batch is about, by id and by SKU."""

    by_id: dict[str, Product]
    by_sku: dict[str, Product]

    @classmethod
    async def look_up(cls, shop: Shop, drafts: Sequence[Draft]) -> "_Known":
        """By id first, then by one SKU of each, then by the rest: most lead to the same product,
        and looking up SKUs is slow."""
        known = cls({}, {})
        ids = [draft.product_id for draft in drafts if draft.product_id]
        known._add(await store.list_products(shop, ids))
        for most in (1, None):
            wanted = [sku for draft in drafts for sku in _skus(draft)[:most]]
            missing = [sku for sku in wanted if sku not in known.by_sku]
            known._add(await bulk_store.list_with_skus(shop, missing))
        return known

    def _add(self, products: Iterable[Product]) -> None:
        for product in products:
            self.by_id[product.id] = product
            self.by_sku.update({variant.sku: product for variant in product.variants})

    def product_for(self, draft: Draft) -> Product | None:
        """The product that ``draft`` is about; None if it is new. ValidationError if unclear."""
        owners = {sku: self.by_sku[sku] for sku in _skus(draft) if sku in self.by_sku}
        if draft.product_id:
            product = self.by_id.get(draft.product_id)
        else:
            product = next(iter(owners.values()), None)
        for position, sku in enumerate(_skus(draft)):
            owner = owners.get(sku)
            if owner is not None and (product is None or owner.id != product.id):
                message = _("Another product has this SKU.")
                raise ValidationError.of(f"variants.{position}.sku", message)
        if product and not draft.product_id and not _names_all(draft, product):
            message = _("This product has more variants: name its id, or give them all.")
            raise ValidationError.of("variants.0.sku", message)
        return product


def _names_all(draft: Draft, product: Product) -> bool:
    return {variant.sku for variant in product.variants} <= set(_skus(draft))


def _with_own_photos(blank: Product, draft: Draft) -> Product:
    """``blank`` as if it had the uploaded photos that ``draft`` names as its own.

    A file says which there are, but does not bring them: they come with a backup.
    """
    if _is_new_and_own(draft.body.photo, blank.photo, blank.id):
        blank = replace(blank, photo=draft.body.photo)
    variants = {variant.sku: variant for variant in blank.variants}
    for body in draft.body.variants or ():
        before = variants.get(body.sku or "") or Variant(body.sku or "", body.options, 0, 0)
        if body.sku and _is_new_and_own(body.photo, before.photo, blank.id):
            variants[body.sku] = replace(before, photo=body.photo)
    return replace(blank, variants=tuple(variants.values()))


def _is_new_and_own(link: str | None, before: str | None, product_id: str) -> bool:
    return (
        link is not None
        and link != unversioned(before)
        and link == unversioned(link)
        and link.partition("?")[0] == image_link(product_id, None, None)
    )


def _content(product: Product) -> tuple[Any, ...]:
    """What an import may change; the order of variants and of options counts."""
    return (
        product.name,
        product.description,
        product.category,
        product.photo,
        dict(product.translations),
        [(each, list(each.options)) for each in product.variants],
        product.deleted_at,
    )


def _now() -> datetime:
    """To the millisecond, as the database keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
