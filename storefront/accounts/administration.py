"""What staff and admins do with other people's accounts: find, promote, block, sign out."""

from dataclasses import replace
from datetime import UTC, datetime

from storefront import history
from storefront.accounts import second_factor_setup, service, store
from storefront.accounts.model import Role, User
from storefront.accounts.schemas import UserChange
from storefront.accounts.session_cache import SessionCache
from storefront.database import Transaction
from storefront.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from storefront.history import Change, Person
from storefront.localisation import gettext as _
from storefront.recent import Page
from storefront.shop import Shop


class LastAdminError(ConflictError):
    """The change would leave nobody who may manage users."""


async def list_users(
    shop: Shop,
    *,
    q: str = "",
    role: Role | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[User]:
    """Users, newest first; with ``q`` those of whom each word begins one of name or email."""
    return await store.list_users(shop, q=q, role=role, after=after, limit=limit)


async def change_user(
    shop: Shop, by: Person, user_id: str, change: UserChange, *, confirmed: bool
) -> User:
    """Set role and block of an account. Blocking ends all its sessions, everywhere.

    NotFoundError; LastAdminError; ValidationError at ``confirm`` when ``by`` would change
    their own account and has not ``confirmed`` it.
    """

    async def work(transaction: Transaction) -> User:
        user = await store.find_user(shop, user_id, transaction)
        if user is None:
            raise NotFoundError(_("There is no such user."))
        changed = _changed(user, change)
        what = history.differences(_facts(user), _facts(changed))
        if not what:
            return user
        await _keep_an_admin(shop, transaction, user, changed)
        if user.id == by.user_id and not confirmed:
            raise ValidationError.of("confirm", _("This is your own account: please confirm it."))
        now = _now()
        await store.update_user(shop, user.id, _facts(changed), now=now, transaction=transaction)
        if changed.blocked and not user.blocked:
            await store.end_sessions(shop, user.id, now=now, transaction=transaction)
        await history.record(shop, _subject(user), by=by, what=what, transaction=transaction)
        return changed

    changed = await shop.database.in_transaction(work)
    shop.part(SessionCache).forget_user(user_id)
    return changed


def _changed(user: User, change: UserChange) -> User:
    return replace(
        user,
        role=user.role if change.role is None else change.role,
        blocked=user.blocked if change.blocked is None else change.blocked,
    )


def _facts(user: User) -> dict[str, str | bool]:
    return {"role": user.role.value, "blocked": user.blocked}


async def _keep_an_admin(shop: Shop, transaction: Transaction, user: User, changed: User) -> None:
    if not _manages(user) or _manages(changed):
        return
    if not await store.rely_on_other_admin(shop, user.id, transaction):
        raise LastAdminError(_("This is the last admin: make somebody else one first."))


def _manages(user: User) -> bool:
    return user.role is Role.ADMIN and not user.blocked


async def end_sessions(shop: Shop, by: Person, user_id: str, *, session_id: str = "") -> None:
    """Sign somebody out everywhere, or on the device of ``session_id`` only.

    NotFoundError when there is no such user or open session.
    """
    user = await service.get_user(shop, user_id)

    async def work(transaction: Transaction) -> None:
        now = _now()
        if session_id:
            is_ended = await store.end_session(
                shop, user.id, session_id, now=now, transaction=transaction
            )
            if not is_ended:
                raise NotFoundError(_("There is no such session."))
            ended = 1
        else:
            ended = await store.end_sessions(shop, user.id, now=now, transaction=transaction)
        if ended:
            what = [Change("sessions_ended", after=ended)]
            await history.record(shop, _subject(user), by=by, what=what, transaction=transaction)

    await shop.database.in_transaction(work)
    shop.part(SessionCache).forget_user(user_id)


async def remove_second_factor(shop: Shop, by: Person, user_id: str) -> None:
    """Let somebody in again who lost it. All their sessions end, and they hear of it by mail.

    NotFoundError when there is no such user or second factor; ForbiddenError for one's own, which
    takes password and code on the account page.
    """
    user = await service.get_user(shop, user_id)
    if user.id == by.user_id:
        raise ForbiddenError(_("Switch off your own second factor on your account page."))
    await second_factor_setup.remove(shop, by, user)
    shop.part(SessionCache).forget_user(user_id)


def _subject(user: User) -> history.Subject:
    return ("user", user.id)


def _now() -> datetime:
    """In whole seconds, as the times of sessions are kept."""
    return datetime.now(UTC).replace(microsecond=0)
