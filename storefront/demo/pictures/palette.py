"""The colours of the shop, by name, and how they mix."""

from typing import NamedTuple


class Dye(NamedTuple):
    """A colour that an object can be bought in, and the backdrop that suits it."""

    tone: str
    backdrop: str


DYES = {
    "Off-white": Dye("#f3ecdd", "clay"),
    "Sand": Dye("#dcc7a1", "mist"),
    "Navy": Dye("#26385c", "shell"),
    "Ink": Dye("#262b33", "fog"),
    "Petrol": Dye("#1f5a66", "linen"),
    "Sky blue": Dye("#9dbdd3", "blush"),
    "Moss": Dye("#6c7a4d", "linen"),
    "Rust": Dye("#b4552f", "mist"),
    "Coral": Dye("#e0836a", "fog"),
    "Ochre": Dye("#d8a03f", "haze"),
    "Grey": Dye("#aab0b1", "lemon"),
    "Plum": Dye("#5d4260", "blush"),
}

TONES = {
    "cream": "#f7f0e1",
    "paper": "#efe6d3",
    "ink": "#252c38",
    "night": "#18233a",
    "navy": "#26385c",
    "petrol": "#1f5a66",
    "sea": "#3d8390",
    "foam": "#b9d8d6",
    "mint": "#8ee0b4",
    "sky": "#9dbdd3",
    "blue": "#2c5f9e",
    "prussian": "#17406f",
    "moss": "#6c7a4d",
    "fern": "#39584a",
    "sage": "#a9b79a",
    "sand": "#dcc7a1",
    "ochre": "#d8a03f",
    "lemon": "#f0d27c",
    "rust": "#b4552f",
    "coral": "#e0836a",
    "red": "#c8412f",
    "blush": "#efcbb9",
    "plum": "#5d4260",
    "lilac": "#b9a6c4",
    "grey": "#8f979b",
    "kraft": "#c39a6b",
    "white": "#fffdf8",
}

BACKDROPS = {
    "fog": "#d9dbd6",
    "mist": "#c5d3d4",
    "haze": "#b9cad8",
    "linen": "#e6dac3",
    "shell": "#ecd3c3",
    "blush": "#e3b9a5",
    "clay": "#c98f72",
    "lemon": "#e8cd85",
    "ochre": "#d3a04e",
    "sage": "#b9c3a8",
    "moss": "#7d8a64",
    "lagoon": "#7fb0b3",
    "petrol": "#2c5f69",
    "dusk": "#5c5f83",
    "lilac": "#c6b8cf",
    "night": "#263450",
}


def tone(name: str) -> str:
    """The hexadecimal value of an ink or a dye."""
    return TONES[name] if name in TONES else DYES[name].tone


def mix(one: str, other: str, part: float) -> str:
    """``part`` of the way (0 to 1) from ``one`` to ``other``."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def darker(colour: str, part: float) -> str:
    """Towards a warm black, as shadows on cloth and clay are."""
    return mix(colour, "#1a1420", part)


def lighter(colour: str, part: float) -> str:
    return mix(colour, "#fffaf0", part)


def brightness(colour: str) -> float:
    """From 0, black, to 1, white, as the eye weighs the channels."""
    red, green, blue = _channels(colour)
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def distance(one: str, other: str) -> float:
    """From 0, the same, to 1, black against white."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5 / 441.7)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
