"""Money is an integer of minor units (1999 for 19.99); it is never a float."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision


def contained_tax(total: int, percent: float) -> int:
    """The tax that ``total`` contains at ``percent``, in minor units, halves rounded up.

    A price of 121 at 21 % contains 21: total x percent / (100 + percent).
    """
    rate = Decimal(str(percent))
    exact = Decimal(total) * rate / (100 + rate)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_decimal(amount: int, currency: str) -> Decimal:
    """Minor units as the currency's usual number: 1999 EUR is 19.99, 1999 JPY is 1999."""
    return Decimal(amount).scaleb(-get_currency_precision(currency))


def read_money(text: str, currency: str) -> int | None:
    """What somebody typed as an amount, in minor units: 19.99, 19,99, 19 or 19.9.

    None for anything else, also for signs, grouped thousands and more decimals than there are.
    """
    decimals = get_currency_precision(currency)
    pattern = r"([0-9]{1,12})" + (rf"(?:[.,]([0-9]{{1,{decimals}}}))?" if decimals else "()")
    match = re.fullmatch(pattern, text.strip())
    return int(match[1] + (match[2] or "").ljust(decimals, "0")) if match else None


def plain_money(amount: int, currency: str) -> str:
    """``amount`` minor units as `read_money` takes them, for a field: 19.99."""
    return str(to_decimal(amount, currency))


@lru_cache(maxsize=20_000)  # A list shows dozens of prices, many of them alike.
def format_money(amount: int, currency: str, locale: str) -> str:
    """``amount`` minor units as people of ``locale`` write them: €19.99, 19,99 €."""
    return format_currency(to_decimal(amount, currency), currency, locale=locale)
