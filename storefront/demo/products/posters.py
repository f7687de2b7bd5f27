"""Posters: windows for walls that have none."""

from storefront.demo.model import DemoProduct, Picture
from storefront.demo.products.making import POSTER_SIZES, Words, make, sized

_PRICES = (1400, 2200, 3600)


def _poster(
    key: str,
    *,
    motif: str,
    en: Words,
    es: Words,
    stock: tuple[int, int, int],
    ground: str,
    inks: tuple[str, str, str],
    backdrop: str,
    cut: str,
    prices: tuple[int, int, int] = _PRICES,
    light: str = "plain",
    seed: int = 1,
) -> DemoProduct:
    picture = Picture("poster", motif, ground, inks, backdrop, cut, light, seed)
    variants = sized(key, POSTER_SIZES, prices, stock)
    return make(key, "posters", en=en, es=es, variants=variants, picture=picture)


POSTERS = (
    _poster(
        "poster-month",
        motif="moons",
        en=(
            "A Month of Nights",
            (
                "Thirty moons in six rows, from nothing to everything and back, with the "
                "full one in gold. Giclée print on 250 g/m² matt cotton paper, made to "
                "order in Porto. Sold unframed; keep it out of direct sun, which has its "
                "own poster."
            ),
        ),
        es=(
            "Un mes de noches",
            (
                "Treinta lunas en seis filas, de nada a todo y vuelta, con la llena en "
                "dorado. Impresión giclée sobre papel de algodón mate de 250 g/m², hecha "
                "por encargo en Oporto. Sin marco; no le des sol directo, que ya tiene su "
                "propia lámina."
            ),
        ),
        stock=(24, 18, 9),
        ground="night",
        inks=("cream", "ochre", "sky"),
        backdrop="shell",
        cut="oak",
        light="window",
        seed=2,
    ),
    _poster(
        "poster-soundings",
        motif="soundings",
        en=(
            "Soundings",
            (
                "The sea floor in nine steps of blue, down to where the lead line ran out. "
                "Screen print in nine colours on heavy uncoated paper, pulled in a workshop "
                "in Porto. Sold unframed, rolled in a tube."
            ),
        ),
        es=(
            "Sondas",
            (
                "El fondo del mar en nueve azules, hasta donde se acabó la sondaleza. "
                "Serigrafía a nueve tintas sobre papel grueso sin estucar, tirada en un "
                "taller de Oporto. Sin marco, enrollada en un tubo."
            ),
        ),
        stock=(15, 12, 3),
        prices=(1600, 2600, 4200),
        ground="sea",
        inks=("night", "sand", "foam"),
        backdrop="linen",
        cut="white",
        seed=3,
    ),
    _poster(
        "poster-ranges",
        motif="mountains",
        en=(
            "Seven Ranges Before Breakfast",
            (
                "Ridge behind ridge, each a little bluer, as seen from a hut where the "
                "coffee had not yet started. Giclée print on 250 g/m² matt cotton paper "
                "from Porto. Sold unframed; hang it where you lace your boots."
            ),
        ),
        es=(
            "Siete sierras antes del desayuno",
            (
                "Sierra tras sierra, cada una algo más azul, vistas desde un refugio donde "
                "aún no había café. Impresión giclée sobre papel de algodón mate de 250 "
                "g/m², hecha en Oporto. Sin marco; cuélgala donde te ates las botas."
            ),
        ),
        stock=(30, 26, 14),
        ground="blush",
        inks=("navy", "coral", "lilac"),
        backdrop="mist",
        cut="bars",
        light="leaves",
        seed=11,
    ),
    _poster(
        "poster-no-names",
        motif="constellation",
        en=(
            "Northern Sky, No Names",
            (
                "A star chart on which nothing is labelled, so that you can finally find "
                "your own bear. Printed in Porto with pigment ink on matt cotton paper. "
                "Sold unframed; best read lying down."
            ),
        ),
        es=(
            "Cielo del norte, sin nombres",
            (
                "Una carta celeste sin un solo rótulo, para que por fin encuentres tu "
                "propia osa. Impresa en Oporto con tinta pigmentada sobre papel de algodón "
                "mate. Sin marco; se lee mejor en tumbona."
            ),
        ),
        stock=(20, 11, 0),
        ground="prussian",
        inks=("cream", "lemon", "sky"),
        backdrop="haze",
        cut="black",
        seed=5,
    ),
    _poster(
        "poster-last-light",
        motif="lighthouse",
        en=(
            "The Last Light on the Left",
            (
                "After this one there is only weather. Five flat colours, screen-printed in "
                "Porto on heavy paper with a slight tooth. Sold unframed; flashes only in "
                "the imagination, about every ten seconds."
            ),
        ),
        es=(
            "El último faro a la izquierda",
            (
                "Después de este solo queda el tiempo que haga. Cinco tintas planas, "
                "serigrafiadas en Oporto sobre papel grueso con algo de grano. Sin marco; "
                "solo destella en la imaginación, cada diez segundos más o menos."
            ),
        ),
        stock=(18, 16, 7),
        prices=(1600, 2600, 4200),
        ground="petrol",
        inks=("cream", "lemon", "coral"),
        backdrop="blush",
        cut="oak",
        light="blind",
        seed=7,
    ),
    _poster(
        "poster-sun-print",
        motif="fern",
        en=(
            "Sun Print No. 3",
            (
                "Numbers one and two were left out in the rain. A fern in the deep blue of "
                "iron and daylight, reproduced on thick cotton paper in Porto. Sold "
                "unframed; the real ones fade, this one takes its time."
            ),
        ),
        es=(
            "Copia al sol n.º 3",
            (
                "La uno y la dos se quedaron bajo la lluvia. Un helecho en el azul hondo "
                "del hierro y la luz, reproducido en Oporto sobre papel de algodón grueso. "
                "Sin marco; los originales se desvanecen, esta se lo toma con calma."
            ),
        ),
        stock=(22, 19, 10),
        ground="prussian",
        inks=("foam", "cream", "sky"),
        backdrop="linen",
        cut="clips",
        light="leaves",
        seed=3,
    ),
    _poster(
        "poster-on-time",
        motif="orbits",
        en=(
            "Everyone on Time",
            (
                "Eight planets, no timetable, not one delay in four and a half billion "
                "years. Giclée print on matt cotton paper, made in Porto. Sold unframed; "
                "looks well beside a railway clock."
            ),
        ),
        es=(
            "Todos puntuales",
            (
                "Ocho planetas, ningún horario y ni un retraso en cuatro mil quinientos "
                "millones de años. Impresión giclée sobre papel de algodón mate, hecha en "
                "Oporto. Sin marco; queda bien junto a un reloj de estación."
            ),
        ),
        stock=(17, 13, 6),
        ground="plum",
        inks=("blush", "ochre", "coral"),
        backdrop="lemon",
        cut="black",
        light="window",
        seed=4,
    ),
    _poster(
        "poster-depression",
        motif="isobars",
        en=(
            "Depression, Moving East",
            (
                "A weather chart for people who find it soothing that things are passing "
                "over. Three colours on heavy paper, printed in Porto. Sold unframed; "
                "improves from the west."
            ),
        ),
        es=(
            "Borrasca, se aleja al este",
            (
                "Un mapa del tiempo para quien se calma al saber que todo pasa. Tres "
                "tintas sobre papel grueso, impreso en Oporto. Sin marco; mejora por el "
                "oeste."
            ),
        ),
        stock=(26, 20, 8),
        ground="cream",
        inks=("navy", "red", "blue"),
        backdrop="lagoon",
        cut="tape",
        seed=6,
    ),
    _poster(
        "poster-beaufort",
        motif="beaufort",
        en=(
            "Beaufort, Nought to Twelve",
            (
                "Thirteen lines from flat calm to hurricane, and a small boat that checked "
                "the wrong one. Printed in Porto in blue-black and red on uncoated paper. "
                "Sold unframed; hang it level, it makes the joke better."
            ),
        ),
        es=(
            "Beaufort, de cero a doce",
            (
                "Trece líneas, de la calma chicha al huracán, y un barquito que se fijó en "
                "la que no era. Impresa en Oporto en azul negro y rojo sobre papel sin "
                "estucar. Sin marco; cuélgala recta, que el chiste gana."
            ),
        ),
        stock=(35, 28, 16),
        ground="paper",
        inks=("navy", "red", "sea"),
        backdrop="clay",
        cut="bars",
        seed=9,
    ),
    _poster(
        "poster-tripod",
        motif="trails",
        en=(
            "Four Hours, One Tripod",
            (
                "What the stars did while the photographer slept in the car. Pigment ink on "
                "250 g/m² matt cotton paper, so the black stays black. Made in Porto, sold "
                "unframed."
            ),
        ),
        es=(
            "Cuatro horas, un trípode",
            (
                "Lo que hicieron las estrellas mientras el fotógrafo dormía en el coche. "
                "Tinta pigmentada sobre papel de algodón mate de 250 g/m², para que el "
                "negro siga negro. Hecha en Oporto, sin marco."
            ),
        ),
        stock=(0, 0, 0),
        ground="night",
        inks=("cream", "coral", "sky"),
        backdrop="ochre",
        cut="white",
        light="blind",
        seed=14,
    ),
    _poster(
        "poster-first-ferry",
        motif="sunrise",
        en=(
            "05:48, First Ferry",
            (
                "The minute the sun comes over the edge, seen from the warm side of the "
                "glass. Risograph-style layers on heavy paper, printed in Porto. Sold "
                "unframed; no need to get up."
            ),
        ),
        es=(
            "05:48, primer ferri",
            (
                "El minuto en que el sol asoma por el borde, visto desde el lado caliente "
                "del cristal. Capas al estilo de la risografía sobre papel grueso, impresas "
                "en Oporto. Sin marco; no hace falta madrugar."
            ),
        ),
        stock=(29, 21, 12),
        ground="blush",
        inks=("petrol", "coral", "lemon"),
        backdrop="sage",
        cut="tape",
        light="window",
        seed=5,
    ),
    _poster(
        "poster-totality",
        motif="eclipse",
        en=(
            "Totality, Two Minutes Eighteen",
            (
                "The sun, bite by bite, and the crown that one travels a thousand "
                "kilometres to see between two clouds. Printed in Porto on matt cotton "
                "paper in gold and near-black. Sold unframed; safe to look at."
            ),
        ),
        es=(
            "Totalidad, dos minutos dieciocho",
            (
                "El sol, mordisco a mordisco, y esa corona que se ve entre dos nubes "
                "después de viajar mil kilómetros. Impresa en Oporto sobre papel de "
                "algodón mate, en oro y casi negro. Sin marco; se puede mirar sin gafas."
            ),
        ),
        stock=(14, 9, 2),
        ground="ink",
        inks=("cream", "ochre", "coral"),
        backdrop="fog",
        cut="oak",
        seed=2,
    ),
    _poster(
        "poster-northern",
        motif="aurora",
        en=(
            "Curtains, Drawn",
            (
                "The northern lights over a row of firs, with the decency to stay all "
                "night. Giclée print on 250 g/m² matt cotton paper from Porto. Sold "
                "unframed; pairs well with a blanket."
            ),
        ),
        es=(
            "Cortinas corridas",
            (
                "La aurora boreal sobre una hilera de abetos, con el detalle de quedarse "
                "toda la noche. Impresión giclée sobre papel de algodón mate de 250 g/m², "
                "hecha en Oporto. Sin marco; combina con una manta."
            ),
        ),
        stock=(19, 15, 5),
        ground="night",
        inks=("mint", "lilac", "foam"),
        backdrop="petrol",
        cut="white",
        seed=8,
    ),
)
