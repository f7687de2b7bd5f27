"""Encrypts what the shop must be able to read again, and who stole the database must not.

The keys are derived from ``session.secret``, one for each purpose: what was sealed for one does not
open as another. The first of the secrets seals, all open.
"""

import base64
from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storefront.shop import Shop

_KEY_BYTES = 32


def seal(shop: Shop, text: str, *, purpose: str) -> str:
    """``text`` for whoever has the shop's secret and knows ``purpose``. Safe in URLs and forms."""
    return next(_locks(shop, purpose)).encrypt(text.encode()).decode("ascii")


def unseal(
    shop: Shop, sealed: str, *, purpose: str, max_age_seconds: int | None = None
) -> str | None:
    """What was sealed; None if it is forged, too old, for another purpose or of a lost secret."""
    for lock in _locks(shop, purpose):
        try:
            return lock.decrypt(sealed.encode(), max_age_seconds).decode()
        except InvalidToken:
            continue
    return None


def is_of_first_secret(shop: Shop, sealed: str, *, purpose: str) -> bool:
    """Whether it will still open when the other secrets are gone."""
    try:
        next(_locks(shop, purpose)).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


def _locks(shop: Shop, purpose: str) -> Iterator[Fernet]:
    for secret in shop.settings.session.secret:
        derivation = HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"storefront {purpose}".encode())
        key = derivation.derive(secret.get_secret_value().encode())
        yield Fernet(base64.urlsafe_b64encode(key))
