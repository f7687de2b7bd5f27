"""What a migration is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from storefront.database import Database

Progress = Callable[[int], None]
"""Hears how many documents have been looked at since it was called last."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step forward; ``number`` counts from 1, ``what`` is a line for who runs it."""

    number: int
    what: str
    run: Callable[[Database, Progress], Awaitable[None]]
