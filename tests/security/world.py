"""Things that belong to a customer, for asking who else can reach them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from quart import Quart

from storefront.accounts import recovery, service, tokens
from storefront.accounts.model import Origin, Role
from storefront.catalogue.model import Product
from storefront.catalogue.photos import SVG, Photo, keep_photos
from storefront.chat import canned
from storefront.database import ObjectId
from storefront.shop import Shop
from tests.accounts.factors import set_up
from tests.carts.shelves import add, cart_of, customer, put_on_shelf, withdraw

ADDRESS = {
    "recipient": "Ana García",
    "line1": "Carrer Nou 1",
    "city": "Elx",
    "postal_code": "03201",
    "country": "ES",
}
ERROR_ID = "feedfacefeedface"


@dataclass
class World:
    """A customer (``owner``) with what an address names; ``values`` fill the address."""

    app: Quart
    shop: Shop
    owner: Any
    values: dict[str, str] = field(default_factory=dict)

    async def fill(self, rule: str) -> str:
        """The rule as an address of the owner's own things, which are made for it."""
        path = []
        for part in rule.split("/"):
            name = part.strip("<>").rpartition(":")[2]
            path.append(await self._value(name, rule) if part.startswith("<") else part)
        return "/".join(path)

    async def _value(self, name: str, rule: str) -> str:
        if name not in self.values:
            make = getattr(self, f"make_{name}")
            self.values[name] = await make(rule)
        return self.values[name]

    async def make_product_id(self, rule: str) -> str:
        product = await self.product()
        if rule.endswith("/restore"):
            await withdraw(self.shop, product)
        if rule.startswith("/images"):
            drawing = Photo(product.id, None, SVG, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
            await keep_photos(self.shop, [drawing])
        return product.id

    async def make_name(self, rule: str) -> str:
        return "not-found" if rule.startswith("/problems") else (await self.product()).id

    async def product(self) -> Product:
        return await put_on_shelf(self.shop)

    async def make_item_id(self, _: str) -> str:
        await add(self.owner, await self.product())
        item_id: str = (await cart_of(self.owner))["items"][0]["id"]
        return item_id

    async def make_number(self, _: str) -> str:
        await add(self.owner, await self.product())
        answer = await self.owner.post("/api/v1/orders", json={"delivery_address": ADDRESS})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["number"])

    async def make_mail_id(self, _: str) -> str:
        await self.make_number("")
        found = await self.shop.database["outbox"].find_one({"to": self.owner.email})
        return str(found["_id"])

    async def make_key(self, _: str) -> str:
        answer = await self.owner.post("/account/addresses", data=ADDRESS)
        assert answer.status_code == 303
        return (await service.get_user(self.shop, self.owner.user_id)).addresses[0].key

    async def make_session_id(self, _: str) -> str:
        user = await service.get_user(self.shop, self.owner.user_id)
        return (await service.sign_in(self.shop, user, Origin("127.0.0.1", "other"))).session_id

    async def make_user_id(self, rule: str) -> str:
        user_id: str = self.owner.user_id
        if rule.endswith("/second-factor"):
            await set_up(self.owner)
        return user_id

    async def make_email(self, _: str) -> str:
        email: str = self.owner.email
        return email

    async def make_answer_id(self, _: str) -> str:
        await canned.insert_canned(self.shop, title="Thanks", body="Thank you.")
        return (await canned.list_canned(self.shop))[0].id

    async def make_rest(self, _: str) -> str:
        return "x"

    async def make_token(self, rule: str) -> str:
        if "verify" in rule:
            return tokens.sign_verification(self.shop, self.owner.user_id, self.owner.email)
        await recovery.request_password_reset(self.shop, self.owner.email, address="127.0.0.1")
        reset = await self.shop.database["password_resets"].find_one(
            {"user_id": self.owner.user_id}
        )
        return tokens.sign_reset(self.shop, reset["_id"])

    async def make_error_id(self, _: str) -> str:
        document = {
            **dict.fromkeys(("name", "detail", "kind", "method", "path", "traceback"), "x"),
            "at": datetime.now(UTC),
            "status": 500,
            "user_id": None,
        }
        await self.shop.database["errors"].update_one(
            {"_id": ERROR_ID}, {"$set": document}, upsert=True
        )
        return ERROR_ID

    async def belongings(self) -> list[Any]:
        """All that the shop keeps of the owner, and the product at stake."""
        key = ObjectId(self.owner.user_id)
        which = [
            ("users", {"_id": key}),
            ("sessions", {"user_id": self.owner.user_id}),
            ("second_factors", {"_id": key}),
            ("cart", {"_id": key}),
            ("orders", {"user_id": key}),
            ("messages", {"user_id": key}),
        ]
        if "product_id" in self.values:
            which.append(("products", {"_id": ObjectId(self.values["product_id"])}))
        kept = []
        for collection, query in which:
            found = self.shop.database[collection].find(query)
            kept.append([each async for each in found])
        return kept


async def new_world(app: Quart) -> World:
    return World(app, app.extensions["shop"], await customer(app))


async def newly_signed_in(app: Quart, person: Any) -> dict[str, str]:
    """The header of a session of its own, since the request may end it."""
    shop: Shop = app.extensions["shop"]
    user = await service.get_user(shop, person.user_id)
    token = await service.sign_in(shop, user, Origin("127.0.0.1", "test"))
    return {"Authorization": f"Bearer {token.text}"}


async def people(app: Quart) -> dict[str, httpx.AsyncClient]:
    """Somebody of each kind besides the owner."""
    return {
        "another customer": await customer(app),
        "staff": await customer(app, role=Role.STAFF),
        "admin": await customer(app, role=Role.ADMIN),
    }
