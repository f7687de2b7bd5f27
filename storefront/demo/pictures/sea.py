"""Motifs of the sea and its edges."""

from math import pi, sin, sqrt

from storefront.demo.pictures.land import shore
from storefront.demo.pictures.motif import Box, Inks
from storefront.demo.pictures.palette import mix
from storefront.demo.pictures.svg import (
    blob,
    chances,
    circle,
    clip,
    curve,
    element,
    group,
    line_path,
    num,
    path,
    polygon,
    rect,
    ring,
)


def tides(box: Box, inks: Inks, seed: int) -> str:
    """A fortnight of tides: low amplitude at neaps, high at springs, and the moon to blame."""
    out = []
    rows = 15 if box.whole else 11
    for n in range(rows):
        y = box.h * (0.24 + 0.72 * n / rows) if box.whole else box.h * (0.1 + 0.83 * n / rows)
        half = (
            box.w * 0.42 if box.whole else sqrt(max(0.05, 1 - ((y - box.y) / box.r) ** 2)) * box.r
        )
        steps = max(7, int(half / 11))
        height = box.w * 0.024 * (0.35 + abs(sin(pi * n / 7 + seed)))
        points = []
        for k in range(steps + 1):
            x = box.x - half + 2 * half * k / steps
            swing = sin(x * 24 / box.w + n * 0.5) * height + sin(x * 12 / box.w + n) * height * 0.5
            points.append((x, y + swing))
        ink = inks.accent if n == rows * 2 // 3 else (inks.line, inks.line, inks.soft)[n % 3]
        out.append(line_path(curve(points), ink, box.w * 0.013))
    if box.whole:
        out.append(circle(box.w * 0.74, box.h * 0.15, box.w * 0.075, fill=inks.accent))
    return "".join(out)


def waves(box: Box, inks: Inks, seed: int) -> str:
    """Scales of water, the old way to say that the sea is calm today."""
    r = box.w / (8 if box.whole else 7)
    rings = "".join(
        circle(r, r, r * part, fill=inks.ground if n % 2 else ink)
        for n, (part, ink) in enumerate(
            ((0.97, inks.line), (0.78, ""), (0.6, inks.soft), (0.42, ""), (0.24, inks.accent))
        )
    )
    out = []
    tile = element(
        "pattern",
        group(rings, transform=f"translate(0 {num(-r * 0.5)})"),
        group(rings, transform=f"translate({num(-r)} 0)"),
        group(rings, transform=f"translate({num(r)} 0)"),
        group(rings, transform=f"translate(0 {num(r * 0.5)})"),
        group(rings, transform=f"translate({num(-r)} {num(r)})"),
        group(rings, transform=f"translate({num(r)} {num(r)})"),
        id="t",
        width=num(2 * r),
        height=num(r),
        patternUnits="userSpaceOnUse",
        patternTransform=f"translate({seed * 5} 0)",
    )
    out.append(tile)
    if box.whole:
        out.append(rect(0, 0, box.w, box.h, fill="url(#t)"))
    else:
        out.append(circle(box.x, box.y, box.r, fill="url(#t)"))
    return "".join(out)


def beaufort(box: Box, inks: Inks, seed: int) -> str:
    """From calm to hurricane in thirteen lines, with a boat that should have stayed at home."""
    left, right = box.w * 0.12, box.w * 0.88
    out = []
    for n in range(13):
        y = box.h * (0.12 + 0.063 * n)
        long = (right - left) / (14 - n * 0.75 if n else 1)
        count = max(1, round((right - left) / long))
        long = (right - left) / count
        high = 0.0 if n == 0 else box.h * (0.004 + 0.0038 * n)
        lean = long * (0.5 + 0.012 * n)
        crest = (
            f"c{num(lean * 0.5)},0 {num(lean * 0.75)},{num(-high)} {num(lean)},{num(-high)}"
            f"s{num(long * 0.1)},{num(high)} {num(long - lean)},{num(high)}"
        )
        ink = inks.accent if n == 12 else mix(inks.soft, inks.line, n / 12)
        out.append(line_path(f"M{num(left)},{num(y)}" + crest * count, ink, 1.6 + 0.22 * n))
    x, y = box.w * (0.24 + 0.02 * (seed % 5)), box.h * 0.117
    boat = (
        f"M{num(x - 16)},{num(y - 6)}h32l-6,8h-20zM{num(x - 2)},{num(y - 9)}v-26l-13,26z"
        f"M{num(x + 2)},{num(y - 9)}v-20l11,20z"
    )
    return "".join(out) + path(boat, fill=inks.accent)


def lighthouse(box: Box, inks: Inks, seed: int) -> str:
    """A light, its beam and the rock it stands on."""
    x = box.w * (0.36 if box.whole else 0.5)
    foot = box.h * (0.8 if box.whole else 0.84)
    tall = box.h * (0.46 if box.whole else 0.58)
    low, high = tall * 0.145, tall * 0.095
    top = foot - tall
    lamp = top - tall * 0.07
    reach = box.w * (0.9 if box.whole else 0.5)
    beam = [(x, lamp), (x + reach, lamp - reach * 0.26), (x + reach, lamp + reach * 0.1)]
    back = [(x, lamp), (x - reach, lamp - reach * 0.12), (x - reach, lamp + reach * 0.2)]
    out = [
        path(polygon(beam) + polygon(back), fill=inks.accent, opacity=0.5 if box.whole else 0.75)
    ]
    tower = [(x - low, foot), (x - high, top), (x + high, top), (x + low, foot)]
    out.append(path(polygon(tower), fill=inks.line))
    for n in range(3):
        a, b = 0.16 + 0.28 * n, 0.3 + 0.28 * n
        stripe = [
            (x + side * (low + (high - low) * part), foot - tall * part)
            for part, side in ((a, -1), (b, -1), (b, 1), (a, 1))
        ]
        out.append(path(polygon(stripe), fill=inks.soft))
    out.append(rect(x - high * 1.45, top - tall * 0.025, high * 2.9, tall * 0.03, fill=inks.line))
    out.append(rect(x - high * 0.72, top - tall * 0.13, high * 1.44, tall * 0.11, fill=inks.accent))
    cap = (
        f"M{num(x - high)},{num(top - tall * 0.13)}Q{num(x)},{num(top - tall * 0.26)} "
        f"{num(x + high)},{num(top - tall * 0.13)}Z"
    )
    out.append(path(cap, fill=inks.line))
    rock = shore(x, foot + box.h * 0.03, box.w * 0.2, seed, flat=0.28)
    out.append(path(blob(rock), fill=mix(inks.ground, inks.line, 0.75)))
    width = box.w if box.whole else box.r * 1.7
    start = box.x - width / 2
    for n in range(5 if box.whole else 3):
        y = foot + box.h * (0.05 + 0.045 * n)
        step = width / 12
        d = (
            f"M{num(start)},{num(y)}q{num(step / 2)},{num(-step * 0.32)} {num(step)},0"
            + f"t{num(step)},0" * 11
        )
        out.append(line_path(d, inks.line if n % 2 else inks.soft, box.w * 0.011))
    return "".join(out)


def shoal(box: Box, inks: Inks, seed: int) -> str:
    """Everybody swims left. Nearly everybody."""
    chance = chances(seed)
    schools: dict[str, list[str]] = {}
    eyes = []
    rows = 9 if box.whole else 7
    for row in range(rows):
        for n in range(5 if row % 2 else 4):
            x = box.w * (0.15 + 0.175 * n + (0 if row % 2 else 0.085)) + next(chance) * 6
            y = box.h * (0.08 + 0.86 * row / (rows - 0.5)) + (next(chance) - 0.5) * 8
            odd = row == rows // 2 + 1 and n == 2
            r = box.w * 0.07
            ink = inks.accent if odd else (inks.line, inks.soft, inks.line)[int(next(chance) * 3)]
            schools.setdefault(ink, []).append(_fish(x, y, -r if odd else r))
            eyes.append(f"M{num(x - (-r if odd else r) * 0.6)},{num(y - r * 0.05)}h.1")
    out = [path("".join(d), fill=ink) for ink, d in schools.items()]
    return "".join(out) + line_path("".join(eyes), inks.ground, 4)


def _fish(x: float, y: float, r: float) -> str:
    h = abs(r) * 0.42
    return (
        f"M{num(x - r)},{num(y)}q{num(r * 0.8)},{num(-h * 1.9)} {num(r * 1.5)},0"
        f"l{num(r * 0.5)},{num(-h)}q{num(-r * 0.2)},{num(h)} 0,{num(h * 2)}"
        f"l{num(-r * 0.5)},{num(-h)}"
        f"q{num(-r * 0.7)},{num(h * 1.9)} {num(-r * 1.5)},0z"
    )


def flags(box: Box, inks: Inks, seed: int) -> str:
    """Signal flags: whole sentences in a square of cloth."""
    columns = 4 if not box.whole else 5
    size = box.w / (columns * 1.28)
    rows = int(box.h / (size * 1.28))
    left = (box.w - (columns * 1.28 - 0.28) * size) / 2
    above = (box.h - (rows * 1.28 - 0.28) * size) / 2
    out = []
    for n in range(columns * rows):
        x, y = left + n % columns * size * 1.28, above + n // columns * size * 1.28
        cloth = (inks.line, inks.accent, inks.soft)
        one, two = cloth[(n + seed) % 3], cloth[(n * 2 + seed + 1 + n // columns) % 3]
        two = two if two != one else mix(inks.ground, "#ffffff", 0.75)
        out.append(
            group(
                rect(0, 0, size, size, fill=one),
                path(
                    _FLAGS[(n * 3 + seed) % len(_FLAGS)],
                    fill=two,
                    transform=f"scale({num(size / 10)})",
                ),
                transform=f"translate({num(x)} {num(y)})",
            )
        )
    return "".join(out)


_FLAGS = (
    "M5,0h5v10h-5z",
    "M3.3,0h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3z",
    "M3,3h4v4h-4z",
    "M0,0h5v5h5v5h-5v-5h-5z",
    "M0,0l10,10v-10z",
    "M0,3.3h10v3.4h-10z",
    "M5,0l5,5-5,5-5-5z",
    (
        "M0,0h1.6l3.4,3.4 3.4,-3.4h1.6v1.6l-3.4,3.4 3.4,3.4v1.6h-1.6l-3.4,-3.4 -3.4,3.4h-1.6"
        "v-1.6l3.4,-3.4 -3.4,-3.4z"
    ),
    "M2,0h2v10h-2zM6,0h2v10h-2z",
    "M0,0h10v10h-10zM2,2v6h6v-6z",
)


def drops(box: Box, inks: Inks, seed: int) -> str:
    """Rings on still water after the first drops."""
    chance = chances(seed)
    shape = rect(0, 0, box.w, box.h) if box.whole else circle(box.x, box.y, box.r)
    out = []
    for n in range(5):
        x, y = box.w * (0.12 + 0.76 * next(chance)), box.h * (0.12 + 0.76 * next(chance))
        for k in range(6 - n % 3):
            ink = inks.accent if n == 1 else (inks.line if k % 2 else inks.soft)
            out.append(ring(x, y, box.r * (0.06 + 0.11 * k), ink, 3 - 0.3 * k))
    return clip("d", shape) + group(*out, clip_path="url(#d)")
