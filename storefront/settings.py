"""Typed settings, each of which knows where its value came from.

Layers, later ones winning: ``settings/default.toml``, ``settings/<environment>.toml``, files of
the same names in a folder ``settings`` where the shop is started (the first two are then those
that were installed), the file named by ``STOREFRONT_SETTINGS``, then variables
``STOREFRONT_<SECTION>__<KEY>``. Whatever is unknown, of the wrong type or too weak for production
stops the start with a `SettingsError` that names the key and the file.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
)

from storefront import resources

PREFIX = "STOREFRONT_"
ENVIRONMENTS = ("development", "production", "test")
SHORTEST_SECRET = 32


class SettingsError(Exception):
    """The settings cannot be used; the message is for the person who starts the shop."""


_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Rate:
    """So many times in a period, written ``10/minute``."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Read ``<count>/<second|minute|hour|day>``; ValueError for anything else."""
        match = re.fullmatch(r"([1-9]\d*)/(second|minute|hour|day)", text)
        if not match:
            raise ValueError("must be a rate such as 10/minute")
        return cls(int(match[1]), _SECONDS[match[2]])


def _(meaning: str) -> str:
    """Mark a setting's meaning for translation; who shows it translates it."""
    return meaning


def _rate(value: str) -> str:
    Rate.parse(value)
    return value


def _locale(value: str) -> str:
    try:
        Locale.parse(value)
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError(f"{value!r} is no language code such as en or es") from error
    return value


def _network(value: str) -> str:
    ip_network(value, strict=False)
    return value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


RateText = Annotated[str, AfterValidator(_rate)]
LocaleCode = Annotated[str, AfterValidator(_locale)]
Network = Annotated[str, AfterValidator(_network)]
HostName = Annotated[str, Field(pattern=r"^[a-z0-9.-]+(:\d+)?$")]
Names = list[str]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Section):
    host: str = Field(description=_("Address to listen on."))
    port: int = Field(ge=0, le=65535, description=_("Port to listen on."))
    workers: int = Field(ge=1, le=256, description=_("Worker processes."))
    public_url: str = Field(
        pattern=r"^(https?://[^/\s]+)?$",
        description=_(
            "How the world reaches the shop, as in https://shop.example; links in mails "
            "use it. Empty: http://host:port."
        ),
    )
    allowed_hosts: Names = Field(
        description=_("Host names that requests may name; * for any, .example.com for subdomains.")
    )
    trusted_proxies: list[Network] = Field(
        description=_("Addresses or networks of proxies whose X-Forwarded-* headers are believed.")
    )
    metrics_token: SecretStr = Field(
        description=_("Bearer token that may read /metrics from afar.")
    )


class Database(_Section):
    url: SecretStr = Field(
        description=_("A MongoDB URL (replica set), or embedded for a database of our own.")
    )
    name: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,48}$", description=_("Name of the database on the server.")
    )
    path: str = Field(min_length=1, description=_("Folder of the embedded database's files."))

    @property
    def is_embedded(self) -> bool:
        return self.url.get_secret_value() == "embedded"


class Session(_Section):
    lifetime_minutes: int = Field(
        ge=1, le=60 * 24 * 400, description=_("Minutes that an idle session lives.")
    )
    secret: Annotated[list[SecretStr], BeforeValidator(_as_list)] = Field(
        description=_("Signing secret; of a list the first signs and all verify.")
    )
    staff_second_factor: Literal["optional", "required"] = Field(
        description=_("Whether staff may work in the back office without a second factor.")
    )


class Mail(_Section):
    transport: Literal["file", "smtp"] = Field(description=_("file writes .eml files, smtp sends."))
    folder: str = Field(description=_("Where the file transport writes."))
    host: str = Field(description=_("Mail server."))
    port: int = Field(ge=1, le=65535, description=_("Its port."))
    username: str = Field(description=_("User name there; empty for none."))
    password: SecretStr = Field(description=_("Password there."))
    security: Literal["none", "starttls", "tls"] = Field(
        description=_("How the connection to the mail server is protected.")
    )
    sender: str = Field(min_length=3, description=_("From address of the shop's mails."))
    notify: str = Field(
        description=_(
            "The shop's mailbox that hears of each registration and order; empty for none."
        )
    )


class Shop(_Section):
    name: str = Field(min_length=1, max_length=60, description=_("What the shop is called."))
    currency: str = Field(pattern=r"^[A-Z]{3}$", description=_("ISO 4217 code of all prices."))
    locales: Annotated[list[LocaleCode], Field(min_length=1)] = Field(
        description=_("Languages of the shop; the first is the default.")
    )
    country: str = Field(
        pattern=r"^[A-Z]{2}$", description=_("Home country (ISO 3166), preset in addresses.")
    )
    photo_hosts: list[HostName] = Field(
        description=_("Hosts that a product's photo link may name.")
    )
    shipping_rate: int = Field(ge=0, description=_("Flat shipping rate in minor units."))
    free_shipping_from: int = Field(
        ge=0, description=_("Subtotal in minor units from which shipping is free; 0: never.")
    )
    tax_percent: float = Field(ge=0, lt=100, description=_("Tax contained in prices, in per cent."))
    payment_instructions: str | dict[LocaleCode, str] = Field(
        description=_(
            "How to pay, shown with the order and in its mail: one text, or one per language."
        )
    )

    def payment_instructions_in(self, language: str) -> str:
        """How to pay, in ``language`` or else in the shop's first language that has a text."""
        texts = self.payment_instructions
        if isinstance(texts, str):
            return texts.strip()
        spoken = next((code for code in (language, *self.locales) if code in texts), None)
        return texts[spoken].strip() if spoken else ""


class Chat(_Section):
    max_length: int = Field(ge=1, le=10_000, description=_("Longest chat message in characters."))


class Retention(_Section):
    carts_days: int = Field(ge=1, description=_("Days that a guest's untouched cart is kept."))
    sessions_days: int = Field(
        ge=0, description=_("Days that a session is kept on record after it was ended.")
    )
    errors_days: int = Field(ge=1, description=_("Days that a logged error is kept."))
    mails_days: int = Field(
        ge=1, description=_("Days that a mail is kept that was sent or has failed.")
    )


class Limits(_Section):
    enabled: bool = Field(description=_("Whether rates are limited; always so in production."))
    sign_in: RateText = Field(description=_("Failed sign-ins per account and per address."))
    registration: RateText = Field(description=_("Registrations per address."))
    chat: RateText = Field(description=_("Chat messages per person."))
    api: RateText = Field(description=_("API requests per address."))


class Values(_Section):
    """Every setting of the shop, section by section."""

    server: Server
    database: Database
    session: Session
    mail: Mail
    shop: Shop
    chat: Chat
    retention: Retention
    limits: Limits


@dataclass(frozen=True, slots=True)
class Setting:
    """One effective setting as the owner sees it: secrets are masked."""

    key: str
    value: str
    source: str
    meaning: str


@dataclass(frozen=True)
class Settings:
    """The effective values, the environment they are for, and the source of each key."""

    environment: str
    values: Values
    sources: Mapping[str, str]

    @property
    def server(self) -> Server:
        return self.values.server

    @property
    def database(self) -> Database:
        return self.values.database

    @property
    def session(self) -> Session:
        return self.values.session

    @property
    def mail(self) -> Mail:
        return self.values.mail

    @property
    def shop(self) -> Shop:
        return self.values.shop

    @property
    def chat(self) -> Chat:
        return self.values.chat

    @property
    def retention(self) -> Retention:
        return self.values.retention

    @property
    def limits(self) -> Limits:
        return self.values.limits

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def is_development(self) -> bool:
        return self.environment == "development"

    @cached_property
    def public_url(self) -> str:
        """Scheme and host of links that leave the shop, without a slash at the end."""
        return self.server.public_url.rstrip("/") or f"http://{self.server.host}:{self.server.port}"

    def explained(self) -> list[Setting]:
        """Every effective setting with its meaning, masked value and source."""
        return [
            Setting(key, _shown(value), self.sources[key], meaning)
            for key, value, meaning in _walk(self.values)
        ]


def load(environ: Mapping[str, str] | None = None, *, folder: Path | None = None) -> Settings:
    """Read all layers; raises `SettingsError` naming the key and where it stands."""
    environ = os.environ if environ is None else environ
    environment = environ.get("STOREFRONT_ENV", "development")
    if environment not in ENVIRONMENTS:
        raise SettingsError(
            f"STOREFRONT_ENV is {environment!r}; it must be one of {', '.join(ENVIRONMENTS)}."
        )
    settings = _read_layers(environment, environ, _folders(folder))
    _refuse_weak_production(settings)
    return settings


def of_files(environment: str, *, folder: Path | None = None) -> Settings:
    """What the shop's own files give ``environment``, to be looked at rather than used.

    Without this process's variables and file, which are meant for another environment; a
    secret that production still lacks is empty and no error.
    """
    return _read_layers(environment, {}, _folders(folder))


def _folders(only: Path | None) -> list[Path]:
    """Where the shop's own files are, and where its owner's may be; ``only`` if it is given."""
    if only:
        return [only]
    own = Path("settings")
    has_own = own.is_dir() and not own.samefile(resources.SETTINGS)
    return [resources.SETTINGS, own] if has_own else [resources.SETTINGS]


def _read_layers(environment: str, environ: Mapping[str, str], folders: list[Path]) -> Settings:
    names = ["default.toml", f"{environment}.toml"]
    files = [folders[0] / name for name in names]
    files += [own / name for own in folders[1:] for name in names if (own / name).exists()]
    if environ.get("STOREFRONT_SETTINGS"):
        files.append(Path(environ["STOREFRONT_SETTINGS"]))
    merged: dict[str, dict[str, Any]] = {}
    sources: dict[str, str] = {}
    for file in files:
        for key, value in _read_file(file):
            _put(merged, key, value)
            sources[key] = _source_name(file, folders)
    for variable, key, value in _read_environment(environ):
        _put(merged, key, value)
        sources[key] = f"environment ({variable})"
    return Settings(environment, _validated(merged, sources), sources)


def _source_name(file: Path, folders: list[Path]) -> str:
    if file.parent not in folders:
        return str(file)
    return f"settings/{file.name}" if file.parent == folders[0] else str(file.absolute())


def _put(merged: dict[str, dict[str, Any]], key: str, value: object) -> None:
    section, _, name = key.partition(".")
    merged.setdefault(section, {})[name] = value


def _read_file(file: Path) -> Iterator[tuple[str, Any]]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: is not valid TOML: {error}.") from error
    for section, entries in content.items():
        if not isinstance(entries, dict):
            raise SettingsError(f"{section}: unknown key in {file}.")
        for name, value in entries.items():
            key = f"{section}.{name}"
            if key not in _KEYS:
                raise SettingsError(f"{key}: unknown key in {file}.{_nearest(key)}")
            yield key, value


def _read_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, str, Any]]:
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or "__" not in variable:
            continue
        key = variable.removeprefix(PREFIX).lower().replace("__", ".", 1)
        if key not in _KEYS:
            raise SettingsError(
                f"{key}: unknown key in the environment ({variable}).{_nearest(key)}"
            )
        yield variable, key, _from_text(variable, key, text)


def _from_text(variable: str, key: str, text: str) -> Any:
    """A variable is text: numbers and truth values are read from it, lists have commas."""
    if key in _LIST_KEYS:
        return [part.strip() for part in text.split(",") if part.strip()]
    if _KEYS[key] in {bool, int, float}:
        try:
            return TypeAdapter(_KEYS[key]).validate_python(text)
        except ValidationError as error:
            raise SettingsError(
                f"{key} in the environment ({variable}): {error.errors()[0]['msg']}."
            ) from None
    return text


def _nearest(key: str) -> str:
    near = get_close_matches(key, _KEYS, n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _validated(merged: dict[str, dict[str, Any]], sources: Mapping[str, str]) -> Values:
    try:
        return Values.model_validate(merged, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"][:2])
        where = sources.get(key, "settings/default.toml")
        raise SettingsError(
            f"{key} in {where}: {first['msg'].removeprefix('Value error, ')}."
        ) from None


def _refuse_weak_production(settings: Settings) -> None:
    """A production shop with a guessable secret would let anybody sign in as anybody."""
    if not settings.is_production:
        return
    where = settings.sources["session.secret"]
    for secret in settings.session.secret or [SecretStr("")]:
        text = secret.get_secret_value()
        is_public = text.startswith(("development-only", "test-only"))
        if is_public or len(text) < SHORTEST_SECRET or len(set(text)) < SHORTEST_SECRET // 4:
            raise SettingsError(
                f"session.secret in {where}: is missing or weak; production needs at least "
                f"{SHORTEST_SECRET} random characters, for example from: "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'."
            )
    if not settings.limits.enabled:
        raise SettingsError(
            f"limits.enabled in {settings.sources['limits.enabled']}: "
            "rate limits cannot be switched off in production."
        )


def _walk(values: Values) -> Iterator[tuple[str, Any, str]]:
    for section in type(values).model_fields:
        model = getattr(values, section)
        for name, field in type(model).model_fields.items():
            yield f"{section}.{name}", getattr(model, name), field.description or ""


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return _masked_url(value.get_secret_value())
    if isinstance(value, list):
        return ", ".join(_shown(part) for part in value)
    if isinstance(value, dict):
        return " · ".join(f"{key}: {_shown(part).strip()}" for key, part in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _masked_url(text: str) -> str:
    """Secrets become dots; ``embedded`` and the host of a URL are no secrets."""
    if text in {"", "embedded"}:
        return text
    host = re.fullmatch(r"(mongodb(?:\+srv)?://)(?:[^@/]*@)?([^/?]+).*", text)
    return f"{host[1]}{host[2]}/…" if host else "••••••••"


_KEYS: Mapping[str, Any] = {
    f"{section}.{name}": field.annotation
    for section, model in (
        (name, field.annotation) for name, field in Values.model_fields.items() if field.annotation
    )
    for name, field in model.model_fields.items()
}
_LIST_KEYS = frozenset(
    {
        "server.allowed_hosts",
        "server.trusted_proxies",
        "session.secret",
        "shop.locales",
        "shop.photo_hosts",
    }
)
