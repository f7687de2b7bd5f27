"""Money is an integer of minor units (1999 for 19.99); it is never a float."""

from decimal import ROUND_HALF_UP, Decimal

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


def format_money(amount: int, currency: str, locale: str) -> str:
    """``amount`` minor units as people of ``locale`` write them: €19.99, 19,99 €."""
    return format_currency(to_decimal(amount, currency), currency, locale=locale)
