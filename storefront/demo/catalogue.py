"""The demo shop: small things for people who look at the sky, the sea and maps."""

from storefront.demo.model import DemoProduct
from storefront.demo.products.caps import CAPS
from storefront.demo.products.making import POSTER_SIZES, SHIRT_SIZES, SOCK_SIZES
from storefront.demo.products.mugs import MUGS
from storefront.demo.products.notebooks import NOTEBOOKS
from storefront.demo.products.posters import POSTERS
from storefront.demo.products.socks import SOCKS
from storefront.demo.products.totes import TOTES
from storefront.demo.products.tshirts import TSHIRTS

PRODUCTS: tuple[DemoProduct, ...] = (
    *TSHIRTS,
    *CAPS,
    *MUGS,
    *TOTES,
    *POSTERS,
    *SOCKS,
    *NOTEBOOKS,
)

CATEGORIES: dict[str, dict[str, str]] = {
    "t-shirts": {"en": "T-shirts", "es": "Camisetas"},
    "caps": {"en": "Caps", "es": "Gorras"},
    "mugs": {"en": "Mugs", "es": "Tazas"},
    "totes": {"en": "Totes", "es": "Bolsas"},
    "posters": {"en": "Posters", "es": "Láminas"},
    "socks": {"en": "Socks", "es": "Calcetines"},
    "notebooks": {"en": "Notebooks", "es": "Cuadernos"},
}

OPTION_NAMES: dict[str, dict[str, str]] = {
    "size": {"en": "Size", "es": "Tamaño"},
    "colour": {"en": "Colour", "es": "Color"},
}

SPANISH_VALUES: dict[str, str] = {
    "Off-white": "Crudo",
    "Sand": "Arena",
    "Navy": "Azul marino",
    "Ink": "Tinta",
    "Petrol": "Petróleo",
    "Sky blue": "Celeste",
    "Moss": "Musgo",
    "Rust": "Teja",
    "Coral": "Coral",
    "Ochre": "Ocre",
    "Grey": "Gris",
    "Plum": "Ciruela",
    **{size: size for size in (*SHIRT_SIZES, *SOCK_SIZES, *POSTER_SIZES)},
}
