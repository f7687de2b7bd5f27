"""Things fired, framed and bound: mugs, posters and notebooks."""

from storefront.demo.pictures.motif import Box, Inks, Motif
from storefront.demo.pictures.palette import TONES, brightness, darker, lighter, mix
from storefront.demo.pictures.stage import cast, contact, pebble
from storefront.demo.pictures.svg import (
    chances,
    clip,
    ellipse,
    gradient,
    group,
    line_path,
    num,
    path,
    rect,
)

_MUGS = {
    "": ("M232,440V752C232,806 300,824 390,824S548,806 548,752V440Z", 158, 34, 440),
    "enamel": ("M226,470V782C226,812 300,826 390,826S554,812 554,782V470Z", 164, 36, 470),
    "round": (
        "M250,470C200,560 196,700 270,790C300,824 480,824 510,790C584,700 580,560 530,470Z",
        140,
        30,
        470,
    ),
}


def mug(motif: Motif, inks: Inks, *, cut: str, seed: int) -> str:
    """A mug of something hot: tall stoneware, enamel with a dark lip, or a round-bellied cup."""
    base = inks.ground
    outline, rx, ry, lip = _MUGS[cut]
    edge = "#2b303a" if cut == "enamel" else lighter(base, 0.25)
    handle = "M538,540C640,500 690,560 664,640C646,694 594,716 530,722"
    if cut == "round":
        handle = "M556,560C640,536 676,590 656,640C640,682 600,700 552,700"
    drink = ("#3b2117", "#8a4b1f", "#5b6b2c")[seed % 3]
    out = [
        contact(400, 818, 176, 26),
        clip("o", path(outline)),
        gradient(
            "cy",
            (390 - rx, 0, 390 + rx, 0),
            (0, "#000", 0.3),
            (0.12, "#000", 0.1),
            (0.28, "#fff", 0.32),
            (0.42, "#fff", 0.04),
            (0.7, "#000", 0.1),
            (0.93, "#000", 0.42),
            (1, "#000", 0.3),
        ),
        gradient(
            "in",
            (390 - rx, 0, 390 + rx, 0),
            (0, darker(base, 0.4), 1),
            (0.6, darker(base, 0.1), 1),
            (1, lighter(base, 0.2), 1),
        ),
        gradient("tea", (300, 0, 500, 0), (0, darker(drink, 0.3), 1), (1, lighter(drink, 0.2), 1)),
        line_path(handle, darker(base, 0.3), 33),
        line_path(handle, base, 29),
        line_path(handle, "#fff", 6, opacity=0.3, transform="translate(-3 -8)", filter="url(#f)"),
        line_path(handle, "#000", 9, opacity=0.25, transform="translate(4 9)", filter="url(#f)"),
        path(outline, fill=base),
        ellipse(390, lip, rx, ry, fill=base),
        group(
            group(
                motif(_mug_box(cut), inks, seed),
                transform=f"translate({390 - _mug_box(cut).w / 2:g} "
                f"{lip + (68 if cut == 'round' else 58)})",
            ),
            _speckles(seed, ink=darker(base, 0.5) if brightness(base) > 0.4 else "#fffaf0"),
            rect(180, lip - 40, 420, 420, fill="url(#cy)"),
            path(
                f"M{390 - rx * 0.62:g},{lip + 60}v{300 if cut != 'round' else 220}",
                fill="none",
                stroke="#fff",
                stroke_width=15,
                stroke_linecap="round",
                opacity=0.4,
                filter="url(#f)",
            ),
            clip_path="url(#o)",
        ),
        ellipse(390, lip, rx, ry, fill="url(#in)"),
        path(
            f"M{390 - rx * 0.9:g},{lip + 12}A{rx * 0.92:g} {ry * 0.86:g} 0 0 1 "
            f"{390 + rx * 0.9:g},{lip + 12}A{rx:g} {ry:g} 0 0 1 "
            f"{390 - rx * 0.9:g},{lip + 12}Z",
            fill="url(#tea)",
        ),
        ellipse(
            390,
            lip,
            rx - 1,
            ry - 1,
            fill="none",
            stroke=edge,
            stroke_width=9 if cut == "enamel" else 5,
        ),
        _steam(lip, seed),
    ]
    if seed % 2:
        out.append(pebble(172, 852, 40, ("#8d9499", "#a08873", "#6f7b83")[seed % 3]))
    return group(*out, transform="translate(12 -26)")


def _mug_box(cut: str) -> Box:
    return Box(250, 250) if cut == "round" else Box(270, 270)


def _speckles(seed: int, *, ink: str) -> str:
    chance = chances(seed + 77)
    d = "".join(
        f"M{num(220 + 350 * next(chance))},{num(480 + 330 * next(chance))}h.1" for _ in range(26)
    )
    return line_path(d, ink, 2.6, opacity=0.4)


def _steam(lip: float, seed: int) -> str:
    lean = seed % 5 * 8 - 16
    d = (
        f"M350,{lip - 20:g}c-40,-60 40,-90 {lean},-160M400,{lip - 24:g}c36,-70 -36,-100 "
        f"{lean + 14},-200"
        f"M440,{lip - 16:g}c-30,-50 30,-80 {lean},-130"
    )
    return line_path(d, "#fff", 13, opacity=0.3, filter="url(#f)")


def poster(motif: Motif, inks: Inks, *, cut: str, seed: int) -> str:
    """A print on the wall: framed, between wooden bars, taped or clipped."""
    x, y, w, h = (188, 148, 424, 594) if cut in ("oak", "black", "white") else (174, 176, 452, 633)
    sheet = f"M{x},{y}h{w}v{h}h-{w}z"
    margin = 26
    art = Box(w - 2 * margin, h - 2 * margin, whole=True)
    paper = TONES["white"] if seed % 2 else TONES["cream"]
    out = [
        clip("a", rect(0, 0, art.w, art.h)),
        gradient("pp", (x, y, x + w, y + h), (0, "#fff", 0.16), (0.5, "#fff", 0), (1, "#000", 0.1)),
    ]
    inner = [
        path(sheet, fill=paper),
        group(
            rect(0, 0, art.w, art.h, fill=inks.ground),
            motif(art, inks, seed),
            clip_path="url(#a)",
            transform=f"translate({x + margin} {y + margin})",
        ),
        path(sheet, fill="url(#pp)"),
    ]
    if cut in _FRAMES:
        return "".join(out) + _framed(x, y, w, h, "".join(inner), wood=_FRAMES[cut])
    if cut == "bars":
        cord = f"M{x + 40},{y - 8}L400,88 {x + w - 40},{y - 8}"
        bars = "".join(
            cast(f"M{x - 10},{top}h{w + 20}v20h-{w + 20}z", 6, 10)
            + rect(x - 10, top, w + 20, 20, rx=3, fill="#b98b5e")
            + rect(x - 10, top, w + 20, 7, rx=3, fill="#d6b083")
            for top in (y - 12, y + h - 8)
        )
        nail = ellipse(400, 88, 7, 7, fill="#5a5550")
        return "".join(
            (
                *out,
                line_path(cord, "#1a1420", 3, opacity=0.25, transform="translate(8 12)"),
                cast(sheet, 12, 20),
                *inner,
                line_path(cord, "#6b5a48", 3, stroke_linejoin="round"),
                nail,
                bars,
            )
        )
    curl = f"M{x},{y}h{w}v{h - 40}q0,34 -26,40h-{w - 26}z"
    hold = _clips(x, y, w) if cut == "clips" else _tapes(x, y, w, h, inks)
    return group(
        *out,
        cast(curl, 10, 18),
        *inner,
        hold,
        transform=f"rotate({num((seed % 3 - 1) * 0.8)} 400 500)",
    )


_FRAMES = {"oak": "#b98b5e", "black": "#2a2a2e", "white": "#f4f0e8"}


def _framed(x: int, y: int, w: int, h: int, inner: str, *, wood: str) -> str:
    wide = 22
    frame = f"M{x - wide},{y - wide}h{w + 2 * wide}v{h + 2 * wide}h-{w + 2 * wide}z"
    shade = (
        path(
            f"M{x - wide},{y - wide}L{x},{y}V{y + h}L{x - wide},{y + h + wide}Z",
            fill=lighter(wood, 0.12),
        )
        + path(
            f"M{x + w + wide},{y - wide}L{x + w},{y}V{y + h}L{x + w + wide},{y + h + wide}Z",
            fill=darker(wood, 0.18),
        )
        + path(
            f"M{x - wide},{y + h + wide}L{x},{y + h}H{x + w}L{x + w + wide},{y + h + wide}Z",
            fill=darker(wood, 0.28),
        )
    )
    inside = path(
        f"M{x},{y}h{w}v{h}h-{w}zM{x + 9},{y + 12}v{h - 12}h{w - 9}v-{h - 12}z",
        fill="#1a1420",
        opacity=0.22,
    )
    glass = path(
        f"M{x},{y + h * 0.62:g}L{x + w * 0.72:g},{y}H{x + w * 0.98:g}L{x},{y + h * 0.86:g}Z",
        fill="#fff",
        opacity=0.09,
    )
    ledge = rect(0, 790, 800, 16, fill="#fffaf0", opacity=0.55) + rect(
        0, 806, 800, 194, fill="#1a1420", opacity=0.1
    )
    under = path("M166,806h500l60,90h-500z", fill="#1a1420", opacity=0.12, filter="url(#s)")
    return (
        group(
            cast(frame, 18, 26, 0.42),
            path(frame, fill=wood),
            shade,
            inner,
            inside,
            glass,
            transform="translate(0 26)",
        )
        + ledge
        + under
    )


def _clips(x: int, y: int, w: int) -> str:
    return "".join(
        group(
            line_path("M0,-6C-22,-40 -16,-62 0,-62S22,-40 0,-6", "#8b8a88", 5),
            path("M-26,22L-20,-8H20L26,22Z", fill="#2d2f33"),
            path("M-21,-4H21L22,2H-22Z", fill="#fff", opacity=0.25),
            transform=f"translate({place} {y + 4})",
        )
        for place in (x + 90, x + w - 90)
    )


def _tapes(x: int, y: int, w: int, h: int, inks: Inks) -> str:
    tape = mix(inks.accent, "#fffaf0", 0.45)
    return "".join(
        rect(
            -46,
            -15,
            92,
            30,
            fill=tape,
            opacity=0.86,
            transform=f"translate({px} {py}) rotate({turn})",
        )
        for px, py, turn in (
            (x + 8, y + 8, -42),
            (x + w - 8, y + 8, 43),
            (x + 8, y + h - 8, 44),
            (x + w - 8, y + h - 8, -41),
        )
    )


_BOOK = "M236,196H562Q582,196 582,216V796Q582,816 562,816H236Q222,816 222,802V210Q222,196 236,196Z"


def notebook(motif: Motif, inks: Inks, *, cut: str, seed: int) -> str:
    """A notebook on the table with its pencil: bound with a band, or sewn with thread."""
    base = inks.ground
    turn = -7 + seed % 4 * 4
    thread = inks.accent
    out = [
        clip("o", path(_BOOK)),
        gradient(
            "pp",
            (222, 0, 582, 0),
            (0, "#000", 0.22),
            (0.05, "#000", 0.05),
            (0.09, "#000", 0.16),
            (0.11, "#fff", 0.16),
            (0.5, "#fff", 0.02),
            (1, "#000", 0.08),
        ),
        cast(_BOOK, 22, 30, 0.42),
        path(_BOOK, fill=darker(base, 0.45), transform="translate(9 12)"),
        path("M236,204H574Q588,204 588,220V804Q588,822 566,822H236Z", fill="#efe6d3"),
        line_path("M585,216V808M240,819H570", "#b9a98a", 1.2),
        path(_BOOK, fill=base),
        group(
            group(motif(Box(360, 620, whole=True), inks, seed), transform="translate(222 196)"),
            rect(222, 196, 360, 620, fill="url(#pp)"),
            clip_path="url(#o)",
        ),
    ]
    if cut == "thread":
        out.append(line_path("M240,260V752", thread, 3.4, stroke_dasharray="26 15"))
    else:
        out.append(rect(536, 196, 15, 620, fill=mix(thread, "#000000", 0.08)))
        out.append(rect(536, 196, 5, 620, fill="#fff", opacity=0.18))
        out.append(path("M300,816v58l13,-14 13,14v-58z", fill=thread))
    return group(*out, _pencil(seed, inks), transform=f"rotate({turn} 400 500) translate(-20 0)")


def _pencil(seed: int, inks: Inks) -> str:
    paint = (inks.accent, "#d8a03f", "#2c5f69", "#b4552f")[seed % 4]
    d = "M0,0h16v400h-16z"
    return group(
        cast("M0,0h16v400l-8,46 -8,-46z", 12, 14, 0.4),
        path(d, fill=paint),
        path("M0,0h5v400h-5z", fill="#fff", opacity=0.3),
        path("M11,0h5v400h-5z", fill="#000", opacity=0.22),
        path("M0,400h16l-8,46z", fill="#e3c79b"),
        path("M5,430h6l-3,16z", fill="#2a2a2e"),
        rect(0, -26, 16, 26, rx=3, fill="#d9a9a0"),
        rect(0, -8, 16, 18, fill="#b8b3aa"),
        transform=f"translate({664 + seed % 3 * 28} {290 + seed % 3 * 30}) "
        f"rotate({4 + seed % 3 * 5})",
    )
