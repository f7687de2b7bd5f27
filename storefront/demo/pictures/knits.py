"""Socks, and the patterns that are knitted into them stitch by stitch."""

from storefront.demo.pictures.motif import Inks
from storefront.demo.pictures.stage import cast
from storefront.demo.pictures.svg import clip, element, group, line_path, num, path, rect

_STITCH = 8

_CHARTS = {
    "tides": """
        ................
        aaa..........aaa
        aaaa........aaaa
        ...aaa....aaa...
        ....aaaaaaaa....
        ......aaaa......
        ................
        bbb..........bbb
        ...bb......bb...
        .....bbbbbb.....
        ................
        cccc........cccc
        ...cccc..cccc...
        ......cccc......
        ................
        ................""",
    "stars": """
        ................
        ....a...........
        ....a......b....
        ...aaa..........
        .aaaaaaa........
        ...aaa.....c....
        ....a.....ccc...
        ....a......c....
        ................
        .b..........a...
        ............a...
        .....c.....aaa..
        ....ccc..aaaaaaa
        .....c.....aaa..
        ............a...
        ............a...""",
    "rain": """
        ....a.......a...
        ...a.......a....
        ..a.......a.....
        ................
        ........a.......
        .......a.......b
        ......a.......b.
        .............b..
        a...............
        ...a........a..a
        ..a........a....
        .a........a.....""",
    "ridge": """
        ................
        .......b........
        ......bbb.......
        .....bbabb......
        ....aaaaaaa.....
        ...aaaaaaaaa...a
        aaaaaaaaaaaaaaaa
        cacacacacacacaca
        cccccccccccccccc
        ................
        ................""",
    "waves": """
        ......aaaa......
        ...aaaaaaaaaa...
        .aaaa......aaaa.
        aaa..........aaa
        aa....bbbb....aa
        a...bbbbbbbb...a
        ...bbb....bbb...
        ..bb........bb..
        ..b....cc....b..
        ......cccc......
        ................""",
    "flags": """
        ................
        .aaaabbbb.cccccc
        .aaaabbbb.ccbbcc
        .aaaabbbb.bbbbbb
        .aaaabbbb.bbbbbb
        .aaaabbbb.ccbbcc
        .aaaabbbb.cccccc
        ................
        .bbbbbbbb.aaaaaa
        .bbaaaabb.cccccc
        .bbaaaabb.cccccc
        .bbaaaabb.aaaaaa
        .bbbbbbbb.aaaaaa
        ................""",
    "moons": """
        ................
        ..aaaa..........
        .aaaaaa.....bb..
        .aaaaaa......bb.
        .aaaaaa......bb.
        .aaaaaa......bb.
        ..aaaa......bb..
        ................
        ...cc...........
        ..ccc.....a.....
        ..ccc...........
        ...cc........a..""",
    "fish": """
        ................
        ...aaaa.........
        ..aaaaaa..a.....
        .a.aaaaaaaa.....
        .aaaaaaaaaa.....
        ..aaaaaa..a.....
        ...aaaa.........
        ................
        .........bbbb...
        .....b..bbbbbb..
        .....bbbbbbbb.b.
        .....bbbbbbbbbb.
        .....b..bbbbbb..
        .........bbbb...
        ................""",
}


def _leg(top: int) -> str:
    """A sock's outline, its cuff at the height ``top`` above the ankle."""
    third = (390 - top) * 0.38
    return (
        f"M0,{top}C30,{top - 8} 120,{top - 8} 150,{top}C150,{num(top + third)} 144,280 150,390"
        "C156,440 176,480 158,536C146,580 96,590 60,616L-60,704C-110,738 -180,726 -196,676"
        f"C-208,630 -176,596 -130,566C-60,520 -4,470 -2,400C0,280 0,{num(top + third)} 0,{top}Z"
    )


_HEEL = "M154,412C176,470 178,500 158,536C148,572 112,584 84,600C40,560 70,470 154,412Z"
_TOE = "M-116,557C-70,590 -60,660 -76,714C-120,738 -180,726 -196,676C-208,630 -170,592 -116,557Z"


def socks(pattern: str, inks: Inks, *, cut: str, seed: int) -> str:
    """A pair, one foot on the other; ``cut`` "short" ends above the ankle."""
    base = inks.ground
    tile = _tile(pattern, inks)
    ends = inks.accent if seed % 2 else inks.soft
    top = 200 if cut == "short" else 60
    leg = _leg(top)
    defs = (
        tile,
        element(
            "pattern",
            path("M0,0l4,5 4,-5v3l-4,5 -4,-5z", fill="#000", opacity=0.1),
            id="kn",
            width="8",
            height="8",
            patternUnits="userSpaceOnUse",
        ),
        clip("o", path(leg)),
    )
    ribs = "".join(f"M{num(5 + 10 * n)},{top - 8}v66" for n in range(15))
    one = group(
        path(leg, fill=base),
        group(
            rect(-208, 64 + top, 400, 700, fill="url(#pt)"),
            path(_HEEL + _TOE, fill=ends),
            rect(-208, top - 10, 400, 68, fill=ends),
            line_path(ribs, "#000", 3, opacity=0.16),
            rect(-208, -10, 400, 760, fill="url(#kn)"),
            line_path(
                "M52,40C52,200 50,320 58,400C50,470 -20,560 -110,610",
                "#fff",
                34,
                opacity=0.24,
                filter="url(#s)",
            ),
            path(
                leg, fill="none", stroke="#1a1420", stroke_width=34, opacity=0.34, filter="url(#s)"
            ),
            path(
                "M-210,650Q-60,700 60,600L90,640L-60,780H-210Z",
                fill="#1a1420",
                opacity=0.24,
                filter="url(#s)",
            ),
            line_path(
                "M150,398C110,430 66,480 60,560M-20,440C20,470 40,480 62,476",
                "#1a1420",
                12,
                opacity=0.22,
                filter="url(#f)",
            ),
            line_path(f"M-2,{top + 59}H152", "#000", 3, opacity=0.2),
            clip_path="url(#o)",
        ),
    )
    shadow = cast(leg, 16, 22, 0.4)
    lift = -100 if cut == "short" else -34
    return "".join(defs) + "".join(
        group(shadow, one, transform=f"translate({x} {y + lift}) rotate({turn})")
        for x, y, turn in ((452, 150, -7), (300, 176, 4))
    )


def _tile(pattern: str, inks: Inks) -> str:
    rows = [row.strip() for row in _CHARTS[pattern].strip().splitlines()]
    wide, high = len(rows[0]) * _STITCH, len(rows) * _STITCH
    colours = {"a": inks.line, "b": inks.accent, "c": inks.soft}
    shapes = [path("".join(_runs(rows, letter)), fill=colour) for letter, colour in colours.items()]
    return element(
        "pattern",
        *shapes,
        id="pt",
        width=str(wide),
        height=str(high),
        patternUnits="userSpaceOnUse",
    )


def _runs(rows: list[str], letter: str) -> list[str]:
    out = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x] == letter:
                x += 1
            if x > start:
                long = (x - start) * _STITCH
                out.append(f"M{start * _STITCH},{y * _STITCH}h{long}v{_STITCH}h-{long}z")
            x = max(x, start + 1)
    return out
