"""What every motif is: a drawing that fits into a box from the origin, in four colours."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inks:
    """The colours of a print; ``ground`` is what it is printed on."""

    ground: str
    line: str
    accent: str
    soft: str


@dataclass(frozen=True, slots=True)
class Box:
    """How wide and how high a motif may be; ``whole`` asks it to fill a sheet to the edges."""

    w: float
    h: float
    whole: bool = False

    @property
    def x(self) -> float:
        return self.w / 2

    @property
    def y(self) -> float:
        return self.h / 2

    @property
    def r(self) -> float:
        """The radius of the largest circle inside."""
        return min(self.w, self.h) / 2


Motif = Callable[[Box, Inks, int], str]
