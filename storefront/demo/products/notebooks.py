"""Notebooks, for what one saw."""

from storefront.demo.model import DemoProduct, Picture
from storefront.demo.products.making import Words, make, single


def _notebook(
    key: str,
    price: int,
    *,
    motif: str,
    en: Words,
    es: Words,
    stock: int,
    cover: str,
    inks: tuple[str, str, str],
    backdrop: str,
    cut: str = "",
    light: str = "plain",
    seed: int = 1,
) -> DemoProduct:
    picture = Picture("notebook", motif, cover, inks, backdrop, cut, light, seed)
    return make(key, "notebooks", en=en, es=es, variants=single(key, price, stock), picture=picture)


NOTEBOOKS = (
    _notebook(
        "notebook-tide-tables",
        1500,
        motif="tides",
        en=(
            "Tide Tables, Blank Edition",
            (
                "All the highs and lows are left to you. A5, 144 dotted pages of 90 g/m² "
                "paper that takes fountain pen, bound in linen with a ribbon and a band. "
                "Made in Barcelona; keep above the spring tide."
            ),
        ),
        es=(
            "Tabla de mareas, edición en blanco",
            (
                "Los altos y los bajos los pones tú. A5, 144 páginas punteadas de 90 g/m² "
                "que aguantan la pluma, encuadernadas en tela con cinta y goma. Hecho en "
                "Barcelona; guárdalo por encima de las mareas vivas."
            ),
        ),
        stock=32,
        cover="petrol",
        inks=("cream", "coral", "foam"),
        backdrop="linen",
        light="window",
        seed=2,
    ),
    _notebook(
        "notebook-clouds",
        1300,
        motif="clouds",
        en=(
            "Cloud Diary",
            (
                "One page a day for the only show that never repeats itself. A5, 96 plain "
                "pages, sewn with one visible thread so that it lies flat on grass. Paper "
                "and cover from a mill near Girona, bound in Barcelona."
            ),
        ),
        es=(
            "Diario de nubes",
            (
                "Una página al día para el único espectáculo que nunca se repite. A5, 96 "
                "páginas lisas, cosidas con un hilo a la vista para que se abra del todo "
                "sobre la hierba. Papel y cubierta de cerca de Girona, encuadernado en "
                "Barcelona."
            ),
        ),
        stock=27,
        cover="sky",
        inks=("white", "lemon", "cream"),
        backdrop="shell",
        cut="thread",
        light="leaves",
        seed=5,
    ),
    _notebook(
        "notebook-night",
        1600,
        motif="constellation",
        en=(
            "Night Book",
            (
                "Black pages inside, for white pencil and things that are clearer after "
                "dark. A5, 96 pages of 120 g/m² paper, hard cover, ribbon in lemon. Made in "
                "Barcelona; comes with one white pencil."
            ),
        ),
        es=(
            "Cuaderno de noche",
            (
                "Páginas negras, para lápiz blanco y para lo que se ve más claro a oscuras. "
                "A5, 96 páginas de 120 g/m², tapa dura y cinta amarillo limón. Hecho en "
                "Barcelona; trae un lápiz blanco."
            ),
        ),
        stock=18,
        cover="night",
        inks=("cream", "lemon", "sky"),
        backdrop="lilac",
        seed=9,
    ),
    _notebook(
        "notebook-contours",
        1500,
        motif="contours",
        en=(
            "Contour Interval, Ten Metres",
            (
                "For walkers who write and writers who walk. A5, 144 pages of squared "
                "paper, rounded corners, a cover that shrugs off drizzle. Bound in "
                "Barcelona with a band to keep the pressed flowers in."
            ),
        ),
        es=(
            "Equidistancia, diez metros",
            (
                "Para quien camina y escribe, o al revés. A5, 144 páginas cuadriculadas, "
                "esquinas redondeadas y una cubierta que no teme a la llovizna. "
                "Encuadernado en Barcelona, con goma para que no se escapen las flores "
                "secas."
            ),
        ),
        stock=24,
        cover="kraft",
        inks=("fern", "rust", "rust"),
        backdrop="sage",
        light="blind",
        seed=4,
    ),
    _notebook(
        "notebook-gulls",
        1200,
        motif="gulls",
        en=(
            "Gulls, Probably",
            (
                "A bird list for beginners: all the pages say the same thing, and it is "
                "usually right. A6, 64 plain pages, thread-sewn, thin enough for a back "
                "pocket. Bound in Barcelona on paper from near Girona."
            ),
        ),
        es=(
            "Gaviotas, seguramente",
            (
                "Un cuaderno de aves para principiantes: en todas las páginas pone lo mismo "
                "y casi siempre acierta. A6, 64 páginas, cosido con hilo, fino para el "
                "bolsillo de atrás. Encuadernado en Barcelona con papel de cerca de Girona."
            ),
        ),
        stock=44,
        cover="coral",
        inks=("cream", "navy", "navy"),
        backdrop="haze",
        cut="thread",
        seed=3,
    ),
    _notebook(
        "notebook-terra",
        1600,
        motif="globe",
        en=(
            "Terra Mostly Incognita",
            (
                "The world before anybody filled it in, and a dot for where you are. A5, "
                "192 ruled pages with numbers and an empty index, hard cover in lemon "
                "cloth. Made in Barcelona; discoveries not included."
            ),
        ),
        es=(
            "Terra casi incógnita",
            (
                "El mundo antes de que nadie lo rellenara, y un punto donde estás tú. A5, "
                "192 páginas rayadas y numeradas con un índice vacío, tapa dura en tela "
                "amarilla. Hecho en Barcelona; descubrimientos aparte."
            ),
        ),
        stock=21,
        cover="lemon",
        inks=("navy", "red", "cream"),
        backdrop="lagoon",
        light="window",
        seed=6,
    ),
    _notebook(
        "notebook-puddles",
        1200,
        motif="drops",
        en=(
            "Notes on Puddles",
            (
                "Rings on still water, for thoughts that spread. A5, 96 dotted pages, sewn "
                "with thread and trimmed by hand in Barcelona. The paper is strong enough "
                "for watercolour, if you are quick."
            ),
        ),
        es=(
            "Apuntes sobre charcos",
            (
                "Ondas en agua quieta, para ideas que se extienden. A5, 96 páginas "
                "punteadas, cosidas con hilo y guillotinadas a mano en Barcelona. El papel "
                "aguanta la acuarela si no te entretienes."
            ),
        ),
        stock=3,
        cover="sage",
        inks=("petrol", "coral", "sea"),
        backdrop="blush",
        cut="thread",
        light="leaves",
        seed=8,
    ),
)
