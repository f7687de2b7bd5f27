"""What can be done with accounts: the slice's door for pages, API, commands and other slices.

Passwords that are forgotten and addresses to verify are the matter of `accounts.recovery`, codes
besides the password that of `accounts.second_factor`.
"""

import asyncio
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

from storefront.accounts import finding, mails, passwords, second_factor, store, tokens, trails
from storefront.accounts.model import MOST_ADDRESSES, Origin, Role, Session, Token, User
from storefront.accounts.schemas import (
    Credentials,
    NewUser,
    PasswordChange,
    ProfileChange,
    normalise_email,
)
from storefront.accounts.session_cache import SessionCache
from storefront.accounts.tokens import Claims
from storefront.carts.model import Address
from storefront.database import DuplicateKeyError, ObjectId, Transaction
from storefront.errors import (
    BadCredentialsError,
    ConflictError,
    EmailTakenError,
    ForbiddenError,
    NotFoundError,
    UnauthenticatedError,
    ValidationError,
)
from storefront.localisation import gettext as _
from storefront.shop import Shop
from storefront.web import limits
from storefront.web.forms import FieldProblem

# Many people may share an address, so it is not kept waiting for as long as who guesses from it
# at one account.
LONGEST_WAIT_OF_ADDRESS = timedelta(hours=1)
LONGEST_WAIT_AT_ACCOUNT = timedelta(days=1)

# Who is guessing at which account from where: one at a time; forgotten when nobody is.
_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

DEMO_PASSWORD = "storefront-demo"  # noqa: S105  (public on purpose; refused in production)
DEMO_ACCOUNTS = (
    ("shopper@example.com", "Ada Shopper", "+34600123456", Role.CUSTOMER),
    ("staff@example.com", "Sam Staff", "+34600123457", Role.STAFF),
)


async def register(shop: Shop, new_user: NewUser, *, language: str, address: str) -> User:
    """Make a customer's account; the welcome and the shop's notice are mailed with it.

    EmailTakenError, and TooManyRequestsError when ``address`` has registered too many.
    """
    rate = shop.settings.limits.registration
    client = limits.network(address)
    await limits.take_one(shop, "registration", rate, client)
    user = _new(new_user, role=Role.CUSTOMER, language=language, verified=False)
    password_hash = await passwords.hash_password(new_user.password, shop.settings)

    async def write(transaction: Transaction) -> None:
        await store.insert_user(shop, user, password_hash, transaction)
        await mails.write_registration(shop, transaction, user)

    try:
        await shop.database.in_transaction(write)
    except DuplicateKeyError:
        # Ours, if the database was killed between storing it and telling so.
        if await store.find_user(shop, user.id) is None:
            raise EmailTakenError from None
    return user


async def create_user(shop: Shop, new_user: NewUser, *, role: Role) -> User:
    """Make an account of any role, verified, without a mail. EmailTakenError."""
    user = _new(new_user, role=role, language=None, verified=True)
    password_hash = await passwords.hash_password(new_user.password, shop.settings)
    try:
        await store.insert_user(shop, user, password_hash)
    except DuplicateKeyError:
        raise EmailTakenError from None
    return user


async def ensure_demo_accounts(shop: Shop) -> None:
    """Make the demo accounts that are missing. Their password is public: not for production."""
    for email, full_name, phone, role in DEMO_ACCOUNTS:
        if await store.find_user_by_email(shop, email) is None:
            new_user = NewUser.model_construct(
                email=email, full_name=full_name, phone=phone, password=DEMO_PASSWORD
            )
            await create_user(shop, new_user, role=role)


def _new(new_user: NewUser, *, role: Role, language: str | None, verified: bool) -> User:
    return User(
        id=str(ObjectId()),
        email=new_user.email,
        full_name=new_user.full_name,
        phone=new_user.phone,
        role=role,
        verified=verified,
        blocked=False,
        language=language,
        theme=None,
        addresses=(),
        created_at=_now(),
    )


async def find_user(shop: Shop, user_id: str) -> User | None:
    return await store.find_user(shop, user_id)


async def get_user(shop: Shop, user_id: str) -> User:
    """NotFoundError when there is none."""
    user = await store.find_user(shop, user_id)
    if user is None:
        raise NotFoundError(_("There is no such user."))
    return user


async def get_users(shop: Shop, user_ids: Iterable[str]) -> dict[str, User]:
    """Those of the users that exist, by id."""
    return {user.id: user for user in await store.find_users(shop, user_ids)}


async def find_user_by_email(shop: Shop, email: str) -> User | None:
    """The account of an address in any spelling of it."""
    try:
        return await store.find_user_by_email(shop, normalise_email(email))
    except FieldProblem:
        return None


async def authenticate(shop: Shop, credentials: Credentials, *, address: str) -> User:
    """The user whose email, password and, with a second factor, code these are.

    BadCredentialsError, in the same words and after the same work whether the account is
    unknown or the password wrong; ForbiddenError for a blocked account; TooManyRequestsError
    after too many failures from ``address``, or from there on this account. Failures from
    elsewhere do not count, so a stranger cannot lock anybody out. Then, as
    `second_factor.require_code` has it, CodeNeededError and SecondFactorError.
    """
    client = limits.network(address)
    pair = f"{client} {credentials.email.strip().lower()!a}"
    keys = {client: LONGEST_WAIT_OF_ADDRESS, pair: LONGEST_WAIT_AT_ACCOUNT}
    # Of guesses that arrive all at once each is counted before the next one is looked at.
    async with _turns.setdefault(pair, asyncio.Lock()):
        await limits.refuse_guesses(shop, *keys)
        user, password_hash = await _find_credentials(shop, credentials.email)
        is_right = await passwords.is_right(credentials.password, password_hash, shop.settings)
        # Other processes, and other accounts' turns, have counted theirs meanwhile.
        has_guessed = await limits.refuse_guesses(shop, *keys)
        if user is None or password_hash is None or not is_right:
            rate = shop.settings.limits.sign_in
            for key, longest in keys.items():
                await limits.count_guess(shop, rate, key, longest_wait=longest)
            trails.note_refusal(
                shop, "wrong password", email=credentials.email, user=user, client=client
            )
            raise BadCredentialsError
        if has_guessed:
            await limits.forget_guesses(shop, pair)
    if user.blocked:
        trails.note_refusal(shop, "blocked", email=user.email, user=user, client=client)
        raise ForbiddenError(_("This account is blocked. Please write to the shop."))
    await second_factor.require_code(
        shop, user, credentials.code, password_hash=password_hash, address=address
    )
    return user


async def _find_credentials(shop: Shop, email: str) -> tuple[User, str] | tuple[None, None]:
    try:
        return await store.find_credentials(shop, normalise_email(email)) or (None, None)
    except FieldProblem:
        return None, None


async def sign_in(shop: Shop, user: User, origin: Origin, *, tells: bool = False) -> Token:
    """Open a session for ``user``, always a new one, and hand out its token.

    With ``tells`` the person hears of it by mail, if they were signed in before, but not by such
    a device from that network.
    """
    now = _now()
    session = Session(
        id=secrets.token_hex(12),
        user_id=user.id,
        device=origin.device,
        created_at=now,
        last_seen_at=now,
        expires_at=now + _lifetime(shop),
    )
    is_new = tells and await _is_new_device(shop, user, origin)

    async def write(transaction: Transaction) -> None:
        await store.insert_session(shop, session, origin.address, transaction)
        await mails.write_new_device(shop, transaction, user, session)

    if is_new:
        await shop.database.in_transaction(write)
    else:
        await store.insert_session(shop, session, origin.address)
    trails.note_sign_in(user)
    return _token(shop, session, now)


async def _is_new_device(shop: Shop, user: User, origin: Origin) -> bool:
    """Whether there were sessions before, and none by such a device from this network."""
    if await store.has_origin(shop, user.id, origin):
        return False
    earlier = set(await store.list_origins(shop, user.id))
    here = (limits.network(origin.address), origin.device)
    return bool(earlier) and here not in {
        (limits.network(each.address), each.device) for each in earlier
    }


async def extend_session(shop: Shop, claims: Claims) -> Token | None:
    """A token with a whole lifetime ahead for the same session; None when it was ended."""
    now = _now()
    expires_at = now + _lifetime(shop)
    if not await store.extend_session(shop, claims.session_id, now=now, expires_at=expires_at):
        return None
    return tokens.sign_session(
        shop,
        user_id=claims.user_id,
        session_id=claims.session_id,
        issued_at=now,
        expires_at=expires_at,
    )


async def replace_session(shop: Shop, claims: Claims, origin: Origin) -> Token:
    """End the session and open a new one for the same user and device.

    UnauthenticatedError when it has ended: of two at once only one gets a new token.
    """
    user = await get_user(shop, claims.user_id)
    try:
        await end_session(shop, claims.user_id, claims.session_id)
    except NotFoundError:
        raise UnauthenticatedError from None
    return await sign_in(shop, user, origin)


async def list_sessions(shop: Shop, user_id: str) -> list[Session]:
    """The user's open sessions, the latest used first."""
    now = _now()
    sessions = [each for each in await store.list_sessions(shop, user_id) if each.expires_at > now]
    return sorted(sessions, key=lambda each: each.last_seen_at, reverse=True)


async def end_session(shop: Shop, user_id: str, session_id: str) -> None:
    """Sign the device out. NotFoundError when the user has no such open session."""
    if not await store.end_session(shop, user_id, session_id, now=_now()):
        raise NotFoundError(_("There is no such session."))
    shop.part(SessionCache).forget_session(session_id)


async def end_sessions(shop: Shop, user_id: str, *, keep: str | None = None) -> None:
    """Sign the user out everywhere, but for the session ``keep``."""
    await store.end_sessions(shop, user_id, now=_now(), keep=keep)
    shop.part(SessionCache).forget_user(user_id)


async def change_profile(shop: Shop, user_id: str, change: ProfileChange) -> User:
    """Set what the change gives; a theme of ``auto`` follows the visitor's system again."""
    changes = change.model_dump(exclude_none=True)
    if changes.get("theme") == "auto":
        changes["theme"] = None
    if change.full_name is not None:
        user = await get_user(shop, user_id)
        changes["found_by"] = finding.beginnings(user.email, change.full_name)
    if changes:
        await store.update_user(shop, user_id, changes, now=_now())
        shop.part(SessionCache).forget_user(user_id)
    return await get_user(shop, user_id)


async def change_password(
    shop: Shop, user: User, change: PasswordChange, *, session_id: str
) -> None:
    """Set a new password for who knows the present one, and end the other sessions.

    ValidationError at ``current_password``; TooManyRequestsError after too many wrong ones.
    """
    await require_password(shop, user, change.current_password, field="current_password")
    await replace_password(shop, user, change.password, keep_session=session_id)


async def require_password(shop: Shop, user: User, password: str, *, field: str) -> None:
    """Who is signed in must be who knows the password, too.

    ValidationError at ``field``; TooManyRequestsError after too many wrong ones.
    """
    rate = shop.settings.limits.sign_in
    await limits.refuse_above(shop, "password-change", rate, user.id)
    present = await store.find_password_hash(shop, user.id)
    if not await passwords.is_right(password, present, shop.settings):
        await limits.count_one(shop, "password-change", rate, user.id)
        raise ValidationError.of(field, _("This is not your password."))


async def replace_password(
    shop: Shop, user: User, password: str, *, keep_session: str | None, reset_id: str | None = None
) -> bool:
    """Set the password, end the sessions but ``keep_session``, use up all resets, tell by mail.

    With ``reset_id`` only if that reset can still be used: False when it cannot.
    """
    password_hash = await passwords.hash_password(password, shop.settings)

    async def write(transaction: Transaction) -> bool:
        now = _now()
        if reset_id and await store.find_reset(shop, reset_id, now, transaction) != user.id:
            return False
        await store.delete_resets(shop, user.id, transaction)
        await store.update_user(
            shop, user.id, {"password_hash": password_hash}, now=now, transaction=transaction
        )
        await store.end_sessions(shop, user.id, now=now, keep=keep_session, transaction=transaction)
        await mails.write_password_changed(shop, transaction, user)
        return True

    is_done = await shop.database.in_transaction(write)
    shop.part(SessionCache).forget_user(user.id)
    return is_done


async def add_address(shop: Shop, user_id: str, address: Address) -> None:
    """Keep an address for later orders, once. ConflictError when there are `MOST_ADDRESSES`."""
    if await store.add_address(shop, user_id, address, now=_now()):
        return
    if address not in (await get_user(shop, user_id)).addresses:
        raise ConflictError(
            _("You keep %(most)d addresses already. Remove one first.") % {"most": MOST_ADDRESSES}
        )


async def remove_address(shop: Shop, user_id: str, key: str) -> None:
    """Forget the address with this key. NotFoundError."""
    for address in (await get_user(shop, user_id)).addresses:
        if address.key == key:
            await store.remove_address(shop, user_id, address, now=_now())
            return
    raise NotFoundError(_("There is no such address."))


def _token(shop: Shop, session: Session, now: datetime) -> Token:
    return tokens.sign_session(
        shop,
        user_id=session.user_id,
        session_id=session.id,
        issued_at=now,
        expires_at=session.expires_at,
    )


def _lifetime(shop: Shop) -> timedelta:
    return timedelta(minutes=shop.settings.session.lifetime_minutes)


def _now() -> datetime:
    """In whole seconds, as tokens count."""
    return datetime.now(UTC).replace(microsecond=0)
