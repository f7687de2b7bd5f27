"""Which variant goes into a cart, how many of it, and in which words that is refused."""

from collections.abc import Mapping

from storefront.carts.model import MOST_LINES, Cart, Line, StoredCart
from storefront.catalogue.model import Product, Variant
from storefront.errors import ConflictError, FieldError, OutOfStockError, ValidationError
from storefront.localisation import gettext as _
from storefront.localisation import language, ngettext


def chosen(product: Product, sku: str | None, options: Mapping[str, str] | None) -> Variant:
    """The variant that was asked for; ValidationError at the field that leaves it open."""
    if sku:
        variant = product.variant(sku)
        if variant is None:
            raise ValidationError.of("sku", _("There is no such choice of this product."))
        return variant
    if not product.has_options:
        return product.variants[0]
    if options is None:
        raise ValidationError.of("sku", _("Please choose one of the options."))
    missing = [name for name in product.option_values() if not options.get(name)]
    if missing:
        raise ValidationError(
            [FieldError(f"option.{name}", _("Please choose one.")) for name in missing]
        )
    variant = product.variant_with(options)
    if variant is None:
        raise ValidationError(
            [
                FieldError(f"option.{name}", _("This combination does not exist."))
                for name in product.option_values()
            ]
        )
    return variant


def seen(product: Product, variant: Variant, *, item_id: str, quantity: int) -> Line:
    """The line with the name and price that the shopper sees now."""
    return Line(
        id=item_id,
        product_id=product.id,
        sku=variant.sku,
        quantity=quantity,
        name_seen=product.in_language(language()).name,
        unit_price_seen=variant.unit_price,
    )


def refusal(
    stored: StoredCart | None, product: Product, variant: Variant, quantity: int
) -> ConflictError | OutOfStockError:
    """Why ``quantity`` more pieces did not fit into the cart."""
    held = stored.quantity_of((product.id, variant.sku)) if stored else 0
    if held == 0 and quantity <= variant.stock and stored and len(stored.lines) >= MOST_LINES:
        return ConflictError(
            _("The cart is full: it takes at most %(most)d different things.")
            % {"most": MOST_LINES}
        )
    return out_of_stock(product, variant, wanted=held + quantity, held=held)


def out_of_stock(product: Product, variant: Variant, *, wanted: int, held: int) -> OutOfStockError:
    """``wanted`` is what the line would hold, ``held`` what it holds already."""
    name = product.in_language(language()).name
    detail = _how_many_left(name, variant.stock)
    if held:
        more = ngettext(
            "%(held)d is in the cart already.", "%(held)d are in the cart already.", held
        )
        detail = f"{detail} {more % {'held': held}}"
    short = {
        "product_id": product.id,
        "sku": variant.sku,
        "name": name,
        "quantity": wanted,
        "available": variant.stock,
    }
    return OutOfStockError([short], detail)


def require_stock(cart: Cart) -> None:
    """OutOfStockError naming every line that asks for more than there is."""
    short = [item for item in cart.items if item.is_short]
    if short:
        raise OutOfStockError(
            [
                {
                    "product_id": item.product_id,
                    "sku": item.sku,
                    "name": item.name,
                    "quantity": item.quantity,
                    "available": item.available,
                }
                for item in short
            ],
            " ".join(_how_many_left(item.name, item.available) for item in short),
        )


def _how_many_left(name: str, left: int) -> str:
    if left == 0:
        return _("%(name)s is sold out.") % {"name": name}
    sentence = ngettext(
        "Only %(left)d piece of %(name)s is left.",
        "Only %(left)d pieces of %(name)s are left.",
        left,
    )
    return sentence % {"left": left, "name": name}
