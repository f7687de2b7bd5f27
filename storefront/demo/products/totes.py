"""Totes: room for a towel, a map and a loaf."""

from collections.abc import Mapping

from storefront.demo.model import DemoProduct, Picture
from storefront.demo.products.making import Words, coloured, make, single


def _tote(
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
    picture = Picture("tote", motif, colours[0], inks, backdrop, cut, light, seed)
    return make(key, "totes", en=en, es=es, variants=variants, picture=picture)


TOTES = (
    _tote(
        "tote-map",
        2200,
        motif="map",
        en=(
            "Always Refolded Wrong",
            (
                "A walking map with honest creases and one very good route, on a bag that "
                "folds any way you like. Thick cotton canvas, 340 g/m², with handles long "
                "enough for a winter coat. Sewn in Valencia; wash cold, iron the creases "
                "out or leave them."
            ),
        ),
        es=(
            "Nunca se dobla igual",
            (
                "Un mapa de senderos con sus dobleces y una ruta estupenda, en una bolsa "
                "que se pliega como quieras. Lona de algodón gruesa, 340 g/m², con asas que "
                "pasan sobre el abrigo. Cosida en Valencia; lávala en frío y plancha las "
                "arrugas, o no."
            ),
        ),
        stock={"Off-white": 27},
        inks=("fern", "red", "sea"),
        backdrop="sage",
        light="window",
        seed=3,
    ),
    _tote(
        "tote-birds",
        1800,
        motif="birds",
        en=(
            "Carry-on for Geese",
            (
                "They travel two thousand kilometres with nothing at all; you may bring "
                "sandwiches. Natural cotton canvas with flat seams and rust-red handles. "
                "Sewn in Valencia; wash at 30 degrees, dry flat."
            ),
        ),
        es=(
            "Equipaje de ganso",
            (
                "Ellos hacen dos mil kilómetros sin llevar nada; tú puedes llevar "
                "bocadillos. Lona de algodón natural con costuras planas y asas rojizas. "
                "Cosida en Valencia; lávala a 30 grados y sécala en plano."
            ),
        ),
        stock={"Off-white": 33},
        inks=("navy", "rust", "sea"),
        backdrop="haze",
        cut="two-tone",
        seed=4,
    ),
    _tote(
        "tote-fern",
        2400,
        motif="fern",
        en=(
            "Blueprint of a Fern",
            (
                "After the sun prints that botanists made before there were cameras: plant, "
                "paper, daylight, done. Heavy canvas, screen-printed in two blues' worth of "
                "patience. Sewn in Valencia; wash cold and away from the wash of others."
            ),
        ),
        es=(
            "Plano de un helecho",
            (
                "Como las copias al sol que hacían las botánicas antes de las cámaras: "
                "planta, papel, luz y listo. Lona gruesa, serigrafiada con toda la "
                "paciencia del azul. Cosida en Valencia; lávala en frío y por separado."
            ),
        ),
        stock={"Navy": 18, "Moss": 11},
        inks=("cream", "foam", "sky"),
        backdrop="linen",
        light="leaves",
        seed=2,
    ),
    _tote(
        "tote-light",
        1900,
        motif="lighthouse",
        en=(
            "Keep Left of the Light",
            (
                "Pilot's advice for entering the harbour and also most kitchens at night. "
                "Mid-weight canvas with an inside pocket for keys, so they stop looking for "
                "themselves. Made in Valencia; wash at 30 degrees."
            ),
        ),
        es=(
            "Deja el faro a estribor",
            (
                "Consejo de práctico para entrar en puerto y en casi cualquier cocina de "
                "noche. Lona de gramaje medio con bolsillo interior para que las llaves no "
                "se busquen solas. Hecha en Valencia; lávala a 30 grados."
            ),
        ),
        stock={"Sand": 21},
        inks=("navy", "ochre", "red"),
        backdrop="lagoon",
        seed=6,
    ),
    _tote(
        "tote-shoal",
        1900,
        motif="shoal",
        en=(
            "The Shoal",
            (
                "Thirty fish with a plan and one with an idea. Sturdy natural canvas, "
                "good for the market, excellent for the fish market. Sewn in Valencia; wash "
                "at 30 degrees and do not believe the smell."
            ),
        ),
        es=(
            "El cardumen",
            (
                "Treinta peces con un plan y uno con una idea. Lona natural "
                "resistente, buena para el mercado y excelente para la pescadería. Cosida "
                "en Valencia; lávala a 30 grados y no hagas caso del olor."
            ),
        ),
        stock={"Off-white": 25, "Sky blue": 14},
        inks=("petrol", "coral", "sea"),
        backdrop="blush",
        light="blind",
        seed=5,
    ),
    _tote(
        "tote-balloon",
        1900,
        motif="balloon",
        en=(
            "Lighter than Groceries",
            (
                "A balloon in no hurry, over the things you did not plan to buy. Soft "
                "canvas in ochre with handles that do not cut. Sewn in Valencia; wash cold, "
                "hang high."
            ),
        ),
        es=(
            "Más ligera que la compra",
            (
                "Un globo sin prisa por encima de lo que no pensabas comprar. Lona suave "
                "color ocre, con asas que no se clavan. Cosida en Valencia; lávala en frío "
                "y cuélgala bien alto."
            ),
        ),
        stock={"Ochre": 16},
        inks=("navy", "cream", "rust"),
        backdrop="mist",
        seed=1,
    ),
    _tote(
        "tote-swell",
        2200,
        motif="waves",
        en=(
            "Small Swell, Good Period",
            (
                "Overlapping crests, printed edge by edge by someone who surfs before work. "
                "Thick canvas, boxed bottom, room for a wet towel and its regrets. Made in "
                "Valencia; rinse the salt out and wash at 30 degrees."
            ),
        ),
        es=(
            "Poco mar y buen periodo",
            (
                "Crestas superpuestas, estampadas por alguien que surfea antes de trabajar. "
                "Lona gruesa con fondo ancho, sitio para una toalla mojada y sus "
                "remordimientos. Hecha en Valencia; aclara la sal y lávala a 30 grados."
            ),
        ),
        stock={"Off-white": 12, "Coral": 1},
        inks=("blue", "coral", "sky"),
        backdrop="clay",
        cut="two-tone",
        light="window",
        seed=7,
    ),
    _tote(
        "tote-islands",
        2000,
        motif="islands",
        en=(
            "Island Hopping, Foot Passenger",
            (
                "Four islands, their shallows and a dotted ferry line that is late on "
                "purpose. Recycled and new cotton in one thick, slightly speckled canvas. "
                "Sewn in Valencia; wash at 30 degrees between two ferries."
            ),
        ),
        es=(
            "De isla en isla, a pie",
            (
                "Cuatro islas, sus bajíos y la línea de puntos de un ferri que llega tarde "
                "a propósito. Algodón nuevo y reciclado en una lona gruesa, algo moteada. "
                "Cosida en Valencia; lávala a 30 grados entre un ferri y otro."
            ),
        ),
        stock={"Petrol": 23},
        inks=("sand", "coral", "foam"),
        backdrop="lemon",
        light="leaves",
        seed=8,
    ),
)
