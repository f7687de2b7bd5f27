"""Who is asking, as every handler sees it, and the guards that stand before handlers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from quart import g

from storefront.errors import ForbiddenError, SecondFactorMissingError, UnauthenticatedError

P = ParamSpec("P")
R = TypeVar("R")
Handler = Callable[P, Awaitable[R]]


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person: what pages show of them and what decides what they may do.

    Staff with ``lacks_second_factor``, where the shop requires one count as customers until then.
    """

    user_id: str
    session_id: str
    email: str
    full_name: str
    role: str
    language: str | None
    theme: str | None
    verified: bool
    lacks_second_factor: bool = False

    @property
    def is_staff(self) -> bool:
        return self.role in {"staff", "admin"}

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


def current_identity() -> Identity | None:
    """Who sent this request; None for a guest."""
    identity: Identity | None = g.get("identity")
    return identity


def require_identity() -> Identity:
    """Who sent this request; UnauthenticatedError for a guest."""
    identity = current_identity()
    if identity is None:
        raise UnauthenticatedError
    return identity


def signed_in(handler: Handler[P, R]) -> Handler[P, R]:
    """Only for people who are signed in, whatever their role."""

    @wraps(handler)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        require_identity()
        return await handler(*args, **kwargs)

    return guarded


def staff_only(handler: Handler[P, R]) -> Handler[P, R]:
    """Only for staff and admins."""

    @wraps(handler)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not _person_with_second_factor().is_staff:
            raise ForbiddenError
        return await handler(*args, **kwargs)

    return guarded


def admin_only(handler: Handler[P, R]) -> Handler[P, R]:
    """Only for admins: staff who also manage users."""

    @wraps(handler)
    async def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not _person_with_second_factor().is_admin:
            raise ForbiddenError
        return await handler(*args, **kwargs)

    return guarded


def _person_with_second_factor() -> Identity:
    """Who asks. SecondFactorMissingError for staff who must set one up first."""
    identity = require_identity()
    if identity.lacks_second_factor:
        raise SecondFactorMissingError
    return identity
