"""Socks, since the ground is part of the landscape."""

from storefront.demo.model import DemoProduct, Picture
from storefront.demo.products.making import SOCK_SIZES, Words, make, sized


def _socks(
    key: str,
    price: int,
    *,
    chart: str,
    en: Words,
    es: Words,
    stock: tuple[int, int, int],
    yarn: str,
    inks: tuple[str, str, str],
    backdrop: str,
    cut: str = "",
    light: str = "plain",
    seed: int = 1,
) -> DemoProduct:
    picture = Picture("socks", chart, yarn, inks, backdrop, cut, light, seed)
    variants = sized(key, SOCK_SIZES, price, stock)
    return make(key, "socks", en=en, es=es, variants=variants, picture=picture)


SOCKS = (
    _socks(
        "socks-tide-line",
        1300,
        chart="tides",
        en=(
            "Tide Line",
            (
                "Waves at three heights, so one of them is always about to reach your "
                "shoes. Combed cotton with a little elastane, knitted on small machines in "
                "Barcelos. Wash at 30 degrees, in pairs if you believe in that."
            ),
        ),
        es=(
            "Línea de marea",
            (
                "Olas a tres alturas, de modo que siempre hay una a punto de alcanzarte los "
                "zapatos. Algodón peinado con algo de elastano, tejido en máquinas pequeñas "
                "en Barcelos. A 30 grados y por parejas, si crees en eso."
            ),
        ),
        stock=(22, 31, 18),
        yarn="cream",
        inks=("petrol", "coral", "sea"),
        backdrop="lagoon",
        light="window",
    ),
    _socks(
        "socks-night-shift",
        1300,
        chart="stars",
        en=(
            "Night Shift",
            (
                "A small, private, reliable clear sky below the trouser leg. Combed cotton, "
                "reinforced heel and toe, knitted in Barcelos. Wash at 30 degrees and count "
                "again."
            ),
        ),
        es=(
            "Turno de noche",
            (
                "Un cielo despejado, pequeño y privado, bajo la pernera. Algodón peinado "
                "con talón y puntera reforzados, tejido en Barcelos. Lávalos a 30 grados y "
                "vuelve a contar."
            ),
        ),
        stock=(17, 25, 0),
        yarn="night",
        inks=("cream", "lemon", "sky"),
        backdrop="lemon",
        seed=3,
    ),
    _socks(
        "socks-wet-forecast",
        1300,
        chart="rain",
        en=(
            "Wet Forecast, Dry Feet",
            (
                "Rain all week, with a bright spell about the ankle. Merino and cotton in "
                "equal parts, thick enough for boots. Knitted in Portugal; wash cool on the "
                "wool programme."
            ),
        ),
        es=(
            "Lluvia fuera, pies secos",
            (
                "Agua toda la semana, con un claro a la altura del tobillo. Merino y "
                "algodón a partes iguales, gruesos como para llevar botas. Tejidos en "
                "Portugal; lávalos en frío con el programa de lana."
            ),
        ),
        stock=(14, 20, 11),
        yarn="grey",
        inks=("navy", "lemon", "cream"),
        backdrop="shell",
        light="leaves",
        seed=2,
    ),
    _socks(
        "socks-ridge-walk",
        1600,
        chart="ridge",
        en=(
            "Ridge Walk",
            (
                "Snow above, firs below, you in between with a thermos. A cushioned walking "
                "sock in merino with a flat toe seam. Knitted in Portugal; wash cool, dry "
                "away from the fire even when tired."
            ),
        ),
        es=(
            "Por la cresta",
            (
                "Nieve arriba, abetos abajo y tú en medio con un termo. Calcetín acolchado "
                "de merino para caminar, con costura plana en la puntera. Tejido en "
                "Portugal; lávalo en frío y sécalo lejos del fuego, por cansado que estés."
            ),
        ),
        stock=(9, 16, 12),
        yarn="sage",
        inks=("fern", "white", "rust"),
        backdrop="clay",
        seed=5,
    ),
    _socks(
        "socks-paddling",
        1100,
        chart="waves",
        en=(
            "Paddling",
            (
                "Short socks for the first brave day of the year at the water's edge. Light "
                "cotton that dries on a warm rock in an hour. Knitted in Barcelos; wash at "
                "30 degrees, shake out the sand first."
            ),
        ),
        es=(
            "Hasta los tobillos",
            (
                "Calcetines cortos para el primer día valiente del año en la orilla. "
                "Algodón ligero que se seca en una hora sobre una roca caliente. Tejidos en "
                "Barcelos; a 30 grados, y sacude antes la arena."
            ),
        ),
        stock=(26, 28, 15),
        yarn="sky",
        inks=("navy", "cream", "coral"),
        backdrop="blush",
        cut="short",
        light="blind",
        seed=4,
    ),
    _socks(
        "socks-flag-locker",
        1300,
        chart="flags",
        en=(
            "Flag Locker",
            (
                "A hoist of signals that means, roughly, I have brought cake. Combed cotton "
                "with contrasting heel and toe, knitted in Barcelos. Wash at 30 degrees; "
                "the colours stay on station."
            ),
        ),
        es=(
            "Pañol de banderas",
            (
                "Una señal que significa, más o menos, he traído tarta. Algodón peinado con "
                "talón y puntera en contraste, tejido en Barcelos. Lávalos a 30 grados: los "
                "colores no abandonan el puesto."
            ),
        ),
        stock=(19, 23, 2),
        yarn="cream",
        inks=("blue", "red", "ochre"),
        backdrop="haze",
        seed=7,
    ),
    _socks(
        "socks-small-fry",
        1300,
        chart="fish",
        en=(
            "Small Fry",
            (
                "They swim in both directions and get on well. Combed cotton in a colour "
                "between ink and deep water, knitted in Barcelos. Wash at 30 degrees with "
                "others of the school."
            ),
        ),
        es=(
            "Morralla",
            (
                "Nadan en ambos sentidos y se llevan bien. Algodón peinado de un color "
                "entre tinta y agua honda, tejido en Barcelos. Lávalos a 30 grados con el "
                "resto del banco."
            ),
        ),
        stock=(21, 27, 20),
        yarn="petrol",
        inks=("foam", "coral", "cream"),
        backdrop="linen",
        light="window",
        seed=6,
    ),
)
