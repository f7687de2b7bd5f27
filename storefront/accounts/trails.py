"""What the log tells of sign-ins.

An account is named by its id. What was typed for one that does not exist, and where from, stand
there as keyed hashes: what is the same can be told, but not who or where it is.
"""

import hmac
import logging

from storefront.accounts.model import User
from storefront.shop import Shop

log = logging.getLogger(__name__)

_LENGTH = 12


def note_sign_in(user: User) -> None:
    """Somebody has a new session."""
    log.info("signed in: account %s", user.id)


def note_refusal(shop: Shop, why: str, *, email: str, user: User | None, client: str) -> None:
    """Somebody at the network address ``client`` was not let in to ``email``, which is ``user``'s
    if there is an account."""
    account = user.id if user else f"unknown-{_hashed(shop, email.strip().lower())}"
    log.warning("sign-in refused, %s: account %s, from %s", why, account, _hashed(shop, client))


def _hashed(shop: Shop, text: str) -> str:
    """Changes with ``session.secret``; without it nobody can try out whose it is."""
    key = shop.settings.session.secret[0].get_secret_value().encode()
    message = b"trail of sign-ins: " + text.encode("utf-8", "surrogatepass")
    return hmac.digest(key, message, "sha256").hex()[:_LENGTH]
