"""What the API shows of mails, errors and settings."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from storefront.accounts.schemas import Timestamp, UserView
from storefront.mail.model import State, StoredMail
from storefront.settings import Setting
from storefront.web.error_log import LoggedError


class SettingView(BaseModel):
    """An effective setting; the value of a secret is masked."""

    key: str
    value: str
    source: str
    meaning: str

    @classmethod
    def of(cls, setting: Setting) -> "SettingView":
        return cls(
            key=setting.key, value=setting.value, source=setting.source, meaning=setting.meaning
        )


class ErrorSummary(BaseModel):
    """A logged error; `group` is the same for errors of one kind, raised at one place."""

    error_id: str
    at: Timestamp
    status: int
    name: str
    detail: str
    kind: str
    method: str
    path: str
    route: str
    frame: str
    group: str
    user_id: str | None

    @classmethod
    def of(cls, error: LoggedError) -> "ErrorSummary":
        return cls(**_facts(error))


class ErrorView(ErrorSummary):
    """A logged error with all that is known of it."""

    context: Mapping[str, str]
    traceback: str

    @classmethod
    def of(cls, error: LoggedError) -> "ErrorView":
        return cls(**_facts(error), context=error.context, traceback=error.traceback)


def _facts(error: LoggedError) -> dict[str, Any]:
    names = [name for name in ErrorSummary.model_fields if name != "error_id"]
    return {"error_id": error.id, **{name: getattr(error, name) for name in names}}


class MailView(BaseModel):
    """A mail of the outbox."""

    id: str
    kind: str
    to: str
    language: str
    state: State
    attempts: int
    last_error: str | None
    message_id: str
    created_at: Timestamp
    next_attempt_at: Timestamp
    sent_at: Timestamp | None

    @classmethod
    def of(cls, mail: StoredMail) -> "MailView":
        return cls(**{name: getattr(mail, name) for name in cls.model_fields})


class ErrorsView(BaseModel):
    """A page of errors, newest first; `next` goes into `after`, null at the end."""

    items: list[ErrorSummary]
    next: str | None


class MailsView(BaseModel):
    """A page of mails, newest first; `next` goes into `after`, null at the end."""

    items: list[MailView]
    next: str | None


class UsersView(BaseModel):
    """A page of users, newest first; `next` goes into `after`, null at the end."""

    items: list[UserView]
    next: str | None
