"""Motifs of the land, and of the paper it is drawn on."""

from math import cos, pi, sin

from storefront.demo.pictures.motif import Box, Inks
from storefront.demo.pictures.palette import mix
from storefront.demo.pictures.svg import (
    Point,
    around,
    blob,
    chances,
    circle,
    clip,
    curve,
    ellipse,
    group,
    line_path,
    num,
    path,
    polygon,
    rect,
    ring,
)


def shore(
    x: float, y: float, r: float, seed: int, *, flat: float = 1, points: int = 12
) -> list[Point]:
    """The outline of an island of about radius ``r``."""
    chance = chances(seed * 13 + 5)
    a, b, c = (next(chance) * 2 * pi for _ in range(3))
    out = []
    for n in range(points):
        turn = 2 * pi * n / points
        far = r * (
            1 + 0.2 * sin(2 * turn + a) + 0.14 * sin(3 * turn + b) + 0.07 * sin(5 * turn + c)
        )
        out.append((x + far * cos(turn), y + far * sin(turn) * flat))
    return out


def contours(box: Box, inks: Inks, seed: int) -> str:
    """Two summits and the saddle between them, one line for every so many metres."""
    r = box.w * 0.62 if box.whole else box.r * 0.94
    shape = rect(0, 0, box.w, box.h) if box.whole else circle(box.x, box.y, r)
    levels = 12 if box.whole else 8
    stretch = box.h / box.w if box.whole else 1
    thin: list[str] = []
    thick: list[str] = []
    for n in range(levels):
        part = (n + 1) / levels
        drift = (1 - part) * r * 0.3
        ring_ = shore(box.x - drift, box.y - drift * 0.8, r * part * 1.12, seed)
        ring_ = [(x, box.y + (y - box.y) * stretch) for x, y in ring_]
        (thick if n % 4 == 3 else thin).append(blob(ring_))
    far_x, far_y = box.x + r * 0.56, box.y + r * 0.62 * stretch
    hill = "".join(blob(shore(far_x, far_y, r * 0.065 * (n + 1), seed + 4)) for n in range(3))
    mark = _summit(box.x - r * 0.3, box.y - r * 0.24 * stretch, r * 0.055, inks.accent)
    return clip("c", shape) + group(
        line_path("".join(thin), inks.line, 1.7),
        line_path("".join(thick), inks.line, 3.2),
        path(hill, fill=inks.ground, stroke=inks.soft, stroke_width=2),
        mark,
        clip_path="url(#c)",
    )


def _summit(x: float, y: float, r: float, ink: str) -> str:
    return path(polygon(around(x, y, r * 1.3, turn) for turn in (0, 120, 240)), fill=ink)


def mountains(box: Box, inks: Inks, seed: int) -> str:
    """Ridge behind ridge, each a little bluer than the one before."""
    chance = chances(seed)
    layers = 7 if box.whole else 4
    first, last, tall = (0.34, 0.9, 0.13) if box.whole else (0.46, 0.86, 0.2)
    sun_x, sun_y = box.w * (0.34 + 0.3 * next(chance)), box.h * (0.22 if box.whole else 0.3)
    out = [circle(sun_x, sun_y, box.w * 0.12, fill=inks.accent)]
    for n in range(layers):
        depth = n / (layers - 1)
        base = box.h * (first + (last - first) * depth)
        high = box.h * tall * (1 - 0.35 * depth)
        steps = 9 + 2 * n
        shift = next(chance) * 6
        points = []
        for k in range(steps + 1):
            swell = sin(k * 5 / steps * (1 + depth) + shift) * 0.5
            rough = (0.5 if k % 2 else -0.2) * (0.4 + next(chance))
            points.append((box.w * k / steps, base - high * (swell + rough)))
        ink = mix(inks.soft, inks.line, depth)
        out.append(path(polygon([(0, box.h), *points, (box.w, box.h)]), fill=ink))
    if box.whole:
        return "".join(out)
    sky = circle(box.x, box.y, box.r, fill=mix(inks.ground, inks.soft, 0.35))
    disc = clip("p", circle(box.x, box.y, box.r))
    return disc + group(sky, *out, clip_path="url(#p)")


def peak(box: Box, inks: Inks, seed: int) -> str:
    """Two summits, the second a little higher, as always."""
    w, h = box.w, box.h
    near = [(w * 0.02, h * 0.92), (w * 0.34, h * 0.3), (w * 0.66, h * 0.92)]
    far = [(w * 0.3, h * 0.92), (w * 0.64, h * 0.1), (w * 0.98, h * 0.92)]
    snow = [
        (w * 0.64, h * 0.1),
        (w * 0.73, h * 0.32),
        (w * 0.66, h * 0.28),
        (w * 0.62, h * 0.37),
        (w * 0.55, h * 0.32),
    ]
    return (
        path(polygon(far), fill=inks.line)
        + path(polygon(snow), fill=inks.accent)
        + path(polygon(near), fill=inks.soft)
        + line_path(f"M0,{num(h * 0.94)}H{num(w)}", inks.line, h * 0.05, opacity=1 if seed else 0.9)
    )


def islands(box: Box, inks: Inks, seed: int) -> str:
    """An archipelago with its shallows and the ferry's dotted way through."""
    chance = chances(seed)
    out = []
    places: list[tuple[float, float, float]] = []
    spread, size = (0.95, 1) if box.whole else (0.78, 0.8)
    for n in range(5 if box.whole else 4):
        x, y = around(0, 0, 0.3 + 0.1 * (n % 2), n * (72 if box.whole else 90) + 40 * next(chance))
        places.append(
            (
                box.x + x * box.w * spread,
                box.y + y * box.h * spread,
                box.r * size * (0.17 + 0.13 * next(chance)),
            )
        )
    for part, ink in ((1.9, 0.16), (1.42, 0.36)):
        d = "".join(blob(shore(x, y, r * part, seed + n)) for n, (x, y, r) in enumerate(places))
        out.append(path(d, fill=mix(inks.ground, inks.soft, ink * 2)))
    d = "".join(blob(shore(x, y, r, seed + n)) for n, (x, y, r) in enumerate(places))
    out.append(path(d, fill=inks.line))
    hills = "".join(
        blob(shore(x, y, r * k, seed + n, points=9))
        for n, (x, y, r) in enumerate(places)
        for k in (0.52,)
    )
    out.append(path(hills, fill="none", stroke=mix(inks.line, inks.ground, 0.4), stroke_width=1.5))
    stops = [(x + r * 0.9, y + r * 0.7) for x, y, r in places]
    out.append(line_path(curve([*stops, stops[0]]), inks.accent, 3, stroke_dasharray="1 9"))
    out.extend(circle(x, y, 5, fill=inks.accent) for x, y in stops[:2])
    return "".join(out)


def soundings(box: Box, inks: Inks, seed: int) -> str:
    """The sea floor in steps of blue, down to where nobody has measured."""
    levels = 9
    shape = rect(0, 0, box.w, box.h) if box.whole else circle(box.x, box.y, box.r)
    out = [rect(0, 0, box.w, box.h, fill=inks.soft)]
    for n in range(levels):
        part = 1.28 - 1.18 * n / levels
        x, y = box.w * (0.42 + 0.03 * n), box.h * (0.4 + 0.028 * n)
        depth = shore(x, y, box.r * part * 1.15, seed + n // 3, flat=1.25, points=13)
        ink = mix(inks.soft, inks.line, (n + 1) / levels)
        out.append(path(blob(depth), fill=ink))
    reef = shore(box.w * 0.83, box.h * 0.13, box.r * 0.2, seed + 3)
    out.append(path(blob(reef), fill=inks.accent))
    out.append(
        path(blob(shore(box.w * 0.13, box.h * 0.9, box.r * 0.13, seed + 5)), fill=inks.accent)
    )
    return clip("b", shape) + group(*out, clip_path="url(#b)")


def fern(box: Box, inks: Inks, seed: int) -> str:
    """A fern that lay in the sun on wet blue paper."""
    fronds = (
        (17, (0.5, 0.99), (0.4, 0.02), 0.16, 0.4),
        (9, (0.53, 0.98), (0.9, 0.36), -0.1, 0.22),
    )
    chance = chances(seed)
    specks = "".join(
        f"M{num(box.w * next(chance))},{num(box.h * next(chance))}h.1" for _ in range(16)
    )
    out = [line_path(specks, inks.soft, 2.6, opacity=0.6)]
    for count, start, tip, bend, size in fronds:
        x0, y0, x1, y1 = box.w * start[0], box.h * start[1], box.w * tip[0], box.h * tip[1]
        mid = (box.w * ((start[0] + tip[0]) / 2 + bend), (y0 + y1) / 2)
        d = []
        for n in range(count):
            t = 0.14 + 0.84 * n / count
            x = (1 - t) ** 2 * x0 + 2 * t * (1 - t) * mid[0] + t * t * x1
            y = (1 - t) ** 2 * y0 + 2 * t * (1 - t) * mid[1] + t * t * y1
            along_x = (1 - t) * (mid[0] - x0) + t * (x1 - mid[0])
            along_y = (1 - t) * (mid[1] - y0) + t * (y1 - mid[1])
            far = (along_x**2 + along_y**2) ** 0.5
            along_x, along_y = along_x / far, along_y / far
            long = box.w * size * min(1, 0.1 + 2.7 * t) * (1 - t) ** 0.7
            for side in (-1, 1):
                dx = long * (along_x * 0.5 - along_y * side * 0.87)
                dy = long * (along_y * 0.5 + along_x * side * 0.87)
                wide = 3 + long * 0.19
                bow_x, bow_y = along_x * wide, along_y * wide
                d.append(
                    f"M{num(x)},{num(y)}"
                    f"q{num(dx * 0.35 + bow_x)},{num(dy * 0.35 + bow_y)} "
                    f"{num(dx)},{num(dy)}"
                    f"q{num(-dx * 0.5 - bow_x)},{num(-dy * 0.5 - bow_y)} {num(-dx)},{num(-dy)}z"
                )
        out.append(path("".join(d), fill=inks.line))
        out.append(line_path(curve([(x0, y0), mid, (x1, y1)]), inks.line, 3))
    return "".join(out)


def compass(box: Box, inks: Inks, seed: int) -> str:
    """A wind rose; its needle is almost sure."""
    x, y, r = box.x, box.y, box.r
    out = [
        ring(x, y, r * 0.96, inks.line, r * 0.02),
        ring(
            x,
            y,
            r * 0.87,
            inks.line,
            r * 0.07,
            stroke_dasharray=f"{num(r * 0.015)} {num(r * 0.0609)}",
        ),
        ring(x, y, r * 0.5, inks.soft, r * 0.018),
    ]
    for reach, first, ink in ((0.6, 45, inks.soft), (0.8, 0, inks.line)):
        for turn in range(first, first + 360, 90):
            tip = around(x, y, r * reach, turn)
            for side in (-1, 1):
                waist = around(x, y, r * 0.16, turn + 45 * side)
                shade = ink if side > 0 else mix(ink, inks.ground, 0.55)
                out.append(path(polygon([(x, y), tip, waist]), fill=shade))
    lean = 9 + seed % 14
    needle = [
        around(x, y, r * 0.74, lean),
        around(x, y, r * 0.07, lean + 90),
        around(x, y, r * 0.07, lean - 90),
    ]
    out.append(path(polygon(needle), fill=inks.accent))
    return (
        "".join(out)
        + circle(x, y, r * 0.06, fill=inks.ground)
        + ring(x, y, r * 0.06, inks.accent, r * 0.03)
    )


def folded_map(box: Box, inks: Inks, seed: int) -> str:
    """A walking map with the creases of ten summers and one good route."""
    sea = mix(inks.ground, inks.soft, 0.55)
    coast = [
        (0, box.h * 0.3),
        (box.w * 0.2, box.h * 0.34),
        (box.w * 0.34, box.h * 0.2),
        (box.w * 0.52, box.h * 0.24),
        (box.w * 0.66, box.h * 0.08),
        (box.w, 0),
    ]
    land = curve(coast) + f"V{num(box.h)}H0Z"
    out = [rect(0, 0, box.w, box.h, fill=sea), path(land, fill=mix(inks.ground, "#ffffff", 0.45))]
    hill = "".join(
        blob(shore(box.w * 0.64, box.h * 0.62, box.w * (0.3 - 0.07 * n), seed)) for n in range(4)
    )
    out.append(path(hill, fill="none", stroke=inks.soft, stroke_width=2))
    route = [
        (box.w * 0.14, box.h * 0.84),
        (box.w * 0.28, box.h * 0.62),
        (box.w * 0.2, box.h * 0.5),
        (box.w * 0.46, box.h * 0.42),
        (box.w * 0.52, box.h * 0.66),
        (box.w * 0.66, box.h * 0.6),
    ]
    out.append(line_path(curve(route), inks.accent, 4.5, stroke_dasharray="11 9"))
    out.append(circle(*route[0], 8, fill=inks.accent))
    out.append(_summit(*route[-1], 10, inks.line))
    folds = []
    for n in range(4):
        shade = "#000" if n % 2 else "#fff"
        folds.append(rect(box.w * n / 4, 0, box.w / 4, box.h, fill=shade, opacity=0.07))
    creases = f"M0,{num(box.h / 3)}H{num(box.w)}M0,{num(box.h * 2 / 3)}H{num(box.w)}"
    frame = rect(0, 0, box.w, box.h, fill="none", stroke=inks.line, stroke_width=2.5)
    return "".join(out) + "".join(folds) + line_path(creases, "#000", 1.5, opacity=0.12) + frame


def globe(box: Box, inks: Inks, seed: int) -> str:
    """The world before anybody filled it in; one dot says here."""
    x, y, r = box.x, box.h * (0.45 if box.whole else 0.5), box.r * (0.74 if box.whole else 0.94)
    out = [
        circle(x, y, r, fill=mix(inks.ground, inks.soft, 0.35), stroke=inks.line, stroke_width=3)
    ]
    line: dict[str, str | float] = {
        "fill": "none",
        "stroke": inks.line,
        "stroke_width": 1.7,
        "opacity": 0.8,
    }
    out.extend(ellipse(x, y, r * part, r, **line) for part in (0.26, 0.52, 0.78))
    out.append(path(f"M{num(x)},{num(y - r)}v{num(2 * r)}", **line))
    for part in (-0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75):
        half = (1 - part * part) ** 0.5 * r
        out.append(path(f"M{num(x - half)},{num(y + part * r)}h{num(2 * half)}", **line))
    turn = 20 + seed * 9
    here = around(x, y, r * 0.52, turn)
    axis = "M{},{}L{},{}M{},{}L{},{}".format(
        *(
            num(v)
            for far, angle in ((1.16, 23), (1, 23), (1, 203), (1.16, 203))
            for v in around(x, y, r * far, angle)
        )
    )
    return (
        "".join(out)
        + line_path(axis, inks.line, 5)
        + circle(*here, r * 0.05, fill=inks.accent)
        + ring(*here, r * 0.1, inks.accent, 2.5)
    )
