"""The sales of some days as bars that need neither style nor script."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from storefront.orders.model import DayOfSales

HEIGHT = 100
STEP = 10
BAR = 8
# A day with sales is seen, however small they are beside the best day's.
LOWEST_BAR = 1.5


@dataclass(frozen=True)
class Bar:
    """One day, in the units of the drawing, whose origin is the upper left corner."""

    day: DayOfSales
    x: int
    y: float
    height: float
    width: int = BAR


@dataclass(frozen=True)
class SalesChart:
    """``days`` come oldest first."""

    days: Sequence[DayOfSales]

    @property
    def width(self) -> int:
        return STEP * len(self.days)

    @property
    def height(self) -> int:
        return HEIGHT

    @property
    def total(self) -> int:
        """All days together, in minor units."""
        return sum(day.total for day in self.days)

    @property
    def orders(self) -> int:
        return sum(day.orders for day in self.days)

    @cached_property
    def best(self) -> DayOfSales:
        """The day that sold the most; the scale ends there."""
        return max(self.days, key=lambda day: day.total)

    @property
    def bars(self) -> list[Bar]:
        """A bar for each day; without height where nothing was sold."""
        return [self._bar(position, day) for position, day in enumerate(self.days)]

    def _bar(self, position: int, day: DayOfSales) -> Bar:
        height = 0.0
        if day.total > 0:
            height = max(round(HEIGHT * day.total / self.best.total, 1), LOWEST_BAR)
        return Bar(day, position * STEP + (STEP - BAR) // 2, HEIGHT - height, height)
