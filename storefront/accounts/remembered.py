"""Who a session cookie stands for, told at once from what this process remembers."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime

from storefront.accounts import sessions, tokens
from storefront.accounts.session_cache import SessionCache
from storefront.accounts.tokens import Claims
from storefront.shop import Shop
from storefront.web.identity import Identity

MOST_TOKENS = 20_000


class RememberedSessions:
    """A part of the shop: the tokens whose signature was found good, each checked only once.

    That a token is genuine stays so. Whether its time is over, and whether its session and its
    user are still welcome, is looked up each time.
    """

    def __init__(self, shop: Shop, most: int = MOST_TOKENS) -> None:
        self._shop = shop
        self._most = most
        self._genuine: OrderedDict[str, Claims] = OrderedDict()

    def identity(self, cookies: Mapping[str, str], is_secure: bool) -> Identity | None:
        """Whose cookies these are; None for a guest, and where only a handler can tell.

        It is for a handler to renew a token that is half over, and to ask the database.
        """
        name = sessions.SECURE_COOKIE if is_secure else sessions.COOKIE
        claims = self._claims(cookies.get(name, ""))
        if claims is None or claims.is_half_over(datetime.now(UTC)):
            return None
        return self._shop.part(SessionCache).remembered(claims.user_id, claims.session_id)

    def _claims(self, text: str) -> Claims | None:
        claims = self._genuine.get(text)
        if claims is not None:
            self._genuine.move_to_end(text)
            return claims
        claims = tokens.read_session(self._shop, text) if text else None
        if claims is not None:
            self._genuine[text] = claims
            if len(self._genuine) > self._most:
                self._genuine.popitem(last=False)
        return claims
