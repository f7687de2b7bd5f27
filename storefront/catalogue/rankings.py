"""The orders that a list can have: all products, sorted once and kept sorted."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from heapq import nlargest, nsmallest
from itertools import chain, islice

from storefront.catalogue import bits

# Below one product in so many it is faster to sort those that match than to look for them.
_RARE = 50
# Of those, only what stands in the first 32nd of the order is sorted, or in the first eighth, where
# that is enough.
_PARTS = (32, 8)


class Ranking:
    """Slots in the order of their keys, no two of which are equal."""

    def __init__(self) -> None:
        self._keys: list[bytes] = []
        self._slots = array("I")
        self._beginnings: dict[tuple[int, bool], int] = {}

    def key(self, slot: int) -> bytes:
        return self._keys[slot]

    @property
    def ends(self) -> tuple[int, int] | None:
        """The first slot and the last."""
        return (self._slots[0], self._slots[-1]) if self._slots else None

    def set_key(self, slot: int, key: bytes) -> None:
        """For the first load: `sort` follows."""
        self._keys.extend(b"" for _ in range(slot + 1 - len(self._keys)))
        self._keys[slot] = key

    def sort(self, slots: Iterable[int]) -> None:
        """Let the ranking consist of ``slots``, whose keys are known."""
        self._slots = array("I", sorted(slots, key=self._keys.__getitem__))
        self._beginnings.clear()

    def add(self, slot: int, key: bytes) -> None:
        self.set_key(slot, key)
        self._slots.insert(self._position(key), slot)
        self._beginnings.clear()

    def remove(self, slot: int) -> None:
        del self._slots[self._position(self._keys[slot])]
        self._keys[slot] = b""

    def _position(self, key: bytes) -> int:
        return bisect_left(self._slots, key, key=self._keys.__getitem__)

    def cut(self, start: int, most: int) -> list[int]:
        """``most`` slots from the place ``start`` on."""
        return list(self._slots[start : start + most])

    def first(
        self, among: int, most: int, *, after: bytes | None = None, from_end: bool = False
    ) -> list[int]:
        """The first ``most`` slots of the set ``among`` that come after the key ``after``."""
        if not most:
            return []
        if among.bit_count() * _RARE < len(self._slots):
            return self._sorted(among, most, after=after, from_end=from_end)
        place = bisect_left if from_end else bisect_right
        start = None if after is None else place(self._slots, after, key=self._keys.__getitem__)
        flags = among.to_bytes(len(self._keys) // 8 + 1, "little")
        with memoryview(self._slots) as slots:
            rest = slots[:start][::-1] if from_end else slots[start:]
            walk = (slot for slot in rest if flags[slot >> 3] >> (slot & 7) & 1)
            return list(islice(walk, most))

    def _sorted(self, among: int, most: int, *, after: bytes | None, from_end: bool) -> list[int]:
        key, count = self._keys.__getitem__, among.bit_count()
        # A beginning that hardly holds enough is not looked at.
        parts = (part for part in _PARTS if count >= most * part)
        found: list[int] = []
        for slots in chain((among & self._beginning(part, from_end) for part in parts), [among]):
            found = [
                slot
                for slot in bits.slots_in(slots)
                if after is None or (key(slot) < after if from_end else key(slot) > after)
            ]
            if len(found) >= most:
                break
        return nlargest(most, found, key=key) if from_end else nsmallest(most, found, key=key)

    def _beginning(self, part: int, from_end: bool) -> int:
        """The set of what stands in the first of so many parts, and of what stood there before it
        was removed; worked out anew when something is added."""
        known = self._beginnings.get((part, from_end))
        if known is None:
            length = len(self._slots) // part
            slots = self._slots[len(self._slots) - length :] if from_end else self._slots[:length]
            known = bits.of(slots, len(self._keys) - 1)
            self._beginnings[part, from_end] = known
        return known
