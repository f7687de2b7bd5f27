"""The second factor at sign-in: a code from an app (TOTP, RFC 6238), or one from paper.

How it is set up, and ends, is the matter of `accounts.second_factor_setup`.
"""

import hashlib
import logging
import re
from dataclasses import dataclass
from datetime import timedelta

import pyotp
from itsdangerous import BadData, URLSafeTimedSerializer

from storefront.accounts import mails, passwords, sealing, store, trails
from storefront.accounts import second_factor_store as factors
from storefront.accounts.model import SecondFactor, User
from storefront.database import Transaction
from storefront.errors import SecondFactorError, TooManyRequestsError, UnauthenticatedError
from storefront.localisation import gettext as _
from storefront.shop import Shop
from storefront.web import limits
from storefront.web.cookies import signing_keys

log = logging.getLogger(__name__)

# RFC 6238, 5.2: one step of 30 seconds either way, for clocks that differ and slow fingers.
TOLERATED_STEPS = 1
HALFWAY_SECONDS = 5 * 60
# Who can guess here knows the password already. No stranger can close an account this way.
LONGEST_WAIT_AT_ACCOUNT = timedelta(days=1)
LONGEST_WAIT_OF_ADDRESS = timedelta(hours=1)
WARNINGS = "1/hour"

# Crockford's base 32: a reader may take o for 0, and i or l for 1, and is right all the same.
RECOVERY_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
RECOVERY_LENGTH = 12
_MISREAD = str.maketrans("oil", "011")
_RECOVERY_CODE = re.compile(rf"[{RECOVERY_ALPHABET}]{{{RECOVERY_LENGTH}}}")
_APP_CODE = re.compile(r"[0-9]{6}")


class CodeNeededError(SecondFactorError):
    """``halfway`` is a token for `finish`: who has it knew the password."""

    def __init__(self, message: object, halfway: str) -> None:
        super().__init__(message)
        self.halfway = halfway


class HalfwayOverError(UnauthenticatedError):
    """The token for the second step is too old, or the account has changed since."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Who has given a right code; ``codes_left`` if it was a recovery code."""

    user: User
    codes_left: int | None


async def find(shop: Shop, user_id: str) -> SecondFactor | None:
    """The account's second factor, if it has one."""
    return await factors.find_factor(shop, user_id)


async def require_code(
    shop: Shop, user: User, code: str | None, *, password_hash: str, address: str
) -> None:
    """Whoever has a second factor must have given a right ``code`` besides the password.

    CodeNeededError without one; SecondFactorError for a wrong one; TooManyRequestsError.
    """
    factor = await find(shop, user.id)
    if factor is None:
        return
    if not code or not code.strip():
        halfway = str(_halfway(shop).dumps([user.id, _fingerprint(password_hash)]))
        raise CodeNeededError(_("Please give the code that your app shows."), halfway)
    await use_code(shop, user, factor, code, address=address)


async def find_halfway(shop: Shop, token: str) -> User:
    """Who has given the right password a moment ago. HalfwayOverError."""
    try:
        user_id, fingerprint = _halfway(shop).loads(token, max_age=HALFWAY_SECONDS)
    except (BadData, ValueError, TypeError):
        raise HalfwayOverError from None
    user = await store.find_user(shop, user_id)
    password_hash = await store.find_password_hash(shop, user_id)
    if user is None or user.blocked or _fingerprint(password_hash or "") != fingerprint:
        raise HalfwayOverError
    return user


async def finish(shop: Shop, token: str, code: str, *, address: str) -> Passed:
    """The second step of a sign-in.

    HalfwayOverError when it has to begin anew; SecondFactorError for a wrong code;
    TooManyRequestsError.
    """
    user = await find_halfway(shop, token)
    factor = await find(shop, user.id)
    if factor is None:
        raise HalfwayOverError
    return Passed(user, await use_code(shop, user, factor, code, address=address))


async def use_code(
    shop: Shop, user: User, factor: SecondFactor, code: str, *, address: str
) -> int | None:
    """Take a code, once. How many recovery codes are left if it was one of these.

    SecondFactorError for one that is wrong or was used; TooManyRequestsError after too many, from
    ``address`` or at this account.
    """
    rate, client = shop.settings.limits.sign_in, limits.network(address)
    account = f"second factor {user.id}"
    await limits.refuse_guesses(shop, client)
    await limits.take_guess(shop, rate, account, longest_wait=LONGEST_WAIT_AT_ACCOUNT)
    plain = "".join(code.split()).replace("-", "").lower()
    codes_left = None
    if _APP_CODE.fullmatch(plain):
        is_right = await _use_app_code(shop, factor, plain)
    else:
        codes_left = await _use_recovery_code(shop, user, factor, plain.translate(_MISREAD))
        is_right = codes_left is not None
    if not is_right:
        await limits.count_guess(shop, rate, client, longest_wait=LONGEST_WAIT_OF_ADDRESS)
        trails.note_refusal(shop, "wrong code", email=user.email, user=user, client=client)
        await _warn_when_closed(shop, user, account)
        raise SecondFactorError(_("This code is wrong, or it was used before: each works once."))
    await limits.forget_guesses(shop, account)
    return codes_left


async def _warn_when_closed(shop: Shop, user: User, account: str) -> None:
    """Tell the owner, but not each minute: whoever gives so many wrong codes has the password."""
    try:
        await limits.refuse_guesses(shop, account)
    except TooManyRequestsError:
        pass
    else:
        return
    try:
        await limits.refuse_above(shop, "wrong-codes-told", WARNINGS, user.id)
    except TooManyRequestsError:
        return
    await limits.count_one(shop, "wrong-codes-told", WARNINGS, user.id)

    async def write(transaction: Transaction) -> None:
        await mails.write_second_factor(shop, transaction, user, "wrong_codes")

    await shop.database.in_transaction(write)


async def _use_app_code(shop: Shop, factor: SecondFactor, code: str) -> bool:
    purpose = key_purpose(factor.user_id)
    key = sealing.unseal(shop, factor.sealed_key, purpose=purpose)
    if key is None:
        log.error("A second factor was encrypted with a session.secret that is no longer set.")
        return False
    step = matching_step(key, code)
    if step is None or not await factors.use_step(shop, factor.user_id, step):
        return False
    await reseal(shop, factor, key)
    return True


def matching_step(key: str, code: str, *, at: float | None = None) -> int | None:
    """The time step of which ``code`` is, if that is about now (or ``at``, in Unix time)."""
    app = pyotp.TOTP(key)
    try:
        return app.verify_and_get_timecode(code, for_time=at, valid_window=TOLERATED_STEPS)
    except pyotp.OTPVerificationError:
        return None


async def reseal(shop: Shop, factor: SecondFactor, key: str) -> None:
    """Encrypt the key with the first secret, if it was with an older one."""
    purpose = key_purpose(factor.user_id)
    if not sealing.is_of_first_secret(shop, factor.sealed_key, purpose=purpose):
        after = sealing.seal(shop, key, purpose=purpose)
        await factors.replace_sealed_key(
            shop, factor.user_id, before=factor.sealed_key, after=after
        )


async def _use_recovery_code(shop: Shop, user: User, factor: SecondFactor, code: str) -> int | None:
    if not _RECOVERY_CODE.fullmatch(code):
        return None
    found = await passwords.find_hash(code, factor.recovery_hashes, shop.settings)
    if found is None:
        return None

    async def work(transaction: Transaction) -> int | None:
        if not await factors.use_recovery_hash(shop, user.id, found, transaction):
            return None
        present = await factors.find_factor(shop, user.id, transaction)
        left = len(present.recovery_hashes) if present else 0
        await mails.write_second_factor(shop, transaction, user, "recovery_code", codes_left=left)
        return left

    return await shop.database.in_transaction(work)


def key_purpose(user_id: str) -> str:
    """What the account's key is encrypted for: it opens as nobody else's."""
    return f"second factor of {user_id}"


def _halfway(shop: Shop) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signing_keys(shop), salt="second-step")


def _fingerprint(password_hash: str) -> str:
    """Another one when the password is another one; from it nothing can be told of either."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:32]
