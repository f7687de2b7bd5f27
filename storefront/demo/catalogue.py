"""The demo shop: small things for people who look at the sky, the sea and maps."""

from storefront.demo.model import DemoProduct
from storefront.demo.products.caps import CAPS
from storefront.demo.products.mugs import MUGS
from storefront.demo.products.notebooks import NOTEBOOKS
from storefront.demo.products.posters import POSTERS
from storefront.demo.products.socks import SOCKS
from storefront.demo.products.totes import TOTES
from storefront.demo.products.tshirts import TSHIRTS
from storefront.localisation import lazy

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

# Names and values of options are stored in English and shown through the message catalogues.
OPTION_WORDS = (
    lazy("size"),
    lazy("colour"),
    lazy("Off-white"),
    lazy("Sand"),
    lazy("Navy"),
    lazy("Ink"),
    lazy("Petrol"),
    lazy("Sky blue"),
    lazy("Moss"),
    lazy("Rust"),
    lazy("Coral"),
    lazy("Ochre"),
    lazy("Grey"),
    lazy("Plum"),
)
