"""Takes out of a text what neither logs nor staff should read: secrets and people's addresses."""

import re

from pydantic import BaseModel, SecretStr

from storefront.settings import Settings

HIDDEN = "••••••••"
_SHORTEST_SECRET = 6  # Shorter ones, such as none at all, would tear other words apart.

# All lengths are bounded: a traceback can quote a very long word, which must not cost its square.
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_SIGNED = re.compile(r"\b[\w-]{10,600}\.[\w-]{6,600}(?:\.[\w-]{10,600})?\b")
_APP_KEY = re.compile(r"\b[A-Z2-7]{32}\b")  # Of a second factor, in base 32.
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s{1,4}[\w.~+/=-]{8,}")
_URL_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://)[^\s/@]{1,200}@")
_NAMED_SECRET = re.compile(
    r"""(?i)((?:password|secret|token)\w{0,40}['"]?\s{0,4}[:=]\s{0,4})(['"])[^\n]{0,1000}?\2"""
)


def redact(text: str, settings: Settings) -> str:
    """``text`` without the shop's secrets, signed tokens, named passwords and email addresses."""
    for secret in _secrets(settings):
        text = text.replace(secret, HIDDEN)
    text = _URL_PASSWORD.sub(rf"\1{HIDDEN}@", text)
    text = _APP_KEY.sub(HIDDEN, text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _NAMED_SECRET.sub(rf"\1\2{HIDDEN}\2", text)
    text = _SIGNED.sub(_hide_signature, text)
    return _EMAIL.sub("…@…", text)


def _hide_signature(match: re.Match[str]) -> str:
    """Signed tokens are long words with digits and both cases; dotted names in code are not."""
    text = match[0]
    is_random = (
        any(letter.isdigit() for letter in text)
        and any(letter.isupper() for letter in text)
        and any(letter.islower() for letter in text)
    )
    return HIDDEN if is_random else text


def _secrets(settings: Settings) -> list[str]:
    found = _secrets_in(settings.values)
    return sorted((each for each in found if len(each) >= _SHORTEST_SECRET), key=len, reverse=True)


def _secrets_in(value: object) -> list[str]:
    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        return [] if text == "embedded" else [text]
    if isinstance(value, list | tuple):
        return [secret for each in value for secret in _secrets_in(each)]
    if isinstance(value, BaseModel):
        names = type(value).model_fields
        return [secret for name in names for secret in _secrets_in(getattr(value, name))]
    return []
