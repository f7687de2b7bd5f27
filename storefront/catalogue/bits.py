"""Sets of products as whole numbers: bit n stands for the product in slot n.

Python joins two such sets of 100,000 products in about a microsecond and counts one in ten.
Numbers, such as prices, are kept digit by binary digit, one set for each.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_not_empty = re.compile(rb"[^\0]").finditer
_ONES = [tuple(place for place in range(8) if octet >> place & 1) for octet in range(256)]


def of(slots: Sequence[int], highest: int) -> int:
    """The set of ``slots``, none of which is above ``highest``."""
    if len(slots) > highest // 32:  # To set digits is faster than bits, to read them slower.
        digits = bytearray(b"0") * (highest + 1)
        for slot in slots:
            digits[~slot] = 49  # "1", counted from the end, where the lowest digit stands.
        return int(digits, 2)
    octets = bytearray(highest // 8 + 1)
    for slot in slots:
        octets[slot >> 3] |= 1 << (slot & 7)
    return int.from_bytes(octets, "little")


def slots_in(bits: int) -> Iterator[int]:
    """The slots of a set, lowest first; made for small sets of large catalogues."""
    octets = bits.to_bytes(bits.bit_length() // 8 + 1, "little")
    for found in _not_empty(octets):
        first = 8 * found.start()
        for place in _ONES[octets[found.start()]]:
            yield first + place


def without(bits: int, others: int) -> int:
    """``bits & ~others``, which takes Python ten times as long, since ``~`` is negative."""
    return bits ^ (bits & others)


def binary_digits(number: int) -> Iterator[int]:
    """The places of the ones in ``number``."""
    return (place for place in range(number.bit_length()) if number >> place & 1)


def at_least(digits: Mapping[Any, int], bound: int, among: int) -> int:
    """Those ``among`` the products whose number is ``bound`` or more.

    ``digits`` holds, for each binary digit, the set of products whose number has it.
    """
    more, same = 0, among
    for place in reversed(range(max([bound.bit_length(), *(place + 1 for place in digits)]))):
        having = same & digits.get(place, 0)
        if bound >> place & 1:
            same = having
        else:
            more |= having
            same ^= having
    return more | same
