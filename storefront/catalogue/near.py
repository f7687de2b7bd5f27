"""What to offer when a search finds nothing: words of the shop that are near the typed ones."""

from collections.abc import Iterable, Iterator

from storefront.catalogue import search
from storefront.catalogue.documents import field
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.words import distance, folded, is_content

MOST_TERMS = 3
_MOST_COMPARED = 3_000
_SHORTEST_TERM = 3


def near_terms(index: ProductIndex, typed: str, language: str) -> list[str]:
    """Searches that find something, nearest first.

    If the typed words are used in the shop, only not all together, these are the words one by one,
    as the shop spells them.
    """
    key = ("near", typed, language)
    known: list[str] | None = index.answers.get(key)
    if known is None:
        known = list(_near_terms(index, typed, language))[:MOST_TERMS]
        index.answers.put(key, known)
    return known


def _near_terms(index: ProductIndex, typed: str, language: str) -> Iterator[str]:
    whole = search.find_words(index, typed, language)
    if whole is None:
        return
    if len(whole.words) > 1:
        for word in whole.words:
            alone = search.find_words(index, word.whole, language)
            if alone and alone.has_hits:
                yield next(iter(_like(index, word.whole, language)), word.whole)
        return
    yield from _like(index, whole.words[0].whole, language)


def _like(index: ProductIndex, word: str, language: str) -> list[str]:
    return index.texts.about(
        ("like", word, language), lambda: _look_for_like(index, word, language)[:MOST_TERMS]
    )


def _look_for_like(index: ProductIndex, word: str, language: str) -> list[str]:
    limit = max(2, len(word) // 3)
    ranked = sorted(
        (far, -count, term)
        for term, count in _vocabulary(index, word, language).items()
        if (far := distance(word, term, limit)) <= limit
    )
    return [term for _, _, term in ranked]


def _vocabulary(index: ProductIndex, word: str, language: str) -> dict[str, int]:
    """Words of names and categories with the number of products that have them."""
    counts: dict[str, int] = {}
    for start in (word[:2], word[:1]):
        terms: Iterable[tuple[str, int]] = index.texts.searcher.terms_with_prefix(
            field("words", language), start, None, _MOST_COMPARED
        )
        counts |= dict(terms)
    for category in index.categories:
        for part in folded(index.label(category, language)):
            counts[part] = counts.get(part, 0) + 1
    return {
        term: count
        for term, count in counts.items()
        if len(term) >= _SHORTEST_TERM and is_content(term, language)
    }
