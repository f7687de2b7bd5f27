"""Which of a user's stored beginnings a search looks for."""

import pytest

from storefront.accounts import finding

STORED = set(finding.beginnings("zoe.nunez@example.com", "Zoë Núñez García"))


@pytest.mark.parametrize(
    "typed",
    [
        "z",
        "zoe",
        "NUÑEZ",
        "garcia zoe",
        "zoe g",
        "g z",
        "nu ga",
        "zoe.nunez@example.com",
        "ga nu zo",
    ],
)
def test_every_way_to_name_somebody_is_stored(typed: str) -> None:
    assert finding.narrowest(finding.words(typed)) in STORED


@pytest.mark.parametrize("typed", ["x", "zoe x", "garcia lopez", "nunes garcia"])
def test_others_are_not(typed: str) -> None:
    words = finding.words(typed)
    matches = all(any(each.startswith(word) for each in STORED) for word in words)
    assert not matches or finding.narrowest(words) not in STORED


def test_two_words_that_one_may_mean_are_not_asked_for_together() -> None:
    assert finding.narrowest(["ana", "an"]) == "ana"
