"""Every text is marked, and every language of the shop has it."""

import ast
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import update_translations  # noqa: E402  (a script beside the package)

LANGUAGES = update_translations.languages()
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Functions whose argument at this place is read by visitors.
TEXT_ARGUMENTS = {"add_notice": 0, "FieldProblem": 0, "FieldError": 1, "of": 1}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%")

# Names and symbols that are the same in every language.
SAME_EVERYWHERE = {
    "API",
    "curl",
    "GET",
    "HTML",
    "JSON",
    "OpenAPI",
    "json",
    "openapi",
    "SKU",
    "Storefront",
    "UTC",
    "px",
    "rel",
}


def texts_of(language: str) -> dict[object, object]:
    return {
        message.id: message.string for message in update_translations.load(language) if message.id
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_or_left_over(language: str) -> None:
    marked = {message.id for message in update_translations.extracted() if message.id}

    assert texts_of(language).keys() == marked, "run: make translations"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    catalog = update_translations.load(language)

    untranslated = [
        message.id
        for message in catalog
        if message.id and (message.fuzzy or not _is_whole(message.string))
    ]
    assert untranslated == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_placeholders(language: str) -> None:
    for text, translation in texts_of(language).items():
        wanted = text if isinstance(text, str) else text[1]  # type: ignore[index]
        given = translation if isinstance(translation, str) else translation[-1]  # type: ignore[index]
        assert sorted(PLACEHOLDER.findall(given)) == sorted(PLACEHOLDER.findall(wanted)), text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_words_stand_in_a_template_unmarked(template: Path) -> None:
    if "components" in template.name:
        return  # Shown to developers only.

    assert unmarked_words(template.read_text(encoding="utf-8")) == []


def test_the_search_for_unmarked_words_finds_them() -> None:
    assert unmarked_words(
        '<p title="Hello there">{{ _("Yes") }} and no</p><input type="submit" value="Send it">'
        '<meta name="description" content="A shop"><input value="kept" aria-valuetext="two of">'
    ) == ["Hello there", "and no", "Send it", "A shop", "two of"]


def test_no_words_reach_a_visitor_from_code_unmarked() -> None:
    for module in sorted((ROOT / "storefront").rglob("*.py")):
        assert unmarked_texts(module.read_text(encoding="utf-8")) == [], module


def test_the_search_for_unmarked_texts_finds_them() -> None:
    code = """
class LostError(ShopError):
    title = "Lost at sea"
    explanation = lazy("It is gone.")
add_notice("All is well.")
add_notice(_("Marked.") % {"name": "Ada"})
raise ValidationError.of("email", f"No {email}")
"""
    assert unmarked_texts(code) == ["title", "add_notice", "of"]


def unmarked_texts(code: str) -> list[str]:
    """Where words that visitors read are written out instead of being marked: names in order."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            words = [*node.args, *(each.value for each in node.keywords if each.arg == "detail")]
            place = TEXT_ARGUMENTS.get(name)
            if place is not None and any(map(_is_written_out, words[place : place + 1])):
                found.append((node.lineno, name))
        elif isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
            found += [
                (each.lineno, target.id)
                for each in node.body
                if isinstance(each, ast.Assign) and _is_written_out(each.value)
                for target in each.targets
                if isinstance(target, ast.Name) and target.id in {"title", "explanation"}
            ]
    return [name for _, name in sorted(found)]


def _is_written_out(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_written_out(node.left)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_text or isinstance(node, ast.JoinedStr)


def unmarked_words(template: str) -> list[str]:
    """Words in the template's HTML that no translation can reach."""
    text = re.sub(r"\{#.*?#\}", "", template, flags=re.DOTALL)
    text = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{% macro (wiring|acts).*?endmacro %\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{% block \w+_class %\}.*?\{% endblock %\}", "", text)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)
    finder = _WordFinder()
    finder.feed(text)
    return finder.found


class _WordFinder(HTMLParser):
    """Collects text and human-readable attributes, except in code and drawings."""

    silent = ("script", "style", "code", "pre", "svg")
    spoken = (
        *("alt", "label", "placeholder", "title"),
        *("aria-description", "aria-label", "aria-roledescription", "aria-valuetext"),
        *("data-value-missing", "data-type-mismatch", "data-bad-input"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silence = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.silent:
            self._silence += 1
        given = dict(attrs)
        is_button = tag == "input" and given.get("type") in {"submit", "button", "reset"}
        is_read = tag == "meta" and "description" in (given.get("name") or "")
        for name, value in attrs:
            if name in self.spoken or name == ("value" if is_button else "content" * is_read):
                self._note(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent and self._silence:
            self._silence -= 1

    def handle_data(self, data: str) -> None:
        if not self._silence:
            self._note(data)

    def _note(self, text: str) -> None:
        words = re.findall(r"[^\W\d_]{2,}", text)
        if any(word not in SAME_EVERYWHERE for word in words):
            self.found.append(" ".join(text.split()))


def _is_whole(translation: object) -> bool:
    return all(translation) if isinstance(translation, tuple) else bool(translation)
