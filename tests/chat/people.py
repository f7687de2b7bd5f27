"""Signed-in people for the chat's tests."""

from dataclasses import dataclass
from itertools import count

from quart import Quart

from storefront.accounts import service
from storefront.accounts.model import Origin, Role, Token
from storefront.accounts.schemas import NewUser
from storefront.chat.model import Customer
from storefront.shop import Shop
from storefront.web.identity import Identity

PASSWORD = "a long enough password"

_numbers = count(1)


@dataclass(frozen=True)
class Person:
    identity: Identity
    token: Token

    @property
    def customer(self) -> Customer:
        return Customer(self.identity.user_id, self.identity.email, self.identity.full_name)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token.text}"}

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"session={self.token.text}"}


async def make_person(
    app: Quart, full_name: str, role: Role = Role.CUSTOMER, email: str = ""
) -> Person:
    """An account with an open session."""
    return await make_person_in(app.extensions["shop"], full_name, role, email)


async def make_person_in(
    shop: Shop, full_name: str, role: Role = Role.CUSTOMER, email: str = ""
) -> Person:
    email = email or f"{full_name.split(maxsplit=1)[0].lower()}-{next(_numbers)}@example.com"
    new_user = NewUser.model_construct(
        email=email, full_name=full_name, phone="+34600000000", password=PASSWORD
    )
    user = await service.create_user(shop, new_user, role=role)
    token = await service.sign_in(shop, user, Origin(address="127.0.0.1", device="test"))
    identity = Identity(
        user_id=user.id,
        session_id=token.session_id,
        email=user.email,
        full_name=user.full_name,
        role=role.value,
        language=None,
        theme=None,
        verified=True,
    )
    return Person(identity, token)
