"""An order's first products are the same, whichever way they are looked for."""

from random import Random

import pytest

from storefront.catalogue import bits
from storefront.catalogue.rankings import Ranking

# As many as it takes for the beginnings of an order to be looked at before all of it.
PRODUCTS = 4_000


@pytest.mark.parametrize("from_end", [False, True])
@pytest.mark.parametrize("matching", [0, 1, 20, 58, 2_000])
@pytest.mark.parametrize("most", [0, 1, 5])
def test_the_first_of_an_order_are_found_while_it_changes(
    *, from_end: bool, matching: int, most: int
) -> None:
    random = Random(matching)
    ranking, keys = Ranking(), {slot: random.randbytes(6) for slot in range(PRODUCTS)}
    for slot, key in keys.items():
        ranking.set_key(slot, key)

    def check() -> None:
        # What is removed or new stands at an end most often: the rest is drawn by lot.
        ends = sorted(keys, key=keys.__getitem__)[:: len(keys) - 1]
        among = {*ends[:matching], *random.sample(sorted(keys), matching)}
        for after in (None, random.choice(list(keys.values())), random.randbytes(3)):
            found = ranking.first(
                bits.of(list(among), PRODUCTS), most, after=after, from_end=from_end
            )

            following = [
                slot
                for slot in sorted(among, key=keys.__getitem__, reverse=from_end)
                if after is None or (keys[slot] < after if from_end else keys[slot] > after)
            ]
            assert found == following[:most]

    every = dict(keys)
    for slot in range(PRODUCTS - 500, PRODUCTS):
        del keys[slot]
    ranking.sort(keys)
    check()
    keys |= every
    ranking.sort(keys)
    for _ in range(20):
        check()
        slot = random.choice([*sorted(keys, key=keys.__getitem__)[:: len(keys) - 1], 7])
        ranking.remove(slot)
        del keys[slot]
        check()
        keys[slot] = random.choice([b"", b"\xff", b"\x80"]) + random.randbytes(6)
        ranking.add(slot, keys[slot])
