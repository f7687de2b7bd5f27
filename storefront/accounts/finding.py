"""How staff find a user by the beginnings of words, without reading every user.

Stored and indexed of each user are the beginnings of each word, and those of each two words
together: of a common family name there may be thousands, with a given name few.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import combinations

LONGEST_BEGINNING = 10
_LONGEST_IN_PAIRS = 3
_MOST_WORDS_IN_PAIRS = 8
_MOST_BEGINNINGS = 400


def words(text: str) -> list[str]:
    """The words of a name, an email or a search, without case and accents: ``García`` is garcia.

    An email counts whole and by the words before its ``@``.
    """
    found: dict[str, None] = {}
    for part in _plain(text).split():
        found[part] = None
        if "@" in part:
            found |= dict.fromkeys(re.findall(r"[^\W_]+", part.rpartition("@")[0]))
    return list(found)


def beginnings(email: str, full_name: str) -> list[str]:
    """What is stored of a user: first letters of each word, and of each two."""
    known = words(f"{email} {full_name}")
    found = {
        word[:length]: None
        for word in known
        for length in range(1, min(len(word), LONGEST_BEGINNING) + 1)
    }
    found |= dict.fromkeys(_pairs(known[:_MOST_WORDS_IN_PAIRS]))
    return list(found)[:_MOST_BEGINNINGS]


def _pairs(known: Sequence[str]) -> Iterator[str]:
    for first, second in combinations(known, 2):
        for length in range(1, min(len(first), len(second), _LONGEST_IN_PAIRS) + 1):
            yield _pair(first, second, length)


def _pair(first: str, second: str, length: int) -> str:
    return " ".join(sorted((first[:length], second[:length])))


def narrowest(typed: Sequence[str]) -> str:
    """Which of the stored beginnings to look for when these words were typed; at least one."""
    longest = sorted(typed, key=len, reverse=True)
    for first, second in combinations(longest[:3], 2):
        # One word of a user may be what both mean, if one begins as the other.
        if not first.startswith(second):
            return _pair(first, second, min(len(second), _LONGEST_IN_PAIRS))
    return longest[0][:LONGEST_BEGINNING]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
