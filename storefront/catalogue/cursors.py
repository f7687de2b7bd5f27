"""Where a page of a list ended: a place in the order that later changes do not move."""

import base64
import binascii
import json
import re
from dataclasses import dataclass

from storefront.errors import ValidationError
from storefront.localisation import gettext as _

_LONGEST = 600
_KEY = re.compile(r"([0-9a-f]{2}){12,200}")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last item shown: its tier among the matches (0 unless ranked) and its sorting key."""

    order: str
    tier: int
    key: str

    def encode(self) -> str:
        text = json.dumps([self.order, self.tier, self.key], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str, order: str, *, tiers: int) -> Cursor:
    """The place that ``text`` names in a list sorted by ``order``; ValidationError if none."""
    if len(text) > _LONGEST:
        raise _refusal()
    try:
        padded = text + "=" * (-len(text) % 4)
        known, tier, key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise _refusal() from None
    is_place = (
        known == order
        and type(tier) is int
        and 0 <= tier < tiers
        and isinstance(key, str)
        and _KEY.fullmatch(key)
    )
    if not is_place:
        raise _refusal()
    return Cursor(known, tier, key)


def _refusal() -> ValidationError:
    return ValidationError.of("after", _("This is not a place in this list."))
