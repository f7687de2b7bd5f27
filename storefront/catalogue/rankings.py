"""The orders that a list can have: all products, sorted once and kept sorted."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from heapq import nlargest, nsmallest
from itertools import islice

from storefront.catalogue import bits

# Below one product in so many it is faster to sort those that match than to look for them.
_RARE = 50


class Ranking:
    """Slots in the order of their keys, no two of which are equal."""

    def __init__(self) -> None:
        self._keys: list[bytes] = []
        self._slots = array("I")

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

    def add(self, slot: int, key: bytes) -> None:
        self.set_key(slot, key)
        self._slots.insert(self._position(key), slot)

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
        key = self._keys.__getitem__
        slots: Iterable[int] = bits.slots_in(among)
        if after is not None:
            slots = [
                slot for slot in slots if (key(slot) < after if from_end else key(slot) > after)
            ]
        return nlargest(most, slots, key=key) if from_end else nsmallest(most, slots, key=key)
