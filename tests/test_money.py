"""Amounts look as the people of each place write them."""

import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from storefront.money import format_money, to_decimal


@given(
    st.integers(-(10**13), 10**13),
    st.sampled_from(["EUR", "USD", "JPY", "KWD", "INR"]),
    st.sampled_from(["en", "es", "de_CH", "en_IN", "ar", "sv"]),
)
def test_every_amount_is_written_as_the_locale_data_has_it(
    amount: int, currency: str, locale: str
) -> None:
    expected = format_currency(to_decimal(amount, currency), currency, locale=locale)
    assert format_money(amount, currency, locale) == expected


@pytest.mark.parametrize(
    ("amount", "written"),
    [(5, "€0.05"), (1999, "€19.99"), (123456, "€1,234.56"), (-1999, "-€19.99")],
)
def test_cents_and_thousands_and_what_is_owed(amount: int, written: str) -> None:
    assert format_money(amount, "EUR", "en") == written
