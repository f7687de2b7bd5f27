"""Finding products by words: from what was typed to queries, and what of a text it matched.

All words must be found. A word is found by its stem; the last one, which may still be being
typed, also by its beginning; one that nobody uses is taken for a slip of the hand, and words
near it are found instead. Matches are ranked in tiers: the name is just that, the name has all
words, the name begins them or the options and the category have them, anything else. Unlike
scores, tiers do not shift when products are added, so a list can go on where its last page ended.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeVar

from markupsafe import Markup, escape
from tantivy import Occur, Query

from storefront.catalogue import words
from storefront.catalogue.documents import field, title_key
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.model import LONGEST_QUERY
from storefront.catalogue.words import begins_like, distance, folded, slips_allowed, stems

Made = TypeVar("Made")

TIERS = 4
_MOST_WORDS = 12
_SHORTEST_BEGINNING = 2
# Where slips are looked for besides the text: "words" are those of names, not cut to their stems.
_HEADING = ("name", "words", "options")
_BOUNDARY = re.compile(r"(\w+(?:[-‐‑'’]\w+)*)")  # noqa: RUF001  (typographic hyphens and apostrophe)


class Word(NamedTuple):
    """One typed word: ``parts`` of a compound, and the ``whole`` that they make together."""

    whole: str
    parts: tuple[str, ...]
    is_last: bool
    may_slip: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A compiled search; each tier's query includes the ones before it, the last matches all.

    ``has_hits`` tells whether any product does; without any there may be no queries.
    """

    typed: str
    words: tuple[Word, ...]
    language: str
    tiers: tuple[Query, ...]
    has_hits: bool

    def find(self, index: ProductIndex, tier: int = -1) -> int:
        """The set of products of a tier; of all that match if none is named."""
        if not self.has_hits:
            return 0
        name = (self.typed, self.language, tier % TIERS)
        return index.texts.find(self.tiers[tier], name)

    def newest(self, index: ProductIndex, most: int) -> list[int]:
        """The slots of the best matches, the newest of a tier first."""
        slots: dict[int, None] = {}
        for tier in self.tiers if self.has_hits else ():
            slots |= dict.fromkeys(index.texts.newest(tier, most))
            if len(slots) >= most:
                break
        return list(slots)[:most]


def find_words(index: ProductIndex, typed: str, language: str) -> Search | None:
    """The search for what was typed; None if there is no word in it.

    What leads nowhere in ``language`` may be said in another one of the shop's.
    """
    key = ("search", typed, language)
    known: Search | None = index.answers.get(key)
    if known is None:
        others = [each for each in index.languages if each != language]
        for each in (language, *others):
            typed_words = _split(typed, each)
            if not typed_words:
                continue
            terms = _Terms(index, typed, each)
            found = _forgiving(terms, typed_words)
            if known is None or found.has_hits:
                known = found
            if found.has_hits:
                break
        if known:
            index.answers.put(key, known)
    return known


def _split(typed: str, language: str) -> list[Word]:
    found = []
    for text in typed[:LONGEST_QUERY].split()[:_MOST_WORDS]:
        parts = folded(text)
        if parts:
            found.append((text, tuple(parts)))
    # "The sea" is about the sea; but who types only "the" means it.
    content = [each for each in found if words.is_content(each[0], language)] or found
    return [
        Word("".join(parts), parts, is_last=position == len(content))
        for position, (_, parts) in enumerate(content, 1)
    ]


def _forgiving(terms: "_Terms", typed: Sequence[Word]) -> Search:
    """The search. Slips are looked for only where a word as typed leads nowhere."""
    search = terms.search([word if terms.is_known(word) else _slipping(word) for word in typed])
    if search.has_hits or all(word.may_slip for word in search.words):
        return search
    return terms.search([_slipping(word) for word in typed])


def _slipping(word: Word) -> Word:
    return word._replace(may_slip=True)


class _Terms:
    """Makes queries for words in one language."""

    def __init__(self, index: ProductIndex, typed: str, language: str) -> None:
        self._index = index
        self._typed = typed
        self._language = language
        self._schema = index.texts.schema

    def search(self, typed: Sequence[Word]) -> Search:
        # Where one word alone finds nothing, all of them together need not be looked for.
        tiers = self._tiers(typed) if all(map(self.is_known, typed)) else ()
        has_hits = bool(tiers) and (len(typed) == 1 or self._has(tiers[-1]))
        return Search(self._typed, tuple(typed), self._language, tiers, has_hits)

    def _tiers(self, typed: Sequence[Word]) -> tuple[Query, ...]:
        title = title_key(
            stem for word in typed for stem in stems(" ".join(word.parts), self._language)
        )
        return (
            self._exactly("title", title),
            _all_of([self._in_name(word) for word in typed]),
            _all_of([_any_of(self._in_heading(word)) for word in typed]),
            _all_of([_any_of([*self._in_heading(word), *self._in_text(word)]) for word in typed]),
        )

    def is_known(self, word: Word) -> bool:
        """Whether any product has it."""
        return self._about(word, "known", self._find_anywhere)

    def _find_anywhere(self, word: Word) -> bool:
        if not word.may_slip:
            return any(map(self._has, (*self._in_heading(word), *self._in_text(word))))
        slips = (self._slip(name, word) for name in (*_HEADING, "text"))
        return self.is_known(word._replace(may_slip=False)) or any(
            map(self._has, chain(self._in_categories(word), slips))
        )

    def _about(self, word: Word, what: str, work_out: Callable[[Word], Made]) -> Made:
        return self._index.texts.about((what, word, self._language), lambda: work_out(word))

    def _in_heading(self, word: Word) -> list[Query]:
        return self._about(word, "in heading", self._write_in_heading)

    def _in_text(self, word: Word) -> list[Query]:
        return self._about(word, "in text", self._write_in_text)

    def _has(self, query: Query) -> bool:
        return self._index.texts.has(query)

    def _in_name(self, word: Word) -> Query:
        return self._stem("name", word)

    def _write_in_heading(self, word: Word) -> list[Query]:
        """Ways to find it in the name, the options or the category."""
        queries = [self._stem("name", word), self._stem("options", word)]
        queries += self._in_categories(word)
        if word.is_last and len(word.whole) >= _SHORTEST_BEGINNING:
            queries += [self._beginning("words", word), self._beginning("options", word)]
        if word.may_slip:
            queries += [self._slip(name, word) for name in _HEADING]
        return queries

    def _in_categories(self, word: Word) -> list[Query]:
        return [
            Query.term_query(self._schema, "category", category)
            for category in categories_matching(self._index, word, self._language)
        ]

    def _write_in_text(self, word: Word) -> list[Query]:
        """Ways to find it in the description."""
        queries = [self._stem("text", word)]
        if word.is_last and len(word.whole) >= _SHORTEST_BEGINNING:
            queries.append(self._beginning("text", word))
        if word.may_slip:
            queries.append(self._slip("text", word))
        return queries

    def _stem(self, name: str, word: Word) -> Query:
        whole = _all_of([self._exactly(name, stem) for stem in stems(word.whole, self._language)])
        if len(word.parts) == 1:
            return whole
        parts = [
            self._exactly(name, stem) for part in word.parts for stem in stems(part, self._language)
        ]
        return _any_of([whole, _all_of(parts)])

    def _exactly(self, name: str, term: str) -> Query:
        return Query.term_query(self._schema, field(name, self._language), term, "basic")

    def _beginning(self, name: str, word: Word) -> Query:
        # No slip allowed, so this is plainly a prefix; a regular expression takes longer to make.
        return Query.fuzzy_term_query(
            self._schema, field(name, self._language), word.whole, 0, prefix=True
        )

    def _slip(self, name: str, word: Word) -> Query:
        slips = slips_allowed(word.whole)
        if not slips:
            return Query.empty_query()
        term = word.whole if name == "words" else _stem(word.whole, self._language)
        return Query.fuzzy_term_query(
            self._schema, field(name, self._language), term, slips, prefix=word.is_last
        )


def categories_matching(index: ProductIndex, word: Word, language: str) -> list[str]:
    """The categories whose label has the word."""
    return index.texts.about(
        ("categories", word, language),
        lambda: [
            category
            for category in index.categories
            if any(matches(word, part, language) for part in label_words(index, category, language))
        ],
    )


def label_words(index: ProductIndex, category: str, language: str) -> list[str]:
    return _folded_label(index.label(category, language))


@lru_cache(maxsize=5_000)
def _folded_label(label: str) -> list[str]:
    return folded(words.with_compounds(label))


@lru_cache(maxsize=5_000)
def matches(word: Word, candidate: str, language: str) -> bool:
    """Whether ``candidate``, a folded word of a text, is what ``word`` finds."""
    stem = _stem(candidate, language)
    if stem in _wanted_stems(word, language):
        return True
    if word.is_last and candidate.startswith(word.whole) and len(word.whole) >= _SHORTEST_BEGINNING:
        return True
    slips = slips_allowed(word.whole) if word.may_slip else 0
    if not slips:
        return False
    wanted = _stem(word.whole, language)
    if distance(wanted, stem, slips) <= slips or distance(word.whole, candidate, slips) <= slips:
        return True
    return word.is_last and begins_like(word.whole, candidate, slips)


@lru_cache(maxsize=500)
def _wanted_stems(word: Word, language: str) -> frozenset[str]:
    return frozenset(_stem(each, language) for each in (word.whole, *word.parts))


def highlighter(search: Search | None, language: str) -> Callable[[str], Markup]:
    """A function that marks in a text the words that ``search`` found."""
    if search is None:
        return escape
    known: dict[str, str] = {}  # The names on a list share many words.

    def mark(word: str) -> str:
        marked = known.get(word)
        if marked is None:
            text = str(escape(word))
            is_found = _is_found(search.words, word, language)
            marked = known[word] = f"<mark>{text}</mark>" if is_found else text
        return marked

    def highlight(text: str) -> Markup:
        pieces = _BOUNDARY.split(text)
        pieces[::2] = [each if each == " " else escape(each) for each in pieces[::2]]
        pieces[1::2] = map(mark, pieces[1::2])
        return Markup("".join(pieces))  # noqa: S704  (each is escaped)

    return highlight


def _is_found(typed: tuple[Word, ...], piece: str, language: str) -> bool:
    candidates = folded(words.with_compounds(piece))
    return any(matches(word, each, language) for word in typed for each in candidates)


@lru_cache(maxsize=5_000)
def _stem(word: str, language: str) -> str:
    return next(iter(stems(word, language)), word)


def _any_of(queries: Sequence[Query]) -> Query:
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _all_of(queries: Sequence[Query]) -> Query:
    if not queries:
        return Query.empty_query()
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Must, query) for query in queries])
