"""Cookies, and the keys that sign what we hand out and want back unchanged."""

from collections.abc import Iterable

from itsdangerous import BadSignature, URLSafeSerializer
from quart import Response, current_app, request

from storefront.shop import Shop

YEAR_SECONDS = 365 * 24 * 3600


def signing_keys(shop: Shop) -> list[str]:
    """Oldest first, as itsdangerous wants them: the last signs, all verify."""
    return [secret.get_secret_value() for secret in reversed(shop.settings.session.secret)]


def current_shop() -> Shop:
    """The shop that this application serves."""
    shop: Shop = current_app.extensions["shop"]
    return shop


def read_signed(name: str) -> str | None:
    """The value of a cookie that we signed; None if it is missing or forged."""
    return verified(current_shop(), name, request.cookies.get(name, ""))


def verified(shop: Shop, name: str, text: str) -> str | None:
    """What the cookie ``name`` says with this ``text``; None if we did not sign it."""
    try:
        value = _serializer(shop, name).loads(text)
    except BadSignature:
        return None
    return value if isinstance(value, str) else None


def write_signed(response: Response, name: str, value: str) -> None:
    """Set a cookie whose value `read_signed` will believe."""
    write(response, name, str(_serializer(current_shop(), name).dumps(value)))


def write(response: Response, name: str, value: str, *, max_age: int = YEAR_SECONDS) -> None:
    """Set a cookie for a year, out of reach of scripts and of other sites' forms."""
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        httponly=True,
        samesite="Lax",
        secure=request.scheme == "https",
    )


def delete(response: Response, names: Iterable[str]) -> None:
    for name in names:
        response.delete_cookie(name, secure=request.scheme == "https", httponly=True)


def _serializer(shop: Shop, salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(signing_keys(shop), salt=salt)
