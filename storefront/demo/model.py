"""What the demo shop is made of: pure data, from which a loader makes products and pictures."""

from collections.abc import Mapping
from dataclasses import dataclass

from storefront.catalogue.model import Text, Variant


@dataclass(frozen=True, slots=True)
class Picture:
    """How a product is drawn; the names are keys of the tables in ``pictures``.

    ``colour`` is the object's own colour, ``inks`` are the print's line, accent and soft colour,
    ``cut`` is a form of the shape (an enamel mug, a tape-hung poster), ``light`` is what falls on
    the backdrop. Two pictures with different ``seed`` differ in folds and in the motif's chances.
    """

    shape: str
    motif: str
    colour: str
    inks: tuple[str, str, str]
    backdrop: str
    cut: str = ""
    light: str = "plain"
    seed: int = 1


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product of the demo shop; ``key`` is its ASCII slug, unique over the shop."""

    key: str
    category: str
    texts: Mapping[str, Text]
    variants: tuple[Variant, ...]
    picture: Picture
