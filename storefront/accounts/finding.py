"""How staff find a user by the beginnings of words, without reading every user."""

import re
import unicodedata

LONGEST_BEGINNING = 10
_MOST_BEGINNINGS = 200


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
    """What is stored and indexed of a user: each word's first letters, up to ten of them."""
    found = {
        word[:length]: None
        for word in words(f"{email} {full_name}")
        for length in range(1, min(len(word), LONGEST_BEGINNING) + 1)
    }
    return list(found)[:_MOST_BEGINNINGS]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
