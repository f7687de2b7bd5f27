"""What is asked of the shop."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.wrk import Step

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "en"}
TYPED = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
PASSWORD = "a long enough password"  # noqa: S105  (of nobody)


@dataclass(frozen=True)
class Sample:
    """A request whose answer stands for those of a case."""

    path: str
    method: str = "GET"
    body: str = ""


@dataclass(frozen=True)
class Case:
    """What visitors ask for in turn; with more than one step, one after the other.

    ``path`` is a Lua expression, if paths differ. ``visitors`` are cookies, one after the other.
    ``everywhere`` means on other servers and with two workers, too.
    """

    name: str
    samples: Sequence[Sample]
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    visitors: Sequence[str] = ()
    sizes: str = "smallest and largest"
    everywhere: bool = False
    connections: int = 8

    @property
    def steps(self) -> list[Step]:
        return [
            Step(self.path or f'"{each.path}"', each.method, each.body) for each in self.samples
        ]

    @property
    def all_headers(self) -> dict[str, str]:
        return {**BROWSER, **self.headers}

    def runs_with(self, size: int, sizes: Sequence[int]) -> bool:
        """Whether it is measured with so many products, of those that there are."""
        if self.sizes == "all":
            return True
        return size == sizes[0] or (size == sizes[-1] and self.sizes != "smallest")


@dataclass(frozen=True)
class People:
    """Somebody's email, and the cookies of shoppers and of guests with something in the cart."""

    email: str
    shoppers: Sequence[str]
    guests: Sequence[str]


def get(name: str, page: str, **more: Any) -> Case:
    return Case(name, (Sample(page),), **more)


def all_cases(url: str, *, shoppers: int = 12) -> list[Case]:
    """The cases, for which the shop at ``url`` is asked what it has."""
    with httpx.Client(base_url=url, headers=BROWSER, timeout=60) as guest:
        listed = guest.get("/api/v1/products").json()["items"]
        tag = guest.get("/products").headers["ETag"]
        endless = guest.get("/api/v1/products?q=endless").json()["items"][0]["id"]
    product = next(each["id"] for each in listed if len(each["variants"]) > 1)
    people = _people(url, endless, shoppers)
    return [
        get("list page", "/products", sizes="all", everywhere=True),
        get("category page", "/products/mugs"),
        get("product page", f"/products/{product}"),
        get("list page, 304", "/products", headers={"If-None-Match": tag}),
        get(
            "list page, signed in, with a cart",
            "/products",
            visitors=people.shoppers,
            everywhere=True,
        ),
        get(
            "product page, signed in, with a cart", f"/products/{product}", visitors=people.shoppers
        ),
        get("list page, guest with a cart", "/products", visitors=people.guests),
        *_searching(),
        get("JSON list of 24", "/api/v1/products?limit=24", everywhere=True),
        get("JSON product", f"/api/v1/products/{product}"),
        get("image", f"/images/{product}?width=480", sizes="smallest"),
        *_buying(endless, people),
        Case(
            "sign-in",
            (
                Sample(
                    "/api/v1/auth/login",
                    "POST",
                    json.dumps({"email": people.email, "password": PASSWORD}),
                ),
            ),
            headers=JSON,
            sizes="smallest",
            connections=2,
        ),
    ]


def _searching() -> list[Case]:
    return [
        get(
            "filter fragment, asked before",
            "/products?category=mugs&in_stock=true",
            headers=FRAGMENT,
        ),
        get(
            "filter fragment, never asked before",
            "/products?category=mugs&option.colour=Navy&min_price=601&max_price=2501",
            path='"/products?category=" .. pick(categories, n) .. "&option.colour="'
            ' .. pick(colours, n) .. "&min_price=" .. 500 + n % 1000'
            ' .. "&max_price=" .. 2500 + whole(n, 1000) % 90000',
            headers=FRAGMENT,
            sizes="all",
            everywhere=True,
        ),
        get("search, asked before", "/products?q=lighthouse", headers=FRAGMENT),
        get(
            "search, never asked before",
            "/products?q=winter+orbit+poster&max_price=100001",
            path='"/products?q=" .. pick(moods, n) .. "+" .. pick(subjects, whole(n, 8)) .. "+"'
            ' .. pick(kinds, whole(n, 128)) .. "&max_price=" .. 100000 + n',
            headers=FRAGMENT,
            sizes="all",
        ),
        get("suggestions, asked before", "/suggestions?q=lig", headers=FRAGMENT),
        get(
            "suggestions, never asked before",
            "/suggestions?q=orbit+1",
            path='"/suggestions?q=" .. pick(subjects, n) .. "+" .. whole(n, 16)',
            headers=FRAGMENT,
        ),
    ]


def _buying(product: str, people: People) -> list[Case]:
    """Of one article that never runs out; the carts of guests are new ones each time."""
    wanted = {"product_id": product, "sku": "ENDLESS", "quantity": 1}
    form = "&".join(f"{name}={value}" for name, value in wanted.items())
    address = {
        "recipient": "Ana García",
        "line1": "Calle Mayor 1",
        "city": "Madrid",
        "postal_code": "28013",
        "country": "ES",
        "phone": "+34600123456",
    }
    checkout = (
        Sample("/api/v1/cart", "POST", json.dumps(wanted)),
        Sample("/api/v1/orders", "POST", json.dumps({"delivery_address": address})),
    )
    return [
        Case(
            "add to a cart",
            (Sample("/cart", "POST", form),),
            headers=FRAGMENT | TYPED,
            sizes="smallest",
            everywhere=True,
        ),
        get("cart page", "/cart", visitors=people.shoppers, sizes="smallest"),
        Case(
            "checkout: into the cart, and order",
            checkout,
            headers=JSON,
            visitors=people.shoppers[:1],
            sizes="smallest",
            connections=1,
        ),
    ]


def _people(url: str, product: str, number_of_them: int) -> People:
    """People with something in the cart, signed in with a browser each."""
    emails, shoppers, guests = [], [], []
    for number in range(number_of_them):
        with httpx.Client(base_url=url, timeout=60) as browser:
            wanted = {"product_id": product, "sku": "ENDLESS", "quantity": number + 1}
            assert browser.post("/cart", data=wanted).status_code == 303
            guests.append(f"cart={browser.cookies['cart']}")
        with httpx.Client(base_url=url, timeout=60) as browser:
            emails.append(f"shopper-{secrets.token_hex(4)}@example.com")
            new = {"full_name": f"Ana García {number}", "phone": "+34600123456"}
            new |= {"email": emails[-1], "password": PASSWORD, "password_confirmation": PASSWORD}
            answer = browser.post("/auth/register", data=new)
            assert answer.status_code == 303, answer.text
            assert browser.post("/cart", data=wanted).status_code == 303
            shoppers.append(f"session={browser.cookies['session']}")
    return People(emails[0], shoppers, guests)
