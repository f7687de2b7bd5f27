"""How a second factor begins and ends: keys for an app, recovery codes, and who may remove it."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

import pyotp

from storefront import history
from storefront.accounts import (
    mails,
    passwords,
    sealing,
    second_factor,
    service,
    store,
)
from storefront.accounts import second_factor_store as factors
from storefront.accounts.model import SecondFactor, User
from storefront.accounts.schemas import SecondFactorOffer, SecondFactorProof
from storefront.accounts.second_factor import RECOVERY_ALPHABET, RECOVERY_LENGTH
from storefront.accounts.session_cache import SessionCache
from storefront.database import DuplicateKeyError, Transaction
from storefront.errors import ConflictError, NotFoundError, SecondFactorError, ValidationError
from storefront.history import By, Change, Person
from storefront.localisation import gettext as _
from storefront.shop import Shop

OFFER_SECONDS = 30 * 60
RECOVERY_CODES = 10
_GROUP = 4


@dataclass(frozen=True, slots=True)
class Offer:
    """A key that is not in use yet.

    ``uri`` is what an app reads from the picture (otpauth:), ``sealed`` what the form brings back:
    nothing is stored before it is confirmed.
    """

    key: str
    uri: str
    sealed: str

    @property
    def written_key(self) -> str:
        """In groups, to be typed."""
        return " ".join(_groups(self.key))


def offer(shop: Shop, user: User) -> Offer:
    """A new key for the user's app."""
    key = pyotp.random_base32()
    return _offer(shop, user, key, sealing.seal(shop, key, purpose=_offered_to(user)))


def offer_again(shop: Shop, user: User, sealed: str) -> Offer:
    """The same key as before, or a new one if that is too old or was offered to somebody else."""
    key = sealing.unseal(shop, sealed, purpose=_offered_to(user), max_age_seconds=OFFER_SECONDS)
    return _offer(shop, user, key, sealed) if key else offer(shop, user)


def _offer(shop: Shop, user: User, key: str, sealed: str) -> Offer:
    uri = pyotp.TOTP(key).provisioning_uri(name=user.email, issuer_name=shop.settings.shop.name)
    return Offer(key, uri, sealed)


def _offered_to(user: User) -> str:
    return f"second factor offered to {user.id}"


async def switch_on(
    shop: Shop, user: User, wanted: SecondFactorOffer, *, session_id: str
) -> list[str]:
    """Ask for codes from now on, and end the other sessions. The recovery codes, told only now.

    ValidationError at ``current_password`` or ``code``; ConflictError if it is on;
    TooManyRequestsError.
    """
    await service.require_password(shop, user, wanted.current_password, field="current_password")
    key = sealing.unseal(
        shop, wanted.setup, purpose=_offered_to(user), max_age_seconds=OFFER_SECONDS
    )
    if key is None:
        raise ValidationError.of("code", _("This took too long: please begin with the new key."))
    step = second_factor.matching_step(key, "".join(wanted.code.split()))
    if step is None:
        raise ValidationError.of(
            "code", _("This is not the code of this key now. Is your phone's clock right?")
        )
    codes = _new_recovery_codes()
    factor = SecondFactor(
        user_id=user.id,
        sealed_key=sealing.seal(shop, key, purpose=second_factor.key_purpose(user.id)),
        recovery_hashes=tuple(await _hashes(shop, codes)),
        since=_now(),
    )

    async def work(transaction: Transaction) -> None:
        await factors.insert_factor(shop, factor, last_step=step, transaction=transaction)
        await store.end_sessions(
            shop, user.id, now=_now(), keep=session_id, transaction=transaction
        )
        await mails.write_second_factor(shop, transaction, user, "on")
        await _record(shop, user, _itself(user), transaction, is_on=True)

    try:
        await shop.database.in_transaction(work)
    except DuplicateKeyError:
        raise ConflictError(_("The second factor is on already.")) from None
    shop.part(SessionCache).forget_user(user.id)
    return codes


async def switch_off(
    shop: Shop, user: User, proof: SecondFactorProof, *, session_id: str, address: str
) -> None:
    """Ask for codes no longer, and end the other sessions.

    ValidationError at ``current_password`` or ``code``; NotFoundError if there is none;
    TooManyRequestsError.
    """
    await _prove(shop, user, proof, address=address)

    async def work(transaction: Transaction) -> None:
        await _delete(shop, user, transaction)
        await store.end_sessions(
            shop, user.id, now=_now(), keep=session_id, transaction=transaction
        )
        await mails.write_second_factor(shop, transaction, user, "off")
        await _record(shop, user, _itself(user), transaction, is_on=False)

    await shop.database.in_transaction(work)
    shop.part(SessionCache).forget_user(user.id)


async def renew_recovery_codes(
    shop: Shop, user: User, proof: SecondFactorProof, *, address: str
) -> list[str]:
    """Ten new ones, told only now; those from before are worth nothing. Errors of `switch_off`."""
    await _prove(shop, user, proof, address=address)
    codes = _new_recovery_codes()
    hashes = await _hashes(shop, codes)

    async def work(transaction: Transaction) -> None:
        if not await factors.replace_recovery_hashes(shop, user.id, hashes, transaction):
            raise _missing()
        await mails.write_second_factor(shop, transaction, user, "recovery_codes")

    await shop.database.in_transaction(work)
    return codes


async def remove(shop: Shop, by: Person, user: User) -> None:
    """Remove it for somebody who lost it: ends all sessions, tells the person, is on record.

    NotFoundError if there is none.
    """

    async def work(transaction: Transaction) -> None:
        await _delete(shop, user, transaction)
        await store.end_sessions(shop, user.id, now=_now(), transaction=transaction)
        await mails.write_second_factor(shop, transaction, user, "removed")
        await _record(shop, user, by, transaction, is_on=False)

    await shop.database.in_transaction(work)


async def reseal_all(shop: Shop) -> int:
    """Encrypt all keys with the first of the secrets, so that the others can go.

    How many none of the secrets opens: their owners have their recovery codes only.
    """
    lost = 0
    for factor in await factors.list_factors(shop):
        purpose = second_factor.key_purpose(factor.user_id)
        key = sealing.unseal(shop, factor.sealed_key, purpose=purpose)
        if key is None:
            lost += 1
        else:
            await second_factor.reseal(shop, factor, key)
    return lost


async def _prove(shop: Shop, user: User, proof: SecondFactorProof, *, address: str) -> None:
    await service.require_password(shop, user, proof.current_password, field="current_password")
    factor = await second_factor.find(shop, user.id)
    if factor is None:
        raise _missing()
    try:
        await second_factor.use_code(shop, user, factor, proof.code, address=address)
    except SecondFactorError as error:
        raise ValidationError.of("code", error.detail) from None


async def _delete(shop: Shop, user: User, transaction: Transaction) -> None:
    if not await factors.delete_factor(shop, user.id, transaction):
        raise _missing()


def _missing() -> NotFoundError:
    return NotFoundError(_("This account has no second factor."))


async def _record(
    shop: Shop, user: User, by: Person, transaction: Transaction, *, is_on: bool
) -> None:
    what = [Change("second_factor", before=not is_on, after=is_on)]
    await history.record(shop, ("user", user.id), by=by, what=what, transaction=transaction)


def _itself(user: User) -> Person:
    return By(user.id, user.full_name)


def _new_recovery_codes() -> list[str]:
    """As they are shown, each of 60 random bits."""
    return ["-".join(_groups(_random_letters())) for _each in range(RECOVERY_CODES)]


def _random_letters() -> str:
    return "".join(secrets.choice(RECOVERY_ALPHABET) for _each in range(RECOVERY_LENGTH))


async def _hashes(shop: Shop, codes: list[str]) -> list[str]:
    return await passwords.hash_codes([code.replace("-", "") for code in codes], shop.settings)


def _groups(text: str) -> list[str]:
    return [text[start : start + _GROUP] for start in range(0, len(text), _GROUP)]


def _now() -> datetime:
    """In whole seconds, as the times of sessions are kept."""
    return datetime.now(UTC).replace(microsecond=0)
