"""Money is an integer of minor units (1999 for 19.99); it is never a float."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

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


def format_money(amount: int, currency: str, locale: str) -> str:
    """``amount`` minor units as people of ``locale`` write them: €19.99, 19,99 €."""
    digits = str(abs(amount)).zfill(_fewest_digits(currency))
    return _pattern(len(digits), amount < 0, currency, locale) % tuple(digits)


@cache
def _fewest_digits(currency: str) -> int:
    return get_currency_precision(currency) + 1


@lru_cache(maxsize=1000)
def _pattern(digits: int, is_negative: bool, currency: str, locale: str) -> str:
    """How an amount of so many digits is written, with %s for each of them.

    Babel knows, but takes 40 µs for each amount, and lists that nobody asked for before show
    dozens that nobody saw before.
    """
    ones = int("1" * digits)
    amount = to_decimal(-ones if is_negative else ones, currency)
    text = format_currency(amount, currency, locale=locale)
    return text.replace("%", "%%").replace("1", "%s")
