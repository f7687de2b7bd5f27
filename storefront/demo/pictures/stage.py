"""The studio: backdrop, daylight, and the shadows that things throw."""

from storefront.demo.pictures.palette import darker, lighter, mix
from storefront.demo.pictures.svg import (
    chances,
    circle,
    element,
    ellipse,
    glow,
    gradient,
    group,
    line_path,
    num,
    path,
    rect,
)

FLOOR = 760
"""Where wall and table meet behind things that stand."""


def backdrop(colour: str, *, standing: bool) -> str:
    """A plain tinted ground: a sheet seen from above, or a wall and the table before it."""
    high, low = lighter(colour, 0.22), darker(colour, 0.1)
    out = [
        gradient("bg", (120, 0, 620, 1000), (0, high, 1), (1, low, 1)),
        glow("lt", (0, "#fff", 0.42), (1, "#fff", 0)),
        rect(0, 0, 800, 1000, fill="url(#bg)"),
    ]
    if standing:
        out.append(
            gradient(
                "tb",
                (0, FLOOR - 60, 0, 1000),
                (0, lighter(colour, 0.3), 0),
                (0.35, lighter(colour, 0.3), 0.85),
                (1, lighter(colour, 0.12), 1),
            )
        )
        out.append(rect(0, FLOOR - 60, 800, 300, fill="url(#tb)"))
    out.append(ellipse(260, 300, 560, 620, fill="url(#lt)"))
    return "".join(out)


def filters() -> str:
    """Three blurs over the whole picture: of creases, of shadows, of daylight."""
    return "".join(
        element(
            "filter",
            element("feGaussianBlur", stdDeviation=num(blur)),
            id=name,
            filterUnits="userSpaceOnUse",
            x="-400",
            y="-200",
            width="1600",
            height="1400",
        )
        for name, blur in (("f", 7), ("s", 16), ("w", 9))
    )


def daylight(kind: str, seed: int, *, colour: str) -> str:
    """What the window lets fall on a backdrop of ``colour``: panes, a blind, or nothing.

    Leaves throw the same shadow on everything: see `touch`.
    """
    if kind == "leaves":
        return ""
    shade = mix(colour, "#5c2a12", 0.65)
    return _fall(kind, seed, shade=shade, dim=0.19, lit=0.17)


def touch(kind: str, seed: int) -> str:
    """The same light once more, faintly, on the things that lie in it.

    Light is where the shade is not, so that dark cloth in the sun stays dark.
    """
    return _fall(kind, seed, shade="#0a0812", dim=0.1, lit=0.06)


def _fall(kind: str, seed: int, *, shade: str, dim: float, lit: float) -> str:
    if kind == "leaves":
        return _leaves(seed)
    if kind == "window":
        x, y = 300 + seed % 3 * 30, 110 + seed % 4 * 25
        bright = "".join(
            f"M{x + dx},{y + dy}l180,-66v260l-180,66z"
            for dx, dy in ((0, 0), (0, 288), (202, -74), (202, 214))
        )
    elif kind == "blind":
        first = 90 + seed % 4 * 15
        bright = "".join(f"M-60,{first + 78 * n}l960,-270v42l-960,270z" for n in range(15))
    else:
        return ""
    dark = f"M-60,-60h920v1120h-920z{bright}"
    return group(
        path(dark, fill=shade, fill_rule="evenodd", opacity=dim),
        path(bright, fill="#fff4dc", opacity=lit),
        filter="url(#w)",
    )


def _leaves(seed: int) -> str:
    """Two twigs of something with long leaves, out of focus."""
    chance = chances(seed + 40)
    d, twigs = [], []
    for start_x, start_y, step_x, step_y in ((830, 30, -62, 34), (840, 330, -44, 62)):
        x, y = float(start_x), float(start_y)
        twigs.append(f"M{num(x)},{num(y)}")
        for n in range(6):
            x += step_x * 1.3
            y += step_y * 1.3 + n * 5
            twigs.append(f"L{num(x)},{num(y)}")
            for side in (-1, 1):
                long, turn = 150 - 9 * n + 50 * next(chance), 0.5 * next(chance)
                dx = -long * (0.98 if side > 0 else 0.25 + turn)
                dy = long * (turn - 0.25 if side > 0 else 0.94)
                bow = long * 0.19
                d.append(
                    f"M{num(x)},{num(y)}q{num(dx * 0.4 - bow)},{num(dy * 0.4 - bow)} "
                    f"{num(dx)},{num(dy)}"
                    f"q{num(-dx * 0.6 + bow * 1.6)},{num(-dy * 0.6 + bow * 1.6)} "
                    f"{num(-dx)},{num(-dy)}z"
                )
    return group(
        path("".join(d), fill="#1a1420"),
        line_path("".join(twigs), "#1a1420", 7),
        opacity=0.13,
        filter="url(#w)",
    )


def cast(d: str, dx: float, dy: float, opacity: float = 0.3) -> str:
    """The shadow of a flat thing, moved away from the light."""
    return path(
        d,
        fill="#1a1420",
        opacity=opacity,
        filter="url(#s)",
        transform=f"translate({num(dx)} {num(dy)})",
    )


def contact(x: float, y: float, rx: float, ry: float) -> str:
    """The shadows of a standing thing: dark where it touches, long and soft away from the light."""
    return (
        glow("sh", (0, "#1a1420", 0.5), (0.55, "#1a1420", 0.22), (1, "#1a1420", 0))
        + ellipse(x + rx * 0.75, y + ry * 0.1, rx * 1.75, ry * 1.5, fill="url(#sh)", opacity=0.7)
        + ellipse(x, y, rx * 1.02, ry * 0.8, fill="#1a1420", opacity=0.42, filter="url(#f)")
    )


def pebble(x: float, y: float, r: float, colour: str) -> str:
    """A beach stone; with a white vein it brings luck."""
    return group(
        ellipse(
            r * 0.2, r * 0.42, r * 1.15, r * 0.35, fill="#1a1420", opacity=0.3, filter="url(#f)"
        ),
        glow("pb", (0, lighter(colour, 0.4), 1), (1, darker(colour, 0.3), 1)),
        path(
            f"M{num(-r)},{num(r * 0.1)}C{num(-r)},{num(-r * 0.6)} "
            f"{num(-r * 0.3)},{num(-r * 0.66)} {num(r * 0.2)},{num(-r * 0.6)}"
            f"S{num(r)},{num(-r * 0.2)} {num(r)},{num(r * 0.15)}"
            f"S{num(r * 0.5)},{num(r * 0.6)} 0,{num(r * 0.58)}S{num(-r)},{num(r * 0.5)} "
            f"{num(-r)},{num(r * 0.1)}Z",
            fill="url(#pb)",
        ),
        line_path(
            f"M{num(-r * 0.42)},{num(-r * 0.52)}Q{num(r * 0.1)},{num(-r * 0.1)} "
            f"{num(r * 0.1)},{num(r * 0.56)}",
            "#fffaf0",
            r * 0.07,
            opacity=0.7,
        ),
        transform=f"translate({num(x)} {num(y)})",
    )


def peg(x: float, y: float, wood: str = "#b98b5e") -> str:
    """A turned wooden peg on the wall."""
    return group(
        circle(6, 10, 21, fill="#1a1420", opacity=0.35, filter="url(#f)"),
        glow("pg", (0, lighter(wood, 0.4), 1), (1, darker(wood, 0.2), 1)),
        circle(0, 0, 20, fill="url(#pg)"),
        circle(-2, -2, 11, fill="none", stroke=darker(wood, 0.2), stroke_width=1.4, opacity=0.5),
        transform=f"translate({num(x)} {num(y)})",
    )
