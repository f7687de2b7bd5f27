"""Motifs of the air: weather and what flies in it."""

from math import cos, pi, sin

from storefront.demo.pictures.motif import Box, Inks
from storefront.demo.pictures.palette import mix
from storefront.demo.pictures.svg import (
    Point,
    around,
    blob,
    chances,
    circle,
    curve,
    ellipse,
    group,
    line_path,
    num,
    path,
    rect,
)


def isobars(box: Box, inks: Inks, seed: int) -> str:
    """A weather map: a deep low, a lazy high and the front between them."""
    low = (box.w * 0.36, box.h * 0.36)
    high = (box.w * 0.76, box.h * 0.76)
    rings = 8 if box.whole else 6
    d = []
    for n in range(rings):
        size = box.r * (0.09 + 0.115 * n)
        d.append(blob(_round(*low, size, seed + n * 0.18, wide=1.18)))
    d.extend(
        blob(_round(*high, box.r * (0.07 + 0.1 * n), seed + 2 + n * 0.2, wide=0.9))
        for n in range(rings - 3)
    )
    bars = line_path("".join(d), inks.line, 2.2)
    front = [
        (box.w * 0.37, box.h * 0.37),
        (box.w * 0.52, box.h * 0.3),
        (box.w * 0.7, box.h * 0.38),
        (box.w * 0.82, box.h * 0.52),
        (box.w * 0.99, box.h * 0.6),
    ]
    cold = [
        (box.w * 0.36, box.h * 0.37),
        (box.w * 0.46, box.h * 0.52),
        (box.w * 0.44, box.h * 0.68),
        (box.w * 0.34, box.h * 0.82),
        (box.w * 0.2, box.h * 0.95),
    ]
    out = [bars, line_path(curve(front), inks.accent, 4.5), line_path(curve(cold), inks.soft, 4.5)]
    size = box.r * 0.06
    for part in (0.2, 0.4, 0.6, 0.8):
        x, y = _on(front, part)
        bump = f"M{num(-size)},0A{num(size)} {num(size)} 0 0 1 {num(size)},0Z"
        turn = 8 + 32 * part
        out.append(path(bump, fill=inks.accent, transform=_put(x, y, turn)))
        x, y = _on(cold, part)
        tooth = f"M{num(-size)},0L0,{num(-size * 1.3)} {num(size)},0Z"
        out.append(path(tooth, fill=inks.soft, transform=_put(x, y, 60 + 75 * part)))
    out.append(circle(*low, box.r * 0.035, fill=inks.accent))
    return "".join(out)


def _round(x: float, y: float, r: float, phase: float, *, wide: float) -> list[Point]:
    out = []
    for n in range(10):
        turn = 2 * pi * n / 10
        wobble = 1 + 0.13 * sin(2 * turn + phase) + 0.07 * cos(3 * turn - 1.7 * phase)
        out.append((x + r * wide * wobble * cos(turn), y + r * wobble * sin(turn)))
    return out


def _on(points: list[Point], part: float) -> Point:
    """A point of the smooth curve near the given part of its way."""
    place = part * (len(points) - 1)
    n = min(int(place), len(points) - 2)
    rest = place - n
    (x0, y0), (x1, y1) = points[n], points[n + 1]
    return x0 + (x1 - x0) * rest, y0 + (y1 - y0) * rest


def _put(x: float, y: float, turn: float) -> str:
    return f"translate({num(x)} {num(y)}) rotate({num(turn)})"


def rain(box: Box, inks: Inks, seed: int) -> str:
    """Slanting rain, one drop of which has made up its mind to be sunshine."""
    chance = chances(seed)
    drops, columns, rows = [], 9, 8
    lucky = 3 + seed % 3
    out = []
    for row in range(rows):
        for column in range(columns):
            x = box.w * (0.1 + 0.85 * (column + 0.5 * (row % 2)) / columns)
            y = box.h * (0.3 + 0.68 * row / rows) + next(chance) * 6
            long = box.h * (0.035 + 0.03 * next(chance))
            d = f"M{num(x)},{num(y)}l{num(-long * 0.36)},{num(long)}"
            if row == lucky and column == lucky + 1:
                out.append(line_path(d, inks.accent, box.w * 0.028))
            else:
                drops.append(d)
    cloud = _cloud(box.x, box.h * 0.2, box.w * 0.3, ink=inks.soft)
    return line_path("".join(drops), inks.line, box.w * 0.012) + "".join(out) + cloud


def _cloud(x: float, y: float, r: float, *, ink: str) -> str:
    """A cumulus with a flat foot, ``r`` to each side."""
    d = (
        f"M{num(-r)},0a{num(r * 0.3)} {num(r * 0.3)} 0 0 1 {num(r * 0.14)},{num(-r * 0.56)}"
        f"a{num(r * 0.42)} {num(r * 0.42)} 0 0 1 {num(r * 0.72)},{num(-r * 0.3)}"
        f"a{num(r * 0.36)} {num(r * 0.36)} 0 0 1 {num(r * 0.68)},{num(r * 0.24)}"
        f"a{num(r * 0.32)} {num(r * 0.32)} 0 0 1 {num(r * 0.4)},{num(r * 0.62)}Z"
    )
    return path(d, fill=ink, transform=f"translate({num(x)} {num(y + r * 0.3)})")


def clouds(box: Box, inks: Inks, seed: int) -> str:
    """The kinds of clouds, each at its own height."""
    if not box.whole and box.w / box.h > 1.3:
        return _cloud(box.x, box.y, box.r * 1.15, ink=inks.line)
    chance = chances(seed)
    hooks = []
    for _ in range(6):
        x, y = box.w * (0.1 + 0.6 * next(chance)), box.h * (0.05 + 0.16 * next(chance))
        long = box.w * (0.14 + 0.1 * next(chance))
        hooks.append(f"M{num(x)},{num(y)}q{num(long * 0.6)},-4 {num(long)},{num(-box.h * 0.035)}")
    out = [line_path("".join(hooks), inks.line, box.w * 0.01, opacity=0.8)]
    for row in range(3):
        for n in range(5 - row % 2):
            x = box.w * (0.24 + 0.13 * n + 0.065 * (row % 2))
            wide = box.w * (0.035 + 0.015 * next(chance))
            out.append(ellipse(x, box.h * (0.3 + 0.045 * row), wide, box.h * 0.014, fill=inks.soft))
    out.append(_cloud(box.w * 0.32, box.h * 0.56, box.w * 0.2, ink=inks.line))
    out.append(_cloud(box.w * 0.68, box.h * 0.68, box.w * 0.24, ink=inks.soft))
    out.append(circle(box.w * 0.8, box.h * 0.5, box.w * 0.06, fill=inks.accent))
    layers = "".join(
        f"M{num(box.w * (0.12 + 0.1 * (n % 2)))},{num(box.h * (0.84 + 0.045 * n))}"
        f"h{num(box.w * 0.6)}"
        for n in range(3)
    )
    out.append(line_path(layers, inks.line, box.h * 0.018))
    return "".join(out)


def birds(box: Box, inks: Inks, seed: int) -> str:
    """A skein on its way south; one bird is looking back."""
    chance = chances(seed)
    out = []
    if box.whole:
        out.append(circle(box.w * 0.66, box.h * 0.3, box.w * 0.17, fill=inks.accent))
    lead = (box.w * 0.14, box.h * 0.24)
    count = 8 if box.whole else 6
    size = box.w * (0.075 if box.whole else 0.12)
    for arm, (step_x, step_y) in enumerate(((0.155, 0.02), (0.09, 0.15))):
        for n in range(arm, count):
            x = lead[0] + box.w * step_x * n * 0.92 + (next(chance) - 0.5) * 8
            y = lead[1] + box.h * step_y * n * 0.8 + (next(chance) - 0.5) * box.h * 0.03
            lost = arm == 1 and n == count - 2
            ink = inks.accent if lost and not box.whole else inks.line
            out.append(_bird(x, y, size * (1 - 0.03 * n), next(chance), ink=ink, back=lost))
    return "".join(out)


def _bird(x: float, y: float, r: float, flap: float, *, ink: str, back: bool) -> str:
    up = r * (0.35 + 0.5 * flap)
    d = (
        f"M{num(-r * 0.55)},{num(r * 0.05)}Q{num(-r * 0.1)},{num(-r * 0.12)} "
        f"{num(r * 0.05)},{num(-r * 0.1)}"
        f"Q{num(r * 0.1)},{num(-up)} {num(r * 0.62)},{num(-up - r * 0.3)}"
        f"Q{num(r * 0.45)},{num(-r * 0.2)} {num(r * 0.3)},{num(-r * 0.04)}"
        f"L{num(r * 0.85)},{num(r * 0.12)}Q{num(r * 0.2)},{num(r * 0.2)} "
        f"{num(-r * 0.05)},{num(r * 0.1)}"
        f"Q{num(-r * 0.2)},{num(up * 0.7)} {num(r * 0.1)},{num(up + r * 0.2)}"
        f"Q{num(-r * 0.4)},{num(up * 0.5)} {num(-r * 0.22)},{num(r * 0.1)}Z"
    )
    turn = f"translate({num(x)} {num(y)})" + (" scale(-1 1)" if back else "")
    return path(d, fill=ink, transform=turn)


def gulls(box: Box, inks: Inks, seed: int) -> str:
    """Gulls, or something very like them, as one draws them at six."""
    chance = chances(seed)
    out = []
    for n in range(13 if box.whole else 5):
        r = box.w * (0.05 + 0.06 * next(chance)) * (1 if box.whole else 1.9)
        x, y = around(
            box.w * 0.48, box.y, box.r * (0.16 + 0.058 * n) * (1 if box.whole else 1.7), n * 137.5
        )
        y = box.y + (y - box.y) * (1.5 if box.whole else 0.8)
        bow = (
            f"M{num(x - r)},{num(y - r * 0.2)}q{num(r * 0.62)},{num(-r * 0.34)} "
            f"{num(r)},{num(r * 0.3)}"
            f"q{num(r * 0.38)},{num(-r * 0.64)} {num(r)},{num(-r * 0.3)}"
        )
        ink = inks.accent if n == 2 else inks.line
        out.append(line_path(bow, ink, max(3, r * 0.16), stroke_linejoin="round"))
    return "".join(out)


def kites(box: Box, inks: Inks, seed: int) -> str:
    """Three kites and the line that somebody holds."""
    places = ((0.2, 0.22, 0.15, -20), (0.76, 0.28, 0.18, 22), (0.46, 0.58, 0.11, -4))
    out = []
    for n, (part_x, part_y, size, tilt) in enumerate(places):
        x, y, r = box.w * part_x, box.h * part_y, box.w * size
        bend = f"{num(x * 0.7 + box.x * 0.3)},{num(box.h * 0.66)}"
        string = f"M{num(x)},{num(y)}Q{bend} {num(box.x)},{num(box.h)}"
        out.append(line_path(string, inks.line, 1.4, opacity=0.7))
        one, two = ((inks.accent, inks.line), (inks.line, inks.soft), (inks.soft, inks.accent))[
            (n + seed) % 3
        ]
        tall = r * 1.3
        sail = (
            path(f"M0,{num(-r)}L{num(r * 0.8)},0 0,{num(tall)}Z", fill=one)
            + path(f"M0,{num(-r)}L{num(-r * 0.8)},0 0,{num(tall)}Z", fill=two)
            + path(
                f"M0,0L{num(r * 0.8)},0 0,{num(tall)}ZM0,{num(-r)}L{num(-r * 0.8)},0H0Z",
                fill="#000",
                opacity=0.1,
            )
        )
        tail = line_path(
            f"M0,{num(tall)}q{num(r * 0.5)},{num(r * 0.3)} 0,{num(r * 0.6)}t0,{num(r * 0.6)}",
            inks.line,
            2,
        )
        bows = "".join(
            path(f"M{num(dx - 8)},{num(tall + r * k - 5)}l16,10v-10l-16,10z", fill=one)
            for k, dx in ((0.3, r * 0.24), (0.9, -r * 0.24))
        )
        out.append(
            group(tail, bows, sail, transform=f"translate({num(x)} {num(y)}) rotate({tilt})")
        )
    return "".join(out)


def balloon(box: Box, inks: Inks, seed: int) -> str:
    """A balloon in no hurry, with two clouds for company."""
    r, x, y = box.w * 0.33, box.x, box.h * 0.36
    d = (
        f"M{num(-r)},0A{num(r)} {num(r)} 0 0 1 {num(r)},0C{num(r)},{num(r * 0.7)} "
        f"{num(r * 0.3)},{num(r * 1.1)} {num(r * 0.2)},{num(r * 1.32)}H{num(-r * 0.2)}"
        f"C{num(-r * 0.3)},{num(r * 1.1)} {num(-r)},{num(r * 0.7)} {num(-r)},0Z"
    )
    gores = [path(d, fill=inks.accent)]
    for part, ink in ((0.72, inks.line), (0.42, inks.soft), (0.14, inks.accent)):
        wide = r * part
        gore = (
            f"M{num(-wide)},0A{num(wide)} {num(r)} 0 0 1 {num(wide)},0"
            f"C{num(wide)},{num(r * 0.7)} {num(wide * 0.4)},{num(r * 1.1)} "
            f"{num(wide * 0.3)},{num(r * 1.32)}H{num(-wide * 0.3)}"
            f"C{num(-wide * 0.4)},{num(r * 1.1)} {num(-wide)},{num(r * 0.7)} {num(-wide)},0Z"
        )
        gores.append(path(gore, fill=ink))
    ropes = (
        f"M{num(-r * 0.19)},{num(r * 1.32)}L{num(-r * 0.13)},{num(r * 1.66)}"
        f"M{num(r * 0.19)},{num(r * 1.32)}L{num(r * 0.13)},{num(r * 1.66)}"
    )
    basket = rect(-r * 0.16, r * 1.64, r * 0.32, r * 0.26, rx=5, fill=inks.line)
    craft = group(
        *gores, line_path(ropes, inks.line, 2), basket, transform=f"translate({num(x)} {num(y)})"
    )
    near = _cloud(box.w * 0.2, box.h * 0.74, box.w * 0.16, ink=mix(inks.ground, inks.line, 0.35))
    far = _cloud(
        box.w * (0.8 + 0.02 * (seed % 3)),
        box.h * 0.6,
        box.w * 0.11,
        ink=mix(inks.ground, inks.line, 0.2),
    )
    return far + craft + near
