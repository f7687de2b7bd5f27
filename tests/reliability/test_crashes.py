"""Processes are killed at random moments under load; what the shop has said stays true.

More rounds, or those of an earlier run: STOREFRONT_CRASH_ROUNDS=500 STOREFRONT_CRASH_SEED=7, or
`python -m tests.reliability.crash --rounds 500 --seed 7`.
"""

import os
import random
import sys

import pytest

from tests.reliability import crash

ROUNDS = 20


# Tried again once, with another seed: a starved machine fails seldom, a fault that 20 rounds find
# mostly shows itself twice. For the rare ones there are the long runs.
@pytest.mark.flaky(reruns=1)
@pytest.mark.timeout(3_600)
def test_killing_any_process_at_any_moment_loses_and_doubles_nothing() -> None:
    rounds = int(os.environ.get("STOREFRONT_CRASH_ROUNDS", ROUNDS))
    seed = int(os.environ.get("STOREFRONT_CRASH_SEED", random.SystemRandom().randrange(10**6)))
    figures = crash.Figures()
    sys.stdout.write(f"seed {seed}\n")
    crash.run(rounds, seed, figures)
    sys.stdout.write(f"{figures}\n")
    assert figures.rounds == rounds
    assert figures.orders > 0
    assert sum(figures.kills.values()) >= rounds
