"""Large catalogues for benchmarks and tests: the same ones for the same seed."""

import hashlib
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storefront.catalogue.model import Product, Text, Variant

Words = tuple[str, str]
"""The same in English and Spanish."""

_FIRST_DAY = datetime(2025, 1, 1, tzinfo=UTC)
_SOLD_OUT_IN = 8
_NOT_IN_SKUS = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class _Kind:
    category: str
    noun: Words
    lowest: int
    highest: int
    options: Mapping[str, Sequence[str]]


_COLOURS = ("Navy", "Sand", "Rust", "Moss", "Grey", "Plum", "Ochre", "Coral", "Ink", "Petrol")
_KINDS = (
    _Kind("t-shirts", ("T-shirt", "Camiseta"), 1900, 4200, {"size": ("S", "M", "L", "XL")}),
    _Kind("caps", ("Cap", "Gorra"), 1500, 3400, {}),
    _Kind("mugs", ("Mug", "Taza"), 900, 2400, {}),
    _Kind("totes", ("Tote bag", "Bolsa"), 1200, 3900, {}),
    _Kind("posters", ("Poster", "Lámina"), 1400, 6900, {"size": ("A4", "A3", "50×70")}),  # noqa: RUF001  (the sign of multiplication)
    _Kind("socks", ("Socks", "Calcetines"), 700, 1600, {"size": ("36–39", "40–42", "43–46")}),  # noqa: RUF001  (ranges)
    _Kind("notebooks", ("Notebook", "Cuaderno"), 600, 2200, {}),
)
_SUBJECTS: tuple[Words, ...] = (
    ("Aurora", "Aurora boreal"),
    ("Beaufort Scale", "Escala de Beaufort"),
    ("Cirrus", "Cirros"),
    ("Coastline", "Línea de costa"),
    ("Compass", "Brújula"),
    ("Eclipse", "Eclipse"),
    ("Fern", "Helecho"),
    ("Gull", "Gaviota"),
    ("High Tide", "Pleamar"),
    ("Isobar", "Isobaras"),
    ("Kite", "Cometa"),
    ("Lighthouse", "Faro"),
    ("Meridian", "Meridiano"),
    ("Moon Phase", "Fases de la luna"),
    ("North Star", "Estrella polar"),
    ("Orbit", "Órbita"),
    ("Ridge", "Cresta"),
    ("Sextant", "Sextante"),
    ("Snowline", "Cota de nieve"),
    ("Thunderhead", "Cumulonimbo"),
)
_MOODS: tuple[Words, ...] = (
    ("Quiet", "en calma"),
    ("Early", "al alba"),
    ("Southern", "del sur"),
    ("Painted", "pintada"),
    ("Distant", "a lo lejos"),
    ("Winter", "de invierno"),
    ("Hand-drawn", "a mano"),
    ("Double", "doble"),
    ("Little", "en pequeño"),
    ("Golden", "en oro"),
)
_SENTENCES: tuple[Words, ...] = (
    (
        "Printed slowly in a small workshop by the harbour.",
        "Impreso despacio en un taller junto al puerto.",
    ),
    (
        "The lines follow an old chart from a lighthouse keeper.",
        "Las líneas siguen una carta antigua de un farero.",
    ),
    (
        "Made to be used every day and to look better for it.",
        "Hecho para usarse a diario y ganar con ello.",
    ),
    (
        "Packed in recycled paper, without a gram of plastic.",
        "Envuelto en papel reciclado, sin un gramo de plástico.",
    ),
    (
        "For people who read the weather before the news.",
        "Para quien lee el tiempo antes que las noticias.",
    ),
    (
        "It comes with a card that explains the drawing.",
        "Viene con una tarjeta que explica el dibujo.",
    ),
)


def generate(count: int, *, seed: int = 1) -> Iterator[Product]:
    """``count`` products; the n-th is the same whatever the count."""
    for number in range(count):
        yield _product(number, seed)


def _product(number: int, seed: int) -> Product:
    chance = random.Random(f"{seed}:{number}")  # noqa: S311  (no secret: it must repeat)
    kind, subject, mood = chance.choice(_KINDS), chance.choice(_SUBJECTS), chance.choice(_MOODS)
    sentences = chance.sample(_SENTENCES, 4)
    serial = f"No. {number + 1}"
    english = Text(
        f"{mood[0]} {subject[0]} {kind.noun[0]} {serial}", " ".join(each[0] for each in sentences)
    )
    spanish = Text(
        f"{kind.noun[1]} {subject[1]} {mood[1]} {serial}", " ".join(each[1] for each in sentences)
    )
    made = _FIRST_DAY + timedelta(minutes=number)
    return Product(
        id=hashlib.blake2b(f"{seed}:{number}".encode(), digest_size=12).hexdigest(),
        name=english.name,
        description=english.description,
        category=kind.category,
        variants=tuple(_variants(kind, f"G{seed}-{number + 1}", chance)),
        photo=None,
        created_at=made,
        updated_at=made,
        translations={"es": spanish},
    )


def _variants(kind: _Kind, prefix: str, chance: random.Random) -> Iterator[Variant]:
    price = chance.randrange(kind.lowest, kind.highest, 50)
    sizes: Sequence[str | None] = kind.options.get("size", (None,))
    colours = chance.sample(_COLOURS, chance.randint(1, 2))
    for colour in colours:
        for size in sizes:
            options = {"colour": colour} | ({"size": size} if size else {})
            sku = "-".join(
                (prefix, *(_NOT_IN_SKUS.sub("-", value.upper()) for value in options.values()))
            )
            stock = 0 if chance.randrange(_SOLD_OUT_IN) == 0 else chance.randint(1, 60)
            yield Variant(sku, options, price, stock)
