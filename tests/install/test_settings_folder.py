"""A folder ``settings`` where the shop is started changes the settings that were installed."""

from pathlib import Path

import pytest

from storefront import resources, settings


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An owner's folder, in which the shop is started."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "settings"
    folder.mkdir()
    return folder


def test_own_files_win_over_those_installed_and_name_themselves(own: Path) -> None:
    (own / "default.toml").write_text('[shop]\nname = "Ours"\ncurrency = "USD"\n')
    (own / "development.toml").write_text('[shop]\nname = "Ours at work"\n')
    (own / "production.toml").write_text('[shop]\nname = "Ours for real"\n')

    loaded = settings.load({})

    assert loaded.shop.name == "Ours at work"
    assert loaded.shop.currency == "USD"
    assert loaded.shop.country == "ES"
    assert loaded.sources["shop.name"] == str(own / "development.toml")
    assert loaded.sources["shop.country"] == "settings/default.toml"


def test_own_files_may_be_missing(own: Path) -> None:
    assert settings.load({}).values == settings.load({}, folder=resources.SETTINGS).values


def test_a_named_file_wins_over_own_ones(own: Path, tmp_path: Path) -> None:
    (own / "default.toml").write_text('[shop]\nname = "Ours"\n')
    named = tmp_path / "named.toml"
    named.write_text('[shop]\nname = "Named"\n')

    assert settings.load({"STOREFRONT_SETTINGS": str(named)}).shop.name == "Named"


def test_a_slip_in_an_own_file_is_named_with_the_file(own: Path) -> None:
    (own / "default.toml").write_text("[server]\nprot = 80\n")

    with pytest.raises(settings.SettingsError, match=r"server\.prot: unknown key in settings/def"):
        settings.load({})


def test_started_in_the_shops_own_folder_its_files_are_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(resources.ROOT)

    assert settings.load({}).sources["shop.name"] == "settings/default.toml"
