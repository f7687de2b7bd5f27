"""What lists are narrowed, counted and sorted by, for all products on sale.

Every product has a slot, a small number that stays the same while it is on sale. Each fact about
products (a category, an option's value, a digit of the price) is the set of slots for which it
holds, so that any combination of filters is a handful of operations on sets; see `bits`.
"""

from array import array
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any, Literal

from storefront.catalogue import bits
from storefront.catalogue.documents import (
    field,
    milliseconds,
    name_key,
    newest_key,
    pack,
    price_key,
    unpack,
)
from storefront.catalogue.model import Product
from storefront.catalogue.rankings import Ranking

Kind = Literal["all", "category", "in_stock", "option", "option_in_stock", "price", "least_stock"]
Pairs = tuple[tuple[str, str], ...]
Fact = tuple[Kind, Hashable]


def facts_of(product: Product | None) -> set[Fact]:
    """Everything that a list can be narrowed by.

    An ``option`` fact is what one variant has: one option's value, or several of them together.
    """
    if product is None:
        return set()
    facts: set[Fact] = {("all", ""), ("category", product.category)}
    if product.in_stock:
        facts.add(("in_stock", ""))
    for variant in product.variants:
        chosen = _choices(tuple(sorted(variant.options.items())))
        facts.update([("option", pairs) for pairs in chosen])
        if variant.in_stock:
            facts.update([("option_in_stock", pairs) for pairs in chosen])
    facts.update([("price", digit) for digit in bits.binary_digits(product.unit_price)])
    facts.update([("least_stock", digit) for digit in bits.binary_digits(product.least_stock)])
    return facts


@lru_cache(maxsize=4096)
def _choices(pairs: Pairs) -> list[Pairs]:
    return [chosen for size in range(1, len(pairs) + 1) for chosen in combinations(pairs, size)]


@dataclass(frozen=True, slots=True)
class Change:
    """A product in its slot as it was and as it is; None where it is not on sale."""

    slot: int
    old: Product | None
    new: Product | None


@dataclass(frozen=True, slots=True)
class Delta:
    """Changes, worked out beside the event loop: which facts turn over, from slot ``base`` on."""

    changes: Sequence[Change]
    packed: Sequence[bytes]
    base: int
    turned: Mapping[Fact, int]
    keys: Sequence[Mapping[str, bytes]]


class Shelves:
    """All products on sale by slot."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = languages
        self._slots: dict[str, int] = {}
        self._free: list[int] = []
        self._ids: list[str] = []
        self._packed: list[bytes] = []
        self._versions = array("Q")
        self._updated = array("Q")
        self._sets: dict[Kind, dict[Hashable, int]] = {}
        self._rankings = {
            name: Ranking()
            for name in ("newest", "price", *(field("name", each) for each in languages))
        }

    @property
    def size(self) -> int:
        """All slots are below this."""
        return len(self._ids)

    @property
    def everything(self) -> int:
        return self.having("all", "")

    def having(self, kind: Kind, key: Hashable) -> int:
        """The products for which the fact holds."""
        return self.sets(kind).get(key, 0)

    def sets(self, kind: Kind) -> Mapping[Any, int]:
        """All facts of a kind that hold for some product."""
        return self._sets.get(kind, {})

    def ranking(self, name: str) -> Ranking:
        return self._rankings[name]

    def slot_of(self, product_id: str) -> int | None:
        return self._slots.get(product_id)

    def id_of(self, slot: int) -> str:
        return self._ids[slot]

    def version_in(self, slot: int) -> int:
        return self._versions[slot]

    def updated_in(self, slot: int) -> int:
        """When the product was changed last, in milliseconds."""
        return self._updated[slot]

    def product_in(self, slot: int) -> Product:
        return unpack(self._packed[slot])

    def reserve(self) -> int:
        """A slot for a new product."""
        if self._free:
            return self._free.pop()
        self._ids.append("")
        self._packed.append(b"")
        self._versions.append(0)
        self._updated.append(0)
        return len(self._ids) - 1

    def prepare(self, changes: Sequence[Change]) -> Delta:
        """Work out what `apply` does; this looks at nothing that changes meanwhile."""
        base = min((change.slot for change in changes), default=0)
        turned: dict[Fact, int] = {}
        for change in changes:
            bit = 1 << change.slot - base
            for fact in facts_of(change.old) ^ facts_of(change.new):
                turned[fact] = turned.get(fact, 0) ^ bit
        packed = [pack(change.new) if change.new else b"" for change in changes]
        return Delta(changes, packed, base, turned, [self._keys(each.new) for each in changes])

    def apply(self, delta: Delta, *, is_loading: bool = False) -> None:
        """Show the changes. While loading the rankings are left for `sort`."""
        for (kind, key), turned in delta.turned.items():
            sets = self._sets.setdefault(kind, {})
            sets[key] = sets.get(key, 0) ^ turned << delta.base
            if not sets[key]:
                del sets[key]
        for change, packed, keys in zip(delta.changes, delta.packed, delta.keys, strict=True):
            self._packed[change.slot] = packed
            self._name(change)
            for name, ranking in self._rankings.items():
                if is_loading:
                    ranking.set_key(change.slot, keys[name])
                else:
                    _rank(ranking, change, keys.get(name))

    def sort(self) -> None:
        """Make the rankings anew, after loading."""
        for ranking in self._rankings.values():
            ranking.sort(self._slots.values())

    def _name(self, change: Change) -> None:
        slot, product = change.slot, change.new
        if product:
            self._slots[product.id] = slot
            self._ids[slot] = product.id
            self._versions[slot] = product.version
            self._updated[slot] = milliseconds(product.updated_at)
        elif change.old:
            del self._slots[change.old.id]
            self._ids[slot] = ""
            self._free.append(slot)

    def _keys(self, product: Product | None) -> dict[str, bytes]:
        if product is None:
            return {}
        keys = {"newest": newest_key(product), "price": price_key(product)}
        for language in self._languages:
            keys[field("name", language)] = name_key(product, language)
        return keys


def _rank(ranking: Ranking, change: Change, key: bytes | None) -> None:
    if change.old:
        if key == ranking.key(change.slot):
            return
        ranking.remove(change.slot)
    if key:
        ranking.add(change.slot, key)
