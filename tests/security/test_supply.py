"""What the shop is made of is pinned, named, and of licences that go with its own."""

import re
import tomllib
from importlib import metadata
from typing import Any

from storefront import resources

ROOT = resources.ROOT
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCK = (ROOT / "requirements" / "ci.txt").read_text()


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def _names(requirements: list[str]) -> set[str]:
    return {_name(each) for each in requirements} - {"storefront"}


def _locked() -> dict[str, str]:
    """What stands behind each pinned name, up to the next one."""
    parts = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)
    return {_name(part): part for part in parts if "==" in part}


def _closure(names: set[str]) -> set[str]:
    """The installed distributions that these bring along, without their extras."""
    known: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        try:
            needed = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        known.add(name)
        waiting |= {_name(each) for each in needed if "extra ==" not in each} - known
    return known


def _licence(name: str) -> str:
    about = metadata.metadata(name)
    classifiers = [each for each in about.get_all("Classifier") or [] if "License ::" in each]
    return " ".join([about.get("License-Expression") or about.get("License") or "", *classifiers])


def test_ci_takes_only_what_is_pinned_with_its_hash() -> None:
    locked = _locked()
    wanted = _names(PROJECT["dependencies"])
    for extra in ("embedded", "test", "check", "traces", "docs"):
        wanted |= _names(EXTRAS[extra])

    assert wanted - locked.keys() == set()
    assert [name for name, part in locked.items() if "--hash=sha256:" not in part] == []


def test_every_dependency_is_named_where_they_are_explained() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text().lower()

    assert [name for name in _names(PROJECT["dependencies"]) if name not in text] == []


def test_everything_that_is_installed_by_name_has_its_licence_listed() -> None:
    """In a row of a table, or in brackets after the name."""
    text = (ROOT / "docs" / "dependencies.md").read_text().lower()
    families = r"(?:mit|bsd|apache|mpl|gpl|isc|0bsd|unlicense)"
    rows = [line for line in text.splitlines() if re.search(rf"\| [^|]*{families}[^|]* \|$", line)]
    listed = " ".join(rows) + " ".join(re.findall(rf"[^.]*\([^)]*{families}[^)]*\)", text))
    wanted = _names(PROJECT["dependencies"])
    for extra in EXTRAS.values():
        wanted |= _names(extra)

    assert [name for name in wanted - {"secantusdb"} if name not in listed] == []


def test_nothing_that_runs_in_the_shop_binds_it_to_another_licence() -> None:
    """SecantusDB, which is GPL, is an extra and a program of its own."""
    bound = {
        name: _licence(name)
        for name in _closure(_names(PROJECT["dependencies"]))
        if re.search(r"\bA?GPL|Affero|GNU General", _licence(name))
    }

    assert bound == {}


def test_everything_that_runs_in_the_shop_tells_its_licence() -> None:
    silent = [
        name for name in _closure(_names(PROJECT["dependencies"])) if not _licence(name).strip()
    ]

    assert silent == []
