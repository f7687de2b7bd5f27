"""The history of a product, an order or a user in words, as staff read it on its page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from storefront import history
from storefront.accounts import service as accounts
from storefront.history import Change, Entry, Subject, Value
from storefront.localisation import Text, language, lazy
from storefront.localisation import gettext as _
from storefront.money import format_money
from storefront.shop import Shop

FIELDS: Mapping[str, Text] = {
    "blocked": lazy("Blocked"),
    "category": lazy("Category"),
    "created": lazy("Made"),
    "deleted": lazy("In the bin"),
    "description": lazy("Description"),
    "name": lazy("Name"),
    "note": lazy("Note"),
    "options": lazy("Options"),
    "photo": lazy("Photo"),
    "role": lazy("Role"),
    "second_factor": lazy("Second factor"),
    "sessions_ended": lazy("Devices signed out"),
    "status": lazy("Status"),
    "stock": lazy("Stock"),
    "translations": lazy("Translations"),
    "unit_price": lazy("Price"),
    "variant": lazy("Variant"),
}
WORDS: Mapping[str, Text] = {
    "customer": lazy("Customer"),
    "staff": lazy("Staff"),
    "admin": lazy("Admin"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A field's change in words: ``part`` is what the field is of, where it is not the whole.

    ``before`` is empty for what was not there.
    """

    label: str
    part: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """One entry; ``by`` is a name, or words for who has none."""

    at: datetime
    by: str
    lines: tuple[Line, ...]


async def list_rows(shop: Shop, subject: Subject) -> list[Row]:
    """The latest changes of ``subject``, such as ("product", id), newest first.

    Two commands at most.
    """
    entries = await history.list_entries(shop, subject)
    names = await _missing_names(shop, entries)
    return [
        Row(
            at=entry.at,
            by=entry.by_name or names.get(entry.by_id) or _("The shop"),
            lines=tuple(_line(shop, change) for change in entry.what),
        )
        for entry in entries
    ]


async def _missing_names(shop: Shop, entries: Sequence[Entry]) -> Mapping[str, str]:
    unnamed = {entry.by_id for entry in entries if entry.by_id and not entry.by_name}
    if not unnamed:
        return {}
    users = await accounts.get_users(shop, unnamed)
    return {key: user.full_name for key, user in users.items()}


def _line(shop: Shop, change: Change) -> Line:
    label, part = str(FIELDS.get(change.field, change.field)), change.part
    if change.field == "photo":  # Its address tells people nothing.
        return Line(label, part, before="", after=_("another") if change.after else _("none"))
    show = _in_money(shop) if change.field == "unit_price" else _in_words
    before = "" if change.before is None else show(change.before)
    return Line(label, part, before, show(change.after))


def _in_words(value: Value) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None or value == "":
        return _("nothing")
    return str(WORDS.get(str(value), value))


def _in_money(shop: Shop) -> Callable[[Value], str]:
    def show(value: Value) -> str:
        if not isinstance(value, int):
            return _in_words(value)
        return format_money(value, shop.settings.shop.currency, language())

    return show
