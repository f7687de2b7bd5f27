"""What we sign and hand out: session tokens, and the tokens in links of our mails."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from storefront.accounts.model import Token
from storefront.shop import Shop
from storefront.web.cookies import signing_keys

ISSUER = AUDIENCE = "storefront"
ALGORITHM = "HS256"
VERIFICATION_DAYS = 60


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid session token says; whether its session still lives is another question."""

    user_id: str
    session_id: str
    issued_at: datetime
    expires_at: datetime

    def is_half_over(self, now: datetime) -> bool:
        """Whether it is time for a new token; also where this one's time is over."""
        return now >= self.issued_at + (self.expires_at - self.issued_at) / 2


def sign_session(
    shop: Shop, *, user_id: str, session_id: str, issued_at: datetime, expires_at: datetime
) -> Token:
    """A JWT for the session, signed with the first of the secrets. Whole seconds."""
    text = jwt.encode(
        {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user_id,
            "jti": session_id,
            "iat": issued_at,
            "exp": expires_at,
        },
        shop.settings.session.secret[0].get_secret_value(),
        ALGORITHM,
    )
    return Token(text, session_id, expires_at)


def read_session(shop: Shop, text: str) -> Claims | None:
    """The claims of a token that any of the secrets signed and whose time is not over."""
    for secret in shop.settings.session.secret:
        try:
            claims = jwt.decode(
                text,
                secret.get_secret_value(),
                [ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                # Another host's clock may be a moment ahead; being too young is no fault.
                options={
                    "require": ["iss", "aud", "sub", "jti", "iat", "exp"],
                    "verify_iat": False,
                },
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.InvalidTokenError:
            return None
        return _claims(claims)
    return None


def _claims(claims: Mapping[str, Any]) -> Claims:
    return Claims(
        user_id=claims["sub"],
        session_id=claims["jti"],
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
    )


def sign_verification(shop: Shop, user_id: str, email: str) -> str:
    """The token that proves who reads the mailbox ``email``."""
    return str(_verification(shop).dumps([user_id, email]))


def read_verification(shop: Shop, text: str) -> tuple[str, str] | None:
    """(user id, email) of a genuine verification token not older than `VERIFICATION_DAYS`."""
    try:
        user_id, email = _verification(shop).loads(text, max_age=VERIFICATION_DAYS * 24 * 3600)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(user_id), str(email)


def _verification(shop: Shop) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signing_keys(shop), salt="verify-email")


def sign_reset(shop: Shop, reset_id: str) -> str:
    """The token of a password reset. Its id alone, which is all that is stored, opens nothing."""
    return str(_reset(shop).dumps(reset_id))


def read_reset(shop: Shop, text: str) -> str | None:
    """The id of the reset that a genuine token names."""
    try:
        return str(_reset(shop).loads(text))
    except BadSignature:
        return None


def _reset(shop: Shop) -> URLSafeSerializer:
    return URLSafeSerializer(signing_keys(shop), salt="reset-password")
