"""Shapes of the cart's forms and JSON."""

import re
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from storefront.carts.model import Address, Cart, CartItem
from storefront.catalogue.model import unversioned
from storefront.localisation import countries
from storefront.localisation import gettext as _
from storefront.web.forms import FieldProblem


def _digits(value: object) -> object:
    """A form's whole number; whatever is not written in plain digits stays text and is refused."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value.strip()):
        return int(value)
    return value


Quantity = Annotated[int, Field(strict=True, ge=1, description="A whole number from 1.")]
TypedQuantity = Annotated[Quantity, BeforeValidator(_digits)]


class NewItem(BaseModel):
    """What goes into the cart."""

    product_id: str = Field(description="The product's id.")
    sku: str | None = Field(
        None, description="The variant's SKU; needed where the product has options."
    )
    quantity: Quantity


class NewItemForm(NewItem):
    quantity: TypedQuantity


class ChangedItem(BaseModel):
    """What a line of the cart becomes."""

    quantity: Quantity


class ChangedItemForm(ChangedItem):
    quantity: TypedQuantity


def _one_line(value: object) -> object:
    """Surrounding and repeated white space is nobody's intention; null is as good as nothing."""
    if value is None:
        return ""
    return " ".join(value.split()) if isinstance(value, str) else value


def _country(value: object) -> object:
    code = value.strip().upper() if isinstance(value, str) else value
    if isinstance(code, str) and code and code not in dict(countries("en")):
        raise FieldProblem(_("Please choose a country."))
    return code


def _phone(value: object) -> object:
    text = _one_line(value)
    if isinstance(text, str) and text and not re.fullmatch(r"\+?[0-9 ()./-]{5,30}", text):
        raise FieldProblem(
            _("Please write a phone number with digits only, such as +34 600 123 456.")
        )
    return text


_Tidy = BeforeValidator(_one_line)
Name = Annotated[str, _Tidy, Field(min_length=1, max_length=100)]
Street = Annotated[str, _Tidy, Field(min_length=1, max_length=200)]
PostalCode = Annotated[str, _Tidy, Field(min_length=1, max_length=20)]
Country = Annotated[str, BeforeValidator(_country), Field(min_length=2, max_length=2)]


class DeliveryAddress(BaseModel):
    """Where a parcel goes. ``country`` is an ISO 3166-1 alpha-2 code."""

    recipient: Name
    line1: Street
    line2: Annotated[str, _Tidy, Field(max_length=200)] = ""
    city: Name
    region: Annotated[str, _Tidy, Field(max_length=100)] = ""
    postal_code: PostalCode
    country: Country
    phone: Annotated[str, BeforeValidator(_phone)] = ""

    def to_address(self) -> Address:
        return Address(**self.model_dump())


ADDRESS_FIELDS = tuple(DeliveryAddress.model_fields)


class CartItemOut(BaseModel):
    """A line as the catalogue has it now; it cannot be ordered while available < quantity."""

    id: str
    product_id: str
    sku: str
    options: dict[str, str]
    name: str
    photo: str | None
    unit_price: int
    quantity: int
    line_total: int
    available: int


class AddressOut(BaseModel):
    recipient: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str


class CartOut(BaseModel):
    """A cart; money in minor units of ``currency``. A guest's has no email."""

    email: str | None
    items: list[CartItemOut]
    subtotal: int
    shipping: int
    total: int
    currency: str
    delivery_address: AddressOut | None
    created_at: datetime | None
    updated_at: datetime | None


def cart_json(cart: Cart) -> dict[str, Any]:
    """The cart as `CartOut` describes it."""
    return {
        "email": cart.email,
        "items": [_item_json(item) for item in cart.items],
        "subtotal": cart.subtotal,
        "shipping": cart.shipping,
        "total": cart.total,
        "currency": cart.currency,
        "delivery_address": address_json(cart.delivery_address),
        "created_at": moment_json(cart.created_at),
        "updated_at": moment_json(cart.updated_at),
    }


def _item_json(item: CartItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "product_id": item.product_id,
        "sku": item.sku,
        "options": dict(item.options),
        "name": item.name,
        "photo": unversioned(item.photo),
        "unit_price": item.unit_price,
        "quantity": item.quantity,
        "line_total": item.line_total,
        "available": item.available,
    }


def address_json(address: Address | None) -> dict[str, str] | None:
    return asdict(address) if address else None


def moment_json(moment: datetime | None) -> str | None:
    """UTC as RFC 3339 has it, with a Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
