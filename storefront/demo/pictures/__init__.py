"""The demo shop's product pictures, drawn as SVG from a few words each."""

from storefront.demo.model import DemoProduct, Picture
from storefront.demo.pictures import air, cloth, knits, land, sea, sky, stage, things
from storefront.demo.pictures.motif import Inks, Motif
from storefront.demo.pictures.palette import BACKDROPS, DYES, brightness, distance, tone

_MOTIFS: dict[str, Motif] = {
    "analemma": sky.analemma,
    "aurora": sky.aurora,
    "balloon": air.balloon,
    "beaufort": sea.beaufort,
    "birds": air.birds,
    "clouds": air.clouds,
    "compass": land.compass,
    "constellation": sky.constellation,
    "contours": land.contours,
    "drops": sea.drops,
    "eclipse": sky.eclipse,
    "fern": land.fern,
    "flags": sea.flags,
    "globe": land.globe,
    "gulls": air.gulls,
    "islands": land.islands,
    "isobars": air.isobars,
    "kites": air.kites,
    "lighthouse": sea.lighthouse,
    "map": land.folded_map,
    "moons": sky.moons,
    "mountains": land.mountains,
    "orbits": sky.orbits,
    "peak": land.peak,
    "rain": air.rain,
    "shoal": sea.shoal,
    "soundings": land.soundings,
    "sunrise": sky.sunrise,
    "tides": sea.tides,
    "trails": sky.trails,
    "waves": sea.waves,
}

_SHAPES = {
    "cap": cloth.cap,
    "mug": things.mug,
    "notebook": things.notebook,
    "poster": things.poster,
    "shirt": cloth.shirt,
    "tote": cloth.tote,
}

_STANDING = {"cap", "mug"}


def draw(product: DemoProduct, *, colour: str | None = None) -> bytes:
    """The product's picture as SVG, 4 to 5, the same bytes for the same arguments.

    ``colour`` is a value of the product's colour option; without it the picture's own is drawn.
    Raises KeyError for a colour that the shop does not know.
    """
    picture = product.picture
    name = colour or picture.colour
    inks = _inks(picture, name)
    ground = _backdrop(picture, name)
    if picture.shape == "socks":
        body = knits.socks(picture.motif, inks, cut=picture.cut, seed=picture.seed)
    else:
        shape = _SHAPES[picture.shape]
        body = shape(_MOTIFS[picture.motif], inks, cut=picture.cut, seed=picture.seed)
    flat = picture.shape not in _STANDING
    return "".join(
        (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 1000"',
            ' width="800" height="1000">',
            stage.filters(),
            stage.backdrop(BACKDROPS[ground], standing=not flat),
            stage.daylight(picture.light, picture.seed, colour=BACKDROPS[ground]),
            body,
            stage.touch(picture.light, picture.seed) if flat or picture.light == "leaves" else "",
            "</svg>",
        )
    ).encode()


def _inks(picture: Picture, colour: str) -> Inks:
    """The print's colours; on another cloth than its own, those that would drown give way."""
    base = tone(colour)
    line, accent, soft = (tone(name) for name in picture.inks)
    if colour == picture.colour:
        return Inks(base, line, accent, soft)
    rescue = tone("cream") if brightness(base) < 0.5 else tone("ink")
    second = tone("foam") if brightness(base) < 0.5 else tone("petrol")
    third = tone("lemon") if brightness(base) < 0.5 else tone("rust")
    return Inks(
        ground=base,
        line=line if _readable(line, base) else rescue,
        accent=accent if _readable(accent, base) else third,
        soft=soft if _readable(soft, base) else second,
    )


def _readable(ink: str, base: str) -> bool:
    return abs(brightness(ink) - brightness(base)) > 0.16 and distance(ink, base) > 0.2


def _backdrop(picture: Picture, colour: str) -> str:
    if colour == picture.colour:
        return picture.backdrop
    return DYES[colour].backdrop
