"""Things sewn: T-shirts, caps and totes."""

from storefront.demo.pictures.motif import Box, Inks, Motif
from storefront.demo.pictures.palette import brightness, darker, lighter
from storefront.demo.pictures.stage import cast, contact, peg
from storefront.demo.pictures.svg import (
    chances,
    clip,
    element,
    ellipse,
    gradient,
    group,
    line_path,
    num,
    path,
    rect,
)

_SHIRT = (
    "M334,196C300,214 252,226 212,242C168,262 112,376 70,448Q118,492 176,510C192,470 "
    "202,446 210,424"
    "C214,540 208,690 202,806Q400,826 598,806C592,690 586,540 590,424C598,446 608,470 624,510"
    "Q682,492 730,448C688,376 632,262 588,242C548,226 500,214 466,196C452,262 348,262 334,196Z"
)


def shirt(motif: Motif, inks: Inks, *, cut: str, seed: int) -> str:
    """A T-shirt laid flat, or on a hanger."""
    base = inks.ground
    stitch = darker(base, 0.22) if brightness(base) > 0.3 else lighter(base, 0.14)
    collar = "M323,201C340,282 460,282 477,201L464,196C450,258 350,258 336,196Z"
    body = [
        clip("o", path(_SHIRT)),
        gradient(
            "sh",
            (200, 0, 600, 0),
            (0, "#000", 0.16),
            (0.22, "#fff", 0.1),
            (0.5, "#000", 0),
            (0.8, "#fff", 0.04),
            (1, "#000", 0.2),
        ),
        gradient("dn", (0, 190, 0, 830), (0, "#fff", 0.12), (1, "#000", 0.1)),
        cast(_SHIRT, 14, 24, 0.36),
        path("M334,196C360,222 440,222 466,196C452,262 348,262 334,196Z", fill=darker(base, 0.32)),
        path("M334,196C360,218 440,218 466,196C440,234 360,234 334,196Z", fill=darker(base, 0.16)),
        path(_SHIRT, fill=base),
        group(motif(Box(276, 276), inks, seed), transform="translate(262 316)"),
        group(
            rect(60, 180, 680, 660, fill="url(#dn)"),
            rect(200, 180, 400, 660, fill="url(#sh)"),
            _creases(seed),
            clip_path="url(#o)",
        ),
        path(collar, fill=darker(base, 0.1)),
        path(
            "M336,196C350,258 450,258 464,196L459,195C446,248 354,248 341,195Z",
            fill="#000",
            opacity=0.16,
        ),
        line_path("M319,206C338,290 462,290 481,206", stitch, 1.4, stroke_dasharray="4 4"),
        line_path(
            "M80,440Q124,480 180,496M720,440Q676,480 620,496M205,790Q400,810 595,790"
            "M205,784Q400,804 595,784",
            stitch,
            1.4,
            stroke_dasharray="4 4",
        ),
        line_path(
            "M210,424C208,356 220,290 242,234M590,424C592,356 580,290 558,234",
            "#000",
            2,
            opacity=0.2,
        ),
        rect(389, 216, 22, 13, rx=2, fill="#fffaf0", opacity=0.85),
    ]
    if cut == "hanger":
        return _hanger() + "".join(body)
    return group(*body, transform=f"rotate({num((seed % 5 - 2) * 1.2)} 400 500)")


def _creases(seed: int) -> str:
    chance = chances(seed + 11)

    def some(size: float) -> float:
        return (next(chance) - 0.5) * size

    dark = (
        f"M212,420Q270,{num(446 + some(30))} {num(330 + some(40))},{num(430 + some(30))}"
        "Q270,456 212,446Z"
        f"M588,420Q530,{num(450 + some(30))} {num(480 + some(40))},{num(440 + some(40))}"
        "Q540,466 588,448Z"
        f"M{num(262 + some(30))},560Q{num(276 + some(30))},690 {num(246 + some(30))},812"
        f"L{num(268 + some(16))},812Q300,690 262,560Z"
        f"M{num(520 + some(40))},590Q{num(512 + some(20))},700 {num(548 + some(20))},812"
        f"L526,812Q496,700 {num(520 + some(10))},590Z"
        f"M{num(400 + some(60))},640Q{num(420 + some(50))},740 {num(392 + some(40))},816"
        f"L{num(412 + some(20))},816Q440,740 400,640Z"
        "M110,404Q160,430 206,420L190,470Q150,440 110,404ZM690,404Q640,430 594,420"
        "L610,470Q650,440 690,404Z"
    )
    light = (
        f"M226,{num(470 + some(20))}Q290,{num(500 + some(40))} 350,{num(470 + some(40))}"
        "Q290,520 226,496Z"
        f"M{num(300 + some(30))},600Q{num(312 + some(30))},700 288,812L302,812Q330,700 300,600Z"
        f"M{num(470 + some(40))},620Q{num(474 + some(30))},720 {num(490 + some(20))},812"
        "L474,812Q456,720 470,620Z"
        "M226,250Q190,330 140,400L160,410Q214,330 250,244Z"
    )
    return group(
        path(dark, fill="#14101c", opacity=0.21),
        path(light, fill="#fff", opacity=0.2),
        filter="url(#f)",
    )


def _hanger() -> str:
    wood, wire = "#b98b5e", "#6d6a66"
    return (
        peg(400, 84)
        + line_path("M400,196V150C400,136 424,134 424,112A24 24 0 0 0 377,104", wire, 6)
        + line_path("M338,212Q400,168 462,212", wood, 20)
        + line_path("M338,206Q400,162 462,206", lighter(wood, 0.3), 4, opacity=0.6)
    )


_CROWN = (
    "M226,548C204,420 270,300 420,292C566,296 640,410 636,566C634,600 588,622 520,628"
    "C420,636 300,612 226,548Z"
)
_BRIM = (
    "M226,540C150,566 84,634 78,690C76,716 100,722 128,712C230,676 350,672 452,702C498,716 "
    "540,690 552,627C430,640 300,614 226,540Z"
)


def cap(motif: Motif, inks: Inks, *, cut: str, seed: int) -> str:
    """A six-panel cap, seen from before its left temple."""
    base = inks.ground
    stitch = darker(base, 0.28) if brightness(base) > 0.3 else lighter(base, 0.18)
    brim = inks.soft if cut == "two-tone" else base
    seams = (
        "M420,294C352,340 306,440 306,596M420,294C500,350 540,470 530,626M420,294C560,320 "
        "610,420 622,600"
    )
    threads = "".join(
        f"M{num(208 - 22 * n)},{num(562 + 22 * n)}"
        f"C{num(300 - 14 * n)},{num(634 + 12 * n)} {num(430 - 4 * n)},{num(654 + 9 * n)} "
        f"{num(550 - 4 * n)},{num(644 + 11 * n)}"
        for n in range(5)
    )
    return group(
        contact(386, 730, 262, 42),
        group(
            clip("o", path(_CROWN)),
            clip("q", path(_BRIM)),
            gradient(
                "cr",
                (210, 420, 650, 560),
                (0, "#000", 0.05),
                (0.25, "#fff", 0.2),
                (0.6, "#000", 0.08),
                (1, "#000", 0.46),
            ),
            gradient(
                "cv", (0, 290, 0, 640), (0, "#fff", 0.16), (0.5, "#fff", 0), (1, "#000", 0.22)
            ),
            gradient(
                "br",
                (250, 560, 300, 720),
                (0, "#000", 0.4),
                (0.35, "#000", 0.06),
                (0.8, "#fff", 0.16),
                (1, "#fff", 0.02),
            ),
            path(_CROWN, fill=base),
            group(
                path("M420,294C352,340 306,440 306,640H180V290Z", fill="#fff", opacity=0.05),
                line_path(seams, "#000", 9, opacity=0.12, filter="url(#f)"),
                line_path(seams, darker(base, 0.3), 2),
                line_path(seams, stitch, 1.3, stroke_dasharray="5 4", transform="translate(7 2)"),
                line_path(seams, stitch, 1.3, stroke_dasharray="5 4", transform="translate(-7 1)"),
                group(motif(Box(176, 132), inks, seed), transform="translate(326 396) skewY(-1)"),
                rect(200, 280, 450, 370, fill="url(#cr)"),
                rect(200, 280, 450, 370, fill="url(#cv)"),
                path(
                    f"M{num(380 + seed % 9 * 6)},330Q460,420 470,620L500,620Q490,420 440,320Z",
                    fill="#fff",
                    opacity=0.14,
                    filter="url(#f)",
                ),
                path(
                    "M226,560C300,624 420,648 530,636L560,590C440,610 320,590 226,520Z",
                    fill="#1a1420",
                    opacity=0.3,
                    filter="url(#f)",
                ),
                clip_path="url(#o)",
            ),
            *(
                ellipse(x, y, 6, 4.6, fill=darker(base, 0.45), stroke=stitch, stroke_width=2)
                for x, y in ((372, 366), (486, 372), (574, 384))
            ),
            path(_BRIM, fill=darker(brim, 0.35), transform="translate(0 9)"),
            path(_BRIM, fill=brim),
            group(
                line_path(
                    threads,
                    darker(brim, 0.25) if brightness(brim) > 0.3 else lighter(brim, 0.14),
                    1.3,
                    stroke_dasharray="5 4",
                ),
                rect(60, 530, 520, 200, fill="url(#br)"),
                clip_path="url(#q)",
            ),
            ellipse(420, 292, 19, 9, fill=darker(base, 0.2)),
            ellipse(418, 289, 17, 7, fill=lighter(base, 0.12)),
            transform="rotate(8.5 380 600) translate(0 34)",
        ),
        transform="translate(400 560) scale(1.06) translate(-372 -520)",
    )


_BAG = (
    "M222,404H578C590,540 598,700 604,868Q606,890 584,892C460,900 340,900 216,892Q194,890 "
    "196,868C202,700 210,540 222,404Z"
)


def tote(motif: Motif, inks: Inks, *, cut: str, seed: int) -> str:
    """A canvas bag on a peg; ``cut`` "two-tone" has coloured handles."""
    base = inks.ground
    strap = inks.accent if cut == "two-tone" else darker(base, 0.06)
    stitch = darker(base, 0.25) if brightness(base) > 0.3 else lighter(base, 0.16)
    chance = chances(seed + 5)
    sway = [(next(chance) - 0.5) * 30 for _ in range(5)]
    back = "M318,412C330,300 372,190 400,150C428,190 470,300 482,412"
    front = "M296,440C300,310 360,178 396,138C402,132 408,132 412,138C446,186 500,310 504,440"
    dark = (
        f"M300,440Q{num(312 + sway[0])},640 {num(262 + sway[1])},892H{num(300 + sway[1])}"
        "Q350,640 300,440Z"
        f"M500,440Q{num(480 + sway[2])},660 {num(520 + sway[3])},892H{num(490 + sway[3])}"
        "Q450,660 500,440Z"
        f"M222,404Q250,520 {num(226 + sway[4] / 3)},760L204,860Q200,560 222,404ZM578,404"
        "Q560,560 590,860L604,868Q600,560 578,404Z"
        "M210,850Q400,880 590,850L604,900H196Z"
    )
    light = (
        f"M340,430Q{num(370 + sway[1])},640 {num(330 + sway[0])},892H{num(350 + sway[0])}"
        "Q400,640 340,430Z"
        f"M250,420Q264,600 {num(236 + sway[2] / 2)},860H252Q290,600 250,420ZM530,430"
        f"Q540,640 {num(556 + sway[1] / 3)},880H544Q516,640 530,430Z"
    )
    return "".join(
        (
            clip("o", path(_BAG)),
            element(
                "pattern",
                path("M0,0h2v2h-2zM2,2h2v2h-2z", fill="#000", opacity=0.07),
                id="cv",
                width="4",
                height="4",
                patternUnits="userSpaceOnUse",
            ),
            gradient(
                "sh",
                (200, 0, 600, 0),
                (0, "#000", 0.14),
                (0.25, "#fff", 0.12),
                (0.6, "#000", 0),
                (1, "#000", 0.18),
            ),
            cast(_BAG, 20, 26, 0.36),
            line_path(
                back, "#1a1420", 26, opacity=0.25, filter="url(#f)", transform="translate(14 18)"
            ),
            line_path(back, darker(strap, 0.28), 24),
            path("M222,404Q400,392 578,404Q400,420 222,404Z", fill=darker(base, 0.4)),
            path(_BAG, fill=base),
            group(
                group(motif(Box(320, 370), inks, seed), transform="translate(240 482)"),
                rect(190, 400, 420, 500, fill="url(#cv)"),
                rect(190, 400, 420, 500, fill="url(#sh)"),
                group(
                    path(dark, fill="#1a1420", opacity=0.2),
                    path(light, fill="#fff", opacity=0.22),
                    filter="url(#f)",
                ),
                path("M215,440H585V446H215Z", fill="#000", opacity=0.08),
                clip_path="url(#o)",
            ),
            line_path("M219,438H581M219,443H581", stitch, 1.4, stroke_dasharray="4 4"),
            line_path(
                front, "#1a1420", 26, opacity=0.22, filter="url(#f)", transform="translate(6 8)"
            ),
            line_path(front, darker(strap, 0.12), 26),
            line_path(front, strap, 22),
            line_path(front, stitch, 1.3, stroke_dasharray="4 4"),
            peg(400, 168),
            *(
                rect(x, 406, 26, 40, fill=strap)
                + path(
                    f"M{x + 3},409h20v34h-20zl20,34m0,-34l-20,34",
                    fill="none",
                    stroke=stitch,
                    stroke_width=1.4,
                )
                for x in (283, 491)
            ),
        )
    )
