"""Sums, shipping and merging, for all carts there can be."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from storefront.carts.model import Cart, CartItem, Line, ShippingTerms, merge_lines
from storefront.money import contained_tax

prices = st.integers(0, 10_000_000)
quantities = st.integers(1, 10_000)
terms = st.builds(ShippingTerms, st.integers(0, 100_000), st.none() | st.integers(1, 10_000_000))
items = st.builds(
    CartItem,
    id=st.just("1"),
    product_id=st.just("2"),
    sku=st.just("3"),
    options=st.just({}),
    name=st.just("Mug"),
    photo=st.none(),
    unit_price=prices,
    quantity=quantities,
    available=st.integers(0, 10_000),
)


def cart_with(lines: list[CartItem], shipping: ShippingTerms) -> Cart:
    now = datetime.now(UTC)
    return Cart("1", None, None, tuple(lines), shipping, "EUR", None, now, now)


@given(st.lists(items, max_size=20), terms)
def test_the_total_is_the_lines_and_the_shipping(
    lines: list[CartItem], shipping: ShippingTerms
) -> None:
    cart = cart_with(lines, shipping)

    assert cart.subtotal == sum(line.unit_price * line.quantity for line in lines)
    assert cart.total == cart.subtotal + cart.shipping
    assert cart.shipping in {0, shipping.rate}
    assert cart.count == sum(line.quantity for line in lines)


@given(st.lists(items, max_size=20), terms)
def test_only_a_cart_that_is_all_there_can_be_ordered(
    lines: list[CartItem], shipping: ShippingTerms
) -> None:
    expected = bool(lines) and all(line.available >= line.quantity for line in lines)

    assert cart_with(lines, shipping).can_be_ordered is expected


@given(terms, st.integers(0, 20_000_000))
def test_shipping_is_free_from_the_threshold_on_and_what_is_missing_reaches_it(
    shipping: ShippingTerms, subtotal: int
) -> None:
    missing = shipping.missing_for_free(subtotal)

    if missing is None:
        assert shipping.cost(subtotal) == 0 or shipping.free_from is None
    else:
        assert missing > 0
        assert shipping.cost(subtotal + missing) == 0
        assert shipping.cost(subtotal + missing - 1) == shipping.rate


def test_nothing_is_sent_for_nothing() -> None:
    assert ShippingTerms(490, None).cost(0) == 0


@given(st.integers(0, 10**12), st.decimals(0, 99, places=2))
def test_the_contained_tax_and_the_net_make_the_total(total: int, percent: object) -> None:
    rate = float(str(percent))
    tax = contained_tax(total, rate)
    net = total - tax

    assert 0 <= tax <= total
    assert abs(net * rate / 100 - tax) <= 1


def test_121_contain_21_at_21_per_cent() -> None:
    assert contained_tax(121, 21) == 21
    assert contained_tax(0, 21) == 0
    assert contained_tax(1999, 0) == 0


articles = st.sampled_from(["a", "b", "c"])
kept_lines = st.builds(
    Line,
    id=st.uuids().map(str),
    product_id=articles,
    sku=articles,
    quantity=quantities,
    name_seen=st.just(""),
    unit_price_seen=prices,
)


@given(
    st.lists(kept_lines, max_size=12),
    st.dictionaries(st.tuples(articles, articles), st.integers(0, 10_000)),
)
def test_merged_lines_are_one_per_article_and_never_more_than_the_stock(
    lines: list[Line], stock: dict[tuple[str, str], int]
) -> None:
    merged = merge_lines(lines, stock)
    wanted = {
        article: sum(line.quantity for line in lines if line.article == article)
        for article in {line.article for line in lines}
    }

    assert {line.article: line.quantity for line in merged.lines} == {
        article: min(total, stock.get(article, 0))
        for article, total in wanted.items()
        if stock.get(article, 0) > 0
    }
    assert {line.article for line in merged.reduced} == {
        article for article, total in wanted.items() if total > stock.get(article, 0)
    }
    assert len({line.article for line in merged.lines}) == len(merged.lines)
