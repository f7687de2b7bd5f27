"""Shapes of the forms and JSON about accounts, and the rules of each field.

Some rules depend on the shop (its country, its name): pass `rules` as the context of a check.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from storefront.accounts import passwords
from storefront.accounts.model import Role, Session, Token, User
from storefront.localisation import gettext as _
from storefront.shop import Shop
from storefront.web import forms
from storefront.web.forms import FieldProblem


@dataclass(frozen=True, slots=True)
class Rules:
    """What the rules of a field need to know of the shop."""

    country: str
    languages: tuple[str, ...]
    guessable: tuple[str, ...]


def rules(shop: Shop, *, email: str = "", full_name: str = "") -> Rules:
    """``email`` and ``full_name`` are those of the account, where it exists already."""
    guessable = (shop.settings.shop.name, email, email.partition("@")[0], full_name)
    values = shop.settings.shop
    return Rules(values.country, tuple(values.locales), guessable)


def _rules(info: ValidationInfo) -> Rules:
    if not isinstance(info.context, Rules):
        raise TypeError("pass rules(shop) as the context of this check")
    return info.context


def normalise_email(text: str) -> str:
    """The address as accounts know it, in lower case; FieldProblem when it is none."""
    try:
        # Delivery is for the verification link to prove; .test is what tests write to.
        checked = validate_email(
            text.strip(), check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except (EmailNotValidError, UnicodeError):
        raise FieldProblem(_("Please give an email address such as ana@example.com.")) from None
    return checked.normalized.lower()


def normalise_phone(text: str, country: str) -> str:
    """The number in E.164, read as one of ``country`` unless it begins with +."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        number = None
    # Possible rather than valid: numbering plans change faster than any list of them.
    if number is None or not phonenumbers.is_possible_number(number):
        raise FieldProblem(_("Please give a phone number, with +34 or the like if from abroad."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def one_line(text: str) -> str:
    """The text with single spaces and no control characters, which have no place in a name."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if not line:
        raise FieldProblem(_("Please fill this in."))
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in line):
        raise FieldProblem(_("This cannot be right."))
    return line


def _email(text: str) -> str:
    return normalise_email(text)


def _phone(text: str, info: ValidationInfo) -> str:
    return normalise_phone(text, _rules(info).country)


def _new_password(text: str, info: ValidationInfo) -> str:
    email, full_name = info.data.get("email", ""), info.data.get("full_name", "")
    guessable = (*_rules(info).guessable, email, email.partition("@")[0], full_name)
    problem = passwords.problem_with(text, guessable=guessable)
    if problem:
        raise FieldProblem(problem)
    return text


def _same_password(text: str, info: ValidationInfo) -> str:
    if info.data.get("password", text) != text:
        raise FieldProblem(_("The two passwords are not the same."))
    return text


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


Timestamp = Annotated[
    datetime,
    PlainSerializer(_written),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
FullName = Annotated[str, Field(max_length=100, examples=["Ana García"]), AfterValidator(one_line)]
Email = Annotated[str, Field(max_length=254, examples=["ana@example.com"]), AfterValidator(_email)]
Phone = Annotated[str, Field(max_length=40, examples=["+34 600 123 456"]), AfterValidator(_phone)]
NewPassword = Annotated[
    str,
    AfterValidator(_new_password),
    Field(
        json_schema_extra={
            "format": "password",
            "minLength": passwords.SHORTEST,
            "maxLength": passwords.LONGEST,
        }
    ),
]
Confirmation = Annotated[str, Field(max_length=1_000), AfterValidator(_same_password)]
# Longer than any that was ever accepted; only to bound the work.
KnownPassword = Annotated[str, Field(max_length=1_000)]
Code = Annotated[str, Field(max_length=100, examples=["123456"])]


class NewUser(BaseModel):
    """A person as an account begins."""

    full_name: FullName
    phone: Phone
    email: Email
    password: NewPassword

    @classmethod
    def checked(
        cls, shop: Shop, *, full_name: str, phone: str, email: str, password: str
    ) -> "NewUser":
        """ValidationError when a field cannot be taken."""
        data = {"full_name": full_name, "phone": phone, "email": email, "password": password}
        return forms.check(cls, data, context=rules(shop))


class Registration(NewUser):
    """A new customer, with the password twice."""

    password_confirmation: Confirmation


class Credentials(BaseModel):
    """What one signs in with."""

    email: Annotated[str, Field(max_length=1_000, examples=["ana@example.com"])]
    password: KnownPassword
    code: Annotated[
        Code | None,
        Field(description="Only for accounts with a second factor: its code, or a recovery code."),
    ] = None


class SecondStep(BaseModel):
    """The code that was asked for after the password."""

    code: Code


class SecondFactorProof(BaseModel):
    """What it takes to change the second factor: the password, and a code that it takes now."""

    current_password: KnownPassword
    code: Code


class SecondFactorOffer(SecondFactorProof):
    """A second factor to be switched on; ``setup`` is what came with its key."""

    setup: Annotated[str, Field(max_length=1_000)]


class ProfileChange(BaseModel):
    """What is to change of the own account; what is not given stays."""

    full_name: FullName | None = None
    phone: Phone | None = None
    language: str | None = None
    theme: Literal["light", "dark", "auto"] | None = None

    @field_validator("language")
    @classmethod
    def _is_spoken(cls, code: str | None, info: ValidationInfo) -> str | None:
        if code is not None and code not in _rules(info).languages:
            raise FieldProblem(_("The shop does not speak this language."))
        return code


class ProfileForm(BaseModel):
    """The account page's form: all of it, not only what changes."""

    full_name: FullName
    phone: Phone

    def to_change(self) -> ProfileChange:
        return ProfileChange.model_construct(full_name=self.full_name, phone=self.phone)


class PasswordChange(BaseModel):
    """A new password for who knows the present one."""

    current_password: KnownPassword
    password: NewPassword
    password_confirmation: Confirmation


class PasswordResetRequest(BaseModel):
    """Whose password is forgotten."""

    email: Email


class PasswordReset(BaseModel):
    """A new password for who has the link from the mail."""

    password: NewPassword
    password_confirmation: Confirmation


class UserChange(BaseModel):
    """What is to change of somebody's account; what is not given stays."""

    role: Role | None = None
    blocked: Annotated[bool, Field(strict=True)] | None = None


class UserChangeForm(UserChange):
    """The same from a form, in which everything is text."""

    blocked: bool | None = None


class UsersQuery(BaseModel):
    """Which users to list."""

    q: Annotated[
        str, Field(max_length=100, description="Beginnings of words of name or email.")
    ] = ""
    role: Role | None = None
    after: Annotated[str, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class UserView(BaseModel):
    """A user as the API shows one."""

    id: str
    email: str
    full_name: str
    phone: str
    role: Role
    verified: bool
    blocked: bool
    created_at: Timestamp

    @classmethod
    def of(cls, user: User) -> "UserView":
        return cls(
            id=user.id,
            email=user.email,
            full_name=user.full_name,
            phone=user.phone,
            role=user.role,
            verified=user.verified,
            blocked=user.blocked,
            created_at=user.created_at,
        )


class TokenView(BaseModel):
    """A bearer token for the Authorization header."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  (the name of a scheme)
    expires_at: Timestamp

    @classmethod
    def of(cls, token: Token) -> "TokenView":
        return cls(access_token=token.text, expires_at=token.expires_at)


class CurrentSessionView(BaseModel):
    """Who is signed in, and until when if nothing more is asked."""

    user: UserView
    expires_at: Timestamp


class SessionView(BaseModel):
    """A signed-in device."""

    id: str
    device: str
    current: bool
    created_at: Timestamp
    last_seen_at: Timestamp
    expires_at: Timestamp

    @classmethod
    def of(cls, session: Session, current_session_id: str) -> "SessionView":
        return cls(
            id=session.id,
            device=session.device,
            current=session.id == current_session_id,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            expires_at=session.expires_at,
        )
