"""What the docs name as the test of a promise is there."""

import re

import pytest

from storefront import resources

TESTS = resources.ROOT / "tests"
PAGES = sorted(page.name for page in (resources.ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_a_page_names_exists(page: str) -> None:
    text = (resources.ROOT / "docs" / page).read_text()

    paths = re.findall(r"`(tests/[\w/.-]+)`", text)
    files = re.findall(r"\b(test_\w+\.py)", text)
    names = re.findall(r"::(test_\w+)", text)

    assert [path for path in paths if not (resources.ROOT / path).exists()] == []
    assert [file for file in files if not any(TESTS.rglob(file))] == []
    code = "".join(file.read_text() for file in TESTS.rglob("test_*.py"))
    assert [name for name in names if f"def {name}(" not in code] == []


def test_the_pages_of_promises_name_tests_for_each_that_is_kept() -> None:
    """A row of docs/security.md that says "met" says by which test, or what there is to read."""
    text = (resources.ROOT / "docs" / "security.md").read_text()
    rows = re.findall(r"^\| (\d[^|]*)\| met \| (.*) \|$", text, re.MULTILINE)

    assert len(rows) > 20
    assert [section for section, how in rows if "tests/" not in how] == []
