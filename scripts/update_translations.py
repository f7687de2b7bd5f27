"""Collect the texts of code and templates into every catalogue below translations/.

    python scripts/update_translations.py          # update; new texts have no translation yet
    python scripts/update_translations.py de       # begin a new language

Translations that are there stay; texts that no longer occur are dropped.
"""

import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy": None,
    "ngettext": (1, 2),
}
METHODS = [("storefront/**.py", "python"), ("templates/**.*", "jinja2")]
OPTIONS = {
    "templates/**.*": {
        "extensions": "jinja2.ext.i18n",
        "newstyle_gettext": "true",
        "silent": "false",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
    }
}


def extracted() -> Catalog:
    """Every text that code and templates mark, with where it occurs."""
    catalog = Catalog(project="Storefront", charset="utf-8")
    for folder in ("storefront", "templates"):
        for file, line, message, comments, context in extract_from_dir(
            str(ROOT / folder),
            method_map=[
                (pattern.removeprefix(f"{folder}/"), kind)
                for pattern, kind in METHODS
                if pattern.startswith(folder)
            ],
            options_map={
                pattern.removeprefix(f"{folder}/"): options for pattern, options in OPTIONS.items()
            },
            keywords=KEYWORDS,
        ):
            catalog.add(
                message, None, [(f"{folder}/{file}", line)], auto_comments=comments, context=context
            )
    return catalog


def catalogue_file(language: str) -> Path:
    return ROOT / "translations" / language / "LC_MESSAGES" / "messages.po"


def load(language: str) -> Catalog:
    """The catalogue of ``language``; an empty one for a new language."""
    file = catalogue_file(language)
    if not file.exists():
        return Catalog(locale=language, project="Storefront", charset="utf-8", fuzzy=False)
    with file.open("rb") as source:
        return read_po(source, locale=language)


def update(language: str) -> None:
    catalog = load(language)
    catalog.update(extracted(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    file = catalogue_file(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as target:
        write_po(
            target, catalog, width=100, omit_header=False, include_lineno=False, sort_output=True
        )


def languages() -> list[str]:
    return sorted(file.parent.parent.name for file in ROOT.glob("translations/*/LC_MESSAGES/*.po"))


def _is_translated(message: Message) -> bool:
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(forms)


if __name__ == "__main__":
    for each in sys.argv[1:] or languages():
        update(each)
        missing = sum(1 for message in load(each) if message.id and not _is_translated(message))
        sys.stdout.write(f"{each}: {missing} texts to translate\n")
