"""Passwords by NIST SP 800-63B: length counts, composition does not, common ones are refused."""

import asyncio
import base64
import hmac
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.metadata import distribution
from types import ModuleType
from typing import TypeVar

import bcrypt

from storefront.errors import UnavailableError
from storefront.localisation import gettext as _
from storefront.localisation import ngettext
from storefront.settings import Settings
from storefront.threads import cores, let_others_go_first

Result = TypeVar("Result")

SHORTEST = 8
LONGEST = 256
# A password that holds a word which is easily guessed has so many letters besides.
FEWEST_OTHER_LETTERS = 3
SHORTEST_WORD = 4
_NO_LETTERS = re.compile(r"[\W_]+")

ROUNDS = 12
ROUNDS_OF_CODES = 10  # They are random, and ten of them are hashed while somebody waits.
ROUNDS_IN_TESTS = 4

# Not a secret: it only keeps our digests apart from those that other sites may have lost.
_PREHASH_KEY = b"storefront: password before bcrypt"
_SALT_CHARACTERS = 29  # Of a bcrypt hash: version, cost and salt.

# bcrypt takes a core for a third of a second, outside the interpreter's lock. A longer queue would
# only make everybody's answer late.
_MOST_AT_ONCE = 2
_MOST_WAITING = 64
_waiting: set[object] = set()


def problem_with(password: str, *, guessable: tuple[str, ...]) -> str | None:
    """Why ``password`` cannot be taken, in the visitor's words; None when it can.

    ``guessable`` are words that somebody who knows the account would try first.
    """
    text = normalise(password)
    if len(text) < SHORTEST:
        return ngettext(
            "Please use at least %(least)d character.",
            "Please use at least %(least)d characters.",
            SHORTEST,
        ) % {"least": SHORTEST}
    if len(password) > LONGEST:
        return ngettext(
            "Please use at most %(most)d character.",
            "Please use at most %(most)d characters.",
            LONGEST,
        ) % {"most": LONGEST}
    if _is_common(_plain(text)) or len(set(text)) == 1:
        return _("This password is on every list of common ones. Please choose another.")
    if any(_is_little_more_than(word, text) for word in guessable):
        return _("Please choose a password that is not your name, your email or the shop's name.")
    return None


def _is_little_more_than(words: str, password: str) -> bool:
    """Whether it is one of the words, or all of them, with at most a few signs or a year around."""
    text = _plain(password)
    for word in {words, *_NO_LETTERS.split(words)}:
        known = _plain(normalise(word))
        rest = text.replace(known, "") if len(known) >= SHORTEST_WORD else text
        letters = sum(character.isalpha() for character in rest)
        if rest != text and letters < FEWEST_OTHER_LETTERS and len(rest) < SHORTEST:
            return True
    return False


def normalise(password: str) -> str:
    """The same characters however a keyboard composed them (NFKC, as the standard asks)."""
    return unicodedata.normalize("NFKC", password)


def _plain(text: str) -> str:
    return "".join(text.casefold().split())


def _is_common(password: str) -> bool:
    known, wanted = _common_passwords(), hash(password)
    place = bisect_left(known, wanted)
    return place < len(known) and known[place] == wanted


@cache
def _common_passwords() -> "array[int]":
    """The hashes of the list that zxcvbn brings, in order, and nothing else of it.

    To import the package would build dictionaries of all its lists, for which a worker would stand
    still for a tenth of a second and need 16 MB for good; the words themselves would need 7. Of all
    others one password in 10 to the 14th has the hash of one of these.
    """
    file = distribution("zxcvbn").locate_file("zxcvbn/frequency_lists.py")
    lists = ModuleType("common_passwords")
    SourceFileLoader(lists.__name__, str(file)).exec_module(lists)
    return array("q", sorted(map(hash, lists.FREQUENCY_LISTS["passwords"])))


def rounds(settings: Settings) -> int:
    """bcrypt's cost as a power of two; tests would wait for minutes at the real one."""
    return ROUNDS_IN_TESTS if settings.environment == "test" else ROUNDS


async def hash_password(password: str, settings: Settings) -> str:
    """What to store for ``password``."""
    hashed = await _in_thread(settings, lambda: bcrypt.hashpw(_prehash(password), _salt(settings)))
    return hashed.decode("ascii")


async def is_right(password: str, password_hash: str | None, settings: Settings) -> bool:
    """Whether ``password`` is the one hashed; without a hash the same work is done in vain."""
    expected = (password_hash or _hash_of_nobody(rounds(settings))).encode("ascii")
    matches = await _in_thread(settings, lambda: bcrypt.checkpw(_prehash(password), expected))
    return matches and password_hash is not None


async def hash_codes(codes: Sequence[str], settings: Settings) -> list[str]:
    """What to store for random codes. They share a salt: to look one up takes one hash."""
    salt = bcrypt.gensalt(min(ROUNDS_OF_CODES, rounds(settings)))
    return await _in_thread(settings, lambda: [_hash_code(code, salt) for code in codes])


async def find_hash(code: str, hashes: Sequence[str], settings: Settings) -> str | None:
    """The one of the ``hashes`` from `hash_codes` that is of ``code``."""
    if not hashes:
        return None
    salt = hashes[0][:_SALT_CHARACTERS].encode("ascii")
    hashed = await _in_thread(settings, lambda: _hash_code(code, salt))
    return hashed if hashed in hashes else None


def _hash_code(code: str, salt: bytes) -> str:
    return bcrypt.hashpw(_prehash(code), salt).decode("ascii")


def _salt(settings: Settings) -> bytes:
    return bcrypt.gensalt(rounds(settings))


def _hash_of_nobody(cost: int) -> str:
    return f"$2b${cost:02}$" + "." * 53


def _prehash(password: str) -> bytes:
    """44 characters for a password of any length: bcrypt reads 72 bytes and stops at a NUL."""
    digest = hmac.digest(
        _PREHASH_KEY, normalise(password).encode("utf-8", "surrogatepass"), "sha256"
    )
    return base64.b64encode(digest)


@cache
def _threads(workers: int) -> ThreadPoolExecutor:
    """For a process that shares the cores with ``workers`` in all.

    Never more than there are cores for: one that comes back with a hash takes the interpreter's
    lock, and if it then had to wait for a core behind another's hash, the event loop would wait
    with it.
    """
    at_once = max(1, min(_MOST_AT_ONCE, cores() // workers))
    return ThreadPoolExecutor(
        at_once, thread_name_prefix="passwords", initializer=let_others_go_first
    )


async def _in_thread(settings: Settings, work: Callable[[], Result]) -> Result:
    if len(_waiting) >= _MOST_WAITING:
        raise UnavailableError
    ticket = object()
    _waiting.add(ticket)
    try:
        return await asyncio.get_running_loop().run_in_executor(
            _threads(settings.server.workers), work
        )
    finally:
        _waiting.discard(ticket)
