"""Motifs found by looking up."""

from math import cos, pi, sin, sqrt

from storefront.demo.pictures.motif import Box, Inks
from storefront.demo.pictures.palette import mix
from storefront.demo.pictures.svg import (
    around,
    chances,
    circle,
    ellipse,
    fade,
    glow,
    group,
    line_path,
    num,
    path,
    polygon,
    rect,
    ring,
)


def moons(box: Box, inks: Inks, seed: int) -> str:
    """A month of moons: in a wheel, or row by row on a sheet."""
    if not box.whole:
        size = box.r * 0.17
        wheel = [
            _moon(*around(box.x, box.y, box.r - size, 30 * n), size, n / 12, inks=inks)
            for n in range(12)
        ]
        return "".join(wheel) + _moon(box.x, box.y, box.r * 0.4, 0.5, inks=inks) + _seas(box, inks)
    step_x, step_y = box.w / 6, box.h / 7.4
    out = []
    for n in range(30):
        x, y = step_x * (n % 5 + 1), step_y * (n // 5 + 1.2)
        full = n == 14 + seed % 2
        lit = Inks(inks.ground, inks.accent if full else inks.line, inks.accent, inks.soft)
        out.append(_moon(x, y, step_x * 0.36, n / 29.5, inks=lit))
    return "".join(out)


def _moon(x: float, y: float, r: float, phase: float, *, inks: Inks) -> str:
    """``phase`` runs from 0, new, through 0.5, full, to 1."""
    dark = circle(x, y, r, fill=mix(inks.ground, inks.line, 0.14))
    edge = abs(cos(2 * pi * phase)) * r
    waxing, gibbous = phase < 0.5, 0.25 < phase < 0.75
    outer, inner = int(waxing), int(gibbous == waxing)
    bow = f"A{num(r)} {num(r)} 0 0 {outer} {num(x)} {num(y + r)}"
    back = f"A{num(edge)} {num(r)} 0 0 {inner} {num(x)} {num(y - r)}"
    return dark + path(f"M{num(x)} {num(y - r)}{bow}{back}Z", fill=inks.line)


def _seas(box: Box, inks: Inks) -> str:
    shade = mix(inks.ground, inks.line, 0.78)
    spots = ((-0.13, -0.12, 0.12), (0.1, -0.05, 0.08), (-0.04, 0.14, 0.1), (0.17, 0.16, 0.05))
    return "".join(
        circle(box.x + box.r * x, box.y + box.r * y, box.r * r, fill=shade) for x, y, r in spots
    )


def analemma(box: Box, inks: Inks, seed: int) -> str:
    """The noon sun of every week of a year, over a roof."""
    today = 9 + seed % 9
    weeks = 46
    dots, best = [], ""
    for n in range(weeks):
        turn = 2 * pi * n / weeks
        x = box.x + box.w * (0.1 - 0.05 * cos(turn)) * sin(2 * turn) * 1.2
        y = box.h * (0.4 - 0.38 * cos(turn))
        if n == today:
            best = circle(x, y, box.w * 0.055, fill=inks.accent)
        else:
            dots.append(f"M{num(x)},{num(y)}h.1")
    base = box.h * 0.98
    house = (
        f"M{num(box.x - 74)},{num(base)}v-26l21,-19 21,19v26z"
        f"M{num(box.x - 50)},{num(base)}v-12h-8v12z"
    )
    return (
        line_path("".join(dots), inks.line, box.w * 0.03)
        + best
        + path(house, fill=inks.line, fill_rule="evenodd")
        + line_path(f"M{num(box.w * 0.1)},{num(base)}H{num(box.w * 0.9)}", inks.line, 3)
    )


def constellation(box: Box, inks: Inks, seed: int) -> str:
    """Figures that no astronomer has named, on a star chart's circles."""
    chance = chances(seed)
    reach = (sqrt(box.x**2 + box.y**2) if box.whole else box.r) * 0.99
    chart = "".join(
        ring(box.x, box.y, reach * part, inks.soft, 1.5, stroke_dasharray="2 6")
        for part in (0.36, 0.68, 1)
    )
    spokes = "".join(
        "M{},{}L{},{}".format(
            *map(num, around(box.x, box.y, reach * 0.12, a)),
            *map(num, around(box.x, box.y, reach, a)),
        )
        for a in range(0, 360, 45)
    )
    out = [chart, line_path(spokes, inks.soft, 1, opacity=0.6)]
    half_x, half_y = (box.x, box.y) if box.whole else (box.r * 0.8, box.r * 0.8)
    specks: tuple[list[str], list[str]] = ([], [])
    for _ in range(60 if box.whole else 26):
        x = box.x + (next(chance) * 2 - 1) * half_x * 0.95
        y = box.y + (next(chance) * 2 - 1) * half_y * 0.95
        specks[next(chance) > 0.75].append(f"M{num(x)},{num(y)}h.1")
    for d, width in zip(specks, (2.2, 4.2), strict=True):
        out.append(line_path("".join(d), inks.line, width, opacity=0.8))
    for n in range(5 if box.whole else 3):
        angle = n * (72 if box.whole else 120) + seed * 37
        away = 0.62 if box.whole else 0.56
        x, y = around(0, 0, away, angle)
        out.append(
            _figure(box.x + x * half_x, box.y + y * half_y, box.r * 0.36, seed + n, inks=inks)
        )
    return "".join(out)


def _figure(x: float, y: float, r: float, seed: int, *, inks: Inks) -> str:
    chance = chances(seed * 7 + 3)
    turn = next(chance) * 360
    stars = [
        around(x, y, r * (0.35 + 0.65 * next(chance)), turn + n * 58 + 24 * next(chance))
        for n in range(6)
    ]
    lines = polygon(stars).removesuffix("Z")
    out = [line_path(lines, inks.line, 2, opacity=0.85)]
    bright = int(next(chance) * 6)
    for n, (star_x, star_y) in enumerate(stars):
        if n == bright:
            out.append(_sparkle(star_x, star_y, r * 0.32, inks.accent))
        else:
            out.append(circle(star_x, star_y, 3.4 + 2.2 * next(chance), fill=inks.line))
    return "".join(out)


def _sparkle(x: float, y: float, r: float, ink: str) -> str:
    points = [around(x, y, r if n % 2 == 0 else r * 0.24, 45 * n) for n in range(8)]
    return path(polygon(points), fill=ink)


def orbits(box: Box, inks: Inks, seed: int) -> str:
    """Planets on their rounds; one of them wears a ring."""
    chance = chances(seed)
    x, y, rings, reach = box.x, box.y, 5, box.r * 0.94
    if box.whole:
        x, y, rings, reach = box.w * 0.2, box.h * 0.8, 8, box.h * 0.84
    out = [circle(x, y, reach * 0.15, fill=inks.accent)]
    for n in range(1, rings + 1):
        r = reach * (0.17 + 0.83 * n / rings)
        out.append(ring(x, y, r, inks.line, 1.6, opacity=0.65))
        turn = 6 + (n * 27 + seed * 5) % 52 if box.whole else n * 137.5 + seed * 51
        place = around(x, y, r, turn)
        size = reach * (0.022 + 0.034 * next(chance))
        if n == rings - 1:
            out.append(_ringed(*place, reach * (0.06 if box.whole else 0.09), inks=inks))
        elif not box.whole or place[0] < box.w * 0.94:
            out.append(circle(*place, size + 4, fill=inks.ground))
            out.append(circle(*place, size, fill=inks.soft if n % 2 else inks.line))
    return "".join(out)


def _ringed(x: float, y: float, r: float, *, inks: Inks) -> str:
    wide, high = r * 1.9, r * 0.55
    front = f"M{num(-wide)},0a{num(wide)},{num(high)} 0 0 0 {num(wide * 2)},0"
    return group(
        circle(0, 0, r * 1.25, fill=inks.ground),
        ellipse(0, 0, wide, high, fill="none", stroke=inks.line, stroke_width=2.4),
        circle(0, 0, r, fill=inks.soft),
        line_path(front, inks.line, 2.4),
        transform=f"translate({num(x)} {num(y)}) rotate(-22)",
    )


def trails(box: Box, inks: Inks, seed: int) -> str:
    """Stars that turned round the pole while the shutter was open."""
    chance = chances(seed)
    x, y = (box.w * 0.56, box.h * 0.44) if box.whole else (box.x, box.y)
    reach = box.h * 0.72 if box.whole else box.r
    strokes: dict[str, list[str]] = {inks.line: [], inks.soft: [], inks.accent: []}
    count = 46 if box.whole else 26
    for n in range(count):
        r = reach * (0.05 + 0.93 * n / count)
        start = next(chance) * 360
        sweep = 48 + 64 * next(chance)
        ink = (inks.line, inks.soft, inks.line, inks.accent)[int(next(chance) * 3.4)]
        for turn in (0, 180) if n % 3 else (0, 120, 240):
            (x0, y0), (x1, y1) = (around(x, y, r, start + turn + s) for s in (0, sweep))
            strokes[ink].append(f"M{num(x0)},{num(y0)}A{num(r)} {num(r)} 0 0 1 {num(x1)},{num(y1)}")
    lines = "".join(line_path("".join(d), ink, 2.2, opacity=0.9) for ink, d in strokes.items())
    return lines + circle(x, y, 3.4, fill=inks.accent)


def eclipse(box: Box, inks: Inks, seed: int) -> str:
    """The sun's crown, and below it how the moon came and went."""
    x, y, r = box.x, box.h * 0.37, box.w * 0.17
    rays = []
    for n in range(96):
        long = 1.22 + 0.95 * abs(sin(n * pi / 48 + seed)) ** 3 + 0.16 * (n % 3)
        (x0, y0), (x1, y1) = (around(x, y, r * part, n * 3.75) for part in (1.08, long))
        rays.append(f"M{num(x0)},{num(y0)}L{num(x1)},{num(y1)}")
    black = mix(inks.ground, "#000000", 0.4)
    out = [
        glow("cn", (0.3, inks.accent, 0.55), (1, inks.accent, 0)),
        circle(x, y, r * 2.2, fill="url(#cn)"),
        line_path("".join(rays), inks.line, 1.5, opacity=0.8),
        circle(x, y, r * 1.045, fill=inks.line),
        circle(x, y, r, fill=black),
        circle(*around(x, y, r * 1.02, 52), r * 0.07, fill="#fff"),
    ]
    small = box.w * 0.045
    for n in range(7):
        sun_x, sun_y = box.w * (0.14 + 0.12 * n), box.h * (0.84 + 0.0045 * (n - 3) ** 2)
        bite = (n - 3) * small * 0.56
        if n == 3:
            out.append(ring(sun_x, sun_y, small, inks.accent, 2))
            continue
        out.append(circle(sun_x, sun_y, small, fill=inks.accent))
        out.append(circle(sun_x - bite, sun_y + abs(bite) * 0.08, small, fill=inks.ground))
    return "".join(out)


def aurora(box: Box, inks: Inks, seed: int) -> str:
    """Curtains of light behind a row of firs."""
    chance = chances(seed)
    stars = "".join(
        f"M{num(box.w * next(chance))},{num(box.h * 0.6 * next(chance))}h.1" for _ in range(44)
    )
    out = [line_path(stars, "#fff", 2.2, opacity=0.8)]
    for n, ink in enumerate((inks.soft, inks.line)):
        tall = box.h * (0.3 + 0.14 * n)
        out.append(
            fade(
                f"m{n}",
                (0, inks.accent, 0),
                (0.45, inks.accent, 0.3),
                (0.85, ink, 0.95),
                (1, ink, 0),
            )
        )
        rays = []
        for k in range(24):
            part = k / 23
            foot = box.h * (0.36 + 0.2 * n + 0.13 * sin(part * 5.2 + n * 2.4 + seed) * (0.4 + part))
            high = tall * (0.75 + 0.4 * next(chance))
            x = box.w * (part * 1.1 - 0.07)
            rays.append(rect(x, foot - high, box.w * 0.055, high, fill=f"url(#m{n})"))
        out.append(group(*rays, filter="url(#f)", opacity=0.85))
    firs = [f"M0,{num(box.h)}V{num(box.h * 0.9)}"]
    x = 0.0
    while x < box.w:
        wide = box.w * (0.05 + 0.05 * next(chance))
        tall = wide * (1.6 + 1.4 * next(chance))
        firs.append(f"l{num(wide / 2)},{num(-tall)} {num(wide / 2)},{num(tall)}")
        x += wide
    dark = mix(inks.ground, "#000000", 0.5)
    return "".join(out) + path("".join(firs) + f"V{num(box.h)}Z", fill=dark)


def sunrise(box: Box, inks: Inks, seed: int) -> str:
    """A sun in slices on the edge of the sea."""
    r = box.w * 0.3 if box.whole else box.r * 0.74
    y = box.h * (0.52 if box.whole else 0.56)
    x = box.x
    out = []
    if box.whole:
        for n in range(6):
            band = mix(inks.ground, inks.soft, n / 5)
            out.append(rect(0, y * n / 6, box.w, y / 6 + 1, fill=band))
        out.append(rect(0, y, box.w, box.h - y, fill=inks.line))
    disc = f"M{num(x - r)},{num(y)}A{num(r)} {num(r)} 0 0 1 {num(x + r)},{num(y)}Z"
    out.append(path(disc, fill=inks.accent))
    chance = chances(seed)
    water, glints = [], []
    rows = 13 if box.whole else 6
    for n in range(rows):
        level = y + (box.h - y) * (n + 0.7) / (rows + 0.6)
        half = (r * 1.15) * (1 - 0.62 * n / rows) * (0.8 + 0.4 * next(chance))
        aside = (next(chance) - 0.5) * r * 0.24
        glints.append(f"M{num(x + aside - half)},{num(level)}h{num(half * 2)}")
        if box.whole:
            for side in (0.02, 0.82):
                start = box.w * (side + 0.08 * next(chance))
                water.append(f"M{num(start)},{num(level)}h{num(box.w * 0.09)}")
    out.append(line_path("".join(glints), inks.accent if box.whole else inks.line, box.w * 0.014))
    if box.whole:
        out.append(line_path("".join(water), inks.soft, 2.4, opacity=0.6))
    else:
        edge = f"M{num(x - box.r)},{num(y)}H{num(x + box.r)}"
        out.append(line_path(edge, inks.line, box.w * 0.02))
    return "".join(out)
