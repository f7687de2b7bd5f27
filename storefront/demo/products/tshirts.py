"""T-shirts: weather, water and sky, worn on the chest."""

from collections.abc import Mapping

from storefront.demo.model import DemoProduct, Picture
from storefront.demo.products.making import (
    SHIRT_SIZES,
    Words,
    coloured_and_sized,
    make,
    sized,
)


def _tee(
    key: str,
    price: int,
    *,
    en: Words,
    es: Words,
    stock: Mapping[str, tuple[int, int, int, int, int]],
    inks: tuple[str, str, str],
    backdrop: str,
    cut: str = "",
    light: str = "plain",
    seed: int = 1,
) -> DemoProduct:
    colours = list(stock)
    variants = (
        coloured_and_sized(key, SHIRT_SIZES, price, stock)
        if len(colours) > 1
        else sized(key, SHIRT_SIZES, price, stock[colours[0]])
    )
    motif = key.removeprefix("tee-")
    picture = Picture("shirt", motif, colours[0], inks, backdrop, cut, light, seed)
    return make(key, "t-shirts", en=en, es=es, variants=variants, picture=picture)


TSHIRTS = (
    _tee(
        "tee-tides",
        3200,
        en=(
            "High Water at Noon",
            (
                "Eleven tides from one fortnight, springs and neaps, drawn from the swing "
                "of an old harbour gauge. Heavy combed cotton, 200 g/m², cut and "
                "screen-printed in northern Portugal. Wash at 30 degrees, inside out; the "
                "tide will not run."
            ),
        ),
        es=(
            "Pleamar a mediodía",
            (
                "Once mareas de una quincena, vivas y muertas, dibujadas con el vaivén de "
                "un viejo mareógrafo. Algodón peinado grueso, 200 g/m², cortado y "
                "serigrafiado en el norte de Portugal. Lávala a 30 grados y del revés: la "
                "marea no destiñe."
            ),
        ),
        stock={
            "Navy": (6, 14, 22, 18, 7),
            "Off-white": (4, 11, 16, 0, 5),
            "Petrol": (3, 8, 12, 9, 0),
        },
        inks=("cream", "coral", "foam"),
        backdrop="shell",
        light="window",
        seed=2,
    ),
    _tee(
        "tee-moons",
        3200,
        en=(
            "Twelve Moons, No Wolf",
            (
                "A whole lunation in a wheel, with the full moon in the middle where it "
                "likes to be. Soft mid-weight cotton from Portugal, printed by hand with "
                "water-based ink. Machine wash cool and hang it out overnight, if only for "
                "the look of it."
            ),
        ),
        es=(
            "Doce lunas, ningún lobo",
            (
                "Una lunación entera en rueda, con la luna llena en el centro, que es donde "
                "le gusta estar. Algodón suave de gramaje medio, hecho en Portugal y "
                "estampado a mano con tinta al agua. Lávala en frío y tiéndela de noche, "
                "aunque solo sea por estética."
            ),
        ),
        stock={"Ink": (5, 12, 19, 21, 8), "Plum": (2, 6, 9, 7, 3)},
        inks=("cream", "lemon", "sky"),
        backdrop="lilac",
        seed=4,
    ),
    _tee(
        "tee-isobars",
        3300,
        en=(
            "Low Pressure, High Spirits",
            (
                "A deep Atlantic low with its fronts, as it was on the chart of a Tuesday "
                "when nobody went to work early. Airy 160 g/m² cotton, knitted and sewn in "
                "Galicia. It likes 30 degrees and a stiff breeze."
            ),
        ),
        es=(
            "Bajas presiones, altos ánimos",
            (
                "Una profunda borrasca atlántica con sus frentes, tal como salió en el mapa "
                "de un martes en que nadie madrugó. Algodón ligero de 160 g/m², tejido y "
                "cosido en Galicia. Le sientan bien los 30 grados y la brisa fresca."
            ),
        ),
        stock={"Off-white": (7, 15, 24, 17, 9), "Sky blue": (0, 5, 13, 11, 4)},
        inks=("navy", "red", "blue"),
        backdrop="clay",
        light="leaves",
        seed=3,
    ),
    _tee(
        "tee-contours",
        3200,
        en=(
            "The Long Way Up",
            (
                "Two summits, one saddle and a path that you have to imagine, one line for "
                "every ten metres. Garment-washed cotton, so it feels like your third "
                "summer with it. Made in Portugal; wash with similar valleys."
            ),
        ),
        es=(
            "El camino largo",
            (
                "Dos cumbres, un collado y una senda que tendrás que imaginar, con una "
                "línea cada diez metros. Algodón prelavado, para que parezca que ya es "
                "vuestro tercer verano juntos. Hecha en Portugal; lávala con valles "
                "parecidos."
            ),
        ),
        stock={"Moss": (4, 9, 17, 12, 6), "Sand": (3, 10, 15, 13, 2), "Rust": (0, 4, 8, 5, 0)},
        inks=("cream", "lemon", "sand"),
        backdrop="linen",
        cut="hanger",
        light="blind",
        seed=7,
    ),
    _tee(
        "tee-lighthouse",
        3400,
        en=(
            "Group Flashing Three",
            (
                "Three flashes every fifteen seconds: the only small talk a lighthouse "
                "makes. Five colours of ink on heavyweight cotton, printed in a Lisbon "
                "workshop two streets from the river. Wash at 30 degrees, no tumble dryer, "
                "no fog."
            ),
        ),
        es=(
            "Grupo de tres destellos",
            (
                "Tres destellos cada quince segundos: no da para más la conversación de un "
                "faro. Varias tintas sobre algodón grueso, estampada en un taller de Lisboa "
                "a dos calles del río. Lávala a 30 grados, sin secadora y sin niebla."
            ),
        ),
        stock={"Petrol": (5, 13, 20, 16, 8), "Off-white": (6, 9, 14, 10, 3)},
        inks=("cream", "lemon", "coral"),
        backdrop="linen",
        seed=5,
    ),
    _tee(
        "tee-kites",
        2900,
        en=(
            "Force Four, Hold Tight",
            (
                "Three kites and one string too few. A light summer tee with a slightly "
                "wider neck, in cotton jersey that dries before the ice cream is finished. "
                "Sewn in Portugal; wash at 30 degrees, iron around the tails."
            ),
        ),
        es=(
            "Fuerza cuatro, agárrate",
            (
                "Tres cometas y un hilo de menos. Camiseta ligera de verano, de cuello algo "
                "más abierto, en punto de algodón que se seca antes de que acabes el "
                "helado. Cosida en Portugal; lávala a 30 grados y plancha esquivando las "
                "colas."
            ),
        ),
        stock={
            "Sky blue": (8, 16, 25, 19, 10),
            "Off-white": (5, 12, 18, 14, 6),
            "Coral": (1, 3, 6, 4, 2),
        },
        inks=("navy", "red", "cream"),
        backdrop="blush",
        light="window",
        seed=4,
    ),
    _tee(
        "tee-analemma",
        3300,
        en=(
            "Same Time Tomorrow",
            (
                "Photograph the noon sun once a week for a year and it draws this lopsided "
                "eight; we marked one of the good days. Thick, almost stubborn cotton from "
                "the north of Portugal. Wash inside out at 30 degrees, at any hour."
            ),
        ),
        es=(
            "Mañana a la misma hora",
            (
                "Fotografía el sol del mediodía una vez por semana durante un año y te "
                "dibujará este ocho torcido; hemos marcado uno de los días buenos. Algodón "
                "grueso, casi terco, del norte de Portugal. Lávala del revés a 30 grados, a "
                "cualquier hora."
            ),
        ),
        stock={"Ink": (4, 10, 15, 12, 5)},
        inks=("cream", "ochre", "sky"),
        backdrop="ochre",
        seed=1,
    ),
    _tee(
        "tee-birds",
        3200,
        en=(
            "Leaving in September",
            (
                "A skein of geese going south, except for the one that has left something "
                "on the stove. Soft ring-spun cotton with a loose cut, made in Portugal. "
                "Cool wash; it flies best on a line."
            ),
        ),
        es=(
            "Nos vamos en septiembre",
            (
                "Una bandada de gansos rumbo al sur, menos el que se ha dejado algo en el "
                "fuego. Algodón hilado suave y corte suelto, hecha en Portugal. Lavado en "
                "frío; donde mejor vuela es en el tendedero."
            ),
        ),
        stock={"Rust": (3, 9, 14, 11, 4), "Grey": (2, 8, 12, 0, 0), "Navy": (4, 7, 13, 12, 5)},
        inks=("cream", "lemon", "sand"),
        backdrop="mist",
        cut="hanger",
        seed=8,
    ),
    _tee(
        "tee-constellation",
        3400,
        en=(
            "Unfinished Constellations",
            (
                "Three figures that no astronomer has claimed yet; you name them. The print "
                "is laid down in two thin passes, so it bends with the cloth and never "
                "feels like a sticker. Portuguese cotton, 190 g/m²; wash dark with dark."
            ),
        ),
        es=(
            "Constelaciones sin terminar",
            (
                "Tres figuras que ningún astrónomo ha reclamado todavía; el nombre lo pones "
                "tú. El estampado lleva dos pasadas finas, así que acompaña a la tela y no "
                "parece una pegatina. Algodón portugués de 190 g/m²; lo oscuro, con lo "
                "oscuro."
            ),
        ),
        stock={"Navy": (0, 2, 1, 0, 0), "Plum": (0, 0, 3, 1, 0)},
        inks=("cream", "lemon", "sky"),
        backdrop="haze",
        light="leaves",
        seed=6,
    ),
    _tee(
        "tee-rain",
        2900,
        en=(
            "Slight Chance",
            (
                "Seventy-one drops of rain and a single one that looks forward to the weekend. "
                "A straight, dependable cotton tee, sewn in Galicia, where they know about "
                "both. Wash at 30 degrees; it has been wet before."
            ),
        ),
        es=(
            "Chubascos, quizá",
            (
                "Setenta y una gotas de lluvia y una sola que ya piensa en el fin de semana. Una "
                "camiseta de algodón recta y de fiar, cosida en Galicia, donde saben de "
                "ambas cosas. Lávala a 30 grados: no será su primera mojadura."
            ),
        ),
        stock={"Ochre": (6, 12, 18, 15, 7), "Grey": (5, 11, 17, 12, 6)},
        inks=("navy", "cream", "cream"),
        backdrop="haze",
        seed=9,
    ),
    _tee(
        "tee-waves",
        3100,
        en=(
            "The Seventh Wave",
            (
                "They say every seventh wave is the big one; we counted, and it is this. A "
                "round of overlapping crests, screen-printed on washed cotton in Portugal. "
                "Machine wash at 30 degrees, salt stains welcome."
            ),
        ),
        es=(
            "La séptima ola",
            (
                "Dicen que cada siete olas viene la grande; las contamos y es esta. Un "
                "círculo de crestas superpuestas, serigrafiado en Portugal sobre algodón "
                "lavado. A máquina a 30 grados; las manchas de sal son bienvenidas."
            ),
        ),
        stock={"Sand": (5, 10, 16, 14, 6), "Petrol": (3, 8, 13, 9, 4)},
        inks=("petrol", "rust", "sea"),
        backdrop="lagoon",
        light="window",
        seed=3,
    ),
)
