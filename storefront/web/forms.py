"""Input from forms, query strings and JSON, checked by one schema whichever way it comes.

A schema is a pydantic model. What it refuses becomes a `ValidationError` that names each field
in the visitor's language; a page keeps what was typed in a `Form` and shows it again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pydantic
from quart import request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from storefront.errors import (
    FieldError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
    ValidationError,
)
from storefront.localisation import Text, lazy, ngettext
from storefront.localisation import gettext as _

Schema = TypeVar("Schema", bound=pydantic.BaseModel)

# Larger bodies are pictures, which are streamed. More would keep everybody else waiting.
LARGEST_TEXT_BYTES = 500_000
MOST_FIELDS = 1_000
_PLAIN_FORMS = frozenset({"application/x-www-form-urlencoded", "application/x-url-encoded"})

SECRET_FIELDS = frozenset({"password", "password_confirmation", "current_password", "code"})


class FieldProblem(ValueError):  # noqa: N818  (pydantic's word for what a validator raises is ValueError)
    """Raised in a schema's validator with words for the visitor."""


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed and what is wrong with it, for a template to show. Passwords are not kept."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def rejected(cls, typed: Mapping[str, Any], error: ValidationError) -> "Form":
        """The form to show again after ``error``."""
        values = {key: str(value) for key, value in typed.items() if key not in SECRET_FIELDS}
        errors: dict[str, str] = {}
        for each in error.errors:
            errors.setdefault(each.field, str(each.message))
        return cls(values, errors)

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def error(self, name: str) -> str | None:
        return self.errors.get(name)

    @property
    def has_errors(self) -> bool:
        return bool(self.errors)


async def typed_form() -> MultiDict[str, str]:
    """The fields of the submitted form as they were typed. PayloadTooLargeError.

    The framework bounds the parts of a multipart form; of the other kind we have to.
    """
    if request.mimetype in _PLAIN_FORMS and (await _text()).count(b"&") >= MOST_FIELDS:
        raise PayloadTooLargeError
    return await request.form


async def _text() -> bytes:
    """The body, if it is of a length that can be taken apart while others wait."""
    if (request.content_length or 0) > LARGEST_TEXT_BYTES:
        raise PayloadTooLargeError
    body = await request.get_data(cache=True, as_text=False, parse_form_data=False)
    if len(body) > LARGEST_TEXT_BYTES:
        raise PayloadTooLargeError
    return body


def check(schema: type[Schema], data: Any, *, context: Any = None) -> Schema:
    """``data`` as ``schema``, or a ValidationError that names every field at fault.

    ``context`` is what the schema's validators need to know of the shop.
    """
    try:
        return schema.model_validate(data, context=context)
    except pydantic.ValidationError as error:
        raise ValidationError(list(_field_errors(error))) from None


def check_form(schema: type[Schema], typed: Mapping[str, str], *, context: Any = None) -> Schema:
    """A form's fields as ``schema``; an empty field counts as not given."""
    given = {key: value for key, value in typed.items() if value.strip()}
    return check(schema, given, context=context)


async def json_body(schema: type[Schema], *, context: Any = None) -> Schema:
    """The request's JSON body as ``schema``. 415 for another content type, 422 for bad input."""
    return check(schema, await _json(), context=context)


async def optional_json_body(schema: type[Schema]) -> Schema:
    """As `json_body`, but no body at all counts as an empty object."""
    if not await _text():
        return check(schema, {})
    return check(schema, await _json())


async def _json() -> Any:
    if not request.is_json:
        raise UnsupportedMediaTypeError(_("Send the body as application/json."))
    await _text()
    try:
        body = await request.get_json()
        require_text(body)
    except (BadRequest, UnicodeError, RecursionError):
        raise ValidationError.of("", _("The body is not valid JSON.")) from None
    return body


def require_text(body: Any) -> None:
    """ValidationError naming each field of JSON with text that is none; RecursionError."""
    if not _is_text(json.dumps(body, ensure_ascii=False)):
        fields = dict.fromkeys(_fields_without_text(body))
        raise ValidationError([FieldError(field, str(_NO_TEXT)) for field in fields])


def _is_text(written: str) -> bool:
    """JSON can escape halves of surrogate pairs, which are no text (RFC 8259, section 8.2)."""
    try:
        written.encode()
    except UnicodeError:
        return False
    return True


def _fields_without_text(value: Any, path: str = "") -> Iterable[str]:
    """Where in a body the texts are that cannot be written; a bad name is its object's fault."""
    if isinstance(value, str):
        if not _is_text(value):
            yield path
        return
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for name, part in parts:
        if _is_text(str(name)):
            yield from _fields_without_text(part, f"{path}.{name}" if path else str(name))
        else:
            yield path


def check_query(schema: type[Schema]) -> Schema:
    """The query string as ``schema``; empty parameters count as not given."""
    return check_form(schema, request.args.to_dict())


def _field_errors(error: pydantic.ValidationError) -> Iterable[FieldError]:
    for each in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in each["loc"])
        yield FieldError(name, _message(each))


def _message(problem: Any) -> str:
    """Pydantic's finding in the visitor's words."""
    kind, limits = problem["type"], problem.get("ctx", {})
    if kind == "value_error":
        return str(limits["error"])
    if kind == "string_too_short" and limits["min_length"] > 1:
        return ngettext(
            "Please use at least %(least)d character.",
            "Please use at least %(least)d characters.",
            limits["min_length"],
        ) % {"least": limits["min_length"]}
    if kind in {"string_too_long", "too_long"}:
        return ngettext(
            "Please use at most %(most)d character.",
            "Please use at most %(most)d characters.",
            limits["max_length"],
        ) % {"most": limits["max_length"]}
    sentence = str(_SENTENCES.get(kind) or _SENTENCES.get(kind.partition("_")[0], _UNCLEAR))
    # Pydantic joins the last two values with an English word.
    values = str(limits.get("expected", "")).replace("' or '", "', '")
    return sentence % {**limits, "expected": values}


_UNCLEAR = lazy("This cannot be right.")
_NO_TEXT = lazy("This must be text.")
_SENTENCES: Mapping[str, Text] = {
    "bool": lazy("This must be true or false."),
    "date": lazy("This must be a date and time."),
    "dict": lazy("This must be an object."),
    "enum": lazy("This must be one of %(expected)s."),
    "extra_forbidden": lazy("This field is not known here."),
    "greater_than_equal": lazy("This must be at least %(ge)s."),
    "int": lazy("This must be a whole number."),
    "less_than_equal": lazy("This must be at most %(le)s."),
    "list": lazy("This must be a list."),
    "literal_error": lazy("This must be one of %(expected)s."),
    "missing": lazy("Please fill this in."),
    "string_pattern_mismatch": lazy("This has letters or signs that are not allowed here."),
    "string_too_short": lazy("Please fill this in."),
    "string": _NO_TEXT,
}
