"""Small words for writing SVG: elements with presentation attributes only, numbers kept short."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import cos, pi, sin

Point = tuple[float, float]

# Below this extent a shape needs tenths of a unit to stay smooth.
SMALL = 60


def num(value: float) -> str:
    """A coordinate with at most one decimal; far from the origin with none."""
    text = f"{value:.{0 if abs(value) >= 100 else 1}f}".removesuffix(".0")
    return "0" if text == "-0" else text


def element(name: str, *children: str, **attributes: str | float) -> str:
    """An element; underscores in attribute names become hyphens."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{words}>{''.join(children)}</{name}>" if children else f"<{name}{words}/>"


def _attribute(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def path(d: str, **attributes: str | float) -> str:
    return element("path", d=d, **attributes)


def line_path(d: str, stroke: str, width: float, **attributes: str | float) -> str:
    """An unfilled path with round ends."""
    return path(
        d, fill="none", stroke=stroke, stroke_width=width, stroke_linecap="round", **attributes
    )


def circle(x: float, y: float, r: float, **attributes: str | float) -> str:
    return element("circle", cx=num(x), cy=num(y), r=num(r), **attributes)


def ring(x: float, y: float, r: float, stroke: str, width: float, **more: str | float) -> str:
    return circle(x, y, r, fill="none", stroke=stroke, stroke_width=width, **more)


def ellipse(x: float, y: float, rx: float, ry: float, **attributes: str | float) -> str:
    return element("ellipse", cx=num(x), cy=num(y), rx=num(rx), ry=num(ry), **attributes)


def rect(x: float, y: float, w: float, h: float, **attributes: str | float) -> str:
    return element("rect", x=num(x), y=num(y), width=num(w), height=num(h), **attributes)


def group(*children: str, **attributes: str | float) -> str:
    return element("g", *children, **attributes)


def clip(name: str, shape: str) -> str:
    return element("clipPath", shape, id=name)


def gradient(
    name: str, line: tuple[float, float, float, float], *stops: tuple[float, str, float]
) -> str:
    """A linear gradient in user space; each stop is offset, colour and opacity."""
    x1, y1, x2, y2 = (num(value) for value in line)
    return element(
        "linearGradient",
        *_stops(stops),
        id=name,
        gradientUnits="userSpaceOnUse",
        x1=x1,
        y1=y1,
        x2=x2,
        y2=y2,
    )


def fade(name: str, *stops: tuple[float, str, float]) -> str:
    """A linear gradient from the top to the foot of whatever it fills."""
    return element("linearGradient", *_stops(stops), id=name, x2="0", y2="1")


def glow(name: str, *stops: tuple[float, str, float]) -> str:
    """A radial gradient over the bounding box of what it fills."""
    return element("radialGradient", *_stops(stops), id=name)


def _stops(stops: Iterable[tuple[float, str, float]]) -> Iterator[str]:
    for offset, colour, opacity in stops:
        see_through = {} if opacity == 1 else {"stop_opacity": opacity}
        yield element("stop", offset=offset, stop_color=colour, **see_through)


def polygon(points: Iterable[Point]) -> str:
    return "M" + "L".join(f"{num(x)},{num(y)}" for x, y in points) + "Z"


def curve(points: Sequence[Point]) -> str:
    """A smooth open path: quadratic pieces whose joints are the middles between the points."""
    (x0, y0), *inner, (x1, y1) = points
    words = [f"M{num(x0)},{num(y0)}"]
    for (x, y), (next_x, next_y) in pairwise(inner):
        words.append(f"Q{num(x)},{num(y)} {num((x + next_x) / 2)},{num((y + next_y) / 2)}")
    words.append(f"Q{num(inner[-1][0])},{num(inner[-1][1])} {num(x1)},{num(y1)}")
    return "".join(words)


def blob(points: Sequence[Point]) -> str:
    """A smooth closed path, in steps from point to point, which are short to write."""
    digits = 0 if _extent(points) > SMALL else 1
    start = _rounded(_middle(points[-1], points[0]), digits)
    steps: list[float] = []
    here = start
    for control, following in zip(points, [*points[1:], points[0]], strict=True):
        there = _rounded(_middle(control, following), digits)
        for x, y in (_rounded(control, digits), there):
            steps += (x - here[0], y - here[1])
        here = there
    return f"M{_series(start)}q{_series(steps)}z"


def _extent(points: Sequence[Point]) -> float:
    """Width or height, whichever is larger."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return max(max(xs) - min(xs), max(ys) - min(ys))


def _rounded(point: Point, digits: int) -> Point:
    return round(point[0], digits), round(point[1], digits)


def _series(numbers: Sequence[float]) -> str:
    """Numbers one after the other: a minus sign parts them, too."""
    return ",".join(num(each) for each in numbers).replace(",-", "-")


def _middle(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def around(x: float, y: float, r: float, angle: float) -> Point:
    """The point at ``angle`` degrees, clockwise from the top."""
    turn = angle * pi / 180
    return x + r * sin(turn), y - r * cos(turn)


def chances(seed: int) -> Iterator[float]:
    """Endless numbers from 0 to 1, the same for the same seed on every machine."""
    state = (seed * 2654435761 + 97) % 2**32
    while True:
        state = (1664525 * state + 1013904223) % 2**32
        yield (state >> 8) / 2**24
