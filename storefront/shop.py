"""A running shop: its settings, its database, and the parts that live in this process."""

from typing import TypeVar, cast

from storefront.database import ChangeFeed, Database
from storefront.settings import Settings

Part = TypeVar("Part")


class Shop:
    """What every use case is handed first.

    Slices keep per-process parts here (the catalogue's read model, the cache of sessions) and
    find them again by their class, so that this module need not know the slices.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.changes = ChangeFeed(database)
        self._parts: dict[type, object] = {}

    def add_part(self, part: object) -> None:
        self._parts[type(part)] = part

    def part(self, kind: type[Part]) -> Part:
        """The part of this class; KeyError if it was never added."""
        return cast("Part", self._parts[kind])
