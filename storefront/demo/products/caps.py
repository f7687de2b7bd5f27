"""Caps, for looking up without squinting."""

from collections.abc import Mapping

from storefront.demo.model import DemoProduct, Picture
from storefront.demo.products.making import Words, coloured, make, single


def _cap(
    key: str,
    price: int,
    *,
    motif: str,
    en: Words,
    es: Words,
    stock: Mapping[str, int],
    inks: tuple[str, str, str],
    backdrop: str,
    cut: str = "",
    light: str = "plain",
    seed: int = 1,
) -> DemoProduct:
    colours = list(stock)
    variants = (
        coloured(key, price, stock) if len(colours) > 1 else single(key, price, stock[colours[0]])
    )
    picture = Picture("cap", motif, colours[0], inks, backdrop, cut, light, seed)
    return make(key, "caps", en=en, es=es, variants=variants, picture=picture)


CAPS = (
    _cap(
        "cap-offing",
        2600,
        motif="sunrise",
        en=(
            "The Offing",
            (
                "The offing is the part of the sea that you can see from the shore: far "
                "enough to hope, near enough to wave. Six panels of brushed cotton twill "
                "with an embroidered sun and a brass buckle. Sewn in Alicante; hand wash, "
                "let it dry on a knee."
            ),
        ),
        es=(
            "Lontananza",
            (
                "Lontananza es el mar que aún se alcanza a ver desde la orilla: lejos para "
                "soñar, cerca para saludar. Seis paneles de sarga de algodón cepillada, sol "
                "bordado y hebilla de latón. Cosida en Alicante; lávala a mano y sécala "
                "sobre la rodilla."
            ),
        ),
        stock={"Navy": 24, "Off-white": 17, "Rust": 9},
        inks=("cream", "ochre", "coral"),
        backdrop="shell",
        light="window",
    ),
    _cap(
        "cap-compass",
        2600,
        motif="compass",
        en=(
            "North, More or Less",
            (
                "An embroidered wind rose whose needle is a few degrees out, like all "
                "honest needles. Sturdy cotton canvas with a soft unlined crown and an "
                "adjustable strap. Made in Alicante; sponge clean."
            ),
        ),
        es=(
            "El norte, más o menos",
            (
                "Una rosa de los vientos bordada cuya aguja se desvía unos grados, como "
                "toda aguja honrada. Loneta de algodón resistente, copa suave sin forro y "
                "correa ajustable. Hecha en Alicante; límpiala con una esponja."
            ),
        ),
        stock={"Moss": 18, "Sand": 21, "Ink": 12},
        inks=("cream", "ochre", "sand"),
        backdrop="linen",
        seed=4,
    ),
    _cap(
        "cap-summit",
        2700,
        motif="peak",
        en=(
            "Second Summit",
            (
                "There is always another one behind it. A cord cap with a low crown and a "
                "two-peak badge, warm enough for the top and small enough for the pocket on "
                "the way up. Cotton corduroy from Portugal; wash cold, brush with the grain."
            ),
        ),
        es=(
            "Segunda cumbre",
            (
                "Detrás siempre hay otra. Gorra de pana de copa baja con un parche de dos "
                "picos: abriga arriba y cabe en el bolsillo mientras subes. Pana de algodón "
                "de Portugal; lávala en frío y cepíllala a favor del pelo."
            ),
        ),
        stock={"Rust": 14, "Petrol": 0, "Moss": 8},
        inks=("cream", "white", "sand"),
        backdrop="mist",
        light="blind",
        seed=7,
    ),
    _cap(
        "cap-gulls",
        2400,
        motif="gulls",
        en=(
            "Gull Weather",
            (
                "Five gulls in two strokes each, stitched as one draws them in the margin "
                "of a long phone call. Light washed cotton, made for chips on the pier. "
                "Sewn in Alicante; wash at 30 degrees in a bag."
            ),
        ),
        es=(
            "Tiempo de gaviotas",
            (
                "Cinco gaviotas de dos trazos, bordadas como se dibujan al margen durante "
                "una llamada larga. Algodón lavado ligero, pensada para comer pescaíto en "
                "el muelle. Cosida en Alicante; lávala a 30 grados dentro de una bolsa."
            ),
        ),
        stock={"Sky blue": 19, "Off-white": 26, "Coral": 11},
        inks=("navy", "red", "cream"),
        backdrop="blush",
        seed=2,
    ),
    _cap(
        "cap-watchkeeper",
        2800,
        motif="lighthouse",
        en=(
            "The Watchkeeper",
            (
                "For those who take the hours from midnight to four, or have a baby. Dense "
                "cotton twill with a contrasting brim and an embroidered light. Made in "
                "Portugal; sponge clean and rest well."
            ),
        ),
        es=(
            "Guardia de media",
            (
                "Para quien hace la guardia de doce a cuatro o tiene un bebé. Sarga de "
                "algodón tupida, visera en contraste y un faro bordado. Hecha en Portugal; "
                "límpiala con una esponja y descansa."
            ),
        ),
        stock={"Off-white": 15, "Petrol": 13},
        inks=("navy", "ochre", "rust"),
        backdrop="lagoon",
        cut="two-tone",
        light="window",
        seed=3,
    ),
    _cap(
        "cap-cumulus",
        2400,
        motif="clouds",
        en=(
            "Head in the Cloud",
            (
                "One cloud, fair weather, no rain intended. Soft-washed cotton with a "
                "curved brim and a cloud in raised satin stitch. Sewn in Alicante; hand "
                "wash in what fell from the sky."
            ),
        ),
        es=(
            "En la nube",
            (
                "Una nube de buen tiempo, sin intención de llover. Algodón lavado suave, "
                "visera curva y la nube bordada en relieve con punto de satén. Cosida en "
                "Alicante; lávala a mano con lo que caiga del cielo."
            ),
        ),
        stock={"Sky blue": 0, "Grey": 0, "Ink": 0},
        inks=("white", "cream", "foam"),
        backdrop="lemon",
        seed=5,
    ),
    _cap(
        "cap-eclipse",
        2700,
        motif="moons",
        en=(
            "New Moon Service Cap",
            (
                "Worn by nobody official on the darkest night of the month. Cotton canvas "
                "in near-black with a small wheel of moons, embroidered in thread that "
                "catches a torch. Made in Portugal; sponge clean."
            ),
        ),
        es=(
            "Gorra de luna nueva",
            (
                "La lleva gente sin cargo alguno en la noche más oscura del mes. Loneta de "
                "algodón casi negra con una ruedecita de lunas, bordada con un hilo que "
                "brilla con la linterna. Hecha en Portugal; límpiala con una esponja."
            ),
        ),
        stock={"Ink": 3},
        inks=("cream", "lemon", "sky"),
        backdrop="ochre",
        light="leaves",
        seed=6,
    ),
)
