"""Words as the search sees them: folded, stemmed, compared with typing slips in mind."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

# The languages that Snowball has a stemmer for, as its implementation names them.
_STEMMERS: Mapping[str, str] = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
_STOP_WORDS = frozenset(
    {"da", "de", "en", "es", "fi", "fr", "hu", "it", "nb", "nl", "no", "pt", "ru", "sv"}
)
# Letters with a place of their own in a language's alphabet; all others sort as their base letter.
_ALPHABETS: Mapping[str, Mapping[str, str]] = {
    "da": {"æ": "z\x7f1", "ø": "z\x7f2", "å": "z\x7f3"},
    "es": {"ñ": "n\x7f"},
    "fi": {"å": "z\x7f1", "ä": "z\x7f2", "ö": "z\x7f3"},
    "nb": {"æ": "z\x7f1", "ø": "z\x7f2", "å": "z\x7f3"},
    "no": {"æ": "z\x7f1", "ø": "z\x7f2", "å": "z\x7f3"},
    "sv": {"å": "z\x7f1", "ä": "z\x7f2", "ö": "z\x7f3"},
}
_COMPOUND = re.compile(r"\w+(?:[-‐‑'’]\w+)+")  # noqa: RUF001  (typographic hyphens and apostrophe)
_JOINT = re.compile(r"[-‐‑'’]")  # noqa: RUF001  (typographic hyphens and apostrophe)
_SEPARATOR = re.compile(r"[^\w]+")
_LONGEST_WORD = 60


@cache
def stemmer(language: str) -> TextAnalyzer:
    """Words in lower case, without accents, cut to their stems where the language has a stemmer."""
    builder = _folding()
    code = _base(language)
    if code in _STEMMERS:
        builder = builder.filter(Filter.stemmer(_STEMMERS[code]))
    return builder.build()


@cache
def folder() -> TextAnalyzer:
    """Words in lower case and without accents."""
    return _folding().build()


@cache
def _content(language: str) -> TextAnalyzer:
    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase())
    code = _base(language)
    if code in _STOP_WORDS:
        builder = builder.filter(Filter.stopword(_STEMMERS[code]))
    return builder.build()


def _folding() -> TextAnalyzerBuilder:
    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(_LONGEST_WORD))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
    )


def _base(language: str) -> str:
    return re.split(r"[-_]", language)[0].lower()


def stems(text: str, language: str) -> list[str]:
    return stemmer(language).analyze(text)


def folded(text: str) -> list[str]:
    return folder().analyze(text)


def is_content(word: str, language: str) -> bool:
    """Whether ``word`` says something, unlike "the" and "of"."""
    return bool(_content(language).analyze(word))


def with_compounds(text: str) -> str:
    """``text`` with each compound also as one word, so that "tshirt" finds a "T-shirt"."""
    if not _JOINT.search(text):
        return text
    joined = [_SEPARATOR.sub("", match) for match in _COMPOUND.findall(text)]
    return f"{text} {' '.join(joined)}" if joined else text


def sorting_key(text: str, language: str) -> str:
    """A text whose order by code points is the alphabetical order of ``language``.

    Accents and case make no difference, except where a letter stands for itself (n and ñ).
    """
    if text.isascii():
        return " ".join(text.lower().split())
    alphabet = _ALPHABETS.get(_base(language), {})
    letters = unicodedata.normalize("NFC", text).casefold()
    own = "".join(alphabet.get(letter, letter) for letter in letters)
    decomposed = unicodedata.normalize("NFKD", own)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(plain.split())


def slips_allowed(word: str) -> int:
    """How many typing slips this word may hold and still be meant.

    None where it has a digit: another number is another year, size or model.
    """
    if len(word) < 4 or any(map(str.isdigit, word)):  # noqa: PLR2004  (shorter words are too close)
        return 0
    return 1 if len(word) < 8 else 2  # noqa: PLR2004  (long words take two)


def distance(first: str, second: str, limit: int) -> int:
    """How many letters to add, drop, change or swap with their neighbour; ``limit`` + 1 if more."""
    if abs(len(first) - len(second)) > limit:
        return limit + 1
    before_last: list[int] = []
    last = list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        current = [row]
        for column, other in enumerate(second, 1):
            best = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and other == first[row - 2]:
                best = min(best, before_last[column - 2] + 1)
            current.append(best)
        if min(current) > limit:
            return limit + 1
        before_last, last = last, current
    return min(last[-1], limit + 1)


def begins_like(start: str, word: str, limit: int) -> bool:
    """Whether some beginning of ``word`` is ``start`` but for ``limit`` slips."""
    lengths = range(max(1, len(start) - limit), min(len(word), len(start) + limit) + 1)
    return any(distance(start, word[:length], limit) <= limit for length in lengths)
