"""Mugs, for whatever keeps one at the window."""

from collections.abc import Mapping

from storefront.demo.model import DemoProduct, Picture
from storefront.demo.products.making import Words, coloured, make, single


def _mug(
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
    picture = Picture("mug", motif, colours[0], inks, backdrop, cut, light, seed)
    return make(key, "mugs", en=en, es=es, variants=variants, picture=picture)


MUGS = (
    _mug(
        "mug-ebb",
        1900,
        motif="tides",
        en=(
            "Flood and Ebb",
            (
                "Low water when you have drunk it, high water when somebody kind comes by. "
                "Stoneware, 350 ml, thrown and glazed in a small pottery near Aveiro. "
                "Dishwasher and microwave are fine; slack water is not."
            ),
        ),
        es=(
            "Flujo y reflujo",
            (
                "Bajamar cuando te lo has bebido, pleamar cuando pasa alguien amable. Gres, "
                "350 ml, torneada y esmaltada en un pequeño taller cerca de Aveiro. Admite "
                "lavavajillas y microondas; tazas vacías, no."
            ),
        ),
        stock={"Off-white": 28, "Petrol": 16},
        inks=("petrol", "coral", "sea"),
        backdrop="shell",
        light="window",
        seed=1,
    ),
    _mug(
        "mug-deck",
        1800,
        motif="sunrise",
        en=(
            "First Coffee on Deck",
            (
                "Enamelled steel, because the first one of the day is usually drunk "
                "standing and sometimes dropped. Holds 400 ml and a sunrise; no two rims "
                "are quite alike. Made in Bilbao; hand wash, not for the microwave."
            ),
        ),
        es=(
            "Primer café en cubierta",
            (
                "Acero esmaltado, porque el primero del día se toma de pie y a veces se "
                "cae. Caben 400 ml y un amanecer; no hay dos bordes iguales. Hecha en "
                "Bilbao; lávala a mano y no la metas en el microondas."
            ),
        ),
        stock={"Off-white": 34, "Sky blue": 12, "Ochre": 2},
        inks=("navy", "coral", "ochre"),
        backdrop="lagoon",
        cut="enamel",
        light="blind",
        seed=4,
    ),
    _mug(
        "mug-orbit",
        2100,
        motif="orbits",
        en=(
            "One More Orbit",
            (
                "Stir clockwise and you are going with the planets. A round-bellied "
                "stoneware cup of 380 ml in deep blue, with rings scratched through the "
                "glaze by hand. From a pottery near Aveiro; dishwasher safe."
            ),
        ),
        es=(
            "Una órbita más",
            (
                "Según hacia dónde remuevas, irás a favor de los planetas. Taza panzuda de "
                "gres, 380 ml, azul profundo, con las órbitas rayadas a mano en el esmalte. "
                "De un taller cerca de Aveiro; apta para lavavajillas."
            ),
        ),
        stock={"Navy": 19},
        inks=("cream", "ochre", "foam"),
        backdrop="haze",
        cut="round",
        seed=3,
    ),
    _mug(
        "mug-basecamp",
        1900,
        motif="mountains",
        en=(
            "Base Camp, Window Seat",
            (
                "Four ridges and a low sun, for expeditions that begin and end in the "
                "kitchen. Enamelled steel, 400 ml, with a dark rolled rim. Made in Bilbao; "
                "fine on a camping stove, unhappy in a microwave."
            ),
        ),
        es=(
            "Campo base con vistas",
            (
                "Cuatro sierras y un sol bajo, para expediciones que empiezan y acaban en "
                "la cocina. Acero esmaltado, 400 ml, con el borde oscuro. Hecha en Bilbao; "
                "feliz en el hornillo, infeliz en el microondas."
            ),
        ),
        stock={"Off-white": 22, "Moss": 14},
        inks=("fern", "ochre", "sage"),
        backdrop="sage",
        cut="enamel",
        light="leaves",
        seed=5,
    ),
    _mug(
        "mug-rain-later",
        1900,
        motif="isobars",
        en=(
            "Rain Later, Tea Now",
            (
                "A small depression, properly charted, on a large mug. Glazed stoneware, "
                "400 ml, with a handle for all four fingers. Made near Aveiro; dishwasher "
                "safe, biscuit compatible."
            ),
        ),
        es=(
            "Luego lluvia, ahora té",
            (
                "Una pequeña borrasca, debidamente cartografiada, en una taza grande. Gres "
                "esmaltado, 400 ml, con un asa para los cuatro dedos. Hecha cerca de "
                "Aveiro; apta para lavavajillas y compatible con galletas."
            ),
        ),
        stock={"Sky blue": 20, "Off-white": 31},
        inks=("navy", "red", "cream"),
        backdrop="linen",
        seed=6,
    ),
    _mug(
        "mug-full-by-friday",
        2200,
        motif="moons",
        en=(
            "Full by Friday",
            (
                "It waxes at the tap and wanes at the desk. A round cup in matt black "
                "stoneware, 380 ml, with twelve moons in white slip. Thrown near Aveiro; "
                "dishwasher safe at any phase."
            ),
        ),
        es=(
            "Llena el viernes",
            (
                "Crece en la cocina y mengua en el escritorio. Taza redonda de gres negro "
                "mate, 380 ml, con doce lunas en engobe blanco. Torneada cerca de Aveiro; "
                "apta para lavavajillas en cualquier fase."
            ),
        ),
        stock={"Ink": 13, "Plum": 7},
        inks=("cream", "lemon", "sky"),
        backdrop="blush",
        cut="round",
        light="window",
        seed=7,
    ),
    _mug(
        "mug-signals",
        1800,
        motif="flags",
        en=(
            "Say It with Flags",
            (
                "Before the first sip, communicate by flag only. Sixteen bright squares of "
                "our own invention on white stoneware, 350 ml; they say whatever you need "
                "them to say. Made in Portugal; dishwasher safe."
            ),
        ),
        es=(
            "Dilo con banderas",
            (
                "Antes del primer sorbo, comunícate solo con banderas. Dieciséis cuadros "
                "vivos de nuestra invención sobre gres blanco, 350 ml; dicen lo que te haga "
                "falta. Hecha en Portugal; apta para lavavajillas."
            ),
        ),
        stock={"Off-white": 40},
        inks=("blue", "red", "lemon"),
        backdrop="lemon",
        seed=8,
    ),
    _mug(
        "mug-clouds",
        1900,
        motif="clouds",
        en=(
            "Cloud Spotter's Cup",
            (
                "High hooks, mackerel sky, fair-weather heaps and a low grey lid, in the "
                "order in which they pass the window. Stoneware, 350 ml, with the steam "
                "included. Made near Aveiro; dishwasher safe."
            ),
        ),
        es=(
            "La taza del mirador de nubes",
            (
                "Cirros, cielo aborregado, cúmulos de buen tiempo y una tapa gris, en el "
                "orden en que pasan por la ventana. Gres, 350 ml, vapor incluido. Hecha "
                "cerca de Aveiro; apta para lavavajillas."
            ),
        ),
        stock={"Sky blue": 15, "Coral": 10},
        inks=("white", "lemon", "cream"),
        backdrop="shell",
        light="blind",
        seed=9,
    ),
    _mug(
        "mug-long-exposure",
        2200,
        motif="trails",
        en=(
            "Long Exposure",
            (
                "For the kind of coffee that keeps the shutter open for four hours. Stars "
                "round the pole in three glazes on navy stoneware, 350 ml. Made in small "
                "batches near Aveiro; dishwasher safe, tripod not included."
            ),
        ),
        es=(
            "Larga exposición",
            (
                "Para ese café que mantiene el obturador abierto cuatro horas. Estrellas en "
                "torno al polo, con tres esmaltes, sobre gres azul marino de 350 ml. Series "
                "pequeñas hechas cerca de Aveiro; apta para lavavajillas, trípode no "
                "incluido."
            ),
        ),
        stock={"Navy": 0},
        inks=("cream", "ochre", "sky"),
        backdrop="dusk",
        seed=12,
    ),
)
