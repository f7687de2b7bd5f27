"""Writes a list: cards, chips and filters with their counts, from templates that are prepared.

Somebody always asks for a combination of filters that nobody asked for before; then all of this is
written while they wait, so that only numbers and addresses are filled in.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from storefront.catalogue import service
from storefront.catalogue.cards import write_card
from storefront.catalogue.model import Facet, FacetValue, ProductPage
from storefront.catalogue.queries import ListLinks, sort_choices
from storefront.localisation import gettext as _
from storefront.localisation import language, ngettext
from storefront.shop import Shop
from storefront.web.rendering import Templates

SHOWN_VALUES = 8

Steps = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class ListWriter:
    """Writes ``listing``, which `service.list_products` found for ``links``."""

    shop: Shop
    listing: ProductPage
    links: ListLinks

    def results(self, heading: str) -> Markup:
        """The whole list, with what it can be narrowed by."""
        links, total = self.links, self.listing.total
        count = ngettext("%(count)s thing", "%(count)s things", total) % {"count": total}
        return self._fill(
            "results.html",
            {
                "action": links.path,
                "q": links.q,
                "heading": heading,
                "count": count,
                "chips": self._chips(),
                "filters": self._filters(),
                "body": self._body(),
            },
            is_search=bool(links.q),
            sorts=tuple(sort_choices(links.query)),
        )

    def cards(self) -> Markup:
        """The products of this page, and the link to the next."""
        highlight = service.highlighter(self.shop, self.links.q, language())
        cards = [
            write_card(
                self.shop,
                product,
                photo=self.links.photo_of(product),
                address=self.links.product_url(product),
                highlight=highlight,
                is_eager=place == 0,
                has_id=True,
            )
            for place, product in enumerate(self.listing.items)
        ]
        if self.listing.next:
            following = {"url": self.links.url(after=self.listing.next)}
            cards.append(self._fill("more.html", following))
        return _joined(cards)

    def _body(self) -> Markup:
        if self.listing.items:
            is_featured = not self.links.q and not self.links.chips
            return self._fill("products.html", {"cards": self.cards()}, is_featured=is_featured)
        return self._nothing_found()

    def _nothing_found(self) -> Markup:
        shop, q, is_empty = self.shop, self.links.q, not self.listing.total
        text = shop.part(Templates).render(
            "partials/catalogue/nothing_found.html",
            query=self.links,
            near_terms=service.near_terms(shop, q, language()) if q and is_empty else [],
            near_categories=service.list_categories(shop, language()) if is_empty else [],
        )
        return Markup(text)  # noqa: S704  (of a template)

    def _chips(self) -> Markup:
        chosen = self.links.chips
        if not chosen:
            return Markup()
        chips = [self._fill("chip.html", {"url": url, "label": label}) for label, url in chosen]
        gaps = {"chips": _joined(chips), "bare": self.links.unfiltered_url}
        return self._fill("chips.html", gaps)

    def _filters(self) -> Markup:
        total = self.listing.total
        done = ngettext("Show %(count)s thing", "Show %(count)s things", total) % {"count": total}
        return self._fill(
            "filters.html",
            {
                "facets": _joined([self._facet(each) for each in self.listing.facets]),
                "price": self._price_range(),
                "done": done,
            },
        )

    def _facet(self, facet: Facet) -> Markup:
        if facet.name == "category":
            return self._links_of(facet, self._category_url, is_navigation=True)
        if facet.name == "price":
            return self._links_of(facet, self._price_url, is_navigation=False)
        return self._choices_of(facet)

    def _links_of(
        self, facet: Facet, url: Callable[[FacetValue], str], *, is_navigation: bool
    ) -> Markup:
        values = [
            self._fill(
                "facet_link.html",
                {"url": url(value), "count": value.count},
                label=value.label,
                selected=value.selected,
                in_place=not is_navigation,
            )
            for value in facet.values
        ]
        gaps = {"values": _joined(values)}
        return self._fill("facet_links.html", gaps, label=facet.label, is_navigation=is_navigation)

    def _category_url(self, value: FacetValue) -> str:
        return self.links.category_url(value.value)

    def _price_url(self, value: FacetValue) -> str:
        if value.selected:
            return self.links.url(min_price=None, max_price=None)
        low, _dash, high = value.value.partition("-")
        return self.links.url(min_price=low or None, max_price=high or None)

    def _choices_of(self, facet: Facet) -> Markup:
        shown, others = facet.values[:SHOWN_VALUES], facet.values[SHOWN_VALUES:]
        gaps: dict[str, object] = {"values": self._choices(facet, shown)}
        if others:
            count = len(others)
            gaps["more"] = ngettext("%(count)s more", "%(count)s more", count) % {"count": count}
            gaps["others"] = self._choices(facet, others)
        return self._fill(
            "facet_choices.html",
            gaps,
            label=facet.label,
            has_more=bool(others),
            is_open=any(each.selected for each in others),
        )

    def _choices(self, facet: Facet, values: Iterable[FacetValue]) -> Markup:
        return _joined(
            [
                self._fill(
                    "facet_choice.html",
                    {"count": value.count},
                    name=facet.name,
                    value=value.value,
                    label=value.label,
                    selected=value.selected,
                )
                for value in values
            ]
        )

    def _price_range(self) -> Markup:
        links = self.links
        steps = tuple((each, links.money(each)) for each in service.price_steps(self.shop))
        if not steps:
            chosen = {"min_price": links.min_price, "max_price": links.max_price}
            return _joined(
                [
                    self._fill("price_kept.html", {"amount": amount}, name=name)
                    for name, amount in chosen.items()
                    if amount
                ]
            )
        least = self._price_end("min_price", _("At least"), _("least"), links.min_price, steps)
        most = self._price_end("max_price", _("At most"), _("most"), links.max_price, steps)
        return self._fill("price_range.html", {"least": least, "most": most})

    def _price_end(
        self,
        name: str,
        label: str,
        short: str,
        chosen: int | None,
        steps: tuple[tuple[int, str], ...],
    ) -> Markup:
        gaps: dict[str, object] = {}
        if chosen and chosen not in dict(steps):
            gaps = {"amount": chosen, "text": self.links.money(chosen)}
        return self._fill(
            "price_end.html",
            gaps,
            name=name,
            label=label,
            short=short,
            steps=steps,
            chosen=None if gaps else chosen,
            is_between=bool(gaps),
        )

    def _fill(self, template: str, gaps: Mapping[str, object], **facts: Hashable) -> Markup:
        return self.shop.part(Templates).prepared.fill(f"catalogue/{template}", gaps, **facts)


def _joined(written: Sequence[Markup]) -> Markup:
    return Markup("".join(written))  # noqa: S704  (each is; its own join would escape them again)
