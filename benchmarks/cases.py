"""What is asked of the shop."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "en"}
PASSWORD = "a long enough password"  # noqa: S105  (of nobody)


@dataclass(frozen=True)
class Case:
    """``path`` is a Lua expression in which ``n`` grows; ``sample`` one of the paths it gives."""

    name: str
    sample: str
    path: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    scales: bool = True
    connections: int = 8

    @property
    def lua(self) -> str:
        return self.path or f'"{self.sample}"'

    @property
    def all_headers(self) -> dict[str, str]:
        return {**BROWSER, **self.headers}


def all_cases(url: str) -> list[Case]:
    """The cases, for which the shop at ``url`` is asked what it has."""
    with httpx.Client(base_url=url, headers=BROWSER, timeout=60) as guest:
        listed = guest.get("/api/v1/products").json()["items"]
        product = next(each for each in listed if len(each["variants"]) > 1)
        variant = next(each for each in product["variants"] if each["stock"] > 0)
        pages = [
            Case("list page", "/products"),
            Case("category page", "/products/mugs"),
            Case("product page", f"/products/{product['id']}"),
            _unchanged(guest),
        ]
        shopper = _shopper(guest, product["id"], variant["sku"])
    form = f"product_id={product['id']}&sku={variant['sku']}&quantity=1"
    typed = {"Content-Type": "application/x-www-form-urlencoded"}
    return [
        *pages,
        Case("list page, signed in, with a cart", "/products", headers=shopper),
        Case("list page, guest with a cart", "/products", headers={"Cookie": "cart=unknown"}),
        Case(
            "filter fragment, asked before",
            "/products?category=mugs&in_stock=true",
            headers=FRAGMENT,
        ),
        Case(
            "filter fragment, never asked before",
            "/products?category=mugs&option.colour=Navy&min_price=601&max_price=2501",
            '"/products?category=" .. pick(categories, n) .. "&option.colour=" .. pick(colours, n)'
            ' .. "&min_price=" .. 500 + n % 1000 .. "&max_price=" .. 2500 + n // 1000 % 90000',
            headers=FRAGMENT,
        ),
        Case("search, asked before", "/products?q=lighthouse", headers=FRAGMENT),
        Case(
            "search, never asked before",
            "/products?q=winter+orbit+poster&max_price=100001",
            '"/products?q=" .. pick(moods, n) .. "+" .. pick(subjects, n // 8) .. "+"'
            ' .. pick(kinds, n // 128) .. "&max_price=" .. 100000 + n',
            headers=FRAGMENT,
        ),
        Case("suggestions, asked before", "/suggestions?q=lig", headers=FRAGMENT),
        Case(
            "suggestions, never asked before",
            "/suggestions?q=orbit+1",
            '"/suggestions?q=" .. pick(subjects, n) .. "+" .. n // 16',
            headers=FRAGMENT,
        ),
        Case("JSON list of 24", "/api/v1/products?limit=24"),
        Case("JSON product", f"/api/v1/products/{product['id']}"),
        Case("image", f"/images/{product['id']}?width=480", scales=False),
        Case("cart page", "/cart", headers=shopper, scales=False),
        Case(
            "add to a cart",
            "/cart",
            method="POST",
            headers=FRAGMENT | typed,
            body=form,
            scales=False,
        ),
        Case(
            "sign-in",
            "/api/v1/auth/login",
            method="POST",
            headers={"Content-Type": "application/json"},
            body=f'{{"email": "{shopper["X-Email"]}", "password": "{PASSWORD}"}}',
            scales=False,
        ),
    ]


def _unchanged(guest: httpx.Client) -> Case:
    tag = guest.get("/products").headers["ETag"]
    return Case("list page, 304", "/products", headers={"If-None-Match": tag})


def _shopper(guest: httpx.Client, product_id: str, sku: str) -> dict[str, str]:
    """The headers of somebody who is signed in and has something in the cart."""
    email = f"shopper-{secrets.token_hex(4)}@example.com"
    new = {"full_name": "Ana García", "phone": "+34600123456", "email": email}
    new |= {"password": PASSWORD, "password_confirmation": PASSWORD}
    answer = guest.post("/api/v1/auth/register", json=new)
    assert answer.status_code == 201, answer.text
    answer = guest.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
    token = answer.json()["access_token"]
    guest.cookies.clear()
    answer = guest.post(
        "/api/v1/cart",
        json={"product_id": product_id, "sku": sku, "quantity": 1},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.is_success, answer.text
    guest.cookies.clear()
    return {"Cookie": f"session={token}", "X-Email": email}
