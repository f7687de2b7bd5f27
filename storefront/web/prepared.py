"""Small templates that a list repeats many times, each written once for all its uses.

Such a template is told facts, which shape it, and gaps, which are put into the finished text each
time: of a checkbox with a count, name and label are facts and the count is a gap. A template must
show its gaps as they are: neither decide by them nor send them through filters.
"""

import re
import secrets
from collections.abc import Hashable, Mapping
from functools import lru_cache

from jinja2 import Environment
from markupsafe import Markup, escape

from storefront import localisation

MOST_TEXTS = 4_000

_needs_escaping = re.compile("[&<>\"']").search

Facts = tuple[tuple[str, Hashable], ...]


class PreparedTemplates:
    """The templates below ``prepared``, as far as they were written, by language and facts.

    With ``remember`` off each is written anew each time, so that a changed file shows.
    """

    def __init__(self, environment: Environment, *, remember: bool) -> None:
        self._environment = environment
        self._mark = secrets.token_hex(16)  # No text of the shop can imitate it.
        self._text = lru_cache(MOST_TEXTS if remember else 0)(self._write)

    def fill(self, template: str, gaps: Mapping[str, object], **facts: Hashable) -> Markup:
        """The text of ``template`` with ``gaps`` filled in, escaped where they need it."""
        text = self._text(template, localisation.language(), tuple(gaps), tuple(facts.items()))
        filled = {name: _escaped(value) for name, value in gaps.items()}
        return str.__new__(Markup, text % filled)  # As Markup(), in a third of the time.

    def _write(self, template: str, language: str, gaps: tuple[str, ...], facts: Facts) -> str:
        marks = {name: Markup(f"{self._mark}{name}{self._mark}") for name in gaps}  # noqa: S704  (hexadecimal)
        variables = {**dict(facts), **marks}
        with localisation.speaking(language):
            written = self._environment.get_template(f"prepared/{template}").render(variables)
        text = written.replace("%", "%%")
        for name, mark in marks.items():
            text = text.replace(mark, f"%({name})s")
        return text


def _escaped(value: object) -> object:
    """As `escape`, which is slow for what needs no escaping."""
    kind = type(value)
    if kind is Markup or kind is int:
        return value
    return value if isinstance(value, str) and not _needs_escaping(value) else escape(value)
